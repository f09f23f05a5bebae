//! From a component to its manifest.

use crate::manifest::Manifest;
use wasmparser::{Encoding, Parser, Payload, Validator};

/// The custom section that holds the manifest as JSON.
pub const SECTION: &str = "kiosk:plugin";
/// Longest manifest, in bytes of JSON.
const MAX_MANIFEST_BYTES: usize = 64 * 1024;

/// Globals of all its modules together: each costs every instance 16 bytes that no memory limit counts. A module that a
/// compiler made has a few.
const MAX_GLOBALS: u32 = 10_000;

/// Why bytes are not a plugin.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// not WebAssembly, or broken
    #[error("the file is not a WebAssembly component ({0}); get it again from whoever made it")]
    NotWasm(String),
    /// a core module
    #[error("the file is a WebAssembly module, not a component; pack it first")]
    CoreModule,
    /// a module whose instances would cost far more than its memory
    #[error("the component has more than {MAX_GLOBALS} globals; the vendor must build it again with fewer")]
    Globals,
    /// no manifest
    #[error("the component carries no manifest (section `{SECTION}`); pack it first")]
    NoManifest,
    /// two manifests
    #[error("the component carries more than one manifest; pack it again")]
    SeveralManifests,
    /// a manifest that is none
    #[error("the component's manifest cannot be read: {0}; pack it again")]
    Broken(String),
}

/// Reads a component's manifest. The whole file is parsed and validated first, so that a broken one is an error here
/// and never reaches the compiler.
///
/// # Errors
/// [`ReadError`], in one sentence.
pub fn read_manifest(bytes: &[u8]) -> Result<Manifest, ReadError> {
    let broken = |cause: wasmparser::BinaryReaderError| {
        let words = quotation::sentence(cause.message());
        ReadError::NotWasm(format!("{words} at byte {}", cause.offset()))
    };
    Validator::new().validate_all(bytes).map_err(broken)?;
    let mut found = None;
    let mut depth = 0_u32;
    let mut globals = 0_u32;
    for payload in Parser::new(0).parse_all(bytes) {
        match payload.map_err(broken)? {
            Payload::Version {
                encoding: Encoding::Module,
                ..
            } if depth == 0 => return Err(ReadError::CoreModule),
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
            Payload::GlobalSection(section) => {
                globals = globals.saturating_add(section.count());
                if globals > MAX_GLOBALS {
                    return Err(ReadError::Globals);
                }
            }
            Payload::End(_) => depth = depth.saturating_sub(1),
            // A manifest inside a nested module or component is the guest's own business.
            Payload::CustomSection(section) if depth == 0 && section.name() == SECTION => {
                let earlier = found.replace(section.data());
                if earlier.is_some() {
                    return Err(ReadError::SeveralManifests);
                }
            }
            _ => {}
        }
    }
    parse(found.ok_or(ReadError::NoManifest)?)
}

/// Names of what a component imports, in its order.
///
/// # Errors
/// [`ReadError::NotWasm`].
pub fn imports(bytes: &[u8]) -> Result<Vec<String>, ReadError> {
    let broken = |cause: wasmparser::BinaryReaderError| ReadError::NotWasm(quotation::sentence(cause.message()));
    let mut names = Vec::new();
    let mut depth = 0_u32;
    for payload in Parser::new(0).parse_all(bytes) {
        match payload.map_err(broken)? {
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
            Payload::End(_) => depth = depth.saturating_sub(1),
            Payload::ComponentImportSection(section) if depth == 0 => {
                for import in section {
                    names.push(import.map_err(broken)?.name.name.to_owned());
                }
            }
            _ => {}
        }
    }
    Ok(names)
}

fn parse(json: &[u8]) -> Result<Manifest, ReadError> {
    if json.len() > MAX_MANIFEST_BYTES {
        return Err(ReadError::Broken(format!(
            "it has {} bytes, over {MAX_MANIFEST_BYTES}",
            json.len()
        )));
    }
    let broken = |cause: String| ReadError::Broken(quotation::sentence(&cause));
    let manifest: Manifest = serde_json::from_slice(json).map_err(|cause| broken(cause.to_string()))?;
    manifest.check().map_err(|cause| broken(cause.to_string()))?;
    Ok(manifest)
}

#[cfg(all(test, feature = "pack"))]
#[expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod tests {
    use super::*;
    use crate::packing::with_section;

    const MANIFEST: &str = r#"{"name":"p","version":"0.1.0","contract":"kiosk:policy/identification-policy@0.1.0","minimum-host":"0.1.0"}"#;

    /// The smallest component: magic, version 13, layer 1.
    fn empty_component() -> Vec<u8> {
        b"\0asm\x0d\0\x01\0".to_vec()
    }

    #[test]
    fn a_manifest_is_read_back_from_the_component_that_carries_it() {
        let bytes = with_section(empty_component(), MANIFEST.as_bytes());
        assert_eq!(read_manifest(&bytes).unwrap().name, "p");
    }

    #[test]
    fn whatever_is_not_a_plugin_gets_one_sentence() {
        let twice = with_section(
            with_section(empty_component(), MANIFEST.as_bytes()),
            MANIFEST.as_bytes(),
        );
        let long = format!("{{\"{}\":1}}", "a\\n\\u001b".repeat(1_000));
        let cases: [(&str, Vec<u8>, &str); 7] = [
            ("nothing", Vec::new(), "is not a WebAssembly component"),
            ("text", b"hello, kiosk".to_vec(), "is not a WebAssembly component"),
            (
                "a core module",
                b"\0asm\x01\0\0\0".to_vec(),
                "is a WebAssembly module, not a component",
            ),
            ("no manifest", empty_component(), "carries no manifest"),
            ("two manifests", twice, "carries more than one manifest"),
            (
                "not JSON",
                with_section(empty_component(), b"{"),
                "manifest cannot be read",
            ),
            (
                "a name that is no name",
                with_section(empty_component(), long.as_bytes()),
                "manifest cannot be read: unknown field `a a a",
            ),
        ];
        for (name, bytes, sentence) in cases {
            let error = read_manifest(&bytes).unwrap_err().to_string();
            assert!(error.contains(sentence), "{name}: {error}");
            assert!(!error.contains(char::is_control), "{name}: {error:?}");
            assert!(error.len() < 500, "{name}: {} bytes", error.len());
        }
    }

    #[test]
    fn a_component_whose_modules_have_too_many_globals_is_refused() {
        use wasm_encoder::{Component, ConstExpr, GlobalSection, GlobalType, Module, ModuleSection, ValType};
        let with = |count: u32, modules: u32| {
            let mut globals = GlobalSection::new();
            for _ in 0..count {
                let kind = GlobalType {
                    val_type: ValType::I32,
                    mutable: true,
                    shared: false,
                };
                globals.global(kind, &ConstExpr::i32_const(0));
            }
            let mut module = Module::new();
            module.section(&globals);
            let mut component = Component::new();
            for _ in 0..modules {
                component.section(&ModuleSection(&module));
            }
            with_section(component.finish(), MANIFEST.as_bytes())
        };
        assert!(read_manifest(&with(MAX_GLOBALS, 1)).is_ok());
        assert!(matches!(
            read_manifest(&with(MAX_GLOBALS / 2 + 1, 2)),
            Err(ReadError::Globals)
        ));
    }

    #[test]
    fn a_plugin_cut_off_at_any_byte_is_refused() {
        let bytes = with_section(empty_component(), MANIFEST.as_bytes());
        for length in 0..bytes.len() {
            assert!(
                read_manifest(&bytes[..length]).is_err(),
                "{length} of {} bytes",
                bytes.len()
            );
        }
    }
}
