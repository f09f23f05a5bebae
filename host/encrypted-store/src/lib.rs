//! SQLCipher files: the key, and how every connection begins. Roll and journal stand on it.

mod key;

pub use key::{KeyError, StoreKey, new_private_file};

use rusqlite::{Connection, OpenFlags};
use std::path::Path;
use std::sync::Once;

/// Older ones can lose a commit in WAL mode: 3.51.3.
const MIN_SQLITE: i32 = 3_051_003;

/// The program was linked with an SQLite that is too old.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this program's SQLite is older than 3.51.3, which can lose a commit; build it with a newer one")]
pub struct OldSqlite;

/// Checks the linked SQLite.
///
/// # Errors
/// [`OldSqlite`].
pub fn assert_sqlite() -> Result<(), OldSqlite> {
    if rusqlite::version_number() >= MIN_SQLITE {
        Ok(())
    } else {
        Err(OldSqlite)
    }
}

/// Opens a file and gives the key. Nothing is read from the file yet, so a wrong key is not noticed here.
///
/// # Errors
/// SQLite's.
pub fn open(path: impl AsRef<Path>, flags: OpenFlags, key: &StoreKey) -> rusqlite::Result<Connection> {
    start();
    #[expect(clippy::disallowed_methods, reason = "the one place for it")]
    let connection = Connection::open_with_flags(path, flags)?;
    unlock(&connection, key)?;
    Ok(connection)
}

/// Opens a store that is in memory, without a key, and gone with its connection.
///
/// # Errors
/// SQLite's.
pub fn open_in_memory() -> rusqlite::Result<Connection> {
    start();
    #[expect(clippy::disallowed_methods, reason = "the one place for it")]
    Connection::open_in_memory()
}

/// The first connection of a process sets SQLite up, and SQLCipher only after SQLite says that it is ready
/// (`SQLITE_EXTRA_INIT` runs outside of the lock): another thread that opens a file meanwhile has its key refused. So
/// the first one is opened while all others wait. Where it fails, theirs fail too, and tell.
fn start() {
    static FIRST: Once = Once::new();
    #[expect(clippy::disallowed_methods, reason = "the one place for it")]
    FIRST.call_once(|| drop(Connection::open_in_memory()));
}

/// Gives the key and pins what the file's encryption depends on, so that a later SQLCipher with other defaults still
/// opens it.
fn unlock(connection: &Connection, key: &StoreKey) -> rusqlite::Result<()> {
    // SQLCipher would write to standard error what the caller turns into a sentence.
    run(connection, "PRAGMA cipher_log_level = NONE")?;
    run(connection, &key.pragma())?;
    for pragma in [
        "PRAGMA cipher_compatibility = 4",
        "PRAGMA cipher_memory_security = OFF",
        // no voter's data in a plain temporary file
        "PRAGMA temp_store = MEMORY",
        "PRAGMA trusted_schema = OFF",
        "PRAGMA foreign_keys = ON",
    ] {
        run(connection, pragma)?;
    }
    Ok(())
}

/// Runs a statement, whether it answers with rows or not.
///
/// # Errors
/// SQLite's.
pub fn run(connection: &Connection, sql: &str) -> rusqlite::Result<()> {
    let mut statement = connection.prepare(sql)?;
    let mut rows = statement.query([])?;
    while rows.next()?.is_some() {}
    Ok(())
}
