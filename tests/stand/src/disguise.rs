//! Plugins that say that they are others: what a kiosk must find out, or come back from.

use crate::{plugin, test_plugin};
use plugin_package::Manifest;
use serde_json::json;

/// A plugin under another name, or with another part of its manifest changed.
pub fn disguised(component: &[u8], change: impl FnOnce(&mut Manifest)) -> Vec<u8> {
    let mut manifest = plugin_package::read_manifest(component).unwrap();
    change(&mut manifest);
    let (header, mut rest) = component.split_at(8);
    let mut bytes = header.to_vec();
    while let Some((kind, after)) = rest.split_first() {
        let (length, start) = leb(after);
        let (section, next) = after[start..].split_at(length);
        let is_manifest = *kind == 0 && section.get(1..).is_some_and(|name| name.starts_with(b"kiosk:plugin"));
        if !is_manifest {
            bytes.extend_from_slice(&rest[..1 + start + length]);
        }
        rest = next;
    }
    let name = b"kiosk:plugin";
    let mut section = vec![u8::try_from(name.len()).unwrap()];
    section.extend_from_slice(name);
    section.extend_from_slice(&serde_json::to_vec(&manifest).unwrap());
    bytes.push(0);
    let mut length = section.len();
    while length >= 0x80 {
        bytes.push(u8::try_from(length & 0x7f).unwrap() | 0x80);
        length >>= 7;
    }
    bytes.push(u8::try_from(length).unwrap());
    bytes.extend_from_slice(&section);
    bytes
}

/// A number of a component's file, and how many bytes it takes.
fn leb(bytes: &[u8]) -> (usize, usize) {
    let mut number = 0;
    for (index, byte) in bytes.iter().enumerate() {
        number |= usize::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            return (number, index + 1);
        }
    }
    (number, bytes.len())
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
