//! A receipt printer: the kernel's printer gadget, with the simulator's printer behind it, read and written by the driver
//! plugin through the kernel.

use crate::Outcome;
use crate::attach::arrived;
use crate::gadget::{Gadget, Plan, awaited};
use crate::plugins::load;
use crate::told::Told;
use devices::bus::Bus as _;
use devices::transfer::{
    Canceller, ClaimedInterface, Completion, ENDPOINT_IN, Identity, Refusal, Request, Status, Ticket,
};
use devices::usb_bus::UsbBus;
use plugin_runtime::driver::Start;
use plugin_runtime::plugin::Plugin;
use plugin_runtime::printer::{Block, Printer, Size, State};
use serde_json::json;
use simulator::virtual_device::{self, Answer, Device as _, VirtualBus};
use std::fs::File;
use std::io::{Read as _, Write as _};
use std::time::Duration;

/// An Epson TM-T20II.
const IDS: (u16, u16) = (0x04b8, 0x0e15);
const PAPER: &str = "/dev/g_printer0";
/// The printer's endpoints. The kernel chooses the gadget's by itself.
const OUT: u8 = 0x01;
const IN: u8 = 0x82;

/// An interface whose endpoints have the addresses that the driver is granted.
struct Readdressed {
    interface: Box<dyn ClaimedInterface>,
    /// granted, and the gadget's
    addresses: Vec<(u8, u8)>,
}

impl Readdressed {
    fn new(interface: Box<dyn ClaimedInterface>) -> Self {
        let endpoints = interface.identity().endpoints;
        let granted = |address: u8| if address & ENDPOINT_IN == 0 { OUT } else { IN };
        let addresses = endpoints
            .iter()
            .map(|endpoint| (granted(endpoint.address), endpoint.address))
            .collect();
        Self { interface, addresses }
    }

    fn there(&self, granted: u8) -> u8 {
        let found = self.addresses.iter().find(|(address, _)| *address == granted);
        found.map_or(granted, |(_, there)| *there)
    }
}

impl ClaimedInterface for Readdressed {
    fn identity(&self) -> Identity {
        let mut identity = self.interface.identity();
        for endpoint in &mut identity.endpoints {
            let found = self.addresses.iter().find(|(_, there)| *there == endpoint.address);
            endpoint.address = found.map_or(endpoint.address, |(granted, _)| *granted);
        }
        identity
    }

    fn submit(&mut self, mut request: Request, timeout: Duration) -> Result<Ticket, Refusal> {
        if let Request::DataIn { endpoint, .. } | Request::DataOut { endpoint, .. } = &mut request {
            *endpoint = self.there(*endpoint);
        }
        self.interface.submit(request, timeout)
    }

    fn cancel(&mut self, ticket: Ticket) {
        self.interface.cancel(ticket);
    }

    fn wait(&mut self, tickets: &[Ticket], timeout: Duration) -> Option<Completion> {
        self.interface.wait(tickets, timeout)
    }

    fn clear_halt(&mut self, endpoint: u8) -> Result<(), Status> {
        self.interface.clear_halt(self.there(endpoint))
    }

    fn select_alternate(&mut self, setting: u8) -> Result<(), Status> {
        self.interface.select_alternate(setting)
    }

    fn canceller(&self) -> Canceller {
        self.interface.canceller()
    }
}

/// A receipt with something of every kind.
fn receipt() -> Vec<Block> {
    let line = |value: &str, size| Block::Line {
        value: value.to_owned(),
        size,
        bold: true,
        centred: false,
    };
    vec![
        line("Участок 2041", Size::Large),
        Block::Rule,
        line("Voter 17", Size::Normal),
        Block::QrCode("kiosk:2041/17".to_owned()),
        Block::Feed(2),
        Block::Cut,
    ]
}

/// The printer's state, and how the printing of the receipt ended.
fn printed(plugin: &Plugin, interface: Box<dyn ClaimedInterface>) -> Outcome<(State, String)> {
    let printer = Printer::start(plugin, vec![interface], Start::default())?;
    let state = printer.state()?;
    Ok((state, format!("{:?}", printer.print(receipt())?)))
}

/// What comes over the wire goes to the model, and its answers go back.
fn work(mut paper: File, mut model: virtual_device::Printer) -> Outcome {
    let mut piece = [0; 4096];
    loop {
        let length = paper.read(&mut piece)?;
        model.data_out(OUT, &piece[..length]);
        while let Answer::Done(answer) = model.data_in(IN, 64) {
            paper.write_all(&answer)?;
        }
    }
}

/// A receipt is printed through the kernel; on a virtual bus, the same plugin prints the same bytes.
pub(crate) fn printer(told: &mut Told) -> Outcome {
    let plugin = load("escpos")?;
    let bus = UsbBus::start()?;
    let _gadget = Gadget::plug(&Plan {
        name: "printer",
        ids: IDS,
        product: "printer",
        function: "printer",
        attributes: &[
            ("pnp_string", b"MFG:Kiosk;MDL:printer;CLS:PRINTER;CMD:ESC/POS;"),
            ("q_len", b"10"),
        ],
        controller: "dummy_udc.1",
    })?;
    let found = arrived(&bus, IDS.0, IDS.1)?;
    let paper = awaited("the gadget's node", || {
        File::options().read(true).write(true).open(PAPER).ok()
    })?;
    let model = virtual_device::Printer::new();
    let working = model.clone();
    // It ends with this program.
    std::thread::spawn(move || work(paper, working).map_err(|error| eprintln!("printer: {error}")));
    let interface = bus.open(&found.place, 0)?;
    let class = interface.identity().interface_class;
    let (state, outcome) = printed(&plugin, Box::new(Readdressed::new(interface)))?;
    let (beside, virtual_bus) = (virtual_device::Printer::new(), VirtualBus::new());
    let place = virtual_bus.plug(beside.clone());
    printed(&plugin, virtual_bus.open(&place, 0)?)?;
    told.found(
        "printer",
        json!({
            "class": [class.0, class.1, class.2],
            "paper_out": state.paper_out,
            "cover_open": state.cover_open,
            "outcome": outcome,
            "bytes": model.printed().concat().len(),
            "same_bytes": model.printed() == beside.printed(),
            "text": model.text(),
        }),
    )
}
