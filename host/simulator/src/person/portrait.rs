//! A drawn face, in the place of a photograph.

use super::Sex;
use super::shape::Shape;
use crate::finger::chance::stream;
use crate::finger::rounding::grey;
use rand::Rng;
use rand::seq::IndexedRandom;
use rand_chacha::ChaCha8Rng;

/// Pixels per row of a portrait.
pub const PORTRAIT_WIDTH: u16 = 120;
/// Rows of a portrait.
pub const PORTRAIT_HEIGHT: u16 = 150;

/// Red, green and blue, 0 to 255.
type Colour = [u8; 3];

const SKINS: [Colour; 6] = [
    [244, 214, 186],
    [236, 200, 168],
    [227, 187, 150],
    [216, 172, 132],
    [201, 155, 114],
    [247, 221, 200],
];
const HAIRS: [Colour; 6] = [
    [24, 20, 20],
    [36, 28, 24],
    [52, 38, 28],
    [78, 54, 36],
    [112, 78, 46],
    [150, 112, 66],
];
const GREYS: [Colour; 3] = [[186, 184, 182], [214, 212, 210], [140, 138, 136]];
const IRISES: [Colour; 4] = [[48, 32, 22], [74, 48, 28], [84, 100, 72], [84, 112, 138]];
const CLOTHES: [Colour; 8] = [
    [36, 44, 66],
    [70, 74, 80],
    [120, 40, 46],
    [38, 84, 74],
    [88, 60, 104],
    [150, 120, 80],
    [220, 220, 224],
    [46, 96, 140],
];
const BACKGROUNDS: [Colour; 4] = [[222, 228, 234], [206, 218, 228], [232, 230, 222], [214, 224, 214]];

/// A drawn face as a PNG file, 120 by 150 pixels, colour. The same seed gives the same face, man or woman, young or
/// old; [`Person::portrait`](super::Person::portrait) fits the person.
#[must_use]
pub fn portrait(seed: u64) -> Vec<u8> {
    let mut chance = stream(seed, 41);
    let sex = if chance.random() { Sex::Female } else { Sex::Male };
    let age = chance.random_range(18..80);
    drawn(seed, sex, age)
}

/// The face of a person of this sex and age in years.
pub(super) fn drawn(seed: u64, sex: Sex, age: u16) -> Vec<u8> {
    let layers = face(&mut stream(seed, 42), sex, age);
    let mut pixels = Vec::with_capacity(usize::from(PORTRAIT_WIDTH) * usize::from(PORTRAIT_HEIGHT) * 3);
    for row in 0..PORTRAIT_HEIGHT {
        for column in 0..PORTRAIT_WIDTH {
            pixels.extend(average(&layers, f32::from(column), f32::from(row)));
        }
    }
    encode(&pixels).expect("a PNG of a fixed size, written to memory, has nothing that can fail")
}

fn encode(pixels: &[u8]) -> Result<Vec<u8>, png::EncodingError> {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, u32::from(PORTRAIT_WIDTH), u32::from(PORTRAIT_HEIGHT));
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(pixels)?;
    writer.finish()?;
    Ok(file)
}

/// The colour of a pixel: the average of nine places in it, so that edges are smooth.
fn average(layers: &[(Shape, Colour)], column: f32, row: f32) -> Colour {
    let mut sums = [0.0_f32; 3];
    for place in 0..9_u8 {
        let (x, y) = (
            column + (f32::from(place % 3) + 0.5) / 3.0,
            row + (f32::from(place / 3) + 0.5) / 3.0,
        );
        let top = layers.iter().rev().find(|(shape, _)| shape.covers(x, y));
        let colour = top.map_or([255; 3], |(_, colour)| *colour);
        for (sum, part) in sums.iter_mut().zip(colour) {
            *sum += f32::from(part);
        }
    }
    sums.map(|sum| grey(sum / 9.0))
}

/// A random face as layers, the lowest first. Lengths are pixels.
fn face(chance: &mut ChaCha8Rng, sex: Sex, age: u16) -> Vec<(Shape, Colour)> {
    let skin = shade(chance, &SKINS);
    let is_grey = u32::from(age) > chance.random_range(45..75);
    let hair = if is_grey {
        pick(chance, &GREYS)
    } else {
        pick(chance, &HAIRS)
    };
    let cloth = shade(chance, &CLOTHES);
    let woman = sex == Sex::Female;
    let scarf = woman && chance.random_range(0..100_u32) < if age > 50 { 45 } else { 12 };
    let long = woman && chance.random_range(0..100_u32) < 75;
    let bald = !woman && age > 40 && chance.random_range(0..100_u32) < 25;

    let x = 60.0 + chance.random_range(-2.0..2.0_f32);
    let y = 68.0 + chance.random_range(-3.0..3.0_f32);
    let half_width = chance.random_range(25.0..31.0) - if woman { 1.5 } else { 0.0 };
    let half_height = chance.random_range(33.0..39.0_f32);
    let fringe = y - half_height * chance.random_range(0.42..0.68_f32);
    let ellipse = |x: f32, y: f32, half_width: f32, half_height: f32| Shape::Ellipse {
        x,
        y,
        half_width,
        half_height,
    };
    let mut layers = vec![(Shape::Everywhere, pick(chance, &BACKGROUNDS))];

    if long || scarf {
        let (cover, colour) = if scarf {
            (9.0, shade(chance, &CLOTHES))
        } else {
            (7.0, hair)
        };
        layers.push((ellipse(x, y + 8.0, half_width + cover, half_height + 14.0), colour));
    }
    let neck = half_width * chance.random_range(0.5..0.64);
    layers.push((
        ellipse(
            60.0,
            158.0,
            chance.random_range(46.0..58.0),
            chance.random_range(36.0..44.0),
        ),
        cloth,
    ));
    layers.push((ellipse(x, y + half_height + 6.0, neck, 18.0), darker(skin, 0.88)));
    if !scarf {
        for side in [-1.0, 1.0] {
            layers.push((ellipse(x + side * half_width, y + 2.0, 4.5, 8.0), darker(skin, 0.92)));
        }
        if !bald {
            layers.push((ellipse(x, y - 8.0, half_width + 3.5, half_height - 2.0), hair));
        }
    }
    layers.push((
        Shape::Head {
            x,
            y,
            half_width,
            half_height,
            jaw: chance.random_range(0.0..0.28),
        },
        skin,
    ));
    if scarf {
        let colour = layers[1].1;
        layers.push((
            Shape::Cap {
                x,
                y,
                half_width: half_width + 6.0,
                half_height: half_height + 5.0,
                below: fringe,
            },
            colour,
        ));
    } else if !bald {
        let parting = x + chance.random_range(-14.0..14.0_f32);
        let cap = Shape::Cap {
            x,
            y: y - 2.0,
            half_width: half_width + 3.0,
            half_height: half_height + 3.0,
            below: fringe,
        };
        layers.push((cap, hair));
        layers.push((
            ellipse(parting, fringe, half_width * 0.55, chance.random_range(1.0..8.0)),
            hair,
        ));
    }

    let apart = half_width * chance.random_range(0.4..0.5);
    let eye_y = y - chance.random_range(1.0..6.0_f32);
    let (eye_width, eye_height) = (chance.random_range(4.2..6.0), chance.random_range(1.9..3.2_f32));
    let iris = pick(chance, &IRISES);
    let (brow_y, brow_bend) = (eye_y - chance.random_range(6.5..9.5_f32), chance.random_range(0.5..3.0));
    let brow_thickness = chance.random_range(0.7..1.3) * if woman { 0.8 } else { 1.5 };
    for side in [-1.0, 1.0] {
        let eye_x = x + side * apart;
        layers.push((ellipse(eye_x, eye_y, eye_width, eye_height), [250, 250, 248]));
        layers.push((ellipse(eye_x, eye_y, eye_height * 0.95, eye_height * 0.98), iris));
        layers.push((ellipse(eye_x, eye_y, eye_height * 0.45, eye_height * 0.5), [10, 8, 8]));
        let stroke = |y: f32, half_width: f32, bend: f32, thickness: f32| Shape::Stroke {
            x: eye_x,
            y,
            half_width,
            bend,
            thickness,
        };
        layers.push((
            stroke(eye_y - eye_height, eye_width, eye_height * 0.8, 0.7),
            [40, 28, 24],
        ));
        layers.push((
            stroke(brow_y, eye_width + 2.0, brow_bend, brow_thickness),
            darker(hair, 0.85),
        ));
        if age > 55 {
            layers.push((
                stroke(eye_y + eye_height + 3.5, eye_width, -1.8, 0.4),
                darker(skin, 0.8),
            ));
        }
    }
    let nose_y = y + half_height * chance.random_range(0.22..0.32);
    let nose = chance.random_range(3.4..6.2_f32);
    layers.push((
        Shape::Stroke {
            x,
            y: nose_y,
            half_width: nose,
            bend: -2.0,
            thickness: 0.8,
        },
        darker(skin, 0.74),
    ));
    layers.push((ellipse(x - nose * 0.9, nose_y - 2.0, 1.0, 1.6), darker(skin, 0.8)));
    layers.push((ellipse(x + nose * 0.9, nose_y - 2.0, 1.0, 1.6), darker(skin, 0.8)));

    let mouth_y = y + half_height * chance.random_range(0.5..0.58);
    let mouth = chance.random_range(7.0..11.5_f32);
    let lips = if woman { [186, 84, 84] } else { reddish(skin) };
    if !woman && chance.random_range(0..100_u32) < 22 {
        layers.push((
            Shape::Stroke {
                x,
                y: mouth_y - 4.5,
                half_width: mouth + 1.5,
                bend: 2.0,
                thickness: 1.8,
            },
            hair,
        ));
        if chance.random_range(0..100_u32) < 40 {
            layers.push((ellipse(x, y + half_height * 0.86, half_width * 0.45, 7.0), hair));
        }
    }
    layers.push((
        ellipse(x, mouth_y + 0.6, mouth * 0.8, chance.random_range(1.4..2.8)),
        lips,
    ));
    let smile = chance.random_range(-2.6..0.6);
    layers.push((
        Shape::Stroke {
            x,
            y: mouth_y,
            half_width: mouth,
            bend: smile,
            thickness: 0.6,
        },
        darker(lips, 0.6),
    ));
    if age > 50 {
        let wrinkle = Shape::Stroke {
            x,
            y: fringe + 7.0,
            half_width: half_width * 0.5,
            bend: 1.0,
            thickness: 0.35,
        };
        layers.push((wrinkle, darker(skin, 0.82)));
    }
    if chance.random_range(0..100_u32) < if age > 45 { 28 } else { 10 } {
        let (lens_width, lens_height) = (eye_width + 3.6, chance.random_range(5.0..7.5_f32));
        for side in [-1.0, 1.0] {
            let eye_x = x + side * apart;
            layers.push((
                Shape::Ring {
                    x: eye_x,
                    y: eye_y + 0.5,
                    half_width: lens_width,
                    half_height: lens_height,
                },
                [50, 44, 44],
            ));
        }
        layers.push((
            Shape::Stroke {
                x,
                y: eye_y,
                half_width: (apart - lens_width).max(1.0),
                bend: 1.0,
                thickness: 0.6,
            },
            [50, 44, 44],
        ));
    }
    layers
}

/// A colour times a factor from 0 to 1.
fn darker(colour: Colour, factor: f32) -> Colour {
    colour.map(|part| grey(f32::from(part) * factor))
}

/// A man's lips on this skin.
fn reddish([red, green, blue]: Colour) -> Colour {
    [
        grey(f32::from(red) * 0.84),
        grey(f32::from(green) * 0.66),
        grey(f32::from(blue) * 0.66),
    ]
}

/// One of a list, a little lighter or darker.
fn shade(chance: &mut ChaCha8Rng, list: &[Colour]) -> Colour {
    let factor = chance.random_range(0.9..1.06_f32);
    pick(chance, list).map(|part| grey(f32::from(part) * factor))
}

/// One of a list that is not empty.
fn pick(chance: &mut ChaCha8Rng, list: &[Colour]) -> Colour {
    list.choose(chance).copied().unwrap_or_default()
}
