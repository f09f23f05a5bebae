//! The power fails at every moment of an update: the kiosk is killed (SIGKILL) before, within and after each write of its journal,
//! between any two pieces that it reads and stores, and at many moments beside. Started again without a network, it runs the old
//! release or the new one of each thing and admits a voter; the next look brings in what is left.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use end_to_end::site::Site;
use jiff::Timestamp;
use plan::item::{ItemId, Kind};
use repository::trial::Trial;
use stand::{BEGIN, another, id, officers, plugin, policy, released, settings};
use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// Kills that are spread over the update, and a little longer, by the clock on the wall.
const KILLS_BY_THE_CLOCK: u32 = 110;
/// Kiosks that are cut at the same time.
const AT_ONCE: usize = 2;

/// A kiosk in the first release of everything, and the repository with the second.
struct World {
    folder: tempfile::TempDir,
    now: Timestamp,
}

/// A station that looks for updates.
struct Station {
    child: Child,
    lines: std::io::Lines<BufReader<ChildStdout>>,
}

#[derive(Clone, Debug)]
enum Cut {
    /// where it stands still
    Held(String),
    /// so long after it began to look
    After(Duration),
}

fn news() -> [ItemId; 3] {
    [policy(), id(Kind::Driver, "uru4000"), id(Kind::Settings, "general")]
}

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let now: Timestamp = BEGIN.parse().unwrap();
        let mut trial = Trial::new(&folder.path().join("commission"), now).unwrap();
        stand::publish(&mut trial);
        let site = Site::new(&folder.path().join("kiosk"), trial.root(), now);
        let told = site.start().clerk.import(&trial.repository()).unwrap();
        assert_eq!(told.len(), 6, "{told:?}");
        trial.publish_policy(&another(&plugin("fingerprint-first"), 2)).unwrap();
        let driver = released(&plugin("uru4000"), 1);
        trial.publish_driver("digital-persona", &driver).unwrap();
        trial.publish_settings("general", &settings(2)).unwrap();
        fixtures::copy_folder(&trial.repository(), &folder.path().join("repository"));
        Self { folder, now }
    }

    fn repository(&self) -> PathBuf {
        self.folder.path().join("repository")
    }

    /// A kiosk of its own.
    fn kiosk(&self, name: &str) -> PathBuf {
        let kiosk = self.folder.path().join(name);
        fixtures::copy_folder(&self.folder.path().join("kiosk"), &kiosk);
        kiosk
    }

    fn start(&self, kiosk: &Path, hold_at: &str) -> Station {
        let mut child = Command::new(env!("CARGO_BIN_EXE_updating-station"))
            .arg(kiosk)
            .arg(self.repository())
            .args([&self.now.to_string(), hold_at])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut station = Station { child, lines };
        assert_eq!(station.line(), "READY");
        station
    }

    /// An update without a cut: how long it takes, and how often it writes its journal and reads the repository.
    fn whole(&self) -> (Duration, u64, u64) {
        let kiosk = self.kiosk("kiosk-whole");
        let mut station = self.start(&kiosk, "never");
        let looked = Instant::now();
        let done = station.line();
        let took = looked.elapsed();
        station.kill();
        std::fs::remove_dir_all(kiosk).unwrap();
        let mut counted = done
            .strip_prefix("DONE ")
            .unwrap()
            .split(' ')
            .map(|number| number.parse().unwrap());
        (took, counted.next().unwrap(), counted.next().unwrap())
    }

    /// Cuts the power; how many of the things are new then.
    fn cut(&self, number: usize, cut: &Cut) -> usize {
        let kiosk = self.kiosk(&format!("kiosk-{number}"));
        match cut {
            Cut::Held(hold_at) => {
                let mut station = self.start(&kiosk, hold_at);
                assert_eq!(station.line(), "HOLDING", "{cut:?}");
                station.kill();
            }
            Cut::After(pause) => {
                let station = self.start(&kiosk, "never");
                std::thread::sleep(*pause);
                station.kill();
            }
        }
        let new = self.start_again(&kiosk, cut);
        std::fs::remove_dir_all(kiosk).unwrap();
        new
    }

    fn start_again(&self, kiosk: &Path, cut: &Cut) -> usize {
        let site = Site::at(kiosk, self.now);
        let mut running = site.start();
        let new = new_ones(&running.lineup(), cut);
        assert_eq!(running.kiosk.notices(), [""; 0], "{cut:?}");
        // What was read before the cut is worked on without a network; what was not, is not there.
        assert!(running.clerk.check(false).is_err(), "there is no network");
        assert!(new_ones(&running.lineup(), cut) >= new, "{cut:?}");
        site.serve(&running.kiosk, 1);
        running.kiosk.close_polls(officers()).unwrap();
        // The network is back.
        site.mirror(Some(&self.repository()));
        running.clerk.check(false).unwrap();
        assert_eq!(new_ones(&running.lineup(), cut), news().len(), "{cut:?}");
        assert_eq!(running.status().wrong, [""; 0], "{cut:?}");
        running.kiosk.verify().unwrap();
        // Nothing is left of what was half-written.
        drop(running);
        for folder in ["artifacts", "compiled", "metadata"] {
            for entry in std::fs::read_dir(site.path("updates").join(folder)).unwrap() {
                let name = entry.unwrap().file_name().into_string().unwrap();
                let half = name.contains("partial") || name.contains("-new") || name.starts_with('.');
                assert!(!half, "{cut:?}: {folder}/{name}");
            }
        }
        new
    }
}

impl Station {
    fn line(&mut self) -> String {
        self.lines.next().unwrap().unwrap()
    }

    /// On Unix this is SIGKILL: nothing of the process runs after it.
    fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

/// How many things run in their second release; the others run in their first, by the journal and on the table alike. Everything
/// else runs in its first.
fn new_ones(lineup: &end_to_end::site::Lineup, cut: &Cut) -> usize {
    let mut new = 0;
    for (id, runs) in lineup {
        let is_new = *runs == (Some(2), Some(2)) && news().contains(id);
        assert!(is_new || *runs == (Some(1), Some(1)), "{cut:?}: {id} {runs:?}");
        new += usize::from(is_new);
    }
    assert_eq!(lineup.len(), 6, "{cut:?}: {lineup:?}");
    // They are made for each other.
    assert_eq!(lineup[&policy()], lineup[&id(Kind::Settings, "general")], "{cut:?}");
    new
}

#[test]
fn killed_at_any_moment_of_an_update_a_kiosk_runs_the_old_or_the_new_release_and_the_next_look_completes_it() {
    let began = Instant::now();
    let world = World::new();
    // Twice without a cut: how long it takes at least, how often it writes and reads.
    let (took, writes, reads) = [world.whole(), world.whole()].into_iter().min().unwrap();
    println!("an update of {took:?} writes its journal {writes} times and reads {reads} times");
    assert!(writes > 8 && reads > 20, "{writes} {reads}");

    let moments =
        (1..=writes).flat_map(|write| ["before", "written", "durable"].map(|moment| format!("{write}:{moment}")));
    let reads = (1..=reads).map(|read| format!("{read}:read"));
    let held = moments.chain(reads).map(Cut::Held);
    let by_the_clock = (0..KILLS_BY_THE_CLOCK).map(|kill| Cut::After(took * 6 / 5 * kill / KILLS_BY_THE_CLOCK));
    let cuts: Vec<Cut> = held.chain(by_the_clock).collect();
    let next = AtomicUsize::new(0);
    let ended: Mutex<BTreeMap<usize, u32>> = Mutex::default();
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some((number, cut)) = next_of(&next, &cuts) {
                    let new = world.cut(number, cut);
                    *ended.lock().unwrap().entry(new).or_default() += 1;
                }
            });
        }
    });
    let ended = ended.into_inner().unwrap();
    let of = |new: usize| ended.get(&new).copied().unwrap_or(0);
    let all = u32::try_from(cuts.len()).unwrap();
    let old_and_new = all - of(0) - of(news().len());
    println!(
        "killed {all} times: {} times everything was old after it, {} times everything was new, {old_and_new} times each \
         thing was one of both; {:?}",
        of(0),
        of(news().len()),
        began.elapsed()
    );
    assert!(of(0) > 20 && of(news().len()) > 1, "{ended:?}");
}

fn next_of<'a>(next: &AtomicUsize, cuts: &'a [Cut]) -> Option<(usize, &'a Cut)> {
    let number = next.fetch_add(1, Ordering::SeqCst);
    cuts.get(number).map(|cut| (number, cut))
}
