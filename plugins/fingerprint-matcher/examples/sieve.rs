//! What the first stage of a search lets through and loses: `src/sieve.rs`, and `SIFTED` in `src/gallery.rs`.
//!
//! ```text
//! cargo run --release -p fingerprint-matcher --example sieve [DIR]
//! ```

#[path = "fitting/prints.rs"]
mod prints;

use fingerprint_matcher::calibration::worth;
use fingerprint_matcher::gallery::SIFTED;
use fingerprint_matcher::{Gallery, Image, Probe, Reference, matching};
use std::path::PathBuf;
use std::process::ExitCode;

/// Shares of impostors that a limit lets through, in percent.
const SHARES: [usize; 5] = [1, 2, 3, 5, 10];
/// Losses are counted among the genuine pairs that are worth so much in full.
const WORTHS: [u16; 3] = [300, 400, 670];

/// One probe against one reference.
struct Sifted {
    sum: f32,
    /// of a genuine pair, what it is worth in full
    worth: Option<u16>,
}

fn main() -> ExitCode {
    let folder = std::env::args().nth(1).map_or_else(prints::shared, PathBuf::from);
    match measured(&folder) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("{why}; name a folder of sets");
            ExitCode::from(2)
        }
    }
}

fn measured(folder: &std::path::Path) -> Result<(), String> {
    let samples = prints::read(folder)?;
    let images: Vec<Image> = samples.iter().map(|sample| sample.image.clone()).collect();
    let probes: Vec<Option<Probe>> = prints::templates(&images)
        .into_iter()
        .map(|template| template.map(|template| Probe { template, position: 0 }))
        .collect();
    let references: Vec<Reference> = (0..)
        .zip(&probes)
        .filter_map(|(subject, probe)| {
            let probe = probe.clone()?;
            Some(Reference { subject, probe })
        })
        .collect();
    let mut gallery = Gallery::new(u32::MAX);
    gallery.enrol(&references).map_err(|why| why.to_string())?;
    let sifted = |number: usize| -> Vec<Sifted> {
        let Some(probe) = &probes[number] else { return vec![] };
        let pair = |(subject, sum): (u32, f32)| {
            let other = usize::try_from(subject).ok().filter(|other| *other != number)?;
            let reference = probes[other].as_ref()?;
            let mates = samples[number].mates(&samples[other]);
            let raw = || matching::compare(&probe.template, &reference.template).map(|found| worth(found.raw));
            Some(Sifted {
                sum,
                worth: if mates { raw().ok() } else { None },
            })
        };
        gallery.sifted(probe).into_iter().filter_map(pair).collect()
    };
    let all: Vec<Sifted> = prints::in_parallel(probes.len(), sifted)
        .into_iter()
        .flatten()
        .collect();
    let mut impostors: Vec<f32> = all
        .iter()
        .filter(|pair| pair.worth.is_none())
        .map(|pair| pair.sum)
        .collect();
    impostors.sort_by(f32::total_cmp);
    println!("limit, impostors that pass, genuine pairs lost of those worth {WORTHS:?}");
    print(&all, &impostors, SIFTED, " as shipped");
    for share in SHARES {
        let limit = impostors[impostors.len() - 1 - impostors.len() * share / 100];
        print(&all, &impostors, limit, "");
    }
    Ok(())
}

fn print(all: &[Sifted], impostors: &[f32], limit: f32, note: &str) {
    let pass = impostors.len() - impostors.partition_point(|sum| *sum < limit);
    let lost = WORTHS.map(|least| {
        let high = all.iter().filter(|pair| pair.worth.is_some_and(|worth| worth >= least));
        let lost = high.clone().filter(|pair| pair.sum < limit).count();
        format!("{lost} of {}", high.count())
    });
    println!(
        "{limit:.2}  {:.2} %  {}{note}",
        100.0 * pass as f64 / impostors.len() as f64,
        lost.join("  ")
    );
}
