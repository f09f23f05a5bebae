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
static FULL: LazyLock<Layout> = LazyLock::new(|| Layout::new(8, 6));
/// How a short code does: 21 cells of 6 directions.
static COARSE: LazyLock<Layout> = LazyLock::new(|| Layout::new(5, 6));

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

/// Division of a cylinder: cells on a side of the square around it, and directions.
struct Layout {
    cells: usize,
    directions: usize,
    /// influence by difference of direction: the integral of the normal density over a cell; `directions` for each turn
    turns: Vec<f32>,
    /// number of a cell within the radius, by row and column
    numbers: Vec<Option<usize>>,
}

impl Layout {
    fn new(cells: usize, directions: usize) -> Self {
        let width = std::f32::consts::TAU / directions as f32;
        let turns = (0..256 * directions)
            .map(|at| {
                let turned = (at / directions) as f32 * std::f32::consts::TAU / 256.0;
                let middle = ((at % directions) as f32 + 0.5) * width;
                let mut away = (turned - middle).abs();
                if away > std::f32::consts::PI {
                    away = std::f32::consts::TAU - away;
                }
                let below =
                    |limit: f32| 0.5 * (1.0 + libm::erff(limit / (DIRECTION_SPREAD * std::f32::consts::SQRT_2)));
                below(away + width / 2.0) - below(away - width / 2.0)
            })
            .collect();
        let mut layout = Self {
            cells,
            directions,
            turns,
            numbers: vec![None; cells * cells],
        };
        let mut next = 0;
        for at in 0..cells * cells {
            let (u, v) = (layout.middle(at % cells), layout.middle(at / cells));
            if u * u + v * v <= RADIUS * RADIUS {
                layout.numbers[at] = Some(next);
                next += 1;
            }
        }
        layout
    }

    /// Side of a cell.
    fn side(&self) -> f32 {
        2.0 * RADIUS / self.cells as f32
    }

    /// Middle of a cell, seen from the minutia.
    fn middle(&self, cell: usize) -> f32 {
        (cell as f32 + 0.5) * self.side() - RADIUS
    }

    /// Cells whose middle is within the influence of a neighbour at this distance along one axis.
    fn reached(&self, at: f32) -> std::ops::Range<usize> {
        let first = ((at - INFLUENCE + RADIUS) / self.side() - 0.5).ceil().max(0.0);
        let last = ((at + INFLUENCE + RADIUS) / self.side() - 0.5)
            .floor()
            .min((self.cells - 1) as f32);
        if last < first {
            0..0
        } else {
            index(first)..index(last) + 1
        }
    }

    fn code<const WORDS: usize>(&self, spots: &[Spot], at: usize) -> Code<WORDS> {
        let centre = &spots[at];
        let (cosine, sine) = direction::unit(centre.angle);
        // at least as many as there are bits, for every layout
        let mut sums = [0.0f32; 64 * 5];
        let far = RADIUS + INFLUENCE;
        for (number, spot) in spots.iter().enumerate() {
            let (dx, dy) = (spot.x - centre.x, centre.y - spot.y);
            if number == at || dx * dx + dy * dy > far * far {
                continue;
            }
            let (u, v) = (dx * cosine + dy * sine, dy * cosine - dx * sine);
            let turn = usize::from(spot.angle.wrapping_sub(centre.angle));
            let turns = &self.turns[turn * self.directions..][..self.directions];
            for row in self.reached(v) {
                for column in self.reached(u) {
                    let (du, dv) = (self.middle(column) - u, self.middle(row) - v);
                    let square = du * du + dv * dv;
                    let number = self.numbers[row * self.cells + column];
                    let Some(number) = number.filter(|_| square < INFLUENCE * INFLUENCE) else {
                        continue;
                    };
                    let place = PLACE[index(square)];
                    for (sum, turn) in sums[number * self.directions..].iter_mut().zip(turns) {
                        *sum += place * turn;
                    }
                }
            }
        }
        let mut words = [0u64; WORDS];
        for (bit, sum) in sums.iter().enumerate().take(64 * WORDS) {
            if *sum >= THRESHOLD {
                words[bit / 64] |= 1 << (bit % 64);
            }
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
