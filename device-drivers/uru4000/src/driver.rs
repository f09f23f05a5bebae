//! The reader behind the contract.

use crate::image::{DPI, HEIGHT, WIDTH};
use crate::model::Model;
use crate::reader;
use crate::registers::Mode;
use plugin_sdk::device::{Identity, Start};
use plugin_sdk::fault::{Fault, Kind};
use plugin_sdk::progress::Stage;
use plugin_sdk::scanner::{Description, FingerprintScanner, Image, Impression};
use plugin_sdk::usb::Concurrent;

/// What `close` may take of its second.
const CLOSE_MS: u32 = 500;

/// A reader of the family. Of one capture nothing is kept for the next.
pub struct Uru4000 {
    model: Model,
    /// the host's half of the image key
    seed: u32,
}

/// The seed is half of a key.
impl std::fmt::Debug for Uru4000 {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Uru4000 {}", self.model.name)
    }
}

impl FingerprintScanner for Uru4000 {
    /// Every capture brings the device from any state to ready; nothing is sent before.
    fn open(_usb: &impl Concurrent, identity: &Identity, start: &Start) -> Result<Self, Fault> {
        let model = Model::of(identity)?;
        let seed = start.nonce.first_chunk();
        let seed = seed.ok_or_else(|| Fault::new(Kind::NotSupported, "no-nonce"))?;
        Ok(Self {
            model,
            seed: u32::from_le_bytes(*seed),
        })
    }

    fn describe(&self) -> Description {
        Description {
            vendor: self.model.vendor,
            model: self.model.name,
            firmware: None,
            impression: Impression::Plain,
            width: side(WIDTH),
            height: side(HEIGHT),
            dpi: DPI,
        }
    }

    fn capture(&mut self, usb: &impl Concurrent, tell: &dyn Fn(Stage)) -> Result<Image, Fault> {
        let image = reader::capture(usb, &self.model, self.seed, tell)?;
        Ok(Image {
            width: side(WIDTH),
            height: image.height,
            pixels: image.pixels,
        })
    }

    /// Each capture switches off behind itself; this is for one that could not.
    fn close(&mut self, usb: &impl Concurrent) {
        // A device that is gone or dead cannot be switched off; there is nobody to tell.
        let _ = usb.transfer(Mode::Off.request(), CLOSE_MS);
    }
}

/// The sensor's sides are far below 65,536.
fn side(pixels: usize) -> u16 {
    u16::try_from(pixels).unwrap_or(u16::MAX)
}
