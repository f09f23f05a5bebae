//! Whatever is done, in whatever order, and wherever the kiosk stops: nobody is admitted twice, nobody is lost.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use identification::case::{Facts, Rules, Surroundings};
use identification::command::Command;
use identification::decision::{Decision, Ruling};
use identification::event::{CheckInId, Event, PrintOutcome, Step};
use identification::evidence::{Evidence, ImageDigest, Modality, Score, Scored};
use identification::next::Next;
use identification::state::State;
use identification::station::Station;
use identification::voter::{FingerPosition, RollNumber, VoterFacts};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// Voters 1 to 8; 5 is excluded, 6 has no portrait, 7 votes elsewhere, 8 is of another station. 9 is not on the roll.
struct Roll;

impl Facts for Roll {
    fn facts(&self, voter: RollNumber) -> Option<VoterFacts> {
        (1..=8).contains(&voter.0).then(|| VoterFacts {
            voter,
            already_admitted: false,
            excluded: (voter.0 == 5).then(|| "court-order".to_owned()),
            votes_elsewhere: voter.0 == 7,
            home_station: voter.0 != 8,
            fingers_on_file: vec![FingerPosition::RightIndex, FingerPosition::LeftIndex],
            best_reference_quality: Some(80),
            portrait_on_file: voter.0 != 6,
            age: 40,
        })
    }
}

const FLOOR: Score = Score(400);

fn surroundings() -> Surroundings<'static> {
    Surroundings {
        roll: &Roll,
        roll_size: 8,
        rules: Rules {
            floor: FLOOR,
            overrides: 3,
            name_agreement: 80,
        },
        available: &[Modality::Fingerprint, Modality::Document, Modality::Officers],
        time_of_day: 600,
    }
}

fn voter() -> impl Strategy<Value = RollNumber> {
    prop_oneof![4 => 1_u32..=4, 1 => 5_u32..=9].prop_map(RollNumber)
}

fn finger() -> impl Strategy<Value = FingerPosition> {
    prop_oneof![
        Just(FingerPosition::RightIndex),
        Just(FingerPosition::LeftIndex),
        Just(FingerPosition::Unknown)
    ]
}

fn officers() -> impl Strategy<Value = Vec<String>> {
    prop_oneof![
        3 => Just(vec!["Asanova".to_owned(), "Petrov".to_owned()]),
        1 => Just(vec!["Asanova".to_owned(), " asanova".to_owned()]),
        1 => Just(Vec::new()),
    ]
}

fn evidence() -> impl Strategy<Value = Evidence> {
    prop_oneof![
        6 => (finger(), finger(), voter(), 0_u16..900, 0_u8..40).prop_map(|(asked, finger, voter, score, image)| Evidence::Fingerprint {
            asked,
            quality: Some(70),
            candidates: vec![Scored { voter, score: Score(score), finger }],
            advice: Vec::new(),
            elapsed_ms: 900,
            image: Some(ImageDigest([image; 32])),
        }),
        2 => (voter(), any::<bool>(), 0_u8..=100).prop_map(|(voter, valid, name_agreement)| Evidence::Document {
            valid, expired: false, voter: Some(voter), name_agreement,
        }),
        4 => (voter(), any::<bool>()).prop_map(|(voter, same_person)| Evidence::Photo { voter, same_person }),
        1 => (voter(), officers()).prop_map(|(voter, officers)| Evidence::Officers {
            voter, officers, reason: "no-finger".to_owned(),
        }),
        1 => voter().prop_map(|voter| Evidence::TypedNumber { voter: Some(voter) }),
        1 => Just(Evidence::Unavailable { modality: Modality::Face }),
    ]
}

fn ruling() -> impl Strategy<Value = Ruling> {
    let decision = prop_oneof![
        6 => voter().prop_map(Decision::Admit),
        1 => finger().prop_map(Decision::CaptureFinger),
        1 => Just(Decision::AskDocument),
        1 => voter().prop_map(Decision::AskFace),
        2 => voter().prop_map(Decision::ConfirmPhoto),
        1 => voter().prop_map(|voter| Decision::AskOfficers(Some(voter))),
        1 => voter().prop_map(Decision::Contest),
        2 => proptest::option::of(voter()).prop_map(Decision::Refuse),
        1 => proptest::option::of(voter()).prop_map(Decision::Refer),
    ];
    let code = prop_oneof![9 => Just("good-hit".to_owned()), 1 => Just("Not a code!".to_owned())];
    (decision, code).prop_map(|(decision, reason)| Ruling {
        decision,
        reason,
        rule: "hit".to_owned(),
    })
}

/// What a policy answers to have this seen, where it must be asked for.
fn asking(evidence: &Evidence) -> Option<Decision> {
    match evidence {
        Evidence::Fingerprint { asked, .. } => Some(Decision::CaptureFinger(*asked)),
        Evidence::Document { .. } | Evidence::TypedNumber { .. } => Some(Decision::AskDocument),
        Evidence::Photo { voter, .. } => Some(Decision::ConfirmPhoto(*voter)),
        _ => None,
    }
}

/// Evidence that a policy asks for; what was asked for before is out of the way.
fn asked_and_seen(id: CheckInId, evidence: Evidence) -> Vec<Command> {
    let modality = Modality::Face;
    let aside = Command::Observe(id, Evidence::Unavailable { modality });
    let ask = asking(&evidence).map(|decision| {
        let reason = "ask".to_owned();
        let rule = "ask".to_owned();
        Command::Rule(id, Ruling { decision, reason, rule })
    });
    let seen = Command::Observe(id, evidence);
    std::iter::once(aside).chain(ask).chain([seen]).collect()
}

/// A whole visit as it goes on most days, broken off somewhere; two of its fingers make an admitted voter's second visit.
fn visit() -> impl Strategy<Value = Vec<Command>> {
    let id = (1_u64..=8).prop_map(CheckInId);
    let outcome = prop_oneof![
        3 => Just(PrintOutcome::Printed),
        1 => Just(PrintOutcome::NotPrinted),
        1 => Just(PrintOutcome::Unknown)
    ];
    let end = prop_oneof![
        4 => Just(Decision::Admit as fn(RollNumber) -> Decision),
        1 => Just((|voter| Decision::Refuse(Some(voter))) as fn(RollNumber) -> Decision)
    ];
    (id, voter(), any::<[u8; 2]>(), end, outcome, 1_usize..20).prop_map(|(id, voter, images, end, outcome, steps)| {
        let finger = |finger, image: u8| {
            asked_and_seen(
                id,
                Evidence::Fingerprint {
                    asked: finger,
                    quality: Some(80),
                    candidates: vec![Scored {
                        voter,
                        score: Score(900),
                        finger,
                    }],
                    advice: Vec::new(),
                    elapsed_ms: 900,
                    image: Some(ImageDigest([image; 32])),
                },
            )
        };
        let photo = Evidence::Photo {
            voter,
            same_person: true,
        };
        let ruling = Ruling {
            decision: end(voter),
            reason: "hit".to_owned(),
            rule: "hit".to_owned(),
        };
        let mut commands = vec![Command::Start];
        commands.extend(finger(FingerPosition::RightIndex, images[0]));
        commands.extend(finger(FingerPosition::LeftIndex, images[1]));
        commands.extend(asked_and_seen(id, photo));
        commands.extend([
            Command::Rule(id, ruling),
            Command::Print(id),
            Command::PrintEnded(id, outcome),
            Command::Issue(id),
        ]);
        commands.truncate(steps);
        commands
    })
}

fn commands() -> impl Strategy<Value = Vec<Command>> {
    let id = || (1_u64..=8).prop_map(CheckInId);
    let one = prop_oneof![
        6 => command().prop_map(|command| vec![command]),
        3 => (id(), evidence()).prop_map(|(id, evidence)| asked_and_seen(id, evidence)),
        3 => visit(),
    ];
    let officers = vec!["Asanova".to_owned(), "Petrov".to_owned()];
    let open = prop_oneof![4 => Just(vec![Command::OpenPolls { officers }]), 1 => Just(Vec::new())];
    (open, proptest::collection::vec(one, 1..60)).prop_map(|(open, some)| [open, some.concat()].concat())
}

fn command() -> impl Strategy<Value = Command> {
    let id = || (1_u64..=8).prop_map(CheckInId);
    prop_oneof![
        4 => officers().prop_map(|officers| Command::OpenPolls { officers }),
        1 => Just(Command::ClosePolls { officers: vec!["Asanova".to_owned(), "Petrov".to_owned()] }),
        1 => Just(Command::Recover),
        6 => Just(Command::Start),
        10 => (id(), evidence()).prop_map(|(id, evidence)| Command::Observe(id, evidence)),
        20 => (id(), ruling()).prop_map(|(id, ruling)| Command::Rule(id, ruling)),
        1 => id().prop_map(Command::PolicyFailed),
        6 => id().prop_map(Command::Print),
        6 => (id(), prop_oneof![Just(PrintOutcome::Printed), Just(PrintOutcome::NotPrinted), Just(PrintOutcome::Unknown)])
            .prop_map(|(id, outcome)| Command::PrintEnded(id, outcome)),
        4 => id().prop_map(Command::Issue),
        2 => (id(), officers()).prop_map(|(id, officers)| Command::IssueByHand(id, officers)),
        6 => (id(), officers()).prop_map(|(id, officers)| Command::Void { id, officers, reason: "returned".to_owned() }),
        1 => id().prop_map(Command::Abandon),
    ]
}

/// Runs commands, restarting (fold from the journal, then recover) before each step whose index is in `restarts`.
fn run(commands: &[Command], restarts: &BTreeSet<usize>) -> (Vec<Event>, Station) {
    let mut journal: Vec<Event> = Vec::new();
    let mut station = Station::default();
    for (index, command) in commands.iter().enumerate() {
        if restarts.contains(&index) {
            station = Station::replay(&journal);
            let recovered = station.handle(Command::Recover, &surroundings()).unwrap();
            recovered.iter().for_each(|event| station.apply(event));
            journal.extend(recovered);
        }
        if let Ok(events) = station.handle(command.clone(), &surroundings()) {
            events.iter().for_each(|event| station.apply(event));
            journal.extend(events);
        }
    }
    (journal, station)
}

/// Reads the journal alone, without the station's own bookkeeping.
fn check(journal: &[Event]) {
    let mut holders: BTreeMap<RollNumber, CheckInId> = BTreeMap::new();
    let mut seen: BTreeMap<CheckInId, Vec<&Step>> = BTreeMap::new();
    let mut images = BTreeSet::new();
    let mut open = false;
    for event in journal {
        match event {
            Event::PollsOpened { .. } => open = true,
            Event::PollsClosed { .. } => open = false,
            _ => {}
        }
        let Event::CheckIn { id, step } = event else { continue };
        match step {
            Step::Identified { voter, basis } => {
                assert!(open, "admitted while the polls were not open");
                assert!(
                    holders.insert(*voter, *id).is_none(),
                    "voter {voter} was admitted twice"
                );
                assert!((1..=4).contains(&voter.0) || voter.0 == 6, "voter {voter} may not vote");
                let officers =
                    matches!(basis, identification::event::Basis::Override { officers, .. } if officers.len() == 2);
                assert!(
                    officers || is_evident(&seen[id], *voter),
                    "voter {voter} was admitted without evidence"
                );
            }
            Step::Voided { .. } => holders.retain(|_, holder| holder != id),
            Step::AlreadyIdentified { voter } | Step::Contested { voter, .. } => {
                assert!(
                    holders.contains_key(voter),
                    "voter {voter} was turned away without being admitted"
                );
            }
            Step::Refused { voter, .. } => {
                assert!(
                    voter.is_some_and(|voter| [5, 7, 8].contains(&voter.0)),
                    "an entitled voter was refused"
                );
            }
            Step::Seen {
                evidence: Evidence::Fingerprint { image: Some(image), .. },
            } => {
                assert!(images.insert(*image), "a replayed image was taken as evidence");
            }
            _ => {}
        }
        seen.entry(*id).or_default().push(step);
    }
}

/// A hit at or above the floor or a document, and the operator's last word on the photo.
fn is_evident(steps: &[&Step], voter: RollNumber) -> bool {
    let mut photo = false;
    let mut hit = false;
    for step in steps {
        match step {
            Step::Seen {
                evidence:
                    Evidence::Photo {
                        voter: shown,
                        same_person,
                    },
            } if *shown == voter => photo = *same_person,
            Step::Seen {
                evidence: Evidence::Fingerprint { candidates, .. },
            } => {
                hit |= candidates
                    .first()
                    .is_some_and(|best| best.voter == voter && best.score >= FLOOR);
            }
            Step::Seen {
                evidence:
                    Evidence::Document {
                        valid: true,
                        voter: Some(named),
                        name_agreement,
                        ..
                    },
            } => {
                hit |= *named == voter && *name_agreement >= 80;
            }
            _ => {}
        }
    }
    photo && hit
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_sequence_of_commands_and_restarts_admits_twice_or_without_evidence(
        commands in commands(),
        restarts in proptest::collection::btree_set(0_usize..120, 0..6),
    ) {
        let (journal, station) = run(&commands, &restarts);
        check(&journal);
        prop_assert_eq!(Station::replay(&journal), station, "the state is the fold of the journal");
    }

    #[test]
    fn no_voter_is_lost_between_states_wherever_the_journal_ends(
        commands in commands(),
        end in 0_usize..400,
    ) {
        let (mut journal, _) = run(&commands, &BTreeSet::new());
        journal.truncate(end);
        let mut station = Station::replay(&journal);
        for event in station.handle(Command::Recover, &surroundings()).unwrap() {
            station.apply(&event);
        }
        for check_in in station.check_ins() {
            let voter = check_in.voter();
            if check_in.state().holds_admission() {
                prop_assert_eq!(station.admission(voter.unwrap()), Some(check_in.id()));
            }
            // Whoever was admitted has the receipt, or the screen asks for the step that leads there.
            match check_in.next() {
                Next::Done(state) => prop_assert!(state.has_ended(), "{:?} waits for nothing", state),
                Next::AwaitPrinter => prop_assert!(false, "a print outlived the restart"),
                _ => prop_assert!(!check_in.state().has_ended()),
            }
        }
        // One that is admitted can always be led to the end: with a dead printer, by hand.
        let waiting: Vec<_> = station.check_ins().filter(|one| one.state().holds_admission()).map(|one| one.id()).collect();
        for id in waiting {
            lead_to_issue(&mut station, id);
            prop_assert_eq!(station.check_in(id).unwrap().state(), State::Issued);
        }
    }
}

/// The properties above would hold of a station that admits nobody: the sequences that they try do admit, on evidence and by
/// officers, and turn away.
#[test]
fn the_sequences_that_are_tried_reach_every_end() {
    use proptest::strategy::ValueTree as _;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut ends: BTreeMap<&str, u32> = BTreeMap::new();
    for _ in 0..1_000 {
        let commands = commands().new_tree(&mut runner).unwrap().current();
        let (journal, _) = run(&commands, &BTreeSet::new());
        for event in &journal {
            let end = match event {
                Event::CheckIn { step, .. } => match step {
                    Step::Identified {
                        basis: identification::event::Basis::Confirmed { .. },
                        ..
                    } => "confirmed",
                    Step::Identified { .. } => "override",
                    other => other.name(),
                },
                _ => continue,
            };
            *ends.entry(end).or_default() += 1;
        }
    }
    println!("{ends:?}");
    for end in [
        "confirmed",
        "override",
        "already-identified",
        "contested",
        "refused",
        "referred",
        "voided",
        "issued",
        "replay-refused",
    ] {
        assert!(ends.get(end).is_some_and(|count| *count >= 10), "{end}: {ends:?}");
    }
}

fn lead_to_issue(station: &mut Station, id: CheckInId) {
    for _ in 0..3 {
        let command = match station.check_in(id).unwrap().state() {
            State::PrintUnknown => Command::PrintEnded(id, PrintOutcome::NotPrinted),
            State::Printed => Command::Issue(id),
            State::Issued => return,
            _ => Command::IssueByHand(id, vec!["Asanova".to_owned(), "Petrov".to_owned()]),
        };
        for event in station.handle(command, &surroundings()).unwrap() {
            station.apply(&event);
        }
    }
}
