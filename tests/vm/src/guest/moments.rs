//! The disk as it was at every moment from which on something of its noted writes was durable, mounted one after the other.

use crate::Outcome;
use crate::device_mapper::run;
use std::fs::File;
use std::io::Write as _;
use vm::write_log::Entry;

/// Where a disk is mounted, whole or as it was.
pub(crate) const FOLDER: &str = "/mnt";
pub(crate) const BUSYBOX: &str = "/bin/busybox";
/// Before the number of what is acknowledged, in a mark.
pub(crate) const ACKNOWLEDGED: &str = "acknowledged-";
/// The disk as it was at one moment, in memory.
const MOMENT: &str = "/tmp/moment";

/// From one durable write to the next.
pub(crate) struct Moment {
    /// from 0
    pub(crate) number: usize,
    /// the number that was acknowledged last before the next durable write: what it stands for must be there
    pub(crate) acknowledged: u64,
    /// entries up to here are on the disk
    entries: usize,
    /// entries up to here may be on it, each or none
    maybe: usize,
}

/// How many moments there are, and how they were looked at.
#[derive(Default)]
pub(crate) struct Looked {
    /// all
    pub(crate) moments: usize,
    /// those that were looked at
    pub(crate) looked_at: usize,
    /// those that were looked at once more, with some of what was in the disk's cache
    pub(crate) torn: usize,
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
                    number: moments.len(),
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
        number: moments.len(),
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

/// Calls `look` with the disk mounted as it was at each of about so many moments, and `judge` with what came of it. `disk` is what
/// it was before the first of `entries`.
pub(crate) fn look_at<T>(
    mut disk: Vec<u8>,
    entries: &[Entry],
    at_most: usize,
    mut look: impl FnMut() -> Outcome<T>,
    mut judge: impl FnMut(&Moment, Outcome<T>),
) -> Outcome<Looked> {
    let moments = moments(entries);
    let mut looked = Looked {
        moments: moments.len(),
        ..Looked::default()
    };
    let mut done = 0;
    for moment in &moments {
        for entry in &entries[done..moment.entries] {
            write(&mut disk, entry)?;
        }
        done = moment.entries;
        if !is_chosen(moment.number, moments.len(), at_most) {
            continue;
        }
        judge(moment, mounted(&disk, &mut look));
        looked.looked_at += 1;
        // A power cut may also leave some of what was in the disk's cache.
        let cached: Vec<&Entry> = entries[moment.entries..moment.maybe]
            .iter()
            .filter(|entry| matches!(entry, Entry::Write { .. }))
            .collect();
        if !cached.is_empty() {
            let mut disk = disk.clone();
            for (index, entry) in cached.iter().enumerate() {
                // Half of them, another half at each moment.
                if (index * 7 + moment.number * 5) % 4 < 2 {
                    write(&mut disk, entry)?;
                }
            }
            judge(moment, mounted(&disk, &mut look));
            looked.torn += 1;
        }
    }
    Ok(looked)
}

/// With such a disk mounted.
fn mounted<T>(disk: &[u8], look: &mut impl FnMut() -> Outcome<T>) -> Outcome<T> {
    // In place: giving the memory back and taking it again takes longer than the writing.
    File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(MOMENT)?
        .write_all(disk)?;
    run(BUSYBOX, &["mount", "-t", "ext4", "-o", "loop", MOMENT, FOLDER])?;
    let found = look();
    run(BUSYBOX, &["umount", FOLDER])?;
    found
}
