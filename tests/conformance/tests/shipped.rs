//! Every shipped driver passes conformance, on recordings made with its virtual device.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use conformance::shipped::{SHIPPED, runtime};
use plugin_kit::check::{Outcome, check};

fn conforms(device: &str) {
    let shipped = SHIPPED.iter().find(|one| one.device == device).unwrap();
    let (bytes, plugin) = shipped
        .plugin(&runtime().unwrap(), &fixtures::target().join("plugins"))
        .unwrap();
    let material = shipped.material(&plugin).unwrap();
    let report = check(&bytes, &material, &[], &|_, _, _| ()).unwrap();
    println!("{shipped:?}: {} ({} ms)", report.verdict(), report.took_ms);
    for finding in &report.findings {
        if finding.took.as_millis() > 1500 {
            println!("   slow {} {} ms", finding.case.id, finding.took.as_millis());
        }
        if finding.outcome != Outcome::Passed {
            println!("  {} {}: {:?}", finding.case.id, finding.case.sentence, finding.outcome);
        }
    }
    assert!(report.conforms, "{}", report.verdict());
}

#[test]
fn the_driver_of_the_nb1010_conforms() {
    conforms("NB-1010-U");
}

#[test]
fn the_driver_of_the_uru4000_conforms_on_a_4500() {
    conforms("U.are.U 4500");
}

#[test]
fn the_driver_of_the_upektc_conforms_on_a_strip() {
    conforms("TouchStrip");
}

#[test]
fn the_driver_of_the_upektc_conforms_on_a_chip() {
    conforms("TouchChip");
}

#[test]
fn the_driver_of_the_aes3500_conforms() {
    conforms("AES3500");
}
