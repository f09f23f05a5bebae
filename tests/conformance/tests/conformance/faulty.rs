//! Deliberately faulty drivers fail, each on the case that is about its fault.

use conformance::shipped::{SHIPPED, runtime};
use libtest_mimic::{Failed, Trial};
use plugin_kit::check::{Material, Outcome, check};
use std::collections::BTreeSet;
use std::sync::OnceLock;

/// A fault (`tests/faulty/scanner/src/fault.rs`), the cases that are tried, and the one that must tell.
const FAULTY: [(&str, &[&str], &str); 30] = [
    ("canned", &["D02"], "D023"),
    ("grey", &["D02"], "D021"),
    ("mute", &["D02"], "D022"),
    ("hasty", &["D02"], "D022"),
    ("remembers", &["D08"], "D080"),
    ("leaks", &["D082"], "D082"),
    ("leaves-pending", &["D02"], "D027"),
    ("endless", &["D04"], "D040"),
    ("dawdles", &["D04"], "D040"),
    ("impatient", &["D04"], "D046"),
    ("white-without-finger", &["D04"], "D040"),
    ("polls", &["D044"], "D044"),
    ("stubborn", &["D047"], "D047"),
    ("cancel-is-patience", &["D06"], "D060"),
    ("gone-is-broken", &["D07"], "D070"),
    ("insists", &["D07"], "D072"),
    ("slow-to-tell", &["D071"], "D071"),
    ("fills-up", &["D12"], "D126"),
    ("no-line-numbers", &["D14"], "D144"),
    ("no-line-numbers", &["D13"], "D138"),
    ("traps-on-empty", &["D13"], "D131"),
    ("traps-on-refusal", &["D16"], "D164"),
    ("leaves-halted", &["D10"], "D101"),
    ("strays", &["D02", "D90"], "D901"),
    ("chatty", &["D02"], "D025"),
    ("unlisted-codes", &["D04", "D90"], "D904"),
    ("wrong-size", &["D01"], "D013"),
    ("nameless", &["D01"], "D012"),
    ("spins-on-zeros", &["D14"], "D146"),
    ("clings", &["D01", "D11"], "D110"),
];

fn material() -> &'static Material {
    static MATERIAL: OnceLock<Material> = OnceLock::new();
    MATERIAL.get_or_init(|| {
        let good = &SHIPPED[0];
        let (_, plugin) = good
            .plugin(&runtime().unwrap(), &fixtures::target().join("plugins"))
            .unwrap();
        good.material(&plugin).unwrap()
    })
}

/// The faulty driver's component with this fault chosen.
fn component(fault: &str) -> Vec<u8> {
    let mark = b"kiosk-fault:";
    let mut bytes = fixtures::bytes(&fixtures::test_plugin("faulty-scanner"));
    let at = bytes.windows(mark.len()).position(|window| window == mark).unwrap() + mark.len();
    let name = format!("{fault}.");
    bytes[at..at + name.len()].copy_from_slice(name.as_bytes());
    bytes
}

pub(crate) fn trials() -> impl Iterator<Item = Trial> {
    let faulty = FAULTY.iter().map(|&(fault, tried, expected)| {
        let name = format!("a driver with the fault `{fault}` fails on {expected}");
        Trial::test(name, move || fails(fault, tried, expected))
    });
    let sound = Trial::test(
        "the faulty driver conforms without a fault",
        without_a_fault_the_faulty_driver_conforms,
    );
    [sound].into_iter().chain(faulty)
}

fn without_a_fault_the_faulty_driver_conforms() -> Result<(), Failed> {
    // So that what the others fail on is their fault. The cases that take long are those of the shipped drivers.
    let chosen: Vec<String> = ["D0", "D1", "D9"].map(str::to_owned).to_vec();
    let report = check(&component("none"), material(), &chosen, &|_, _, _| ())?;
    if report.conforms {
        return Ok(());
    }
    Err(format!("{}\n{}", report.verdict(), report.junit()).into())
}

fn fails(fault: &str, tried: &[&str], expected: &str) -> Result<(), Failed> {
    let tried: Vec<String> = tried.iter().map(|prefix| (*prefix).to_owned()).collect();
    let report = check(&component(fault), material(), &tried, &|_, _, _| ())?;
    let failed: BTreeSet<&str> = report
        .findings
        .iter()
        .filter(|finding| matches!(finding.outcome, Outcome::Failed(_)))
        .map(|finding| finding.case.id.as_str())
        .collect();
    println!("{fault}: {failed:?} ({} ms)", report.took_ms);
    if failed.contains(expected) {
        return Ok(());
    }
    let told = report.findings.iter().find(|finding| finding.case.id == expected);
    Err(format!("{expected} did not fail: {told:?}").into())
}
