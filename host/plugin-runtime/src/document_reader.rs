//! Document readers: a driver plugin that holds its claimed interfaces (`kiosk:driver/document-reader`).

use crate::actor::{Actor, After};
use crate::bindings::base::kiosk::driver::{faults, progress};
use crate::bindings::document_reader::{DocumentReaderDriver, DocumentReaderDriverPre};
use crate::claimed::Claimed;
use crate::driver::{self, DriverError, Instance, Kind, Start};
use crate::error::PluginError;
use crate::guest::{Guest, bad_answer};
use crate::listener::Stage;
use crate::plugin::{LoadError, Plugin};
use devices::transfer::ClaimedInterface;
use std::time::Duration;
use wasmtime::Store;
use wasmtime::component::{Component, HasSelf, Linker, Resource, ResourceAny};

/// What a plugin for this place is made for.
pub const CONTRACT: &str = "kiosk:driver/document-reader-driver@0.1.0";

/// Shapes of a machine-readable zone, lines and their characters (ICAO 9303, parts 4 to 7): TD1 cards, TD2 and visas
/// of its size, TD3 passports and visas of their size.
const SHAPES: [(usize, usize); 3] = [(3, 30), (2, 36), (2, 44)];

/// What stands in a document's machine-readable zone, as read: nobody has checked its digits yet.
#[derive(Clone, PartialEq, Eq)]
pub struct Document {
    /// from the top, of A-Z, 0-9 and `<`, in one of the shapes of ICAO 9303
    pub mrz_lines: Vec<String>,
}

/// The number of lines only: they name a voter.
impl std::fmt::Debug for Document {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "document of {} lines", self.mrz_lines.len())
    }
}

/// A running driver with its reader.
pub struct DocumentReader {
    actor: Actor<Instance<Page>>,
}

/// The contract of document readers.
struct Page;

impl Kind for Page {
    const CONTRACT: &'static str = CONTRACT;
    type Bindings = DocumentReaderDriver;

    fn linker(plugin: &Plugin) -> wasmtime::Result<Linker<Guest>> {
        let mut linker = driver::linker(plugin)?;
        progress::add_to_linker::<_, HasSelf<Guest>>(&mut linker, |guest| guest)?;
        Ok(linker)
    }

    fn check(plugin: &Plugin, linker: &Linker<Guest>) -> wasmtime::Result<()> {
        DocumentReaderDriverPre::new(linker.instantiate_pre(&plugin.component)?).map(drop)
    }

    fn instantiate(
        store: &mut Store<Guest>,
        component: &Component,
        linker: &Linker<Guest>,
    ) -> wasmtime::Result<Self::Bindings> {
        DocumentReaderDriver::instantiate(store, component, linker)
    }

    fn open(
        bindings: &Self::Bindings,
        store: &mut Store<Guest>,
        interfaces: &[Resource<Claimed>],
        start: &faults::Start,
    ) -> wasmtime::Result<Result<ResourceAny, faults::Fault>> {
        let reader = bindings.kiosk_driver_document_reader().reader();
        reader.call_open(store, interfaces, start)
    }
}

impl std::fmt::Debug for DocumentReader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("document reader's driver")
    }
}

/// Checks that a plugin can be a document reader's driver, without a device.
///
/// # Errors
/// [`LoadError`].
pub fn fits(plugin: &Plugin) -> Result<(), LoadError> {
    driver::fits::<Page>(plugin)
}

/// Tries whether an instance of the driver starts, without a device.
pub(crate) fn starts(plugin: &Plugin) -> Result<(), DriverError> {
    driver::starts::<Page>(plugin)
}

impl DocumentReader {
    /// Starts the driver on its interfaces, in the order of its manifest, and opens the device.
    ///
    /// # Errors
    /// [`DriverError`]: the device's fault, or the plugin's.
    pub fn start(
        plugin: &Plugin,
        interfaces: Vec<Box<dyn ClaimedInterface>>,
        start: Start,
    ) -> Result<Self, DriverError> {
        let actor = driver::start::<Page>(plugin, interfaces, start)?;
        Ok(Self { actor })
    }

    /// Reads one document; blocks for `timeout` and the grace at most. `tell` hears how far it is.
    ///
    /// # Errors
    /// [`DriverError`]. After a plugin's error the driver is gone ([`Self::is_running`]) and must be started again.
    pub fn read(&self, timeout: Duration, tell: impl FnMut(Stage) + Send + 'static) -> Result<Document, DriverError> {
        self.actor
            .ask("read", move |instance| instance.read(timeout, Box::new(tell)))?
    }

    /// Bytes of memory that the driver holds now.
    ///
    /// # Errors
    /// [`PluginError`].
    pub fn memory(&self) -> Result<usize, PluginError> {
        self.actor
            .ask("memory", |instance| (instance.store.data().memory_taken(), After::Goes))
    }

    /// Ends the reading that runs now; it returns within the grace.
    pub fn cancel(&self) {
        self.actor.cancel();
    }

    /// False once a call ended the plugin.
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.actor.is_running()
    }
}

impl Instance<Page> {
    fn read(
        &mut self,
        timeout: Duration,
        tell: Box<dyn FnMut(Stage) + Send>,
    ) -> (Result<Document, DriverError>, After) {
        let read = self.ask_heard("read", timeout, tell, |store, bindings, reader, ms, listener| {
            bindings
                .kiosk_driver_document_reader()
                .reader()
                .call_read(store, reader, ms, listener)
        });
        let document = match read {
            (Ok(document), _) => document,
            (Err(error), after) => return (Err(error), after),
        };
        match check(document.mrz_lines) {
            Ok(document) => (Ok(document), After::Goes),
            Err(rule) => (Err(bad_answer(&self.plugin, "read", rule).into()), After::Ends),
        }
    }
}

/// A driver's lines, in a shape that there is. What they mean is checked by whoever asked for them.
fn check(lines: Vec<String>) -> Result<Document, &'static str> {
    let of_the_set = |line: &String| {
        line.bytes()
            .all(|byte| matches!(byte, b'A'..=b'Z' | b'0'..=b'9' | b'<'))
    };
    let shaped = SHAPES
        .iter()
        .any(|&(count, length)| lines.len() == count && lines.iter().all(|line| line.len() == length));
    if !shaped {
        Err("a document has 3 lines of 30 characters, or 2 of 36 or 44")
    } else if !lines.iter().all(of_the_set) {
        Err("a document's lines are of A-Z, 0-9 and <")
    } else {
        Ok(Document { mrz_lines: lines })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_shapes_and_characters_of_the_standard_are_a_document() {
        let lines = |count: usize, line: &str| vec![line.to_owned(); count];
        let cases: [(&str, Vec<String>, bool); 8] = [
            ("a card", lines(3, &"A".repeat(30)), true),
            ("a visa", lines(2, &"<".repeat(36)), true),
            ("a passport", lines(2, &"7".repeat(44)), true),
            ("nothing", Vec::new(), false),
            ("one line", lines(1, &"A".repeat(44)), false),
            ("lines of another length", lines(2, &"A".repeat(43)), false),
            ("small letters", lines(2, &"a".repeat(44)), false),
            ("letters of two bytes", lines(2, &"\u{416}".repeat(22)), false),
        ];
        for (name, lines, good) in cases {
            assert_eq!(check(lines).is_ok(), good, "{name}");
        }
    }
}
