//! The client's workflow, section by section of the specification, on repositories that are really signed.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod beginning_5_2;
mod download_5_7;
mod folder;
mod freshness;
mod kiosk;
mod mutation;
mod network;
mod offer;
mod power;
mod refusals;
mod roles_5_6_7;
mod root_5_3;
mod server;
mod snapshot_5_5;
mod targets_5_6;
mod timestamp_5_4;
mod weaknesses_of_tough;
