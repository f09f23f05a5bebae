//! What the sandbox costs: captures through plugin and host beside the same driver's code natively on libusb's blocking
//! transfers, in turns, on two equal readers.

use crate::Outcome;
use crate::attach::{arrived, attach, detach, left};
use crate::plugins::load;
use crate::readers::{CAPTURE, NB1010};
use crate::told::Told;
use devices::bus::Bus as _;
use devices::usb_bus::UsbBus;
use nb1010_driver::reader;
use plugin_runtime::driver::Start;
use plugin_runtime::scanner::Scanner;
use plugin_sdk::usb::{Status, Usb};
use rusb::UsbContext as _;
use serde_json::json;
use std::time::{Duration, Instant};

/// Captures of each side, in turns, so that what else the machine does meets both.
const CAPTURES: usize = 41;
/// Captures before those that count.
const WARMING: usize = 3;

/// A device's handle with blocking transfers, as a program without this host would do it.
struct Straight {
    handle: rusb::DeviceHandle<rusb::Context>,
}

impl Straight {
    fn open(address: u8) -> Outcome<Self> {
        let context = rusb::Context::new()?;
        let devices = context.devices()?;
        let device = devices.iter().find(|device| {
            let ids = device
                .device_descriptor()
                .map(|ids| (ids.vendor_id(), ids.product_id()));
            ids == Ok(NB1010) && device.address() == address
        });
        let handle = device.ok_or("the reader is not there")?.open()?;
        handle.claim_interface(0)?;
        Ok(Self { handle })
    }
}

fn status(error: rusb::Error) -> Status {
    match error {
        rusb::Error::Timeout => Status::TimedOut,
        rusb::Error::NoDevice => Status::NoDevice,
        rusb::Error::Pipe => Status::Stalled,
        rusb::Error::Overflow => Status::Overflow,
        _ => Status::IoError,
    }
}

fn within(ms: u32) -> Duration {
    Duration::from_millis(u64::from(ms))
}

impl Usb for Straight {
    fn write(&self, endpoint: u8, data: &[u8], timeout_ms: u32) -> Result<(), Status> {
        self.handle
            .write_bulk(endpoint, data, within(timeout_ms))
            .map(drop)
            .map_err(status)
    }

    fn read(&self, endpoint: u8, length: u32, timeout_ms: u32) -> Result<Vec<u8>, Status> {
        let mut data = vec![0; usize::try_from(length).map_err(|_| Status::IoError)?];
        let moved = self
            .handle
            .read_bulk(endpoint, &mut data, within(timeout_ms))
            .map_err(status)?;
        data.truncate(moved);
        Ok(data)
    }

    fn clear_halt(&self, endpoint: u8) -> Result<(), Status> {
        self.handle.clear_halt(endpoint).map_err(status)
    }

    fn pause(&self, ms: u32) {
        std::thread::sleep(within(ms));
    }

    fn remaining_ms(&self) -> u32 {
        u32::try_from(CAPTURE.as_millis()).unwrap_or(u32::MAX)
    }
}

/// Processor time of all threads of this program so far, in nanoseconds, as the scheduler counts it.
fn processor_time() -> Outcome<u64> {
    let mut sum = 0;
    for task in std::fs::read_dir("/proc/self/task")? {
        let line = std::fs::read_to_string(task?.path().join("schedstat"))?;
        let spent: u64 = line.split_ascii_whitespace().next().unwrap_or("0").parse()?;
        sum += spent;
    }
    Ok(sum)
}

/// What each capture of a side took, in milliseconds.
#[derive(Default)]
struct Side {
    wall: Vec<f64>,
    processor: Vec<f64>,
}

impl Side {
    fn take(&mut self, capture: impl FnOnce() -> Outcome) -> Outcome {
        let (processor, began) = (processor_time()?, Instant::now());
        capture()?;
        let wall = began.elapsed();
        let processor = Duration::from_nanos(processor_time()?.saturating_sub(processor));
        self.wall.push(wall.as_secs_f64() * 1e3);
        self.processor.push(processor.as_secs_f64() * 1e3);
        Ok(())
    }
}

/// The middle one: a machine that does other things for a moment makes some captures far longer than all others.
fn median(figures: &mut [f64]) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or_default()
}

/// Both sides in turns.
pub(crate) fn cost(told: &mut Told, server: u16) -> Outcome {
    let bus = UsbBus::start()?;
    attach(server, "nb1010", 0)?;
    let one = arrived(&bus, NB1010.0, NB1010.1)?;
    attach(server, "nb1010", 1)?;
    let other = arrived(&bus, NB1010.0, NB1010.1)?;
    let scanner = Scanner::start(&load("nb1010")?, vec![bus.open(&one.place, 0)?], Start::default())?;
    let straight = Straight::open(other.place.address)?;
    let (mut plugin, mut native) = (Side::default(), Side::default());
    let through = || Ok(scanner.capture(CAPTURE, |_| ()).map(drop)?);
    let directly = || match reader::capture(&straight, |_| ()) {
        Ok(_) => Ok(()),
        Err(fault) => Err(format!("the reader gave no image ({})", fault.code).into()),
    };
    for _ in 0..WARMING {
        Side::default().take(through)?;
        Side::default().take(directly)?;
    }
    for _ in 0..CAPTURES {
        plugin.take(through)?;
        native.take(directly)?;
    }
    told.found(
        "cost",
        json!({
            "captures": CAPTURES,
            "plugin_ms": median(&mut plugin.wall),
            "native_ms": median(&mut native.wall),
            "plugin_processor_ms": median(&mut plugin.processor),
            "native_processor_ms": median(&mut native.processor),
            "clock": std::fs::read_to_string("/sys/devices/system/clocksource/clocksource0/current_clocksource")?.trim(),
        }),
    )?;
    drop((scanner, straight));
    for (port, found) in [(0, one), (1, other)] {
        detach(port)?;
        left(&bus, &found.place)?;
    }
    Ok(())
}
