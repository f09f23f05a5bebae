//! The cases of a fingerprint scanner's driver.

use super::case::{List, Outcome, Tried, failed};
use super::package;
use super::probe::{Log, Plan, Seen, Wrong};
use super::rig::{Called, GRACE, Plugged, Rig, called};
use plugin_runtime::driver::{DriverError, FaultKind};
use plugin_runtime::scanner::{Capture, Scanner, Stage};
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

/// Recordings that a scanner's driver must bring: what is in each.
pub(crate) const SCENARIOS: [(&str, &str); 4] = [
    ("finger", "a finger lies on the sensor and is captured"),
    ("other-finger", "the same with another finger"),
    ("no-finger", "nothing touches the sensor until the capture's time is up"),
    ("slow-finger", "a finger comes after a second or two"),
];

/// What the device's protocol promises, which a driver then must use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Promises {
    /// every answer carries a checksum over all of it
    pub checksums: bool,
    /// every answer carries a number by which a lost, doubled or foreign one is known
    pub numbers: bool,
}

/// Runs at single transfers that go on beside each other: most of them wait.
const BESIDE: usize = 4;

/// A scanner's driver that is tried.
pub(crate) struct Bench {
    pub(crate) rig: Rig,
    promises: Promises,
    baseline: OnceLock<Result<Baseline, Outcome>>,
    unplugged: OnceLock<Result<Vec<Run>, Outcome>>,
    cancelled: OnceLock<Result<Vec<Run>, Outcome>>,
    /// fault codes that were told
    codes: Mutex<BTreeSet<String>>,
}

/// A capture without any fault.
struct Baseline {
    image: Image,
    seen: Vec<Seen>,
    /// the transfer at which the finger was there
    presented: usize,
    stages: Vec<Stage>,
    took: Duration,
}

/// An image as it is compared.
#[derive(Clone, PartialEq, Eq)]
struct Image {
    width: u16,
    height: u16,
    dpi: u16,
    pixels: Vec<u8>,
}

impl Image {
    fn of(capture: &Capture) -> Option<Self> {
        let image = &capture.fingers.first()?.image;
        Some(Self {
            width: image.width,
            height: image.height,
            dpi: image.dpi,
            pixels: image.pixels.clone(),
        })
    }
}

/// A capture during which one transfer went wrong.
struct Run {
    at: usize,
    applied: bool,
    ended: Ended,
    took: Duration,
    since_cancel: Option<Duration>,
    since_gone: Option<Duration>,
    left_behind: usize,
    after_gone: usize,
    /// what the next capture was: none where there was none
    next: Option<Next>,
}

/// How a capture ended.
enum Ended {
    Image(Box<Image>),
    Fault(FaultKind, String),
    Plugin(String),
}

/// What the capture after a fault was.
enum Next {
    Same,
    Different,
    Failed(String),
}

/// A driver that has its device open.
struct Open {
    plugged: Plugged,
    scanner: Scanner,
}

type Heard = Arc<Mutex<Vec<(Stage, usize)>>>;

impl Bench {
    pub(crate) fn new(rig: Rig, promises: Promises) -> Self {
        Self {
            rig,
            promises,
            baseline: OnceLock::new(),
            unplugged: OnceLock::new(),
            cancelled: OnceLock::new(),
            codes: Mutex::default(),
        }
    }

    fn open(&self, scenario: &str) -> Result<Open, Outcome> {
        let plugged = self.rig.plug(scenario)?;
        plugged.log.begin(None, None);
        let scanner = self.start(&plugged).map_err(|cause| failed(format!("the device was not opened: {cause}")))?;
        Ok(Open { plugged, scanner })
    }

    fn start(&self, plugged: &Plugged) -> Result<Scanner, DriverError> {
        let interfaces = plugged.interfaces(self.rig.manifest());
        let started = Scanner::start(&self.rig.plugin, interfaces, plugged.start());
        if let Err(DriverError::Fault(fault)) = &started {
            self.heard(&fault.code);
        }
        started
    }

    fn heard(&self, code: &str) {
        self.codes
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(code.to_owned());
    }

    fn capture(&self, open: &Open, plan: Option<Plan>, timeout: Duration) -> Called<Capture> {
        self.listened(open, plan, timeout).0
    }

    /// A capture, and how many transfers there were at each stage that was told.
    fn listened(&self, open: &Open, plan: Option<Plan>, timeout: Duration) -> (Called<Capture>, Vec<(Stage, usize)>) {
        let heard = Heard::default();
        let (log, stages) = (open.plugged.log.clone(), Arc::clone(&heard));
        let tell = move |stage| {
            let mut stages = stages.lock().unwrap_or_else(PoisonError::into_inner);
            stages.push((stage, log.count()));
        };
        let called = called(
            &open.plugged.log,
            plan,
            || open.scanner.capture(timeout, tell),
            || open.scanner.cancel(),
        );
        if let Err(DriverError::Fault(fault)) = &called.result {
            self.heard(&fault.code);
        }
        let stages = heard.lock().unwrap_or_else(PoisonError::into_inner).clone();
        (called, stages)
    }

    fn baseline(&self) -> Result<&Baseline, Outcome> {
        let made = self.baseline.get_or_init(|| {
            let open = self.open("finger")?;
            let (called, stages) = self.listened(&open, None, self.timeout());
            let capture = called.result.map_err(|cause| failed(format!("the capture ended badly: {cause}")))?;
            let image = Image::of(&capture).ok_or_else(|| failed("the capture gave no finger"))?;
            let presented = stages.iter().find(|(stage, _)| *stage == Stage::Presented);
            Ok(Baseline {
                image,
                seen: open.plugged.log.seen(),
                presented: presented.map_or(0, |(_, transfers)| *transfers),
                stages: stages.into_iter().map(|(stage, _)| stage).collect(),
                took: called.took,
            })
        });
        made.as_ref().map_err(|cause| match cause {
            Outcome::Failed(words) => Outcome::NotTried(format!("without a good capture (D020): {words}")),
            other => other.clone(),
        })
    }

    fn timeout(&self) -> Duration {
        self.rig.timeout("finger")
    }

    /// One capture in which a transfer goes wrong, and the next one without.
    fn run(&self, plan: Plan) -> Result<Run, Outcome> {
        let baseline = self.baseline()?;
        let open = self.open("finger")?;
        open.plugged.replay.rewind();
        let called = self.capture(&open, Some(plan), self.timeout());
        let log: &Log = &open.plugged.log;
        let (applied, left_behind, after_gone) = (log.applied(), log.left_behind(), log.after_gone());
        let ended = match called.result {
            Ok(capture) => match Image::of(&capture) {
                Some(image) => Ended::Image(Box::new(image)),
                None => Ended::Plugin("the capture gave no finger".to_owned()),
            },
            Err(DriverError::Fault(fault)) => Ended::Fault(fault.kind, fault.code),
            Err(DriverError::Plugin(error)) => Ended::Plugin(error.to_string()),
        };
        let open = if plan.wrong == Wrong::Unplugged {
            // The plug is put in again: the host starts the driver anew.
            drop(open);
            self.open("finger")?
        } else {
            open.plugged.replay.rewind();
            open
        };
        let next = self.capture(&open, None, self.timeout()).result;
        let next = match next {
            Ok(capture) if Image::of(&capture).as_ref() == Some(&baseline.image) => Next::Same,
            Ok(_) => Next::Different,
            Err(cause) => Next::Failed(cause.to_string()),
        };
        Ok(Run {
            at: plan.at,
            applied,
            ended,
            took: called.took,
            since_cancel: called.since_cancel,
            since_gone: called.since_gone,
            left_behind,
            after_gone,
            next: Some(next),
        })
    }

    /// One run for each transfer of a capture, some beside each other.
    fn at_every_transfer(&self, wrong: Wrong) -> Result<Vec<Run>, Outcome> {
        let transfers = self.baseline()?.seen.len();
        let next = AtomicUsize::new(0);
        let work = || -> Result<Vec<Run>, Outcome> {
            let mut runs = Vec::new();
            loop {
                let at = next.fetch_add(1, Ordering::Relaxed);
                if at >= transfers {
                    return Ok(runs);
                }
                runs.push(self.run(Plan { at, wrong })?);
            }
        };
        let shares: Vec<Result<Vec<Run>, Outcome>> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..BESIDE).map(|_| scope.spawn(work)).collect();
            threads
                .into_iter()
                .map(|thread| match thread.join() {
                    Ok(share) => share,
                    Err(panic) => std::panic::resume_unwind(panic),
                })
                .collect()
        });
        let mut runs = Vec::with_capacity(transfers);
        for share in shares {
            runs.extend(share?);
        }
        runs.sort_by_key(|run| run.at);
        Ok(runs)
    }

    fn unplugged(&self) -> Result<&[Run], Outcome> {
        let runs = self.unplugged.get_or_init(|| self.at_every_transfer(Wrong::Unplugged));
        runs.as_ref().map(Vec::as_slice).map_err(Clone::clone)
    }

    fn cancelled(&self) -> Result<&[Run], Outcome> {
        let runs = self.cancelled.get_or_init(|| self.at_every_transfer(Wrong::Cancelled));
        runs.as_ref().map(Vec::as_slice).map_err(Clone::clone)
    }
}

/// The first run that breaks a rule, in words.
fn each(runs: &[Run], rule: impl Fn(&Run) -> Option<String>) -> Tried {
    for run in runs {
        if let Some(words) = rule(run) {
            return Err(failed(format!("transfer {}: {words}", run.at + 1)));
        }
    }
    Ok(runs.len())
}

fn ended_words(ended: &Ended) -> String {
    match ended {
        Ended::Image(_) => "the capture gave an image".to_owned(),
        Ended::Fault(kind, code) => format!("the fault was {kind:?} `{code}`"),
        Ended::Plugin(words) => words.clone(),
    }
}

fn next_words(run: &Run) -> Option<String> {
    match &run.next {
        None | Some(Next::Same) => None,
        Some(Next::Different) => Some("the next capture gave another image".to_owned()),
        Some(Next::Failed(words)) => Some(format!("the next capture ended badly: {words}")),
    }
}

fn left_words(run: &Run) -> Option<String> {
    let broke = matches!(run.ended, Ended::Plugin(_));
    (run.left_behind > 0 && !broke)
        .then(|| format!("{} transfers were left pending when the capture ended", run.left_behind))
}

/// Within its time-out, or 100 ms after it, in the best of three tries: another program may take the processor.
fn in_time(bench: &Bench, ms: u64) -> Tried {
    let timeout = Duration::from_millis(ms);
    let mut words = String::new();
    for _ in 0..3 {
        let open = bench.open("no-finger")?;
        let called = bench.capture(&open, None, timeout);
        match called.result {
            Err(DriverError::Fault(fault)) if fault.kind == FaultKind::NothingPresented => {}
            Err(cause) => return Err(failed(format!("without a finger it ended as: {cause}"))),
            Ok(_) => return Err(failed("without a finger it gave an image")),
        }
        if called.took > timeout + Duration::from_millis(100) {
            words = format!("it took {} ms", called.took.as_millis());
        } else if called.took + Duration::from_millis(300) < timeout {
            return Err(failed(format!(
                "it gave up after {} ms: the voter has {ms} ms",
                called.took.as_millis()
            )));
        } else {
            return Ok(1);
        }
    }
    Err(failed(words))
}

/// At most so many, evenly over the whole, first and last among them.
fn spread(places: &[usize], most: usize) -> Vec<usize> {
    if places.len() <= most {
        return places.to_vec();
    }
    (0..most)
        .map(|index| places[index * (places.len() - 1) / (most - 1).max(1)])
        .collect()
}

/// When during a capture a transfer goes wrong.
#[derive(Clone, Copy, Debug)]
enum Phase {
    Waiting,
    Reading,
    Last,
}

impl Phase {
    const ALL: [(Self, &'static str); 3] = [
        (Self::Waiting, "while it waits for a finger"),
        (Self::Reading, "while the finger is read"),
        (Self::Last, "at the last transfer"),
    ];

    fn places(self, baseline: &Baseline, most: usize) -> Vec<usize> {
        let all = baseline.seen.len();
        let presented = baseline.presented.min(all);
        let places: Vec<usize> = match self {
            Self::Waiting => (0..presented).collect(),
            Self::Reading => (presented..all.saturating_sub(1)).collect(),
            Self::Last => (all.saturating_sub(1)..all).collect(),
        };
        spread(&places, most)
    }
}

/// What a driver must make of what goes wrong.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Rule {
    /// nothing is lost: the same image
    Image,
    /// a fault, or the same image
    NeverAnother,
    /// as that where answers are numbered; otherwise the driver cannot know
    NeverAnotherIfNumbered,
    /// as that where answers have checksums; otherwise the driver cannot know
    NeverAnotherIfChecked,
}

/// What a device does, how, by which rule, and at how many places of a phase it is tried.
const WRONGS: [(&str, Wrong, Rule, usize); 23] = [
    ("stalls an endpoint", Wrong::Stalled, Rule::NeverAnother, 12),
    ("sends more than was asked", Wrong::Overflow, Rule::NeverAnother, 12),
    ("answers with an error on the bus", Wrong::IoError, Rule::NeverAnother, 12),
    ("keeps one answer to itself", Wrong::Silent, Rule::NeverAnother, 3),
    ("stops answering", Wrong::Dead, Rule::NeverAnother, 2),
    ("answers after the driver stopped waiting", Wrong::Late, Rule::NeverAnotherIfNumbered, 3),
    ("answers 100 ms late", Wrong::Slow(100), Rule::Image, 6),
    ("leaves the last byte of an answer out", Wrong::Short, Rule::NeverAnother, 12),
    ("sends half of an answer", Wrong::Half, Rule::NeverAnother, 12),
    ("sends one byte of an answer", Wrong::OneByte, Rule::NeverAnother, 12),
    ("sends an empty packet instead of an answer", Wrong::Empty, Rule::NeverAnother, 12),
    ("sends an empty packet before an answer", Wrong::EmptyFirst, Rule::NeverAnother, 12),
    ("sends an answer twice", Wrong::Twice, Rule::NeverAnotherIfNumbered, 12),
    ("sends two answers in the wrong order", Wrong::Swapped, Rule::NeverAnotherIfNumbered, 12),
    ("sends an earlier answer, with another's number", Wrong::Stale, Rule::NeverAnotherIfNumbered, 12),
    ("sends zeros instead of an answer", Wrong::Zeros, Rule::NeverAnotherIfChecked, 12),
    ("sends ones instead of an answer", Wrong::Ones, Rule::NeverAnotherIfChecked, 12),
    ("sends an answer with a wrong first byte", Wrong::FirstByte, Rule::NeverAnotherIfChecked, 12),
    ("sends an answer with a wrong byte in the middle", Wrong::MiddleByte, Rule::NeverAnotherIfChecked, 12),
    ("sends an answer with a wrong last byte", Wrong::LastByte, Rule::NeverAnotherIfChecked, 12),
    ("sends noise instead of an answer", Wrong::Noise, Rule::NeverAnotherIfChecked, 12),
    ("gets no transfer, since the host has no room", Wrong::RefusedBusy, Rule::NeverAnother, 6),
    ("lost an endpoint", Wrong::RefusedInvalid, Rule::NeverAnother, 6),
];

fn wrongs(bench: &Bench, wrong: Wrong, rule: Rule, phase: Phase, most: usize) -> Tried {
    let baseline = bench.baseline()?;
    let places = phase.places(baseline, most);
    let mut tried = 0;
    for at in places {
        let run = bench.run(Plan { at, wrong })?;
        if !run.applied {
            continue;
        }
        tried += 1;
        if let Some(words) = broken(bench, baseline, &run, rule, phase) {
            return Err(failed(format!("transfer {}: {words}", at + 1)));
        }
    }
    if tried == 0 {
        return Err(Outcome::NotApplicable("no transfer of this phase can go wrong so".to_owned()));
    }
    Ok(tried)
}

/// How a run breaks the rule.
fn broken(bench: &Bench, baseline: &Baseline, run: &Run, rule: Rule, phase: Phase) -> Option<String> {
    let strict = match rule {
        Rule::Image | Rule::NeverAnother => true,
        Rule::NeverAnotherIfNumbered => bench.promises.numbers,
        Rule::NeverAnotherIfChecked => bench.promises.checksums,
    };
    match &run.ended {
        Ended::Image(image) if strict && **image != baseline.image => {
            return Some("the capture gave another image than without the fault".to_owned());
        }
        Ended::Image(_) => {}
        Ended::Fault(..) if rule == Rule::Image => return Some(ended_words(&run.ended)),
        Ended::Fault(FaultKind::NothingPresented, _) if matches!(phase, Phase::Waiting) => {}
        Ended::Fault(FaultKind::Protocol | FaultKind::NotSupported | FaultKind::NeedsAttention, _) => {}
        Ended::Fault(..) | Ended::Plugin(_) => return Some(ended_words(&run.ended)),
    }
    let limit = bench.timeout() + Duration::from_millis(100);
    if run.took > limit + GRACE / 2 {
        return Some(format!("the capture took {} ms", run.took.as_millis()));
    }
    left_words(run).or_else(|| next_words(run))
}

/// All cases, in order.
pub(crate) fn list() -> List<Bench> {
    let mut list = List::new('D');
    package::cases(&mut list, |bench: &Bench| &bench.rig, super::FINGERPRINT_SCANNER);
    identity(&mut list);
    capture(&mut list);
    waiting(&mut list);
    cancel(&mut list);
    unplug(&mut list);
    state(&mut list);
    list.group("a device that misbehaves", 101);
    for (what, wrong, rule, most) in WRONGS {
        for (phase, when) in Phase::ALL {
            let sentence = match rule {
                Rule::Image => format!("a device that {what} {when} gives its image all the same"),
                _ => format!("a device that {what} {when} ends in a fault or its own image, and works again afterwards"),
            };
            list.case(sentence, move |bench: &Bench| wrongs(bench, wrong, rule, phase, most));
        }
    }
    list.group("what is asked for", 901);
    package::asks(&mut list, |bench: &Bench| &bench.rig);
    list.case("every fault is told with a code that the manifest lists", |bench: &Bench| {
        bench.baseline()?;
        let codes = bench.codes.lock().unwrap_or_else(PoisonError::into_inner);
        if codes.contains("no-code") {
            return Err(failed("a fault came with a code that is not in `codes` of plugin.toml"));
        }
        Ok(codes.len())
    });
    list
}

fn identity(list: &mut List<Bench>) {
    list.group("identity", 11);
    list.case("the recorded device is opened", |bench: &Bench| bench.open("finger").map(|_| 1));
    list.case("vendor and model are named", |bench: &Bench| {
        let open = bench.open("finger")?;
        let said = open.scanner.description();
        if said.vendor.trim().is_empty() || said.model.trim().is_empty() {
            return Err(failed("vendor or model is empty"));
        }
        Ok(1)
    });
    list.case("the serial number is the device's", |bench: &Bench| {
        let open = bench.open("finger")?;
        let told = open.plugged.replay.interfaces()[0].identity().serial;
        if open.scanner.description().serial != told {
            return Err(failed("it is another than the one that the host knows"));
        }
        Ok(1)
    });
    list.case("the resolution is 100 to 1,200 pixels per inch and the size is that of its images", |bench: &Bench| {
        let open = bench.open("finger")?;
        let said = open.scanner.description().clone();
        let image = &bench.baseline()?.image;
        if !(100..=1_200).contains(&said.dpi) || said.dpi != image.dpi {
            return Err(failed(format!("it says {} dpi, and the image has {}", said.dpi, image.dpi)));
        }
        let near = |said: u16, seen: u16| said.abs_diff(seen) <= seen / 8;
        if !said.swipe && !(near(said.width, image.width) && near(said.height, image.height)) {
            return Err(failed(format!(
                "it says {}x{}, and the image has {}x{}",
                said.width, said.height, image.width, image.height
            )));
        }
        Ok(1)
    });
    list.case("a device that is gone when it is opened is reported as gone", |bench: &Bench| {
        first_transfer(bench, Wrong::Unplugged, |kind| kind == FaultKind::DeviceGone)
    });
    list.case("a device that answers nothing is reported within the time of the call", |bench: &Bench| {
        first_transfer(bench, Wrong::Dead, |kind| {
            matches!(kind, FaultKind::Protocol | FaultKind::NotSupported | FaultKind::NothingPresented | FaultKind::NeedsAttention)
        })
    });
    list.case("a device without its endpoints is refused, without a trap", |bench: &Bench| {
        first_transfer(bench, Wrong::NoEndpoints, |kind| {
            matches!(kind, FaultKind::Protocol | FaultKind::NotSupported)
        })
    });
}

/// The first transfer ever goes wrong, be it in `open` or in the capture.
fn first_transfer(bench: &Bench, wrong: Wrong, good: impl Fn(FaultKind) -> bool) -> Tried {
    let plugged = bench.rig.plug("finger")?;
    let plan = Some(Plan { at: 0, wrong });
    plugged.log.begin(plan, None);
    let began = Instant::now();
    let fault = match bench.start(&plugged) {
        Err(fault) => fault,
        Ok(scanner) if plugged.log.applied() => match scanner.capture(bench.timeout(), |_| ()) {
            Err(fault) => fault,
            Ok(_) => return Err(failed("it gave an image")),
        },
        Ok(scanner) => {
            let open = Open { plugged, scanner };
            match bench.capture(&open, plan, bench.timeout()).result {
                Err(fault) => fault,
                Ok(_) => return Err(failed("it gave an image")),
            }
        }
    };
    let limit = Duration::from_secs(5) + bench.timeout() + GRACE;
    match fault {
        DriverError::Fault(fault) if good(fault.kind) && began.elapsed() < limit => Ok(1),
        other => Err(failed(format!("after {} ms: {other}", began.elapsed().as_millis()))),
    }
}

fn capture(list: &mut List<Bench>) {
    list.group("capture", 20);
    list.case("a finger on the sensor gives an image", |bench: &Bench| match bench.baseline() {
        Ok(_) => Ok(1),
        // Here it is the case itself that failed.
        Err(_) => Err(match bench.baseline.get() {
            Some(Err(cause)) => cause.clone(),
            _ => failed("there is no image"),
        }),
    });
    list.case("the image is one of a finger: dark and light, not one grey", |bench: &Bench| {
        let pixels = &bench.baseline()?.image.pixels;
        let mut levels: Vec<u8> = pixels.clone();
        levels.sort_unstable();
        let at = |percent: usize| levels[(levels.len() - 1) * percent / 100];
        if at(95) - at(5) < 40 {
            return Err(failed(format!("nine tenths of its pixels lie between {} and {}", at(5), at(95))));
        }
        Ok(1)
    });
    list.case("ready, presented, reading and remove are told in this order", |bench: &Bench| {
        let told = &bench.baseline()?.stages;
        let order = [Stage::Ready, Stage::Presented, Stage::Reading];
        let main: Vec<Stage> = told.iter().copied().filter(|stage| order.contains(stage)).collect();
        if main != order {
            return Err(failed(format!("told were {told:?}")));
        }
        match told.iter().position(|stage| *stage == Stage::Remove) {
            Some(last) if last + 1 < told.len() => Err(failed(format!("told were {told:?}"))),
            _ => Ok(1),
        }
    });
    list.case("another finger gives another image", |bench: &Bench| {
        let open = bench.open("other-finger")?;
        let capture = bench.capture(&open, None, bench.timeout()).result;
        let capture = capture.map_err(|cause| failed(format!("the other finger's capture ended badly: {cause}")))?;
        if Image::of(&capture).as_ref() == Some(&bench.baseline()?.image) {
            return Err(failed("both fingers gave the same image"));
        }
        Ok(1)
    });
    list.case("the same answers give the same image and the same transfers", |bench: &Bench| {
        let baseline = bench.baseline()?;
        for _ in 0..5 {
            let open = bench.open("finger")?;
            let capture = bench.capture(&open, None, bench.timeout()).result;
            let capture = capture.map_err(|cause| failed(cause.to_string()))?;
            if Image::of(&capture).as_ref() != Some(&baseline.image) {
                return Err(failed("the images differ"));
            }
            if open.plugged.log.seen() != baseline.seen {
                return Err(failed("the transfers differ"));
            }
        }
        Ok(5)
    });
    list.case("nothing is asked of the device that the recording does not hold", |bench: &Bench| {
        let open = bench.open("finger")?;
        bench.capture(&open, None, bench.timeout());
        match open.plugged.replay.deviations().first() {
            None => Ok(1),
            Some(deviation) => Err(failed(deviation.to_string())),
        }
    });
    list.case("a capture ends within its time-out on the recorded device", |bench: &Bench| {
        let took = bench.baseline()?.took;
        if took > bench.timeout() {
            return Err(failed(format!("it took {} ms", took.as_millis())));
        }
        Ok(1)
    });
    list.case("no transfer is left pending when a capture ends", |bench: &Bench| {
        let left = bench.baseline()?.seen.iter().filter(|seen| seen.status.is_none()).count();
        if left > 0 {
            return Err(failed(format!("{left} transfers were")));
        }
        Ok(1)
    });
    list.case("two devices at the same time give each its own image", |bench: &Bench| {
        let baseline = bench.baseline()?;
        let (first, second) = (bench.open("finger")?, bench.open("other-finger")?);
        let shot = |open: &Open| {
            let captured = bench.capture(open, None, bench.timeout());
            captured.result.ok().and_then(|capture| Image::of(&capture))
        };
        let images = std::thread::scope(|scope| {
            let other = scope.spawn(|| shot(&second));
            (shot(&first), other.join().ok().flatten())
        });
        match images {
            (Some(first), Some(second)) if first == baseline.image && second != first => Ok(2),
            _ => Err(failed("an image was missing or another's")),
        }
    });
}

fn waiting(list: &mut List<Bench>) {
    list.group("waiting for a finger", 40);
    for ms in [500, 1_000, 2_500] {
        list.timed(
            format!("without a finger a capture of {ms} ms ends `nothing-presented`, at most 100 ms late and not much too early"),
            move |bench: &Bench| in_time(bench, ms),
        );
    }
    list.case("after a capture without a finger the next one works", |bench: &Bench| {
        let open = bench.open("no-finger")?;
        for _ in 0..2 {
            open.plugged.replay.rewind();
            match bench.capture(&open, None, Duration::from_millis(700)).result {
                Err(DriverError::Fault(fault)) if fault.kind == FaultKind::NothingPresented => {}
                Err(cause) => return Err(failed(cause.to_string())),
                Ok(_) => return Err(failed("without a finger it gave an image")),
            }
        }
        Ok(2)
    });
    list.case("a device is asked at most 200 times a second whether a finger is there", |bench: &Bench| {
        let open = bench.open("no-finger")?;
        bench.capture(&open, None, Duration::from_secs(1));
        let asked = open.plugged.log.count();
        if asked > 200 {
            return Err(failed(format!("{asked} transfers in a second")));
        }
        Ok(1)
    });
    list.case("no transfer is left pending when nothing was presented", |bench: &Bench| {
        let open = bench.open("no-finger")?;
        bench.capture(&open, None, Duration::from_millis(700));
        match open.plugged.log.left_behind() {
            0 => Ok(1),
            left => Err(failed(format!("{left} transfers were"))),
        }
    });
    list.case("a slow finger is waited for", |bench: &Bench| {
        let open = bench.open("slow-finger")?;
        let capture = bench.capture(&open, None, bench.rig.timeout("slow-finger")).result;
        capture.map(|_| 1).map_err(|cause| failed(cause.to_string()))
    });
    list.timed("a capture that waits for a finger ends within 1 s of being cancelled, as `cancelled`", |bench: &Bench| {
        let open = bench.open("no-finger")?;
        open.plugged.log.begin(None, None);
        let (ended, since) = std::thread::scope(|scope| {
            let call = scope.spawn(|| {
                let ended = open.scanner.capture(Duration::from_secs(10), |_| ());
                (ended, Instant::now())
            });
            std::thread::sleep(Duration::from_millis(300));
            let asked = Instant::now();
            open.scanner.cancel();
            match call.join() {
                Ok((ended, at)) => (ended, at.saturating_duration_since(asked)),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        });
        match ended {
            Err(DriverError::Fault(fault)) if fault.kind == FaultKind::Cancelled && since < GRACE => Ok(1),
            Err(cause) => Err(failed(format!("after {} ms: {cause}", since.as_millis()))),
            Ok(_) => Err(failed("it gave an image")),
        }
    });
}

fn cancel(list: &mut List<Bench>) {
    list.group("cancelled at every transfer", 60);
    list.case("a cancelled capture ends as `cancelled`, or with the image that it had", |bench: &Bench| {
        let image = &bench.baseline()?.image;
        each(bench.cancelled()?, |run| match &run.ended {
            Ended::Fault(FaultKind::Cancelled, _) => None,
            Ended::Image(got) if **got == *image => None,
            other => Some(ended_words(other)),
        })
    });
    list.case("a cancelled capture ends within 1 s", |bench: &Bench| {
        each(bench.cancelled()?, |run| {
            let since = run.since_cancel.filter(|since| *since > GRACE)?;
            Some(format!("it took {} ms", since.as_millis()))
        })
    });
    list.case("a cancelled capture leaves no transfer pending", |bench: &Bench| each(bench.cancelled()?, left_words));
    list.case("after a cancelled capture the next one gives the image", |bench: &Bench| {
        each(bench.cancelled()?, next_words)
    });
}

fn unplug(list: &mut List<Bench>) {
    list.group("unplugged at every transfer", 70);
    list.case("a device that is unplugged is reported as gone", |bench: &Bench| {
        each(bench.unplugged()?, |run| match &run.ended {
            Ended::Fault(FaultKind::DeviceGone, _) => None,
            other => Some(ended_words(other)),
        })
    });
    list.case("a device that is unplugged is reported within 500 ms", |bench: &Bench| {
        each(bench.unplugged()?, |run| {
            let since = run.since_gone.filter(|since| *since > Duration::from_millis(500))?;
            Some(format!("it took {} ms", since.as_millis()))
        })
    });
    list.case("a device that is gone is not asked again and again", |bench: &Bench| {
        each(bench.unplugged()?, |run| {
            (run.after_gone > 5).then(|| format!("{} transfers were asked for afterwards", run.after_gone))
        })
    });
    list.case("plugged in again, the device gives the image", |bench: &Bench| each(bench.unplugged()?, next_words));
}

/// Captures of the endurance case.
const MANY: usize = 1_000;

fn state(list: &mut List<Bench>) {
    list.group("state and memory", 80);
    list.case("a second capture gives the same image: nothing is kept of the first", |bench: &Bench| {
        let baseline = bench.baseline()?;
        let open = bench.open("finger")?;
        for _ in 0..3 {
            open.plugged.replay.rewind();
            let capture = bench.capture(&open, None, bench.timeout()).result;
            let capture = capture.map_err(|cause| failed(cause.to_string()))?;
            if Image::of(&capture).as_ref() != Some(&baseline.image) {
                return Err(failed("the images differ"));
            }
        }
        Ok(3)
    });
    list.case("a closed device can be opened again and gives the same image", |bench: &Bench| {
        let baseline = bench.baseline()?;
        for _ in 0..3 {
            let open = bench.open("finger")?;
            let capture = bench.capture(&open, None, bench.timeout()).result;
            let capture = capture.map_err(|cause| failed(cause.to_string()))?;
            if Image::of(&capture).as_ref() != Some(&baseline.image) {
                return Err(failed("the images differ"));
            }
            open.plugged.log.begin(None, None);
            open.scanner.close().map_err(|cause| failed(format!("it was not closed: {cause}")))?;
        }
        Ok(3)
    });
    list.case("closing leaves no transfer pending and ends within 1 s", |bench: &Bench| {
        let open = bench.open("finger")?;
        bench.capture(&open, None, bench.timeout());
        open.plugged.log.begin(None, None);
        let began = Instant::now();
        open.scanner.close().map_err(|cause| failed(cause.to_string()))?;
        let (took, left) = (began.elapsed(), open.plugged.log.left_behind());
        if took > GRACE || left > 0 {
            return Err(failed(format!("it took {} ms and left {left} transfers", took.as_millis())));
        }
        Ok(1)
    });
    list.case("memory does not grow over 1,000 captures", |bench: &Bench| {
        let open = bench.open("finger")?;
        let mut settled = 0;
        for number in 1..=MANY {
            open.plugged.replay.rewind();
            let capture = bench.capture(&open, None, bench.timeout()).result;
            capture.map_err(|cause| failed(format!("capture {number}: {cause}")))?;
            let memory = open.scanner.memory().map_err(|cause| failed(cause.to_string()))?;
            if number == MANY / 10 {
                settled = memory;
            }
            if number == MANY && memory > settled {
                return Err(failed(format!("it grew from {settled} bytes after 100 captures to {memory}")));
            }
        }
        Ok(MANY)
    });
}
