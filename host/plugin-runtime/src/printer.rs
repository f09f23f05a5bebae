//! Receipt printers: a driver plugin that holds its claimed interface (`kiosk:driver/receipt-printer`).

use crate::actor::{Actor, After};
use crate::bindings::base::kiosk::driver::faults;
use crate::bindings::printer::exports::kiosk::driver::receipt_printer as wire;
use crate::bindings::printer::{ReceiptPrinterDriver, ReceiptPrinterDriverPre};
use crate::claimed::Claimed;
use crate::driver::{self, DriverError, Instance, Kind, Start};
use crate::error::PluginError;
use crate::guest::Guest;
use crate::plugin::{LoadError, Plugin};
use devices::transfer::ClaimedInterface;
use identification::event::PrintOutcome;
use std::time::Duration;
use wasmtime::Store;
use wasmtime::component::{Component, Linker, Resource, ResourceAny};

/// What a plugin for this place is made for.
pub const CONTRACT: &str = "kiosk:driver/receipt-printer-driver@0.1.0";

const STATE: Duration = Duration::from_secs(2);
/// A long receipt on a slow printer.
const PRINT: Duration = Duration::from_secs(15);

/// Letter height.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Size {
    /// as the printer has it
    #[default]
    Normal,
    /// twice as wide and high
    Large,
}

/// One piece of a receipt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Block {
    /// a line of text
    Line {
        /// the text
        value: String,
        /// its height
        size: Size,
        /// bold
        bold: bool,
        /// in the middle
        centred: bool,
    },
    /// a line across
    Rule,
    /// a QR code, up to 512 bytes
    QrCode(String),
    /// a picture: 1 bit a dot, rows padded to bytes, most significant bit left, 1 prints
    Raster {
        /// dots
        width: u16,
        /// dots
        height: u16,
        /// rows
        bits: Vec<u8>,
    },
    /// empty lines
    Feed(u8),
    /// cut the paper
    Cut,
}

/// How a printer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct State {
    /// little paper left
    pub paper_low: bool,
    /// no paper
    pub paper_out: bool,
    /// the cover is open
    pub cover_open: bool,
    /// it saves power, and wakes when something is printed
    pub asleep: bool,
    /// dots across
    pub dots_per_line: u16,
}

/// A running driver with its printer.
#[derive(Debug)]
pub struct Printer {
    actor: Actor<Instance<Paper>>,
}

/// The contract of printers.
struct Paper;

impl Kind for Paper {
    const CONTRACT: &'static str = CONTRACT;
    type Bindings = ReceiptPrinterDriver;

    fn linker(plugin: &Plugin) -> wasmtime::Result<Linker<Guest>> {
        driver::linker(plugin)
    }

    fn check(plugin: &Plugin, linker: &Linker<Guest>) -> wasmtime::Result<()> {
        ReceiptPrinterDriverPre::new(linker.instantiate_pre(&plugin.component)?).map(drop)
    }

    fn instantiate(
        store: &mut Store<Guest>,
        component: &Component,
        linker: &Linker<Guest>,
    ) -> wasmtime::Result<Self::Bindings> {
        ReceiptPrinterDriver::instantiate(store, component, linker)
    }

    fn open(
        bindings: &Self::Bindings,
        store: &mut Store<Guest>,
        interfaces: &[Resource<Claimed>],
        start: &faults::Start,
    ) -> wasmtime::Result<Result<ResourceAny, faults::Fault>> {
        let printer = bindings.kiosk_driver_receipt_printer().printer();
        printer.call_open(store, interfaces, start)
    }
}

impl std::fmt::Debug for Actor<Instance<Paper>> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("printer driver")
    }
}

/// Checks that a plugin can be a printer's driver, without a device.
///
/// # Errors
/// [`LoadError`].
pub fn fits(plugin: &Plugin) -> Result<(), LoadError> {
    driver::fits::<Paper>(plugin)
}

/// Tries whether an instance of the driver starts, without a device.
pub(crate) fn starts(plugin: &Plugin) -> Result<(), DriverError> {
    driver::starts::<Paper>(plugin)
}

impl Printer {
    /// Starts the driver on its interfaces and opens the device.
    ///
    /// # Errors
    /// [`DriverError`].
    pub fn start(
        plugin: &Plugin,
        interfaces: Vec<Box<dyn ClaimedInterface>>,
        start: Start,
    ) -> Result<Self, DriverError> {
        let actor = driver::start::<Paper>(plugin, interfaces, start)?;
        Ok(Self { actor })
    }

    /// How the printer is now.
    ///
    /// # Errors
    /// [`DriverError`].
    pub fn state(&self) -> Result<State, DriverError> {
        let state = self.actor.ask("state", |instance| {
            instance.ask("state", STATE, |store, bindings, printer| {
                bindings
                    .kiosk_driver_receipt_printer()
                    .printer()
                    .call_state(store, printer)
            })
        })??;
        Ok(State {
            paper_low: state.paper_low,
            paper_out: state.paper_out,
            cover_open: state.cover_open,
            asleep: state.asleep,
            dots_per_line: state.dots_per_line,
        })
    }

    /// Prints; returns when the paper is out as far as the device can tell.
    ///
    /// # Errors
    /// [`DriverError`]: whether anything came out is then unknown.
    pub fn print(&self, blocks: Vec<Block>) -> Result<PrintOutcome, DriverError> {
        let outcome = self.actor.ask("print", move |instance| {
            let blocks: Vec<wire::Block> = blocks.into_iter().map(to_wire).collect();
            instance.ask("print", PRINT, |store, bindings, printer| {
                bindings
                    .kiosk_driver_receipt_printer()
                    .printer()
                    .call_print(store, printer, &blocks)
            })
        })??;
        Ok(match outcome {
            wire::Outcome::Printed => PrintOutcome::Printed,
            wire::Outcome::NotPrinted => PrintOutcome::NotPrinted,
            wire::Outcome::Unknown => PrintOutcome::Unknown,
        })
    }

    /// Bytes of memory that the driver holds now.
    ///
    /// # Errors
    /// [`PluginError`].
    pub fn memory(&self) -> Result<usize, PluginError> {
        self.actor
            .ask("memory", |instance| (instance.store.data().memory_taken(), After::Goes))
    }

    /// Ends the call that runs now; it returns within the grace.
    pub fn cancel(&self) {
        self.actor.cancel();
    }

    /// False once a call ended the plugin.
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.actor.is_running()
    }
}

fn to_wire(block: Block) -> wire::Block {
    match block {
        Block::Line {
            value,
            size,
            bold,
            centred,
        } => {
            let size = match size {
                Size::Normal => wire::Size::Normal,
                Size::Large => wire::Size::Large,
            };
            wire::Block::Line(wire::Text {
                value,
                size,
                bold,
                centred,
            })
        }
        Block::Rule => wire::Block::Rule,
        Block::QrCode(payload) => wire::Block::QrCode(payload),
        Block::Raster { width, height, bits } => wire::Block::Raster(wire::Bitmap { width, height, bits }),
        Block::Feed(lines) => wire::Block::Feed(lines),
        Block::Cut => wire::Block::Cut,
    }
}
