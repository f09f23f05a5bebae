//! A plugin is replaced while calls run on it: they end on the old one, the next begin on the new one, and none fails.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use identification::decision::{CaseFile, Decision};
use identification::voter::FingerPosition;
use plugin_runtime::exporter::{Exporter, Snapshot, StationRow};
use plugin_runtime::grants::Allowed;
use plugin_runtime::matcher::{Matcher, Probe, Reference};
use plugin_runtime::plugin::{LogMode, Plugin};
use plugin_runtime::policy::Policy;
use plugin_runtime::runtime::Runtime;
use plugin_runtime::{FingerImage, GreyImage, Impression};
use simulator::finger::{Finger, View};
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, Weak};

/// Threads that call.
const CALLERS: usize = 4;
/// Times that the plugin is replaced under them.
const SWAPS: u32 = 12;

fn load(runtime: &Runtime, name: &str) -> Plugin {
    let bytes = fixtures::bytes(&fixtures::plugin(name));
    let manifest = plugin_package::read_manifest(&bytes).unwrap();
    runtime.load(&bytes, None, &Allowed::all_asked(&manifest)).unwrap()
}

/// Calls on several threads, each on what is in place then, while it is replaced again and again. How many calls came to their end.
/// Afterwards nothing of any old one is left.
fn swap<T: Send + Sync + 'static>(make: impl Fn(u32) -> T, call: impl Fn(&T) + Sync) -> u32 {
    let place = Mutex::new(Arc::new(make(0)));
    let over = AtomicBool::new(false);
    let calls = AtomicU32::new(0);
    let mut old: Vec<Weak<T>> = Vec::new();
    std::thread::scope(|scope| {
        for _ in 0..CALLERS {
            scope.spawn(|| {
                while !over.load(Ordering::Relaxed) {
                    let now = Arc::clone(&place.lock().unwrap());
                    call(&now);
                    calls.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        for number in 1..=SWAPS {
            // Each of them is called before it goes.
            let until = calls.load(Ordering::Relaxed) + 5;
            while calls.load(Ordering::Relaxed) < until {
                std::thread::sleep(std::time::Duration::from_millis(1));
            }
            let next = Arc::new(make(number));
            let before = std::mem::replace(&mut *place.lock().unwrap(), next);
            old.push(Arc::downgrade(&before));
        }
        over.store(true, Ordering::Relaxed);
    });
    assert!(
        old.iter().all(|old| old.upgrade().is_none()),
        "an old one is still held"
    );
    calls.into_inner()
}

#[test]
fn a_policy_is_replaced_under_four_threads_that_ask_it_and_no_answer_is_lost() {
    let runtime = Runtime::new(LogMode::Production).unwrap();
    let closed = CaseFile {
        evidence: Vec::new(),
        voters: Vec::new(),
        available: Vec::new(),
        polls_open: false,
        time_of_day: 600,
        roll_size: 1_300,
        overrides_left: 5,
    };
    let calls = swap(
        // A plugin that is loaded anew, as after an update.
        |_| Policy::new(&load(&runtime, "fingerprint-first"), "{}").unwrap(),
        |policy| assert_eq!(policy.decide(&closed).unwrap().decision, Decision::Refer(None)),
    );
    assert!(calls >= 5 * SWAPS, "{calls}");
}

#[test]
fn an_exporter_is_replaced_while_it_writes() {
    let runtime = Runtime::new(LogMode::Production).unwrap();
    let snapshot = Arc::new(Snapshot {
        stations: vec![StationRow {
            id: "2041".to_owned(),
            registered: 100,
            ..StationRow::default()
        }],
        ..Snapshot::default()
    });
    let calls = swap(
        |_| Exporter::new(&load(&runtime, "turnout-csv")).unwrap(),
        |exporter| {
            let to = Box::new(std::io::sink());
            exporter
                .write("turnout-by-hour", "", Arc::clone(&snapshot), to)
                .unwrap();
        },
    );
    assert!(calls >= 5 * SWAPS, "{calls}");
}

#[test]
fn a_matcher_is_replaced_with_its_gallery_while_it_searches() {
    let runtime = Runtime::new(LogMode::Production).unwrap();
    let plugin = load(&runtime, "fingerprint-matcher");
    let first = Matcher::start(&plugin, 3, NonZeroUsize::MIN).unwrap();
    let probes: Vec<Probe> = (0..3)
        .map(|seed| {
            let image = Finger::new(seed).impression(&View::reference(seed, 320, 360, 500));
            let sample = FingerImage {
                image: GreyImage {
                    width: image.width,
                    height: image.height,
                    dpi: image.dpi,
                    pixels: image.pixels,
                },
                position: FingerPosition::Unknown,
                impression: Impression::LiveScanPlain,
            };
            Probe {
                template: first.extract(&sample).unwrap().template,
                position: FingerPosition::Unknown,
            }
        })
        .collect();
    let calls = swap(
        |_| {
            let matcher = Matcher::start(&plugin, probes.len(), NonZeroUsize::MIN).unwrap();
            let references = (0..)
                .zip(probes.clone())
                .map(|(subject, probe)| Reference { subject, probe });
            matcher.enrol(references).unwrap();
            matcher
        },
        |matcher| assert_eq!(matcher.identify(&probes[1..2], 1).unwrap()[0].subject, 1),
    );
    assert!(calls >= 5 * SWAPS, "{calls}");
}
