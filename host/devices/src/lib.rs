//! The seam between the station and its USB devices: transfers, claimed interfaces, hotplug. Real, virtual and recorded
//! devices stand on it.

pub mod bus;
pub mod transfer;
