//! What the printer's USB side says of it (USB Device Class Definition for Printing Devices 1.1, section 4.2.2,
//! GET_PORT_STATUS): it answers control requests also while the rest of the printer sleeps.

use crate::countdown::Countdown;
use plugin_sdk::usb::{Concurrent, Recipient, Request, RequestKind, Setup, Status, Usb};

/// An answer takes some milliseconds.
const ANSWER_MS: u32 = 300;
/// For interface 0, the only one.
const GET_PORT_STATUS: Request = Request::ControlIn {
    setup: Setup {
        kind: RequestKind::Class,
        recipient: Recipient::Interface,
        request: 1,
        value: 0,
        index: 0,
    },
    length: 1,
};

/// The byte that answers GET_PORT_STATUS: the status lines of a parallel port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PortStatus(pub u8);

impl PortStatus {
    /// Whether it is on line and has no error, as far as its USB side knows. A byte with other bits than the standard's
    /// says nothing.
    #[must_use]
    pub fn is_well(self) -> bool {
        self.0 & !0x20 == 0x18
    }

    /// Whether it has no paper.
    #[must_use]
    pub fn paper_out(self) -> bool {
        self.0 & 0x20 != 0
    }
}

/// A claimed interface that can also be asked for its port status.
pub trait Port: Usb {
    /// GET_PORT_STATUS.
    ///
    /// # Errors
    /// How the request ended instead; an answer of another length is `io-error`.
    fn port_status(&self) -> Result<PortStatus, Status>;
}

fn told(answer: &[u8]) -> Result<PortStatus, Status> {
    match answer {
        [status] => Ok(PortStatus(*status)),
        _ => Err(Status::IoError),
    }
}

impl<T: Concurrent> Port for T {
    fn port_status(&self) -> Result<PortStatus, Status> {
        told(&self.transfer(GET_PORT_STATUS, ANSWER_MS)?)
    }
}

impl<T: Concurrent> Port for Countdown<'_, T> {
    fn port_status(&self) -> Result<PortStatus, Status> {
        told(&self.transfer(GET_PORT_STATUS, ANSWER_MS)?)
    }
}
