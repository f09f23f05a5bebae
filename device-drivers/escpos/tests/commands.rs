//! Blocks and the bytes that they become, from Epson's ESC/POS command reference.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use escpos_driver::commands::{encode, fence, start, status_request};
use escpos_driver::{code_page, status};
use plugin_sdk::fault::{Fault, Kind};
use plugin_sdk::printer::{Bitmap, Block, Size, Text};

fn line(value: &str) -> Text {
    Text {
        value: value.to_owned(),
        size: Size::Normal,
        bold: false,
        centred: false,
    }
}

/// What precedes a line of normal text at the left.
const PLAIN: [u8; 9] = [0x1b, b'a', 0, 0x1b, b'E', 0, 0x1d, b'!', 0];

fn plain(text: &[u8]) -> Vec<u8> {
    [&PLAIN, text, &[0x0a]].concat()
}

#[test]
fn each_block_becomes_the_commands_of_the_reference() {
    let cases: Vec<(&str, Block, Vec<u8>)> = vec![
        ("latin", Block::Line(line("No. 17")), plain(b"No. 17")),
        (
            "russian",
            Block::Line(line("Избирательный № 5, Ёлкина")),
            plain(b"\x88\xa7\xa1\xa8\xe0\xa0\xe2\xa5\xab\xec\xad\xeb\xa9 \xfc 5, \xf0\xab\xaa\xa8\xad\xa0"),
        ),
        (
            "kyrgyz letters that the code page lacks",
            Block::Line(line("өүң ӨҮҢ кыз")),
            plain(b"??? ??? \xaa\xeb\xa7"),
        ),
        (
            "commands hidden in text",
            Block::Line(line("a\u{1b}@\u{1d}V0\n\u{10}\u{4}\u{1}\u{7f}")),
            plain(b"a?@?V0?????"),
        ),
        ("empty", Block::Line(line("")), plain(b"")),
        (
            "large, bold, centred",
            Block::Line(Text {
                value: "1".to_owned(),
                size: Size::Large,
                bold: true,
                centred: true,
            }),
            vec![0x1b, b'a', 1, 0x1b, b'E', 1, 0x1d, b'!', 0x11, b'1', 0x0a],
        ),
        ("rule", Block::Rule, plain(&[0xc4; 48])),
        ("feed", Block::Feed(3), vec![0x1b, b'd', 3]),
        ("cut", Block::Cut, vec![0x1d, b'V', 66, 0]),
        (
            "QR code",
            Block::QrCode("AB".to_owned()),
            [
                &[0x1b, b'a', 1][..],
                &[0x1d, b'(', b'k', 4, 0, 49, 65, 50, 0],
                &[0x1d, b'(', b'k', 3, 0, 49, 67, 6],
                &[0x1d, b'(', b'k', 3, 0, 49, 69, 49],
                &[0x1d, b'(', b'k', 5, 0, 49, 80, 48, b'A', b'B'],
                &[0x1d, b'(', b'k', 3, 0, 49, 81, 48],
            ]
            .concat(),
        ),
        (
            "picture whose rows are padded",
            Block::Raster(Bitmap {
                width: 10,
                height: 2,
                bits: vec![0xff, 0xc0, 0x80, 0x40],
            }),
            vec![0x1b, b'a', 1, 0x1d, b'v', b'0', 0, 2, 0, 2, 0, 0xff, 0xc0, 0x80, 0x40],
        ),
    ];
    for (name, block, bytes) in cases {
        assert_eq!(encode(&block), Ok(bytes), "{name}");
    }
}

#[test]
fn a_high_picture_goes_in_bands() {
    let picture = Block::Raster(Bitmap {
        width: 8,
        height: 300,
        bits: vec![0x55; 300],
    });
    let bytes = encode(&picture).unwrap();
    let rows: Vec<u8> = bytes
        .windows(8)
        .filter(|head| head.starts_with(b"\x1dv0\0\x01\0"))
        .map(|head| head[6])
        .collect();
    assert_eq!(rows, [128, 128, 44]);
    assert_eq!(bytes.len(), 3 + 3 * 8 + 300);
}

#[test]
fn a_long_payload_has_its_length_in_two_bytes() {
    let bytes = encode(&Block::QrCode("x".repeat(512))).unwrap();
    assert!(
        bytes
            .windows(7)
            .any(|head| head == [0x1d, b'(', b'k', 0x03, 0x02, 49, 80])
    );
}

#[test]
fn what_the_printer_cannot_print_is_refused_before_anything_is_sent() {
    let bitmap = |width, height, bytes| {
        Block::Raster(Bitmap {
            width,
            height,
            bits: vec![0; bytes],
        })
    };
    let cases = [
        ("empty QR code", Block::QrCode(String::new()), "qr-length"),
        ("QR code too long", Block::QrCode("x".repeat(513)), "qr-length"),
        ("picture too wide", bitmap(577, 1, 73), "bitmap-size"),
        ("picture without width", bitmap(0, 1, 0), "bitmap-size"),
        ("picture without height", bitmap(8, 0, 0), "bitmap-size"),
        ("picture with too few bytes", bitmap(9, 2, 3), "bitmap-size"),
    ];
    for (name, block, code) in cases {
        assert_eq!(encode(&block), Err(Fault::new(Kind::NotSupported, code)), "{name}");
    }
}

#[test]
fn every_byte_of_the_code_page_stands_for_one_character() {
    let mut bytes: Vec<u8> = ('\0'..='\u{ffff}').filter_map(code_page::byte).collect();
    bytes.sort_unstable();
    let expected: Vec<u8> = (0x20..=0x7e).chain(0x80..=0xff).collect();
    assert_eq!(bytes, expected);
}

/// (number, answer, off line, paper low, paper out, cover open, error)
const ANSWERS: [(u8, u8, [bool; 5]); 9] = [
    (1, 0x12, [false; 5]),
    (1, 0x1a, [true, false, false, false, false]),
    (2, 0x16, [false, false, false, true, false]),
    (2, 0x32, [false, false, true, false, false]),
    (2, 0x52, [false, false, false, false, true]),
    (3, 0x1a, [false, false, false, false, true]),
    (4, 0x12, [false; 5]),
    (4, 0x1e, [false, true, false, false, false]),
    (4, 0x7e, [false, true, true, false, false]),
];

#[test]
fn each_status_answer_says_what_the_reference_says() {
    for (number, answer, flags) in ANSWERS {
        let mut state = status::State::default();
        state.note(number, answer).unwrap();
        assert_eq!(
            [
                state.off_line,
                state.paper_low,
                state.paper_out,
                state.cover_open,
                state.error
            ],
            flags,
            "DLE EOT {number}: {answer:#x}"
        );
    }
}

#[test]
fn a_byte_answers_at_most_one_kind_of_question() {
    for byte in 0..=u8::MAX {
        assert!(!(status::is_status(byte) && status::is_fence(byte)), "{byte:#x}");
    }
}

#[test]
fn the_fixed_commands_are_those_of_the_reference() {
    assert_eq!(start(), [0x1b, b'@', 0x1b, b't', 17]);
    assert_eq!(status_request(4), [0x10, 0x04, 4]);
    assert_eq!(fence(), [0x1d, b'r', 1]);
}
