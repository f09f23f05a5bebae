//! Every refusal with its sentence, and that nothing of a hostile file does more than be refused.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod samples;

use image_files::{Flaw, MAX_BYTES, decode, raw, read};
use png::{BitDepth, ColorType};
use proptest::prelude::{ProptestConfig, any, prop_assert, prop_assert_eq, proptest};
use samples::{Tiff, bmp, compressed_tiff, grey_bmp, grey_png, grey_tiff, png};
use std::fs::File;
use std::path::Path;
use tiff::encoder::Compression;

#[test]
fn every_refusal_says_what_is_wrong_and_what_to_do() {
    let rgb = |tag: u16, shorts: &[u16]| Tiff::grey(1, 1, 8, vec![0; 4]).with(tag, shorts);
    let cut = |mut bytes: Vec<u8>| {
        bytes.truncate(bytes.len() - 1);
        bytes
    };
    let cases = [
        ("nothing", vec![]),
        ("words", b"a finger".to_vec()),
        ("WSQ", b"\xff\xa0\xff\xa4".to_vec()),
        ("JPEG", b"\xff\xd8\xff\xe0".to_vec()),
        ("JPEG 2000", b"\0\0\0\x0cjP  \r\n\x87\n".to_vec()),
        ("minutiae", b"FMR\0 20\0".to_vec()),
        ("PNG, header alone", b"\x89PNG\r\n\x1a\n".to_vec()),
        ("PNG, cut off", cut(grey_png(9, 9))),
        ("PNG, too wide", {
            let mut bytes = grey_png(9, 9);
            bytes[16..20].copy_from_slice(&4001u32.to_be_bytes());
            let checksum = crc(&bytes[12..29]).to_be_bytes();
            bytes[29..33].copy_from_slice(&checksum);
            bytes
        }),
        (
            "PNG, oblong pixels",
            png(
                (1, 1),
                ColorType::Grayscale,
                BitDepth::Eight,
                Some((19_685, 39_370)),
                &[0],
            ),
        ),
        ("BMP, header alone", b"BM".to_vec()),
        ("BMP, cut off", cut(grey_bmp(9, 9))),
        ("BMP, too high", bmp((1, 4001), 8, 0, &[])),
        ("BMP, too low", bmp((1, i32::MIN), 8, 0, &[])),
        ("BMP, no pixels", bmp((0, 1), 8, 0, &[])),
        ("BMP, a PNG within", {
            let mut bytes = grey_bmp(9, 9);
            bytes[30] = 5;
            bytes
        }),
        ("TIFF, header alone", b"II*\0".to_vec()),
        ("TIFF, cut off", {
            let bytes = compressed_tiff(40, 40, Compression::Uncompressed);
            bytes[..bytes.len() - 9].to_vec()
        }),
        ("TIFF, too wide", Tiff::grey(4001, 1, 8, vec![0; 4001]).bytes()),
        ("TIFF, no pixels", Tiff::grey(0, 1, 8, vec![]).bytes()),
        ("TIFF, mirrored", rgb(274, &[2]).bytes()),
        (
            "TIFF, colours apart",
            rgb(258, &[8, 8, 8])
                .with(262, &[2])
                .with(277, &[3])
                .with(284, &[2])
                .with(273, &[8, 9, 10])
                .with(279, &[1, 1, 1])
                .bytes(),
        ),
        ("TIFF, a palette", rgb(262, &[3]).bytes()),
        (
            "TIFF, printing colours",
            rgb(258, &[8; 4]).with(262, &[5]).with(277, &[4]).bytes(),
        ),
        ("TIFF, 32 bits", Tiff::grey(1, 1, 32, vec![0; 4]).bytes()),
        ("TIFF, an unknown compression", rgb(259, &[34_712]).bytes()),
        (
            "TIFF, oblong pixels",
            rgb(296, &[2]).resolution((1, 1), (2, 1), 2).bytes(),
        ),
    ];
    let mut sentences = String::new();
    for (name, bytes) in cases {
        let error = decode(&bytes).map(|picture| format!("{picture:?}")).unwrap_err();
        sentences += &format!("{name}: {error}\n");
    }
    insta::assert_snapshot!(sentences);
}

/// ISO/IEC 15948, annex D.
fn crc(bytes: &[u8]) -> u32 {
    let step = |sum: u32, _| {
        if sum & 1 == 1 {
            0xedb8_8320 ^ (sum >> 1)
        } else {
            sum >> 1
        }
    };
    let sum = bytes
        .iter()
        .fold(u32::MAX, |sum, byte| (0..8).fold(sum ^ u32::from(*byte), step));
    !sum
}

#[test]
fn a_file_is_named_in_its_refusal() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("finger.wsq"), b"\xff\xa0").unwrap();
    let huge = File::create(folder.path().join("huge.png")).unwrap();
    huge.set_len(u64::try_from(MAX_BYTES).unwrap() + 1).unwrap();
    let sentence = |name: &str| {
        let error = read(&folder.path().join(name)).unwrap_err();
        error.to_string().replace(folder.path().to_str().unwrap(), "FOLDER")
    };
    let sentences: Vec<_> = ["finger.wsq", "huge.png", "lost.png", "."].map(sentence).into();
    insta::assert_snapshot!(sentences.join("\n"));
}

#[test]
fn what_is_no_file_is_refused_and_not_waited_for() {
    let error = read(Path::new("/dev/null")).unwrap_err();
    assert_eq!(error.flaw, Flaw::NotAFile);
}

#[test]
fn bare_pixels_are_as_many_as_their_size_says() {
    let cases = [
        (
            19,
            5,
            4,
            Flaw::RawLength {
                width: 5,
                height: 4,
                bytes: 19,
            },
        ),
        (
            21,
            5,
            4,
            Flaw::RawLength {
                width: 5,
                height: 4,
                bytes: 21,
            },
        ),
        (0, 0, 4, Flaw::NoPixels),
        (4001, 4001, 1, Flaw::TooLarge(4001, 1)),
    ];
    for (bytes, width, height, flaw) in cases {
        assert_eq!(
            raw(&vec![0; bytes], width, height).map_err(|error| error.flaw),
            Err(flaw)
        );
    }
    let error = raw(&[0; 19], 5, 4).unwrap_err().to_string();
    insta::assert_snapshot!(error, @"the image has 19 bytes where 5 x 4 grey pixels are 20; check width and height");
}

#[test]
fn more_than_64_mib_is_refused_before_it_is_looked_at() {
    assert_eq!(
        decode(&vec![0; MAX_BYTES + 1]).map_err(|error| error.flaw),
        Err(Flaw::TooManyBytes)
    );
}

/// The files whose bytes are changed below.
fn good() -> Vec<Vec<u8>> {
    vec![
        grey_png(12, 9),
        grey_bmp(12, 9),
        bmp((3, 2), 1, 0, &[vec![0x40], vec![0x80]]),
        grey_tiff(12, 9),
        compressed_tiff(12, 9, Compression::Lzw),
        compressed_tiff(12, 9, Compression::Deflate(Default::default())),
        compressed_tiff(12, 9, Compression::Packbits),
        Tiff::grey(8, 2, 1, vec![0b0011_0110, 0b1111_0000, 0b0000_0001, 0, 0b0001_0000])
            .with(259, &[4])
            .with(262, &[0])
            .bytes(),
        Tiff::grey(4, 4, 8, vec![7; 16]).with(259, &[7]).bytes(),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 6_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_changed_file_is_a_picture_or_a_refusal(
        which in 0usize..9,
        changes in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 1..6),
        cut in proptest::option::weighted(0.2, any::<proptest::sample::Index>()),
    ) {
        let mut bytes = good().swap_remove(which);
        for (at, value) in changes {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        match decode(&bytes) {
            Ok(picture) => prop_assert_eq!(
                picture.pixels.len(),
                usize::from(picture.width) * usize::from(picture.height)
            ),
            Err(error) => prop_assert!(error.to_string().contains("; ")),
        }
    }
}
