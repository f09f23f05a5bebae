//! The search: the matcher plugin with the roll's references, started again with all of them after a fault.

use identification::evidence::{Advice, Scored};
use identification::voter::{FingerPosition, RollNumber};
use plugin_runtime::FingerImage;
use plugin_runtime::error::PluginError;
use plugin_runtime::matcher::{ExtractError, Matcher, Probe, Reference, StartError, Template};
use plugin_runtime::plugin::Plugin;
use roll::Roll;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};

/// Voters of one page of references.
const PAGE: usize = 200;
/// Candidates that the policy sees.
const CANDIDATES: u16 = 5;

/// Why a finger could not be searched for, in one sentence.
#[derive(Debug, thiserror::Error)]
pub enum SearchError {
    /// no plugin
    #[error(
        "this kiosk has no matcher, so fingerprints cannot be searched; officers identify, and call the commission"
    )]
    NoMatcher,
    /// it did not start
    #[error(transparent)]
    Start(#[from] StartError),
    /// a limit
    #[error(transparent)]
    Plugin(#[from] PluginError),
    /// the roll
    #[error(transparent)]
    Roll(#[from] roll::ReadError),
    /// templates of another form
    #[error(
        "the roll's templates are of version {roll}, the matcher reads version {matcher}; ask the commission for a roll sealed for this matcher"
    )]
    Version {
        /// of the roll
        roll: u32,
        /// of the matcher
        matcher: u32,
    },
    /// the scanner's image is none for the matcher
    #[error("the matcher does not take this scanner's image; use another scanner and call the commission")]
    Invalid,
}

impl SearchError {
    /// The plugin whose fault this is and its code, where it is one's.
    #[must_use]
    pub fn fault(&self) -> Option<(String, String)> {
        match self {
            Self::Plugin(error) | Self::Start(StartError::Plugin(error)) => {
                Some((error.plugin.clone(), error.code().to_owned()))
            }
            _ => None,
        }
    }
}

/// What came of an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Look {
    /// a template, and who it could be
    Found {
        /// 0 to 100
        quality: u8,
        /// best first
        candidates: Vec<Scored>,
        /// what could be better
        advice: Vec<Advice>,
    },
    /// too poor to be searched
    Unusable(Vec<Advice>),
}

/// The matcher with the station's gallery.
pub struct Search {
    plugin: Option<Plugin>,
    roll: Arc<Roll>,
    shards: NonZeroUsize,
    running: Mutex<Option<Arc<Matcher>>>,
}

impl Search {
    /// A search over this roll.
    #[must_use]
    pub fn new(plugin: Option<Plugin>, roll: Arc<Roll>, shards: NonZeroUsize) -> Self {
        Self {
            plugin,
            roll,
            shards,
            running: Mutex::default(),
        }
    }

    /// The matcher.
    #[must_use]
    pub fn plugin(&self) -> Option<&Plugin> {
        self.plugin.as_ref()
    }

    /// Is there a matcher at all?
    #[must_use]
    pub fn is_there(&self) -> bool {
        self.plugin.is_some()
    }

    /// Starts the matcher and enrols the roll, where that is not done yet.
    ///
    /// # Errors
    /// [`SearchError`].
    pub fn ready(&self) -> Result<Arc<Matcher>, SearchError> {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(matcher) = running.as_ref().filter(|matcher| matcher.is_running()) {
            return Ok(Arc::clone(matcher));
        }
        // The old gallery is given back before the new one is filled.
        *running = None;
        let plugin = self.plugin.as_ref().ok_or(SearchError::NoMatcher)?;
        let fingers = usize::try_from(self.roll.reference_count()).unwrap_or(usize::MAX);
        let matcher = Matcher::start(plugin, fingers, self.shards)?;
        if matcher.template_version() != self.roll.template_version() {
            return Err(SearchError::Version {
                roll: self.roll.template_version(),
                matcher: matcher.template_version(),
            });
        }
        self.enrol(&matcher)?;
        let matcher = Arc::new(matcher);
        *running = Some(Arc::clone(&matcher));
        Ok(matcher)
    }

    fn enrol(&self, matcher: &Matcher) -> Result<(), SearchError> {
        let mut from = Some(RollNumber(1));
        while let Some(first) = from {
            let page = self.roll.references(first, PAGE)?;
            matcher.enrol(page.references.into_iter().map(|reference| Reference {
                subject: reference.voter.0,
                probe: Probe {
                    template: Template(reference.template),
                    position: reference.position,
                },
            }))?;
            from = page.next;
        }
        Ok(())
    }

    /// Who an image could be of. `asked` is the finger that the voter was asked for, or unknown.
    ///
    /// # Errors
    /// [`SearchError`]; the matcher is started again by the next look.
    pub fn look(&self, image: &FingerImage, asked: FingerPosition) -> Result<Look, SearchError> {
        let matcher = self.ready()?;
        let extraction = match matcher.extract(image) {
            Ok(extraction) => extraction,
            Err(ExtractError::Unusable(advice)) => return Ok(Look::Unusable(advice)),
            Err(ExtractError::Invalid) => return Err(SearchError::Invalid),
            Err(ExtractError::Plugin(error)) => return Err(error.into()),
        };
        let probe = Probe {
            template: extraction.template,
            position: asked,
        };
        let candidates = matcher
            .identify(&[probe], CANDIDATES)?
            .into_iter()
            .map(|candidate| Scored {
                voter: RollNumber(candidate.subject),
                score: candidate.score,
                finger: candidate.position,
            })
            .collect();
        Ok(Look::Found {
            quality: extraction.quality,
            candidates,
            advice: extraction.advice,
        })
    }
}
