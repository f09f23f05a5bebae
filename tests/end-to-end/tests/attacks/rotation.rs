//! Keys that were stolen, and what becomes of them once the commission has others.

use crate::attack::clean;
use crate::commission::{Day, enough, keys};
use crate::forgery::{Forgery, MadeUp};
use crate::scene::Scene;
use plan::item::Kind;
use serde_json::json;
use stand::{another, id, plugin, policy};

/// Far ahead of anything that the commission will ever reach by itself.
const FAR: u64 = 4_000_000_000;

/// Whoever has the keys of timestamp and snapshot can make their versions run ahead: from then on the kiosk takes what the
/// commission signs for old. New keys end that.
#[test]
fn versions_that_ran_ahead_with_stolen_keys_block_the_kiosk_until_the_commission_has_new_keys_and_no_longer() {
    let forged = Forgery::of(Day::Second);
    let mut snapshot = forged.signed("snapshot");
    snapshot["version"] = json!(FAR);
    snapshot["meta"]["vendor-epson.json"] = json!({ "version": FAR });
    forged.write("snapshot", FAR, &snapshot, &keys("snapshot"));
    let mut timestamp = forged.signed("timestamp");
    timestamp["version"] = json!(FAR);
    timestamp["meta"]["snapshot.json"] = forged.announced("snapshot", FAR);
    forged.write("timestamp", FAR, &timestamp, &keys("timestamp"));

    let mut scene = Scene::at(Day::Second);
    assert_eq!(scene.import(forged.path()).unwrap(), [""; 0]);
    scene.assert_unmoved("versions run ahead");
    // What the commission really signed is refused now.
    let _ = scene.import(&Day::Third.repository());
    scene.assert_unmoved("the honest repository is refused");
    assert_eq!(scene.wrongs(), ["rollback"]);
    insta::assert_snapshot!(scene.running.status().wrong.join("\n"));

    let told = scene.import(&Day::Rotated.repository()).unwrap();
    assert_eq!(told, ["policy fingerprint-first 3 runs", "settings general 3 runs"]);
    assert_eq!(scene.running.status().wrong, [""; 0]);
    scene.settle();
    scene.serves("after the rotation");
}

/// A kiosk that follows the new keys.
fn rotated() -> Scene {
    let mut scene = Scene::at(Day::Second);
    scene.import(&Day::Rotated.repository()).unwrap();
    assert_eq!(scene.running.lineup()[&policy()], (Some(3), Some(3)));
    assert_eq!(
        scene.running.lineup()[&id(Kind::Settings, "general")],
        (Some(3), Some(3))
    );
    scene.settle();
    scene
}

#[test]
fn a_stick_from_before_the_keys_were_rotated_is_not_taken_any_more_and_the_old_keys_are_worth_nothing() {
    let mut told = String::new();
    let old = Forgery::of(Day::Third);
    let with_all_old_keys = Forgery::of(Day::Third);
    let bytes = another(&plugin("fingerprint-first"), 9);
    let made_up = MadeUp {
        bytes: &bytes,
        ..MadeUp::POLICY
    };
    with_all_old_keys.release(&made_up, |_| ());
    // The old keys sign on behind the new root.
    let on_top = Forgery::of(Day::Rotated);
    on_top.release(&made_up, |_| ());
    let new_root = Forgery::of(Day::Rotated);
    new_root.change("root", &enough("root"), |_| ());
    let attacks = [
        ("a stick of an earlier day", old),
        (
            "a release with all of the old keys, behind the old root",
            with_all_old_keys,
        ),
        ("a release with all of the old keys, behind the new root", on_top),
        ("another root with the old root's keys", new_root),
    ];
    for (attack, forged) in attacks {
        let mut scene = rotated();
        let _ = scene.import(forged.path());
        told += &clean(&scene.withstood(attack), &forged);
    }
    insta::assert_snapshot!(told);
}
