//! Recordings of real readers, replayed to libusb below rusb: each is driven by its own plugin in the sandbox, gives the
//! recording's picture byte for byte, and its voter is identified like any other.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use serde_json::Value;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Instant;

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
    let Some(seen) = identify(test, "uru4000-4500", "51ea2124") else {
        return;
    };
    check(&seen, (384, 290));
    assert!(seen["reads_pending_under_control"].as_u64() >= Some(2), "{seen}");
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
