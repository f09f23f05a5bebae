//! Every shipped driver passes conformance, on recordings made with its virtual device.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use conformance::session;
use conformance::shipped::{SHIPPED, runtime};
use plugin_kit::check::{Material, Scenarios};
use plugin_kit::check::{Outcome, check};
use plugin_runtime::grants::Allowed;
use simulator::virtual_device::printer::Mechanism;
use simulator::virtual_device::{Printer, VirtualBus};
use std::time::Duration;

/// A plugin's file.
fn bytes(name: &str) -> Vec<u8> {
    std::fs::read(fixtures::target().join(format!("plugins/{name}.wasm"))).unwrap()
}

fn tried(name: &str, material: &Material) {
    let report = check(&bytes(name), material, &[], &|_, _, _| ()).unwrap();
    println!("{name}: {} ({} ms)", report.verdict(), report.took_ms);
    for finding in report
        .findings
        .iter()
        .filter(|finding| finding.outcome != Outcome::Passed)
    {
        println!("  {} {}: {:?}", finding.case.id, finding.case.sentence, finding.outcome);
    }
    assert!(report.conforms, "{}", report.verdict());
}

#[test]
fn the_printers_driver_conforms() {
    let bytes = bytes("escpos");
    let manifest = plugin_package::read_manifest(&bytes).unwrap();
    let plugin = runtime()
        .unwrap()
        .load(&bytes, None, &Allowed::all_asked(&manifest))
        .unwrap();
    let mut scenarios = Scenarios::default();
    for name in ["print", "paper-out", "cover-open", "asleep"] {
        let (bus, printer) = (VirtualBus::new(), Printer::new());
        let place = bus.plug(printer.clone());
        printer.set_mechanism(Mechanism {
            paper_out: name == "paper-out",
            cover_open: name == "cover-open",
            ..Mechanism::default()
        });
        if name == "asleep" {
            printer.sleep(Duration::from_millis(700));
        }
        scenarios
            .add(name, session::print(&plugin, &bus, &place).unwrap())
            .unwrap();
    }
    let material = Material {
        scenarios,
        ..Material::default()
    };
    tried("escpos", &material);
}

#[test]
fn the_matcher_conforms() {
    tried("fingerprint-matcher", &Material::default());
}

#[test]
fn the_policy_conforms() {
    let settings = r#"{"attempts": 3, "threshold": 300, "minimum-quality": 20}"#.to_owned();
    let material = Material {
        settings: Some(settings),
        ..Material::default()
    };
    tried("fingerprint-first", &material);
}

#[test]
fn the_exporter_conforms() {
    tried("turnout-csv", &Material::default());
}

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
fn the_driver_of_the_uru4000_conforms_on_a_microsoft_reader() {
    conforms("Microsoft v2");
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

#[test]
fn the_driver_of_the_elan_conforms() {
    conforms("Elan");
}

#[test]
fn the_driver_of_the_et570_conforms() {
    conforms("ET570");
}
