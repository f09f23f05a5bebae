//! The check-in: states, evidence, decisions and the rules no plugin can break. Pure: no I/O, no clock, no async.
//!
//! [`station::Station`] is the fold of [`event::Event`]s. [`station::Station::handle`] turns a [`command::Command`] into the
//! events that become durable in one transaction; only then are they applied and shown. [`rules`] judges what a policy
//! answers. [`next`] says what a check-in waits for.

pub mod case;
pub mod command;
pub mod decision;
pub mod event;
pub mod evidence;
pub mod next;
pub mod rules;
pub mod state;
pub mod station;
pub mod voter;
