//! The thread that keeps a running station up to date, and how the page and the command line ask it for something.

use crate::assembly::Kiosk;
use crate::configuration::Configuration;
use crate::updates::clerk::{Clerk, Outlook};
use crate::updates::faults::Faults;
use crate::updates::pace::{Pace, chance};
use crate::updates::source::configured;
use crate::updates::status::{Status, Whose};
use identification::event::Event;
use plan::item::ItemId;
use plugin_runtime::plugin::Digest;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How soon the thread sees that the polls closed or a wave began.
const TICK: Duration = Duration::from_secs(1);
/// How often what is shown is brought up to date where nothing happened: it says how old things are.
const SHOWN_EVERY: Duration = Duration::from_secs(30);
/// How long the end of a station waits for the thread. What it is in the middle of is taken up at the next start.
const PATIENCE: Duration = Duration::from_secs(2);

/// What is asked of the thread.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Job {
    /// look now, and try again what was refused
    Check,
    /// bring in what waits
    Apply {
        /// only these, or all
        items: Option<BTreeSet<ItemId>>,
        /// two names while the polls are open
        officers: Vec<String>,
    },
    /// go back to the good release before
    RollBack {
        /// of which item
        item: ItemId,
        /// two names while the polls are open
        officers: Vec<String>,
    },
    /// take what is on a stick
    Import(PathBuf),
}

/// What came of a job: sentences, or one that says why nothing did.
pub type Answer = Result<Vec<String>, String>;

enum Message {
    Job(Job, Sender<Answer>),
    Fault(Digest),
    Stop,
}

/// Asks the thread; cloned freely.
#[derive(Clone)]
pub struct Handle {
    kiosk: Arc<Kiosk>,
    messages: Sender<Message>,
    outlook: Arc<Mutex<Outlook>>,
}

impl Handle {
    /// Asks for something and waits for what comes of it.
    ///
    /// # Errors
    /// A sentence.
    pub fn ask(&self, job: Job) -> Answer {
        let ended = || "the station is being stopped; ask it again once it runs".to_owned();
        let (answer, answered) = channel();
        self.messages.send(Message::Job(job, answer)).map_err(|_| ended())?;
        answered.recv().map_err(|_| ended())?
    }

    /// How updates stand.
    #[must_use]
    pub fn status(&self) -> Status {
        Status::of(&Whose::of(&self.kiosk), &self.kiosk.updates(), &lock(&self.outlook))
    }
}

/// The thread, until this is dropped.
pub struct Updater {
    handle: Handle,
    ended: Receiver<()>,
    thread: Option<JoinHandle<()>>,
}

impl Updater {
    /// Begins to look, where the configuration says so. What is wrong with trust or store is told; the station goes on with what
    /// it runs.
    ///
    /// # Errors
    /// The system's, where it has no thread left.
    pub fn start(kiosk: &Arc<Kiosk>, configuration: &Configuration) -> std::io::Result<Option<Self>> {
        let Some(updates) = &configuration.file.updates else {
            return Ok(None);
        };
        let (messages, inbox) = channel();
        let outlook = Arc::<Mutex<Outlook>>::default();
        let faults = messages.clone();
        kiosk.on_fault(Box::new(move |plugin| {
            // Where the thread has ended, nobody counts any more.
            let _ = faults.send(Message::Fault(plugin));
        }));
        let desk = Office {
            kiosk: Arc::clone(kiosk),
            configuration: configuration.clone(),
            outlook: Arc::clone(&outlook),
            clerk: None,
            wrong: None,
            faults: Faults::default(),
        };
        let pace = Pace::new(Duration::from_secs(60 * u64::from(*updates.every_minutes.get_ref())));
        let (end, ended) = channel();
        let thread = std::thread::Builder::new().name("updates".to_owned()).spawn(move || {
            desk.work(&inbox, pace);
            drop(end);
        })?;
        Ok(Some(Self {
            handle: Handle {
                kiosk: Arc::clone(kiosk),
                messages,
                outlook,
            },
            ended,
            thread: Some(thread),
        }))
    }

    /// For whoever asks.
    #[must_use]
    pub fn handle(&self) -> &Handle {
        &self.handle
    }
}

impl Drop for Updater {
    fn drop(&mut self) {
        let _ = self.handle.messages.send(Message::Stop);
        let ended = self.ended.recv_timeout(PATIENCE) != Err(RecvTimeoutError::Timeout);
        if let Some(thread) = self.thread.take().filter(|_| ended) {
            let _ = thread.join();
        }
    }
}

/// What the thread has.
struct Office {
    kiosk: Arc<Kiosk>,
    configuration: Configuration,
    outlook: Arc<Mutex<Outlook>>,
    /// none while trust or store cannot be opened
    clerk: Option<Clerk>,
    /// why not
    wrong: Option<String>,
    faults: Faults,
}

impl Office {
    fn work(mut self, inbox: &Receiver<Message>, pace: Pace) {
        self.open();
        self.show();
        let mut next = Instant::now() + pace.first(chance());
        let mut shown = Instant::now();
        loop {
            let until = next.saturating_duration_since(Instant::now()).min(TICK);
            let mut answered = None;
            match inbox.recv_timeout(until) {
                Ok(Message::Stop) | Err(RecvTimeoutError::Disconnected) => break,
                Ok(Message::Job(job, answer)) => answered = Some((answer, self.job(job))),
                Ok(Message::Fault(plugin)) => self.fault(plugin),
                Err(RecvTimeoutError::Timeout) if Instant::now() >= next => {
                    next = Instant::now() + pace.next(chance());
                    self.open();
                    if let Some(clerk) = &mut self.clerk {
                        // What is wrong stands on the page.
                        let _ = clerk.check(false);
                    }
                }
                Err(RecvTimeoutError::Timeout) => {
                    if !self.tick() && shown.elapsed() < SHOWN_EVERY {
                        continue;
                    }
                }
            }
            self.show();
            shown = Instant::now();
            // Only now: whoever hears of it and looks finds what came of it.
            if let Some((answer, done)) = answered {
                // Whoever asked may have gone.
                let _ = answer.send(done);
            }
        }
    }

    /// A clerk, where there is none yet: another program may have held the store, or a file was put right.
    fn open(&mut self) {
        if self.clerk.is_some() {
            return;
        }
        match open(&self.kiosk, &self.configuration) {
            Ok(clerk) => {
                self.clerk = clerk;
                self.wrong = None;
            }
            Err((code, sentence)) => {
                if self.wrong.as_ref() != Some(&sentence) {
                    tracing::warn!("{sentence}");
                    let code = format!("{}{code}", crate::updates::state::TROUBLE);
                    let _ = self.kiosk.write_down(&[Event::Incident { code }]);
                    self.kiosk.notice(sentence.clone());
                }
                self.wrong = Some(sentence);
            }
        }
    }

    fn job(&mut self, job: Job) -> Answer {
        self.open();
        let closed = || "this kiosk takes no updates; look at its notices".to_owned();
        let clerk = self
            .clerk
            .as_mut()
            .ok_or_else(|| self.wrong.clone().unwrap_or_else(closed))?;
        do_job(clerk, job)
    }

    fn fault(&mut self, plugin: Digest) {
        if self.faults.count(plugin, Instant::now())
            && let Some(clerk) = &mut self.clerk
        {
            clerk.give_back(plugin);
        }
    }

    /// Does what is due because the polls closed or a wave began; true where anything was.
    fn tick(&mut self) -> bool {
        let Some(clerk) = &mut self.clerk else {
            return false;
        };
        clerk.let_go();
        let due = clerk.is_due();
        if due {
            clerk.tend();
        }
        due
    }

    fn show(&self) {
        let outlook = match &self.clerk {
            Some(clerk) => clerk.outlook(),
            None => Outlook {
                troubles: self.wrong.iter().cloned().collect(),
                ..Outlook::default()
            },
        };
        *lock(&self.outlook) = outlook;
    }
}

/// Opens trust and store.
///
/// # Errors
/// A code and a sentence; none where the kiosk takes no updates.
pub fn open(kiosk: &Arc<Kiosk>, configuration: &Configuration) -> Result<Option<Clerk>, (&'static str, String)> {
    let Some(updates) = &configuration.file.updates else {
        return Ok(None);
    };
    let path = configuration.path(&updates.root);
    let root = std::fs::read(&path).map_err(|cause| {
        let sentence = format!(
            "the root of trust {} cannot be read ({cause}), so no update is taken; copy it there again",
            path.display()
        );
        ("no-root", sentence)
    })?;
    let source = configured(configuration).map_err(|error| ("no-source", error.to_string()))?;
    Clerk::new(kiosk, &configuration.path(&updates.folder), &root, source)
        .map_err(|refusal| (refusal.code(), refusal.to_string()))
}

/// Does one job.
///
/// # Errors
/// A sentence.
pub fn do_job(clerk: &mut Clerk, job: Job) -> Answer {
    match job {
        Job::Check => clerk.check(true),
        Job::Apply { items, officers } => clerk.apply(&officers, items.as_ref()),
        Job::RollBack { item, officers } => clerk.roll_back(&item, &officers),
        Job::Import(folder) => clerk.import(&folder),
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // What this guards is replaced whole.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
