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
        eprintln!(
            "accuracy: {} that are no images of a set are ignored, the first is {}",
            found.others.len(),
            first.display()
        );
    }
    let measured = Measurement::take(&found.images, options.records)?;
    if let Some(path) = &options.out {
        write(path, |to| measured.table.write_csv(to))?;
    }
    if let Some(path) = &options.report {
        let path = if path.is_dir() { path.join(REPORT) } else { path.clone() };
        let page = report::page(&measured, &found.images)?;
        write(&path, |to| to.write_all(page.as_bytes()))?;
        eprintln!("accuracy: the report is {}", path.display());
    }
    Ok(if options.json {
        json::all(&measured)
    } else {
        text::all(&measured)
    })
}

fn write(path: &Path, content: impl FnOnce(&mut BufWriter<File>) -> std::io::Result<()>) -> Outcome<()> {
    let written = File::create(path).map(BufWriter::new).and_then(|mut file| {
        content(&mut file)?;
        file.flush()
    });
    written.map_err(|cause| format!("{} cannot be written ({cause}); name another place", path.display()).into())
}
