//! The driver against the recording of a real AES3500.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use aes3500_driver::reader::capture;
use plugin_sdk::progress::Stage;
use plugin_sdk::usb::{Status, Usb};
use std::cell::RefCell;
use std::path::{Path, PathBuf};

/// FNV-1a 64 of the image that this driver makes of the recording.
const GOLDEN: u64 = 0xa549_580a_babf_753a;

/// A recording of usbdevfs requests (umockdev). It keeps equal requests once, at their first place, and files a read
/// under the write that came right before it.
struct Recording {
    /// in the order of their first times
    writes: Vec<Vec<u8>>,
    /// the write before the image was read
    before_image: Vec<u8>,
    image: Vec<u8>,
}

impl Recording {
    fn read(path: &Path) -> Self {
        let text = std::fs::read_to_string(path).unwrap();
        let mut recording = Self {
            writes: Vec::new(),
            before_image: Vec::new(),
            image: Vec::new(),
        };
        for line in text.lines() {
            let fields: Vec<&str> = line.trim_start().split(' ').collect();
            if fields[0] != "USBDEVFS_REAPURBNDELAY" {
                continue;
            }
            let data: Vec<u8> = fields[9]
                .as_bytes()
                .chunks(2)
                .map(|hex| u8::from_str_radix(std::str::from_utf8(hex).unwrap(), 16).unwrap())
                .collect();
            match fields[3] {
                "2" => recording.writes.push(data),
                "129" => {
                    assert!(line.starts_with(' ') && recording.image.is_empty());
                    recording.before_image.clone_from(recording.writes.last().unwrap());
                    recording.image = data;
                }
                other => panic!("the recording has an endpoint {other}"),
            }
        }
        recording
    }
}

/// Gives the recorded image, and keeps what was asked.
struct Replay {
    recording: Recording,
    sent: RefCell<Vec<Vec<u8>>>,
    /// how many writes had gone out when the image was read
    read_after: RefCell<Vec<usize>>,
}

impl Usb for Replay {
    fn write(&self, endpoint: u8, data: &[u8], _timeout_ms: u32) -> Result<(), Status> {
        assert_eq!(endpoint, 0x02);
        assert!(self.recording.writes.iter().any(|write| write == data), "{data:02x?}");
        self.sent.borrow_mut().push(data.to_vec());
        Ok(())
    }

    fn read(&self, endpoint: u8, length: u32, _timeout_ms: u32) -> Result<Vec<u8>, Status> {
        assert_eq!(endpoint, 0x81);
        if usize::try_from(length) == Ok(self.recording.image.len()) {
            self.read_after.borrow_mut().push(self.sent.borrow().len());
            return Ok(self.recording.image.clone());
        }
        // The one look for what an earlier capture left behind, of which the recorded host has none: before any scan.
        assert_eq!((length, self.sent.borrow().len()), (64, 2));
        Err(Status::TimedOut)
    }

    fn clear_halt(&self, endpoint: u8) -> Result<(), Status> {
        panic!("the recording has no halt of {endpoint:02x}")
    }

    fn pause(&self, _ms: u32) {}

    fn remaining_ms(&self) -> u32 {
        10_000
    }
}

fn fnv_1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// The recorded host's picture at half its size: the mean of each two by two pixels.
fn picture(path: &Path) -> Vec<f64> {
    let file = std::io::BufReader::new(std::fs::File::open(path).unwrap());
    let mut picture = png::Decoder::new(file).read_info().unwrap();
    let mut bytes = vec![0; picture.output_buffer_size().unwrap()];
    let shape = picture.next_frame(&mut bytes).unwrap();
    assert_eq!((shape.width, shape.height), (256, 256));
    assert_eq!(
        (shape.color_type, shape.bit_depth),
        (png::ColorType::Rgb, png::BitDepth::Eight)
    );
    // Stored as colour: each pixel is its grey value three times.
    let grey = |line: usize, column: usize| f64::from(bytes[3 * (line * 256 + column)]);
    let quad = |line, column| {
        grey(line, column) + grey(line, column + 1) + grey(line + 1, column) + grey(line + 1, column + 1)
    };
    (0..128 * 128)
        .map(|index| quad(index / 128 * 2, index % 128 * 2) / 4.0)
        .collect()
}

fn correlation(a: &[f64], b: &[f64]) -> f64 {
    let count = f64::from(u32::try_from(a.len()).unwrap());
    let (mean_a, mean_b) = (a.iter().sum::<f64>() / count, b.iter().sum::<f64>() / count);
    let (mut both, mut of_a, mut of_b) = (0.0, 0.0, 0.0);
    for (a, b) in a.iter().zip(b) {
        both += (a - mean_a) * (b - mean_b);
        of_a += (a - mean_a).powi(2);
        of_b += (b - mean_b).powi(2);
    }
    both / (of_a * of_b).sqrt()
}

#[test]
fn the_recorded_reader_gives_the_recorded_picture_at_its_own_size() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/usb-recordings/aes3500");
    if !folder.exists() {
        println!(
            "SKIPPED the_recorded_reader_gives_the_recorded_picture_at_its_own_size: \
             ../shared/data/usb-recordings is absent"
        );
        return;
    }
    let device = Replay {
        recording: Recording::read(&folder.join("capture.ioctl")),
        sent: RefCell::default(),
        read_after: RefCell::default(),
    };
    let stages = RefCell::new(Vec::new());
    let pixels = capture(&device, |stage| stages.borrow_mut().push(stage)).unwrap();

    // Kept as the recording keeps them, the driver's writes are the recorded ones.
    let sent = device.sent.into_inner();
    let mut kept: Vec<&Vec<u8>> = Vec::new();
    for write in &sent {
        if !kept.contains(&write) {
            kept.push(write);
        }
    }
    assert!(kept.into_iter().eq(&device.recording.writes));
    // Once, and after the write that the recording says.
    let read_after = device.read_after.into_inner();
    assert_eq!(read_after.len(), 1);
    assert_eq!(sent[read_after[0] - 1], device.recording.before_image);
    assert_eq!(
        stages.into_inner(),
        [Stage::Ready, Stage::Presented, Stage::Reading, Stage::Remove]
    );

    let expected = picture(&folder.join("capture.png"));
    let greys: Vec<f64> = pixels.iter().map(|grey| f64::from(*grey)).collect();
    let correlation = correlation(&greys, &expected);
    println!("correlation with capture.png {correlation:.4}");
    assert!(correlation >= 0.98, "{correlation}");
    assert_eq!(fnv_1a(&pixels), GOLDEN, "{:#018x}", fnv_1a(&pixels));
}
