//! Recordings of real readers, replayed to libusb below rusb: each is driven by its own plugin in the sandbox, gives the
//! recording's picture byte for byte, and its voter is identified like any other.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use devices::transfer::Status;
use serde_json::Value;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Instant;
use usb_recording::recording::{Asked, Event as RecordedEvent, Payload, Recording, What};
use usb_recording::umockdev;

const READER: &str = env!("CARGO_BIN_EXE_recorded-reader");

/// Where umockdev or the recordings are missing, the test says by name that it is skipped.
fn recording(test: &str, name: &str) -> Option<PathBuf> {
    if Command::new("umockdev-run").arg("--version").output().is_err() {
        println!("SKIPPED {test}: umockdev-run is not installed");
        return None;
    }
    fixtures::shared(test, &format!("usb-recordings/{name}"))
}

/// The replay's option: what umockdev wants to know of each kind of recording.
fn replay(recording: &Path) -> [String; 2] {
    let device = std::fs::read_to_string(recording.join("device")).unwrap();
    let line = |prefix: &str| {
        device
            .lines()
            .find_map(|line| line.strip_prefix(prefix))
            .unwrap()
            .to_owned()
    };
    let capture = recording.join("capture.pcapng");
    if capture.exists() {
        ["-p".to_owned(), format!("/sys{}={}", line("P: "), capture.display())]
    } else {
        let node = line("N: ").split('=').next().unwrap().to_owned();
        [
            "-i".to_owned(),
            format!("/dev/{node}={}", recording.join("capture.ioctl").display()),
        ]
    }
}

fn under(recording: &Path, arguments: &[&str]) -> Output {
    Command::new("umockdev-run")
        .arg("-d")
        .arg(recording.join("device"))
        .args(replay(recording))
        .arg("--")
        .arg(READER)
        .args(arguments)
        .output()
        .unwrap()
}

fn seen(output: &Output) -> Value {
    let (out, err) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    assert!(output.status.success(), "{out}{err}");
    serde_json::from_str(out.lines().last().unwrap()).unwrap()
}

fn identify(test: &str, name: &str, seed: &str) -> Option<Value> {
    let recording = recording(test, name)?;
    let work = tempfile::tempdir().unwrap();
    let plugins = fixtures::target().join("plugins");
    let arguments = [
        "identify",
        recording.to_str().unwrap(),
        work.path().to_str().unwrap(),
        plugins.to_str().unwrap(),
        seed,
    ];
    let seen = seen(&under(&recording, &arguments));
    println!("{name}: {seen}");
    Some(seen)
}

fn check(seen: &Value, shape: (u64, u64)) {
    assert_eq!(
        seen["identical"], true,
        "the image is the recording's capture.png byte for byte"
    );
    assert_eq!(
        (seen["width"].as_u64(), seen["height"].as_u64()),
        (Some(shape.0), Some(shape.1))
    );
    assert_eq!((seen["admitted"].as_u64(), seen["issued"].as_u64()), (Some(1), Some(1)));
    let turnout = seen["turnout"].as_str().unwrap();
    assert!(turnout.ends_with(",1,8,12.5\r\n"), "{turnout}");
}

#[test]
fn a_recorded_nb1010_gives_its_picture_and_its_voter_is_admitted() {
    let test = "a_recorded_nb1010_gives_its_picture_and_its_voter_is_admitted";
    let Some(seen) = identify(test, "nb1010", "0") else {
        return;
    };
    check(&seen, (256, 180));
}

#[test]
fn a_recorded_uru4000_gives_its_picture_with_two_reads_pending_under_control_requests() {
    let test = "a_recorded_uru4000_gives_its_picture_with_two_reads_pending_under_control_requests";
    for name in ["uru4000-4500", "uru4000-msv2"] {
        let Some(seen) = identify(test, name, "51ea2124") else {
            return;
        };
        check(&seen, (384, 290));
        assert!(seen["reads_pending_under_control"].as_u64() >= Some(2), "{seen}");
    }
}

/// A recorded reader that gives its picture byte for byte, whose voter then is identified: recording, seed, size.
const WHOLE: [(&str, &str, (u64, u64)); 2] = [("upektc_img", "0", (144, 384)), ("upektc_img-tcs1s", "0", (192, 270))];

#[test]
fn a_recorded_upektc_gives_its_picture_on_both_of_its_devices() {
    let test = "a_recorded_upektc_gives_its_picture_on_both_of_its_devices";
    for (name, _, shape) in WHOLE {
        let Some(recording) = recording(test, name) else {
            return;
        };
        let picture = grey(&recording.join("capture.png"));
        let seen = captured(&recording, "upektc-img", &"0".repeat(64));
        assert_eq!(
            (seen["width"].as_u64(), seen["height"].as_u64()),
            (Some(shape.0), Some(shape.1))
        );
        assert_eq!(
            seen["fnv"],
            fnv(&picture),
            "{name}: the image is capture.png byte for byte"
        );
        row(name, "the recording", "capture.png, byte for byte", &seen);
    }
}

#[test]
fn the_recorded_nb1010_and_both_uru4000_give_their_pictures_to_a_plugin_alone() {
    let test = "the_recorded_nb1010_and_both_uru4000_give_their_pictures_to_a_plugin_alone";
    for (name, plugin, seed) in [
        ("nb1010", "nb1010", "00000000"),
        ("uru4000-4500", "uru4000", "2421ea51"),
        ("uru4000-msv2", "uru4000", "2421ea51"),
    ] {
        let Some(recording) = recording(test, name) else {
            return;
        };
        let picture = grey(&recording.join("capture.png"));
        let seen = captured(&recording, plugin, &format!("{seed}{}", "0".repeat(56)));
        assert_eq!(
            seen["fnv"],
            fnv(&picture),
            "{name}: the image is capture.png byte for byte"
        );
        row(name, "the recording", "capture.png, byte for byte", &seen);
    }
}

/// Readers whose picture was made out of what the device sends by the program that recorded it: their drivers' own tests
/// compare with it, and hold these digests. Recording, plugin, digest, how it was compared.
const MADE: [(&str, &str, &str, &str); 2] = [
    (
        "aes3500",
        "aes3500",
        "a549580ababf753a",
        "own golden; 0.99 correlated with capture.png, a doubled one",
    ),
    (
        "elan",
        "elan",
        "26e71501e8eeedda",
        "own golden; 0.85 correlated with capture.png",
    ),
];

#[test]
fn recorded_readers_whose_picture_is_made_give_the_drivers_own_one() {
    let test = "recorded_readers_whose_picture_is_made_give_the_drivers_own_one";
    for (name, plugin, golden, how) in MADE {
        let Some(recording) = recording(test, name) else {
            return;
        };
        let seen = captured(&recording, plugin, &"0".repeat(64));
        assert_eq!(seen["fnv"], golden, "{name}");
        row(name, "the recording", how, &seen);
    }
}

/// The recorded host asks on before it has the answer, which this driver does not: each answer moves before the next
/// question, as it is. And the recording ends inside the driver's last transfers: what the device would say to being switched
/// off is added.
#[test]
fn a_recorded_egis_gives_the_drivers_own_picture() {
    let test = "a_recorded_egis_gives_the_drivers_own_picture";
    let Some(folder) = recording(test, "egis0570") else {
        return;
    };
    let mut recording =
        usb_recording::import::read(&folder.join("capture.pcapng"), Some(&folder.join("device"))).unwrap();
    let frame_transfers = recording.transfers();
    let mut ticket = 900_000;
    let mut exchange = |asked: Asked, data: Vec<u8>| {
        ticket += 1;
        let actual = if data.is_empty() {
            asked.length()
        } else {
            u32::try_from(data.len()).unwrap()
        };
        let at_ms = 100_000 + u64::from(ticket);
        let submit = What::Submit {
            ticket,
            interface: 0,
            asked,
            timeout_ms: 1_000,
        };
        let done = What::Done {
            ticket,
            status: Status::Completed,
            actual,
            data: Payload::Kept(data),
        };
        recording
            .events
            .extend([submit, done].map(|what| RecordedEvent { at_ms, what }));
    };
    exchange(
        Asked::DataOut {
            endpoint: 0x04,
            data: Payload::Kept(b"EGIS\x01\x02\x0f".to_vec()),
        },
        Vec::new(),
    );
    exchange(
        Asked::DataIn {
            endpoint: 0x83,
            length: 7,
        },
        b"SIGE\x02\x0f\x01".to_vec(),
    );
    assert_eq!(recording.transfers(), frame_transfers + 2);
    recording.events.sort_by_key(|event| match &event.what {
        What::Submit { ticket, .. } => (*ticket, 0),
        What::Done { ticket, .. } => (*ticket, 1),
        _ => (0, 0),
    });
    let mut latest = 0;
    for event in &mut recording.events {
        latest = latest.max(event.at_ms);
        event.at_ms = latest;
    }
    let seen = mocked(&recording, "egis0570");
    assert_eq!(seen["fnv"], "5d7949415b87476d");
    row(
        "egis0570",
        "the recording in lockstep, its end added",
        "own golden; 0.82 correlated with capture.png, halved",
        &seen,
    );
}

/// Each shipped driver on recordings of our own virtual device, with other fingers, another nonce, and a finger that comes
/// late: a driver that only repeats recorded bytes fails.
#[test]
fn every_driver_gives_through_libusb_whatever_lies_on_a_virtual_device() {
    let test = "every_driver_gives_through_libusb_whatever_lies_on_a_virtual_device";
    if Command::new("umockdev-run").arg("--version").output().is_err() {
        println!("SKIPPED {test}: umockdev-run is not installed");
        return;
    }
    let runtime = conformance::shipped::runtime().unwrap();
    for shipped in &conformance::shipped::SHIPPED {
        let (_, plugin) = shipped.plugin(&runtime, &fixtures::target().join("plugins")).unwrap();
        let mut digests = Vec::new();
        for (seed, delay_ms) in [(21, 0), (22, 400), (23, 900)] {
            let session = shipped.session(&plugin, seed, delay_ms).unwrap();
            let seen = mocked(&session.recording, shipped.name);
            assert_eq!(
                seen["fnv"],
                fnv(&session.delivered),
                "{shipped:?}: what libusb gave is what was recorded"
            );
            let (how, right) = session.comparison();
            assert!(right, "{shipped:?}: {how}");
            digests.push(seen["fnv"].clone());
            row(
                shipped.device,
                &format!("virtual, finger {seed}, {delay_ms} ms late"),
                &how,
                &seen,
            );
        }
        digests.dedup();
        assert_eq!(digests.len(), 3, "{shipped:?}: three fingers gave three images");
    }
}

/// Replays a recording below libusb, and captures from it.
fn mocked(recording: &Recording, plugin: &str) -> Value {
    let work = tempfile::tempdir().unwrap();
    let mock = umockdev::mock(recording);
    std::fs::write(work.path().join("device"), &mock.device).unwrap();
    let capture = work.path().join("capture.pcapng");
    std::fs::write(&capture, &mock.pcapng).unwrap();
    let plugin = fixtures::target().join(format!("plugins/{plugin}.wasm"));
    let nonce: String = recording
        .nonce
        .unwrap_or_default()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let output = Command::new("umockdev-run")
        .arg("-d")
        .arg(work.path().join("device"))
        .arg("-p")
        .arg(format!("{}={}", mock.place, capture.display()))
        .arg("--")
        .arg(READER)
        .args(["capture", plugin.to_str().unwrap(), &nonce])
        .output()
        .unwrap();
    seen(&output)
}

fn captured(recording: &Path, plugin: &str, nonce: &str) -> Value {
    let plugin = fixtures::target().join(format!("plugins/{plugin}.wasm"));
    seen(&under(recording, &["capture", plugin.to_str().unwrap(), nonce]))
}

/// A line of the table of devices and recordings.
fn row(device: &str, recording: &str, compared: &str, seen: &Value) {
    println!(
        "TABLE {device} | {recording} | {compared} | {} transfers | {} ms",
        seen["transfers"], seen["ms"]
    );
}

/// A PNG's grey values.
fn grey(path: &Path) -> Vec<u8> {
    plugin_kit::replay::grey_png(path).unwrap()
}

/// FNV-1a of 64 bits.
fn fnv(pixels: &[u8]) -> String {
    let hash = pixels.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("{hash:016x}")
}

#[test]
fn a_read_that_waits_on_libusb_is_cancelled_within_50_ms_and_a_time_out_is_told() {
    let test = "a_read_that_waits_on_libusb_is_cancelled_within_50_ms_and_a_time_out_is_told";
    let Some(recording) = recording(test, "uru4000-4500") else {
        return;
    };
    let seen = seen(&under(&recording, &["cancel", "81"]));
    println!("{seen}");
    for name in ["cancel_ms", "cancel_all_ms"] {
        assert!(seen[name].as_f64() < Some(50.0), "{name}: {seen}");
    }
    assert_eq!(seen["timed_out"], true);
}

/// The program that plugs a recorded device in and out, built with the C compiler that the product's own build needs.
fn plugger(work: &Path) -> PathBuf {
    let program = work.join("hotplug");
    let built = Command::new("cc")
        .args(["-Wall", "-o"])
        .arg(&program)
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/hotplug.c"))
        .args(["-l:libumockdev.so.0", "-l:libgobject-2.0.so.0"])
        .output()
        .unwrap();
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    program
}

#[test]
fn a_reader_that_comes_and_goes_twice_is_told_in_the_journal_and_on_the_screen_each_time() {
    let test = "a_reader_that_comes_and_goes_twice_is_told_in_the_journal_and_on_the_screen_each_time";
    let Some(recording) = recording(test, "nb1010") else {
        return;
    };
    let work = tempfile::tempdir().unwrap();
    let device = std::fs::read_to_string(recording.join("device")).unwrap();
    let place = device.lines().find_map(|line| line.strip_prefix("P: ")).unwrap();
    let mut bed = Command::new("umockdev-wrapper")
        .arg(plugger(work.path()))
        .arg(recording.join("device"))
        .arg(format!("/sys{place}"))
        .args([READER, "watch"])
        .args([&recording, work.path(), &fixtures::target().join("plugins")])
        .arg("4")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut commands = bed.stdin.take().unwrap();
    let mut lines = BufReader::new(bed.stdout.take().unwrap()).lines();
    let mut next = || lines.next().unwrap().unwrap();
    assert_eq!(next(), "READY false");
    for (command, told) in [
        ("plug", "scanner plugged-in true"),
        ("pull", "scanner pulled false"),
        ("plug", "scanner plugged-in true"),
        ("pull", "scanner pulled false"),
    ] {
        let started = Instant::now();
        writeln!(commands, "{command}").unwrap();
        assert_eq!(next(), told);
        println!("{command}: in the journal after {} ms", started.elapsed().as_millis());
    }
    let seen: Value = serde_json::from_str(&next()).unwrap();
    drop(commands);
    assert!(bed.wait().unwrap().success());
    let notices: Vec<&str> = seen["notices"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(Value::as_str)
        .collect();
    assert_eq!(notices.len(), 1, "only what is wrong now: {seen}");
    assert!(
        notices[0].ends_with("was pulled out; check its cable and plug it in again"),
        "{seen}"
    );
}
