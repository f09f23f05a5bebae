//! `updating-station`: a kiosk that looks for updates once, started by a test that cuts its power.
//!
//! It stands still at the moment that it is told to, or at the end, and says so: the test kills it there.

use end_to_end::site::Site;
use jiff::Timestamp;
use journal::journal::{Moment, Observer};
use std::convert::Infallible;
use std::error::Error;
use std::io::{self, Read};
use std::path::Path;
use std::process::ExitCode;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use updates::folder::FolderSource;
use updates::source::{Part, Source, SourceError};

/// A file is read in pieces of so many bytes, each of which is written before the next is read.
const PIECE_BYTES: u64 = 8 << 10;

/// Where it stands still.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum HoldAt {
    /// nowhere
    Never,
    /// at this write of the journal, counted from when it looks
    Write(u64, Moment),
    /// before this read of the repository
    Read(u64),
}

impl FromStr for HoldAt {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parse = || {
            let (number, moment) = text.split_once(':')?;
            let number = number.parse().ok()?;
            Some(match moment {
                "before" => Self::Write(number, Moment::Before),
                "written" => Self::Write(number, Moment::Written),
                "durable" => Self::Write(number, Moment::Durable),
                "read" => Self::Read(number),
                _ => return None,
            })
        };
        if text == "never" {
            return Ok(Self::Never);
        }
        parse().ok_or_else(|| "write it as 3:before, 3:written, 3:durable, 3:read or never".to_owned())
    }
}

/// Says so and stands still for good.
fn hold() -> ! {
    println!("HOLDING");
    stand_still()
}

fn stand_still() -> ! {
    loop {
        std::thread::park();
    }
}

/// Counts, and stands still at one of the numbers.
#[derive(Clone)]
struct Counter {
    number: Arc<AtomicU64>,
    hold_at: HoldAt,
}

impl Counter {
    fn new(hold_at: HoldAt) -> Self {
        Self {
            number: Arc::default(),
            hold_at,
        }
    }

    fn read(&self) {
        let number = self.number.fetch_add(1, Ordering::SeqCst) + 1;
        if self.hold_at == HoldAt::Read(number) {
            hold();
        }
    }

    /// The journal counts from the kiosk's start.
    fn write(&self, number: u64, moment: Moment, before: u64) {
        self.number.store(number, Ordering::SeqCst);
        if number > before && self.hold_at == HoldAt::Write(number - before, moment) {
            hold();
        }
    }
}

/// A repository whose reads are counted.
struct Counted(FolderSource, Counter);

struct Pieces(Box<dyn Read + Send>, Counter);

impl Source for Counted {
    fn metadata(&self, name: &str, limit: u64) -> Result<Vec<u8>, SourceError> {
        self.1.read();
        self.0.metadata(name, limit)
    }

    fn target(&self, path: &str, offset: u64) -> Result<Part, SourceError> {
        self.1.read();
        let part = self.0.target(path, offset)?;
        Ok(Part {
            offset: part.offset,
            bytes: Box::new(Pieces(part.bytes, self.1.clone())),
        })
    }

    fn describe(&self) -> String {
        self.0.describe()
    }
}

impl Read for Pieces {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.1.read();
        self.0.by_ref().take(PIECE_BYTES).read(buffer)
    }
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let done = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [kiosk, repository, now, hold_at] => update(Path::new(kiosk), Path::new(repository), now, hold_at),
        _ => Err("usage: updating-station KIOSK REPOSITORY NOW HOLD_AT".into()),
    };
    let Err(sentence) = done;
    eprintln!("updating-station: {sentence}");
    ExitCode::FAILURE
}

fn update(kiosk: &Path, repository: &Path, now: &str, hold_at: &str) -> Result<Infallible, Box<dyn Error>> {
    let now: Timestamp = now.parse()?;
    let hold_at: HoldAt = hold_at.parse()?;
    let site = Site::at(kiosk, now);
    let (reads, writes) = (Counter::new(hold_at), Counter::new(hold_at));
    let before = Arc::new(AtomicU64::new(u64::MAX));
    let observer: Observer = Box::new({
        let (writes, before) = (writes.clone(), Arc::clone(&before));
        move |number, moment| writes.write(number, moment, before.load(Ordering::SeqCst))
    });
    let source = Counted(FolderSource::new(repository), reads.clone());
    let mut running = site.start_with(Some(observer), Some(Box::new(source)), stand::compiler());
    let started = writes.number.load(Ordering::SeqCst);
    before.store(started, Ordering::SeqCst);
    println!("READY");
    running.clerk.check(false)?;
    let writes = writes.number.load(Ordering::SeqCst) - started;
    println!("DONE {writes} {}", reads.number.load(Ordering::SeqCst));
    stand_still()
}
