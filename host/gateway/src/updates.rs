//! Updates that the commission signed: what is new is fetched, verified, compiled and tried while the station works, and put
//! into its place between two calls.
//!
//! [`state`] says which release of what runs: it is the fold of the journal's rows.

pub mod depot;
pub mod lineup;
pub mod rows;
pub mod state;
pub mod terms;
pub mod wish;
