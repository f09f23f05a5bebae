//! An image file of a finger: PNG, BMP, TIFF, or something else.

use crate::{Target, sentence};
use image::codecs::bmp::BmpEncoder;
use image_files::{MAX_SIDE, decode};
use simulator::finger::{Finger, Image, View};
use std::io::Cursor;
use tiff::encoder::colortype::{Gray8, RGB16};
use tiff::encoder::{Compression, DeflateLevel, TiffEncoder};

pub(super) const TARGET: Target = Target {
    name: "image-file",
    longest: 8_192,
    // A side may have 4,000 pixels of 64 bits.
    memory: 512,
    run,
    seeds,
};

fn run(bytes: &[u8]) {
    match decode(bytes) {
        Ok(picture) => {
            let sides = [picture.width, picture.height];
            assert!(
                sides.iter().all(|side| (1..=MAX_SIDE).contains(&u32::from(*side))),
                "{picture:?}"
            );
            assert!(
                picture.pixels.len() == usize::from(sides[0]) * usize::from(sides[1]),
                "{picture:?}"
            );
        }
        Err(why) => sentence::expect(&why.to_string()),
    }
}

/// A small finger in every form. An encoder that fails leaves its form out, which the test below sees.
fn seeds() -> Vec<Vec<u8>> {
    let image = Finger::new(1).impression(&View::reference(1, 40, 48, 100));
    let forms = [
        image.to_png().ok(),
        bmp(&image),
        grey_tiff(&image, Compression::Uncompressed),
        grey_tiff(&image, Compression::Lzw),
        grey_tiff(&image, Compression::Deflate(DeflateLevel::Fast)),
        grey_tiff(&image, Compression::Packbits),
        colour_tiff(),
    ];
    let mut seeds: Vec<Vec<u8>> = forms.into_iter().flatten().collect();
    // WSQ and JPEG, by their first bytes
    seeds.push(b"\xff\xa0".to_vec());
    seeds.push(b"\xff\xd8\xff".to_vec());
    seeds
}

fn bmp(image: &Image) -> Option<Vec<u8>> {
    let mut file = Vec::new();
    let (width, height) = (image.width.into(), image.height.into());
    BmpEncoder::new(&mut file)
        .encode(&image.pixels, width, height, image::ExtendedColorType::L8)
        .ok()?;
    Some(file)
}

fn grey_tiff(image: &Image, compression: Compression) -> Option<Vec<u8>> {
    let mut file = Cursor::new(Vec::new());
    TiffEncoder::new(&mut file)
        .ok()?
        .with_compression(compression)
        .write_image::<Gray8>(image.width.into(), image.height.into(), &image.pixels)
        .ok()?;
    Some(file.into_inner())
}

fn colour_tiff() -> Option<Vec<u8>> {
    let mut file = Cursor::new(Vec::new());
    let pixels: Vec<u16> = (0..8 * 8 * 3).map(|number| number * 340).collect();
    TiffEncoder::new_big(&mut file)
        .ok()?
        .write_image::<RGB16>(8, 8, &pixels)
        .ok()?;
    Some(file.into_inner())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seven_seeds_are_pictures_and_two_are_refused() {
        let read: Vec<bool> = seeds().iter().map(|seed| decode(seed).is_ok()).collect();
        assert_eq!(read, [true, true, true, true, true, true, true, false, false]);
    }
}
