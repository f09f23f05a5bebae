//! How alike two prints are, and which minutiae agree.
//!
//! Local first: minutiae whose neighbourhood codes are alike make pairs, and a pair counts by how many others agree
//! with its shift and turn (the compatibility of Cappelli et al. 2010, section 5.2, without its iterations). Then
//! global: the best agreeing group gives a rigid alignment; what is left after it is smoothed into the skin's
//! distortion (Bazen and Gerez 2003 use thin-plate splines here); all minutiae are paired under both, and the pairs
//! weighed against what stayed alone in the region that both prints show.

use crate::descriptor::{Likeness, Print, Spot, spans, turned};
use crate::direction;
use crate::evidence::Evidence;
use crate::template::{Template, TemplateError};

/// Pairs that the full comparison starts from.
const PAIRS: usize = 120;
/// Neighbourhoods less alike are not a pair.
const ALIKE: f32 = 0.2;
/// Alignments tried.
const ALIGNMENTS: usize = 5;
/// An alignment with less than this share of the best one's support is not tried.
const HOPELESS: f32 = 0.5;
/// Minutiae this near after alignment may be the same, in pixels; before and after the distortion is known.
const NEAR: [f32; 3] = [17.0, 14.0, 12.0];
/// Minutiae turned by no more than this may be the same, in 1/256 of a turn.
const TURNED: u8 = 24;

/// Raw score of prints that no alignment was found for.
const NOTHING: f32 = -20.0;

/// What a comparison came to.
#[derive(Clone, Default)]
pub struct Comparison {
    /// log-odds of one finger, -20 nothing in common and up; [`crate::calibration`] says what it is worth
    pub raw: f32,
    /// minutiae of the probe and of the reference that agree, as places in pixels at 500 dpi
    pub pairs: Vec<((u16, u16), (u16, u16))>,
}

impl std::fmt::Debug for Comparison {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Comparison({}, {} pairs)", self.raw, self.pairs.len())
    }
}

/// Compares two templates.
pub fn compare(probe: &[u8], reference: &[u8]) -> Result<Comparison, TemplateError> {
    let (probe, reference) = (
        Print::new(&Template::parse(probe)?),
        Print::new(&Template::parse(reference)?),
    );
    let best = full(&probe, &reference);
    let place = |spot: &Spot| (crate::number::short(spot.x), crate::number::short(spot.y));
    let pairs = best
        .pairs
        .iter()
        .map(|pair| (place(&probe.spots[pair.probe]), place(&reference.spots[pair.reference])))
        .collect();
    Ok(Comparison { raw: best.raw, pairs })
}

/// Two minutiae that may be the same.
#[derive(Clone, Copy)]
pub(crate) struct Pair {
    pub(crate) probe: usize,
    pub(crate) reference: usize,
    /// likeness of the neighbourhoods, 0 to 1
    pub(crate) alike: f32,
}

/// The best alignment of two prints.
#[derive(Clone)]
pub(crate) struct Match {
    pub(crate) raw: f32,
    pub(crate) pairs: Vec<Pair>,
    pub(crate) evidence: Evidence,
}

impl Default for Match {
    /// No alignment.
    fn default() -> Self {
        Self {
            raw: NOTHING,
            pairs: Vec::new(),
            evidence: Evidence::default(),
        }
    }
}

pub(crate) fn keep_best(pairs: &mut Vec<Pair>, count: usize) {
    let order = |a: &Pair, b: &Pair| {
        b.alike
            .total_cmp(&a.alike)
            .then(a.probe.cmp(&b.probe))
            .then(a.reference.cmp(&b.reference))
    };
    if pairs.len() > count {
        pairs.select_nth_unstable_by(count, order);
        pairs.truncate(count);
    }
    pairs.sort_unstable_by(order);
}

/// For each pair, its likeness and that of all pairs that agree with it.
pub(crate) fn supports(probe: &[Spot], reference: &[Spot], pairs: &[Pair]) -> Vec<f32> {
    let mut sums: Vec<f32> = pairs.iter().map(|pair| pair.alike).collect();
    for one in 0..pairs.len() {
        for two in one + 1..pairs.len() {
            if agree(probe, reference, &pairs[one], &pairs[two]) {
                sums[one] += pairs[two].alike;
                sums[two] += pairs[one].alike;
            }
        }
    }
    sums
}

/// Whether two pairs can belong to one alignment: the same turn, and the same way from the one to the other.
fn agree(probe: &[Spot], reference: &[Spot], one: &Pair, two: &Pair) -> bool {
    if one.probe == two.probe || one.reference == two.reference {
        return false;
    }
    let (p, q) = (&probe[one.probe], &reference[one.reference]);
    let (r, s) = (&probe[two.probe], &reference[two.reference]);
    let turn = q.angle.wrapping_sub(p.angle);
    let other_turn = s.angle.wrapping_sub(r.angle);
    let apart = direction::turn(turn, other_turn);
    if apart.unsigned_abs() > TURNED {
        return false;
    }
    let (dx, dy) = turned(r.x - p.x, r.y - p.y, turn.wrapping_add_signed(apart / 2));
    let (ex, ey) = (s.x - q.x - dx, s.y - q.y - dy);
    let allowed = 6.0 + 0.09 * (dx.abs() + dy.abs());
    ex * ex + ey * ey <= allowed * allowed
}

/// Full comparison.
pub(crate) fn full(probe: &Print, reference: &Print) -> Match {
    let likeness = Likeness::full();
    let mut pairs = Vec::new();
    for (number, code) in probe.codes.iter().enumerate() {
        for (other, other_code) in reference.codes.iter().enumerate() {
            if let Some(alike) = likeness.above(ALIKE, code, other_code) {
                pairs.push(Pair {
                    probe: number,
                    reference: other,
                    alike,
                });
            }
        }
    }
    keep_best(&mut pairs, PAIRS);
    let supports = supports(&probe.spots, &reference.spots, &pairs);
    let mut order: Vec<usize> = (0..pairs.len()).collect();
    order.sort_by(|a, b| supports[*b].total_cmp(&supports[*a]).then(a.cmp(b)));
    let mut seeds: Vec<usize> = Vec::new();
    let mut best = Match::default();
    let hopeless = order.first().map_or(0.0, |first| HOPELESS * supports[*first]);
    for seed in order {
        if seeds.len() == ALIGNMENTS || supports[seed] < hopeless {
            break;
        }
        if seeds
            .iter()
            .any(|other| agree(&probe.spots, &reference.spots, &pairs[seed], &pairs[*other]))
        {
            continue;
        }
        seeds.push(seed);
        let mut group: Vec<Pair> = pairs
            .iter()
            .filter(|pair| agree(&probe.spots, &reference.spots, &pairs[seed], pair))
            .copied()
            .collect();
        group.push(pairs[seed]);
        let found = aligned(probe, reference, &group);
        if found.raw > best.raw {
            best = found;
        }
    }
    best
}

/// A turn and a shift of the probe onto the reference.
#[derive(Clone, Copy)]
struct Alignment {
    cosine: f32,
    sine: f32,
    /// the same turn in 1/256
    turn: u8,
    dx: f32,
    dy: f32,
}

impl Alignment {
    /// Least squares over pairs (Arun, Huang, Blostein 1987, in the plane); a single pair turns by its directions.
    fn of(probe: &Print, reference: &Print, pairs: &[Pair]) -> Self {
        let count = pairs.len().max(1) as f32;
        let (mut px, mut py, mut qx, mut qy) = (0.0, 0.0, 0.0, 0.0);
        for pair in pairs {
            let (p, q) = (&probe.spots[pair.probe], &reference.spots[pair.reference]);
            (px, py, qx, qy) = (px + p.x, py + p.y, qx + q.x, qy + q.y);
        }
        (px, py, qx, qy) = (px / count, py / count, qx / count, qy / count);
        let (mut cosine, mut sine) = (0.0, 0.0);
        for pair in pairs {
            let (p, q) = (&probe.spots[pair.probe], &reference.spots[pair.reference]);
            let (ax, ay, bx, by) = (p.x - px, p.y - py, q.x - qx, q.y - qy);
            cosine += ax * bx + ay * by;
            sine += ay * bx - ax * by;
            // Directions of few, near minutiae are better than their places.
            let (c, s) = direction::unit(q.angle.wrapping_sub(p.angle));
            cosine += 400.0 * c;
            sine += 400.0 * s;
        }
        let length = (cosine * cosine + sine * sine).sqrt().max(1e-6);
        let (cosine, sine) = (cosine / length, sine / length);
        Self {
            cosine,
            sine,
            turn: direction::of(cosine, -sine),
            dx: qx - (px * cosine + py * sine),
            dy: qy - (py * cosine - px * sine),
        }
    }

    fn place(&self, x: f32, y: f32) -> (f32, f32) {
        (
            x * self.cosine + y * self.sine + self.dx,
            y * self.cosine - x * self.sine + self.dy,
        )
    }

    fn place_back(&self, spot: &Spot) -> (f32, f32) {
        let (x, y) = (spot.x - self.dx, spot.y - self.dy);
        (x * self.cosine - y * self.sine, x * self.sine + y * self.cosine)
    }
}

/// A pair under an alignment.
#[derive(Clone, Copy)]
struct Fit {
    pair: Pair,
    /// squared distance in pixels
    square: f32,
    turn: u8,
}

fn aligned(probe: &Print, reference: &Print, group: &[Pair]) -> Match {
    let mut pairs = group.to_vec();
    let mut alignment = Alignment::of(probe, reference, &pairs);
    let mut rigid: Vec<(f32, f32)> = probe.spots.iter().map(|spot| alignment.place(spot.x, spot.y)).collect();
    let mut found = Vec::new();
    for near in NEAR {
        let places = distorted(reference, &rigid, &pairs);
        found = fits(probe, reference, &places, alignment.turn, near);
        if found.len() < 3 {
            return Match::default();
        }
        pairs = found.iter().map(|fit| fit.pair).collect();
        alignment = Alignment::of(probe, reference, &pairs);
        rigid = probe.spots.iter().map(|spot| alignment.place(spot.x, spot.y)).collect();
    }
    let evidence = weigh(probe, reference, &alignment, &rigid, &found);
    Match {
        raw: evidence.score(),
        pairs,
        evidence,
    }
}

/// One partner at most for each minutia, the closest pairs first.
fn fits(probe: &Print, reference: &Print, places: &[(f32, f32)], turn: u8, near: f32) -> Vec<Fit> {
    let likeness = Likeness::full();
    let mut possible: Vec<(f32, Fit)> = Vec::new();
    for (number, (x, y)) in places.iter().enumerate() {
        let angle = probe.spots[number].angle.wrapping_add(turn);
        for (other, spot) in reference.spots.iter().enumerate() {
            let (dx, dy) = (spot.x - x, spot.y - y);
            let square = dx * dx + dy * dy;
            if square > near * near {
                continue;
            }
            let turn = direction::turn(angle, spot.angle).unsigned_abs();
            if turn > TURNED {
                continue;
            }
            let alike = likeness.of(&probe.codes[number], &reference.codes[other]);
            let share = f32::from(turn) / f32::from(TURNED);
            let cost = square / (near * near) + share * share - alike;
            let pair = Pair {
                probe: number,
                reference: other,
                alike,
            };
            possible.push((cost, Fit { pair, square, turn }));
        }
    }
    possible.sort_by(|a, b| {
        let ends = |fit: &Fit| (fit.pair.probe, fit.pair.reference);
        a.0.total_cmp(&b.0).then(ends(&a.1).cmp(&ends(&b.1)))
    });
    let mut probe_taken = vec![false; probe.spots.len()];
    let mut reference_taken = vec![false; reference.spots.len()];
    possible
        .into_iter()
        .filter_map(|(_, fit)| {
            let free = !probe_taken[fit.pair.probe] && !reference_taken[fit.pair.reference];
            free.then(|| {
                probe_taken[fit.pair.probe] = true;
                reference_taken[fit.pair.reference] = true;
                fit
            })
        })
        .collect()
}

/// Places moved by what the pairs around them are off by, damped so that a lone pair moves little.
fn distorted(reference: &Print, rigid: &[(f32, f32)], pairs: &[Pair]) -> Vec<(f32, f32)> {
    const REACH: f32 = 60.0;
    const DAMPING: f32 = 0.7;
    rigid
        .iter()
        .map(|(x, y)| {
            let (mut sum_x, mut sum_y, mut weights) = (0.0, 0.0, DAMPING);
            for pair in pairs {
                let ((px, py), q) = (rigid[pair.probe], &reference.spots[pair.reference]);
                let square = (px - x) * (px - x) + (py - y) * (py - y);
                let falling = 1.0 / (1.0 + square / (REACH * REACH));
                let weight = falling * falling;
                sum_x += weight * (q.x - px);
                sum_y += weight * (q.y - py);
                weights += weight;
            }
            (x + sum_x / weights, y + sum_y / weights)
        })
        .collect()
}

/// What the pairs, the minutiae without a partner and the ridge directions show.
fn weigh(probe: &Print, reference: &Print, alignment: &Alignment, rigid: &[(f32, f32)], fits: &[Fit]) -> Evidence {
    const MARGIN: f32 = 6.0;
    let mut evidence = Evidence {
        pairs: fits.len() as f32,
        fewer: probe.spots.len().min(reference.spots.len()) as f32,
        ..Evidence::default()
    };
    let (mut probe_seen, mut reference_seen) = (vec![false; probe.spots.len()], vec![false; reference.spots.len()]);
    for fit in fits {
        let (p, q) = (&probe.spots[fit.pair.probe], &reference.spots[fit.pair.reference]);
        let distance = fit.square / (NEAR[2] * NEAR[2]);
        let turn = f32::from(fit.turn) / f32::from(TURNED);
        let same_kind = p.kind == q.kind;
        let kind = if same_kind { 1.0 } else { 0.85 };
        evidence.weight += (1.0 - 0.6 * distance) * (1.0 - 0.6 * turn * turn) * (0.35 + fit.pair.alike) * kind;
        evidence.alike += fit.pair.alike;
        evidence.distance += distance;
        evidence.turn += turn * turn;
        evidence.same_kind += f32::from(u8::from(same_kind));
        probe_seen[fit.pair.probe] = true;
        reference_seen[fit.pair.reference] = true;
    }
    let alone = |spot: &Spot| 0.4 + 0.006 * f32::from(spot.quality);
    let shown = |print: &Print, x: f32, y: f32| match print.field.shows(x, y) {
        Some(shown) => shown,
        None => spans(&print.hull, x, y, MARGIN),
    };
    for (number, (x, y)) in rigid.iter().enumerate() {
        if !probe_seen[number] && shown(reference, *x, *y) {
            evidence.probe_alone += alone(&probe.spots[number]);
        }
    }
    for (number, spot) in reference.spots.iter().enumerate() {
        let (x, y) = alignment.place_back(spot);
        if !reference_seen[number] && shown(probe, x, y) {
            evidence.reference_alone += alone(spot);
        }
    }
    if !probe.field.squares.is_empty() && !reference.field.squares.is_empty() {
        let place = |x: f32, y: f32| alignment.place(x, y);
        evidence.overlap = Some(probe.field.overlap(&reference.field, alignment.turn, place));
    }
    evidence
}

/// For fitting the weights: the raw score, and the measures that it is made of; none where there is no alignment.
#[doc(hidden)]
pub fn measures(probe: &[u8], reference: &[u8]) -> Result<(f32, Option<Vec<f32>>), TemplateError> {
    let (probe, reference) = (
        Print::new(&Template::parse(probe)?),
        Print::new(&Template::parse(reference)?),
    );
    let best = full(&probe, &reference);
    let aligned = !best.pairs.is_empty();
    Ok((best.raw, aligned.then(|| best.evidence.measures().to_vec())))
}
