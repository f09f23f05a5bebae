//! A second program beside a running station.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

/// A demonstration that stands still in the middle of its day.
fn running(folder: &Path) -> Child {
    let mut child = Command::new(fixtures::binary("kiosk-demo"))
        .args(["--headless", "--voters", "20", "--hold-at", "10:durable", "--folder"])
        .arg(folder)
        .arg("--plugins")
        .arg(fixtures::target().join("plugins"))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap() == "HOLDING"));
    child
}

fn gateway(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(fixtures::binary("kiosk-gateway"))
        .args(arguments)
        .arg("--config")
        .arg(folder.join("station/kiosk.toml"))
        .output()
        .unwrap()
}

fn told(output: &Output) -> String {
    format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

#[test]
fn checking_and_verifying_a_running_station_leave_it_as_it_is_and_nothing_else_gets_in() {
    let folder = tempfile::tempdir().unwrap();
    let mut station = running(folder.path());
    let before = fixtures::verified_journal(folder.path());
    let checked = gateway(folder.path(), &["check"]);
    assert!(checked.status.success(), "{}", told(&checked));
    assert!(told(&checked).contains("events, verified"), "{}", told(&checked));
    for refused in [["run"].as_slice(), &["export", "turnout-by-hour"]] {
        let output = gateway(folder.path(), refused);
        assert_eq!(output.status.code(), Some(1), "{refused:?}: {}", told(&output));
        let sentence = "is in use, for the station is running; stop it first, or use its page";
        assert!(told(&output).contains(sentence), "{refused:?}: {}", told(&output));
    }
    assert_eq!(fixtures::verified_journal(folder.path()), before);
    station.kill().unwrap();
    station.wait().unwrap();
    // Free again, however the station ended.
    let exported = gateway(folder.path(), &["export", "turnout-by-hour"]);
    assert!(exported.status.success(), "{}", told(&exported));
}

#[test]
fn checking_before_the_first_day_makes_no_journal() {
    let folder = tempfile::tempdir().unwrap();
    let mut station = running(folder.path());
    station.kill().unwrap();
    station.wait().unwrap();
    for name in ["journal.db", "journal.db-wal", "journal.db-shm", "journal.db.lock"] {
        let _ = std::fs::remove_file(folder.path().join("station").join(name));
    }
    let checked = gateway(folder.path(), &["check"]);
    assert!(checked.status.success(), "{}", told(&checked));
    assert!(told(&checked).contains("made at the first start"), "{}", told(&checked));
    assert!(!folder.path().join("station/journal.db").exists());
}
