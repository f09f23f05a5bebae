//! Plugging devices of a USB/IP server into this kernel, and pulling them.

use crate::Outcome;
use devices::bus::{Bus, Found, Hotplug, Place};
use devices::usb_bus::UsbBus;
use std::fs;
use std::net::{Ipv4Addr, TcpStream};
use std::os::fd::AsRawFd as _;
use std::path::Path;
use std::time::{Duration, Instant};
use vm::usbip::ask_for;

/// Where QEMU's network reaches the machine outside.
const OUTSIDE: Ipv4Addr = Ipv4Addr::new(10, 0, 2, 2);
const CONTROLLER: &str = "/sys/devices/platform/vhci_hcd.0";
/// A port that nothing is plugged into, in the controller's table.
const FREE: &str = "004";
/// Those that scenarios use.
const PORTS: [u8; 2] = [0, 1];
/// A device that was plugged in is told within this.
pub(crate) const PLUGGING: Duration = Duration::from_secs(20);

/// Plugs the server's device of this name into a port of the controller, from 0.
pub(crate) fn attach(server: u16, name: &str, port: u8) -> Outcome {
    let started = Instant::now();
    while !is_free(port)? {
        if started.elapsed() > PLUGGING {
            return Err(format!("port {port} does not become free").into());
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    let mut line = TcpStream::connect((OUTSIDE, server))?;
    line.set_nodelay(true)?;
    let device = ask_for(&mut line, name)?;
    // The kernel takes the connection over and holds it; our handle may close.
    let words = format!("{port} {} {} {}", line.as_raw_fd(), device.id, device.speed);
    fs::write(Path::new(CONTROLLER).join("attach"), words)?;
    Ok(())
}

/// Pulls what is plugged into this port.
pub(crate) fn detach(port: u8) -> Outcome {
    fs::write(Path::new(CONTROLLER).join("detach"), port.to_string())?;
    Ok(())
}

/// Pulls whatever is plugged in: a scenario that failed leaves nothing for the next one to stumble over.
pub(crate) fn detach_all() {
    for port in PORTS {
        // Nothing is plugged into most.
        let _ = detach(port);
    }
}

/// Lines `hs  0000 004 000 00000000 000000 0-0`: hub, port, state and more.
fn is_free(port: u8) -> Outcome<bool> {
    let table = fs::read_to_string(Path::new(CONTROLLER).join("status"))?;
    let line = table.lines().find_map(|line| {
        let mut words = line.split_ascii_whitespace().skip(1);
        let number: u8 = words.next()?.parse().ok()?;
        (number == port).then(|| words.next())
    });
    Ok(line.flatten() == Some(FREE))
}

/// The next device with these ids that the bus tells of.
pub(crate) fn arrived(bus: &UsbBus, vendor: u16, product: u16) -> Outcome<Found> {
    let until = Instant::now() + PLUGGING;
    while Instant::now() < until {
        if let Some(Hotplug::Arrived(found)) = bus.next_hotplug(until.saturating_duration_since(Instant::now()))
            && (found.vendor_id, found.product_id) == (vendor, product)
        {
            return Ok(found);
        }
    }
    Err(format!("no device {vendor:04x}:{product:04x} arrived").into())
}

/// How long it takes from now until the bus tells that this device left.
pub(crate) fn left(bus: &UsbBus, place: &Place) -> Outcome<Duration> {
    let started = Instant::now();
    while started.elapsed() < PLUGGING {
        if bus.next_hotplug(PLUGGING) == Some(Hotplug::Left(place.clone())) {
            return Ok(started.elapsed());
        }
    }
    Err(format!("the bus does not tell that the device at {place} left").into())
}
