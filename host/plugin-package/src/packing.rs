//! From a core module to a component with a manifest.

use crate::SECTION;
use crate::manifest::{Manifest, ManifestError};
use std::borrow::Cow;
use wasm_encoder::{CustomSection, Encode, Section};

/// Why a core module did not become a plugin.
#[derive(Debug, thiserror::Error)]
pub enum PackError {
    /// the module does not fit the component model
    #[error(
        "the module cannot be made a component: {0}; build it for wasm32-unknown-unknown with wit-bindgen, without WASI"
    )]
    Component(String),
    /// the manifest breaks a rule
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// the manifest cannot be written as JSON
    #[error("the manifest cannot be written: {0}")]
    Json(#[from] serde_json::Error),
}

/// Makes a component of a core module and embeds its manifest. The module's only imports may be those of its world:
/// there is no WASI adapter.
///
/// # Errors
/// [`PackError`], in one sentence.
pub fn componentize(core: &[u8], manifest: &Manifest) -> Result<Vec<u8>, PackError> {
    manifest.check()?;
    let component = encode(core).map_err(PackError::Component)?;
    Ok(with_section(component, &serde_json::to_vec(manifest)?))
}

/// The tool's chain of causes in one line.
fn encode(core: &[u8]) -> Result<Vec<u8>, String> {
    let mut encoder = wit_component::ComponentEncoder::default();
    encoder
        .validate(true)
        .module(core)
        .and_then(wit_component::ComponentEncoder::encode)
        .map_err(|cause| format!("{cause:#}"))
}

pub(crate) fn with_section(mut component: Vec<u8>, data: &[u8]) -> Vec<u8> {
    let section = CustomSection {
        name: Cow::Borrowed(SECTION),
        data: Cow::Borrowed(data),
    };
    component.push(section.id());
    section.encode(&mut component);
    component
}
