//! The uru4000 driver, as of each of its models, against a device that answers anything, and its image without the device.

use crate::Target;
use crate::device::{Act, Device, seed};
use arbitrary::Unstructured;
use uru4000_driver::image::{Facing, Image, Sealed, WIDTH};
use uru4000_driver::model::MODELS;
use uru4000_driver::reader::capture;

pub(super) const TARGET: Target = Target {
    name: "uru4000",
    longest: 4_096,
    memory: 256,
    run,
    seeds,
};

/// Most lines of an image, as [`Image::height`] says.
const MOST_LINES: usize = 512;

fn run(bytes: &[u8]) {
    for model in &MODELS {
        let device = Device::new(Unstructured::new(bytes));
        if let Ok(image) = capture(&device, model, 7, |_| ()) {
            check(&image);
        }
        assert_eq!(device.pending(), 0, "transfers were left behind");
    }
    if let Ok(sealed) = Sealed::parse(bytes) {
        check(&sealed.open(7, Facing::UpsideDown));
    }
}

fn check(image: &Image) {
    let height = usize::from(image.height);
    assert!((1..=MOST_LINES).contains(&height), "{image:?}");
    assert_eq!(image.pixels.len(), WIDTH * height);
}

/// Header of an image: lines sent, then blocks of (flags, lines).
fn header(sent: u8, blocks: &[[u8; 2]]) -> Vec<u8> {
    let mut header = vec![0; 64];
    header[4] = sent;
    header[16..16 + 2 * blocks.len()].copy_from_slice(blocks.as_flattened());
    header
}

fn seeds() -> Vec<Vec<u8>> {
    // plain, not sent, scrambled
    let image = header(250, &[[0, 100], [1, 3], [2, 150]]);
    let bytes = 64 + 250 * u32::try_from(WIDTH).unwrap_or_default();
    // What the power register says, off, on; the event endpoint's read stands before them.
    let switched = || [Act::Answer(1, 1, &[0]), Act::Take(1), Act::Take(1)];
    let captured = || {
        [
            // what the power register says then
            Act::Answer(1, 1, &[0]),
            Act::Answer(0, 64, &[0x56, 0xaa]),
            // versions, await finger
            Act::Answer(1, 16, &[1; 16]),
            Act::Take(1),
            Act::Answer(0, 64, &[1, 1]),
            // capture, image
            Act::Take(1),
            Act::Answer(1, bytes, &image),
            // seed, key, await no finger
            Act::Take(1),
            Act::Answer(1, 4, &[1, 2, 3, 4]),
            Act::Take(1),
            Act::Answer(0, 64, &[2, 0]),
        ]
    };
    let whole = seed(switched().into_iter().chain(captured()));
    // No power yet, the challenge, its answer; something is told, and on again.
    let unlocked = [
        Act::Answer(1, 1, &[0x80]),
        Act::Answer(1, 16, &[7; 16]),
        Act::Take(1),
        Act::Answer(0, 64, &[0]),
        Act::Take(1),
    ];
    let locked = seed(switched().into_iter().chain(unlocked).chain(captured()));
    let mut small = header(2, &[[1, 1], [2, 2]]);
    small.extend(vec![9; 2 * WIDTH]);
    vec![whole, locked, small]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_seeds_are_a_whole_capture_of_each_model_and_an_image() {
        let seeds = seeds();
        for (model, seed) in MODELS.iter().zip(&seeds) {
            let captured = capture(&Device::new(Unstructured::new(seed)), model, 7, |_| ());
            assert_eq!(captured.map(|image| image.height), Ok(253), "{}", model.name);
        }
        assert_eq!(
            Sealed::parse(&seeds[2]).map(|image| image.open(7, Facing::Upright).height),
            Ok(3)
        );
    }
}
