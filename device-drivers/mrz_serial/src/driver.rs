//! The reader behind the contract.

use crate::reader;
use plugin_sdk::device::{Identity, Start};
use plugin_sdk::document_reader::{Document, DocumentReader};
use plugin_sdk::fault::{Fault, Kind};
use plugin_sdk::progress::Stage;
use plugin_sdk::usb::Concurrent;

/// A reader on a serial line. It keeps nothing from one document to the next.
#[derive(Debug)]
pub struct MrzSerial;

impl DocumentReader for MrzSerial {
    fn open<U: Concurrent>(interfaces: &[U], _identity: &Identity, _start: &Start) -> Result<Self, Fault> {
        let (communication, _) = both(interfaces)?;
        reader::set_up(communication)?;
        Ok(Self)
    }

    fn read<U: Concurrent>(&mut self, interfaces: &[U], tell: &dyn Fn(Stage)) -> Result<Document, Fault> {
        let (_, data) = both(interfaces)?;
        let mrz_lines = reader::read(data, tell)?;
        Ok(Document { mrz_lines })
    }
}

/// The communication interface and the data interface, in the order of the manifest.
fn both<U>(interfaces: &[U]) -> Result<(&U, &U), Fault> {
    match interfaces {
        [communication, data] => Ok((communication, data)),
        _ => Err(Fault::new(Kind::NotSupported, "no-interface")),
    }
}
