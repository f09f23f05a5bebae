//! The kit from outside: what a vendor types.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use plugin_kit::replay::write_grey_png;
use simulator::finger::{Finger, View};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const KIT: &str = env!("CARGO_BIN_EXE_plugin-kit");

/// Where plugins of these tests are compiled: what they have in common is compiled once.
fn cache() -> PathBuf {
    fixtures::target().join("vendor")
}

fn run(command: &mut Command) -> Output {
    command.env("CARGO_TARGET_DIR", cache()).output().unwrap()
}

fn kit(folder: &Path, arguments: &[&str]) -> Output {
    run(Command::new(KIT).current_dir(folder).args(arguments))
}

fn words(output: &Output) -> String {
    format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

/// What it says where it must come out well.
fn good(folder: &Path, arguments: &[&str]) -> String {
    let output = kit(folder, arguments);
    assert!(output.status.success(), "{arguments:?}: {}", words(&output));
    String::from_utf8(output.stdout).unwrap()
}

/// The sentence that it says where something is wrong.
fn bad(folder: &Path, arguments: &[&str]) -> String {
    let output = kit(folder, arguments);
    assert_eq!(output.status.code(), Some(1), "{arguments:?}: {}", words(&output));
    words(&output)
}

#[test]
fn every_command_of_the_page_for_vendors_comes_out_well() {
    let page = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/first-driver.md")).unwrap();
    let commands = fixtures::shell_commands(&page);
    assert!(commands.len() > 12, "{commands:?}");
    let work = tempfile::tempdir().unwrap();
    let mut folder = work.path().to_owned();
    for command in &commands {
        let arguments: Vec<&str> = command.split(' ').collect();
        match arguments[..] {
            ["cd", into] => folder = folder.join(into),
            ["plugin-kit", ref arguments @ ..] => {
                let said = good(&folder, arguments);
                println!("$ {command}\n{said}");
            }
            _ => panic!("`{command}` is not a command that this test knows"),
        }
    }
    let report: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(folder.join("report.json")).unwrap()).unwrap();
    assert_eq!(report["conforms"], true);
    assert!(report["findings"].as_array().unwrap().len() >= 100);
    let page = fs::read_to_string(folder.join("report.html")).unwrap();
    assert!(
        page.contains("acme-200 0.1.0 conforms") && !page.contains("<script"),
        "{page}"
    );
    let junit = fs::read_to_string(folder.join("junit.xml")).unwrap();
    assert!(
        junit.starts_with("<?xml") && junit.contains("failures=\"0\""),
        "{}",
        &junit[..200]
    );
}

/// Kinds of plugins, and how each is begun.
const KINDS: [(&str, &[&str]); 5] = [
    ("reader", &["new", "driver", "reader", "--device", "document-reader"]),
    ("printer", &["new", "driver", "printer", "--device", "printer"]),
    ("matcher", &["new", "matcher", "matcher"]),
    ("policy", &["new", "policy", "policy"]),
    ("exporter", &["new", "exporter", "exporter"]),
];

#[test]
fn a_new_plugin_of_each_kind_builds_and_conforms_as_it_is() {
    let work = tempfile::tempdir().unwrap();
    for (name, new) in KINDS {
        good(work.path(), new);
        let folder = work.path().join(name);
        println!("{}", good(&folder, &["build"]));
        println!("{}", good(&folder, &["check"]));
        run_once(&folder, name);
    }
}

/// Each kind is called once, as its README says.
fn run_once(folder: &Path, name: &str) {
    let plugin = format!("target/{name}.wasm");
    let plugin = plugin.as_str();
    let said = match name {
        "reader" => good(folder, &["run", plugin, "--recording", "recordings/document.usb"]),
        "printer" => good(
            folder,
            &["run", plugin, "--recording", "recordings/print.usb", "--json"],
        ),
        "matcher" => {
            let finger = Finger::new(1).impression(&View::reference(1, 320, 360, 500));
            write_grey_png(&folder.join("one.png"), 320, 360, &finger.pixels).unwrap();
            good(folder, &["run", plugin, "one.png", "one.png"])
        }
        "policy" => {
            // The folder's settings are used where the case has none.
            let case = good(folder, &["run", plugin, "--example"]);
            let without = case.replace("\"settings\": {},", "");
            assert_ne!(case, without);
            fs::write(folder.join("case.json"), without).unwrap();
            fs::write(folder.join("settings.json"), "{\"no-such-setting\": 1}").unwrap();
            let refused = bad(folder, &["run", plugin, "case.json"]);
            assert!(refused.contains("this policy has no settings"), "{refused}");
            fs::remove_file(folder.join("settings.json")).unwrap();
            good(folder, &["run", plugin, "case.json"])
        }
        _ => good(folder, &["run", plugin]),
    };
    println!("{said}");
    let expected = match name {
        "reader" => "a document of ",
        "printer" => "\"outcome\": \"printed\"",
        "matcher" => "score 1000: the matcher states",
        "policy" => "confirm-photo 17: reason `look-at-the-photo`",
        _ => "2005\tidentified\t28",
    };
    assert!(said.contains(expected), "{name}: {said}");
}

#[test]
fn what_the_vendor_changed_for_the_worse_is_told_by_the_case_and_not_packed() {
    let work = tempfile::tempdir().unwrap();
    good(work.path(), &["new", "driver", "worse"]);
    let folder = work.path().join("worse");
    let driver = folder.join("src/driver.rs");
    let text = fs::read_to_string(&driver).unwrap();
    // It does not look at the time any more.
    let changed = text.replace(
        "0 => return Err(Status::Cancelled.fault()),",
        "0 => usb.pause(POLL_MS),",
    );
    assert_ne!(text, changed);
    fs::write(&driver, changed).unwrap();
    good(&folder, &["build"]);
    let said = bad(&folder, &["check", "--only", "D047"]);
    assert!(
        said.contains("D047 failed") && said.contains("does not conform"),
        "{said}"
    );
    let said = bad(&folder, &["pack"]);
    assert!(said.contains("it is not packed"), "{said}");
    assert!(!folder.join("target/worse-0.1.0.tar").exists());
}

#[test]
fn a_signature_holds_for_the_file_that_was_signed_and_for_no_other() {
    let work = tempfile::tempdir().unwrap();
    let folder = work.path();
    fs::write(folder.join("plugin.wasm"), b"a plugin").unwrap();
    good(folder, &["sign", "--new-key", "acme.key"]);
    good(folder, &["sign", "--new-key", "other.key"]);
    let said = bad(folder, &["sign", "--new-key", "acme.key"]);
    assert!(said.contains("acme.key could not be used"), "{said}");
    good(folder, &["sign", "plugin.wasm", "--key", "acme.key"]);
    good(folder, &["sign", "plugin.wasm", "--verify", "acme.key.pub"]);
    let said = bad(folder, &["sign", "plugin.wasm", "--verify", "other.key.pub"]);
    assert!(said.contains("it was made with another key"), "{said}");
    let said = bad(folder, &["sign", "plugin.wasm", "--key", "acme.key.pub"]);
    assert!(
        said.contains("is no file that begins with `kiosk vendor secret key 1`"),
        "{said}"
    );
    fs::write(folder.join("plugin.wasm"), b"another plugin").unwrap();
    let said = bad(folder, &["sign", "plugin.wasm", "--verify", "acme.key.pub"]);
    assert!(
        said.contains("it is of another file, or the file was changed"),
        "{said}"
    );
}

/// (what is typed, what must be said)
const MISTAKES: [(&[&str], &str); 7] = [
    (&["new", "driver", "Acme 200"], "`Acme 200` cannot be a plugin's name"),
    (
        &["build"],
        "go to the plugin's folder, or begin one with `plugin-kit new`",
    ),
    (&["check"], "plugin.toml could not be read"),
    (&["check", "nothing.wasm"], "nothing.wasm"),
    (&["inspect", "text.wasm"], "is not a WebAssembly component"),
    (
        &["import", "text.wasm", "--out", "o.usb"],
        "is none of a recording, a pcapng file of usbmon",
    ),
    (&["sign", "text.wasm", "--key", "no.key"], "no.key could not be used"),
];

#[test]
fn each_mistake_gets_one_sentence_and_exit_code_1() {
    let work = tempfile::tempdir().unwrap();
    fs::write(work.path().join("text.wasm"), "hello").unwrap();
    for (typed, sentence) in MISTAKES {
        let said = bad(work.path(), typed);
        assert!(said.contains(sentence), "{typed:?}: {said}");
        assert_eq!(said.trim().lines().count(), 1, "{typed:?}: {said}");
    }
}

#[test]
fn every_command_says_what_it_does_with_an_example() {
    let commands: [&[&str]; 16] = [
        &[],
        &["new"],
        &["build"],
        &["inspect"],
        &["run"],
        &["check"],
        &["bench"],
        &["record"],
        &["import"],
        &["replay"],
        &["vectors"],
        &["pack"],
        &["sign"],
        &["contract"],
        &["completions"],
        &["man"],
    ];
    let mut all = String::new();
    for command in commands {
        let asked = [command, ["--help"].as_slice()].concat();
        let text = good(Path::new("."), &asked);
        assert!(text.contains("xample") || command.is_empty(), "{command:?}");
        all.push_str(&format!("$ plugin-kit {}\n{text}\n", asked.join(" ")));
    }
    insta::assert_snapshot!(all);
}

#[test]
fn the_manual_and_the_completions_name_every_command() {
    let (manual, completions) = (
        good(Path::new("."), &["man"]),
        good(Path::new("."), &["completions", "bash"]),
    );
    for command in [
        "new", "build", "inspect", "run", "check", "bench", "record", "import", "replay", "vectors", "pack", "sign",
    ] {
        assert!(manual.contains(command) && completions.contains(command), "{command}");
    }
}

/// Pages that are made out of the contracts stand in `docs`; a contract that changes changes its page.
#[test]
fn the_pages_about_contracts_and_cases_say_what_the_kit_says() {
    let docs = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs"));
    let mut pages: Vec<(PathBuf, String)> = ["types", "driver", "matcher", "policy", "exporter"]
        .iter()
        .map(|name| {
            (
                docs.join(format!("contracts/{name}.md")),
                good(Path::new("."), &["contract", name]),
            )
        })
        .collect();
    let list = good(Path::new("/"), &["check", "--list"]);
    let head = "# The conformance list\n\nMade by `plugin-kit check --list`; change the cases, not this page. A number never changes its meaning.\n\n";
    pages.push((docs.join("conformance.md"), format!("{head}{list}")));
    for (path, page) in pages {
        if std::env::var_os("UPDATE_DOCS").is_some() {
            fs::write(&path, &page).unwrap();
        }
        let there = fs::read_to_string(&path).unwrap_or_default();
        assert!(
            there == page,
            "{} is not what the kit says; run this test with UPDATE_DOCS=1",
            path.display()
        );
    }
}

/// The kit carries the SDK; a file that is missing in its list would be missing in a vendor's folder.
#[test]
fn the_sdk_that_the_kit_carries_is_the_whole_sdk() {
    let work = tempfile::tempdir().unwrap();
    good(work.path(), &["new", "driver", "whole"]);
    let here = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../plugins/sdk/src"));
    let there = work.path().join("whole/sdk/src");
    let mut compared = 0;
    let mut folders = vec![PathBuf::new()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(here.join(&folder)).unwrap() {
            let entry = entry.unwrap();
            let name = folder.join(entry.file_name());
            if entry.path().is_dir() {
                folders.push(name);
                continue;
            }
            let (ours, theirs) = (
                fs::read(here.join(&name)).unwrap(),
                fs::read(there.join(&name)).unwrap_or_default(),
            );
            assert!(ours == theirs, "{} is missing or different", name.display());
            compared += 1;
        }
    }
    assert!(compared > 10);
}
