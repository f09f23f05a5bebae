//! The plan and the emergency list.

use crate::kiosk::{Case, Kiosk, code};
use jiff::SignedDuration;
use plan::emergency::{Emergency, Withdrawal};
use plan::item::{ItemId, Kind};
use plan::plan::Plan;
use updates::offer::{Offer, Seen};
use updates::refusal::Refusal;
use updates::source::Source;
use updates::testing::{NOW, Repository, TestKey};

fn plan(counter: u64) -> Plan {
    let mut plan = Plan::empty(NOW);
    plan.counter = counter;
    plan
}

fn emergency(counter: u64) -> Emergency {
    let mut list = Emergency::empty(NOW);
    list.counter = counter;
    list.withdrawn.push(Withdrawal {
        item: ItemId {
            kind: Kind::Driver,
            name: "reader".to_owned(),
        },
        counter: 3,
        reason: "bad-images".to_owned(),
    });
    list
}

fn publish_plan(repository: &mut Repository, counter: u64) {
    repository.add("targets", "plan.json", &plan(counter).bytes());
    repository.publish_content();
}

fn publish_emergency(repository: &mut Repository, counter: u64) {
    repository.add("emergency", "emergency.json", &emergency(counter).bytes());
    repository.publish_role("emergency");
}

/// Plan 5 and emergency list 2.
fn repository() -> Repository {
    let mut repository = Repository::new();
    repository.delegate("targets", "emergency", &["emergency.json"]);
    repository.publish("emergency");
    publish_plan(&mut repository, 5);
    publish_emergency(&mut repository, 2);
    repository
}

fn offer_at(kiosk: &mut Kiosk, source: &dyn Source, now: jiff::Timestamp, seen: Seen) -> Result<Offer, Refusal> {
    let artifacts = kiosk.artifacts.clone();
    kiosk.client().offer(source, now, &artifacts, seen)
}

fn offer(kiosk: &mut Kiosk, source: &dyn Source) -> Result<Offer, Refusal> {
    offer_at(kiosk, source, NOW, Seen::default())
}

#[test]
fn an_offer_is_the_plan_and_the_emergency_list_and_is_kept_without_a_source() {
    let repository = repository();
    let mut kiosk = Kiosk::of(&repository);
    assert_eq!(kiosk.client().kept(), Ok(None));
    let offered = offer(&mut kiosk, &repository.shelf).unwrap();
    assert_eq!(offered.plan, plan(5));
    assert_eq!(offered.emergency, emergency(2));
    assert_eq!(offered.emergency_refusal, None);
    assert_eq!(kiosk.artifacts.read(&offered.plan_file).unwrap(), plan(5).bytes());
    assert_eq!(
        kiosk.artifacts.read(&offered.emergency_file.unwrap()).unwrap(),
        emergency(2).bytes()
    );
    kiosk.restart();
    assert_eq!(kiosk.client().kept(), Ok(Some(offered)));
}

#[test]
fn nothing_but_metadata_ends_in_json() {
    let repository = repository();
    let mut kiosk = Kiosk::of(&repository);
    offer(&mut kiosk, &repository.shelf).unwrap();
    let files: Vec<_> = kiosk.files().into_keys().collect();
    assert_eq!(
        files,
        [
            "emergency.json",
            "root.json",
            "snapshot.json",
            "taken-emergency",
            "taken-plan",
            "taken-targets",
            "targets.json",
            "timestamp.json",
        ]
    );
}

#[test]
fn without_an_emergency_role_the_list_is_empty() {
    let mut repository = Repository::new();
    publish_plan(&mut repository, 1);
    let mut kiosk = Kiosk::of(&repository);
    let offered = offer(&mut kiosk, &repository.shelf).unwrap();
    assert_eq!(offered.emergency, Emergency::empty(NOW));
    assert_eq!((offered.emergency_file, offered.emergency_refusal), (None, None));
}

#[test]
fn an_emergency_role_that_is_taken_away_leaves_an_empty_list() {
    let mut repository = repository();
    let mut kiosk = Kiosk::of(&repository);
    offer(&mut kiosk, &repository.shelf).unwrap();
    repository.role("targets").signed.remove("delegations");
    repository.publish_content();
    let offered = offer(&mut kiosk, &repository.shelf).unwrap();
    assert_eq!(offered.emergency, Emergency::empty(NOW));
    assert_eq!(kiosk.client().kept().unwrap().unwrap().emergency, Emergency::empty(NOW));
}

#[test]
fn whatever_is_wrong_with_the_emergency_list_the_last_one_stays_and_the_plan_goes_on() {
    let cases: [Case<Repository>; 9] = [
        (
            "expired",
            |repository| {
                repository.role("emergency").expires = NOW;
                publish_emergency(repository, 3);
            },
            "expired",
        ),
        (
            "another key",
            |repository| {
                repository.role("emergency").signers = vec![TestKey::of("stranger")];
                publish_emergency(repository, 3);
            },
            "too-few-signatures",
        ),
        (
            "the role is not on the shelf",
            |repository| {
                publish_emergency(repository, 3);
                repository
                    .shelf
                    .files
                    .retain(|path, _| path != "metadata/3.emergency.json");
            },
            "source-not-found",
        ),
        (
            "the list is not on the shelf",
            |repository| {
                publish_emergency(repository, 3);
                repository
                    .shelf
                    .files
                    .retain(|path, _| !path.ends_with(".emergency.json") || path.starts_with("metadata"));
            },
            "source-not-found",
        ),
        (
            "other bytes on the shelf",
            |repository| {
                publish_emergency(repository, 3);
                let list = emergency(3).bytes().len();
                for (path, bytes) in &mut repository.shelf.files {
                    if path.starts_with("targets/") && path.ends_with(".emergency.json") && bytes.len() == list {
                        bytes[20] ^= 1;
                    }
                }
            },
            "wrong-digest",
        ),
        (
            "an older list",
            |repository| publish_emergency(repository, 1),
            "older-document",
        ),
        (
            "no list",
            |repository| {
                repository.role("emergency").signed["targets"] = serde_json::json!({});
                repository.publish_role("emergency");
            },
            "unsigned-target",
        ),
        (
            "a list that cannot be read",
            |repository| {
                repository.add("emergency", "emergency.json", b"{}");
                repository.publish_role("emergency");
            },
            "bad-document",
        ),
        (
            "a list of somebody else's",
            |repository| repository.add("targets", "emergency.json", &emergency(3).bytes()),
            "wrong-signer",
        ),
    ];
    for (what, change, expected) in cases {
        let mut repository = repository();
        let mut kiosk = Kiosk::of(&repository);
        offer(&mut kiosk, &repository.shelf).unwrap();
        change(&mut repository);
        publish_plan(&mut repository, 6);
        kiosk.restart();
        let seen = Seen { plan: 5, emergency: 2 };
        let offered = offer_at(&mut kiosk, &repository.shelf, NOW, seen).unwrap();
        assert_eq!(offered.plan.counter, 6, "{what}");
        assert_eq!(offered.emergency, emergency(2), "{what}");
        let refusal = offered.emergency_refusal.unwrap();
        assert_eq!(refusal.code(), expected, "{what}: {refusal}");
        let kept = kiosk.client().kept().unwrap().unwrap();
        assert_eq!((kept.plan.counter, kept.emergency), (6, emergency(2)), "{what}");
    }
}

#[test]
fn an_emergency_role_that_expires_after_it_was_taken_leaves_its_last_list() {
    let mut repository = repository();
    let mut kiosk = Kiosk::of(&repository);
    offer(&mut kiosk, &repository.shelf).unwrap();
    let later = NOW + SignedDuration::from_hours(24 * 61);
    for role in ["snapshot", "timestamp"] {
        repository.role(role).expires = later + SignedDuration::from_hours(24);
        repository.publish(role);
    }
    let offered = offer_at(&mut kiosk, &repository.shelf, later, Seen::default()).unwrap();
    assert_eq!(offered.emergency, emergency(2));
    assert_eq!(offered.emergency_refusal.unwrap().code(), "expired");
}

#[test]
fn a_plan_that_is_older_than_one_that_was_seen_is_refused() {
    let mut repository = repository();
    let mut kiosk = Kiosk::of(&repository);
    for (counter, seen, expected) in [
        (5, 5, "taken"),
        (4, 5, "older-document"),
        (5, 6, "older-document"),
        (9, 5, "taken"),
    ] {
        publish_plan(&mut repository, counter);
        let seen = Seen {
            plan: seen,
            emergency: 0,
        };
        let offered = offer_at(&mut kiosk, &repository.shelf, NOW, seen);
        assert_eq!(code(&offered), expected, "plan {counter} where {seen:?}");
    }
}

#[test]
fn a_plan_that_is_refused_leaves_the_last_one() {
    let cases: [Case<Repository>; 5] = [
        (
            "breaks its rules",
            |repository| {
                let mut plan = plan(6);
                plan.format = 2;
                repository.add("targets", "plan.json", &plan.bytes());
            },
            "bad-document",
        ),
        (
            "is not signed",
            |repository| repository.role("targets").signed["targets"] = serde_json::json!({}),
            "unsigned-target",
        ),
        (
            "is signed by another role",
            |repository| {
                repository.role("targets").signed["targets"] = serde_json::json!({});
                repository.delegate("targets", "vendor-acme", &["*"]);
                repository.add("vendor-acme", "plan.json", &plan(6).bytes());
                repository.publish("vendor-acme");
            },
            "wrong-signer",
        ),
        (
            "is not on the shelf",
            |repository| repository.list("targets", "plan.json", &plan(6).bytes()),
            "source-not-found",
        ),
        (
            "is too large",
            |repository| repository.add("targets", "plan.json", &vec![b' '; plan::MAX_DOCUMENT_BYTES + 1]),
            "oversized",
        ),
    ];
    for (what, change, expected) in cases {
        let mut repository = repository();
        let mut kiosk = Kiosk::of(&repository);
        let before = offer(&mut kiosk, &repository.shelf).unwrap();
        change(&mut repository);
        repository.publish_content();
        assert_eq!(code(&offer(&mut kiosk, &repository.shelf)), expected, "{what}");
        kiosk.restart();
        let kept = kiosk.client().kept().unwrap().unwrap();
        assert_eq!(kept.plan, before.plan, "{what}");
    }
}

#[test]
fn a_plan_of_keys_that_are_no_longer_the_roots_is_not_kept() {
    let mut repository = repository();
    let mut kiosk = Kiosk::of(&repository);
    offer(&mut kiosk, &repository.shelf).unwrap();
    repository.rotate("targets", "new targets");
    let mut root_alone = repository.shelf.clone();
    root_alone.files.retain(|path, _| path.ends_with("root.json"));
    assert_eq!(code(&kiosk.refresh(&root_alone)), "source-not-found");
    kiosk.restart();
    assert_eq!(code(&kiosk.client().kept()), "too-few-signatures");
    publish_plan(&mut repository, 6);
    offer(&mut kiosk, &repository.shelf).unwrap();
    assert_eq!(kiosk.client().kept().unwrap().unwrap().plan.counter, 6);
}

#[test]
fn nothing_is_fetched_again_where_nothing_is_new() {
    let repository = repository();
    let mut kiosk = Kiosk::of(&repository);
    let first = offer(&mut kiosk, &repository.shelf).unwrap();
    kiosk.restart();
    repository.shelf.requests();
    let second = offer(&mut kiosk, &repository.shelf).unwrap();
    assert_eq!(first, second);
    assert_eq!(
        repository.shelf.requests(),
        ["metadata/2.root.json", "metadata/timestamp.json"]
    );
}
