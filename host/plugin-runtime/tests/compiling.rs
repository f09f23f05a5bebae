//! Compiling in a child and keeping what came of it: the same plugin either way, and whatever goes wrong costs a sentence or some time.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use plugin_package::Manifest;
use plugin_runtime::compile_child::CompileChild;
use plugin_runtime::compiled_cache::CompiledCache;
use plugin_runtime::grants::Allowed;
use plugin_runtime::limits::COMPILE_TIME;
use plugin_runtime::matcher::Matcher;
use plugin_runtime::plugin::{Digest, LoadError, LogMode, Plugin};
use plugin_runtime::policy::Policy;
use plugin_runtime::runtime::Runtime;
use plugin_runtime::workshop::{Work, Workshop};
use plugin_runtime::{FingerImage, GreyImage, Impression};
use simulator::finger::{Finger, View};
use std::collections::BTreeSet;
use std::fs;
use std::io::Write as _;
use std::num::NonZeroUsize;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const POLICY: &str = "fingerprint-first";
const MATCHER: &str = "fingerprint-matcher";
const KEY: [u8; 32] = [7; 32];

/// The compiler as a program, with these limits.
fn compiler(limits: &[&str]) -> CompileChild {
    CompileChild {
        program: env!("CARGO_BIN_EXE_compile-child").into(),
        arguments: limits.iter().map(Into::into).collect(),
        deadline: COMPILE_TIME,
    }
}

/// Something else in the compiler's place.
fn impostor(script: &str) -> CompileChild {
    CompileChild {
        program: "/bin/sh".into(),
        arguments: vec!["-c".into(), script.into()],
        deadline: Duration::from_millis(700),
    }
}

fn runtime(workshop: Workshop) -> Runtime {
    Runtime::with_workshop(LogMode::Production, workshop).unwrap()
}

fn bytes(name: &str) -> Vec<u8> {
    fixtures::bytes(&fixtures::plugin(name))
}

fn load(runtime: &Runtime, name: &str) -> Result<Plugin, LoadError> {
    runtime.load(&bytes(name), None, &Allowed::nothing())
}

/// What the policy says of itself, once it ran.
fn runs(plugin: &Plugin) {
    Policy::new(plugin, "{}").unwrap();
}

fn template(plugin: &Plugin) -> Vec<u8> {
    let image = Finger::new(3).impression(&View::reference(3, 320, 360, 500));
    let sample = FingerImage {
        image: GreyImage {
            width: image.width,
            height: image.height,
            dpi: image.dpi,
            pixels: image.pixels,
        },
        position: identification::voter::FingerPosition::Unknown,
        impression: Impression::LiveScanPlain,
    };
    let matcher = Matcher::start(plugin, 1, NonZeroUsize::MIN).unwrap();
    matcher.extract(&sample).unwrap().template.0
}

#[test]
fn a_plugin_that_a_child_compiled_answers_as_the_one_that_was_compiled_here() {
    let here = runtime(Workshop::here());
    let child = runtime(Workshop::in_a_child(compiler(&[])));
    runs(&load(&child, POLICY).unwrap());
    let (here, child_made) = (load(&here, MATCHER).unwrap(), load(&child, MATCHER).unwrap());
    assert!(template(&here) == template(&child_made), "another template");
    let work = Work {
        compiled: 2,
        ..Work::default()
    };
    assert_eq!(child.workshop().work(), work);
}

#[test]
fn a_child_gets_neither_environment_nor_open_files_nor_folder_of_this_process() {
    let folder = tempfile::tempdir().unwrap();
    let seen = folder.path().join("seen");
    // Open, and not marked as its own: what a library might leave behind.
    let left_open = fs::File::open(folder.path()).unwrap();
    rustix::io::fcntl_setfd(&left_open, rustix::io::FdFlags::empty()).unwrap();
    let script = format!(
        "(echo in $(pwd); echo files $(ls /proc/$$/fd); echo environment $(cat /proc/$$/environ | tr '\\0' ' ')) > {}",
        seen.display()
    );
    let error = load(&runtime(Workshop::in_a_child(impostor(&script))), POLICY).unwrap_err();
    assert!(matches!(error, LoadError::Compile { .. }), "{error}");
    insta::assert_snapshot!(fs::read_to_string(seen).unwrap(), @"
    in /
    files 0 1 2
    environment
    ");
}

#[test]
fn a_child_limits_itself_before_it_reads_a_byte() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_compile-child"))
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let limits = PathBuf::from(format!("/proc/{}/limits", child.id()));
    let until = Instant::now() + Duration::from_secs(10);
    // It was asked for nothing yet: it waits for the first byte.
    let said = loop {
        let said = fs::read_to_string(&limits).unwrap();
        let confined = said
            .lines()
            .any(|line| line.starts_with("Max cpu time") && !line.contains("unlimited"));
        if confined || Instant::now() > until {
            break said;
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    child
        .stdin
        .take()
        .unwrap()
        .write_all(b"nothing that is a request")
        .unwrap();
    assert!(!child.wait().unwrap().success());
    let ours = [
        "cpu time",
        "file size",
        "core file",
        "processes",
        "open files",
        "address space",
    ];
    let limited: Vec<String> = said
        .lines()
        .filter(|line| ours.iter().any(|name| line[4..].starts_with(name)))
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect();
    insta::assert_snapshot!(limited.join("\n"), @"
    Max cpu time 120 121 seconds
    Max file size 0 0 bytes
    Max core file size 0 0 bytes
    Max processes 0 0 processes
    Max open files 3 3 files
    Max address space 1073741824 1073741824 bytes
    ");
}

/// What stands in the compiler's place does this.
const IMPOSTORS: [&str; 11] = [
    "exit 0",
    "exit 3",
    "kill -KILL $$",
    "kill -ABRT $$",
    "kill -XCPU $$",
    "exec sleep 60",
    "sleep 3; exit 0",
    "echo good morning",
    "printf 'kiosk answer  1\\n\\001cut off'",
    "printf 'kiosk answer  1\\n\\001'; head -c 100 /dev/zero",
    "exec cat /dev/zero",
];

#[test]
fn whatever_a_child_does_wrong_is_one_sentence_and_nothing_else() {
    let mut said = String::new();
    for script in IMPOSTORS {
        let began = Instant::now();
        let error = load(&runtime(Workshop::in_a_child(impostor(script))), POLICY).unwrap_err();
        assert!(
            began.elapsed() < Duration::from_secs(5),
            "{script}: {:?}",
            began.elapsed()
        );
        said += &format!("{script}: {error}\n");
    }
    let nowhere = CompileChild {
        program: "/nowhere/compiler".into(),
        ..impostor("")
    };
    said += &format!(
        "nobody: {}\n",
        load(&runtime(Workshop::in_a_child(nowhere)), POLICY).unwrap_err()
    );
    let said = said.replace("plugin `fingerprint-first` could not be compiled: ", "");
    insta::assert_snapshot!(said);
}

#[test]
fn a_component_that_costs_a_compiler_too_much_ends_the_child_and_the_next_plugin_is_compiled() {
    let tangled = fixtures::tangled("tangled", 10_000, 1_000);
    assert!(tangled.len() < 200_000);
    let hasty = CompileChild {
        deadline: Duration::from_millis(500),
        ..compiler(&[])
    };
    let cases = [
        ("as it is shipped", compiler(&[])),
        ("with 200 MiB", compiler(&["200"])),
        ("with a second of processor time", compiler(&["1024", "1"])),
        ("within half a second", hasty),
    ];
    let mut said = String::new();
    for (name, child) in cases {
        let runtime = runtime(Workshop::in_a_child(child));
        let began = Instant::now();
        let error = runtime.load(&tangled, None, &Allowed::nothing()).unwrap_err();
        println!("{name}: {:?}", began.elapsed());
        said += &format!("{name}: {error}\n");
        if name != "within half a second" {
            runs(&load(&runtime, POLICY).unwrap());
        }
    }
    insta::assert_snapshot!(said);
}

#[test]
fn what_the_compiler_does_not_take_is_told_in_its_words_from_a_child_too() {
    // A valid component with a contract that it does not fulfil compiles; one with an import that is not granted is refused after that.
    let foreign = fixtures::bytes(&fixtures::test_plugin("foreign-import"));
    for workshop in [Workshop::here(), Workshop::in_a_child(compiler(&[]))] {
        let error = runtime(workshop).load(&foreign, None, &Allowed::nothing()).unwrap_err();
        assert!(matches!(error, LoadError::Import { .. }), "{error}");
    }
}

fn cached(folder: &Path, key: &[u8; 32]) -> Runtime {
    runtime(Workshop::here().with_cache(CompiledCache::open(folder, key)))
}

fn entry(folder: &Path, name: &str) -> PathBuf {
    folder.join(format!("{}.compiled", Digest::of(&bytes(name))))
}

/// Loads a plugin that must run, and says what that took.
fn work(runtime: &Runtime, name: &str) -> (u64, u64, u64) {
    runs(&load(runtime, name).unwrap());
    let work = runtime.workshop().work();
    (work.compiled, work.reused, work.not_kept)
}

#[test]
fn what_was_compiled_once_is_loaded_by_the_next_start_and_only_its_owner_can_read_it() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("compiled");
    assert_eq!(work(&cached(&folder, &KEY), POLICY), (1, 0, 0));
    assert_eq!(work(&cached(&folder, &KEY), POLICY), (0, 1, 0));
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&folder), mode(&entry(&folder, POLICY))), (0o700, 0o600));
    // Out of a child or out of this process: the same code, under the same tag.
    let child = Workshop::in_a_child(compiler(&[])).with_cache(CompiledCache::open(&folder, &KEY));
    let child = runtime(child);
    assert_eq!(work(&child, POLICY), (0, 1, 0));
    let plugin = load(&child, MATCHER).unwrap();
    let again = load(&cached(&folder, &KEY), MATCHER).unwrap();
    assert!(template(&plugin) == template(&again), "another template");
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 2);
}

#[test]
fn a_kept_file_that_was_changed_at_any_byte_cut_off_or_made_longer_is_compiled_again_and_replaced() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path();
    work(&cached(folder, &KEY), POLICY);
    let path = entry(folder, POLICY);
    let good = fs::read(&path).unwrap();
    let elf = good.windows(4).position(|window| window == b"\x7fELF").unwrap();
    let last = good.len() - 1;
    // In the magic, the component's digest, the configuration, the arithmetic, the code's first byte, the code, its end, the tag.
    let places = [
        0,
        21,
        22,
        53,
        54,
        85,
        86,
        elf,
        elf + 1,
        good.len() / 2,
        last - 32,
        last - 31,
        last,
    ];
    let changed = places.map(|place| {
        let mut changed = good.clone();
        changed[place] ^= 0x40;
        changed
    });
    let cut = [0, 1, 86, 87, 118, 119, good.len() / 2, last].map(|length| good[..length].to_vec());
    let longer = [good.clone(), vec![0]].concat();
    let swapped = [&good[..elf], &good[elf + 8..], &good[elf..elf + 8]].concat();
    let all: Vec<Vec<u8>> = changed.into_iter().chain(cut).chain([longer, swapped]).collect();
    for (number, bad) in all.iter().enumerate() {
        fs::write(&path, bad).unwrap();
        assert_eq!(work(&cached(folder, &KEY), POLICY), (1, 0, 0), "file {number}");
        assert!(fs::read(&path).unwrap() == good, "file {number} was not replaced");
    }
    assert_eq!(work(&cached(folder, &KEY), POLICY), (0, 1, 0));
}

#[test]
fn a_file_of_another_device_or_of_another_plugin_is_compiled_again() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path();
    work(&cached(folder, &[8; 32]), POLICY);
    assert_eq!(work(&cached(folder, &KEY), POLICY), (1, 0, 0), "another device's");
    load(&cached(folder, &KEY), MATCHER).unwrap();
    fs::copy(entry(folder, MATCHER), entry(folder, POLICY)).unwrap();
    assert_eq!(work(&cached(folder, &KEY), POLICY), (1, 0, 0), "another plugin's");
    assert_eq!(work(&cached(folder, &KEY), POLICY), (0, 1, 0));
}

#[test]
fn a_folder_that_cannot_be_written_costs_speed_and_nothing_else() {
    let parent = tempfile::tempdir().unwrap();
    let file = parent.path().join("file");
    fs::write(&file, "no folder").unwrap();
    for folder in [file.clone(), file.join("below"), PathBuf::from("/proc/compiled")] {
        for _ in 0..2 {
            assert_eq!(work(&cached(&folder, &KEY), POLICY), (1, 0, 1), "{}", folder.display());
        }
    }
    // Something else lies in a file's place.
    let folder = parent.path().join("compiled");
    fs::create_dir_all(entry(&folder, POLICY).join("below")).unwrap();
    assert_eq!(work(&cached(&folder, &KEY), POLICY), (1, 0, 1));
    assert_eq!(
        fs::read_dir(&folder).unwrap().count(),
        1,
        "nothing half-written is left"
    );
    fs::remove_dir_all(entry(&folder, POLICY)).unwrap();
    std::os::unix::fs::symlink(&file, entry(&folder, POLICY)).unwrap();
    assert_eq!(work(&cached(&folder, &KEY), POLICY), (1, 0, 0));
    assert_eq!(
        fs::read_to_string(&file).unwrap(),
        "no folder",
        "what a link leads to is left alone"
    );
    assert_eq!(work(&cached(&folder, &KEY), POLICY), (0, 1, 0));
}

#[test]
fn pruning_leaves_what_is_named_and_what_is_not_the_caches() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path();
    let runtime = cached(folder, &KEY);
    load(&runtime, POLICY).unwrap();
    load(&runtime, MATCHER).unwrap();
    // As a power cut leaves it.
    let half = entry(folder, POLICY).with_extension("compiled-new-17-0");
    fs::write(&half, "half").unwrap();
    fs::write(folder.join("README"), "by hand").unwrap();
    assert_eq!(
        work(&cached(folder, &KEY), POLICY),
        (0, 1, 0),
        "half a file beside it does no harm"
    );
    let keep = BTreeSet::from([Digest::of(&bytes(POLICY))]);
    let cache = runtime.workshop().cache().unwrap();
    assert_eq!(cache.prune(&keep).unwrap(), 2);
    assert!(entry(folder, POLICY).exists() && folder.join("README").exists());
    assert!(!entry(folder, MATCHER).exists() && !half.exists());
    assert_eq!(cache.prune(&BTreeSet::new()).unwrap(), 1);
}

#[test]
fn several_threads_that_load_the_same_plugin_at_once_leave_one_good_file() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path();
    let runtime = cached(folder, &KEY);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| runs(&load(&runtime, POLICY).unwrap()));
        }
    });
    let Work {
        compiled,
        reused,
        not_kept,
    } = runtime.workshop().work();
    assert_eq!((compiled + reused, not_kept), (4, 0));
    assert_eq!(fs::read_dir(folder).unwrap().count(), 1);
    assert_eq!(work(&cached(folder, &KEY), POLICY), (0, 1, 0));
}

#[test]
fn compiled_code_is_never_taken_for_a_plugin_however_good_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let runtime = cached(folder.path(), &KEY);
    load(&runtime, POLICY).unwrap();
    let file = fs::read(entry(folder.path(), POLICY)).unwrap();
    let elf = file.windows(4).position(|window| window == b"\x7fELF").unwrap();
    let code = &file[elf..file.len() - 32];
    assert!(
        wasmtime::Engine::detect_precompiled(code).is_some(),
        "not what wasmtime writes"
    );
    let program = fs::read(env!("CARGO_BIN_EXE_compile-child")).unwrap();
    for bytes in [code, &program[..1 << 20]] {
        let error = runtime.load(bytes, None, &Allowed::nothing()).unwrap_err();
        insta::allow_duplicates! {
            insta::assert_snapshot!(error, @"compiled code is offered as a plugin, and a kiosk runs only what it compiled itself; get the component from whoever made it");
        }
    }
    // With the tag around it, it is not even that.
    assert!(matches!(
        runtime.load(&file, None, &Allowed::nothing()),
        Err(LoadError::Package(_))
    ));
}

#[test]
fn a_plugin_must_say_of_itself_what_was_signed_about_it() {
    use plan::item::Identity;
    use plugin_runtime::signed::Signed;
    let bytes = bytes(POLICY);
    let manifest: Manifest = plugin_package::read_manifest(&bytes).unwrap();
    let runtime = runtime(Workshop::here());
    let signed = Signed {
        name: manifest.name.clone(),
        digest: Digest::of(&bytes),
        identity: Identity::of(&manifest),
    };
    runs(&runtime.load_signed(&bytes, &signed, &Allowed::nothing()).unwrap());
    let mut said = String::new();
    let mut refused = |change: &dyn Fn(&mut Signed)| {
        let mut signed = signed.clone();
        change(&mut signed);
        let error = runtime.load_signed(&bytes, &signed, &Allowed::nothing()).unwrap_err();
        said += &format!("{error}\n");
    };
    refused(&|signed| signed.name = "fingerprint-last".to_owned());
    refused(&|signed| signed.identity.version = "0.2.0".to_owned());
    refused(&|signed| signed.identity.contract = "kiosk:policy/identification-policy@0.2.0".to_owned());
    refused(&|signed| signed.identity.minimum_host = "0.0.9".to_owned());
    refused(&|signed| signed.digest = Digest([0; 32]));
    let own = Digest::of(&bytes).to_string();
    insta::assert_snapshot!(said.replace(&own[..12], "[its own]"));
}
