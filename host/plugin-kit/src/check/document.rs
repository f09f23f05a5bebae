//! What is particular to a document reader's driver.

use super::case::{List, failed};
use super::reading::{Bench, Subject};
use super::rig::{Plugged, Rig};
use plugin_runtime::document_reader::{CONTRACT, DocumentReader};
use plugin_runtime::driver::DriverError;
use plugin_runtime::scanner::Stage;
use std::time::Duration;

/// Document readers.
pub(crate) struct Document;

impl Subject for Document {
    const CONTRACT: &'static str = CONTRACT;
    const LETTER: char = 'R';
    const THING: &'static str = "document";
    const CALL: &'static str = "reading";
    const GIVES: &'static str = "document";
    const ONE: &'static str = "a document";
    const SCENARIOS: [(&'static str, &'static str); 4] = [
        ("document", "a document is laid on or drawn through, and read"),
        ("other-document", "the same with another document"),
        ("slow-document", "a document comes after a second or two"),
        ("no-document", "nothing is presented until the reading's time is up"),
    ];
    const STAGES: &'static [Stage] = &[Stage::Ready, Stage::Presented, Stage::Reading];
    type Device = DocumentReader;
    type Value = Vec<String>;

    fn start(rig: &Rig, plugged: &Plugged) -> Result<DocumentReader, DriverError> {
        DocumentReader::start(&rig.plugin, plugged.interfaces(rig.manifest()), plugged.start())
    }

    fn read(
        device: &DocumentReader,
        timeout: Duration,
        tell: impl FnMut(Stage) + Send + 'static,
    ) -> Result<Vec<String>, DriverError> {
        Ok(device.read(timeout, tell)?.mrz_lines)
    }

    fn cancel(device: &DocumentReader) {
        device.cancel();
    }

    fn memory(device: &DocumentReader) -> Result<usize, DriverError> {
        Ok(device.memory()?)
    }

    fn identity(_list: &mut List<Bench<Self>>) {}

    fn value(list: &mut List<Bench<Self>>) {
        list.case(
            "the lines hold what such lines hold: letters and fillers",
            |bench: &Bench<Self>| {
                let lines = &bench.baseline()?.value;
                if !lines.iter().any(|line| line.contains('<')) {
                    return Err(failed("no line has a filler"));
                }
                Ok(1)
            },
        );
    }

    fn several(_list: &mut List<Bench<Self>>) {}

    fn state(_list: &mut List<Bench<Self>>) {}
}
