//! Fingerprint scanners (`wit/driver`, interface `fingerprint-scanner`).

use crate::device::{Identity, Start};
use crate::fault::Fault;
use crate::progress::Stage;
use crate::usb::Concurrent;

/// How the finger meets the sensor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Impression {
    /// laid on
    Plain,
    /// rolled from nail to nail
    Rolled,
    /// drawn over a line
    Swipe,
}

/// A scanner, as its driver describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Description {
    /// for the screen
    pub vendor: &'static str,
    /// for the screen
    pub model: &'static str,
    /// where the device tells it
    pub firmware: Option<String>,
    /// how fingers meet it
    pub impression: Impression,
    /// pixels in a line of a usual image
    pub width: u16,
    /// lines of a usual image
    pub height: u16,
    /// pixels per inch, 100 to 1,200
    pub dpi: u16,
}

/// An image of one finger: 8-bit grey, top line first, ridges dark, `pixels` is exactly width x height.
#[derive(Clone, PartialEq, Eq)]
pub struct Image {
    /// pixels in a line
    pub width: u16,
    /// lines
    pub height: u16,
    /// width x height grey values
    pub pixels: Vec<u8>,
}

/// The size only: pixels are biometric.
impl std::fmt::Debug for Image {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "image of {}x{}", self.width, self.height)
    }
}

/// A driver of a scanner with one interface. [`crate::fingerprint_scanner!`] makes a component of it.
pub trait FingerprintScanner: Sized {
    /// Brings the device from any state to ready, within 5 s. A driver whose captures do that sends nothing here.
    ///
    /// # Errors
    /// What keeps the device from being used.
    fn open(usb: &impl Concurrent, identity: &Identity, start: &Start) -> Result<Self, Fault>;

    /// What it is. Its serial number is told by the host.
    fn describe(&self) -> Description;

    /// Captures one finger; [`Concurrent::remaining_ms`] is what the voter still has. Leaves the device idle and ready for
    /// the next capture, whatever happened.
    ///
    /// # Errors
    /// `nothing-presented`, `cancelled`, `device-gone`, or a code of the driver's own.
    fn capture(&mut self, usb: &impl Concurrent, tell: &dyn Fn(Stage)) -> Result<Image, Fault>;

    /// Leaves the device switched off or idle, within 1 s.
    fn close(&mut self, _usb: &impl Concurrent) {}
}
