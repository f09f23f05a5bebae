//! The frames of a swipe that are worth keeping: each has moved on from the one before by part of a frame.

use super::detail::Detail;
use super::likeness::Likeness;
use super::{CERTAIN, MOST_KEPT, SAME, Shape};

/// A frame, with what of it is compared.
pub(super) struct Frame {
    pub(super) grey: Vec<u8>,
    detail: Detail,
}

/// Frames kept so far.
pub(super) struct Chain {
    shape: Shape,
    kept: Vec<Frame>,
    /// of each kept frame with the one before: one fewer than frames
    likenesses: Vec<Likeness>,
    /// the latest frame, which had not moved on far enough to be kept
    waiting: Option<Frame>,
}

impl Chain {
    pub(super) fn new(shape: Shape) -> Self {
        Self {
            shape,
            kept: Vec::new(),
            likenesses: Vec::new(),
            waiting: None,
        }
    }

    /// The next frame of the swipe.
    pub(super) fn add(&mut self, grey: Vec<u8>) {
        let shape = self.shape;
        let next = Frame {
            detail: Detail::of(&grey, shape),
            grey,
        };
        let Some(last) = self.kept.last() else {
            self.kept.push(next);
            return;
        };
        if self.kept.len() >= MOST_KEPT {
            return;
        }
        if Likeness::at_rest(&last.detail, &next.detail, shape) >= SAME {
            self.waiting = Some(next);
            return;
        }
        let likeness = Likeness::between(&last.detail, &next.detail, shape);
        if likeness.best() < CERTAIN
            && let Some(waiting) = self.waiting.take()
        {
            // The finger has gone far since the last frame kept: less far since the one that was waiting.
            let nearer = Likeness::between(&waiting.detail, &next.detail, shape);
            if nearer.best() > likeness.best() {
                let so_far = Likeness::between(&last.detail, &waiting.detail, shape);
                self.keep(waiting, so_far);
                self.keep_or_wait(next, nearer);
                return;
            }
        }
        self.keep_or_wait(next, likeness);
    }

    fn keep_or_wait(&mut self, next: Frame, likeness: Likeness) {
        if likeness.is_step(self.shape) {
            self.keep(next, likeness);
        } else {
            self.waiting = Some(next);
        }
    }

    fn keep(&mut self, frame: Frame, likeness: Likeness) {
        self.waiting = None;
        self.kept.push(frame);
        self.likenesses.push(likeness);
    }

    /// The frames, and the likeness of each with the one before. The last frame is among them however little it moved.
    pub(super) fn ended(mut self) -> (Vec<Frame>, Vec<Likeness>) {
        if let (Some(last), Some(waiting)) = (self.kept.last(), self.waiting.take()) {
            let likeness = Likeness::between(&last.detail, &waiting.detail, self.shape);
            self.keep(waiting, likeness);
        }
        (self.kept, self.likenesses)
    }
}
