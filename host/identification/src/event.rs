//! The facts that the journal keeps. State is the fold of these; nothing else is true.

use crate::decision::Ruling;
use crate::evidence::{Evidence, Score};
use crate::voter::RollNumber;
use serde::{Deserialize, Serialize};

/// The kiosk's number for one check-in, from 1, never used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CheckInId(pub u64);

impl std::fmt::Display for CheckInId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// What admitted a voter, kept beside the admission.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "basis", rename_all = "kebab-case")]
pub enum Basis {
    /// biometric or document evidence above the commission's floor, and the operator's confirmation of the photo
    Confirmed {
        /// the score that passed the floor
        score: Option<Score>,
    },
    /// two officers, by name
    Override {
        /// their names
        officers: Vec<String>,
        /// a code
        reason: String,
    },
}

/// How a receipt's print ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PrintOutcome {
    /// the printer says that the receipt is out
    Printed,
    /// nothing came out
    NotPrinted,
    /// the printer went away or kept silent: the operator is asked
    Unknown,
}

/// One step of a check-in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "kebab-case")]
pub enum Step {
    /// a person stands before the operator
    Started,
    /// something was seen
    Seen {
        /// what
        evidence: Evidence,
    },
    /// the policy answered
    Ruled {
        /// what
        ruling: Ruling,
    },
    /// the host replaced the policy's answer, since it would break a rule of the host
    Overruled {
        /// the broken rule, as a code
        rule: String,
        /// what the host does instead
        ruling: Ruling,
    },
    /// the voter is identified and holds the station's one admission; no receipt yet
    Identified {
        /// who
        voter: RollNumber,
        /// why
        basis: Basis,
    },
    /// the receipt was sent to the printer
    Printing {
        /// 1 the original, 2 and on are marked copies
        copy: u16,
    },
    /// the print ended
    PrintEnded {
        /// how
        outcome: PrintOutcome,
    },
    /// the operator handed the receipt over
    Issued,
    /// the printer is out of use: two officers wrote the receipt by hand and handed it over
    IssuedByHand {
        /// their names
        officers: Vec<String>,
    },
    /// the admission is undone: the receipt never left, or came back with two officers' names
    Voided {
        /// two names once the receipt had been issued
        officers: Vec<String>,
        /// a code
        reason: String,
    },
    /// this voter was admitted earlier; not final on a fingerprint alone
    AlreadyIdentified {
        /// who
        voter: RollNumber,
    },
    /// an image that was presented before, byte for byte: refused as a replay
    ReplayRefused,
    /// admitted earlier, and two officers hold that this is the voter all the same: counted apart, settled as the law
    /// says; not an admission
    Contested {
        /// who
        voter: RollNumber,
        /// their names
        officers: Vec<String>,
        /// a code
        reason: String,
    },
    /// to the commission at the station
    Referred {
        /// who, where known
        voter: Option<RollNumber>,
        /// a code
        reason: String,
    },
    /// not entitled here now
    Refused {
        /// who, where known
        voter: Option<RollNumber>,
        /// a code
        reason: String,
    },
    /// the person left before a decision
    Abandoned,
}

impl Step {
    /// The step's name, as the journal writes it.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Started => "started",
            Self::Seen { .. } => "seen",
            Self::Ruled { .. } => "ruled",
            Self::Overruled { .. } => "overruled",
            Self::Identified { .. } => "identified",
            Self::Printing { .. } => "printing",
            Self::PrintEnded { .. } => "print-ended",
            Self::Issued => "issued",
            Self::IssuedByHand { .. } => "issued-by-hand",
            Self::Voided { .. } => "voided",
            Self::AlreadyIdentified { .. } => "already-identified",
            Self::ReplayRefused => "replay-refused",
            Self::Contested { .. } => "contested",
            Self::Referred { .. } => "referred",
            Self::Refused { .. } => "refused",
            Self::Abandoned => "abandoned",
        }
    }
}

/// One step of a release on its way to running on this kiosk, and away again. Which release runs is the fold of these.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "kebab-case")]
pub enum UpdateStep {
    /// its bytes are kept here
    Fetched,
    /// its bytes and what it says of itself are what the commission signed
    Verified {
        /// the plan that says so, SHA-256, hex: the plan is kept for as long as the release is
        plan: String,
    },
    /// it was compiled
    Compiled,
    /// it was tried, and answered as it must
    Probed,
    /// it can become active at any moment
    StandingBy,
    /// it runs, in place of what ran before
    Active {
        /// the two who agreed while the polls were open; nobody otherwise
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        officers: Vec<String>,
    },
    /// it failed on this kiosk, or officers went back from it: it runs here no more
    Returned {
        /// a code
        reason: String,
    },
    /// it does not run any more, since another does or since the plan no longer has it; it may run again
    Retired {
        /// the two who agreed while the polls were open; nobody otherwise
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        officers: Vec<String>,
    },
    /// it was kept out before it ran
    Refused {
        /// a code
        reason: String,
    },
    /// the commission withdrew it
    Withdrawn {
        /// a code
        reason: String,
    },
}

impl UpdateStep {
    /// The step's name, as the journal writes it.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Fetched => "fetched",
            Self::Verified { .. } => "verified",
            Self::Compiled => "compiled",
            Self::Probed => "probed",
            Self::StandingBy => "standing-by",
            Self::Active { .. } => "active",
            Self::Returned { .. } => "returned",
            Self::Retired { .. } => "retired",
            Self::Refused { .. } => "refused",
            Self::Withdrawn { .. } => "withdrawn",
        }
    }
}

/// A document of the commission that this kiosk took.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Taken {
    /// its counter
    pub counter: u64,
    /// SHA-256 of its bytes, hex
    pub digest: String,
}

/// One durable fact of this kiosk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Event {
    /// the daemon came up
    KioskStarted {
        /// its version
        software: String,
        /// SHA-256 of the roll file, hex
        roll: String,
        /// voters on it
        roll_size: u32,
    },
    /// a plugin was loaded for a role
    PluginLoaded {
        /// its role at the station: `policy`, `matcher`, ...
        role: String,
        /// its name
        plugin: String,
        /// its version
        version: String,
        /// SHA-256 of the component, hex
        digest: String,
    },
    /// a plugin call ended in a fault; codes only
    PluginFault {
        /// which
        plugin: String,
        /// a code
        code: String,
    },
    /// a plugin or a device was kept out, or a rule of the host was tried: codes only
    Incident {
        /// a code
        code: String,
    },
    /// officers opened the polls
    PollsOpened {
        /// their names
        officers: Vec<String>,
    },
    /// officers closed the polls
    PollsClosed {
        /// their names
        officers: Vec<String>,
    },
    /// a device came, went or failed
    Device {
        /// its role: `scanner`, `printer`, ...
        role: String,
        /// `arrived`, `gone`, or a fault's code
        code: String,
    },
    /// a step of a check-in
    CheckIn {
        /// which
        id: CheckInId,
        /// what
        #[serde(flatten)]
        step: Step,
    },
    /// a result left the station
    Exported {
        /// the format's id
        format: String,
        /// bytes
        bytes: u64,
        /// SHA-256 of what was written, hex
        digest: String,
    },
    /// a step of a release
    Update {
        /// what is updated: `driver`, `matcher`, `policy`, `exporter`, `settings`, `messages`
        kind: String,
        /// its name
        name: String,
        /// the release's counter: larger is newer
        counter: u32,
        /// SHA-256 of the release's file, hex
        digest: String,
        /// what
        #[serde(flatten)]
        step: UpdateStep,
    },
    /// what the commission signed was looked at and is newer than before. Versions never become smaller, and the time that
    /// this kiosk trusts never goes back behind `signed_at`.
    Trust {
        /// version of the root of trust
        root: u64,
        /// version
        timestamp: u64,
        /// version
        snapshot: u64,
        /// version
        targets: u64,
        /// the plan
        plan: Taken,
        /// the emergency list, where there is one
        #[serde(default, skip_serializing_if = "Option::is_none")]
        emergency: Option<Taken>,
        /// when the newest of it was signed, by the signature: Unix ms
        signed_at: u64,
    },
    /// no release of this below the floor becomes active on this kiosk, ever again
    Floor {
        /// what is updated
        kind: String,
        /// its name
        name: String,
        /// the smallest counter that may run
        floor: u32,
    },
    /// what holds from the opening of the polls on, beside the roll: SHA-256, hex
    ZeroReport {
        /// of the host's rules
        rules: String,
        /// of the policy's settings
        settings: String,
        /// of the commission's plan, where this kiosk follows one
        #[serde(default, skip_serializing_if = "Option::is_none")]
        plan: Option<String>,
    },
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod tests {
    use super::*;
    use crate::decision::Decision;
    use crate::evidence::{Advice, ImageDigest, Scored};
    use crate::voter::FingerPosition;

    fn step(step: Step) -> Event {
        Event::CheckIn { id: CheckInId(7), step }
    }

    fn update(step: UpdateStep) -> Event {
        Event::Update {
            kind: "policy".into(),
            name: "fingerprint-first".into(),
            counter: 3,
            digest: "c0ffee".into(),
            step,
        }
    }

    /// The row of a release's step; all begin alike.
    fn update_row(step: UpdateStep, rest: &str) -> (Event, String) {
        let begin =
            r#"{"event":"update","kind":"policy","name":"fingerprint-first","counter":3,"digest":"c0ffee","step":"#;
        (update(step), format!("{begin}{rest}"))
    }

    /// What the rows of updates say.
    fn update_rows() -> Vec<(Event, String)> {
        let officers = vec!["A".to_owned(), "B".to_owned()];
        let code = || "below-the-floor".to_owned();
        let taken = |counter| Taken {
            counter,
            digest: "d1".into(),
        };
        let trust = |emergency| Event::Trust {
            root: 1,
            timestamp: 40,
            snapshot: 12,
            targets: 11,
            plan: taken(9),
            emergency,
            signed_at: 1_800_000_000_000,
        };
        let floor = Event::Floor {
            kind: "driver".into(),
            name: "uru4000".into(),
            floor: 2,
        };
        let zero = |plan| Event::ZeroReport {
            rules: "r".into(),
            settings: "s".into(),
            plan,
        };
        vec![
            update_row(UpdateStep::Fetched, r#""fetched"}"#),
            update_row(
                UpdateStep::Verified { plan: "d1".into() },
                r#""verified","plan":"d1"}"#,
            ),
            update_row(UpdateStep::Compiled, r#""compiled"}"#),
            update_row(UpdateStep::Probed, r#""probed"}"#),
            update_row(UpdateStep::StandingBy, r#""standing-by"}"#),
            update_row(UpdateStep::Active { officers: Vec::new() }, r#""active"}"#),
            update_row(
                UpdateStep::Active {
                    officers: officers.clone(),
                },
                r#""active","officers":["A","B"]}"#,
            ),
            update_row(
                UpdateStep::Returned { reason: code() },
                r#""returned","reason":"below-the-floor"}"#,
            ),
            update_row(UpdateStep::Retired { officers: Vec::new() }, r#""retired"}"#),
            update_row(UpdateStep::Retired { officers }, r#""retired","officers":["A","B"]}"#),
            update_row(
                UpdateStep::Refused { reason: code() },
                r#""refused","reason":"below-the-floor"}"#,
            ),
            update_row(
                UpdateStep::Withdrawn { reason: code() },
                r#""withdrawn","reason":"below-the-floor"}"#,
            ),
            (
                trust(Some(taken(2))),
                r#"{"event":"trust","root":1,"timestamp":40,"snapshot":12,"targets":11,"plan":{"counter":9,"digest":"d1"},"emergency":{"counter":2,"digest":"d1"},"signed_at":1800000000000}"#.to_owned(),
            ),
            (
                trust(None),
                r#"{"event":"trust","root":1,"timestamp":40,"snapshot":12,"targets":11,"plan":{"counter":9,"digest":"d1"},"signed_at":1800000000000}"#.to_owned(),
            ),
            (
                floor,
                r#"{"event":"floor","kind":"driver","name":"uru4000","floor":2}"#.to_owned(),
            ),
            (
                zero(Some("p".into())),
                r#"{"event":"zero-report","rules":"r","settings":"s","plan":"p"}"#.to_owned(),
            ),
            (
                zero(None),
                r#"{"event":"zero-report","rules":"r","settings":"s"}"#.to_owned(),
            ),
        ]
    }

    /// What a journal row says: a row written by one version must be read by the next, so the text is held here.
    fn rows() -> Vec<(Event, &'static str)> {
        let voter = RollNumber(42);
        let ruling = Ruling {
            decision: Decision::ConfirmPhoto(voter),
            reason: "good-hit".into(),
            rule: "hit".into(),
        };
        let evidence = Evidence::Fingerprint {
            asked: FingerPosition::RightIndex,
            quality: Some(80),
            candidates: vec![Scored {
                voter,
                score: Score(612),
                finger: FingerPosition::RightIndex,
            }],
            advice: vec![Advice::TooDry],
            elapsed_ms: 900,
            image: None,
        };
        vec![
            (step(Step::Started), r#"{"event":"check-in","id":7,"step":"started"}"#),
            (
                step(Step::Seen { evidence }),
                r#"{"event":"check-in","id":7,"step":"seen","evidence":{"kind":"fingerprint","asked":"right-index","quality":80,"candidates":[{"voter":42,"score":612,"finger":"right-index"}],"advice":["too-dry"],"elapsed_ms":900,"image":null}}"#,
            ),
            (
                step(Step::Ruled { ruling }),
                r#"{"event":"check-in","id":7,"step":"ruled","ruling":{"decision":"confirm-photo","of":42,"reason":"good-hit","rule":"hit"}}"#,
            ),
            (
                step(Step::Identified {
                    voter,
                    basis: Basis::Confirmed {
                        score: Some(Score(612)),
                    },
                }),
                r#"{"event":"check-in","id":7,"step":"identified","voter":42,"basis":{"basis":"confirmed","score":612}}"#,
            ),
            (
                step(Step::Printing { copy: 1 }),
                r#"{"event":"check-in","id":7,"step":"printing","copy":1}"#,
            ),
            (
                step(Step::PrintEnded {
                    outcome: PrintOutcome::NotPrinted,
                }),
                r#"{"event":"check-in","id":7,"step":"print-ended","outcome":"not-printed"}"#,
            ),
            (step(Step::Issued), r#"{"event":"check-in","id":7,"step":"issued"}"#),
            (
                step(Step::Voided {
                    officers: vec!["A".into(), "B".into()],
                    reason: "returned".into(),
                }),
                r#"{"event":"check-in","id":7,"step":"voided","officers":["A","B"],"reason":"returned"}"#,
            ),
            (
                Event::Device {
                    role: "scanner".into(),
                    code: "gone".into(),
                },
                r#"{"event":"device","role":"scanner","code":"gone"}"#,
            ),
        ]
    }

    #[test]
    fn every_event_is_written_as_the_journal_holds_it_and_read_back_the_same() {
        let rows = rows().into_iter().map(|(event, text)| (event, text.to_owned()));
        for (event, text) in rows.chain(update_rows()) {
            assert_eq!(serde_json::to_string(&event).unwrap(), text);
            assert_eq!(serde_json::from_str::<Event>(&text).unwrap(), event);
        }
    }

    #[test]
    fn every_step_of_a_release_is_called_as_its_row_says() {
        for (event, text) in update_rows() {
            if let Event::Update { step, .. } = event {
                assert!(text.contains(&format!("\"step\":\"{}\"", step.name())), "{text}");
            }
        }
    }

    #[test]
    fn an_image_digest_survives_the_journal() {
        let digest = ImageDigest(std::array::from_fn(|index| u8::try_from(index).unwrap()));
        let text = serde_json::to_string(&digest).unwrap();
        assert_eq!(serde_json::from_str::<ImageDigest>(&text).unwrap(), digest);
    }
}
