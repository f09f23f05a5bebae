//! Sticks: complete, read back, and never half of one state and half of another.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use jiff::Timestamp;
use plugin_package::Manifest;
use repository::Error;
use repository::stick::{Load, Writing, free_space, write};
use repository::trial::{Trial, component};
use std::path::Path;

fn now() -> Timestamp {
    "2026-11-02T08:00:00Z".parse().unwrap()
}

fn policy(version: &str) -> Vec<u8> {
    let text = "name = \"first\"\ncontract = \"kiosk:policy/identification-policy@0.1.0\"\nminimum-host = \"0.1.0\"\n";
    component(&Manifest::from_plugin_toml(text, version).unwrap()).unwrap()
}

fn written(trial: &Trial, stick: &Path, free: u64) -> Result<repository::verify::Report, Error> {
    let repository = trial.repository();
    let writing = Writing {
        repository: &repository,
        stick,
        root: trial.root(),
        now: trial.now(),
        days: 14,
    };
    let load = Load::of(&repository, &trial.state().unwrap()).unwrap();
    write(&writing, &load, free, &mut |_, _| ())
}

fn files(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.push(path.file_name().unwrap().to_string_lossy().into_owned());
            }
        }
    }
    found.sort();
    found
}

#[test]
fn a_stick_holds_what_is_needed_and_loses_what_is_not_and_leaves_other_files_alone() {
    let (folder, stick) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut trial = Trial::new(folder.path(), now()).unwrap();
    trial.publish_policy(&policy("0.1.0")).unwrap();
    std::fs::write(stick.path().join("photo.jpg"), b"the officer's own").unwrap();
    let first = written(&trial, stick.path(), u64::MAX).unwrap();
    assert_eq!((first.plan, first.files), (2, 1));
    trial.publish_policy(&policy("0.2.0")).unwrap();
    trial.rotate_root().unwrap();
    let second = written(&trial, stick.path(), u64::MAX).unwrap();
    assert_eq!((second.plan, second.files), (3, 2));
    let files = files(stick.path());
    let ending = |end: &str| files.iter().filter(|name| name.ends_with(end)).count();
    assert_eq!(ending(".root.json"), 2, "every root, for kiosks that slept");
    assert_eq!((ending(".targets.json"), ending(".plan.json")), (1, 1), "{files:?}");
    assert_eq!(ending("photo.jpg"), 1);
    assert_eq!(ending(".new"), 0);
}

#[test]
fn a_stick_without_room_is_refused_before_anything_is_written() {
    let (folder, stick) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let trial = Trial::new(folder.path(), now()).unwrap();
    let load = Load::of(&trial.repository(), &trial.state().unwrap()).unwrap();
    assert!(free_space(stick.path()).unwrap() > load.bytes());
    let error = written(&trial, stick.path(), load.bytes() - 1).unwrap_err();
    assert!(
        matches!(error, Error::Space { needed, free, .. } if needed == load.bytes() && free == needed - 1),
        "{error}"
    );
    assert!(files(stick.path()).is_empty());
    written(&trial, stick.path(), load.bytes()).unwrap();
    // What is there already needs no room.
    assert!(load.needed(stick.path()) < load.bytes());
}

#[test]
fn a_stick_whose_files_were_changed_behind_its_back_is_told_when_it_is_read_back() {
    let (folder, stick) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut trial = Trial::new(folder.path(), now()).unwrap();
    trial.publish_policy(&policy("0.1.0")).unwrap();
    written(&trial, stick.path(), u64::MAX).unwrap();
    let release = &trial.plan().unwrap().items[0].releases[0].file;
    let file = stick
        .path()
        .join(repository::state::target_file(&release.target, &release.sha256));
    let mut bytes = std::fs::read(&file).unwrap();
    bytes[20] ^= 1;
    std::fs::write(&file, bytes).unwrap();
    // Same name and length: it is not written anew, but it is read.
    let error = written(&trial, stick.path(), u64::MAX).unwrap_err().to_string();
    assert!(error.contains("policies/first/1.wasm"), "{error}");
}
