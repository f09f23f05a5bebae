//! What is written to the device: pairs of register and value.

/// The device's registers that the driver writes by name. The names are guesses from what the device does.
const CONTROL: u8 = 0x80;
const SCAN: u8 = 0x81;

/// One write to the device: as many bytes as the recorded host sent at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Write(&'static [[u8; 2]]);

impl Write {
    /// The bytes of this write.
    #[must_use]
    pub fn bytes(self) -> Vec<u8> {
        self.0.concat()
    }
}

/// Stops whatever the device does: the first two writes of the recorded host, and what is left behind after a capture.
pub const RESET: [Write; 2] = [Write(&[[CONTROL, 0x01]]), Write(&[[CONTROL, 0x00]])];

/// Brings a device that was just reset to where it waits for [`SCAN_ONCE`].
///
/// The recording tells every write that the host sent and the order of their first times, but equal writes only once:
/// that 80 goes back to 0 after 2 and after 4, as it does after 1, is supposed.
pub const PREPARE: [Write; 9] = [
    Write(&[[SCAN, 0x00], [CONTROL, 0x00]]),
    Write(&[[CONTROL, 0x02]]),
    Write(&[[CONTROL, 0x00]]),
    Write(&[[CONTROL, 0x04]]),
    Write(&[[CONTROL, 0x00]]),
    Write(&[[SCAN, 0x00]]),
    Write(&SETTINGS_LOW),
    Write(&SETTINGS_HIGH),
    Write(&[[CONTROL, 0x00], [SCAN, 0x00]]),
];

/// From here on the device sends one image as soon as a finger lies on it. The image was read after the second write.
pub const SCAN_ONCE: [Write; 2] = [Write(&[[SCAN, 0x04]]), Write(&[[SCAN, 0x00]])];

const SETTINGS_LOW: [[u8; 2]; 16] = [
    [0x80, 0x00],
    [0x81, 0x00],
    [0x82, 0x04],
    [0x83, 0x13],
    [0x84, 0x07],
    [0x85, 0x3d],
    [0x86, 0x03],
    [0x87, 0x01],
    [0x88, 0x02],
    [0x89, 0x02],
    [0x8a, 0x33],
    [0x8b, 0x33],
    [0x8c, 0x0f],
    [0x8d, 0x04],
    [0x8e, 0x23],
    [0x8f, 0x07],
];

const SETTINGS_HIGH: [[u8; 2]; 16] = [
    [0x90, 0x00],
    [0x91, 0x1c],
    [0x92, 0x08],
    [0x93, 0x00],
    [0x94, 0x07],
    [0x95, 0x00],
    [0x96, 0x1f],
    [0x97, 0x04],
    [0x98, 0x28],
    [0x99, 0x00],
    [0x9a, 0x0b],
    [0x9b, 0x00],
    [0x9c, 0x00],
    [0x9d, 0x09],
    [0x9e, 0x53],
    [0x9f, 0x6b],
];
