//! How fast a station's journal commits, beside what its disk can do.

use crate::Outcome;
use crate::length::Length;
use crate::machine::Machine;
use crate::row::Row;
use crate::statistics::{Side, beside};
use identification::decision::{Decision, Ruling};
use identification::event::{Basis, CheckInId, Event, PrintOutcome, Step};
use identification::evidence::{Evidence, ImageDigest, Score, Scored};
use identification::voter::{FingerPosition, RollNumber};
use journal::StoreKey;
use journal::journal::{Journal, Owner};
use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::Path;

/// What the raw side appends each time: a page.
const PAGE: usize = 4 << 10;
/// Of the journal's first event, in Unix ms.
const START: u64 = 1_700_000_000_000;
/// Events of one whole check-in.
const STEPS: u32 = 7;

/// The journal's row. `folder` is on the disk that counts, which a system's temporary folder may not be.
pub(crate) fn row(machine: &Machine, folder: &Path, length: Length) -> Outcome<Row> {
    eprintln!("bench: journal");
    let folder = tempfile::tempdir_in(folder)?;
    let owner = Owner {
        station: "bench".to_owned(),
        kiosk: "1".to_owned(),
    };
    let mut journal = Journal::open(&folder.path().join("journal.db"), &StoreKey::generate()?, &owner)?;
    let mut raw = OpenOptions::new()
        .append(true)
        .create(true)
        .open(folder.path().join("raw"))?;
    let (mut events, mut at) = (events(), START);
    let commit = Side::new(length.pick(1_400, 70), || {
        at += 1_000;
        let event = events.next().ok_or("the events ended")?;
        Ok(journal.append(&[event], at)?)
    });
    let page = [0x5a; PAGE];
    let sync = Side::new(length.pick(1_400, 70), || {
        raw.write_all(&page)?;
        Ok(raw.sync_data()?)
    });
    let (commits, syncs) = beside(commit, sync)?;
    let means = [&commits, &syncs].map(|sample| 1.0 / sample.mean());
    let contains = format!(
        "one event of a check-in in each commit, in the order of whole check-ins: JSON, Merkle tree, state, encrypted \
         pages into the write-ahead log, fsync, and now and then a checkpoint of the log; the peer appends 4 KiB and \
         calls fdatasync in the same folder ({}). The peer's file grows each time, while the log is written over once \
         it was checkpointed, so the ratio can pass 1. p95 is the rate of the slow ones; over all {} commits the mean \
         is {:.0}/s, of the peer {:.0}/s",
        machine.file_system,
        commits.count(),
        means[0],
        means[1],
    );
    Ok(Row::rates(
        "journal commits",
        (commits, syncs),
        "4 KiB append and fdatasync",
        contains,
    ))
}

/// Check-in after check-in, each of another voter with another image.
fn events() -> impl Iterator<Item = Event> {
    (0_u32..).map(|number| {
        let voter = number / STEPS + 1;
        Event::CheckIn {
            id: CheckInId(u64::from(voter)),
            step: step(voter, number % STEPS),
        }
    })
}

fn step(number: u32, step: u32) -> Step {
    let (voter, score) = (RollNumber(number), Score(912));
    match step {
        0 => Step::Started,
        1 => {
            let mut image = [0; 32];
            image[..4].copy_from_slice(&number.to_be_bytes());
            let others = [(7, 210), (311, 180), (900, 150), (1_201, 120)];
            let others = others.map(|(voter, score)| Scored {
                voter: RollNumber(voter),
                score: Score(score),
                finger: FingerPosition::RightIndex,
            });
            let best = Scored {
                voter,
                score,
                finger: FingerPosition::RightIndex,
            };
            let evidence = Evidence::Fingerprint {
                asked: FingerPosition::Unknown,
                quality: Some(80),
                candidates: [best].into_iter().chain(others).collect(),
                advice: Vec::new(),
                elapsed_ms: 1_400,
                image: Some(ImageDigest(image)),
            };
            Step::Seen { evidence }
        }
        2 => {
            let code = "photo".to_owned();
            Step::Ruled {
                ruling: Ruling {
                    decision: Decision::ConfirmPhoto(voter),
                    reason: code.clone(),
                    rule: code,
                },
            }
        }
        3 => Step::Identified {
            voter,
            basis: Basis::Confirmed { score: Some(score) },
        },
        4 => Step::Printing { copy: 1 },
        5 => Step::PrintEnded {
            outcome: PrintOutcome::Printed,
        },
        _ => Step::Issued,
    }
}
