//! Identification policies: a fresh instance per call, which keeps them pure (`kiosk:policy/identification`).

use crate::bindings::base::kiosk::types::samples::FingerPosition as WirePosition;
use crate::bindings::policy::exports::kiosk::policy::identification as wire;
use crate::bindings::policy::{IdentificationPolicy, IdentificationPolicyPre};
use crate::clock::Control;
use crate::error::PluginError;
use crate::guest::{self, Guest, Span, bad_answer, call};
use crate::limits::{GUEST_TIME, SMALL_MEMORY};
use crate::plugin::{LoadError, Plugin};
use crate::samples::{advice_to, position_from, position_to};
use identification::decision::{CaseFile, Decision, Ruling};
use identification::evidence::{Evidence, Modality};
use identification::voter::{RollNumber, VoterFacts};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use wasmtime::Store;

/// What a plugin for this place is made for.
pub const CONTRACT: &str = "kiosk:policy/identification-policy@0.1.0";

const CALL: Duration = Duration::from_secs(1);
const MAX_CODES: usize = 200;

/// Why a policy cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PolicyError {
    /// not a policy
    #[error(transparent)]
    Load(#[from] LoadError),
    /// it broke a limit while it was tried
    #[error(transparent)]
    Plugin(#[from] PluginError),
    /// it does not take these settings
    #[error("the settings of policy `{policy}` are wrong: {problems}; correct them and start again")]
    Settings {
        /// its name
        policy: String,
        /// path and message of each problem
        problems: String,
    },
}

/// A policy with its settings, tried once.
pub struct Policy {
    plugin: Plugin,
    ready: IdentificationPolicyPre<Guest>,
    settings: String,
    codes: BTreeSet<String>,
}

impl Policy {
    /// Takes a plugin as policy: its contract, its settings and its codes are checked now.
    ///
    /// # Errors
    /// [`PolicyError`].
    pub fn new(plugin: &Plugin, settings: &str) -> Result<Self, PolicyError> {
        let mut policy = Self {
            settings: settings.to_owned(),
            ..Self::unconfigured(plugin)?
        };
        let (mut store, bindings) = policy.instance()?;
        let codes = policy.call(&mut store, "codes", |store| {
            bindings.kiosk_policy_identification().call_codes(store)
        })?;
        if codes.is_empty() || codes.len() > MAX_CODES {
            return Err(bad_answer(plugin.name(), "codes", "a policy has 1 to 200 codes").into());
        }
        policy.codes = codes.into_iter().collect();
        Ok(policy)
    }

    /// One that can be instantiated, and decides nothing.
    pub(crate) fn unconfigured(plugin: &Plugin) -> Result<Self, LoadError> {
        plugin.require(CONTRACT)?;
        let shape = |cause: wasmtime::Error| plugin.shape(&cause);
        let linker = guest::linker(&plugin.engine).map_err(shape)?;
        let ready = linker.instantiate_pre(&plugin.component).map_err(shape)?;
        let ready = IdentificationPolicyPre::new(ready).map_err(shape)?;
        Ok(Self {
            plugin: plugin.clone(),
            ready,
            settings: String::new(),
            codes: BTreeSet::new(),
        })
    }

    /// Its plugin.
    #[must_use]
    pub fn plugin(&self) -> &Plugin {
        &self.plugin
    }

    fn call<T>(
        &self,
        store: &mut Store<Guest>,
        during: &'static str,
        run: impl FnOnce(&mut Store<Guest>) -> wasmtime::Result<T>,
    ) -> Result<T, PluginError> {
        let span = Span {
            during,
            timeout: CALL,
            spin: GUEST_TIME,
        };
        call(store, self.plugin.name(), span, &Arc::new(Control::default()), run)
    }

    /// Makes a fresh instance and drops it: what every call begins with, to be measured by itself.
    ///
    /// # Errors
    /// [`PluginError`].
    pub fn instantiate(&self) -> Result<(), PluginError> {
        let mut store = guest::store(&self.plugin.engine, SMALL_MEMORY, &self.plugin.log);
        self.call(&mut store, "start", |store| self.ready.instantiate(store))
            .map(drop)
    }

    /// A new instance, configured.
    fn instance(&self) -> Result<(Store<Guest>, IdentificationPolicy), PolicyError> {
        let mut store = guest::store(&self.plugin.engine, SMALL_MEMORY, &self.plugin.log);
        let bindings = self.call(&mut store, "start", |store| self.ready.instantiate(store))?;
        let configured = self.call(&mut store, "configure", |store| {
            bindings
                .kiosk_policy_identification()
                .call_configure(store, &self.settings)
        })?;
        match configured {
            Ok(()) => Ok((store, bindings)),
            Err(problems) => {
                let problems: Vec<String> = problems
                    .iter()
                    .take(10)
                    .map(|problem| match quotation::phrase(&problem.path) {
                        path if path.is_empty() => quotation::phrase(&problem.message),
                        path => format!("{path}: {}", quotation::phrase(&problem.message)),
                    })
                    .collect();
                Err(PolicyError::Settings {
                    policy: self.plugin.name().to_owned(),
                    problems: problems.join("; "),
                })
            }
        }
    }

    /// What the policy decides on this case.
    ///
    /// # Errors
    /// [`PolicyError`]: the officers decide instead.
    pub fn decide(&self, case: &CaseFile) -> Result<Ruling, PolicyError> {
        let (mut store, bindings) = self.instance()?;
        let case = case_to(case);
        let ruling = self.call(&mut store, "decide", |store| {
            bindings.kiosk_policy_identification().call_decide(store, &case)
        })?;
        if !self.codes.contains(&ruling.reason) || !self.codes.contains(&ruling.rule) {
            return Err(bad_answer(self.plugin.name(), "decide", "a reason or rule is not one of its codes").into());
        }
        Ok(Ruling {
            decision: decision_from(ruling.decision),
            reason: ruling.reason,
            rule: ruling.rule,
        })
    }
}

impl std::fmt::Debug for Policy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "policy {:?}", self.plugin)
    }
}

fn case_to(case: &CaseFile) -> wire::CaseFile {
    wire::CaseFile {
        evidence: case.evidence.iter().map(evidence_to).collect(),
        voters: case.voters.iter().map(facts_to).collect(),
        available: case.available.iter().map(|modality| modality_to(*modality)).collect(),
        polls_open: case.polls_open,
        time_of_day: case.time_of_day,
        roll_size: case.roll_size,
        overrides_left: case.overrides_left,
    }
}

fn modality_to(modality: Modality) -> wire::Modality {
    match modality {
        Modality::Fingerprint => wire::Modality::Fingerprint,
        Modality::Document => wire::Modality::Document,
        Modality::Face => wire::Modality::Face,
        Modality::Officers => wire::Modality::Officers,
    }
}

fn evidence_to(evidence: &Evidence) -> wire::Evidence {
    match evidence {
        Evidence::Fingerprint {
            asked,
            quality,
            candidates,
            advice,
            elapsed_ms,
            ..
        } => wire::Evidence::Fingerprint(wire::FingerprintAttempt {
            asked: position_to(*asked),
            quality: *quality,
            candidates: candidates
                .iter()
                .map(|candidate| wire::Scored {
                    voter: candidate.voter.0,
                    score: candidate.score.0,
                    finger: position_to(candidate.finger),
                })
                .collect(),
            advice: advice_to(advice),
            elapsed_ms: *elapsed_ms,
        }),
        Evidence::Document {
            valid,
            expired,
            voter,
            name_agreement,
        } => wire::Evidence::Document(wire::DocumentAttempt {
            valid: *valid,
            expired: *expired,
            voter: voter.map(|voter| voter.0),
            name_agreement: *name_agreement,
        }),
        Evidence::Face {
            voter,
            score,
            quality,
            presentation_attack,
        } => wire::Evidence::Face(wire::FaceAttempt {
            voter: voter.0,
            score: score.0,
            quality: *quality,
            presentation_attack: *presentation_attack,
        }),
        Evidence::Officers {
            voter,
            officers,
            reason,
        } => wire::Evidence::Officers(wire::OverrideAttempt {
            voter: voter.0,
            officers: u8::try_from(officers.len()).unwrap_or(u8::MAX),
            reason: reason.clone(),
        }),
        Evidence::TypedNumber { voter } => wire::Evidence::TypedNumber(wire::TypedAttempt {
            voter: voter.map(|voter| voter.0),
        }),
        Evidence::Photo { voter, same_person } => wire::Evidence::Photo(wire::PhotoConfirmation {
            voter: voter.0,
            same_person: *same_person,
        }),
        Evidence::Unavailable { modality } => wire::Evidence::Unavailable(modality_to(*modality)),
        Evidence::FingerAbsent { finger } => wire::Evidence::FingerAbsent(position_to(*finger)),
    }
}

fn facts_to(facts: &VoterFacts) -> wire::VoterFacts {
    wire::VoterFacts {
        voter: facts.voter.0,
        already_admitted: facts.already_admitted,
        excluded: facts.excluded.clone(),
        votes_elsewhere: facts.votes_elsewhere,
        home_station: facts.home_station,
        fingers_on_file: facts
            .fingers_on_file
            .iter()
            .map(|finger| position_to(*finger))
            .collect::<Vec<WirePosition>>(),
        best_reference_quality: facts.best_reference_quality,
        portrait_on_file: facts.portrait_on_file,
        age: facts.age,
    }
}

fn decision_from(decision: wire::Decision) -> Decision {
    match decision {
        wire::Decision::CaptureFinger(finger) => Decision::CaptureFinger(position_from(finger)),
        wire::Decision::AskDocument => Decision::AskDocument,
        wire::Decision::AskFace(voter) => Decision::AskFace(RollNumber(voter)),
        wire::Decision::ConfirmPhoto(voter) => Decision::ConfirmPhoto(RollNumber(voter)),
        wire::Decision::AskOfficers(voter) => Decision::AskOfficers(voter.map(RollNumber)),
        wire::Decision::Admit(voter) => Decision::Admit(RollNumber(voter)),
        wire::Decision::Contest(voter) => Decision::Contest(RollNumber(voter)),
        wire::Decision::Refuse(voter) => Decision::Refuse(voter.map(RollNumber)),
        wire::Decision::Refer(voter) => Decision::Refer(voter.map(RollNumber)),
    }
}
