//! 5.7: fetching targets.

use crate::kiosk::{Case, Kiosk, code, files};
use std::collections::BTreeSet;
use std::fs;
use std::sync::Arc;
use updates::artifacts::Artifacts;
use updates::client::{Client, Limits};
use updates::digest::{Sha256, Sha512};
use updates::disk::SystemDisk;
use updates::refusal::Refusal;
use updates::testing::{NOW, Repository};

const TARGET: &str = "vendors/acme/reader.wasm";

/// Larger than what is taken from a source at a time.
fn content() -> Vec<u8> {
    (0..200_000_u32).map(|number| number.to_le_bytes()[1]).collect()
}

fn repository() -> Repository {
    let mut repository = Repository::new();
    repository.add("targets", TARGET, &content());
    repository.publish_content();
    repository
}

/// The target's file on the shelf.
fn on_the_shelf(repository: &mut Repository) -> &mut Vec<u8> {
    let path = format!("targets/vendors/acme/{}.reader.wasm", Sha256::of(&content()));
    repository.shelf.files.get_mut(&path).unwrap()
}

fn names(kiosk: &Kiosk) -> Vec<String> {
    files(&kiosk.folder.path().join("artifacts")).into_keys().collect()
}

#[test]
fn a_target_is_fetched_under_its_digest_and_not_fetched_again() {
    let repository = repository();
    let mut kiosk = Kiosk::that_took(&repository);
    repository.shelf.requests();
    let sha256 = kiosk.fetch(&repository.shelf, TARGET).unwrap();
    assert_eq!(sha256, Sha256::of(&content()));
    assert_eq!(kiosk.artifacts.read(&sha256).unwrap(), content());
    assert_eq!(
        repository.shelf.requests(),
        [format!("targets/vendors/acme/{sha256}.reader.wasm")]
    );
    assert_eq!(names(&kiosk), [sha256.to_string()]);
    kiosk.fetch(&repository.shelf, TARGET).unwrap();
    assert_eq!(repository.shelf.requests(), [""; 0]);
}

#[test]
fn a_target_of_another_length_or_with_other_bytes_is_refused_and_not_kept() {
    let cases: [Case<Vec<u8>>; 4] = [
        ("longer", |bytes| bytes.push(0), "wrong-length"),
        ("other bytes", |bytes| bytes[100_000] ^= 1, "wrong-digest"),
        ("shorter", |bytes| bytes.truncate(100_000), "source-failed"),
        ("empty", Vec::clear, "source-failed"),
    ];
    for (what, change, expected) in cases {
        let mut repository = repository();
        change(on_the_shelf(&mut repository));
        let mut kiosk = Kiosk::that_took(&repository);
        assert_eq!(code(&kiosk.fetch(&repository.shelf, TARGET)), expected, "{what}");
        assert!(!kiosk.artifacts.has(&Sha256::of(&content())), "{what}");
        // The right bytes are taken afterwards, whatever lies there in part.
        *on_the_shelf(&mut repository) = content();
        kiosk.fetch(&repository.shelf, TARGET).unwrap();
        assert_eq!(
            kiosk.artifacts.read(&Sha256::of(&content())).unwrap(),
            content(),
            "{what}"
        );
        assert_eq!(names(&kiosk).len(), 1, "{what}");
    }
}

#[test]
fn a_target_that_never_ends_is_cut_at_its_signed_length() {
    let mut repository = repository();
    let path = format!("targets/vendors/acme/{}.reader.wasm", Sha256::of(&content()));
    repository.shelf.endless = Some(path);
    let mut kiosk = Kiosk::that_took(&repository);
    assert_eq!(
        kiosk.fetch(&repository.shelf, TARGET),
        Err(Refusal::Length {
            what: TARGET.to_owned(),
            expected: 200_000,
            found: 200_001,
        })
    );
    assert_eq!(names(&kiosk), [""; 0]);
}

#[test]
fn a_fetch_that_broke_off_goes_on_where_it_ended() {
    for from_start_only in [false, true] {
        let mut repository = repository();
        let mut kiosk = Kiosk::that_took(&repository);
        let whole = repository.shelf.clone();
        repository.shelf = whole.clone();
        repository.shelf.pulled_after = Some(150_000);
        let refusal = kiosk.fetch(&repository.shelf, TARGET).unwrap_err();
        assert!(refusal.is_passing());
        assert_eq!(
            refusal.to_string(),
            format!(
                "the shelf gave no updates: {TARGET} broke off after 150000 of 200000 bytes (pulled); try again, or use \
                 another stick or the network"
            )
        );
        let sha256 = Sha256::of(&content());
        assert_eq!(names(&kiosk), [format!("{sha256}.partial")]);
        let mut rest = whole.clone();
        rest.from_start_only = from_start_only;
        // No more than the rest is needed, where the source can begin there.
        rest.pulled_after = Some(if from_start_only { 200_000 } else { 50_000 });
        kiosk.fetch(&rest, TARGET).unwrap();
        assert_eq!(kiosk.artifacts.read(&sha256).unwrap(), content());
        assert_eq!(names(&kiosk), [sha256.to_string()]);
    }
}

#[test]
fn a_fetch_that_broke_off_after_its_last_byte_is_whole() {
    let mut repository = repository();
    let mut kiosk = Kiosk::that_took(&repository);
    repository.shelf.broken_at_ends = true;
    let sha256 = kiosk.fetch(&repository.shelf, TARGET).unwrap();
    assert_eq!(kiosk.artifacts.read(&sha256).unwrap(), content());
}

#[test]
fn what_lies_there_in_part_is_not_trusted() {
    let sha256 = Sha256::of(&content());
    let right = content();
    let cases = [
        ("other bytes", vec![9; 50_000]),
        ("too many", vec![9; 200_001]),
        ("all, but other bytes", vec![9; 200_000]),
        (
            "zeros after the beginning, as after a power cut",
            [&right[..1_000], &[0; 1_000]].concat(),
        ),
        ("all of it", right.clone()),
    ];
    for (what, partial) in cases {
        let repository = repository();
        let mut kiosk = Kiosk::that_took(&repository);
        let path = kiosk.folder.path().join("artifacts").join(format!("{sha256}.partial"));
        fs::write(path, partial).unwrap();
        kiosk.fetch(&repository.shelf, TARGET).unwrap();
        assert_eq!(kiosk.artifacts.read(&sha256).unwrap(), right, "{what}");
        assert_eq!(names(&kiosk), [sha256.to_string()], "{what}");
    }
}

#[test]
fn a_file_that_changed_on_the_disk_is_noticed_when_it_is_read_and_fetched_again() {
    let repository = repository();
    let mut kiosk = Kiosk::that_took(&repository);
    let sha256 = kiosk.fetch(&repository.shelf, TARGET).unwrap();
    fs::write(kiosk.artifacts.path(&sha256), b"changed").unwrap();
    assert_eq!(kiosk.artifacts.read(&sha256), Err(Refusal::Damaged { sha256 }));
    assert_eq!(kiosk.artifacts.read(&sha256), Err(Refusal::Absent { sha256 }));
    fs::write(kiosk.artifacts.path(&sha256), b"changed").unwrap();
    kiosk.fetch(&repository.shelf, TARGET).unwrap();
    assert_eq!(kiosk.artifacts.read(&sha256).unwrap(), content());
}

#[test]
fn a_target_is_held_against_every_digest_that_was_signed() {
    let sha256 = Sha256::of(&content()).to_string();
    let sha512 = Sha512::of(&content()).to_string();
    let cases = [
        (serde_json::json!({ "sha256": sha256 }), "taken"),
        (serde_json::json!({ "sha512": sha512 }), "taken"),
        (serde_json::json!({ "sha256": sha256, "sha512": sha512 }), "taken"),
        (
            serde_json::json!({ "sha256": sha256, "sha512": "00".repeat(64) }),
            "wrong-digest",
        ),
        (serde_json::json!({ "blake2b": "00" }), "no-digest"),
        (serde_json::json!({}), "no-digest"),
    ];
    for (hashes, expected) in cases {
        let mut repository = repository();
        repository.role("targets").signed["targets"][TARGET]["hashes"] = hashes.clone();
        repository.publish_content();
        let mut kiosk = Kiosk::that_took(&repository);
        assert_eq!(code(&kiosk.fetch(&repository.shelf, TARGET)), expected, "{hashes}");
        assert_eq!(
            kiosk.artifacts.has(&Sha256::of(&content())),
            expected == "taken",
            "{hashes}"
        );
    }
}

#[test]
fn a_target_over_the_limit_is_not_even_asked_for() {
    let repository = repository();
    let folder = tempfile::tempdir().unwrap();
    let limits = Limits {
        target: 199_999,
        ..Limits::default()
    };
    let mut client = Client::with(folder.path(), &repository.root(1), limits, Arc::new(SystemDisk)).unwrap();
    let artifacts = Artifacts::open(&folder.path().join("artifacts")).unwrap();
    client.refresh(&repository.shelf, NOW).unwrap();
    repository.shelf.requests();
    assert_eq!(
        code(&client.fetch(&repository.shelf, TARGET, NOW, &artifacts)),
        "oversized"
    );
    assert_eq!(repository.shelf.requests(), [""; 0]);
}

#[test]
fn an_empty_target_is_a_target() {
    let mut repository = Repository::new();
    repository.add("targets", "empty", b"");
    repository.publish_content();
    let mut kiosk = Kiosk::that_took(&repository);
    let sha256 = kiosk.fetch(&repository.shelf, "empty").unwrap();
    assert_eq!(kiosk.artifacts.read(&sha256).unwrap(), b"");
}

#[test]
fn what_the_plan_pins_and_what_a_role_signed_must_be_the_same() {
    let repository = repository();
    let mut kiosk = Kiosk::that_took(&repository);
    let planned = plan::item::File {
        target: TARGET.to_owned(),
        sha256: Sha256::of(&content()).to_string(),
        length: 200_000,
    };
    let shorter = plan::item::File {
        length: 199_999,
        ..planned.clone()
    };
    let other = plan::item::File {
        sha256: Sha256::of(b"other").to_string(),
        ..planned.clone()
    };
    let artifacts = kiosk.artifacts.clone();
    repository.shelf.requests();
    for (file, expected) in [
        (shorter, "not-as-planned"),
        (other, "not-as-planned"),
        (planned, "taken"),
    ] {
        let fetched = kiosk.client().fetch_planned(&repository.shelf, &file, NOW, &artifacts);
        assert_eq!(code(&fetched), expected);
        assert_eq!(repository.shelf.requests().len(), usize::from(expected == "taken"));
    }
}

#[test]
fn pruning_leaves_what_is_kept_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let artifacts = Artifacts::open(folder.path()).unwrap();
    let [kept, other] = [&b"kept"[..], b"other"].map(|bytes| artifacts.put(bytes).unwrap());
    let begun = Sha256::of(b"begun");
    for name in [
        format!("{other}.partial"),
        format!("{begun}.partial"),
        "stray".to_owned(),
    ] {
        fs::write(folder.path().join(name), b"be").unwrap();
    }
    artifacts.prune(&BTreeSet::from([kept, begun])).unwrap();
    let mut left = [kept.to_string(), format!("{begun}.partial")];
    left.sort();
    assert_eq!(files(folder.path()).into_keys().collect::<Vec<_>>(), left);
    assert_eq!(artifacts.read(&kept).unwrap(), b"kept");
}
