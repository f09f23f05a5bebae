//! The network of ridge lines, and what is not a ridge taken out of it.
//!
//! Post-processing in the order of Maltoni et al., Handbook of Fingerprint Recognition, section 3.7: short pieces,
//! spurs, gaps, bridges.

use crate::places::Places;

/// Shortest line that is believed, in pixels.
const SHORTEST_PIECE: usize = 14;
/// Longest spur that is taken off.
const LONGEST_SPUR: usize = 9;
/// Longest bridge between two ridges, or side of a pore.
const LONGEST_BRIDGE: usize = 10;
/// Widest gap that is closed.
const WIDEST_GAP: f32 = 9.0;

/// For each neighbourhood, as [`Places::around`] has it, how many lines leave: from empty to set, once around.
static LEAVING: [u8; 256] = {
    let mut counts = [0; 256];
    let mut around = 0;
    while around < 256 {
        let mut k = 0;
        while k < 8 {
            if around >> k & 1 == 0 && around >> ((k + 1) % 8) & 1 == 1 {
                counts[around] += 1;
            }
            k += 1;
        }
        around += 1;
    }
    counts
};

/// Lines one pixel wide.
pub(crate) struct Skeleton {
    places: Places,
    /// what was ever on a line, row by row: few of all places
    lines: Vec<usize>,
}

/// What a walk along a line came to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// as far as it was to go
    Limit,
    /// the end of the line
    Ending,
    /// where three lines or more meet
    Junction,
}

/// The pixels of a walk, without the one it began at.
pub(crate) struct Walk {
    pub(crate) path: Vec<usize>,
    pub(crate) end: End,
}

impl Skeleton {
    /// Takes lines as [`crate::thinning::thinned`] leaves them.
    pub(crate) fn new((places, lines): (Places, Vec<usize>)) -> Self {
        Self { places, lines }
    }

    pub(crate) fn place(&self, at: usize) -> (f32, f32) {
        let width = self.places.width;
        ((at % width) as f32, (at / width) as f32)
    }

    /// Places on lines where exactly `count` lines leave, row by row.
    pub(crate) fn crossings(&self, count: usize) -> Vec<usize> {
        let lines = self.lines.iter().copied();
        lines
            .filter(|at| self.places.is_set(*at) && self.leaving(*at) == count)
            .collect()
    }

    /// Lines that leave a place: its crossing number.
    pub(crate) fn leaving(&self, at: usize) -> usize {
        usize::from(LEAVING[self.places.around(at)])
    }

    /// The first pixel of each line that leaves a place; straight neighbours before diagonal ones.
    pub(crate) fn branches(&self, at: usize) -> Vec<usize> {
        let around = self.places.around(at);
        let set = |k: usize| around >> (k % 8) & 1 == 1;
        (0..8)
            .filter(|k| !set(*k) && set(k + 1))
            .map(|k| {
                let run = (k + 1..k + 8).take_while(|k| set(*k));
                let best = run.min_by_key(|k| k % 2).unwrap_or(k + 1);
                self.places.neighbour(at, best)
            })
            .collect()
    }

    /// Follows the line that begins at `from` with `first`, for at most `limit` pixels.
    pub(crate) fn walk(&self, from: usize, first: usize, limit: usize) -> Walk {
        let mut path = Vec::with_capacity(limit);
        path.push(first);
        let (mut previous, mut current) = (from, first);
        loop {
            let around = self.places.around(current);
            match LEAVING[around] {
                0 | 1 => return Walk { path, end: End::Ending },
                2 => {}
                _ => {
                    return Walk {
                        path,
                        end: End::Junction,
                    };
                }
            }
            if path.len() >= limit {
                return Walk { path, end: End::Limit };
            }
            // straight neighbours before diagonal ones
            let next = [0, 2, 4, 6, 1, 3, 5, 7]
                .into_iter()
                .filter(|k| around >> k & 1 == 1)
                .map(|k| self.places.neighbour(current, k))
                .find(|next| *next != previous && !self.touch(*next, previous));
            let Some(next) = next else {
                return Walk { path, end: End::Ending };
            };
            (previous, current) = (current, next);
            path.push(current);
        }
    }

    fn touch(&self, a: usize, b: usize) -> bool {
        let width = self.places.width;
        (a % width).abs_diff(b % width) <= 1 && (a / width).abs_diff(b / width) <= 1
    }

    fn erase(&mut self, path: &[usize]) {
        for at in path {
            self.places.erase(*at);
        }
    }

    /// Takes out what is not a ridge and closes what is one.
    #[inline(never)]
    pub(crate) fn clean(&mut self) {
        self.remove_short_ends();
        self.close_gaps();
        self.remove_bridges();
        self.remove_short_ends();
    }

    /// Pieces that end on both sides, and spurs.
    fn remove_short_ends(&mut self) {
        for at in self.crossings(0) {
            self.erase(&[at]);
        }
        for at in self.crossings(1) {
            if !self.places.is_set(at) || self.leaving(at) != 1 {
                continue;
            }
            let Some(&first) = self.branches(at).first() else {
                continue;
            };
            let walk = self.walk(at, first, SHORTEST_PIECE);
            match walk.end {
                End::Ending => {
                    self.erase(&[at]);
                    self.erase(&walk.path);
                }
                End::Junction if walk.path.len() <= LONGEST_SPUR => {
                    self.erase(&[at]);
                    self.erase(&walk.path[..walk.path.len() - 1]);
                }
                End::Junction | End::Limit => {}
            }
        }
    }

    /// Joins two endings that face each other.
    fn close_gaps(&mut self) {
        let endings: Vec<(usize, f32, f32)> = self
            .crossings(1)
            .into_iter()
            .filter_map(|at| {
                let walk = self.walk(at, *self.branches(at).first()?, 8);
                let (x, y) = self.place(at);
                let (bx, by) = self.place(*walk.path.last()?);
                let length = ((x - bx) * (x - bx) + (y - by) * (y - by)).sqrt();
                (length > 3.0).then_some((at, (x - bx) / length, (y - by) / length))
            })
            .collect();
        let mut joints = Vec::new();
        for (number, &(a, ax, ay)) in endings.iter().enumerate() {
            for &(b, bx, by) in &endings[number + 1..] {
                let ((x, y), (u, v)) = (self.place(a), self.place(b));
                if v - y > WIDEST_GAP {
                    break;
                }
                let (dx, dy) = (u - x, v - y);
                let length = (dx * dx + dy * dy).sqrt();
                let ahead = (dx * ax + dy * ay).min(-(dx * bx + dy * by));
                if length <= WIDEST_GAP && ahead > 0.8 * length && ax * bx + ay * by < -0.7 {
                    joints.push((length, a, b));
                }
            }
        }
        joints.sort_by(|one, other| one.0.total_cmp(&other.0));
        for (_, a, b) in joints {
            if self.leaving(a) == 1 && self.leaving(b) == 1 {
                self.draw(a, b);
            }
        }
        self.lines.sort_unstable();
        self.lines.dedup();
    }

    fn draw(&mut self, from: usize, to: usize) {
        let ((x, y), (u, v)) = (self.place(from), self.place(to));
        let steps = (u - x).abs().max((v - y).abs());
        for step in 1..crate::number::index(steps) {
            let share = step as f32 / steps;
            let (px, py) = (
                crate::number::index(x + share * (u - x)),
                crate::number::index(y + share * (v - y)),
            );
            let at = py * self.places.width + px;
            self.places.draw(at);
            self.lines.push(at);
        }
    }

    /// Short lines between two junctions: bridges from ridge to ridge, and one side of a pore.
    fn remove_bridges(&mut self) {
        for at in self.crossings(3) {
            if self.leaving(at) != 3 {
                continue;
            }
            let walks: Vec<Walk> = self
                .branches(at)
                .into_iter()
                .map(|first| self.walk(at, first, LONGEST_BRIDGE + 4))
                .collect();
            let short = walks
                .iter()
                .filter(|walk| walk.end == End::Junction && walk.path.len() > 1)
                .min_by_key(|walk| walk.path.len());
            let Some(short) = short else { continue };
            let far = short.path.last();
            let pore = walks
                .iter()
                .filter(|walk| walk.end == End::Junction && walk.path.last() == far)
                .count()
                > 1;
            let limit = if pore { LONGEST_BRIDGE + 4 } else { LONGEST_BRIDGE };
            if short.path.len() <= limit && (pore || self.crosses(at, short, &walks)) {
                let inner = short.path[..short.path.len() - 1].to_vec();
                self.erase(&inner);
            }
        }
    }

    /// A bridge leaves its ridge sideways: the other two lines go on straight.
    fn crosses(&self, at: usize, bridge: &Walk, walks: &[Walk]) -> bool {
        let (x, y) = self.place(at);
        let directions: Vec<(f32, f32)> = walks
            .iter()
            .filter(|walk| !std::ptr::eq(*walk, bridge))
            .filter_map(|walk| {
                let (u, v) = self.place(walk.path[walk.path.len().min(8) - 1]);
                let length = ((u - x) * (u - x) + (v - y) * (v - y)).sqrt();
                (length > 0.0).then_some(((u - x) / length, (v - y) / length))
            })
            .collect();
        match directions[..] {
            [(ax, ay), (bx, by)] => ax * bx + ay * by < -0.6,
            _ => true,
        }
    }
}
