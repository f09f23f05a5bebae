//! The NB-1010-U's driver against a device that answers anything.

use crate::Target;
use crate::device::{Act, Device, seed};
use arbitrary::Unstructured;
use nb1010_driver::packet::{ANSWER_BYTES, HEIGHT, LINES_BYTES, LINES_PER_PACKET, WIDTH};
use nb1010_driver::reader::capture;

pub(super) const TARGET: Target = Target {
    name: "nb1010",
    longest: 8_192,
    memory: 256,
    run,
    seeds,
};

fn run(bytes: &[u8]) {
    let device = Device::new(Unstructured::new(bytes));
    if let Ok(pixels) = capture(&device, |_| ()) {
        assert_eq!(pixels.len(), WIDTH * HEIGHT);
    }
}

/// A finger that lies there, and its whole image.
fn seeds() -> Vec<Vec<u8>> {
    let answers: [[u8; 13]; 3] = [
        [0x80, 0x37, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255],
        [0x80, 0x20, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
        [0x80, 0x20, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
    ];
    let lines: Vec<[u8; 18]> = (1u16..)
        .step_by(LINES_PER_PACKET)
        .take(HEIGHT / LINES_PER_PACKET)
        .map(|number| {
            let [low, high] = number.to_le_bytes();
            [0x80, 0x21, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, low, high]
        })
        .collect();
    let commands = answers
        .iter()
        .flat_map(|answer| [Act::Take(0), Act::Answer(0, ANSWER_BYTES, answer)]);
    let image = lines.iter().map(|packet| Act::Answer(0, LINES_BYTES, packet));
    vec![seed(commands.chain(image))]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_seed_is_a_whole_capture() {
        let bytes = seeds().concat();
        assert!(capture(&Device::new(Unstructured::new(&bytes)), |_| ()).is_ok());
    }
}
