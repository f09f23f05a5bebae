//! `plugin-kit vectors`: the document that a kiosk holds a plugin to, written of those that the product ships.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use plugin_kit::replay::write_grey_png;
use plugin_kit::session::load;
use plugin_runtime::probe::{Trial, Vectors, probe};
use simulator::finger::{Finger, View};
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

fn vectors(folder: &Path, plugin: &str, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_plugin-kit"))
        .current_dir(folder)
        .arg("vectors")
        .arg(fixtures::plugin(plugin))
        .args(arguments)
        .output()
        .unwrap()
}

/// What it says where it comes out well, and that a kiosk takes what it wrote.
fn good(folder: &Path, plugin: &str, arguments: &[&str]) -> String {
    let name = format!("{plugin}.vectors.json");
    let arguments = [arguments, &["--out", &name]].concat();
    let output = vectors(folder, plugin, &arguments);
    let cause = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{plugin} {arguments:?}: {cause}");
    let read = Vectors::read(&fs::read(folder.join(name)).unwrap()).unwrap();
    let (_runtime, loaded, _) = load(&fixtures::plugin(plugin)).unwrap();
    let probed = probe(&loaded, Some(&read), &Trial::default()).unwrap();
    assert_eq!(probed.compared, read.count());
    String::from_utf8(output.stdout).unwrap()
}

/// The one sentence that it says where it does not.
fn bad(folder: &Path, plugin: &str, arguments: &[&str]) -> String {
    let output = vectors(folder, plugin, arguments);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{plugin} {arguments:?}: {said}");
    assert_eq!(said.trim().lines().count(), 1, "{said}");
    said
}

#[test]
fn what_a_plugin_answers_now_is_written_down_and_a_kiosk_holds_it_to_that() {
    let work = tempfile::tempdir().unwrap();
    let folder = work.path();
    for (name, seed, view) in [
        ("roll", 1, View::reference(1, 320, 360, 500)),
        ("live", 1, View::live(2, 320, 360, 500)),
    ] {
        let image = Finger::new(seed).impression(&view);
        write_grey_png(&folder.join(format!("{name}.png")), 320, 360, &image.pixels).unwrap();
    }
    let example = Command::new(env!("CARGO_BIN_EXE_plugin-kit"))
        .arg("run")
        .arg(fixtures::plugin("fingerprint-first"))
        .arg("--example")
        .output()
        .unwrap();
    fs::write(folder.join("case.json"), &example.stdout).unwrap();
    fs::write(folder.join("wrong.json"), "{\"attempts\": 0}").unwrap();
    let mut said = good(folder, "fingerprint-matcher", &["--image", "roll.png", "live.png"]);
    said += &good(
        folder,
        "fingerprint-first",
        &["--case", "case.json", "--refused", "wrong.json"],
    );
    said += &good(folder, "turnout-csv", &[]);
    insta::assert_snapshot!(said);
}

#[test]
fn what_cannot_be_asked_is_told_in_one_sentence_and_nothing_is_written() {
    let work = tempfile::tempdir().unwrap();
    let folder = work.path();
    fs::write(folder.join("good.json"), "{\"attempts\": 3}").unwrap();
    fs::write(folder.join("text.png"), "no image").unwrap();
    let mut said = String::new();
    for (plugin, arguments) in [
        ("fingerprint-first", &[][..]),
        ("nb1010", &[]),
        ("fingerprint-matcher", &["--case", "good.json"]),
        ("fingerprint-first", &["--refused", "good.json"]),
        ("fingerprint-first", &["--case", "good.json"]),
        ("fingerprint-matcher", &["--image", "text.png"]),
        ("nb1010", &["--recording", "good.json"]),
    ] {
        said += &bad(folder, plugin, &[arguments, &["--out", "vectors.json"]].concat());
    }
    assert!(!folder.join("vectors.json").exists());
    insta::assert_snapshot!(said);
}
