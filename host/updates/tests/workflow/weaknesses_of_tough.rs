//! What was measured on tough 0.24's own client, which this one replaces: none of it here.

use crate::kiosk::{Kiosk, code};
use jiff::SignedDuration;
use updates::testing::{NOW, Repository};
use updates::time::{Clock, TrustedTime};

#[test]
fn weakness_1_the_shipped_root_passed_again_lets_no_old_medium_in() {
    let mut repository = Repository::new();
    let old_medium = repository.shelf.clone();
    repository.rotate("timestamp", "new timestamp");
    repository.rotate("snapshot", "new snapshot");
    repository.publish_content();
    let mut kiosk = Kiosk::that_took(&repository);
    let before = kiosk.files();
    // The root that it was shipped with is given at every start.
    kiosk.restart();
    assert_eq!(code(&kiosk.refresh(&old_medium)), "too-few-signatures");
    assert_eq!(kiosk.files(), before, "nothing fell back on the disk either");
}

#[test]
fn weakness_1_only_a_root_that_is_not_there_ends_the_walk() {
    let mut repository = Repository::new();
    repository.rotate("timestamp", "new timestamp");
    repository.publish_content();
    let mut kiosk = Kiosk::of(&repository);
    let mut pulled = repository.shelf.clone();
    pulled.pulled_after = Some(0);
    assert_eq!(code(&kiosk.refresh(&pulled)), "source-failed");
    assert_eq!(kiosk.versions(), [1, 0, 0, 0]);
}

#[test]
fn weakness_2_an_expired_vendor_blocks_nobody_else() {
    let mut repository = Repository::new();
    repository.delegate("targets", "vendor-acme", &["vendors/acme/*"]);
    repository.delegate("targets", "vendor-other", &["vendors/other/*"]);
    repository.add("vendor-other", "vendors/other/reader.wasm", b"reader");
    repository.add("targets", "plan.json", b"plan");
    repository.role("vendor-acme").expires = NOW - SignedDuration::from_hours(1);
    repository.publish("vendor-acme");
    repository.publish("vendor-other");
    repository.publish_content();
    let mut kiosk = Kiosk::that_took(&repository);
    kiosk.fetch(&repository.shelf, "plan.json").unwrap();
    kiosk.fetch(&repository.shelf, "vendors/other/reader.wasm").unwrap();
}

#[test]
fn weakness_2_a_role_that_the_snapshot_does_not_list_hides_no_later_one() {
    let mut repository = Repository::new();
    repository.delegate("targets", "vendor-acme", &["vendors/acme/*"]);
    repository.delegate("targets", "vendor-other", &["vendors/other/*"]);
    repository.add("vendor-other", "vendors/other/reader.wasm", b"reader");
    repository.publish("vendor-other");
    repository.publish_content();
    let mut kiosk = Kiosk::that_took(&repository);
    kiosk.fetch(&repository.shelf, "vendors/other/reader.wasm").unwrap();
    assert_eq!(
        code(&kiosk.fetch(&repository.shelf, "vendors/acme/reader.wasm")),
        "role-not-listed"
    );
}

#[test]
fn weakness_3_a_clock_that_steps_back_half_a_second_stops_nothing_and_time_is_passed_in() {
    let repository = Repository::new();
    let time = TrustedTime::new(NOW);
    let back = NOW - SignedDuration::from_millis(460);
    let mut kiosk = Kiosk::of(&repository);
    kiosk.refresh_at(&repository.shelf, time.now(NOW)).unwrap();
    kiosk.refresh_at(&repository.shelf, time.now(back)).unwrap();
    assert_eq!(time.judge(back), Clock::Plausible);
    // Even without trusted time between: nothing remembers what the clock said.
    kiosk.refresh_at(&repository.shelf, back).unwrap();
}

// Weakness 4, files that are removed and then written, is shown absent in `power.rs`.

#[test]
fn weakness_5_targets_in_folders_and_with_sha512_alone_are_fetched() {
    let mut repository = Repository::new();
    repository.add("targets", "a/b.wasm", b"b");
    repository.role("targets").signed["targets"]["a/b.wasm"]["hashes"]
        .as_object_mut()
        .unwrap()
        .remove("sha256");
    repository.publish_content();
    let mut kiosk = Kiosk::that_took(&repository);
    repository.shelf.requests();
    kiosk.fetch(&repository.shelf, "a/b.wasm").unwrap();
    let sha512 = updates::digest::Sha512::of(b"b");
    assert_eq!(repository.shelf.requests(), [format!("targets/a/{sha512}.b.wasm")]);
}

#[test]
fn weakness_6_targets_are_not_fetched_twice_and_metadata_are_kept_as_they_came() {
    let mut repository = Repository::new();
    repository.add("targets", "plan.json", b"plan");
    repository.publish_content();
    for bytes in repository.shelf.files.values_mut() {
        if bytes.starts_with(b"{") {
            // Another form of the same, which no library would write.
            bytes.extend_from_slice(b"\n\n\t");
        }
    }
    repository.digests = false;
    for role in ["snapshot", "timestamp"] {
        repository.role("snapshot").signed["meta"]["targets.json"] = serde_json::json!({ "version": 2 });
        repository.publish(role);
    }
    let mut kiosk = Kiosk::that_took(&repository);
    kiosk.fetch(&repository.shelf, "plan.json").unwrap();
    repository.shelf.requests();
    kiosk.fetch(&repository.shelf, "plan.json").unwrap();
    assert_eq!(repository.shelf.requests(), [""; 0]);
    let files = kiosk.files();
    assert_eq!(files["targets.json"], repository.shelf.files["metadata/2.targets.json"]);
    assert!(files["targets.json"].ends_with(b"\n\n\t"));
    assert_eq!(
        files["snapshot.json"],
        repository.shelf.files["metadata/3.snapshot.json"]
    );
}
