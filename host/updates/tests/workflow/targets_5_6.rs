//! 5.6: the targets.

use crate::kiosk::{Kiosk, code};
use jiff::SignedDuration;
use updates::testing::{NOW, Repository, TestKey};

#[test]
fn targets_of_too_few_keys_are_refused() {
    let mut repository = Repository::new();
    let keys: Vec<TestKey> = ["a", "b", "c"].map(TestKey::of).to_vec();
    repository.allow("targets", &keys, 2);
    repository.publish("root");
    let cases = [
        (vec![], "too-few-signatures"),
        (vec!["a"], "too-few-signatures"),
        (vec!["a", "stranger"], "too-few-signatures"),
        (vec!["a", "a"], "signed-twice"),
        (vec!["a", "c"], "taken"),
        (vec!["a", "b", "c"], "taken"),
    ];
    for (signers, expected) in cases {
        repository.role("targets").signers = signers.iter().map(|name| TestKey::of(name)).collect();
        repository.publish_content();
        let mut kiosk = Kiosk::of(&repository);
        assert_eq!(code(&kiosk.refresh(&repository.shelf)), expected, "{signers:?}");
    }
}

#[test]
fn targets_must_be_what_the_snapshot_says() {
    let mut repository = Repository::new();
    repository.publish_content();
    let old = repository.shelf.files["metadata/1.targets.json"].clone();
    repository
        .shelf
        .files
        .insert("metadata/2.targets.json".to_owned(), old.clone());
    assert_eq!(code(&Kiosk::of(&repository).refresh(&repository.shelf)), "wrong-digest");
    repository.digests = false;
    repository.publish_content();
    repository.shelf.files.insert("metadata/3.targets.json".to_owned(), old);
    assert_eq!(
        code(&Kiosk::of(&repository).refresh(&repository.shelf)),
        "mixed-versions"
    );
}

#[test]
fn expired_targets_are_refused_new_or_kept() {
    let mut repository = Repository::new();
    let mut kiosk = Kiosk::that_took(&repository);
    repository.role("targets").expires = NOW;
    repository.publish_content();
    assert_eq!(code(&kiosk.refresh(&repository.shelf)), "expired");
    assert_eq!(kiosk.versions(), [1, 2, 2, 1]);
    let later = NOW + SignedDuration::from_hours(24 * 91);
    let mut repository = Repository::new();
    let mut kiosk = Kiosk::that_took(&repository);
    for role in ["snapshot", "timestamp"] {
        repository.role(role).expires = later + SignedDuration::from_hours(24);
        repository.publish(role);
    }
    assert_eq!(code(&kiosk.refresh_at(&repository.shelf, later)), "expired");
}

#[test]
fn targets_that_never_end_are_cut() {
    let mut repository = Repository::new();
    repository.shelf.endless = Some("metadata/1.targets.json".to_owned());
    assert_eq!(code(&Kiosk::of(&repository).refresh(&repository.shelf)), "wrong-length");
    repository.digests = false;
    repository.publish_content();
    repository.shelf.endless = Some("metadata/2.targets.json".to_owned());
    assert_eq!(
        code(&Kiosk::of(&repository).refresh(&repository.shelf)),
        "source-too-large"
    );
}

#[test]
fn without_consistent_snapshots_names_have_no_versions() {
    let mut repository = Repository::new();
    repository
        .role("root")
        .signed
        .insert("consistent_snapshot".to_owned(), false.into());
    repository.role("root").version = 0;
    repository.publish("root");
    repository.add("targets", "settings/country.json", b"settings");
    repository.publish_content();
    let mut kiosk = Kiosk::that_took(&repository);
    kiosk.fetch(&repository.shelf, "settings/country.json").unwrap();
    assert_eq!(
        repository.shelf.requests()[1..],
        [
            "metadata/timestamp.json",
            "metadata/snapshot.json",
            "metadata/targets.json",
            "targets/settings/country.json",
        ]
    );
}

#[test]
fn replaying_an_old_stick_after_keys_were_rotated_changes_nothing() {
    // With root 1 shipped, and each of the roles' keys rotated since.
    for rotated in [
        &["timestamp"][..],
        &["snapshot"],
        &["targets"],
        &["timestamp", "snapshot"],
    ] {
        let mut repository = Repository::new();
        let old_stick = repository.shelf.clone();
        for role in rotated {
            repository.rotate(role, &format!("new {role}"));
        }
        repository.publish_content();
        let mut kiosk = Kiosk::that_took(&repository);
        let before = kiosk.files();
        kiosk.restart();
        let refreshed = kiosk.refresh(&old_stick);
        let expected = if rotated.contains(&"timestamp") {
            "too-few-signatures"
        } else {
            "rollback"
        };
        assert_eq!(code(&refreshed), expected, "{rotated:?}");
        assert_eq!(kiosk.files(), before, "{rotated:?}");
        kiosk.restart();
        kiosk.refresh(&repository.shelf).unwrap();
    }
}
