//! Growing the ridges: noise, filtered again and again along the flow, settles into ridges, and where they cannot
//! run side by side, into endings and bifurcations.

use super::chance::{normal, quick_normal, stream};
use super::flow::Flow;
use super::gabor::Bank;
use super::pattern::Pattern;
use super::plane::Plane;
use super::surface::Surface;

/// Pixels per row of a master, at 500 dpi.
pub(crate) const WIDTH: usize = 400;
/// Rows of a master, at 500 dpi.
pub(crate) const HEIGHT: usize = 500;

/// Rounds of filtering at half size, where the pattern settles.
const COARSE_ROUNDS: usize = 14;
/// Directions of the filter banks over half a turn.
const ORIENTATIONS: usize = 48;

/// The ridge pattern of a finger: about +1 on ridges, -1 in valleys. A pure function of the seed.
pub(crate) fn grow(seed: u64) -> (Pattern, Plane) {
    let mut shape = stream(seed, 1);
    let pattern = Pattern::random(&mut shape);
    let flow = Flow::new(&mut shape, pattern, WIDTH as f32, HEIGHT as f32);
    let usual_period = (9.0 + 0.45 * normal(&mut shape)).clamp(8.0, 10.2);
    let density = Surface::new(&mut shape, WIDTH as f32, HEIGHT as f32, 80.0);
    // pixels between ridges; a little wider towards the joint, as on real fingers
    let period = |x: f32, y: f32| {
        let joint = (y / HEIGHT as f32 - 0.5).max(0.0);
        usual_period * (1.0 + 0.035 * density.at(x, y) + 0.16 * joint)
    };

    let (width, height) = (WIDTH / 2, HEIGHT / 2);
    let coarse = Bank::new(ORIENTATIONS, (3.6, 5.8, 7), 0.42, 0.55);
    let fine = Bank::new(ORIENTATIONS, (7.2, 11.6, 7), 0.34, 0.36);
    let mut coarse_choices = Vec::with_capacity(width * height);
    let mut fine_choices = Vec::with_capacity(width * height);
    for row in 0..height {
        for column in 0..width {
            let (x, y) = (2.0 * column as f32 + 0.5, 2.0 * row as f32 + 0.5);
            let (angle, period) = (flow.at(x, y), period(x, y));
            coarse_choices.push(coarse.choose(angle, period / 2.0));
            fine_choices.push(fine.choose(angle, period));
        }
    }

    let mut noise = stream(seed, 2);
    let mut ridges = Plane::from_fn(width, height, |_, _| quick_normal(&mut noise));
    for _ in 0..COARSE_ROUNDS {
        ridges = saturated(coarse.apply(&ridges, |x, y| coarse_choices[y * width + x]), 2.0);
    }
    let enlarged = Plane::from_fn(WIDTH, HEIGHT, |x, y| {
        ridges.sample((x as f32 - 0.5) / 2.0, (y as f32 - 0.5) / 2.0)
    });
    let choice = |x: usize, y: usize| fine_choices[(y / 2) * width + x / 2];
    let sharp = saturated(fine.apply(&enlarged, choice), 3.0);
    // no gain in the last round: slopes stay gentle, so that pressure can widen and thin the ridges
    let mut ridges = fine.apply(&sharp, choice);
    for cell in &mut ridges.cells {
        // raises what is faint, so that a ridge either ends or joins
        let height = cell.clamp(-1.3, 1.3);
        *cell = height * (1.5 - 0.42 * height * height);
    }
    (pattern, ridges)
}

/// The plane with its contrast raised by `gain` and cut off at -1 and +1.
fn saturated(mut plane: Plane, gain: f32) -> Plane {
    for cell in &mut plane.cells {
        *cell = (*cell * gain).clamp(-1.0, 1.0);
    }
    plane
}
