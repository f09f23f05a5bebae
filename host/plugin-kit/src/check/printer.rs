//! The cases of a receipt printer's driver.

use super::case::{List, Outcome, Tried, failed};
use super::package;
use super::probe::{Plan, Seen, Wrong};
use super::rig::{Called, GRACE, Plugged, Rig, beside, called};
use crate::session::test_receipt;
use identification::event::PrintOutcome;
use plugin_runtime::driver::{DriverError, FaultKind};
use plugin_runtime::printer::{CONTRACT, Printer, State};
use std::collections::BTreeSet;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

/// Recordings that a printer's driver brings. In each the kit's test receipt is printed, as `plugin-kit record` does.
pub(crate) const SCENARIOS: [(&str, &str); 4] = [
    ("print", "a receipt is printed by a printer that is well"),
    ("paper-out", "the same without paper"),
    ("cover-open", "the same with the cover open"),
    (ASLEEP, "the same by a printer that sleeps, where it does"),
];
/// The only recording that need not be there: many printers do not sleep.
const ASLEEP: &str = "asleep";

/// Longest that the host waits for a receipt.
const PRINT: Duration = Duration::from_secs(15);
/// Payloads that are longer than this are a receipt's, not a question.
const QUESTION_BYTES: usize = 12;

/// A printer's driver that is tried.
pub(crate) struct Bench {
    pub(crate) rig: Rig,
    baseline: OnceLock<Result<Baseline, Outcome>>,
    codes: Mutex<BTreeSet<String>>,
}

struct Baseline {
    seen: Vec<Seen>,
    took: Duration,
}

struct Open {
    plugged: Plugged,
    printer: Printer,
}

impl Bench {
    pub(crate) fn new(rig: Rig) -> Self {
        Self {
            rig,
            baseline: OnceLock::new(),
            codes: Mutex::default(),
        }
    }

    fn heard<T>(&self, result: &Result<T, DriverError>) {
        if let Err(DriverError::Fault(fault)) = result {
            let mut codes = self.codes.lock().unwrap_or_else(PoisonError::into_inner);
            codes.insert(fault.code.clone());
        }
    }

    fn open(&self, scenario: &str) -> Result<Open, Outcome> {
        let plugged = self.rig.plug(scenario)?;
        plugged.log.begin(None, None);
        let started = Printer::start(
            &self.rig.plugin,
            plugged.interfaces(self.rig.manifest()),
            plugged.start(),
        );
        self.heard(&started);
        let printer = started.map_err(|cause| failed(format!("the device was not opened: {cause}")))?;
        Ok(Open { plugged, printer })
    }

    /// Prints on the printer as it was when it had been opened.
    fn print(&self, open: &Open, plan: Option<Plan>) -> Called<PrintOutcome> {
        open.plugged.replay.rewind();
        self.print_on(open, plan)
    }

    /// Prints on the printer as it is.
    fn print_on(&self, open: &Open, plan: Option<Plan>) -> Called<PrintOutcome> {
        let called = called(
            &open.plugged.log,
            plan,
            || open.printer.print(test_receipt()),
            || open.printer.cancel(),
        );
        self.heard(&called.result);
        called
    }

    fn state(&self, scenario: &str) -> Result<State, Outcome> {
        let open = self.open(scenario)?;
        let state = open.printer.state();
        self.heard(&state);
        state.map_err(|cause| failed(cause.to_string()))
    }

    /// Opens the printer asleep.
    fn open_asleep(&self) -> Result<Open, Outcome> {
        if self.rig.scenarios.get(ASLEEP).is_none() {
            return Err(Outcome::NotApplicable(format!(
                "there is no recording `{ASLEEP}.usb`, which a printer that does not sleep cannot have"
            )));
        }
        self.open(ASLEEP)
    }

    fn baseline(&self) -> Result<&Baseline, Outcome> {
        let made = self.baseline.get_or_init(|| {
            let open = self.open("print")?;
            let called = self.print(&open, None);
            match called.result {
                Ok(PrintOutcome::Printed) => Ok(Baseline {
                    seen: open.plugged.log.seen(),
                    took: called.took,
                }),
                Ok(other) => Err(failed(format!("the receipt came out as {other:?}"))),
                Err(cause) => Err(failed(format!("the receipt did not come out: {cause}"))),
            }
        });
        made.as_ref().map_err(|cause| match cause {
            Outcome::Failed(words) => Outcome::NotTried(format!("without a printed receipt (P020): {words}")),
            other => other.clone(),
        })
    }

    /// A transfer goes wrong while a receipt is printed; then the next one is printed.
    fn run(&self, at: usize, wrong: Wrong) -> Result<Option<String>, Outcome> {
        let baseline = self.baseline()?;
        let open = self.open("print")?;
        let called = self.print(&open, Some(Plan { at, wrong }));
        if !open.plugged.log.applied() {
            return Ok(None);
        }
        let left = open.plugged.log.left_behind();
        let of_the_receipt = baseline.seen.get(at).is_some_and(is_receipt);
        let loses = !matches!(wrong, Wrong::Slow(_) | Wrong::Cancelled);
        let said = match &called.result {
            Ok(PrintOutcome::Printed) if of_the_receipt && loses => "it says that the receipt was printed".to_owned(),
            Ok(_) => String::new(),
            Err(DriverError::Fault(fault)) => match (wrong, fault.kind) {
                (Wrong::Unplugged, FaultKind::DeviceGone) | (Wrong::Cancelled, FaultKind::Cancelled) => String::new(),
                (Wrong::Unplugged | Wrong::Cancelled, kind) => format!("the fault was {kind:?}"),
                (_, FaultKind::Protocol | FaultKind::NotSupported | FaultKind::NeedsAttention) => String::new(),
                (_, kind) => format!("the fault was {kind:?}"),
            },
            Err(DriverError::Plugin(error)) => error.to_string(),
        };
        if !said.is_empty() {
            return Ok(Some(said));
        }
        if wrong == Wrong::Unplugged && matches!(called.result, Ok(PrintOutcome::Printed)) {
            return Ok(Some("it says that the receipt was printed".to_owned()));
        }
        if called.took > PRINT + GRACE || called.since_cancel.is_some_and(|since| since > GRACE) {
            return Ok(Some(format!("it took {} ms", called.took.as_millis())));
        }
        if left > 0 && called.result.is_ok() {
            return Ok(Some(format!("{left} transfers were left pending")));
        }
        let open = if wrong == Wrong::Unplugged {
            drop(open);
            self.open("print")?
        } else {
            open
        };
        match self.print(&open, None).result {
            Ok(PrintOutcome::Printed) => Ok(Some(String::new())),
            Ok(other) => Ok(Some(format!("the next receipt came out as {other:?}"))),
            Err(cause) => Ok(Some(format!("the next receipt did not come out: {cause}"))),
        }
    }

    fn at_every_transfer(&self, wrong: Wrong) -> Tried {
        let runs = beside(self.baseline()?.seen.len(), |at| Ok((at, self.run(at, wrong)?)))?;
        let tried = runs.iter().filter(|(_, said)| said.is_some()).count();
        let bad = runs.iter().find_map(|(at, said)| {
            let words = said.as_ref().filter(|words| !words.is_empty())?;
            Some(failed(format!("transfer {}: {words}", at + 1)))
        });
        match bad {
            Some(outcome) => Err(outcome),
            None if tried == 0 => Err(Outcome::NotApplicable("no transfer can go wrong so".to_owned())),
            None => Ok(tried),
        }
    }
}

/// A write of the receipt itself.
fn is_receipt(seen: &Seen) -> bool {
    let bytes = seen
        .asked
        .split_whitespace()
        .rev()
        .nth(1)
        .and_then(|count| count.parse::<usize>().ok());
    !seen.read && seen.setup.is_none() && bytes.is_some_and(|bytes| bytes > QUESTION_BYTES)
}

/// What a printer does, and how.
const WRONGS: [(&str, Wrong); 14] = [
    ("stalls an endpoint", Wrong::Stalled),
    ("sends more than was asked", Wrong::Overflow),
    ("answers with an error on the bus", Wrong::IoError),
    ("keeps one answer to itself", Wrong::Silent),
    ("stops answering", Wrong::Dead),
    ("answers 100 ms late", Wrong::Slow(100)),
    ("sends an empty packet instead of an answer", Wrong::Empty),
    ("sends an answer twice", Wrong::Twice),
    ("sends zeros instead of an answer", Wrong::Zeros),
    ("sends ones instead of an answer", Wrong::Ones),
    ("sends an answer with a wrong byte", Wrong::FirstByte),
    ("sends noise instead of an answer", Wrong::Noise),
    ("gets no transfer, since the host has no room", Wrong::RefusedBusy),
    ("lost an endpoint", Wrong::RefusedInvalid),
];

/// All cases, in order.
pub(crate) fn list() -> List<Bench> {
    let mut list = List::new('P');
    package::cases(&mut list, |bench: &Bench| &bench.rig, CONTRACT);
    list.group("state", 11);
    list.case("the recorded printer is opened", |bench: &Bench| {
        bench.open("print").map(|_| 1)
    });
    list.case("a printer that is well says so", |bench: &Bench| {
        let state = bench.state("print")?;
        if state.paper_out || state.cover_open || state.dots_per_line == 0 {
            return Err(failed(format!("it says {state:?}")));
        }
        Ok(1)
    });
    list.case("a printer without paper says so", |bench: &Bench| {
        match bench.state("paper-out")? {
            state if state.paper_out => Ok(1),
            state => Err(failed(format!("it says {state:?}"))),
        }
    });
    list.case("a printer with its cover open says so", |bench: &Bench| {
        match bench.state("cover-open")? {
            state if state.cover_open => Ok(1),
            state => Err(failed(format!("it says {state:?}"))),
        }
    });
    list.case("a printer that sleeps says so", |bench: &Bench| {
        let open = bench.open_asleep()?;
        let state = open.printer.state();
        bench.heard(&state);
        match state.map_err(|cause| failed(cause.to_string()))? {
            state if state.asleep => Ok(1),
            state => Err(failed(format!("it says {state:?}"))),
        }
    });
    list.group("printing", 20);
    list.case("a receipt is printed, and said to be", |bench: &Bench| {
        match bench.baseline() {
            Ok(_) => Ok(1),
            Err(_) => Err(match bench.baseline.get() {
                Some(Err(cause)) => cause.clone(),
                _ => failed("nothing came"),
            }),
        }
    });
    for scenario in ["paper-out", "cover-open"] {
        let what = scenario.replace('-', " ");
        list.case(
            format!("{what}: nothing is printed, and that is said"),
            move |bench: &Bench| {
                let open = bench.open(scenario)?;
                match bench.print(&open, None).result {
                    Ok(PrintOutcome::NotPrinted) => {}
                    Err(DriverError::Fault(fault)) if fault.kind == FaultKind::NeedsAttention => {}
                    Ok(other) => return Err(failed(format!("it says {other:?}"))),
                    Err(cause) => return Err(failed(cause.to_string())),
                }
                if open.plugged.log.seen().iter().any(is_receipt) {
                    return Err(failed("the receipt was sent all the same"));
                }
                Ok(1)
            },
        );
    }
    list.case("the same answers give the same transfers", |bench: &Bench| {
        let baseline = bench.baseline()?;
        for _ in 0..5 {
            let open = bench.open("print")?;
            bench
                .print(&open, None)
                .result
                .map_err(|cause| failed(cause.to_string()))?;
            if open.plugged.log.seen() != baseline.seen {
                return Err(failed("the transfers differ"));
            }
        }
        Ok(5)
    });
    list.case("a receipt ends within the host's 15 s", |bench: &Bench| {
        let took = bench.baseline()?.took;
        if took > PRINT {
            return Err(failed(format!("it took {} ms", took.as_millis())));
        }
        Ok(1)
    });
    list.case(
        "no transfer is left pending when a receipt ends",
        |bench: &Bench| match bench
            .baseline()?
            .seen
            .iter()
            .filter(|seen| seen.status.is_none())
            .count()
        {
            0 => Ok(1),
            left => Err(failed(format!("{left} transfers were"))),
        },
    );
    list.case("a second receipt is printed like the first", |bench: &Bench| {
        let open = bench.open("print")?;
        for number in 1..=3 {
            match bench.print(&open, None).result {
                Ok(PrintOutcome::Printed) => {}
                Ok(other) => return Err(failed(format!("receipt {number} came out as {other:?}"))),
                Err(cause) => return Err(failed(format!("receipt {number}: {cause}"))),
            }
        }
        Ok(3)
    });
    list.case(
        "a printer that sleeps is woken, and the receipt is printed",
        |bench: &Bench| {
            // Asked before, as by a host that shows how it is, and not.
            for asked_before in [true, false] {
                let open = bench.open_asleep()?;
                if asked_before {
                    let state = open.printer.state();
                    bench.heard(&state);
                    state.map_err(|cause| failed(cause.to_string()))?;
                }
                let called = if asked_before {
                    bench.print_on(&open, None)
                } else {
                    bench.print(&open, None)
                };
                match called.result {
                    Ok(PrintOutcome::Printed) if called.took <= PRINT => {}
                    Ok(PrintOutcome::Printed) => return Err(failed(format!("it took {} ms", called.took.as_millis()))),
                    Ok(other) => return Err(failed(format!("it says {other:?}"))),
                    Err(cause) => return Err(failed(cause.to_string())),
                }
                if !open.plugged.log.seen().iter().any(is_receipt) {
                    return Err(failed("the receipt was not sent"));
                }
            }
            Ok(2)
        },
    );
    list.group("cancelled and unplugged", 60);
    list.case(
        "cancelled at any transfer, it ends within 1 s and prints again",
        |bench: &Bench| bench.at_every_transfer(Wrong::Cancelled),
    );
    list.case(
        "unplugged at any transfer, it never says that it printed, and prints again once it is plugged in",
        |bench: &Bench| bench.at_every_transfer(Wrong::Unplugged),
    );
    list.group("state and memory", 80);
    list.case("memory does not grow over 1,000 receipts", |bench: &Bench| {
        let open = bench.open("print")?;
        let mut settled = 0;
        for number in 1..=1_000 {
            let printed = bench.print(&open, None).result;
            printed.map_err(|cause| failed(format!("number {number}: {cause}")))?;
            let memory = open.printer.memory().map_err(|cause| failed(cause.to_string()))?;
            if number == 100 {
                settled = memory;
            }
            if number == 1_000 && memory > settled {
                return Err(failed(format!("it grew from {settled} bytes after 100 to {memory}")));
            }
        }
        Ok(1_000)
    });
    list.group("a device that misbehaves", 101);
    for (what, wrong) in WRONGS {
        let sentence = format!("a printer that {what} is never said to have printed what it lost, and prints again");
        list.case(sentence, move |bench: &Bench| bench.at_every_transfer(wrong));
    }
    list.group(package::LAST, 901);
    package::asks(&mut list, |bench: &Bench| &bench.rig);
    list.case(
        "every fault is told with a code that the manifest lists",
        |bench: &Bench| {
            bench.baseline()?;
            let codes = bench.codes.lock().unwrap_or_else(PoisonError::into_inner);
            if codes.contains("no-code") {
                return Err(failed("a fault came with a code that is not in `codes` of plugin.toml"));
            }
            Ok(codes.len())
        },
    );
    list
}
