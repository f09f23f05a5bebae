//! What a recorded session is.

use devices::transfer::{Identity, Request, Setup, Status};
use sha2::{Digest as _, Sha256};

/// A session of a driver with its device.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recording {
    /// the claimed interfaces, in the order in which the driver got them
    pub interfaces: Vec<Identity>,
    /// what the driver was started with, where it was asked for
    pub nonce: Option<[u8; 32]>,
    /// in the order in which they happened
    pub events: Vec<Event>,
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// since the session began
    pub at_ms: u64,
    /// what
    pub what: What,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// the host called the driver: `open`, `capture`, `read`, `print`, `close`
    Call {
        /// which call
        name: String,
        /// its time-out, where it has one
        timeout_ms: Option<u32>,
    },
    /// the call came back: `ok`, or the code of its fault
    Return(String),
    /// the driver queued a transfer
    Submit {
        /// names it until it is done
        ticket: u32,
        /// bInterfaceNumber
        interface: u8,
        /// what was asked
        asked: Asked,
        /// for how long
        timeout_ms: u32,
    },
    /// a transfer came to its end
    Done {
        /// which
        ticket: u32,
        /// how
        status: Status,
        /// bytes moved
        actual: u32,
        /// bytes read
        data: Payload,
    },
    /// the driver asked for the end of a transfer
    Cancel(u32),
    /// the driver waited with nothing pending
    Pause {
        /// how long it asked for
        ms: u32,
    },
    /// the driver cleared a halt
    ClearHalt {
        /// bInterfaceNumber
        interface: u8,
        /// whose
        endpoint: u8,
        /// how that ended
        status: Status,
    },
    /// the driver chose an alternate setting
    Alternate {
        /// bInterfaceNumber
        interface: u8,
        /// which setting
        setting: u8,
        /// how that ended
        status: Status,
    },
}

/// What a transfer asked of the bus, as [`Request`], where data that were written may be kept as a digest alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    /// control, device to host
    ControlIn {
        /// the request
        setup: Setup,
        /// wLength
        length: u16,
    },
    /// control, host to device
    ControlOut {
        /// the request
        setup: Setup,
        /// what was written
        data: Payload,
    },
    /// bulk or interrupt, device to host
    DataIn {
        /// from where
        endpoint: u8,
        /// exact buffer length
        length: u32,
    },
    /// bulk or interrupt, host to device
    DataOut {
        /// where to
        endpoint: u8,
        /// what was written
        data: Payload,
    },
}

impl Asked {
    /// Is this what was asked?
    #[must_use]
    pub fn is(&self, request: &Request) -> bool {
        match (self, request) {
            (
                Self::ControlIn { setup, length },
                Request::ControlIn {
                    setup: also,
                    length: long,
                },
            ) => (setup, length) == (also, long),
            (
                Self::ControlOut { setup, data },
                Request::ControlOut {
                    setup: also,
                    data: bytes,
                },
            ) => setup == also && data.is(bytes),
            (
                Self::DataIn { endpoint, length },
                Request::DataIn {
                    endpoint: also,
                    length: long,
                },
            ) => (endpoint, length) == (also, long),
            (
                Self::DataOut { endpoint, data },
                Request::DataOut {
                    endpoint: also,
                    data: bytes,
                },
            ) => endpoint == also && data.is(bytes),
            _ => false,
        }
    }

    /// Bytes that it has room for, or writes.
    #[must_use]
    pub fn length(&self) -> u32 {
        match self {
            Self::ControlIn { length, .. } => u32::from(*length),
            Self::DataIn { length, .. } => *length,
            Self::ControlOut { data, .. } | Self::DataOut { data, .. } => data.length(),
        }
    }

    /// The data endpoint, none for control requests.
    #[must_use]
    pub fn endpoint(&self) -> Option<u8> {
        match self {
            Self::ControlIn { .. } | Self::ControlOut { .. } => None,
            Self::DataIn { endpoint, .. } | Self::DataOut { endpoint, .. } => Some(*endpoint),
        }
    }

    /// From the device to the host?
    #[must_use]
    pub fn is_read(&self) -> bool {
        matches!(self, Self::ControlIn { .. } | Self::DataIn { .. })
    }
}

/// Bytes that moved: kept, or known by length and digest alone.
#[derive(Clone, PartialEq, Eq)]
pub enum Payload {
    /// all of them
    Kept(Vec<u8>),
    /// what they were cannot be told any more
    Hashed {
        /// how many
        length: u32,
        /// SHA-256
        digest: [u8; 32],
    },
}

impl Default for Payload {
    fn default() -> Self {
        Self::Kept(Vec::new())
    }
}

/// Data may be biometric: only lengths are shown.
impl std::fmt::Debug for Payload {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let kept = if matches!(self, Self::Kept(_)) {
            "kept"
        } else {
            "hashed"
        };
        write!(f, "{} bytes {kept}", self.length())
    }
}

impl Payload {
    /// Only length and digest of these bytes.
    #[must_use]
    pub fn hashed(bytes: &[u8]) -> Self {
        Self::Hashed {
            length: u32::try_from(bytes.len()).unwrap_or(u32::MAX),
            digest: Sha256::digest(bytes).into(),
        }
    }

    /// How many bytes.
    #[must_use]
    pub fn length(&self) -> u32 {
        match self {
            Self::Kept(bytes) => u32::try_from(bytes.len()).unwrap_or(u32::MAX),
            Self::Hashed { length, .. } => *length,
        }
    }

    /// Are these the bytes?
    #[must_use]
    pub fn is(&self, bytes: &[u8]) -> bool {
        match self {
            Self::Kept(kept) => kept == bytes,
            Self::Hashed { .. } => *self == Self::hashed(bytes),
        }
    }

    /// The bytes, where they were kept.
    #[must_use]
    pub fn kept(&self) -> Option<&[u8]> {
        match self {
            Self::Kept(bytes) => Some(bytes),
            Self::Hashed { .. } => None,
        }
    }
}

impl Recording {
    /// Transfers that the driver queued.
    #[must_use]
    pub fn transfers(&self) -> usize {
        let is_submit = |event: &&Event| matches!(event.what, What::Submit { .. });
        self.events.iter().filter(is_submit).count()
    }

    /// Were bytes that the device sent left out?
    #[must_use]
    pub fn lacks_payloads(&self) -> bool {
        let lacks = |event: &Event| {
            matches!(
                &event.what,
                What::Done {
                    data: Payload::Hashed { .. },
                    ..
                }
            )
        };
        self.events.iter().any(lacks)
    }
}
