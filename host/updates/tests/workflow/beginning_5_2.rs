//! 5.2: what a kiosk trusts first.

use crate::kiosk::{Kiosk, code};
use updates::client::Client;
use updates::testing::{Repository, TestKey, file};

#[test]
fn a_new_kiosk_trusts_the_root_that_it_was_shipped_with_and_nothing_else() {
    let repository = Repository::new();
    let mut kiosk = Kiosk::of(&repository);
    assert_eq!(kiosk.versions(), [1, 0, 0, 0]);
    assert_eq!(kiosk.files().into_keys().collect::<Vec<_>>(), ["root.json"]);
    assert_eq!(kiosk.files()["root.json"], repository.root(1));
}

#[test]
fn a_shipped_root_that_is_none_is_refused_and_leaves_nothing() {
    let mut repository = Repository::new();
    let root = repository.role("root");
    root.version = 1;
    let signed_by = |keys: &[&str], root: &updates::testing::TestRole| {
        let mut role = root.clone();
        role.signers = keys.iter().map(|key| TestKey::of(key)).collect();
        role.bytes()
    };
    let without = |field: &str| {
        let mut role = root.clone();
        role.signed.remove(field);
        role.bytes()
    };
    let with = |field: &str, value: serde_json::Value| {
        let mut role = root.clone();
        role.signed.insert(field.to_owned(), value);
        role.bytes()
    };
    let mut keyless = root.clone();
    keyless.signed["roles"].as_object_mut().unwrap().remove("timestamp");
    let cases = [
        ("nothing", Vec::new(), "malformed"),
        ("no JSON", b"root".to_vec(), "malformed"),
        ("half of it", root.bytes()[..300].to_vec(), "malformed"),
        (
            "another key's signature",
            signed_by(&["stranger"], root),
            "too-few-signatures",
        ),
        ("no signature", signed_by(&[], root), "too-few-signatures"),
        (
            "a key that signs twice",
            signed_by(&["root", "root"], root),
            "signed-twice",
        ),
        ("no keys", without("keys"), "malformed"),
        ("no roles", without("roles"), "malformed"),
        ("no role timestamp", keyless.bytes(), "malformed"),
        ("a snapshot", with("_type", "snapshot".into()), "wrong-type"),
        (
            "another TUF",
            with("spec_version", "2.0.0".into()),
            "unknown-specification",
        ),
        ("version 0", with("version", 0.into()), "malformed"),
        ("a version that is a fraction", with("version", 1.5.into()), "malformed"),
        ("an expiry that is none", with("expires", "soon".into()), "malformed"),
    ];
    for (what, bytes, expected) in cases {
        let folder = tempfile::tempdir().unwrap();
        let metadata = folder.path().join("metadata");
        let opened = Client::open(&metadata, &bytes);
        assert_eq!(code(&opened), expected, "{what}");
        assert!(!metadata.exists(), "{what}");
    }
}

#[test]
fn a_root_that_leaves_out_consistent_snapshots_has_none() {
    let mut repository = Repository::new();
    repository.role("root").signed.remove("consistent_snapshot");
    repository.role("root").version = 1;
    repository.publish_again("root");
    repository.add("targets", "plan.json", b"plan");
    repository.publish_content();
    let mut kiosk = Kiosk::that_took(&repository);
    kiosk.fetch(&repository.shelf, "plan.json").unwrap();
    assert_eq!(
        repository.shelf.requests(),
        [
            "metadata/2.root.json",
            "metadata/timestamp.json",
            "metadata/snapshot.json",
            "metadata/targets.json",
            "targets/plan.json",
        ]
    );
}

#[test]
fn two_kiosk_programs_cannot_open_the_same_folder() {
    let repository = Repository::new();
    let kiosk = Kiosk::of(&repository);
    let second = Client::open(&kiosk.metadata(), &kiosk.root);
    assert_eq!(code(&second), "store-in-use");
    drop(kiosk.client);
    Client::open(&kiosk.folder.path().join("metadata"), &kiosk.root).unwrap();
}

#[test]
fn a_newer_root_that_comes_with_a_new_program_is_taken_and_an_older_one_is_not() {
    let mut repository = Repository::new();
    let mut kiosk = Kiosk::that_took(&repository);
    repository.rotate("timestamp", "another timestamp key");
    repository.publish("timestamp");
    kiosk.root = repository.root(2);
    kiosk.restart();
    assert_eq!(
        kiosk.versions(),
        [2, 0, 0, 1],
        "the timestamp's key is gone, and so is what it signed"
    );
    kiosk.refresh(&repository.shelf).unwrap();
    kiosk.root = repository.root(1);
    kiosk.restart();
    assert_eq!(kiosk.versions(), [2, 2, 1, 1]);
}

#[test]
fn damaged_files_in_the_folder_are_fetched_again() {
    let repository = Repository::new();
    let mut kiosk = Kiosk::that_took(&repository);
    let whole = kiosk.files();
    for name in whole.keys() {
        for damage in [&b""[..], b"{}", b"\0\0\0"] {
            std::fs::write(kiosk.metadata().join(name), damage).unwrap();
            kiosk.restart();
            kiosk.refresh(&repository.shelf).unwrap();
            assert_eq!(kiosk.files(), whole, "{name}");
        }
    }
}

#[test]
fn what_lies_in_the_folder_is_held_against_the_roots_keys() {
    let mut repository = Repository::new();
    let mut kiosk = Kiosk::that_took(&repository);
    // Somebody with access to the disk puts in a timestamp of their own, of a version that nothing comes after.
    let mut forged = repository.role("timestamp").clone();
    forged.version = 1_000;
    forged.signers = vec![TestKey::of("stranger")];
    std::fs::write(kiosk.metadata().join("timestamp.json"), forged.bytes()).unwrap();
    kiosk.restart();
    assert_eq!(kiosk.versions(), [1, 0, 1, 1]);
    kiosk.refresh(&repository.shelf).unwrap();
    assert_eq!(kiosk.versions(), [1, 1, 1, 1]);
}

#[test]
fn a_root_may_hold_what_this_program_does_not_know() {
    let mut repository = Repository::new();
    repository
        .role("root")
        .signed
        .insert("x-note".to_owned(), serde_json::json!({ "a": [1, null, "ö"] }));
    repository.publish("root");
    let mut kiosk = Kiosk::that_took(&repository);
    assert_eq!(kiosk.versions(), [2, 1, 1, 1]);
}

#[test]
fn a_signature_covers_what_this_program_does_not_know() {
    let mut repository = Repository::new();
    repository
        .role("timestamp")
        .signed
        .insert("x-note".to_owned(), "signed".into());
    repository.publish("timestamp");
    let bytes = &repository.shelf.files["metadata/timestamp.json"];
    let mut value: serde_json::Value = serde_json::from_slice(bytes).unwrap();
    value["signed"]["x-note"] = "changed".into();
    let changed = file(&value["signed"], value["signatures"].as_array().unwrap());
    repository
        .shelf
        .files
        .insert("metadata/timestamp.json".to_owned(), changed);
    let refreshed = Kiosk::of(&repository).refresh(&repository.shelf);
    assert_eq!(code(&refreshed), "too-few-signatures");
}

#[test]
fn a_client_and_its_sources_may_move_to_another_thread() {
    fn moves<T: Send>() {}
    fn is_shared<T: Send + Sync>() {}
    moves::<Client>();
    is_shared::<updates::artifacts::Artifacts>();
    is_shared::<updates::https::HttpsSource>();
    is_shared::<updates::folder::FolderSource>();
}
