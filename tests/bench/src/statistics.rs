//! Times of many calls, and what they come to.

use crate::Outcome;
use std::time::{Duration, Instant};

/// In so many turns the sides of a comparison are measured, so that what else the machine does meets all of them.
const TURNS: usize = 50;

/// Seconds per call, smallest first; never empty.
#[derive(Clone, Debug)]
pub(crate) struct Sample {
    seconds: Vec<f64>,
}

impl Sample {
    /// Of these times in seconds.
    pub(crate) fn of(mut seconds: Vec<f64>) -> Outcome<Self> {
        if seconds.is_empty() {
            return Err("nothing was measured".into());
        }
        seconds.sort_by(f64::total_cmp);
        Ok(Self { seconds })
    }

    /// Half of the calls took at most this.
    pub(crate) fn median(&self) -> f64 {
        self.percentile(50)
    }

    /// 95 of 100 calls took at most this.
    pub(crate) fn p95(&self) -> f64 {
        self.percentile(95)
    }

    /// 99 of 100 calls took at most this.
    pub(crate) fn p99(&self) -> f64 {
        self.percentile(99)
    }

    /// The mean, in which every slow call counts.
    pub(crate) fn mean(&self) -> f64 {
        self.seconds.iter().sum::<f64>() / self.seconds.len() as f64
    }

    /// How many were timed.
    pub(crate) fn count(&self) -> usize {
        self.seconds.len()
    }

    /// All of them, smallest first.
    pub(crate) fn seconds(&self) -> &[f64] {
        &self.seconds
    }

    /// Nearest rank.
    fn percentile(&self, of_hundred: usize) -> f64 {
        let rank = (self.seconds.len() * of_hundred).div_ceil(100);
        self.seconds[rank.clamp(1, self.seconds.len()) - 1]
    }
}

/// One side of a comparison.
pub(crate) struct Side<'a> {
    /// how many times are taken
    samples: usize,
    /// calls in one time: several where one is too short for the clock
    batch: u32,
    call: Box<dyn FnMut() -> Outcome<()> + 'a>,
    /// what one call is divided by
    parts: u32,
}

impl<'a> Side<'a> {
    /// A call that is timed so many times.
    pub(crate) fn new(samples: usize, call: impl FnMut() -> Outcome<()> + 'a) -> Self {
        Self {
            samples,
            batch: 1,
            call: Box::new(call),
            parts: 1,
        }
    }

    /// Times this many calls at once.
    pub(crate) fn batch(self, batch: u32) -> Self {
        Self { batch, ..self }
    }

    /// A call does this many of the things that are asked about.
    pub(crate) fn parts(self, parts: u32) -> Self {
        Self { parts, ..self }
    }

    fn take(&mut self, times: usize, seconds: &mut Vec<f64>) -> Outcome<()> {
        for _ in 0..times {
            let started = Instant::now();
            for _ in 0..self.batch {
                (self.call)()?;
            }
            seconds.push(started.elapsed().as_secs_f64() / f64::from(self.batch) / f64::from(self.parts));
        }
        Ok(())
    }
}

/// Measures both sides in turns, after a tenth of the calls as warm-up.
pub(crate) fn beside<'a>(mine: Side<'a>, peer: Side<'a>) -> Outcome<(Sample, Sample)> {
    let [mine, peer] = in_turns([mine, peer])?;
    Ok((mine, peer))
}

/// The same for any number of sides.
pub(crate) fn in_turns<const N: usize>(mut sides: [Side<'_>; N]) -> Outcome<[Sample; N]> {
    for side in &mut sides {
        side.take(side.samples.div_ceil(10), &mut Vec::new())?;
    }
    let mut taken = [const { Vec::new() }; N];
    for _ in 0..TURNS {
        for (side, seconds) in sides.iter_mut().zip(&mut taken) {
            let left = side.samples - seconds.len();
            side.take(side.samples.div_ceil(TURNS).min(left), seconds)?;
        }
    }
    let samples: Outcome<Vec<Sample>> = taken.into_iter().map(Sample::of).collect();
    samples?.try_into().map_err(|_| "a side was not measured".into())
}

/// The time of one call alone.
pub(crate) fn timed<T>(call: impl FnOnce() -> Outcome<T>) -> Outcome<(T, Duration)> {
    let started = Instant::now();
    let value = call()?;
    Ok((value, started.elapsed()))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod tests {
    use super::*;
    use std::cell::Cell;

    #[test]
    fn median_and_p95_are_the_nearest_ranks() {
        let sample = Sample::of((1_u32..=100).rev().map(f64::from).collect()).unwrap();
        assert_eq!((sample.median(), sample.p95(), sample.mean()), (50.0, 95.0, 50.5));
        let single = Sample::of(vec![7.0]).unwrap();
        assert_eq!((single.median(), single.p95(), single.count()), (7.0, 7.0, 1));
        assert!(Sample::of(Vec::new()).is_err());
    }

    #[test]
    fn both_sides_are_called_as_often_as_asked_after_a_warm_up() {
        let (mine, peer) = (Cell::new(0), Cell::new(0));
        let count = |calls: &Cell<u32>| {
            calls.set(calls.get() + 1);
            Ok(())
        };
        let sides = (Side::new(25, || count(&mine)), Side::new(3, || count(&peer)).batch(4));
        let (first, second) = beside(sides.0, sides.1).unwrap();
        assert_eq!((first.count(), second.count()), (25, 3));
        // A tenth more, rounded up, to warm up.
        assert_eq!((mine.get(), peer.get()), (28, 16));
    }
}
