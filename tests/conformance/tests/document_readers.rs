//! Every shipped driver of a document reader passes conformance, on recordings made with its virtual device.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use conformance::document_readers::SHIPPED_READERS;
use conformance::shipped::runtime;
use plugin_kit::check::{Outcome, check};

fn conforms(name: &str, device: &str) {
    let shipped = SHIPPED_READERS
        .iter()
        .find(|one| (one.name, one.device) == (name, device))
        .unwrap();
    let (bytes, plugin) = shipped
        .plugin(&runtime().unwrap(), &fixtures::target().join("plugins"))
        .unwrap();
    let material = shipped.material(&plugin).unwrap();
    let report = check(&bytes, &material, &[], &|_, _, _| ()).unwrap();
    println!("{shipped:?}: {} ({} ms)", report.verdict(), report.took_ms);
    for finding in &report.findings {
        if finding.outcome != Outcome::Passed {
            println!("  {} {}: {:?}", finding.case.id, finding.case.sentence, finding.outcome);
        }
    }
    assert!(report.conforms, "{}", report.verdict());
}

#[test]
fn the_driver_of_readers_that_type_conforms() {
    conforms("mrz-keyboard", "typing");
}

#[test]
fn the_driver_of_serial_readers_conforms_with_checked_documents() {
    conforms("mrz-serial", "with checks");
}

#[test]
fn the_driver_of_serial_readers_conforms_with_plain_documents() {
    conforms("mrz-serial", "plain");
}
