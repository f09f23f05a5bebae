//! 5.3: root after root.

use crate::kiosk::{Kiosk, code};
use jiff::SignedDuration;
use std::sync::Arc;
use updates::client::{Client, Limits};
use updates::disk::SystemDisk;
use updates::refusal::Refusal;
use updates::testing::{NOW, Repository, TestKey};

/// Keys and threshold of a root, and who signs it.
struct Step {
    keys: &'static [&'static str],
    threshold: u64,
    signers: &'static [&'static str],
}

const fn step(keys: &'static [&'static str], threshold: u64, signers: &'static [&'static str]) -> Step {
    Step {
        keys,
        threshold,
        signers,
    }
}

fn keys(names: &[&str]) -> Vec<TestKey> {
    names.iter().map(|name| TestKey::of(name)).collect()
}

#[test]
fn a_root_needs_enough_keys_of_the_one_before_it_and_enough_of_its_own() {
    const FIVE: &[&str] = &["a", "b", "c", "d", "e"];
    let cases = [
        (
            "the old key and the new one",
            step(&["a"], 1, &["a"]),
            step(&["b"], 1, &["a", "b"]),
            "taken",
        ),
        (
            "the new key alone",
            step(&["a"], 1, &["a"]),
            step(&["b"], 1, &["b"]),
            "too-few-signatures",
        ),
        (
            "the old key alone",
            step(&["a"], 1, &["a"]),
            step(&["b"], 1, &["a"]),
            "too-few-signatures",
        ),
        (
            "neither",
            step(&["a"], 1, &["a"]),
            step(&["b"], 1, &["c"]),
            "too-few-signatures",
        ),
        (
            "strangers beside them",
            step(&["a"], 1, &["a"]),
            step(&["b"], 1, &["x", "a", "y", "b"]),
            "taken",
        ),
        (
            "3 of 5, others each time",
            step(FIVE, 3, &["a", "b", "c"]),
            step(FIVE, 3, &["c", "d", "e"]),
            "taken",
        ),
        (
            "2 of 5 where 3 are needed",
            step(FIVE, 3, &["a", "b", "c"]),
            step(FIVE, 3, &["d", "e"]),
            "too-few-signatures",
        ),
        (
            "3 of the new five, 2 of the old",
            step(FIVE, 3, &["a", "b", "c"]),
            step(&["a", "b", "x", "y", "z"], 3, &["a", "b", "x"]),
            "too-few-signatures",
        ),
        (
            "a higher threshold that is not reached",
            step(&["a", "b"], 1, &["a"]),
            step(&["a", "b"], 2, &["a"]),
            "too-few-signatures",
        ),
        (
            "a lower threshold, under the old one",
            step(&["a", "b"], 2, &["a", "b"]),
            step(&["a", "b"], 1, &["a"]),
            "too-few-signatures",
        ),
        (
            "one key that signs twice",
            step(&["a", "b"], 2, &["a", "b"]),
            step(&["a", "b"], 2, &["a", "a"]),
            "signed-twice",
        ),
        (
            "one key that is listed twice",
            step(&["a"], 1, &["a"]),
            step(&["a", "a"], 2, &["a"]),
            "too-few-signatures",
        ),
    ];
    for (what, first, second, expected) in cases {
        let mut repository = Repository::new();
        repository.role("root").version = 0;
        for Step {
            keys: names,
            threshold,
            signers,
        } in [first, second]
        {
            repository.allow("root", &keys(names), threshold);
            repository.role("root").signers = keys(signers);
            repository.publish("root");
        }
        let mut kiosk = Kiosk::of(&repository);
        let refreshed = kiosk.refresh(&repository.shelf);
        assert_eq!(code(&refreshed), expected, "{what}");
        let (version, rest) = if expected == "taken" { (2, 1) } else { (1, 0) };
        assert_eq!(kiosk.versions(), [version, rest, rest, rest], "{what}");
    }
}

#[test]
fn one_key_under_two_names_does_not_count_as_two() {
    let mut repository = Repository::new();
    let key = TestKey::of("snapshot");
    // The same key, said with another field, so that its name is another.
    let mut twin = key.value();
    twin["x-note"] = "twin".into();
    let mut canonical = twin.to_string();
    canonical.retain(|letter| letter != ' ');
    let id = updates::digest::Sha256::of(canonical.as_bytes()).to_string();
    let root = &mut repository.role("root").signed;
    root["keys"][&id] = twin;
    root["roles"]["snapshot"] = serde_json::json!({ "keyids": [key.id(), id], "threshold": 2 });
    repository.publish("root");
    let signed = serde_json::from_slice::<serde_json::Value>(&repository.shelf.files["metadata/1.snapshot.json"])
        .unwrap()["signed"]
        .clone();
    let one = key.sign(&signed);
    let mut other = one.clone();
    other["keyid"] = id.into();
    let twice = updates::testing::file(&signed, &[one, other]);
    repository.digests = false;
    repository
        .shelf
        .files
        .insert("metadata/1.snapshot.json".to_owned(), twice);
    repository.role("timestamp").signed["meta"]["snapshot.json"] = serde_json::json!({ "version": 1 });
    repository.publish("timestamp");
    let refreshed = Kiosk::of(&repository).refresh(&repository.shelf);
    assert_eq!(code(&refreshed), "key-twice");
}

#[test]
fn a_key_whose_name_is_not_its_digest_is_refused() {
    let mut repository = Repository::new();
    let stranger = TestKey::of("stranger");
    let id = TestKey::of("timestamp").id();
    repository.role("root").signed["keys"][id] = stranger.value();
    repository.publish("root");
    let refreshed = Kiosk::of(&repository).refresh(&repository.shelf);
    assert_eq!(code(&refreshed), "malformed");
}

#[test]
fn every_root_on_the_way_is_taken_in_order() {
    let mut repository = Repository::new();
    for key in ["second", "third", "fourth"] {
        let old = repository.role("root").signers.clone();
        let new = TestKey::of(key);
        repository.allow("root", std::slice::from_ref(&new), 1);
        repository.role("root").signers = [old, vec![new.clone()]].concat();
        repository.publish("root");
        repository.role("root").signers = vec![new];
    }
    let mut kiosk = Kiosk::that_took(&repository);
    assert_eq!(kiosk.versions(), [4, 1, 1, 1]);
    assert_eq!(kiosk.files()["root.json"], repository.root(4), "byte for byte");
    assert_eq!(
        &repository.shelf.requests()[..4],
        [
            "metadata/2.root.json",
            "metadata/3.root.json",
            "metadata/4.root.json",
            "metadata/5.root.json"
        ]
    );
}

#[test]
fn roots_up_to_the_first_that_is_not_in_order_stay_taken() {
    let mut repository = Repository::new();
    repository.publish("root");
    repository.role("root").signers = vec![TestKey::of("stranger")];
    repository.publish("root");
    let mut kiosk = Kiosk::of(&repository);
    assert_eq!(code(&kiosk.refresh(&repository.shelf)), "too-few-signatures");
    kiosk.restart();
    assert_eq!(kiosk.versions(), [2, 0, 0, 0]);
}

#[test]
fn a_root_must_be_the_one_that_was_asked_for() {
    for (says, expected) in [(1, "root-out-of-order"), (3, "root-out-of-order"), (2, "taken")] {
        let mut repository = Repository::new();
        repository.role("root").version = says;
        let bytes = repository.role("root").bytes();
        repository.shelf.files.insert("metadata/2.root.json".to_owned(), bytes);
        let mut kiosk = Kiosk::of(&repository);
        assert_eq!(code(&kiosk.refresh(&repository.shelf)), expected, "root 2 says {says}");
    }
}

#[test]
fn expired_roots_on_the_way_are_no_obstacle_but_the_last_one_is() {
    let mut repository = Repository::new();
    let fresh = repository.role("root").expires;
    repository.role("root").expires = NOW - SignedDuration::from_hours(24);
    repository.publish("root");
    let mut kiosk = Kiosk::of(&repository);
    assert_eq!(code(&kiosk.refresh(&repository.shelf)), "expired");
    assert_eq!(
        kiosk.versions(),
        [2, 0, 0, 0],
        "it is kept, for the next one is signed by it"
    );
    assert!(
        repository
            .shelf
            .requests()
            .iter()
            .all(|request| request.contains("root.json"))
    );
    repository.role("root").expires = fresh;
    repository.publish("root");
    kiosk.refresh(&repository.shelf).unwrap();
    assert_eq!(kiosk.versions(), [3, 1, 1, 1]);
}

#[test]
fn a_root_expires_in_the_very_moment_that_it_names() {
    let mut repository = Repository::new();
    let at = repository.role("root").expires;
    for role in ["targets", "snapshot", "timestamp"] {
        repository.role(role).expires = at + SignedDuration::from_hours(1);
    }
    repository.publish_content();
    let mut kiosk = Kiosk::of(&repository);
    let refreshed = kiosk.refresh_at(&repository.shelf, at - SignedDuration::from_secs(1));
    assert_eq!(code(&refreshed), "taken");
    assert_eq!(code(&kiosk.refresh_at(&repository.shelf, at)), "expired");
}

#[test]
fn a_source_that_fails_at_a_root_is_not_a_source_without_one() {
    let mut repository = Repository::new();
    repository.publish("root");
    repository.shelf.pulled_after = Some(0);
    let mut kiosk = Kiosk::of(&repository);
    let refusal = kiosk.refresh(&repository.shelf).unwrap_err();
    assert!(refusal.is_passing(), "{refusal}");
    assert_eq!(refusal.code(), "source-failed");
    assert_eq!(kiosk.versions(), [1, 0, 0, 0]);
}

#[test]
fn roots_have_a_limit_in_size_and_number() {
    let mut repository = Repository::new();
    for _ in 0..5 {
        repository.publish("root");
    }
    let folder = tempfile::tempdir().unwrap();
    let open = |limits: Limits| {
        let metadata = folder.path().join(format!("{}-{}", limits.root, limits.roots));
        Client::with(&metadata, &repository.root(1), limits, Arc::new(SystemDisk)).unwrap()
    };
    let mut client = open(Limits {
        roots: 3,
        ..Limits::default()
    });
    assert_eq!(client.refresh(&repository.shelf, NOW), Err(Refusal::Roots { limit: 3 }));
    assert_eq!(client.trusted().root, 4);
    client.refresh(&repository.shelf, NOW).unwrap();
    assert_eq!(client.trusted().root, 6);
    let mut exactly = open(Limits {
        roots: 5,
        ..Limits::default()
    });
    exactly.refresh(&repository.shelf, NOW).unwrap();
    let mut small = open(Limits {
        root: 100,
        ..Limits::default()
    });
    assert_eq!(code(&small.refresh(&repository.shelf, NOW)), "source-too-large");
}

#[test]
fn versions_that_ran_ahead_are_forgotten_with_the_keys_that_made_them() {
    // Whoever had the keys of snapshot and timestamp made their versions, and that of targets, as large as they go.
    for rotated in [&["timestamp"][..], &["snapshot"], &["timestamp", "snapshot"]] {
        let mut repository = Repository::new();
        for role in ["targets", "snapshot", "timestamp"] {
            repository.role(role).version = 999_999;
        }
        repository.publish_content();
        let mut kiosk = Kiosk::that_took(&repository);
        assert_eq!(kiosk.versions(), [1, 1_000_000, 1_000_000, 1_000_000]);
        for role in ["targets", "snapshot", "timestamp"] {
            repository.role(role).version = 1;
        }
        repository.publish_content();
        assert_eq!(code(&kiosk.refresh(&repository.shelf)), "rollback", "{rotated:?}");
        for role in rotated {
            repository.rotate(role, &format!("new {role}"));
        }
        repository.publish_content();
        kiosk.refresh(&repository.shelf).unwrap();
        kiosk.restart();
        let root = 1 + rotated.len() as u64;
        assert_eq!(kiosk.versions(), [root, 3, 3, 3], "{rotated:?}");
    }
}

#[test]
fn a_key_that_is_added_takes_no_version_back() {
    let mut repository = Repository::new();
    let mut kiosk = Kiosk::of(&repository);
    repository.publish_content();
    kiosk.refresh(&repository.shelf).unwrap();
    let old = TestKey::of("timestamp");
    repository.allow("timestamp", &[old.clone(), TestKey::of("added")], 1);
    repository.publish("root");
    repository.role("timestamp").signers = vec![old];
    repository.role("timestamp").version = 1;
    repository.publish_again("timestamp");
    assert_eq!(code(&kiosk.refresh(&repository.shelf)), "rollback");
    assert_eq!(kiosk.versions(), [2, 2, 2, 2]);
}
