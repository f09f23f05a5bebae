//! Sessions of the templates' example devices, which exist only here: what such a device would say, written as recordings.

use crate::cli::Device;
use devices::transfer::{Endpoint, EndpointKind, Identity, Status};
use std::path::PathBuf;
use usb_recording::recording::{Asked, Event, Payload, Recording, What};
use usb_recording::text;

/// Pixels in a line, and lines, of the example scanner.
const SIDE: usize = 96;
/// Pixels in one of its packets.
const PACKET: usize = 256;

/// A session as it is written.
struct Session {
    recording: Recording,
    at_ms: u64,
    ticket: u32,
}

impl Session {
    fn of(endpoints: &[(u8, EndpointKind)], class: (u8, u8, u8)) -> Self {
        let endpoints = endpoints
            .iter()
            .map(|(address, kind)| Endpoint {
                address: *address,
                kind: *kind,
                max_packet_size: 64,
            })
            .collect();
        let identity = Identity {
            vendor_id: 0x1209,
            product_id: 0x0001,
            release: 0x0100,
            manufacturer: Some("Example".to_owned()),
            product: Some("Example device".to_owned()),
            serial: Some("EXAMPLE-1".to_owned()),
            interface_number: 0,
            interface_class: class,
            endpoints,
        };
        Self {
            recording: Recording {
                interfaces: vec![identity],
                nonce: Some([7; 32]),
                events: Vec::new(),
            },
            at_ms: 0,
            ticket: 0,
        }
    }

    fn note(&mut self, what: What) {
        let at_ms = self.at_ms;
        self.recording.events.push(Event { at_ms, what });
    }

    fn call(&mut self, name: &str, timeout_ms: Option<u32>) {
        self.note(What::Call {
            name: name.to_owned(),
            timeout_ms,
        });
    }

    fn returned(&mut self, code: &str) {
        self.note(What::Return(code.to_owned()));
    }

    fn transfer(&mut self, asked: Asked, timeout_ms: u32, status: Status, data: Vec<u8>) {
        self.ticket += 1;
        let ticket = self.ticket;
        let actual = if asked.is_read() {
            u32::try_from(data.len()).unwrap_or(0)
        } else {
            asked.length()
        };
        self.note(What::Submit {
            ticket,
            interface: 0,
            asked,
            timeout_ms,
        });
        self.at_ms += if status == Status::TimedOut {
            u64::from(timeout_ms)
        } else {
            1
        };
        self.note(What::Done {
            ticket,
            status,
            actual,
            data: Payload::Kept(data),
        });
    }

    fn write(&mut self, endpoint: u8, data: &[u8]) {
        let data = Payload::Kept(data.to_vec());
        self.transfer(Asked::DataOut { endpoint, data }, 1_000, Status::Completed, Vec::new());
    }

    fn read(&mut self, endpoint: u8, length: u32, data: Vec<u8>) {
        self.transfer(Asked::DataIn { endpoint, length }, 1_000, Status::Completed, data);
    }

    fn silence(&mut self, endpoint: u8, length: u32, timeout_ms: u32) {
        self.transfer(
            Asked::DataIn { endpoint, length },
            timeout_ms,
            Status::TimedOut,
            Vec::new(),
        );
    }

    fn pause(&mut self, ms: u32) {
        self.note(What::Pause { ms });
        self.at_ms += u64::from(ms);
    }

    fn file(self, name: &str) -> (PathBuf, String) {
        (
            PathBuf::from(format!("recordings/{name}.usb")),
            text::write(&self.recording),
        )
    }
}

/// All recordings of a template.
pub(super) fn recordings(device: Device) -> Vec<(PathBuf, String)> {
    match device {
        Device::Scanner => scanner(),
        Device::DocumentReader => document_reader(),
        Device::Printer => printer(),
    }
}

/// An answer of the example scanner.
fn answer(number: u8, finger: bool, body: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0xa5, number, 0, u8::from(finger)];
    bytes.extend_from_slice(body);
    bytes[2] = bytes.iter().fold(0, |sum, byte| sum ^ byte);
    bytes
}

/// Waves that run around a middle: not a finger, but with ridges like one.
fn waves(seed: usize) -> Vec<u8> {
    let middle = (40 + 7 * seed, 44 + 5 * seed);
    (0..SIDE * SIDE)
        .map(|index| {
            let (x, y) = (index % SIDE, index / SIDE);
            let (dx, dy) = (x.abs_diff(middle.0), y.abs_diff(middle.1));
            let phase = (dx * dx + dy * dy).isqrt() * 2 + (x * (seed + 1)) / 12;
            match phase % 18 {
                0..=6 => 48,
                7..=8 | 16..=17 => 128,
                _ => 216,
            }
        })
        .collect()
}

fn scanner() -> Vec<(PathBuf, String)> {
    let bulk = [(0x01, EndpointKind::Bulk), (0x81, EndpointKind::Bulk)];
    let capture = |name: &str, seed: usize, empty: usize, timeout: u32| {
        let mut session = Session::of(&bulk, (0xff, 0, 0));
        session.call("open", None);
        session.returned("ok");
        session.call("capture", Some(timeout));
        for _ in 0..empty {
            session.write(0x01, &[0x01]);
            session.read(0x81, 4, answer(0x01, false, &[]));
            session.pause(50);
        }
        session.write(0x01, &[0x01]);
        session.read(0x81, 4, answer(0x01, true, &[]));
        session.write(0x01, &[0x02]);
        for (number, pixels) in (0..).zip(waves(seed).chunks(PACKET)) {
            session.read(0x81, 260, answer(number, true, pixels));
        }
        session.returned("ok");
        session.call("close", None);
        session.returned("ok");
        session.file(name)
    };
    let mut nobody = Session::of(&bulk, (0xff, 0, 0));
    nobody.call("open", None);
    nobody.returned("ok");
    nobody.call("capture", Some(1_000));
    for _ in 0..18 {
        nobody.write(0x01, &[0x01]);
        nobody.read(0x81, 4, answer(0x01, false, &[]));
        nobody.pause(50);
    }
    nobody.returned("nothing-presented");
    vec![
        capture("finger", 0, 0, 3_000),
        capture("other-finger", 3, 0, 3_000),
        capture("slow-finger", 1, 20, 5_000),
        nobody.file("no-finger"),
    ]
}

/// The machine-readable zone of a specimen (ICAO 9303, part 4, appendix A).
const SPECIMEN: [&str; 2] = [
    "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<",
    "L898902C36UTO7408122F1204159ZE184226B<<<<<10",
];

fn document_reader() -> Vec<(PathBuf, String)> {
    let bulk = [(0x81, EndpointKind::Bulk)];
    let read = |name: &str, lines: [&str; 2], silent: usize| {
        let mut session = Session::of(&bulk, (0xff, 0, 0));
        session.call("open", None);
        session.returned("ok");
        session.call("read", Some(3_000));
        // What was read before is thrown away.
        session.silence(0x81, 64, 20);
        for _ in 0..silent {
            session.silence(0x81, 64, 100);
        }
        for line in lines {
            session.read(0x81, 64, format!("{line}\r").into_bytes());
        }
        session.returned("ok");
        session.file(name)
    };
    let other = [
        "P<UTOSAMPLE<<ASEL<<<<<<<<<<<<<<<<<<<<<<<<<<<",
        "X123456782UTO9001014F3001012<<<<<<<<<<<<<<02",
    ];
    let mut nobody = Session::of(&bulk, (0xff, 0, 0));
    nobody.call("open", None);
    nobody.returned("ok");
    nobody.call("read", Some(1_000));
    nobody.silence(0x81, 64, 20);
    for _ in 0..9 {
        nobody.silence(0x81, 64, 100);
    }
    nobody.returned("nothing-presented");
    vec![
        read("document", SPECIMEN, 0),
        read("other-document", other, 0),
        read("slow-document", SPECIMEN, 12),
        nobody.file("no-document"),
    ]
}

/// The kit's test receipt ([`crate::session::test_receipt`]) in the example printer's language.
fn receipt() -> Vec<u8> {
    [
        b"PLUGIN-KIT\n".as_slice(),
        b"--------------------------------\n",
        b"A test receipt, not valid for anything.\n",
        b"\x10plugin-kit test\n",
        b"\x11\x10\x00\x02\x00\xaa\xaa\x55\x55",
        b"\n\n\x12",
    ]
    .concat()
}

fn printer() -> Vec<(PathBuf, String)> {
    let bulk = [(0x01, EndpointKind::Bulk), (0x81, EndpointKind::Bulk)];
    let session = |name: &str, status: u8| {
        let mut session = Session::of(&bulk, (0x07, 0x01, 0x02));
        let ask = |session: &mut Session, status: u8| {
            session.write(0x01, &[0x05]);
            session.read(0x81, 1, vec![status]);
        };
        session.call("open", None);
        session.returned("ok");
        session.call("state", None);
        ask(&mut session, status);
        session.returned("ok");
        session.call("print", None);
        ask(&mut session, status);
        if matches!(status, 0x80 | 0x88) {
            session.write(0x01, &receipt());
            ask(&mut session, 0x90);
            session.pause(20);
            ask(&mut session, 0x80);
        }
        session.returned("ok");
        session.file(name)
    };
    vec![
        session("print", 0x80),
        session("paper-out", 0x82),
        session("cover-open", 0x84),
        session("asleep", 0x88),
    ]
}
