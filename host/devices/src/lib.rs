//! The seam between the station and its USB devices: transfers, claimed interfaces, hotplug. Real, virtual and recorded
//! devices stand on it; [`usb_bus::UsbBus`] is the real one.

pub mod bus;
pub mod transfer;
pub mod usb_bus;

mod flight;
mod usb_interface;
