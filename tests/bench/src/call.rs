//! What one call into a long-lived plugin costs.

use crate::Outcome;
use crate::length::Length;
use crate::plugins::Plugins;
use crate::row::Row;
use crate::statistics::{Sample, Side, beside};
use plugin_runtime::matcher::Matcher;
use std::hint::black_box;
use std::num::NonZeroUsize;
use std::process::Command;
use std::sync::mpsc::sync_channel;

/// Calls in one time, so that a single late wake-up does not stand for itself.
const BATCH: u32 = 20;

/// What the peer's thread does.
type Job = Box<dyn FnOnce() + Send>;

/// The row of a cheap call.
pub(crate) fn row(length: Length) -> Outcome<Row> {
    eprintln!("bench: call");
    let samples = length.pick(500, 30);
    let (measured, place) = match on_one_core(samples) {
        Ok(measured) => (
            measured,
            "Both sides are held on one core, since a wake-up across cores can cost ten times that".to_owned(),
        ),
        Err(reason) => {
            let place =
                format!("The scheduler places the threads ({reason}): a wake-up across cores costs more than the call");
            (measure(samples)?, place)
        }
    };
    Ok(Row::times(
        "call into a plugin",
        measured,
        "channel round trip, two threads",
        format!(
            "`verify` without probes on an empty gallery: the job through the instance's mailbox to its thread, clock \
             and limits set, arguments and answer through the component's ABI, the answer over a channel of its own; \
             the peer is the same way over std channels with nothing behind them. {place}. Means of {BATCH} in a row"
        ),
    ))
}

/// This program again, held on one core; or why that is not possible here.
fn on_one_core(samples: usize) -> Outcome<(Sample, Sample)> {
    let done = Command::new("taskset")
        .args(["--cpu-list", "0"])
        .arg(std::env::current_exe()?)
        .args(["--calls", &samples.to_string()])
        .output()
        .map_err(|cause| format!("taskset does not start: {cause}"))?;
    if !done.status.success() {
        return Err(String::from_utf8_lossy(&done.stderr).trim().to_owned().into());
    }
    let (call, round): (Vec<f64>, Vec<f64>) = serde_json::from_slice(&done.stdout)?;
    Ok((Sample::of(call)?, Sample::of(round)?))
}

/// Measures where it is; says the seconds of both sides, as JSON.
pub(crate) fn measured_here(samples: usize) -> Outcome<String> {
    let (call, round) = measure(samples)?;
    Ok(serde_json::to_string(&(call.seconds(), round.seconds()))?)
}

fn measure(samples: usize) -> Outcome<(Sample, Sample)> {
    let plugin = Plugins::start()?.load("fingerprint-matcher")?;
    let matcher = Matcher::start(&plugin, 0, NonZeroUsize::MIN)?;
    let (mailbox, jobs) = sync_channel::<Job>(16);
    let thread = std::thread::Builder::new()
        .name("jobs".to_owned())
        .spawn(move || jobs.iter().for_each(|job| job()))?;
    let call = Side::new(samples, || {
        black_box(matcher.verify(black_box(1), &[])?);
        Ok(())
    });
    let round = Side::new(samples, || {
        let (answer, answered) = sync_channel(1);
        let job: Job = Box::new(move || {
            // Whoever asked is still waiting.
            let _ = answer.send(1_u32);
        });
        mailbox.send(job).map_err(|_| "the peer's thread broke off")?;
        black_box(answered.recv()?);
        Ok(())
    });
    let measured = beside(call.batch(BATCH), round.batch(BATCH))?;
    drop(mailbox);
    if thread.join().is_err() {
        return Err("the peer's thread broke off".into());
    }
    Ok(measured)
}
