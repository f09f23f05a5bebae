//! Registers, their requests, and what the device tells over its interrupt endpoint.

use plugin_sdk::usb::{Recipient, Request, RequestKind, Setup};

/// Endpoint of the events.
pub const EVENTS: u8 = 0x81;
/// Exact buffer length of an event, in bytes.
pub const EVENT_BYTES: u32 = 64;
/// Endpoint of the image.
pub const IMAGE: u8 = 0x82;
/// Exact buffer length of the image, in bytes: what comes is a little shorter.
pub const IMAGE_BYTES: u32 = 111_424;

/// bRequest of every vendor request; the register is its wValue.
const REGISTER_REQUEST: u8 = 0x04;

/// What can be read or written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u16)]
pub enum Register {
    /// hardware status, 1 byte; [`POWERED_DOWN`] is the bit that can be written
    Power = 0x07,
    /// image key's number (1 byte) and seed (4 bytes, little-endian), written after an image
    Seed = 0x33,
    /// the device's half of the image key, 4 bytes, little-endian
    DeviceKey = 0x34,
    /// a [`Mode`], 1 byte
    Mode = 0x4e,
    /// 16 bytes of version numbers
    Versions = 0xf0,
    /// of a locked model: where the answer to the challenge is written, 16 bytes
    Answer = 0x2000,
    /// of a locked model: 16 bytes, read once it was told to have power and has none
    Challenge = 0x2010,
}

/// Bit of [`Register::Power`]: set while the sensor is switched off.
pub const POWERED_DOWN: u8 = 0x80;
/// Length of [`Register::Versions`], in bytes.
pub const VERSIONS_BYTES: u16 = 16;
/// Length of [`Register::DeviceKey`], in bytes.
pub const DEVICE_KEY_BYTES: u16 = 4;
/// Length of [`Register::Challenge`], in bytes.
pub const CHALLENGE_BYTES: u16 = 16;

impl Register {
    /// The request that reads this many bytes.
    #[must_use]
    pub fn read(self, length: u16) -> Request {
        let setup = self.setup();
        Request::ControlIn { setup, length }
    }

    /// The request that writes these bytes.
    #[must_use]
    pub fn write(self, bytes: &[u8]) -> Request {
        let (setup, data) = (self.setup(), bytes.to_vec());
        Request::ControlOut { setup, data }
    }

    fn setup(self) -> Setup {
        Setup {
            kind: RequestKind::Vendor,
            recipient: Recipient::Device,
            request: REGISTER_REQUEST,
            value: self as u16,
            index: 0,
        }
    }
}

/// What the device is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Mode {
    /// tell when a finger comes
    AwaitFingerOn = 0x10,
    /// tell when the finger goes
    AwaitFingerOff = 0x12,
    /// send one image
    Capture = 0x20,
    /// nothing, light off
    Off = 0x70,
}

impl Mode {
    /// The request that sets this mode.
    #[must_use]
    pub fn request(self) -> Request {
        Register::Mode.write(&[self as u8])
    }
}

/// What the device tells over [`EVENTS`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// the sensor has power and is ready; often told several times
    PowerOn,
    /// a finger lies on it
    FingerOn,
    /// it lies there no more
    FingerOff,
}

impl Event {
    /// The event in a packet, none where it is not one of these: its first two bytes; the rest is left over from
    /// earlier packets.
    #[must_use]
    pub fn parse(packet: &[u8]) -> Option<Self> {
        match packet.get(..2)? {
            [0x56, 0xaa] => Some(Self::PowerOn),
            [0x01, 0x01] => Some(Self::FingerOn),
            [0x02, 0x00] => Some(Self::FingerOff),
            _ => None,
        }
    }
}
