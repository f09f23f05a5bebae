//! What a driver's source can report stands in its manifest: in production nothing else of it gets out.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The sources in a folder and the folders in it, by their path from there.
fn sources(folder: &Path) -> BTreeMap<PathBuf, String> {
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let (path, name) = (entry.path(), PathBuf::from(entry.file_name()));
        if path.is_dir() {
            found.extend(
                sources(&path)
                    .into_iter()
                    .map(|(below, source)| (name.join(below), source)),
            );
        } else {
            found.insert(name, std::fs::read_to_string(path).unwrap());
        }
    }
    found
}

/// Where a fault gets its code: the first text in quotes after it, within the statement.
const MAKERS: [&str; 4] = ["Fault::new(", "refused(", "against(", ".code ="];
/// Where a code alone is the error, to become a fault's later.
const ALONE: [&str; 2] = ["Err(\"", "ok_or(\""];

fn codes_of(source: &str) -> BTreeSet<String> {
    let after = |marker: &'static str| source.split(marker).skip(1);
    let made = MAKERS.into_iter().flat_map(after);
    let made = made.filter_map(|rest| rest.split(';').next()?.split('"').nth(1));
    let alone = ALONE.into_iter().flat_map(after);
    let alone = alone.filter_map(|rest| rest.split('"').next());
    made.chain(alone).map(str::to_owned).collect()
}

/// What every driver has of the SDK: the claimed interface, and what stands between it and the contract. Its other modules'
/// codes are those of the drivers that name the module.
const ALWAYS: [&str; 2] = ["usb", "component"];

/// The module that a source of the SDK belongs to.
fn module(path: &Path) -> String {
    let first = Path::new(path.iter().next().unwrap());
    first.file_stem().unwrap().to_str().unwrap().to_owned()
}

#[test]
fn every_code_that_a_driver_can_report_is_in_its_manifest_and_no_other() {
    let sdk = sources(&root().join("plugins/sdk/src"));
    let mut drivers = 0;
    for entry in std::fs::read_dir(root().join("device-drivers")).unwrap().flatten() {
        let (folder, driver) = (entry.path(), entry.file_name());
        let own: Vec<String> = sources(&folder.join("src")).into_values().collect();
        let mut reported: BTreeSet<String> = own.iter().flat_map(|source| codes_of(source)).collect();
        assert!(!reported.is_empty(), "{driver:?} has no code of its own");
        for (path, source) in &sdk {
            let (module, codes) = (module(path), codes_of(source));
            let named = |source: &String| source.contains(&format!("plugin_sdk::{module}"));
            if ALWAYS.contains(&module.as_str()) || own.iter().any(named) {
                reported.extend(codes);
            }
        }
        assert!(reported.contains("no-interface") && reported.contains("device-gone"));
        let text = std::fs::read_to_string(folder.join("plugin.toml")).unwrap();
        let manifest: toml::Table = toml::from_str(&text).unwrap();
        let listed: BTreeSet<String> = manifest["codes"]
            .as_array()
            .unwrap()
            .iter()
            .map(|code| code.as_str().unwrap().to_owned())
            .collect();
        assert_eq!(listed, reported, "{driver:?}");
        drivers += 1;
    }
    assert!(drivers >= 7, "only {drivers} drivers were found");
}
