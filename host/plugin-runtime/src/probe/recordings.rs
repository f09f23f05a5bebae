//! A driver's vectors: recordings of a device, played in lockstep, and what the call gave.

use super::watch::Watch;
use super::{Answered, ProbeError, sha256};
use crate::lockstep::{self, play};
use crate::plugin::Plugin;
use crate::session::Gave;
use identification::event::PrintOutcome;
use serde::{Deserialize, Serialize};
use usb_recording::recording::Recording;
use usb_recording::text;

/// Recordings.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct DriverVectors {
    /// each a session of its own
    pub recordings: Vec<Played>,
}

/// A recording and what the call gave.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Played {
    /// the recording's text, line by line, with the payloads: of a synthetic finger, or a specimen of a document
    pub recording: Vec<String>,
    /// what the call gave
    pub gives: DriverAnswer,
}

/// What the device sent stays out of it.
impl std::fmt::Debug for Played {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "recording of {} lines", self.recording.len())
    }
}

/// What a call of a driver gave.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub enum DriverAnswer {
    /// a scanner's
    Finger(Scanned),
    /// a document reader's
    Document {
        /// of its lines, each with a line feed
        sha256: String,
    },
    /// a printer's
    Printed {
        /// how the test receipt came out
        outcome: PrintOutcome,
    },
    /// a fault, by its code
    Fault(String),
}

/// A scanner's description and image.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Scanned {
    /// who made it
    pub vendor: String,
    /// which it is
    pub model: String,
    /// the finger is drawn over a line
    pub swipe: bool,
    /// pixels across
    pub width: u16,
    /// pixels down
    pub height: u16,
    /// pixels per inch
    pub dpi: u16,
    /// of the pixels, row by row
    pub sha256: String,
}

fn answer(gave: Result<Gave, String>) -> DriverAnswer {
    match gave {
        Ok(Gave::Finger { description, image, .. }) => DriverAnswer::Finger(Scanned {
            vendor: description.vendor,
            model: description.model,
            swipe: description.swipe,
            width: image.image.width,
            height: image.image.height,
            dpi: image.image.dpi,
            sha256: sha256(&image.image.pixels),
        }),
        Ok(Gave::Document(document)) => {
            let lines: String = document.mrz_lines.iter().map(|line| format!("{line}\n")).collect();
            DriverAnswer::Document {
                sha256: sha256(lines.as_bytes()),
            }
        }
        Ok(Gave::Printed { outcome, .. }) => DriverAnswer::Printed { outcome },
        Err(code) => DriverAnswer::Fault(code),
    }
}

/// Never a digest of what was read.
fn words(answer: &DriverAnswer) -> String {
    match answer {
        DriverAnswer::Finger(scanned) => format!(
            "an image of {} {} with {}x{} pixels at {} dpi",
            scanned.vendor, scanned.model, scanned.width, scanned.height, scanned.dpi
        ),
        DriverAnswer::Document { .. } => "a document".to_owned(),
        DriverAnswer::Printed { outcome } => format!("a receipt ({outcome:?})").to_lowercase(),
        DriverAnswer::Fault(code) => format!("the fault `{code}`"),
    }
}

fn give(plugin: &Plugin, number: usize, lines: &[String], watch: &Watch<'_>) -> Result<DriverAnswer, ProbeError> {
    let what = format!("recording {}", number + 1);
    let recording: Recording = text::read(&lines.join("\n")).map_err(|cause| ProbeError::Question {
        plugin: plugin.name().to_owned(),
        what: what.clone(),
        cause: cause.to_string(),
    })?;
    // What the driver is given time for is part of the recording, and so not shortened.
    watch.room_for(lockstep::timeout(&recording))?;
    let played = play(plugin, &recording).map_err(|cause| ProbeError::Played {
        plugin: plugin.name().to_owned(),
        what,
        cause: Box::new(cause),
    })?;
    Ok(answer(played.gave))
}

impl DriverVectors {
    pub(super) fn of(plugin: &Plugin, recordings: Vec<String>, watch: &Watch<'_>) -> Result<Self, ProbeError> {
        let played = |(number, text): (usize, String)| {
            let recording: Vec<String> = text.lines().map(str::to_owned).collect();
            let gives = give(plugin, number, &recording, watch)?;
            Ok(Played { recording, gives })
        };
        let recordings: Result<Vec<Played>, ProbeError> = recordings.into_iter().enumerate().map(played).collect();
        Ok(Self {
            recordings: recordings?,
        })
    }

    pub(super) fn count(&self) -> usize {
        self.recordings.len()
    }

    pub(super) fn compare(&self, plugin: &Plugin, watch: &mut Watch<'_>) -> Result<(), ProbeError> {
        for (number, played) in self.recordings.iter().enumerate() {
            let gave = give(plugin, number, &played.recording, watch)?;
            let answered = Answered {
                plugin: watch.plugin(),
                what: format!("what it gives on recording {}", number + 1),
            };
            answered.same(&played.gives, &gave, words)?;
            watch.count();
        }
        Ok(())
    }
}
