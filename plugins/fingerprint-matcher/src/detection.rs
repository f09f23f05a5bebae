//! Endings and bifurcations read off the network of ridge lines, and those at fault left out.
//!
//! Crossing numbers: Maltoni et al., Handbook of Fingerprint Recognition, section 3.6.2.

use crate::direction;
use crate::minutia::{Kind, Minutia};
use crate::number::{byte, index, short, whole};
use crate::orientation::{CELL, Orientation};
use crate::plane::Plane;
use crate::skeleton::{End, Skeleton};

/// Pixels of ridge that give a minutia its direction.
const REACH: usize = 12;
/// Nearer to the rim of the finger every ridge seems to end, in pixels.
const RIM: f32 = 13.0;
/// Two minutiae nearer than this are one fault, in pixels.
const CLOSEST: f32 = 6.0;
/// So many others within this many pixels are a scar or noise.
const CROWD: (usize, f32) = (6, 22.0);

/// Finds the minutiae inside the finger, sorted by place.
#[inline(never)]
pub(crate) fn minutiae(
    skeleton: &Skeleton,
    orientation: &Orientation,
    clarity: &Plane<f32>,
    mask: &Plane<bool>,
) -> Vec<Minutia> {
    let endings = skeleton.crossings(1).into_iter().filter_map(|at| ending(skeleton, at));
    let forks = skeleton
        .crossings(3)
        .into_iter()
        .filter_map(|at| bifurcation(skeleton, at));
    let mut found: Vec<Minutia> = endings
        .chain(forks)
        .filter(|found| well_inside(mask, found))
        .map(|found| Minutia {
            angle: aligned(found.angle, orientation.at(found.x, found.y)),
            x: short(found.x),
            y: short(found.y),
            kind: found.kind,
            quality: quality(&found, orientation, clarity),
        })
        .collect();
    found.sort_unstable();
    without_crowds(&without_close_pairs(&found))
}

/// A minutia before it is judged.
struct Found {
    x: f32,
    y: f32,
    angle: u8,
    kind: Kind,
}

fn ending(skeleton: &Skeleton, at: usize) -> Option<Found> {
    let walk = skeleton.walk(at, *skeleton.branches(at).first()?, REACH);
    let (x, y) = skeleton.place(at);
    let (u, v) = skeleton.place(*walk.path.last()?);
    (walk.path.len() >= REACH / 2).then(|| Found {
        x,
        y,
        angle: direction::of(u - x, v - y),
        kind: Kind::Ending,
    })
}

/// The direction is between the two branches that enclose the sharpest angle.
fn bifurcation(skeleton: &Skeleton, at: usize) -> Option<Found> {
    let (x, y) = skeleton.place(at);
    let mut angles = [0u8; 3];
    let branches = skeleton.branches(at);
    if branches.len() != angles.len() {
        return None;
    }
    for (angle, first) in angles.iter_mut().zip(branches) {
        let walk = skeleton.walk(at, first, REACH);
        if walk.end != End::Limit && walk.path.len() < REACH / 2 {
            return None;
        }
        let (u, v) = skeleton.place(*walk.path.last()?);
        *angle = direction::of(u - x, v - y);
    }
    let [a, b, c] = angles;
    let (from, to) = [(a, b), (b, c), (c, a)]
        .into_iter()
        .min_by_key(|(from, to)| direction::turn(*from, *to).unsigned_abs())?;
    let half = direction::turn(from, to) / 2;
    Some(Found {
        x,
        y,
        angle: from.wrapping_add_signed(half),
        kind: Kind::Bifurcation,
    })
}

/// The walked direction is noisy and the local ridge direction has no sign: together they are better than either.
fn aligned(walked: u8, doubled: (f32, f32)) -> u8 {
    if doubled == (0.0, 0.0) {
        return walked;
    }
    let half = 0.5 * libm::atan2f(doubled.1, doubled.0);
    let ridge = direction::of(libm::cosf(half), libm::sinf(half));
    let nearest = [ridge, ridge.wrapping_add(128)]
        .into_iter()
        .min_by_key(|ridge| direction::turn(walked, *ridge).unsigned_abs())
        .unwrap_or(ridge);
    let turn = direction::turn(walked, nearest);
    if turn.unsigned_abs() <= 24 {
        walked.wrapping_add_signed(turn / 2)
    } else {
        walked
    }
}

/// The finger goes on in all directions for some pixels.
fn well_inside(mask: &Plane<bool>, found: &Found) -> bool {
    let size = CELL as f32;
    (0..16u8).all(|step| {
        let (cosine, sine) = direction::unit(step * 16);
        let (x, y) = (found.x + RIM * cosine, found.y - RIM * sine);
        mask.get(whole((x / size).floor()), whole((y / size).floor()))
            .unwrap_or(false)
    })
}

fn quality(found: &Found, orientation: &Orientation, clarity: &Plane<f32>) -> u8 {
    let (x, y) = (index(found.x) / CELL, index(found.y) / CELL);
    let trust = (orientation.coherence.at(x, y) * clarity.at(x, y)).sqrt();
    byte((110.0 * trust).clamp(1.0, 100.0))
}

fn near(a: &Minutia, b: &Minutia, limit: f32) -> bool {
    let (dx, dy) = (f32::from(a.x) - f32::from(b.x), f32::from(a.y) - f32::from(b.y));
    dx * dx + dy * dy < limit * limit
}

fn without_close_pairs(found: &[Minutia]) -> Vec<Minutia> {
    found
        .iter()
        .enumerate()
        .filter(|(number, one)| {
            !found
                .iter()
                .enumerate()
                .any(|(other, two)| *number != other && near(one, two, CLOSEST))
        })
        .map(|(_, one)| *one)
        .collect()
}

fn without_crowds(found: &[Minutia]) -> Vec<Minutia> {
    let (many, reach) = CROWD;
    found
        .iter()
        .filter(|one| found.iter().filter(|two| near(one, two, reach)).count() <= many)
        .copied()
        .collect()
}
