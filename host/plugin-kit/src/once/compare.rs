//! A matcher: what it makes of an image, and of two together.

use super::say;
use crate::cli::Run;
use crate::sentence::Sentence;
use identification::evidence::{Advice, Score};
use identification::voter::FingerPosition;
use plugin_runtime::FingerImage;
use plugin_runtime::matcher::{ExtractError, Extraction, Matcher, Probe, Reference};
use plugin_runtime::plugin::Plugin;
use serde_json::{Value, json};
use std::io::Write;
use std::num::NonZeroUsize;
use std::path::Path;

/// The one who is enrolled.
const SUBJECT: u32 = 1;

/// An image's file, its shape, and what the matcher made of it.
struct Read<'a> {
    path: &'a Path,
    width: u16,
    height: u16,
    dpi: u16,
    extraction: Extraction,
}

pub(super) fn compare(plugin: &Plugin, asked: &Run, out: &mut dyn Write) -> Result<(), Sentence> {
    let wrong = || {
        Sentence(format!(
            "`{}` takes one image, or two that it compares, and {} were given; give it files in PNG, BMP or TIFF",
            plugin.name(),
            asked.input.len()
        ))
    };
    let (first, second) = match asked.input.as_slice() {
        [first] => (first, None),
        [first, second] => (first, Some(second)),
        _ => return Err(wrong()),
    };
    let matcher = Matcher::start(plugin, 1, NonZeroUsize::MIN)?;
    let first = read(&matcher, first)?;
    let second = second.map(|path| read(&matcher, path)).transpose()?;
    let score = match &second {
        Some(second) => Some(score(&matcher, &first, second)?),
        None => None,
    };
    let images: Vec<&Read<'_>> = std::iter::once(&first).chain(&second).collect();
    if asked.json {
        let images: Vec<Value> = images.iter().map(|read| value(read)).collect();
        let value = json!({ "images": images, "score": score });
        return say(out, &serde_json::to_string_pretty(&value)?);
    }
    for read in images {
        say(out, &words(read))?;
    }
    match score {
        Some(score) => say(out, &meaning(score)),
        None => Ok(()),
    }
}

fn meaning(score: Score) -> String {
    let Score(hundredths) = score;
    if hundredths == 0 {
        return "score 0: no more alike than any two fingers".to_owned();
    }
    format!(
        "score {hundredths}: the matcher states a false match rate of 10^-{}.{:02} for this comparison",
        hundredths / 100,
        hundredths % 100
    )
}

fn read<'a>(matcher: &Matcher, path: &'a Path) -> Result<Read<'a>, Sentence> {
    let picture = image_files::read(path)?;
    let image = FingerImage::of_picture(picture);
    let extraction = matcher.extract(&image).map_err(|cause| refused(path, &cause))?;
    Ok(Read {
        path,
        width: image.image.width,
        height: image.image.height,
        dpi: image.image.dpi,
        extraction,
    })
}

fn refused(path: &Path, cause: &ExtractError) -> Sentence {
    let path = path.display();
    Sentence(match cause {
        ExtractError::Unusable(told) => format!(
            "the matcher cannot use {path} (it says: {}); take another image of the finger",
            advice(told)
        ),
        ExtractError::Invalid => format!(
            "the matcher does not take {path}; look in its documentation for the sizes and resolutions that it takes"
        ),
        ExtractError::Plugin(cause) => format!("{path}: {cause}"),
    })
}

/// The first is enrolled, and the second compared with it: what a station does with roll and voter.
fn score(matcher: &Matcher, first: &Read<'_>, second: &Read<'_>) -> Result<Score, Sentence> {
    let probe = |read: &Read<'_>| Probe {
        template: read.extraction.template.clone(),
        position: FingerPosition::Unknown,
    };
    matcher.enrol([Reference {
        subject: SUBJECT,
        probe: probe(first),
    }])?;
    let found = matcher.verify(SUBJECT, &[probe(second)])?;
    found.map(|candidate| candidate.score).ok_or_else(|| {
        Sentence(format!(
            "the matcher enrolled {} and then did not compare with it; `plugin-kit check --only M036` tries the same",
            first.path.display()
        ))
    })
}

fn advice(told: &[Advice]) -> String {
    let words: Vec<String> = told.iter().map(ToString::to_string).collect();
    if words.is_empty() {
        return "nothing".to_owned();
    }
    words.join(", ")
}

fn words(read: &Read<'_>) -> String {
    let resolution = match read.dpi {
        0 => "at an unknown resolution".to_owned(),
        dpi => format!("at {dpi} dpi"),
    };
    format!(
        "{}: {}x{} pixels {resolution}; a template of {} bytes, quality {} of 100, {} minutiae; advice: {}",
        read.path.display(),
        read.width,
        read.height,
        read.extraction.template.0.len(),
        read.extraction.quality,
        read.extraction.minutiae,
        advice(&read.extraction.advice)
    )
}

fn value(read: &Read<'_>) -> Value {
    json!({
        "file": read.path,
        "width": read.width,
        "height": read.height,
        "dpi": read.dpi,
        "template-bytes": read.extraction.template.0.len(),
        "quality": read.extraction.quality,
        "minutiae": read.extraction.minutiae,
        "advice": read.extraction.advice,
    })
}
