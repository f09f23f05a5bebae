//! The seal: a digest over the whole content.

use rusqlite::Connection;
use rusqlite::types::ValueRef;
use sha2::{Digest, Sha256};

/// The row of `meta` that holds the digest, and so is not digested itself.
pub(crate) const DIGEST: &str = "digest";

/// Every table with its rows in order, so that two files with the same content have the same digest, whatever the
/// order in which they were written.
const CONTENT: [(&str, &str); 4] = [
    (
        "meta",
        "SELECT name, value FROM meta WHERE name <> 'digest' ORDER BY name",
    ),
    (
        "voter",
        "SELECT number, name, born, sex, pin, document, home, excluded, votes_elsewhere FROM voter ORDER BY number",
    ),
    ("photo", "SELECT voter, png FROM photo ORDER BY voter"),
    (
        "reference",
        "SELECT voter, position, quality, template FROM reference ORDER BY voter, position",
    ),
];

/// SHA-256 over all rows.
pub(crate) fn content_digest(connection: &Connection) -> rusqlite::Result<[u8; 32]> {
    let mut sha = Sha256::new();
    for (table, query) in CONTENT {
        add_value(&mut sha, ValueRef::Text(table.as_bytes()));
        let mut statement = connection.prepare(query)?;
        let columns = statement.column_count();
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            sha.update(b"row");
            for column in 0..columns {
                add_value(&mut sha, row.get_ref(column)?);
            }
        }
        sha.update(b"end");
    }
    Ok(sha.finalize().into())
}

/// A letter for the type, then, where the length is not fixed, the length: no two rows give the same bytes.
fn add_value(sha: &mut Sha256, value: ValueRef<'_>) {
    let mut sized = |letter: u8, bytes: &[u8]| {
        sha.update([letter]);
        // usize is at most 64 bits wide on every machine that Rust knows
        sha.update((bytes.len() as u64).to_be_bytes());
        sha.update(bytes);
    };
    match value {
        ValueRef::Null => sized(b'n', &[]),
        ValueRef::Integer(number) => sized(b'i', &number.to_be_bytes()),
        ValueRef::Real(number) => sized(b'r', &number.to_be_bytes()),
        ValueRef::Text(text) => sized(b't', text),
        ValueRef::Blob(blob) => sized(b'b', blob),
    }
}

/// Lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8; 32]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
