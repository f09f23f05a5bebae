//! The device layer and the journal on the real kernel: Debian's, under QEMU, with USB devices that its own drivers serve.
//!
//! `cargo xtask vm-test` runs these; without it they say by name that they are skipped. Each start of the kernel serves
//! several tests and is made by the first that asks for it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod kiosk;

use serde_json::Value;
use sha2::{Digest as _, Sha256};
use simulator::virtual_device::{Nb1010, nb1010};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant};
use vm::initramfs::Archive;
use vm::kernel::Kernel;
use vm::machine::{Boot, Findings, QEMU};
use vm::recording::{Recording, Replay};
use vm::usbip::Server;

/// Set by `cargo xtask vm-test`.
const ASKED: &str = "KIOSK_VM_TEST";
const GUEST: &str = env!("CARGO_BIN_EXE_vm-guest");
/// The first program of the kernel.
const INIT: &str = include_str!("init.sh");
/// Programs of this machine that the kernel gets with it.
const BUSYBOX: &str = "/bin/busybox";
const UDEV: &str = "/bin/udevadm";
const DMSETUP: &str = "/sbin/dmsetup";
const MKFS: &str = "/sbin/mkfs.ext4";
/// What a start takes, and the packages that have it.
const TAKEN: [(&str, &str); 6] = [
    (BUSYBOX, "busybox-static"),
    (UDEV, "udev"),
    (DMSETUP, "dmsetup"),
    (MKFS, "e2fsprogs"),
    ("/sbin/depmod", "kmod"),
    ("/usr/bin/strip", "binutils"),
];
/// Each start of the kernel ends within this, on a machine that does other things too.
const LIMIT: Duration = Duration::from_secs(300);

/// A start of the kernel, with the scenarios that `vm-guest` does in it.
struct Start {
    name: &'static str,
    scenarios: &'static str,
    modules: &'static [&'static str],
    /// MiB of its disks
    disks: &'static [u64],
    /// with a kiosk that takes updates
    kiosk: bool,
    /// what it came to, once it was made
    told: OnceLock<Told>,
}

static USB: Start = Start {
    name: "usb",
    scenarios: "capture,unconfigured,cuts,waiting,twins,recorded,cost",
    modules: &["virtio_pci", "virtio_net", "vhci_hcd"],
    disks: &[],
    kiosk: false,
    told: OnceLock::new(),
};

static GADGETS: Start = Start {
    name: "gadgets",
    scenarios: "keyboard,detached,printer,camera",
    modules: &[
        "virtio_pci",
        "dummy_hcd num=2",
        "usb_f_hid",
        "usb_f_printer",
        "usbhid",
        "hid_generic",
        "evdev",
        "vivid",
    ],
    disks: &[],
    kiosk: false,
    told: OnceLock::new(),
};

/// For a disk whose writes are noted.
const NOTED: &[&str] = &[
    "virtio_pci",
    "virtio_blk",
    "crc32c_generic",
    "ext4",
    "dm_log_writes",
    "loop",
];

static POWER: Start = Start {
    name: "power",
    scenarios: "power",
    modules: NOTED,
    disks: &[16, 256],
    kiosk: false,
    told: OnceLock::new(),
};

static POWER_UPDATE: Start = Start {
    name: "power-update",
    scenarios: "power-update",
    modules: NOTED,
    disks: &[6, 256],
    kiosk: true,
    told: OnceLock::new(),
};

static STICK: Start = Start {
    name: "stick",
    scenarios: "stick",
    modules: &[
        "virtio_pci",
        "virtio_blk",
        "vfat",
        "nls_cp437",
        "nls_iso8859_1",
        "nls_ascii",
        "nls_utf8",
    ],
    disks: &[32],
    kiosk: true,
    told: OnceLock::new(),
};

/// What a start came to: its findings, or why it did not come to its end.
type Told = Result<Findings, String>;

/// The findings of a start, made once; none where this machine cannot make it, which is said by the test's name.
fn told(test: &str, start: &'static Start) -> Option<Findings> {
    static KERNEL: OnceLock<Result<Kernel, String>> = OnceLock::new();
    // One kernel at a time: the figures of one are not the load of another.
    static ONE: Mutex<()> = Mutex::new(());
    if std::env::var_os(ASKED).is_none() {
        println!("SKIPPED {test}: it starts a kernel; `cargo xtask vm-test` does");
        return None;
    }
    if Command::new(QEMU).arg("--version").output().is_err() {
        println!("SKIPPED {test}: {QEMU} is not installed");
        return None;
    }
    if let Some((file, package)) = TAKEN.iter().find(|(file, _)| !Path::new(file).exists()) {
        println!("SKIPPED {test}: {file}, of the package {package}, is not installed");
        return None;
    }
    let kernel = match KERNEL.get_or_init(|| Kernel::fetch(&cache())) {
        Ok(kernel) => kernel,
        Err(reason) => {
            println!("SKIPPED {test}: Debian's kernel cannot be had here: {reason}");
            return None;
        }
    };
    let one = ONE.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let told = start.told.get_or_init(|| {
        let started = Instant::now();
        let told = started_with(kernel, start);
        eprintln!(
            "the kernel with {} took {:.1} s",
            start.name,
            started.elapsed().as_secs_f64()
        );
        told
    });
    drop(one);
    match told {
        Ok(findings) => Some(findings.clone()),
        Err(sentence) => panic!("{sentence}"),
    }
}

fn cache() -> PathBuf {
    fixtures::target().join("vm")
}

fn started_with(kernel: &Kernel, start: &Start) -> Told {
    let work = tempfile::tempdir().unwrap();
    let initramfs = work.path().join("initramfs");
    std::fs::write(&initramfs, archive(kernel, start)?).unwrap();
    let server = served();
    let disks: Vec<PathBuf> = start
        .disks
        .iter()
        .zip('a'..)
        .map(|(mebibytes, letter)| {
            let disk = work.path().join(format!("disk-{letter}"));
            std::fs::File::create(&disk).unwrap().set_len(mebibytes << 20).unwrap();
            disk
        })
        .collect();
    Boot {
        image: &kernel.image,
        initramfs: &initramfs,
        words: &format!("scenarios={} server={}", start.scenarios, server.port()),
        memory: 1024,
        processors: 2,
        disks: &disks,
        console: &cache().join(format!("console-{}", start.name)),
        limit: LIMIT,
    }
    .run()
}

fn archive(kernel: &Kernel, start: &Start) -> Result<Vec<u8>, String> {
    let mut archive = Archive::new();
    for folder in ["proc", "sys", "dev", "run", "tmp", "mnt"] {
        archive.folder(folder);
    }
    archive.file("init", INIT.as_bytes());
    archive.program("bin/busybox", Path::new(BUSYBOX))?;
    archive.link("bin/sh", "busybox");
    let names: Vec<&str> = start
        .modules
        .iter()
        .map(|module| module.split(' ').next().unwrap())
        .collect();
    let mut list = String::new();
    for file in kernel.modules(&names)? {
        let name = file.file_stem().unwrap().to_str().unwrap();
        archive.copy(&format!("modules/{name}.ko"), &file)?;
        let options = |module: &&str| module.strip_prefix(name)?.strip_prefix(' ').map(str::to_owned);
        let options = start.modules.iter().find_map(options).unwrap_or_default();
        list.push_str(&format!("/modules/{name}.ko {options}\n"));
    }
    archive.file("modules/list", list.as_bytes());
    archive.program("sbin/udevd", Path::new(UDEV))?;
    archive.program("sbin/dmsetup", Path::new(DMSETUP))?;
    archive.program("sbin/mkfs.ext4", Path::new(MKFS))?;
    archive.program("sbin/vm-guest", &stripped()?)?;
    for plugin in ["nb1010", "uru4000", "escpos"] {
        archive.copy(&format!("plugins/{plugin}.wasm"), &fixtures::plugin(plugin))?;
    }
    if start.kiosk {
        kiosk::pack(&mut archive)?;
    }
    Ok(archive.finish())
}

/// The program without what only a debugger reads: the kernel's memory is small.
fn stripped() -> Result<PathBuf, String> {
    let to = cache().join("vm-guest");
    let done = Command::new("strip").arg("-o").arg(&to).arg(GUEST).status();
    match done {
        Ok(status) if status.success() => Ok(to),
        other => Err(format!("strip, of the package binutils, failed: {other:?}")),
    }
}

const NB1010: &str = "usb-recordings/nb1010";
const URU4500: &str = "usb-recordings/uru4000-4500";

/// A picture that tells its numbers apart.
fn picture(number: u8) -> Vec<u8> {
    let size = usize::from(nb1010::WIDTH) * usize::from(nb1010::HEIGHT);
    let hash = |at: usize| Sha256::digest([&[number][..], &(at / 32).to_le_bytes()].concat())[at % 32];
    (0..size).map(hash).collect()
}

/// A reader on whose sensor lies a picture.
fn reader(serial: &str, number: u8) -> Nb1010 {
    let reader = Nb1010::new(serial);
    let placed = reader
        .finger()
        .place(nb1010::WIDTH, nb1010::HEIGHT, nb1010::DPI, &picture(number));
    placed.unwrap();
    reader
}

/// What the kernel can have plugged in.
fn served() -> Server {
    let server = Server::start().unwrap();
    server.export("nb1010", || reader("ONE", 1));
    for cut in [1, 2, 4, 5, 7, 50, 96] {
        server.export_cut(&format!("nb1010-cut-{cut}"), cut, || reader("ONE", 1));
    }
    server.export("twin-a", || reader("A", 2));
    server.export("twin-b", || reader("B", 3));
    for (name, folder) in [("recorded-nb1010", NB1010), ("recorded-uru4000-4500", URU4500)] {
        let folder = fixtures::shared_folder(folder);
        if folder.exists() {
            let recording = Arc::new(Recording::read(&folder).unwrap());
            server.export(name, move || Replay::new(Arc::clone(&recording)));
        }
    }
    server
}

fn digest(pixels: &[u8]) -> String {
    Sha256::digest(pixels)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// The findings of a scenario that came to its end.
fn of<'a>(findings: &'a Findings, scenario: &str) -> Vec<&'a Value> {
    let found = findings.of(scenario);
    assert!(!found.is_empty(), "{scenario} was not done; it told {findings:#?}");
    for finding in &found {
        assert!(finding["error"].is_null(), "{scenario}: {found:#?}");
    }
    found
}

#[test]
fn a_reader_gives_through_the_kernel_and_its_plugin_what_lies_on_its_sensor() {
    const NAME: &str = "a_reader_gives_through_the_kernel_and_its_plugin_what_lies_on_its_sensor";
    let Some(findings) = told(NAME, &USB) else { return };
    let found = of(&findings, "capture")[0];
    println!("{found}");
    assert_eq!(found["image"]["sha256"], digest(&picture(1)));
    assert_eq!(found["image"]["width"], nb1010::WIDTH);
    assert_eq!(found["image"]["height"], nb1010::HEIGHT);
    assert_eq!(found["manufacturer"], "NEXT Biometrics");
    assert_eq!(found["serial"], "ONE");
    assert_eq!(found["endpoints"], 3);
}

#[test]
fn a_reader_that_the_kernel_configures_late_is_opened_once_it_is() {
    const NAME: &str = "a_reader_that_the_kernel_configures_late_is_opened_once_it_is";
    let Some(findings) = told(NAME, &USB) else { return };
    let found = of(&findings, "unconfigured")[0];
    println!("{found}");
    let (late, opened) = (found["late_ms"].as_f64().unwrap(), found["opened_ms"].as_f64().unwrap());
    assert!(opened >= late, "{found}");
    assert!(opened < late + 500.0, "{found}");
    assert_eq!(found["image"]["sha256"], digest(&picture(1)));
}

#[test]
fn a_plug_pulled_in_the_middle_of_any_transfer_is_told_at_once_and_the_reader_works_again() {
    const NAME: &str = "a_plug_pulled_in_the_middle_of_any_transfer_is_told_at_once_and_the_reader_works_again";
    /// From the submit of the transfer that the plug was pulled at, and for the bus to say so, in milliseconds.
    const AT_ONCE: f64 = 500.0;
    let Some(findings) = told(NAME, &USB) else { return };
    let cuts = of(&findings, "cuts");
    for cut in &cuts {
        println!("{cut}");
        assert_eq!(
            cut["transfer"], cut["cut"],
            "the transfer that was cut is the one that ends so"
        );
        assert!(cut["no_device_ms"].as_f64().unwrap() < AT_ONCE, "{cut}");
        assert!(cut["left_ms"].as_f64().unwrap() < AT_ONCE, "{cut}");
        assert_eq!(cut["code"], "device-gone", "{cut}");
        assert_eq!(
            (&cut["same_port"], &cut["new_address"]),
            (&Value::Bool(true), &Value::Bool(true))
        );
        assert_eq!(
            cut["image"]["sha256"],
            digest(&picture(1)),
            "plugged in again, it works"
        );
    }
    assert_eq!(cuts.len(), 6);
}

#[test]
fn every_read_that_waits_ends_with_the_plug_and_a_cancelled_one_ends_alone() {
    const NAME: &str = "every_read_that_waits_ends_with_the_plug_and_a_cancelled_one_ends_alone";
    let Some(findings) = told(NAME, &USB) else { return };
    let found = of(&findings, "waiting")[0];
    println!("{found}");
    assert_eq!(found["cancelled"], true);
    assert!(found["cancel_ms"].as_f64().unwrap() < 500.0);
    let ends = found["ends"].as_array().unwrap();
    assert_eq!(ends.len(), 3);
    for end in ends {
        assert_eq!(end["no_device"], true, "{found}");
        assert!(end["ms"].as_f64().unwrap() < 500.0, "{found}");
    }
    assert_eq!(found["refused"], "the device is gone");
}

#[test]
fn two_readers_with_the_same_ids_are_told_apart_by_their_ports() {
    const NAME: &str = "two_readers_with_the_same_ids_are_told_apart_by_their_ports";
    let Some(findings) = told(NAME, &USB) else { return };
    let rounds = of(&findings, "twins");
    let at = |round: usize, reader: usize| &rounds[round]["readers"][reader];
    for (round, order) in [[("A", 2), ("B", 3)], [("B", 3), ("A", 2)]].into_iter().enumerate() {
        println!("{}", rounds[round]);
        for (reader, (serial, number)) in order.into_iter().enumerate() {
            assert_eq!(at(round, reader)["serial"], serial);
            assert_eq!(at(round, reader)["image"]["sha256"], digest(&picture(number)));
            // The ports are the same ones in both rounds.
            assert_eq!(at(round, reader)["port"], at(0, reader)["port"]);
        }
    }
    assert_ne!(at(0, 0)["port"], at(0, 1)["port"]);
}

/// A recorded reader's image is the recording's picture.
fn recorded(test: &str, name: &str, folder: &str) {
    let Some(folder) = fixtures::shared(test, folder) else {
        return;
    };
    let Some(findings) = told(test, &USB) else { return };
    let found = of(&findings, "recorded");
    let found = found.iter().find(|found| found["name"] == name).unwrap();
    println!("{found}");
    let file = std::io::BufReader::new(std::fs::File::open(folder.join("capture.png")).unwrap());
    let mut png = png::Decoder::new(file).read_info().unwrap();
    let mut pixels = vec![0; png.output_buffer_size().unwrap()];
    let shape = png.next_frame(&mut pixels).unwrap();
    // The picture is grey, also where it is stored in colours.
    let samples = shape.color_type.samples();
    let pixels: Vec<u8> = pixels[..shape.buffer_size()].iter().copied().step_by(samples).collect();
    assert_eq!(
        (&found["image"]["width"], &found["image"]["height"]),
        (&shape.width.into(), &shape.height.into())
    );
    assert_eq!(found["image"]["sha256"], digest(&pixels));
}

#[test]
fn a_recorded_nb1010_gives_its_picture_through_the_kernel() {
    const NAME: &str = "a_recorded_nb1010_gives_its_picture_through_the_kernel";
    recorded(NAME, "recorded-nb1010", NB1010);
}

#[test]
fn a_recorded_uru4500_gives_its_picture_through_the_kernel_with_its_reads_pending() {
    const NAME: &str = "a_recorded_uru4500_gives_its_picture_through_the_kernel_with_its_reads_pending";
    recorded(NAME, "recorded-uru4000-4500", URU4500);
}

#[test]
fn the_sandbox_costs_little_beside_the_bus() {
    const NAME: &str = "the_sandbox_costs_little_beside_the_bus";
    let Some(findings) = told(NAME, &USB) else { return };
    let found = of(&findings, "cost")[0];
    println!("{found}");
    let figure = |name: &str| found[name].as_f64().unwrap();
    println!(
        "captures a second: {:.1} through the plugin, {:.1} natively, ratio of times {:.2}; processor time of a capture: \
         {:.1} ms and {:.1} ms, ratio {:.2} (interpreted by QEMU: the ratios tell, the times do not)",
        1e3 / figure("plugin_ms"),
        1e3 / figure("native_ms"),
        figure("plugin_ms") / figure("native_ms"),
        figure("plugin_processor_ms"),
        figure("native_processor_ms"),
        figure("plugin_processor_ms") / figure("native_processor_ms"),
    );
    assert!(figure("plugin_ms") < 3.0 * figure("native_ms"));
}

#[test]
fn a_keyboard_types_through_the_kernels_driver() {
    const NAME: &str = "a_keyboard_types_through_the_kernels_driver";
    let Some(findings) = told(NAME, &GADGETS) else { return };
    let found = of(&findings, "keyboard")[0];
    println!("{found}");
    // `P<7` by the kernel's codes: P, left shift and comma, 7; pressed 1, released 0.
    let keys: Vec<(u16, u16)> = serde_json::from_value(found["keys"].clone()).unwrap();
    assert_eq!(keys[..3], [(25, 1), (25, 0), (42, 1)]);
    assert_eq!(keys[3], (51, 1));
    let mut released = keys[4..6].to_vec();
    released.sort_unstable();
    assert_eq!(released, [(42, 0), (51, 0)]);
    assert_eq!(keys[6..], [(8, 1), (8, 0)]);
}

#[test]
fn a_keyboard_is_taken_from_the_kernels_driver_and_given_back() {
    const NAME: &str = "a_keyboard_is_taken_from_the_kernels_driver_and_given_back";
    let Some(findings) = told(NAME, &GADGETS) else { return };
    let found = of(&findings, "detached")[0];
    println!("{found}");
    assert_eq!(found["before"], "usbhid");
    assert_eq!(found["during"], "usbfs");
    assert_eq!(found["class"], serde_json::json!([3, 1, 1]));
    assert_eq!(found["report"], serde_json::json!([2, 0, 0x36, 0, 0, 0, 0, 0]));
    assert_eq!(found["after"], "usbhid", "released, it is the kernel's again");
}

#[test]
fn a_receipt_comes_out_of_the_kernels_printer_and_its_status_comes_back() {
    const NAME: &str = "a_receipt_comes_out_of_the_kernels_printer_and_its_status_comes_back";
    let Some(findings) = told(NAME, &GADGETS) else { return };
    let found = of(&findings, "printer")[0];
    println!("{found}");
    assert_eq!(found["class"], serde_json::json!([7, 1, 2]));
    assert_eq!(
        (&found["paper_out"], &found["cover_open"]),
        (&Value::Bool(false), &Value::Bool(false))
    );
    assert_eq!(found["outcome"], "Printed");
    assert_eq!(found["same_bytes"], true);
    let text = found["text"].as_str().unwrap();
    assert!(
        text.contains("Участок 2041") && text.contains("[QR kiosk:2041/17]"),
        "{text}"
    );
    assert!(text.ends_with("-- cut --\n"), "{text}");
}

#[test]
fn a_camera_gives_whole_frames_by_read_and_to_the_hosts_own_reader() {
    const NAME: &str = "a_camera_gives_whole_frames_by_read_and_to_the_hosts_own_reader";
    /// 640x360 pixels of two bytes.
    const FRAME: u32 = 640 * 360 * 2;
    let Some(findings) = told(NAME, &GADGETS) else { return };
    let found = of(&findings, "camera")[0];
    println!("{found}");
    assert_eq!(found["bytes"], serde_json::json!([FRAME, FRAME]));
    assert!(found["values"].as_u64().unwrap() > 8, "it is a picture");
    let side = |index: usize| found["own"][index].as_u64().unwrap();
    assert!(side(0) >= 320 && side(1) >= 180, "{found}");
    // The test picture: white, yellow, cyan, green, magenta, red, blue, black.
    assert_eq!(found["own_colours"], 8);
    assert_eq!(found["own_changes"], true);
}

#[test]
fn a_fat_stick_carries_keys_changes_and_a_repository_from_which_a_kiosk_takes_what_is_new() {
    const NAME: &str = "a_fat_stick_carries_keys_changes_and_a_repository_from_which_a_kiosk_takes_what_is_new";
    let Some(findings) = told(NAME, &STICK) else { return };
    let [found] = of(&findings, "stick")[..] else {
        panic!("{findings:#?}")
    };
    println!("{found}");
    assert_eq!(found["same_key"], true);
    assert_eq!(found["same_file"], true);
    assert!(found["files"][0].as_u64().unwrap() > 0 && found["files"][1].as_u64() > found["files"][0].as_u64());
    let runs = serde_json::json!({ "policy fingerprint-first": 2, "settings general": 2 });
    assert_eq!(found["runs"], runs);
}

#[test]
fn the_journal_has_after_a_power_cut_whatever_was_acknowledged_before_it() {
    const NAME: &str = "the_journal_has_after_a_power_cut_whatever_was_acknowledged_before_it";
    let Some(findings) = told(NAME, &POWER) else { return };
    let found = of(&findings, "power");
    for run in &found {
        println!("{run}");
    }
    let [flushing, not_flushing] = found[..] else {
        panic!("{found:#?}")
    };
    let none = Value::Array(Vec::new());
    assert_eq!(flushing["lost"], none);
    assert_eq!(flushing["broken"], none);
    assert!(flushing["looked_at"].as_u64().unwrap() >= 50);
    assert!(flushing["torn"].as_u64().unwrap() > 0);
    // Where the disk is never flushed, the same check finds events lost: it does look.
    assert_ne!(not_flushing["lost"], none, "the check would not see a lost event");
}

#[test]
fn an_update_is_old_or_new_after_a_power_cut_and_new_once_it_was_acknowledged() {
    const NAME: &str = "an_update_is_old_or_new_after_a_power_cut_and_new_once_it_was_acknowledged";
    let Some(findings) = told(NAME, &POWER_UPDATE) else {
        return;
    };
    let found = of(&findings, "power-update");
    for run in &found {
        println!("{run}");
    }
    let [flushing, not_flushing] = found[..] else {
        panic!("{found:#?}")
    };
    let none = Value::Array(Vec::new());
    assert_eq!(flushing["lost"], none);
    assert_eq!(flushing["broken"], none);
    let releases =
        |counter: u32| serde_json::json!({ "policy fingerprint-first": counter, "settings general": counter });
    assert_eq!((&flushing["from"], &flushing["to"]), (&releases(1), &releases(2)));
    let count = |name: &str| flushing[name].as_u64().unwrap();
    assert!(count("looked_at") >= 50 && count("torn") > 0);
    assert!(count("old_with_new_plan") > 0 && count("old") > count("old_with_new_plan") && count("new") > 0);
    assert_eq!(count("old") + count("new"), count("looked_at") + count("torn"));
    assert_eq!(count("mixed"), 0, "a policy and its settings come in together");
    assert!(count("started_on") > count("gone_on") && count("gone_on") >= count("acknowledged"));
    // Where the disk is never flushed, the same check finds the update lost, or what it stands on broken.
    let is_found = |name: &str| not_flushing[name] != none;
    assert!(
        is_found("lost") || is_found("broken"),
        "the check would not see a lost update"
    );
}
