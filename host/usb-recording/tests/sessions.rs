//! Sessions are written down, read back, played, and imported.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use devices::bus::Bus as _;
use devices::transfer::{ClaimedInterface, Request, Status};
use simulator::virtual_device::{Nb1010, VirtualBus};
use std::io::Write;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use usb_recording::import;
use usb_recording::recorder::{Keep, Recorder};
use usb_recording::recording::{Asked, Event, Payload, Recording, What};
use usb_recording::replay::{Order, Replay, ReplayError};
use usb_recording::{text, umockdev};

const SECOND: Duration = Duration::from_secs(1);

/// A file in memory.
#[derive(Clone, Default)]
struct File(Arc<Mutex<Vec<u8>>>);

impl Write for File {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn write(interface: &mut dyn ClaimedInterface, endpoint: u8, data: &[u8]) -> Status {
    let request = Request::DataOut {
        endpoint,
        data: data.to_vec(),
    };
    let ticket = interface.submit(request, SECOND).unwrap();
    interface.wait(&[ticket], SECOND).unwrap().status
}

fn read(interface: &mut dyn ClaimedInterface, endpoint: u8, length: u32) -> (Status, Vec<u8>) {
    let ticket = interface.submit(Request::DataIn { endpoint, length }, Duration::from_millis(80));
    let completion = interface.wait(&[ticket.unwrap()], SECOND).unwrap();
    (completion.status, completion.data)
}

/// What the NB-1010 is asked in these sessions: is a finger there, then a whole picture.
fn session(interface: &mut dyn ClaimedInterface) -> Vec<u8> {
    assert_eq!(
        write(interface, 0x02, &[0x80, 0x38, 1, 0, 8, 0, 0, 0]),
        Status::Completed
    );
    let (_, mut all) = read(interface, 0x83, 16);
    interface.wait(&[], Duration::from_millis(20));
    interface.wait(&[], Duration::from_millis(10));
    let mut scan = vec![0; 32];
    scan[..9].copy_from_slice(&[0x80, 0x12, 4, 0, 0x20, 0, 0, 0, 2]);
    assert_eq!(write(interface, 0x02, &scan), Status::Completed);
    all.extend(read(interface, 0x83, 16).1);
    for _ in 0..90 {
        all.extend(read(interface, 0x83, 540).1);
    }
    all
}

fn picture(seed: u8) -> Vec<u8> {
    (0..256 * 180_usize)
        .map(|index| index.to_le_bytes()[0] ^ index.to_le_bytes()[1] ^ seed)
        .collect()
}

fn recorded(keep: Keep) -> (String, Vec<u8>) {
    let (bus, device) = (VirtualBus::new(), Nb1010::new("SIM-1"));
    let place = bus.plug(device.clone());
    device.finger().place(256, 180, 385, &picture(7)).unwrap();
    let interface = bus.open(&place, 0).unwrap();
    let file = File::default();
    let recorder = Recorder::begin(Box::new(file.clone()), &[interface.identity()], Some(&[5; 32]), keep);
    recorder.call("capture", Some(5_000));
    let mut interface = recorder.around(interface);
    let moved = session(&mut *interface);
    recorder.returned("ok");
    drop(interface);
    recorder.end().unwrap();
    let text = String::from_utf8(file.0.lock().unwrap().clone()).unwrap();
    (text, moved)
}

const ALL: Keep = Keep {
    large: true,
    biometric: true,
};

#[test]
fn a_session_is_read_back_as_it_was_written() {
    let (written, _) = recorded(ALL);
    let recording = text::read(&written).unwrap();
    assert_eq!(recording.transfers(), 4 + 90);
    assert_eq!(recording.nonce, Some([5; 32]));
    assert_eq!(text::write(&recording), written);
    assert!(
        written.starts_with("kiosk-usb-recording 1\ndevice 298d:1010 0100\n"),
        "{}",
        &written[..200]
    );
    assert!(written.contains(" pause 30\n"), "waits in slices are one pause");
}

#[test]
fn a_recorded_device_gives_the_same_bytes_again_and_again() {
    let (written, moved) = recorded(ALL);
    let device = Replay::new(&text::read(&written).unwrap(), Order::Lockstep).unwrap();
    for _ in 0..3 {
        device.rewind();
        assert!(session(&mut *device.interfaces().remove(0)) == moved);
        assert_eq!((device.progress(), device.deviations()), ((94, 94), Vec::new()));
    }
}

#[test]
fn a_call_that_is_played_again_begins_after_the_opening() {
    let device = Nb1010::new("SIM-1");
    let bus = VirtualBus::new();
    let place = bus.plug(device);
    let interface = bus.open(&place, 0).unwrap();
    let file = File::default();
    let recorder = Recorder::begin(Box::new(file.clone()), &[interface.identity()], None, ALL);
    let mut interface = recorder.around(interface);
    let prepare = [0x80, 0x0d, 3, 0, 12, 0, 0, 0, 0, 4, 0, 0];
    let level = [0x80, 0x38, 1, 0, 8, 0, 0, 0];
    for (call, command) in [("open", prepare.as_slice()), ("capture", level.as_slice())] {
        recorder.call(call, None);
        assert_eq!(write(&mut *interface, 0x02, command), Status::Completed);
        read(&mut *interface, 0x83, 16);
        recorder.returned("ok");
    }
    drop(interface);
    recorder.end().unwrap();
    let text = String::from_utf8(file.0.lock().unwrap().clone()).unwrap();
    let device = Replay::new(&text::read(&text).unwrap(), Order::Lockstep).unwrap();
    let mut interface = device.interfaces().remove(0);
    assert_eq!(write(&mut *interface, 0x02, &prepare), Status::Completed);
    read(&mut *interface, 0x83, 16);
    for _ in 0..2 {
        device.rewind();
        assert_eq!(write(&mut *interface, 0x02, &level), Status::Completed);
        assert_eq!(read(&mut *interface, 0x83, 16).1[1], 0x37);
    }
    assert_eq!(device.deviations(), Vec::new());
}

#[test]
fn without_being_asked_no_recording_keeps_what_could_be_a_finger() {
    let (written, moved) = recorded(Keep::default());
    let recording = text::read(&written).unwrap();
    assert!(recording.lacks_payloads());
    let longest = recording.events.iter().filter_map(|event| match &event.what {
        What::Done { data, .. } => data.kept().map(<[u8]>::len),
        _ => None,
    });
    assert_eq!(longest.max(), Some(16), "only the answers to commands are kept");
    // What is kept is enough to tell whether a driver got the same.
    let mut lines = moved[32..].chunks(540);
    let hashed: Vec<&Payload> = recording.events.iter().filter_map(hashed).collect();
    assert_eq!(hashed.len(), 90);
    assert!(hashed.iter().all(|payload| payload.is(lines.next().unwrap())));
    assert_eq!(
        Replay::new(&recording, Order::Lockstep).unwrap_err(),
        ReplayError::NoPayloads
    );
}

fn hashed(event: &Event) -> Option<&Payload> {
    match &event.what {
        What::Done { data, .. } if data.kept().is_none() => Some(data),
        _ => None,
    }
}

/// A finger that comes in small pieces is a finger, too.
#[test]
fn small_payloads_are_not_kept_beyond_the_first_kibibyte_of_a_call() {
    let file = File::default();
    let (bus, device) = (VirtualBus::new(), Nb1010::new("SIM-1"));
    let place = bus.plug(device);
    let interface = bus.open(&place, 0).unwrap();
    let recorder = Recorder::begin(Box::new(file.clone()), &[interface.identity()], None, Keep::default());
    recorder.call("capture", None);
    let mut interface = recorder.around(interface);
    for _ in 0..80 {
        write(&mut *interface, 0x02, &[0x80, 0x38, 1, 0, 8, 0, 0, 0]);
        read(&mut *interface, 0x83, 16);
    }
    let text = String::from_utf8(file.0.lock().unwrap().clone()).unwrap();
    let recording = text::read(&text).unwrap();
    assert_eq!(recording.events.iter().filter_map(hashed).count(), 80 - 64);
}

#[test]
fn a_driver_that_asks_for_something_else_is_told_where() {
    let (written, _) = recorded(ALL);
    let device = Replay::new(&text::read(&written).unwrap(), Order::Lockstep).unwrap();
    let mut interface = device.interfaces().remove(0);
    write(&mut *interface, 0x02, &[0x80, 0x38, 1, 0, 8, 0, 0, 0]);
    let ticket = interface.submit(
        Request::DataIn {
            endpoint: 0x83,
            length: 17,
        },
        Duration::from_millis(5),
    );
    let ended = interface.wait(&[ticket.unwrap()], SECOND).unwrap();
    assert_eq!(ended.status, Status::TimedOut);
    let said: Vec<String> = device.deviations().iter().map(ToString::to_string).collect();
    assert_eq!(
        said,
        ["transfer 2 of the recording is data-in 83 16 bytes, but the driver asked for data-in 83 17 bytes"]
    );
}

#[test]
fn a_driver_may_ask_more_often_or_begin_anew_where_the_order_is_free() {
    let (written, moved) = recorded(ALL);
    let device = Replay::new(&text::read(&written).unwrap(), Order::Free).unwrap();
    let mut interface = device.interfaces().remove(0);
    for _ in 0..5 {
        assert_eq!(
            write(&mut *interface, 0x02, &[0x80, 0x38, 1, 0, 8, 0, 0, 0]),
            Status::Completed
        );
        assert_eq!(read(&mut *interface, 0x83, 16).1, moved[..16]);
    }
    assert!(session(&mut *interface) == moved);
    assert!(session(&mut *interface) == moved);
    // A device that has nothing more to send keeps silent.
    assert_eq!(read(&mut *interface, 0x83, 540).0, Status::TimedOut);
}

#[test]
fn a_pending_read_of_a_played_device_is_cancelled_at_once() {
    let (written, _) = recorded(ALL);
    let device = Replay::new(&text::read(&written).unwrap(), Order::Free).unwrap();
    let mut interface = device.interfaces().remove(0);
    let ticket = interface
        .submit(
            Request::DataIn {
                endpoint: 0x81,
                length: 8,
            },
            Duration::from_secs(30),
        )
        .unwrap();
    let canceller = interface.canceller();
    let other = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(30));
        canceller.cancel();
    });
    let began = Instant::now();
    // The wait may end with nothing first: the cancellation ends it, and the completion comes with the next.
    let ended = interface
        .wait(&[ticket], SECOND)
        .or_else(|| interface.wait(&[ticket], SECOND));
    assert_eq!(ended.unwrap().status, Status::Cancelled);
    assert!(began.elapsed() < SECOND / 2);
    other.join().unwrap();
}

#[test]
fn a_recorder_that_cannot_write_does_not_break_the_session_and_says_so() {
    struct Full;
    impl Write for Full {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(std::io::Error::other("the disk is full"))
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let (bus, device) = (VirtualBus::new(), Nb1010::new("SIM-1"));
    let place = bus.plug(device.clone());
    device.finger().place(256, 180, 385, &picture(7)).unwrap();
    let interface = bus.open(&place, 0).unwrap();
    let recorder = Recorder::begin(Box::new(Full), &[interface.identity()], None, ALL);
    let mut interface = recorder.around(interface);
    assert_eq!(session(&mut *interface).len(), 32 + 90 * 540);
    assert_eq!(
        recorder.end().unwrap_err(),
        "the recording is not whole, it could not be written: the disk is full"
    );
}

/// (what is wrong, the text, the line and its rule)
const BROKEN: [(&str, &str, &str); 8] = [
    (
        "another file",
        "hello\n",
        "the file does not begin with `kiosk-usb-recording 1`; it is no recording, or one of a newer kit",
    ),
    (
        "a newer one",
        "kiosk-usb-recording 2\n",
        "the file does not begin with `kiosk-usb-recording 1`; it is no recording, or one of a newer kit",
    ),
    (
        "an unknown event",
        "kiosk-usb-recording 1\n0 dance\n",
        "line 2 of the recording is wrong: an event is call, return, submit, done, cancel, pause, clear-halt or alternate",
    ),
    (
        "an endpoint of nothing",
        "kiosk-usb-recording 1\nendpoint 83 bulk 64\n",
        "line 2 of the recording is wrong: an endpoint is written `endpoint 83 bulk 64` below its interface: address, kind, packet size",
    ),
    (
        "half a byte",
        "kiosk-usb-recording 1\n0 done 1 completed 1 data 8\n",
        "line 2 of the recording is wrong: bytes are written `data` and two digits each, or `sha256` and 64 digits",
    ),
    (
        "too few bytes",
        "kiosk-usb-recording 1\n0 submit 1 if0 out 02 length 2 timeout 9 data 80\n",
        "line 2 of the recording is wrong: the bytes are not as many as `length` says",
    ),
    (
        "an unknown end",
        "kiosk-usb-recording 1\n0 done 1 lost 0\n",
        "line 2 of the recording is wrong: a transfer ends completed, timed-out, cancelled, stalled, overflow, no-device, io-error or not-granted",
    ),
    (
        "too much",
        "kiosk-usb-recording 1\n0 cancel 1 2\n",
        "line 2 of the recording is wrong: something stands behind the end of the event",
    ),
];

#[test]
fn each_broken_recording_gets_a_sentence_with_the_line() {
    for (name, text, sentence) in BROKEN {
        assert_eq!(text::read(text).unwrap_err().to_string(), sentence, "{name}");
    }
}

#[test]
fn a_mock_of_a_recording_is_imported_as_the_same_transfers() {
    let (written, _) = recorded(ALL);
    let recording = text::read(&written).unwrap();
    let mock = umockdev::mock(&recording);
    let folder = tempfile::tempdir().unwrap();
    let (device, capture) = (folder.path().join("device"), folder.path().join("capture.pcapng"));
    std::fs::write(&device, &mock.device).unwrap();
    std::fs::write(&capture, &mock.pcapng).unwrap();
    let imported = import::read(&capture, Some(&device)).unwrap();
    assert_eq!(imported.interfaces, recording.interfaces);
    let moved = |recording: &Recording| -> Vec<(Option<Asked>, Option<Payload>)> {
        let events = recording.events.iter();
        events
            .filter_map(|event| match &event.what {
                What::Submit { asked, .. } => Some((Some(asked.clone()), None)),
                What::Done { data, .. } => Some((None, Some(data.clone()))),
                _ => None,
            })
            .collect()
    };
    assert!(moved(&imported) == moved(&recording));
}

/// Recordings of real readers: how many transfers each holds, and how many of them a driver asks for.
const REAL: [(&str, &str, usize); 8] = [
    ("nb1010", "capture.ioctl", 96),
    ("aes3500", "capture.ioctl", 0),
    ("elan", "capture.ioctl", 76),
    ("egis0570", "capture.pcapng", 0),
    ("upektc_img", "capture.pcapng", 0),
    ("upektc_img-tcs1s", "capture.pcapng", 0),
    ("uru4000-4500", "capture.pcapng", 0),
    ("uru4000-msv2", "capture.pcapng", 0),
];

#[test]
fn captures_of_real_readers_are_imported_and_can_be_played() {
    let test = "captures_of_real_readers_are_imported_and_can_be_played";
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/usb-recordings");
    if !folder.exists() {
        println!("SKIPPED {test}: ../shared/data/usb-recordings is absent");
        return;
    }
    for (name, capture, transfers) in REAL {
        let folder = folder.join(name);
        let recording = import::read(&folder.join(capture), Some(&folder.join("device"))).unwrap();
        println!(
            "{name}: {} transfers, {:?}",
            recording.transfers(),
            recording.interfaces[0].product
        );
        assert!(transfers == 0 || recording.transfers() == transfers, "{name}");
        assert!(recording.transfers() > 10, "{name}");
        let again = text::read(&text::write(&recording)).unwrap();
        assert!(again == recording, "{name}");
        assert!(Replay::new(&recording, Order::Lockstep).is_ok(), "{name}");
    }
}
