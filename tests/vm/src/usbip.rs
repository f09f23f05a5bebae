//! USB/IP: the kernel's own way to plug in a device that is somewhere else. The client is the kernel's `vhci_hcd`; this is
//! the other end, which serves virtual and recorded devices to it, one device a connection.
//!
//! Several transfers are in flight at once, each is answered when its device says so; a transfer can be unlinked; and the
//! line can be cut in the middle of a transfer, which to the kernel is a pulled plug.

mod descriptors;
mod server;
mod session;
mod wire;

pub use server::Server;
pub use wire::{Exported, ask_for};
