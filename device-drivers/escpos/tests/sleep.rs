//! A printer that sleeps is told from one that is dead, and wakes to print.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[path = "../../uru4000/tests/claimed/mod.rs"]
mod claimed;

use claimed::Claimed;
use devices::bus::Place;
use escpos_driver::driver::EscPos;
use plugin_sdk::fault::{Fault, Kind};
use plugin_sdk::printer::{Block, Outcome, ReceiptPrinter, Size, State, Text};
use simulator::virtual_device::printer::Mechanism;
use simulator::virtual_device::{Misbehaviour, Printer, VirtualBus};
use std::time::Duration;

struct Plugged {
    bus: VirtualBus,
    place: Place,
    printer: Printer,
}

impl Plugged {
    fn asleep(wakes_in: Duration) -> Self {
        let (bus, printer) = (VirtualBus::new(), Printer::new());
        let place = bus.plug(printer.clone());
        printer.sleep(wakes_in);
        Self { bus, place, printer }
    }

    fn claimed(&self) -> Claimed {
        Claimed::open(&self.bus, &self.place, Duration::from_secs(60))
    }
}

fn receipt() -> Vec<Block> {
    let line = Text {
        value: "one".to_owned(),
        size: Size::Normal,
        bold: false,
        centred: false,
    };
    vec![Block::Line(line), Block::Cut]
}

const PRINTED: &str = "one\n-- cut --\n";
const NO_ANSWER: Fault = Fault::new(Kind::Protocol, "no-answer");

fn told(asleep: bool) -> State {
    State {
        paper_low: false,
        paper_out: false,
        cover_open: false,
        asleep,
        dots_per_line: 576,
    }
}

#[test]
fn a_printer_that_sleeps_says_so_until_it_is_awake() {
    let plugged = Plugged::asleep(Duration::from_millis(1_800));
    let (usb, mut driver) = (plugged.claimed(), EscPos::default());
    assert_eq!(driver.state(&usb), Ok(told(true)));
    // The question wakes it, and until it is awake it takes none.
    assert!(!plugged.printer.is_asleep());
    assert_eq!(driver.state(&usb), Ok(told(true)));
    std::thread::sleep(Duration::from_millis(1_000));
    assert_eq!(driver.state(&usb), Ok(told(false)));
    assert_eq!(plugged.printer.text(), "");
}

#[test]
fn a_receipt_wakes_a_printer_and_comes_out_whole() {
    std::thread::scope(|scope| {
        for (asked_before, wakes_in) in [(false, 0), (false, 50), (false, 1_500), (true, 50), (true, 1_500)] {
            scope.spawn(move || {
                let plugged = Plugged::asleep(Duration::from_millis(wakes_in));
                let (usb, mut driver) = (plugged.claimed(), EscPos::default());
                if asked_before {
                    assert_eq!(driver.state(&usb), Ok(told(true)));
                }
                let case = format!("asked before: {asked_before}, wakes in {wakes_in} ms");
                assert_eq!(driver.print(&usb, &receipt()), Ok(Outcome::Printed), "{case}");
                assert_eq!(plugged.printer.text(), PRINTED, "{case}");
                assert_eq!(driver.state(&usb), Ok(told(false)), "{case}");
            });
        }
    });
}

#[test]
fn one_that_wakes_without_paper_prints_nothing() {
    let plugged = Plugged::asleep(Duration::from_millis(50));
    let (usb, mut driver) = (plugged.claimed(), EscPos::default());
    assert_eq!(driver.state(&usb), Ok(told(true)));
    plugged.printer.set_mechanism(Mechanism {
        paper_out: true,
        ..Mechanism::default()
    });
    assert_eq!(driver.print(&usb, &receipt()), Ok(Outcome::NotPrinted));
    assert!(driver.state(&usb).unwrap().paper_out);
}

#[test]
fn one_that_does_not_wake_was_sent_nothing_and_the_operator_hears_what_to_do() {
    let plugged = Plugged::asleep(Duration::from_secs(60));
    let (usb, mut driver) = (plugged.claimed(), EscPos::default());
    let fault = Fault::new(Kind::NeedsAttention, "silent-switch-off-and-on");
    assert_eq!(driver.print(&usb, &receipt()), Err(fault));
    // Switched off and on.
    drop(usb);
    plugged.bus.unplug(&plugged.place);
    let place = plugged.bus.plug(plugged.printer.clone());
    let usb = Claimed::open(&plugged.bus, &place, Duration::from_secs(60));
    assert_eq!(driver.print(&usb, &receipt()), Ok(Outcome::Printed));
    assert_eq!(plugged.printer.text(), PRINTED);
}

#[test]
fn a_printer_that_is_dead_is_not_asleep() {
    let plugged = Plugged::asleep(Duration::ZERO);
    plugged.printer.misbehave(Misbehaviour::Silent);
    let (usb, mut driver) = (plugged.claimed(), EscPos::default());
    assert_eq!(driver.state(&usb), Err(NO_ANSWER));
    assert_eq!(driver.print(&usb, &receipt()), Err(NO_ANSWER));
}
