//! Releases come in between two calls: nobody at the desk is lost, a driver waits for the capture that runs, and what fails in
//! its place is gone back from.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use gateway::assembly::Kiosk;
use gateway::updates::faults::FAULTS;
use gateway::updates::updater::{Handle, Job, Updater};
use identification::command::Command;
use identification::event::{Event, Step};
use identification::next::Next;
use identification::voter::RollNumber;
use jiff::SignedDuration;
use plan::item::{ItemId, Kind};
use simulator::virtual_device::FingerHandle;
use simulator::virtual_device::finger::Sensor;
use stand::{Stand, VOTERS, another, id, officers, picture, plugin, policy, released, settings};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// After this the test has failed; it is far above every limit that is tested.
const PATIENCE: Duration = Duration::from_secs(30);

fn until(what: &str, mut done: impl FnMut() -> bool) {
    let start = Instant::now();
    while !done() {
        assert!(start.elapsed() < PATIENCE, "{what} did not happen");
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn driver() -> ItemId {
    id(Kind::Driver, "uru4000")
}

fn on_the_table(kiosk: &Kiosk, item: &ItemId) -> Option<u32> {
    let table = kiosk.table();
    table.parts().releases.get(item).map(|origin| origin.counter)
}

fn touch(finger: &FingerHandle, voter: u32, view: u64) {
    let Sensor { width, height, dpi } = finger.sensor();
    let image = picture(voter, view, (width, height, dpi));
    finger
        .touch(image.width, image.height, image.dpi, &image.pixels)
        .unwrap();
}

/// Says that it is over, also where the test fails before.
struct AtTheEnd<'a>(&'a AtomicBool);

impl Drop for AtTheEnd<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// The whole way of a voter, by finger.
fn admit(kiosk: &Kiosk, finger: &FingerHandle, voter: u32) {
    let id = kiosk.start().unwrap();
    touch(finger, voter, u64::from(voter));
    let next = kiosk.capture(id).unwrap();
    assert_eq!(
        next,
        Some(Next::ConfirmPhoto(RollNumber(voter))),
        "{:?}",
        kiosk.notices()
    );
    let next = kiosk.confirm_photo(id, RollNumber(voter), true).unwrap();
    assert_eq!(next, Some(Next::HandOver));
    kiosk.hand_over(id).unwrap();
}

#[test]
fn while_releases_come_in_one_after_the_other_no_check_in_is_lost() {
    let mut stand = Stand::published();
    let mut station = stand.start();
    station.check();
    station.open_polls();
    let (kiosk, finger) = (Arc::clone(&station.kiosk), stand.reader.finger());
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let (kiosk, over) = (&kiosk, &over);
        let end = AtTheEnd(over);
        // The operator of the desk.
        let desk = scope.spawn(move || (1..=VOTERS).for_each(|voter| admit(kiosk, &finger, voter)));
        // People who step up and leave again, all the time.
        let passers = scope.spawn(move || {
            let mut people = 0;
            while !over.load(Ordering::Relaxed) {
                let id = kiosk.start().unwrap();
                assert!(matches!(kiosk.next(id), Some(Next::CaptureFinger(_))));
                kiosk.command(Command::Abandon(id)).unwrap();
                people += 1;
            }
            people
        });
        for number in 2..8 {
            stand
                .trial
                .publish_policy(&another(&plugin("fingerprint-first"), number))
                .unwrap();
            stand
                .trial
                .publish_settings("general", &settings(u32::from(number)))
                .unwrap();
            if number == 4 {
                stand
                    .trial
                    .publish_matcher(&another(&plugin("fingerprint-matcher"), number))
                    .unwrap();
                stand
                    .trial
                    .publish_driver("digital-persona", &released(&plugin("uru4000"), 1))
                    .unwrap();
                stand
                    .trial
                    .publish_driver("epson", &released(&plugin("escpos"), 1))
                    .unwrap();
            }
            station.check();
            let told = station.clerk.apply(&officers(), None).unwrap();
            assert!(told.iter().all(|line| line.ends_with(" runs")), "{told:?}");
        }
        desk.join().unwrap();
        drop(end);
        assert!(passers.join().unwrap() > 5);
    });
    let (_, counts) = kiosk.standing();
    assert_eq!((counts.identified, counts.issued), (VOTERS, VOTERS));
    assert_eq!(on_the_table(&kiosk, &policy()), Some(7));
    assert_eq!(on_the_table(&kiosk, &driver()), Some(2));
    let report = kiosk.verify().unwrap();
    assert_eq!(report.counts.issued, VOTERS);
    let entries = kiosk.look(gateway::desk::Desk::entries).unwrap();
    let overruled = entries.iter().find(|entry| {
        matches!(
            &entry.event,
            Event::CheckIn {
                step: Step::Overruled { .. },
                ..
            }
        )
    });
    assert_eq!(overruled, None);
    // Nothing holds the tables of before any longer.
    station.clerk.let_go();
}

#[test]
fn a_driver_is_exchanged_after_the_capture_that_runs() {
    let mut stand = Stand::published();
    let mut station = stand.start();
    station.check();
    station.kiosk.warm_up().unwrap();
    station.open_polls();
    stand
        .trial
        .publish_driver("digital-persona", &released(&plugin("uru4000"), 1))
        .unwrap();
    station.check();
    let (kiosk, finger) = (Arc::clone(&station.kiosk), stand.reader.finger());
    let id = kiosk.start().unwrap();
    std::thread::scope(|scope| {
        let kiosk = &kiosk;
        let capture = scope.spawn(move || kiosk.capture(id));
        until("the capture", || kiosk.stage().is_some());
        let swap = scope.spawn(|| station.clerk.apply(&officers(), None).unwrap());
        // The swap waits for the voter, not the other way round.
        std::thread::sleep(Duration::from_millis(300));
        assert!(!swap.is_finished());
        assert_eq!(on_the_table(kiosk, &driver()), Some(1));
        touch(&finger, 1, 1);
        assert_eq!(
            capture.join().unwrap().unwrap(),
            Some(Next::ConfirmPhoto(RollNumber(1)))
        );
        assert_eq!(swap.join().unwrap(), ["driver uru4000 2 runs"]);
    });
    assert_eq!(on_the_table(&kiosk, &driver()), Some(2));
    admit(&kiosk, &stand.reader.finger(), 2);
}

#[test]
fn a_driver_that_does_not_work_on_the_reader_is_gone_back_from_before_anyone_is_asked_for_a_finger() {
    let mut stand = Stand::published();
    let mut station = stand.start();
    station.check();
    station.kiosk.warm_up().unwrap();
    stand
        .trial
        .publish_driver("digital-persona", &stand::wrong_driver())
        .unwrap();
    let told = station.check();
    assert!(
        told[0].starts_with("the driver uru4000 does not work: scanner: "),
        "{told:?}"
    );
    let steps = station.steps(&driver());
    assert_eq!(
        steps[6..],
        ["2 fetched", "2 verified", "2 compiled", "2 probed", "2 returned"]
    );
    assert_eq!(station.on_the_table(&driver()), Some(1));
    assert_eq!(station.status().wrong, told);
    // It does not come again by itself, and the old one reads on.
    station.clerk.check(true).unwrap();
    assert_eq!(station.steps(&driver()), steps);
    station.open_polls();
    station.admit(&stand, 1);
}

#[test]
fn a_driver_that_does_not_work_takes_no_other_update_with_it() {
    let mut stand = Stand::published();
    let mut station = stand.start();
    station.check();
    station.kiosk.warm_up().unwrap();
    stand
        .trial
        .publish_driver("digital-persona", &stand::wrong_driver())
        .unwrap();
    stand
        .trial
        .publish_policy(&another(&plugin("fingerprint-first"), 2))
        .unwrap();
    let told = station.check();
    assert_eq!(told[1..], ["policy fingerprint-first 2 runs"]);
    assert_eq!(station.on_the_table(&driver()), Some(1));
}

/// A station with its thread, which has taken what is published.
fn watched(stand: &Stand) -> (Arc<Kiosk>, Updater, Handle) {
    let kiosk = stand.assemble(None);
    let updater = Updater::start(&kiosk, &stand.configuration()).unwrap().unwrap();
    let handle = updater.handle().clone();
    handle.ask(Job::Check).unwrap();
    (kiosk, updater, handle)
}

#[test]
fn whoever_hears_that_a_look_is_done_finds_it_in_the_status() {
    let stand = Stand::published();
    let (_kiosk, _updater, handle) = watched(&stand);
    for look in 0..200 {
        stand.clock.set(stand.clock.time() + SignedDuration::from_secs(1));
        handle.ask(Job::Check).unwrap();
        let answered = handle.status().trust.unwrap().last_answer;
        assert_eq!(answered, Some(stand.clock.time()), "look {look}");
    }
}

#[test]
fn after_repeated_faults_the_good_release_before_takes_over_while_the_polls_are_open() {
    let mut stand = Stand::published();
    let (kiosk, updater, handle) = watched(&stand);
    let general = id(Kind::Settings, "general");
    stand.trial.publish_policy(&stand::panicking_policy()).unwrap();
    stand
        .trial
        .publish_settings("general", &stand::panicking_settings())
        .unwrap();
    handle.ask(Job::Check).unwrap();
    assert_eq!(
        (on_the_table(&kiosk, &policy()), on_the_table(&kiosk, &general)),
        (Some(2), Some(2))
    );
    kiosk.open_polls(officers()).unwrap();
    for _ in 0..FAULTS {
        let id = kiosk.start().unwrap();
        // Whoever stands at the desk then is not turned away.
        assert_eq!(kiosk.next(id), Some(Next::AskOfficers(None)));
    }
    until("the return", || on_the_table(&kiosk, &policy()) == Some(1));
    // The settings that only the faulty policy takes went with it.
    assert_eq!(on_the_table(&kiosk, &general), Some(1));
    admit(&kiosk, &stand.reader.finger(), 1);
    let status = handle.status();
    let item = status.items.iter().find(|item| item.kind == "policy").unwrap();
    assert_eq!(item.stopped, [(2, "returned: repeated-faults".to_owned())]);
    let said = "policy fingerprint-first 1 runs again, in place of 2";
    assert!(kiosk.notices().iter().any(|notice| notice == said));
    // Neither a look nor a restart brings it back.
    handle.ask(Job::Check).unwrap();
    assert_eq!(on_the_table(&kiosk, &policy()), Some(1));
    drop(updater);
    drop(handle);
    drop(kiosk);
    let station = stand.start();
    assert_eq!(
        (station.on_the_table(&policy()), station.on_the_table(&general)),
        (Some(1), Some(1))
    );
    station.kiosk.verify().unwrap();
}

#[test]
fn a_release_that_fails_and_is_the_only_one_is_told_and_stays() {
    let mut stand = Stand::begun();
    stand.trial.publish_policy(&stand::panicking_policy()).unwrap();
    stand
        .trial
        .publish_settings("general", &stand::panicking_settings())
        .unwrap();
    let (kiosk, _updater, handle) = watched(&stand);
    kiosk.open_polls(officers()).unwrap();
    for _ in 0..FAULTS {
        kiosk.start().unwrap();
    }
    let told = "policy fingerprint-first fails again and again, and is not given up: there is no good release of policy \
                fingerprint-first before 1 to go back to";
    until("the sentence", || {
        handle.status().wrong.iter().any(|wrong| wrong == told)
    });
    assert_eq!(on_the_table(&kiosk, &policy()), Some(1));
}

#[test]
fn what_waits_comes_in_by_itself_once_the_polls_close() {
    let mut stand = Stand::published();
    let (kiosk, _updater, handle) = watched(&stand);
    kiosk.open_polls(officers()).unwrap();
    stand
        .trial
        .publish_policy(&another(&plugin("fingerprint-first"), 2))
        .unwrap();
    handle.ask(Job::Check).unwrap();
    assert_eq!(on_the_table(&kiosk, &policy()), Some(1));
    kiosk.close_polls(officers()).unwrap();
    until("the swap", || on_the_table(&kiosk, &policy()) == Some(2));
}

#[test]
fn a_station_without_its_root_of_trust_runs_and_says_so_until_it_is_put_right() {
    let stand = Stand::published();
    let root = std::fs::read(stand.path("root.json")).unwrap();
    std::fs::remove_file(stand.path("root.json")).unwrap();
    let kiosk = stand.assemble(None);
    let updater = Updater::start(&kiosk, &stand.configuration()).unwrap().unwrap();
    let handle = updater.handle().clone();
    let error = handle.ask(Job::Check).unwrap_err();
    assert!(
        error.contains("the root of trust") && error.contains("cannot be read"),
        "{error}"
    );
    assert_eq!(handle.status().wrong.last(), Some(&error));
    kiosk.open_polls(officers()).unwrap();
    assert_eq!(kiosk.next(kiosk.start().unwrap()), Some(Next::AskOfficers(None)));
    std::fs::write(stand.path("root.json"), root).unwrap();
    handle.ask(Job::Check).unwrap();
    assert!(handle.status().waits.len() > 3, "{:?}", handle.status().waits);
}
