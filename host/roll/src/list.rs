//! A list of voters, checked as a whole before anything is done with it.

use crate::finding::Findings;
use crate::folder::Folder;
use crate::image::{FingerImage, check_photo};
use crate::line::{Finger, Flaw, Line, Source};
use crate::voter::Voter;
use std::collections::HashMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// The list's name where a folder is given.
const LIST_NAME: &str = "voters.jsonl";
/// First bytes of a record of ISO/IEC 19794-2:2005 or :2011 or ANSI INCITS 378: "FMR" and a zero byte.
const RECORD_MAGIC: &[u8] = b"FMR\0";
/// Ten fingers of 255 minutiae with their extended data fit.
const MAX_RECORD_BYTES: usize = 64 << 10;

/// What was found in a list of voters.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[must_use = "a list with problems cannot be sealed"]
pub struct Check {
    /// lines with a voter on them, good or bad
    pub voters: usize,
    /// must be corrected
    pub problems: Findings,
    /// may stay as they are
    pub warnings: Findings,
}

/// A list that cannot be read at all.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ListError {
    /// no such file
    #[error("there is no list of voters at {0}; give the path of a voters.jsonl or of its folder")]
    Missing(PathBuf),
    /// the system refuses, with its words
    #[error("the list {0} could not be read ({1}); check its permissions, or copy it again")]
    Unreadable(PathBuf, String),
}

/// A good line; photo and templates are still files.
pub(crate) struct Entry {
    pub(crate) line: usize,
    pub(crate) voter: Voter,
    pub(crate) photo: Option<String>,
    pub(crate) fingers: Vec<Finger>,
}

/// A list with nothing wrong found so far.
pub(crate) struct List {
    pub(crate) folder: Folder,
    pub(crate) entries: Vec<Entry>,
    pub(crate) check: Check,
}

/// Reads a list and every file that it names, and reports all that is wrong in one go. `path` is the list or the
/// folder with a `voters.jsonl`; `progress` is told lines done and lines in all.
///
/// # Errors
/// [`ListError`] where the list itself cannot be read. Bad lines are no error here, but problems of the [`Check`].
pub fn check(path: &Path, progress: &mut dyn FnMut(usize, usize)) -> Result<Check, ListError> {
    List::read(path, progress).map(|list| list.check)
}

impl List {
    pub(crate) fn read(path: &Path, progress: &mut dyn FnMut(usize, usize)) -> Result<Self, ListError> {
        let path = if path.is_dir() {
            path.join(LIST_NAME)
        } else {
            path.to_owned()
        };
        let unreadable = |error: std::io::Error| match error.kind() {
            ErrorKind::NotFound => ListError::Missing(path.clone()),
            kind => ListError::Unreadable(path.clone(), kind.to_string()),
        };
        let bytes = std::fs::read(&path).map_err(unreadable)?;
        let folder = Folder::of(&path).map_err(unreadable)?;
        let mut list = Self {
            folder,
            entries: Vec::new(),
            check: Check::default(),
        };
        list.read_lines(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes), progress);
        Ok(list)
    }

    fn read_lines(&mut self, bytes: &[u8], progress: &mut dyn FnMut(usize, usize)) {
        let lines: Vec<_> = (1..)
            .zip(bytes.split(|byte| *byte == b'\n'))
            .map(|(number, line)| (number, line.trim_ascii()))
            .filter(|(_, line)| !line.is_empty())
            .collect();
        if lines.is_empty() {
            self.check
                .problems
                .add(1, "", "no voter is in the list; write one voter on each line");
        }
        let mut seen = Seen::default();
        for (done, (number, line)) in lines.iter().enumerate() {
            progress(done, lines.len());
            self.read_line(*number, line, &mut seen);
        }
        self.check.voters = lines.len();
        progress(lines.len(), lines.len());
    }

    fn read_line(&mut self, number: usize, bytes: &[u8], seen: &mut Seen) {
        let mut flaws = Vec::new();
        let line = match std::str::from_utf8(bytes) {
            Ok(text) => Line::read(text, &mut flaws),
            Err(_) => {
                self.check
                    .problems
                    .add(number, "", "is not UTF-8; save the list as UTF-8");
                return;
            }
        };
        seen.compare(number, &line, &mut flaws);
        self.check_files(&line, &mut flaws);
        if flaws.is_empty() && line.fingers.is_empty() {
            let text = "is empty; add a finger, or leave it, for the voter can be identified by document";
            self.check.warnings.add(number, "fingers", text);
        }
        for Flaw { field, text } in &flaws {
            self.check.problems.add(number, field, text);
        }
        if flaws.is_empty() {
            // a line without flaws has all its fields, so this adds it
            self.entries.extend(Entry::of(number, line));
        }
    }

    fn check_files(&self, line: &Line, flaws: &mut Vec<Flaw>) {
        if let Some(photo) = &line.photo {
            let checked = self
                .file(photo)
                .and_then(|bytes| check_photo(&bytes).map_err(|flaw| about(photo, &flaw)));
            flaws.extend(checked.err().map(|text| Flaw {
                field: "photo".to_owned(),
                text,
            }));
        }
        for finger in &line.fingers {
            let checked = self.sample(finger);
            flaws.extend(checked.err().map(|text| Flaw {
                field: finger.field(),
                text,
            }));
        }
    }

    /// The bytes of a file that a line names, or what is wrong with it.
    pub(crate) fn file(&self, name: &str) -> Result<Vec<u8>, String> {
        self.folder.read(name).map_err(|flaw| about(name, &flaw))
    }

    /// A finger's image or record, or what is wrong with it.
    pub(crate) fn sample(&self, finger: &Finger) -> Result<Sample, String> {
        let name = finger.source.path();
        let bytes = self.file(name)?;
        match &finger.source {
            Source::Image { dpi, .. } => FingerImage::read(&bytes, *dpi, finger.position)
                .map(Sample::Image)
                .map_err(|flaw| about(name, &flaw)),
            Source::Record { .. } if bytes.starts_with(RECORD_MAGIC) && bytes.len() <= MAX_RECORD_BYTES => {
                Ok(Sample::Record(bytes))
            }
            Source::Record { .. } => Err(about(
                name,
                &"is not a minutiae record (ISO/IEC 19794-2 or ANSI 378); copy the file again",
            )),
        }
    }
}

/// What a template is made of.
pub(crate) enum Sample {
    Image(FingerImage),
    Record(Vec<u8>),
}

impl Finger {
    /// The field that names this finger's file, for example `fingers[0].image`.
    pub(crate) fn field(&self) -> String {
        format!("{}.{}", self.place, self.source.field())
    }
}

impl Entry {
    fn of(number: usize, line: Line) -> Option<Self> {
        Some(Self {
            line: number,
            voter: Voter {
                number: line.number?,
                name: line.name?,
                born: line.born?,
                sex: line.sex?,
                pin: line.pin?,
                document: line.document?,
                home: line.home,
                excluded: line.excluded,
                votes_elsewhere: line.votes_elsewhere,
                photo: None,
            },
            photo: line.photo,
            fingers: line.fingers,
        })
    }
}

/// What stands on the roll once, and the line where it stood first.
#[derive(Default)]
struct Seen {
    numbers: HashMap<String, usize>,
    pins: HashMap<String, usize>,
    documents: HashMap<String, usize>,
}

impl Seen {
    fn compare(&mut self, number: usize, line: &Line, flaws: &mut Vec<Flaw>) {
        let roll_number = line.number.map(|number| number.to_string());
        let once = [
            (&mut self.numbers, "number", roll_number),
            (&mut self.pins, "pin", line.pin.clone()),
            (&mut self.documents, "document", line.document.clone()),
        ];
        for (seen, field, value) in once {
            let Some(value) = value else { continue };
            let first = *seen.entry(value).or_insert(number);
            if first != number {
                let text = format!("is the same as on line {first}; correct it, or leave one of the two lines out");
                flaws.push(Flaw {
                    field: field.to_owned(),
                    text,
                });
            }
        }
    }
}

/// A sentence about a file, by its name as the line has it.
fn about(name: &str, flaw: &dyn std::fmt::Display) -> String {
    format!("the file `{}` {flaw}", quotation::phrase(name))
}
