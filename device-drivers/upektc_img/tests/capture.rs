//! The driver over the seam that real devices stand on, against the simulator's Upek coprocessor with each of its
//! sensors.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[path = "../../uru4000/tests/claimed/mod.rs"]
mod claimed;
mod meddled;

use claimed::Claimed;
use devices::bus::Place;
use meddled::{Meddle, Meddled};
use plugin_sdk::fault::{Fault, Kind};
use plugin_sdk::progress::Stage;
use plugin_sdk::usb::{
    Completion, Concurrent, Recipient, Refusal, Request, RequestKind, Setup, Status, Ticket, Usb as _,
};
use simulator::virtual_device::upektc_img::Model;
use simulator::virtual_device::{Misbehaviour, UpektcImg, VirtualBus};
use std::cell::RefCell;
use std::time::{Duration, Instant};
use upektc_img_driver::packet::{Answer, Command, Frame, Part, Purpose, State, checksum};
use upektc_img_driver::reader::{capture, open};
use upektc_img_driver::sensor::{DPI, SENSORS, Sensor};

const LONG: Duration = Duration::from_secs(10);
const MODELS: [Model; 2] = [Model::TouchStrip, Model::TouchChip];

struct Plugged {
    bus: VirtualBus,
    device: UpektcImg,
    place: Place,
    sensor: Sensor,
}

fn plugged(model: Model) -> Plugged {
    let (bus, device) = (VirtualBus::new(), UpektcImg::new("SIM-4", model));
    let place = bus.plug(device.clone());
    let sensor = SENSORS
        .into_iter()
        .find(|sensor| (sensor.width, sensor.height) == model.size())
        .unwrap();
    Plugged {
        bus,
        device,
        place,
        sensor,
    }
}

impl Plugged {
    fn claim(&self, call: Duration) -> Claimed {
        Claimed::open(&self.bus, &self.place, call)
    }

    /// Any picture, different for each seed.
    fn picture(&self, seed: u32) -> Vec<u8> {
        let mut state = seed.wrapping_mul(2_654_435_761).wrapping_add(1);
        (0..self.sensor.pixels())
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                state.to_be_bytes()[0]
            })
            .collect()
    }

    fn place(&self, seed: u32) {
        let (width, height) = (self.sensor.width, self.sensor.height);
        self.device
            .finger()
            .place(width, height, DPI, &self.picture(seed))
            .unwrap();
    }

    fn touch(&self, seed: u32) {
        let (width, height) = (self.sensor.width, self.sensor.height);
        self.device
            .finger()
            .touch(width, height, DPI, &self.picture(seed))
            .unwrap();
    }
}

#[test]
fn the_device_says_which_sensor_it_has_and_is_idle_after_that() {
    for model in MODELS {
        let plugged = plugged(model);
        assert_eq!(open(&plugged.claim(LONG)), Ok(plugged.sensor));
        assert!(plugged.device.is_idle());
    }
}

#[test]
fn whatever_lies_on_the_sensor_is_delivered_pixel_for_pixel_and_the_finger_goes() {
    for model in MODELS {
        let plugged = plugged(model);
        let usb = plugged.claim(LONG);
        for seed in 0..5 {
            plugged.touch(seed);
            let pixels = capture(&usb, &plugged.sensor, |_| ()).unwrap();
            assert!(pixels == plugged.picture(seed), "{model:?} seed {seed}");
            assert!(!plugged.device.finger().is_present());
            assert!(plugged.device.is_idle());
        }
    }
}

#[test]
fn a_slow_finger_is_waited_for_and_the_operator_is_told_each_stage() {
    for model in MODELS {
        let plugged = plugged(model);
        let usb = plugged.claim(LONG);
        let stages = RefCell::new(Vec::new());
        let pixels = std::thread::scope(|scope| {
            scope.spawn(|| {
                // Long enough that the device asks whether the host is still there.
                std::thread::sleep(Duration::from_millis(1_300));
                plugged.touch(1);
            });
            capture(&usb, &plugged.sensor, |stage| stages.borrow_mut().push(stage)).unwrap()
        });
        assert!(pixels == plugged.picture(1), "{model:?}");
        assert_eq!(
            stages.into_inner(),
            [Stage::Ready, Stage::Presented, Stage::Reading, Stage::Remove],
            "{model:?}"
        );
    }
}

/// How the device misbehaves, and how the capture must end.
const MISBEHAVIOURS: [(Misbehaviour, Fault); 3] = [
    (
        Misbehaviour::None,
        Fault::new(Kind::NothingPresented, "nothing-presented"),
    ),
    (Misbehaviour::Silent, Fault::new(Kind::Protocol, "no-answer")),
    (
        Misbehaviour::PulledMidTransfer,
        Fault::new(Kind::DeviceGone, "device-gone"),
    ),
];

#[test]
fn each_misbehaviour_ends_the_capture_with_its_fault() {
    for model in MODELS {
        for (misbehaviour, fault) in MISBEHAVIOURS {
            let plugged = plugged(model);
            plugged.device.misbehave(misbehaviour);
            if misbehaviour != Misbehaviour::None {
                plugged.place(1);
            }
            let usb = plugged.claim(Duration::from_millis(400));
            assert_eq!(capture(&usb, &plugged.sensor, |_| ()), Err(fault), "{misbehaviour:?}");
            assert!(misbehaviour != Misbehaviour::None || plugged.device.is_idle());
        }
    }
}

#[test]
fn a_silent_device_is_not_opened() {
    let plugged = plugged(Model::TouchChip);
    plugged.device.misbehave(Misbehaviour::Silent);
    assert_eq!(open(&plugged.claim(LONG)), Err(Fault::new(Kind::Protocol, "no-answer")));
}

#[test]
fn a_capture_that_the_host_ends_is_cancelled_soon_and_the_device_is_idle() {
    for model in MODELS {
        let plugged = plugged(model);
        let usb = plugged.claim(Duration::from_secs(30));
        let cancel = usb.canceller();
        let host = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(120));
            cancel();
            Instant::now()
        });
        assert_eq!(
            capture(&usb, &plugged.sensor, |_| ()),
            Err(Fault::new(Kind::Cancelled, "cancelled"))
        );
        let late = host.join().unwrap().elapsed();
        assert!(late < Duration::from_millis(500), "{late:?} after the host's wish");
        assert!(plugged.device.is_idle());
    }
}

#[test]
fn a_plug_pulled_before_any_transfer_is_reported_as_a_device_that_is_gone() {
    for model in MODELS {
        let whole = plugged(model);
        whole.place(1);
        let usb = Meddled::new(whole.claim(LONG));
        capture(&usb, &whole.sensor, |_| ()).unwrap();
        for at in 0..usb.transfers.get() {
            let plugged = plugged(model);
            plugged.place(1);
            let mut usb = Meddled::new(plugged.claim(LONG));
            usb.unplug_at = Some((at, plugged.bus.clone(), plugged.place.clone()));
            assert_eq!(
                capture(&usb, &plugged.sensor, |_| ()),
                Err(Fault::new(Kind::DeviceGone, "device-gone")),
                "{model:?} transfer {at}"
            );
        }
    }
}

/// Changes a frame of less than 64 bytes and makes its checksum right again.
fn rewrite(bytes: &mut [u8], change: impl Fn(&mut [u8])) {
    change(bytes);
    let end = Frame::length(bytes).unwrap() - 2;
    let sum = checksum(&bytes[4..end]).to_le_bytes();
    bytes[end..end + 2].copy_from_slice(&sum);
}

/// Of the strip's reads that bring bytes: 0 greeting, 1 entered, 2 the sensor, 3 it awaits a finger, 4 it is done, 5 and 6
/// the first part of the image, 7 and 8 the second, and so on to 57 and 58.
const SENSOR: u32 = 2;
const AWAITS: u32 = 3;
const HEAD: u32 = 7;
const REST: u32 = 8;
const LAST_REST: u32 = 58;

/// What happens to what the device says, and the code that the driver must answer with.
const MEDDLES: [(&str, Meddle, &str); 18] = [
    (
        "a pixel changes",
        |number, bytes| {
            if number == REST {
                bytes[100] ^= 1
            }
        },
        "wrong-checksum",
    ),
    (
        "the last checksum is another",
        |number, bytes| {
            if number == LAST_REST {
                *bytes.last_mut().unwrap() ^= 1
            }
        },
        "wrong-checksum",
    ),
    (
        "an answer's checksum is another",
        |number, bytes| {
            if number == AWAITS {
                bytes[27] ^= 1
            }
        },
        "wrong-checksum",
    ),
    (
        "an answer has the last one's number",
        |number, bytes| {
            if number == AWAITS {
                rewrite(bytes, |bytes| bytes[5] = 0x00)
            }
        },
        "wrong-sequence",
    ),
    (
        "an answer has the next one's number",
        |number, bytes| {
            if number == AWAITS {
                rewrite(bytes, |bytes| bytes[5] = 0x20)
            }
        },
        "wrong-sequence",
    ),
    (
        "an answer has no mark",
        |number, bytes| {
            if number == AWAITS {
                bytes[0] = b'c'
            }
        },
        "no-mark",
    ),
    (
        "an answer is cut off",
        |number, bytes| {
            if number == AWAITS {
                bytes.truncate(20)
            }
        },
        "wrong-length",
    ),
    (
        "an answer is cut off before its length",
        |number, bytes| {
            if number == AWAITS {
                bytes.truncate(6)
            }
        },
        "wrong-length",
    ),
    (
        "an answer is a byte too long",
        |number, bytes| {
            if number == AWAITS {
                bytes.push(0)
            }
        },
        "wrong-length",
    ),
    (
        "an answer of the wrong kind comes",
        |number, bytes| {
            if number == AWAITS {
                rewrite(bytes, |bytes| bytes[4] = 0x03)
            }
        },
        "wrong-answer",
    ),
    (
        "an answer of no kind comes",
        |number, bytes| {
            if number == AWAITS {
                rewrite(bytes, |bytes| bytes[4] = 0x44)
            }
        },
        "wrong-answer",
    ),
    (
        "a message's length is another than the frame's",
        |number, bytes| {
            if number == AWAITS {
                rewrite(bytes, |bytes| bytes[8] = 0x10)
            }
        },
        "wrong-length",
    ),
    (
        "a message begins in its middle",
        |number, bytes| {
            if number == AWAITS {
                rewrite(bytes, |bytes| bytes[7] = 0x20)
            }
        },
        "wrong-answer",
    ),
    (
        "an answer says nothing known",
        |number, bytes| {
            if number == AWAITS {
                rewrite(bytes, |bytes| bytes[13] = 0x21)
            }
        },
        "wrong-answer",
    ),
    (
        "the sensor has other dots",
        |number, bytes| {
            if number == SENSOR {
                rewrite(bytes, |bytes| bytes[50] = 0xc4)
            }
        },
        "other-sensor",
    ),
    (
        "a part of the image is cut off",
        |number, bytes| {
            if number == REST {
                bytes.truncate(1_000)
            }
        },
        "wrong-length",
    ),
    (
        "a part of the image is a byte too long",
        |number, bytes| {
            if number == REST {
                bytes.push(0)
            }
        },
        "wrong-length",
    ),
    (
        "the head of a part is cut off",
        |number, bytes| {
            if number == HEAD {
                bytes.truncate(63)
            }
        },
        "wrong-length",
    ),
];

#[test]
fn each_thing_that_happens_to_an_answer_has_its_code_and_spoils_neither_an_image_nor_the_next_capture() {
    for (name, meddle, code) in MEDDLES {
        let plugged = plugged(Model::TouchStrip);
        plugged.place(1);
        let mut usb = Meddled::new(plugged.claim(LONG));
        usb.meddle = meddle;
        assert_eq!(
            capture(&usb, &plugged.sensor, |_| ()),
            Err(Fault::new(Kind::Protocol, code)),
            "{name}"
        );
        usb.meddle = |_, _| ();
        plugged.place(2);
        let next = capture(&usb, &plugged.sensor, |_| ());
        assert!(next == Ok(plugged.picture(2)), "after: {name}: {:?}", next.err());
    }
}

#[test]
fn a_device_with_another_sensor_than_it_was_opened_with_gives_no_image() {
    let plugged = plugged(Model::TouchChip);
    plugged.place(1);
    assert_eq!(
        capture(&plugged.claim(LONG), &SENSORS[0], |_| ()),
        Err(Fault::new(Kind::Protocol, "other-sensor"))
    );
}

#[test]
fn a_sensor_of_an_unknown_number_is_not_opened() {
    let plugged = plugged(Model::TouchChip);
    let mut usb = Meddled::new(plugged.claim(LONG));
    usb.meddle = |number, bytes| {
        if number == 1 {
            rewrite(bytes, |bytes| bytes[7] = 2);
        }
    };
    assert_eq!(open(&usb), Err(Fault::new(Kind::NotSupported, "sensor-not-known")));
}

/// How far a capture came before it broke off: frames sent after the session was begun, and reads of 64 bytes since.
struct BrokenOff {
    begun: u32,
    sent: Vec<Frame>,
    read: u32,
}

fn broken_off(model: Model) -> Vec<BrokenOff> {
    let number = match model {
        Model::TouchStrip => 0,
        Model::TouchChip => 1,
    };
    let scan = [
        Frame::enter(700),
        Command::Describe.frame(0),
        Command::Scan(number).frame(1),
        Command::GoOn.frame(2),
    ];
    let case = |begun, sent: usize, read| BrokenOff {
        begun,
        sent: scan[..sent].to_vec(),
        read,
    };
    // The driver has at most one answer unread; these are up to two.
    vec![
        case(1, 0, 0),
        case(2, 0, 0),
        case(2, 0, 1),
        case(1, 1, 0),
        case(1, 1, 1),
        case(1, 2, 1),
        case(1, 2, 2),
        case(1, 3, 2),
        case(1, 3, 3),
        case(1, 4, 4),
    ]
}

#[test]
fn what_a_broken_capture_left_behind_does_not_spoil_the_next_one() {
    for model in MODELS {
        for case in broken_off(model) {
            let plugged = plugged(model);
            plugged.place(1);
            let usb = plugged.claim(LONG);
            for _ in 0..case.begun {
                begin(&usb);
            }
            for frame in &case.sent {
                usb.write(0x02, &frame.bytes(), 1_000).unwrap();
            }
            for _ in 0..case.read {
                usb.read(0x81, 64, 1_000).unwrap();
            }
            plugged.place(2);
            let captured = capture(&usb, &plugged.sensor, |_| ());
            assert!(
                captured == Ok(plugged.picture(2)),
                "{model:?}: {} begun, {} sent, {} read: {:?}",
                case.begun,
                case.sent.len(),
                case.read,
                captured.err()
            );
            assert!(plugged.device.is_idle());
        }
    }
}

fn begin(usb: &Claimed) {
    let setup = Setup {
        kind: RequestKind::Vendor,
        recipient: Recipient::Device,
        request: 0x0c,
        value: 0x0100,
        index: 0x0400,
    };
    usb.control_out(setup, &[0], 1_000).unwrap();
}

#[test]
fn an_image_broken_off_at_any_of_its_parts_does_not_spoil_the_next_one() {
    for part in 0..28 {
        let plugged = plugged(Model::TouchStrip);
        plugged.place(1);
        let mut usb = Meddled::new(plugged.claim(LONG));
        usb.stop_at = Some(7 + 3 * part);
        let broken = capture(&usb, &plugged.sensor, |_| ());
        assert_eq!(broken, Err(Fault::new(Kind::Protocol, "bus-error")), "part {part}");
        usb.stop_at = None;
        plugged.place(2);
        let next = capture(&usb, &plugged.sensor, |_| ());
        assert!(next == Ok(plugged.picture(2)), "part {part}: {:?}", next.err());
    }
}

/// Answers to a scripted host, without a device: each read takes the next of these.
struct Script(RefCell<Vec<Result<Vec<u8>, Status>>>);

impl Concurrent for Script {
    fn submit(&self, request: Request, _timeout_ms: u32) -> Result<Ticket, Refusal> {
        Ok(Ticket(u32::from(matches!(request, Request::DataIn { .. }))))
    }

    fn wait(&self, tickets: &[Ticket], _timeout_ms: u32) -> Option<Completion> {
        let ticket = *tickets.first()?;
        let answer = match ticket.0 {
            0 => Ok(Vec::new()),
            _ => self.0.borrow_mut().pop().unwrap_or(Err(Status::TimedOut)),
        };
        Some(Completion {
            ticket,
            status: answer.as_ref().err().copied().unwrap_or(Status::Completed),
            actual: 0,
            data: answer.unwrap_or_default(),
        })
    }

    fn cancel(&self, _: Ticket) {}

    fn clear_halt(&self, endpoint: u8) -> Result<(), Status> {
        assert_eq!(endpoint, 0x81);
        Ok(())
    }

    fn remaining_ms(&self) -> u32 {
        5_000
    }
}

fn filled_up(purpose: Purpose, payload: &[u8]) -> Vec<u8> {
    let frame = Frame {
        purpose,
        sequence: 0,
        payload: payload.to_vec(),
    };
    let mut bytes = frame.bytes();
    bytes.resize(64, 0);
    bytes
}

/// How the read for a greeting ends, and the code of that.
const ENDS: [(Status, Fault); 4] = [
    (Status::TimedOut, Fault::new(Kind::Protocol, "no-answer")),
    (Status::IoError, Fault::new(Kind::Protocol, "bus-error")),
    (Status::NoDevice, Fault::new(Kind::DeviceGone, "device-gone")),
    (Status::Cancelled, Fault::new(Kind::Cancelled, "cancelled")),
];

#[test]
fn each_end_of_a_read_has_its_code() {
    for (status, fault) in ENDS {
        // Whatever the first try is worth, the second ends the same way.
        let usb = Script(RefCell::new(vec![Err(status), Err(Status::TimedOut), Err(status)]));
        assert_eq!(open(&usb), Err(fault), "{status:?}");
    }
}

#[test]
fn an_endpoint_that_stalled_or_brought_too_much_works_again_at_once() {
    for status in [Status::Stalled, Status::Overflow] {
        let mut script = vec![
            Err(status),
            Err(Status::TimedOut),
            Ok(filled_up(Purpose::Greeting, &[1, 0, 0, 0, 0])),
            Ok(Vec::new()),
            Ok(filled_up(Purpose::Entered, &[1])),
            Ok(filled_up(Purpose::Left, &[])),
        ];
        script.reverse();
        assert_eq!(open(&Script(RefCell::new(script))), Ok(SENSORS[1]), "{status:?}");
    }
}

#[test]
fn a_device_that_brings_nothing_for_ever_is_given_up() {
    let usb = Script(RefCell::new(vec![Ok(Vec::new()); 10_000]));
    assert_eq!(open(&usb), Err(Fault::new(Kind::Protocol, "no-answer")));
}

#[test]
fn a_device_that_never_stops_talking_is_given_up() {
    let usb = Script(RefCell::new(vec![Ok(vec![0; 64]); 10_000]));
    assert_eq!(open(&usb), Err(Fault::new(Kind::Protocol, "talks-without-end")));
}

#[test]
fn a_frame_is_read_as_it_was_written_and_shows_only_its_size() {
    let frame = Frame {
        purpose: Purpose::Message,
        sequence: 9,
        payload: vec![0x2c; 2_043],
    };
    assert_eq!(Frame::parse(&frame.bytes()), Ok(frame.clone()));
    assert_eq!(format!("{frame:?}"), "Message 9 with 2043 bytes");
    let part = Part::parse(&frame).unwrap();
    assert_eq!(format!("{part:?}"), "first true more true: 2042 bytes");
}

/// Messages, and what they say or the code of what is wrong with them.
const MESSAGES: [(&str, &[u8], Result<Answer<'_>, &str>); 11] = [
    ("nothing", &[], Err("wrong-length")),
    ("half a length", &[0], Err("wrong-length")),
    ("a length alone", &[0, 0], Err("wrong-length")),
    ("no body", &[2, 0, 0, 0], Err("wrong-answer")),
    (
        "less than its length",
        &[9, 0, 0, 0, 0, 0x20, 1, 0, 0, 0],
        Err("wrong-length"),
    ),
    (
        "more than its length",
        &[2, 0, 0, 0, 0, 0x20, 1, 0, 0, 0],
        Err("wrong-length"),
    ),
    (
        "a state",
        &[9, 0, 0, 0, 0, 0x20, 1, 0, 0, 0, 0x13],
        Ok(Answer::State(State::Other(0x13))),
    ),
    ("a sensor without dots", &[4, 0, 0, 0, 0x06, 0x14], Err("wrong-length")),
    (
        "an image of two pixels",
        &[14, 0, 0, 0, 0x0e, 0x12, 2, 0, 0, 0, 7, 8, 0, 0, 0, 0],
        Ok(Answer::Image(&[7, 8])),
    ),
    (
        "an image with fewer pixels than it says",
        &[14, 0, 0, 0, 0x0e, 0x12, 3, 0, 0, 0, 7, 8, 0, 0, 0, 0],
        Err("wrong-size"),
    ),
    (
        "an image with more pixels than there can be",
        &[14, 0, 0, 0, 0x0e, 0x12, 0xff, 0xff, 0xff, 0xff, 7, 8, 0, 0, 0, 0],
        Err("wrong-size"),
    ),
];

#[test]
fn a_message_is_read_or_refused_by_its_code() {
    for (name, message, expected) in MESSAGES {
        let expected = expected.map_err(|code| Fault::new(Kind::Protocol, code));
        assert_eq!(Answer::parse(message), expected, "{name}");
    }
}
