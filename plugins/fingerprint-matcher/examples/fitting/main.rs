//! Fits the weights of `src/evidence.rs`, and shows what they are worth on fingers that they were not fitted on.
//!
//! ```text
//! cargo run --release -p fingerprint-matcher --example fitting
//! cargo run --release -p fingerprint-matcher --example fitting -- DIR
//! ```
//!
//! `DIR` is a folder of `SET/FINGER_IMPRESSION.png`; without it, the shared sets. Each finger counts as it is and made
//! worse in four ways. The constant and weights that it prints belong into `src/evidence.rs`; the scores that impostors
//! reach, taken after that, into `src/calibration.rs`.

mod condition;
mod figures;
mod noise;
mod picture;
mod prints;
mod regression;

use condition::{Condition, IMPRESSIONS};
use figures::Figures;
use fingerprint_matcher::{Image, matching};
use prints::Sample;
use regression::Model;
use std::path::PathBuf;
use std::process::ExitCode;

/// Sets of the one part; the others are the other part.
const ONE_PART: [&str; 3] = ["fvc2002_db1", "fvc2002_db3", "png128"];
/// Measures where both prints have a field of ridge directions, and where not.
const MEASURES: [usize; 2] = [14, 10];
/// Score of a pair that no alignment is found for.
const NOTHING: f64 = -20.0;

/// Two images.
struct Pair {
    mates: bool,
    /// in [`ONE_PART`] or not
    parts: [bool; 2],
    /// as the matcher has it today
    score: f64,
    /// none where there is no alignment
    measures: Option<Vec<f32>>,
}

fn main() -> ExitCode {
    let folder = std::env::args().nth(1).map_or_else(prints::shared, PathBuf::from);
    let samples = match prints::read(&folder) {
        Ok(samples) => samples,
        Err(why) => {
            eprintln!("{why}; name a folder of sets");
            return ExitCode::from(2);
        }
    };
    let conditions = Condition::ALL.map(|condition| {
        eprintln!("{}", condition.name());
        (condition, pairs(condition, &samples))
    });
    println!("scores that a tenth of the impostors reach, a hundredth, a thousandth, one in ten thousand");
    for (condition, pairs) in &conditions {
        let figures = figures(pairs, |pair| pair.score);
        let reached = figures.reached.map(|score| format!("{score:6.2}"));
        println!("  {:12} {}", condition.name(), reached.join(" "));
    }
    let worse = conditions.iter().skip(1).flat_map(|(_, pairs)| pairs);
    let figures = figures(worse, |pair| pair.score);
    println!(
        "  {:12} {}",
        "worse, all",
        figures.reached.map(|score| format!("{score:6.2}")).join(" ")
    );
    println!("EER, FNMR at FMR 1e-3, at 1e-4; in percent");
    print(&conditions, "as shipped", |pair| pair.score);
    for count in MEASURES {
        // by which part they were fitted on
        let halves = [true, false].map(|part| fitted(&conditions, count, |pair| pair.parts == [part; 2]));
        print(
            &conditions,
            &format!("{count} measures, fitted on the other part"),
            |pair| {
                let [one, other] = [true, false].map(|part| {
                    let model = &halves[usize::from(part)];
                    let weight = pair.parts.iter().filter(|its| **its == part).count();
                    weight as f64 / 2.0 * scored(model, pair)
                });
                one + other
            },
        );
        let whole = fitted(&conditions, count, |_| true);
        print(&conditions, &format!("{count} measures, fitted on all"), |pair| {
            scored(&whole, pair)
        });
        let weights: Vec<String> = whole.weights.iter().map(|weight| format!("{weight:.4}")).collect();
        println!("({:.4}, [{}])", whole.constant, weights.join(", "));
    }
    ExitCode::SUCCESS
}

fn pairs(condition: Condition, samples: &[Sample]) -> Vec<Pair> {
    let worse = !matches!(condition, Condition::AsItIs);
    let samples: Vec<&Sample> = samples
        .iter()
        .filter(|sample| !worse || sample.impression <= IMPRESSIONS)
        .collect();
    let images: Vec<Image> = prints::in_parallel(samples.len(), |at| {
        let sample = samples[at];
        let word = format!("{} {} {}", sample.set, sample.finger, sample.impression);
        condition.of(&sample.image, &word)
    });
    let templates = prints::templates(&images);
    let in_part = |sample: &Sample| ONE_PART.contains(&sample.set.as_str());
    let pair = |one: usize, two: usize| {
        let measured = match (&templates[one], &templates[two]) {
            (Some(one), Some(two)) => matching::measures(one, two).ok(),
            _ => None,
        };
        let (score, measures) = measured.map_or((NOTHING, None), |(score, measures)| (score.into(), measures));
        Pair {
            mates: samples[one].mates(samples[two]),
            parts: [in_part(samples[one]), in_part(samples[two])],
            score,
            measures,
        }
    };
    let count = samples.len();
    let rows = prints::in_parallel(count, |one| {
        (one + 1..count).map(|two| pair(one, two)).collect::<Vec<_>>()
    });
    rows.into_iter().flatten().collect()
}

fn fitted(conditions: &[(Condition, Vec<Pair>)], count: usize, belongs: impl Fn(&Pair) -> bool) -> Model {
    let all = conditions
        .iter()
        .flat_map(|(_, pairs)| pairs)
        .filter(|pair| belongs(pair));
    let rows: Vec<(&[f32], bool)> = all
        .filter_map(|pair| Some((pair.measures.as_deref()?, pair.mates)))
        .collect();
    Model::fitted(&rows, count)
}

fn scored(model: &Model, pair: &Pair) -> f64 {
    pair.measures.as_ref().map_or(NOTHING, |measures| model.score(measures))
}

fn print(conditions: &[(Condition, Vec<Pair>)], what: &str, score: impl Fn(&Pair) -> f64) {
    println!("{what}");
    for (condition, pairs) in conditions {
        println!("  {:12} {}", condition.name(), figures(pairs, &score));
    }
}

fn figures<'a>(pairs: impl IntoIterator<Item = &'a Pair> + Clone, score: impl Fn(&Pair) -> f64) -> Figures {
    let of = |mates: bool| {
        let those = pairs.clone().into_iter().filter(|pair| pair.mates == mates);
        those.map(&score).collect()
    };
    Figures::of(of(true), of(false))
}
