//! What the commission signs beside TUF's own metadata. Pure: no files, no network, no clock.
//!
//! | target | who signs it | what it says |
//! |---|---|---|
//! | `plan.json` | the commission's `targets` role | [`plan::Plan`]: what runs, under which grants, not below which floor, from when |
//! | `emergency.json` | the delegated role `emergency` | [`emergency::Emergency`]: what no longer runs; it can add nothing |
//! | `settings/*.json` | the delegated role `policies` | [`settings::Settings`]: thresholds, floors, hours |
//! | `messages/*.json` | the delegated role `policies` | [`messages::Messages`]: texts for codes, by language |
//! | `policies/*/*.wasm`, `matchers/*/*.wasm` | the delegated role `policies` | plugins of the commission |
//! | `exporters/*/*.wasm` | the delegated role `exports` | plugins of the commission |
//! | `vendors/NAME/*.wasm` | the delegated role `vendor-NAME` | drivers of one vendor |
//! | `policies/`, `vendors/`, ... `*.vectors.json` | as the plugin beside it | the plugin's golden vectors |
//!
//! The plan names each file with its digest. So a delegated role says who made a file, and only the commission's own keys say
//! that it runs.

pub mod choice;
pub mod emergency;
pub mod item;
pub mod messages;
pub mod names;
pub mod plan;
pub mod settings;
pub mod vendor;
pub mod waves;

use std::fmt::Display;

/// Longest document of this crate, in bytes.
pub const MAX_DOCUMENT_BYTES: usize = 1 << 20;

/// Why a document was not taken: what is wrong in which place, in one sentence.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{document}: {message}")]
pub struct Refused {
    /// which document, as its target is called
    pub document: String,
    /// the place and the rule
    pub message: String,
}

impl Refused {
    pub(crate) fn new(document: &str, message: impl Display) -> Self {
        Self {
            document: document.to_owned(),
            message: quotation::sentence(message),
        }
    }
}

/// Reads one of this crate's documents.
pub(crate) fn read<T: serde::de::DeserializeOwned>(document: &str, bytes: &[u8]) -> Result<T, Refused> {
    if bytes.len() > MAX_DOCUMENT_BYTES {
        let message = format!("it has {} bytes, over the limit of {MAX_DOCUMENT_BYTES}", bytes.len());
        return Err(Refused::new(document, message));
    }
    serde_json::from_slice(bytes).map_err(|cause| Refused::new(document, cause.to_string()))
}
