//! Power cuts. The journal is written on a file system on a disk whose writes are noted; then the disk is made again as it
//! was at every moment from which on something was durable, mounted, and its journal is read: what was acknowledged by then
//! must be in it.
//!
//! The same is done once with a file system that does not flush its disk: the check must find that events are lost, or it
//! would find nothing at all.

use crate::Outcome;
use crate::device_mapper::{NOTED, Noted, run};
use crate::told::Told;
use identification::event::{Basis, CheckInId, Event, Step};
use identification::voter::RollNumber;
use journal::StoreKey;
use journal::journal::{Journal, Owner};
use serde_json::{Value, json};
use std::fs::{self, File};
use std::io::Write as _;
use std::path::Path;
use std::time::Instant;
use vm::write_log::{self, Entry};

const DISK: &str = "vda";
const NOTES: &str = "vdb";
const FOLDER: &str = "/mnt";
const JOURNAL: &str = "/mnt/journal.db";
/// The disk as it was at one moment, in memory.
const MOMENT: &str = "/tmp/moment";
const BUSYBOX: &str = "/bin/busybox";
/// Before the number of events that are acknowledged.
const ACKNOWLEDGED: &str = "acknowledged-";

/// How a run is done.
struct Run {
    name: &'static str,
    /// of the mount
    options: &'static str,
    /// admissions, of two events each
    admissions: u64,
    /// moments that are looked at, at most
    moments: usize,
}

const RUNS: [Run; 2] = [
    Run {
        name: "flushing",
        options: "barrier=1",
        admissions: 100,
        moments: 300,
    },
    Run {
        name: "not flushing",
        options: "barrier=0",
        admissions: 10,
        moments: 20,
    },
];

fn key() -> StoreKey {
    StoreKey::from_bytes([3; 32])
}

fn owner() -> Owner {
    Owner {
        station: "2041".to_owned(),
        kiosk: "1".to_owned(),
    }
}

/// Both runs.
pub(crate) fn power(told: &mut Told) -> Outcome {
    for run in RUNS {
        let started = Instant::now();
        let (disk, entries) = written(&run)?;
        let writing = started.elapsed();
        let mut finding = looked_at(&run, disk, &entries)?;
        finding["disk"] = json!(run.name);
        finding["admissions"] = json!(run.admissions);
        finding["writing_s"] = json!(writing.as_secs_f64());
        finding["looking_s"] = json!((started.elapsed() - writing).as_secs_f64());
        told.found("power", finding)?;
    }
    Ok(())
}

/// Writes a journal; the disk as it was before, and what it was written.
fn written(how: &Run) -> Outcome<(Vec<u8>, Vec<Entry>)> {
    let device = Path::new("/dev").join(DISK);
    run("/sbin/mkfs.ext4", &["-q", "-F", &device.display().to_string()])?;
    let before = fs::read(&device)?;
    let noted = Noted::new(DISK, NOTES)?;
    run(BUSYBOX, &["mount", "-t", "ext4", "-o", how.options, NOTED, FOLDER])?;
    let mut journal = Journal::open(Path::new(JOURNAL), &key(), &owner())?;
    let officers = vec!["A".to_owned(), "B".to_owned()];
    append(&mut journal, &noted, &[Event::PollsOpened { officers }])?;
    for number in 1..=how.admissions {
        append(&mut journal, &noted, &admitted(number)?)?;
    }
    drop(journal);
    run(BUSYBOX, &["umount", FOLDER])?;
    noted.end()?;
    let entries = write_log::read(&mut File::open(Path::new("/dev").join(NOTES))?)?;
    Ok((before, entries))
}

fn append(journal: &mut Journal, noted: &Noted, events: &[Event]) -> Outcome {
    journal.append(events, journal.size())?;
    noted.mark(&format!("{ACKNOWLEDGED}{}", journal.size()))
}

fn admitted(number: u64) -> Outcome<Vec<Event>> {
    let id = CheckInId(number);
    let step = |step| Event::CheckIn { id, step };
    let identified = Step::Identified {
        voter: RollNumber(u32::try_from(number)?),
        basis: Basis::Confirmed { score: None },
    };
    Ok(vec![step(Step::Started), step(identified)])
}

/// From one durable write to the next.
struct Moment {
    /// entries up to here are on the disk
    entries: usize,
    /// entries up to here may be on it, each or none
    maybe: usize,
    /// events that were acknowledged before the next durable write: these must be there
    acknowledged: u64,
}

/// All moments, the one before the first durable write among them.
fn moments(entries: &[Entry]) -> Vec<Moment> {
    let mut moments = Vec::new();
    let mut acknowledged = 0;
    let mut since = 0;
    for (index, entry) in entries.iter().enumerate() {
        match entry {
            Entry::Mark(word) => {
                let number = word.strip_prefix(ACKNOWLEDGED).and_then(|number| number.parse().ok());
                acknowledged = number.unwrap_or(acknowledged);
            }
            Entry::Write { durable: true, .. } => {
                moments.push(Moment {
                    entries: since,
                    maybe: index,
                    acknowledged,
                });
                since = index + 1;
            }
            _ => {}
        }
    }
    moments.push(Moment {
        entries: since,
        maybe: entries.len(),
        acknowledged,
    });
    moments
}

fn write(disk: &mut [u8], entry: &Entry) -> Outcome {
    if let Entry::Write { at, data, .. } = entry {
        let at = usize::try_from(*at)?;
        let place = disk.get_mut(at..at + data.len());
        place.ok_or("a write was beyond the disk's end")?.copy_from_slice(data);
    }
    Ok(())
}

/// Whether a moment is looked at: all where they are few, else a scattered choice of about so many, the last one always.
/// Not every so manieth: flushes and writes with FUA take turns.
fn is_chosen(number: usize, of: usize, at_most: usize) -> bool {
    let scattered = number.wrapping_mul(0x9e37_79b9) >> 8 & 0xffff;
    number + 1 == of || scattered * of < at_most * 0x1_0000
}

/// Looks at the moments.
fn looked_at(how: &Run, mut disk: Vec<u8>, entries: &[Entry]) -> Outcome<Value> {
    let moments = moments(entries);
    let (mut looked, mut torn, mut exact) = (0, 0, 0);
    let (mut lost, mut broken): (Vec<Value>, Vec<String>) = (Vec::new(), Vec::new());
    let mut done = 0;
    for (number, moment) in moments.iter().enumerate() {
        for entry in &entries[done..moment.entries] {
            write(&mut disk, entry)?;
        }
        done = moment.entries;
        if !is_chosen(number, moments.len(), how.moments) {
            continue;
        }
        let mut look = |disk: &[u8]| -> Outcome {
            match events_on(disk) {
                Ok(events) if events < moment.acknowledged => {
                    lost.push(json!({ "moment": number, "acknowledged": moment.acknowledged, "there": events }));
                }
                Ok(events) => exact += u32::from(events == moment.acknowledged),
                Err(error) => broken.push(format!(
                    "moment {number}, {} acknowledged: {error}",
                    moment.acknowledged
                )),
            }
            Ok(())
        };
        look(&disk)?;
        looked += 1;
        // A power cut may also leave some of what was in the disk's cache.
        let cached: Vec<&Entry> = entries[moment.entries..moment.maybe]
            .iter()
            .filter(|entry| matches!(entry, Entry::Write { .. }))
            .collect();
        if !cached.is_empty() {
            let mut disk = disk.clone();
            for (index, entry) in cached.iter().enumerate() {
                // Half of them, another half at each moment.
                if (index * 7 + number * 5) % 4 < 2 {
                    write(&mut disk, entry)?;
                }
            }
            look(&disk)?;
            torn += 1;
        }
    }
    Ok(json!({
        "moments": moments.len(),
        "looked_at": looked,
        "torn": torn,
        "exact": exact,
        "writes": entries.iter().filter(|entry| matches!(entry, Entry::Write { .. })).count(),
        "lost": lost,
        "broken": broken,
    }))
}

/// How many events the journal on such a disk has, all of it verified.
fn events_on(disk: &[u8]) -> Outcome<u64> {
    // In place: giving the memory back and taking it again takes longer than the writing.
    File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(MOMENT)?
        .write_all(disk)?;
    run(BUSYBOX, &["mount", "-t", "ext4", "-o", "loop", MOMENT, FOLDER])?;
    // As a station opens it after the cut: where there is none yet, it is made.
    let events = match Journal::open(Path::new(JOURNAL), &key(), &owner()) {
        Ok(journal) => journal.verify().map(|report| report.events).map_err(Into::into),
        Err(error) => Err(error.into()),
    };
    run(BUSYBOX, &["umount", FOLDER])?;
    events
}
