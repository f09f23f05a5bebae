//! Sticks.

use crate::kiosk::{Kiosk, code};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use updates::folder::FolderSource;
use updates::offer::Seen;
use updates::source::{Source, SourceError};
use updates::testing::{NOW, Repository};

fn stick(repository: &Repository) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    repository.shelf.write(folder.path()).unwrap();
    folder
}

fn with_a_plan() -> Repository {
    let mut repository = Repository::new();
    let plan = plan::plan::Plan::empty(NOW);
    repository.add("targets", "plan.json", &plan.bytes());
    repository.publish_content();
    repository
}

#[test]
fn a_stick_is_a_repository() {
    let mut repository = with_a_plan();
    repository.add("targets", "vendors/acme/reader.wasm", b"reader");
    repository.publish_content();
    let stick = stick(&repository);
    let source = FolderSource::new(stick.path());
    let mut kiosk = Kiosk::of(&repository);
    kiosk.refresh(&source).unwrap();
    let sha256 = kiosk.fetch(&source, "vendors/acme/reader.wasm").unwrap();
    assert_eq!(kiosk.artifacts.read(&sha256).unwrap(), b"reader");
    assert_eq!(source.describe(), stick.path().display().to_string());
}

#[test]
fn a_stick_that_is_not_there_is_one_sentence() {
    let repository = with_a_plan();
    let folder = tempfile::tempdir().unwrap();
    let mut kiosk = Kiosk::that_took(&repository);
    let before = kiosk.files();
    for path in [folder.path().join("nothing"), folder.path().to_owned()] {
        let refusal = kiosk.refresh(&FolderSource::new(&path)).unwrap_err();
        assert!(refusal.is_passing());
        assert_eq!(
            refusal.to_string(),
            format!(
                "{0} gave no updates: there is no folder {0}/metadata (No such file or directory (os error 2)); try again, \
                 or use another stick or the network",
                path.display()
            )
        );
    }
    assert_eq!(kiosk.files(), before);
}

/// The bytes that a stick gives in all.
fn size(repository: &Repository) -> u64 {
    repository.shelf.files.values().map(|bytes| bytes.len() as u64).sum()
}

#[test]
fn a_stick_that_is_pulled_after_any_number_of_bytes_changes_nothing() {
    let mut repository = with_a_plan();
    repository.delegate("targets", "emergency", &["emergency.json"]);
    let list = plan::emergency::Emergency::empty(NOW);
    repository.add("emergency", "emergency.json", &list.bytes());
    repository.publish("emergency");
    repository.publish_content();
    let mut kiosk = Kiosk::of(&repository);
    let artifacts = kiosk.artifacts.clone();
    kiosk
        .client()
        .offer(&repository.shelf, NOW, &artifacts, Seen::default())
        .unwrap();
    let taken = kiosk.client().kept().unwrap().unwrap();
    // Something new comes on a stick.
    let mut newer = plan::plan::Plan::empty(NOW);
    newer.counter = 2;
    repository.add("targets", "plan.json", &newer.bytes());
    repository.publish_content();
    let mut pulled = 0;
    let step = size(&repository) / 120;
    for after in (0..size(&repository)).step_by(usize::try_from(step).unwrap()) {
        let folder = tempfile::tempdir().unwrap();
        copy(kiosk.folder.path(), folder.path());
        let mut other = Kiosk {
            folder,
            root: kiosk.root.clone(),
            client: None,
            artifacts: artifacts.clone(),
        };
        other.artifacts = crate::kiosk::artifacts(&other.folder.path().join("artifacts"));
        other.restart();
        let artifacts = other.artifacts.clone();
        let before = other.files();
        let mut stick = repository.shelf.clone();
        stick.pulled_after = Some(after);
        let offered = other.client().offer(&stick, NOW, &artifacts, Seen::default());
        match offered {
            Ok(offer) => assert_eq!(offer.plan.counter, 2),
            Err(refusal) => {
                assert!(refusal.is_passing(), "after {after}: {refusal}");
                assert_eq!(
                    other.client().kept().unwrap().unwrap().plan,
                    taken.plan,
                    "after {after}"
                );
                // Not even the files that came whole, unless all of them did.
                if other.versions() != [1, 4, 4, 4] {
                    assert_eq!(other.files(), before, "after {after}");
                }
                pulled += 1;
            }
        }
        // A whole stick goes on from there.
        other.restart();
        let artifacts = other.artifacts.clone();
        let offer = other
            .client()
            .offer(&repository.shelf, NOW, &artifacts, Seen::default())
            .unwrap();
        assert_eq!(offer.plan.counter, 2);
        assert_eq!(offer.emergency_refusal, None);
    }
    assert!(pulled > 20, "{pulled}");
}

fn copy(from: &Path, to: &Path) {
    for (name, bytes) in crate::kiosk::files(from) {
        let path = to.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
}

#[test]
fn a_file_that_is_cut_short_is_refused() {
    let repository = with_a_plan();
    for name in [
        "timestamp.json",
        "1.snapshot.json",
        "1.targets.json",
        "2.targets.json",
        "2.snapshot.json",
    ] {
        let stick = stick(&repository);
        let path = stick.path().join("metadata").join(name);
        let bytes = fs::read(&path).unwrap();
        for length in (0..bytes.len()).step_by(37) {
            fs::write(&path, &bytes[..length]).unwrap();
            let mut kiosk = Kiosk::of(&repository);
            let refreshed = kiosk.refresh(&FolderSource::new(stick.path()));
            let expected: &[&str] = if name == "timestamp.json" {
                &["malformed"]
            } else if name.starts_with('2') {
                &["wrong-length"]
            } else {
                // Not what is announced now.
                &["taken"]
            };
            assert!(
                expected.contains(&code(&refreshed)),
                "{name} at {length}: {}",
                code(&refreshed)
            );
        }
    }
}

#[test]
fn nothing_outside_of_the_stick_is_read() {
    let repository = with_a_plan();
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("secret"), b"secret").unwrap();
    let stick = stick(&repository);
    let metadata = stick.path().join("metadata");
    symlink(outside.path().join("secret"), metadata.join("link.json")).unwrap();
    symlink("timestamp.json", metadata.join("inner.json")).unwrap();
    symlink(outside.path(), stick.path().join("targets/link")).unwrap();
    fs::create_dir(metadata.join("folder.json")).unwrap();
    let status = std::process::Command::new("mkfifo")
        .arg(metadata.join("pipe.json"))
        .status()
        .unwrap();
    assert!(status.success());
    let source = FolderSource::new(stick.path());
    let failed = |what: &str| Err(SourceError::Failed(what.to_owned()));
    let absent = |what: &str| Err(SourceError::NotFound(what.to_owned()));
    let cases = [
        (
            "link.json",
            failed("metadata/link.json is a link, and links are not followed"),
        ),
        (
            "inner.json",
            failed("metadata/inner.json is a link, and links are not followed"),
        ),
        ("folder.json", failed("metadata/folder.json is no file")),
        ("pipe.json", failed("metadata/pipe.json is no file")),
        ("../targets", absent("metadata/../targets")),
        ("..", absent("metadata/..")),
        ("", absent("metadata/")),
        ("/etc/passwd", absent("metadata//etc/passwd")),
        ("absent.json", absent("metadata/absent.json")),
        ("zero\0.json", absent("metadata/zero\0.json")),
    ];
    for (name, expected) in cases {
        assert_eq!(source.metadata(name, 1_000), expected, "{name}");
    }
    let target = source.target("link/secret", 0).map(drop);
    let expected = "targets/link/secret is a link or lies in a file, and is not followed";
    assert_eq!(target, failed(expected).map(|_: Vec<u8>| ()));
    assert_eq!(
        source.metadata("timestamp.json", 10),
        Err(SourceError::TooLarge {
            what: "metadata/timestamp.json".to_owned(),
            limit: 10,
        })
    );
}

#[test]
fn a_stick_that_is_pulled_is_not_a_stick_without_a_file() {
    let repository = with_a_plan();
    let stick = stick(&repository);
    let source = FolderSource::new(stick.path());
    assert!(matches!(
        source.metadata("9.root.json", 10),
        Err(SourceError::NotFound(_))
    ));
    fs::remove_dir_all(stick.path()).unwrap();
    assert!(matches!(
        source.metadata("9.root.json", 10),
        Err(SourceError::Failed(_))
    ));
}
