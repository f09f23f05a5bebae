//! An exporter: the bytes of a format.

use super::{bytes, json_file, say};
use crate::cli::Run;
use crate::sentence::Sentence;
use plugin_runtime::exporter::{Exporter, Format, Snapshot};
use plugin_runtime::plugin::Plugin;
use plugin_runtime::results_json::Results;
use serde_json::json;
use std::io::Write;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

/// A station's results, for which every format has something to write.
pub(crate) const EXAMPLE: &str = include_str!("results.json");

/// The bytes, kept until all are there: half a file would look like a whole one.
#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<u8>>>);

impl Write for Kept {
    fn write(&mut self, more: &[u8]) -> std::io::Result<usize> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.extend_from_slice(more);
        Ok(more.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

pub(super) fn export(plugin: &Plugin, asked: &Run, out: &mut dyn Write) -> Result<(), Sentence> {
    if asked.example {
        return say(out, EXAMPLE.trim_end());
    }
    if asked.json && asked.out.is_none() {
        return Err(Sentence(
            "with `--json` the bytes need a place of their own; say where with `--out FILE`".to_owned(),
        ));
    }
    let given: Results = match asked.input.as_slice() {
        [] => serde_json::from_str(EXAMPLE)?,
        [path] => json_file(path)?,
        more => {
            return Err(Sentence(format!(
                "`{}` writes one station's results, and {} files were given; give it one, or none for an example's",
                plugin.name(),
                more.len()
            )));
        }
    };
    let exporter = Exporter::new(plugin)?;
    let format = chosen(&exporter, asked.format.as_deref())?;
    let (settings, snapshot): (String, Snapshot) = given.into();
    let kept = Kept::default();
    exporter.write(&format.id, &settings, Arc::new(snapshot), Box::new(kept.clone()))?;
    let written = std::mem::take(&mut *kept.0.lock().unwrap_or_else(PoisonError::into_inner));
    match &asked.out {
        None => bytes(out, &written),
        Some(path) => {
            std::fs::write(path, &written).map_err(|cause| Sentence::file(path, &cause))?;
            told(path, format, written.len(), asked.json, out)
        }
    }
}

fn chosen<'a>(exporter: &'a Exporter, wanted: Option<&str>) -> Result<&'a Format, Sentence> {
    let formats = exporter.formats();
    let ids: Vec<String> = formats.iter().map(|format| format!("`{}`", format.id)).collect();
    let ids = ids.join(", ");
    match (wanted, formats) {
        (Some(wanted), _) => formats
            .iter()
            .find(|format| format.id == wanted)
            .ok_or_else(|| Sentence(format!("there is no format `{wanted}`; choose one of {ids}"))),
        (None, [only]) => Ok(only),
        (None, _) => Err(Sentence(format!(
            "the exporter has several formats; choose one with `--format`: {ids}"
        ))),
    }
}

fn told(path: &Path, format: &Format, length: usize, json: bool, out: &mut dyn Write) -> Result<(), Sentence> {
    if json {
        let value = json!({
            "file": path,
            "format": format.id,
            "media-type": format.media_type,
            "bytes": length,
        });
        return say(out, &serde_json::to_string_pretty(&value)?);
    }
    say(
        out,
        &format!(
            "{}: {length} bytes of {} ({}, `{}`)",
            path.display(),
            format.media_type,
            format.title,
            format.id
        ),
    )
}
