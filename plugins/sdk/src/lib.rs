//! What drivers share: USB transfers as a driver sees them, and faults as an operator sees them.
//!
//! A driver's protocol is written against [`usb::Usb`] (one transfer at a time) or [`usb::Concurrent`] (several in
//! flight), so that it runs natively against a virtual or recorded device in tests, and against the host's claimed
//! interface (`kiosk:driver/usb`) in the sandbox, where [`claimed_interface!`] makes the one out of the other.

mod component;
pub mod fault;
pub mod usb;
