//! A kiosk follows what the commission signs: one story for each promise.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use gateway::configuration::{Configuration, PluginEntry};
use identification::event::{Event, UpdateStep};
use identification::evidence::Score;
use identification::next::Next;
use jiff::{SignedDuration, Timestamp};
use plan::item::{ItemId, Kind};
use plan::waves::{Step, Waves};
use repository::grants::Grant;
use serde_json::json;
use stand::{Stand, Started, another, id, officers, plugin, policy, settings};

fn general() -> ItemId {
    id(Kind::Settings, "general")
}

fn driver() -> ItemId {
    id(Kind::Driver, "uru4000")
}

/// Everything runs in its first release.
fn running() -> (Stand, Started) {
    let stand = Stand::published();
    let mut station = stand.start();
    station.check();
    (stand, station)
}

fn publish_first_policy(stand: &mut Stand) {
    let first = another(&plugin("fingerprint-first"), 1);
    assert_eq!(stand.trial.publish_policy(&first).unwrap(), 1);
}

fn publish_second_policy(stand: &mut Stand) {
    let second = another(&plugin("fingerprint-first"), 2);
    assert_eq!(stand.trial.publish_policy(&second).unwrap(), 2);
}

/// Who agreed to the steps of a release that is active.
fn agreed(station: &Started, item: &ItemId, release: u32) -> Vec<String> {
    let entries = station.kiosk.look(gateway::desk::Desk::entries).unwrap();
    let found = entries.into_iter().rev().find_map(|entry| match entry.event {
        Event::Update {
            kind,
            name,
            counter,
            step: UpdateStep::Active { officers },
            ..
        } if kind == item.kind.name() && name == item.name && counter == release => Some(officers),
        _ => None,
    });
    found.unwrap()
}

#[test]
fn a_new_kiosk_takes_everything_that_was_signed_and_admits_a_voter_with_it() {
    let stand = Stand::published();
    let mut station = stand.start();
    assert_eq!(station.on_the_table(&policy()), None);
    assert_eq!(
        station.check(),
        [
            "driver escpos 1 runs",
            "driver uru4000 1 runs",
            "matcher fingerprint-matcher 1 runs",
            "policy fingerprint-first 1 runs",
            "exporter turnout-csv 1 runs",
            "settings general 1 runs",
        ]
    );
    let way = [
        "1 fetched",
        "1 verified",
        "1 compiled",
        "1 probed",
        "1 standing-by",
        "1 active",
    ];
    assert_eq!(station.steps(&policy()), way);
    let document = ["1 fetched", "1 verified", "1 standing-by", "1 active"];
    assert_eq!(station.steps(&general()), document);
    assert_eq!(station.runs(&policy()), Some(1));
    assert_eq!(station.on_the_table(&policy()), Some(1));
    assert_eq!(station.check(), [""; 0]);
    station.open_polls();
    station.admit(&stand, 2);
    station.kiosk.verify().unwrap();
}

#[test]
fn before_the_polls_open_a_new_release_comes_in_by_itself_and_the_one_before_stays() {
    let (mut stand, mut station) = running();
    publish_second_policy(&mut stand);
    assert_eq!(station.check(), ["policy fingerprint-first 2 runs"]);
    assert_eq!(station.on_the_table(&policy()), Some(2));
    let item = station
        .status()
        .items
        .into_iter()
        .find(|item| item.kind == "policy")
        .unwrap();
    assert_eq!(item.previous.unwrap().counter, 1);
    assert_eq!(agreed(&station, &policy(), 2), [""; 0]);
}

#[test]
fn while_the_polls_are_open_a_release_waits_for_two_officers_by_name() {
    let (mut stand, mut station) = running();
    station.open_polls();
    publish_second_policy(&mut stand);
    let waits = "policy fingerprint-first 2 waits for two officers, since the polls are open";
    assert_eq!(station.check(), [waits]);
    assert_eq!(station.runs(&policy()), Some(1));
    assert_eq!(station.status().waits, ["policy fingerprint-first: 2 in place of 1"]);
    let one = vec!["Sadykova A.".to_owned(), " sadykova a. ".to_owned()];
    for names in [Vec::new(), one[..1].to_vec(), one] {
        assert!(
            station
                .clerk
                .apply(&names, None)
                .unwrap_err()
                .contains("two commission members")
        );
    }
    let other = [driver()].into();
    assert!(
        station
            .clerk
            .apply(&officers(), Some(&other))
            .unwrap_err()
            .contains("nothing waits for driver uru4000")
    );
    assert_eq!(
        (station.runs(&policy()), station.on_the_table(&policy())),
        (Some(1), Some(1))
    );
    let done = station.clerk.apply(&officers(), None).unwrap();
    assert_eq!(done, ["policy fingerprint-first 2 runs"]);
    assert_eq!(station.on_the_table(&policy()), Some(2));
    assert_eq!(agreed(&station, &policy(), 2), officers());
    assert_eq!(station.status().waits, [""; 0]);
    station.admit(&stand, 1);
}

#[test]
fn what_waited_comes_in_once_the_polls_are_closed() {
    let (mut stand, mut station) = running();
    station.open_polls();
    publish_second_policy(&mut stand);
    station.check();
    station.kiosk.close_polls(officers()).unwrap();
    assert_eq!(station.clerk.tend(), ["policy fingerprint-first 2 runs"]);
}

#[test]
fn a_start_needs_no_network_and_no_metadata() {
    let (stand, station) = running();
    drop(station);
    std::fs::remove_dir_all(stand.trial.repository()).unwrap();
    std::fs::remove_dir_all(stand.path("updates/metadata")).unwrap();
    let mut station = stand.start();
    assert_eq!(station.on_the_table(&policy()), Some(1));
    assert!(station.clerk.check(false).unwrap_err().contains("gave no updates"));
    station.open_polls();
    station.admit(&stand, 3);
}

#[test]
fn damaged_bytes_give_way_to_the_good_release_before_and_are_fetched_again() {
    let (mut stand, mut station) = running();
    publish_second_policy(&mut stand);
    station.check();
    let digest = station.status().items[3].active.clone().unwrap().sha256;
    drop(station);
    std::fs::write(stand.path("updates/artifacts").join(&digest), b"rust").unwrap();
    let mut station = stand.start();
    assert_eq!(
        (station.runs(&policy()), station.on_the_table(&policy())),
        (Some(1), Some(1))
    );
    assert_eq!(station.steps(&policy())[13..], ["2 refused", "1 active"]);
    assert!(station.kiosk.notices()[0].starts_with("policy fingerprint-first 2 cannot be used:"));
    assert_eq!(station.check(), ["policy fingerprint-first 2 runs"]);
    drop(station);
    // Both are damaged: the station starts all the same, and officers decide.
    for entry in std::fs::read_dir(stand.path("updates/artifacts")).unwrap() {
        std::fs::write(entry.unwrap().path(), b"rust").unwrap();
    }
    let station = stand.start();
    assert_eq!(station.on_the_table(&policy()), None);
    station.open_polls();
    assert_eq!(station.next_voter(), Some(Next::AskOfficers(None)));
}

#[test]
fn settings_that_the_policy_refuses_leave_the_old_ones_and_wait_for_a_policy_that_takes_them() {
    let (mut stand, mut station) = running();
    stand
        .trial
        .publish_settings("general", &stand::panicking_settings())
        .unwrap();
    let told = station.check();
    assert!(
        told[0].starts_with("settings general 2 is not used: the settings of policy `fingerprint-first` are wrong"),
        "{told:?}"
    );
    assert_eq!(station.on_the_table(&general()), Some(1));
    assert_eq!(station.status().wrong, told);
    // Nothing of it is written down again and again.
    let rows = station.steps(&general());
    station.check();
    station.clerk.tend();
    assert_eq!(station.steps(&general()), rows);
    assert_eq!(rows.last().unwrap(), "2 refused");
    // A policy that takes them brings them in, both in one row after the other.
    stand.trial.publish_policy(&stand::panicking_policy()).unwrap();
    assert_eq!(
        station.check(),
        ["policy fingerprint-first 2 runs", "settings general 2 runs"]
    );
    assert_eq!(station.status().wrong, [""; 0]);
}

#[test]
fn settings_out_of_range_are_refused_and_the_next_ones_are_taken() {
    let (mut stand, mut station) = running();
    stand.trial.publish_settings("general", &settings(99)).unwrap();
    station.check();
    assert_eq!(station.on_the_table(&general()), Some(1));
    stand.trial.publish_settings("general", &settings(2)).unwrap();
    assert_eq!(station.check(), ["settings general 3 runs"]);
    let table = station.kiosk.table();
    assert!(
        table.parts().settings.contains("\"attempts\":2"),
        "{}",
        table.parts().settings
    );
}

#[test]
fn a_release_that_the_emergency_role_withdrew_is_gone_back_from_at_once() {
    let (mut stand, mut station) = running();
    publish_second_policy(&mut stand);
    station.check();
    stand
        .trial
        .withdraw_in_emergency(Kind::Policy, "fingerprint-first", 2, "admits-nobody")
        .unwrap();
    assert_eq!(station.check(), ["policy fingerprint-first 1 runs"]);
    let steps = station.steps(&policy());
    assert!(
        steps.ends_with(&[
            "2 withdrawn".to_owned(),
            "1 standing-by".to_owned(),
            "1 active".to_owned(),
            "2 retired".to_owned()
        ]),
        "{steps:?}"
    );
    assert_eq!(
        station.status().items[3].stopped,
        [(2, "withdrawn: admits-nobody".to_owned())]
    );
    // Nothing else is left: the station goes without, and officers decide.
    stand
        .trial
        .withdraw_in_emergency(Kind::Policy, "fingerprint-first", 1, "admits-nobody")
        .unwrap();
    assert_eq!(station.check(), ["policy fingerprint-first runs no more"]);
    assert_eq!(station.on_the_table(&policy()), None);
}

#[test]
fn while_the_polls_are_open_a_withdrawn_release_runs_on_in_red_until_two_officers_agree() {
    let (mut stand, mut station) = running();
    publish_second_policy(&mut stand);
    station.check();
    station.open_polls();
    stand
        .trial
        .withdraw_in_emergency(Kind::Policy, "fingerprint-first", 2, "admits-nobody")
        .unwrap();
    station.check();
    let red = ["policy fingerprint-first 2 runs, but the commission withdrew it (admits-nobody)"];
    assert_eq!(station.status().urgent, red);
    assert_eq!(station.on_the_table(&policy()), Some(2));
    // A restart is no way around the officers.
    drop(station);
    let mut station = stand.start();
    assert_eq!(station.on_the_table(&policy()), Some(2));
    assert_eq!(station.status().urgent, red);
    station.check();
    assert_eq!(station.status().waits, ["policy fingerprint-first: 1 in place of 2"]);
    let done = station.clerk.apply(&officers(), None).unwrap();
    assert_eq!(done, ["policy fingerprint-first 1 runs"]);
    assert_eq!(station.status().urgent, [""; 0]);
}

#[test]
fn a_release_that_was_withdrawn_while_it_waited_never_comes_in() {
    let (mut stand, mut station) = running();
    station.open_polls();
    publish_second_policy(&mut stand);
    station.check();
    stand
        .trial
        .withdraw_in_emergency(Kind::Policy, "fingerprint-first", 2, "admits-nobody")
        .unwrap();
    assert_eq!(station.check(), [""; 0]);
    assert_eq!(station.status().waits, [""; 0]);
    let told = station.clerk.apply(&officers(), None).unwrap();
    assert_eq!(told, ["nothing waits: what the commission signed for this kiosk runs"]);
    assert_eq!(station.on_the_table(&policy()), Some(1));
}

#[test]
fn nothing_below_a_floor_that_was_ever_signed_runs_again() {
    let (mut stand, mut station) = running();
    publish_second_policy(&mut stand);
    station.check();
    stand.trial.raise_floor(Kind::Policy, "fingerprint-first", 2).unwrap();
    station.check();
    assert_eq!(station.on_the_table(&policy()), Some(2));
    let refused = station.clerk.roll_back(&policy(), &officers()).unwrap_err();
    assert_eq!(
        refused,
        "there is no good release of policy fingerprint-first before 2 to go back to"
    );
    // The floor is above what is left: nothing runs, rather than something below it.
    stand
        .trial
        .withdraw(Kind::Policy, "fingerprint-first", 2, "admits-nobody")
        .unwrap();
    assert_eq!(station.check(), ["policy fingerprint-first runs no more"]);
    drop(station);
    let station = stand.start();
    assert_eq!((station.runs(&policy()), station.on_the_table(&policy())), (None, None));
}

#[test]
fn officers_go_back_to_the_release_before_and_the_other_never_comes_again() {
    let (mut stand, mut station) = running();
    publish_second_policy(&mut stand);
    station.check();
    station.open_polls();
    assert!(
        station
            .clerk
            .roll_back(&policy(), &officers()[..1])
            .unwrap_err()
            .contains("two commission members")
    );
    let told = station.clerk.roll_back(&policy(), &officers()).unwrap();
    assert_eq!(told, ["policy fingerprint-first 1 runs again, in place of 2"]);
    assert_eq!(agreed(&station, &policy(), 1), officers());
    station.kiosk.close_polls(officers()).unwrap();
    assert_eq!(station.clerk.check(true).unwrap(), [""; 0]);
    assert_eq!(station.on_the_table(&policy()), Some(1));
    assert_eq!(
        station.status().items[3].stopped,
        [(2, "returned: officers".to_owned())]
    );
    let third = another(&plugin("fingerprint-first"), 3);
    assert_eq!(stand.trial.publish_policy(&third).unwrap(), 3);
    assert_eq!(station.check(), ["policy fingerprint-first 3 runs"]);
}

#[test]
fn a_plugin_that_does_not_say_what_was_signed_or_does_not_compile_is_refused_and_told() {
    let (mut stand, mut station) = running();
    let foreign = stand::disguised(&stand::test_plugin("foreign-import"), |manifest| {
        manifest.name = "fingerprint-first".to_owned();
        manifest.contract = "kiosk:policy/identification-policy@0.1.0".parse().unwrap();
    });
    stand.trial.publish_policy(&foreign).unwrap();
    station.check();
    assert_eq!(station.on_the_table(&policy()), Some(1));
    let steps = station.steps(&policy());
    assert_eq!(steps[6..], ["2 fetched", "2 refused"]);
    let wrong = station.status().wrong;
    assert!(
        wrong[0].starts_with("policy fingerprint-first 2 is not used: plugin `fingerprint-first` wants to use"),
        "{wrong:?}"
    );
    // It is not tried again at every look, only where somebody asks for it.
    station.check();
    assert_eq!(station.steps(&policy()), steps);
    station.clerk.check(true).unwrap();
    assert_eq!(station.steps(&policy())[8..], ["2 fetched", "2 refused"]);
}

fn from(hours: i64) -> Option<Waves> {
    let begin: Timestamp = stand::BEGIN.parse().unwrap();
    Some(Waves {
        start: begin + SignedDuration::from_hours(hours),
        steps: vec![Step {
            after_minutes: 0,
            share: 2_048,
        }],
    })
}

#[test]
fn a_release_is_ready_before_its_wave_and_comes_in_with_it_without_a_source() {
    let (mut stand, mut station) = running();
    publish_second_policy(&mut stand);
    stand
        .trial
        .set_waves(Kind::Policy, "fingerprint-first", from(3))
        .unwrap();
    assert_eq!(station.check(), [""; 0]);
    assert_eq!(
        station.steps(&policy())[6..],
        ["2 fetched", "2 verified", "2 compiled", "2 probed"]
    );
    let item = station
        .status()
        .items
        .into_iter()
        .find(|item| item.kind == "policy")
        .unwrap();
    assert_eq!(item.coming.unwrap().0, 2);
    assert!(!station.clerk.is_due());
    std::fs::remove_dir_all(stand.trial.repository()).unwrap();
    stand.clock.forward_hours(4);
    assert!(station.clerk.is_due());
    assert_eq!(station.clerk.tend(), ["policy fingerprint-first 2 runs"]);
    assert!(!station.clerk.is_due());
}

#[test]
fn a_stick_brings_what_the_network_would() {
    let stand = Stand::published();
    let stick = stand.path("stick");
    stand::copy(&stand.trial.repository(), &stick);
    std::fs::remove_dir_all(stand.trial.repository()).unwrap();
    let mut station = stand.start();
    assert!(station.clerk.check(false).is_err());
    assert_eq!(station.clerk.import(&stick).unwrap().len(), 6);
    station.open_polls();
    station.admit(&stand, 4);
    let nothing = station.clerk.import(&stand.path("updates/compiled")).unwrap_err();
    assert!(nothing.contains("gave no updates"), "{nothing}");
}

#[test]
fn silence_and_what_expired_are_told_and_the_station_goes_on() {
    let (stand, mut station) = running();
    std::fs::remove_dir_all(stand.trial.repository()).unwrap();
    stand.clock.forward_hours(23);
    assert!(station.clerk.check(false).is_err());
    let wrong = station.status().wrong;
    assert_eq!(wrong.len(), 1, "{wrong:?}");
    stand.clock.forward_hours(4);
    let wrong = station.status().wrong;
    assert_eq!(
        wrong[0],
        "nothing in order came from an update server for 27 hours; look after the network, or take a stick with `kiosk-gateway updates import`"
    );
    stand.clock.forward_hours(24 * 20);
    let wrong = station.status().wrong;
    assert!(
        wrong[1].starts_with("what the commission signed expired at 2026-11-16 08:00;"),
        "{wrong:?}"
    );
    drop(station);
    let mut station = stand.start();
    station.open_polls();
    station.admit(&stand, 5);
}

#[test]
fn signed_time_is_the_least_that_it_can_be_and_a_clock_that_is_behind_is_told() {
    let (mut stand, mut station) = running();
    stand.forward_hours(48);
    stand.trial.timestamp().unwrap();
    station.check();
    drop(station);
    let begin: Timestamp = stand::BEGIN.parse().unwrap();
    stand.clock.set(begin);
    let station = stand.start();
    assert_eq!(station.clerk.now(), begin + SignedDuration::from_hours(48));
    let wrong = station.status().wrong;
    assert_eq!(
        wrong,
        ["the kiosk's clock is 2 days behind the time at which the commission signed; set the clock"]
    );
}

#[test]
fn files_that_nobody_can_go_back_to_are_removed() {
    let (mut stand, mut station) = running();
    let updates = stand.path("updates");
    let files = || std::fs::read_dir(updates.join("artifacts")).unwrap().count();
    let compiled = || std::fs::read_dir(updates.join("compiled")).unwrap().count();
    assert_eq!(compiled(), 5);
    let before = files();
    for number in 2..6 {
        let next = another(&plugin("fingerprint-first"), number);
        stand.trial.publish_policy(&next).unwrap();
        station.check();
    }
    // The release before, the plan that it was taken from, and the newest plan.
    assert!(files() <= before + 3, "{} after {before}", files());
    assert_eq!(compiled(), 6);
    drop(station);
    let mut station = stand.start();
    assert_eq!(station.on_the_table(&policy()), Some(5));
    assert_eq!(station.clerk.roll_back(&policy(), &[]).unwrap().len(), 1);
    assert_eq!(station.on_the_table(&policy()), Some(4));
}

#[test]
fn texts_hours_and_what_holds_at_the_opening_come_from_what_was_signed() {
    let (mut stand, mut station) = running();
    let texts = json!({
        "format": 1,
        "languages": { "ru": { "first-attempt": "Первая попытка" }, "en": { "polls-open": "Open for you" } },
    });
    stand
        .trial
        .publish_messages("texts", texts.to_string().as_bytes())
        .unwrap();
    assert_eq!(station.check(), ["messages texts 1 runs"]);
    assert_eq!(station.kiosk.text("first-attempt").as_deref(), Some("Первая попытка"));
    assert_eq!(station.kiosk.text("polls-open").as_deref(), Some("Open for you"));
    assert_eq!(station.kiosk.text("not-found"), None);
    assert_eq!(station.kiosk.hours(), Some(("08:00".to_owned(), "20:00".to_owned())));
    // It is two hours after midnight in London, and eight in Bishkek.
    station.open_polls();
    assert_eq!(station.kiosk.notices(), [""; 0]);
    let entries = station.kiosk.look(gateway::desk::Desk::entries).unwrap();
    let report = entries.into_iter().find_map(|entry| match entry.event {
        Event::ZeroReport { plan, rules, .. } => Some((plan, rules)),
        _ => None,
    });
    let (plan, rules) = report.unwrap();
    let trusted = station.kiosk.updates().trust().unwrap().plan.digest.clone();
    assert_eq!(plan, Some(trusted));
    assert_eq!(rules, station.kiosk.table().parts().rules_digest().to_string());
}

#[test]
fn polls_that_are_opened_outside_of_their_hours_are_told_and_open() {
    let (stand, station) = running();
    stand.clock.forward_hours(13);
    station.open_polls();
    assert_eq!(
        station.kiosk.notices(),
        ["the polls were opened at 21:00, outside of their hours from 08:00 to 20:00; check the kiosk's clock"]
    );
    assert!(station.kiosk.updates().polls_open());
}

#[test]
fn on_a_bench_the_file_gives_what_nobody_signed_and_what_was_signed_takes_its_place() {
    let mut stand = Stand::begun();
    let pinned = PluginEntry::pinning(&fixtures::plugin("fingerprint-first")).unwrap();
    let text = std::fs::read_to_string(stand.path("kiosk.toml")).unwrap();
    let own = format!(
        "[rules]\nfloor = 600\noverrides = 5\nname-agreement = 80\n[[plugin]]\nfile = \"{}\"\nsha256 = \"{}\"\n",
        pinned.file.display(),
        pinned.sha256.get_ref()
    );
    std::fs::write(stand.path("kiosk.toml"), format!("{text}{own}")).unwrap();
    let refused = Configuration::read(&stand.path("kiosk.toml")).unwrap_err().to_string();
    assert!(
        refused.contains("`[rules]` has no place beside `[updates]`"),
        "{refused}"
    );
    let bench = text.replace("number = \"1\"", "number = \"1\"\ndevelopment = true");
    std::fs::write(stand.path("kiosk.toml"), format!("{bench}{own}")).unwrap();
    let mut station = stand.start();
    assert!(station.kiosk.table().policy().is_some());
    assert_eq!(station.kiosk.table().rules().floor, Score(600));
    stand.trial.publish_settings("general", &settings(3)).unwrap();
    publish_first_policy(&mut stand);
    station.check();
    assert_eq!(station.on_the_table(&policy()), Some(1));
    assert_eq!(station.kiosk.table().shelf().policies.len(), 1);
    assert_eq!(station.kiosk.table().rules().floor, Score(500));
}

#[test]
fn settings_that_would_not_fit_do_not_wait_for_officers() {
    let (mut stand, mut station) = running();
    station.open_polls();
    stand.trial.publish_settings("general", &settings(99)).unwrap();
    publish_second_policy(&mut stand);
    let told = station.check();
    assert!(told[0].starts_with("settings general 2 is not used:"), "{told:?}");
    assert_eq!(
        told[1..],
        ["policy fingerprint-first 2 waits for two officers, since the polls are open"]
    );
    assert_eq!(station.status().waits, ["policy fingerprint-first: 2 in place of 1"]);
    let only = [general()].into();
    assert!(station.clerk.apply(&officers(), Some(&only)).is_err());
    station.clerk.apply(&officers(), None).unwrap();
    assert_eq!(
        (station.on_the_table(&policy()), station.on_the_table(&general())),
        (Some(2), Some(1))
    );
}

#[test]
fn what_a_kiosk_lacked_is_told_until_it_has_it() {
    let stand = Stand::published();
    let mut station = stand.start();
    assert!(station.kiosk.warm_up().is_err());
    assert_eq!(station.next_voter(), Some(Next::AskOfficers(None)));
    assert_eq!(station.kiosk.notices().len(), 2, "{:?}", station.kiosk.notices());
    station.check();
    assert_eq!(station.kiosk.notices(), [""; 0]);
}

#[test]
fn grants_that_the_commission_narrows_hold_for_the_release_that_runs_and_after_a_restart() {
    let (mut stand, mut station) = running();
    let may_read = |station: &Started| {
        let table = station.kiosk.table();
        let grants = table.shelf().exporters[0].grants().clone();
        ["turnout", "counts"].map(|rows| grants.may_read(rows))
    };
    assert_eq!(may_read(&station), [true, true]);
    stand
        .trial
        .grant(Kind::Exporter, "turnout-csv", &Grant::Rows(Vec::new()))
        .unwrap();
    assert_eq!(station.check(), ["exporter turnout-csv 1 runs"]);
    assert_eq!(may_read(&station), [false, false]);
    assert_eq!(station.check(), [""; 0]);
    drop(station);
    let station = stand.start();
    assert_eq!(may_read(&station), [false, false]);
    // While the polls are open, more of it waits for officers too.
    station.open_polls();
    let mut station = station;
    stand.trial.grant(Kind::Exporter, "turnout-csv", &Grant::All).unwrap();
    station.check();
    assert_eq!(may_read(&station), [false, false]);
    station.clerk.apply(&officers(), None).unwrap();
    assert_eq!(may_read(&station), [true, true]);
}
