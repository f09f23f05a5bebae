//! Updates: from the commission's `publish` to running on a kiosk, and what a swap puts into the check-ins that run meanwhile.

use crate::Outcome;
use crate::length::Length;
use crate::plugins::Plugins;
use crate::row::Row;
use crate::statistics::{Sample, Side, beside};
use gateway::assembly::Kiosk;
use identification::command::Command;
use identification::event::{Event, Step};
use identification::next::Next;
use identification::voter::RollNumber;
use simulator::virtual_device::Uru4000;
use stand::{Stand, Started, VOTERS, finger_view, officers, plugin, released};
use std::hint::black_box;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

const POLICY: &str = "fingerprint-first";
const DRIVER: &str = "uru4000";
const POLICY_PAUSE: &str = "pause of a policy's swap";
const DRIVER_PAUSE: &str = "pause of a driver's swap";
const NONE_MET: &str = "no check-in met a swap in this short run";
/// A policy of this size is published.
const LARGE: usize = 1_000_000;
/// The pause that a policy's swap may put into a check-in, p99.
const PAUSE_S: f64 = 0.020;
/// How long publishing and running may take together.
const ACTIVE_S: f64 = 2.0;

/// The rows about updates.
pub(crate) fn rows(plugins: &Plugins, length: Length) -> Outcome<Vec<Row>> {
    eprintln!("bench: updates");
    let mut rows = vec![published(plugins, length)?];
    rows.extend(swapped(length)?);
    Ok(rows)
}

/// A policy of 1 MB, from the commission's tool to the kiosk's table.
fn published(plugins: &Plugins, length: Length) -> Outcome<Row> {
    let mut stand = Stand::published();
    let mut station = stand.start();
    station.check();
    let small = plugin(POLICY);
    let largest = fixtures::grown(&small, LARGE, 1);
    let mut seed = 1;
    let figure = Side::new(length.pick(20, 1), || {
        seed += 1;
        let component = fixtures::grown(&small, LARGE, seed);
        let counter = stand.trial.publish_policy(&component)?;
        station.check();
        let runs = station.on_the_table(&stand::policy());
        if runs == Some(counter) {
            Ok(())
        } else {
            Err(format!(
                "policy {counter} was published, and {runs:?} runs: {:?}",
                station.kiosk.notices()
            )
            .into())
        }
    });
    let compile = Side::new(length.pick(20, 1), || {
        black_box(plugins.compile(&largest)?);
        Ok(())
    });
    let (figure, limit) = beside(figure, compile)?;
    let worst = figure.seconds().last().copied().unwrap_or_default();
    Ok(Row::times(
        "policy of 1 MB, publish to active",
        (figure, limit),
        "compiling it alone, on all cores",
        format!(
            "signing and writing of plan, targets, snapshot and timestamp; reading the repository, verifying, compiling in a \
             child process on one core, trying it, journal rows, the swap; the largest of these took {worst:.2} s, {} the \
             {ACTIVE_S} s that it may take",
            if worst < ACTIVE_S { "below" } else { "over" }
        ),
    ))
}

/// How long a check-in took, and from when to when.
#[derive(Clone, Copy, Debug)]
struct Span {
    from: Instant,
    to: Instant,
}

impl Span {
    fn overlaps(self, other: Self) -> bool {
        self.from < other.to && other.from < self.to
    }

    fn seconds(self) -> f64 {
        self.to.duration_since(self.from).as_secs_f64()
    }
}

/// What the swaps of one kind put into the calls that met them.
struct Pauses {
    /// over the median of calls that met no swap
    met: Sample,
    /// calls that met none
    quiet: Sample,
    /// all of them
    calls: usize,
}

impl Pauses {
    /// None where no call met a swap, as in a short run it can be.
    fn of(calls: &[Span], swaps: &[Span], others: &[Span]) -> Outcome<Option<Self>> {
        let meets = |call: &Span, swaps: &[Span]| swaps.iter().any(|swap| swap.overlaps(*call));
        let mut met = Vec::new();
        let mut quiet = Vec::new();
        for call in calls.iter().filter(|call| !meets(call, others)) {
            let calls = if meets(call, swaps) { &mut met } else { &mut quiet };
            calls.push(call.seconds());
        }
        if met.is_empty() || quiet.is_empty() {
            return Ok(None);
        }
        let quiet = Sample::of(quiet)?;
        let usual = quiet.median();
        Ok(Some(Self {
            met: Sample::of(met.into_iter().map(|seconds| (seconds - usual).max(0.0)).collect())?,
            quiet,
            calls: calls.len(),
        }))
    }

    fn told(&self, swaps: usize) -> String {
        format!(
            "{} of {} met one of {swaps} swaps, p99 {:.1} ms over the median of those that met none, whose own p99 is {:.1} ms \
             over it",
            self.met.count(),
            self.calls,
            self.met.p99() * 1_000.0,
            (self.quiet.p99() - self.quiet.median()) * 1_000.0,
        )
    }
}

/// A station that is open, and has everything in its first release.
fn opened() -> Outcome<(Stand, Started)> {
    let stand = Stand::published();
    let mut station = stand.start();
    station.check();
    station.kiosk.open_polls(officers())?;
    station.kiosk.warm_up()?;
    Ok((stand, station))
}

fn swapped(length: Length) -> Outcome<Vec<Row>> {
    let swaps: u8 = length.pick(100, 4);
    Ok(vec![asked(swaps)?, captured(swaps)?])
}

/// Check-ins begin one after the other, each asks the policy, and policies are swapped.
fn asked(swaps: u8) -> Outcome<Row> {
    let (mut stand, mut station) = opened()?;
    let policy = plugin(POLICY);
    let begin = |kiosk: &Kiosk, stop: &AtomicBool| {
        let mut spans = Vec::new();
        while !stop.load(Ordering::SeqCst) {
            let from = Instant::now();
            let id = kiosk.start()?;
            let to = Instant::now();
            let next = kiosk.next(id);
            if !matches!(next, Some(Next::CaptureFinger(_))) {
                return Err(format!("check-in {id} came to {next:?}: {:?}", kiosk.notices()).into());
            }
            spans.push(Span { from, to });
            kiosk.command(Command::Abandon(id))?;
        }
        Ok(spans)
    };
    let (calls, swapped) = meanwhile(&mut station, begin, |station| {
        (1..=swaps)
            .map(|number| {
                stand.trial.publish_policy(&released(&policy, number))?;
                swap(station)
            })
            .collect::<Outcome<Vec<Span>>>()
    })?;
    let kiosk = &station.kiosk;
    let expected = [calls.len(), 0, 0, calls.len()];
    whole(kiosk, expected)?;
    let Some(pauses) = Pauses::of(&calls, &swapped, &[])? else {
        return Ok(Row::skipped(POLICY_PAUSE, NONE_MET));
    };
    let told = pauses.told(swapped.len());
    let verdict = if pauses.met.p99() < PAUSE_S { "below" } else { "over" };
    Ok(Row::times(
        POLICY_PAUSE,
        (pauses.met, pauses.quiet),
        "a check-in begun and the policy asked",
        format!(
            "what the first step of a check-in took over the median: {told}; that is {verdict} the limit of {:.0} ms. Every \
             policy that was asked answered",
            PAUSE_S * 1_000.0
        ),
    ))
}

/// Whole check-ins as fast as the simulated reader lets them, while policies and a driver are swapped in turns.
fn captured(swaps: u8) -> Outcome<Row> {
    let (mut stand, mut station) = opened()?;
    let (policy, driver) = (plugin(POLICY), plugin(DRIVER));
    let reader = stand.reader.clone();
    let (check_ins, swapped) = meanwhile(
        &mut station,
        |kiosk, stop| operate(kiosk, &reader, stop),
        |station| {
            (1..=swaps)
                .map(|number| {
                    stand.trial.publish_policy(&released(&policy, number))?;
                    let one = swap(station)?;
                    stand
                        .trial
                        .publish_driver("digital-persona", &released(&driver, number))?;
                    Ok((one, swap(station)?))
                })
                .collect::<Outcome<Vec<(Span, Span)>>>()
        },
    )?;
    let all = check_ins.len();
    whole(&station.kiosk, [all, all, all, 0])?;
    let (policies, drivers): (Vec<Span>, Vec<Span>) = swapped.into_iter().unzip();
    let Some(pauses) = Pauses::of(&check_ins, &drivers, &policies)? else {
        return Ok(Row::skipped(DRIVER_PAUSE, NONE_MET));
    };
    let told = pauses.told(drivers.len());
    Ok(Row::times(
        DRIVER_PAUSE,
        (pauses.met, pauses.quiet),
        "a whole check-in: finger, search, photo, receipt",
        format!(
            "between two captures the old driver is closed and the new one opens the reader; what a check-in took over the \
             median: {told}. With {} swaps of the policy in between, all {all} check-ins came to their receipt",
            policies.len()
        ),
    ))
}

/// Lets a thread work at the station until the swaps are done.
fn meanwhile<T: Send, S>(
    station: &mut Started,
    work: impl Fn(&Kiosk, &AtomicBool) -> Outcome<T> + Sync,
    swaps: impl FnOnce(&mut Started) -> Outcome<S>,
) -> Outcome<(T, S)> {
    let stop = AtomicBool::new(false);
    let kiosk = std::sync::Arc::clone(&station.kiosk);
    std::thread::scope(|scope| {
        let worker = scope.spawn(|| work(&kiosk, &stop));
        let swapped = swaps(station);
        stop.store(true, Ordering::SeqCst);
        let worked = worker.join().map_err(|_| "the operator's thread ended in a panic")?;
        // What stopped the operator is the reason why nothing was swapped, if both ended.
        Ok((worked?, swapped?))
    })
}

/// Makes ready what is new, then puts it into its place: only that is the swap.
fn swap(station: &mut Started) -> Outcome<Span> {
    station.check();
    let from = Instant::now();
    let told = station.clerk.apply(&officers(), None)?;
    let to = Instant::now();
    if told.iter().any(|sentence| sentence.ends_with("runs")) {
        Ok(Span { from, to })
    } else {
        Err(format!("nothing was swapped: {told:?}, {:?}", station.kiosk.notices()).into())
    }
}

/// One voter after the other, until told to stop: finger, photo, receipt; then the admission is taken back, so that there is
/// always a next one.
fn operate(kiosk: &Kiosk, reader: &Uru4000, stop: &AtomicBool) -> Outcome<Vec<Span>> {
    let mut images: Vec<_> = (1..=VOTERS).map(|voter| finger_view(reader, voter)).collect();
    let mut spans = Vec::new();
    for turn in 0_u32.. {
        if stop.load(Ordering::SeqCst) {
            break;
        }
        let voter = turn % VOTERS + 1;
        let image = &mut images[usize::try_from(voter - 1)?];
        // An image that was seen before would be refused as a replay: its corner counts.
        for (pixel, byte) in image.pixels.iter_mut().zip(turn.to_le_bytes()) {
            *pixel = 255 - (byte >> 4);
        }
        for (pixel, byte) in image.pixels.iter_mut().skip(4).zip(turn.to_le_bytes()) {
            *pixel = 255 - (byte & 15);
        }
        reader
            .finger()
            .touch(image.width, image.height, image.dpi, &image.pixels)?;
        let from = Instant::now();
        let id = kiosk.start()?;
        let next = kiosk.capture(id)?;
        if next != Some(Next::ConfirmPhoto(RollNumber(voter))) {
            return Err(format!("check-in {id} of voter {voter} came to {next:?}: {:?}", kiosk.notices()).into());
        }
        kiosk.confirm_photo(id, RollNumber(voter), true)?;
        spans.push(Span {
            from,
            to: Instant::now(),
        });
        kiosk.command(Command::Void {
            id,
            officers: officers(),
            reason: "measured".to_owned(),
        })?;
    }
    Ok(spans)
}

/// So many check-ins were begun, identified, printed and abandoned; no policy was overruled, and no plugin failed.
fn whole(kiosk: &Kiosk, expected: [usize; 4]) -> Outcome<()> {
    let entries = kiosk.look(gateway::desk::Desk::entries)?;
    let steps = |is: fn(&Step) -> bool| {
        let matching = entries
            .iter()
            .filter(|entry| matches!(&entry.event, Event::CheckIn { step, .. } if is(step)));
        matching.count()
    };
    let found = [
        steps(|step| matches!(step, Step::Started)),
        steps(|step| matches!(step, Step::Identified { .. })),
        steps(|step| matches!(step, Step::Printing { .. })),
        steps(|step| matches!(step, Step::Abandoned)),
    ];
    let overruled = steps(|step| matches!(step, Step::Overruled { .. }));
    let faults = entries
        .iter()
        .filter(|entry| matches!(entry.event, Event::PluginFault { .. }))
        .count();
    if found != expected || overruled + faults > 0 {
        return Err(format!(
            "check-ins begun, identified, printed, abandoned: {found:?} in the journal, {expected:?} were; {overruled} overruled, \
             {faults} faults of plugins"
        )
        .into());
    }
    kiosk.verify()?;
    Ok(())
}
