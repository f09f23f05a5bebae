//! One image out of the frames of a swipe: a finger is drawn over a sensor that is a few millimetres high, and every frame
//! shows another part of it.
//!
//! Each frame is compared with the one kept before it, at every shift; the shifts of the whole swipe are then chosen
//! together, since a finger does not jump forwards and back. A finger that stands still adds nothing: a frame is kept only
//! when the finger has moved on by part of a frame, so that small movements do not add up to a wrong length either.
//!
//! Whole numbers throughout: the same image natively and in Wasm.

mod canvas;
mod chain;
mod detail;
mod likeness;
mod path;
mod product;

pub use canvas::Picture;

use chain::Chain;
use likeness::Shift;

/// Pixels of a frame and how far a finger may move between two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// pixels in a line of a frame
    pub width: usize,
    /// lines of a frame
    pub height: usize,
    /// pixels that a finger may wander to the side from one kept frame to the next
    pub sideways: usize,
}

impl Shape {
    /// Lines that two frames must share to be compared.
    fn least_shared(self) -> usize {
        self.height / 4
    }

    /// Lines that a finger must have moved for a frame to be kept.
    fn least_step(self) -> usize {
        self.height / 6
    }
}

/// What two frames of one finger have in common at least, in thousandths: below it is chance.
const ALIKE: i32 = 200;
/// What makes a frame certain enough to be compared with no other than the last one kept.
const CERTAIN: i32 = 500;
/// What frames have in common at least between which a finger hardly moved.
const SAME: i32 = 900;
/// Most frames of a swipe.
const MOST: usize = 600;
/// Most of them that are kept: three times a long finger at the least step.
const MOST_KEPT: usize = 240;

/// The frames of a swipe, in the order in which they came. They are only collected until the swipe is over: the device
/// does not wait.
pub struct Swipe {
    shape: Shape,
    frames: Vec<Vec<u8>>,
}

/// The size only: pixels are biometric.
impl std::fmt::Debug for Swipe {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Shape { width, height, .. } = self.shape;
        write!(f, "swipe of {} frames of {width}x{height}", self.frames.len())
    }
}

impl Swipe {
    /// A swipe without frames.
    #[must_use]
    pub fn new(shape: Shape) -> Self {
        Self {
            shape,
            frames: Vec::new(),
        }
    }

    /// The next frame: grey, top line first, ridges dark, width x height pixels. Whether there is room for more.
    ///
    /// # Panics
    /// The frame has another number of pixels.
    pub fn push(&mut self, grey: Vec<u8>) -> bool {
        assert_eq!(
            grey.len(),
            self.shape.width * self.shape.height,
            "a frame of another size"
        );
        if self.frames.len() < MOST {
            self.frames.push(grey);
        }
        self.frames.len() < MOST
    }

    /// The image: the longest piece of the swipe whose frames fit together. None without a frame, or where `go_on`, which
    /// is asked before each frame, says no. A plugin asks the host there: between two calls of the host it may compute for
    /// half a second only, and a whole swipe can take longer.
    #[must_use]
    pub fn stitched(self, mut go_on: impl FnMut() -> bool) -> Option<Picture> {
        let shape = self.shape;
        let mut chain = Chain::new(shape);
        for grey in self.frames {
            if !go_on() {
                return None;
            }
            chain.add(grey);
        }
        let (kept, likenesses) = chain.ended();
        if kept.is_empty() {
            return None;
        }
        let shifts = path::likeliest(&likenesses, shape);
        let longest = pieces(&shifts).into_iter().max_by_key(|piece| {
            let moved: i32 = shifts[piece.start..piece.end - 1]
                .iter()
                .map(|shift| shift.down_16ths)
                .sum();
            // Of pieces that are equally long, the first.
            (moved.abs(), std::cmp::Reverse(piece.start))
        })?;
        let places = canvas::places(&shifts[longest.start..longest.end - 1]);
        let frames = kept[longest].iter().map(|frame| frame.grey.as_slice());
        Some(Picture::drawn(frames, &places, shape))
    }
}

/// The frames between two that do not fit together.
fn pieces(shifts: &[Shift]) -> Vec<std::ops::Range<usize>> {
    let mut pieces = Vec::new();
    let mut start = 0;
    for (before, shift) in shifts.iter().enumerate() {
        if shift.likeness < ALIKE {
            pieces.push(start..before + 1);
            start = before + 1;
        }
    }
    pieces.push(start..shifts.len() + 1);
    pieces
}

#[cfg(test)]
mod tests;
