//! Frames drawn into one picture.

use super::Shape;
use super::likeness::Shift;

/// An image of a swiped finger: 8-bit grey, top line first, ridges dark, white where no frame was.
#[derive(Clone, PartialEq, Eq)]
pub struct Picture {
    /// pixels in a line
    pub width: u16,
    /// lines
    pub height: u16,
    /// width x height grey values
    pub pixels: Vec<u8>,
}

/// The size only: pixels are biometric.
impl std::fmt::Debug for Picture {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "picture of {}x{}", self.width, self.height)
    }
}

/// Lines and columns of the frames' top left corners, the least of each 0.
pub(super) fn places(shifts: &[Shift]) -> Vec<(usize, usize)> {
    let (mut down, mut right) = (0i32, 0i32);
    let mut corners = vec![(0, 0)];
    for shift in shifts {
        down += shift.down_16ths;
        right += shift.right;
        corners.push(((down + 8).div_euclid(16), right));
    }
    let top = corners.iter().map(|corner| corner.0).min().unwrap_or_default();
    let left = corners.iter().map(|corner| corner.1).min().unwrap_or_default();
    let from = |least: i32, at: i32| usize::try_from(at - least).unwrap_or_default();
    corners
        .iter()
        .map(|&(line, column)| (from(top, line), from(left, column)))
        .collect()
}

/// Most lines or columns of a picture: twice the longest finger.
const LONGEST: usize = 2_000;
/// Grey levels that part the darkest and the lightest of a picture at least before they are spread.
const LEAST_CONTRAST: usize = 24;

impl Picture {
    /// Draws the frames with their corners at these places. Where frames overlap, the one whose middle is nearest counts
    /// most, so that neither seams are seen nor skin that was stretched meanwhile.
    pub(super) fn drawn<'a>(frames: impl Iterator<Item = &'a [u8]>, places: &[(usize, usize)], shape: Shape) -> Self {
        let furthest = |side: fn(&(usize, usize)) -> usize| places.iter().map(side).max().unwrap_or_default();
        let width = (furthest(|place| place.1) + shape.width).min(LONGEST);
        let height = (furthest(|place| place.0) + shape.height).min(LONGEST);
        let mut sums = vec![(0u64, 0u64); width * height];
        for (grey, &(top, left)) in frames.zip(places) {
            for (line, pixels) in grey.chunks_exact(shape.width).enumerate() {
                if top + line >= height || left >= width {
                    continue;
                }
                let weight = weight(line, shape);
                let start = (top + line) * width + left;
                let room = shape.width.min(width - left);
                for (sum, &pixel) in sums[start..start + room].iter_mut().zip(pixels) {
                    sum.0 += weight * u64::from(pixel);
                    sum.1 += weight;
                }
            }
        }
        let mean = |&(sum, weight): &(u64, u64)| match weight {
            0 => u8::MAX,
            _ => u8::try_from((sum + weight / 2) / weight).unwrap_or(u8::MAX),
        };
        Self {
            width: side(width),
            height: side(height),
            pixels: sums.iter().map(mean).collect(),
        }
    }

    /// Turned by half a turn.
    #[must_use]
    pub fn turned(mut self) -> Self {
        self.pixels.reverse();
        self
    }

    /// The same with its contrast spread: what is darker than all but a fiftieth of the pixels becomes black, what is
    /// lighter than all but a fiftieth white.
    #[must_use]
    pub fn spread(mut self) -> Self {
        let mut counts = [0usize; 256];
        for &pixel in &self.pixels {
            counts[usize::from(pixel)] += 1;
        }
        let few = self.pixels.len() / 50;
        let mut darker = 0;
        let darkest = counts.iter().position(|count| {
            darker += count;
            darker > few
        });
        let mut lighter = 0;
        let lightest = counts.iter().rposition(|count| {
            lighter += count;
            lighter > few
        });
        let (darkest, lightest) = (darkest.unwrap_or(0), lightest.unwrap_or(255));
        let range = lightest.saturating_sub(darkest).max(LEAST_CONTRAST);
        for pixel in &mut self.pixels {
            let level = usize::from(*pixel).saturating_sub(darkest) * 255 / range;
            *pixel = u8::try_from(level).unwrap_or(u8::MAX);
        }
        self
    }
}

/// What a line of a frame counts: the cube of how far from the upper or lower edge it lies, at most 2^18 for 128 lines.
fn weight(line: usize, shape: Shape) -> u64 {
    let inside = 1 + line.min(shape.height - 1 - line);
    u64::try_from(inside.pow(3)).unwrap_or(u64::MAX)
}

/// At most [`LONGEST`].
fn side(pixels: usize) -> u16 {
    u16::try_from(pixels).unwrap_or(u16::MAX)
}
