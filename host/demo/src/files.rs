//! What the station stands on: a sealed roll of synthetic voters (made once and kept), keys, a configuration, a journal.

use crate::Cli;
use crate::hold::HoldAt;
use crate::people::ROLL_SEED;
use crate::simulated::Devices;
use gateway::assembly::{Ground, Kiosk};
use gateway::clock::SystemClock;
use gateway::configuration::{Configuration, PluginEntry};
use gateway::ports::random_nonce;
use indicatif::{ProgressBar, ProgressStyle};
use journal::StoreKey;
use roll::{Date, Roll, RollKey, SealRequest, Station};
use serde_json::json;
use simulator::finger::View;
use simulator::person::{Person, person};
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

/// Enrolment scanners give larger pictures than a station's.
const ENROLMENT: (u16, u16, u16) = (388, 374, 500);

/// Where everything is.
pub(crate) struct Files {
    pub(crate) station: PathBuf,
}

type Made<T> = Result<T, Box<dyn Error>>;

/// Makes what is missing. A new day begins with a new journal; the roll is kept.
pub(crate) fn prepare(cli: &Cli) -> Made<Files> {
    let roll_folder = cli.folder.join(format!("roll-{}", cli.voters));
    if cli.fresh {
        remove(&roll_folder)?;
    }
    let station = cli.folder.join("station");
    if !cli.resume {
        remove(&station)?;
    }
    make(&roll_folder)?;
    make(&station)?;
    let roll_key = roll_folder.join("roll.key");
    let sealed = roll_folder.join("roll.db");
    if !is_whole(&sealed, &roll_key) {
        make_roll(cli, &roll_folder)?;
    }
    let journal_key = station.join("journal.key");
    if !journal_key.exists() {
        StoreKey::generate()?.write(&journal_key)?;
    }
    let configuration = configuration(cli, &sealed, &roll_key)?;
    write(&station.join("kiosk.toml"), configuration.as_bytes())?;
    Ok(Files { station })
}

impl Files {
    pub(crate) fn assemble(&self, devices: &Devices, hold_at: Option<HoldAt>) -> Made<Kiosk> {
        let configuration = Configuration::read(&self.station.join("kiosk.toml"))?;
        let ground = Ground {
            bus: Arc::new(devices.bus.clone()),
            clock: Arc::new(SystemClock),
            nonce: random_nonce(),
            observer: hold_at.map(HoldAt::observer),
        };
        let kiosk = Kiosk::assemble(&configuration, ground)?;
        kiosk.warm_up().unwrap_or_else(|error| kiosk.notice(error.to_string()));
        Ok(kiosk)
    }
}

fn is_whole(sealed: &Path, key: &Path) -> bool {
    RollKey::read(key).is_ok_and(|key| Roll::open(sealed, &key).is_ok())
}

fn remove(folder: &Path) -> Made<()> {
    if folder.exists() {
        fs::remove_dir_all(folder).map_err(|cause| format!("{} could not be removed: {cause}", folder.display()))?;
    }
    Ok(())
}

fn make(folder: &Path) -> Made<()> {
    Ok(fs::create_dir_all(folder).map_err(|cause| format!("{} could not be made: {cause}", folder.display()))?)
}

fn write(path: &Path, bytes: &[u8]) -> Made<()> {
    Ok(fs::write(path, bytes).map_err(|cause| format!("{} could not be written: {cause}", path.display()))?)
}

/// Draws the voters' pictures and seals them, as the commission would.
fn make_roll(cli: &Cli, folder: &Path) -> Made<()> {
    let list = folder.join("list");
    remove(&list)?;
    make(&list.join("fingers"))?;
    make(&list.join("photos"))?;
    eprintln!("Making a roll of {} synthetic voters, once:", cli.voters);
    let people: Vec<Person> = (1..=cli.voters).map(|number| person(ROLL_SEED, number)).collect();
    draw(&people, &list)?;
    let lines: Vec<String> = people.iter().map(line).collect();
    write(&list.join("voters.jsonl"), lines.concat().as_bytes())?;

    let key_file = folder.join("roll.key");
    if !key_file.exists() {
        RollKey::generate()?.write(&key_file)?;
    }
    let key = RollKey::read(&key_file)?;
    let date = Date::new(2027, 1, 24).ok_or("the election has no date")?;
    let station = Station::new("2041", "School no. 5", "Bishkek", "Presidential election 2027", date)?;
    let mut extractor = commission::matcher::open(&cli.plugins.join("fingerprint-matcher.wasm"))?;
    let request = SealRequest {
        list: &list,
        station: &station,
        key: &key,
        out: &folder.join("roll.db"),
    };
    let bar = bar("  sealing", u64::from(cli.voters) * 2);
    roll::seal(&request, &mut *extractor, &mut |done, _| {
        bar.set_position(u64::try_from(done).unwrap_or(0))
    })?;
    bar.finish_and_clear();
    // The roll has all that is needed; the pictures were only its material.
    remove(&list)
}

fn bar(what: &'static str, length: u64) -> ProgressBar {
    let style = ProgressStyle::with_template("{prefix:<18} {bar:40} {pos}/{len} {eta}")
        .unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(length).with_style(style).with_prefix(what)
}

/// Two enrolled fingers and a portrait for each voter, on all cores.
fn draw(people: &[Person], list: &Path) -> Made<()> {
    let bar = bar("  drawing fingers", u64::try_from(people.len()).unwrap_or(0));
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get);
    let failed = AtomicU32::new(0);
    std::thread::scope(|scope| {
        for share in 0..cores {
            let (bar, failed) = (&bar, &failed);
            scope.spawn(move || {
                for person in people.iter().skip(share).step_by(cores) {
                    if draw_one(person, list).is_err() {
                        failed.fetch_add(1, Ordering::Relaxed);
                    }
                    bar.inc(1);
                }
            });
        }
    });
    bar.finish_and_clear();
    match failed.into_inner() {
        0 => Ok(()),
        some => Err(format!(
            "the pictures of {some} voters could not be written to {}; free some space",
            list.display()
        )
        .into()),
    }
}

fn draw_one(person: &Person, list: &Path) -> Made<()> {
    let (width, height, dpi) = ENROLMENT;
    for code in person.enrolled_fingers {
        let view = View::reference(person.finger_seed(code), width, height, dpi);
        let image = person.finger(code).impression(&view);
        write(
            &list.join(format!("fingers/{}-{code}.png", person.roll_number)),
            &image.to_png()?,
        )?;
    }
    write(
        &list.join(format!("photos/{}.png", person.roll_number)),
        &person.portrait(),
    )
}

fn line(person: &Person) -> String {
    let fingers: Vec<serde_json::Value> = person
        .enrolled_fingers
        .iter()
        .map(|code| {
            json!({
                "position": position_name(*code),
                "image": format!("fingers/{}-{code}.png", person.roll_number),
                "dpi": ENROLMENT.2,
            })
        })
        .collect();
    let voter = json!({
        "number": person.roll_number,
        "name": person.name.to_string(),
        "born": person.born.to_string(),
        "sex": person.sex.letter().to_string(),
        "pin": person.pin,
        "document": person.document_number,
        "photo": format!("photos/{}.png", person.roll_number),
        "fingers": fingers,
    });
    format!("{voter}\n")
}

fn position_name(code: u8) -> &'static str {
    const NAMES: [&str; 10] = [
        "right-thumb",
        "right-index",
        "right-middle",
        "right-ring",
        "right-little",
        "left-thumb",
        "left-index",
        "left-middle",
        "left-ring",
        "left-little",
    ];
    NAMES
        .get(usize::from(code).wrapping_sub(1))
        .copied()
        .unwrap_or("right-index")
}

/// The configuration, with every plugin of the folder pinned by its digest and granted what it asks for.
fn configuration(cli: &Cli, sealed: &Path, roll_key: &Path) -> Made<String> {
    let absolute = |path: &Path| fs::canonicalize(path).map(|path| path.display().to_string());
    let mut table = toml::Table::new();
    let kiosk = toml::toml! {
        number = "1"
        utc-offset-minutes = 360
    };
    let rules = toml::toml! {
        floor = 500
        overrides = 20
        name-agreement = 80
    };
    let policy = toml::toml! {
        attempts = 3
        threshold = 300
        minimum-quality = 20
    };
    let journal = toml::toml! {
        file = "journal.db"
        key = "journal.key"
    };
    let roll: toml::Table = [("file", absolute(sealed)?), ("key", absolute(roll_key)?)]
        .map(|(name, path)| (name.to_owned(), path.into()))
        .into_iter()
        .collect();
    for (name, part) in [
        ("kiosk", kiosk),
        ("rules", rules),
        ("policy", policy),
        ("journal", journal),
        ("roll", roll),
    ] {
        table.insert(name.to_owned(), part.into());
    }
    table.insert("plugin".to_owned(), toml::Value::Array(plugins(&cli.plugins)?));
    Ok(toml::to_string(&table)?)
}

fn plugins(folder: &Path) -> Made<Vec<toml::Value>> {
    let entries = fs::read_dir(folder).map_err(|cause| {
        format!(
            "{} could not be read ({cause}); run `cargo xtask plugins` first",
            folder.display()
        )
    })?;
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.retain(|path| path.extension().is_some_and(|kind| kind == "wasm"));
    paths.sort();
    let entry = |path: &PathBuf| {
        let entry =
            PluginEntry::pinning(&fs::canonicalize(path)?).map_err(|error| format!("{}: {error}", path.display()))?;
        Ok(toml::Value::try_from(entry)?)
    };
    paths.iter().map(entry).collect()
}
