//! The first stage of a search: which prints are worth a full comparison. Some microseconds a print.
//!
//! A print is kept as short codes beside its template. Each good minutia of the probe takes the reference's most alike
//! one; what counts is the likeness summed over the pairs that agree best with each other in shift and turn. Depends on
//! the two prints alone, so that a search does not depend on who else is enrolled.

use crate::descriptor::{Likeness, SHORT, ShortCode, Spot, short_codes, spots};
use crate::matching::{Pair, keep_best, supports};
use crate::template::Template;

/// Pairs that are looked at.
const PAIRS: usize = 16;
/// Minutiae of the probe that are looked at, best first.
const SPOTS: usize = 40;
/// More minutiae agree by chance in prints that have more; sums are for prints of this many.
const USUAL_SPOTS: f32 = 30.0;

/// A print as it is searched with or for.
#[derive(Default)]
pub(crate) struct Coarse {
    spots: Vec<Spot>,
    codes: Vec<ShortCode>,
}

/// Short codes of an enrolled print, in the order of its template's minutiae.
pub(crate) type Kept = Box<[[u64; SHORT]]>;

impl Coarse {
    /// To search with: best minutiae first.
    pub(crate) fn new(template: &Template) -> Self {
        let spots = spots(template);
        let codes = short_codes(&spots).collect();
        Self { spots, codes }
    }

    /// What is kept of an enrolled print beside its template.
    pub(crate) fn kept(template: &Template) -> Kept {
        let spots: Vec<Spot> = template.minutiae().iter().copied().map(Spot::from).collect();
        short_codes(&spots).map(|code| code.words()).collect()
    }

    /// To be searched for: an enrolled print in place of the one before.
    pub(crate) fn read(&mut self, template: &[u8], kept: &[[u64; SHORT]]) {
        self.spots.clear();
        self.spots.extend(Template::minutiae_of(template).map(Spot::from));
        self.codes.clear();
        self.codes
            .extend(kept.iter().map(|words| ShortCode::from_words(*words)));
    }
}

/// Likeness summed over the pairs that agree best.
pub(crate) fn sift(probe: &Coarse, reference: &Coarse) -> f32 {
    let likeness = Likeness::short();
    let mut pairs: Vec<Pair> = Vec::with_capacity(SPOTS);
    for (number, code) in probe.codes.iter().take(SPOTS).enumerate() {
        if code.bits == 0 {
            continue;
        }
        let mut best = Pair {
            probe: number,
            reference: 0,
            alike: 0.0,
        };
        let mut look = |other: usize, other_code: &ShortCode| {
            if let Some(alike) = likeness.above(best.alike, code, other_code) {
                (best.alike, best.reference) = (alike, other);
            }
        };
        // Four at a time: a turn of a loop costs a look at the clock in the sandbox.
        let (fours, rest) = reference.codes.as_chunks::<4>();
        for (four, [a, b, c, d]) in fours.iter().enumerate() {
            look(4 * four, a);
            look(4 * four + 1, b);
            look(4 * four + 2, c);
            look(4 * four + 3, d);
        }
        for (other, other_code) in rest.iter().enumerate() {
            look(4 * fours.len() + other, other_code);
        }
        if best.alike > 0.0 {
            pairs.push(best);
        }
    }
    keep_best(&mut pairs, PAIRS);
    let sums = supports(&probe.spots, &reference.spots, &pairs);
    sums.into_iter().fold(0.0, f32::max) / chance(probe, reference)
}

/// How much more agrees by chance in these prints than in two of [`USUAL_SPOTS`].
fn chance(probe: &Coarse, reference: &Coarse) -> f32 {
    let fewer = probe.spots.len().min(reference.spots.len()) as f32;
    (fewer / USUAL_SPOTS).clamp(0.8, 1.8)
}
