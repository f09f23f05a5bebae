//! A keyboard: what a document reader that types is to the kernel. Read as keys, and taken from the kernel's driver.

use crate::Outcome;
use crate::attach::arrived;
use crate::gadget::{Gadget, Plan, awaited, driver_of};
use crate::told::Told;
use devices::bus::Bus as _;
use devices::transfer::{ENDPOINT_IN, Request};
use devices::usb_bus::UsbBus;
use serde_json::json;
use std::fs::File;
use std::io::{Read as _, Write as _};
use std::sync::mpsc::channel;
use std::time::Duration;

const IDS: (u16, u16) = (0x1d6b, 0x0104);
const PRODUCT: &str = "typing reader";
/// Where the gadget's side is written to.
const REPORTS: &str = "/dev/hidg0";
const REPORT_BYTES: u8 = 8;
/// The keyboard of USB HID 1.11, appendix B.1, without its lamps.
const DESCRIPTOR: [u8; 43] = [
    0x05, 0x01, 0x09, 0x06, 0xa1, 0x01, 0x05, 0x07, 0x19, 0xe0, 0x29, 0xe7, 0x15, 0x00, 0x25, 0x01, 0x75, 0x01, 0x95,
    0x08, 0x81, 0x02, 0x95, 0x01, 0x75, 0x08, 0x81, 0x03, 0x95, 0x06, 0x75, 0x08, 0x15, 0x00, 0x25, 0x65, 0x19, 0x00,
    0x29, 0x65, 0x81, 0x00, 0xc0,
];
const SHIFT: u8 = 0x02;
/// `P<7` as the usages of HID Usage Tables, section 10: modifiers and key.
const TYPED: [(u8, u8); 3] = [(0, 0x13), (SHIFT, 0x36), (0, 0x24)];

fn plug() -> Outcome<Gadget> {
    Gadget::plug(&Plan {
        name: "keyboard",
        ids: IDS,
        product: PRODUCT,
        function: "hid",
        attributes: &[
            ("protocol", b"1"),
            ("subclass", b"1"),
            ("report_length", REPORT_BYTES.to_string().as_bytes()),
            ("report_desc", &DESCRIPTOR),
        ],
        controller: "dummy_udc.0",
    })
}

fn press((modifiers, key): (u8, u8)) -> [u8; REPORT_BYTES as usize] {
    [modifiers, 0, key, 0, 0, 0, 0, 0]
}

/// The input device with the gadget's name.
fn input() -> Option<String> {
    let entries = std::fs::read_dir("/sys/class/input").ok()?;
    entries.filter_map(Result::ok).find_map(|entry| {
        let name = std::fs::read_to_string(entry.path().join("device/name")).ok()?;
        let event = entry.file_name().to_str()?.to_owned();
        (event.starts_with("event") && name.contains(PRODUCT)).then_some(event)
    })
}

/// Keys are pressed; the kernel's driver gives them as input events.
pub(crate) fn keyboard(told: &mut Told) -> Outcome {
    /// `struct input_event`: time, then type, code and value
    const EVENT_BYTES: usize = 24;
    const KEY: u16 = 1;
    let _gadget = plug()?;
    let event = awaited("the keyboard", input)?;
    let mut events = awaited("its node", || File::open(format!("/dev/input/{event}")).ok())?;
    let (send, keys) = channel();
    std::thread::spawn(move || {
        let mut bytes = [0; EVENT_BYTES];
        while events.read_exact(&mut bytes).is_ok() {
            let half = |at: usize| u16::from_le_bytes([bytes[at], bytes[at + 1]]);
            if half(16) == KEY && send.send((half(18), half(20))).is_err() {
                return;
            }
        }
    });
    let mut reports = awaited("the gadget's node", || File::options().write(true).open(REPORTS).ok())?;
    for key in TYPED {
        reports.write_all(&press(key))?;
        reports.write_all(&press((0, 0)))?;
    }
    let mut told_keys = Vec::new();
    // Each key is pressed and released, and so is the shift of the second.
    while told_keys.len() < 2 * TYPED.len() + 2 {
        told_keys.push(keys.recv_timeout(Duration::from_secs(5))?);
    }
    told.found("keyboard", json!({ "keys": told_keys }))
}

/// The keyboard is claimed, so that the kernel's driver lets it go; a report is read; then it is released.
pub(crate) fn detached(told: &mut Told) -> Outcome {
    let bus = UsbBus::start()?;
    let _gadget = plug()?;
    let found = arrived(&bus, IDS.0, IDS.1)?;
    let port = found.place.port.clone();
    let before = awaited("the kernel's driver", || driver_of(&port))?;
    let mut interface = bus.open(&found.place, 0)?;
    let during = driver_of(&port);
    let identity = interface.identity();
    let endpoint = identity
        .endpoints
        .iter()
        .find(|endpoint| endpoint.address & ENDPOINT_IN != 0);
    let endpoint = endpoint.ok_or("the keyboard has no endpoint to read")?.address;
    let request = Request::DataIn {
        endpoint,
        length: u32::from(REPORT_BYTES),
    };
    let ticket = interface.submit(request, Duration::from_secs(5))?;
    File::options().write(true).open(REPORTS)?.write_all(&press(TYPED[1]))?;
    let report = interface
        .wait(&[ticket], Duration::from_secs(6))
        .ok_or("the report never came")?;
    drop(interface);
    // The kernel binds its driver while the release is under way, so that it is there when that returns.
    let after = driver_of(&port);
    told.found(
        "detached",
        json!({
            "before": before,
            "during": during,
            "class": [identity.interface_class.0, identity.interface_class.1, identity.interface_class.2],
            "report": report.data,
            "after": after,
        }),
    )
}
