//! The seam between the station and its USB devices: transfers, claimed interfaces, hotplug. Real, virtual and recorded
//! devices stand on it; [`usb_bus::UsbBus`] is the real one. Beside it two things that the system or its services speak
//! to for us: the power supply, [`ups`], and the camera, [`camera`].

pub mod bus;
pub mod camera;
pub mod transfer;
pub mod ups;
pub mod usb_bus;

mod flight;
mod usb_interface;
mod wheel;
