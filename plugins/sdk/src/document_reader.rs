//! Document readers (`wit/driver`, interface `document-reader`).

use crate::device::{Identity, Start};
use crate::fault::Fault;
use crate::progress::Stage;
use crate::usb::Concurrent;

/// What stands in a document's machine-readable zone, as read: the host checks digits and meaning.
#[derive(Clone, PartialEq, Eq)]
pub struct Document {
    /// ICAO 9303 lines, from the top, of A-Z, 0-9 and `<`
    pub mrz_lines: Vec<String>,
}

/// The number of lines only: they name a voter.
impl std::fmt::Debug for Document {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "document of {} lines", self.mrz_lines.len())
    }
}

/// A driver of a document reader. [`crate::document_reader!`] makes a component of it.
pub trait DocumentReader: Sized {
    /// Brings the device from any state to ready, within 5 s. A device with several interfaces gives those that were
    /// granted, in the order of the manifest.
    ///
    /// # Errors
    /// What keeps the device from being used.
    fn open<U: Concurrent>(interfaces: &[U], identity: &Identity, start: &Start) -> Result<Self, Fault>;

    /// Reads one document; [`Concurrent::remaining_ms`] is what the voter still has.
    ///
    /// # Errors
    /// `nothing-presented`, `cancelled`, `device-gone`, or a code of the driver's own.
    fn read<U: Concurrent>(&mut self, interfaces: &[U], tell: &dyn Fn(Stage)) -> Result<Document, Fault>;
}
