//! `plugin-kit run`: one call of a plugin of each kind, on those that the product ships.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use plugin_kit::replay::write_grey_png;
use serde_json::Value;
use simulator::finger::{Finger, View};
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

fn run(folder: &Path, plugin: &str, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_plugin-kit"))
        .current_dir(folder)
        .arg("run")
        .arg(fixtures::plugin(plugin))
        .args(arguments)
        .output()
        .unwrap()
}

/// What it says where it comes out well.
fn good(folder: &Path, plugin: &str, arguments: &[&str]) -> String {
    let output = run(folder, plugin, arguments);
    let cause = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{plugin} {arguments:?}: {cause}");
    String::from_utf8(output.stdout).unwrap()
}

/// The one sentence that it says where it does not.
fn bad(folder: &Path, plugin: &str, arguments: &[&str]) -> String {
    let output = run(folder, plugin, arguments);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{plugin} {arguments:?}: {said}");
    assert!(output.stdout.is_empty(), "{plugin} {arguments:?}");
    assert_eq!(said.trim().lines().count(), 1, "{said}");
    said
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// Two touches of a finger, one of another, and a sheet of grey.
fn images(folder: &Path) {
    let touches = [
        ("roll", 1, View::reference(1, 320, 360, 500)),
        ("live", 1, View::live(2, 320, 360, 500)),
        ("other", 2, View::live(3, 320, 360, 500)),
    ];
    for (name, seed, view) in touches {
        let image = Finger::new(seed).impression(&view);
        write_grey_png(&folder.join(format!("{name}.png")), 320, 360, &image.pixels).unwrap();
    }
    write_grey_png(&folder.join("grey.png"), 320, 360, &vec![128; 320 * 360]).unwrap();
}

#[test]
fn a_matcher_says_how_alike_two_images_are_and_nothing_of_what_is_in_them() {
    let work = tempfile::tempdir().unwrap();
    let folder = work.path();
    images(folder);
    let of = |other: &str| {
        let said = json(&good(folder, "fingerprint-matcher", &["roll.png", other, "--json"]));
        for image in said["images"].as_array().unwrap() {
            // A number, a short word or a list of advice: no room for pixels, templates or places.
            let names: Vec<&str> = image.as_object().unwrap().keys().map(String::as_str).collect();
            let all = [
                "advice",
                "dpi",
                "file",
                "height",
                "minutiae",
                "quality",
                "template-bytes",
                "width",
            ];
            assert_eq!(names, all);
            assert!(image["template-bytes"].as_u64().unwrap() > 100);
            assert!((1..=100).contains(&image["quality"].as_u64().unwrap()), "{image}");
        }
        said["score"].as_u64().unwrap()
    };
    let (same, other) = (of("live.png"), of("other.png"));
    assert!(same > 400 && other < 200, "{same}, {other}");
    let words = good(folder, "fingerprint-matcher", &["roll.png", "live.png"]);
    let lines: Vec<&str> = words.lines().collect();
    assert_eq!(lines.len(), 3, "{words}");
    assert!(
        lines[0].starts_with("roll.png: 320x360 pixels at an unknown resolution; a template of ")
            && lines[2].starts_with(&format!("score {same}: the matcher states a false match rate of 10^-")),
        "{words}"
    );
    let alone = good(folder, "fingerprint-matcher", &["roll.png"]);
    assert_eq!(alone.trim(), lines[0], "one image is read the same, and not compared");
}

#[test]
fn a_policy_decides_the_example_and_what_a_vendor_makes_of_it() {
    let work = tempfile::tempdir().unwrap();
    let folder = work.path();
    let example = good(folder, "fingerprint-first", &["--example"]);
    let decide = |change: &dyn Fn(&mut Value)| {
        let mut case = json(&example);
        change(&mut case);
        fs::write(folder.join("case.json"), case.to_string()).unwrap();
        let ruling = json(&good(folder, "fingerprint-first", &["case.json", "--json"]));
        (ruling["decision"].as_str().unwrap().to_owned(), ruling["of"].clone())
    };
    let more = |evidence: Value| {
        move |case: &mut Value| {
            let all = case["case"]["evidence"].as_array_mut().unwrap();
            all.push(evidence.clone());
        }
    };
    let photo = |same: bool| serde_json::json!({ "photo": { "voter": 17, "same-person": same } });
    assert_eq!(decide(&|_| ()), ("confirm-photo".to_owned(), 17.into()));
    assert_eq!(decide(&more(photo(true))), ("admit".to_owned(), 17.into()));
    assert_eq!(decide(&more(photo(false))), ("ask-officers".to_owned(), 17.into()));
    // A setting counts: a hit that was enough is none any more.
    let strict = decide(&|case| case["settings"]["threshold"] = 1_200.into());
    assert_eq!(strict, ("capture-finger".to_owned(), "unknown".into()));
    fs::write(folder.join("case.json"), &example).unwrap();
    assert_eq!(
        good(folder, "fingerprint-first", &["case.json"]),
        "confirm-photo 17: reason `photo`, rule `photo`\n"
    );
}

/// Every kind of evidence of the contract, as a vendor writes it.
const EVIDENCE: [&str; 8] = [
    r#"{"fingerprint": {"asked": "left-index", "candidates": [], "advice": ["too-dry"], "elapsed-ms": 1}}"#,
    r#"{"document": {"valid": true, "expired": false, "voter": 17, "name-agreement": 90}}"#,
    r#"{"face": {"voter": 17, "score": 500, "quality": 50, "presentation-attack": 3}}"#,
    r#"{"officers": {"voter": 17, "officers": 2, "reason": "no-portrait"}}"#,
    r#"{"typed-number": {"voter": null}}"#,
    r#"{"photo": {"voter": 17, "same-person": true}}"#,
    r#"{"unavailable": "document"}"#,
    r#"{"finger-absent": "right-thumb"}"#,
];

#[test]
fn every_kind_of_evidence_of_the_contract_can_be_written_down() {
    let work = tempfile::tempdir().unwrap();
    let folder = work.path();
    let mut case = json(&good(folder, "fingerprint-first", &["--example"]));
    case["case"]["evidence"] = EVIDENCE.iter().map(|text| json(text)).collect();
    fs::write(folder.join("case.json"), case.to_string()).unwrap();
    let ruling = json(&good(folder, "fingerprint-first", &["case.json", "--json"]));
    assert_eq!(ruling["decision"], "admit", "{ruling}");
}

#[test]
fn an_exporter_writes_the_rows_that_it_is_given() {
    let work = tempfile::tempdir().unwrap();
    let folder = work.path();
    let own = good(folder, "turnout-csv", &[]);
    assert!(own.contains("School no. 5,08,12,9,21"), "{own}");
    let mut results = json(&good(folder, "turnout-csv", &["--example"]));
    fs::write(folder.join("results.json"), results.to_string()).unwrap();
    assert_eq!(good(folder, "turnout-csv", &["results.json"]), own);
    results["turnout"][0]["count"] = 31.into();
    fs::write(folder.join("results.json"), results.to_string()).unwrap();
    let told = good(
        folder,
        "turnout-csv",
        &[
            "results.json",
            "--format",
            "turnout-by-hour",
            "--out",
            "turnout.csv",
            "--json",
        ],
    );
    let written = fs::read_to_string(folder.join("turnout.csv")).unwrap();
    assert!(written.contains("School no. 5,08,31,9,40"), "{written}");
    let told = json(&told);
    assert_eq!(told["bytes"], written.len());
    assert_eq!(told["media-type"], "text/csv");
}

/// (plugin, what is typed, what must be said)
const MISTAKES: [(&str, &[&str], &str); 13] = [
    (
        "fingerprint-matcher",
        &[],
        "takes one image, or two that it compares, and 0 were given",
    ),
    (
        "fingerprint-matcher",
        &["roll.png", "nothing.png"],
        "nothing.png is not there; check its name",
    ),
    (
        "fingerprint-matcher",
        &["roll.png", "slip.json"],
        "slip.json is not a PNG, BMP or TIFF",
    ),
    ("fingerprint-matcher", &["grey.png"], "cannot use grey.png"),
    (
        "fingerprint-matcher",
        &["--example"],
        "--example is for a policy or an exporter",
    ),
    ("fingerprint-first", &[], "give it one, which `--example` begins"),
    ("fingerprint-first", &["slip.json"], "unknown field `poll-open`"),
    (
        "fingerprint-first",
        &["settings.json"],
        "threshold: is 1, but must be 200 to 1200",
    ),
    (
        "fingerprint-first",
        &["--recording", "finger.usb"],
        "--recording is for a driver",
    ),
    (
        "turnout-csv",
        &["--format", "pdf"],
        "there is no format `pdf`; choose one of `turnout-by-hour`",
    ),
    ("turnout-csv", &["--json"], "say where with `--out FILE`"),
    ("turnout-csv", &["slip.json"], "slip.json is not what the plugin takes"),
    ("escpos", &["roll.png"], "`escpos` is a driver; leave it out"),
];

#[test]
fn each_mistake_with_a_single_call_gets_one_sentence() {
    let work = tempfile::tempdir().unwrap();
    let folder = work.path();
    images(folder);
    let example = good(folder, "fingerprint-first", &["--example"]);
    fs::write(folder.join("slip.json"), example.replace("polls-open", "poll-open")).unwrap();
    let settings = example.replace("{},", "{\"threshold\": 1},");
    fs::write(folder.join("settings.json"), settings).unwrap();
    for (plugin, typed, sentence) in MISTAKES {
        let said = bad(folder, plugin, typed);
        assert!(said.contains(sentence), "{plugin} {typed:?}: {said}");
    }
}
