//! The running station's ear for the command line: a socket in the folder of updates, for the station's own user alone.

use crate::updates::updater::{Handle, Job};
use crate::updates::wire::{Reply, Request, SOCKET, WireError, read, write};
use plan::item::ItemId;
use std::collections::BTreeSet;
use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

/// How long a question may take to come, and an answer to go.
const PATIENCE: Duration = Duration::from_secs(5);
/// How many are spoken to at the same time.
const MOST: usize = 8;

/// The ear, until this is dropped.
pub struct Ear {
    path: PathBuf,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Ear {
    /// Opens the socket. One that a station left behind that ended without a farewell is replaced; the journal's lock says that
    /// no other station runs.
    ///
    /// # Errors
    /// The system's: the command line then finds a station that does not answer.
    pub fn open(folder: &Path, handle: &Handle) -> std::io::Result<Self> {
        let path = folder.join(SOCKET);
        match fs::remove_file(&path) {
            Err(cause) if cause.kind() != ErrorKind::NotFound => return Err(cause),
            _ => {}
        }
        fs::set_permissions(folder, fs::Permissions::from_mode(0o700))?;
        let listener = UnixListener::bind(&path)?;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600))?;
        let stop = Arc::new(AtomicBool::new(false));
        let (stopped, handle) = (Arc::clone(&stop), handle.clone());
        let thread = std::thread::Builder::new()
            .name("updates-socket".to_owned())
            .spawn(move || listen(&listener, &handle, &stopped))?;
        Ok(Self {
            path,
            stop,
            thread: Some(thread),
        })
    }
}

impl Drop for Ear {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        // Wakes the thread, which then sees that it is to end.
        let woken = UnixStream::connect(&self.path).is_ok();
        if let Some(thread) = self.thread.take().filter(|_| woken) {
            let _ = thread.join();
        }
        let _ = fs::remove_file(&self.path);
    }
}

fn listen(listener: &UnixListener, handle: &Handle, stopped: &AtomicBool) {
    let speaking = Arc::new(AtomicUsize::new(0));
    for stream in listener.incoming() {
        if stopped.load(Ordering::Relaxed) {
            break;
        }
        let Ok(stream) = stream else {
            // Without file handles this would turn without end.
            std::thread::sleep(PATIENCE / 50);
            continue;
        };
        if speaking.fetch_add(1, Ordering::Relaxed) >= MOST {
            speaking.fetch_sub(1, Ordering::Relaxed);
            continue;
        }
        let (handle, spoken) = (handle.clone(), Arc::clone(&speaking));
        let spawned = std::thread::Builder::new()
            .name("updates-answer".to_owned())
            .spawn(move || {
                if let Err(error) = answer(&stream, &handle) {
                    tracing::debug!("a question about updates was not answered: {error}");
                }
                spoken.fetch_sub(1, Ordering::Relaxed);
            });
        if spawned.is_err() {
            speaking.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

fn answer(stream: &UnixStream, handle: &Handle) -> Result<(), WireError> {
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let request: Request = read(stream)?;
    let done = match job(request) {
        Ok(None) => Ok(Vec::new()),
        Ok(Some(job)) => handle.ask(job),
        Err(sentence) => Err(sentence),
    };
    let status = handle.status();
    let reply = match done {
        Ok(told) => Reply {
            told,
            error: None,
            status,
        },
        Err(sentence) => Reply {
            told: Vec::new(),
            error: Some(sentence),
            status,
        },
    };
    write(stream, &reply)
}

/// What a question asks to be done; nothing where it only asks how updates stand.
///
/// # Errors
/// A sentence where it names no item.
pub fn job(request: Request) -> Result<Option<Job>, String> {
    Ok(Some(match request {
        Request::Status => return Ok(None),
        Request::Check => Job::Check,
        Request::Apply { items, officers } => {
            let named: Result<BTreeSet<ItemId>, String> = items.iter().map(|item| item_of(item)).collect();
            Job::Apply {
                items: Some(named?).filter(|items| !items.is_empty()),
                officers,
            }
        }
        Request::Rollback { item, officers } => Job::RollBack {
            item: item_of(&item)?,
            officers,
        },
        Request::Import { folder } => Job::Import(folder),
    }))
}

/// An item, as people name it: `policy/fingerprint-first`.
///
/// # Errors
/// A sentence.
pub fn item_of(text: &str) -> Result<ItemId, String> {
    let wrong = || format!("`{text}` is no item; write its kind and its name, as `policy/fingerprint-first`");
    let (kind, name) = text.split_once('/').ok_or_else(wrong)?;
    Ok(ItemId {
        kind: kind.parse().map_err(|_| wrong())?,
        name: name.to_owned(),
    })
}
