//! An exporter's vectors: results, and the bytes of each format of them.

use super::watch::Watch;
use super::{Answered, ProbeError, json};
use crate::exporter::{ExportError, Exporter, Snapshot};
use crate::plugin::{Digest, Plugin};
use crate::results_json::Results;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};

/// Exports.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ExporterVectors {
    /// the ids of all its formats, in its order
    pub formats: Vec<String>,
    /// each with all formats
    pub exports: Vec<Export>,
}

/// Results and what is written of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Export {
    /// a station's, with the settings of the format
    pub results: Results,
    /// by format
    pub written: Vec<Written>,
}

/// The bytes of one format.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Written {
    /// the format's id
    pub format: String,
    /// how many
    pub bytes: u64,
    /// of all of them
    pub sha256: String,
}

/// Counts and digests what is written, and keeps nothing of it.
#[derive(Clone, Default)]
struct Digesting(Arc<Mutex<(u64, Sha256)>>);

impl Write for Digesting {
    fn write(&mut self, more: &[u8]) -> std::io::Result<usize> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.0 = state.0.saturating_add(u64::try_from(more.len()).unwrap_or(u64::MAX));
        state.1.update(more);
        Ok(more.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn formats(exporter: &Exporter) -> Vec<String> {
    exporter.formats().iter().map(|format| format.id.clone()).collect()
}

fn write(exporter: &Exporter, format: &str, results: &Results, watch: &Watch<'_>) -> Result<Written, ProbeError> {
    watch.look()?;
    let refused = || ProbeError::Differs {
        plugin: watch.plugin().to_owned(),
        what: format!("what it writes as `{format}`"),
        expected: "a file".to_owned(),
        found: "a refusal".to_owned(),
    };
    let (settings, snapshot): (String, Snapshot) = results.clone().into();
    let sink = Digesting::default();
    let (snapshot, to) = (Arc::new(snapshot), Box::new(sink.clone()));
    match exporter.write_within(watch.left(), format, &settings, snapshot, to) {
        Err(ExportError::Refused(_)) => Err(refused()),
        written => written.map_err(ProbeError::from),
    }?;
    let state = sink.0.lock().unwrap_or_else(PoisonError::into_inner);
    Ok(Written {
        format: format.to_owned(),
        bytes: state.0,
        sha256: Digest(state.1.clone().finalize().into()).to_string(),
    })
}

impl ExporterVectors {
    pub(super) fn of(plugin: &Plugin, results: Vec<Results>, watch: &Watch<'_>) -> Result<Self, ProbeError> {
        let exporter = Exporter::new(plugin)?;
        let formats = formats(&exporter);
        let export = |results: Results| {
            let written: Result<Vec<Written>, ProbeError> = formats
                .iter()
                .map(|format| write(&exporter, format, &results, watch))
                .collect();
            Ok(Export {
                results,
                written: written?,
            })
        };
        let exports: Result<Vec<Export>, ProbeError> = results.into_iter().map(export).collect();
        Ok(Self {
            formats: formats.clone(),
            exports: exports?,
        })
    }

    pub(super) fn count(&self) -> usize {
        1 + self.exports.iter().map(|export| export.written.len()).sum::<usize>()
    }

    pub(super) fn compare(&self, plugin: &Plugin, watch: &mut Watch<'_>) -> Result<(), ProbeError> {
        let exporter = Exporter::new(plugin)?;
        let answered = Answered {
            plugin: watch.plugin(),
            what: "the list of its formats".to_owned(),
        };
        answered.same(&self.formats, &formats(&exporter), json)?;
        watch.count();
        for (number, export) in self.exports.iter().enumerate() {
            for expected in &export.written {
                let written = write(&exporter, &expected.format, &export.results, watch)?;
                let answered = Answered {
                    plugin: watch.plugin(),
                    what: format!("what it writes as `{}` of results {}", expected.format, number + 1),
                };
                let words =
                    |written: &Written| format!("{} bytes with a SHA-256 of {:.12}...", written.bytes, written.sha256);
                answered.same(expected, &written, words)?;
                watch.count();
            }
        }
        Ok(())
    }
}
