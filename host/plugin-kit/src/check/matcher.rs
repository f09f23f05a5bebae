//! The cases of a fingerprint matcher. They are about the contract: how well it tells fingers apart is measured elsewhere.

mod people;
mod records;

use super::case::{List, Outcome, Tried, failed, takes_at_most};
use super::package;
use super::rig::Rig;
use identification::evidence::Score;
use identification::voter::FingerPosition;
use plugin_runtime::matcher::{CONTRACT, ExtractError, Extraction, Matcher, Probe, Reference, Template};
use plugin_runtime::{FingerImage, GreyImage, Impression};
use simulator::finger::{Finger, View};
use std::num::NonZeroUsize;
use std::time::Duration;

/// A matcher that is tried.
pub(crate) struct Bench {
    pub(crate) rig: Rig,
}

/// Fingers of most cases.
const FINGERS: u64 = 12;

fn image(seed: u64, width: u16, height: u16, dpi: u16) -> FingerImage {
    touch(seed, &View::reference(seed, width, height, dpi))
}

fn touch(seed: u64, view: &View) -> FingerImage {
    let pixels = Finger::new(seed).impression(view).pixels;
    of(view.width, view.height, view.dpi, pixels)
}

fn of(width: u16, height: u16, dpi: u16, pixels: Vec<u8>) -> FingerImage {
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

impl Bench {
    fn start(&self, shards: usize) -> Result<Matcher, Outcome> {
        let shards = NonZeroUsize::new(shards).unwrap_or(NonZeroUsize::MIN);
        Matcher::start(&self.rig.plugin, 100, shards).map_err(|cause| failed(cause.to_string()))
    }
}

fn extract(matcher: &Matcher, image: &FingerImage) -> Result<Extraction, Outcome> {
    matcher.extract(image).map_err(|cause| failed(cause.to_string()))
}

fn probe(template: Template) -> Probe {
    Probe {
        template,
        position: FingerPosition::Unknown,
    }
}

/// A matcher with fingers 1 to so many enrolled, and their templates.
fn enrolled(bench: &Bench, shards: usize) -> Result<(Matcher, Vec<Probe>), Outcome> {
    let matcher = bench.start(shards)?;
    let mut probes = Vec::new();
    for seed in 1..=FINGERS {
        probes.push(probe(extract(&matcher, &image(seed, 320, 360, 500))?.template));
    }
    let references = (1..).zip(&probes).map(|(subject, probe)| Reference {
        subject,
        probe: probe.clone(),
    });
    matcher.enrol(references).map_err(|cause| failed(cause.to_string()))?;
    Ok((matcher, probes))
}

/// The subjects and scores that a search finds.
fn found(matcher: &Matcher, probe: &Probe, limit: u16) -> Result<Vec<(u32, Score)>, Outcome> {
    let found = matcher.identify(std::slice::from_ref(probe), limit);
    let found = found.map_err(|cause| failed(cause.to_string()))?;
    Ok(found.into_iter().map(|one| (one.subject, one.score)).collect())
}

/// All cases, in order.
pub(crate) fn list() -> List<Bench> {
    let mut list = List::new('M');
    package::cases(&mut list, |bench: &Bench| &bench.rig, CONTRACT);
    list.group("extraction", 11);
    list.case(
        "a finger gives a template and a quality of 0 to 100",
        |bench: &Bench| {
            let matcher = bench.start(1)?;
            for seed in 1..=FINGERS {
                let extraction = extract(&matcher, &image(seed, 320, 360, 500))?;
                if extraction.template.0.is_empty() || extraction.quality > 100 {
                    return Err(failed("the template is empty, or the quality over 100"));
                }
            }
            Ok(12)
        },
    );
    list.case(
        "the same image gives the same template, on every instance",
        |bench: &Bench| {
            let (one, other) = (bench.start(1)?, bench.start(1)?);
            for seed in 1..=4 {
                let finger = image(seed, 320, 360, 500);
                let first = extract(&one, &finger)?;
                if extract(&one, &finger)? != first || extract(&other, &finger)? != first {
                    return Err(failed("the templates differ"));
                }
            }
            Ok(4)
        },
    );
    list.case("other fingers give other templates", |bench: &Bench| {
        let (_, probes) = enrolled(bench, 1)?;
        for (place, probe) in probes.iter().enumerate() {
            if probes[..place].contains(probe) {
                return Err(failed("two fingers gave the same template"));
            }
        }
        Ok(probes.len())
    });
    list.case("images of other sizes and resolutions are taken", |bench: &Bench| {
        let matcher = bench.start(1)?;
        let shapes = [
            (256, 180, 385),
            (384, 290, 512),
            (500, 550, 500),
            (192, 270, 381),
            (320, 360, 1_000),
        ];
        for (width, height, dpi) in shapes {
            match matcher.extract(&image(5, width, height, dpi)) {
                Ok(_) | Err(ExtractError::Unusable(_)) => {}
                Err(cause) => return Err(failed(format!("{width}x{height} at {dpi} dpi: {cause}"))),
            }
        }
        Ok(shapes.len())
    });
    list.case(
        "an image without a finger is unusable, or of the lowest quality",
        |bench: &Bench| {
            let matcher = bench.start(1)?;
            for grey in [0, 128, 255] {
                match matcher.extract(&of(300, 300, 500, vec![grey; 300 * 300])) {
                    Err(ExtractError::Unusable(_)) => {}
                    Ok(extraction) if extraction.quality < 10 => {}
                    Ok(extraction) => return Err(failed(format!("grey {grey} has quality {}", extraction.quality))),
                    Err(cause) => return Err(failed(cause.to_string())),
                }
            }
            Ok(3)
        },
    );
    list.case(
        "tiny and noisy images end in an answer, not in a trap",
        |bench: &Bench| {
            let matcher = bench.start(1)?;
            let mut state = 0x2545_f491_u32;
            let mut noise = |size: usize| -> Vec<u8> {
                (0..size)
                    .map(|_| {
                        state ^= state << 13;
                        state ^= state >> 17;
                        state ^= state << 5;
                        state.to_le_bytes()[0]
                    })
                    .collect()
            };
            for (width, height) in [(1, 1), (1, 300), (300, 1), (17, 23), (320, 360)] {
                let pixels = noise(usize::from(width) * usize::from(height));
                if let Err(ExtractError::Plugin(cause)) = matcher.extract(&of(width, height, 500, pixels)) {
                    return Err(failed(format!("{width}x{height}: {cause}")));
                }
            }
            Ok(5)
        },
    );
    list.timed("an extraction takes less than 500 ms", |bench: &Bench| {
        let matcher = bench.start(1)?;
        let finger = image(3, 500, 550, 500);
        extract(&matcher, &finger)?;
        takes_at_most(Duration::from_millis(500), || extract(&matcher, &finger).map(drop))
    });
    list.case(
        "an image with no pixels, too few or too many for its size is refused, without a trap",
        |bench: &Bench| {
            let shapes = [
                (0, 0, 0),
                (300, 0, 0),
                (0, 300, 0),
                (300, 300, 0),
                (300, 300, 300 * 299),
                (300, 300, 300 * 301),
            ];
            for (width, height, pixels) in shapes {
                let matcher = bench.start(1)?;
                match matcher.extract(&of(width, height, 500, vec![90; pixels])) {
                    Err(ExtractError::Unusable(_) | ExtractError::Invalid) => {}
                    Err(ExtractError::Plugin(cause)) => return Err(failed(cause.to_string())),
                    Ok(_) => return Err(failed(format!("{width}x{height} with {pixels} pixels was taken"))),
                }
            }
            Ok(shapes.len())
        },
    );
    list.case(
        "a spoiled touch is unusable, or of a lower quality than a careful one",
        |bench: &Bench| {
            let matcher = bench.start(1)?;
            for seed in 1..=4 {
                let careful = extract(&matcher, &image(seed, 320, 360, 500))?.quality;
                match matcher.extract(&touch(seed, &View::poor(seed, 320, 360, 500))) {
                    Err(ExtractError::Unusable(_)) => {}
                    Ok(spoiled) if spoiled.quality < careful => {}
                    Ok(spoiled) => {
                        return Err(failed(format!(
                            "finger {seed}: {careful} with care, {} spoiled",
                            spoiled.quality
                        )));
                    }
                    Err(cause) => return Err(failed(cause.to_string())),
                }
            }
            Ok(4)
        },
    );
    gallery(&mut list);
    people::cases(&mut list);
    records::cases(&mut list);
    list.group("state and memory", 80);
    list.case("1,000 extractions end in the same template", |bench: &Bench| {
        let matcher = bench.start(1)?;
        let finger = image(9, 160, 160, 500);
        let Ok(first) = matcher.extract(&finger) else {
            return Err(Outcome::NotApplicable("so small an image is unusable to it".to_owned()));
        };
        for _ in 0..1_000 {
            if extract(&matcher, &finger)? != first {
                return Err(failed("the templates differ"));
            }
        }
        Ok(1_000)
    });
    list
}

fn gallery(list: &mut List<Bench>) {
    list.group("gallery", 31);
    list.case(
        "whoever is enrolled is found first, with the highest score",
        |bench: &Bench| {
            let (matcher, probes) = enrolled(bench, 1)?;
            for (subject, probe) in (1..).zip(&probes) {
                let found = found(&matcher, probe, 5)?;
                if found.first().map(|(first, _)| *first) != Some(subject) {
                    return Err(failed(format!("finger {subject} was not found first")));
                }
                if found.windows(2).any(|pair| pair[0].1 < pair[1].1) {
                    return Err(failed("candidates are not in the order of their scores"));
                }
            }
            Ok(probes.len())
        },
    );
    list.case("no more candidates come than were asked for", |bench: &Bench| {
        let (matcher, probes) = enrolled(bench, 1)?;
        for limit in [1, 2, 5] {
            let found = found(&matcher, &probes[0], limit)?;
            if found.len() > usize::from(limit) {
                return Err(failed(format!("{} came where {limit} were asked for", found.len())));
            }
        }
        Ok(3)
    });
    list.case(
        "what is found does not hang on how the gallery is spread",
        |bench: &Bench| {
            let (whole, probes) = enrolled(bench, 1)?;
            let (spread, _) = enrolled(bench, 3)?;
            for probe in &probes {
                if found(&whole, probe, 3)? != found(&spread, probe, 3)? {
                    return Err(failed("one shard and three find otherwise"));
                }
            }
            Ok(probes.len())
        },
    );
    list.case(
        "what is found does not hang on the order of enrolment",
        |bench: &Bench| {
            let (matcher, probes) = enrolled(bench, 1)?;
            let backwards = bench.start(1)?;
            let references = (1..).zip(&probes).map(|(subject, probe)| Reference {
                subject,
                probe: probe.clone(),
            });
            let references: Vec<Reference> = references.collect();
            backwards
                .enrol(references.into_iter().rev())
                .map_err(|cause| failed(cause.to_string()))?;
            for probe in &probes {
                if found(&matcher, probe, 3)? != found(&backwards, probe, 3)? {
                    return Err(failed("another order finds otherwise"));
                }
            }
            Ok(probes.len())
        },
    );
    list.case("whoever is removed is found no more", |bench: &Bench| {
        let (matcher, probes) = enrolled(bench, 1)?;
        matcher.remove(4).map_err(|cause| failed(cause.to_string()))?;
        let found = found(&matcher, &probes[3], 12)?;
        if found.iter().any(|(subject, _)| *subject == 4) {
            return Err(failed("the removed one was found"));
        }
        Ok(1)
    });
    list.case("a comparison says what the search says", |bench: &Bench| {
        let (matcher, probes) = enrolled(bench, 1)?;
        for (subject, probe) in (1..).zip(&probes) {
            let first = found(&matcher, probe, 1)?;
            let verified = matcher.verify(subject, std::slice::from_ref(probe));
            let verified = verified.map_err(|cause| failed(cause.to_string()))?;
            let score = verified.map(|one| one.score);
            if score.is_none_or(|score| first.first() != Some(&(subject, score))) {
                return Err(failed(format!(
                    "finger {subject}: the search and the comparison differ"
                )));
            }
        }
        Ok(probes.len())
    });
    list.case(
        "a comparison with someone who is not enrolled finds nothing",
        |bench: &Bench| {
            let (matcher, probes) = enrolled(bench, 1)?;
            let verified = matcher
                .verify(9_999, &probes[..1])
                .map_err(|cause| failed(cause.to_string()))?;
            if verified.is_some() {
                return Err(failed("it found someone"));
            }
            Ok(1)
        },
    );
    list.case("an empty gallery finds nobody", |bench: &Bench| {
        let (_, probes) = enrolled(bench, 1)?;
        let empty = bench.start(1)?;
        match found(&empty, &probes[0], 5)?.len() {
            0 => Ok(1),
            some => Err(failed(format!("it found {some}"))),
        }
    });
    list.case(
        "a broken template is refused or found nowhere, without a trap",
        broken_templates,
    );
    list.case(
        "an explanation ends in points of both images, without a trap",
        |bench: &Bench| {
            let (matcher, probes) = enrolled(bench, 1)?;
            let pairs = matcher
                .explain(1, &probes[0])
                .map_err(|cause| failed(cause.to_string()))?;
            Ok(pairs.len().max(1))
        },
    );
}

fn broken_templates(bench: &Bench) -> Tried {
    let mut tried = 0;
    for broken in [Vec::new(), vec![0], vec![255; 7], vec![7; 4_096]] {
        let matcher = bench.start(1)?;
        let reference = Reference {
            subject: 1,
            probe: probe(Template(broken)),
        };
        let as_probe = reference.probe.clone();
        // A refusal is an answer; what must not happen is a trap, after which nothing more can be asked.
        let _ = matcher.enrol([reference]);
        let _ = matcher.identify(&[as_probe], 5);
        if !matcher.is_running() {
            return Err(failed("it broke off"));
        }
        tried += 1;
    }
    Ok(tried)
}
