//! The client against a scripted server and against the real one.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod fake_server;
mod nut;
