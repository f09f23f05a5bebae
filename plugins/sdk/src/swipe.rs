//! One image out of the frames of a swipe: a finger is drawn over a sensor that is a few millimetres high, and every frame
//! shows another part of it.
//!
//! Each frame is compared with the one kept before it, at every shift; the shifts of the whole swipe are then chosen
//! together, since a finger does not jump forwards and back. A finger that stands still adds nothing: a frame is kept only
//! when the finger has moved on by part of a frame, so that small movements do not add up to a wrong length either.
//!
//! Whole numbers throughout: the same image natively and in Wasm.

mod canvas;
mod detail;
mod likeness;
mod path;

pub use canvas::Picture;

use detail::Detail;
use likeness::{Likeness, Shift};

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
/// Most frames kept: three times a long finger at the least step.
const MOST_KEPT: usize = 240;

/// The frames of a swipe, in the order in which they came.
pub struct Swipe {
    shape: Shape,
    kept: Vec<Kept>,
    /// the latest frame, which had not moved on far enough to be kept
    waiting: Option<Kept>,
}

struct Kept {
    grey: Vec<u8>,
    detail: Detail,
    /// to the frame kept before; empty for the first
    likeness: Likeness,
}

/// The size only: pixels are biometric.
impl std::fmt::Debug for Swipe {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Shape { width, height, .. } = self.shape;
        write!(f, "swipe of {} frames of {width}x{height}", self.kept.len())
    }
}

impl Swipe {
    /// A swipe without frames.
    #[must_use]
    pub fn new(shape: Shape) -> Self {
        Self {
            shape,
            kept: Vec::new(),
            waiting: None,
        }
    }

    /// The next frame: grey, top line first, ridges dark, width x height pixels. Whether there is room for more.
    ///
    /// # Panics
    /// The frame has another number of pixels.
    pub fn push(&mut self, grey: Vec<u8>) -> bool {
        assert_eq!(grey.len(), self.shape.width * self.shape.height, "a frame of another size");
        let mut next = Kept {
            detail: Detail::of(&grey, self.shape),
            grey,
            likeness: Likeness::default(),
        };
        let Some(last) = self.kept.last() else {
            self.kept.push(next);
            return true;
        };
        next.likeness = Likeness::between(&last.detail, &next.detail, self.shape);
        if next.likeness.best() < CERTAIN
            && let Some(waiting) = self.waiting.take()
        {
            // The finger has gone far since the last frame kept: less far since the one that was waiting.
            let nearer = Likeness::between(&waiting.detail, &next.detail, self.shape);
            if nearer.best() > next.likeness.best() {
                next.likeness = nearer;
                self.kept.push(waiting);
            }
        }
        if next.likeness.is_step(self.shape) {
            self.waiting = None;
            self.kept.push(next);
        } else {
            self.waiting = Some(next);
        }
        self.kept.len() < MOST_KEPT
    }

    /// The image: the longest piece of the swipe whose frames fit together. None without a frame.
    #[must_use]
    pub fn stitched(mut self) -> Option<Picture> {
        self.kept.extend(self.waiting.take());
        if self.kept.is_empty() {
            return None;
        }
        let likenesses: Vec<&Likeness> = self.kept.iter().skip(1).map(|kept| &kept.likeness).collect();
        let shifts = path::likeliest(&likenesses, self.shape);
        let pieces = pieces(&shifts);
        let longest = pieces.into_iter().max_by_key(|piece| {
            let moved: i32 = shifts[piece.start..piece.end - 1].iter().map(|shift| shift.down_16ths).sum();
            // Of pieces that are equally long, the first.
            (moved.abs(), std::cmp::Reverse(piece.start))
        })?;
        let places = canvas::places(&shifts[longest.start..longest.end - 1]);
        let frames = self.kept[longest].iter().map(|kept| kept.grey.as_slice());
        Some(Picture::drawn(frames, &places, self.shape))
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
