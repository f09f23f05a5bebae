//! USB sessions as text. [`recorder::Recorder`] stands at the host's seam and writes down every transfer of a live device;
//! [`import`] makes the same of a capture by usbmon or umockdev; [`replay::Replay`] plays the device in lockstep, so that
//! a recording is a regression test; [`umockdev`] writes a recording as a device that libusb itself can open.
//!
//! [`recording`] is what a session is, [`text`] how it is written: one line an event, versioned, with stamps in milliseconds.

pub mod import;
pub mod recorder;
pub mod recording;
pub mod replay;
pub mod text;
pub mod umockdev;
