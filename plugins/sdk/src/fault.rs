//! Why a driver could not do what was asked.

/// What a fault is to the operator (`wit/driver`, `faults.kind`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// the voter did not present a finger or document in time
    NothingPresented,
    /// the host cancelled
    Cancelled,
    /// unplugged or dead
    DeviceGone,
    /// the device answered against its protocol
    Protocol,
    /// wrong model, firmware or mode for this driver
    NotSupported,
    /// paper out, cover open, sensor dirty: the code says which
    NeedsAttention,
}

/// A fault with its code: stable, documented by the driver, never with data that was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    /// what it is to the operator
    pub kind: Kind,
    /// at most 64 bytes of a-z, 0-9 and `-`
    pub code: &'static str,
}

impl Fault {
    /// A fault of this kind.
    #[must_use]
    pub const fn new(kind: Kind, code: &'static str) -> Self {
        Self { kind, code }
    }
}
