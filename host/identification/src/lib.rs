//! The check-in: states, evidence, decisions and the rules no plugin can break. Pure: no I/O, no clock, no async.

pub mod decision;
pub mod event;
pub mod evidence;
pub mod voter;
