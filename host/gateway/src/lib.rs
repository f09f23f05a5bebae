//! `kiosk-gateway`: the station daemon and its command line. Configuration and wiring only.
//!
//! [`assembly`] shows the station assembled on one page. [`desk`] leads a check-in from one step to the next; [`ports`]
//! keeps drivers on their devices, [`plugs`] and [`ups`] tell what comes and goes; [`page`] serves the operator's screen.

pub mod assembly;
pub mod clock;
pub mod configuration;
pub mod desk;
pub mod identify;
mod notices;
pub mod page;
pub mod plugs;
pub mod ports;
pub mod receipt;
pub mod shelf;
pub mod table;
pub mod turnout;
pub mod updates;
mod updates_page;
pub mod ups;
