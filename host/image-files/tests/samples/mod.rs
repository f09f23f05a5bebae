//! Files made for the tests, byte for byte where a library would choose for itself.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
#![allow(dead_code, clippy::allow_attributes, reason = "each test uses some of these")]

use std::io::Cursor;
use tiff::encoder::{Compression, TiffEncoder, colortype::Gray8};

/// Every grey, no two rows alike.
pub(crate) fn pattern(width: u16, height: u16) -> Vec<u8> {
    let pixel = |at: u32| u8::try_from(at * 7 % 256).unwrap();
    (0..u32::from(width) * u32::from(height)).map(pixel).collect()
}

/// A PNG of these samples; `per_metre` is across and down.
pub(crate) fn png(
    (width, height): (u32, u32),
    colour: png::ColorType,
    depth: png::BitDepth,
    per_metre: Option<(u32, u32)>,
    samples: &[u8],
) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(colour);
    encoder.set_depth(depth);
    encoder.set_pixel_dims(per_metre.map(|(xppu, yppu)| png::PixelDimensions {
        xppu,
        yppu,
        unit: png::Unit::Meter,
    }));
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(samples).unwrap();
    writer.finish().unwrap();
    bytes
}

/// A grey PNG at 500 dpi.
pub(crate) fn grey_png(width: u16, height: u16) -> Vec<u8> {
    let size = (width.into(), height.into());
    let per_metre = Some((19_685, 19_685));
    png(
        size,
        png::ColorType::Grayscale,
        png::BitDepth::Eight,
        per_metre,
        &pattern(width, height),
    )
}

/// A BMP with a `BITMAPINFOHEADER`: `bits` a pixel, a grey palette up to 8 bits, rows from the bottom, each padded.
pub(crate) fn bmp((width, height): (i32, i32), bits: u16, per_metre: i32, rows: &[Vec<u8>]) -> Vec<u8> {
    let colours: u32 = if bits <= 8 { 1 << bits } else { 0 };
    let palette: Vec<u8> = (0..colours)
        .flat_map(|colour| {
            let grey = u8::try_from(colour * 255 / (colours - 1)).unwrap();
            [grey, grey, grey, 0]
        })
        .collect();
    let mut data = Vec::new();
    for row in rows.iter().rev() {
        data.extend(row);
        data.resize(data.len().next_multiple_of(4), 0);
    }
    let start = u32::try_from(54 + palette.len()).unwrap();
    let mut bytes = b"BM".to_vec();
    bytes.extend((start + u32::try_from(data.len()).unwrap()).to_le_bytes());
    bytes.extend([0; 4]);
    bytes.extend(start.to_le_bytes());
    bytes.extend(40u32.to_le_bytes());
    bytes.extend(width.to_le_bytes());
    bytes.extend(height.to_le_bytes());
    bytes.extend(1u16.to_le_bytes());
    bytes.extend(bits.to_le_bytes());
    bytes.extend(0u32.to_le_bytes());
    bytes.extend(u32::try_from(data.len()).unwrap().to_le_bytes());
    bytes.extend(per_metre.to_le_bytes());
    bytes.extend(per_metre.to_le_bytes());
    bytes.extend(colours.to_le_bytes());
    bytes.extend(0u32.to_le_bytes());
    bytes.extend(palette);
    bytes.extend(data);
    bytes
}

/// A BMP of 8-bit grey at 500 dpi.
pub(crate) fn grey_bmp(width: u16, height: u16) -> Vec<u8> {
    let rows: Vec<_> = pattern(width, height)
        .chunks(width.into())
        .map(<[u8]>::to_vec)
        .collect();
    bmp((width.into(), height.into()), 8, 19_685, &rows)
}

/// A TIFF, little-endian, one strip, of the tags that the test chooses.
pub(crate) struct Tiff {
    tags: Vec<(u16, Value)>,
    strip: Vec<u8>,
}

#[derive(Clone)]
enum Value {
    Short(Vec<u16>),
    Long(u32),
    Ratio(u32, u32),
}

impl Tiff {
    /// Min-is-black grey, not compressed, without a resolution.
    pub(crate) fn grey(width: u32, height: u32, bits: u16, strip: Vec<u8>) -> Self {
        let length = u32::try_from(strip.len()).unwrap();
        let tags = vec![
            (256, Value::Long(width)),
            (257, Value::Long(height)),
            (258, Value::Short(vec![bits])),
            (259, Value::Short(vec![1])),
            (262, Value::Short(vec![1])),
            // right after the header
            (273, Value::Long(8)),
            (277, Value::Short(vec![1])),
            (278, Value::Long(height)),
            (279, Value::Long(length)),
        ];
        Self { tags, strip }
    }

    /// Sets a tag of shorts, and keeps the tags sorted.
    pub(crate) fn with(mut self, tag: u16, shorts: &[u16]) -> Self {
        self.set(tag, Value::Short(shorts.to_vec()));
        self
    }

    /// Sets `XResolution`, `YResolution` and `ResolutionUnit`.
    pub(crate) fn resolution(mut self, across: (u32, u32), down: (u32, u32), unit: u16) -> Self {
        self.set(282, Value::Ratio(across.0, across.1));
        self.set(283, Value::Ratio(down.0, down.1));
        self.with(296, &[unit])
    }

    fn set(&mut self, tag: u16, value: Value) {
        self.tags.retain(|(other, _)| *other != tag);
        self.tags.push((tag, value));
        self.tags.sort_by_key(|(tag, _)| *tag);
    }

    pub(crate) fn bytes(self) -> Vec<u8> {
        let mut bytes = b"II*\0".to_vec();
        let directory = (8 + self.strip.len()).next_multiple_of(2);
        bytes.extend(u32::try_from(directory).unwrap().to_le_bytes());
        bytes.extend(&self.strip);
        bytes.resize(directory, 0);
        bytes.extend(u16::try_from(self.tags.len()).unwrap().to_le_bytes());
        let mut outside = Vec::new();
        let outside_at = directory + 2 + 12 * self.tags.len() + 4;
        for (tag, value) in &self.tags {
            let (kind, count, mut data): (u16, usize, Vec<u8>) = match value {
                Value::Short(all) => (3, all.len(), all.iter().flat_map(|short| short.to_le_bytes()).collect()),
                Value::Long(long) => (4, 1, long.to_le_bytes().to_vec()),
                Value::Ratio(over, under) => (5, 1, [over.to_le_bytes(), under.to_le_bytes()].concat()),
            };
            if data.len() > 4 {
                let at = u32::try_from(outside_at + outside.len()).unwrap();
                outside.append(&mut data);
                data = at.to_le_bytes().to_vec();
            }
            data.resize(4, 0);
            bytes.extend(tag.to_le_bytes());
            bytes.extend(kind.to_le_bytes());
            bytes.extend(u32::try_from(count).unwrap().to_le_bytes());
            bytes.extend(data);
        }
        bytes.extend([0; 4]);
        bytes.extend(outside);
        bytes
    }
}

/// A TIFF of 8-bit grey at 500 dpi.
pub(crate) fn grey_tiff(width: u16, height: u16) -> Vec<u8> {
    Tiff::grey(width.into(), height.into(), 8, pattern(width, height))
        .resolution((500, 1), (500, 1), 2)
        .bytes()
}

/// A TIFF of 8-bit grey in strips, compressed.
pub(crate) fn compressed_tiff(width: u16, height: u16, compression: Compression) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = TiffEncoder::new(Cursor::new(&mut bytes))
        .unwrap()
        .with_compression(compression);
    encoder
        .write_image::<Gray8>(width.into(), height.into(), &pattern(width, height))
        .unwrap();
    bytes
}
