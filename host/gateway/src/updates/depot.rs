//! Where releases lie on this kiosk, and how one becomes something that runs: by digest out of the artifact store, held against
//! what the plan says of it, compiled, and tried.

use crate::shelf::Shelf;
use crate::updates::state::{Run, passing};
use crate::updates::terms::Terms;
use ::updates::artifacts::Artifacts;
use ::updates::digest::Sha256;
use ::updates::refusal::Refusal;
use plan::item::{ItemId, Kind};
use plan::messages::Messages;
use plan::plan::Plan;
use plan::settings::Settings;
use plugin_runtime::plugin::{Digest, LoadError, Plugin};
use plugin_runtime::probe::{ProbeError, Trial, Vectors, VectorsError, probe};
use plugin_runtime::runtime::Runtime;
use std::path::Path;
use std::sync::Arc;

/// A release that can be put on a table.
#[derive(Clone, Debug)]
pub enum Ware {
    /// a driver, matcher, policy or exporter
    Plugin(Box<Plugin>),
    /// rules, hours and the policy's settings
    Settings(Arc<Settings>),
    /// texts
    Messages(Arc<Messages>),
}

/// Why a release cannot run here, in one sentence.
#[derive(Debug, thiserror::Error)]
pub enum Unusable {
    /// its bytes, or those of the plan that speaks of it
    #[error(transparent)]
    Store(#[from] Refusal),
    /// the plan under which it was verified says nothing of it
    #[error("{0} is not in the plan that it was taken from; call the commission")]
    Unplanned(ItemId),
    /// not the plugin that was signed, or none that this kiosk can run
    #[error(transparent)]
    Load(#[from] LoadError),
    /// a document
    #[error("{0}; the commission must sign it again")]
    Document(#[from] plan::Refused),
    /// golden vectors that are none
    #[error("{0}")]
    Vectors(#[from] VectorsError),
    /// it was tried, and failed
    #[error(transparent)]
    Probe(#[from] ProbeError),
}

impl Unusable {
    /// The code for the journal.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Store(Refusal::Absent { .. } | Refusal::Damaged { .. }) => passing::DAMAGED,
            Self::Store(refusal) => refusal.code(),
            Self::Unplanned(_) => "not-in-the-plan",
            Self::Load(error) => load_code(error),
            Self::Document(_) => "bad-document",
            Self::Vectors(_) => "vectors-unusable",
            Self::Probe(ProbeError::Policy(plugin_runtime::policy::PolicyError::Settings { .. })) => passing::PAIR,
            Self::Probe(error) => error.code(),
        }
    }

    /// Is it this kiosk's own trouble of the moment, and not the release's?
    #[must_use]
    pub fn is_passing(&self) -> bool {
        use plugin_runtime::compile_child::CompileError;
        match self {
            Self::Store(_) => true,
            Self::Load(LoadError::Compile { cause, .. }) => {
                matches!(cause, CompileError::NotStarted(_) | CompileError::Pipe(_))
            }
            _ => passing::is(self.code()),
        }
    }
}

fn load_code(error: &LoadError) -> &'static str {
    match error {
        LoadError::File { .. } => "file",
        LoadError::TooLarge(_) => "too-large",
        LoadError::CompiledCode => "compiled-code",
        LoadError::Package(_) => "no-plugin",
        LoadError::Digest { .. } => "wrong-digest",
        LoadError::Disagrees { .. } => "identity",
        LoadError::Contract { .. } => "contract",
        LoadError::Host { .. } => "host-too-old",
        LoadError::Import { .. } => "foreign-import",
        LoadError::Shape { .. } => "shape",
        LoadError::Compile { .. } => "compile",
    }
}

/// The artifact store and the engine.
#[derive(Clone)]
pub struct Depot {
    /// files by digest
    pub artifacts: Artifacts,
    /// what runs plugins
    pub runtime: Runtime,
}

/// Below the folder of updates: the files that were taken.
const ARTIFACTS: &str = "artifacts";

impl Depot {
    /// The store below a folder, which is made where it is missing.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn open(folder: &Path, runtime: Runtime) -> Result<Self, Refusal> {
        let artifacts = Artifacts::open(&folder.join(ARTIFACTS))?;
        Ok(Self { artifacts, runtime })
    }

    /// The terms of a release that ran, as the plan has them under which it was verified. No network is needed.
    ///
    /// # Errors
    /// [`Unusable`].
    pub fn terms(&self, id: &ItemId, run: &Run) -> Result<Terms, Unusable> {
        let plan = Plan::read(&self.artifacts.read(&run.plan)?)?;
        let terms = Terms::find(&plan, id, run.counter);
        terms
            .filter(|terms| terms.file.sha256 == run.digest.to_string())
            .ok_or_else(|| Unusable::Unplanned(id.clone()))
    }

    /// Reads a release and makes it ready to run. What was compiled before is not compiled again.
    ///
    /// # Errors
    /// [`Unusable`].
    pub fn take_out(&self, id: &ItemId, terms: &Terms) -> Result<Ware, Unusable> {
        let bytes = self.artifacts.read(&digest(&terms.file.sha256)?)?;
        match id.kind {
            Kind::Settings => Ok(Ware::Settings(Arc::new(Settings::read(&terms.file.target, &bytes)?))),
            Kind::Messages => Ok(Ware::Messages(Arc::new(Messages::read(&terms.file.target, &bytes)?))),
            Kind::Driver | Kind::Matcher | Kind::Policy | Kind::Exporter => {
                let signed = terms.signed().ok_or_else(|| Unusable::Unplanned(id.clone()))?;
                let plugin = self.runtime.load_signed(&bytes, &signed, &terms.allowed())?;
                // A plugin of a contract that has no place here is told now.
                Shelf::default().place(plugin.clone())?;
                Ok(Ware::Plugin(Box::new(plugin)))
            }
        }
    }

    /// Tries a plugin with its golden vectors, where it has any: without a voter, a device or the station's roll.
    ///
    /// # Errors
    /// [`Unusable`].
    pub fn probe(&self, ware: &Ware, terms: &Terms) -> Result<(), Unusable> {
        let Ware::Plugin(plugin) = ware else {
            return Ok(());
        };
        let vectors = match &terms.vectors {
            Some(file) => Some(Vectors::read(&self.artifacts.read(&digest(&file.sha256)?)?)?),
            None => None,
        };
        probe(plugin, vectors.as_ref(), &Trial::default())?;
        Ok(())
    }
}

/// A digest of a plan, which was checked to be one.
fn digest(text: &str) -> Result<Sha256, Refusal> {
    text.parse().map_err(|_| Refusal::Name {
        target: text.to_owned(),
    })
}

/// The same digest, as plugins have it.
#[must_use]
pub fn plugin_digest(sha256: &Sha256) -> Digest {
    Digest(*sha256.bytes())
}
