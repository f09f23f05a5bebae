//! The story: four people, a scripted operator. Every scene can be taken up where a power cut ended it: the journal's
//! check-in number says which scene it is.

use crate::files::Files;
use crate::narrator::Narrator;
use crate::people::Visitor;
use crate::simulated::Devices;
use gateway::assembly::{Kiosk, KioskError};
use gateway::ports::PortError;
use identification::command::Command;
use identification::event::{CheckInId, Event, Step};
use identification::evidence::{Evidence, Modality};
use identification::next::Next;
use identification::state::State;
use identification::station::{CheckIn, Polls};
use std::error::Error;

/// Who comes, in this order, and how it must end.
struct Scene {
    title: &'static str,
    visitor: fn() -> Visitor,
    /// the first touch is too poor to be used
    poor_first: bool,
    outcome: Outcome,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    Admitted,
    AdmittedAfterPoorImage,
    AlreadyIdentified,
    NotFoundAndReferred,
}

const SCENES: [Scene; 4] = [
    Scene {
        title: "A voter is admitted",
        visitor: || Visitor::voter(7),
        poor_first: false,
        outcome: Outcome::Admitted,
    },
    Scene {
        title: "A voter's first image is too poor, the second one is good",
        visitor: || Visitor::voter(12),
        poor_first: true,
        outcome: Outcome::AdmittedAfterPoorImage,
    },
    Scene {
        title: "The first voter comes again",
        visitor: || Visitor::voter(7),
        poor_first: false,
        outcome: Outcome::AlreadyIdentified,
    },
    Scene {
        title: "Somebody who is not on the roll",
        visitor: || Visitor::stranger(1),
        poor_first: false,
        outcome: Outcome::NotFoundAndReferred,
    },
];

/// More steps than any scene has.
const MAX_STEPS: u32 = 40;

/// Plays all scenes, closes, exports and verifies.
pub(crate) fn play(
    kiosk: &Kiosk,
    devices: &Devices,
    files: &Files,
    pull_scanner_at: Option<u64>,
) -> Result<(), Box<dyn Error>> {
    let station = kiosk.roll().station();
    println!(
        "Station {}, {}: {} voters on the roll",
        station.id(),
        station.name(),
        kiosk.roll().len()
    );
    match kiosk.scanner() {
        Ok(model) => println!("Scanner: {model}"),
        Err(error) => println!("Scanner: {error}"),
    }
    for notice in kiosk.notices() {
        println!("Notice: {notice}");
    }
    let mut narrator = Narrator::new(kiosk);
    let officers = || vec!["Sadykova A.".to_owned(), "Ivanov P.".to_owned()];
    if kiosk.standing().0 == Polls::NotYet {
        kiosk.open_polls(officers())?;
        narrator.go_on();
    }
    for (number, scene) in (1..).zip(&SCENES) {
        play_scene(kiosk, devices, CheckInId(number), scene, pull_scanner_at, &mut narrator)?;
    }
    if kiosk.standing().0 == Polls::Open {
        kiosk.close_polls(officers())?;
        narrator.go_on();
    }
    println!(
        "\nReceipts that came out of the printer:\n{}",
        indented(&devices.printer.text())
    );
    let turnout = files.station.join("turnout.csv");
    std::fs::write(&turnout, kiosk.export("turnout-by-hour")?)?;
    narrator.go_on();
    println!(
        "\nTurnout, {}:\n{}",
        turnout.display(),
        indented(&std::fs::read_to_string(&turnout)?)
    );
    std::fs::write(files.station.join("closing-checkpoint.txt"), kiosk.checkpoint()?)?;
    let report = kiosk.verify()?;
    println!("Journal: {} events, verified", report.events);
    check(kiosk)?;
    println!(
        "Outcomes: admitted {}, already identified {}, not found and referred {}, of which retried after a poor image 1",
        report.counts.identified, report.counts.already_identified, report.counts.referred
    );
    println!(
        "Check it: {1} journal verify --journal {0}/journal.db --key {0}/journal.key",
        files.station.display(),
        gateway_program()?
    );
    Ok(())
}

/// The gateway's own program, built beside this one; shown from here where it lies below.
fn gateway_program() -> Result<String, Box<dyn Error>> {
    let program = std::env::current_exe()?.with_file_name("kiosk-gateway");
    let here = std::env::current_dir()?;
    Ok(program.strip_prefix(&here).unwrap_or(&program).display().to_string())
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("    {line}\n")).collect()
}

fn play_scene(
    kiosk: &Kiosk,
    devices: &Devices,
    id: CheckInId,
    scene: &Scene,
    pull_scanner_at: Option<u64>,
    narrator: &mut Narrator<'_>,
) -> Result<(), Box<dyn Error>> {
    let visitor = (scene.visitor)();
    let known = kiosk.look(|desk| desk.station().check_in(id).map(|one| one.state()));
    if known.is_some_and(State::has_ended) {
        println!("\n{id}. {}: ended before the restart", scene.title);
        return Ok(());
    }
    println!("\n{id}. {}: {}", scene.title, visitor.name());
    if known.is_none() {
        let started = kiosk.start()?;
        if started != id {
            return Err(
                format!("the journal began check-in {started}, not {id}; begin a new day without --resume").into(),
            );
        }
    } else {
        println!("  (taken up after the restart)");
    }
    narrator.go_on();
    let mut pull = pull_scanner_at == Some(id.0);
    for _ in 0..MAX_STEPS {
        let Some(next) = kiosk.next(id) else { break };
        if let Next::Done(_) = next {
            return Ok(());
        }
        if std::mem::take(&mut pull) {
            devices.pull_mid_read();
        }
        let done = act(kiosk, devices, id, scene, &visitor, next);
        narrator.go_on();
        match done {
            Ok(()) => {}
            Err(KioskError::Port(error)) if !error.is_patience() && matches!(error, PortError::Driver { .. }) => {
                println!("       screen     {error}");
                println!("       operator   plugs the scanner in again");
                devices.plug_in_again();
            }
            Err(error) => return Err(error.into()),
        }
    }
    Err(format!("check-in {id} does not come to an end").into())
}

/// What the operator and the visitor do about one step.
fn act(
    kiosk: &Kiosk,
    devices: &Devices,
    id: CheckInId,
    scene: &Scene,
    visitor: &Visitor,
    next: Next,
) -> Result<(), KioskError> {
    match next {
        Next::CaptureFinger(asked) => {
            let attempts = kiosk.look(|desk| desk.station().check_in(id).map_or(0, |one| one.evidence().len()));
            let attempt = u64::try_from(attempts).unwrap_or(0);
            let poorly = scene.poor_first && attempt == 0;
            let image = visitor.touches(asked.code(), id.0 * 100 + attempt, devices.sensor(), poorly);
            if let Err(wrong) = devices.touch(&image) {
                kiosk.notice(wrong);
            }
            kiosk.capture(id).map(drop)
        }
        Next::ConfirmPhoto(voter) => kiosk.confirm_photo(id, voter, true).map(drop),
        Next::PrintReceipt { .. } => kiosk.print(id).map(drop),
        Next::AskWhetherPrinted => kiosk.answer_printed(id, false).map(drop),
        Next::HandOver => kiosk.hand_over(id),
        Next::AskPolicy => kiosk.advance(id).map(drop),
        Next::AskDocument => kiosk
            .observe(
                id,
                Evidence::Unavailable {
                    modality: Modality::Document,
                },
            )
            .map(drop),
        Next::AskFace(_) => kiosk
            .observe(
                id,
                Evidence::Unavailable {
                    modality: Modality::Face,
                },
            )
            .map(drop),
        Next::AskOfficers(_) | Next::AwaitPrinter | Next::Done(_) => kiosk.command(Command::Abandon(id)),
    }
}

/// Every scene ended as it must, by the journal's word.
fn check(kiosk: &Kiosk) -> Result<(), Box<dyn Error>> {
    let entries = kiosk.look(gateway::desk::Desk::entries)?;
    for (number, scene) in (1..).zip(&SCENES) {
        let check_in = kiosk.look(|desk| desk.station().check_in(CheckInId(number)).cloned());
        let steps: Vec<&Step> = entries
            .iter()
            .filter_map(|entry| match &entry.event {
                Event::CheckIn { id, step } if id.0 == number => Some(step),
                _ => None,
            })
            .collect();
        if !check_in.is_some_and(|check_in| ended_as(scene.outcome, &check_in, &steps)) {
            return Err(format!(
                "\"{}\" did not end as it must ({:?}); are all plugins there, and do they answer?",
                scene.title, scene.outcome
            )
            .into());
        }
    }
    Ok(())
}

fn ended_as(outcome: Outcome, check_in: &CheckIn, steps: &[&Step]) -> bool {
    let admissions = steps
        .iter()
        .filter(|step| matches!(step, Step::Identified { .. }))
        .count();
    let poor = steps.iter().any(|step| {
        matches!(step, Step::Seen { evidence: Evidence::Fingerprint { quality, .. } } if quality.is_none_or(|quality| quality < 20))
    });
    match outcome {
        Outcome::Admitted => check_in.state() == State::Issued && admissions == 1,
        Outcome::AdmittedAfterPoorImage => check_in.state() == State::Issued && admissions == 1 && poor,
        Outcome::AlreadyIdentified => check_in.state() == State::AlreadyIdentified && admissions == 0,
        Outcome::NotFoundAndReferred => {
            check_in.state() == State::Referred && check_in.voter().is_none() && admissions == 0 && steps.len() > 3
        }
    }
}
