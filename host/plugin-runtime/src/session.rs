//! A driver on its device, for one call of its contract: opened, called, closed. So a driver is tried, recorded and held against a
//! recording.

use crate::driver::{DriverError, Start};
use crate::plugin::Plugin;
use crate::printer::Block;
use crate::scanner::Stage;
use crate::{FingerImage, document_reader, printer, scanner};
use devices::transfer::ClaimedInterface;
use identification::event::PrintOutcome;
use std::time::Duration;

/// Why a call gave nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// the driver's
    #[error(transparent)]
    Driver(#[from] DriverError),
    /// another plugin
    #[error("the plugin is made for {0}, and so no driver")]
    NoDriver(String),
    /// a capture without an image
    #[error("the capture gave no finger")]
    NoFinger,
}

/// What a call gave.
#[derive(Debug)]
pub enum Gave {
    /// a scanner's
    Finger {
        /// vendor and model
        device: String,
        /// all that the driver says of the scanner
        description: Box<scanner::Description>,
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
) -> Result<Gave, CallError> {
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
            let image = image.ok_or(CallError::NoFinger)?;
            Ok(Gave::Finger {
                device: format!("{} {}", said.vendor, said.model),
                description: Box::new(said),
                image: Box::new(image),
                stages: stages.iter().collect(),
            })
        }
        document_reader::CONTRACT => {
            let reader = told(during, "open", || {
                document_reader::DocumentReader::start(plugin, interfaces, start)
            })?;
            let document = told(during, name, || reader.read(timeout, |_| ()))?;
            Ok(Gave::Document(document))
        }
        printer::CONTRACT => {
            let printer = told(during, "open", || printer::Printer::start(plugin, interfaces, start))?;
            let state = told(during, "state", || printer.state())?;
            let outcome = told(during, name, || printer.print(test_receipt()))?;
            Ok(Gave::Printed { outcome, state })
        }
        _ => Err(CallError::NoDriver(contract)),
    }
}

fn told<T>(
    during: &dyn Fn(&str, Option<&str>),
    name: &str,
    call: impl FnOnce() -> Result<T, DriverError>,
) -> Result<T, DriverError> {
    during(name, None);
    let result = call();
    match &result {
        Ok(_) => during(name, Some("ok")),
        Err(cause) => during(name, Some(&cause.code())),
    }
    result
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
