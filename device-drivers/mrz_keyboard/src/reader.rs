//! The order of the transfers: the boot protocol once, then reports as they come.

use crate::key::Key;
use crate::report::{REPORT_BYTES, Report};
use plugin_sdk::fault::Fault;
use plugin_sdk::mrz::Lines;
use plugin_sdk::progress::Stage;
use plugin_sdk::unasked::{Awaited, Unasked};
use plugin_sdk::usb::{Concurrent, Recipient, RequestKind, Setup, Status};

const IN: u8 = 0x81;
/// bInterfaceNumber
const INTERFACE: u16 = 0;
/// A keyboard answers a request within milliseconds; this is a dead one.
const ANSWER_MS: u32 = 1_000;

/// SET_PROTOCOL to the boot protocol (USB HID 1.11, section 7.2.6): reports are then as appendix B.1 has them.
const BOOT_PROTOCOL: Setup = class_request(0x0b, 0);
/// SET_IDLE to 0 (section 7.2.4): a report comes when a key changes, not again and again.
const CHANGES_ALONE: Setup = class_request(0x0a, 0);

const fn class_request(request: u8, value: u16) -> Setup {
    Setup {
        kind: RequestKind::Class,
        recipient: Recipient::Interface,
        request,
        value,
        index: INTERFACE,
    }
}

/// Readies a reader that was just plugged in.
///
/// # Errors
/// How a request ended.
pub fn set_up(usb: &impl Concurrent) -> Result<(), Fault> {
    usb.control_out(BOOT_PROTOCOL, &[], ANSWER_MS).map_err(Status::fault)?;
    match usb.control_out(CHANGES_ALONE, &[], ANSWER_MS) {
        // Some keyboards cannot be told. A report that is repeated says nothing new, and does no harm.
        Ok(()) | Err(Status::Stalled) => Ok(()),
        Err(status) => Err(status.fault()),
    }
}

/// Reads one document, to the Enter behind its last line.
///
/// # Errors
/// `nothing-presented`, `cancelled`, `device-gone`, or a protocol fault's code.
pub fn read(usb: &impl Concurrent, tell: &dyn Fn(Stage)) -> Result<Vec<String>, Fault> {
    let reports = Unasked::new(usb, IN, REPORT_BYTES);
    let mut held = Report::default();
    reports.throw_away(|report| held = Report::parse(report).ok().flatten().unwrap_or(held))?;
    tell(Stage::Ready);
    let mut lines = Lines::new();
    let mut awaited = Awaited::First;
    loop {
        let Some(report) = Report::parse(&reports.packet(awaited)?)? else {
            continue;
        };
        let pressed = report.pressed_since(held)?;
        held = report;
        let Some(usage) = pressed else {
            continue;
        };
        if awaited == Awaited::First {
            awaited = Awaited::Rest;
            tell(Stage::Presented);
            tell(Stage::Reading);
        }
        match Key::of(usage, report.modifiers())? {
            Key::Character(character) => lines.push(character)?,
            Key::Enter => {
                if let Some(lines) = lines.end()? {
                    tell(Stage::Remove);
                    return Ok(lines);
                }
            }
        }
    }
}
