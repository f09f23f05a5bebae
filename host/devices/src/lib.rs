//! Owns the station's hardware: USB through rusb, hotplug, claimed interfaces. Virtual devices stand on the same seam.

pub mod bus;
pub mod transfer;
