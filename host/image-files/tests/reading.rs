//! What comes out of good files: each format, depth and compression, with its resolution.

mod samples;

use image_files::{Picture, decode, raw, read};
use png::{BitDepth, ColorType};
use samples::{Tiff, bmp, compressed_tiff, grey_bmp, grey_png, grey_tiff, pattern, png};
use std::path::Path;
use tiff::encoder::Compression;

#[test]
fn a_grey_image_comes_out_of_each_format_as_it_went_in() {
    let files = [
        ("PNG", grey_png(33, 20), Some(500)),
        ("BMP", grey_bmp(33, 20), Some(500)),
        ("TIFF", grey_tiff(33, 20), Some(500)),
        ("TIFF, LZW", compressed_tiff(33, 20, Compression::Lzw), None),
        ("TIFF, PackBits", compressed_tiff(33, 20, Compression::Packbits), None),
        (
            "TIFF, Deflate",
            compressed_tiff(33, 20, Compression::Deflate(Default::default())),
            None,
        ),
    ];
    for (name, bytes, dpi) in files {
        let expected = Picture {
            width: 33,
            height: 20,
            dpi,
            pixels: pattern(33, 20),
        };
        let picture = decode(&bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(picture == expected, "{name}: {picture:?}");
    }
}

#[test]
fn the_resolution_is_the_one_that_the_file_states_and_none_where_it_states_none() {
    let png_of = |per_metre| png((2, 1), ColorType::Grayscale, BitDepth::Eight, per_metre, &[0, 255]);
    let bmp_of = |per_metre| bmp((2, 1), 8, per_metre, &[vec![0, 255]]);
    let tiff_of = |across, down, unit| Tiff::grey(2, 1, 8, vec![0, 255]).resolution(across, down, unit).bytes();
    let cases = [
        ("PNG, 500", png_of(Some((19_685, 19_685))), Some(500)),
        ("PNG, 1000", png_of(Some((39_370, 39_370))), Some(1000)),
        ("PNG, a rounding apart", png_of(Some((19_685, 19_700))), Some(500)),
        ("PNG, without", png_of(None), None),
        ("PNG, zero", png_of(Some((0, 0))), None),
        ("PNG, absurd", png_of(Some((u32::MAX >> 1, u32::MAX >> 1))), None),
        ("BMP, 500", bmp_of(19_685), Some(500)),
        ("BMP, 72", bmp_of(2835), Some(72)),
        ("BMP, zero", bmp_of(0), None),
        ("BMP, negative", bmp_of(-1), None),
        ("TIFF, inches", tiff_of((500, 1), (500, 1), 2), Some(500)),
        ("TIFF, centimetres", tiff_of((19_685, 100), (19_685, 100), 3), Some(500)),
        ("TIFF, no unit", tiff_of((1, 1), (1, 1), 1), None),
        ("TIFF, divided by zero", tiff_of((500, 0), (500, 0), 2), None),
        ("TIFF, without", Tiff::grey(2, 1, 8, vec![0, 255]).bytes(), None),
    ];
    for (name, bytes, expected) in cases {
        let dpi = decode(&bytes).map(|picture| picture.dpi);
        assert_eq!(dpi, Ok(expected), "{name}");
    }
}

#[test]
fn depths_colours_and_transparency_become_grey() {
    let sizes = |colour, depth, samples: &[u8]| png((3, 1), colour, depth, None, samples);
    let tiff = |bits, strip: &[u8]| Tiff::grey(3, 1, bits, strip.to_vec());
    let rgb = [255, 0, 0, 0, 255, 0, 0, 0, 255];
    let rgba = [255, 0, 0, 255, 0, 0, 0, 0, 0, 0, 0, 128];
    let deep = [0x12, 0xff, 0x80, 0x00, 0xff, 0xff];
    let deep_le = [0xff, 0x12, 0x00, 0x80, 0xff, 0xff];
    let cases = [
        (
            "PNG, 1 bit",
            sizes(ColorType::Grayscale, BitDepth::One, &[0b0100_0000]),
            [0, 255, 0],
        ),
        (
            "PNG, 16 bits",
            sizes(ColorType::Grayscale, BitDepth::Sixteen, &deep),
            [0x12, 0x80, 255],
        ),
        (
            "PNG, colour",
            sizes(ColorType::Rgb, BitDepth::Eight, &rgb),
            [76, 150, 29],
        ),
        (
            "PNG, grey on white",
            sizes(ColorType::GrayscaleAlpha, BitDepth::Eight, &[9, 255, 9, 0, 0, 128]),
            [9, 255, 127],
        ),
        (
            "PNG, colour on white",
            sizes(ColorType::Rgba, BitDepth::Eight, &rgba),
            [76, 255, 127],
        ),
        ("BMP, 1 bit", bmp((3, 1), 1, 0, &[vec![0b0100_0000]]), [0, 255, 0]),
        ("BMP, 4 bits", bmp((3, 1), 4, 0, &[vec![0x0f, 0x30]]), [0, 255, 51]),
        (
            "BMP, 24 bits, blue first",
            bmp((3, 1), 24, 0, &[vec![0, 0, 255, 0, 255, 0, 255, 0, 0]]),
            [76, 150, 29],
        ),
        (
            "BMP, 32 bits, fourth byte unused",
            bmp((3, 1), 32, 0, &[vec![7, 7, 7, 0, 8, 8, 8, 0, 9, 9, 9, 0]]),
            [7, 8, 9],
        ),
        ("TIFF, 1 bit", tiff(1, &[0b0100_0000]).bytes(), [0, 255, 0]),
        ("TIFF, 2 bits", tiff(2, &[0b0001_1100]).bytes(), [0, 85, 255]),
        ("TIFF, 4 bits", tiff(4, &[0x0f, 0x30]).bytes(), [0, 255, 51]),
        ("TIFF, 16 bits", tiff(16, &deep_le).bytes(), [0x12, 0x80, 255]),
        (
            "TIFF, 1 bit, min is white",
            tiff(1, &[0b0100_0000]).with(262, &[0]).bytes(),
            [255, 0, 255],
        ),
        (
            "TIFF, 8 bits, min is white",
            tiff(8, &[0, 1, 255]).with(262, &[0]).bytes(),
            [255, 254, 0],
        ),
        (
            "TIFF, 16 bits, min is white",
            tiff(16, &deep_le).with(262, &[0]).bytes(),
            [0xed, 0x7f, 0],
        ),
        (
            "TIFF, colour",
            tiff(8, &rgb)
                .with(258, &[8, 8, 8])
                .with(262, &[2])
                .with(277, &[3])
                .bytes(),
            [76, 150, 29],
        ),
        (
            "TIFF, grey on white",
            tiff(8, &[9, 255, 9, 0, 0, 128])
                .with(258, &[8, 8])
                .with(277, &[2])
                .with(338, &[2])
                .bytes(),
            [9, 255, 127],
        ),
    ];
    for (name, bytes, expected) in cases {
        let pixels = decode(&bytes).map(|picture| picture.pixels);
        assert_eq!(pixels, Ok(expected.to_vec()), "{name}");
    }
}

#[test]
fn a_bmp_is_read_from_its_top_row_whichever_way_it_is_stored() {
    let upside_down = bmp((1, 3), 8, 0, &[vec![10], vec![20], vec![30]]);
    assert_eq!(decode(&upside_down).map(|picture| picture.pixels), Ok(vec![10, 20, 30]));
    let upright = bmp((1, -3), 8, 0, &[vec![30], vec![20], vec![10]]);
    assert_eq!(decode(&upright).map(|picture| picture.pixels), Ok(vec![10, 20, 30]));
}

/// Two rows of 8 pixels, ITU-T T.6: horizontal mode, 4 white, 4 black; then the same again by vertical mode; end.
#[test]
fn a_fax_compressed_tiff_is_read() {
    let strip = vec![0b0011_0110, 0b1111_0000, 0b0000_0001, 0b0000_0000, 0b0001_0000];
    let bytes = Tiff::grey(8, 2, 1, strip).with(259, &[4]).with(262, &[0]).bytes();
    let row = [255, 255, 255, 255, 0, 0, 0, 0];
    assert_eq!(decode(&bytes).map(|picture| picture.pixels), Ok([row, row].concat()));
}

#[test]
fn a_file_is_read_by_what_it_holds_and_not_by_its_name() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("finger.png");
    std::fs::write(&path, grey_bmp(5, 4)).expect("a file");
    assert_eq!(read(&path).map(|picture| picture.pixels), Ok(pattern(5, 4)));
}

#[test]
fn bare_pixels_are_a_picture_without_a_resolution() {
    let picture = raw(&pattern(5, 4), 5, 4).map(|picture| (picture.width, picture.height, picture.dpi, picture.pixels));
    assert_eq!(picture, Ok((5, 4, None, pattern(5, 4))));
}

#[test]
fn a_picture_shown_does_not_show_the_finger() {
    let shown = format!("{:?}", decode(&grey_png(5, 4)));
    assert_eq!(shown, "Ok(Picture { width: 5, height: 4, dpi: Some(500), .. })");
}

#[test]
fn the_largest_sides_are_read() {
    let deep = vec![0x40; 4000 * 4000 * 8];
    let files = [
        ("PNG", grey_png(4000, 4000), 0),
        ("BMP", grey_bmp(4000, 4000), 0),
        ("TIFF", grey_tiff(4000, 4000), 0),
        (
            "PNG, 16 bits, transparent",
            png((4000, 4000), ColorType::Rgba, BitDepth::Sixteen, None, &deep),
            207,
        ),
    ];
    for (name, bytes, first) in files {
        let picture = decode(&bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!((picture.width, picture.height), (4000, 4000), "{name}");
        assert_eq!(picture.pixels[0], first, "{name}");
    }
}

#[test]
fn the_shared_finger_images_are_read() {
    let sets = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/fingerprints");
    let Ok(sets) = std::fs::read_dir(sets) else {
        println!("SKIPPED the_shared_finger_images_are_read: ../shared/data/fingerprints is absent");
        return;
    };
    let images: Vec<_> = sets
        .filter_map(|set| std::fs::read_dir(set.ok()?.path()).ok())
        .flatten()
        .filter_map(|file| Some(file.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|name| name == "png" || name == "tif"))
        .collect();
    assert!(!images.is_empty());
    for path in images {
        let picture = read(&path).unwrap_or_else(|error| panic!("{error}"));
        assert!(picture.width.min(picture.height) >= 96, "{}", path.display());
    }
}
