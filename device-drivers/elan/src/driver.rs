//! The reader behind the contract.

use crate::frame::WIDTH;
use crate::reader;
use crate::stitching::DPI;
use plugin_sdk::device::{Identity, Start};
use plugin_sdk::fault::Fault;
use plugin_sdk::progress::Stage;
use plugin_sdk::scanner::{Description, FingerprintScanner, Image, Impression};
use plugin_sdk::usb::Concurrent;

/// Lines of a usual swipe: 12 mm.
const USUAL_HEIGHT: u16 = 240;

/// An Elan swipe sensor. It keeps nothing from one capture to the next.
#[derive(Debug)]
pub struct Elan;

impl FingerprintScanner for Elan {
    /// Every capture brings the device from any state to ready; nothing is sent before.
    fn open(_usb: &impl Concurrent, _identity: &Identity, _start: &Start) -> Result<Self, Fault> {
        Ok(Self)
    }

    fn describe(&self) -> Description {
        Description {
            vendor: "Elan",
            model: "swipe sensor 144x64",
            firmware: None,
            impression: Impression::Swipe,
            width: u16::try_from(WIDTH).unwrap_or(u16::MAX),
            height: USUAL_HEIGHT,
            dpi: DPI,
        }
    }

    fn capture(&mut self, usb: &impl Concurrent, tell: &dyn Fn(Stage)) -> Result<Image, Fault> {
        let picture = reader::capture(usb, tell)?;
        Ok(Image {
            width: picture.width,
            height: picture.height,
            pixels: picture.pixels,
        })
    }

    fn close(&mut self, usb: &impl Concurrent) {
        // Nobody is left to be told.
        let _ = reader::idle(usb);
    }
}
