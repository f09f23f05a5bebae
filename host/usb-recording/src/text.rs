//! How a recording is written: `kiosk-usb-recording 1`, then a line for each fact of the device, then a line for each event,
//! which begins with its stamp in milliseconds. Numbers of USB are hexadecimal, as in every capture; all others decimal.
//!
//! ```text
//! kiosk-usb-recording 1
//! device 298d:1010 0001
//! product "NB-1010-U"
//! interface 0 ff/00/00
//! endpoint 02 bulk 64
//! 0 call capture 5000
//! 0 submit 1 if0 out 02 timeout 1000 data 8038010008000000
//! 2 done 1 completed 8
//! 2 submit 2 if0 in 83 length 16 timeout 1000
//! 3 done 2 completed 16 data 803701001000000000000000f7000000
//! 9 done 3 completed 540 sha256 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
//! 9 return ok
//! ```

use crate::recording::{Asked, Event, Payload, Recording, What};
use devices::transfer::{Endpoint, EndpointKind, Identity, Recipient, RequestKind, Setup, Status};
use std::fmt::Write as _;

/// The first line.
const HEAD: &str = "kiosk-usb-recording 1";
/// Longest recording that is read, in bytes.
const MAX_BYTES: usize = 64 << 20;

/// A line that is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// another file, or one of a newer kit
    #[error("the file does not begin with `{HEAD}`; it is no recording, or one of a newer kit")]
    Head,
    /// beyond all reason
    #[error("the recording is longer than 64 MiB; record one capture at a time")]
    TooLong,
    /// one line
    #[error("line {line} of the recording is wrong: {rule}")]
    Line {
        /// from 1
        line: usize,
        /// what should stand there
        rule: &'static str,
    },
}

/// Names of the ends of a transfer, as the contract has them.
const STATUSES: [(Status, &str); 8] = [
    (Status::Completed, "completed"),
    (Status::TimedOut, "timed-out"),
    (Status::Cancelled, "cancelled"),
    (Status::Stalled, "stalled"),
    (Status::Overflow, "overflow"),
    (Status::NoDevice, "no-device"),
    (Status::IoError, "io-error"),
    (Status::NotGranted, "not-granted"),
];

fn status_name(status: Status) -> &'static str {
    let found = STATUSES.iter().find(|(known, _)| *known == status);
    found.map_or("io-error", |(_, name)| name)
}

fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
            // Writing to a string does not fail.
            let _ = write!(text, "{byte:02x}");
            text
        })
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes();
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    if !digits.len().is_multiple_of(2) {
        return None;
    }
    digits
        .chunks_exact(2)
        .map(|pair| Some(digit(pair[0])? << 4 | digit(pair[1])?))
        .collect()
}

/// The lines of an interface's facts.
fn identity_lines(identity: &Identity) -> String {
    let mut text = format!(
        "device {:04x}:{:04x} {:04x}\n",
        identity.vendor_id, identity.product_id, identity.release
    );
    for (name, value) in [
        ("manufacturer", &identity.manufacturer),
        ("product", &identity.product),
        ("serial", &identity.serial),
    ] {
        if let Some(value) = value {
            text += &format!("{name} {}\n", serde_json::Value::from(value.as_str()));
        }
    }
    let (class, subclass, protocol) = identity.interface_class;
    text += &format!(
        "interface {} {class:02x}/{subclass:02x}/{protocol:02x}\n",
        identity.interface_number
    );
    for endpoint in &identity.endpoints {
        let kind = match endpoint.kind {
            EndpointKind::Bulk => "bulk",
            EndpointKind::Interrupt => "interrupt",
        };
        text += &format!(
            "endpoint {:02x} {kind} {}\n",
            endpoint.address, endpoint.max_packet_size
        );
    }
    text
}

/// The lines before the events.
#[must_use]
pub fn head(interfaces: &[Identity], nonce: Option<&[u8; 32]>) -> String {
    let mut text = format!("{HEAD}\n");
    for identity in interfaces {
        text += &identity_lines(identity);
    }
    if let Some(nonce) = nonce {
        text += &format!("nonce {}\n", hex(nonce));
    }
    text
}

fn payload(payload: &Payload) -> String {
    match payload {
        Payload::Kept(bytes) if bytes.is_empty() => String::new(),
        Payload::Kept(bytes) => format!(" data {}", hex(bytes)),
        Payload::Hashed { digest, .. } => format!(" sha256 {}", hex(digest)),
    }
}

fn setup_words(setup: &Setup, input: bool) -> String {
    format!(
        "{:02x} {:02x} {:04x} {:04x}",
        setup.request_type(input),
        setup.request,
        setup.value,
        setup.index
    )
}

/// One event's line, without its end.
#[must_use]
pub fn line(event: &Event) -> String {
    let at = event.at_ms;
    match &event.what {
        What::Call { name, timeout_ms } => {
            let timeout = timeout_ms.map_or(String::new(), |ms| format!(" {ms}"));
            format!("{at} call {name}{timeout}")
        }
        What::Return(code) => format!("{at} return {code}"),
        What::Submit {
            ticket,
            interface,
            asked,
            timeout_ms,
        } => {
            let words = match asked {
                Asked::ControlIn { setup, length } => {
                    format!(
                        "control-in {} length {length} timeout {timeout_ms}",
                        setup_words(setup, true)
                    )
                }
                Asked::ControlOut { setup, data } => format!(
                    "control-out {} length {} timeout {timeout_ms}{}",
                    setup_words(setup, false),
                    data.length(),
                    payload(data)
                ),
                Asked::DataIn { endpoint, length } => format!("in {endpoint:02x} length {length} timeout {timeout_ms}"),
                Asked::DataOut { endpoint, data } => format!(
                    "out {endpoint:02x} length {} timeout {timeout_ms}{}",
                    data.length(),
                    payload(data)
                ),
            };
            format!("{at} submit {ticket} if{interface} {words}")
        }
        What::Done {
            ticket,
            status,
            actual,
            data,
        } => format!("{at} done {ticket} {} {actual}{}", status_name(*status), payload(data)),
        What::Cancel(ticket) => format!("{at} cancel {ticket}"),
        What::Pause { ms } => format!("{at} pause {ms}"),
        What::ClearHalt {
            interface,
            endpoint,
            status,
        } => format!("{at} clear-halt if{interface} {endpoint:02x} {}", status_name(*status)),
        What::Alternate {
            interface,
            setting,
            status,
        } => format!("{at} alternate if{interface} {setting} {}", status_name(*status)),
    }
}

/// A whole recording.
#[must_use]
pub fn write(recording: &Recording) -> String {
    let mut text = head(&recording.interfaces, recording.nonce.as_ref());
    for event in &recording.events {
        text += &line(event);
        text.push('\n');
    }
    text
}

/// Reads a recording. Empty lines and lines that begin with `#` are left out.
///
/// # Errors
/// [`TextError`], with the line and the rule.
pub fn read(text: &str) -> Result<Recording, TextError> {
    if text.len() > MAX_BYTES {
        return Err(TextError::TooLong);
    }
    let mut lines = text.lines().enumerate();
    if lines.next().map(|(_, line)| line.trim_end()) != Some(HEAD) {
        return Err(TextError::Head);
    }
    let mut recording = Recording::default();
    let mut device = Identity {
        vendor_id: 0,
        product_id: 0,
        release: 0,
        manufacturer: None,
        product: None,
        serial: None,
        interface_number: 0,
        interface_class: (0, 0, 0),
        endpoints: Vec::new(),
    };
    for (index, line) in lines {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let wrong = |rule| TextError::Line { line: index + 1, rule };
        if line.starts_with(|first: char| first.is_ascii_digit()) {
            recording.events.push(event(line).map_err(wrong)?);
        } else {
            fact(line, &mut device, &mut recording).map_err(wrong)?;
        }
    }
    Ok(recording)
}

/// A fact of the device; `device` is what came so far of the one that interfaces belong to.
fn fact(line: &str, device: &mut Identity, recording: &mut Recording) -> Result<(), &'static str> {
    let (name, rest) = line.split_once(' ').unwrap_or((line, ""));
    let text = || serde_json::from_str::<String>(rest).map_err(|_| "a text stands in double quotes, as in JSON");
    match name {
        "device" => {
            let rule = "a device is written `device 298d:1010 0001`: vendor, product, release";
            let (ids, release) = rest.split_once(' ').ok_or(rule)?;
            let (vendor, product) = ids.split_once(':').ok_or(rule)?;
            *device = Identity {
                vendor_id: word(vendor, rule)?,
                product_id: word(product, rule)?,
                release: word(release, rule)?,
                manufacturer: None,
                product: None,
                serial: None,
                ..device.clone()
            };
        }
        "manufacturer" => device.manufacturer = Some(text()?),
        "product" => device.product = Some(text()?),
        "serial" => device.serial = Some(text()?),
        "interface" => {
            let rule = "an interface is written `interface 0 ff/00/00`: number, class, subclass, protocol";
            let (number, class) = rest.split_once(' ').ok_or(rule)?;
            let class: Vec<&str> = class.split('/').collect();
            let [class, subclass, protocol] = class[..] else {
                return Err(rule);
            };
            recording.interfaces.push(Identity {
                interface_number: number.parse().map_err(|_| rule)?,
                interface_class: (byte(class, rule)?, byte(subclass, rule)?, byte(protocol, rule)?),
                endpoints: Vec::new(),
                ..device.clone()
            });
        }
        "endpoint" => {
            let rule = "an endpoint is written `endpoint 83 bulk 64` below its interface: address, kind, packet size";
            let words: Vec<&str> = rest.split(' ').collect();
            let ([address, kind, size], Some(interface)) = (&words[..], recording.interfaces.last_mut()) else {
                return Err(rule);
            };
            interface.endpoints.push(Endpoint {
                address: byte(address, rule)?,
                kind: match *kind {
                    "bulk" => EndpointKind::Bulk,
                    "interrupt" => EndpointKind::Interrupt,
                    _ => return Err(rule),
                },
                max_packet_size: size.parse().map_err(|_| rule)?,
            });
        }
        "nonce" => {
            let rule = "a nonce is 64 hexadecimal digits";
            let bytes = unhex(rest).ok_or(rule)?;
            recording.nonce = Some(bytes.try_into().map_err(|_| rule)?);
        }
        _ => return Err("a line begins with a stamp, or with device, interface, endpoint, nonce or one of the texts"),
    }
    Ok(())
}

fn byte(text: &str, rule: &'static str) -> Result<u8, &'static str> {
    u8::from_str_radix(text, 16).map_err(|_| rule)
}

fn word(text: &str, rule: &'static str) -> Result<u16, &'static str> {
    u16::from_str_radix(text, 16).map_err(|_| rule)
}

/// The words of a line, one after the other.
struct Words<'a>(std::str::Split<'a, char>);

impl<'a> Words<'a> {
    fn next(&mut self, rule: &'static str) -> Result<&'a str, &'static str> {
        self.0.next().ok_or(rule)
    }

    fn number<T: std::str::FromStr>(&mut self, rule: &'static str) -> Result<T, &'static str> {
        self.next(rule)?.parse().map_err(|_| rule)
    }

    fn interface(&mut self) -> Result<u8, &'static str> {
        let rule = "the interface's number is missing: `if0`";
        let number = self.next(rule)?.strip_prefix("if").ok_or(rule)?;
        number.parse().map_err(|_| rule)
    }

    fn named<T: std::str::FromStr>(&mut self, name: &str, rule: &'static str) -> Result<T, &'static str> {
        if self.next(rule)? == name {
            self.number(rule)
        } else {
            Err(rule)
        }
    }

    fn status(&mut self) -> Result<Status, &'static str> {
        let rule =
            "a transfer ends completed, timed-out, cancelled, stalled, overflow, no-device, io-error or not-granted";
        let name = self.next(rule)?;
        let found = STATUSES.iter().find(|(_, known)| *known == name);
        found.map(|(status, _)| *status).ok_or(rule)
    }

    /// The rest of the line: so many bytes, kept or hashed.
    fn payload(&mut self, length: u32) -> Result<Payload, &'static str> {
        let rule = "bytes are written `data` and two digits each, or `sha256` and 64 digits";
        let found = match self.0.next() {
            None => Payload::default(),
            Some("data") => Payload::Kept(unhex(self.next(rule)?).ok_or(rule)?),
            Some("sha256") => Payload::Hashed {
                length,
                digest: unhex(self.next(rule)?).ok_or(rule)?.try_into().map_err(|_| rule)?,
            },
            Some(_) => return Err(rule),
        };
        Ok(found)
    }

    fn setup(&mut self) -> Result<Setup, &'static str> {
        let rule = "a control request is written as bmRequestType, bRequest, wValue, wIndex";
        let kind = byte(self.next(rule)?, rule)?;
        Ok(Setup {
            kind: match kind >> 5 & 3 {
                0 => RequestKind::Standard,
                1 => RequestKind::Class,
                2 => RequestKind::Vendor,
                _ => return Err(rule),
            },
            recipient: match kind & 0x1f {
                0 => Recipient::Device,
                1 => Recipient::Interface,
                2 => Recipient::Endpoint,
                3 => Recipient::Other,
                _ => return Err(rule),
            },
            request: byte(self.next(rule)?, rule)?,
            value: word(self.next(rule)?, rule)?,
            index: word(self.next(rule)?, rule)?,
        })
    }
}

fn event(line: &str) -> Result<Event, &'static str> {
    let mut words = Words(line.split(' '));
    let at_ms = words.number("a stamp is a number of milliseconds")?;
    let rule = "an event is call, return, submit, done, cancel, pause, clear-halt or alternate";
    let what = match words.next(rule)? {
        "call" => What::Call {
            name: words.next("the call's name is missing")?.to_owned(),
            timeout_ms: match words.0.next() {
                None => None,
                Some(ms) => Some(
                    ms.parse()
                        .map_err(|_| "a call's time-out is a number of milliseconds")?,
                ),
            },
        },
        "return" => What::Return(
            words
                .next("what the call returned is missing: `ok` or a code")?
                .to_owned(),
        ),
        "submit" => {
            let ticket = words.number("the transfer's number is missing")?;
            let interface = words.interface()?;
            let (asked, timeout_ms) = asked(&mut words)?;
            What::Submit {
                ticket,
                interface,
                asked,
                timeout_ms,
            }
        }
        "done" => {
            let ticket = words.number("the transfer's number is missing")?;
            let status = words.status()?;
            let actual = words.number("how many bytes moved is missing")?;
            What::Done {
                ticket,
                status,
                actual,
                data: words.payload(actual)?,
            }
        }
        "cancel" => What::Cancel(words.number("the transfer's number is missing")?),
        "pause" => What::Pause {
            ms: words.number("a pause is a number of milliseconds")?,
        },
        "clear-halt" => What::ClearHalt {
            interface: words.interface()?,
            endpoint: byte(words.next("the endpoint is missing")?, "an endpoint is two digits")?,
            status: words.status()?,
        },
        "alternate" => What::Alternate {
            interface: words.interface()?,
            setting: words.number("the setting is missing")?,
            status: words.status()?,
        },
        _ => return Err(rule),
    };
    match words.0.next() {
        None => Ok(Event { at_ms, what }),
        Some(_) => Err("something stands behind the end of the event"),
    }
}

fn asked(words: &mut Words<'_>) -> Result<(Asked, u32), &'static str> {
    let rule = "a transfer is control-in, control-out, in or out";
    let (length, timeout) = (
        "`length` and a number of bytes are missing",
        "`timeout` and milliseconds are missing",
    );
    let data = |words: &mut Words<'_>| {
        let length: u32 = words.named("length", length)?;
        let timeout_ms = words.named("timeout", timeout)?;
        let data = words.payload(length)?;
        let all = data.length() == length;
        all.then_some((data, timeout_ms))
            .ok_or("the bytes are not as many as `length` says")
    };
    match words.next(rule)? {
        "control-in" => {
            let setup = words.setup()?;
            let length = words.named("length", length)?;
            Ok((Asked::ControlIn { setup, length }, words.named("timeout", timeout)?))
        }
        "control-out" => {
            let setup = words.setup()?;
            let (data, timeout_ms) = data(words)?;
            Ok((Asked::ControlOut { setup, data }, timeout_ms))
        }
        "in" => {
            let endpoint = byte(words.next(rule)?, "an endpoint is two digits")?;
            let length = words.named("length", length)?;
            Ok((Asked::DataIn { endpoint, length }, words.named("timeout", timeout)?))
        }
        "out" => {
            let endpoint = byte(words.next(rule)?, "an endpoint is two digits")?;
            let (data, timeout_ms) = data(words)?;
            Ok((Asked::DataOut { endpoint, data }, timeout_ms))
        }
        _ => Err(rule),
    }
}
