//! How accurate the fingerprint matcher is, as the component that a station runs: every pair of images of a folder of
//! sets, figures from the scores, and a report for whoever works on the matcher.
//!
//! [`figures`] are pure functions of a [`table::Table`]; all else gets the table out of the component, or shows it.

pub mod figures;
pub mod name;
pub mod sets;
pub mod table;
pub mod text;

mod comparison;
mod extraction;
mod gallery;
mod json;
mod measurement;
mod picture;
mod progress;
mod report;
mod search;
mod shipped;
mod speed;
mod workers;

use measurement::Measurement;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

/// What a step gives, or in one sentence why it could not run.
pub type Outcome<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// The report's name in a folder.
const REPORT: &str = "accuracy.html";

/// What is measured, and where it goes.
#[derive(Clone, Debug)]
pub struct Options {
    /// the folder of sets
    pub sets: PathBuf,
    /// only images whose `set/finger_impression` begins with one of these, where there are any
    pub begin: Vec<String>,
    /// where the scores go
    pub out: Option<PathBuf>,
    /// where the report goes: a page, or a folder for `accuracy.html`
    pub report: Option<PathBuf>,
    /// enrol references through ISO/IEC 19794-2:2005 records
    pub records: bool,
    /// figures as JSON
    pub json: bool,
}

/// Measures the built plugin; the figures, to be printed.
///
/// # Errors
/// One sentence: what is wrong and what to do.
pub fn run(options: &Options) -> Outcome<String> {
    let found = sets::Sets::list(&options.sets, &options.begin)?;
    if let Some(first) = found.others.first() {
        let more = match found.others.len() - 1 {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        eprintln!(
            "accuracy: ignored, since it is no image of a set: {}{more}",
            first.display()
        );
    }
    // Opened first: hours of work are not to end at a path that cannot be written.
    let out = options.out.as_deref().map(Destination::open).transpose()?;
    let report = options.report.as_deref().map(|path| match path.is_dir() {
        true => Destination::open(&path.join(REPORT)),
        false => Destination::open(path),
    });
    let report = report.transpose()?;
    let measured = Measurement::take(&found.images, options.records)?;
    if let Some(out) = out {
        out.write(|to| measured.table.write_csv(to))?;
    }
    if let Some(report) = report {
        let page = report::page(&measured, &found.images)?;
        let path = report.path.clone();
        report.write(|to| to.write_all(page.as_bytes()))?;
        eprintln!(
            "accuracy: the report is {}; it shows fingers of the sets",
            path.display()
        );
    }
    Ok(if options.json {
        json::all(&measured)
    } else {
        text::all(&measured)
    })
}

/// A file that is written at the end.
struct Destination {
    path: PathBuf,
    file: File,
}

impl Destination {
    fn open(path: &Path) -> Outcome<Self> {
        let path = path.to_path_buf();
        match File::create(&path) {
            Ok(file) => Ok(Self { path, file }),
            Err(cause) => Err(unwritable(&path, &cause).into()),
        }
    }

    fn write(self, content: impl FnOnce(&mut BufWriter<File>) -> std::io::Result<()>) -> Outcome<()> {
        let mut file = BufWriter::new(self.file);
        let written = content(&mut file).and_then(|()| file.flush());
        written.map_err(|cause| unwritable(&self.path, &cause).into())
    }
}

fn unwritable(path: &Path, cause: &std::io::Error) -> String {
    format!("{} cannot be written ({cause}); name another place", path.display())
}
