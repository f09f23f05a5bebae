//! How long a search takes by how many prints are enrolled, with the first stage and without it.

use crate::Outcome;
use crate::length::Length;
use crate::plugins::Plugins;
use crate::table::grouped;
use crate::templates::{Print, Templates};
use fingerprint_matcher::{self as native, Gallery};
use identification::voter::FingerPosition;
use plugin_runtime::matcher::{Matcher, Probe, Reference, Template};
use serde_json::json;
use std::fmt::Write as _;
use std::num::NonZeroUsize;
use std::path::Path;
use std::time::Instant;

/// One size of gallery.
#[derive(Clone, Debug)]
pub(crate) struct Size {
    /// prints enrolled, one a subject
    references: u32,
    /// milliseconds of a search with a print of few, usual and many minutiae: in Wasm on one core
    one_core: [f64; 3],
    /// the same with a shard on each core
    all_cores: [f64; 3],
    /// the same natively on one core
    native: [f64; 3],
    /// the same natively without the first stage
    unsifted: [f64; 3],
    /// share of prints that the first stage lets through
    passed: f64,
    /// bytes of the gallery for one print, natively
    bytes: usize,
}

/// All sizes, and what they were measured with.
#[derive(Clone, Debug)]
pub(crate) struct Sizes {
    sizes: Vec<Size>,
    /// minutiae of the three prints that are searched with
    minutiae: [usize; 3],
    cores: usize,
    /// fingers that a search without the first stage names, and that one with it does not, of how many
    lost: (usize, usize),
}

/// Measures all sizes.
pub(crate) fn measure(plugins: &Plugins, folder: &Path, length: Length) -> Outcome<Sizes> {
    let plugin = plugins.load("fingerprint-matcher")?;
    let templates = Templates::make(folder, plugin.digest(), length)?;
    let mut live: Vec<&Print> = templates.sought.iter().map(|(_, live)| live).collect();
    live.sort_by_key(|print| minutiae(print));
    let (Some(few), Some(many)) = (live.first(), live.last()) else {
        return Err("no synthetic finger gave a template".into());
    };
    let probes = [*few, live[live.len() / 2], *many];
    let cores = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    let mut sizes = Vec::new();
    for references in length.pick(vec![1_000, 5_000, 10_000, 50_000], vec![100, 200]) {
        eprintln!("bench: {} prints enrolled", grouped(&references.to_string()));
        let gallery = natively(&templates, references)?;
        let searched = |shards| -> Outcome<[f64; 3]> {
            let matcher = Matcher::start(&plugin, usize::try_from(references)?, shards)?;
            matcher.enrol(filled(&templates, references).map(|(subject, print)| Reference {
                subject,
                probe: probe(print),
            }))?;
            each(&probes, |print| {
                matcher.identify(&[probe(print)], 5)?;
                Ok(())
            })
        };
        let sums: Vec<f32> = probes
            .iter()
            .flat_map(|print| gallery.sifted(&native_probe(print)))
            .map(|(_, sum)| sum)
            .collect();
        let passed = sums.iter().filter(|sum| **sum >= native::gallery::SIFTED).count();
        sizes.push(Size {
            references,
            one_core: searched(NonZeroUsize::MIN)?,
            all_cores: searched(cores)?,
            native: each(&probes, |print| {
                std::hint::black_box(gallery.identify(&[native_probe(print)], 5));
                Ok(())
            })?,
            unsifted: each(&probes, |print| {
                std::hint::black_box(gallery.identify_without_sieve(&[native_probe(print)], 5));
                Ok(())
            })?,
            passed: passed as f64 / sums.len().max(1) as f64,
            bytes: gallery.bytes() / usize::try_from(references)?,
        });
    }
    Ok(Sizes {
        sizes,
        minutiae: probes.map(minutiae),
        cores: cores.get(),
        lost: lost(&templates)?,
    })
}

/// Milliseconds of a call with each print: the best of three, so that a disturbed one does not stand for itself.
fn each(probes: &[&Print; 3], mut call: impl FnMut(&Print) -> Outcome<()>) -> Outcome<[f64; 3]> {
    let mut times = [f64::INFINITY; 3];
    for (time, print) in times.iter_mut().zip(probes) {
        for _ in 0..3 {
            let start = Instant::now();
            call(print)?;
            *time = time.min(1e3 * start.elapsed().as_secs_f64());
        }
    }
    Ok(times)
}

/// Every finger that is sought, enrolled among the others: who is named without the first stage, and not with it.
fn lost(templates: &Templates) -> Outcome<(usize, usize)> {
    let count = u32::try_from(templates.sought.len() + templates.others.len())?;
    let gallery = natively(templates, count)?;
    let (mut lost, mut named) = (0, 0);
    for (subject, (_, live)) in (0..).zip(&templates.sought) {
        let best = |found: Vec<native::Candidate>| found.first().is_some_and(|best| best.subject == subject);
        if best(gallery.identify_without_sieve(&[native_probe(live)], 1)) {
            named += 1;
            lost += usize::from(!best(gallery.identify(&[native_probe(live)], 1)));
        }
    }
    Ok((lost, named))
}

/// Subjects from 0: those that are sought, then the others, again and again.
fn filled(templates: &Templates, references: u32) -> impl Iterator<Item = (u32, &Print)> {
    let sought = templates.sought.iter().map(|(enrolled, _)| enrolled);
    (0..references).zip(sought.chain(templates.others.iter().cycle()))
}

fn natively(templates: &Templates, references: u32) -> Outcome<Gallery> {
    let all: Vec<native::Reference> = filled(templates, references)
        .map(|(subject, print)| native::Reference {
            subject,
            probe: native_probe(print),
        })
        .collect();
    let mut gallery = Gallery::new(references);
    gallery.enrol(&all)?;
    Ok(gallery)
}

fn probe(print: &Print) -> Probe {
    Probe {
        template: Template(print.clone()),
        position: FingerPosition::Unknown,
    }
}

fn native_probe(print: &Print) -> native::Probe {
    native::Probe {
        template: print.clone(),
        position: FingerPosition::Unknown.code(),
    }
}

fn minutiae(print: &Print) -> usize {
    native::template::Template::parse(print).map_or(0, |template| template.minutiae().len())
}

/// As a table.
pub(crate) fn text(sizes: &Sizes) -> String {
    let [few, usual, many] = sizes.minutiae;
    let mut text = format!(
        "One print against a gallery; milliseconds with a print of {few} / {usual} / {many} minutiae\n{:>8}  {:>22}  \
         {:>22}  {:>22}  {:>26}  {:>7}  {:>6}\n",
        "enrolled",
        "Wasm, one core",
        format!("Wasm, {} cores", sizes.cores),
        "native, one core",
        "native, all compared",
        "passed",
        "bytes",
    );
    let three = |times: [f64; 3]| times.map(|time| format!("{time:.1}")).join(" / ");
    for size in &sizes.sizes {
        // A text never fails to be written to.
        let _ = writeln!(
            text,
            "{:>8}  {:>22}  {:>22}  {:>22}  {:>26}  {:>5.1} %  {:>6}",
            grouped(&size.references.to_string()),
            three(size.one_core),
            three(size.all_cores),
            three(size.native),
            three(size.unsifted),
            100.0 * size.passed,
            size.bytes,
        );
    }
    let (lost, named) = sizes.lost;
    let _ = write!(
        text,
        "Of {named} fingers that a search without the first stage names, {lost} are lost by one with it. Prints are \
         synthetic; the others are repeated under other subjects to fill the gallery."
    );
    text
}

/// As JSON.
pub(crate) fn json(sizes: &Sizes) -> String {
    let rows: Vec<_> = sizes
        .sizes
        .iter()
        .map(|size| {
            json!({
                "references": size.references,
                "wasm-one-core-ms": size.one_core,
                "wasm-all-cores-ms": size.all_cores,
                "native-ms": size.native,
                "native-without-first-stage-ms": size.unsifted,
                "passed": size.passed,
                "bytes": size.bytes,
            })
        })
        .collect();
    json!({
        "minutiae": sizes.minutiae,
        "cores": sizes.cores,
        "sizes": rows,
        "lost": sizes.lost.0,
        "named": sizes.lost.1,
    })
    .to_string()
}
