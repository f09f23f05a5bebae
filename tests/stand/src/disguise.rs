//! Plugins that say that they are others: what a kiosk must find out, or come back from.

use crate::{plugin, test_plugin};
use plugin_package::{Manifest, SECTION};
use serde_json::json;
use wasm_encoder::{ComponentSection as _, CustomSection};

/// Magic, version and layer of a component.
const HEADER_BYTES: usize = 8;

/// A plugin under another name, or with another part of its manifest changed.
pub fn disguised(component: &[u8], change: impl FnOnce(&mut Manifest)) -> Vec<u8> {
    let mut manifest = plugin_package::read_manifest(component).unwrap();
    change(&mut manifest);
    let (header, mut rest) = component.split_at(HEADER_BYTES);
    let mut bytes = header.to_vec();
    while let Some((kind, after)) = rest.split_first() {
        let (length, digits) = number(after);
        let (section, next) = after[digits..].split_at(length);
        let is_manifest = *kind == 0 && section[1..].starts_with(SECTION.as_bytes());
        if !is_manifest {
            bytes.extend_from_slice(&rest[..1 + digits + length]);
        }
        rest = next;
    }
    with_section(bytes, SECTION, &serde_json::to_vec(&manifest).unwrap())
}

/// A component with one custom section more.
pub(crate) fn with_section(mut bytes: Vec<u8>, name: &str, data: &[u8]) -> Vec<u8> {
    let section = CustomSection {
        name: name.into(),
        data: data.into(),
    };
    section.append_to_component(&mut bytes);
    bytes
}

/// An unsigned number of a component's file (LEB128), and how many bytes it takes.
fn number(bytes: &[u8]) -> (usize, usize) {
    let digits = bytes.iter().take_while(|byte| **byte >= 0x80).count() + 1;
    let value = bytes[..digits]
        .iter()
        .rev()
        .fold(0, |value, byte| value << 7 | usize::from(byte & 0x7f));
    (value, digits)
}

/// A policy under the station's name that panics at every question, once the settings tell it to.
pub fn panicking_policy() -> Vec<u8> {
    disguised(&test_plugin("misbehaving-policy"), |manifest| {
        manifest.name = "fingerprint-first".to_owned();
    })
}

/// Settings that only that policy takes.
pub fn panicking_settings() -> Vec<u8> {
    let settings = json!({
        "format": 1,
        "rules": { "floor": 500, "overrides": 5, "name-agreement": 80 },
        "policy": { "how": "panic" },
    });
    serde_json::to_vec(&settings).unwrap()
}

/// A driver under the name of the station's, granted the same reader, which is not the one that it was written for.
pub fn wrong_driver() -> Vec<u8> {
    let right = plugin_package::read_manifest(&plugin("uru4000")).unwrap();
    disguised(&plugin("upektc-img"), |manifest| {
        manifest.name = right.name;
        manifest.usb = right.usb;
        manifest.version = "0.1.1".to_owned();
    })
}
