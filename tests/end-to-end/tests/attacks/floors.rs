//! Releases below a floor.

use crate::commission::Day;
use crate::forgery::{Forgery, MadeUp, item};
use crate::scene::Scene;
use serde_json::json;
use stand::{another, officers, plugin, policy};

#[test]
fn a_release_below_a_floor_that_was_ever_signed_never_runs_again_whatever_is_signed_later_and_whoever_asks() {
    let raised = Forgery::of(Day::Second);
    raised.change_plan(|plan| item(plan, "policy", "fingerprint-first")["floor"] = json!(2));
    raised.announce();
    let mut scene = Scene::at(Day::Second);
    assert_eq!(scene.import(raised.path()).unwrap(), [""; 0]);
    assert_eq!(scene.wrongs(), [""; 0]);

    // Officers cannot go back below it, though the release is still on the disk.
    let refused = scene.running.clerk.roll_back(&policy(), &officers()).unwrap_err();
    insta::assert_snapshot!(refused, @"there is no good release of policy fingerprint-first before 2 to go back to");
    scene.assert_unmoved("officers go back");

    // Even with all keys that there are: the floor is lowered, and nothing above it is left.
    let lowered = raised;
    lowered.change_plan(|plan| {
        let policy = item(plan, "policy", "fingerprint-first");
        policy["floor"] = json!(1);
        policy["releases"].as_array_mut().unwrap().truncate(1);
    });
    lowered.announce();
    let kiosk = scene.running.kiosk.clone();
    kiosk.open_polls(officers()).unwrap();
    let told = scene.import(lowered.path()).unwrap();
    insta::assert_snapshot!(told.join("\n"), @"the end of policy fingerprint-first waits for two officers, since the polls are open");
    scene.assert_unmoved("the floor is lowered");
    scene.site.admit(&kiosk, 1);

    // What the officers can agree to is that the policy ends, and not that the old one runs.
    let told = scene.running.clerk.settle(&officers(), None);
    assert_eq!(told, ["policy fingerprint-first runs no more"]);
    assert_eq!(scene.running.lineup().get(&policy()), None);

    // The next release above the floor is taken like any other.
    let made_up = MadeUp {
        bytes: &another(&plugin("fingerprint-first"), 9),
        ..MadeUp::POLICY
    };
    lowered.release(&made_up, |release| release["counter"] = json!(3));
    scene.import(lowered.path()).unwrap();
    let told = scene.running.clerk.settle(&officers(), None);
    assert_eq!(told, ["policy fingerprint-first 3 runs"]);
    scene.site.admit(&kiosk, 2);
    let first_again = scene.running.status().lines;
    let runs = first_again
        .iter()
        .filter(|line| line.contains("fingerprint-first 1: runs"));
    assert_eq!(runs.count(), 1, "only on the first day: {first_again:?}");
}
