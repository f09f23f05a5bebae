//! Sticks that are pulled, half-written or damaged.

use crate::attack::clean;
use crate::commission::Day;
use crate::forgery::Forgery;
use crate::scene::Scene;
use plan::item::{ItemId, Kind};
use stand::{id, policy};
use std::io::{self, Read};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use updates::folder::FolderSource;
use updates::source::{Part, Source, SourceError};

/// A stick is read in pieces of so many bytes.
const PIECE: u64 = 8 << 10;

/// A stick that is pulled after so many reads.
struct Pulled {
    stick: FolderSource,
    left: Arc<AtomicUsize>,
}

/// The reads that are left.
struct Pieces {
    bytes: Box<dyn Read + Send>,
    left: Arc<AtomicUsize>,
}

fn read(left: &AtomicUsize) -> bool {
    let less = |left: usize| left.checked_sub(1);
    left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, less).is_ok()
}

impl Source for Pulled {
    fn metadata(&self, name: &str, limit: u64) -> Result<Vec<u8>, SourceError> {
        if read(&self.left) {
            return self.stick.metadata(name, limit);
        }
        Err(SourceError::Failed("it was pulled".to_owned()))
    }

    fn target(&self, path: &str, offset: u64) -> Result<Part, SourceError> {
        if !read(&self.left) {
            return Err(SourceError::Failed("it was pulled".to_owned()));
        }
        let part = self.stick.target(path, offset)?;
        let bytes = Box::new(Pieces {
            bytes: part.bytes,
            left: Arc::clone(&self.left),
        });
        Ok(Part { bytes, ..part })
    }

    fn describe(&self) -> String {
        "the stick".to_owned()
    }
}

impl Read for Pieces {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if !read(&self.left) {
            return Err(io::Error::other("it was pulled"));
        }
        self.bytes.by_ref().take(PIECE).read(buffer)
    }
}

/// What is new on the second day, beside texts.
fn news() -> [ItemId; 3] {
    [policy(), id(Kind::Driver, "uru4000"), id(Kind::Settings, "general")]
}

/// How many of these items run in their second release; the others run in their first, by the journal and on the table.
fn new_ones(scene: &Scene, when: &str) -> usize {
    let lineup = scene.running.lineup();
    // The first texts were withdrawn on the second day, so they are gone where the second ones are not there yet.
    let texts = lineup.get(&id(Kind::Messages, "texts"));
    let known = [None, Some(&(Some(1), Some(1))), Some(&(Some(2), Some(2)))];
    assert!(known.contains(&texts), "{when}: {texts:?}");
    let runs: Vec<u32> = news()
        .iter()
        .map(|id| match lineup[id] {
            (Some(journal @ (1 | 2)), Some(table)) if journal == table => journal,
            other => panic!("{when}: {id} {other:?}"),
        })
        .collect();
    runs.iter().filter(|counter| **counter == 2).count()
}

#[test]
fn a_stick_that_is_pulled_after_any_read_leaves_the_old_or_the_new_release_of_each_thing() {
    let left = Arc::new(AtomicUsize::new(0));
    let pulled = Pulled {
        stick: FolderSource::new(Day::Second.repository()),
        left: Arc::clone(&left),
    };
    let mut scene = Scene::with(Day::First, Day::Second.begins(), Some(Box::new(pulled)));
    let (mut reads, mut new) = (0, 0);
    // What was read before it was pulled is kept, so each time it is read a little further.
    while new < news().len() || !scene.running.status().wrong.is_empty() {
        left.store(reads, Ordering::SeqCst);
        let _ = scene.running.clerk.check(true);
        let now = new_ones(&scene, &format!("after {reads} reads"));
        assert!(now >= new, "after {reads} reads {now} are new, and {new} were");
        new = now;
        reads += 1;
        assert!(reads < 200, "the stick has no end");
    }
    println!("pulled after 0 to {reads} reads");
    assert!(reads > 10, "{reads}");
    let wrongs = scene.wrongs();
    assert!(
        !wrongs.is_empty() && wrongs.iter().all(|code| code == "source-failed"),
        "{wrongs:?}"
    );
    scene.settle();
    scene.serves("after the last time");
}

#[test]
fn a_stick_that_is_pulled_between_new_keys_and_what_they_signed_leaves_everything_running_and_the_whole_one_completes_it()
 {
    for reads in 0..=9 {
        let pulled = Pulled {
            stick: FolderSource::new(Day::Rotated.repository()),
            left: Arc::new(AtomicUsize::new(reads)),
        };
        let when = format!("after {reads} reads");
        let now = Day::Rotated.begins();
        let mut scene = Scene::with(Day::Second, now, Some(Box::new(pulled)));
        let _ = scene.running.clerk.check(false);
        scene.assert_unmoved(&when);
        assert_eq!(scene.wrongs(), ["source-failed"], "{when}");
        scene = scene.restarted(&when);
        // The second new root names other keys for the plan: what was taken under the old ones is not planned with any more.
        let expected: &[&str] = if reads < 2 { &[] } else { &["too-few-signatures"] };
        assert_eq!(scene.running.wrongs()[1..], *expected, "{when}");
        assert_eq!(scene.running.status().wrong.len(), expected.len(), "{when}");
        let told = scene.import(&Day::Rotated.repository()).unwrap();
        assert_eq!(
            told,
            ["policy fingerprint-first 3 runs", "settings general 3 runs"],
            "{when}"
        );
        assert_eq!(scene.running.status().wrong, [""; 0], "{when}");
        scene.settle();
        scene.serves(&when);
    }
}

/// A file of the stick, found by the end of its name.
fn file(forged: &Forgery, end: &str) -> PathBuf {
    let found = match end {
        "timestamp.json" | "snapshot.json" | "targets.json" | "policies.json" => {
            let role = end.strip_suffix(".json").unwrap();
            let version = if role == "timestamp" { 0 } else { forged.version(role) };
            forged.file(role, version)
        }
        target => {
            let plan = forged.plan();
            let items = plan["items"].as_array().unwrap();
            let releases = items.iter().flat_map(|item| item["releases"].as_array().unwrap());
            let mut files = releases.map(|release| &release["file"]);
            let newest = files.rfind(|file| file["target"].as_str().unwrap().ends_with(target));
            let file = newest.unwrap();
            forged.target(file["target"].as_str().unwrap(), file["sha256"].as_str().unwrap())
        }
    };
    assert!(found.exists(), "{}", found.display());
    found
}

#[test]
fn a_stick_on_which_a_file_is_missing_or_cut_off_brings_the_rest_and_the_whole_one_brings_everything() {
    let files = [
        "timestamp.json",
        "snapshot.json",
        "targets.json",
        "policies.json",
        "fingerprint-first/2.wasm",
        "uru4000-0.1.1.wasm",
        "settings/general-2.json",
    ];
    let mut told = String::new();
    for (number, end) in files.into_iter().enumerate() {
        let forged = Forgery::of(Day::Second);
        let path = file(&forged, end);
        let bytes = std::fs::read(&path).unwrap();
        let mut scene = Scene::later(Day::First, Day::Second.begins());
        for (how, left) in [("missing", None), ("cut off", Some(bytes.len() / 2))] {
            match left {
                None => std::fs::remove_file(&path).unwrap(),
                Some(left) => std::fs::write(&path, &bytes[..left]).unwrap(),
            }
            let _ = scene.import(forged.path());
            let new = new_ones(&scene, end);
            told += &format!("{end} {how}: {new} of {} are new, {:?}\n", news().len(), scene.wrongs());
            for sentence in scene.running.status().wrong {
                told += &format!("  {}", clean(&sentence, &forged));
            }
            // The journal tells each code once, for as long as it is true.
            scene.settle();
        }
        let whole = Forgery::of(Day::Second);
        let _ = scene.import(whole.path());
        assert_eq!(new_ones(&scene, end), news().len(), "{end}");
        assert_eq!(scene.running.status().wrong, [""; 0], "{end}");
        scene.settle();
        if number % 3 == 0 {
            scene.serves(end);
        }
    }
    insta::assert_snapshot!(told);
}
