//! A small station whose first voter is enrolled with a given picture.

use gateway::configuration::PluginEntry;
use simulator::finger::{Finger, View};
use std::error::Error;
use std::fs;
use std::io::BufReader;
use std::path::{Path, PathBuf};

/// 8-bit grey, top row first.
pub(crate) struct Picture {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) pixels: Vec<u8>,
}

type Made<T> = Result<T, Box<dyn Error>>;

/// Reads a PNG whose colours, if it has any, are all grey.
pub(crate) fn grey_png(path: &Path) -> Made<Picture> {
    let mut reader = png::Decoder::new(BufReader::new(fs::File::open(path)?)).read_info()?;
    let mut bytes = vec![0; reader.output_buffer_size().ok_or("the picture is too large")?];
    let info = reader.next_frame(&mut bytes)?;
    let samples = info.color_type.samples();
    let pixels = bytes[..info.buffer_size()]
        .chunks_exact(samples)
        .map(|pixel| pixel[0])
        .collect();
    Ok(Picture {
        width: info.width,
        height: info.height,
        pixels,
    })
}

fn png_of(picture: &Picture) -> Made<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, picture.width, picture.height);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.write_header()?.write_image_data(&picture.pixels)?;
    Ok(bytes)
}

/// Seals the roll, makes the keys and the configuration; returns the configuration's path.
pub(crate) fn prepare(work: &Path, plugins: &Path, picture: &Picture, dpi: u16) -> Made<PathBuf> {
    let mut fingers = vec![(png_of(picture)?, dpi)];
    for voter in 2..=8 {
        let view = View::reference(voter, 388, 374, 500);
        fingers.push((Finger::new(voter).impression(&view).to_png()?, 500));
    }
    stand::seal(work, &plugins.join("fingerprint-matcher.wasm"), &fingers);
    journal::StoreKey::generate()?.write(&work.join("journal.key"))?;
    let config = work.join("kiosk.toml");
    fs::write(&config, configuration(plugins)?)?;
    Ok(config)
}

fn configuration(plugins: &Path) -> Made<String> {
    let mut text = "
[kiosk]
number = \"1\"
utc-offset-minutes = 360
[roll]
file = \"roll.db\"
key = \"roll.key\"
[journal]
file = \"journal.db\"
key = \"journal.key\"
[rules]
floor = 500
overrides = 5
name-agreement = 80
"
    .to_owned();
    for name in [
        "fingerprint-matcher",
        "fingerprint-first",
        "turnout-csv",
        "nb1010",
        "upektc-img",
        "uru4000",
    ] {
        let entry = PluginEntry::pinning(&plugins.join(format!("{name}.wasm")))?;
        let entry = toml::Value::try_from(entry)?;
        let list = toml::Table::from_iter([("plugin".to_owned(), toml::Value::Array(vec![entry]))]);
        text.push_str(&toml::to_string(&list)?);
    }
    Ok(text)
}
