//! The reader behind the contract.

use crate::packet::{DPI, HEIGHT, WIDTH};
use crate::reader;
use plugin_sdk::device::{Identity, Start};
use plugin_sdk::fault::Fault;
use plugin_sdk::progress::Stage;
use plugin_sdk::scanner::{Description, FingerprintScanner, Image, Impression};
use plugin_sdk::usb::Concurrent;

/// An NB-1010-U. It keeps nothing from one capture to the next.
#[derive(Debug)]
pub struct Nb1010;

impl FingerprintScanner for Nb1010 {
    /// Every capture brings the device from any state to ready; nothing is sent before.
    fn open(_usb: &impl Concurrent, _identity: &Identity, _start: &Start) -> Result<Self, Fault> {
        Ok(Self)
    }

    fn describe(&self) -> Description {
        Description {
            vendor: "NEXT Biometrics",
            model: "NB-1010-U",
            firmware: None,
            impression: Impression::Plain,
            width: side(WIDTH),
            height: side(HEIGHT),
            dpi: DPI,
        }
    }

    fn capture(&mut self, usb: &impl Concurrent, tell: &dyn Fn(Stage)) -> Result<Image, Fault> {
        Ok(Image {
            width: side(WIDTH),
            height: side(HEIGHT),
            pixels: reader::capture(usb, tell)?,
        })
    }
}

/// The sensor's sides are far below 65,536.
fn side(pixels: usize) -> u16 {
    u16::try_from(pixels).unwrap_or(u16::MAX)
}
