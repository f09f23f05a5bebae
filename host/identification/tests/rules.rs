//! What a policy answers, and what the host makes of it: each rule of the host with a policy that tries to break it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use identification::case::{Facts, Rules, Surroundings};
use identification::command::{Command, Rejection};
use identification::decision::{Decision, Ruling};
use identification::event::{CheckInId, Event, PrintOutcome, Step};
use identification::evidence::{Evidence, ImageDigest, Modality, Score, Scored};
use identification::next::Next;
use identification::state::State;
use identification::station::Station;
use identification::voter::{FingerPosition, RollNumber, VoterFacts};

struct Roll;

impl Facts for Roll {
    fn facts(&self, voter: RollNumber) -> Option<VoterFacts> {
        (1..=9).contains(&voter.0).then(|| VoterFacts {
            voter,
            already_admitted: false,
            excluded: (voter.0 == 9).then(|| "deceased".to_owned()),
            votes_elsewhere: voter.0 == 6,
            home_station: voter.0 != 7,
            fingers_on_file: vec![FingerPosition::RightIndex, FingerPosition::LeftIndex],
            best_reference_quality: Some(80),
            portrait_on_file: voter.0 != 8,
            age: 40,
        })
    }
}

const ALICE: RollNumber = RollNumber(1);
const ELSEWHERE: RollNumber = RollNumber(6);
const OTHER_STATION: RollNumber = RollNumber(7);
const NO_PORTRAIT: RollNumber = RollNumber(8);
const EXCLUDED: RollNumber = RollNumber(9);
const STRANGER: RollNumber = RollNumber(99);

struct Desk {
    station: Station,
    images: u8,
}

fn officers() -> Vec<String> {
    vec!["Asanova".to_owned(), "Petrov".to_owned()]
}

impl Desk {
    fn open() -> Self {
        let mut desk = Self {
            station: Station::default(),
            images: 0,
        };
        desk.tell(Command::OpenPolls { officers: officers() }).unwrap();
        desk
    }

    fn tell(&mut self, command: Command) -> Result<Vec<Event>, Rejection> {
        let surroundings = Surroundings {
            roll: &Roll,
            roll_size: 9,
            rules: Rules {
                floor: Score(400),
                overrides: 3,
                name_agreement: 80,
            },
            available: &[Modality::Fingerprint, Modality::Document, Modality::Officers],
            time_of_day: 600,
        };
        let events = self.station.handle(command, &surroundings)?;
        events.iter().for_each(|event| self.station.apply(event));
        Ok(events)
    }

    fn start(&mut self) -> CheckInId {
        match self.tell(Command::Start).unwrap()[..] {
            [Event::CheckIn { id, .. }] => id,
            ref other => panic!("{other:?}"),
        }
    }

    /// The policy asks for this, where it does not yet.
    fn ask(&mut self, id: CheckInId, next: Next, decision: Decision) {
        if self.station.check_in(id).unwrap().next() != next {
            self.rule(id, decision);
        }
    }

    /// The finger that was asked for is asked for, and hits with itself.
    fn finger(&mut self, id: CheckInId, asked: FingerPosition, voter: RollNumber, score: u16) {
        self.finger_of(id, asked, voter, score, asked);
    }

    fn finger_of(
        &mut self,
        id: CheckInId,
        asked: FingerPosition,
        voter: RollNumber,
        score: u16,
        finger: FingerPosition,
    ) {
        self.ask(id, Next::CaptureFinger(asked), Decision::CaptureFinger(asked));
        self.images += 1;
        let image = Some(ImageDigest([self.images; 32]));
        let candidates = vec![Scored {
            voter,
            score: Score(score),
            finger,
        }];
        let evidence = Evidence::Fingerprint {
            asked,
            quality: Some(70),
            candidates,
            advice: Vec::new(),
            elapsed_ms: 9,
            image,
        };
        self.tell(Command::Observe(id, evidence)).unwrap();
    }

    fn photo(&mut self, id: CheckInId, voter: RollNumber, same_person: bool) {
        self.ask(id, Next::ConfirmPhoto(voter), Decision::ConfirmPhoto(voter));
        self.tell(Command::Observe(id, Evidence::Photo { voter, same_person }))
            .unwrap();
    }

    /// The last step that a policy's decision leads to.
    fn rule(&mut self, id: CheckInId, decision: Decision) -> Step {
        let ruling = Ruling {
            decision,
            reason: "because".to_owned(),
            rule: "r".to_owned(),
        };
        match self.tell(Command::Rule(id, ruling)).unwrap().pop() {
            Some(Event::CheckIn { step, .. }) => step,
            other => panic!("{other:?}"),
        }
    }

    fn admit(&mut self, voter: RollNumber) -> CheckInId {
        let id = self.start();
        self.finger(id, FingerPosition::RightIndex, voter, 700);
        self.photo(id, voter, true);
        assert!(matches!(self.rule(id, Decision::Admit(voter)), Step::Identified { .. }));
        id
    }
}

/// What the host asked for instead, and why.
fn instead(step: Step) -> (String, Decision) {
    match step {
        Step::Overruled { rule, ruling } => (rule, ruling.decision),
        other => panic!("not overruled: {other:?}"),
    }
}

fn hit(desk: &mut Desk, id: CheckInId, voter: RollNumber, score: u16) {
    desk.finger(id, FingerPosition::RightIndex, voter, score);
}

#[test]
fn a_policy_cannot_break_a_rule_of_the_host() {
    type Evidences = fn(&mut Desk, CheckInId);
    let nothing: Evidences = |_, _| ();
    let right = FingerPosition::RightIndex;
    // (evidence, what the policy answers, the rule, what the host asks for instead)
    let cases: [(Evidences, Decision, &str, Decision); 14] = [
        (
            nothing,
            Decision::Admit(ALICE),
            "below-the-floor",
            Decision::CaptureFinger(right),
        ),
        (
            |d, id| hit(d, id, ALICE, 399),
            Decision::Admit(ALICE),
            "below-the-floor",
            Decision::CaptureFinger(FingerPosition::LeftIndex),
        ),
        (
            |d, id| hit(d, id, ALICE, 700),
            Decision::Admit(ALICE),
            "photo-not-confirmed",
            Decision::ConfirmPhoto(ALICE),
        ),
        (
            |d, id| {
                hit(d, id, ALICE, 700);
                d.photo(id, ALICE, false);
            },
            Decision::Admit(ALICE),
            "photo-not-confirmed",
            Decision::AskOfficers(Some(ALICE)),
        ),
        (
            |d, id| {
                hit(d, id, RollNumber(2), 700);
                d.photo(id, ALICE, true);
            },
            Decision::Admit(ALICE),
            "below-the-floor",
            Decision::CaptureFinger(FingerPosition::LeftIndex),
        ),
        (
            |d, id| hit(d, id, STRANGER, 700),
            Decision::Admit(STRANGER),
            "not-on-roll",
            Decision::AskOfficers(None),
        ),
        (
            |d, id| {
                hit(d, id, EXCLUDED, 700);
                d.photo(id, EXCLUDED, true);
            },
            Decision::Admit(EXCLUDED),
            "not-entitled",
            Decision::AskOfficers(Some(EXCLUDED)),
        ),
        (
            |d, id| {
                hit(d, id, ELSEWHERE, 700);
                d.photo(id, ELSEWHERE, true);
            },
            Decision::Admit(ELSEWHERE),
            "not-entitled",
            Decision::AskOfficers(Some(ELSEWHERE)),
        ),
        (
            |d, id| {
                hit(d, id, OTHER_STATION, 700);
                d.photo(id, OTHER_STATION, true);
            },
            Decision::Admit(OTHER_STATION),
            "not-entitled",
            Decision::AskOfficers(Some(OTHER_STATION)),
        ),
        (
            |d, id| hit(d, id, NO_PORTRAIT, 700),
            Decision::Admit(NO_PORTRAIT),
            "photo-not-confirmed",
            Decision::AskOfficers(Some(NO_PORTRAIT)),
        ),
        (
            |d, id| hit(d, id, ALICE, 700),
            Decision::Refuse(Some(ALICE)),
            "refusal-without-grounds",
            Decision::AskOfficers(Some(ALICE)),
        ),
        (
            nothing,
            Decision::Refuse(None),
            "refusal-without-grounds",
            Decision::AskOfficers(None),
        ),
        (
            nothing,
            Decision::AskFace(ALICE),
            "not-available",
            Decision::AskOfficers(None),
        ),
        (
            |d, id| hit(d, id, ALICE, 700),
            Decision::Contest(ALICE),
            "contest-needs-officers",
            Decision::AskOfficers(Some(ALICE)),
        ),
    ];
    for (evidence, decision, rule, asked) in cases {
        let mut desk = Desk::open();
        let id = desk.start();
        evidence(&mut desk, id);
        assert_eq!(
            instead(desk.rule(id, decision.clone())),
            (rule.to_owned(), asked),
            "{decision:?}"
        );
    }
}

#[test]
fn a_hit_floor_and_photo_admit_and_the_receipt_follows() {
    let mut desk = Desk::open();
    let id = desk.admit(ALICE);
    assert_eq!(
        desk.station.check_in(id).unwrap().next(),
        Next::PrintReceipt { voter: ALICE, copy: 1 }
    );
    desk.tell(Command::Print(id)).unwrap();
    desk.tell(Command::PrintEnded(id, PrintOutcome::NotPrinted)).unwrap();
    assert_eq!(
        desk.station.check_in(id).unwrap().next(),
        Next::PrintReceipt { voter: ALICE, copy: 2 }
    );
    desk.tell(Command::Print(id)).unwrap();
    desk.tell(Command::PrintEnded(id, PrintOutcome::Printed)).unwrap();
    desk.tell(Command::Issue(id)).unwrap();
    assert_eq!(desk.station.check_in(id).unwrap().next(), Next::Done(State::Issued));
}

#[test]
fn already_admitted_is_never_final_on_one_hit() {
    let mut desk = Desk::open();
    desk.admit(ALICE);
    let again = desk.start();
    hit(&mut desk, again, ALICE, 900);
    let (rule, asked) = instead(desk.rule(again, Decision::Refuse(Some(ALICE))));
    assert_eq!(
        (rule.as_str(), asked),
        (
            "already-admitted-on-one-hit",
            Decision::CaptureFinger(FingerPosition::LeftIndex)
        )
    );
    desk.finger(again, FingerPosition::LeftIndex, ALICE, 800);
    assert_eq!(
        desk.rule(again, Decision::Refuse(Some(ALICE))),
        Step::AlreadyIdentified { voter: ALICE }
    );
    // Officers can still open the contested path, which is no admission.
    let evidence = Evidence::Officers {
        voter: ALICE,
        officers: officers(),
        reason: "twin".to_owned(),
    };
    desk.tell(Command::Observe(again, evidence)).unwrap();
    assert_eq!(desk.station.check_in(again).unwrap().state(), State::Contested);
    assert_eq!(desk.station.counts().identified, 1);
}

#[test]
fn the_same_finger_twice_never_makes_already_admitted_final() {
    let mut desk = Desk::open();
    desk.admit(ALICE);
    let again = desk.start();
    let right = FingerPosition::RightIndex;
    desk.finger_of(again, FingerPosition::Unknown, ALICE, 900, right);
    desk.finger_of(again, right, ALICE, 900, right);
    let (rule, asked) = instead(desk.rule(again, Decision::Refuse(Some(ALICE))));
    assert_eq!(
        (rule.as_str(), asked),
        (
            "already-admitted-on-one-hit",
            Decision::CaptureFinger(FingerPosition::LeftIndex)
        )
    );
    // Nor do two of which nobody knows which they were.
    let unknown = desk.start();
    for _ in 0..2 {
        let any = FingerPosition::Unknown;
        desk.finger_of(unknown, any, ALICE, 900, any);
    }
    let (rule, _) = instead(desk.rule(unknown, Decision::Refuse(Some(ALICE))));
    assert_eq!(rule, "already-admitted-on-one-hit");
}

#[test]
fn a_button_of_a_page_that_is_out_of_date_changes_nothing() {
    let mut desk = Desk::open();
    let id = desk.start();
    desk.finger(id, FingerPosition::RightIndex, ALICE, 700);
    desk.photo(id, ALICE, false);
    assert!(matches!(
        desk.rule(id, Decision::AskOfficers(Some(ALICE))),
        Step::Ruled { .. }
    ));
    let yes = Evidence::Photo {
        voter: ALICE,
        same_person: true,
    };
    assert_eq!(desk.tell(Command::Observe(id, yes)), Err(Rejection::NotAwaited(id)));
    let finger = Evidence::Fingerprint {
        asked: FingerPosition::RightIndex,
        quality: None,
        candidates: Vec::new(),
        advice: Vec::new(),
        elapsed_ms: 1,
        image: None,
    };
    assert_eq!(desk.tell(Command::Observe(id, finger)), Err(Rejection::NotAwaited(id)));
}

#[test]
fn an_admission_whose_receipt_went_to_the_printer_is_taken_back_by_two_officers_only() {
    let mut desk = Desk::open();
    let id = desk.admit(ALICE);
    desk.tell(Command::Print(id)).unwrap();
    desk.tell(Command::PrintEnded(id, PrintOutcome::Unknown)).unwrap();
    desk.tell(Command::PrintEnded(id, PrintOutcome::NotPrinted)).unwrap();
    let void = |officers| Command::Void {
        id,
        officers,
        reason: "no-receipt".to_owned(),
    };
    assert_eq!(desk.tell(void(Vec::new())), Err(Rejection::TwoOfficers));
    desk.tell(void(officers())).unwrap();
    assert_eq!(desk.station.admission(ALICE), None);
}

#[test]
fn the_newest_admission_is_the_last_one_made_not_the_last_person_who_came() {
    let mut desk = Desk::open();
    let first = desk.start();
    let second = desk.admit(RollNumber(2));
    let evidence = Evidence::Officers {
        voter: ALICE,
        officers: officers(),
        reason: "no-finger".to_owned(),
    };
    desk.tell(Command::Observe(first, evidence)).unwrap();
    assert_eq!(desk.station.newest().collect::<Vec<_>>(), [ALICE, RollNumber(2)]);
    let reason = "mistake".to_owned();
    let void = Command::Void {
        id: second,
        officers: officers(),
        reason,
    };
    desk.tell(void).unwrap();
    assert_eq!(desk.station.newest().collect::<Vec<_>>(), [ALICE]);
}

#[test]
fn a_policy_that_asks_for_ever_ends_with_the_officers() {
    let mut desk = Desk::open();
    let id = desk.start();
    for _ in 0..identification::rules::MAX_EVIDENCE {
        assert!(matches!(
            desk.rule(id, Decision::CaptureFinger(FingerPosition::RightIndex)),
            Step::Ruled { .. }
        ));
        hit(&mut desk, id, ALICE, 10);
    }
    let (rule, asked) = instead(desk.rule(id, Decision::CaptureFinger(FingerPosition::RightIndex)));
    assert_eq!(
        (rule.as_str(), asked),
        ("too-many-attempts", Decision::AskOfficers(None))
    );
}

#[test]
fn a_policy_that_gives_no_answer_leaves_the_officers_path_open() {
    let mut desk = Desk::open();
    let id = desk.start();
    desk.tell(Command::PolicyFailed(id)).unwrap();
    assert_eq!(desk.station.check_in(id).unwrap().next(), Next::AskOfficers(None));
    let evidence = Evidence::Officers {
        voter: ALICE,
        officers: officers(),
        reason: "policy-failed".to_owned(),
    };
    desk.tell(Command::Observe(id, evidence)).unwrap();
    assert_eq!(desk.station.admission(ALICE), Some(id));
    assert_eq!(desk.station.overrides(), 1);
}

#[test]
fn what_the_operator_says_cannot_be_used_is_not_asked_for_again() {
    let mut desk = Desk::open();
    let id = desk.start();
    let out = Evidence::Unavailable {
        modality: Modality::Fingerprint,
    };
    desk.tell(Command::Observe(id, out)).unwrap();
    let (rule, asked) = instead(desk.rule(id, Decision::CaptureFinger(FingerPosition::RightIndex)));
    assert_eq!((rule.as_str(), asked), ("not-available", Decision::AskOfficers(None)));
}

#[test]
fn an_image_presented_twice_is_no_evidence() {
    let mut desk = Desk::open();
    let id = desk.start();
    hit(&mut desk, id, ALICE, 900);
    desk.images -= 1;
    let again = desk.start();
    hit(&mut desk, again, ALICE, 900);
    let evidence = desk.station.check_in(again).unwrap().evidence();
    assert!(
        matches!(evidence, [Evidence::Fingerprint { quality: None, candidates, image: None, .. }] if candidates.is_empty())
    );
}

#[test]
fn every_rejection_is_one_sentence_that_says_what_to_do() {
    let mut desk = Desk::open();
    let issued = desk.admit(ALICE);
    let one = vec!["Asanova".to_owned()];
    let cases = [
        (
            Command::Issue(CheckInId(77)),
            "there is no check-in 77; start a new one",
        ),
        (
            Command::Issue(issued),
            "check-in 1 has admitted its voter, who has no receipt yet, so it cannot be handed over now; follow what the screen asks for",
        ),
        (
            Command::ClosePolls { officers: one },
            "two commission members must give their names, and the names must differ; enter both",
        ),
        (
            Command::OpenPolls { officers: officers() },
            "the polls are open already; go on",
        ),
        (
            Command::Void {
                id: issued,
                officers: officers(),
                reason: "Asanova was mistaken".to_owned(),
            },
            "the reason must be a code of 1 to 64 small letters, digits and hyphens, as `wrong-person`; enter one",
        ),
    ];
    for (command, sentence) in cases {
        assert_eq!(desk.tell(command).unwrap_err().to_string(), sentence);
    }
    desk.tell(Command::ClosePolls { officers: officers() }).unwrap();
    let reopened = desk
        .tell(Command::OpenPolls { officers: officers() })
        .unwrap_err()
        .to_string();
    assert_eq!(
        reopened,
        "the polls were closed on this kiosk and cannot open again; call the commission"
    );
}
