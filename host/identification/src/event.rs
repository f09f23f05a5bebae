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
        for (event, text) in rows() {
            assert_eq!(serde_json::to_string(&event).unwrap(), text);
            assert_eq!(serde_json::from_str::<Event>(text).unwrap(), event);
        }
    }

    #[test]
    fn an_image_digest_survives_the_journal() {
        let digest = ImageDigest(std::array::from_fn(|index| u8::try_from(index).unwrap()));
        let text = serde_json::to_string(&digest).unwrap();
        assert_eq!(serde_json::from_str::<ImageDigest>(&text).unwrap(), digest);
    }
}
