//! Updates that the commission signed: what is new is fetched, verified, compiled and tried while the station works, and put
//! into its place between two calls.
//!
//! [`state`] says which release of what runs: it is the fold of the journal's rows. [`wish`] says what is to change, [`clerk`]
//! does it: it looks at a [`source`], makes releases ready in the [`depot`], and swaps the table of a [`lineup`].

pub mod clerk;
pub mod depot;
pub mod faults;
pub mod lineup;
pub mod pace;
pub mod rows;
pub mod socket;
pub mod source;
pub mod state;
pub mod status;
pub mod telling;
pub mod terms;
pub mod troubles;
pub mod updater;
pub mod wire;
pub mod wish;
