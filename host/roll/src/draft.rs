//! A roll that is being written: beside the old one, under another name, until it is whole.

use crate::roll::{OpenError, Roll};
use crate::schema::{FORMAT, TABLES};
use crate::seal::{DIGEST, content_digest, hex};
use crate::station::Station;
use crate::voter::{Reference, Voter};
use encrypted_store::{OldSqlite, StoreKey as RollKey, assert_sqlite, new_private_file, run};
use rusqlite::{Connection, ErrorCode, OpenFlags, params};
use std::fs::File;
use std::path::{Path, PathBuf};

/// Names of unfinished files end so.
const PART: &str = ".part";

/// An unfinished roll. Dropping it removes it; only [`Draft::finish`] puts it in the old one's place.
pub(crate) struct Draft {
    // before the file, so that SQLite has let go of it when it is removed
    connection: Connection,
    part: Part,
    out: PathBuf,
}

/// Why a roll could not be written. The old one is as it was, but where the new one is not durable.
#[derive(Debug)]
pub(crate) enum DraftError {
    Full,
    Other(String),
    Sqlite(OldSqlite),
    /// it has its name, but the folder's new entry may not be on the disk
    NotDurable(String),
    /// what was written does not read back
    ReadBack(OpenError),
}

impl From<rusqlite::Error> for DraftError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error() {
            Some(cause) if cause.code == ErrorCode::DiskFull => Self::Full,
            // never SQLite's own words: they can hold the statement, and so the key
            Some(cause) => Self::Other(format!("SQLite error {}", cause.extended_code)),
            None => Self::Other("SQLite refused a statement".to_owned()),
        }
    }
}

impl From<std::io::Error> for DraftError {
    fn from(error: std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => Self::Full,
            kind => Self::Other(kind.to_string()),
        }
    }
}

impl Draft {
    /// An empty roll beside `out`.
    pub(crate) fn create(out: &Path, key: &RollKey) -> Result<Self, DraftError> {
        assert_sqlite().map_err(DraftError::Sqlite)?;
        if out.is_dir() {
            return Err(std::io::Error::from(std::io::ErrorKind::IsADirectory).into());
        }
        let part = Part::create(out)?;
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = encrypted_store::open(&part.path, flags, key)?;
        // A file that was not finished is thrown away, so its journal need not outlive the process.
        run(&connection, "PRAGMA journal_mode = MEMORY")?;
        connection.execute_batch("BEGIN IMMEDIATE")?;
        connection.execute_batch(TABLES)?;
        Ok(Self {
            connection,
            part,
            out: out.to_owned(),
        })
    }

    pub(crate) fn add_voter(&mut self, voter: &Voter) -> Result<(), DraftError> {
        let sql = "INSERT INTO voter (number, name, born, sex, pin, document, home, excluded, votes_elsewhere)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
        self.connection.prepare_cached(sql)?.execute(params![
            voter.number.0,
            voter.name,
            voter.born.to_string(),
            voter.sex.letter(),
            voter.pin,
            voter.document,
            voter.home,
            voter.excluded,
            voter.votes_elsewhere,
        ])?;
        if let Some(png) = &voter.photo {
            let sql = "INSERT INTO photo (voter, png) VALUES (?1, ?2)";
            self.connection
                .prepare_cached(sql)?
                .execute(params![voter.number.0, png])?;
        }
        Ok(())
    }

    pub(crate) fn add_reference(&mut self, reference: &Reference) -> Result<(), DraftError> {
        let sql = "INSERT INTO reference (voter, position, quality, template) VALUES (?1, ?2, ?3, ?4)";
        self.connection.prepare_cached(sql)?.execute(params![
            reference.voter.0,
            reference.position.code(),
            reference.quality,
            reference.template,
        ])?;
        Ok(())
    }

    /// Seals the roll, reads it back and puts it in the old one's place. The digest is of the whole content.
    pub(crate) fn finish(
        self,
        station: &Station,
        key: &RollKey,
        matcher: &str,
        template_version: u32,
    ) -> Result<[u8; 32], DraftError> {
        let Self { connection, part, out } = self;
        write_meta(&connection, station, matcher, template_version)?;
        let digest = content_digest(&connection)?;
        insert_meta(&connection, DIGEST, &hex(&digest))?;
        connection.execute_batch("COMMIT")?;
        connection.close().map_err(|(_, error)| error)?;
        part.file.sync_all()?;
        let written = Roll::open(&part.path, key).map_err(DraftError::ReadBack)?;
        drop(written);
        part.replace(&out)?;
        Ok(digest)
    }

    /// As a disk with this much room would: the file cannot grow beyond.
    #[cfg(test)]
    fn limit_pages(&self, pages: u32) -> Result<(), DraftError> {
        Ok(run(&self.connection, &format!("PRAGMA max_page_count = {pages}"))?)
    }
}

fn write_meta(
    connection: &Connection,
    station: &Station,
    matcher: &str,
    template_version: u32,
) -> Result<(), DraftError> {
    let count = |table: &str| {
        let sql = format!("SELECT count(*) FROM {table}");
        connection.query_row(&sql, [], |row| row.get::<_, i64>(0))
    };
    for (name, value) in [
        ("format", FORMAT.to_string()),
        ("station-id", station.id().to_owned()),
        ("station-name", station.name().to_owned()),
        ("region", station.region().to_owned()),
        ("election", station.election().to_owned()),
        ("election-date", station.election_date().to_string()),
        ("voters", count("voter")?.to_string()),
        ("references", count("reference")?.to_string()),
        ("matcher", matcher.to_owned()),
        ("template-version", template_version.to_string()),
    ] {
        insert_meta(connection, name, &value)?;
    }
    Ok(())
}

fn insert_meta(connection: &Connection, name: &str, value: &str) -> rusqlite::Result<()> {
    let sql = "INSERT INTO meta (name, value) VALUES (?1, ?2)";
    connection.prepare_cached(sql)?.execute([name, value]).map(|_| ())
}

/// The unfinished file. It is locked while someone writes it, so that what a power cut left behind can be told from
/// what another process is writing.
struct Part {
    path: PathBuf,
    file: File,
    /// the file has its final name; nothing is left to remove
    in_place: bool,
}

impl Part {
    fn create(out: &Path) -> std::io::Result<Self> {
        remove_abandoned(out);
        let mut random = [0; 8];
        getrandom::fill(&mut random).map_err(|_| std::io::ErrorKind::Other)?;
        let mut name = out.file_name().unwrap_or_default().to_owned();
        name.push(format!(".{:016x}{PART}", u64::from_be_bytes(random)));
        let path = out.with_file_name(name);
        let file = new_private_file(&path)?;
        // Where the file system has no locks, abandoned files stay: `remove_abandoned` cannot lock them either.
        let _ = file.try_lock();
        Ok(Self {
            path,
            file,
            in_place: false,
        })
    }

    fn replace(mut self, out: &Path) -> Result<(), DraftError> {
        std::fs::rename(&self.path, out)?;
        self.in_place = true;
        File::open(folder_of(out))
            .and_then(|folder| folder.sync_all())
            .map_err(|error| DraftError::NotDurable(error.kind().to_string()))
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        if !self.in_place {
            // Nobody can be told here; the next import tries again.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

/// Removes what an interrupted import left beside `out`, as far as that is possible.
fn remove_abandoned(out: &Path) {
    let Some(stem) = out.file_name().and_then(|name| name.to_str()) else {
        return;
    };
    let Ok(files) = std::fs::read_dir(folder_of(out)) else {
        return;
    };
    for path in files.flatten().map(|file| file.path()) {
        let name = path.file_name().and_then(|name| name.to_str());
        let random = name
            .and_then(|name| name.strip_prefix(stem)?.strip_prefix('.')?.strip_suffix(PART))
            .filter(|random| random.len() == 16 && random.bytes().all(|byte| byte.is_ascii_hexdigit()));
        let Some(file) = random.and_then(|_| File::open(&path).ok()) else {
            continue;
        };
        if file.try_lock().is_ok() {
            let _ = std::fs::remove_file(&path);
        }
    }
}

fn folder_of(out: &Path) -> &Path {
    match out.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    }
}

#[cfg(test)]
mod tests;
