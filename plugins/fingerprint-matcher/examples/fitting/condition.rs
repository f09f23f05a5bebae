//! What can be wrong with a print. Made much worse than fingers usually are, to show what weights do there.

use crate::noise::Noise;
use crate::picture::Picture;
use fingerprint_matcher::Image;

/// Impressions of a finger that are made worse; the others are left out.
pub(crate) const IMPRESSIONS: u32 = 4;

/// A state of skin or sensor.
#[derive(Clone, Copy)]
pub(crate) enum Condition {
    AsItIs,
    Distorted,
    Dry,
    Wet,
    Partial,
}

impl Condition {
    pub(crate) const ALL: [Self; 5] = [Self::AsItIs, Self::Distorted, Self::Dry, Self::Wet, Self::Partial];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::AsItIs => "as they are",
            Self::Distorted => "distorted",
            Self::Dry => "dry",
            Self::Wet => "wet",
            Self::Partial => "partial",
        }
    }

    /// The image in this state; `word` decides on its noise.
    pub(crate) fn of(self, image: &Image, word: &str) -> Image {
        let mut noise = Noise::new(&format!("{} {word}", self.name()));
        let picture = Picture::of(image);
        // lengths are for 500 dpi
        let scale = f32::from(image.dpi) / 500.0;
        let worse = match self {
            Self::AsItIs => return image.clone(),
            Self::Distorted => distorted(&picture, &mut noise, scale),
            Self::Dry => dry(&picture, &mut noise, scale),
            Self::Wet => wet(&picture, &mut noise, scale),
            Self::Partial => partial(&picture, &mut noise, scale),
        };
        worse.into_image(image)
    }
}

/// The brightest of what is not a ridge.
fn background(picture: &Picture) -> f32 {
    picture.percentile(0.95)
}

/// Skin that was pulled while it was pressed: places off by 6 pixels RMS, hills of 55.
fn distorted(picture: &Picture, noise: &mut Noise, scale: f32) -> Picture {
    let (across, down) = (noise.hills(picture, 55.0 * scale), noise.hills(picture, 55.0 * scale));
    let off = 6.0 * scale;
    picture.with(|x, y| picture.between(x as f32 + off * across.at(x, y), y as f32 + off * down.at(x, y)))
}

/// Ridges that touch the sensor in specks only, more so in some places.
fn dry(picture: &Picture, noise: &mut Noise, scale: f32) -> Picture {
    let specks = noise.hills(picture, 1.5 * scale);
    let places = noise.hills(picture, 40.0 * scale);
    let (light, bright) = (picture.preferred(2, f32::max), background(picture));
    picture.with(|x, y| {
        let gone = ((specks.at(x, y) + 0.9 * places.at(x, y) - 0.1) * 0.9).clamp(0.0, 1.0);
        let level = light.at(x, y);
        level * (1.0 - gone) + bright.min(level + 90.0) * gone + 8.0 * noise.normal()
    })
}

/// Sweat that fills the valleys, more so in some places.
#[expect(clippy::cast_possible_truncation, reason = "some pixels")]
fn wet(picture: &Picture, noise: &mut Noise, scale: f32) -> Picture {
    let places = noise.hills(picture, 45.0 * scale);
    let dark = picture.preferred((4.0 * scale) as usize, f32::min).blurred(1.2 * scale);
    let filled = picture.with(|x, y| {
        let share = (0.2 + 0.6 * places.at(x, y)).clamp(0.0, 1.0);
        picture.at(x, y) * (1.0 - share) + dark.at(x, y) * share
    });
    let soft = filled.blurred(0.8);
    soft.with(|x, y| soft.at(x, y) + 5.0 * noise.normal())
}

/// A part of the finger: an ellipse of 190 by 240 pixels (10 by 12 mm) about the middle of what is dark.
#[expect(clippy::cast_possible_truncation, reason = "precise enough for a place")]
fn partial(picture: &Picture, noise: &mut Noise, scale: f32) -> Picture {
    let bright = background(picture);
    let dark = picture.with(|x, y| bright - picture.at(x, y)).blurred(30.0);
    let (mut x_sum, mut y_sum, mut all) = (0.0, 0.0, 0.0);
    for y in 0..dark.height {
        for x in 0..dark.width {
            let weight = f64::from(dark.at(x, y));
            (x_sum, y_sum, all) = (x_sum + weight * x as f64, y_sum + weight * y as f64, all + weight);
        }
    }
    let middle = (
        (x_sum / all) as f32 + 20.0 * scale * noise.normal(),
        (y_sum / all) as f32 + 25.0 * scale * noise.normal(),
    );
    picture.with(|x, y| {
        let (u, v) = (
            (x as f32 - middle.0) / (95.0 * scale),
            (y as f32 - middle.1) / (120.0 * scale),
        );
        let share = ((1.0 - u * u - v * v) * 6.0).clamp(0.0, 1.0);
        picture.at(x, y) * share + bright * (1.0 - share) + 2.0 * noise.normal()
    })
}
