//! Which way the ridges run at each place of a finger.

use super::chance::normal;
use super::pattern::Pattern;
use super::rounding::split;
use super::surface::Surface;
use core::f32::consts::{PI, TAU};
use rand::Rng;
use rand_chacha::ChaCha8Rng;

/// A point around which the ridges turn: a core (half a turn with the walk around it) or a delta (half a turn
/// against it).
struct Singularity {
    /// pixels from the left edge of the master
    x: f32,
    /// pixels from its top edge
    y: f32,
    /// core: +1, delta: -1
    turn: f32,
    /// what to add to the angle around the point, radians, at eight directions from -pi on (Vizcaya and Gerhardt):
    /// without it all cores look alike
    correction: [f32; 8],
    /// where the ridges that a core encloses run to, radians, counter-clockwise from the right
    tail: f32,
    /// how parallel they run there: 0 (they spread like parabolas) to below 1 (parallel)
    focus: f32,
}

impl Singularity {
    /// The corrected direction from the point to a place, radians, counter-clockwise from the right.
    fn direction(&self, x: f32, y: f32) -> f32 {
        let (right, up) = (x - self.x, self.y - y);
        let angle = libm::atan2f(up, right);
        let (sector, past) = split((angle + PI) / TAU * 8.0, 7.999);
        let (here, next) = (self.correction[sector], self.correction[(sector + 1) % 8]);
        let nearness = libm::expf(-(right * right + up * up) / (2.0 * FOCUS_RADIUS * FOCUS_RADIUS));
        angle + here + (next - here) * past - self.focus * nearness * libm::sinf(angle - self.tail)
    }
}

/// How far from a core the enclosed ridges are kept parallel, pixels of the master.
const FOCUS_RADIUS: f32 = 60.0;

/// The orientation field of one finger: the zero-pole model of Sherlock and Monro with corrected directions, an
/// arch-shaped base, and a little unevenness. All lengths are pixels of the master.
pub(crate) struct Flow {
    singularities: Vec<Singularity>,
    centre_x: f32,
    height: f32,
    /// how steeply ridges fall off towards the sides at the tip, radians
    tip_slope: f32,
    /// how steep the hump in the middle is, radians; only arches have one
    hump_slope: f32,
    /// where the hump is, pixels from the top
    hump_y: f32,
    unevenness: Surface,
}

impl Flow {
    /// A random flow of this pattern for a master of this size.
    pub(crate) fn new(generator: &mut ChaCha8Rng, pattern: Pattern, width: f32, height: f32) -> Flow {
        let centre_x = width / 2.0 + 8.0 * normal(generator);
        let core_y = height * 0.44 + 10.0 * normal(generator);
        let side = generator.random_range(85.0..125.0);
        let drop = generator.random_range(95.0..140.0);
        let mut points = Vec::new();
        let (mut tip_slope, mut hump_slope) = (generator.random_range(0.45..0.75), 0.0);
        match pattern {
            // a left loop opens to the left and has its delta on the right
            Pattern::LeftLoop => points.extend([(centre_x, core_y, 1.0), (centre_x + side, core_y + drop, -1.0)]),
            Pattern::RightLoop => points.extend([(centre_x, core_y, 1.0), (centre_x - side, core_y + drop, -1.0)]),
            Pattern::Whorl => {
                let apart = generator.random_range(22.0..65.0);
                let lean = generator.random_range(-14.0..14.0);
                let other_side = generator.random_range(95.0..135.0);
                let other_drop = drop + generator.random_range(-25.0..25.0);
                points.extend([
                    (centre_x + lean, core_y - apart / 2.0, 1.0),
                    (centre_x - lean, core_y + apart / 2.0, 1.0),
                    (centre_x + side + 12.0, core_y + drop, -1.0),
                    (centre_x - other_side, core_y + other_drop, -1.0),
                ]);
            }
            Pattern::Arch => {
                tip_slope = generator.random_range(0.4..0.6);
                hump_slope = generator.random_range(0.35..0.6);
            }
            Pattern::TentedArch => {
                let apart = generator.random_range(50.0..80.0);
                let lean = generator.random_range(-8.0..8.0);
                points.extend([
                    (centre_x, core_y + 10.0, 1.0),
                    (centre_x + lean, core_y + 10.0 + apart, -1.0),
                ]);
                hump_slope = generator.random_range(0.25..0.4);
            }
        }
        let singularities = points
            .into_iter()
            .map(|(x, y, turn)| Singularity {
                x,
                y,
                turn,
                correction: [(); 8].map(|()| 0.09 * normal(generator)),
                tail: 0.0,
                focus: 0.0,
            })
            .collect();
        let mut flow = Flow {
            singularities,
            centre_x,
            height,
            tip_slope,
            hump_slope,
            hump_y: core_y + 40.0,
            unevenness: Surface::new(generator, width, height, 70.0),
        };
        // around a core the orientation is half the direction plus what all else gives there; on the tail it is the
        // direction itself, so the tail is twice the rest
        let rests: Vec<f32> = (0..flow.singularities.len())
            .map(|number| flow.angle(flow.singularities[number].x, flow.singularities[number].y, Some(number)))
            .collect();
        for (point, rest) in flow
            .singularities
            .iter_mut()
            .zip(rests)
            .filter(|(point, _)| point.turn > 0.0)
        {
            point.tail = 2.0 * rest;
            point.focus = generator.random_range(0.5..0.75);
        }
        flow
    }

    /// The ridge orientation at a place, radians, 0 to pi, counter-clockwise from the right as seen in the picture.
    pub(crate) fn at(&self, x: f32, y: f32) -> f32 {
        let angle = self.angle(x, y, None);
        angle - PI * libm::floorf(angle / PI)
    }

    /// The orientation before it is brought into half a turn, without one of the singularities.
    fn angle(&self, x: f32, y: f32, without: Option<usize>) -> f32 {
        let mut turns = 0.0;
        for (number, point) in self.singularities.iter().enumerate() {
            if without != Some(number) {
                turns += 0.5 * point.turn * point.direction(x, y);
            }
        }
        let aside = ((x - self.centre_x) / 200.0).clamp(-1.0, 1.0);
        let tip = self.tip_slope * (1.0 - y / (0.75 * self.height)).max(0.0);
        let hump_distance = (y - self.hump_y) / 120.0;
        let hump = self.hump_slope * libm::expf(-hump_distance * hump_distance);
        let arch = tip * libm::sinf(PI / 2.0 * aside) + hump * libm::sinf(PI * aside);
        turns - arch + 0.05 * self.unevenness.at(x, y)
    }
}
