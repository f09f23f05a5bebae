//! Receipt printers: a driver plugin that holds its claimed interface (`kiosk:driver/receipt-printer`).

use crate::actor::{Actor, After};
use crate::bindings::base::kiosk::driver::faults;
use crate::bindings::printer::ReceiptPrinterDriver;
use crate::bindings::printer::exports::kiosk::driver::receipt_printer as wire;
use crate::clock::Control;
use crate::driver::{self, DriverError, OPEN, Start, hand_over, reported, runtime_error, start_record};
use crate::error::PluginError;
use crate::guest::{self, Guest, Span, call};
use crate::limits::{DRIVER_MEMORY, GUEST_TIME};
use crate::plugin::{LoadError, Plugin};
use devices::transfer::ClaimedInterface;
use identification::event::PrintOutcome;
use std::sync::Arc;
use std::time::Duration;
use wasmtime::Store;
use wasmtime::component::ResourceAny;

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
    /// dots across
    pub dots_per_line: u16,
}

/// A running driver with its printer.
#[derive(Debug)]
pub struct Printer {
    actor: Actor<Instance>,
}

struct Instance {
    store: Store<Guest>,
    bindings: ReceiptPrinterDriver,
    printer: ResourceAny,
    plugin: String,
    control: Arc<Control>,
}

impl std::fmt::Debug for Actor<Instance> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("printer driver")
    }
}

/// Checks that a plugin can be a printer's driver, without a device.
///
/// # Errors
/// [`LoadError`].
pub fn fits(plugin: &Plugin) -> Result<(), LoadError> {
    plugin.require(CONTRACT)?;
    let linker = driver::linker(plugin).map_err(|cause| plugin.shape(&cause))?;
    let ready = linker
        .instantiate_pre(&plugin.component)
        .map_err(|cause| plugin.shape(&cause))?;
    crate::bindings::printer::ReceiptPrinterDriverPre::new(ready).map_err(|cause| plugin.shape(&cause))?;
    Ok(())
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
        let control = Arc::new(Control::with(interfaces.iter().map(|one| one.canceller()).collect()));
        let (plugin, own) = (plugin.clone(), Arc::clone(&control));
        let name = plugin.name().to_owned();
        let actor = Actor::start(&name, control, move || {
            Instance::start(&plugin, interfaces, &start, own)
        })?;
        Ok(Self { actor })
    }

    /// How the printer is now.
    ///
    /// # Errors
    /// [`DriverError`].
    pub fn state(&self) -> Result<State, DriverError> {
        self.actor.ask("state", |instance| {
            let state = instance.call("state", STATE, |store, bindings, printer| {
                bindings
                    .kiosk_driver_receipt_printer()
                    .printer()
                    .call_state(store, printer)
            });
            finish(
                state.map(|answer| {
                    answer.map(|state| State {
                        paper_low: state.paper_low,
                        paper_out: state.paper_out,
                        cover_open: state.cover_open,
                        dots_per_line: state.dots_per_line,
                    })
                }),
                instance.store.data(),
            )
        })?
    }

    /// Prints; returns when the paper is out as far as the device can tell.
    ///
    /// # Errors
    /// [`DriverError`]: whether anything came out is then unknown.
    pub fn print(&self, blocks: Vec<Block>) -> Result<PrintOutcome, DriverError> {
        self.actor.ask("print", move |instance| {
            let blocks: Vec<wire::Block> = blocks.into_iter().map(to_wire).collect();
            let outcome = instance.call("print", PRINT, |store, bindings, printer| {
                bindings
                    .kiosk_driver_receipt_printer()
                    .printer()
                    .call_print(store, printer, &blocks)
            });
            finish(
                outcome.map(|answer| {
                    answer.map(|outcome| match outcome {
                        wire::Outcome::Printed => PrintOutcome::Printed,
                        wire::Outcome::NotPrinted => PrintOutcome::NotPrinted,
                        wire::Outcome::Unknown => PrintOutcome::Unknown,
                    })
                }),
                instance.store.data(),
            )
        })?
    }

    /// False once a call ended the plugin.
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.actor.is_running()
    }
}

fn finish<T>(answer: Result<Result<T, faults::Fault>, PluginError>, guest: &Guest) -> (Result<T, DriverError>, After) {
    match answer {
        Ok(Ok(value)) => (Ok(value), After::Goes),
        Ok(Err(fault)) => (Err(reported(fault, guest).into()), After::Goes),
        Err(error) => (Err(error.into()), After::Ends),
    }
}

impl Instance {
    fn start(
        plugin: &Plugin,
        interfaces: Vec<Box<dyn ClaimedInterface>>,
        start: &Start,
        control: Arc<Control>,
    ) -> Result<Self, DriverError> {
        let name = plugin.name().to_owned();
        let mut store = guest::store(&plugin.engine, DRIVER_MEMORY, &plugin.log);
        let open = |during| Span {
            during,
            timeout: OPEN,
            spin: GUEST_TIME,
        };
        let linker = driver::linker(plugin).map_err(|cause| runtime_error(&name, &cause))?;
        let bindings = call(&mut store, &name, open("start"), &control, |store| {
            ReceiptPrinterDriver::instantiate(store, &plugin.component, &linker)
        })?;
        let printer = call(&mut store, &name, open("open"), &control, |store| {
            let handles = hand_over(store, plugin, interfaces)?;
            let start = start_record(start);
            bindings
                .kiosk_driver_receipt_printer()
                .printer()
                .call_open(store, &handles, &start)
        })?
        .map_err(|fault| reported(fault, store.data()))?;
        Ok(Self {
            store,
            bindings,
            printer,
            plugin: name,
            control,
        })
    }

    fn call<T>(
        &mut self,
        during: &'static str,
        timeout: Duration,
        run: impl FnOnce(&mut Store<Guest>, &ReceiptPrinterDriver, ResourceAny) -> wasmtime::Result<T>,
    ) -> Result<T, PluginError> {
        let span = Span {
            during,
            timeout,
            spin: GUEST_TIME,
        };
        let (bindings, printer) = (&self.bindings, self.printer);
        call(&mut self.store, &self.plugin, span, &self.control, |store| {
            run(store, bindings, printer)
        })
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
