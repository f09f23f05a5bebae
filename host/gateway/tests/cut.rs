//! The power is cut at every write of the journal during an update: a copy of the disk is made at that moment, and a station is
//! started from it. It runs the old release or the new one, and never neither.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use gateway::assembly::{Ground, Kiosk};
use gateway::configuration::Configuration;
use gateway::ports::random_nonce;
use gateway::updates::clerk::Clerk;
use gateway::updates::updater::open;
use identification::next::Next;
use journal::journal::Moment;
use plan::item::{ItemId, Kind};
use simulator::virtual_device::VirtualBus;
use stand::{Hands, Stand, another, compiler, id, officers, plugin, policy, released, settings};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

/// Everything that is updated in these stories.
fn items() -> [ItemId; 4] {
    [
        policy(),
        id(Kind::Settings, "general"),
        id(Kind::Driver, "uru4000"),
        id(Kind::Matcher, "fingerprint-matcher"),
    ]
}

fn publish_second(stand: &mut Stand) {
    stand
        .trial
        .publish_policy(&another(&plugin("fingerprint-first"), 2))
        .unwrap();
    stand.trial.publish_settings("general", &settings(2)).unwrap();
    stand
        .trial
        .publish_driver("digital-persona", &released(&plugin("uru4000"), 1))
        .unwrap();
    stand
        .trial
        .publish_matcher(&another(&plugin("fingerprint-matcher"), 2))
        .unwrap();
}

/// Copies of the disk at every moment of every write while `story` goes on.
fn images(stand: &mut Stand, images: &Path, story: impl FnOnce(&Arc<Kiosk>, &mut Clerk, &mut Stand)) -> Vec<PathBuf> {
    let made: Arc<Mutex<Vec<PathBuf>>> = Arc::default();
    let (from, to, list) = (stand.folder.path().to_owned(), images.to_owned(), Arc::clone(&made));
    let recording = Arc::new(std::sync::atomic::AtomicBool::new(false));
    let on = Arc::clone(&recording);
    let observer = move |write: u64, moment: Moment| {
        if on.load(std::sync::atomic::Ordering::SeqCst) {
            let image = to.join(format!("{write}-{moment:?}"));
            stand::copy(&from, &image);
            list.lock().unwrap().push(image);
        }
    };
    let mut station = stand.start_observed(Some(Box::new(observer)));
    recording.store(true, std::sync::atomic::Ordering::SeqCst);
    story(&station.kiosk, &mut station.clerk, stand);
    recording.store(false, std::sync::atomic::Ordering::SeqCst);
    drop(station);
    made.lock().unwrap().clone()
}

/// A station that starts from a copy.
fn start(image: &Path, clock: &Hands) -> (Arc<Kiosk>, Clerk) {
    let configuration = Configuration::read(&image.join("kiosk.toml")).unwrap();
    let ground = Ground {
        bus: Arc::new(VirtualBus::new()),
        clock: Arc::new(clock.clone()),
        nonce: random_nonce(),
        observer: None,
    };
    let kiosk = Arc::new(Kiosk::assemble_compiling(&configuration, ground, Some(compiler())).unwrap());
    let clerk = open(&kiosk, &configuration).unwrap().unwrap();
    (kiosk, clerk)
}

fn on_the_table(kiosk: &Kiosk) -> [Option<u32>; 4] {
    let table = kiosk.table();
    items().map(|item| table.parts().releases.get(&item).map(|origin| origin.counter))
}

/// What runs from a copy, once it was started: the same on the table and in the journal.
fn what_runs(image: &Path, clock: &Hands) -> ([Option<u32>; 4], Arc<Kiosk>, Clerk) {
    let (kiosk, clerk) = start(image, clock);
    kiosk.verify().unwrap();
    let standing = kiosk.updates();
    let told = items().map(|item| standing.runs(&item).map(|run| run.counter));
    let table = on_the_table(&kiosk);
    assert_eq!(table, told, "{}", image.display());
    (table, kiosk, clerk)
}

const OLD: [Option<u32>; 4] = [Some(1); 4];
const NEW: [Option<u32>; 4] = [Some(2); 4];

#[test]
fn cut_at_any_write_of_an_update_a_start_finds_the_old_or_the_new_and_goes_on_to_the_new() {
    let mut stand = Stand::published();
    stand.start().check();
    publish_second(&mut stand);
    let folder = tempfile::tempdir().unwrap();
    let images = images(&mut stand, folder.path(), |_, clerk, _| {
        drop(clerk.check(false).unwrap())
    });
    println!("{} cuts", images.len());
    assert!(images.len() >= 3 * 10, "only {} cuts", images.len());
    let mut found = Vec::new();
    for image in &images {
        let (table, kiosk, mut clerk) = what_runs(image, &stand.clock);
        // Policy, settings and matcher come in together; a driver stands for itself.
        let joined = [table[0], table[1], table[3]];
        let one = [OLD, NEW].iter().any(|all| all[..3] == joined);
        assert!(one && table[2].is_some(), "{}: {table:?}", image.display());
        found.push(table == NEW);
        clerk.check(false).unwrap();
        assert_eq!(on_the_table(&kiosk), NEW, "{}", image.display());
        kiosk.open_polls(officers()).unwrap();
        assert!(matches!(
            kiosk.next(kiosk.start().unwrap()),
            Some(Next::AskOfficers(_) | Next::Done(_))
        ));
    }
    // Once it was new it stayed new, and both were seen.
    assert!(found.is_sorted() && found.contains(&true) && found.contains(&false));
}

#[test]
fn cut_at_any_write_of_a_withdrawal_a_start_never_runs_what_was_written_down_as_withdrawn() {
    let mut stand = Stand::published();
    let mut station = stand.start();
    station.check();
    publish_second(&mut stand);
    station.check();
    drop(station);
    stand
        .trial
        .withdraw_in_emergency(Kind::Policy, "fingerprint-first", 2, "admits-nobody")
        .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let images = images(&mut stand, folder.path(), |_, clerk, _| {
        drop(clerk.check(false).unwrap())
    });
    assert!(images.len() >= 3 * 2, "only {} cuts", images.len());
    for image in &images {
        let (table, kiosk, _clerk) = what_runs(image, &stand.clock);
        // What was taken before the cut is acted on by the start, without a source.
        let standing = kiosk.updates();
        let known = standing.item(&policy()).and_then(|releases| releases.known(2)).unwrap();
        assert_eq!(known.withdrawn.as_deref(), Some("admits-nobody"), "{}", image.display());
        assert_eq!(table[0], Some(1), "{}", image.display());
        assert_eq!(table[1..], NEW[1..], "{}", image.display());
    }
}

#[test]
fn cut_at_any_write_of_what_officers_agreed_to_a_start_finds_the_old_or_the_new() {
    let mut stand = Stand::published();
    stand.start().check();
    publish_second(&mut stand);
    let folder = tempfile::tempdir().unwrap();
    let images = images(&mut stand, folder.path(), |kiosk, clerk, _| {
        kiosk.open_polls(officers()).unwrap();
        clerk.check(false).unwrap();
        clerk.apply(&officers(), None).unwrap();
        clerk.roll_back(&policy(), &officers()).unwrap();
    });
    let back = [Some(1), Some(2), Some(2), Some(2)];
    let mut ends = std::collections::BTreeSet::new();
    for image in &images {
        let (table, kiosk, mut clerk) = what_runs(image, &stand.clock);
        assert!([OLD, NEW, back].contains(&table), "{}: {table:?}", image.display());
        ends.insert(table);
        if kiosk.updates().polls_open() {
            // Whatever a start finds, nothing comes in without officers.
            clerk.check(false).unwrap();
            assert_eq!(on_the_table(&kiosk), table, "{}", image.display());
        }
    }
    assert_eq!(ends, [OLD, NEW, back].into());
}
