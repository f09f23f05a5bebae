//! The reader behind the contract.

use crate::reader;
use crate::sensor::{DPI, Sensor};
use plugin_sdk::device::{Identity, Start};
use plugin_sdk::fault::Fault;
use plugin_sdk::progress::Stage;
use plugin_sdk::scanner::{Description, FingerprintScanner, Image};
use plugin_sdk::usb::Concurrent;

/// An Upek coprocessor with its sensor. Of one capture nothing is kept for the next.
#[derive(Debug)]
pub struct UpektcImg {
    sensor: Sensor,
}

impl FingerprintScanner for UpektcImg {
    /// Asks which sensor it is. Every capture brings the device from any state to ready.
    fn open(usb: &impl Concurrent, _identity: &Identity, _start: &Start) -> Result<Self, Fault> {
        let sensor = reader::open(usb)?;
        Ok(Self { sensor })
    }

    fn describe(&self) -> Description {
        Description {
            vendor: "Upek",
            model: self.sensor.model,
            firmware: None,
            impression: self.sensor.impression,
            width: self.sensor.width,
            height: self.sensor.height,
            dpi: DPI,
        }
    }

    fn capture(&mut self, usb: &impl Concurrent, tell: &dyn Fn(Stage)) -> Result<Image, Fault> {
        Ok(Image {
            width: self.sensor.width,
            height: self.sensor.height,
            pixels: reader::capture(usb, &self.sensor, tell)?,
        })
    }
}
