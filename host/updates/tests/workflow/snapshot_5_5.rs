//! 5.5: the snapshot.

use crate::kiosk::{Case, Kiosk, code};
use jiff::SignedDuration;
use updates::refusal::Refusal;
use updates::testing::{NOW, Repository, TestKey};

#[test]
fn a_snapshot_of_another_key_is_refused() {
    let mut repository = Repository::new();
    let mut kiosk = Kiosk::that_took(&repository);
    repository.role("snapshot").signers = vec![TestKey::of("timestamp")];
    repository.publish("snapshot");
    repository.publish("timestamp");
    assert_eq!(code(&kiosk.refresh(&repository.shelf)), "too-few-signatures");
    assert_eq!(
        kiosk.versions(),
        [1, 2, 1, 1],
        "the timestamp before it was in order, and stays taken"
    );
}

#[test]
fn a_snapshot_must_have_the_length_and_digest_that_the_timestamp_says() {
    let mut repository = Repository::new();
    let good = repository.shelf.files["metadata/1.snapshot.json"].clone();
    let longer = [&good[..], b" "].concat();
    let mut other = good.clone();
    let last = other.len() - 1;
    other[last] = b' ';
    let cases = [
        ("longer", longer, "wrong-length"),
        ("shorter", good[..last].to_vec(), "wrong-length"),
        ("other bytes", other, "wrong-digest"),
        ("as it was signed", good, "taken"),
    ];
    for (what, bytes, expected) in cases {
        repository
            .shelf
            .files
            .insert("metadata/1.snapshot.json".to_owned(), bytes);
        assert_eq!(
            code(&Kiosk::of(&repository).refresh(&repository.shelf)),
            expected,
            "{what}"
        );
    }
}

#[test]
fn every_digest_that_is_said_must_be_right() {
    let good = Repository::new().shelf.files["metadata/1.snapshot.json"].clone();
    let sha256 = updates::digest::Sha256::of(&good).to_string();
    let sha512 = updates::digest::Sha512::of(&good).to_string();
    let cases = [
        (serde_json::json!({ "sha256": sha256, "sha512": sha512 }), "taken"),
        (serde_json::json!({ "sha512": sha512 }), "taken"),
        (serde_json::json!({ "sha256": sha256, "unknown": "00" }), "taken"),
        (
            serde_json::json!({ "sha256": sha256, "sha512": "00".repeat(64) }),
            "wrong-digest",
        ),
        (
            serde_json::json!({ "sha256": "00".repeat(32), "sha512": sha512 }),
            "wrong-digest",
        ),
        (serde_json::json!({ "sha256": "00" }), "malformed"),
        (serde_json::json!({ "unknown": "00" }), "no-digest"),
        (serde_json::json!({}), "no-digest"),
    ];
    for (hashes, expected) in cases {
        let mut repository = Repository::new();
        repository.role("timestamp").signed["meta"]["snapshot.json"]["hashes"] = hashes.clone();
        repository.publish("timestamp");
        assert_eq!(
            code(&Kiosk::of(&repository).refresh(&repository.shelf)),
            expected,
            "{hashes}"
        );
    }
}

#[test]
fn a_snapshot_must_be_the_version_that_was_announced() {
    let mut repository = Repository::new();
    repository.digests = false;
    repository.publish_content();
    let mut kiosk = Kiosk::that_took(&repository);
    // Mix and match: an old snapshot under the new one's name.
    repository.publish("snapshot");
    repository.publish("timestamp");
    let old = repository.shelf.files["metadata/2.snapshot.json"].clone();
    repository
        .shelf
        .files
        .insert("metadata/3.snapshot.json".to_owned(), old);
    assert_eq!(
        kiosk.refresh(&repository.shelf),
        Err(Refusal::Mixed {
            what: "snapshot.json".to_owned(),
            expected: 3,
            found: 2,
        })
    );
    assert_eq!(kiosk.versions(), [1, 3, 2, 2]);
}

#[test]
fn no_role_in_a_snapshot_goes_back_or_away() {
    let started = || {
        let mut repository = Repository::new();
        repository.delegate("targets", "vendor-acme", &["vendors/acme/*"]);
        repository.publish("vendor-acme");
        repository.publish("vendor-acme");
        repository.publish_content();
        repository
    };
    let cases: [Case<Repository>; 4] = [
        (
            "targets goes back",
            |repository| {
                repository.role("targets").version = 1;
                repository.publish_again("targets");
            },
            "rollback",
        ),
        (
            "a vendor's role goes back",
            |repository| {
                repository.role("vendor-acme").version = 1;
                repository.publish_again("vendor-acme");
            },
            "rollback",
        ),
        (
            "a vendor's role is gone",
            |repository| {
                repository.role("snapshot").signed["meta"]
                    .as_object_mut()
                    .unwrap()
                    .remove("vendor-acme.json");
            },
            "role-dropped",
        ),
        ("nothing of that", |_| {}, "taken"),
    ];
    for (what, change, expected) in cases {
        for digests in [true, false] {
            let mut repository = started();
            repository.digests = digests;
            repository.publish_content();
            let mut kiosk = Kiosk::that_took(&repository);
            change(&mut repository);
            repository.publish("snapshot");
            repository.publish("timestamp");
            assert_eq!(
                code(&kiosk.refresh(&repository.shelf)),
                expected,
                "{what}, digests: {digests}"
            );
            let snapshot = if expected == "taken" { 4 } else { 3 };
            assert_eq!(kiosk.versions()[2], snapshot, "{what}, digests: {digests}");
        }
    }
}

#[test]
fn an_expired_snapshot_is_refused_new_or_kept() {
    let mut repository = Repository::new();
    let mut kiosk = Kiosk::that_took(&repository);
    repository.role("snapshot").expires = NOW;
    repository.publish("snapshot");
    repository.publish("timestamp");
    assert_eq!(code(&kiosk.refresh(&repository.shelf)), "expired");
    assert_eq!(kiosk.versions(), [1, 2, 1, 1]);
    // One that was taken while it was good.
    let later = NOW + SignedDuration::from_hours(24 * 31);
    let mut repository = Repository::new();
    let mut kiosk = Kiosk::that_took(&repository);
    repository.role("timestamp").expires = later + SignedDuration::from_hours(24);
    repository.publish("timestamp");
    assert_eq!(code(&kiosk.refresh_at(&repository.shelf, later)), "expired");
}

#[test]
fn a_snapshot_that_is_there_is_not_fetched_again() {
    let mut repository = Repository::new();
    let mut kiosk = Kiosk::that_took(&repository);
    repository.publish("timestamp");
    repository.shelf.requests();
    kiosk.restart();
    kiosk.refresh(&repository.shelf).unwrap();
    assert_eq!(
        repository.shelf.requests(),
        ["metadata/2.root.json", "metadata/timestamp.json"]
    );
}

#[test]
fn a_snapshot_that_is_not_there_leaves_the_timestamp_taken_and_is_fetched_when_it_is() {
    let mut repository = Repository::new();
    let mut kiosk = Kiosk::that_took(&repository);
    repository.publish_content();
    let snapshot = repository.shelf.files.remove("metadata/2.snapshot.json").unwrap();
    assert_eq!(code(&kiosk.refresh(&repository.shelf)), "source-not-found");
    kiosk.restart();
    assert_eq!(kiosk.versions(), [1, 2, 1, 1]);
    // Nothing can be looked up in a state that is not whole.
    let found = kiosk.client().find(&repository.shelf, "plan.json", NOW);
    assert_eq!(code(&found), "mixed-versions");
    repository
        .shelf
        .files
        .insert("metadata/2.snapshot.json".to_owned(), snapshot);
    kiosk.refresh(&repository.shelf).unwrap();
    assert_eq!(kiosk.versions(), [1, 2, 2, 2]);
}

#[test]
fn a_kiosk_that_lost_its_timestamp_takes_no_older_snapshot() {
    let mut repository = Repository::new();
    repository.digests = false;
    repository.publish_content();
    let mut kiosk = Kiosk::that_took(&repository);
    std::fs::remove_file(kiosk.metadata().join("timestamp.json")).unwrap();
    kiosk.restart();
    // Which says the same of targets as the one that is there.
    let mut repository = Repository::new();
    repository.role("snapshot").signed["meta"]["targets.json"] = serde_json::json!({ "version": 2 });
    repository.publish_again("snapshot");
    repository.publish_again("timestamp");
    assert_eq!(code(&kiosk.refresh(&repository.shelf)), "rollback");
    assert_eq!(kiosk.versions()[2..], [2, 2]);
}
