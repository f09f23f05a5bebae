//! The cases of a driver whose device is touched or fed, and then read: fingerprint scanners and document readers. What they
//! have in common is here, [`Subject`] is what they have not.

use super::case::{List, Outcome, Tried, failed};
use super::package;
use super::probe::{Log, Plan, Seen, Wrong};
use super::rig::{Called, GRACE, Plugged, Rig, beside, called};
use plugin_runtime::driver::{DriverError, FaultKind};
use plugin_runtime::scanner::Stage;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

/// A kind of device, and its words.
pub(crate) trait Subject: Sized + Send + Sync + 'static {
    /// the contract that its drivers are made for
    const CONTRACT: &'static str;
    /// before the numbers of its cases
    const LETTER: char;
    /// what is presented: `finger`, `document`
    const THING: &'static str;
    /// what a call is: `capture`, `reading`
    const CALL: &'static str;
    /// what a call gives: `image`, `document`
    const GIVES: &'static str;
    /// one of these, with its article
    const ONE: &'static str;
    /// the recordings that a driver brings, by what happens in them: something presented, another, slowly, nothing
    const SCENARIOS: [(&'static str, &'static str); 4];
    /// stages that every driver tells, in this order
    const STAGES: &'static [Stage];
    /// a running driver
    type Device: Send + Sync;
    /// what a call gave, as it is compared
    type Value: Clone + PartialEq + Send + Sync;

    fn start(rig: &Rig, plugged: &Plugged) -> Result<Self::Device, DriverError>;
    fn read(
        device: &Self::Device,
        timeout: Duration,
        tell: impl FnMut(Stage) + Send + 'static,
    ) -> Result<Self::Value, DriverError>;
    fn cancel(device: &Self::Device);
    fn memory(device: &Self::Device) -> Result<usize, DriverError>;
    /// cases of this kind alone: who the device is
    fn identity(list: &mut List<Bench<Self>>);
    /// cases of this kind alone: what a call gives
    fn value(list: &mut List<Bench<Self>>);
    /// cases of this kind alone: several in one call
    fn several(list: &mut List<Bench<Self>>);
    /// cases of this kind alone: state
    fn state(list: &mut List<Bench<Self>>);
}

/// What the device's protocol promises, which a driver then must use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Promises {
    /// every answer carries a checksum over all of it
    pub checksums: bool,
    /// every answer carries a number by which a lost, doubled or foreign one is known
    pub numbers: bool,
}

/// A driver that is tried.
pub(crate) struct Bench<S: Subject> {
    pub(crate) rig: Rig,
    promises: Promises,
    baseline: OnceLock<Result<Baseline<S>, Outcome>>,
    unplugged: OnceLock<Result<Vec<Run<S>>, Outcome>>,
    cancelled: OnceLock<Result<Vec<Run<S>>, Outcome>>,
    /// fault codes that were told
    codes: Mutex<BTreeSet<String>>,
}

/// A call without any fault.
pub(crate) struct Baseline<S: Subject> {
    pub(crate) value: S::Value,
    pub(crate) seen: Vec<Seen>,
    /// the transfer at which something was there
    presented: usize,
    stages: Vec<Stage>,
    took: Duration,
}

/// A call during which one transfer went wrong.
struct Run<S: Subject> {
    at: usize,
    applied: bool,
    ended: Ended<S>,
    took: Duration,
    since_cancel: Option<Duration>,
    since_gone: Option<Duration>,
    left_behind: usize,
    after_gone: usize,
    /// what the next call was
    next: Next,
}

/// How a call ended.
enum Ended<S: Subject> {
    Value(Box<S::Value>),
    Fault(FaultKind, String),
    Plugin(String),
}

/// What the call after a fault was.
enum Next {
    Same,
    Different,
    Failed(String),
}

/// A driver that has its device open.
pub(crate) struct Open<S: Subject> {
    pub(crate) plugged: Plugged,
    pub(crate) device: S::Device,
}

type Heard = Arc<Mutex<Vec<(Stage, usize)>>>;

impl<S: Subject> Bench<S> {
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

    pub(crate) fn open(&self, scenario: &str) -> Result<Open<S>, Outcome> {
        let plugged = self.rig.plug(scenario)?;
        plugged.log.begin(None, None);
        let opened = self.start(&plugged);
        let device = opened.map_err(|cause| failed(format!("the device was not opened: {cause}")))?;
        Ok(Open { plugged, device })
    }

    /// The device of the scenario in which something is presented.
    pub(crate) fn main(&self) -> Result<Open<S>, Outcome> {
        self.open(S::SCENARIOS[0].0)
    }

    fn start(&self, plugged: &Plugged) -> Result<S::Device, DriverError> {
        let started = S::start(&self.rig, plugged);
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

    pub(crate) fn read(&self, open: &Open<S>, plan: Option<Plan>, timeout: Duration) -> Called<S::Value> {
        self.listened(open, plan, timeout).0
    }

    /// A call, and how many transfers there were at each stage that was told.
    fn listened(
        &self,
        open: &Open<S>,
        plan: Option<Plan>,
        timeout: Duration,
    ) -> (Called<S::Value>, Vec<(Stage, usize)>) {
        let heard = Heard::default();
        let (log, stages) = (open.plugged.log.clone(), Arc::clone(&heard));
        let tell = move |stage| {
            let mut stages = stages.lock().unwrap_or_else(PoisonError::into_inner);
            stages.push((stage, log.count()));
        };
        let called = called(
            &open.plugged.log,
            plan,
            || S::read(&open.device, timeout, tell),
            || S::cancel(&open.device),
        );
        if let Err(DriverError::Fault(fault)) = &called.result {
            self.heard(&fault.code);
        }
        let stages = heard.lock().unwrap_or_else(PoisonError::into_inner).clone();
        (called, stages)
    }

    pub(crate) fn baseline(&self) -> Result<&Baseline<S>, Outcome> {
        let made = self.baseline.get_or_init(|| {
            let open = self.main()?;
            let (called, stages) = self.listened(&open, None, self.timeout());
            let value = called
                .result
                .map_err(|cause| failed(format!("the {} ended badly: {cause}", S::CALL)))?;
            let presented = stages.iter().find(|(stage, _)| *stage == Stage::Presented);
            Ok(Baseline {
                value,
                seen: open.plugged.log.seen(),
                presented: presented.map_or(0, |(_, transfers)| *transfers),
                stages: stages.into_iter().map(|(stage, _)| stage).collect(),
                took: called.took,
            })
        });
        made.as_ref().map_err(|cause| match cause {
            Outcome::Failed(words) => {
                Outcome::NotTried(format!("without a good {} ({}020): {words}", S::CALL, S::LETTER))
            }
            other => other.clone(),
        })
    }

    pub(crate) fn timeout(&self) -> Duration {
        self.rig.timeout(S::SCENARIOS[0].0)
    }

    /// One call in which a transfer goes wrong, and the next one without.
    fn run(&self, plan: Plan) -> Result<Run<S>, Outcome> {
        let baseline = self.baseline()?;
        let open = self.main()?;
        open.plugged.replay.rewind();
        let called = self.read(&open, Some(plan), self.timeout());
        let log: &Log = &open.plugged.log;
        let (applied, left_behind, after_gone) = (log.applied(), log.left_behind(), log.after_gone());
        let ended = match called.result {
            Ok(value) => Ended::Value(Box::new(value)),
            Err(DriverError::Fault(fault)) => Ended::Fault(fault.kind, fault.code),
            Err(DriverError::Plugin(error)) => Ended::Plugin(error.to_string()),
        };
        let open = if plan.wrong == Wrong::Unplugged {
            // The plug is put in again: the host starts the driver anew.
            drop(open);
            self.main()?
        } else {
            open.plugged.replay.rewind();
            open
        };
        let next = match self.read(&open, None, self.timeout()).result {
            Ok(value) if value == baseline.value => Next::Same,
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
            next,
        })
    }

    /// One run for each transfer of a call.
    fn at_every_transfer(&self, wrong: Wrong) -> Result<Vec<Run<S>>, Outcome> {
        beside(self.baseline()?.seen.len(), |at| self.run(Plan { at, wrong }))
    }

    fn unplugged(&self) -> Result<&[Run<S>], Outcome> {
        let runs = self.unplugged.get_or_init(|| self.at_every_transfer(Wrong::Unplugged));
        runs.as_ref().map(Vec::as_slice).map_err(Clone::clone)
    }

    fn cancelled(&self) -> Result<&[Run<S>], Outcome> {
        let runs = self.cancelled.get_or_init(|| self.at_every_transfer(Wrong::Cancelled));
        runs.as_ref().map(Vec::as_slice).map_err(Clone::clone)
    }
}

/// The first run that breaks a rule, in words.
fn each<S: Subject>(runs: &[Run<S>], rule: impl Fn(&Run<S>) -> Option<String>) -> Tried {
    for run in runs {
        if let Some(words) = rule(run) {
            return Err(failed(format!("transfer {}: {words}", run.at + 1)));
        }
    }
    Ok(runs.len())
}

fn ended_words<S: Subject>(ended: &Ended<S>) -> String {
    match ended {
        Ended::Value(_) => format!("the {} gave {} all the same", S::CALL, S::ONE),
        Ended::Fault(kind, code) => format!("the fault was {kind:?} `{code}`"),
        Ended::Plugin(words) => words.clone(),
    }
}

fn next_words<S: Subject>(run: &Run<S>) -> Option<String> {
    match &run.next {
        Next::Same => None,
        Next::Different => Some(format!("the next {} gave another {}", S::CALL, S::GIVES)),
        Next::Failed(words) => Some(format!("the next {} ended badly: {words}", S::CALL)),
    }
}

fn left_words<S: Subject>(run: &Run<S>) -> Option<String> {
    let broke = matches!(run.ended, Ended::Plugin(_));
    (run.left_behind > 0 && !broke).then(|| {
        format!(
            "{} transfers were left pending when the {} ended",
            run.left_behind,
            S::CALL
        )
    })
}

/// Within its time-out, or 100 ms after it, in the best of three tries: another program may take the processor.
fn in_time<S: Subject>(bench: &Bench<S>, ms: u64) -> Tried {
    let timeout = Duration::from_millis(ms);
    let mut words = String::new();
    for _ in 0..3 {
        let open = bench.open(S::SCENARIOS[3].0)?;
        let called = bench.read(&open, None, timeout);
        match called.result {
            Err(DriverError::Fault(fault)) if fault.kind == FaultKind::NothingPresented => {}
            Err(cause) => return Err(failed(format!("without a {} it ended as: {cause}", S::THING))),
            Ok(_) => return Err(failed(format!("without a {} it gave {}", S::THING, S::ONE))),
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

/// When during a call a transfer goes wrong.
#[derive(Clone, Copy, Debug)]
enum Phase {
    Waiting,
    Reading,
    Last,
}

impl Phase {
    const ALL: [Self; 3] = [Self::Waiting, Self::Reading, Self::Last];

    fn when<S: Subject>(self) -> String {
        match self {
            Self::Waiting => format!("while it waits for a {}", S::THING),
            Self::Reading => format!("while the {} is read", S::THING),
            Self::Last => "at the last transfer".to_owned(),
        }
    }

    fn places<S: Subject>(self, baseline: &Baseline<S>, most: usize) -> Vec<usize> {
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
    /// nothing is lost: the same value
    Same,
    /// a fault, or the same value
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
    (
        "answers with an error on the bus",
        Wrong::IoError,
        Rule::NeverAnother,
        12,
    ),
    ("keeps one answer to itself", Wrong::Silent, Rule::NeverAnother, 3),
    ("stops answering", Wrong::Dead, Rule::NeverAnother, 2),
    (
        "answers after the driver stopped waiting",
        Wrong::Late,
        Rule::NeverAnotherIfNumbered,
        3,
    ),
    ("answers 100 ms late", Wrong::Slow(100), Rule::Same, 6),
    (
        "leaves the last byte of an answer out",
        Wrong::Short,
        Rule::NeverAnother,
        12,
    ),
    ("sends half of an answer", Wrong::Half, Rule::NeverAnother, 12),
    ("sends one byte of an answer", Wrong::OneByte, Rule::NeverAnother, 12),
    (
        "sends an empty packet instead of an answer",
        Wrong::Empty,
        Rule::NeverAnother,
        12,
    ),
    (
        "sends an empty packet before an answer",
        Wrong::EmptyFirst,
        Rule::NeverAnother,
        12,
    ),
    ("sends an answer twice", Wrong::Twice, Rule::NeverAnotherIfNumbered, 12),
    (
        "sends two answers in the wrong order",
        Wrong::Swapped,
        Rule::NeverAnotherIfNumbered,
        12,
    ),
    (
        "sends an earlier answer, with another's number",
        Wrong::Stale,
        Rule::NeverAnotherIfNumbered,
        12,
    ),
    (
        "sends zeros instead of an answer",
        Wrong::Zeros,
        Rule::NeverAnotherIfChecked,
        12,
    ),
    (
        "sends ones instead of an answer",
        Wrong::Ones,
        Rule::NeverAnotherIfChecked,
        12,
    ),
    (
        "sends an answer with a wrong first byte",
        Wrong::FirstByte,
        Rule::NeverAnotherIfChecked,
        12,
    ),
    (
        "sends an answer with a wrong byte in the middle",
        Wrong::MiddleByte,
        Rule::NeverAnotherIfChecked,
        12,
    ),
    (
        "sends an answer with a wrong last byte",
        Wrong::LastByte,
        Rule::NeverAnotherIfChecked,
        12,
    ),
    (
        "sends noise instead of an answer",
        Wrong::Noise,
        Rule::NeverAnotherIfChecked,
        12,
    ),
    (
        "gets no transfer, since the host has no room",
        Wrong::RefusedBusy,
        Rule::NeverAnother,
        6,
    ),
    ("lost an endpoint", Wrong::RefusedInvalid, Rule::NeverAnother, 6),
];

fn wrongs<S: Subject>(bench: &Bench<S>, wrong: Wrong, rule: Rule, phase: Phase, most: usize) -> Tried {
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
        return Err(Outcome::NotApplicable(
            "no transfer of this phase can go wrong so".to_owned(),
        ));
    }
    Ok(tried)
}

/// How a run breaks the rule.
fn broken<S: Subject>(
    bench: &Bench<S>,
    baseline: &Baseline<S>,
    run: &Run<S>,
    rule: Rule,
    phase: Phase,
) -> Option<String> {
    let strict = match rule {
        Rule::Same | Rule::NeverAnother => true,
        Rule::NeverAnotherIfNumbered => bench.promises.numbers,
        Rule::NeverAnotherIfChecked => bench.promises.checksums,
    };
    match &run.ended {
        Ended::Value(value) if strict && **value != baseline.value => {
            return Some(format!(
                "the {} gave another {} than without the fault",
                S::CALL,
                S::GIVES
            ));
        }
        Ended::Value(_) => {}
        Ended::Fault(..) if rule == Rule::Same => return Some(ended_words(&run.ended)),
        Ended::Fault(FaultKind::NothingPresented, _) if matches!(phase, Phase::Waiting) => {}
        Ended::Fault(FaultKind::Protocol | FaultKind::NotSupported | FaultKind::NeedsAttention, _) => {}
        Ended::Fault(..) | Ended::Plugin(_) => return Some(ended_words(&run.ended)),
    }
    let limit = bench.timeout() + Duration::from_millis(100);
    if run.took > limit + GRACE / 2 {
        return Some(format!("the {} took {} ms", S::CALL, run.took.as_millis()));
    }
    left_words(run).or_else(|| next_words(run))
}

/// All cases, in order.
pub(crate) fn list<S: Subject>() -> List<Bench<S>> {
    let mut list = List::new(S::LETTER);
    package::cases(&mut list, |bench: &Bench<S>| &bench.rig, S::CONTRACT);
    identity(&mut list);
    call(&mut list);
    waiting(&mut list);
    cancel(&mut list);
    unplug(&mut list);
    state(&mut list);
    list.group("a device that misbehaves", 101);
    for (what, wrong, rule, most) in WRONGS {
        for phase in Phase::ALL {
            let (when, gives) = (phase.when::<S>(), S::GIVES);
            let sentence = match rule {
                Rule::Same => format!("a device that {what} {when} gives its {gives} all the same"),
                _ => format!(
                    "a device that {what} {when} ends in a fault or its own {gives}, and works again afterwards"
                ),
            };
            list.case(sentence, move |bench: &Bench<S>| {
                wrongs(bench, wrong, rule, phase, most)
            });
        }
    }
    list.group(package::LAST, 901);
    package::asks(&mut list, |bench: &Bench<S>| &bench.rig);
    list.case(
        "every fault is told with a code that the manifest lists",
        |bench: &Bench<S>| {
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

fn identity<S: Subject>(list: &mut List<Bench<S>>) {
    list.group("identity", 11);
    list.case("the recorded device is opened", |bench: &Bench<S>| {
        bench.main().map(|_| 1)
    });
    S::identity(list);
    list.group("a device that cannot be used", 15);
    list.case(
        "a device that is gone when it is opened is reported as gone",
        |bench: &Bench<S>| first_transfer(bench, Wrong::Unplugged, |kind| kind == FaultKind::DeviceGone),
    );
    list.case(
        "a device that answers nothing is reported within the time of the call",
        |bench: &Bench<S>| {
            first_transfer(bench, Wrong::Dead, |kind| {
                matches!(
                    kind,
                    FaultKind::Protocol
                        | FaultKind::NotSupported
                        | FaultKind::NothingPresented
                        | FaultKind::NeedsAttention
                )
            })
        },
    );
    list.case(
        "a device without its endpoints is refused, without a trap",
        |bench: &Bench<S>| {
            first_transfer(bench, Wrong::NoEndpoints, |kind| {
                matches!(kind, FaultKind::Protocol | FaultKind::NotSupported)
            })
        },
    );
}

/// The first transfer ever goes wrong, be it in `open` or in the call.
fn first_transfer<S: Subject>(bench: &Bench<S>, wrong: Wrong, good: impl Fn(FaultKind) -> bool) -> Tried {
    let plugged = bench.rig.plug(S::SCENARIOS[0].0)?;
    let plan = Some(Plan { at: 0, wrong });
    plugged.log.begin(plan, None);
    let began = Instant::now();
    let gave = || failed(format!("it gave {}", S::ONE));
    let fault = match bench.start(&plugged) {
        Err(fault) => fault,
        Ok(device) if plugged.log.applied() => match S::read(&device, bench.timeout(), |_| ()) {
            Err(fault) => fault,
            Ok(_) => return Err(gave()),
        },
        Ok(device) => {
            let open = Open { plugged, device };
            match bench.read(&open, plan, bench.timeout()).result {
                Err(fault) => fault,
                Ok(_) => return Err(gave()),
            }
        }
    };
    let limit = Duration::from_secs(5) + bench.timeout() + GRACE;
    match fault {
        DriverError::Fault(fault) if good(fault.kind) && began.elapsed() < limit => Ok(1),
        other => Err(failed(format!("after {} ms: {other}", began.elapsed().as_millis()))),
    }
}

fn call<S: Subject>(list: &mut List<Bench<S>>) {
    list.group(S::CALL, 20);
    list.case(format!("what is presented gives {}", S::ONE), |bench: &Bench<S>| {
        match bench.baseline() {
            Ok(_) => Ok(1),
            // Here it is the case itself that failed.
            Err(_) => Err(match bench.baseline.get() {
                Some(Err(cause)) => cause.clone(),
                _ => failed("nothing came"),
            }),
        }
    });
    S::value(list);
    let stages: Vec<String> = S::STAGES
        .iter()
        .map(|stage| format!("{stage:?}").to_lowercase())
        .collect();
    let sentence = format!(
        "{} are told in this order, and `remove`, where it is told, last",
        stages.join(", ")
    );
    list.case(sentence, |bench: &Bench<S>| {
        let told = &bench.baseline()?.stages;
        let main: Vec<Stage> = told.iter().copied().filter(|stage| S::STAGES.contains(stage)).collect();
        if main != S::STAGES {
            return Err(failed(format!("told were {told:?}")));
        }
        match told.iter().position(|stage| *stage == Stage::Remove) {
            Some(last) if last + 1 < told.len() => Err(failed(format!("told were {told:?}"))),
            _ => Ok(1),
        }
    });
    list.case(
        format!("another {} gives another {}", S::THING, S::GIVES),
        |bench: &Bench<S>| {
            let open = bench.open(S::SCENARIOS[1].0)?;
            let other = bench.read(&open, None, bench.timeout()).result;
            let other = other.map_err(|cause| failed(format!("the other one ended badly: {cause}")))?;
            if other == bench.baseline()?.value {
                return Err(failed("both gave the same"));
            }
            Ok(1)
        },
    );
    let sentence = format!("the same answers give the same {} and the same transfers", S::GIVES);
    list.case(sentence, |bench: &Bench<S>| {
        let baseline = bench.baseline()?;
        for _ in 0..5 {
            let open = bench.main()?;
            let value = bench.read(&open, None, bench.timeout()).result;
            if value.map_err(|cause| failed(cause.to_string()))? != baseline.value {
                return Err(failed(format!("the {}s differ", S::GIVES)));
            }
            if open.plugged.log.seen() != baseline.seen {
                return Err(failed("the transfers differ"));
            }
        }
        Ok(5)
    });
    list.case(
        "nothing is asked of the device that the recording does not hold",
        |bench: &Bench<S>| {
            let open = bench.main()?;
            bench.read(&open, None, bench.timeout());
            match open.plugged.replay.deviations().first() {
                None => Ok(1),
                Some(deviation) => Err(failed(deviation.to_string())),
            }
        },
    );
    list.case(
        format!("a {} ends within its time-out on the recorded device", S::CALL),
        |bench: &Bench<S>| {
            let took = bench.baseline()?.took;
            if took > bench.timeout() {
                return Err(failed(format!("it took {} ms", took.as_millis())));
            }
            Ok(1)
        },
    );
    list.case(
        format!("no transfer is left pending when a {} ends", S::CALL),
        |bench: &Bench<S>| {
            let left = bench
                .baseline()?
                .seen
                .iter()
                .filter(|seen| seen.status.is_none())
                .count();
            if left > 0 {
                return Err(failed(format!("{left} transfers were")));
            }
            Ok(1)
        },
    );
    list.case(
        format!("two devices at the same time give each its own {}", S::GIVES),
        |bench: &Bench<S>| {
            let baseline = bench.baseline()?;
            let (first, second) = (bench.main()?, bench.open(S::SCENARIOS[1].0)?);
            let shot = |open: &Open<S>| bench.read(open, None, bench.timeout()).result.ok();
            let values = std::thread::scope(|scope| {
                let other = scope.spawn(|| shot(&second));
                (shot(&first), other.join().ok().flatten())
            });
            match values {
                (Some(first), Some(second)) if first == baseline.value && second != first => Ok(2),
                _ => Err(failed(format!("{} was missing or another's", S::ONE))),
            }
        },
    );
    S::several(list);
}

fn waiting<S: Subject>(list: &mut List<Bench<S>>) {
    let (thing, call, nothing) = (S::THING, S::CALL, S::SCENARIOS[3].0);
    list.group("waiting", 40);
    for ms in [500, 1_000, 2_500] {
        list.timed(
            format!(
                "without a {thing} a {call} of {ms} ms ends `nothing-presented`, at most 100 ms late and 300 ms early"
            ),
            move |bench: &Bench<S>| in_time(bench, ms),
        );
    }
    list.case(
        format!("after a {call} without a {thing} the next one works"),
        move |bench: &Bench<S>| {
            let open = bench.open(nothing)?;
            for _ in 0..2 {
                open.plugged.replay.rewind();
                match bench.read(&open, None, Duration::from_millis(700)).result {
                    Err(DriverError::Fault(fault)) if fault.kind == FaultKind::NothingPresented => {}
                    Err(cause) => return Err(failed(cause.to_string())),
                    Ok(_) => return Err(failed(format!("without a {thing} it gave {}", S::ONE))),
                }
            }
            Ok(2)
        },
    );
    list.case(
        format!("a device is asked at most 200 times a second whether a {thing} is there"),
        move |bench: &Bench<S>| {
            let open = bench.open(nothing)?;
            bench.read(&open, None, Duration::from_secs(1));
            let asked = open.plugged.log.count();
            if asked > 200 {
                return Err(failed(format!("{asked} transfers in a second")));
            }
            Ok(1)
        },
    );
    list.case(
        "no transfer is left pending when nothing was presented",
        move |bench: &Bench<S>| {
            let open = bench.open(nothing)?;
            bench.read(&open, None, Duration::from_millis(700));
            match open.plugged.log.left_behind() {
                0 => Ok(1),
                left => Err(failed(format!("{left} transfers were"))),
            }
        },
    );
    list.case(format!("a slow {thing} is waited for"), |bench: &Bench<S>| {
        let slow = S::SCENARIOS[2].0;
        let open = bench.open(slow)?;
        let value = bench.read(&open, None, bench.rig.timeout(slow)).result;
        value.map(|_| 1).map_err(|cause| failed(cause.to_string()))
    });
    list.timed(
        format!("a {call} that waits for a {thing} ends within 1 s of being cancelled, as `cancelled`"),
        move |bench: &Bench<S>| {
            let open = bench.open(nothing)?;
            open.plugged.log.begin(None, None);
            let (ended, since) = std::thread::scope(|scope| {
                let call = scope.spawn(|| {
                    let ended = S::read(&open.device, Duration::from_secs(10), |_| ());
                    (ended, Instant::now())
                });
                std::thread::sleep(Duration::from_millis(300));
                let asked = Instant::now();
                S::cancel(&open.device);
                match call.join() {
                    Ok((ended, at)) => (ended, at.saturating_duration_since(asked)),
                    Err(panic) => std::panic::resume_unwind(panic),
                }
            });
            match ended {
                Err(DriverError::Fault(fault)) if fault.kind == FaultKind::Cancelled && since < GRACE => Ok(1),
                Err(cause) => Err(failed(format!("after {} ms: {cause}", since.as_millis()))),
                Ok(_) => Err(failed(format!("it gave {}", S::ONE))),
            }
        },
    );
}

fn cancel<S: Subject>(list: &mut List<Bench<S>>) {
    let (call, gives) = (S::CALL, S::GIVES);
    list.group("cancelled at every transfer", 60);
    list.case(
        format!("a cancelled {call} ends as `cancelled`, or with the {gives} that it had"),
        |bench: &Bench<S>| {
            let value = &bench.baseline()?.value;
            each(bench.cancelled()?, |run| match &run.ended {
                Ended::Fault(FaultKind::Cancelled, _) => None,
                Ended::Value(got) if **got == *value => None,
                other => Some(ended_words(other)),
            })
        },
    );
    list.case(format!("a cancelled {call} ends within 1 s"), |bench: &Bench<S>| {
        each(bench.cancelled()?, |run| {
            let since = run.since_cancel.filter(|since| *since > GRACE)?;
            Some(format!("it took {} ms", since.as_millis()))
        })
    });
    list.case(
        format!("a cancelled {call} leaves no transfer pending"),
        |bench: &Bench<S>| each(bench.cancelled()?, left_words),
    );
    list.case(
        format!("after a cancelled {call} the next one gives the {gives}"),
        |bench: &Bench<S>| each(bench.cancelled()?, next_words),
    );
}

fn unplug<S: Subject>(list: &mut List<Bench<S>>) {
    list.group("unplugged at every transfer", 70);
    list.case("a device that is unplugged is reported as gone", |bench: &Bench<S>| {
        each(bench.unplugged()?, |run| match &run.ended {
            Ended::Fault(FaultKind::DeviceGone, _) => None,
            other => Some(ended_words(other)),
        })
    });
    list.case(
        "a device that is unplugged is reported within 500 ms",
        |bench: &Bench<S>| {
            each(bench.unplugged()?, |run| {
                let since = run.since_gone.filter(|since| *since > Duration::from_millis(500))?;
                Some(format!("it took {} ms", since.as_millis()))
            })
        },
    );
    list.case(
        "a device that is gone is not asked again and again",
        |bench: &Bench<S>| {
            each(bench.unplugged()?, |run| {
                (run.after_gone > 5).then(|| format!("{} transfers were asked for afterwards", run.after_gone))
            })
        },
    );
    list.case(
        format!("plugged in again, the device gives the {}", S::GIVES),
        |bench: &Bench<S>| each(bench.unplugged()?, next_words),
    );
}

/// Calls of the endurance case.
const MANY: usize = 1_000;

fn state<S: Subject>(list: &mut List<Bench<S>>) {
    let (call, gives) = (S::CALL, S::GIVES);
    list.group("state and memory", 80);
    list.case(
        format!("a second {call} gives the same {gives}: nothing is kept of the first"),
        |bench: &Bench<S>| {
            let baseline = bench.baseline()?;
            let open = bench.main()?;
            for _ in 0..3 {
                open.plugged.replay.rewind();
                let value = bench.read(&open, None, bench.timeout()).result;
                if value.map_err(|cause| failed(cause.to_string()))? != baseline.value {
                    return Err(failed(format!("the {}s differ", S::GIVES)));
                }
            }
            Ok(3)
        },
    );
    list.case(
        format!("a device that is opened again gives the same {gives}"),
        |bench: &Bench<S>| {
            let baseline = bench.baseline()?;
            for _ in 0..3 {
                let open = bench.main()?;
                let value = bench.read(&open, None, bench.timeout()).result;
                if value.map_err(|cause| failed(cause.to_string()))? != baseline.value {
                    return Err(failed(format!("the {}s differ", S::GIVES)));
                }
            }
            Ok(3)
        },
    );
    list.case(
        format!("memory does not grow over 1,000 {call}s"),
        |bench: &Bench<S>| {
            let open = bench.main()?;
            let mut settled = 0;
            for number in 1..=MANY {
                open.plugged.replay.rewind();
                let value = bench.read(&open, None, bench.timeout()).result;
                value.map_err(|cause| failed(format!("number {number}: {cause}")))?;
                let memory = S::memory(&open.device).map_err(|cause| failed(cause.to_string()))?;
                if number == MANY / 10 {
                    settled = memory;
                }
                if number == MANY && memory > settled {
                    return Err(failed(format!("it grew from {settled} bytes after 100 to {memory}")));
                }
            }
            Ok(MANY)
        },
    );
    S::state(list);
}
