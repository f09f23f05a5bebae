//! The neighbourhood of each minutia as bits that do not depend on how the finger lay.
//!
//! Minutia cylinder-code in its binary form: Cappelli, Ferrara, Maltoni 2010, sections 3.1 and 3.2, with the parameters
//! of table 1 (radius 70, 8 x 8 cells, 6 directions). Cells that the radius cuts off are left out, and so is the
//! validity mask: places beyond the print count as empty. Influences are whole numbers, eight directions to a vector.

use crate::direction::{self, circle};
use crate::minutia::{Kind, Minutia};
use crate::number::{index, short, whole16};
use crate::template::Template;
use std::cmp::Reverse;
use std::sync::LazyLock;
use wide::i16x8;

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
    /// set bits; where the code says too little, it and they are 0
    pub(crate) bits: u16,
}

/// The whole neighbourhood: 52 cells of 6 directions.
pub(crate) type FullCode = Code<5>;
/// A coarse one for the first stage of a search.
pub(crate) type ShortCode = Code<SHORT>;
/// Words of a short code.
pub(crate) const SHORT: usize = 2;

/// How a full code divides the cylinder: table 1 of the paper.
static FULL: LazyLock<Layout<8, 4>> = LazyLock::new(Layout::new);
/// How a short code does: 21 cells of 6 directions.
static COARSE: LazyLock<Layout<5, 2>> = LazyLock::new(Layout::new);

impl<const WORDS: usize> Code<WORDS> {
    /// A code as it was kept.
    pub(crate) fn from_words(words: [u64; WORDS]) -> Self {
        let bits: u32 = words.iter().map(|word| word.count_ones()).sum();
        if usize::try_from(bits).unwrap_or(0) * FEWEST_BITS < 64 * WORDS {
            return Self {
                words: [0; WORDS],
                bits: 0,
            };
        }
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
/// The same in a whole vector, the rest zero.
const LANES: usize = 8;
/// Cells of a row and rows of the square that influences are summed in, with room around the cylinder.
const SQUARE: usize = 16;
/// Places between two cells that influence is known for.
const STEPS: usize = 32;
/// Influence of a neighbour in the middle of a cell, along one axis.
const PLACE_UNIT: f32 = 255.0;
/// Influence of a neighbour in the middle of a direction.
const TURN_UNIT: f32 = 127.0;

/// Integral of the normal density over one direction, for a neighbour turned so far away from its middle.
fn share_of_direction(away: f32) -> f32 {
    let below = |limit: f32| 0.5 * (1.0 + libm::erff(limit / (DIRECTION_SPREAD * std::f32::consts::SQRT_2)));
    let half = std::f32::consts::PI / DIRECTIONS as f32;
    below(away + half) - below(away - half)
}

/// Influence by difference of direction, in [`TURN_UNIT`].
static TURNS: LazyLock<[i16x8; 256]> = LazyLock::new(|| {
    let width = std::f32::consts::TAU / DIRECTIONS as f32;
    std::array::from_fn(|turn| {
        let turned = turn as f32 * std::f32::consts::TAU / 256.0;
        let lanes: [i16; LANES] = std::array::from_fn(|direction| {
            if direction >= DIRECTIONS {
                return 0;
            }
            let away = (turned - (direction as f32 + 0.5) * width).abs();
            let away = away.min(std::f32::consts::TAU - away);
            whole16(TURN_UNIT * share_of_direction(away) / share_of_direction(0.0))
        });
        i16x8::new(lanes)
    })
});

/// [`THRESHOLD`] in the units of the sums: one less than the least that sets a bit.
static UNSET: LazyLock<i16x8> = LazyLock::new(|| {
    let density = 1.0 / (PLACE_SPREAD * std::f32::consts::TAU.sqrt());
    let most = density * share_of_direction(0.0);
    i16x8::splat(whole16(THRESHOLD / most * PLACE_UNIT * TURN_UNIT) - 1)
});

/// Division of a cylinder into so many cells on a side of the square around it; a neighbour reaches `REACH` of them
/// along each axis.
struct Layout<const CELLS: usize, const REACH: usize> {
    /// influence on the cells reached, along one axis, by where between two cells the neighbour is
    weights: [[u16; REACH]; STEPS],
    /// cells within the radius: row by row, numbers among all of the square
    inside: Vec<usize>,
}

impl<const CELLS: usize, const REACH: usize> Layout<CELLS, REACH> {
    /// Side of a cell, in pixels.
    const SIDE: f32 = 2.0 * RADIUS / CELLS as f32;

    fn new() -> Self {
        let weights = std::array::from_fn(|step| {
            std::array::from_fn(|cell| {
                let cells = cell as f32 + 1.0 - REACH as f32 / 2.0 - step as f32 / STEPS as f32;
                let away = Self::SIDE * cells / PLACE_SPREAD;
                short(PLACE_UNIT * libm::expf(-0.5 * away * away))
            })
        });
        let middle = |cell: usize| (cell as f32 + 0.5) * Self::SIDE - RADIUS;
        let within = |(row, column): &(usize, usize)| {
            let (u, v) = (middle(*column), middle(*row));
            u * u + v * v <= RADIUS * RADIUS
        };
        let inside = (0..CELLS * CELLS)
            .map(|cell| (cell / CELLS, cell % CELLS))
            .filter(within)
            .map(|(row, column)| (row + REACH) * SQUARE + column + REACH)
            .collect();
        Self { weights, inside }
    }

    /// First cell that a neighbour reaches along one axis, and its influence on that and the next ones.
    fn reached(&self, at: f32) -> (usize, &[u16; REACH]) {
        // The cylinder begins `REACH` cells into the square.
        let cells = (at + RADIUS) / Self::SIDE + 0.5 + REACH as f32 / 2.0;
        let steps = index(cells * STEPS as f32);
        (steps / STEPS, &self.weights[steps % STEPS])
    }

    fn code<const WORDS: usize>(&self, spots: &[Spot], at: usize) -> Code<WORDS> {
        const FAR: f32 = RADIUS + INFLUENCE;
        let (centre, turns) = (&spots[at], &*TURNS);
        let (cosine, sine) = direction::unit(centre.angle);
        let mut sums = [i16x8::ZERO; SQUARE * SQUARE];
        for (number, spot) in spots.iter().enumerate() {
            let (dx, dy) = (spot.x - centre.x, centre.y - spot.y);
            if number == at || dx * dx + dy * dy > FAR * FAR {
                continue;
            }
            let turn = turns[usize::from(spot.angle.wrapping_sub(centre.angle))];
            let (left, across) = self.reached(dx * cosine + dy * sine);
            let (top, down) = self.reached(dy * cosine - dx * sine);
            for (row, down) in down.iter().enumerate() {
                let Some(sums) = sums[(top + row) * SQUARE + left..].first_chunk_mut::<REACH>() else {
                    continue;
                };
                for (sum, across) in sums.iter_mut().zip(across) {
                    // Up to 254 x 127, and sums that would be more stay the most that there is.
                    *sum = sum.saturating_add(turn * i16x8::splat(((across * down) >> 8).cast_signed()));
                }
            }
        }
        self.bits(&sums)
    }

    /// One bit for each direction of each cell.
    fn bits<const WORDS: usize>(&self, sums: &[i16x8; SQUARE * SQUARE]) -> Code<WORDS> {
        let mut words = [0u64; WORDS];
        let unset = *UNSET;
        for (number, cell) in self.inside.iter().enumerate() {
            let set = u64::from(sums[*cell].simd_gt(unset).to_bitmask());
            let (word, bit) = (number * DIRECTIONS / 64, number * DIRECTIONS % 64);
            words[word] |= set << bit;
            if bit + DIRECTIONS > 64 {
                words[word + 1] |= set >> (64 - bit);
            }
        }
        Code::from_words(words)
    }
}

/// Measures how alike codes are: share of bits in common (Dice 1945), with what two unrelated codes so full have in
/// common by chance taken off (Cohen 1960), so that dense and sparse prints give the same scores.
pub(crate) struct Likeness {
    shares: &'static [f32; 640],
    /// one part in the bits that can be set
    part: f32,
}

impl Likeness {
    /// Of full codes.
    pub(crate) fn full() -> Self {
        Self {
            shares: shares(),
            part: 1.0 / 312.0,
        }
    }

    /// Of short codes.
    pub(crate) fn short() -> Self {
        Self {
            shares: shares(),
            part: 1.0 / 126.0,
        }
    }

    /// 0 no more than by chance to 1 the same; 0 where one code says too little.
    pub(crate) fn of<const WORDS: usize>(&self, one: &Code<WORDS>, two: &Code<WORDS>) -> f32 {
        let (over, all) = self.over_chance(one, two);
        over / all
    }

    /// The likeness where it is above a limit: most are not, and need no division.
    pub(crate) fn above<const WORDS: usize>(&self, limit: f32, one: &Code<WORDS>, two: &Code<WORDS>) -> Option<f32> {
        let (over, all) = self.over_chance(one, two);
        (over > limit * all).then(|| over / all)
    }

    /// What the codes have in common over chance, and the most that this could be.
    fn over_chance<const WORDS: usize>(&self, one: &Code<WORDS>, two: &Code<WORDS>) -> (f32, f32) {
        let share = self.shares[usize::from(one.bits + two.bits)];
        let chance = share * f32::from(one.bits) * f32::from(two.bits) * self.part;
        (one.common(two) as f32 * share - chance, 1.0 - chance)
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
