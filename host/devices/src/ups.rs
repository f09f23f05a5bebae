//! The station's uninterruptible power supply, through a server of Network UPS Tools (NUT) on this machine or another.
//!
//! NUT's drivers know the UPSes; this is a client of its network protocol (NUT developer guide, chapter 9; RFC 9271)
//! that only reads: it never logs in, so it can neither set nor switch anything. What the server says is bounded in
//! bytes, lines and time, and judged before it is believed.
//!
//! [`Client`] asks once, [`Watch`] asks again and again on a thread of its own and tells what changed. A lost server is
//! one of the things it tells, [`UpsReport::Lost`]: the station goes on without it.

mod address;
mod client;
mod error;
mod line;
mod reply;
mod state;
mod watch;
mod wire;

#[cfg(test)]
mod tests;

pub use address::{AddressError, DEFAULT_PORT, UpsAddress};
pub use client::{Client, KnownUps, list_upses};
pub use error::UpsError;
pub use state::{Supply, UpsState};
pub use watch::{UpsReport, Watch};
