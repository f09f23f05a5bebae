//! Policies, exporters and matchers as the host calls them: what they are given, what they may read, what they answer.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use identification::decision::{CaseFile, Decision};
use identification::evidence::{Evidence, Modality, Score, Scored};
use identification::voter::{FingerPosition, RollNumber, VoterFacts};
use plugin_runtime::exporter::{ExportError, Exporter, Snapshot, StationRow, TurnoutRow};
use plugin_runtime::grants::Allowed;
use plugin_runtime::matcher::{ExtractError, Matcher, Probe, Reference, Template};
use plugin_runtime::plugin::{LogMode, Plugin};
use plugin_runtime::policy::{Policy, PolicyError};
use plugin_runtime::runtime::Runtime;
use plugin_runtime::{FingerImage, GreyImage, Impression};
use simulator::finger::{Finger, Image, View};
use std::io::Write;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex};

fn load(runtime: &Runtime, name: &str, granted: bool) -> Plugin {
    let bytes = fixtures::bytes(&fixtures::plugin(name));
    let manifest = plugin_package::read_manifest(&bytes).unwrap();
    let allowed = if granted {
        Allowed::all_asked(&manifest)
    } else {
        Allowed::nothing()
    };
    runtime.load(&bytes, None, &allowed).unwrap()
}

fn snapshot() -> Arc<Snapshot> {
    let turnout = |hour, count| TurnoutRow {
        station: "2041".to_owned(),
        hour,
        path: "fingerprint".to_owned(),
        sex: "f".to_owned(),
        age_band: "30-44".to_owned(),
        count,
    };
    Arc::new(Snapshot {
        stations: vec![StationRow {
            id: "2041".to_owned(),
            name: "School".to_owned(),
            registered: 100,
            ..StationRow::default()
        }],
        // More than one page of the plugin's.
        turnout: (0..500)
            .map(|index| turnout(if index % 2 == 0 { 8 } else { 9 }, 1))
            .collect(),
        ..Snapshot::default()
    })
}

#[derive(Clone, Default)]
struct Shared(Arc<Mutex<Vec<u8>>>);

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn an_exporter_reads_all_pages_that_it_is_granted_and_writes_its_format() {
    let runtime = Runtime::new(LogMode::Production).unwrap();
    let exporter = Exporter::new(&load(&runtime, "turnout-csv", true)).unwrap();
    assert_eq!(exporter.formats()[0].id, "turnout-by-hour");
    let written = Shared::default();
    exporter
        .write("turnout-by-hour", "", snapshot(), Box::new(written.clone()))
        .unwrap();
    let text = String::from_utf8(written.0.lock().unwrap().clone()).unwrap();
    assert!(text.ends_with("2041,School,08,250,0,250,100,250.0\r\n2041,School,09,250,0,250,100,250.0\r\n2041,School,all,500,0,500,100,500.0\r\n"), "{text}");
}

#[test]
fn an_exporter_without_grants_reads_nothing_and_writes_nothing() {
    let runtime = Runtime::new(LogMode::Production).unwrap();
    let exporter = Exporter::new(&load(&runtime, "turnout-csv", false)).unwrap();
    let written = Shared::default();
    let error = exporter
        .write("turnout-by-hour", "", snapshot(), Box::new(written.clone()))
        .unwrap_err();
    assert!(matches!(error, ExportError::Refused(_)), "{error}");
    assert!(written.0.lock().unwrap().is_empty());
}

#[test]
fn a_place_that_takes_no_more_bytes_is_told_as_such() {
    struct Full;
    impl Write for Full {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(std::io::Error::from(std::io::ErrorKind::StorageFull))
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let runtime = Runtime::new(LogMode::Production).unwrap();
    let exporter = Exporter::new(&load(&runtime, "turnout-csv", true)).unwrap();
    let error = exporter
        .write("turnout-by-hour", "", snapshot(), Box::new(Full))
        .unwrap_err()
        .to_string();
    assert_eq!(
        error,
        "the export could not be written (no storage space); free some space or choose another place"
    );
}

fn case() -> CaseFile {
    let voter = RollNumber(7);
    CaseFile {
        evidence: vec![Evidence::Fingerprint {
            asked: FingerPosition::Unknown,
            quality: Some(80),
            candidates: vec![Scored {
                voter,
                score: Score(1_500),
                finger: FingerPosition::RightIndex,
            }],
            advice: Vec::new(),
            elapsed_ms: 400,
            image: None,
        }],
        voters: vec![VoterFacts {
            voter,
            already_admitted: false,
            excluded: None,
            votes_elsewhere: false,
            home_station: true,
            fingers_on_file: vec![FingerPosition::RightIndex],
            best_reference_quality: Some(90),
            portrait_on_file: true,
            age: 40,
        }],
        available: vec![Modality::Fingerprint],
        polls_open: true,
        time_of_day: 600,
        roll_size: 1_300,
        overrides_left: 5,
    }
}

#[test]
fn a_policy_answers_the_same_case_with_the_same_ruling_and_remembers_nothing() {
    let runtime = Runtime::new(LogMode::Production).unwrap();
    let policy = Policy::new(&load(&runtime, "fingerprint-first", false), "{}").unwrap();
    let closed = CaseFile {
        polls_open: false,
        ..case()
    };
    for _ in 0..3 {
        assert_eq!(
            policy.decide(&case()).unwrap().decision,
            Decision::ConfirmPhoto(RollNumber(7))
        );
        assert_eq!(policy.decide(&closed).unwrap().decision, Decision::Refer(None));
    }
}

#[test]
fn settings_that_a_policy_refuses_are_told_by_name() {
    let runtime = Runtime::new(LogMode::Production).unwrap();
    let error = Policy::new(&load(&runtime, "fingerprint-first", false), r#"{"attempts": 0}"#).unwrap_err();
    assert!(matches!(error, PolicyError::Settings { .. }));
    assert_eq!(
        error.to_string(),
        "the settings of policy `fingerprint-first` are wrong: attempts: is 0, but must be 1 to 10; correct them and \
         start again"
    );
}

fn sample(image: Image) -> FingerImage {
    let Image {
        width,
        height,
        dpi,
        pixels,
    } = image;
    FingerImage {
        image: GreyImage {
            width,
            height,
            dpi,
            pixels,
        },
        position: FingerPosition::RightIndex,
        impression: Impression::LiveScanPlain,
    }
}

#[test]
fn a_gallery_over_several_shards_finds_the_right_voter_like_a_gallery_in_one() {
    let runtime = Runtime::new(LogMode::Production).unwrap();
    let plugin = load(&runtime, "fingerprint-matcher", false);
    let fingers: Vec<Finger> = (1..=8).map(Finger::new).collect();
    let mut answers = Vec::new();
    for shards in [1, 3] {
        let matcher = Matcher::start(&plugin, 8, NonZeroUsize::new(shards).unwrap()).unwrap();
        let images = fingers
            .iter()
            .map(|finger| sample(finger.impression(&View::reference(1, 388, 374, 500))))
            .collect();
        let templates = matcher.extract_all(images, |_| ());
        let references = (1..).zip(templates).map(|(subject, extraction)| Reference {
            subject,
            probe: Probe {
                template: extraction.unwrap().template,
                position: FingerPosition::RightIndex,
            },
        });
        matcher.enrol(references).unwrap();
        let live = sample(fingers[4].impression(&View::live(2, 384, 289, 512)));
        let probe = Probe {
            template: matcher.extract(&live).unwrap().template,
            position: FingerPosition::Unknown,
        };
        let found = matcher.identify(std::slice::from_ref(&probe), 5).unwrap();
        assert_eq!(found[0].subject, 5);
        assert_eq!(
            matcher.verify(5, std::slice::from_ref(&probe)).unwrap().unwrap().score,
            found[0].score
        );
        answers.push(found.clone());
        matcher.remove(5).unwrap();
        assert!(
            matcher
                .identify(&[probe], 5)
                .unwrap()
                .iter()
                .all(|candidate| candidate.subject != 5)
        );
    }
    assert_eq!(answers[0], answers[1]);
}

#[test]
fn a_template_becomes_a_record_and_back_and_the_minutiae_that_agree_are_told() {
    let runtime = Runtime::new(LogMode::Production).unwrap();
    let matcher = Matcher::start(&load(&runtime, "fingerprint-matcher", false), 1, NonZeroUsize::MIN).unwrap();
    let image = sample(Finger::new(1).impression(&View::reference(1, 388, 374, 500)));
    let probe = Probe {
        template: matcher.extract(&image).unwrap().template,
        position: FingerPosition::RightIndex,
    };
    let record = matcher.export_record(&probe).unwrap();
    assert!(record.starts_with(b"FMR\0 20\0"));
    let [read] = matcher.import_record(&record).unwrap().try_into().unwrap();
    assert_eq!(read.position, FingerPosition::RightIndex);
    matcher
        .enrol([Reference {
            subject: 7,
            probe: read,
        }])
        .unwrap();
    let agree = matcher.explain(7, &probe).unwrap();
    let near = |a: (u16, u16), b: (u16, u16)| a.0.abs_diff(b.0) <= 1 && a.1.abs_diff(b.1) <= 1;
    assert!(agree.len() >= 10 && agree.iter().all(|pairing| near(pairing.probe, pairing.reference)));
    assert!(matcher.explain(8, &probe).unwrap().is_empty());
    let foreign = Probe {
        template: Template(b"no template".to_vec()),
        ..probe
    };
    assert!(matches!(matcher.export_record(&foreign), Err(ExtractError::Invalid)));
    assert!(matcher.is_running());
}

#[test]
fn a_picture_of_no_finger_is_unusable_and_the_matcher_goes_on() {
    let runtime = Runtime::new(LogMode::Production).unwrap();
    let matcher = Matcher::start(&load(&runtime, "fingerprint-matcher", false), 0, NonZeroUsize::MIN).unwrap();
    let white = Image {
        width: 256,
        height: 180,
        dpi: 385,
        pixels: vec![255; 256 * 180],
    };
    assert!(matches!(
        matcher.extract(&sample(white)),
        Err(ExtractError::Unusable(_))
    ));
    assert!(matcher.is_running());
}
