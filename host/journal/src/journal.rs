//! The journal of one kiosk in one election.

use crate::note::Checkpoint;
use crate::schema::{FORMAT, TABLES};
use crate::tree::{self, Frontier, Hash};
use ed25519_dalek::{SigningKey, VerifyingKey};
use encrypted_store::{OldSqlite, StoreKey, assert_sqlite, run};
use hmac::{Hmac, KeyInit as _, Mac as _};
use identification::event::{CheckInId, Event, Step};
use identification::evidence::{Evidence, ImageDigest};
use identification::state::State;
use rusqlite::{Connection, ErrorCode, OpenFlags, OptionalExtension as _, Transaction, TransactionBehavior, params};
use sha2::Sha256;
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// Where an append stands: the moments at which a kiosk may lose its power.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// nothing of it is written
    Before,
    /// all of it is written, nothing of it is durable
    Written,
    /// all of it is durable, nobody was told
    Durable,
}

/// Hears of every append: its number since the file was opened, from 1, and the moment.
pub type Observer = Box<dyn FnMut(u64, Moment) + Send>;

/// One durable event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// from 0
    pub sequence: u64,
    /// Unix ms, by the kiosk's clock, which advises only
    pub at: u64,
    /// what happened
    pub event: Event,
}

/// Whose journal it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner {
    /// the station's id
    pub station: String,
    /// the kiosk's number at the station
    pub kiosk: String,
}

impl Owner {
    /// The origin line of its checkpoints.
    #[must_use]
    pub fn origin(&self) -> String {
        format!("kiosk-journal/{}/{}", plain(&self.station), plain(&self.kiosk))
    }
}

/// A name as a signed note can carry it, without blanks or line ends: what is no letter, digit, `.`, `_` or `-` is written
/// as `%` and its bytes.
fn plain(name: &str) -> String {
    let letter = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'_' | b'-' => char::from(byte).to_string(),
        other => format!("%{other:02X}"),
    };
    name.bytes().map(letter).collect()
}

/// Why a journal was not opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// another process writes it: two would number their events alike
    #[error("the journal at {0} is in use, for the station is running; stop it first, or use its page")]
    Running(PathBuf),
    /// a wrong key, or not a journal: the two cannot be told apart
    #[error(
        "the key does not open the journal at {0}, or the file is damaged; use this kiosk's key, or call the commission and keep the file"
    )]
    KeyOrDamage(PathBuf),
    /// the key is right, the content is not
    #[error("the journal at {0} is damaged; keep the file, take a spare kiosk and call the commission")]
    Damaged(PathBuf),
    /// another station's or kiosk's
    #[error("the journal at {path} belongs to {found}, not to {expected}; give the path of this kiosk's journal")]
    Owner {
        /// its place
        path: PathBuf,
        /// whose it is
        found: String,
        /// whose it should be
        expected: String,
    },
    /// another version's
    #[error("the journal at {0} has another format; install the version that the commission names")]
    Format(PathBuf),
    /// the folder or the disk
    #[error("the journal at {0} could not be made ({1}); check the folder, its permissions and its free space")]
    Create(PathBuf, String),
    /// the system refuses while the file itself may be sound
    #[error(
        "the journal at {0} could not be opened ({1}); free some space on its disk, check its permissions, and start again: nothing is lost"
    )]
    Blocked(PathBuf, String),
    /// a wrong build
    #[error(transparent)]
    OldSqlite(#[from] OldSqlite),
    /// no file where one is needed
    #[error("there is no journal at {0}; give the path of this kiosk's journal")]
    Missing(PathBuf),
}

/// Why events did not become durable. None of them did.
#[derive(Debug, thiserror::Error)]
pub enum AppendError {
    /// the voter has an admission: the file itself refuses another
    #[error("this voter holds an admission already; nothing was recorded")]
    AlreadyAdmitted,
    /// the image was seen before
    #[error("this image was presented before; nothing was recorded")]
    Replayed,
    /// no space
    #[error("the journal's disk is full, so nothing more is admitted; free some space and go on: nothing is lost")]
    Full,
    /// anything else
    #[error(
        "the journal could not be written ({0}), so nothing more is admitted; take a spare kiosk and call the commission"
    )]
    Failed(String),
}

/// The journal could not be read.
#[derive(Debug, thiserror::Error)]
#[error("the journal could not be read ({0}); keep the file, take a spare kiosk and call the commission")]
pub struct ReadError(pub(crate) String);

/// An open journal.
pub struct Journal {
    pub(crate) connection: Connection,
    path: PathBuf,
    owner: Owner,
    signing: SigningKey,
    frontier: Frontier,
    appends: u64,
    observer: Option<Observer>,
    /// held for as long as this may append
    _lock: Option<File>,
}

impl Journal {
    /// Opens a kiosk's journal, or makes it.
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn open(path: &Path, key: &StoreKey, owner: &Owner) -> Result<Self, OpenError> {
        assert_sqlite()?;
        let lock = lock(path)?;
        let fresh = !path.exists();
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let create = |cause: rusqlite::Error| OpenError::Create(path.to_owned(), short(&cause));
        let unreadable = |cause: rusqlite::Error| {
            if fresh {
                OpenError::Create(path.to_owned(), short(&cause))
            } else {
                refused(path, &cause)
            }
        };
        let mut connection = connect(path, flags, key).map_err(unreadable)?;
        // A kiosk that stopped before the first commit left an empty file behind: it is made anew.
        let empty: bool = connection
            .query_row("SELECT count(*) = 0 FROM sqlite_schema", [], |row| row.get(0))
            .map_err(unreadable)?;
        if empty {
            create_in(&mut connection, owner).map_err(create)?;
        }
        Self::load(connection, path, Some(owner), Some(lock))
    }

    /// A journal in memory, gone with this value: for trying a station without touching its own.
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn rehearsal(owner: &Owner) -> Result<Self, OpenError> {
        let path = Path::new(":memory:");
        let create = |cause: rusqlite::Error| OpenError::Create(path.to_owned(), short(&cause));
        let mut connection = encrypted_store::open_in_memory().map_err(create)?;
        create_in(&mut connection, owner).map_err(create)?;
        Self::load(connection, path, Some(owner), None)
    }

    /// Opens a journal that is there and that no station uses, whoever's it is, so that it can be appended to.
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn open_idle(path: &Path, key: &StoreKey) -> Result<Self, OpenError> {
        if !path.is_file() {
            return Err(OpenError::Missing(path.to_owned()));
        }
        let lock = lock(path)?;
        let mut journal = Self::open_existing(path, key)?;
        journal._lock = Some(lock);
        Ok(journal)
    }

    /// Opens a journal that is there, whoever's it is, to be read; a station may be writing it.
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn open_existing(path: &Path, key: &StoreKey) -> Result<Self, OpenError> {
        assert_sqlite()?;
        if !path.is_file() {
            return Err(OpenError::Missing(path.to_owned()));
        }
        let unreadable = |cause: rusqlite::Error| refused(path, &cause);
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = connect(path, flags, key).map_err(unreadable)?;
        Self::load(connection, path, None, None)
    }

    fn load(
        connection: Connection,
        path: &Path,
        expected: Option<&Owner>,
        lock: Option<File>,
    ) -> Result<Self, OpenError> {
        let damaged = |_: rusqlite::Error| OpenError::Damaged(path.to_owned());
        let text = |name: &str| -> Result<String, OpenError> {
            let bytes = meta(&connection, name).map_err(damaged)?;
            String::from_utf8(bytes).map_err(|_| OpenError::Damaged(path.to_owned()))
        };
        if text("format")? != FORMAT {
            return Err(OpenError::Format(path.to_owned()));
        }
        let owner = Owner {
            station: text("station")?,
            kiosk: text("kiosk")?,
        };
        let seed = Zeroizing::new(meta(&connection, "signing-key").map_err(damaged)?);
        let seed: Zeroizing<[u8; 32]> = Zeroizing::new(
            seed.as_slice()
                .try_into()
                .map_err(|_| OpenError::Damaged(path.to_owned()))?,
        );
        // The size and the peaks of one moment: a station may be writing.
        let snapshot = connection.unchecked_transaction().map_err(damaged)?;
        let frontier = frontier(&snapshot)
            .map_err(damaged)?
            .ok_or_else(|| OpenError::Damaged(path.to_owned()))?;
        drop(snapshot);
        let journal = Self {
            connection,
            path: path.to_owned(),
            owner,
            signing: SigningKey::from_bytes(&seed),
            frontier,
            appends: 0,
            observer: None,
            _lock: lock,
        };
        expected.map_or(Ok(()), |expected| journal.is_of(expected))?;
        Ok(journal)
    }

    /// Checks whose journal it is.
    ///
    /// # Errors
    /// [`OpenError::Owner`].
    pub fn is_of(&self, expected: &Owner) -> Result<(), OpenError> {
        if self.owner == *expected {
            return Ok(());
        }
        Err(OpenError::Owner {
            path: self.path.clone(),
            found: self.owner.origin(),
            expected: expected.origin(),
        })
    }

    /// Calls this at every moment of every append from now on.
    pub fn observe(&mut self, observer: Observer) {
        self.observer = Some(observer);
    }

    /// Lets the file grow to this many pages only, as a full disk would.
    ///
    /// # Errors
    /// [`ReadError`].
    pub fn limit_pages(&mut self, pages: u32) -> Result<(), ReadError> {
        run(&self.connection, &format!("PRAGMA max_page_count = {pages}")).map_err(|cause| ReadError(short(&cause)))
    }

    /// Whose journal it is.
    #[must_use]
    pub fn owner(&self) -> &Owner {
        &self.owner
    }

    /// Where the file is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The key that its checkpoints are verified with.
    #[must_use]
    pub fn verifying_key(&self) -> VerifyingKey {
        self.signing.verifying_key()
    }

    /// A digest of a captured image under this journal's own key: equal for equal images, and of no use to anyone who
    /// does not have the journal.
    #[must_use]
    pub fn image_digest(&self, image: &[u8]) -> ImageDigest {
        let key = Zeroizing::new(self.signing.to_bytes());
        // HMAC takes keys of any length, so this never fails.
        let digest = Hmac::<Sha256>::new_from_slice(&*key).map(|mut mac| {
            mac.update(b"kiosk image replay\0");
            mac.update(image);
            mac.finalize().into_bytes().into()
        });
        ImageDigest(digest.unwrap_or_default())
    }

    /// A secret of this kiosk for one purpose: nobody without the journal's file and key can tell it, and it tells nothing of the
    /// key that signs checkpoints.
    #[must_use]
    pub fn secret_for(&self, purpose: &str) -> Zeroizing<[u8; 32]> {
        let key = Zeroizing::new(self.signing.to_bytes());
        // HMAC takes keys of any length, so this never fails.
        let secret = Hmac::<Sha256>::new_from_slice(&*key).map(|mut mac| {
            mac.update(b"kiosk secret\0");
            mac.update(purpose.as_bytes());
            mac.finalize().into_bytes().into()
        });
        Zeroizing::new(secret.unwrap_or_default())
    }

    /// Events so far.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.frontier.size()
    }

    /// The root of the tree over them.
    #[must_use]
    pub fn root(&self) -> Hash {
        self.frontier.root()
    }

    fn tell(&mut self, moment: Moment) {
        if let Some(observer) = &mut self.observer {
            observer(self.appends, moment);
        }
    }

    /// Makes events durable with all that follows from them, in one transaction. When this returns, they are on disk.
    ///
    /// # Errors
    /// [`AppendError`]: none of them is.
    pub fn append(&mut self, events: &[Event], at: u64) -> Result<(), AppendError> {
        if events.is_empty() {
            return Ok(());
        }
        self.appends += 1;
        self.tell(Moment::Before);
        let mut frontier = self.frontier.clone();
        let transaction =
            Transaction::new_unchecked(&self.connection, TransactionBehavior::Immediate).map_err(failed)?;
        for event in events {
            write(&transaction, &mut frontier, event, at)?;
        }
        store_peaks(&transaction, &frontier).map_err(failed)?;
        // The transaction borrows the connection; the observer hears of it between write and commit.
        if let Some(observer) = &mut self.observer {
            observer(self.appends, Moment::Written);
        }
        transaction.commit().map_err(failed)?;
        self.frontier = frontier;
        self.tell(Moment::Durable);
        Ok(())
    }

    /// All events, oldest first.
    ///
    /// # Errors
    /// [`ReadError`].
    pub fn entries(&self) -> Result<Vec<Entry>, ReadError> {
        let unreadable = |cause: rusqlite::Error| ReadError(short(&cause));
        let mut statement = self
            .connection
            .prepare("SELECT sequence, at, body FROM event ORDER BY sequence")
            .map_err(unreadable)?;
        let rows = statement
            .query_map([], |row| {
                Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?, row.get::<_, String>(2)?))
            })
            .map_err(unreadable)?;
        rows.map(|row| {
            let (sequence, at, body) = row.map_err(unreadable)?;
            let event = serde_json::from_str(&body).map_err(|_| ReadError(format!("event {sequence} is none")))?;
            Ok(Entry {
                sequence: unsigned(sequence),
                at: unsigned(at),
                event,
            })
        })
        .collect()
    }

    /// A signed checkpoint of the journal as it is now; it is kept in the journal too.
    ///
    /// # Errors
    /// [`AppendError`].
    pub fn checkpoint(&mut self) -> Result<String, AppendError> {
        let checkpoint = Checkpoint {
            origin: self.owner.origin(),
            size: self.size(),
            root: self.root(),
        };
        let note = checkpoint.sign(&self.signing);
        let size = signed(checkpoint.size);
        self.connection
            .execute(
                "INSERT OR IGNORE INTO checkpoint (size, note) VALUES (?1, ?2)",
                params![size, note],
            )
            .map_err(failed)?;
        Ok(note)
    }
}

impl std::fmt::Debug for Journal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "journal {} with {} events", self.owner.origin(), self.size())
    }
}

/// The system gives the lock back when the process ends, however it ends.
fn lock(path: &Path) -> Result<File, OpenError> {
    let blocked = |cause: std::io::Error| OpenError::Blocked(path.to_owned(), cause.kind().to_string());
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(name)
        .map_err(blocked)?;
    match file_lock::lock(&file) {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(OpenError::Running(path.to_owned())),
        Err(TryLockError::Error(cause)) => Err(blocked(cause)),
    }
}

/// A key that does not fit looks like a file that is none; anything else is the system's.
fn refused(path: &Path, cause: &rusqlite::Error) -> OpenError {
    match cause.sqlite_error_code() {
        Some(
            ErrorCode::DiskFull
            | ErrorCode::SystemIoFailure
            | ErrorCode::CannotOpen
            | ErrorCode::ReadOnly
            | ErrorCode::PermissionDenied
            | ErrorCode::DatabaseBusy
            | ErrorCode::DatabaseLocked,
        ) => OpenError::Blocked(path.to_owned(), short(cause)),
        _ => OpenError::KeyOrDamage(path.to_owned()),
    }
}

fn connect(path: &Path, flags: OpenFlags, key: &StoreKey) -> rusqlite::Result<Connection> {
    let connection = encrypted_store::open(path, flags, key)?;
    for pragma in [
        "PRAGMA journal_mode = WAL",
        "PRAGMA synchronous = FULL",
        "PRAGMA busy_timeout = 5000",
    ] {
        run(&connection, pragma)?;
    }
    run(&connection, "SELECT count(*) FROM sqlite_schema")?;
    Ok(connection)
}

fn create_in(connection: &mut Connection, owner: &Owner) -> rusqlite::Result<()> {
    let mut seed = Zeroizing::new([0_u8; 32]);
    getrandom::fill(&mut *seed)
        .map_err(|cause| rusqlite::Error::ToSqlConversionFailure(Box::new(std::io::Error::other(cause.to_string()))))?;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    transaction.execute_batch(TABLES)?;
    let insert = |name: &str, value: &[u8]| {
        transaction
            .execute("INSERT INTO meta (name, value) VALUES (?1, ?2)", params![name, value])
            .map(drop)
    };
    insert("format", FORMAT.as_bytes())?;
    insert("station", owner.station.as_bytes())?;
    insert("kiosk", owner.kiosk.as_bytes())?;
    insert("signing-key", seed.as_slice())?;
    transaction.commit()
}

fn meta(connection: &Connection, name: &str) -> rusqlite::Result<Vec<u8>> {
    connection.query_row("SELECT value FROM meta WHERE name = ?1", [name], |row| row.get(0))
}

pub(crate) fn frontier(connection: &Connection) -> rusqlite::Result<Option<Frontier>> {
    let size: i64 = connection.query_row("SELECT count(*) FROM event", [], |row| row.get(0))?;
    let mut statement = connection.prepare("SELECT hash FROM peak ORDER BY level")?;
    let peaks: rusqlite::Result<Vec<Hash>> = statement.query_map([], |row| row.get(0))?.collect();
    Ok(Frontier::restore(unsigned(size), peaks?))
}

/// What the tree hashes of an event: its sequence, its time and its JSON, with blanks between.
pub(crate) fn leaf_of(sequence: u64, at: u64, body: &str) -> Hash {
    tree::leaf(format!("{sequence} {at} {body}").as_bytes())
}

fn write(transaction: &Transaction<'_>, frontier: &mut Frontier, event: &Event, at: u64) -> Result<(), AppendError> {
    let body = serde_json::to_string(event).map_err(|cause| AppendError::Failed(cause.to_string()))?;
    let sequence = frontier.size();
    let leaf = leaf_of(sequence, at, &body);
    transaction
        .prepare_cached("INSERT INTO event (sequence, at, body, leaf) VALUES (?1, ?2, ?3, ?4)")
        .and_then(|mut insert| insert.execute(params![signed(sequence), signed(at), body, leaf]))
        .map_err(failed)?;
    frontier.push(leaf);
    match event {
        Event::CheckIn { id, step } => project(transaction, *id, step),
        _ => Ok(()),
    }
}

/// What a step amounts to, beside its event.
fn project(transaction: &Transaction<'_>, id: CheckInId, step: &Step) -> Result<(), AppendError> {
    let key = signed(id.0);
    let state: Option<String> = transaction
        .prepare_cached("SELECT state FROM check_in WHERE id = ?1")
        .and_then(|mut select| select.query_row([key], |row| row.get(0)).optional())
        .map_err(failed)?;
    let before = state.and_then(|name| State::ALL.into_iter().find(|state| state_name(*state) == name));
    let after = match (before, step) {
        (None, Step::Started) => Some(State::Collecting),
        (Some(state), step) => state.after(step),
        (None, _) => None,
    };
    let after =
        after.ok_or_else(|| AppendError::Failed(format!("step {} of check-in {id} has no place", step.name())))?;
    transaction
        .prepare_cached("INSERT INTO check_in (id, state) VALUES (?1, ?2) ON CONFLICT (id) DO UPDATE SET state = ?2")
        .and_then(|mut upsert| upsert.execute(params![key, state_name(after)]))
        .map_err(failed)?;
    match step {
        Step::Identified { voter, .. } => transaction
            .execute(
                "INSERT INTO admission (voter, check_in) VALUES (?1, ?2)",
                params![voter.0, key],
            )
            .map_err(|cause| {
                if is_conflict(&cause) {
                    AppendError::AlreadyAdmitted
                } else {
                    failed(cause)
                }
            })
            .map(drop),
        Step::Voided { .. } => transaction
            .execute("DELETE FROM admission WHERE check_in = ?1", [key])
            .map_err(failed)
            .map(drop),
        Step::Seen {
            evidence: Evidence::Fingerprint { image: Some(image), .. },
        } => transaction
            .execute("INSERT INTO image (digest) VALUES (?1)", [image.0])
            .map_err(|cause| {
                if is_conflict(&cause) {
                    AppendError::Replayed
                } else {
                    failed(cause)
                }
            })
            .map(drop),
        _ => Ok(()),
    }
}

fn store_peaks(transaction: &Transaction<'_>, frontier: &Frontier) -> rusqlite::Result<()> {
    transaction.execute("DELETE FROM peak", [])?;
    let mut insert = transaction.prepare_cached("INSERT INTO peak (level, hash) VALUES (?1, ?2)")?;
    for (level, hash) in (0_i64..).zip(frontier.peaks()) {
        insert.execute(params![level, hash])?;
    }
    Ok(())
}

/// A state as the file names it.
pub(crate) fn state_name(state: State) -> &'static str {
    match state {
        State::Collecting => "collecting",
        State::Identified => "identified",
        State::Printing => "printing",
        State::Printed => "printed",
        State::NotPrinted => "not-printed",
        State::PrintUnknown => "print-unknown",
        State::Issued => "issued",
        State::Voided => "voided",
        State::AlreadyIdentified => "already-identified",
        State::Contested => "contested",
        State::Referred => "referred",
        State::Refused => "refused",
        State::Abandoned => "abandoned",
    }
}

fn is_conflict(cause: &rusqlite::Error) -> bool {
    cause.sqlite_error_code() == Some(ErrorCode::ConstraintViolation)
}

fn failed(cause: rusqlite::Error) -> AppendError {
    match cause.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => AppendError::Full,
        _ => AppendError::Failed(short(&cause)),
    }
}

/// The system's word without SQL.
pub(crate) fn short(cause: &rusqlite::Error) -> String {
    match cause {
        rusqlite::Error::SqliteFailure(code, _) => code.to_string(),
        other => other.to_string(),
    }
}

/// SQLite's integers are signed; no count or time of ours reaches 2^63.
fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

pub(crate) fn unsigned(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}
