//! Plugins are probed before they serve a voter: the shipped ones answer their vectors, and whoever answers otherwise is told of in one
//! sentence.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use devices::bus::Bus as _;
use plugin_runtime::grants::Allowed;
use plugin_runtime::plugin::{LogMode, Plugin};
use plugin_runtime::probe::{Answers, DriverAnswer, Extracted, Material, ProbeError, Trial, Vectors, probe};
use plugin_runtime::runtime::Runtime;
use plugin_runtime::session::{call, call_name};
use serde_json::{Value, json};
use simulator::document::{Document, Form};
use simulator::finger::{Finger, View};
use simulator::person::person;
use simulator::virtual_device::{Framing, MrzSerial, Nb1010, Printer, VirtualBus};
use std::io::Write;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use usb_recording::recorder::{Keep, Recorder};

fn plugin_of(runtime: &Runtime, file: PathBuf) -> Plugin {
    let bytes = fixtures::bytes(&file);
    let manifest = plugin_package::read_manifest(&bytes).unwrap();
    runtime.load(&bytes, None, &Allowed::all_asked(&manifest)).unwrap()
}

fn load(name: &str) -> Plugin {
    let runtime = Runtime::new(LogMode::Production).unwrap();
    plugin_of(&runtime, fixtures::plugin(name))
}

/// What a misbehaving plugin is told of, without vectors.
fn sentence(name: &str, settings: Option<&str>) -> String {
    let runtime = Runtime::new(LogMode::Production).unwrap();
    let plugin = plugin_of(&runtime, fixtures::test_plugin(name));
    let trial = Trial {
        settings,
        ..Trial::default()
    };
    let error = probe(&plugin, None, &trial).unwrap_err();
    format!("{}: {error}\n", error.code())
}

/// Writes vectors, reads them as a kiosk does, and probes the plugin with them.
fn through_the_file(plugin: &Plugin, material: Material) -> Vectors {
    let written = Vectors::of(plugin, material, &Trial::default()).unwrap();
    let read = Vectors::read(&written.bytes()).unwrap();
    assert_eq!(read, written);
    let probed = probe(plugin, Some(&read), &Trial::default()).unwrap();
    assert_eq!(probed.compared, read.count());
    assert!(probed.compared > 0);
    read
}

/// The same vectors with something else in one place of the document.
fn changed(vectors: &Vectors, place: &str, value: Value) -> Vectors {
    let mut document: Value = serde_json::from_slice(&vectors.bytes()).unwrap();
    let there = document.pointer_mut(place).unwrap();
    assert_ne!(*there, value, "{place}");
    *there = value;
    Vectors::read(document.to_string().as_bytes()).unwrap()
}

fn differs(plugin: &Plugin, vectors: &Vectors) -> String {
    let error = probe(plugin, Some(vectors), &Trial::default()).unwrap_err();
    format!("{}: {error}\n", error.code())
}

/// A voter with this score, of which the photo was confirmed or not looked at yet.
fn case(score: u16, photo: Option<bool>, settings: Value) -> plugin_runtime::case_json::PolicyCase {
    let mut evidence = vec![json!({
        "fingerprint": {
            "asked": "unknown", "quality": 70, "advice": [], "elapsed-ms": 900,
            "candidates": [{ "voter": 17, "score": score, "finger": "right-index" }],
        }
    })];
    evidence.extend(photo.map(|same| json!({ "photo": { "voter": 17, "same-person": same } })));
    let case = json!({
        "settings": settings,
        "case": {
            "evidence": evidence,
            "voters": [{
                "voter": 17, "already-admitted": false, "excluded": null, "votes-elsewhere": false, "home-station": true,
                "fingers-on-file": ["right-index"], "best-reference-quality": 80, "portrait-on-file": true, "age": 40,
            }],
            "available": ["fingerprint", "document", "officers"],
            "polls-open": true, "time-of-day": 600, "roll-size": 1300, "overrides-left": 10,
        }
    });
    serde_json::from_value(case).unwrap()
}

fn policy_material() -> Material {
    Material::Policy {
        cases: vec![
            case(900, None, json!({})),
            case(900, Some(true), json!({})),
            case(900, Some(false), json!({})),
            case(100, None, json!({ "attempts": 1 })),
        ],
        refused: vec![json!({ "attempts": 0 }), json!({ "no-such-setting": 1 }), json!([])],
    }
}

#[test]
fn a_policy_is_held_to_its_rulings_and_to_the_settings_that_it_refuses() {
    let plugin = load("fingerprint-first");
    let vectors = through_the_file(&plugin, policy_material());
    assert_eq!(vectors.count(), 7);
    let mut said = differs(
        &plugin,
        &changed(&vectors, "/answers/policy/cases/1/ruling/decision", json!("contest")),
    );
    said += &differs(
        &plugin,
        &changed(&vectors, "/answers/policy/cases/0/ruling/rule", json!("another-rule")),
    );
    said += &differs(
        &plugin,
        &changed(
            &vectors,
            "/answers/policy/cases/3/asked/settings",
            json!({ "attempts": 2 }),
        ),
    );
    said += &differs(
        &plugin,
        &changed(&vectors, "/answers/policy/refused-settings/2", json!({ "attempts": 3 })),
    );
    insta::assert_snapshot!(said);
    // What must be refused and is not gets into no vectors.
    let material = Material::Policy {
        cases: Vec::new(),
        refused: vec![json!({ "attempts": 3 })],
    };
    let error = Vectors::of(&plugin, material, &Trial::default()).unwrap_err();
    assert!(matches!(error, ProbeError::Question { .. }), "{error}");
}

#[test]
fn a_policy_is_given_the_stations_own_settings_with_vectors_or_without() {
    let plugin = load("fingerprint-first");
    let vectors = through_the_file(&plugin, policy_material());
    for vectors in [None, Some(&vectors)] {
        let with = |settings| Trial {
            settings: Some(settings),
            ..Trial::default()
        };
        assert!(probe(&plugin, vectors, &with(r#"{"attempts": 2}"#)).is_ok());
        let error = probe(&plugin, vectors, &with(r#"{"attempts": 0}"#)).unwrap_err();
        assert_eq!(error.code(), "settings", "{error}");
    }
}

/// A grey PNG.
fn png(width: u16, height: u16, pixels: &[u8]) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, width.into(), height.into());
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.write_header().unwrap().write_image_data(pixels).unwrap();
    file
}

fn images() -> Vec<(String, Vec<u8>)> {
    let touch = |name: &str, seed, view: &View| {
        let image = Finger::new(seed).impression(view);
        (name.to_owned(), png(320, 360, &image.pixels))
    };
    vec![
        touch("roll", 1, &View::reference(1, 320, 360, 500)),
        touch("live", 1, &View::live(2, 320, 360, 500)),
        touch("other", 2, &View::live(3, 320, 360, 500)),
        ("sheet".to_owned(), png(320, 360, &[128; 320 * 360])),
        ("speck".to_owned(), png(2, 2, &[0; 4])),
    ]
}

#[test]
fn a_matcher_is_held_to_its_templates_scores_and_searches_and_no_digest_is_told() {
    let plugin = load("fingerprint-matcher");
    let vectors = through_the_file(&plugin, Material::Matcher(images()));
    let Answers::Matcher(answers) = &vectors.answers else {
        panic!("{vectors:?}");
    };
    let kinds: Vec<bool> = answers
        .images
        .iter()
        .map(|picture| matches!(picture.gives, Extracted::Template { .. }))
        .collect();
    assert_eq!(kinds, [true, true, true, false, false]);
    // Five images, each of three templates against the two others, and a search with each.
    assert_eq!(vectors.count(), 5 + 6 + 3);
    let of = |enrolled: &str, probe: &str| {
        let found = answers
            .comparisons
            .iter()
            .find(|one| one.enrolled == enrolled && one.probe == probe);
        found.unwrap().score.0
    };
    assert!(of("roll", "live") > 400 && of("roll", "other") < 200);
    let template = "/answers/matcher/images/0/gives/template";
    let at = |place: &str, value: Value| differs(&plugin, &changed(&vectors, place, value));
    let digest = "0".repeat(64);
    let mut said = at(&format!("{template}/sha256"), json!(digest));
    assert!(!said.contains(&digest[..10]), "{said}");
    said += &at(&format!("{template}/minutiae"), json!(1));
    said += &at("/answers/matcher/images/4/gives", json!({ "unusable": ["moved"] }));
    said += &at("/answers/matcher/comparisons/0/score", json!(1));
    said += &at("/answers/matcher/searches/0/found", json!([]));
    said += &at("/answers/matcher/comparisons/0/probe", json!("nobody"));
    said += &at("/answers/matcher/images/0/file", json!("bm90IGFuIGltYWdl"));
    insta::assert_snapshot!(without_numbers(&said));
}

/// Counts and scores change with the matcher; what is told of them does not.
fn without_numbers(said: &str) -> String {
    let mut text = String::new();
    let mut digits = false;
    for letter in said.chars() {
        if letter.is_ascii_digit() {
            if !digits {
                text.push('#');
            }
        } else {
            text.push(letter);
        }
        digits = letter.is_ascii_digit();
    }
    text
}

fn results() -> plugin_runtime::results_json::Results {
    serde_json::from_value(json!({
        "header": { "generated": 1_800_000_000_000_u64, "software": "test", "checkpoint": "none" },
        "stations": [{
            "id": "2005", "name": "School no. 5", "region": "Osh", "election": "presidential-2027",
            "opened": 1_799_978_400_000_u64, "closed": null, "registered": 1300,
        }],
        "turnout": [
            { "station": "2005", "hour": 8, "path": "fingerprint", "sex": "f", "age-band": "30-49", "count": 12 },
            { "station": "2005", "hour": 9, "path": "document", "sex": "m", "age-band": "18-29", "count": 7 },
        ],
    }))
    .unwrap()
}

#[test]
fn an_exporter_is_held_to_every_byte_that_it_writes() {
    let plugin = load("turnout-csv");
    let vectors = through_the_file(&plugin, Material::Exporter(vec![results()]));
    assert_eq!(vectors.count(), 2);
    let at = |place: &str, value: Value| differs(&plugin, &changed(&vectors, place, value));
    let mut said = at("/answers/exporter/exports/0/results/turnout/0/count", json!(13));
    said += &at(
        "/answers/exporter/formats",
        json!(["turnout-by-hour", "turnout-by-day"]),
    );
    said += &at("/answers/exporter/exports/0/written/0/format", json!("turnout-by-day"));
    assert_eq!(said.matches("SHA-256").count(), 2, "{said}");
    let lines: Vec<&str> = said.lines().map(|line| line.split(" is ").next().unwrap()).collect();
    insta::assert_snapshot!(lines.join("\n"));
}

#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<u8>>>);

impl Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// One call of a driver on a virtual device, written down with all that moved; whether it gave something. `begins` is called as the
/// call begins that the driver is for.
fn recorded(plugin: &Plugin, bus: &VirtualBus, timeout: u32, begins: &dyn Fn()) -> (String, bool) {
    let place = bus.places().remove(0);
    let claimed: Vec<_> = plugin
        .grants()
        .interfaces()
        .map(|(_, _, interface)| bus.open(&place, interface).unwrap())
        .collect();
    let identities: Vec<_> = claimed.iter().map(|one| one.identity()).collect();
    let kept = Kept::default();
    let all = Keep {
        large: true,
        biometric: true,
    };
    let recorder = Recorder::begin(Box::new(kept.clone()), &identities, Some(&[5; 32]), all);
    let interfaces = claimed.into_iter().map(|one| recorder.around(one)).collect();
    let main = call_name(&plugin.manifest().contract.to_string());
    let during = |name: &str, returned: Option<&str>| match returned {
        None => {
            recorder.call(name, (name == main).then_some(timeout));
            if name == main {
                begins();
            }
        }
        Some(code) => recorder.returned(code),
    };
    let gave = call(
        plugin,
        interfaces,
        [5; 32],
        Duration::from_millis(timeout.into()),
        &during,
    );
    recorder.end().unwrap();
    let text = String::from_utf8(kept.0.lock().unwrap().clone()).unwrap();
    (text, gave.is_ok())
}

/// A capture of a synthetic finger, or of none.
fn capture(plugin: &Plugin, seed: Option<u64>) -> String {
    let bus = VirtualBus::new();
    let device = Nb1010::new("T1");
    let finger = device.finger();
    bus.plug(device);
    if let Some(seed) = seed {
        let sensor = finger.sensor();
        let view = View::reference(seed, sensor.width, sensor.height, sensor.dpi);
        let image = Finger::new(seed).impression(&view);
        finger
            .touch(sensor.width, sensor.height, sensor.dpi, &image.pixels)
            .unwrap();
    }
    let (text, gave) = recorded(plugin, &bus, 700, &|| ());
    assert_eq!(gave, seed.is_some());
    text
}

#[test]
fn a_driver_is_held_to_its_recordings_transfer_by_transfer_and_to_its_image() {
    let plugin = load("nb1010");
    let recordings = vec![capture(&plugin, Some(11)), capture(&plugin, None)];
    let vectors = through_the_file(&plugin, Material::Driver(recordings));
    let Answers::Driver(answers) = &vectors.answers else {
        panic!("{vectors:?}");
    };
    assert!(matches!(&answers.recordings[0].gives, DriverAnswer::Finger(scanned) if scanned.width == 256));
    assert_eq!(
        answers.recordings[1].gives,
        DriverAnswer::Fault("nothing-presented".to_owned())
    );
    let of = |line: &str| {
        answers.recordings[0]
            .recording
            .iter()
            .position(|there| there.contains(line))
            .unwrap()
    };
    let at = |place: &str, value: Value| differs(&plugin, &changed(&vectors, place, value));
    let recording = "/answers/driver/recordings/0";
    let mut said = at(&format!("{recording}/gives/finger/sha256"), json!("0".repeat(64)));
    said += &at(&format!("{recording}/gives/finger/model"), json!("NB-2020-U"));
    said += &at(&format!("{recording}/gives"), json!({ "fault": "protocol" }));
    said += &at(&format!("{recording}/recording/0"), json!("kiosk-usb-recording 2"));
    let first = of(" submit ");
    said += &at(&format!("{recording}/recording/{first}"), json!("0 pause 1"));
    insta::assert_snapshot!(said);
    // What is not granted to it, it cannot do: the same driver without grants does not pass.
    let bytes = fixtures::bytes(&fixtures::plugin("nb1010"));
    let runtime = Runtime::new(LogMode::Production).unwrap();
    let manifest = plugin_package::read_manifest(&bytes).unwrap();
    let other_class = Allowed {
        classes: Some(vec![0x08]),
        ..Allowed::all_asked(&manifest)
    };
    let plugin = runtime.load(&bytes, None, &other_class).unwrap();
    let error = probe(&plugin, Some(&vectors), &Trial::default()).unwrap_err();
    assert!(matches!(error, ProbeError::Played { .. }), "{error}");
    assert!(plugin.refused() > 0);
}

#[test]
fn a_printers_driver_is_held_to_what_it_sends() {
    let plugin = load("escpos");
    let bus = VirtualBus::new();
    bus.plug(Printer::new());
    let (recording, gave) = recorded(&plugin, &bus, 10_000, &|| ());
    assert!(gave);
    let vectors = through_the_file(&plugin, Material::Driver(vec![recording]));
    assert_eq!(vectors.count(), 1);
}

#[test]
fn a_document_readers_driver_is_held_to_its_lines_and_none_of_them_is_told() {
    let plugin = load("mrz-serial");
    let bus = VirtualBus::new();
    let device = MrzSerial::new("T1", Framing::default());
    bus.plug(device.clone());
    let specimen = Document::of(&person(7, 11), Form::Td3);
    let lay = || device.present(&specimen, Duration::from_millis(1_000));
    let (recording, gave) = recorded(&plugin, &bus, 5_000, &lay);
    assert!(gave);
    let vectors = through_the_file(&plugin, Material::Driver(vec![recording]));
    let other = json!({ "document": { "sha256": "0".repeat(64) } });
    let said = differs(&plugin, &changed(&vectors, "/answers/driver/recordings/0/gives", other));
    assert!(specimen.lines().iter().all(|line| !said.contains(line.as_str())));
    insta::assert_snapshot!(said);
}

#[test]
fn vectors_of_another_plugin_version_or_kind_say_nothing_about_this_one() {
    let policy = load("fingerprint-first");
    let vectors = through_the_file(&policy, policy_material());
    let mut said = differs(&load("turnout-csv"), &vectors);
    said += &differs(&policy, &changed(&vectors, "/version", json!("0.2.0")));
    said += &differs(&policy, &changed(&vectors, "/plugin", json!("fingerprint-last")));
    said += &differs(
        &policy,
        &changed(
            &vectors,
            "/answers",
            json!({ "exporter": { "formats": [], "exports": [] } }),
        ),
    );
    insta::assert_snapshot!(said);
}

#[test]
fn every_shipped_plugin_starts_without_vectors_a_device_or_a_voter() {
    for name in [
        "aes3500",
        "egis0570",
        "elan",
        "escpos",
        "mrz-keyboard",
        "mrz-serial",
        "nb1010",
        "upektc-img",
        "uru4000",
        "fingerprint-matcher",
        "fingerprint-first",
        "turnout-csv",
    ] {
        let probed = probe(&load(name), None, &Trial::default()).unwrap();
        assert_eq!(probed.compared, 0, "{name}");
    }
}

#[test]
fn what_breaks_off_hangs_or_complains_at_its_start_is_told_in_one_sentence() {
    let mut said = sentence("init-trap", None);
    said += &sentence("misbehaving-policy", Some("loop-in-configure"));
    said += &sentence("misbehaving-policy", Some("many-codes"));
    insta::assert_snapshot!(said);
}

#[test]
fn a_policy_that_misbehaves_on_a_case_does_not_pass() {
    let runtime = Runtime::new(LogMode::Production).unwrap();
    let plugin = plugin_of(&runtime, fixtures::test_plugin("misbehaving-policy"));
    let material = |how: &str| Material::Policy {
        cases: vec![case(900, None, json!(how))],
        refused: Vec::new(),
    };
    let vectors = Vectors::of(&plugin, material("well"), &Trial::default()).unwrap();
    let mut said = String::new();
    for how in ["\"loop\"", "\"memory-growth\"", "\"panic\"", "\"unknown-code\""] {
        let vectors = changed(
            &vectors,
            "/answers/policy/cases/0/asked/settings",
            serde_json::from_str(how).unwrap(),
        );
        said += &differs(&plugin, &vectors);
    }
    insta::assert_snapshot!(said);
}

#[test]
fn a_probe_ends_with_its_time() {
    let plugin = load("nb1010");
    let vectors = through_the_file(&plugin, Material::Driver(vec![capture(&plugin, Some(11))]));
    let short = |time| Trial {
        time,
        ..Trial::default()
    };
    // The recorded call may take 700 ms: it is not begun where that does not fit.
    let began = Instant::now();
    let error = probe(&plugin, Some(&vectors), &short(Duration::from_millis(600))).unwrap_err();
    assert!(began.elapsed() < Duration::from_secs(2));
    assert_eq!(error.code(), "probe-time");
    insta::assert_snapshot!(error, @"plugin `nb1010` did not answer all of its vectors within 0.6 s (0 of them); report it to the commission");
    assert!(probe(&plugin, None, &short(Duration::ZERO)).is_err());
}

#[test]
fn a_document_that_is_none_is_refused_in_one_sentence() {
    let good = through_the_file(&load("fingerprint-first"), policy_material());
    let good: Value = serde_json::from_slice(&good.bytes()).unwrap();
    let with = |name: &str, value: Value| {
        let mut document = good.clone();
        document[name] = value;
        document.to_string().into_bytes()
    };
    let cases = [
        ("nothing", Vec::new()),
        ("text", b"vectors".to_vec()),
        ("no format", b"{}".to_vec()),
        (
            "a newer format",
            b"{\"format\": 2, \"answers\": \"of another form\"}".to_vec(),
        ),
        ("another field", with("colour", json!("red"))),
        ("another kind", with("answers", json!({ "camera": {} }))),
        ("too long", vec![b' '; (16 << 20) + 1]),
    ];
    let mut said = String::new();
    for (name, bytes) in cases {
        said += &format!("{name}: {}\n", Vectors::read(&bytes).unwrap_err());
    }
    insta::assert_snapshot!(said);
}
