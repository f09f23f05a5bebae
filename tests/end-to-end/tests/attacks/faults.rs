//! Plugins that pass every test and break off when voters come.

use crate::commission::Day;
use crate::forgery::{Forgery, MadeUp};
use crate::scene::Scene;
use gateway::updates::updater::{Job, Updater};
use identification::command::Command;
use identification::next::Next;
use plan::item::Kind;
use serde_json::json;
use stand::disguised;
use stand::{id, policy, test_plugin};
use std::time::{Duration, Instant};

#[test]
fn a_policy_that_breaks_off_again_and_again_gives_way_to_the_one_before_without_anybody_while_the_polls_are_open() {
    let forged = Forgery::of(Day::Second);
    let settings = json!({
        "format": 1,
        "rules": { "floor": 500, "overrides": 5, "name-agreement": 80 },
        "policy": { "how": "panic" },
    });
    let settings = settings.to_string();
    let panicking = disguised(&test_plugin("misbehaving-policy"), |manifest| {
        manifest.name = "fingerprint-first".to_owned();
    });
    let releases = [
        (
            "policy",
            "fingerprint-first",
            "policies/fingerprint-first/9.wasm",
            panicking.as_slice(),
        ),
        ("settings", "general", "settings/general-9.json", settings.as_bytes()),
    ];
    for (kind, name, target, bytes) in releases {
        let made_up = MadeUp {
            kind,
            name,
            role: "policies",
            target,
            bytes,
        };
        forged.release(&made_up, |_| ());
    }
    let Scene {
        site, running, folder, ..
    } = Scene::at(Day::Second);
    drop(running);
    site.mirror(Some(forged.path()));
    let kiosk = site.assemble(None, stand::compiler());
    let updater = Updater::start(&kiosk, &site.configuration()).unwrap().unwrap();
    let handle = updater.handle().clone();
    let told = handle.ask(Job::Check).unwrap();
    assert_eq!(told, ["policy fingerprint-first 3 runs", "settings general 3 runs"]);
    kiosk.open_polls(stand::officers()).unwrap();

    // Three voters meet it. None of them is turned away: officers decide.
    for _ in 0..3 {
        assert_eq!(end_to_end::site::lineup(&kiosk)[&policy()], (Some(3), Some(3)));
        let voter = kiosk.start().unwrap();
        assert_eq!(kiosk.next(voter), Some(Next::AskOfficers(None)));
        kiosk.command(Command::Abandon(voter)).unwrap();
    }
    let until = Instant::now() + Duration::from_secs(20);
    let before = (Some(2), Some(2));
    while end_to_end::site::lineup(&kiosk)[&policy()] != before && Instant::now() < until {
        std::thread::sleep(Duration::from_millis(10));
    }
    let lineup = end_to_end::site::lineup(&kiosk);
    assert_eq!(
        (lineup[&policy()], lineup[&id(Kind::Settings, "general")]),
        (before, before)
    );
    site.admit(&kiosk, 1);
    insta::assert_snapshot!(kiosk.notices().join("\n"));
    let status = handle.status();
    let policy = status.items.iter().find(|item| item.kind == "policy").unwrap();
    assert_eq!(policy.stopped, [(3, "returned: repeated-faults".to_owned())]);
    // It is not tried again, though it is still what the commission signed.
    handle.ask(Job::Check).unwrap();
    assert_eq!(end_to_end::site::lineup(&kiosk)[&self::policy()], before);
    kiosk.verify().unwrap();
    drop((updater, folder));
}
