//! 5.4: the timestamp.

use crate::kiosk::{Kiosk, code};
use jiff::SignedDuration;
use updates::refusal::Refusal;
use updates::testing::{NOW, Repository, TestKey};

#[test]
fn a_timestamp_of_another_key_is_refused() {
    let mut repository = Repository::new();
    let mut kiosk = Kiosk::that_took(&repository);
    let before = kiosk.files();
    for signers in [&["stranger"][..], &[], &["root", "targets", "snapshot"]] {
        repository.role("timestamp").signers = signers.iter().map(|name| TestKey::of(name)).collect();
        repository.publish("timestamp");
        assert_eq!(
            code(&kiosk.refresh(&repository.shelf)),
            "too-few-signatures",
            "{signers:?}"
        );
    }
    assert_eq!(kiosk.files(), before);
}

#[test]
fn an_older_timestamp_is_refused() {
    let mut repository = Repository::new();
    repository.publish("timestamp");
    let mut kiosk = Kiosk::that_took(&repository);
    let before = kiosk.files();
    repository.role("timestamp").version = 1;
    repository.publish_again("timestamp");
    let refusal = kiosk.refresh(&repository.shelf).unwrap_err();
    assert_eq!(
        refusal,
        Refusal::Rollback {
            what: "timestamp.json".to_owned(),
            seen: 2,
            found: 1,
        }
    );
    kiosk.restart();
    assert_eq!(code(&kiosk.refresh(&repository.shelf)), "rollback");
    assert_eq!(kiosk.files(), before);
}

#[test]
fn a_timestamp_of_the_same_version_changes_nothing_whatever_it_says() {
    let mut repository = Repository::new();
    let mut kiosk = Kiosk::that_took(&repository);
    let before = kiosk.files();
    repository.shelf.requests();
    repository.role("timestamp").signed["meta"]["snapshot.json"]["version"] = 100.into();
    repository.publish_again("timestamp");
    let refreshed = kiosk.refresh(&repository.shelf).unwrap();
    assert_eq!(refreshed.before, refreshed.after);
    assert_eq!(kiosk.files(), before);
    assert_eq!(
        repository.shelf.requests(),
        ["metadata/2.root.json", "metadata/timestamp.json"]
    );
}

#[test]
fn a_newer_timestamp_cannot_announce_an_older_snapshot() {
    let mut repository = Repository::new();
    repository.publish("snapshot");
    repository.publish("timestamp");
    let mut kiosk = Kiosk::that_took(&repository);
    let before = kiosk.files();
    repository.role("snapshot").version = 1;
    repository.publish_again("snapshot");
    repository.publish("timestamp");
    assert_eq!(code(&kiosk.refresh(&repository.shelf)), "rollback");
    assert_eq!(kiosk.files(), before);
}

#[test]
fn an_expired_timestamp_is_refused_and_so_a_repository_that_stands_still_is_noticed() {
    let mut repository = Repository::new();
    let mut kiosk = Kiosk::that_took(&repository);
    let later = NOW + SignedDuration::from_hours(24 * 15);
    let refusal = kiosk.refresh_at(&repository.shelf, later).unwrap_err();
    assert_eq!(refusal.code(), "expired");
    assert_eq!(
        refusal.to_string(),
        "timestamp.json expired at 2027-09-17T08:00:00Z, and it is 2027-09-18T08:00:00Z now; fetch a newer one, or check \
         the clock"
    );
    // A new one that has expired is no better.
    repository.publish("timestamp");
    assert_eq!(code(&kiosk.refresh_at(&repository.shelf, later)), "expired");
    assert_eq!(kiosk.versions(), [1, 1, 1, 1]);
    // What was taken is a good base for what comes, expired or not.
    repository.role("timestamp").expires = later + SignedDuration::from_hours(24 * 14);
    repository.publish("timestamp");
    kiosk.refresh_at(&repository.shelf, later).unwrap();
    assert_eq!(kiosk.versions(), [1, 3, 1, 1]);
}

#[test]
fn a_timestamp_is_kept_byte_for_byte() {
    let mut repository = Repository::new();
    let bytes = repository.shelf.files.get_mut("metadata/timestamp.json").unwrap();
    bytes.extend_from_slice(b" \n ");
    let bytes = bytes.clone();
    let kiosk = Kiosk::that_took(&repository);
    assert_eq!(kiosk.files()["timestamp.json"], bytes);
}

#[test]
fn a_timestamp_has_a_limit_in_size() {
    let mut repository = Repository::new();
    repository.shelf.endless = Some("metadata/timestamp.json".to_owned());
    let mut kiosk = Kiosk::of(&repository);
    assert_eq!(code(&kiosk.refresh(&repository.shelf)), "source-too-large");
}

#[test]
fn what_looks_like_a_timestamp_but_is_a_snapshot_is_refused() {
    let mut repository = Repository::new();
    let key = TestKey::of("timestamp");
    let mut posing = repository.role("snapshot").clone();
    posing.signers = vec![key];
    posing.version = 2;
    posing.signed["meta"]["snapshot.json"] = serde_json::json!({ "version": 1 });
    repository
        .shelf
        .files
        .insert("metadata/timestamp.json".to_owned(), posing.bytes());
    assert_eq!(code(&Kiosk::of(&repository).refresh(&repository.shelf)), "wrong-type");
}

#[test]
fn a_timestamp_that_says_nothing_of_the_snapshot_is_refused() {
    let mut repository = Repository::new();
    repository.role("timestamp").signed["meta"] = serde_json::json!({});
    repository.publish_again("timestamp");
    assert_eq!(code(&Kiosk::of(&repository).refresh(&repository.shelf)), "malformed");
}
