//! A driver on its device, for one call: a device that is plugged in, or a recording.

use crate::sentence::Sentence;
use devices::bus::{Bus, Place};
use devices::transfer::ClaimedInterface;
use identification::event::PrintOutcome;
use plugin_runtime::driver::{DriverError, Start};
use plugin_runtime::grants::Allowed;
use plugin_runtime::plugin::{LogMode, Plugin};
use plugin_runtime::printer::Block;
use plugin_runtime::runtime::Runtime;
use plugin_runtime::scanner::Stage;
use plugin_runtime::{FingerImage, document_reader, printer, scanner};
use std::path::Path;
use std::time::Duration;

/// Loads a plugin on a developer's machine: with all that it asks for, and with all that it says.
///
/// # Errors
/// A sentence.
pub fn load(path: &Path) -> Result<(Runtime, Plugin, Vec<u8>), Sentence> {
    let bytes = plugin_runtime::plugin::read(path)?;
    let manifest = plugin_package::read_manifest(&bytes)?;
    let runtime = Runtime::new(LogMode::Development)?;
    let plugin = runtime.load(&bytes, None, &Allowed::all_asked(&manifest))?;
    Ok((runtime, plugin, bytes))
}

/// Claims the device that the driver asks for.
///
/// # Errors
/// A sentence: nothing of the kind is plugged in, or it cannot be used.
pub fn claim(
    bus: &dyn Bus,
    plugin: &Plugin,
    port: Option<&str>,
) -> Result<(Place, Vec<Box<dyn ClaimedInterface>>), Sentence> {
    let found = bus.list()?;
    let asked: Vec<(u16, u16, u8)> = plugin.grants().interfaces().collect();
    let fits = |one: &&devices::bus::Found| {
        let wanted = asked
            .iter()
            .any(|(vendor, product, _)| (*vendor, *product) == (one.vendor_id, one.product_id));
        wanted && port.is_none_or(|port| one.place.port == port)
    };
    let Some(device) = found.iter().find(fits) else {
        let kinds: Vec<String> = asked
            .iter()
            .map(|(vendor, product, _)| format!("{vendor:04x}:{product:04x}"))
            .collect();
        return Err(Sentence(format!(
            "no device that `{}` drives is plugged in ({}); plug it in, or use --recording",
            plugin.name(),
            kinds.join(", ")
        )));
    };
    let interfaces = asked
        .iter()
        .filter(|(vendor, product, _)| (*vendor, *product) == (device.vendor_id, device.product_id))
        .map(|(_, _, interface)| bus.open(&device.place, *interface))
        .collect::<Result<Vec<_>, _>>()?;
    Ok((device.place.clone(), interfaces))
}

/// What a call gave.
#[derive(Debug)]
pub enum Gave {
    /// a scanner's
    Finger {
        /// vendor and model
        device: String,
        /// the image
        image: Box<FingerImage>,
        /// the stages that were told
        stages: Vec<Stage>,
    },
    /// a document reader's
    Document(document_reader::Document),
    /// a printer's
    Printed {
        /// how the receipt came out
        outcome: PrintOutcome,
        /// how the printer was before
        state: printer::State,
    },
}

/// What a driver is started with.
///
/// # Errors
/// A sentence: the system has no randomness.
pub fn nonce() -> Result<[u8; 32], Sentence> {
    let mut nonce = [0; 32];
    getrandom::fill(&mut nonce).map_err(|cause| Sentence(format!("the system gave no randomness: {cause}")))?;
    Ok(nonce)
}

/// The name of the call that a driver's contract is about.
#[must_use]
pub fn call_name(contract: &str) -> &'static str {
    match contract {
        document_reader::CONTRACT => "read",
        printer::CONTRACT => "print",
        _ => "capture",
    }
}

/// Opens the device and calls the driver once. `during` is told before each call by its name, and after it with its code.
///
/// # Errors
/// The driver's, or that the plugin is no driver.
pub fn call(
    plugin: &Plugin,
    interfaces: Vec<Box<dyn ClaimedInterface>>,
    nonce: [u8; 32],
    timeout: Duration,
    during: &dyn Fn(&str, Option<&str>),
) -> Result<Gave, Sentence> {
    let start = Start {
        nonce,
        ..Start::default()
    };
    let contract = plugin.manifest().contract.to_string();
    let name = call_name(&contract);
    match contract.as_str() {
        scanner::CONTRACT => {
            let scanner = told(during, "open", || scanner::Scanner::start(plugin, interfaces, start))?;
            let said = scanner.description().clone();
            let (send, stages) = std::sync::mpsc::channel();
            let capture = told(during, name, || {
                scanner.capture(timeout, move |stage| {
                    // Whoever listens listens until the call's end.
                    let _ = send.send(stage);
                })
            })?;
            let closed = told(during, "close", || scanner.close().map_err(DriverError::from));
            closed?;
            let image = capture.fingers.into_iter().next();
            let image = image.ok_or_else(|| Sentence("the capture gave no finger".to_owned()))?;
            Ok(Gave::Finger {
                device: format!("{} {}", said.vendor, said.model),
                image: Box::new(image),
                stages: stages.iter().collect(),
            })
        }
        document_reader::CONTRACT => {
            let reader = told(during, "open", || {
                document_reader::DocumentReader::start(plugin, interfaces, start)
            })?;
            Ok(Gave::Document(told(during, name, || reader.read(timeout, |_| ()))?))
        }
        printer::CONTRACT => {
            let printer = told(during, "open", || printer::Printer::start(plugin, interfaces, start))?;
            let state = told(during, "state", || printer.state())?;
            let outcome = told(during, name, || printer.print(test_receipt()))?;
            Ok(Gave::Printed { outcome, state })
        }
        other => Err(Sentence(format!("the plugin is made for {other}, and so no driver"))),
    }
}

fn told<T>(
    during: &dyn Fn(&str, Option<&str>),
    name: &str,
    call: impl FnOnce() -> Result<T, DriverError>,
) -> Result<T, Sentence> {
    during(name, None);
    let result = call();
    match &result {
        Ok(_) => during(name, Some("ok")),
        Err(cause) => during(name, Some(&cause.code())),
    }
    Ok(result?)
}

/// A short receipt with one of each kind of block.
#[must_use]
pub fn test_receipt() -> Vec<Block> {
    let line = |value: &str, size, bold, centred| Block::Line {
        value: value.to_owned(),
        size,
        bold,
        centred,
    };
    vec![
        line("PLUGIN-KIT", printer::Size::Large, true, true),
        Block::Rule,
        line(
            "A test receipt, not valid for anything.",
            printer::Size::Normal,
            false,
            false,
        ),
        Block::QrCode("plugin-kit test".to_owned()),
        Block::Raster {
            width: 16,
            height: 2,
            bits: vec![0xaa, 0xaa, 0x55, 0x55],
        },
        Block::Feed(2),
        Block::Cut,
    ]
}
