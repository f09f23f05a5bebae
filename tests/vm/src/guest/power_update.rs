//! Power cuts while a kiosk takes an update. On a file system on a disk whose writes are noted, a kiosk that runs the old releases
//! of a policy and of settings takes the new ones from a stick. Then, with the disk as it was at every moment, what the kiosk
//! stands on must be there: old or new, whole, and the new where the kiosk was told so; and it must start on it, and go on to the
//! new releases.
//!
//! As with the journal alone, the same is done once with a file system that does not flush its disk.

use crate::Outcome;
use crate::device_mapper::{NOTED, Noted, run};
use crate::kiosk::{NEW, OLD, Packed, Runs, Strokes};
use crate::moments::{ACKNOWLEDGED, BUSYBOX, FOLDER, Moment, look_at};
use crate::told::Told;
use gateway::clock::Clock as _;
use gateway::desk::Desk;
use gateway::updates::state::Standing;
use gateway::updates::terms::Terms;
use identification::event::{Event, UpdateStep};
use journal::journal::Entry as Row;
use plan::item::ItemId;
use plan::plan::Plan;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::Instant;
use updates::client::Versions;
use updates::digest::Sha256;
use vm::write_log::{self, Entry};

const DISK: &str = "vda";
const NOTES: &str = "vdb";
/// Moments that are looked at, at most.
const MOMENTS: usize = 200;

/// How a run is done.
struct Way {
    name: &'static str,
    /// of the mount
    options: &'static str,
    /// the kiosk is started on what is found
    starts: bool,
}

const WAYS: [Way; 2] = [
    Way {
        name: "flushing",
        options: "barrier=1",
        starts: true,
    },
    Way {
        name: "not flushing",
        options: "barrier=0",
        starts: false,
    },
];

/// What a kiosk stands on.
#[derive(Clone)]
struct State {
    /// of the metadata
    versions: Versions,
    /// the file of the plan that was taken last
    plan: Sha256,
    runs: Runs,
}

impl State {
    /// Of a kiosk that has ended, and of which this ran.
    fn of(packed: &Packed, runs: Runs) -> Outcome<Self> {
        let client = packed.client()?;
        let offer = client.kept()?.ok_or("no plan was taken")?;
        Ok(Self {
            versions: client.trusted(),
            plan: offer.plan_file,
            runs,
        })
    }
}

/// What a disk was written, and what the kiosk on it came to.
struct Update {
    entries: Vec<Entry>,
    new: State,
    /// the acknowledged time from which on an item's new release is to run
    active: BTreeMap<ItemId, u64>,
}

/// Both runs.
pub(crate) fn power_update(told: &mut Told) -> Outcome {
    let packed = Packed::read()?;
    let (disk, old) = begun(&packed)?;
    for way in WAYS {
        let started = Instant::now();
        let update = taken(&packed, &disk, way.options)?;
        let writing = started.elapsed();
        let mut finding = looked_at(&way, &packed, disk.clone(), &old, &update)?;
        finding["disk"] = json!(way.name);
        finding["writing_s"] = json!(writing.as_secs_f64());
        finding["looking_s"] = json!((started.elapsed() - writing).as_secs_f64());
        told.found("power-update", finding)?;
    }
    Ok(())
}

/// A disk with a kiosk that runs the old releases.
fn begun(packed: &Packed) -> Outcome<(Vec<u8>, State)> {
    let device = Path::new("/dev").join(DISK);
    let name = device.display().to_string();
    run("/sbin/mkfs.ext4", &["-q", "-F", &name])?;
    run(BUSYBOX, &["mount", "-t", "ext4", &name, FOLDER])?;
    let started = packed.start(&Strokes::of_start(0), |_| ())?;
    let runs = started.take(OLD)?;
    drop(started);
    let old = State::of(packed, runs)?;
    run(BUSYBOX, &["umount", FOLDER])?;
    Ok((fs::read(&device)?, old))
}

/// The kiosk on such a disk takes the update.
fn taken(packed: &Packed, disk: &[u8], options: &str) -> Outcome<Update> {
    fs::write(Path::new("/dev").join(DISK), disk)?;
    let noted = Noted::new(DISK, NOTES)?;
    run(BUSYBOX, &["mount", "-t", "ext4", "-o", options, NOTED, FOLDER])?;
    let clock = Strokes::of_start(1);
    let first = clock.now();
    let marks = noted.marks();
    // A mark that is missing is told below.
    let started = packed.start(&clock, move |at| drop(marks.note(&format!("{ACKNOWLEDGED}{at}"))))?;
    let runs = started.take(NEW)?;
    let rows = started.kiosk.look(Desk::entries)?;
    drop(started);
    let new = State::of(packed, runs)?;
    run(BUSYBOX, &["umount", FOLDER])?;
    noted.end()?;
    let entries = write_log::read(&mut File::open(Path::new("/dev").join(NOTES))?)?;
    let (writes, marks) = (usize::try_from(clock.now() - first)?, acknowledged(&entries));
    if marks != writes {
        return Err(format!("the journal was written {writes} times, and there are {marks} marks").into());
    }
    let at = |id: &ItemId| Some((id.clone(), active_at(&rows, id, new.runs.get(id)?.counter)?));
    Ok(Update {
        entries,
        active: new.runs.keys().filter_map(at).collect(),
        new,
    })
}

/// How often something was acknowledged.
fn acknowledged(entries: &[Entry]) -> usize {
    let is_one = |entry: &&Entry| matches!(entry, Entry::Mark(word) if word.starts_with(ACKNOWLEDGED));
    entries.iter().filter(is_one).count()
}

/// When a release became active, by the journal.
fn active_at(rows: &[Row], id: &ItemId, release: u32) -> Option<u64> {
    let is_it = |row: &&Row| match &row.event {
        Event::Update {
            kind,
            name,
            counter,
            step: UpdateStep::Active { .. },
            ..
        } => *kind == id.kind.name() && *name == id.name && *counter == release,
        _ => false,
    };
    rows.iter().find(is_it).map(|row| row.at)
}

/// What was found at one moment.
struct Found {
    /// the time of the journal's last row
    last: u64,
    /// the metadata and the plan are new ones
    is_taken: bool,
    /// items whose old release runs
    old: BTreeSet<ItemId>,
}

/// What all moments came to.
#[derive(Default)]
struct Tally {
    /// all old releases run
    old: u32,
    /// of these, those with the new plan
    old_with_new_plan: u32,
    /// all new releases run
    new: u32,
    /// some of both
    mixed: u32,
    /// what was acknowledged and is not there
    lost: Vec<String>,
    /// what is neither old nor new, or not whole
    broken: Vec<String>,
}

impl Tally {
    fn count(&mut self, moment: &Moment, found: Outcome<Found>, update: &Update) {
        let (number, acknowledged) = (moment.number, moment.acknowledged);
        let Found { last, is_taken, old } = match found {
            Ok(found) => found,
            Err(error) => {
                let sentence = format!("moment {number}, {acknowledged} acknowledged: {error}");
                return self.broken.push(sentence);
            }
        };
        if last < acknowledged {
            self.lost.push(format!(
                "moment {number}: {acknowledged} was acknowledged, {last} is there"
            ));
        }
        let lost = old
            .iter()
            .filter(|id| update.active.get(id).is_none_or(|at| acknowledged >= *at));
        self.lost
            .extend(lost.map(|id| format!("moment {number}: the new {id} was acknowledged, the old one runs")));
        match old.len() {
            0 => self.new += 1,
            all if all == update.new.runs.len() => self.old += 1,
            _ => self.mixed += 1,
        }
        self.old_with_new_plan += u32::from(is_taken && !old.is_empty());
    }
}

/// Looks at the moments.
fn looked_at(way: &Way, packed: &Packed, disk: Vec<u8>, old: &State, update: &Update) -> Outcome<Value> {
    let Update { entries, new, .. } = update;
    let mut tally = Tally::default();
    let (mut started_on, mut gone_on) = (BTreeSet::new(), BTreeSet::new());
    let looked = look_at(
        disk,
        entries,
        MOMENTS,
        || {
            let files = files(Path::new(FOLDER))?;
            let found = found(packed, old, new)?;
            // A start takes long here, and compiling longer: the kiosk starts once on the same files and rows, and goes on once
            // from the same rows.
            if way.starts && started_on.insert((files, found.last)) {
                started(packed, &found, new, gone_on.insert(found.last))?;
            }
            Ok(found)
        },
        |moment, found| tally.count(moment, found, update),
    )?;
    Ok(json!({
        "from": counters(old),
        "to": counters(new),
        "writes": entries.iter().filter(|entry| matches!(entry, Entry::Write { .. })).count(),
        "acknowledged": acknowledged(entries),
        "moments": looked.moments,
        "looked_at": looked.looked_at,
        "torn": looked.torn,
        "started_on": started_on.len(),
        "gone_on": gone_on.len(),
        "old": tally.old,
        "old_with_new_plan": tally.old_with_new_plan,
        "new": tally.new,
        "mixed": tally.mixed,
        "lost": tally.lost,
        "broken": tally.broken,
    }))
}

fn counters(state: &State) -> BTreeMap<String, u32> {
    let counters = state.runs.iter().map(|(id, run)| (id.to_string(), run.counter));
    counters.collect()
}

/// The files below a folder, with their lengths.
fn files(folder: &Path) -> Outcome<BTreeSet<(PathBuf, u64)>> {
    let mut files = BTreeSet::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let (path, metadata) = (entry.path(), entry.metadata()?);
        if metadata.is_dir() {
            files.extend(self::files(&path)?);
        }
        files.insert((path, metadata.len()));
    }
    Ok(files)
}

/// What a kiosk that starts now would find. What is neither old nor new, or is not whole, is an error.
fn found(packed: &Packed, old: &State, new: &State) -> Outcome<Found> {
    let journal = packed.journal()?;
    journal.verify()?;
    let rows = journal.entries()?;
    let standing = Standing::replay(rows.iter().map(|row| (row.at, &row.event)));

    let client = packed.client()?;
    let versions = client.trusted();
    if versions != old.versions && versions != new.versions {
        return Err(format!("the metadata are neither old nor new: {versions:?}").into());
    }
    let offer = client.kept()?.ok_or("the plan is gone")?;
    if offer.plan_file != old.plan && offer.plan_file != new.plan {
        return Err(format!("the plan is neither old nor new: {}", offer.plan.counter).into());
    }
    // What the journal names was durable before.
    let trust = standing.trust().ok_or("the journal trusts nothing")?;
    if versions.timestamp < Some(trust.timestamp) || offer.plan.counter < trust.plan.counter {
        return Err(format!("the journal is ahead of the metadata: {trust:?}, {versions:?}").into());
    }

    let artifacts = packed.artifacts()?;
    let mut found = Found {
        last: rows.last().ok_or("the journal is empty")?.at,
        is_taken: offer.plan_file == new.plan,
        old: BTreeSet::new(),
    };
    for (id, new) in &new.runs {
        let run = standing.runs(id).ok_or_else(|| format!("nothing runs of {id}"))?;
        if old.runs.get(id) == Some(&run) {
            found.old.insert(id.clone());
        } else if run != *new {
            return Err(format!("of {id} runs what is neither old nor new: {run:?}").into());
        }
        artifacts.read(&run.digest)?;
        let plan = Plan::read(&artifacts.read(&run.plan)?)?;
        let terms = Terms::find(&plan, id, run.counter).ok_or_else(|| format!("the plan says nothing of {id}"))?;
        if terms.file.sha256 != run.digest.to_string() {
            return Err(format!("the plan speaks of another {id} {}", run.counter).into());
        }
    }
    Ok(found)
}

/// The kiosk starts, runs what was found, and, where asked to, goes on to the new releases.
fn started(packed: &Packed, found: &Found, new: &State, goes_on: bool) -> Outcome {
    let started = packed.start(&Strokes::of_start(2), |_| ())?;
    for (id, run) in &started.runs()? {
        let is_new = new.runs.get(id) == Some(run);
        if is_new == found.old.contains(id) {
            return Err(format!("the start changed what runs of {id}: {run:?}").into());
        }
    }
    if goes_on && started.take(NEW)? != new.runs {
        return Err("the kiosk did not go on to the new releases".into());
    }
    Ok(())
}
