//! The document that travels with a plugin.

use super::cases::PolicyVectors;
use super::exports::ExporterVectors;
use super::images::MatcherVectors;
use super::recordings::DriverVectors;
use super::watch::Watch;
use super::{ProbeError, Trial};
use crate::case_json::PolicyCase;
use crate::limits::VECTORS_BYTES;
use crate::plugin::Plugin;
use crate::results_json::Results;
use crate::{exporter, matcher, policy};
use serde::{Deserialize, Serialize};

/// The form of the document that this host reads.
pub const FORMAT: u32 = 1;

/// Questions, and what a plugin must answer to them. Made of synthetic fingers and people alone: it is a file like the plugin, and
/// nothing protects what is in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Vectors {
    /// 1
    pub format: u32,
    /// the plugin's name
    pub plugin: String,
    /// its version
    pub version: String,
    /// what is asked and must be answered
    pub answers: Answers,
}

/// By kind of plugin.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answers {
    /// cases and rulings
    Policy(PolicyVectors),
    /// images, what comes of them, how alike they are
    Matcher(MatcherVectors),
    /// results and written bytes
    Exporter(ExporterVectors),
    /// recordings and what a call gave
    Driver(DriverVectors),
}

/// What a plugin is asked, without answers.
#[derive(Clone, Debug)]
pub enum Material {
    /// a policy's
    Policy {
        /// cases, each with its settings
        cases: Vec<PolicyCase>,
        /// settings that it must refuse
        refused: Vec<serde_json::Value>,
    },
    /// a matcher's: a name for each image, and its file's bytes
    Matcher(Vec<(String, Vec<u8>)>),
    /// an exporter's
    Exporter(Vec<Results>),
    /// a driver's: recordings, as text
    Driver(Vec<String>),
}

/// A document that is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VectorsError {
    /// beyond all reason
    #[error("the vectors have more than {} MiB; leave some of them out", VECTORS_BYTES >> 20)]
    TooLong,
    /// not the document
    #[error("the vectors cannot be read: {0}; write them again with `plugin-kit vectors`")]
    Unreadable(String),
    /// a newer one
    #[error("the vectors are of format {0}, this host reads {FORMAT}; update the kiosk first")]
    Format(u32),
}

impl Vectors {
    /// Reads a document.
    ///
    /// # Errors
    /// [`VectorsError`].
    pub fn read(bytes: &[u8]) -> Result<Self, VectorsError> {
        if bytes.len() > VECTORS_BYTES {
            return Err(VectorsError::TooLong);
        }
        /// The format comes first: another one may have other fields.
        #[derive(Deserialize)]
        struct Head {
            format: u32,
        }
        let unreadable = |cause: serde_json::Error| VectorsError::Unreadable(quotation::sentence(cause));
        let Head { format } = serde_json::from_slice(bytes).map_err(unreadable)?;
        if format != FORMAT {
            return Err(VectorsError::Format(format));
        }
        serde_json::from_slice(bytes).map_err(unreadable)
    }

    /// As the file is written.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        // Maps with strings as keys and plain values: there is nothing that JSON cannot hold.
        let mut bytes = serde_json::to_vec_pretty(self).unwrap_or_default();
        bytes.push(b'\n');
        bytes
    }

    /// Questions with what the plugin answers to them now.
    ///
    /// # Errors
    /// [`ProbeError`]: a question that cannot be asked, or the plugin broke a limit.
    pub fn of(plugin: &Plugin, material: Material, trial: &Trial<'_>) -> Result<Self, ProbeError> {
        let watch = Watch::start(plugin.name(), trial.time);
        let answers = match material {
            Material::Policy { cases, refused } => Answers::Policy(PolicyVectors::of(plugin, cases, refused, &watch)?),
            Material::Matcher(images) => Answers::Matcher(MatcherVectors::of(plugin, images, &watch)?),
            Material::Exporter(results) => Answers::Exporter(ExporterVectors::of(plugin, results, &watch)?),
            Material::Driver(recordings) => Answers::Driver(DriverVectors::of(plugin, recordings, &watch)?),
        };
        Ok(Self {
            format: FORMAT,
            plugin: plugin.name().to_owned(),
            version: plugin.manifest().version.clone(),
            answers,
        })
    }

    /// How many answers it holds.
    #[must_use]
    pub fn count(&self) -> usize {
        match &self.answers {
            Answers::Policy(vectors) => vectors.count(),
            Answers::Matcher(vectors) => vectors.count(),
            Answers::Exporter(vectors) => vectors.count(),
            Answers::Driver(vectors) => vectors.count(),
        }
    }

    /// Vectors of another plugin, version or kind say nothing about this one.
    pub(super) fn belong_to(&self, plugin: &Plugin) -> Result<(), ProbeError> {
        let manifest = plugin.manifest();
        let kind = |kind: &Answers| match kind {
            Answers::Policy(_) => "policy",
            Answers::Matcher(_) => "matcher",
            Answers::Exporter(_) => "exporter",
            Answers::Driver(_) => "driver",
        };
        let own = match manifest.contract.to_string().as_str() {
            policy::CONTRACT => "policy",
            matcher::CONTRACT => "matcher",
            exporter::CONTRACT => "exporter",
            _ => "driver",
        };
        let told = |kind: &str, name: &str, version: &str| format!("{kind} `{name}` {version}");
        let (vectors, plugin) = (
            told(kind(&self.answers), &self.plugin, &self.version),
            told(own, &manifest.name, &manifest.version),
        );
        if vectors == plugin {
            return Ok(());
        }
        Err(ProbeError::Others { vectors, plugin })
    }
}
