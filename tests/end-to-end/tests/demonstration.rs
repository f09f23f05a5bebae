//! The demonstration, run as a person runs it: four outcomes, in the journal too; and it fails where a plugin is missing.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::path::Path;
use std::process::{Command, Output};
use std::sync::OnceLock;

/// The demonstration's first run makes a roll of 40 voters, which the others share.
fn shared_folder() -> &'static Path {
    static FOLDER: OnceLock<tempfile::TempDir> = OnceLock::new();
    FOLDER
        .get_or_init(|| {
            let folder = tempfile::tempdir().unwrap();
            let first = demo(folder.path(), &fixtures::target().join("plugins"), &[]);
            assert!(first.status.success(), "{}", told(&first));
            folder
        })
        .path()
}

fn demo(folder: &Path, plugins: &Path, more: &[&str]) -> Output {
    Command::new(fixtures::binary("kiosk-demo"))
        .args(["--headless", "--voters", "40", "--folder"])
        .arg(folder)
        .arg("--plugins")
        .arg(plugins)
        .args(more)
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

/// A folder of its own with the shared roll in it.
fn with_roll() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let roll = folder.path().join("roll-40");
    std::fs::create_dir(&roll).unwrap();
    for name in ["roll.db", "roll.key"] {
        std::fs::copy(shared_folder().join("roll-40").join(name), roll.join(name)).unwrap();
    }
    folder
}

#[test]
fn the_story_has_its_four_outcomes_and_the_journal_verifies_with_the_same() {
    for scanner in ["uru4000", "nb1010"] {
        let folder = with_roll();
        let output = demo(
            folder.path(),
            &fixtures::target().join("plugins"),
            &["--scanner", scanner],
        );
        let story = told(&output);
        assert!(output.status.success(), "{story}");
        for part in [
            "ADMITTED",
            "ALREADY IDENTIFIED",
            "REFERRED",
            "too poor to be searched",
            "the receipt is out",
        ] {
            assert!(story.contains(part), "{part} is missing with {scanner}:\n{story}");
        }
        let journal = fixtures::verified_journal(folder.path());
        let count = |name: &str| journal[name].as_u64().unwrap();
        let counted = ["identified", "issued", "already_identified", "referred"].map(count);
        assert_eq!(counted, [2, 2, 1, 1], "{scanner}: {journal}");
        let turnout = std::fs::read_to_string(folder.path().join("station/turnout.csv")).unwrap();
        assert!(turnout.contains(",all,1,1,2,40,5.0"), "{turnout}");
    }
}

/// (what is done to the folder of plugins, what the demonstration must say)
type Damage = (&'static str, fn(&Path), &'static str);

const DAMAGES: [Damage; 5] = [
    (
        "no driver",
        |plugins| remove(plugins, "uru4000"),
        "did not end as it must",
    ),
    (
        "no matcher",
        |plugins| remove(plugins, "fingerprint-matcher"),
        "did not end as it must",
    ),
    (
        "a driver that answers nothing",
        |plugins| replace(plugins, "uru4000", "silent-driver"),
        "nothing was presented in time",
    ),
    (
        "a matcher that finds nobody",
        |plugins| replace(plugins, "fingerprint-matcher", "silent-matcher"),
        "did not end as it must",
    ),
    (
        "no policy",
        |plugins| remove(plugins, "fingerprint-first"),
        "did not end as it must",
    ),
];

fn remove(plugins: &Path, name: &str) {
    std::fs::remove_file(plugins.join(format!("{name}.wasm"))).unwrap();
}

fn replace(plugins: &Path, name: &str, by: &str) {
    std::fs::copy(fixtures::test_plugin(by), plugins.join(format!("{name}.wasm"))).unwrap();
}

#[test]
fn the_demonstration_fails_where_a_plugin_is_missing_or_answers_nothing() {
    for (name, damage, sentence) in DAMAGES {
        let folder = with_roll();
        let plugins = folder.path().join("plugins");
        std::fs::create_dir(&plugins).unwrap();
        for entry in std::fs::read_dir(fixtures::target().join("plugins")).unwrap().flatten() {
            std::fs::copy(entry.path(), plugins.join(entry.file_name())).unwrap();
        }
        damage(&plugins);
        let output = demo(folder.path(), &plugins, &[]);
        assert_eq!(output.status.code(), Some(1), "{name}: {}", told(&output));
        assert!(told(&output).contains(sentence), "{name}: {}", told(&output));
    }
}

#[test]
fn a_scanner_that_is_pulled_mid_read_costs_nothing_but_the_touch() {
    let folder = with_roll();
    let output = demo(
        folder.path(),
        &fixtures::target().join("plugins"),
        &["--pull-scanner-at", "1"],
    );
    let story = told(&output);
    assert!(output.status.success(), "{story}");
    assert!(
        story.contains("the device is gone; check its cable and plug it in again"),
        "{story}"
    );
    assert!(
        story.contains("device     scanner: device-gone"),
        "in the journal too:\n{story}"
    );
    assert_eq!(fixtures::verified_journal(folder.path())["identified"], 2);
}

/// Without what differs from run to run: milliseconds, and the rows of hours in the turnout with the bytes that they take.
fn settled(story: &str) -> String {
    let of_an_hour = |line: &&str| {
        let row = line.trim_start().strip_prefix("2041,School no. 5,");
        row.is_some_and(|row| !row.starts_with("all,"))
    };
    let without_numbers = |line: &str| {
        let words: Vec<&str> = line.split(' ').collect();
        let units = words.iter().skip(1).chain([&""]);
        let settled = words.iter().zip(units).map(|(word, unit)| {
            let counts = unit.starts_with("ms:") || *unit == "bytes";
            if counts { "N" } else { word }
        });
        settled.collect::<Vec<_>>().join(" ") + "\n"
    };
    story
        .lines()
        .filter(|line| !of_an_hour(line))
        .map(without_numbers)
        .collect()
}

#[test]
fn the_story_is_told_in_these_words() {
    let folder = with_roll();
    let output = demo(folder.path(), &fixtures::target().join("plugins"), &[]);
    assert!(output.status.success(), "{}", told(&output));
    let story = String::from_utf8(output.stdout).unwrap();
    let place = folder.path().display().to_string();
    let gateway = fixtures::binary("kiosk-gateway").display().to_string();
    insta::assert_snapshot!(settled(
        &story.replace(&place, "FOLDER").replace(&gateway, "kiosk-gateway")
    ));
}
