//! Whoever keeps a kiosk from what is to follow a release that the commission withdrew.

use crate::attack::clean;
use crate::commission::Day;
use crate::forgery::Forgery;
use crate::scene::Scene;
use serde_json::json;
use stand::{officers, policy};

/// The second and the third release of the policy are withdrawn or out of reach; the first one is good.
fn out_of_reach() -> Forgery {
    let forged = Forgery::of(Day::Third);
    let list = json!({
        "format": 1,
        "counter": 3,
        "made": "2026-11-03T03:00:00Z",
        "withdrawn": [{
            "item": { "kind": "policy", "name": "fingerprint-first" },
            "counter": 2,
            "reason": "admits-nobody",
        }],
    });
    forged.list("emergency", "emergency.json", list.to_string().as_bytes());
    forged.announce();
    let plan = forged.plan();
    let files = plan["items"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|item| item["releases"].as_array().unwrap());
    let newest = files
        .map(|release| &release["file"])
        .find(|file| file["target"] == "policies/fingerprint-first/3.wasm");
    let sha256 = newest.and_then(|file| file["sha256"].as_str()).unwrap().to_owned();
    std::fs::remove_file(forged.target("policies/fingerprint-first/3.wasm", &sha256)).unwrap();
    forged
}

#[test]
fn a_withdrawn_release_does_not_run_on_because_somebody_holds_the_next_one_back() {
    let forged = out_of_reach();
    let mut scene = Scene::at(Day::Second);
    let told = scene.import(forged.path()).unwrap();
    assert_eq!(told, ["policy fingerprint-first 1 runs"]);
    assert_eq!(scene.running.lineup()[&policy()], (Some(1), Some(1)));
    assert_eq!(scene.wrongs(), ["source-not-found"]);
    let wrong = scene.running.status().wrong.join("\n");
    insta::assert_snapshot!(clean(&wrong, &forged));
    // Nothing of it is done again and again.
    assert_eq!(scene.import(forged.path()).unwrap(), [""; 0]);
    scene.settle();
    scene.serves("the first release runs again");
}

#[test]
fn while_the_polls_are_open_a_withdrawn_release_runs_on_until_they_close_and_the_page_says_so() {
    let forged = out_of_reach();
    let mut scene = Scene::at(Day::Second);
    let kiosk = scene.running.kiosk.clone();
    kiosk.open_polls(officers()).unwrap();
    assert_eq!(scene.import(forged.path()).unwrap(), [""; 0]);
    scene.assert_unmoved("the polls are open");
    let urgent = scene.running.status().urgent;
    assert_eq!(
        urgent,
        ["policy fingerprint-first 2 runs, but the commission withdrew it (admits-nobody)"]
    );
    scene.site.admit(&kiosk, 1);
    assert!(!scene.running.clerk.is_due());
    kiosk.close_polls(officers()).unwrap();
    assert!(scene.running.clerk.is_due());
    assert_eq!(scene.running.clerk.tend(), ["policy fingerprint-first 1 runs"]);
    assert!(!scene.running.clerk.is_due());
}
