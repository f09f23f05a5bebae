//! The states of one check-in, and which step leads where.
//!
//! ```mermaid
//! stateDiagram-v2
//!     [*] --> Collecting: started
//!     Collecting --> Collecting: seen
//!     Collecting --> Collecting: replay-refused
//!     Collecting --> Collecting: ruled
//!     Collecting --> Collecting: overruled
//!     Collecting --> Identified: identified
//!     Collecting --> AlreadyIdentified: already-identified
//!     Collecting --> Contested: contested
//!     Collecting --> Referred: referred
//!     Collecting --> Refused: refused
//!     Collecting --> Abandoned: abandoned
//!     Referred --> Referred: seen
//!     Referred --> Identified: identified
//!     Referred --> Contested: contested
//!     AlreadyIdentified --> AlreadyIdentified: seen
//!     AlreadyIdentified --> Identified: identified
//!     AlreadyIdentified --> Contested: contested
//!     Identified --> Printing: printing
//!     Identified --> Issued: issued-by-hand
//!     Identified --> Voided: voided
//!     Printing --> Printed: print-ended printed
//!     Printing --> NotPrinted: print-ended not-printed
//!     Printing --> PrintUnknown: print-ended unknown
//!     PrintUnknown --> Printed: print-ended printed
//!     PrintUnknown --> NotPrinted: print-ended not-printed
//!     NotPrinted --> Printing: printing
//!     NotPrinted --> Issued: issued-by-hand
//!     NotPrinted --> Voided: voided
//!     Printed --> Issued: issued
//!     Printed --> Printing: printing
//!     Printed --> Voided: voided
//!     Issued --> Voided: voided
//! ```
//!
//! From `Identified` to `Issued` the voter holds the station's one admission; `Voided` gives it back. A check-in that
//! left `Collecting` is never lost: each of its states waits for something ([`crate::next`]) or has ended.

use crate::event::{PrintOutcome, Step};

/// Where a check-in stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// evidence is being collected
    Collecting,
    /// admitted; no receipt yet
    Identified,
    /// the receipt is at the printer
    Printing,
    /// the receipt is out, not yet handed over
    Printed,
    /// no receipt came out
    NotPrinted,
    /// nobody knows whether a receipt came out: the operator is asked
    PrintUnknown,
    /// the voter has the receipt
    Issued,
    /// the admission was taken back
    Voided,
    /// this voter was admitted earlier; officers can contest
    AlreadyIdentified,
    /// two officers sent the voter down the contested path
    Contested,
    /// with the commission at the station
    Referred,
    /// not entitled here now
    Refused,
    /// the person left before a decision
    Abandoned,
}

impl State {
    /// Every state, for tables and tests.
    pub const ALL: [Self; 13] = [
        Self::Collecting,
        Self::Identified,
        Self::Printing,
        Self::Printed,
        Self::NotPrinted,
        Self::PrintUnknown,
        Self::Issued,
        Self::Voided,
        Self::AlreadyIdentified,
        Self::Contested,
        Self::Referred,
        Self::Refused,
        Self::Abandoned,
    ];

    /// The state after a step, or none where the step cannot be taken from here.
    #[must_use]
    pub fn after(self, step: &Step) -> Option<Self> {
        let next = match (self, step) {
            (
                Self::Collecting,
                Step::Seen { .. } | Step::ReplayRefused | Step::Ruled { .. } | Step::Overruled { .. },
            ) => Self::Collecting,
            (Self::Referred | Self::AlreadyIdentified, Step::Seen { .. }) => self,
            (Self::Collecting | Self::Referred | Self::AlreadyIdentified, Step::Identified { .. }) => Self::Identified,
            (Self::Collecting | Self::Referred | Self::AlreadyIdentified, Step::Contested { .. }) => Self::Contested,
            (Self::Collecting, Step::AlreadyIdentified { .. }) => Self::AlreadyIdentified,
            (Self::Collecting, Step::Referred { .. }) => Self::Referred,
            (Self::Collecting, Step::Refused { .. }) => Self::Refused,
            (Self::Collecting, Step::Abandoned) => Self::Abandoned,
            (Self::Identified | Self::NotPrinted | Self::Printed, Step::Printing { .. }) => Self::Printing,
            (Self::Printing | Self::PrintUnknown, Step::PrintEnded { outcome }) => match (self, outcome) {
                (_, PrintOutcome::Printed) => Self::Printed,
                (_, PrintOutcome::NotPrinted) => Self::NotPrinted,
                (Self::Printing, PrintOutcome::Unknown) => Self::PrintUnknown,
                (_, PrintOutcome::Unknown) => return None,
            },
            (Self::Printed, Step::Issued) | (Self::Identified | Self::NotPrinted, Step::IssuedByHand { .. }) => {
                Self::Issued
            }
            (Self::Identified | Self::NotPrinted | Self::Printed | Self::Issued, Step::Voided { .. }) => Self::Voided,
            _ => return None,
        };
        Some(next)
    }

    /// True while the voter holds the station's one admission.
    #[must_use]
    pub fn holds_admission(self) -> bool {
        matches!(
            self,
            Self::Identified | Self::Printing | Self::Printed | Self::NotPrinted | Self::PrintUnknown | Self::Issued
        )
    }

    /// True where nothing is awaited any more; officers may still act on some of these.
    #[must_use]
    pub fn has_ended(self) -> bool {
        matches!(
            self,
            Self::Issued
                | Self::Voided
                | Self::AlreadyIdentified
                | Self::Contested
                | Self::Referred
                | Self::Refused
                | Self::Abandoned
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decision::{Decision, Ruling};
    use crate::event::Basis;
    use crate::evidence::{Evidence, Modality};
    use crate::voter::RollNumber;
    use std::collections::BTreeSet;

    /// One of each step, with the name that the diagram gives it.
    fn steps() -> Vec<(String, Step)> {
        let voter = RollNumber(1);
        let ruling = Ruling {
            decision: Decision::AskDocument,
            reason: String::new(),
            rule: String::new(),
        };
        let mut steps = vec![
            Step::Started,
            Step::Seen {
                evidence: Evidence::Unavailable {
                    modality: Modality::Face,
                },
            },
            Step::ReplayRefused,
            Step::Ruled { ruling: ruling.clone() },
            Step::Overruled {
                rule: String::new(),
                ruling,
            },
            Step::Identified {
                voter,
                basis: Basis::Confirmed { score: None },
            },
            Step::Printing { copy: 1 },
            Step::Issued,
            Step::IssuedByHand { officers: Vec::new() },
            Step::Voided {
                officers: Vec::new(),
                reason: String::new(),
            },
            Step::AlreadyIdentified { voter },
            Step::Contested {
                voter,
                officers: Vec::new(),
                reason: String::new(),
            },
            Step::Referred {
                voter: None,
                reason: String::new(),
            },
            Step::Refused {
                voter: None,
                reason: String::new(),
            },
            Step::Abandoned,
        ];
        let mut named: Vec<(String, Step)> = steps.drain(..).map(|step| (step.name().to_owned(), step)).collect();
        for (name, outcome) in [
            ("printed", PrintOutcome::Printed),
            ("not-printed", PrintOutcome::NotPrinted),
            ("unknown", PrintOutcome::Unknown),
        ] {
            named.push((format!("print-ended {name}"), Step::PrintEnded { outcome }));
        }
        named
    }

    #[test]
    fn the_diagram_above_is_what_the_code_does() {
        let drawn: BTreeSet<String> = include_str!("state.rs")
            .lines()
            .filter_map(|line| line.strip_prefix("//!     "))
            .filter(|line| line.contains(" --> ") && !line.starts_with("[*]"))
            .map(str::to_owned)
            .collect();
        let done: BTreeSet<String> = State::ALL
            .into_iter()
            .flat_map(|from| steps().into_iter().map(move |(name, step)| (from, name, step)))
            .filter_map(|(from, name, step)| Some(format!("{from:?} --> {:?}: {name}", from.after(&step)?)))
            .collect();
        assert_eq!(drawn, done);
    }

    #[test]
    fn an_admission_is_never_left_but_by_voiding() {
        for from in State::ALL.into_iter().filter(|state| state.holds_admission()) {
            for (name, step) in steps() {
                if let Some(to) = from.after(&step) {
                    assert!(to.holds_admission() || name == "voided", "{from:?} --> {to:?}: {name}");
                }
            }
        }
    }
}
