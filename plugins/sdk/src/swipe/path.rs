//! The shifts of a whole swipe, chosen together.

use super::Shape;
use super::likeness::{Likeness, Shift};

/// What a line of difference between two neighbouring shifts costs, in thousandths of likeness: a finger roughly keeps its
/// speed.
const UNSTEADY: i32 = 2;
/// What a shift by a whole frame costs, in thousandths: the less two frames share, the more likely they are alike by chance.
const SHORT: i32 = 100;
/// What turning round costs, in thousandths.
const TURNED: i32 = 100;

/// The shifts with the highest likeness in all, one for each pair of neighbouring frames.
pub(super) fn likeliest(likenesses: &[Likeness], shape: Shape) -> Vec<Shift> {
    let height = i32::try_from(shape.height).unwrap_or(i32::MAX);
    // For each pair, for each shift: the worth of the best way there, and the shift before on that way.
    let mut ways: Vec<Vec<(i32, usize)>> = Vec::with_capacity(likenesses.len());
    for likeness in likenesses {
        let centre = likeness.by_lines().count() / 2;
        let worth = likeness.by_lines().enumerate().map(|(index, alike)| {
            let lines = i32::try_from(index.abs_diff(centre)).unwrap_or(i32::MAX);
            let own = alike - SHORT * lines / height;
            match ways.last() {
                None => (own, 0),
                Some(before) => {
                    let (worth, from) = best_before(before, index);
                    (worth + own, from)
                }
            }
        });
        let worth = worth.collect();
        ways.push(worth);
    }
    let Some(last) = ways.last() else { return Vec::new() };
    let best = last
        .iter()
        .enumerate()
        .max_by_key(|&(index, &(worth, _))| (worth, std::cmp::Reverse(index)));
    let mut index = best.map_or(0, |(index, _)| index);
    let mut shifts = Vec::with_capacity(likenesses.len());
    for (likeness, way) in likenesses.iter().zip(&ways).rev() {
        shifts.push(likeness.shift(index));
        index = way[index].1;
    }
    shifts.reverse();
    shifts
}

/// Where to come from: worth, less the cost of changing from there to here.
fn best_before(before: &[(i32, usize)], here: usize) -> (i32, usize) {
    let centre = before.len() / 2;
    let worths = before.iter().enumerate().map(|(from, &(worth, _))| {
        let change = i32::try_from(from.abs_diff(here)).unwrap_or(i32::MAX);
        let turned = (from < centre && here > centre) || (from > centre && here < centre);
        let turned = if turned { TURNED } else { 0 };
        (worth - UNSTEADY * change - turned, from)
    });
    // Where two are equally good, the first.
    worths
        .max_by_key(|&(worth, from)| (worth, std::cmp::Reverse(from)))
        .unwrap_or_default()
}
