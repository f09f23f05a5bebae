//! The sensors that answer under one product id.

use plugin_sdk::fault::{Fault, Kind};
use plugin_sdk::scanner::Impression;

/// The dots of both sensors are 50 µm apart (508 dpi, Upek's figure for the TouchChip), and the coprocessor gives three
/// pixels for four dots.
pub const DPI: u16 = 508 / 4 * 3;

/// A sensor. When a session begins it says which one it is, and later how many dots it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sensor {
    /// what its answer to the greeting says, and what the command to scan repeats
    pub number: u8,
    /// for the screen
    pub model: &'static str,
    /// pixels in a line
    pub width: u16,
    /// lines
    pub height: u16,
    /// how fingers meet it
    pub impression: Impression,
}

/// All of them.
pub const SENSORS: [Sensor; 2] = [
    Sensor {
        number: 0,
        model: "TouchStrip",
        width: 144,
        height: 384,
        // Its 192 x 512 dots would be 9.6 mm x 25.6 mm, which no sensor is: a finger is drawn over it.
        impression: Impression::Swipe,
    },
    Sensor {
        number: 1,
        model: "TouchChip TCS1",
        width: 192,
        height: 270,
        impression: Impression::Plain,
    },
];

impl Sensor {
    /// The sensor of this number.
    ///
    /// # Errors
    /// `sensor-not-known`.
    pub fn numbered(number: u8) -> Result<Self, Fault> {
        let known = SENSORS.into_iter().find(|sensor| sensor.number == number);
        known.ok_or_else(|| Fault::new(Kind::NotSupported, "sensor-not-known"))
    }

    /// Dots in a line, and lines of dots.
    #[must_use]
    pub fn dots(&self) -> (u16, u16) {
        (self.width / 3 * 4, self.height / 3 * 4)
    }

    /// Pixels of an image.
    #[must_use]
    pub fn pixels(&self) -> usize {
        usize::from(self.width) * usize::from(self.height)
    }
}
