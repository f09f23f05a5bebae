//! The reader behind the contract.

use crate::image::{DPI, HEIGHT, WIDTH};
use crate::reader;
use plugin_sdk::device::{Identity, Start};
use plugin_sdk::fault::Fault;
use plugin_sdk::progress::Stage;
use plugin_sdk::scanner::{Description, FingerprintScanner, Image, Impression};
use plugin_sdk::usb::Concurrent;

/// An AES3500. It keeps nothing from one capture to the next.
#[derive(Debug)]
pub struct Aes3500;

impl FingerprintScanner for Aes3500 {
    /// Every capture brings the device from any state to ready; nothing is sent before.
    fn open(_usb: &impl Concurrent, _identity: &Identity, _start: &Start) -> Result<Self, Fault> {
        Ok(Self)
    }

    fn describe(&self) -> Description {
        Description {
            vendor: "AuthenTec",
            model: "AES3500",
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
