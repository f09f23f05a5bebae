//! `kiosk-gateway`: the station daemon and its command line. Configuration and wiring only.
//!
//! [`assembly`] shows the station assembled on one page. [`desk`] leads a check-in from one step to the next; [`devices`]
//! keeps drivers on their devices; [`page`] serves the operator's screen.

pub mod assembly;
pub mod clock;
pub mod configuration;
pub mod desk;
pub mod identify;
pub mod page;
pub mod ports;
pub mod receipt;
pub mod shelf;
pub mod turnout;
