//! Fingerprint matchers: long-lived instances, each with a shard of the gallery (`kiosk:matcher/fingerprint`).

use crate::actor::{Actor, After};
use crate::bindings::matcher::FingerprintMatcher;
use crate::bindings::matcher::exports::kiosk::matcher::fingerprint as wire;
use crate::clock::Control;
use crate::driver::runtime_error;
use crate::error::PluginError;
use crate::guest::{self, Guest, Span, bad_answer, call};
use crate::limits::{GALLERY_TIME, GUEST_TIME, matcher_memory};
use crate::plugin::{LoadError, Plugin};
use crate::samples::{FingerImage, advice_from, position_from, position_to, to_wire};
use identification::evidence::{Advice, Score};
use identification::voter::FingerPosition;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;
use wasmtime::Store;
use wasmtime::component::ResourceAny;

/// What a plugin for this place is made for.
pub const CONTRACT: &str = "kiosk:matcher/fingerprint-matcher@0.1.0";

const EXTRACT: Duration = Duration::from_secs(3);
const GALLERY: Duration = Duration::from_secs(10);
/// Bytes of templates in one batch, well below the host-call fuel.
const BATCH_BYTES: usize = 1 << 20;
/// Largest template, in bytes.
const MAX_TEMPLATE_BYTES: usize = 64 << 10;

/// The plugin's own form of a finger. Biometric data: never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Template(pub Vec<u8>);

impl std::fmt::Debug for Template {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "template of {} bytes", self.0.len())
    }
}

/// What an image gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extraction {
    /// for gallery and probes
    pub template: Template,
    /// 0 worst to 100 best
    pub quality: u8,
    /// what could be better
    pub advice: Vec<Advice>,
    /// how many minutiae were found
    pub minutiae: u16,
}

/// Why an image gave no template.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExtractError {
    /// too poor to be of use
    #[error("the image cannot be used; follow the advice on the screen and try again")]
    Unusable(Vec<Advice>),
    /// the image breaks the contract
    #[error("the matcher does not take this image; the scanner's driver does not fit the matcher")]
    Invalid,
    /// the plugin broke a limit
    #[error(transparent)]
    Plugin(#[from] PluginError),
}

/// A template with its finger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Probe {
    /// the finger
    pub template: Template,
    /// where it is, or unknown
    pub position: FingerPosition,
}

/// A probe in the gallery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// the host's key of a voter
    pub subject: u32,
    /// one finger
    pub probe: Probe,
}

/// Who it could be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// the host's key of a voter
    pub subject: u32,
    /// calibrated
    pub score: Score,
    /// the finger that agreed best
    pub position: FingerPosition,
}

/// The same minutia in two prints, in the matcher's coordinates: those of its records.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Pairing {
    /// column and row in the probe
    pub probe: (u16, u16),
    /// column and row in the reference
    pub reference: (u16, u16),
}

/// Places of minutiae are biometric data and never shown.
impl std::fmt::Debug for Pairing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("pairing")
    }
}

/// A matcher with its gallery.
pub struct Matcher {
    shards: Vec<Actor<Shard>>,
    template_version: u32,
    plugin: Plugin,
}

struct Shard {
    store: Store<Guest>,
    bindings: FingerprintMatcher,
    gallery: ResourceAny,
    plugin: String,
    control: Arc<Control>,
}

impl Matcher {
    /// Starts `shards` instances for a gallery of about `fingers` fingers in all.
    ///
    /// # Errors
    /// [`LoadError`] where the plugin is no matcher, else [`PluginError`].
    pub fn start(plugin: &Plugin, fingers: usize, shards: NonZeroUsize) -> Result<Self, StartError> {
        plugin.require(CONTRACT)?;
        let per_shard = fingers.div_ceil(shards.get());
        let shards: Result<Vec<Actor<Shard>>, StartError> = (0..shards.get())
            .map(|_| {
                let control = Arc::new(Control::default());
                let (plugin, own) = (plugin.clone(), Arc::clone(&control));
                let name = plugin.name().to_owned();
                Actor::start(&name, control, move || Shard::start(&plugin, per_shard, own)).map_err(StartError::from)
            })
            .collect();
        let shards = shards?;
        let template_version = shards[0].ask("template-version", |shard| {
            shard.call("template-version", GUEST_TIME, GUEST_TIME, |store, bindings, _| {
                bindings.kiosk_matcher_fingerprint().call_template_version(store)
            })
        })??;
        Ok(Self {
            shards,
            template_version,
            plugin: plugin.clone(),
        })
    }

    /// Its plugin.
    #[must_use]
    pub fn plugin(&self) -> &Plugin {
        &self.plugin
    }

    /// Templates of another version must be extracted anew.
    #[must_use]
    pub fn template_version(&self) -> u32 {
        self.template_version
    }

    /// False once a call ended an instance: start it again, with its gallery.
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.shards.iter().all(Actor::is_running)
    }

    /// A template of an image.
    ///
    /// # Errors
    /// [`ExtractError`].
    pub fn extract(&self, image: &FingerImage) -> Result<Extraction, ExtractError> {
        self.extract_on(0, image.clone())?
            .recv()
            .map_err(|_| ExtractError::Plugin(self.shards[0].error("extract", crate::error::Cause::Stopped)))?
    }

    /// Templates of many images, on all shards at once, in the order of the images. `done` hears of each.
    pub fn extract_all(
        &self,
        images: Vec<FingerImage>,
        mut done: impl FnMut(usize),
    ) -> Vec<Result<Extraction, ExtractError>> {
        let mut results = Vec::with_capacity(images.len());
        let mut waiting = std::collections::VecDeque::new();
        for (index, image) in images.into_iter().enumerate() {
            waiting.push_back(self.extract_on(index % self.shards.len(), image));
            // Two jobs a shard keep all of them busy without filling a mailbox.
            if waiting.len() > 2 * self.shards.len() {
                results.extend(waiting.pop_front().map(|answer| self.extracted(answer)));
                done(results.len());
            }
        }
        for answer in waiting {
            results.push(self.extracted(answer));
            done(results.len());
        }
        results
    }

    /// The finger views of an ISO/IEC 19794-2:2005 record.
    ///
    /// # Errors
    /// [`ExtractError::Invalid`] where the record breaks a rule of its format, else the plugin's error.
    pub fn import_record(&self, bytes: &[u8]) -> Result<Vec<Probe>, ExtractError> {
        let bytes = bytes.to_vec();
        let answer = self.shards[0].ask("import-record", move |shard| {
            shard.call("import-record", EXTRACT, GUEST_TIME, |store, bindings, _| {
                let format = wire::RecordFormat::Iso1979422005;
                bindings
                    .kiosk_matcher_fingerprint()
                    .call_import_record(store, &bytes, format)
            })
        })??;
        let probe = |probe: wire::Probe| Probe {
            template: Template(probe.template),
            position: position_from(probe.position),
        };
        answer
            .map(|probes| probes.into_iter().map(probe).collect())
            .map_err(|_| ExtractError::Invalid)
    }

    /// A probe as an ISO/IEC 19794-2:2005 record of one view.
    ///
    /// # Errors
    /// [`ExtractError::Invalid`] where the template is none of this matcher's, else the plugin's error.
    pub fn export_record(&self, probe: &Probe) -> Result<Vec<u8>, ExtractError> {
        let probe = probe.clone();
        let answer = self.shards[0].ask("export-record", move |shard| {
            let probe = probe_to(&probe);
            shard.call("export-record", EXTRACT, GUEST_TIME, |store, bindings, _| {
                let format = wire::RecordFormat::Iso1979422005;
                bindings
                    .kiosk_matcher_fingerprint()
                    .call_export_record(store, &probe, format)
            })
        })??;
        answer.map_err(|_| ExtractError::Invalid)
    }

    fn extracted(
        &self,
        answer: Result<std::sync::mpsc::Receiver<Result<Extraction, ExtractError>>, PluginError>,
    ) -> Result<Extraction, ExtractError> {
        answer?
            .recv()
            .map_err(|_| self.shards[0].error("extract", crate::error::Cause::Stopped))?
    }

    fn extract_on(
        &self,
        shard: usize,
        image: FingerImage,
    ) -> Result<std::sync::mpsc::Receiver<Result<Extraction, ExtractError>>, PluginError> {
        self.shards[shard].post("extract", move |shard| shard.extract(&image))
    }

    /// Adds references to the gallery, spread over the shards by subject.
    ///
    /// # Errors
    /// [`PluginError`].
    pub fn enrol(&self, references: impl IntoIterator<Item = Reference>) -> Result<(), PluginError> {
        let mut batches: Vec<(Vec<Reference>, usize)> = self.shards.iter().map(|_| (Vec::new(), 0)).collect();
        for reference in references {
            let index = self.shard_of(reference.subject);
            let (batch, bytes) = &mut batches[index];
            // A record costs a little more than its template.
            *bytes += reference.probe.template.0.len() + 32;
            batch.push(reference);
            if *bytes >= BATCH_BYTES {
                *bytes = 0;
                self.enrol_on(index, std::mem::take(batch))?;
            }
        }
        for (index, (batch, _)) in batches.into_iter().enumerate() {
            if !batch.is_empty() {
                self.enrol_on(index, batch)?;
            }
        }
        Ok(())
    }

    fn shard_of(&self, subject: u32) -> usize {
        usize::try_from(subject).unwrap_or(0) % self.shards.len()
    }

    fn enrol_on(&self, shard: usize, batch: Vec<Reference>) -> Result<(), PluginError> {
        self.shards[shard].ask("enrol", move |shard| shard.enrol(&batch))?
    }

    /// Takes a subject out of the gallery.
    ///
    /// # Errors
    /// [`PluginError`].
    pub fn remove(&self, subject: u32) -> Result<(), PluginError> {
        self.shards[self.shard_of(subject)].ask("remove", move |shard| {
            shard.call("remove", GALLERY, GUEST_TIME, |store, bindings, gallery| {
                bindings
                    .kiosk_matcher_fingerprint()
                    .gallery()
                    .call_remove(store, gallery, subject)
            })
        })?
    }

    /// Who it could be, best first; ties go to the smaller subject. All shards search at once.
    ///
    /// # Errors
    /// [`PluginError`].
    pub fn identify(&self, probes: &[Probe], limit: u16) -> Result<Vec<Candidate>, PluginError> {
        let waiting: Result<Vec<_>, PluginError> = self
            .shards
            .iter()
            .map(|shard| {
                let probes = probes.to_vec();
                shard.post("identify", move |shard| shard.identify(&probes, limit))
            })
            .collect();
        let mut found = Vec::new();
        for (shard, answer) in self.shards.iter().zip(waiting?) {
            found.extend(
                answer
                    .recv()
                    .map_err(|_| shard.error("identify", crate::error::Cause::Stopped))??,
            );
        }
        found.sort_by(|a, b| b.score.cmp(&a.score).then(a.subject.cmp(&b.subject)));
        found.truncate(usize::from(limit));
        Ok(found)
    }

    /// How well this voter agrees, or none where the subject is not in the gallery.
    ///
    /// # Errors
    /// [`PluginError`].
    pub fn verify(&self, subject: u32, probes: &[Probe]) -> Result<Option<Candidate>, PluginError> {
        let probes = probes.to_vec();
        self.shards[self.shard_of(subject)].ask("verify", move |shard| {
            let probes: Vec<wire::Probe> = probes.iter().map(probe_to).collect();
            let (answer, after) = shard.call("verify", GALLERY, GUEST_TIME, |store, bindings, gallery| {
                bindings
                    .kiosk_matcher_fingerprint()
                    .gallery()
                    .call_verify(store, gallery, subject, &probes)
            });
            (answer.map(|candidate| candidate.map(candidate_from)), after)
        })?
    }

    /// Minutiae that agree between the probe and this subject's view that agrees best; none where the subject is not in
    /// the gallery.
    ///
    /// # Errors
    /// [`PluginError`].
    pub fn explain(&self, subject: u32, probe: &Probe) -> Result<Vec<Pairing>, PluginError> {
        let probe = probe.clone();
        let pairings = self.shards[self.shard_of(subject)].ask("explain", move |shard| {
            let probe = probe_to(&probe);
            shard.call("explain", GALLERY, GUEST_TIME, |store, bindings, gallery| {
                bindings
                    .kiosk_matcher_fingerprint()
                    .gallery()
                    .call_explain(store, gallery, subject, &probe)
            })
        })??;
        let pairing = |pairing: wire::Pairing| Pairing {
            probe: (pairing.probe.x, pairing.probe.y),
            reference: (pairing.reference.x, pairing.reference.y),
        };
        Ok(pairings.into_iter().map(pairing).collect())
    }
}

impl std::fmt::Debug for Matcher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "matcher {:?} in {} shards", self.plugin, self.shards.len())
    }
}

/// Why a matcher did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// not a matcher
    #[error(transparent)]
    Load(#[from] LoadError),
    /// it broke a limit
    #[error(transparent)]
    Plugin(#[from] PluginError),
}

impl Shard {
    fn start(plugin: &Plugin, fingers: usize, control: Arc<Control>) -> Result<Self, PluginError> {
        let name = plugin.name().to_owned();
        let mut store = guest::store(&plugin.engine, matcher_memory(fingers), &plugin.log);
        let linker = guest::linker(&plugin.engine).map_err(|cause| runtime_error(&name, &cause))?;
        let span = |during| Span {
            during,
            timeout: GALLERY,
            spin: GUEST_TIME,
        };
        let bindings = call(&mut store, &name, span("start"), &control, |store| {
            FingerprintMatcher::instantiate(store, &plugin.component, &linker)
        })?;
        let expected = u32::try_from(fingers).unwrap_or(u32::MAX);
        let gallery = call(&mut store, &name, span("gallery"), &control, |store| {
            bindings
                .kiosk_matcher_fingerprint()
                .gallery()
                .call_constructor(store, expected)
        })?;
        Ok(Self {
            store,
            bindings,
            gallery,
            plugin: name,
            control,
        })
    }

    fn call<T>(
        &mut self,
        during: &'static str,
        timeout: Duration,
        spin: Duration,
        run: impl FnOnce(&mut Store<Guest>, &FingerprintMatcher, ResourceAny) -> wasmtime::Result<T>,
    ) -> (Result<T, PluginError>, After) {
        let span = Span { during, timeout, spin };
        let (bindings, gallery) = (&self.bindings, self.gallery);
        let answer = call(&mut self.store, &self.plugin, span, &self.control, |store| {
            run(store, bindings, gallery)
        });
        let after = if answer.is_ok() { After::Goes } else { After::Ends };
        (answer, after)
    }

    fn extract(&mut self, image: &FingerImage) -> (Result<Extraction, ExtractError>, After) {
        let sample = to_wire(image);
        let (answer, after) = self.call("extract", EXTRACT, GUEST_TIME, |store, bindings, _| {
            bindings.kiosk_matcher_fingerprint().call_extract(store, &sample)
        });
        let answer = match answer {
            Err(error) => return (Err(error.into()), after),
            Ok(Err(wire::ExtractionError::Unusable(advice))) => {
                return (Err(ExtractError::Unusable(advice_from(&advice))), after);
            }
            Ok(Err(wire::ExtractionError::InvalidImage(_))) => return (Err(ExtractError::Invalid), after),
            Ok(Ok(answer)) => answer,
        };
        if answer.template.is_empty() || answer.template.len() > MAX_TEMPLATE_BYTES || answer.quality > 100 {
            let rule = "a template has 1 byte to 64 KiB and a quality of 0 to 100";
            return (Err(bad_answer(&self.plugin, "extract", rule).into()), After::Ends);
        }
        let extraction = Extraction {
            template: Template(answer.template),
            quality: answer.quality,
            advice: advice_from(&answer.advice),
            minutiae: answer.minutiae,
        };
        (Ok(extraction), after)
    }

    fn enrol(&mut self, batch: &[Reference]) -> (Result<(), PluginError>, After) {
        let references: Vec<wire::Reference> = batch
            .iter()
            .map(|reference| wire::Reference {
                subject: reference.subject,
                probe: probe_to(&reference.probe),
            })
            .collect();
        let (answer, after) = self.call("enrol", GALLERY, GALLERY_TIME, |store, bindings, gallery| {
            bindings
                .kiosk_matcher_fingerprint()
                .gallery()
                .call_enrol(store, gallery, &references)
        });
        let plugin = self.plugin.clone();
        let refused = |_| bad_answer(&plugin, "enrol", "a template of its own version must be taken");
        (answer.and_then(|taken| taken.map_err(refused)), after)
    }

    fn identify(&mut self, probes: &[Probe], limit: u16) -> (Result<Vec<Candidate>, PluginError>, After) {
        let probes: Vec<wire::Probe> = probes.iter().map(probe_to).collect();
        let (answer, after) = self.call("identify", GALLERY, GALLERY_TIME, |store, bindings, gallery| {
            bindings
                .kiosk_matcher_fingerprint()
                .gallery()
                .call_identify(store, gallery, &probes, limit)
        });
        match answer {
            Err(error) => (Err(error), after),
            Ok(found) if found.len() > usize::from(limit) => (
                Err(bad_answer(&self.plugin, "identify", "more candidates than asked for")),
                After::Ends,
            ),
            Ok(found) => (Ok(found.into_iter().map(candidate_from).collect()), after),
        }
    }
}

fn probe_to(probe: &Probe) -> wire::Probe {
    wire::Probe {
        template: probe.template.0.clone(),
        position: position_to(probe.position),
    }
}

fn candidate_from(candidate: wire::Candidate) -> Candidate {
    Candidate {
        subject: candidate.subject,
        score: Score(candidate.score),
        position: position_from(candidate.position),
    }
}
