//! Extraction and search, the same code natively and in the sandbox.

use crate::Outcome;
use crate::length::Length;
use crate::plugins::Plugins;
use crate::row::Row;
use crate::statistics::{Side, beside, in_turns};
use crate::table::grouped;
use crate::templates::{Print, Templates, live, picture};
use fingerprint_matcher::{self as native, Gallery, Image, extract};
use identification::voter::FingerPosition;
use plugin_runtime::matcher::{Candidate, Matcher, Probe, Reference, Template};
use plugin_runtime::plugin::Plugin;
use plugin_runtime::{FingerImage, GreyImage, Impression};
use simulator::finger::Finger;
use std::cell::RefCell;
use std::hint::black_box;
use std::num::NonZeroUsize;
use std::path::Path;

/// What a station keeps of a search.
const LIMIT: u16 = 5;

/// The rows of extraction and of search.
pub(crate) fn rows(plugins: &Plugins, folder: &Path, length: Length) -> Outcome<Vec<Row>> {
    let plugin = plugins.load("fingerprint-matcher")?;
    let mut rows = vec![extraction(&plugin, length)?];
    let templates = Templates::make(folder, plugin.digest(), length)?;
    for voters in length.pick([1_300, 5_000], [100, 200]) {
        rows.extend(search(&plugin, &templates, voters, length)?);
    }
    Ok(rows)
}

fn extraction(plugin: &Plugin, length: Length) -> Outcome<Row> {
    eprintln!("bench: extraction");
    let (fingers, times) = length.pick((10, 10), (2, 2));
    let images: Vec<Image> = (1..=fingers)
        .map(|seed| picture(&Finger::new(seed), &live(seed)))
        .collect();
    let samples: Vec<FingerImage> = images.iter().map(sample).collect();
    let matcher = Matcher::start(plugin, 0, NonZeroUsize::MIN)?;
    let mut same = 0;
    for (image, sample) in images.iter().zip(&samples) {
        same += usize::from(extract(image)?.template == matcher.extract(sample)?.template.0);
    }
    let (mut next, mut next_native) = (samples.iter().cycle(), images.iter().cycle());
    let sandboxed = Side::new(times * images.len(), || {
        black_box(next.next().map(|image| matcher.extract(image)).transpose()?);
        Ok(())
    });
    let natively = Side::new(times * images.len(), || {
        black_box(next_native.next().map(extract).transpose()?);
        Ok(())
    });
    Ok(Row::times(
        "fingerprint extraction",
        beside(sandboxed, natively)?,
        "the same code, native",
        format!(
            "from an image of 256x180 pixels at 385 dpi (NB-1010-U) to a template, on one core; with the image copied \
             in and the template out. {same} of {} templates are byte for byte the native ones",
            images.len()
        ),
    ))
}

fn sample(image: &Image) -> FingerImage {
    let Image {
        width,
        height,
        dpi,
        pixels,
    } = image.clone();
    FingerImage {
        image: GreyImage {
            width,
            height,
            dpi,
            pixels,
        },
        position: FingerPosition::Unknown,
        impression: Impression::LiveScanPlain,
    }
}

/// What a search found: subject, score, finger.
type Found = Vec<(u32, u16, u8)>;

/// Searches for one print.
type Identify<'a> = Box<dyn Fn(&Print) -> Outcome<Found> + 'a>;

/// Something that searches, and its answers.
struct Searcher<'a> {
    identify: Identify<'a>,
    /// the newest for each print that is sought
    answers: RefCell<Vec<Found>>,
}

impl<'a> Searcher<'a> {
    fn new(templates: &Templates, identify: impl Fn(&Print) -> Outcome<Found> + 'a) -> Self {
        Self {
            identify: Box::new(identify),
            answers: RefCell::new(vec![Found::new(); templates.sought.len()]),
        }
    }

    fn sandboxed(templates: &Templates, matcher: &'a Matcher) -> Self {
        let plain = |candidate: Candidate| (candidate.subject, candidate.score.0, candidate.position.code());
        Self::new(templates, move |print| {
            Ok(matcher.identify(&probe(print), LIMIT)?.into_iter().map(plain).collect())
        })
    }

    fn native(templates: &Templates, gallery: &'a Gallery) -> Self {
        let plain = |candidate: native::Candidate| (candidate.subject, candidate.score, candidate.position);
        Self::new(templates, move |print| {
            Ok(gallery
                .identify(&native_probe(print), LIMIT)
                .into_iter()
                .map(plain)
                .collect())
        })
    }

    /// Searches for every print in turn, so many times each.
    fn side<'b>(&'b self, templates: &'b Templates, times: usize) -> Side<'b> {
        let mut next = templates.sought.iter().map(|(_, live)| live).enumerate().cycle();
        Side::new(times * templates.sought.len(), move || {
            if let Some((index, print)) = next.next() {
                self.answers.borrow_mut()[index] = (self.identify)(print)?;
            }
            Ok(())
        })
    }
}

fn search(plugin: &Plugin, templates: &Templates, voters: u32, length: Length) -> Outcome<[Row; 2]> {
    let shown = grouped(&voters.to_string());
    eprintln!("bench: search of {shown} voters");
    let gallery = natively_enrolled(templates, voters)?;
    let cores = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    let matchers = [NonZeroUsize::MIN, cores].map(|shards| enrolled(plugin, templates, voters, shards));
    let [single, sharded] = matchers;
    let (single, sharded) = (single?, sharded?);
    let searchers = [
        Searcher::sandboxed(templates, &single),
        Searcher::sandboxed(templates, &sharded),
        Searcher::native(templates, &gallery),
    ];
    let times = length.pick(2, 1);
    let [one, many, natively] = in_turns(searchers.each_ref().map(|searcher| searcher.side(templates, times)))?;
    let [first, second, third] = searchers.map(|searcher| searcher.answers.into_inner());
    let same = (0..third.len()).filter(|index| first[*index] == third[*index] && second[*index] == third[*index]);
    let right = (1..)
        .zip(&third)
        .filter(|(subject, found)| found.first().is_some_and(|best| best.0 == *subject));
    let contains = format!(
        "one print of unknown position against {} references (two fingers a voter); {} views of other fingers are \
         repeated under other voters to fill the gallery, whoever is sought stands in it once. The p95 is of the \
         prints with most minutiae. Right voter first for {} of {} prints; the same candidates natively and in both \
         sandboxes for {}, and for all unless the plugin was built from other sources",
        grouped(&(2 * voters).to_string()),
        templates.others.len(),
        right.count(),
        third.len(),
        same.count(),
    );
    let across = format!(
        "the same gallery over {cores} instances that search at once, each on a thread; one shard is the row above"
    );
    Ok([
        Row::times(
            format!("search of {shown} voters"),
            (one.clone(), natively),
            "the same code, native",
            contains,
        ),
        Row::times(
            format!("search of {shown} voters, a shard per core"),
            (many, one),
            "one shard",
            across,
        ),
    ])
}

fn probe(print: &Print) -> [Probe; 1] {
    [Probe {
        template: Template(print.clone()),
        position: FingerPosition::Unknown,
    }]
}

fn native_probe(print: &Print) -> [native::Probe; 1] {
    [native::Probe {
        template: print.clone(),
        position: FingerPosition::Unknown.code(),
    }]
}

fn enrolled(plugin: &Plugin, templates: &Templates, voters: u32, shards: NonZeroUsize) -> Outcome<Matcher> {
    let matcher = Matcher::start(plugin, usize::try_from(2 * voters)?, shards)?;
    matcher.enrol(templates.gallery(voters).map(|one| Reference {
        subject: one.subject,
        probe: Probe {
            template: Template(one.print.clone()),
            position: one.position,
        },
    }))?;
    Ok(matcher)
}

fn natively_enrolled(templates: &Templates, voters: u32) -> Outcome<Gallery> {
    let references: Vec<native::Reference> = templates
        .gallery(voters)
        .map(|one| native::Reference {
            subject: one.subject,
            probe: native::Probe {
                template: one.print.clone(),
                position: one.position.code(),
            },
        })
        .collect();
    let mut gallery = Gallery::new(2 * voters);
    gallery.enrol(&references)?;
    Ok(gallery)
}
