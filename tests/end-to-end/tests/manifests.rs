//! What a driver's source can report stands in its manifest: in production nothing else of it gets out.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The first text in quotes after each place where a fault is made.
fn codes_of(folder: &Path) -> BTreeSet<String> {
    let mut codes = BTreeSet::new();
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let source = std::fs::read_to_string(entry.path()).unwrap();
        for maker in ["Fault::new(", "refused("] {
            let made = source.split(maker).skip(1);
            codes.extend(
                made.filter_map(|rest| rest.split(';').next()?.split('"').nth(1))
                    .map(str::to_owned),
            );
        }
    }
    codes
}

#[test]
fn every_code_that_a_driver_can_report_is_in_its_manifest_and_no_other() {
    let sdk = codes_of(&root().join("plugins/sdk/src"));
    assert!(sdk.contains("device-gone") && sdk.len() > 5, "{sdk:?}");
    for driver in ["nb1010", "uru4000", "escpos"] {
        let folder = root().join("device-drivers").join(driver);
        let own = codes_of(&folder.join("src"));
        assert!(own.contains("no-interface"), "{driver}: {own:?}");
        let text = std::fs::read_to_string(folder.join("plugin.toml")).unwrap();
        let manifest: toml::Table = toml::from_str(&text).unwrap();
        let listed: BTreeSet<String> = manifest["codes"]
            .as_array()
            .unwrap()
            .iter()
            .map(|code| code.as_str().unwrap().to_owned())
            .collect();
        let reported: BTreeSet<String> = own.union(&sdk).cloned().collect();
        assert_eq!(listed, reported, "{driver}");
    }
}
