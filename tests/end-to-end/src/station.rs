//! A small station whose first voter is enrolled with a given picture.

use gateway::configuration::PluginEntry;
use roll::{Date, RollKey, SealRequest, Station};
use serde_json::json;
use simulator::finger::{Finger, View};
use simulator::person::person;
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

fn write_png(path: &Path, picture: &Picture) -> Made<()> {
    let mut encoder = png::Encoder::new(fs::File::create(path)?, picture.width, picture.height);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.write_header()?.write_image_data(&picture.pixels)?;
    Ok(())
}

/// Seals the roll, makes the keys and the configuration; returns the configuration's path.
pub(crate) fn prepare(work: &Path, plugins: &Path, picture: &Picture, dpi: u16) -> Made<PathBuf> {
    let list = work.join("list");
    fs::create_dir_all(&list)?;
    let mut lines = String::new();
    for number in 1..=8 {
        let person = person(5, number);
        let finger = format!("finger-{number}.png");
        if number == 1 {
            write_png(&list.join(&finger), picture)?;
        } else {
            let view = View::reference(u64::from(number), 388, 374, 500);
            fs::write(
                list.join(&finger),
                Finger::new(u64::from(number)).impression(&view).to_png()?,
            )?;
        }
        fs::write(list.join(format!("photo-{number}.png")), person.portrait())?;
        let voter = json!({
            "number": number,
            "name": person.name.to_string(),
            "born": person.born.to_string(),
            "sex": person.sex.letter().to_string(),
            "pin": person.pin,
            "document": person.document_number,
            "photo": format!("photo-{number}.png"),
            "fingers": [{ "position": "right-index", "image": finger, "dpi": if number == 1 { dpi } else { 500 } }],
        });
        lines.push_str(&format!("{voter}\n"));
    }
    fs::write(list.join("voters.jsonl"), lines)?;
    let key = RollKey::generate()?;
    key.write(&work.join("roll.key"))?;
    let date = Date::new(2027, 1, 24).ok_or("no date")?;
    let station = Station::new("2041", "School no. 5", "Bishkek", "Presidential election 2027", date)?;
    let mut extractor = commission::matcher::open(&plugins.join("fingerprint-matcher.wasm"))?;
    let request = SealRequest {
        list: &list,
        station: &station,
        key: &key,
        out: &work.join("roll.db"),
    };
    roll::seal(&request, &mut *extractor, &mut |_, _| ())?;
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
