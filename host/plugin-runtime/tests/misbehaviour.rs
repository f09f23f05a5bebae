//! Plugins that try to break each limit. Each ends in a named error within its limit, and a sound driver works beside it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use devices::bus::Bus;
use devices::transfer::ClaimedInterface;
use plugin_runtime::driver::{DriverError, Fault, FaultKind, Start};
use plugin_runtime::error::{Cause, PluginError};
use plugin_runtime::grants::Allowed;
use plugin_runtime::plugin::{LoadError, LogMode, Plugin};
use plugin_runtime::policy::{Policy, PolicyError};
use plugin_runtime::runtime::Runtime;
use plugin_runtime::scanner::Scanner;
use simulator::virtual_device::{Nb1010, VirtualBus};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

fn load(runtime: &Runtime, name: &str) -> Result<Plugin, LoadError> {
    let bytes = fixtures::bytes(&fixtures::test_plugin(name));
    let manifest = plugin_package::read_manifest(&bytes).unwrap();
    runtime.load(&bytes, None, &Allowed::all_asked(&manifest))
}

fn claimed() -> Box<dyn ClaimedInterface> {
    let bus = VirtualBus::new();
    let place = bus.plug(Nb1010::new("T1"));
    bus.open(&place, 0).unwrap()
}

fn misbehave(plugin: &Plugin, how: &str) -> Result<Scanner, DriverError> {
    let settings = vec![("misbehave".to_owned(), how.to_owned())];
    Scanner::start(
        plugin,
        vec![claimed()],
        Start {
            settings,
            ..Start::default()
        },
    )
}

fn cause(error: DriverError) -> Cause {
    match error {
        DriverError::Plugin(PluginError { cause, .. }) => cause,
        DriverError::Fault(fault) => panic!("a fault, not a plugin error: {fault:?}"),
    }
}

/// A short call's time-out.
const CALL: Duration = Duration::from_millis(700);
/// A capture's, with which a loop must not be waited for.
const LONG: Duration = Duration::from_secs(30);

/// (what the guest does, the call's time-out, the code that names its end, within how much time it must have come). The limit
/// on computing is 500 ms of processor time; what stands here leaves room for a machine that does other things too.
const FAULTS: [(&str, Duration, &str, Duration); 13] = [
    ("endless-loop", LONG, "guest-time", Duration::from_millis(1_900)),
    ("loop-over-host-calls", CALL, "call-time", Duration::from_millis(1_900)),
    ("memory-growth", LONG, "memory", Duration::from_millis(900)),
    ("panic", LONG, "trap", Duration::from_millis(900)),
    ("stack-overflow", LONG, "trap", Duration::from_millis(900)),
    ("oversize-result", LONG, "transfer-size", Duration::from_millis(900)),
    (
        "image-shorter-than-it-says",
        LONG,
        "bad-answer",
        Duration::from_millis(900),
    ),
    ("no-fingers", LONG, "bad-answer", Duration::from_millis(900)),
    ("eleven-fingers", LONG, "bad-answer", Duration::from_millis(900)),
    ("oversize-argument", LONG, "transfer-size", Duration::from_millis(900)),
    ("text-that-is-none", LONG, "runtime", Duration::from_millis(900)),
    ("bad-handle", LONG, "bad-handle", Duration::from_millis(900)),
    ("never-returning-wait", CALL, "call-time", Duration::from_millis(1_900)),
];

#[test]
fn each_way_of_misbehaving_ends_in_its_named_error_within_its_limit() {
    let runtime = Runtime::new(LogMode::Production).unwrap();
    let plugin = load(&runtime, "misbehaving-driver").unwrap();
    for (how, timeout, code, limit) in FAULTS {
        let scanner = misbehave(&plugin, how).unwrap();
        let started = Instant::now();
        let error = scanner.capture(timeout, |_| ()).unwrap_err();
        let took = started.elapsed();
        assert_eq!(error.code(), code, "{how}: {error}");
        assert!(took < limit, "{how} took {took:?}");
        println!("{how:<28} {code:<14} {:>5} ms  {error}", took.as_millis());
        // The store is gone: the next call says so at once, and nothing of the guest runs on.
        assert_eq!(
            cause(scanner.capture(CALL, |_| ()).unwrap_err()),
            Cause::Stopped,
            "{how}"
        );
    }
    // The runtime goes on: the same plugin, started anew, answers.
    let scanner = misbehave(&plugin, "").unwrap();
    let fault = scanner.capture(CALL, |_| ()).unwrap_err();
    assert_eq!(fault.code(), "nothing-presented");
}

#[test]
fn a_driver_that_breaks_off_or_hangs_while_it_opens_is_named() {
    let runtime = Runtime::new(LogMode::Production).unwrap();
    let plugin = load(&runtime, "misbehaving-driver").unwrap();
    for (how, code) in [
        ("panic-in-open", "trap"),
        ("loop-in-open", "guest-time"),
        ("loop-in-describe", "guest-time"),
    ] {
        let error = misbehave(&plugin, how).unwrap_err();
        assert_eq!(error.code(), code, "{how}: {error}");
    }
}

#[test]
fn requests_that_are_not_granted_never_reach_the_bus() {
    let runtime = Runtime::new(LogMode::Production).unwrap();
    let plugin = load(&runtime, "misbehaving-driver").unwrap();
    for how in [
        "not-granted-endpoint",
        "not-granted-length",
        "not-granted-control",
        "not-granted-halt",
        "not-granted-alternate",
    ] {
        let error = misbehave(&plugin, how).unwrap().capture(CALL, |_| ()).unwrap_err();
        assert_eq!(error.code(), "not-granted", "{how}");
    }
}

#[test]
fn with_nothing_granted_a_driver_can_only_be_told_no() {
    let runtime = Runtime::new(LogMode::Production).unwrap();
    let bytes = fixtures::bytes(&fixtures::plugin("nb1010"));
    let plugin = runtime.load(&bytes, None, &Allowed::nothing()).unwrap();
    let scanner = Scanner::start(&plugin, vec![claimed()], Start::default()).unwrap();
    let fault = scanner.capture(CALL, |_| ()).unwrap_err();
    assert_eq!(
        fault,
        DriverError::Fault(Fault {
            kind: FaultKind::NotSupported,
            code: "not-granted".to_owned()
        })
    );
}

#[test]
fn more_than_sixteen_pending_transfers_are_refused_and_the_driver_goes_on() {
    let runtime = Runtime::new(LogMode::Production).unwrap();
    let plugin = load(&runtime, "misbehaving-driver").unwrap();
    let scanner = misbehave(&plugin, "seventeen-transfers").unwrap();
    assert_eq!(scanner.capture(CALL, |_| ()).unwrap_err().code(), "one-refused");
    assert!(scanner.is_running());
}

#[test]
fn more_interfaces_than_the_handle_limit_are_refused_by_name() {
    let runtime = Runtime::new(LogMode::Production).unwrap();
    let plugin = load(&runtime, "misbehaving-driver").unwrap();
    let interfaces = (0..65).map(|_| claimed()).collect();
    let error = Scanner::start(&plugin, interfaces, Start::default()).unwrap_err();
    assert_eq!(cause(error), Cause::Handles);
}

/// Counts what plugins say, and keeps nothing of it.
struct Ear;

static HEARD: AtomicU32 = AtomicU32::new(0);

impl tracing::Subscriber for Ear {
    fn enabled(&self, metadata: &tracing::Metadata<'_>) -> bool {
        metadata.target() == "plugin"
    }

    fn new_span(&self, _: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        tracing::span::Id::from_u64(1)
    }

    fn record(&self, _: &tracing::span::Id, _: &tracing::span::Record<'_>) {}

    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}

    fn event(&self, _: &tracing::Event<'_>) {
        HEARD.fetch_add(1, Ordering::Relaxed);
    }

    fn enter(&self, _: &tracing::span::Id) {}

    fn exit(&self, _: &tracing::span::Id) {}
}

#[test]
fn a_log_flood_is_dropped_and_costs_only_its_own_time() {
    // Other tests of this file say next to nothing.
    tracing::subscriber::set_global_default(Ear).unwrap();
    let runtime = Runtime::new(LogMode::Production).unwrap();
    let plugin = load(&runtime, "misbehaving-driver").unwrap();
    let scanner = misbehave(&plugin, "log-flood").unwrap();
    let error = scanner.capture(Duration::from_secs(5), |_| ()).unwrap_err();
    assert_eq!(error.code(), "nothing-presented");
    let heard = HEARD.load(Ordering::Relaxed);
    println!("heard {heard} of 50,000 messages");
    assert!((1..400).contains(&heard), "{heard}");
}

#[test]
fn a_driver_that_describes_its_device_at_length_fills_no_screen() {
    let runtime = Runtime::new(LogMode::Production).unwrap();
    let plugin = load(&runtime, "misbehaving-driver").unwrap();
    let scanner = misbehave(&plugin, "describes-at-length").unwrap();
    let vendor = &scanner.description().vendor;
    assert!(
        vendor.chars().count() == 120 && vendor.ends_with('…') && !vendor.contains('\u{1b}'),
        "{vendor}"
    );
}

#[test]
fn a_faults_code_that_is_free_text_is_replaced_so_that_no_name_gets_out() {
    let runtime = Runtime::new(LogMode::Production).unwrap();
    let plugin = load(&runtime, "misbehaving-driver").unwrap();
    for how in ["fault-with-a-name-in-it", "fault-with-a-name-like-a-code"] {
        let scanner = misbehave(&plugin, how).unwrap();
        assert_eq!(scanner.capture(CALL, |_| ()).unwrap_err().code(), "no-code", "{how}");
    }
}

#[test]
fn a_driver_that_ignores_its_cancellation_is_ended_after_one_second() {
    let runtime = Runtime::new(LogMode::Production).unwrap();
    let plugin = load(&runtime, "misbehaving-driver").unwrap();
    let scanner = misbehave(&plugin, "ignores-cancel").unwrap();
    let (error, took) = std::thread::scope(|scope| {
        let capture = scope.spawn(|| scanner.capture(Duration::from_secs(30), |_| ()).unwrap_err());
        std::thread::sleep(Duration::from_millis(200));
        let cancelled = Instant::now();
        scanner.cancel();
        (capture.join().unwrap(), cancelled.elapsed())
    });
    assert_eq!(error.code(), "not-cancelled", "{error}");
    assert!(took < Duration::from_millis(1_500), "{took:?}");
}

#[test]
fn a_sound_driver_waits_long_and_is_cancelled_at_once() {
    let runtime = Runtime::new(LogMode::Production).unwrap();
    let bytes = fixtures::bytes(&fixtures::plugin("nb1010"));
    let manifest = plugin_package::read_manifest(&bytes).unwrap();
    let plugin = runtime.load(&bytes, None, &Allowed::all_asked(&manifest)).unwrap();
    let scanner = Scanner::start(&plugin, vec![claimed()], Start::default()).unwrap();
    let (error, took) = std::thread::scope(|scope| {
        let capture = scope.spawn(|| scanner.capture(Duration::from_secs(30), |_| ()).unwrap_err());
        // Longer than a guest may compute: waiting is not computing.
        std::thread::sleep(Duration::from_millis(1_200));
        let cancelled = Instant::now();
        scanner.cancel();
        (capture.join().unwrap(), cancelled.elapsed())
    });
    assert!(matches!(error, DriverError::Fault(_)), "{error}");
    assert!(took < Duration::from_millis(100), "{took:?}");
    assert!(scanner.is_running(), "a returned fault costs nothing");
}

#[test]
fn a_plugin_that_breaks_off_while_it_is_instantiated_is_named() {
    let runtime = Runtime::new(LogMode::Production).unwrap();
    let plugin = load(&runtime, "init-trap").unwrap();
    match Policy::new(&plugin, "").unwrap_err() {
        PolicyError::Plugin(error) => {
            assert_eq!((error.code(), error.during), ("trap", "start"));
            assert_eq!(
                error.to_string(),
                "plugin `init-trap` broke off (wasm `unreachable` instruction executed) (start); the station goes on; \
                 if it happens again, report it to the commission"
            );
        }
        other => panic!("{other}"),
    }
}

#[test]
fn an_import_that_the_contract_does_not_have_is_named_and_refused_before_anything_runs() {
    let runtime = Runtime::new(LogMode::Production).unwrap();
    let error = load(&runtime, "foreign-import").unwrap_err().to_string();
    assert_eq!(
        error,
        "plugin `foreign-import` wants to use `test:foreign/clock`, which is not granted to it; the vendor must leave \
         it out"
    );
}

#[test]
fn files_that_are_no_plugin_for_the_place_get_one_sentence_each() {
    let runtime = Runtime::new(LogMode::Production).unwrap();
    let good = fixtures::bytes(&fixtures::plugin("nb1010"));
    let sentence = |bytes: &[u8]| runtime.load(bytes, None, &Allowed::nothing()).unwrap_err().to_string();
    let cases: [(&str, &[u8], &str); 4] = [
        ("text", b"not wasm at all", "is not a WebAssembly component"),
        ("cut off", &good[..good.len() / 2], "is not a WebAssembly component"),
        (
            "a core module",
            b"\0asm\x01\0\0\0",
            "is a WebAssembly module, not a component; pack it first",
        ),
        ("no manifest", b"\0asm\x0d\0\x01\0", "carries no manifest"),
    ];
    for (name, bytes, expected) in cases {
        assert!(sentence(bytes).contains(expected), "{name}: {}", sentence(bytes));
    }
    let driver = runtime.load(&good, None, &Allowed::nothing()).unwrap();
    assert_eq!(
        Policy::new(&driver, "").unwrap_err().to_string(),
        "plugin `nb1010` is made for kiosk:driver/fingerprint-scanner-driver@0.1.0, but this place needs \
         kiosk:policy/identification-policy@0.1.0; put the right plugin here"
    );
    let pinned = plugin_runtime::plugin::Digest([7; 32]);
    let error = runtime
        .load(&good, Some(pinned), &Allowed::nothing())
        .unwrap_err()
        .to_string();
    assert!(
        error.starts_with("plugin `nb1010` is not the one that was signed (its SHA-256 begins "),
        "{error}"
    );
}
