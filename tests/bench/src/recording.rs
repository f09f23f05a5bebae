//! The same with the recording of a real reader, replayed under libusb by umockdev. Each way of reading it runs in a
//! process of its own: this program again, under `umockdev-run`.

use crate::Outcome;
use crate::length::Length;
use crate::native_usb::{CAPTURE, OnSeam, Straight, capture};
use crate::plugins::Plugins;
use crate::row::Row;
use crate::statistics::{Sample, timed};
use clap::ValueEnum;
use devices::bus::Bus as _;
use devices::transfer::ClaimedInterface;
use devices::usb_bus::UsbBus;
use plugin_runtime::driver::Start;
use plugin_runtime::scanner::Scanner;
use std::path::{Path, PathBuf};
use std::process::Command;

const VENDOR: u16 = 0x298d;
const PRODUCT: u16 = 0x1010;
/// Of a capture in the recording: three commands with their answers, 90 packets of lines.
const TRANSFERS: f64 = 96.0;
const RECORDING: &str = "../shared/data/usb-recordings/nb1010";
const AGAINST_RUSB: &str = "USB transfer, recorded reader";
const AGAINST_BUS: &str = "USB transfer, recorded reader, host's bus";

/// How the recorded reader is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Way {
    /// the driver as a plugin, on the host's bus
    Plugin,
    /// the driver natively, on the host's bus
    Native,
    /// the driver natively, on libusb's blocking transfers
    Straight,
}

/// The rows of the recorded reader.
pub(crate) fn rows(length: Length) -> Outcome<Vec<Row>> {
    eprintln!("bench: transfer, recorded reader");
    let recording = match Recording::find() {
        Ok(recording) => recording,
        Err(reason) => {
            return Ok([AGAINST_RUSB, AGAINST_BUS]
                .map(|what| Row::skipped(what, &reason))
                .to_vec());
        }
    };
    let captures = length.pick(10, 2);
    let (mut plugin, mut native, mut straight) = (Vec::new(), Vec::new(), Vec::new());
    // In turns, so that what else the machine does meets all three.
    for _ in 0..length.pick(10, 1) {
        plugin.extend(recording.replayed(Way::Plugin, captures)?);
        native.extend(recording.replayed(Way::Native, captures)?);
        straight.extend(recording.replayed(Way::Straight, captures)?);
    }
    let plugin = Sample::of(plugin)?;
    let shares = "a capture divided by its 96 transfers; nearly all of it is umockdev, which answers every ioctl in \
                  place of the kernel, and a real bus adds its own time on both sides";
    Ok(vec![
        Row::times(
            AGAINST_RUSB,
            (plugin.clone(), Sample::of(straight)?),
            "the same driver, native, straight on rusb",
            format!(
                "{shares}. The peer blocks in libusb, which asks the kernel once more for finished transfers before it \
                 returns; the host's event thread asks while the driver goes on, so the plugin's side can be the faster"
            ),
        ),
        Row::times(
            AGAINST_BUS,
            (plugin, Sample::of(native)?),
            "the same driver, native, host's bus",
            "the same figure beside the native driver on the same bus with the same event thread: what the sandbox \
             alone adds. Driver, event thread and umockdev are three threads, and how the scheduler places them weighs \
             more than the sandbox's microsecond",
        ),
    ])
}

/// What umockdev replays.
struct Recording {
    folder: PathBuf,
    /// the device's node, as the recording names it
    node: String,
}

impl Recording {
    /// The shared recording, or why it cannot be replayed here.
    fn find() -> Result<Self, String> {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let folder = here.ancestors().nth(2).unwrap_or(here).join(RECORDING);
        let description = std::fs::read_to_string(folder.join("device"))
            .map_err(|cause| format!("{RECORDING}/device cannot be read ({cause})"))?;
        if !folder.join("capture.ioctl").is_file() {
            return Err(format!("{RECORDING}/capture.ioctl is missing"));
        }
        let node = description
            .lines()
            .find_map(|line| line.strip_prefix("N: ")?.split('=').next());
        let node = node
            .map(|node| format!("/dev/{node}"))
            .ok_or("the recording does not name its device's node")?;
        Command::new("umockdev-run")
            .arg("--version")
            .output()
            .map_err(|cause| format!("umockdev-run does not start ({cause}); install umockdev"))?;
        Ok(Self { folder, node })
    }

    /// Seconds per transfer of these captures, out of a process of their own.
    fn replayed(&self, way: Way, captures: usize) -> Outcome<Vec<f64>> {
        let name = way
            .to_possible_value()
            .map(|value| value.get_name().to_owned())
            .unwrap_or_default();
        let mut replay = self.folder.join("capture.ioctl").into_os_string();
        replay = {
            let mut argument = std::ffi::OsString::from(format!("{}=", self.node));
            argument.push(replay);
            argument
        };
        let done = Command::new("umockdev-run")
            .arg("-d")
            .arg(self.folder.join("device"))
            .arg("-i")
            .arg(replay)
            .arg("--")
            .arg(std::env::current_exe()?)
            .args(["--recorded", &name, "--captures", &captures.to_string()])
            .output()?;
        if !done.status.success() {
            let said = String::from_utf8_lossy(&done.stderr);
            return Err(format!("the recording could not be replayed ({name}): {}", said.trim()).into());
        }
        Ok(serde_json::from_slice(&done.stdout)?)
    }
}

/// Reads the reader that umockdev shows to this process; says the seconds per transfer of each capture, as JSON.
pub(crate) fn replay(way: Way, captures: usize) -> Outcome<String> {
    let seconds = match way {
        Way::Plugin => {
            let bus = UsbBus::start()?;
            let scanner = Scanner::start(
                &Plugins::start()?.load("nb1010")?,
                vec![claimed(&bus)?],
                Start::default(),
            )?;
            repeated(captures, || Ok(scanner.capture(CAPTURE, |_| ()).map(drop)?))?
        }
        Way::Native => {
            let bus = UsbBus::start()?;
            let usb = OnSeam::new(claimed(&bus)?);
            repeated(captures, || capture(&usb).map(drop))?
        }
        Way::Straight => {
            let usb = Straight::open(VENDOR, PRODUCT)?;
            repeated(captures, || capture(&usb).map(drop))?
        }
    };
    Ok(serde_json::to_string(&seconds)?)
}

fn claimed(bus: &UsbBus) -> Outcome<Box<dyn ClaimedInterface>> {
    let found = bus
        .list()?
        .into_iter()
        .find(|found| (found.vendor_id, found.product_id) == (VENDOR, PRODUCT));
    let found = found.ok_or("the recorded reader is not on the bus")?;
    Ok(bus.open(&found.place, 0)?)
}

/// Once to warm up, then so many times.
fn repeated(captures: usize, mut capture: impl FnMut() -> Outcome<()>) -> Outcome<Vec<f64>> {
    capture()?;
    (0..captures)
        .map(|_| timed(&mut capture).map(|((), took)| took.as_secs_f64() / TRANSFERS))
        .collect()
}
