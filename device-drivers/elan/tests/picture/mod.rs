//! Comparing pictures. Shared by the tests of the drivers of swipe sensors.

use fingerprint_matcher::{Extraction, ExtractionError, Image, extract};
use plugin_sdk::swipe::Picture;
use std::path::Path;

/// A grey picture.
pub(crate) struct Grey {
    pub(crate) width: usize,
    pub(crate) height: usize,
    pub(crate) pixels: Vec<u8>,
}

impl From<&Picture> for Grey {
    fn from(picture: &Picture) -> Self {
        Self {
            width: picture.width.into(),
            height: picture.height.into(),
            pixels: picture.pixels.clone(),
        }
    }
}

impl Grey {
    /// A picture that is stored as colour: each pixel is its grey value three times.
    #[allow(dead_code, clippy::allow_attributes, reason = "not every test has a file")]
    pub(crate) fn read(path: &Path) -> Self {
        let file = std::io::BufReader::new(std::fs::File::open(path).unwrap());
        let mut picture = png::Decoder::new(file).read_info().unwrap();
        let mut bytes = vec![0; picture.output_buffer_size().unwrap()];
        let shape = picture.next_frame(&mut bytes).unwrap();
        assert_eq!(
            (shape.color_type, shape.bit_depth),
            (png::ColorType::Rgb, png::BitDepth::Eight)
        );
        Self {
            width: usize::try_from(shape.width).unwrap(),
            height: usize::try_from(shape.height).unwrap(),
            pixels: bytes.chunks_exact(3).map(|colour| colour[0]).collect(),
        }
    }

    /// Half as large both ways, each pixel the mean of four.
    #[allow(dead_code, clippy::allow_attributes, reason = "not every picture is enlarged")]
    pub(crate) fn halved(&self) -> Self {
        let (width, height) = (self.width / 2, self.height / 2);
        let at = |x: usize, y: usize| u32::from(self.pixels[y * self.width + x]);
        let mean = |x: usize, y: usize| (at(x, y) + at(x + 1, y) + at(x, y + 1) + at(x + 1, y + 1) + 2) / 4;
        let places = (0..height).flat_map(|y| (0..width).map(move |x| (2 * x, 2 * y)));
        let pixels = places.map(|(x, y)| u8::try_from(mean(x, y)).unwrap()).collect();
        Self { width, height, pixels }
    }

    /// Correlation with another picture where both overlap, at the best shift of this one by up to `reach` pixels; at
    /// least half of the smaller picture must overlap.
    pub(crate) fn correlation(&self, other: &Self, reach: (i32, i32)) -> f64 {
        let shifts = (-reach.1..=reach.1).flat_map(|down| (-reach.0..=reach.0).map(move |right| (right, down)));
        shifts
            .map(|shift| self.correlation_at(other, shift))
            .fold(-1.0, f64::max)
    }

    fn correlation_at(&self, other: &Self, (right, down): (i32, i32)) -> f64 {
        let [mut n, mut a, mut b, mut aa, mut bb, mut ab] = [0.0; 6];
        let place = |at: usize, by: i32| usize::try_from(i32::try_from(at).unwrap() + by);
        for y in 0..self.height {
            let Some(other_y) = place(y, down).ok().filter(|&y| y < other.height) else {
                continue;
            };
            for x in 0..self.width {
                let Some(other_x) = place(x, right).ok().filter(|&x| x < other.width) else {
                    continue;
                };
                let first = f64::from(self.pixels[y * self.width + x]);
                let second = f64::from(other.pixels[other_y * other.width + other_x]);
                n += 1.0;
                a += first;
                b += second;
                aa += first * first;
                bb += second * second;
                ab += first * second;
            }
        }
        let least = self.pixels.len().min(other.pixels.len()) / 2;
        let norm = ((aa - a * a / n) * (bb - b * b / n)).sqrt();
        if n < f64::from(u32::try_from(least).unwrap()) || norm == 0.0 {
            return -1.0;
        }
        (ab - a * b / n) / norm
    }

    /// FNV-1a, 64 bits, over the pixels.
    #[allow(dead_code, clippy::allow_attributes, reason = "not every picture is golden")]
    pub(crate) fn digest(&self) -> u64 {
        self.pixels.iter().fold(0xcbf2_9ce4_8422_2325, |digest, &byte| {
            (digest ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        })
    }
}

/// What the matcher makes of a picture.
pub(crate) fn extracted(picture: &Picture, dpi: u16) -> Result<Extraction, ExtractionError> {
    extract(&Image {
        width: picture.width,
        height: picture.height,
        dpi,
        pixels: picture.pixels.clone(),
    })
}

/// Keeps a picture for a person to look at, where `SWIPE_PICTURES` names a folder.
#[allow(dead_code, clippy::allow_attributes, reason = "not every picture is looked at")]
pub(crate) fn show(picture: &Picture, name: &str) {
    let Some(folder) = std::env::var_os("SWIPE_PICTURES") else {
        return;
    };
    let file = std::fs::File::create(Path::new(&folder).join(format!("{name}.png"))).unwrap();
    let mut encoder = png::Encoder::new(file, u32::from(picture.width), u32::from(picture.height));
    encoder.set_color(png::ColorType::Grayscale);
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(&picture.pixels).unwrap();
}
