//! Images of any size, resolution and pattern.

use crate::{Target, sentence};
use arbitrary::Unstructured;
use fingerprint_matcher::template::Template;
use fingerprint_matcher::{ExtractionError, Image, extract};
use simulator::finger::{Finger, View};

pub(super) const TARGET: Target = Target {
    name: "extract",
    longest: 16_384,
    memory: 512,
    run,
    seeds,
};

/// Layers of a picture.
const LAYERS: usize = 6;
/// Pictures up to so many pixels are read twice, to see that the same comes of it.
const SMALL: usize = 40_000;

fn run(bytes: &[u8]) {
    let mut input = Unstructured::new(bytes);
    let Some(image) = image(&mut input) else {
        return;
    };
    let read = extract(&image);
    match &read {
        Ok(read) => {
            assert!(read.quality <= 100, "{read:?}");
            let minutiae = Template::parse(&read.template).map(|template| template.minutiae().len());
            assert!(minutiae == Ok(read.minutiae.into()), "{read:?}");
        }
        Err(ExtractionError::Unusable(advice)) => assert!(!advice.is_empty(), "refused for no reason"),
        Err(ExtractionError::InvalidImage(why)) => sentence::expect(why),
    }
    if image.pixels.len() <= SMALL {
        assert!(extract(&image) == read, "another template of the same image");
    }
}

/// Sides are products of two bytes, so that small pictures, which are fast, are tried more than large ones: 0 to 1,016.
fn image(input: &mut Unstructured<'_>) -> Option<Image> {
    let sides: [[u8; 2]; 2] = input.arbitrary().ok()?;
    let [width, height] = sides.map(|[a, b]| u16::from(a) * u16::from(b) / 64);
    let dpi = input.arbitrary().ok()?;
    // One picture in 16 does not have the pixels that it says.
    let missing = usize::from(input.arbitrary::<u8>().ok()? / 0xf0);
    let mut picture = Picture::new(width.into(), height.into());
    for _ in 0..LAYERS {
        match Layer::read(input) {
            Some(layer) => picture.put(&layer),
            None => break,
        }
    }
    let mut pixels = picture.pixels;
    pixels.truncate(pixels.len().saturating_sub(missing));
    Some(Image {
        width,
        height,
        dpi,
        pixels,
    })
}

/// One pattern, in a rectangle of the picture.
struct Layer<'a> {
    pattern: Pattern<'a>,
    /// left, top, right, bottom, in 1/256 of the picture
    frame: [u8; 4],
    /// added to what is there, in place of replacing it
    added: bool,
}

enum Pattern<'a> {
    Constant(u8),
    Noise(u32),
    /// steps of the phase across and down, in 1/256 of a period a pixel; hard or soft
    Stripes([u8; 2], bool),
    /// periods in 16 pixels, and the middle in 1/256 of the picture
    Rings(u8, [u8; 2]),
    Gradient([i8; 2]),
    Checkers(u8),
    Tiles(&'a [u8]),
}

impl<'a> Layer<'a> {
    fn read(input: &mut Unstructured<'a>) -> Option<Self> {
        // An input that is used up would give zeros for ever.
        if input.is_empty() {
            return None;
        }
        let [kind, a, b, c] = input.arbitrary().ok()?;
        let pattern = match kind % 8 {
            0 => Pattern::Constant(a),
            1 => Pattern::Noise(u32::from_le_bytes([a, b, c, 1])),
            2 => Pattern::Stripes([a, b], false),
            3 => Pattern::Stripes([a, b], true),
            4 => Pattern::Rings(a, [b, c]),
            5 => Pattern::Gradient([a.cast_signed(), b.cast_signed()]),
            6 => Pattern::Checkers(a),
            _ => Pattern::Tiles(
                input
                    .bytes(usize::from(u16::from_le_bytes([a, b])).min(input.len()))
                    .ok()?,
            ),
        };
        let frame = if kind & 0x40 == 0 {
            [0, 0, 255, 255]
        } else {
            input.arbitrary().ok()?
        };
        Some(Self {
            pattern,
            frame,
            added: kind & 0x80 != 0,
        })
    }
}

/// What is drawn on: width x height grey levels.
struct Picture {
    width: usize,
    height: usize,
    pixels: Vec<u8>,
}

impl Picture {
    fn new(width: usize, height: usize) -> Self {
        Self {
            width,
            height,
            pixels: vec![0; width * height],
        }
    }

    fn put(&mut self, layer: &Layer<'_>) {
        let part = |side: usize, share: u8| side * usize::from(share) / 255;
        let [left, top, right, bottom] = layer.frame;
        let mut random = 1u32;
        for y in part(self.height, top)..part(self.height, bottom) {
            for x in part(self.width, left)..part(self.width, right) {
                let level = self.level(&layer.pattern, x, y, &mut random);
                let pixel = &mut self.pixels[y * self.width + x];
                *pixel = if layer.added { pixel.wrapping_add(level) } else { level };
            }
        }
    }

    fn level(&self, pattern: &Pattern<'_>, x: usize, y: usize, random: &mut u32) -> u8 {
        // The lowest byte is all that is wanted of each: patterns wrap.
        let low = |number: usize| number.to_le_bytes()[0];
        match *pattern {
            Pattern::Constant(level) => level,
            Pattern::Noise(seed) => {
                *random = random.wrapping_mul(1_664_525).wrapping_add(seed | 1);
                random.to_be_bytes()[0]
            }
            Pattern::Stripes([across, down], hard) => wave(low(x * usize::from(across) + y * usize::from(down)), hard),
            Pattern::Rings(steps, [across, down]) => {
                let (dx, dy) = (
                    x.abs_diff(self.width * usize::from(across) / 255),
                    y.abs_diff(self.height * usize::from(down) / 255),
                );
                wave(low((dx * dx + dy * dy).isqrt() * usize::from(steps)), false)
            }
            Pattern::Gradient([across, down]) => {
                let steps = |side: usize, step: i8| side.wrapping_mul(usize::from(step.unsigned_abs())) / 16;
                low(steps(x, across).wrapping_sub(steps(y, down)))
            }
            Pattern::Checkers(side) => {
                let side = usize::from(side) + 1;
                if (x / side + y / side).is_multiple_of(2) {
                    0
                } else {
                    255
                }
            }
            Pattern::Tiles([]) => 0,
            Pattern::Tiles(tile) => tile[(y * self.width + x) % tile.len()],
        }
    }
}

/// A ridge and a valley in 256 steps.
fn wave(phase: u8, hard: bool) -> u8 {
    match (hard, phase) {
        (true, 0..128) => 0,
        (true, _) => 255,
        (false, 0..128) => phase * 2,
        (false, _) => (255 - phase) * 2,
    }
}

/// As an input of [`image`], without its layers.
fn frame(width: u8, height: u8, dpi: u16) -> Vec<u8> {
    let [low, high] = dpi.to_le_bytes();
    // times 64 / 64
    vec![width, 64, height, 64, low, high, 0]
}

fn seeds() -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    // A ridge is about 9 pixels wide at 500 dpi: 28/256 of a period a pixel.
    for layers in [
        vec![0, 200, 0, 0],
        vec![1, 3, 5, 7],
        vec![2, 20, 20, 0],
        vec![3, 28, 0, 0],
        vec![4, 28, 128, 128],
        vec![4, 28, 60, 160, 0x82, 5, 3, 0],
        vec![5, 7, 200, 0],
        vec![6, 4, 0, 0],
        vec![4, 28, 128, 128, 0x40, 236, 0, 0, 0, 0, 60, 255],
    ] {
        for (width, height, dpi) in [(200, 220, 500), (96, 96, 300), (255, 255, 1_000)] {
            let mut seed = frame(width, height, dpi);
            seed.extend(&layers);
            seeds.push(seed);
        }
    }
    let mut largest = vec![255, 250, 255, 250, 0xf4, 1, 0];
    largest.extend([4, 28, 128, 128]);
    seeds.push(largest);
    for seed in 1..=3 {
        seeds.push(finger(seed));
    }
    seeds
}

/// A synthetic finger, as large as an input may be: 110 x 120 pixels at 250 dpi.
fn finger(number: u64) -> Vec<u8> {
    let (width, height, dpi) = (110, 120, 250);
    let image = Finger::new(number).impression(&View::reference(number, width.into(), height.into(), dpi));
    let [low, high] = u16::try_from(image.pixels.len()).unwrap_or_default().to_le_bytes();
    let mut seed = frame(width, height, dpi);
    seed.extend([7, low, high, 0]);
    seed.extend(image.pixels);
    seed
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod tests {
    use super::*;

    #[test]
    fn some_seeds_are_fingers_to_the_matcher_and_some_are_refused() {
        let read = |seed: &Vec<u8>| extract(&image(&mut Unstructured::new(seed)).unwrap());
        let (good, bad): (Vec<_>, Vec<_>) = seeds().iter().map(read).partition(Result::is_ok);
        assert!(
            good.len() >= 3 && bad.len() >= 3,
            "{} good, {} bad",
            good.len(),
            bad.len()
        );
    }

    #[test]
    fn the_largest_picture_has_about_a_million_pixels() {
        let bytes = [255, 255, 255, 255, 0, 0, 0];
        let image = image(&mut Unstructured::new(&bytes)).unwrap();
        assert_eq!((image.width, image.height), (1_016, 1_016));
    }
}
