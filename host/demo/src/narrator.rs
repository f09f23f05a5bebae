//! Tells the story out of the journal: what is printed has happened, and is durable.

use gateway::assembly::Kiosk;
use identification::decision::Decision;
use identification::event::{Basis, Event, PrintOutcome, Step};
use identification::evidence::Evidence;
use identification::voter::RollNumber;

/// How far the story is told.
pub(crate) struct Narrator<'a> {
    kiosk: &'a Kiosk,
    told: u64,
}

impl<'a> Narrator<'a> {
    /// Begins with what happens from now on.
    pub(crate) fn new(kiosk: &'a Kiosk) -> Self {
        let told = kiosk.look(|desk| desk.journal().size());
        Self { kiosk, told }
    }

    /// Tells what happened since.
    pub(crate) fn go_on(&mut self) {
        let entries = self.kiosk.look(gateway::desk::Desk::entries).unwrap_or_default();
        for entry in entries.iter().filter(|entry| entry.sequence >= self.told) {
            if let Some(sentence) = self.sentence(&entry.event) {
                println!("  {:>3}  {sentence}", entry.sequence);
            }
        }
        self.told = self.kiosk.look(|desk| desk.journal().size());
    }

    fn name(&self, voter: RollNumber) -> String {
        match self.kiosk.voter(voter) {
            Ok(Some(found)) => format!("{} (number {voter})", found.name),
            _ => format!("number {voter}"),
        }
    }

    fn sentence(&self, event: &Event) -> Option<String> {
        Some(match event {
            Event::CheckIn { step, .. } => self.step(step)?,
            Event::PollsOpened { officers } => format!("polls      opened by {}", officers.join(" and ")),
            Event::PollsClosed { officers } => format!("polls      closed by {}", officers.join(" and ")),
            Event::Device { role, code } => format!("device     {role}: {code}"),
            Event::PluginFault { plugin, code } => format!("plugin     {plugin} failed: {code}"),
            Event::Exported { format, bytes, .. } => format!("export     {format}: {bytes} bytes"),
            Event::Incident { code } => format!("incident   {code}"),
            Event::Update {
                kind,
                name,
                counter,
                step,
                ..
            } => format!("update     {kind} {name} {counter}: {}", step.name()),
            Event::KioskStarted { .. }
            | Event::PluginLoaded { .. }
            | Event::Trust { .. }
            | Event::Floor { .. }
            | Event::ZeroReport { .. } => return None,
        })
    }

    fn step(&self, step: &Step) -> Option<String> {
        Some(match step {
            Step::Started => "desk       a person steps up".to_owned(),
            Step::Seen { evidence } => self.evidence(evidence),
            Step::Ruled { ruling } => format!("policy     {} (rule {})", self.decision(&ruling.decision), ruling.rule),
            Step::Overruled { rule, ruling } => {
                format!(
                    "host       the policy's answer would break a rule ({rule}): {}",
                    self.decision(&ruling.decision)
                )
            }
            Step::Identified { voter, basis } => {
                let why = match basis {
                    Basis::Confirmed { score: Some(score) } => format!("score {}", score.0),
                    Basis::Confirmed { score: None } => "by document".to_owned(),
                    Basis::Override { officers, .. } => format!("by {}", officers.join(" and ")),
                };
                format!("host       ADMITTED {} ({why})", self.name(*voter))
            }
            Step::Printing { copy } => format!("printer    receipt, copy {copy}"),
            Step::PrintEnded { outcome } => match outcome {
                PrintOutcome::Printed => "printer    the receipt is out".to_owned(),
                PrintOutcome::NotPrinted => "printer    nothing came out".to_owned(),
                PrintOutcome::Unknown => "printer    nobody knows whether it came out".to_owned(),
            },
            Step::Issued => "desk       receipt handed over".to_owned(),
            Step::IssuedByHand { .. } => "desk       receipt written by hand".to_owned(),
            Step::Voided { reason, .. } => format!("desk       taken back ({reason})"),
            Step::AlreadyIdentified { voter } => format!("host       ALREADY IDENTIFIED: {}", self.name(*voter)),
            Step::ReplayRefused => "host       the very same image again: refused as a replay".to_owned(),
            Step::Contested { voter, .. } => format!("host       CONTESTED: {}", self.name(*voter)),
            Step::Referred { reason, .. } => format!("host       REFERRED to the commission ({reason})"),
            Step::Refused { reason, .. } => format!("host       REFUSED ({reason})"),
            Step::Abandoned => "desk       the person left".to_owned(),
        })
    }

    fn evidence(&self, evidence: &Evidence) -> String {
        match evidence {
            Evidence::Fingerprint {
                quality: None, advice, ..
            } => {
                let advice: Vec<String> = advice.iter().map(ToString::to_string).collect();
                format!("scanner    an image, too poor to be searched: {}", advice.join(", "))
            }
            Evidence::Fingerprint {
                quality: Some(quality),
                candidates,
                elapsed_ms,
                ..
            } => {
                let best = candidates.first().map_or("nobody is like it".to_owned(), |best| {
                    format!("best candidate number {} with score {}", best.voter, best.score.0)
                });
                format!("matcher    image of quality {quality}, read in {elapsed_ms} ms: {best}")
            }
            Evidence::Photo { same_person, .. } => {
                format!(
                    "operator   the photo {} the person",
                    if *same_person { "shows" } else { "does not show" }
                )
            }
            Evidence::Officers { officers, .. } => format!("officers   {} vouch", officers.join(" and ")),
            Evidence::Document { .. } | Evidence::TypedNumber { .. } => "operator   a document".to_owned(),
            Evidence::Face { .. } => "camera     a face".to_owned(),
            Evidence::Unavailable { .. } => "operator   a device cannot be used".to_owned(),
            Evidence::FingerAbsent { .. } => "operator   the voter does not have this finger".to_owned(),
        }
    }

    fn decision(&self, decision: &Decision) -> String {
        match decision {
            Decision::CaptureFinger(finger) if finger.code() == 0 => "asks for any enrolled finger".to_owned(),
            Decision::CaptureFinger(finger) => format!("asks for another finger, position {}", finger.code()),
            Decision::AskDocument => "asks for a document".to_owned(),
            Decision::AskFace(_) => "asks for the face".to_owned(),
            Decision::ConfirmPhoto(voter) => format!("asks the operator to compare the photo of {}", self.name(*voter)),
            Decision::AskOfficers(_) => "asks the officers".to_owned(),
            Decision::Admit(voter) => format!("admits {}", self.name(*voter)),
            Decision::Contest(_) => "opens the contested path".to_owned(),
            Decision::Refuse(_) => "turns away: admitted earlier, or not entitled".to_owned(),
            Decision::Refer(_) => "refers to the commission".to_owned(),
        }
    }
}
