//! Power cuts. The journal is written on a file system on a disk whose writes are noted; then the disk is made again as it
//! was at every moment from which on something was durable, mounted, and its journal is read: what was acknowledged by then
//! must be in it.
//!
//! The same is done once with a file system that does not flush its disk: the check must find that events are lost, or it
//! would find nothing at all.

use crate::Outcome;
use crate::device_mapper::{NOTED, Noted, run};
use crate::moments::{ACKNOWLEDGED, BUSYBOX, FOLDER, look_at};
use crate::told::Told;
use identification::event::{Basis, CheckInId, Event, Step};
use identification::voter::RollNumber;
use journal::StoreKey;
use journal::journal::{Journal, Owner};
use serde_json::{Value, json};
use std::fs::{self, File};
use std::path::Path;
use std::time::Instant;
use vm::write_log::{self, Entry};

const DISK: &str = "vda";
const NOTES: &str = "vdb";
const JOURNAL: &str = "/mnt/journal.db";

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

/// Looks at the moments.
fn looked_at(how: &Run, disk: Vec<u8>, entries: &[Entry]) -> Outcome<Value> {
    let mut exact = 0;
    let (mut lost, mut broken): (Vec<Value>, Vec<String>) = (Vec::new(), Vec::new());
    let looked = look_at(disk, entries, how.moments, events, |moment, found| {
        let (number, acknowledged) = (moment.number, moment.acknowledged);
        match found {
            Ok(events) if events < acknowledged => {
                lost.push(json!({ "moment": number, "acknowledged": acknowledged, "there": events }));
            }
            Ok(events) => exact += u32::from(events == acknowledged),
            Err(error) => broken.push(format!("moment {number}, {acknowledged} acknowledged: {error}")),
        }
    })?;
    Ok(json!({
        "moments": looked.moments,
        "looked_at": looked.looked_at,
        "torn": looked.torn,
        "exact": exact,
        "writes": entries.iter().filter(|entry| matches!(entry, Entry::Write { .. })).count(),
        "lost": lost,
        "broken": broken,
    }))
}

/// How many events the journal has, all of it verified.
fn events() -> Outcome<u64> {
    // As a station opens it after the cut: where there is none yet, it is made.
    let journal = Journal::open(Path::new(JOURNAL), &key(), &owner())?;
    Ok(journal.verify()?.events)
}
