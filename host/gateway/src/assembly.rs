//! The station, assembled: what it is made of, and what an operator can do with it.

use crate::clock::{Clock, minute_of_day};
use crate::configuration::Configuration;
use crate::desk::{Desk, DeskError, Holds, OpenError as DeskOpenError};
use crate::identify::{Look, SearchError};
use crate::notices::Notices;
use crate::plugs::Plug;
use crate::ports::{ExchangeError, Nonce, PortError, PrinterPort, ScannerPort, serves};
use crate::receipt;
use crate::shelf::Shelf;
use crate::table::{Current, Grounds, Parts, Table};
use crate::turnout;
use crate::updates::depot::Depot;
use crate::updates::lineup::{Begun, Lineup, begin};
use crate::updates::state::Standing;
use devices::bus::{Bus, Found};
use identification::case::Rules;
use identification::command::Command;
use identification::event::{CheckInId, Event, PrintOutcome};
use identification::evidence::{Evidence, Modality, Score};
use identification::next::Next;
use identification::station::{Counts, Polls};
use identification::voter::{FingerPosition, RollNumber};
use journal::StoreKey;
use journal::journal::{AppendError, Entry, Journal, Observer, OpenError as JournalError, Owner};
use journal::verify::{Report, VerifyError};
use plan::settings::Hours;
use plugin_runtime::FingerImage;
use plugin_runtime::compile_child::CompileChild;
use plugin_runtime::compiled_cache::CompiledCache;
use plugin_runtime::driver::DriverError;
use plugin_runtime::exporter::{ExportError, Format};
use plugin_runtime::plugin::{Digest, LogMode, Plugin};
use plugin_runtime::policy::PolicyError;
use plugin_runtime::runtime::{EngineError, Runtime};
use plugin_runtime::scanner::Stage;
use plugin_runtime::workshop::Workshop;
use roll::{Roll, RollKey, Voter};
use std::collections::BTreeSet;
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

/// Below the folder of updates: what was compiled. Also what the secret is for that it is kept under.
const COMPILED: &str = "compiled";

/// What notices can be about, beside devices.
const POLICY: &str = "policy";
const MATCHER: &str = "matcher";

/// Longest that a voter is waited for.
const CAPTURE: Duration = Duration::from_secs(30);

/// How often, and for how long in all, a capture is asked to end: a driver has 1 s for it, and may take 5 s to start.
const STOP_EVERY: Duration = Duration::from_millis(50);
const STOPS: u32 = 140;

/// What a station stands on, beside its configuration: real ones every day, others in tests and in the demonstration.
pub struct Ground {
    /// where devices are plugged in
    pub bus: Arc<dyn Bus>,
    /// the time
    pub clock: Arc<dyn Clock>,
    /// the drivers' randomness
    pub nonce: Nonce,
    /// hears of every write of the journal
    pub observer: Option<Observer>,
}

/// Why the station could not be assembled. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum AssemblyError {
    /// a key file
    #[error(transparent)]
    Key(#[from] journal::KeyError),
    /// the roll
    #[error(transparent)]
    Roll(#[from] roll::OpenError),
    /// the journal
    #[error(transparent)]
    Journal(#[from] journal::journal::OpenError),
    /// the plugin engine
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// the desk
    #[error(transparent)]
    Desk(#[from] DeskOpenError),
    /// the journal was kept with another roll
    #[error("the journal was begun with another roll ({0}...); put that roll back, or call the commission")]
    OtherRoll(String),
}

/// Why an operator's wish was not carried out, in one sentence.
#[derive(Debug, thiserror::Error)]
pub enum KioskError {
    /// the state machine or the journal
    #[error(transparent)]
    Desk(#[from] DeskError),
    /// a device
    #[error(transparent)]
    Port(#[from] PortError),
    /// the matcher
    #[error(transparent)]
    Search(#[from] SearchError),
    /// an export
    #[error(transparent)]
    Export(#[from] ExportError),
    /// the roll
    #[error(transparent)]
    Roll(#[from] roll::ReadError),
    /// the journal
    #[error(transparent)]
    Read(#[from] journal::journal::ReadError),
    /// no such format
    #[error("no exporter of this kiosk writes `{0}`; `kiosk-gateway plugins` lists what there is")]
    NoFormat(String),
    /// another button was pressed first
    #[error("a finger is being read already; wait until it is done")]
    Capturing,
    /// nobody can say yet how the print ended
    #[error("the receipt of check-in {0} is with the printer; wait until it is done")]
    Printing(CheckInId),
    /// the scanner answered without an image
    #[error("the scanner gave no image; ask the voter again")]
    NoImage,
}

/// Why another table did not come in. Everything is as it was.
#[derive(Debug, thiserror::Error)]
pub enum SwapError {
    /// a new driver does not work on its device
    #[error("the new driver `{}` does not work: {why}", plugin.name())]
    Driver {
        /// which driver
        plugin: Box<Plugin>,
        /// its word
        why: PortError,
        /// the old driver works on that device: so it is not the device
        old_works: bool,
    },
    /// not durable, so not done
    #[error(transparent)]
    Journal(#[from] AppendError),
}

/// Whatever stands behind it: the journal, or another place's exchange.
impl<E> From<ExchangeError<E>> for SwapError
where
    Self: From<E>,
{
    fn from(error: ExchangeError<E>) -> Self {
        match error {
            ExchangeError::NotFinal(cause) => cause.into(),
            ExchangeError::Faulty { plugin, why, old_works } => Self::Driver { plugin, why, old_works },
        }
    }
}

/// What a start found of signed releases.
#[derive(Clone)]
pub(crate) struct Signed {
    /// where they lie
    pub(crate) depot: Depot,
    /// what the file of the configuration gives beside them: on a bench alone
    pub(crate) base: Parts,
    /// what ran then
    pub(crate) lineup: Lineup,
}

/// A polling station's kiosk.
pub struct Kiosk {
    desk: Mutex<Desk>,
    bus: Arc<dyn Bus>,
    /// the roll, and what else all tables share
    grounds: Grounds,
    /// what an update can change
    table: Current<Table>,
    scanner: ScannerPort,
    printer: PrinterPort,
    clock: Arc<dyn Clock>,
    utc_offset_minutes: i16,
    notices: Notices,
    /// held while a finger is read
    capturing: Mutex<Option<CheckInId>>,
    /// receipts that are with the printer's driver now
    printing: Mutex<BTreeSet<CheckInId>>,
    /// how far the capture is that runs now
    stage: Arc<Mutex<Option<Stage>>>,
    /// in which languages the operator reads, the best first
    languages: Vec<String>,
    /// what a start found of signed releases, where they are taken at all
    signed: Option<Signed>,
    /// hears of every fault of a plugin, by the digest of its file
    on_fault: OnceLock<Box<dyn Fn(Digest) + Send + Sync>>,
    _runtime: Runtime,
}

impl Kiosk {
    /// Assembles the station. A plugin that cannot be used is left out and told; the station goes on with the others. Plugins
    /// are compiled in this process.
    ///
    /// # Errors
    /// [`AssemblyError`]: without roll, journal and keys there is no station.
    pub fn assemble(configuration: &Configuration, ground: Ground) -> Result<Self, AssemblyError> {
        Self::assemble_compiling(configuration, ground, None)
    }

    /// The same, with a child that compiles plugins.
    ///
    /// # Errors
    /// [`AssemblyError`].
    pub fn assemble_compiling(
        configuration: &Configuration,
        ground: Ground,
        compiler: Option<CompileChild>,
    ) -> Result<Self, AssemblyError> {
        Self::assemble_with(configuration, ground, compiler, |path, key, owner| {
            Ok((Journal::open(path, key, owner)?, None))
        })
    }

    /// The same without a trace: everything is read and tried, the journal is one in memory.
    ///
    /// # Errors
    /// [`AssemblyError`]; the journal's too, where there is one already.
    pub fn rehearse(
        configuration: &Configuration,
        ground: Ground,
        compiler: Option<CompileChild>,
    ) -> Result<Self, AssemblyError> {
        Self::assemble_with(configuration, ground, compiler, |path, key, owner| {
            let past = path.exists().then(|| Journal::open_existing(path, key)).transpose()?;
            past.as_ref().map_or(Ok(()), |journal| journal.is_of(owner))?;
            Ok((Journal::rehearsal(owner)?, past))
        })
    }

    /// `open` gives the journal that is written, and the one that tells what was, where that is another one.
    fn assemble_with(
        configuration: &Configuration,
        ground: Ground,
        compiler: Option<CompileChild>,
        open: impl FnOnce(&Path, &StoreKey, &Owner) -> Result<(Journal, Option<Journal>), JournalError>,
    ) -> Result<Self, AssemblyError> {
        let file = &configuration.file;

        // The roll, sealed; the journal, this kiosk's own and written by nobody else.
        let roll_key = RollKey::read(&configuration.path(&file.roll.key))?;
        let roll = Arc::new(Roll::open(&configuration.path(&file.roll.file), &roll_key)?);
        let journal_key = StoreKey::read(&configuration.path(&file.journal.key))?;
        let owner = Owner {
            station: roll.station().id().to_owned(),
            kiosk: file.kiosk.number.clone(),
        };
        let (mut journal, past) = open(&configuration.path(&file.journal.file), &journal_key, &owner)?;
        if let Some(observer) = ground.observer {
            journal.observe(observer);
        }
        let secret = past.as_ref().unwrap_or(&journal).secret_for(COMPILED);

        // The desk: state out of the journal, and every change into it.
        let utc_offset_minutes = *file.kiosk.utc_offset_minutes.get_ref();
        let mut desk = Desk::open(
            journal,
            Arc::clone(&roll),
            Arc::clone(&ground.clock),
            utc_offset_minutes,
        )?;
        let standing = match past {
            Some(past) => Standing::of(&past.entries().map_err(DeskOpenError::Read)?),
            None => desk.standing().clone(),
        };
        same_roll(&desk.entries().map_err(DeskOpenError::Read)?, &roll)?;

        // Plugins: policy, matcher, exporters, drivers, each in its sandbox; of this file, or signed.
        let log = if file.kiosk.development {
            LogMode::Development
        } else {
            LogMode::Production
        };
        let runtime = Runtime::with_workshop(log, workshop(configuration, compiler, &secret))?;
        let base = Parts::of(configuration, &runtime);
        let mut notices: Vec<String> = base.shelf.refused.iter().map(ToString::to_string).collect();
        let mut begun = Begun::default();
        let mut signed = None;
        if let Some(updates) = &file.updates {
            match Depot::open(&configuration.path(&updates.folder), runtime.clone()) {
                Ok(depot) => {
                    begun = begin(&depot, &standing);
                    signed = Some(depot);
                }
                Err(why) => notices.push(why.to_string()),
            }
        }
        let parts = begun.lineup.parts(&base);
        notices.append(&mut begun.notices);
        let grounds = Grounds {
            roll: Arc::clone(&roll),
            shards: shards(configuration),
        };
        let (table, faults) = Table::build(parts, &grounds, None);
        notices.extend(faults.iter().map(|fault| fault.why.to_string()));

        // Devices, each behind the driver that it is granted to.
        let shelf = table.shelf();
        let scanner = ScannerPort::new(
            Arc::clone(&ground.bus),
            shelf.scanners.clone(),
            Arc::clone(&ground.nonce),
        );
        let printer = PrinterPort::new(Arc::clone(&ground.bus), shelf.printers.clone(), ground.nonce);

        let started = Event::KioskStarted {
            software: env!("CARGO_PKG_VERSION").to_owned(),
            roll: roll.digest_hex(),
            roll_size: roll.len(),
        };
        let events: Vec<Event> = std::iter::once(started)
            .chain(shelf.events())
            .chain(begun.events)
            .collect();
        desk.record(&events)
            .map_err(|cause| DeskOpenError::Desk(cause.into()))?;

        Ok(Self {
            desk: Mutex::new(desk),
            bus: ground.bus,
            signed: signed.map(|depot| Signed {
                depot,
                base,
                lineup: begun.lineup,
            }),
            grounds,
            table: Current::new(table),
            scanner,
            printer,
            clock: ground.clock,
            utc_offset_minutes,
            notices: Notices::new(notices),
            capturing: Mutex::default(),
            printing: Mutex::default(),
            stage: Arc::default(),
            languages: file.kiosk.languages.get_ref().clone(),
            on_fault: OnceLock::new(),
            _runtime: runtime,
        })
    }
}

/// Where plugins are compiled: with signed updates, what came of it is kept under this kiosk's own secret.
fn workshop(configuration: &Configuration, compiler: Option<CompileChild>, secret: &[u8; 32]) -> Workshop {
    let workshop = compiler.map_or_else(Workshop::here, Workshop::in_a_child);
    match &configuration.file.updates {
        None => workshop,
        Some(updates) => {
            let folder = configuration.path(&updates.folder).join(COMPILED);
            workshop.with_cache(CompiledCache::open(&folder, secret))
        }
    }
}

fn shards(configuration: &Configuration) -> NonZeroUsize {
    let asked = configuration
        .file
        .kiosk
        .matcher_shards
        .as_ref()
        .map(|shards| usize::from(*shards.get_ref()));
    let cores = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    asked.and_then(NonZeroUsize::new).unwrap_or(cores)
}

impl Parts {
    /// What the configuration's file says; nothing where only what is signed may run.
    #[must_use]
    pub fn of(configuration: &Configuration, runtime: &Runtime) -> Self {
        let file = &configuration.file;
        if file.updates.is_some() && !file.kiosk.development {
            return Self::default();
        }
        let mut parts = Self {
            shelf: Shelf::load(runtime, configuration),
            ..Self::default()
        };
        if let Some(rules) = &file.rules {
            let rules = rules.get_ref();
            parts.rules = Rules {
                floor: Score(*rules.floor.get_ref()),
                overrides: rules.overrides,
                name_agreement: *rules.name_agreement.get_ref(),
            };
        }
        if let Some(policy) = &file.policy {
            parts.settings = serde_json::to_string(policy.get_ref()).unwrap_or_default();
        }
        parts
    }
}

/// A journal speaks of the voters of one roll.
///
/// # Errors
/// [`AssemblyError::OtherRoll`].
pub fn same_roll(entries: &[Entry], roll: &Roll) -> Result<(), AssemblyError> {
    let first = entries.iter().find_map(|entry| match &entry.event {
        Event::KioskStarted { roll, .. } => Some(roll.clone()),
        _ => None,
    });
    match first {
        Some(first) if first != roll.digest_hex() => Err(AssemblyError::OtherRoll(first.chars().take(12).collect())),
        _ => Ok(()),
    }
}

impl Kiosk {
    fn desk(&self) -> MutexGuard<'_, Desk> {
        // A panic under this lock can only leave a desk whose journal is ahead of nothing: state follows the journal.
        lock(&self.desk)
    }

    /// What a start found of signed releases.
    pub(crate) fn signed(&self) -> Option<&Signed> {
        self.signed.as_ref()
    }

    /// What every table of this station shares.
    pub(crate) fn grounds(&self) -> &Grounds {
        &self.grounds
    }

    /// Local time, in minutes from UTC.
    #[must_use]
    pub fn utc_offset_minutes(&self) -> i16 {
        self.utc_offset_minutes
    }

    /// The time, as the kiosk's clock has it.
    pub(crate) fn clock(&self) -> u64 {
        self.clock.now()
    }

    /// Calls this at every fault of a plugin, with the digest of its file; the first who asks is told.
    pub(crate) fn on_fault(&self, hear: Box<dyn Fn(Digest) + Send + Sync>) {
        let _ = self.on_fault.set(hear);
    }

    /// The text for a code in the operator's languages, where the commission signed one.
    #[must_use]
    pub fn text(&self, code: &str) -> Option<String> {
        self.table().text(&self.languages, code).map(str::to_owned)
    }

    /// When the polls are open, as `08:00` and `20:00`, where the commission said so.
    #[must_use]
    pub fn hours(&self) -> Option<(String, String)> {
        let hours = self.table().parts().hours?;
        Some((hours.opens.into(), hours.closes.into()))
    }

    /// The roll.
    #[must_use]
    pub fn roll(&self) -> &Roll {
        &self.grounds.roll
    }

    /// What an update can change, as it is now.
    #[must_use]
    pub fn table(&self) -> Arc<Table> {
        self.table.take()
    }

    /// Looks at the state.
    pub fn look<T>(&self, look: impl FnOnce(&Desk) -> T) -> T {
        look(&self.desk())
    }

    /// What the operator should know, newest last.
    #[must_use]
    pub fn notices(&self) -> Vec<String> {
        self.notices.sentences()
    }

    /// Says something on the screen.
    pub fn notice(&self, sentence: String) {
        tracing::warn!("{sentence}");
        self.notices.say(sentence);
    }

    /// Says on the screen why a wish was not carried out. What is wrong with a device was said when it was found, and may be
    /// right again since.
    pub fn explain(&self, error: &KioskError) {
        match error {
            KioskError::Port(error) if !error.is_patience() => {}
            _ => self.notice(error.to_string()),
        }
    }

    /// Says what is wrong with a device.
    fn notice_of(&self, device: &'static str, sentence: String) {
        tracing::warn!("{sentence}");
        self.notices.say_of(device, sentence);
    }

    /// How far the capture is that runs now.
    #[must_use]
    pub fn stage(&self) -> Option<Stage> {
        *lock(&self.stage)
    }

    /// What can be asked for now.
    #[must_use]
    pub fn available(&self) -> Vec<Modality> {
        self.available_on(&self.table())
    }

    fn available_on(&self, table: &Table) -> Vec<Modality> {
        let fingerprint = table.search().is_there() && self.scanner.is_there();
        fingerprint
            .then_some(Modality::Fingerprint)
            .into_iter()
            .chain([Modality::Officers])
            .collect()
    }

    /// The scanner's model, or why there is none.
    ///
    /// # Errors
    /// [`PortError`].
    pub fn scanner(&self) -> Result<String, PortError> {
        self.scanner.describe()
    }

    /// The scanner's model where its driver runs, or why there is none; a driver is not started for this.
    ///
    /// # Errors
    /// [`PortError::Absent`].
    pub fn scanner_now(&self) -> Result<String, PortError> {
        self.scanner.now()
    }

    /// Is a printer plugged in?
    #[must_use]
    pub fn has_printer(&self) -> bool {
        self.printer.is_there()
    }

    /// Where devices are plugged in.
    pub(crate) fn bus(&self) -> &Arc<dyn Bus> {
        &self.bus
    }

    /// What a device is to this kiosk, where a driver serves it.
    #[must_use]
    pub fn role_of(&self, device: &Found) -> Option<&'static str> {
        let table = self.table();
        let shelf = table.shelf();
        [("scanner", &shelf.scanners), ("printer", &shelf.printers)]
            .into_iter()
            .find_map(|(role, drivers)| serves(drivers, device).then_some(role))
    }

    /// A device came or went: on the screen and in the journal; a driver whose device went lets go of it.
    pub fn plug(&self, plug: &Plug) {
        if !plug.is_in {
            self.scanner.left(&plug.place);
            self.printer.left(&plug.place);
        }
        let wrong = (!plug.is_in).then(|| plug.sentence());
        self.news_of(plug.role, Some(plug.code()), wrong);
    }

    /// What changed about a device: its code in the journal, and on the screen what is wrong with it, if anything is.
    pub(crate) fn news_of(&self, role: &'static str, code: Option<&'static str>, wrong: Option<String>) {
        let event = |code: &str| Event::Device {
            role: role.to_owned(),
            code: code.to_owned(),
        };
        if let Some(code) = code {
            self.record(&[event(code)]);
        }
        match wrong {
            Some(sentence) => self.notice_of(role, sentence),
            None => self.notices.is_well(role),
        }
    }

    /// Puts another table in the place of this one: its drivers first, then `events` that say so, then the table itself. Calls
    /// that run end on the old table, which is returned.
    ///
    /// # Errors
    /// [`SwapError`]: everything is as it was.
    pub fn swap(&self, table: Table, events: &[Event]) -> Result<Arc<Table>, SwapError> {
        let (scanners, printers) = (table.shelf().scanners.clone(), table.shelf().printers.clone());
        let swapped = self.scanner.exchange(&scanners, || {
            self.printer.exchange(&printers, || {
                let mut desk = self.desk();
                desk.record(events).map(|()| self.table.swap(table))
            })
        });
        if swapped.is_ok() {
            let table = self.table();
            self.notices.is_well_if(POLICY, || table.policy().is_some());
            self.notices.is_well_if(MATCHER, || table.search().is_there());
        }
        swapped.map_err(SwapError::from)
    }

    /// Starts the scanner's driver, and the matcher with the roll's fingers, so that the first voter does not wait for them.
    ///
    /// # Errors
    /// [`SearchError`]; a scanner that is not there is the page's to tell.
    pub fn warm_up(&self) -> Result<(), SearchError> {
        let _ = self.scanner.describe();
        let ready = self.table().search().ready().map(drop);
        // It is told for as long as it is true.
        ready.inspect_err(|error| self.notice_of(MATCHER, error.to_string()))
    }

    /// One command under the rules of a table.
    fn tell(&self, table: &Table, command: Command) -> Result<Vec<Event>, KioskError> {
        self.tell_with(table, command, Vec::new())
    }

    fn tell_with(&self, table: &Table, command: Command, beside: Vec<Event>) -> Result<Vec<Event>, KioskError> {
        let available = self.available_on(table);
        let holds = Holds {
            rules: table.rules(),
            available: &available,
        };
        Ok(self.desk().tell_with(command, holds, beside)?)
    }

    /// Two officers open the polls. What holds from now on is journaled with it.
    ///
    /// # Errors
    /// [`KioskError`].
    pub fn open_polls(&self, officers: Vec<String>) -> Result<(), KioskError> {
        let table = self.table();
        let parts = table.parts();
        let report = Event::ZeroReport {
            rules: parts.rules_digest().to_string(),
            settings: parts.settings_digest().to_string(),
            plan: self.updates().trust().map(|trust| trust.plan.digest.clone()),
        };
        self.tell_with(&table, Command::OpenPolls { officers }, vec![report])?;
        if let Some(hours) = parts.hours {
            self.compare(hours);
        }
        Ok(())
    }

    /// The clock advises only: polls that are opened outside of their hours are told, and open all the same.
    fn compare(&self, hours: Hours) {
        let now = minute_of_day(self.clock.now(), self.utc_offset_minutes);
        if !(hours.opens.minutes()..hours.closes.minutes()).contains(&now) {
            let (opens, closes) = (String::from(hours.opens), String::from(hours.closes));
            self.notice(format!(
                "the polls were opened at {:02}:{:02}, outside of their hours from {opens} to {closes}; check the kiosk's clock",
                now / 60,
                now % 60
            ));
        }
    }

    /// Two officers close the polls; the journal's closing checkpoint is returned.
    ///
    /// # Errors
    /// [`KioskError`].
    pub fn close_polls(&self, officers: Vec<String>) -> Result<String, KioskError> {
        self.tell(&self.table(), Command::ClosePolls { officers })?;
        self.checkpoint()
    }

    /// A person stands before the operator.
    ///
    /// # Errors
    /// [`KioskError`].
    pub fn start(&self) -> Result<CheckInId, KioskError> {
        let table = self.table();
        let events = self.tell(&table, Command::Start)?;
        let id = events.iter().find_map(|event| match event {
            Event::CheckIn { id, .. } => Some(*id),
            _ => None,
        });
        let id = id.unwrap_or(CheckInId(0));
        self.advance_on(&table, id)?;
        Ok(id)
    }

    /// What a check-in waits for.
    #[must_use]
    pub fn next(&self, id: CheckInId) -> Option<Next> {
        self.desk().next(id)
    }

    /// Does what needs nobody: asks the policy, prints the receipt. Where the policy gives no answer, officers decide.
    ///
    /// # Errors
    /// [`KioskError`].
    pub fn advance(&self, id: CheckInId) -> Result<Option<Next>, KioskError> {
        self.advance_on(&self.table(), id)
    }

    fn advance_on(&self, table: &Table, id: CheckInId) -> Result<Option<Next>, KioskError> {
        while self.next(id) == Some(Next::AskPolicy) {
            let available = self.available_on(table);
            let holds = Holds {
                rules: table.rules(),
                available: &available,
            };
            let Some(case) = self.desk().case(id, holds) else {
                break;
            };
            let command = match table.policy().map(|policy| (policy, policy.decide(&case))) {
                Some((_, Ok(ruling))) => Command::Rule(id, ruling),
                Some((policy, Err(error))) => {
                    if let PolicyError::Plugin(fault) = &error {
                        self.fault(table, policy.plugin().name(), fault.code());
                    }
                    self.notice(error.to_string());
                    Command::PolicyFailed(id)
                }
                None => {
                    let sentence = "this kiosk has no policy; officers decide, and call the commission";
                    self.notice_of(POLICY, sentence.to_owned());
                    Command::PolicyFailed(id)
                }
            };
            self.tell(table, command)?;
        }
        match self.next(id) {
            Some(Next::PrintReceipt { copy: 1, .. }) => self.print(id),
            // The end of that print could not be written down when it came; the operator knows whether the receipt is out.
            Some(Next::AwaitPrinter) if !lock(&self.printing).contains(&id) => {
                self.tell(table, Command::PrintEnded(id, PrintOutcome::Unknown))?;
                Ok(self.next(id))
            }
            next => Ok(next),
        }
    }

    /// Captures the finger that is asked for, searches the roll, and asks the policy.
    ///
    /// # Errors
    /// [`KioskError`]; a finger that was not presented and a scanner that is gone are no attempt of the voter.
    pub fn capture(&self, id: CheckInId) -> Result<Option<Next>, KioskError> {
        let table = self.table();
        let asked = match self.next(id) {
            Some(Next::CaptureFinger(finger)) => finger,
            _ => return self.advance_on(&table, id),
        };
        let _one_at_a_time = Capturing::begin(&self.capturing, id).ok_or(KioskError::Capturing)?;
        let started = Instant::now();
        let image = self.take_image();
        *lock(&self.stage) = None;
        match (image, self.next(id)) {
            // Somebody decided otherwise meanwhile; the finger was not waited for any more.
            (Err(KioskError::Port(error)), next) if error.is_patience() && next != Some(Next::CaptureFinger(asked)) => {
                Ok(next)
            }
            (image, _) => self.examine_on(&table, (id, asked), &image?, started.elapsed()),
        }
    }

    /// Ends the capture for this check-in, if one runs: its finger is not waited for any more.
    fn stop_capture(&self, id: CheckInId) {
        // Asked for again until it has ended: the driver may just have been starting, and was not capturing yet.
        for _ in 0..STOPS {
            if *lock(&self.capturing) != Some(id) {
                break;
            }
            self.scanner.cancel();
            std::thread::sleep(STOP_EVERY);
        }
    }

    /// Captures one image without examining it. What is wrong with the scanner is journaled and shown.
    ///
    /// # Errors
    /// [`KioskError`].
    pub fn take_image(&self) -> Result<FingerImage, KioskError> {
        let stage = Arc::clone(&self.stage);
        let captured = self.scanner.capture(CAPTURE, move |at| {
            *lock(&stage) = Some(at);
        });
        match captured {
            Ok(capture) => {
                // It may have been pulled since the image came.
                self.notices.is_well_if("scanner", || self.scanner.is_there());
                capture.fingers.into_iter().next().ok_or(KioskError::NoImage)
            }
            Err(error) => {
                if !error.is_patience() {
                    self.report("scanner", &error);
                }
                Err(error.into())
            }
        }
    }

    /// Searches an image of the finger that a check-in asks for, and asks the policy.
    ///
    /// # Errors
    /// [`KioskError`].
    pub fn examine(
        &self,
        id: CheckInId,
        asked: FingerPosition,
        image: &FingerImage,
        elapsed: Duration,
    ) -> Result<Option<Next>, KioskError> {
        self.examine_on(&self.table(), (id, asked), image, elapsed)
    }

    fn examine_on(
        &self,
        table: &Table,
        (id, asked): (CheckInId, FingerPosition),
        image: &FingerImage,
        elapsed: Duration,
    ) -> Result<Option<Next>, KioskError> {
        let look = table.search().look(image, asked).inspect_err(|error| {
            if let Some((plugin, code)) = error.fault() {
                self.fault(table, &plugin, &code);
            }
            self.notice(error.to_string());
        })?;
        let digest = self.desk().image_digest(&image.image.pixels);
        let (quality, candidates, advice) = match look {
            Look::Found {
                quality,
                candidates,
                advice,
            } => (Some(quality), candidates, advice),
            Look::Unusable(advice) => (None, Vec::new(), advice),
        };
        let elapsed_ms = u32::try_from(elapsed.as_millis()).unwrap_or(u32::MAX);
        let evidence = Evidence::Fingerprint {
            asked,
            quality,
            candidates,
            advice,
            elapsed_ms,
            image: Some(digest),
        };
        self.observe_on(table, id, evidence)
    }

    /// Adds evidence that the operator gives, and asks the policy.
    ///
    /// # Errors
    /// [`KioskError`].
    pub fn observe(&self, id: CheckInId, evidence: Evidence) -> Result<Option<Next>, KioskError> {
        self.observe_on(&self.table(), id, evidence)
    }

    fn observe_on(&self, table: &Table, id: CheckInId, evidence: Evidence) -> Result<Option<Next>, KioskError> {
        let seen = matches!(evidence, Evidence::Fingerprint { .. });
        self.tell(table, Command::Observe(id, evidence))?;
        if !seen {
            self.stop_capture(id);
        }
        self.advance_on(table, id)
    }

    /// The operator's answer to the photo.
    ///
    /// # Errors
    /// [`KioskError`].
    pub fn confirm_photo(
        &self,
        id: CheckInId,
        voter: RollNumber,
        same_person: bool,
    ) -> Result<Option<Next>, KioskError> {
        self.observe(id, Evidence::Photo { voter, same_person })
    }

    /// Sends the receipt to the printer. Whatever becomes of it, the voter stays admitted.
    ///
    /// # Errors
    /// [`KioskError`].
    pub fn print(&self, id: CheckInId) -> Result<Option<Next>, KioskError> {
        let Some(Next::PrintReceipt { voter, copy }) = self.next(id) else {
            return Ok(self.next(id));
        };
        let Some(voter) = self.roll().voter(voter)? else {
            return Ok(self.next(id));
        };
        let table = self.table();
        let _in_flight = InFlight::begin(&self.printing, id).ok_or(KioskError::Printing(id))?;
        self.tell(&table, Command::Print(id))?;
        let outcome = match self.printer.print(receipt::blocks(self.roll().station(), &voter, copy)) {
            Ok(outcome) => {
                self.notices.is_well_if("printer", || self.printer.is_there());
                outcome
            }
            Err(error) => {
                self.report("printer", &error);
                // A driver reports a fault before it has sent anything; a plugin that broke off may have sent all.
                match error {
                    PortError::Driver {
                        cause: DriverError::Plugin(_),
                        ..
                    } => PrintOutcome::Unknown,
                    _ => PrintOutcome::NotPrinted,
                }
            }
        };
        if outcome != PrintOutcome::Printed {
            self.notice(format!(
                "the receipt of check-in {id} did not come out for certain; follow the screen"
            ));
        }
        self.tell(&table, Command::PrintEnded(id, outcome))?;
        Ok(self.next(id))
    }

    /// The operator's word whether the receipt came out.
    ///
    /// # Errors
    /// [`KioskError`].
    pub fn answer_printed(&self, id: CheckInId, printed: bool) -> Result<Option<Next>, KioskError> {
        if lock(&self.printing).contains(&id) {
            return Err(KioskError::Printing(id));
        }
        let outcome = if printed {
            PrintOutcome::Printed
        } else {
            PrintOutcome::NotPrinted
        };
        self.tell(&self.table(), Command::PrintEnded(id, outcome))?;
        Ok(self.next(id))
    }

    /// The receipt is in the voter's hands.
    ///
    /// # Errors
    /// [`KioskError`].
    pub fn hand_over(&self, id: CheckInId) -> Result<(), KioskError> {
        self.tell(&self.table(), Command::Issue(id)).map(drop)
    }

    /// Any other command of the operator or the officers.
    ///
    /// # Errors
    /// [`KioskError`].
    pub fn command(&self, command: Command) -> Result<(), KioskError> {
        let left = match command {
            Command::Abandon(id) => Some(id),
            _ => None,
        };
        self.tell(&self.table(), command)?;
        left.into_iter().for_each(|id| self.stop_capture(id));
        Ok(())
    }

    /// A device's fault: on the screen and in the journal.
    fn report(&self, role: &'static str, error: &PortError) {
        match error.plugin() {
            Some(plugin) => self.fault(&self.table(), plugin, &error.code()),
            None => self.record(&[Event::Device {
                role: role.to_owned(),
                code: error.code(),
            }]),
        }
        self.notice_of(role, error.to_string());
    }

    /// A plugin's own fault: in the journal, and counted by who watches over updates.
    fn fault(&self, table: &Table, plugin: &str, code: &str) {
        self.record(&[Event::PluginFault {
            plugin: plugin.to_owned(),
            code: code.to_owned(),
        }]);
        let known = table.shelf().all().find(|(_, known)| known.name() == plugin);
        if let (Some((_, known)), Some(hear)) = (known, self.on_fault.get()) {
            hear(known.digest());
        }
    }

    /// Rows about updates.
    ///
    /// # Errors
    /// [`AppendError`]: none of them is durable.
    pub(crate) fn write_down(&self, events: &[Event]) -> Result<(), AppendError> {
        self.desk().record(events)
    }

    /// Between opening and closing.
    pub(crate) fn polls_open(&self) -> bool {
        self.desk().station().polls_open()
    }

    /// Which releases run, as the journal tells it.
    #[must_use]
    pub fn updates(&self) -> Standing {
        self.desk().standing().clone()
    }

    /// Events beside the check-ins. A journal that cannot be written is told at the next check-in's step too.
    fn record(&self, events: &[Event]) {
        if let Err(error) = self.desk().record(events) {
            self.notice(error.to_string());
        }
    }

    /// Polls and counts.
    #[must_use]
    pub fn standing(&self) -> (Polls, Counts) {
        let desk = self.desk();
        (desk.station().polls(), desk.station().counts())
    }

    /// A voter by number.
    ///
    /// # Errors
    /// [`KioskError`].
    pub fn voter(&self, voter: RollNumber) -> Result<Option<Voter>, KioskError> {
        Ok(self.roll().voter(voter)?)
    }

    /// A signed checkpoint of the journal.
    ///
    /// # Errors
    /// [`KioskError`].
    pub fn checkpoint(&self) -> Result<String, KioskError> {
        Ok(self.desk().checkpoint().map_err(DeskError::from)?)
    }

    /// Reads the whole journal again.
    ///
    /// # Errors
    /// [`VerifyError`].
    pub fn verify(&self) -> Result<Report, VerifyError> {
        self.desk().journal().verify()
    }

    /// The formats that the exporters write.
    #[must_use]
    pub fn formats(&self) -> Vec<Format> {
        self.table().formats().cloned().collect()
    }

    /// Writes one format; the bytes are returned whole, and the export is journaled.
    ///
    /// # Errors
    /// [`KioskError`].
    pub fn export(&self, format: &str) -> Result<Vec<u8>, KioskError> {
        let table = self.table();
        let exporter = table
            .exporter(format)
            .ok_or_else(|| KioskError::NoFormat(format.to_owned()))?;
        let checkpoint = self.checkpoint()?;
        let snapshot = {
            let desk = self.desk();
            let now = (self.clock.now(), self.utc_offset_minutes);
            turnout::snapshot(self.roll(), &desk.entries()?, desk.station().counts(), now, checkpoint)?
        };
        let written = Arc::new(Mutex::new(Vec::new()));
        exporter.write(format, "", Arc::new(snapshot), Box::new(Sink(Arc::clone(&written))))?;
        let bytes = std::mem::take(&mut *lock(&written));
        let digest = plugin_runtime::plugin::Digest::of(&bytes).to_string();
        let event = Event::Exported {
            format: format.to_owned(),
            bytes: u64::try_from(bytes.len()).unwrap_or(u64::MAX),
            digest,
        };
        self.desk().record(&[event]).map_err(DeskError::from)?;
        Ok(bytes)
    }
}

/// What these locks guard is replaced whole, so a poisoned one is as good as a sound one.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The one capture that runs, until this is dropped.
struct Capturing<'a>(&'a Mutex<Option<CheckInId>>);

impl<'a> Capturing<'a> {
    fn begin(running: &'a Mutex<Option<CheckInId>>, id: CheckInId) -> Option<Self> {
        let mut slot = lock(running);
        if slot.is_some() {
            return None;
        }
        *slot = Some(id);
        Some(Self(running))
    }
}

impl Drop for Capturing<'_> {
    fn drop(&mut self) {
        *lock(self.0) = None;
    }
}

/// A receipt with the printer's driver, until this is dropped.
struct InFlight<'a>(&'a Mutex<BTreeSet<CheckInId>>, CheckInId);

impl<'a> InFlight<'a> {
    fn begin(all: &'a Mutex<BTreeSet<CheckInId>>, id: CheckInId) -> Option<Self> {
        lock(all).insert(id).then_some(Self(all, id))
    }
}

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        lock(self.0).remove(&self.1);
    }
}

/// Most bytes of one export: an exporter that writes for ever must not fill the kiosk's memory.
const MAX_EXPORT_BYTES: usize = 64 << 20;

/// Collects what an exporter writes.
struct Sink(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let mut written = lock(&self.0);
        if written.len() + bytes.len() > MAX_EXPORT_BYTES {
            return Err(std::io::Error::other("it is over 64 MiB"));
        }
        written.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
