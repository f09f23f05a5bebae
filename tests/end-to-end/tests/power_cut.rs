//! The power fails at every write of the journal, just before it is durable and just after: the demonstration is killed
//! (SIGKILL) there and started again. Nobody is admitted twice, nobody is lost.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use serde_json::Value;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

fn start(folder: &Path, hold_at: Option<&str>) -> Child {
    let mut command = Command::new(fixtures::binary("kiosk-demo"));
    command
        .args(["--headless", "--resume", "--voters", "20", "--folder"])
        .arg(folder)
        .arg("--plugins")
        .arg(fixtures::target().join("plugins"));
    if let Some(hold_at) = hold_at {
        command.args(["--hold-at", hold_at]);
    }
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Runs until the write that it holds at, and kills it there; false where it ended before that write came.
fn killed(folder: &Path, hold_at: &str) -> bool {
    let mut child = start(folder, Some(hold_at));
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let held = lines.map_while(Result::ok).any(|line| line == "HOLDING");
    if held {
        // On Unix this is SIGKILL: nothing of the process runs after it.
        child.kill().unwrap();
    }
    let status = child.wait().unwrap();
    assert_eq!(held, !status.success(), "it ended by itself with {status}");
    held
}

fn finish(folder: &Path) -> Value {
    let output = start(folder, None).wait_with_output().unwrap();
    let story = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(output.status.success(), "{story}");
    fixtures::verified_journal(folder)
}

/// Two voters hold one admission each, one was found admitted, one is with the commission: four people, four check-ins.
fn check(journal: &Value, when: &str) {
    let count = |name: &str| journal[name].as_u64().unwrap();
    let counted = [
        "identified",
        "issued",
        "already_identified",
        "referred",
        "voided",
        "contested",
    ]
    .map(count);
    assert_eq!(counted, [2, 2, 1, 1, 0, 0], "{when}: {journal}");
}

/// One day for every write of the story: it is cut there, taken up again, and led to its end.
fn sweep(moment: &str) {
    let folder = tempfile::tempdir().unwrap();
    let mut writes = 0_u32;
    loop {
        let station = folder.path().join("station");
        if station.exists() {
            std::fs::remove_dir_all(&station).unwrap();
        }
        let hold_at = format!("{}:{moment}", writes + 1);
        if !killed(folder.path(), &hold_at) {
            break;
        }
        writes += 1;
        check(&finish(folder.path()), &hold_at);
    }
    println!("killed at each of {writes} writes, {moment}");
    assert!(writes > 25, "the story has more writes than {writes}");
}

#[test]
fn killed_just_before_any_write_is_durable_nobody_is_admitted_twice_and_nobody_is_lost() {
    sweep("written");
}

#[test]
fn killed_just_after_any_write_is_durable_nobody_is_admitted_twice_and_nobody_is_lost() {
    sweep("durable");
}

/// A day of many cuts: after each start the story gets three writes further, and is killed in the middle of the next.
#[test]
fn killed_again_and_again_on_one_day_nobody_is_admitted_twice_and_nobody_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let mut kills = 0_u32;
    while killed(folder.path(), "5:written") {
        kills += 1;
        assert!(kills < 60, "the story does not end");
    }
    println!("killed {kills} times on one day");
    assert!(kills > 4, "only {kills} kills");
    check(&fixtures::verified_journal(folder.path()), "after all kills");
}
