//! From a list of voters to a sealed roll: whole, or not at all.

use crate::draft::{Draft, DraftError};
use crate::extractor::{ExtractError, Extracted, Extractor};
use crate::finding::Findings;
use crate::line::Finger;
use crate::list::{Check, Entry, List, ListError, Sample};
use crate::roll::OpenError;
use crate::station::Station;
use crate::voter::Reference;
use encrypted_store::{OldSqlite, StoreKey as RollKey};
use identification::voter::FingerPosition;
use std::path::{Path, PathBuf};

/// What to seal, for whom, and where to.
#[derive(Clone, Copy, Debug)]
pub struct SealRequest<'a> {
    /// the list, or the folder with a `voters.jsonl`
    pub list: &'a Path,
    /// whose roll it becomes
    pub station: &'a Station,
    /// of the new file
    pub key: &'a RollKey,
    /// the new file; one that is there already is replaced at the very end
    pub out: &'a Path,
}

/// A roll that stands under its name, durable and read back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealed {
    /// on the roll
    pub voters: usize,
    /// fingers with a template
    pub references: usize,
    /// SHA-256 over the whole content, lower-case hexadecimal
    pub digest: String,
    /// which voters and fingers have no template
    pub warnings: Findings,
}

/// Why nothing was sealed. A roll that was there is as it was, but for [`SealError::NotDurable`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// the list cannot be read at all
    #[error(transparent)]
    List(#[from] ListError),
    /// the list has bad lines
    #[error("nothing was sealed, for the list has problems ({}); correct them and seal again", .0.problems.len())]
    Bad(Box<Check>),
    /// the matcher failed on a good line
    #[error("nothing was sealed, for the matcher failed on line {line} ({reason}); try again, or use another matcher")]
    Matcher {
        /// of the list
        line: usize,
        /// the matcher's words
        reason: String,
    },
    /// no room
    #[error("nothing was sealed, for there is no room for {0}; free some space and seal again")]
    Full(PathBuf),
    /// the system refuses
    #[error("nothing was sealed, for {path} could not be written ({reason}); check the folder and the disk")]
    Write {
        /// the roll's place
        path: PathBuf,
        /// the system's words
        reason: String,
    },
    /// a bad disk
    #[error("nothing was sealed, for what was written for {0} does not read back; use another disk")]
    ReadBack(PathBuf),
    /// the new roll is in its place, but may be the old one again after a power cut
    #[error("{path} was sealed, but the disk did not confirm it ({reason}); check the disk and seal again")]
    NotDurable {
        /// the roll's place
        path: PathBuf,
        /// the system's words
        reason: String,
    },
    /// a wrong build
    #[error("nothing was sealed, for this program's SQLite is older than 3.51.3; build it with a newer one")]
    OldSqlite,
}

/// Checks a list, makes the templates and writes the sealed roll. `progress` is told steps done and steps in all; a
/// voter is two steps, one to check and one to import.
///
/// # Errors
/// [`SealError`]; a roll that was at `out` is still there, unchanged, but for [`SealError::NotDurable`].
pub fn seal(
    request: &SealRequest<'_>,
    extractor: &mut dyn Extractor,
    progress: &mut dyn FnMut(usize, usize),
) -> Result<Sealed, SealError> {
    let mut list = List::read(request.list, &mut |done, total| progress(done, 2 * total))?;
    check_births(&mut list, request.station);
    list.into_good().and_then(|list| {
        Import {
            list,
            request,
            extractor,
            references: 0,
        }
        .run(progress)
    })
}

/// A voter who is not born on election day is a mistyped one.
fn check_births(list: &mut List, station: &Station) {
    for entry in &list.entries {
        if entry.voter.born > station.election_date() {
            let text = "is after the day of the election; correct the date of birth, or the election's";
            list.check.problems.add(entry.line, "born", text);
        }
    }
}

impl List {
    fn into_good(self) -> Result<Self, SealError> {
        if self.check.problems.is_empty() {
            Ok(self)
        } else {
            Err(SealError::Bad(Box::new(self.check)))
        }
    }
}

/// Voters whose fingers are extracted at once.
const BATCH: usize = 32;

/// What came of a finger: the matcher's answer, or what is wrong with its file.
type Answer = Result<Result<Extracted, ExtractError>, String>;

/// The second pass: every line is good.
struct Import<'a> {
    list: List,
    request: &'a SealRequest<'a>,
    extractor: &'a mut dyn Extractor,
    references: usize,
}

impl Import<'_> {
    fn run(mut self, progress: &mut dyn FnMut(usize, usize)) -> Result<Sealed, SealError> {
        let (out, key) = (self.request.out, self.request.key);
        let mut draft = Draft::create(out, key).map_err(|error| error.at(out))?;
        let entries = std::mem::take(&mut self.list.entries);
        let total = entries.len();
        let mut done = 0;
        let mut entries = entries.into_iter();
        progress(total, 2 * total);
        loop {
            let batch: Vec<Entry> = entries.by_ref().take(BATCH).collect();
            if batch.is_empty() {
                break;
            }
            let mut answers = self.extract_batch(&batch).into_iter();
            for entry in batch {
                let count = entry.fingers.len();
                self.add(entry, answers.by_ref().take(count), &mut draft)?;
                done += 1;
                // The last step is done once the roll is durable.
                if done < total {
                    progress(total + done, 2 * total);
                }
            }
        }
        self.list = self.list.into_good()?;
        let (matcher, version) = (self.extractor.name(), self.extractor.version());
        let digest = draft
            .finish(self.request.station, key, &matcher, version)
            .map_err(|error| error.at(out))?;
        progress(2 * total, 2 * total);
        Ok(Sealed {
            voters: total,
            references: self.references,
            digest: crate::seal::hex(&digest),
            warnings: self.list.check.warnings,
        })
    }

    /// One answer for each finger of these voters, in their order.
    fn extract_batch(&mut self, batch: &[Entry]) -> Vec<Answer> {
        let fingers: Vec<&Finger> = batch.iter().flat_map(|entry| &entry.fingers).collect();
        let mut images = Vec::new();
        let mut samples = Vec::with_capacity(fingers.len());
        for finger in &fingers {
            samples.push(match self.list.sample(finger) {
                Ok(Sample::Image(image)) => {
                    images.push(image);
                    None
                }
                other => Some(other),
            });
        }
        let mut of_images = self.extractor.extract_all(images).into_iter();
        let mut of_image = || {
            of_images
                .next()
                .unwrap_or_else(|| Err(ExtractError::Failed("it gave too few answers".to_owned())))
        };
        fingers
            .into_iter()
            .zip(samples)
            .map(|(finger, sample)| match sample {
                None | Some(Ok(Sample::Image(_))) => Ok(of_image()),
                Some(Ok(Sample::Record(bytes))) => Ok(self.best_view(&bytes, finger.position)),
                Some(Err(text)) => Err(text),
            })
            .collect()
    }

    fn add(&mut self, entry: Entry, answers: impl Iterator<Item = Answer>, draft: &mut Draft) -> Result<(), SealError> {
        let Entry {
            line,
            mut voter,
            photo,
            fingers,
        } = entry;
        if let Some(photo) = photo {
            // It was there when the list was checked; someone can have taken it since.
            match self.list.file(&photo) {
                Ok(png) => voter.photo = Some(png),
                Err(text) => self.list.check.problems.add(line, "photo", &text),
            }
        }
        draft.add_voter(&voter).map_err(|error| error.at(self.request.out))?;
        let before = self.references;
        for (finger, answer) in fingers.iter().zip(answers) {
            let Some(extracted) = self.judge(line, finger, answer)? else {
                continue;
            };
            let reference = Reference {
                voter: voter.number,
                position: finger.position,
                quality: extracted.quality(),
                template: extracted.into_template(),
            };
            draft
                .add_reference(&reference)
                .map_err(|error| error.at(self.request.out))?;
            self.references += 1;
        }
        if before == self.references && !fingers.is_empty() {
            let text =
                "has no usable finger; enrol another one, or leave it, for the voter can be identified by document";
            self.list.check.warnings.add(line, "fingers", text);
        }
        Ok(())
    }

    /// What an answer means for the list: a template, or a warning or problem instead.
    fn judge(&mut self, line: usize, finger: &Finger, answer: Answer) -> Result<Option<Extracted>, SealError> {
        let answer = match answer {
            Ok(answer) => answer,
            Err(text) => {
                self.list.check.problems.add(line, &finger.field(), &text);
                return Ok(None);
            }
        };
        let Check { problems, warnings, .. } = &mut self.list.check;
        match answer {
            Ok(extracted) => return Ok(Some(extracted)),
            Err(ExtractError::Failed(reason)) => {
                return Err(SealError::Matcher {
                    line,
                    reason: quotation::sentence(&reason),
                });
            }
            Err(ExtractError::Invalid(reason)) => {
                let text = format!(
                    "cannot be read by the matcher ({}); export the file again",
                    quotation::sentence(&reason)
                );
                problems.add(line, &finger.field(), &text);
            }
            Err(ExtractError::Unusable(reason)) => {
                let text = format!(
                    "gives no usable template ({}); enrol the finger again, or leave it, for the roll goes without it",
                    quotation::sentence(&reason)
                );
                warnings.add(line, &finger.field(), &text);
            }
        }
        Ok(None)
    }

    /// A record can hold several views; the best one of the finger in question counts.
    fn best_view(&mut self, bytes: &[u8], position: FingerPosition) -> Result<Extracted, ExtractError> {
        self.extractor
            .import_record(bytes)?
            .into_iter()
            .filter(|view| view.position == position || view.position == FingerPosition::Unknown)
            .map(|view| view.extracted)
            .max_by_key(Extracted::quality)
            .ok_or_else(|| ExtractError::Invalid("it holds no view of this finger".to_owned()))
    }
}

impl DraftError {
    fn at(self, out: &Path) -> SealError {
        let path = out.to_owned();
        match self {
            Self::Full => SealError::Full(path),
            Self::Other(reason) => SealError::Write { path, reason },
            Self::NotDurable(reason) => SealError::NotDurable { path, reason },
            Self::Sqlite(OldSqlite) | Self::ReadBack(OpenError::OldSqlite) => SealError::OldSqlite,
            Self::ReadBack(_) => SealError::ReadBack(path),
        }
    }
}
