//! A station's state: the fold of its events. Commands become events here, and nowhere else.

use crate::case::Surroundings;
use crate::command::{Command, Rejection};
use crate::decision::{Decision, Ruling};
use crate::event::{Basis, CheckInId, Event, PrintOutcome, Step};
use crate::evidence::{Evidence, ImageDigest};
use crate::next::Next;
use crate::rules;
use crate::state::State;
use crate::voter::RollNumber;
use std::collections::{BTreeMap, BTreeSet};

/// Whether voters can be admitted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Polls {
    /// not opened yet
    #[default]
    NotYet,
    /// open
    Open,
    /// closed, for good
    Closed,
}

/// One person before the operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckIn {
    id: CheckInId,
    state: State,
    evidence: Vec<Evidence>,
    /// of the policy or of the host, on the evidence so far; none once there is newer evidence
    ruling: Option<Ruling>,
    voter: Option<RollNumber>,
    copies: u16,
}

impl CheckIn {
    /// Its number.
    #[must_use]
    pub fn id(&self) -> CheckInId {
        self.id
    }

    /// Where it stands.
    #[must_use]
    pub fn state(&self) -> State {
        self.state
    }

    /// Oldest first.
    #[must_use]
    pub fn evidence(&self) -> &[Evidence] {
        &self.evidence
    }

    /// What is asked for on the evidence so far.
    #[must_use]
    pub fn ruling(&self) -> Option<&Ruling> {
        self.ruling.as_ref()
    }

    /// Whom it admitted, found admitted, referred or refused.
    #[must_use]
    pub fn voter(&self) -> Option<RollNumber> {
        self.voter
    }

    /// Receipts sent to the printer so far.
    #[must_use]
    pub fn copies(&self) -> u16 {
        self.copies
    }

    fn apply(&mut self, step: &Step) {
        if let Some(state) = self.state.after(step) {
            self.state = state;
        }
        match step {
            Step::Seen { evidence } => {
                self.evidence.push(evidence.clone());
                self.ruling = None;
            }
            Step::Ruled { ruling } | Step::Overruled { ruling, .. } => self.ruling = Some(ruling.clone()),
            Step::Identified { voter, .. } | Step::AlreadyIdentified { voter } | Step::Contested { voter, .. } => {
                self.voter = Some(*voter);
            }
            Step::Referred { voter, .. } | Step::Refused { voter, .. } => self.voter = *voter,
            Step::Printing { copy } => self.copies = *copy,
            _ => {}
        }
    }
}

/// How many check-ins ended how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// voters who hold an admission now
    pub identified: u32,
    /// of these, with the receipt in their hands
    pub issued: u32,
    /// admissions taken back
    pub voided: u32,
    /// found admitted earlier
    pub already_identified: u32,
    /// down the contested path
    pub contested: u32,
    /// with the commission
    pub referred: u32,
    /// not entitled
    pub refused: u32,
    /// by two officers' override
    pub overrides: u32,
}

/// A station, as its journal tells it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Station {
    polls: Polls,
    check_ins: BTreeMap<CheckInId, CheckIn>,
    admissions: BTreeMap<RollNumber, CheckInId>,
    /// in the order of their admissions; some may have been taken back since
    admitted: Vec<RollNumber>,
    images: BTreeSet<ImageDigest>,
    overrides: u16,
    last: u64,
}

impl Station {
    /// A station to which these events happened.
    #[must_use]
    pub fn replay<'a>(events: impl IntoIterator<Item = &'a Event>) -> Self {
        let mut station = Self::default();
        for event in events {
            station.apply(event);
        }
        station
    }

    /// True between opening and closing.
    #[must_use]
    pub fn polls_open(&self) -> bool {
        self.polls == Polls::Open
    }

    /// Whether voters can be admitted.
    #[must_use]
    pub fn polls(&self) -> Polls {
        self.polls
    }

    /// A check-in by its number.
    #[must_use]
    pub fn check_in(&self, id: CheckInId) -> Option<&CheckIn> {
        self.check_ins.get(&id)
    }

    /// All check-ins, oldest first.
    pub fn check_ins(&self) -> impl DoubleEndedIterator<Item = &CheckIn> {
        self.check_ins.values()
    }

    /// The check-in that holds this voter's one admission.
    #[must_use]
    pub fn admission(&self, voter: RollNumber) -> Option<CheckInId> {
        self.admissions.get(&voter).copied()
    }

    /// Who holds an admission, the newest first.
    pub fn newest(&self) -> impl Iterator<Item = RollNumber> {
        let holds = |voter: &RollNumber| self.admissions.contains_key(voter);
        let mut seen = BTreeSet::new();
        let newest = self.admitted.iter().rev().copied().filter(holds);
        newest.filter(move |voter| seen.insert(*voter))
    }

    /// Officers' overrides so far.
    #[must_use]
    pub fn overrides(&self) -> u16 {
        self.overrides
    }

    /// How many check-ins ended how.
    #[must_use]
    pub fn counts(&self) -> Counts {
        let mut counts = Counts {
            overrides: u32::from(self.overrides),
            ..Counts::default()
        };
        for check_in in self.check_ins.values() {
            let count = match check_in.state {
                State::Voided => &mut counts.voided,
                State::AlreadyIdentified => &mut counts.already_identified,
                State::Contested => &mut counts.contested,
                State::Referred => &mut counts.referred,
                State::Refused => &mut counts.refused,
                state if state.holds_admission() => {
                    counts.issued += u32::from(state == State::Issued);
                    &mut counts.identified
                }
                _ => continue,
            };
            *count += 1;
        }
        counts
    }

    /// What happened becomes state. Events that the station made itself always apply.
    pub fn apply(&mut self, event: &Event) {
        match event {
            Event::PollsOpened { .. } => self.polls = Polls::Open,
            Event::PollsClosed { .. } => self.polls = Polls::Closed,
            Event::CheckIn { id, step } => self.step(*id, step),
            _ => {}
        }
    }

    fn step(&mut self, id: CheckInId, step: &Step) {
        if *step == Step::Started {
            let state = State::Collecting;
            let check_in = CheckIn {
                id,
                state,
                evidence: Vec::new(),
                ruling: None,
                voter: None,
                copies: 0,
            };
            self.check_ins.insert(id, check_in);
            self.last = self.last.max(id.0);
            return;
        }
        match step {
            Step::Seen {
                evidence: Evidence::Fingerprint { image: Some(image), .. },
            } => {
                self.images.insert(*image);
            }
            Step::Identified { voter, basis } => {
                self.admissions.insert(*voter, id);
                self.admitted.push(*voter);
                self.overrides += u16::from(matches!(basis, Basis::Override { .. }));
            }
            Step::Voided { .. } => self.admissions.retain(|_, held_by| *held_by != id),
            _ => {}
        }
        if let Some(check_in) = self.check_ins.get_mut(&id) {
            check_in.apply(step);
        }
    }

    /// What a command leads to: events for one transaction, in order. The state does not change until they are applied.
    ///
    /// # Errors
    /// [`Rejection`]: in one sentence for the operator; nothing happened.
    pub fn handle(&self, command: Command, surroundings: &Surroundings<'_>) -> Result<Vec<Event>, Rejection> {
        match command {
            Command::OpenPolls { officers } => self.open_polls(officers),
            Command::ClosePolls { officers } => self.close_polls(officers),
            Command::Recover => Ok(self.recover()),
            Command::Start => {
                let id = CheckInId(self.last + 1);
                Ok(vec![Event::CheckIn {
                    id,
                    step: Step::Started,
                }])
            }
            Command::Observe(id, evidence) => self.observe(id, evidence, surroundings),
            Command::Rule(id, ruling) => self.rule(id, ruling, surroundings),
            Command::PolicyFailed(id) => self.one(
                id,
                "asked about",
                rules::overruled("policy-failed", Decision::AskOfficers(None)),
            ),
            Command::Print(id) => {
                let copy = self.find(id)?.copies + 1;
                self.one(id, "printed", Step::Printing { copy })
            }
            Command::PrintEnded(id, outcome) => self.one(id, "reported as printed", Step::PrintEnded { outcome }),
            Command::Issue(id) => self.one(id, "handed over", Step::Issued),
            Command::IssueByHand(id, officers) => {
                two(&officers)?;
                self.one(id, "handed over", Step::IssuedByHand { officers })
            }
            Command::Void { id, officers, reason } => self.void(id, officers, reason),
            Command::Abandon(id) => self.one(id, "abandoned", Step::Abandoned),
        }
    }

    fn open_polls(&self, officers: Vec<String>) -> Result<Vec<Event>, Rejection> {
        two(&officers)?;
        match self.polls {
            Polls::NotYet => Ok(vec![Event::PollsOpened { officers }]),
            Polls::Open => Err(Rejection::PollsAlreadyOpen),
            Polls::Closed => Err(Rejection::PollsClosed),
        }
    }

    fn close_polls(&self, officers: Vec<String>) -> Result<Vec<Event>, Rejection> {
        two(&officers)?;
        match self.polls {
            Polls::NotYet => Err(Rejection::PollsNotOpen),
            Polls::Open => Ok(vec![Event::PollsClosed { officers }]),
            Polls::Closed => Err(Rejection::PollsClosed),
        }
    }

    fn recover(&self) -> Vec<Event> {
        let printing = self
            .check_ins
            .values()
            .filter(|check_in| check_in.state == State::Printing);
        printing
            .map(|check_in| Event::CheckIn {
                id: check_in.id,
                step: Step::PrintEnded {
                    outcome: PrintOutcome::Unknown,
                },
            })
            .collect()
    }

    fn observe(
        &self,
        id: CheckInId,
        evidence: Evidence,
        surroundings: &Surroundings<'_>,
    ) -> Result<Vec<Event>, Rejection> {
        let check_in = self.find(id)?;
        let evidence = bounded(evidence);
        if let Evidence::Officers {
            voter,
            officers,
            reason,
        } = &evidence
        {
            return self.override_by(check_in, *voter, officers.clone(), reason.clone(), surroundings);
        }
        // Officers alone act on a check-in that has ended.
        if check_in.state != State::Collecting {
            return Err(not_now(check_in, "added to"));
        }
        if !is_awaited(&evidence, check_in.next()) {
            return Err(Rejection::NotAwaited(id));
        }
        match evidence {
            Evidence::Fingerprint {
                asked,
                elapsed_ms,
                image: Some(image),
                ..
            } if self.images.contains(&image) => {
                let nothing = Evidence::Fingerprint {
                    asked,
                    quality: None,
                    candidates: Vec::new(),
                    advice: Vec::new(),
                    elapsed_ms,
                    image: None,
                };
                Ok(vec![
                    Event::CheckIn {
                        id,
                        step: Step::ReplayRefused,
                    },
                    Event::CheckIn {
                        id,
                        step: Step::Seen { evidence: nothing },
                    },
                ])
            }
            evidence => self.one(id, "added to", Step::Seen { evidence }),
        }
    }

    /// Two officers can admit an entitled voter when devices, matcher or policy cannot; the policy is not asked.
    fn override_by(
        &self,
        check_in: &CheckIn,
        voter: RollNumber,
        officers: Vec<String>,
        reason: String,
        surroundings: &Surroundings<'_>,
    ) -> Result<Vec<Event>, Rejection> {
        two(&officers)?;
        is_reason(&reason)?;
        if !self.polls_open() {
            return Err(if self.polls == Polls::Closed {
                Rejection::PollsClosed
            } else {
                Rejection::PollsNotOpen
            });
        }
        let facts = surroundings.roll.facts(voter).ok_or(Rejection::NotOnRoll(voter))?;
        if !rules::is_entitled(&facts) {
            return Err(Rejection::NotEntitled(voter));
        }
        let evidence = Evidence::Officers {
            voter,
            officers: officers.clone(),
            reason: reason.clone(),
        };
        let decided = if self.admission(voter).is_some() {
            Step::Contested {
                voter,
                officers,
                reason,
            }
        } else {
            Step::Identified {
                voter,
                basis: Basis::Override { officers, reason },
            }
        };
        let steps = [Step::Seen { evidence }, decided];
        if steps.iter().any(|step| check_in.state.after(step).is_none()) {
            return Err(not_now(check_in, "decided by officers"));
        }
        Ok(steps
            .into_iter()
            .map(|step| Event::CheckIn { id: check_in.id, step })
            .collect())
    }

    fn rule(&self, id: CheckInId, ruling: Ruling, surroundings: &Surroundings<'_>) -> Result<Vec<Event>, Rejection> {
        let check_in = self.find(id)?;
        if check_in.state != State::Collecting || check_in.ruling.is_some() {
            return Err(not_now(check_in, "ruled on"));
        }
        let judged = rules::judge(self, check_in, &ruling, surroundings);
        let steps = std::iter::once(Step::Ruled { ruling }).chain(judged);
        Ok(steps.map(|step| Event::CheckIn { id, step }).collect())
    }

    fn void(&self, id: CheckInId, officers: Vec<String>, reason: String) -> Result<Vec<Event>, Rejection> {
        let check_in = self.find(id)?;
        // A receipt that went to the printer may be out, whatever the operator says of it.
        if check_in.copies > 0 || check_in.state == State::Issued {
            two(&officers)?;
        }
        is_reason(&reason)?;
        self.one(id, "voided", Step::Voided { officers, reason })
    }

    fn find(&self, id: CheckInId) -> Result<&CheckIn, Rejection> {
        self.check_ins.get(&id).ok_or(Rejection::NoSuchCheckIn(id))
    }

    fn one(&self, id: CheckInId, what: &'static str, step: Step) -> Result<Vec<Event>, Rejection> {
        let check_in = self.find(id)?;
        match check_in.state.after(&step) {
            Some(_) => Ok(vec![Event::CheckIn { id, step }]),
            None => Err(not_now(check_in, what)),
        }
    }
}

fn two(officers: &[String]) -> Result<(), Rejection> {
    if rules::are_two(officers) {
        Ok(())
    } else {
        Err(Rejection::TwoOfficers)
    }
}

/// What was seen must be what the check-in asks for: a page that is out of date must not overturn an answer, nor file the
/// next person's finger under this one. That something cannot be used can be said at any time.
fn is_awaited(evidence: &Evidence, next: Next) -> bool {
    match evidence {
        Evidence::Fingerprint { asked, .. } => next == Next::CaptureFinger(*asked),
        Evidence::FingerAbsent { .. } => matches!(next, Next::CaptureFinger(_)),
        Evidence::Document { .. } | Evidence::TypedNumber { .. } => next == Next::AskDocument,
        Evidence::Face { voter, .. } => next == Next::AskFace(*voter),
        Evidence::Photo { voter, .. } => next == Next::ConfirmPhoto(*voter),
        Evidence::Officers { .. } | Evidence::Unavailable { .. } => true,
    }
}

fn is_reason(reason: &str) -> Result<(), Rejection> {
    if rules::is_code(reason) {
        Ok(())
    } else {
        Err(Rejection::Reason)
    }
}

/// At most five candidates enter the journal, as the policy's contract says.
fn bounded(mut evidence: Evidence) -> Evidence {
    if let Evidence::Fingerprint { candidates, .. } = &mut evidence {
        candidates.truncate(5);
    }
    evidence
}

fn not_now(check_in: &CheckIn, what: &'static str) -> Rejection {
    let stands = match check_in.state {
        State::Collecting => "is still collecting evidence",
        State::Identified => "has admitted its voter, who has no receipt yet",
        State::Printing => "is printing its receipt",
        State::Printed => "has its receipt printed",
        State::NotPrinted => "has a receipt that did not print",
        State::PrintUnknown => "has a receipt of which nobody said whether it printed",
        State::Issued => "has its receipt handed over",
        State::Voided => "was voided",
        State::AlreadyIdentified => "found a voter who was admitted earlier",
        State::Contested => "went down the contested path",
        State::Referred => "is with the commission",
        State::Refused => "was refused",
        State::Abandoned => "was abandoned",
    };
    Rejection::NotNow {
        id: check_in.id,
        what,
        stands,
    }
}
