//! The reader behind the contract.

use crate::reader;
use plugin_sdk::device::{Identity, Start};
use plugin_sdk::document_reader::{Document, DocumentReader};
use plugin_sdk::fault::{Fault, Kind};
use plugin_sdk::progress::Stage;
use plugin_sdk::usb::Concurrent;

/// A reader that types. It keeps nothing from one document to the next.
#[derive(Debug)]
pub struct MrzKeyboard;

impl DocumentReader for MrzKeyboard {
    fn open<U: Concurrent>(interfaces: &[U], _identity: &Identity, _start: &Start) -> Result<Self, Fault> {
        reader::set_up(only(interfaces)?)?;
        Ok(Self)
    }

    fn read<U: Concurrent>(&mut self, interfaces: &[U], tell: &dyn Fn(Stage)) -> Result<Document, Fault> {
        let mrz_lines = reader::read(only(interfaces)?, tell)?;
        Ok(Document { mrz_lines })
    }
}

fn only<U>(interfaces: &[U]) -> Result<&U, Fault> {
    interfaces.first().ok_or(Fault::new(Kind::NotSupported, "no-interface"))
}
