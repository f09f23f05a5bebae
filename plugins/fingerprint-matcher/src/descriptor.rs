//! The neighbourhood of each minutia as bits that do not depend on how the finger lay.
//!
//! Minutia cylinder-code in its binary form: Cappelli, Ferrara, Maltoni 2010, sections 3.1 and 3.2, with the parameters
//! of table 1 (radius 70, 8 x 8 cells, 6 directions). Cells that the radius cuts off are left out, and so is the
//! validity mask: places beyond the print count as empty.

use crate::direction::{self, circle};
use crate::minutia::{Kind, Minutia};
use crate::number::index;
use crate::template::Template;
use std::cmp::Reverse;
use std::sync::LazyLock;

/// Radius of the cylinder, in pixels at 500 dpi.
const RADIUS: f32 = 70.0;
/// Spread of a neighbour's influence, in pixels.
const PLACE_SPREAD: f32 = 28.0 / 3.0;
/// Spread of a neighbour's influence, in radians.
const DIRECTION_SPREAD: f32 = std::f32::consts::TAU / 9.0;
/// A neighbour farther than this from a cell has no influence on it.
const INFLUENCE: f32 = 3.0 * PLACE_SPREAD;
/// Influence that sets a bit.
const THRESHOLD: f32 = 0.005;
/// Codes with fewer set than one bit in so many say too little.
const FEWEST_BITS: usize = 40;

/// The neighbourhood of one minutia.
#[derive(Clone, Copy)]
pub(crate) struct Code<const WORDS: usize> {
    words: [u64; WORDS],
    /// set bits; 0 where the code says too little
    pub(crate) bits: u16,
}

/// The whole neighbourhood: 52 cells of 6 directions.
pub(crate) type FullCode = Code<5>;
/// A coarse one for the first stage of a search.
pub(crate) type ShortCode = Code<SHORT>;
/// Words of a short code.
pub(crate) const SHORT: usize = 2;

/// How a full code divides the cylinder: table 1 of the paper.
static FULL: LazyLock<Layout> = LazyLock::new(|| Layout::new(8));
/// How a short code does: 21 cells of 6 directions.
static COARSE: LazyLock<Layout> = LazyLock::new(|| Layout::new(5));

/// Influence by squared distance, the same for all layouts.
static PLACE: LazyLock<Vec<f32>> = LazyLock::new(|| {
    (0..=index(INFLUENCE * INFLUENCE))
        .map(|square| {
            let density = libm::expf(-0.5 * square as f32 / (PLACE_SPREAD * PLACE_SPREAD));
            density / (PLACE_SPREAD * std::f32::consts::TAU.sqrt())
        })
        .collect()
});

impl<const WORDS: usize> Code<WORDS> {
    /// A code as it was kept.
    pub(crate) fn from_words(words: [u64; WORDS]) -> Self {
        let bits: u32 = words.iter().map(|word| word.count_ones()).sum();
        let bits = if usize::try_from(bits).unwrap_or(0) * FEWEST_BITS < 64 * WORDS {
            0
        } else {
            bits
        };
        Self {
            words,
            bits: u16::try_from(bits).unwrap_or(0),
        }
    }

    pub(crate) fn words(&self) -> [u64; WORDS] {
        self.words
    }

    pub(crate) fn common(&self, other: &Self) -> u32 {
        self.words
            .iter()
            .zip(&other.words)
            .map(|(a, b)| (a & b).count_ones())
            .sum()
    }
}

/// Reciprocals of twice the mean count of bits.
fn shares() -> &'static [f32; 640] {
    static SHARES: LazyLock<[f32; 640]> =
        LazyLock::new(|| std::array::from_fn(|bits| if bits == 0 { 0.0 } else { 2.0 / bits as f32 }));
    &SHARES
}

/// A minutia as the comparison uses it.
#[derive(Clone, Copy)]
pub(crate) struct Spot {
    pub(crate) x: f32,
    pub(crate) y: f32,
    pub(crate) angle: u8,
    pub(crate) kind: Kind,
    pub(crate) quality: u8,
}

/// A template made ready for comparison.
#[derive(Clone, Default)]
pub(crate) struct Print {
    /// best first
    pub(crate) spots: Vec<Spot>,
    /// one for each spot
    pub(crate) codes: Vec<FullCode>,
    /// ridge directions all over
    pub(crate) field: crate::field::Field,
    /// corners of the region that the minutiae span, counter-clockwise in mathematical axes
    pub(crate) hull: Vec<(f32, f32)>,
}

impl Print {
    pub(crate) fn new(template: &Template) -> Self {
        let spots = spots(template);
        let codes = (0..spots.len()).map(|at| FULL.code(&spots, at)).collect();
        let hull = hull(&spots);
        Self {
            spots,
            codes,
            hull,
            field: template.field().clone(),
        }
    }
}

/// Minutiae, best first.
pub(crate) fn spots(template: &Template) -> Vec<Spot> {
    let mut minutiae = template.minutiae().to_vec();
    minutiae.sort_unstable_by_key(|minutia| (Reverse(minutia.quality), *minutia));
    minutiae.into_iter().map(Spot::from).collect()
}

impl From<Minutia> for Spot {
    fn from(minutia: Minutia) -> Self {
        Self {
            x: f32::from(minutia.x),
            y: f32::from(minutia.y),
            angle: minutia.angle,
            kind: minutia.kind,
            quality: minutia.quality,
        }
    }
}

/// Short codes of all minutiae, in their order.
pub(crate) fn short_codes(spots: &[Spot]) -> impl Iterator<Item = ShortCode> + '_ {
    (0..spots.len()).map(|at| COARSE.code(spots, at))
}

/// Directions of a cylinder.
const DIRECTIONS: usize = 6;
/// The same in whole vectors, the rest zero.
const LANES: usize = 8;
/// Most cells of a square around a cylinder.
const MOST_CELLS: usize = 64;

/// Influence by difference of direction: the integral of the normal density over each direction.
static TURNS: LazyLock<[[f32; LANES]; 256]> = LazyLock::new(|| {
    let width = std::f32::consts::TAU / DIRECTIONS as f32;
    let below = |limit: f32| 0.5 * (1.0 + libm::erff(limit / (DIRECTION_SPREAD * std::f32::consts::SQRT_2)));
    std::array::from_fn(|turn| {
        let turned = turn as f32 * std::f32::consts::TAU / 256.0;
        std::array::from_fn(|direction| {
            if direction >= DIRECTIONS {
                return 0.0;
            }
            let middle = (direction as f32 + 0.5) * width;
            let mut away = (turned - middle).abs();
            if away > std::f32::consts::PI {
                away = std::f32::consts::TAU - away;
            }
            below(away + width / 2.0) - below(away - width / 2.0)
        })
    })
});

/// Division of a cylinder.
struct Layout {
    /// cells on a side of the square around it
    cells: usize,
    /// middles of the cells along one axis, seen from the minutia
    middles: Vec<f32>,
    /// cells within the radius: row by row, numbers among all of the square
    inside: Vec<usize>,
}

impl Layout {
    fn new(cells: usize) -> Self {
        let side = 2.0 * RADIUS / cells as f32;
        let middles: Vec<f32> = (0..cells).map(|cell| (cell as f32 + 0.5) * side - RADIUS).collect();
        let within = |at: &usize| {
            let (u, v) = (middles[at % cells], middles[at / cells]);
            u * u + v * v <= RADIUS * RADIUS
        };
        let inside = (0..cells * cells).filter(within).collect();
        Self { cells, middles, inside }
    }

    /// Cells whose middle is within the influence of a neighbour at this distance along one axis.
    fn reached(&self, at: f32) -> std::ops::Range<usize> {
        let first = self.middles.iter().take_while(|middle| **middle < at - INFLUENCE).count();
        let within = self.middles[first..].iter().take_while(|middle| **middle <= at + INFLUENCE);
        first..first + within.count()
    }

    fn code<const WORDS: usize>(&self, spots: &[Spot], at: usize) -> Code<WORDS> {
        const FAR: f32 = RADIUS + INFLUENCE;
        let (centre, turns, places) = (&spots[at], &*TURNS, &**PLACE);
        let (cosine, sine) = direction::unit(centre.angle);
        let mut sums = [[0.0f32; LANES]; MOST_CELLS];
        for (number, spot) in spots.iter().enumerate() {
            let (dx, dy) = (spot.x - centre.x, centre.y - spot.y);
            if number == at || dx * dx + dy * dy > FAR * FAR {
                continue;
            }
            let (u, v) = (dx * cosine + dy * sine, dy * cosine - dx * sine);
            let turn = &turns[usize::from(spot.angle.wrapping_sub(centre.angle))];
            let columns = self.reached(u);
            for row in self.reached(v) {
                let dv = self.middles[row] - v;
                let cells = row * self.cells + columns.start..row * self.cells + columns.end;
                for (sums, middle) in sums[cells].iter_mut().zip(&self.middles[columns.clone()]) {
                    let du = middle - u;
                    let Some(place) = places.get(index(du * du + dv * dv)) else {
                        continue;
                    };
                    for (sum, turn) in sums.iter_mut().zip(turn) {
                        *sum += place * turn;
                    }
                }
            }
        }
        let mut words = [0u64; WORDS];
        let influences = self.inside.iter().flat_map(|cell| &sums[*cell][..DIRECTIONS]);
        for (bit, sum) in influences.enumerate() {
            words[bit / 64] |= u64::from(*sum >= THRESHOLD) << (bit % 64);
        }
        Code::from_words(words)
    }
}

/// Measures how alike codes are: share of bits in common (Dice 1945), with what two unrelated codes so full have in
/// common by chance taken off (Cohen 1960), so that dense and sparse prints give the same scores.
pub(crate) struct Likeness {
    shares: &'static [f32; 640],
    /// bits that can be set
    used: f32,
}

impl Likeness {
    /// Of full codes.
    pub(crate) fn full() -> Self {
        Self {
            shares: shares(),
            used: 312.0,
        }
    }

    /// Of short codes.
    pub(crate) fn short() -> Self {
        Self {
            shares: shares(),
            used: 126.0,
        }
    }

    /// 0 no more than by chance to 1 the same; 0 where one code says too little.
    pub(crate) fn of<const WORDS: usize>(&self, one: &Code<WORDS>, two: &Code<WORDS>) -> f32 {
        if one.bits == 0 || two.bits == 0 {
            return 0.0;
        }
        let share = self.shares[usize::from(one.bits + two.bits)];
        let chance = share * f32::from(one.bits) * f32::from(two.bits) / self.used;
        (one.common(two) as f32 * share - chance) / (1.0 - chance)
    }
}

/// Andrew's monotone chain.
fn hull(spots: &[Spot]) -> Vec<(f32, f32)> {
    let mut places: Vec<(f32, f32)> = spots.iter().map(|spot| (spot.x, spot.y)).collect();
    places.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    let half = |places: &mut dyn Iterator<Item = (f32, f32)>| {
        let mut chain: Vec<(f32, f32)> = Vec::new();
        for place in places {
            while let [.., a, b] = chain[..] {
                if (b.0 - a.0) * (place.1 - a.1) - (b.1 - a.1) * (place.0 - a.0) > 0.0 {
                    break;
                }
                chain.pop();
            }
            chain.push(place);
        }
        chain.pop();
        chain
    };
    let mut corners = half(&mut places.iter().copied());
    corners.extend(half(&mut places.iter().rev().copied()));
    corners
}

/// Whether a place is in the region that the minutiae span or nearly so (`margin` pixels).
pub(crate) fn spans(hull: &[(f32, f32)], x: f32, y: f32, margin: f32) -> bool {
    hull.iter().zip(hull.iter().cycle().skip(1)).all(|(a, b)| {
        let (dx, dy) = (b.0 - a.0, b.1 - a.1);
        let length = (dx * dx + dy * dy).sqrt();
        dx * (y - a.1) - dy * (x - a.0) >= -margin * length
    })
}

/// Turns a vector on the screen (y downwards) by an angle, counter-clockwise.
pub(crate) fn turned(dx: f32, dy: f32, angle: u8) -> (f32, f32) {
    let (cosine, sine) = circle()[usize::from(angle)];
    (dx * cosine + dy * sine, dy * cosine - dx * sine)
}
