//! What a sensor sees of a finger.

use super::Finger;
use super::chance::{quick_normal, stream};
use super::contact::Contact;
use super::image::Image;
use super::plane::Plane;
use super::ridges;
use super::rounding::{grey, whole};
use super::scratch::Scratch;
use super::surface::Surface;
use super::view::View;

/// Grey level of the empty sensor.
const EMPTY: f32 = 236.0;
/// Grey level of a valley within the contact.
const VALLEY: f32 = 212.0;
/// Grey level of a ridge that touches fully.
const RIDGE: f32 = 48.0;
/// The middle of the finger pad, pixels of the master.
const PAD: (f32, f32) = (ridges::WIDTH as f32 / 2.0, 245.0);

/// Draws the touch.
pub(crate) fn draw(finger: &Finger, view: &View) -> Image {
    let (width, height) = (usize::from(view.width.max(1)), usize::from(view.height.max(1)));
    let scale = 500.0 / f32::from(view.dpi.max(1));
    let (window_width, window_height) = (width as f32 * scale, height as f32 * scale);
    let noise = view.noise.clamp(0.0, 1.0);
    let pressure = view.pressure.clamp(-1.0, 1.0);
    let dryness = (-pressure).max(0.0);

    let mut chance = stream(view.seed ^ finger.seed.rotate_left(32), 21);
    let contact = Contact::new(&mut chance, view);
    let moisture = Surface::new(&mut chance, window_width, window_height, 34.0);
    let dust = Surface::new(&mut chance, window_width, window_height, 2.6);
    let light = Surface::new(&mut chance, window_width, window_height, 150.0);
    let scratches: Vec<Scratch> = (0..whole(noise * 9.0 + 0.3))
        .map(|_| Scratch::random(&mut chance))
        .collect();

    let angle = view.rotation_degrees.to_radians();
    let (sine, cosine) = (libm::sinf(angle), libm::cosf(angle));
    let ink = Plane::from_fn(width, height, |column, row| {
        let (left, top) = ((column as f32 + 0.5) * scale, (row as f32 + 0.5) * scale);
        let (x, y) = (
            left - window_width / 2.0 - view.shift_x,
            top - window_height / 2.0 - view.shift_y,
        );
        let (x, y) = (x * cosine + y * sine, y * cosine - x * sine);
        let touch = contact.touch(x, y);
        if touch <= 0.0 {
            return 0.0;
        }
        let (x, y) = contact.relaxed(x, y);
        let (master_x, master_y) = (x + PAD.0, y + PAD.1);
        let ridge = finger.ridges.sample(master_x, master_y);
        let grains = dust.at(left, top);
        let wetness = 0.5 * pressure + (0.1 + 0.28 * noise) * moisture.at(left, top)
            - (0.75 * dryness + 0.25 * noise) * grains.max(0.0)
            // the rim is pressed less
            - 0.5 * (1.0 - touch);
        let mut level = smooth(0.5 + 0.62 * (ridge + wetness));
        if ridge > 0.2 {
            level *= 1.0 - (0.35 + 0.5 * noise).min(0.7) * pore(finger.seed, master_x, master_y);
        }
        for scratch in &scratches {
            level *= scratch.touch(x, y);
        }
        let floor = (EMPTY - VALLEY) / (EMPTY - RIDGE);
        touch * (floor + (1.0 - floor) * level)
    });
    let mut pixels = Vec::with_capacity(width * height);
    let seen = ink.padded(1, 0);
    for row in 0..height {
        for column in 0..width {
            let start = row * seen.width + column;
            let line = |at: usize| seen.cells[at] + 2.2 * seen.cells[at + 1] + seen.cells[at + 2];
            let level = (line(start) + 2.2 * line(start + seen.width) + line(start + 2 * seen.width)) / 17.64;
            let lamp = 4.0 * light.at(column as f32 * scale, row as f32 * scale);
            let sensor = (1.2 + 16.0 * noise * noise) * quick_normal(&mut chance);
            pixels.push(grey(EMPTY + lamp - (EMPTY - RIDGE) * level + sensor));
        }
    }
    Image {
        width: view.width.max(1),
        height: view.height.max(1),
        dpi: view.dpi.max(1),
        pixels,
    }
}

/// A soft step: 0 below 0, 1 above 1.
fn smooth(t: f32) -> f32 {
    let t = t.clamp(0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
}

/// Sides of the squares with one pore each, pixels of the master.
const PORE_SPACING: f32 = 8.0;

/// How much of a sweat pore is at a place of the master: 0 none, 1 its middle. Pores belong to the finger: the same
/// in every touch.
fn pore(seed: u64, x: f32, y: f32) -> f32 {
    let row = whole((y + 64.0) / PORE_SPACING);
    // rows are staggered at random, so that no columns of pores are seen
    let stagger = fraction(mix(seed ^ row as u64), 0);
    let (across, down) = ((x + 64.0) / PORE_SPACING + stagger, (y + 64.0) / PORE_SPACING);
    let column = whole(across);
    let mixed = mix(seed ^ mix((column as u64) << 32 | row as u64));
    let radius = (0.7 + 0.7 * fraction(mixed, 16)) / PORE_SPACING;
    // a pore lies within its square, so that the neighbours need not be looked at
    let (room, from_x, from_y) = (1.0 - 2.0 * radius, across - column as f32, down - row as f32);
    let (from_x, from_y) = (
        from_x - radius - room * fraction(mixed, 0),
        from_y - radius - room * fraction(mixed, 8),
    );
    (1.0 - (from_x * from_x + from_y * from_y) / (radius * radius)).max(0.0)
}

/// Eight bits of a number as 0 to 1.
fn fraction(number: u64, shift: u32) -> f32 {
    ((number >> shift) & 0xff) as f32 / 255.0
}

/// Spreads the bits of a number (the finaliser of SplitMix64).
fn mix(number: u64) -> u64 {
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}
