//! Metadata that were signed by others, by too few, or long ago, and metadata that do not belong together.

use crate::attack::told;
use crate::commission::{Day, enough, keys, strangers};
use crate::forgery::Forgery;
use serde_json::json;
use updates::testing::TestKey;

/// The newest version of a role as it is, signed by others.
fn sign_again(forged: &Forgery, role: &str, keys: &[TestKey]) {
    let signed = forged.signed(role);
    forged.write(role, forged.version(role), &signed, keys);
}

/// The next root with other keys for itself, which signs them over to strangers.
fn usurp(forged: &Forgery, signers: &[TestKey]) {
    forged.change("root", signers, |signed| {
        let strangers = strangers();
        for key in &strangers {
            signed["keys"][key.id()] = key.value();
        }
        let ids: Vec<String> = strangers.iter().map(TestKey::id).collect();
        signed["roles"]["root"] = json!({ "keyids": ids, "threshold": 2 });
    });
}

#[test]
fn what_other_keys_signed_is_not_taken_from_any_role() {
    let told = told(
        Day::Second,
        &[
            ("a timestamp that strangers signed", Day::Third, |forged| {
                sign_again(forged, "timestamp", &strangers());
            }),
            (
                "a snapshot that strangers signed, with the timestamp's key",
                Day::Third,
                |forged| {
                    sign_again(forged, "snapshot", &strangers());
                    forged.timestamp(|_| ());
                },
            ),
            (
                "a plan that strangers signed, with the keys of timestamp and snapshot",
                Day::Third,
                |forged| {
                    sign_again(forged, "targets", &strangers());
                    forged.announce();
                },
            ),
            (
                "a list of policies that strangers signed, with the keys of timestamp and snapshot",
                Day::Third,
                |forged| {
                    sign_again(forged, "policies", &strangers());
                    forged.announce();
                },
            ),
            ("a root that strangers signed for themselves", Day::Second, |forged| {
                usurp(forged, &strangers())
            }),
            (
                "a root that only the keys before it signed, and not those that it names",
                Day::Second,
                |forged| usurp(forged, &enough("root")),
            ),
            ("a timestamp that the snapshot's key signed", Day::Third, |forged| {
                sign_again(forged, "timestamp", &keys("snapshot"))
            }),
        ],
    );
    insta::assert_snapshot!(told);
}

#[test]
fn fewer_signatures_than_the_threshold_are_not_enough_however_they_are_counted() {
    let told = told(
        Day::Second,
        &[
            ("a plan that one of two signed", Day::Third, |forged| {
                sign_again(forged, "targets", &keys("targets")[..1]);
                forged.announce();
            }),
            ("a plan that one signed twice", Day::Third, |forged| {
                let key = &keys("targets")[0];
                sign_again(forged, "targets", &[key.clone(), key.clone()]);
                forged.announce();
            }),
            ("a plan that one and a stranger signed", Day::Third, |forged| {
                sign_again(forged, "targets", &[keys("targets")[0].clone(), strangers()[0].clone()]);
                forged.announce();
            }),
            ("a root that one of two signed", Day::Second, |forged| {
                forged.change("root", &keys("root")[..1], |_| ());
            }),
            (
                "a root that lowers its own threshold, signed by one",
                Day::Second,
                |forged| {
                    forged.change("root", &keys("root")[..1], |signed| {
                        signed["roles"]["root"]["threshold"] = json!(1);
                    });
                },
            ),
            ("a timestamp without a signature", Day::Third, |forged| {
                sign_again(forged, "timestamp", &[]);
            }),
        ],
    );
    insta::assert_snapshot!(told);
}

/// A role's version before the newest, as the snapshot announces it.
fn announce_old(forged: &Forgery, role: &str) {
    let old = forged.announced(role, forged.version(role) - 1);
    forged.snapshot(|signed| signed["meta"][format!("{role}.json")] = old);
    forged.timestamp(|_| ());
}

#[test]
fn no_role_goes_back_though_its_own_keys_signed_the_old_one() {
    let told = told(
        Day::Second,
        &[
            ("the timestamp of the day before", Day::First, |_| ()),
            (
                "the snapshot of the day before, with the timestamp's key",
                Day::Second,
                |forged| {
                    let old = forged.announced("snapshot", forged.version("snapshot") - 1);
                    forged.timestamp(|signed| signed["meta"]["snapshot.json"] = old);
                },
            ),
            (
                "the plan's role of the day before, with the keys of timestamp and snapshot",
                Day::Second,
                |forged| announce_old(forged, "targets"),
            ),
            (
                "the list of policies of the day before, with the keys of timestamp and snapshot",
                Day::Second,
                |forged| announce_old(forged, "policies"),
            ),
            (
                "the list of a vendor's drivers of the day before, with the keys of timestamp and snapshot",
                Day::Second,
                |forged| announce_old(forged, "vendor-digital-persona"),
            ),
            (
                "a plan with a smaller number, signed by all who must",
                Day::Second,
                |forged| {
                    forged.change_plan(|plan| plan["counter"] = json!(2));
                    forged.announce();
                },
            ),
            (
                "an emergency list with a smaller number, signed by its key",
                Day::Second,
                |forged| {
                    let list = json!({ "format": 1, "counter": 1, "made": "2026-11-02T02:00:00Z", "withdrawn": [] });
                    forged.list("emergency", "emergency.json", list.to_string().as_bytes());
                    forged.announce();
                },
            ),
            (
                "the root once more in the place of the next one, signed by all who must",
                Day::Second,
                |forged| {
                    let signed = forged.signed("root");
                    forged.write("root", forged.version("root") + 1, &signed, &enough("root"));
                },
            ),
        ],
    );
    insta::assert_snapshot!(told);
}

/// The bytes of a role as they were the day before, under the name of today's.
fn put_yesterdays(forged: &Forgery, role: &str) {
    let yesterday = Forgery::of(Day::First);
    let bytes = std::fs::read(yesterday.file(role, yesterday.version(role))).unwrap();
    std::fs::write(forged.file(role, forged.version(role)), bytes).unwrap();
}

#[test]
fn files_of_different_days_are_not_taken_together() {
    let told = told(
        Day::First,
        &[
            ("yesterday's snapshot under today's name", Day::Second, |forged| {
                put_yesterdays(forged, "snapshot");
            }),
            ("yesterday's plan under today's name", Day::Second, |forged| {
                put_yesterdays(forged, "targets");
            }),
            (
                "yesterday's plan under today's name, announced without length and digest, with the keys of timestamp and snapshot",
                Day::Second,
                |forged| {
                    put_yesterdays(forged, "targets");
                    let version = forged.version("targets");
                    forged.snapshot(|signed| signed["meta"]["targets.json"] = json!({ "version": version }));
                    forged.timestamp(|_| ());
                },
            ),
            (
                "a snapshot that no longer lists the emergency list, with the keys of timestamp and snapshot",
                Day::First,
                |forged| {
                    forged.snapshot(|signed| {
                        signed["meta"].as_object_mut().unwrap().remove("emergency.json");
                    });
                    forged.timestamp(|_| ());
                },
            ),
        ],
    );
    insta::assert_snapshot!(told);
}
