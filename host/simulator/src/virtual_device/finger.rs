//! What lies on a virtual scanner's sensor.

use super::bell::{Bell, locked};
use std::sync::{Arc, Mutex};

/// What a sensor sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sensor {
    /// pixels in a line
    pub width: u16,
    /// lines
    pub height: u16,
    /// pixels per inch
    pub dpi: u16,
}

/// A picture that does not fit the sensor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the sensor sees {}x{} pixels at {} dpi, but the picture is {width}x{height} at {dpi} dpi with {pixels} pixels",
    .sensor.width, .sensor.height, .sensor.dpi)]
pub struct WrongPicture {
    /// what it sees
    pub sensor: Sensor,
    /// of the picture, in pixels
    pub width: u16,
    /// of the picture, in pixels
    pub height: u16,
    /// of the picture
    pub dpi: u16,
    /// how many the picture has
    pub pixels: usize,
}

/// Puts fingers on a scanner's sensor and takes them away. Cloned freely.
#[derive(Clone)]
pub struct FingerHandle {
    sensor: Sensor,
    bell: Bell,
    shared: Arc<Mutex<OnSensor>>,
}

#[derive(Default)]
struct OnSensor {
    picture: Option<Vec<u8>>,
    /// goes away by itself once its image was read
    fleeting: bool,
    /// images read so far
    reads: u64,
}

impl std::fmt::Debug for FingerHandle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let present = if self.is_present() { "finger" } else { "nothing" };
        write!(f, "{present} on {:?}", self.sensor)
    }
}

impl FingerHandle {
    pub(super) fn new(sensor: Sensor, bell: Bell) -> Self {
        Self {
            sensor,
            bell,
            shared: Arc::default(),
        }
    }

    /// What pictures must be like.
    #[must_use]
    pub fn sensor(&self) -> Sensor {
        self.sensor
    }

    /// Lays a finger on the sensor: grey, top line first, ridges dark. It stays until [`Self::lift`].
    ///
    /// # Errors
    /// [`WrongPicture`]: not of the sensor's size and resolution.
    pub fn place(&self, width: u16, height: u16, dpi: u16, pixels: &[u8]) -> Result<(), WrongPicture> {
        self.put(width, height, dpi, pixels, false)
    }

    /// As [`Self::place`], but the finger goes away by itself as soon as the reader has its image: what a voter does
    /// who follows the screen.
    ///
    /// # Errors
    /// [`WrongPicture`]: not of the sensor's size and resolution.
    pub fn touch(&self, width: u16, height: u16, dpi: u16, pixels: &[u8]) -> Result<(), WrongPicture> {
        self.put(width, height, dpi, pixels, true)
    }

    fn put(&self, width: u16, height: u16, dpi: u16, pixels: &[u8], fleeting: bool) -> Result<(), WrongPicture> {
        let shape = Sensor { width, height, dpi };
        if shape != self.sensor || pixels.len() != usize::from(width) * usize::from(height) {
            return Err(WrongPicture {
                sensor: self.sensor,
                width,
                height,
                dpi,
                pixels: pixels.len(),
            });
        }
        {
            let mut shared = locked(&self.shared);
            shared.picture = Some(pixels.to_vec());
            shared.fleeting = fleeting;
        }
        self.bell.ring();
        Ok(())
    }

    /// Takes the finger away.
    pub fn lift(&self) {
        locked(&self.shared).picture = None;
        self.bell.ring();
    }

    /// Whether one lies there.
    #[must_use]
    pub fn is_present(&self) -> bool {
        locked(&self.shared).picture.is_some()
    }

    /// How many images were read off this sensor.
    #[must_use]
    pub fn reads(&self) -> u64 {
        locked(&self.shared).reads
    }

    /// What the sensor sees: a white picture without a finger.
    pub(super) fn seen(&self) -> Vec<u8> {
        let white = || vec![0xff; usize::from(self.sensor.width) * usize::from(self.sensor.height)];
        locked(&self.shared).picture.clone().unwrap_or_else(white)
    }

    /// The reader has the image.
    pub(super) fn was_read(&self) {
        let mut shared = locked(&self.shared);
        shared.reads += 1;
        if shared.fleeting {
            shared.picture = None;
        }
    }
}
