//! Every shipped plugin; the drivers on recordings made with their virtual devices.

use crate::conforms;
use conformance::session;
use conformance::shipped::{SHIPPED, load, runtime};
use libtest_mimic::{Failed, Trial};
use plugin_kit::check::{Material, Scenarios};
use simulator::virtual_device::printer::Mechanism;
use simulator::virtual_device::{Printer, VirtualBus};
use std::time::Duration;

/// Drivers whose captures take long: they stitch swipes.
const SWIPED: [&str; 2] = ["elan", "egis0570"];

pub(crate) fn trials() -> impl Iterator<Item = Trial> {
    let mut scanners: Vec<_> = SHIPPED.iter().collect();
    scanners.sort_by_key(|shipped| !SWIPED.contains(&shipped.name));
    let scanners = scanners.into_iter().map(|shipped| {
        let name = format!("the driver {} conforms on a {}", shipped.name, shipped.device);
        Trial::test(name, move || {
            let (bytes, plugin) = shipped.plugin(&runtime()?, &fixtures::target().join("plugins"))?;
            conforms(&format!("{shipped:?}"), &bytes, &shipped.material(&plugin)?)
        })
    });
    let others = [
        Trial::test("the printer's driver conforms", the_printers_driver_conforms),
        Trial::test("the policy conforms", the_policy_conforms),
        without_more("the matcher conforms", "fingerprint-matcher"),
        without_more("the exporter conforms", "turnout-csv"),
    ];
    scanners.chain(others)
}

/// A shipped plugin's file.
fn bytes(name: &str) -> Vec<u8> {
    fixtures::bytes(&fixtures::plugin(name))
}

/// A plugin that needs nothing to be tried with.
fn without_more(test: &str, name: &'static str) -> Trial {
    Trial::test(test, move || conforms(name, &bytes(name), &Material::default()))
}

fn the_printers_driver_conforms() -> Result<(), Failed> {
    let (bytes, plugin) = load("escpos", &runtime()?, &fixtures::target().join("plugins"))?;
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
        scenarios.add(name, session::print(&plugin, &bus, &place)?)?;
    }
    let material = Material {
        scenarios,
        ..Material::default()
    };
    conforms("escpos", &bytes, &material)
}

fn the_policy_conforms() -> Result<(), Failed> {
    let settings = r#"{"attempts": 3, "threshold": 300, "minimum-quality": 20}"#.to_owned();
    let material = Material {
        settings: Some(settings),
        ..Material::default()
    };
    conforms("fingerprint-first", &bytes("fingerprint-first"), &material)
}
