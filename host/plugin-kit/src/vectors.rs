//! Golden vectors: what a plugin answers now, for the commission to send along with it.

use crate::cli::{Kind, Vectors};
use crate::once::decide::own_settings;
use crate::once::export::EXAMPLE;
use crate::once::{json_file, kind, say, word};
use crate::sentence::Sentence;
use crate::session::load;
use plugin_runtime::case_json::PolicyCase;
use plugin_runtime::probe::{self, Material, Trial, probe};
use std::io::Write;
use std::path::{Path, PathBuf};
use usb_recording::{import, text};

/// Asks the plugin what was typed, and writes that down with its answers.
///
/// # Errors
/// A sentence: a question cannot be asked, or the plugin does not answer the same a second time.
pub fn write(asked: &Vectors, out: &mut dyn Write) -> Result<bool, Sentence> {
    let (_runtime, plugin, _) = load(&asked.plugin)?;
    let kind = kind(&plugin)?;
    belongs(asked, kind, plugin.name())?;
    let material = match kind {
        Kind::Driver => Material::Driver(each(&asked.recording, |path| {
            Ok(text::write(&import::read(path, None)?))
        })?),
        Kind::Matcher => Material::Matcher(each(&asked.image, image)?),
        Kind::Policy => Material::Policy {
            cases: each(&asked.case, |path| case(path, &asked.plugin))?,
            refused: each(&asked.refused, json_file)?,
        },
        Kind::Exporter if asked.results.is_empty() => Material::Exporter(vec![serde_json::from_str(EXAMPLE)?]),
        Kind::Exporter => Material::Exporter(each(&asked.results, json_file)?),
    };
    let trial = Trial::default();
    let vectors = probe::Vectors::of(&plugin, material, &trial)?;
    let bytes = vectors.bytes();
    // As a kiosk will: what cannot be read there, or is answered otherwise the second time, is no vector.
    let read = probe::Vectors::read(&bytes)?;
    probe(&plugin, Some(&read), &trial)?;
    let path = asked
        .out
        .clone()
        .unwrap_or_else(|| asked.plugin.with_extension("vectors.json"));
    std::fs::write(&path, bytes).map_err(|cause| Sentence::file(&path, &cause))?;
    let count = read.count();
    say(
        out,
        &format!(
            "{}: {count} {} of {} {}; send it with the plugin",
            path.display(),
            if count == 1 { "answer" } else { "answers" },
            read.plugin,
            read.version
        ),
    )?;
    Ok(true)
}

fn each<T>(paths: &[PathBuf], read: impl Fn(&Path) -> Result<T, Sentence>) -> Result<Vec<T>, Sentence> {
    paths.iter().map(|path| read(path)).collect()
}

/// An image is named as its file.
fn image(path: &Path) -> Result<(String, Vec<u8>), Sentence> {
    let bytes = std::fs::read(path).map_err(|cause| Sentence::file(path, &cause))?;
    let name = path.file_stem().unwrap_or(path.as_os_str());
    Ok((name.to_string_lossy().into_owned(), bytes))
}

/// A case without settings is decided with those of the plugin's folder.
fn case(path: &Path, plugin: &Path) -> Result<PolicyCase, Sentence> {
    let case: PolicyCase = json_file(path)?;
    if case.settings.is_some() {
        return Ok(case);
    }
    let own = serde_json::from_str(&own_settings(plugin)?)?;
    Ok(PolicyCase {
        settings: Some(own),
        ..case
    })
}

/// What is typed must be for this kind of plugin, and enough to ask it something.
fn belongs(asked: &Vectors, kind: Kind, name: &str) -> Result<(), Sentence> {
    let typed = [
        ("--recording", !asked.recording.is_empty(), Kind::Driver),
        ("--image", !asked.image.is_empty(), Kind::Matcher),
        ("--case", !asked.case.is_empty(), Kind::Policy),
        ("--refused", !asked.refused.is_empty(), Kind::Policy),
        ("--results", !asked.results.is_empty(), Kind::Exporter),
    ];
    if let Some((what, _, of)) = typed.iter().find(|(_, typed, of)| *typed && *of != kind) {
        return Err(Sentence(format!(
            "{what} is for {}, and `{name}` is {}; leave it out",
            word(*of),
            word(kind)
        )));
    }
    let asks = typed.iter().any(|(_, typed, _)| *typed) || kind == Kind::Exporter;
    if asks {
        return Ok(());
    }
    let what: Vec<&str> = typed
        .iter()
        .filter(|(_, _, of)| *of == kind)
        .map(|(what, _, _)| *what)
        .collect();
    Err(Sentence(format!(
        "there is nothing to ask `{name}`; it is {}, give it {}",
        word(kind),
        what.join(" or ")
    )))
}
