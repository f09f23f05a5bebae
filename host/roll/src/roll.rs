//! A sealed roll, opened for reading.

use crate::date::Date;
use crate::schema::FORMAT;
use crate::seal::{DIGEST, content_digest, hex};
use crate::station::Station;
use crate::voter::{Reference, Sex, Voter};
use encrypted_store::{OldSqlite, StoreKey as RollKey, assert_sqlite, run};
use identification::voter::{FingerPosition, RollNumber, VoterFacts};
use rusqlite::{Connection, OpenFlags, OptionalExtension, Params, Row};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A sealed roll whose key, format, count and content were found right. Nothing can be written through it.
pub struct Roll {
    connection: Mutex<Connection>,
    path: PathBuf,
    meta: Meta,
    digest: [u8; 32],
}

/// What the roll says of itself.
struct Meta {
    station: Station,
    voters: u32,
    references: u32,
    matcher: String,
    template_version: u32,
    digest: String,
}

/// Why a roll was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// no such file
    #[error("there is no roll at {0}; copy it there from the commission's stick")]
    Missing(PathBuf),
    /// the system refuses, with its words
    #[error("the roll at {0} could not be read ({1}); check its permissions, or copy it again")]
    Unreadable(PathBuf, String),
    /// which of the two cannot be told: a damaged first page looks the same
    #[error(
        "the key does not open the roll at {0}, or the file is damaged; use the key that the commission sent with this \
         roll, or copy the roll again"
    )]
    KeyOrDamage(PathBuf),
    /// the key is right, the content is not
    #[error("the roll at {0} is damaged or cut off; copy it again from the commission's stick")]
    Damaged(PathBuf),
    /// written by another version of this program
    #[error(
        "the roll at {path} has format {found}, but this program reads format {FORMAT}; install the version that the \
         commission names"
    )]
    Format {
        /// the roll's place
        path: PathBuf,
        /// a number, as far as it can be read
        found: String,
    },
    /// a wrong build
    #[error("the roll was not opened, for this program's SQLite is older than 3.51.3; build it with a newer one")]
    OldSqlite,
}

/// A roll that was good when it was opened cannot be read any more.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the roll at {path} cannot be read any more ({reason}); copy it again from the commission's stick")]
pub struct ReadError {
    path: PathBuf,
    reason: String,
}

/// References of whole voters, in the order of their numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReferencePage {
    /// never only some of a voter's fingers
    pub references: Vec<Reference>,
    /// where the next page begins; none after the last
    pub next: Option<RollNumber>,
}

/// What turnout is counted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Demographic {
    /// who
    pub voter: RollNumber,
    /// as in the document
    pub sex: Sex,
    /// whole years on election day
    pub age: u8,
}

impl Roll {
    /// Opens a roll and reads all of it once: a roll that opens is whole.
    ///
    /// # Errors
    /// [`OpenError`] where the file is missing or damaged, the key is another roll's, or the format is another.
    pub fn open(path: &Path, key: &RollKey) -> Result<Self, OpenError> {
        assert_sqlite().map_err(|OldSqlite| OpenError::OldSqlite)?;
        let bytes = readable(path)?;
        let key_or_damage = |_: rusqlite::Error| OpenError::KeyOrDamage(path.to_owned());
        let damaged = |_: rusqlite::Error| OpenError::Damaged(path.to_owned());
        let connection = connect(path, key).map_err(key_or_damage)?;
        run(&connection, "SELECT count(*) FROM sqlite_schema").map_err(key_or_damage)?;
        run(&connection, "PRAGMA query_only = ON").map_err(damaged)?;
        if !every_page_is_whole(&connection, bytes).map_err(damaged)? {
            return Err(OpenError::Damaged(path.to_owned()));
        }
        let meta = Meta::read(&connection, path)?;
        let digest = content_digest(&connection).map_err(damaged)?;
        let counted = (count(&connection, "voter"), count(&connection, "reference"));
        if hex(&digest) != meta.digest || counted != (Ok(meta.voters), Ok(meta.references)) {
            return Err(OpenError::Damaged(path.to_owned()));
        }
        Ok(Self {
            connection: Mutex::new(connection),
            path: path.to_owned(),
            meta,
            digest,
        })
    }

    /// Whose roll this is.
    #[must_use]
    pub fn station(&self) -> &Station {
        &self.meta.station
    }

    /// How many voters are on it.
    #[must_use]
    pub fn len(&self) -> u32 {
        self.meta.voters
    }

    /// No voter is on it; a sealed roll never is.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.meta.voters == 0
    }

    /// How many fingers have a template.
    #[must_use]
    pub fn reference_count(&self) -> u32 {
        self.meta.references
    }

    /// SHA-256 over the whole content, photos and templates included.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        self.digest
    }

    /// The digest as 64 lower-case hexadecimal digits.
    #[must_use]
    pub fn digest_hex(&self) -> String {
        hex(&self.digest)
    }

    /// The matcher that made the templates.
    #[must_use]
    pub fn matcher(&self) -> &str {
        &self.meta.matcher
    }

    /// The form of the templates; a matcher of another version does not read them.
    #[must_use]
    pub fn template_version(&self) -> u32 {
        self.meta.template_version
    }

    /// The voter of a number, photo included.
    ///
    /// # Errors
    /// [`ReadError`] where the medium fails.
    pub fn voter(&self, number: RollNumber) -> Result<Option<Voter>, ReadError> {
        self.find_voter("voter.number = ?1", [number.0])
    }

    /// The voter with a document number, photo included.
    ///
    /// # Errors
    /// [`ReadError`] where the medium fails.
    pub fn by_document(&self, document: &str) -> Result<Option<Voter>, ReadError> {
        self.find_voter("voter.document = ?1", [document])
    }

    /// The voter with a personal number, photo included.
    ///
    /// # Errors
    /// [`ReadError`] where the medium fails.
    pub fn by_pin(&self, pin: &str) -> Result<Option<Voter>, ReadError> {
        self.find_voter("voter.pin = ?1", [pin])
    }

    /// The photo of a number, a PNG; none where there is no such voter or no photo.
    ///
    /// # Errors
    /// [`ReadError`] where the medium fails.
    pub fn photo(&self, number: RollNumber) -> Result<Option<Vec<u8>>, ReadError> {
        let sql = "SELECT png FROM photo WHERE voter = ?1";
        self.connection()
            .prepare_cached(sql)
            .and_then(|mut statement| statement.query_row([number.0], |row| row.get(0)).optional())
            .map_err(|error| self.read_error(&error))
    }

    /// What the check-in has to know of a voter. Whether the voter was admitted is the journal's to say.
    ///
    /// # Errors
    /// [`ReadError`] where the medium fails.
    pub fn facts(&self, number: RollNumber, already_admitted: bool) -> Result<Option<VoterFacts>, ReadError> {
        let connection = self.connection();
        voter_facts(&connection, number, self.meta.station.election_date())
            .map(|facts| {
                facts.map(|facts| VoterFacts {
                    already_admitted,
                    ..facts
                })
            })
            .map_err(|error| self.read_error(&error))
    }

    /// The references of up to `voters` voters that have any, from number `from` on.
    ///
    /// # Errors
    /// [`ReadError`] where the medium fails.
    pub fn references(&self, from: RollNumber, voters: usize) -> Result<ReferencePage, ReadError> {
        reference_page(&self.connection(), from, voters).map_err(|error| self.read_error(&error))
    }

    /// Sex and age of every voter, in the order of their numbers.
    ///
    /// # Errors
    /// [`ReadError`] where the medium fails.
    pub fn demographics(&self) -> Result<impl Iterator<Item = Demographic> + use<>, ReadError> {
        let day = self.meta.station.election_date();
        rows(
            &self.connection(),
            "SELECT number, sex, born FROM voter ORDER BY number",
            [],
            |row| {
                Ok(Demographic {
                    voter: RollNumber(row.get(0)?),
                    sex: sex(row, 1)?,
                    age: date(row, 2)?.years_until(day),
                })
            },
        )
        .map(Vec::into_iter)
        .map_err(|error| self.read_error(&error))
    }

    fn find_voter<P: Params>(&self, condition: &str, value: P) -> Result<Option<Voter>, ReadError> {
        let sql = format!(
            "SELECT number, name, born, sex, pin, document, home, excluded, votes_elsewhere, png
             FROM voter LEFT JOIN photo ON photo.voter = voter.number WHERE {condition}"
        );
        self.connection()
            .prepare_cached(&sql)
            .and_then(|mut statement| statement.query_row(value, read_voter).optional())
            .map_err(|error| self.read_error(&error))
    }

    /// Reading leaves nothing half done, so a thread that panicked with the lock left nothing to mend.
    pub(crate) fn connection(&self) -> MutexGuard<'_, Connection> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn read_error(&self, error: &rusqlite::Error) -> ReadError {
        let reason = match error.sqlite_error() {
            Some(cause) => format!("SQLite error {}", cause.extended_code),
            None => "a row breaks the format".to_owned(),
        };
        ReadError {
            path: self.path.clone(),
            reason,
        }
    }
}

impl std::fmt::Debug for Roll {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Roll")
            .field("path", &self.path)
            .field("station", &self.meta.station.id())
            .field("voters", &self.meta.voters)
            .finish_non_exhaustive()
    }
}

impl Meta {
    fn read(connection: &Connection, path: &Path) -> Result<Self, OpenError> {
        let damaged = || OpenError::Damaged(path.to_owned());
        let value = |name: &str| {
            let sql = "SELECT value FROM meta WHERE name = ?1";
            connection
                .query_row(sql, [name], |row| row.get::<_, String>(0))
                .map_err(|_| damaged())
        };
        let number = |name: &str| value(name)?.parse::<u32>().map_err(|_| damaged());
        // first of all: another format may not have the other values
        let found = value("format")?;
        if found != FORMAT.to_string() {
            return Err(OpenError::Format {
                path: path.to_owned(),
                found,
            });
        }
        let election_date = value("election-date")?.parse().map_err(|_| damaged())?;
        Ok(Self {
            station: Station::new(
                &value("station-id")?,
                &value("station-name")?,
                &value("region")?,
                &value("election")?,
                election_date,
            )
            .map_err(|_| damaged())?,
            voters: number("voters")?,
            references: number("references")?,
            matcher: value("matcher")?,
            template_version: number("template-version")?,
            digest: value(DIGEST)?,
        })
    }
}

/// The file's size, where it is a file that can be opened.
fn readable(path: &Path) -> Result<u64, OpenError> {
    let refused = |error: std::io::Error| match error.kind() {
        ErrorKind::NotFound => OpenError::Missing(path.to_owned()),
        kind => OpenError::Unreadable(path.to_owned(), kind.to_string()),
    };
    let metadata = std::fs::metadata(path).map_err(refused)?;
    if !metadata.is_file() {
        return Err(OpenError::Unreadable(path.to_owned(), "it is not a file".to_owned()));
    }
    std::fs::File::open(path).map_err(refused)?;
    Ok(metadata.len())
}

/// Opens the file as one that nobody changes: no lock, no journal, and so nothing beside it that SQLite would obey.
fn connect(path: &Path, key: &RollKey) -> rusqlite::Result<Connection> {
    let absolute = std::path::absolute(path).map_err(|_| rusqlite::Error::InvalidPath(path.to_owned()))?;
    let mut uri = "file:".to_owned();
    for byte in absolute.as_os_str().as_encoded_bytes() {
        match byte {
            b'/' | b'-' | b'_' | b'.' | b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' => uri.push(char::from(*byte)),
            other => uri.push_str(&format!("%{other:02X}")),
        }
    }
    uri.push_str("?immutable=1");
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    encrypted_store::open(uri, flags, key)
}

/// Every page carries its own authentication code, pages that no query would read among them; and the file ends where
/// its last page does.
fn every_page_is_whole(connection: &Connection, file_bytes: u64) -> rusqlite::Result<bool> {
    let pages: i64 = connection.query_row("PRAGMA page_count", [], |row| row.get(0))?;
    // SQLCipher answers for SQLite here, and with text
    let page_bytes: String = connection.query_row("PRAGMA cipher_page_size", [], |row| row.get(0))?;
    let page_bytes = page_bytes.parse().unwrap_or(0);
    if u64::try_from(pages.saturating_mul(page_bytes)) != Ok(file_bytes) {
        return Ok(false);
    }
    let mut statement = connection.prepare("PRAGMA cipher_integrity_check")?;
    let mut faults = statement.query([])?;
    Ok(faults.next()?.is_none())
}

fn count(connection: &Connection, table: &str) -> rusqlite::Result<u32> {
    connection.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0))
}

fn voter_facts(connection: &Connection, number: RollNumber, day: Date) -> rusqlite::Result<Option<VoterFacts>> {
    let sql = "SELECT born, home, excluded, votes_elsewhere, EXISTS (SELECT 1 FROM photo WHERE voter = number)
               FROM voter WHERE number = ?1";
    let facts = connection
        .prepare_cached(sql)?
        .query_row([number.0], |row| {
            Ok(VoterFacts {
                voter: number,
                already_admitted: false,
                excluded: row.get(2)?,
                votes_elsewhere: row.get(3)?,
                home_station: row.get(1)?,
                fingers_on_file: Vec::new(),
                best_reference_quality: None,
                portrait_on_file: row.get(4)?,
                age: date(row, 0)?.years_until(day),
            })
        })
        .optional()?;
    let Some(mut facts) = facts else { return Ok(None) };
    let sql = "SELECT position, quality FROM reference WHERE voter = ?1 ORDER BY position";
    for (finger, quality) in rows(connection, sql, [number.0], |row| Ok((position(row, 0)?, row.get(1)?)))? {
        facts.fingers_on_file.push(finger);
        facts.best_reference_quality = facts.best_reference_quality.max(Some(quality));
    }
    Ok(Some(facts))
}

fn reference_page(connection: &Connection, from: RollNumber, voters: usize) -> rusqlite::Result<ReferencePage> {
    // one voter more than asked for: where the next page begins
    let beyond = i64::try_from(voters).unwrap_or(i64::MAX).saturating_add(1);
    let sql = "SELECT DISTINCT voter FROM reference WHERE voter >= ?1 ORDER BY voter LIMIT ?2";
    let numbers: Vec<u32> = rows(connection, sql, [i64::from(from.0), beyond], |row| row.get(0))?;
    let next = numbers.get(voters).copied();
    let last = next.map_or(i64::MAX, |next| i64::from(next) - 1);
    let sql = "SELECT voter, position, quality, template FROM reference
               WHERE voter BETWEEN ?1 AND ?2 ORDER BY voter, position";
    let references = rows(connection, sql, [i64::from(from.0), last], |row| {
        Ok(Reference {
            voter: RollNumber(row.get(0)?),
            position: position(row, 1)?,
            quality: row.get(2)?,
            template: row.get(3)?,
        })
    })?;
    Ok(ReferencePage {
        references,
        next: next.map(RollNumber),
    })
}

fn rows<T, P: Params>(
    connection: &Connection,
    sql: &str,
    values: P,
    read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
) -> rusqlite::Result<Vec<T>> {
    connection.prepare_cached(sql)?.query_map(values, read)?.collect()
}

fn read_voter(row: &Row<'_>) -> rusqlite::Result<Voter> {
    Ok(Voter {
        number: RollNumber(row.get(0)?),
        name: row.get(1)?,
        born: date(row, 2)?,
        sex: sex(row, 3)?,
        pin: row.get(4)?,
        document: row.get(5)?,
        home: row.get(6)?,
        excluded: row.get(7)?,
        votes_elsewhere: row.get(8)?,
        photo: row.get(9)?,
    })
}

fn date(row: &Row<'_>, column: usize) -> rusqlite::Result<Date> {
    row.get_ref(column)?
        .as_str()?
        .parse()
        .map_err(|_| breaks_format(column))
}

fn sex(row: &Row<'_>, column: usize) -> rusqlite::Result<Sex> {
    Sex::from_letter(row.get_ref(column)?.as_str()?).ok_or_else(|| breaks_format(column))
}

fn position(row: &Row<'_>, column: usize) -> rusqlite::Result<FingerPosition> {
    FingerPosition::from_code(row.get(column)?).ok_or_else(|| breaks_format(column))
}

/// A value that the tables allow, but no sealing of this format writes.
fn breaks_format(column: usize) -> rusqlite::Error {
    rusqlite::Error::InvalidColumnIndex(column)
}
