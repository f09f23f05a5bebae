//! `recorded-reader`: the gateway's station on the reader that is plugged in, started by a test under a device recording.
//!
//! The voter whose finger is on the recording is enrolled on a small roll with it, so that the image goes the whole way:
//! driver plugin, matcher, policy, admission, journal, export. What was seen is printed as JSON for the test to judge.

mod capture;
mod counted;
mod station;

use counted::CountedBus;
use devices::bus::Bus as _;
use devices::transfer::{ClaimedInterface, Completion, Request, Status};
use devices::usb_bus::UsbBus;
use gateway::assembly::{Ground, Kiosk};
use gateway::clock::SystemClock;
use gateway::configuration::Configuration;
use gateway::plugs::Watch;
use identification::command::Command;
use identification::event::{CheckInId, Event};
use identification::evidence::Modality;
use identification::next::Next;
use serde_json::{Value, json};
use std::error::Error;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let done = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["identify", recording, work, plugins, nonce] => {
            identify(Path::new(recording), Path::new(work), Path::new(plugins), nonce)
        }
        ["cancel", endpoint] => cancel(endpoint),
        ["capture", plugin, nonce] => capture::capture(Path::new(plugin), nonce),
        ["watch", recording, work, plugins, plugs] => {
            watch(Path::new(recording), Path::new(work), Path::new(plugins), plugs)
        }
        _ => Err(
            "usage: recorded-reader identify RECORDING WORK PLUGINS NONCE | capture PLUGIN NONCE | cancel ENDPOINT | \
             watch RECORDING WORK PLUGINS PLUGS"
                .into(),
        ),
    };
    match done {
        Ok(seen) => {
            println!("{seen}");
            ExitCode::SUCCESS
        }
        Err(sentence) => {
            eprintln!("recorded-reader: {sentence}");
            ExitCode::FAILURE
        }
    }
}

/// The seed of a recording is the first four bytes of the nonce, little-endian.
fn nonce_of(seed: &str) -> Result<[u8; 32], Box<dyn Error>> {
    let mut nonce = [0; 32];
    nonce[..4].copy_from_slice(&u32::from_str_radix(seed, 16)?.to_le_bytes());
    Ok(nonce)
}

fn identify(recording: &Path, work: &Path, plugins: &Path, seed: &str) -> Result<Value, Box<dyn Error>> {
    let expected = station::grey_png(&recording.join("capture.png"))?;
    let dpi = match recording.file_name().and_then(|name| name.to_str()) {
        Some("nb1010") => 385,
        Some("upektc_img" | "upektc_img-tcs1s") => 381,
        _ => 512,
    };
    let config = station::prepare(work, plugins, &expected, dpi)?;
    let nonce = nonce_of(seed)?;
    let bus = Arc::new(CountedBus::new(UsbBus::start()?));
    let ground = Ground {
        bus: Arc::clone(&bus) as Arc<dyn devices::bus::Bus>,
        clock: Arc::new(SystemClock),
        nonce: Arc::new(move || nonce),
        observer: None,
    };
    let kiosk = Kiosk::assemble(&Configuration::read(&config)?, ground)?;
    let officers = || vec!["Sadykova A.".to_owned(), "Ivanov P.".to_owned()];
    kiosk.open_polls(officers())?;
    let id = kiosk.start()?;
    let Some(Next::CaptureFinger(asked)) = kiosk.next(id) else {
        return Err("the policy does not ask for a finger".into());
    };
    let started = Instant::now();
    let image = kiosk.take_image()?;
    let took = started.elapsed();
    let shape = (u32::from(image.image.width), u32::from(image.image.height));
    let identical = image.image.pixels == expected.pixels && shape == (expected.width, expected.height);
    kiosk.examine(id, asked, &image, took)?;
    lead_to_the_end(&kiosk, id, &officers())?;
    kiosk.close_polls(officers())?;
    let turnout = String::from_utf8(kiosk.export("turnout-by-hour")?)?;
    let report = kiosk.verify()?;
    Ok(json!({
        "scanner": kiosk.scanner().unwrap_or_default(),
        "identical": identical,
        "width": expected.width,
        "height": expected.height,
        "capture_ms": took.as_millis(),
        "reads_pending_under_control": bus.most_reads_under_control(),
        "admitted": report.counts.identified,
        "issued": report.counts.issued,
        "events": report.events,
        "turnout": turnout,
    }))
}

/// The operator confirms the photo; there is no printer, so the officers write the receipt by hand.
fn lead_to_the_end(kiosk: &Kiosk, id: CheckInId, officers: &[String]) -> Result<(), Box<dyn Error>> {
    for _ in 0..8 {
        match kiosk.next(id) {
            Some(Next::ConfirmPhoto(voter)) => drop(kiosk.confirm_photo(id, voter, true)?),
            Some(Next::PrintReceipt { .. }) => kiosk.command(Command::IssueByHand(id, officers.to_vec()))?,
            _ => return Ok(()),
        }
    }
    Ok(())
}

/// The station while a reader comes and goes: prints each plug as soon as it stands in the journal, and ends after so many.
fn watch(recording: &Path, work: &Path, plugins: &Path, plugs: &str) -> Result<Value, Box<dyn Error>> {
    let plugs: usize = plugs.parse()?;
    let picture = station::grey_png(&recording.join("capture.png"))?;
    let config = station::prepare(work, plugins, &picture, 512)?;
    let ground = Ground {
        bus: Arc::new(UsbBus::start()?),
        clock: Arc::new(SystemClock),
        nonce: gateway::ports::random_nonce(),
        observer: None,
    };
    let kiosk = Arc::new(Kiosk::assemble(&Configuration::read(&config)?, ground)?);
    let _watch = Watch::start(&kiosk)?;
    println!("READY {}", kiosk.available().contains(&Modality::Fingerprint));
    let started = Instant::now();
    let mut told = 0;
    while told < plugs && started.elapsed() < Duration::from_secs(30) {
        let entries = kiosk.look(gateway::desk::Desk::entries)?;
        let devices: Vec<String> = entries
            .iter()
            .filter_map(|entry| match &entry.event {
                Event::Device { role, code } => Some(format!("{role} {code}")),
                _ => None,
            })
            .collect();
        for device in &devices[told..] {
            println!("{device} {}", kiosk.available().contains(&Modality::Fingerprint));
        }
        told = devices.len();
        std::thread::sleep(Duration::from_millis(5));
    }
    // The screen follows the journal.
    while kiosk.notices().is_empty() && started.elapsed() < Duration::from_secs(30) {
        std::thread::sleep(Duration::from_millis(5));
    }
    Ok(json!({ "plugs": told, "notices": kiosk.notices(), "events": kiosk.verify()?.events }))
}

/// A read that waits for what never comes is taken back from another thread.
fn cancel(endpoint: &str) -> Result<Value, Box<dyn Error>> {
    let endpoint = u8::from_str_radix(endpoint, 16)?;
    let bus = UsbBus::start()?;
    let device = bus
        .list()?
        .into_iter()
        .find(|found| found.vendor_id == 0x05ba)
        .ok_or("no reader is plugged in")?;
    let mut interface = bus.open(&device.place, 0)?;
    let by_ticket = time_of(&mut *interface, endpoint, |interface, ticket| interface.cancel(ticket))?;
    let canceller = interface.canceller();
    let by_canceller = time_of(&mut *interface, endpoint, |_, _| canceller.cancel())?;
    let started = Instant::now();
    let waiting = interface.submit(Request::DataIn { endpoint, length: 64 }, Duration::from_millis(120))?;
    let late = interface
        .wait(&[waiting], Duration::from_secs(5))
        .ok_or("a time-out was never told")?;
    Ok(json!({
        "cancel_ms": by_ticket.as_secs_f64() * 1e3,
        "cancel_all_ms": by_canceller.as_secs_f64() * 1e3,
        "timed_out": late.status == Status::TimedOut,
        "timed_out_after_ms": started.elapsed().as_millis(),
    }))
}

fn time_of(
    interface: &mut dyn ClaimedInterface,
    endpoint: u8,
    cancel: impl FnOnce(&mut dyn ClaimedInterface, devices::transfer::Ticket),
) -> Result<Duration, Box<dyn Error>> {
    let ticket = interface.submit(Request::DataIn { endpoint, length: 64 }, Duration::from_secs(60))?;
    if interface.wait(&[ticket], Duration::from_millis(200)).is_some() {
        return Err("the read did not wait".into());
    }
    let started = Instant::now();
    cancel(interface, ticket);
    match interface.wait(&[ticket], Duration::from_secs(5)) {
        Some(Completion {
            status: Status::Cancelled,
            ..
        }) => Ok(started.elapsed()),
        other => Err(format!("the read ended as {other:?}").into()),
    }
}
