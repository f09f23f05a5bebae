//! The benchmark as a program.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use serde_json::Value;
use std::process::Command;

/// Rows that every machine fills.
const MEASURED: [&str; 12] = [
    "plugin instantiate",
    "policy decision",
    "policy compilation",
    "call into a plugin",
    "USB transfer, virtual reader",
    "fingerprint extraction",
    "search of 100 voters",
    "search of 100 voters, a shard per core",
    "search of 200 voters",
    "search of 200 voters, a shard per core",
    "journal commits",
    "policy of 1 MB, publish to active",
];

/// Rows about what check-ins wait for: some did not wait at all, and in a short run none may have met a swap.
const WAITS: [&str; 2] = ["pause of a policy's swap", "pause of a driver's swap"];

/// Rows that need umockdev and the shared recordings.
const RECORDED: [&str; 2] = [
    "USB transfer, recorded reader",
    "USB transfer, recorded reader, host's bus",
];

fn assert_measured(row: &Value) {
    for figure in ["/figure/median", "/figure/p95", "/limit/median", "/limit/p95", "/ratio"] {
        let value = row.pointer(figure).and_then(Value::as_f64).unwrap();
        assert!(value.is_finite() && value > 0.0, "{figure} of {row}");
    }
    for text in ["peer", "contains"] {
        assert!(!row[text].as_str().unwrap().is_empty(), "{text} of {row}");
    }
}

#[test]
fn the_benchmark_prints_every_row_in_quick_mode() {
    let done = Command::new(env!("CARGO_BIN_EXE_bench"))
        .args(["--quick", "--json"])
        .output()
        .unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let printed: Value = serde_json::from_slice(&done.stdout).unwrap();
    let rows = printed["rows"].as_array().unwrap();
    assert_eq!(rows.len(), MEASURED.len() + RECORDED.len() + WAITS.len());
    let row = |name: &str| {
        rows.iter()
            .find(|row| row["what"] == name)
            .unwrap_or_else(|| panic!("no row {name}"))
    };
    MEASURED.into_iter().map(row).for_each(assert_measured);
    for row in RECORDED.into_iter().map(row) {
        match row["skipped"].as_str() {
            Some(reason) => println!("SKIPPED {}: {reason}", row["what"]),
            None => assert_measured(row),
        }
    }
    for row in WAITS.into_iter().map(row) {
        let told = row["contains"].as_str().or(row["skipped"].as_str()).unwrap_or_default();
        assert!(
            told.contains("came to their receipt") || told.contains("answered") || told.contains("no check-in met"),
            "{row}"
        );
    }
}
