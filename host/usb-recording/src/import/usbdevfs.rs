//! A usbdevfs recording of umockdev: one line for each request's end, indented below what caused it:
//! `USBDEVFS_REAPURBNDELAY <return> <type> <endpoint> <status> <flags> <length> <actual> <start frame> <data>`.
//! Type 1 is interrupt, 2 control, 3 bulk. The format keeps neither time nor what was pending together.

use crate::recording::{Asked, Event, Payload, What};
use devices::transfer::{Recipient, RequestKind, Setup};

const TIMEOUT_MS: u32 = 1_000;

/// Reads the events.
///
/// # Errors
/// The rule that a line breaks.
pub fn read(text: &str) -> Result<Vec<Event>, &'static str> {
    let mut events = Vec::new();
    let mut ticket = 0;
    for line in text.lines().map(str::trim_start) {
        let Some(rest) = line.strip_prefix("USBDEVFS_REAPURB") else {
            continue;
        };
        let rest = rest.strip_prefix("NDELAY").unwrap_or(rest).trim_start();
        let fields: Vec<&str> = rest.split(' ').collect();
        let rule = "a line USBDEVFS_REAPURB has nine fields";
        let [_, kind, endpoint, status, _, length, actual, _, data] = fields[..] else {
            return Err(rule);
        };
        let number = |text: &str| text.parse::<u32>().map_err(|_| rule);
        let endpoint = u8::try_from(number(endpoint)?).map_err(|_| rule)?;
        let data = bytes(data).ok_or("the data are not hexadecimal")?;
        let status: i32 = status.parse().map_err(|_| rule)?;
        ticket += 1;
        let (asked, read) = match kind {
            "2" => control(&data, number(length)?).ok_or("a control request is shorter than its setup")?,
            _ if endpoint & 0x80 != 0 => {
                let length = number(length)?;
                (Asked::DataIn { endpoint, length }, data)
            }
            _ => {
                let data = Payload::Kept(data);
                (Asked::DataOut { endpoint, data }, Vec::new())
            }
        };
        let moved = number(actual)?;
        let submit = What::Submit {
            ticket,
            interface: 0,
            asked,
            timeout_ms: TIMEOUT_MS,
        };
        let done = What::Done {
            ticket,
            status: super::usbmon::status(status),
            actual: moved,
            data: Payload::Kept(read),
        };
        events.extend([submit, done].map(|what| Event { at_ms: 0, what }));
    }
    if events.is_empty() {
        Err("it holds no transfer")
    } else {
        Ok(events)
    }
}

fn bytes(text: &str) -> Option<Vec<u8>> {
    let pairs = text.as_bytes().chunks(2);
    pairs
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
        .collect()
}

/// A control request's buffer begins with its setup.
fn control(buffer: &[u8], length: u32) -> Option<(Asked, Vec<u8>)> {
    let (setup, data) = buffer.split_first_chunk::<8>()?;
    let (setup, input) = setup_of(*setup)?;
    Some(if input {
        let length = u16::try_from(length.checked_sub(8)?).ok()?;
        (Asked::ControlIn { setup, length }, data.to_vec())
    } else {
        let data = Payload::Kept(data.to_vec());
        (Asked::ControlOut { setup, data }, Vec::new())
    })
}

/// Eight bytes on the wire (USB 2.0, table 9-2): the setup, and whether it reads.
pub(super) fn setup_of(bytes: [u8; 8]) -> Option<(Setup, bool)> {
    let setup = Setup {
        kind: match bytes[0] >> 5 & 3 {
            0 => RequestKind::Standard,
            1 => RequestKind::Class,
            2 => RequestKind::Vendor,
            _ => return None,
        },
        recipient: match bytes[0] & 0x1f {
            0 => Recipient::Device,
            1 => Recipient::Interface,
            2 => Recipient::Endpoint,
            _ => Recipient::Other,
        },
        request: bytes[1],
        value: u16::from_le_bytes([bytes[2], bytes[3]]),
        index: u16::from_le_bytes([bytes[4], bytes[5]]),
    };
    Some((setup, bytes[0] & 0x80 != 0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use devices::transfer::Status;

    #[test]
    fn a_request_and_its_answer_become_two_transfers() {
        let text = "@DEV /dev/bus/usb/001/003\nUSBDEVFS_GET_CAPABILITIES 0 FD010000\n\
                    USBDEVFS_REAPURBNDELAY 0 3 2 0 0 2 2 0 4019\n USBDEVFS_REAPURBNDELAY 0 3 131 0 0 8 2 0 0140\n";
        let events = read(text).unwrap_or_default();
        assert_eq!(events.len(), 4);
        let What::Done {
            status, actual, data, ..
        } = &events[3].what
        else {
            panic!("{:?}", events[3]);
        };
        assert_eq!(
            (*status, *actual, data.kept()),
            (Status::Completed, 2, Some(&[1, 0x40][..]))
        );
    }

    #[test]
    fn a_broken_line_is_refused_with_its_rule() {
        for (text, rule) in [
            ("USBDEVFS_REAPURB 0 3 2", "a line USBDEVFS_REAPURB has nine fields"),
            ("USBDEVFS_REAPURB 0 3 2 0 0 2 2 0 xx", "the data are not hexadecimal"),
            (
                "USBDEVFS_REAPURB 0 2 0 0 0 2 2 0 c004",
                "a control request is shorter than its setup",
            ),
            ("@DEV /dev/bus/usb/001/003", "it holds no transfer"),
        ] {
            assert_eq!(read(text), Err(rule), "{text}");
        }
    }
}
