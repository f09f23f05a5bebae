//! Policies, matchers and exporters that try to break each limit: each ends in a named error, and the next call works.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use identification::decision::CaseFile;
use identification::voter::FingerPosition;
use plugin_runtime::error::PluginError;
use plugin_runtime::exporter::{ExportError, Exporter, Snapshot, StationRow};
use plugin_runtime::grants::Allowed;
use plugin_runtime::matcher::{ExtractError, Matcher, Probe, Reference, Template};
use plugin_runtime::plugin::{LogMode, Plugin};
use plugin_runtime::policy::{Policy, PolicyError};
use plugin_runtime::runtime::Runtime;
use plugin_runtime::{FingerImage, GreyImage, Impression};
use std::io::Write;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

fn load(name: &str) -> (Runtime, Plugin) {
    let runtime = Runtime::new(LogMode::Production).unwrap();
    let bytes = fixtures::bytes(&fixtures::test_plugin(name));
    let manifest = plugin_package::read_manifest(&bytes).unwrap();
    let plugin = runtime.load(&bytes, None, &Allowed::all_asked(&manifest)).unwrap();
    (runtime, plugin)
}

fn case() -> CaseFile {
    CaseFile {
        evidence: Vec::new(),
        voters: Vec::new(),
        available: Vec::new(),
        polls_open: true,
        time_of_day: 600,
        roll_size: 1,
        overrides_left: 0,
    }
}

/// Within how much time each end must have come; the limits themselves are 500 ms of computing and 1 s with 1 s of grace.
const SOON: Duration = Duration::from_millis(2_900);

fn plugin_error(error: PolicyError) -> PluginError {
    match error {
        PolicyError::Plugin(error) => error,
        other => panic!("{other}"),
    }
}

#[test]
fn each_way_in_which_a_policy_misbehaves_costs_one_decision() {
    let (_runtime, plugin) = load("misbehaving-policy");
    for (how, code) in [
        ("loop", "guest-time"),
        ("memory-growth", "memory"),
        ("panic", "trap"),
        ("unknown-code", "bad-answer"),
        ("long-code", "transfer-size"),
    ] {
        let policy = Policy::new(&plugin, how).unwrap();
        let started = Instant::now();
        let error = plugin_error(policy.decide(&case()).unwrap_err());
        assert_eq!((error.code(), error.during), (code, "decide"), "{how}: {error}");
        assert!(started.elapsed() < SOON, "{how}: {:?}", started.elapsed());
        assert!(!error.to_string().contains("asanova"), "{error}");
    }
    assert!(Policy::new(&plugin, "").unwrap().decide(&case()).is_ok());
}

#[test]
fn a_policy_that_misbehaves_while_it_is_set_up_is_not_taken() {
    let (_runtime, plugin) = load("misbehaving-policy");
    let error = plugin_error(Policy::new(&plugin, "loop-in-configure").unwrap_err());
    assert_eq!((error.code(), error.during), ("guest-time", "configure"));
    let error = plugin_error(Policy::new(&plugin, "many-codes").unwrap_err());
    assert_eq!((error.code(), error.during), ("bad-answer", "codes"));
    let sentence = Policy::new(&plugin, "complains-at-length").unwrap_err().to_string();
    assert!(sentence.len() < 3_000 && !sentence.contains('\n'), "{}", sentence.len());
}

fn image(width: u16) -> FingerImage {
    FingerImage {
        image: GreyImage {
            width,
            height: 8,
            dpi: 500,
            pixels: vec![0; usize::from(width) * 8],
        },
        position: FingerPosition::Unknown,
        impression: Impression::LiveScanPlain,
    }
}

fn probe() -> Probe {
    Probe {
        template: Template(vec![7; 8]),
        position: FingerPosition::Unknown,
    }
}

fn matcher(plugin: &Plugin) -> Matcher {
    Matcher::start(plugin, 0, NonZeroUsize::MIN).unwrap()
}

#[test]
fn each_way_in_which_a_matcher_misbehaves_on_an_image_is_named() {
    let (_runtime, plugin) = load("misbehaving-matcher");
    for (width, what, code) in [
        (1, "loops", "guest-time"),
        (2, "grows", "memory"),
        (3, "a template over 64 KiB", "bad-answer"),
        (4, "an empty template", "bad-answer"),
        (5, "a quality of 101", "bad-answer"),
        (6, "a template of 5 MiB", "transfer-size"),
    ] {
        let matcher = matcher(&plugin);
        let started = Instant::now();
        match matcher.extract(&image(width)) {
            Err(ExtractError::Plugin(error)) => assert_eq!(error.code(), code, "{what}: {error}"),
            other => panic!("{what}: {other:?}"),
        }
        assert!(started.elapsed() < SOON, "{what}: {:?}", started.elapsed());
        // Gone at once, for whoever asks next.
        assert!(!matcher.is_running(), "{what}");
    }
    assert!(matcher(&plugin).extract(&image(9)).is_ok());
}

#[test]
fn each_way_in_which_a_matcher_misbehaves_on_its_gallery_is_named() {
    let (_runtime, plugin) = load("misbehaving-matcher");
    let enrol = |subject: u32| {
        matcher(&plugin).enrol([Reference {
            subject,
            probe: probe(),
        }])
    };
    let started = Instant::now();
    assert_eq!(enrol(1).unwrap_err().code(), "guest-time");
    // Work on a whole gallery has 3 s of computing.
    assert!(started.elapsed() < Duration::from_secs(8), "{:?}", started.elapsed());
    assert_eq!(enrol(2).unwrap_err().code(), "bad-answer");
    assert!(enrol(3).is_ok());
    assert_eq!(
        matcher(&plugin).identify(&[probe()], 5).unwrap_err().code(),
        "bad-answer"
    );
    assert_eq!(matcher(&plugin).verify(1, &[probe()]).unwrap_err().code(), "guest-time");
}

/// Takes so many bytes and no more.
struct Disk(Arc<Mutex<Vec<u8>>>, usize);

impl Write for Disk {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let mut written = self.0.lock().unwrap();
        if written.len() + bytes.len() > self.1 {
            return Err(std::io::Error::from(std::io::ErrorKind::StorageFull));
        }
        written.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn write(exporter: &Exporter, format: &str) -> Result<String, ExportError> {
    let written = Arc::new(Mutex::new(Vec::new()));
    let snapshot = Snapshot {
        stations: vec![StationRow::default()],
        ..Snapshot::default()
    };
    let disk = Box::new(Disk(Arc::clone(&written), 8 << 20));
    exporter.write(format, "", Arc::new(snapshot), disk)?;
    let bytes = written.lock().unwrap().clone();
    Ok(String::from_utf8(bytes).unwrap())
}

#[test]
fn each_way_in_which_an_exporter_misbehaves_costs_one_export() {
    let (_runtime, plugin) = load("misbehaving-exporter");
    let exporter = Exporter::new(&plugin).unwrap();
    for (format, code) in [
        ("loop", "guest-time"),
        ("memory-growth", "memory"),
        ("one-huge-write", "transfer-size"),
    ] {
        let started = Instant::now();
        match write(&exporter, format) {
            Err(ExportError::Plugin(error)) => assert_eq!(error.code(), code, "{format}: {error}"),
            other => panic!("{format}: {other:?}"),
        }
        assert!(started.elapsed() < SOON, "{format}: {:?}", started.elapsed());
    }
    assert!(matches!(write(&exporter, "writes-for-ever"), Err(ExportError::Sink(_))));
    assert_eq!(write(&exporter, "nothing").unwrap(), "");
}

#[test]
fn an_exporter_reads_what_it_was_granted_and_no_other_kind_of_row() {
    let (_runtime, plugin) = load("misbehaving-exporter");
    let exporter = Exporter::new(&plugin).unwrap();
    assert_eq!(write(&exporter, "reads-everything").unwrap(), "true");
    let title = &exporter.formats()[0].title;
    assert!(
        title.chars().count() == 120 && title.ends_with('…') && !title.contains('\u{1b}'),
        "{title}"
    );
}
