//! Whoever attacks the update of a kiosk (design, section 9): with other keys, too few or stolen ones, with old files, mixed ones,
//! endless ones, with half a stick, as a vendor, with plugins that lie, loop and break off. Each of them meets a kiosk of its
//! own. What runs stays and admits a voter, the journal has the code, and the page has one sentence.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod attack;
mod commission;
mod endless;
mod faults;
mod floors;
mod forgery;
mod freezing;
mod metadata;
mod plugins;
mod rotation;
mod scene;
#[expect(dead_code, reason = "the tests of the client of TUF need more of it")]
#[path = "../../../../host/updates/tests/workflow/server.rs"]
mod server;
mod sticks;
mod targets;
mod vendors;
mod withdrawals;
