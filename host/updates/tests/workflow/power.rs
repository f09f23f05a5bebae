//! The power is cut, or the kiosk's program killed, between any two things that are done to the disk.

use crate::kiosk::{artifacts, client, files};
use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use updates::artifacts::Artifacts;
use updates::client::{Client, Limits};
use updates::digest::Sha256;
use updates::disk::{Disk, SystemDisk};
use updates::offer::Seen;
use updates::testing::{NOW, Repository};

/// What is left of what was not synced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Loss {
    /// all of it: the program was killed, the system goes on
    Nothing,
    /// nothing of it: the power was cut
    Everything,
    /// names without bytes
    Bytes,
    /// names without bytes, and every second change of a folder
    Half,
}

impl Loss {
    const ALL: [Self; 4] = [Self::Nothing, Self::Everything, Self::Bytes, Self::Half];
}

/// A disk that ends after so many steps.
#[derive(Debug)]
struct DyingDisk {
    loss: Loss,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    steps_left: usize,
    dead: bool,
    /// files whose bytes were not synced
    volatile: BTreeSet<PathBuf>,
    /// how to undo the changes of folders that were not synced
    undo: Vec<(PathBuf, Undo)>,
}

#[derive(Debug)]
enum Undo {
    Made(PathBuf),
    MadeFolder(PathBuf),
    Removed(PathBuf, Vec<u8>),
    Renamed {
        from: PathBuf,
        to: PathBuf,
        replaced: Option<Vec<u8>>,
    },
}

impl DyingDisk {
    fn after(steps: usize, loss: Loss) -> Arc<Self> {
        let state = State {
            steps_left: steps,
            ..State::default()
        };
        Arc::new(Self {
            loss,
            state: Mutex::new(state),
        })
    }

    fn is_dead(&self) -> bool {
        self.state.lock().unwrap().dead
    }

    /// One step; after the last one the disk is gone, and with it what was not synced.
    fn step<T>(&self, act: impl FnOnce(&mut State) -> io::Result<T>) -> io::Result<T> {
        let mut state = self.state.lock().unwrap();
        if state.dead {
            return Err(io::Error::other("the power is out"));
        }
        if state.steps_left == 0 {
            state.dead = true;
            self.lose(&mut state);
            return Err(io::Error::other("the power is out"));
        }
        state.steps_left -= 1;
        act(&mut state)
    }

    fn lose(&self, state: &mut State) {
        if self.loss == Loss::Nothing {
            return;
        }
        for path in &state.volatile {
            if path.exists() {
                fs::write(path, b"").unwrap();
            }
        }
        for (number, (_, undo)) in state.undo.drain(..).enumerate().collect::<Vec<_>>().into_iter().rev() {
            if self.loss == Loss::Bytes || (self.loss == Loss::Half && number % 2 == 0) {
                continue;
            }
            // What a later change that stays took away cannot be undone.
            let _ = match undo {
                Undo::Made(path) => fs::remove_file(path),
                Undo::MadeFolder(path) => fs::remove_dir_all(path),
                Undo::Removed(path, bytes) => fs::write(path, bytes),
                Undo::Renamed { from, to, replaced } => {
                    let undone = fs::rename(&to, from);
                    replaced.map_or(undone, |bytes| fs::write(to, bytes))
                }
            };
        }
    }
}

fn parent(path: &Path) -> PathBuf {
    path.parent().unwrap().to_owned()
}

impl Disk for DyingDisk {
    fn make_folder(&self, path: &Path) -> io::Result<()> {
        self.step(|state| {
            if !path.exists() {
                state.undo.push((parent(path), Undo::MadeFolder(path.to_owned())));
            }
            SystemDisk.make_folder(path)
        })
    }

    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        self.step(|state| {
            if !path.exists() {
                state.undo.push((parent(path), Undo::Made(path.to_owned())));
            }
            state.volatile.insert(path.to_owned());
            SystemDisk.write(path, bytes)
        })
    }

    fn append(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        self.step(|state| {
            if !path.exists() {
                state.undo.push((parent(path), Undo::Made(path.to_owned())));
            }
            state.volatile.insert(path.to_owned());
            SystemDisk.append(path, bytes)
        })
    }

    fn sync(&self, path: &Path) -> io::Result<()> {
        self.step(|state| {
            state.volatile.remove(path);
            Ok(())
        })
    }

    fn sync_folder(&self, path: &Path) -> io::Result<()> {
        self.step(|state| {
            state.undo.retain(|(folder, _)| folder != path);
            Ok(())
        })
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.step(|state| {
            let replaced = to.is_file().then(|| fs::read(to).unwrap());
            // What was not synced is not synced under its new name either.
            let moved = |path: &Path| match path.strip_prefix(from) {
                Ok(rest) if rest == Path::new("") => to.to_owned(),
                Ok(rest) => to.join(rest),
                Err(_) => path.to_owned(),
            };
            state.volatile = state.volatile.iter().map(|path| moved(path)).collect();
            for (folder, undo) in &mut state.undo {
                *folder = moved(folder);
                if let Undo::Made(path) = undo {
                    *path = moved(path);
                }
            }
            let undo = Undo::Renamed {
                from: from.to_owned(),
                to: to.to_owned(),
                replaced,
            };
            state.undo.push((parent(to), undo));
            SystemDisk.rename(from, to)
        })
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.step(|state| {
            if let Ok(bytes) = fs::read(path) {
                state.undo.push((parent(path), Undo::Removed(path.to_owned(), bytes)));
            }
            SystemDisk.remove(path)
        })
    }

    fn remove_folder(&self, path: &Path) -> io::Result<()> {
        self.step(|state| {
            if path.exists() {
                let folder = parent(path);
                for (name, bytes) in files(path).into_iter().rev() {
                    let undo = Undo::Removed(path.join(name), bytes);
                    state.undo.push((folder.clone(), undo));
                }
                let back = path.to_owned();
                // Undone last in, first out: the folder before what was in it.
                state.undo.push((
                    folder,
                    Undo::Renamed {
                        from: back.clone(),
                        to: back,
                        replaced: None,
                    },
                ));
            }
            SystemDisk.remove_folder(path)
        })
    }
}

fn copy(from: &Path, to: &Path) {
    for (name, bytes) in files(from) {
        let path = to.join(name);
        fs::create_dir_all(parent(&path)).unwrap();
        fs::write(path, bytes).unwrap();
    }
}

/// Plan 1, then: the timestamp's and the snapshot's key rotated in two roots, and plan 2 with an emergency list.
fn story() -> (Repository, Repository) {
    let mut repository = Repository::new();
    let mut plan = plan::plan::Plan::empty(NOW);
    repository.add("targets", "plan.json", &plan.bytes());
    repository.publish_content();
    let before = repository.clone();
    repository.rotate("timestamp", "new timestamp");
    repository.rotate("snapshot", "new snapshot");
    plan.counter = 2;
    repository.add("targets", "plan.json", &plan.bytes());
    repository.delegate("targets", "emergency", &["emergency.json"]);
    repository.add(
        "emergency",
        "emergency.json",
        &plan::emergency::Emergency::empty(NOW).bytes(),
    );
    repository.publish("emergency");
    repository.publish_content();
    (before, repository)
}

#[test]
fn after_a_power_cut_at_any_step_what_is_trusted_is_old_or_new_and_never_a_mixture() {
    let (before, after) = story();
    let start = tempfile::tempdir().unwrap();
    {
        let mut client = client(&start.path().join("metadata"), &before.root(1));
        let artifacts = artifacts(&start.path().join("artifacts"));
        client.offer(&before.shelf, NOW, &artifacts, Seen::default()).unwrap();
    }
    for loss in Loss::ALL {
        let mut seen = BTreeSet::new();
        for steps in 0.. {
            let folder = tempfile::tempdir().unwrap();
            copy(start.path(), folder.path());
            let metadata = folder.path().join("metadata");
            let disk = DyingDisk::after(steps, loss);
            let offered =
                Client::with(&metadata, &before.root(1), Limits::default(), disk.clone()).and_then(|mut client| {
                    let artifacts = Artifacts::with(&folder.path().join("artifacts"), disk.clone())?;
                    client.offer(&after.shelf, NOW, &artifacts, Seen::default())
                });
            assert_eq!(offered.is_err(), disk.is_dead());
            // The kiosk starts again.
            let mut client = client(&metadata, &before.root(1));
            let trusted = client.trusted();
            let versions = (trusted.root, trusted.timestamp, trusted.snapshot, trusted.targets);
            let allowed = [
                (1, Some(2), Some(2), Some(2)),
                // A root that rotates keys takes with it what they signed.
                (2, None, None, Some(2)),
                (3, None, None, Some(2)),
                (3, Some(3), Some(3), Some(3)),
            ];
            assert!(allowed.contains(&versions), "{loss:?}, {steps} steps: {versions:?}");
            let kept = client.kept().unwrap().unwrap();
            assert!([1, 2].contains(&kept.plan.counter));
            if kept.plan.counter == 2 {
                assert_eq!(versions, allowed[3]);
                assert!(kept.emergency_file.is_some(), "{loss:?}, {steps} steps");
            }
            seen.insert((versions, kept.plan.counter));
            let leftovers: Vec<_> = files(&metadata)
                .into_keys()
                .filter(|name| name.starts_with('.'))
                .collect();
            assert_eq!(leftovers, [""; 0]);
            // And goes on from there.
            let artifacts = artifacts(&folder.path().join("artifacts"));
            let offer = client.offer(&after.shelf, NOW, &artifacts, Seen::default()).unwrap();
            assert_eq!(offer.plan.counter, 2);
            assert_eq!(artifacts.read(&offer.plan_file).unwrap(), offer.plan.bytes());
            if !disk.is_dead() {
                break;
            }
        }
        // Each state was met: before, between the roots, after the metadata, after the plan.
        assert_eq!(seen.len(), 5, "{loss:?}: {seen:?}");
    }
}

#[test]
fn after_a_power_cut_at_any_step_a_file_is_there_whole_or_not_at_all() {
    let content: Vec<u8> = (0..200_000_u32).map(|number| number.to_le_bytes()[1]).collect();
    let sha256 = Sha256::of(&content);
    let mut repository = Repository::new();
    repository.add("targets", "reader.wasm", &content);
    repository.publish_content();
    for loss in Loss::ALL {
        for steps in 0.. {
            let folder = tempfile::tempdir().unwrap();
            let mut client = client(&folder.path().join("metadata"), &repository.root(1));
            client.refresh(&repository.shelf, NOW).unwrap();
            let shelf = folder.path().join("artifacts");
            fs::create_dir(&shelf).unwrap();
            let disk = DyingDisk::after(steps, loss);
            let fetched = Artifacts::with(&shelf, disk.clone())
                .and_then(|artifacts| client.fetch(&repository.shelf, "reader.wasm", NOW, &artifacts));
            assert_eq!(fetched.is_err(), disk.is_dead());
            let artifacts = artifacts(&shelf);
            if artifacts.has(&sha256) {
                assert_eq!(artifacts.read(&sha256).unwrap(), content, "{loss:?}, {steps} steps");
            }
            client.fetch(&repository.shelf, "reader.wasm", NOW, &artifacts).unwrap();
            assert_eq!(artifacts.read(&sha256).unwrap(), content, "{loss:?}, {steps} steps");
            if !disk.is_dead() {
                break;
            }
        }
    }
}

#[test]
fn a_disk_that_is_full_is_one_sentence_and_is_made_good_once_there_is_space() {
    let (before, after) = story();
    for steps in 0.. {
        let folder = tempfile::tempdir().unwrap();
        let metadata = folder.path().join("metadata");
        client(&metadata, &before.root(1)).refresh(&before.shelf, NOW).unwrap();
        let disk = DyingDisk::after(1_000, Loss::Nothing);
        let mut client = Client::with(&metadata, &before.root(1), Limits::default(), disk.clone()).unwrap();
        disk.state.lock().unwrap().steps_left = steps;
        let Err(refusal) = client.refresh(&after.shelf, NOW) else {
            break;
        };
        assert_eq!(
            refusal.to_string(),
            format!(
                "{} could not be written (the power is out); check the disk and its free space",
                metadata.display()
            )
        );
        let mut state = disk.state.lock().unwrap();
        (state.dead, state.steps_left) = (false, 1_000);
        drop(state);
        client.refresh(&after.shelf, NOW).unwrap();
        let trusted = client.trusted();
        assert_eq!((trusted.root, trusted.timestamp), (3, Some(3)), "{steps} steps");
        drop(client);
        assert_eq!(crate::kiosk::client(&metadata, &before.root(1)).trusted(), trusted);
    }
}
