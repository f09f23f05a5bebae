//! A vendor's plugin file, and the `plugin.toml` that it is made from.

use crate::{Target, sentence};
use plugin_package::{Manifest, SECTION, read_manifest};

pub(super) const TARGET: Target = Target {
    name: "plugin-file",
    longest: 4_096,
    memory: 256,
    run,
    seeds,
};

fn run(bytes: &[u8]) {
    match read_manifest(bytes) {
        Ok(manifest) => assert!(manifest.check().is_ok(), "a manifest that breaks a rule was read"),
        Err(why) => sentence::expect(&why.to_string()),
    }
    // Syntax errors of TOML show the line itself, so that they may be several.
    if let Ok(Ok(manifest)) = std::str::from_utf8(bytes).map(|text| Manifest::from_plugin_toml(text, "0.1.0")) {
        assert!(manifest.check().is_ok(), "a manifest that breaks a rule was read");
    }
}

/// The smallest component with this manifest.
fn component(manifest: &str) -> Vec<u8> {
    // Section lengths are LEB128 (WebAssembly core specification, 5.2.2); these fit two bytes.
    let leb = |number: usize| {
        let byte = |bits: usize| u8::try_from(bits & 0x7f).unwrap_or_default();
        [byte(number) | 0x80, byte(number >> 7)]
    };
    let mut body = leb(SECTION.len()).to_vec();
    body.extend(SECTION.as_bytes());
    body.extend(manifest.as_bytes());
    let mut file = b"\0asm\x0d\0\x01\0".to_vec();
    file.push(0);
    file.extend(leb(body.len()));
    file.extend(body);
    file
}

fn seeds() -> Vec<Vec<u8>> {
    let policy = r#"{"name":"p","version":"0.1.0","contract":"kiosk:policy/identification-policy@0.1.0","minimum-host":"0.1.0","codes":["a"]}"#;
    let driver = include_str!("../../../../device-drivers/uru4000/plugin.toml");
    let exporter = include_str!("../../../../plugins/turnout-csv/plugin.toml");
    vec![
        component(policy),
        component("{}"),
        // A name that a sentence would take over.
        component(r#"{"\n\u001b":1}"#),
        driver.as_bytes().to_vec(),
        exporter.as_bytes().to_vec(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_seeds_are_read_but_for_those_whose_manifest_is_none() {
        let seeds = seeds();
        assert!(read_manifest(&seeds[0]).is_ok());
        assert!(read_manifest(&seeds[1]).is_err());
        assert!(read_manifest(&seeds[2]).is_err());
        for seed in &seeds[3..] {
            let text = String::from_utf8_lossy(seed);
            assert!(Manifest::from_plugin_toml(&text, "0.1.0").is_ok(), "{text}");
        }
    }
}
