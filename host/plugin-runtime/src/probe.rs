//! A plugin is tried before it serves a voter: it is started, a policy is given its settings, and what travels with it in
//! `*.vectors.json` is asked of it. Each answer must be the one that was tested ([`Vectors`]).
//!
//! The same questions that a probe asks are asked by [`Vectors::of`], which writes the document from what the plugin answers now.

mod cases;
mod exports;
mod images;
mod recordings;
mod vectors;
mod watch;

pub use cases::{PolicyVectors, Ruled};
pub use exports::{Export, ExporterVectors, Written};
pub use images::{Comparison, Extracted, Found, MatcherVectors, Picture, Search};
pub use recordings::{DriverAnswer, DriverVectors, Played, Scanned};
pub use vectors::{Answers, FORMAT, Material, Vectors, VectorsError};

use crate::driver::DriverError;
use crate::error::PluginError;
use crate::exporter::{ExportError, Exporter};
use crate::limits::PROBE_TIME;
use crate::lockstep::PlayError;
use crate::matcher::{self, Matcher, StartError};
use crate::plugin::{LoadError, Plugin};
use crate::policy::{self, Policy, PolicyError};
use crate::{document_reader, exporter, printer, scanner};
use std::num::NonZeroUsize;
use std::time::Duration;
use watch::Watch;

/// How a plugin is tried.
#[derive(Clone, Copy, Debug)]
pub struct Trial<'a> {
    /// a policy's settings, as the station will give them to it
    pub settings: Option<&'a str>,
    /// within which all of it must come to its end; the call that runs then comes to its own limit first
    pub time: Duration,
}

impl Default for Trial<'_> {
    fn default() -> Self {
        Self {
            settings: None,
            time: PROBE_TIME,
        }
    }
}

/// A plugin that passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Probed {
    /// answers that were compared; none where no vectors came with it
    pub compared: usize,
    /// how long it took
    pub took: Duration,
}

/// Why a plugin is not to be used.
#[derive(Debug, thiserror::Error)]
pub enum ProbeError {
    /// vectors of another plugin, or of another version of it
    #[error(
        "the vectors are those of {vectors}, and this is {plugin}; the commission must sign those that belong to it"
    )]
    Others {
        /// whose they are
        vectors: String,
        /// who was to be probed
        plugin: String,
    },
    /// another answer
    #[error(
        "plugin `{plugin}` answers otherwise than it was tested: {what} is {found}, but was {expected}; report it to the commission"
    )]
    Differs {
        /// its name
        plugin: String,
        /// what was asked, in words
        what: String,
        /// what was tested, without anything biometric
        expected: String,
        /// what came
        found: String,
    },
    /// a question that cannot be asked
    #[error("the vectors of plugin `{plugin}` cannot be used ({what}: {cause}); others must be written")]
    Question {
        /// its name
        plugin: String,
        /// which question
        what: String,
        /// what is wrong with it
        cause: String,
    },
    /// a driver that does something else than on the recording
    #[error("plugin `{plugin}` does otherwise than it was tested on {what}: {cause}; report it to the commission")]
    Played {
        /// its name
        plugin: String,
        /// which recording
        what: String,
        /// where it left it
        cause: Box<PlayError>,
    },
    /// too slow, or too many questions
    #[error("plugin `{plugin}` did not answer all of its vectors within {} s ({done} of them); report it to the commission", .time.as_secs_f32())]
    Time {
        /// its name
        plugin: String,
        /// the limit
        time: Duration,
        /// answers that came
        done: usize,
    },
    /// not for its place, or its settings are wrong
    #[error(transparent)]
    Policy(#[from] PolicyError),
    /// not an exporter, or it broke a limit
    #[error(transparent)]
    Export(#[from] ExportError),
    /// not a driver
    #[error(transparent)]
    Load(#[from] LoadError),
    /// it broke a limit
    #[error(transparent)]
    Plugin(#[from] PluginError),
    /// a driver's own fault
    #[error(transparent)]
    Driver(#[from] DriverError),
}

impl From<StartError> for ProbeError {
    fn from(error: StartError) -> Self {
        match error {
            StartError::Load(error) => error.into(),
            StartError::Plugin(error) => error.into(),
        }
    }
}

impl ProbeError {
    /// The code for the journal, of a-z, 0-9 and `-`.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Others { .. } => "vectors-of-another",
            Self::Differs { .. } | Self::Played { .. } => "other-answer",
            Self::Question { .. } => "vectors-unusable",
            Self::Time { .. } => "probe-time",
            Self::Policy(PolicyError::Settings { .. }) => "settings",
            Self::Policy(PolicyError::Load(_)) | Self::Export(ExportError::Load(_)) | Self::Load(_) => "load",
            Self::Policy(PolicyError::Plugin(error))
            | Self::Export(ExportError::Plugin(error))
            | Self::Driver(DriverError::Plugin(error))
            | Self::Plugin(error) => error.code(),
            Self::Export(_) | Self::Driver(_) => "fault",
        }
    }
}

/// Starts the plugin once, as every plugin must start, and compares what it answers to its vectors, where it has any.
///
/// # Errors
/// [`ProbeError`], in one sentence: the plugin is not to be used.
pub fn probe(plugin: &Plugin, vectors: Option<&Vectors>, trial: &Trial<'_>) -> Result<Probed, ProbeError> {
    let mut watch = Watch::start(plugin.name(), trial.time);
    if let Some(vectors) = vectors {
        vectors.belong_to(plugin)?;
    }
    start(plugin, trial.settings)?;
    if let Some(vectors) = vectors {
        match &vectors.answers {
            Answers::Policy(vectors) => vectors.compare(plugin, &mut watch),
            Answers::Matcher(vectors) => vectors.compare(plugin, &mut watch),
            Answers::Exporter(vectors) => vectors.compare(plugin, &mut watch),
            Answers::Driver(vectors) => vectors.compare(plugin, &mut watch),
        }?;
    }
    watch.look()?;
    Ok(Probed {
        compared: watch.done(),
        took: watch.took(),
    })
}

/// Makes an instance as the station would, without a device and without a voter.
fn start(plugin: &Plugin, settings: Option<&str>) -> Result<(), ProbeError> {
    match plugin.manifest().contract.to_string().as_str() {
        policy::CONTRACT => match settings {
            Some(settings) => Policy::new(plugin, settings).map(drop)?,
            None => Policy::unconfigured(plugin)?.instantiate()?,
        },
        matcher::CONTRACT => Matcher::start(plugin, 1, NonZeroUsize::MIN).map(drop)?,
        exporter::CONTRACT => Exporter::new(plugin).map(drop)?,
        document_reader::CONTRACT => {
            document_reader::fits(plugin)?;
            document_reader::starts(plugin)?;
        }
        printer::CONTRACT => {
            printer::fits(plugin)?;
            printer::starts(plugin)?;
        }
        _ => {
            scanner::fits(plugin)?;
            scanner::starts(plugin)?;
        }
    }
    Ok(())
}

/// One answer beside the one that was tested.
struct Answered<'a> {
    plugin: &'a str,
    what: String,
}

impl Answered<'_> {
    /// They must be the same; `words` tells of an answer what may be told.
    fn same<T: PartialEq>(self, expected: &T, found: &T, words: impl Fn(&T) -> String) -> Result<(), ProbeError> {
        if expected == found {
            return Ok(());
        }
        let (mut expected, found) = (words(expected), words(found));
        if expected == found {
            "another of the same description".clone_into(&mut expected);
        }
        Err(ProbeError::Differs {
            plugin: self.plugin.to_owned(),
            what: self.what,
            expected: quotation::phrase(expected),
            found: quotation::phrase(found),
        })
    }
}

/// Anything serializable, on one line.
fn json(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

/// Lowercase hexadecimal SHA-256.
fn sha256(bytes: &[u8]) -> String {
    crate::plugin::Digest::of(bytes).to_string()
}
