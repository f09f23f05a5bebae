//! How the file is laid out.

/// Of the file; a program reads this one alone.
pub(crate) const FORMAT: &str = "1";

/// `event` is the record; the tables after it are what it amounts to, kept in the same transaction so that the file
/// itself refuses what must not happen.
pub(crate) const TABLES: &str = "
CREATE TABLE meta (
    name TEXT NOT NULL PRIMARY KEY,
    value BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE event (
    sequence INTEGER NOT NULL PRIMARY KEY CHECK (sequence >= 0),
    at INTEGER NOT NULL,
    body TEXT NOT NULL,
    leaf BLOB NOT NULL CHECK (length(leaf) = 32)
) STRICT;
CREATE TABLE peak (
    level INTEGER NOT NULL PRIMARY KEY,
    hash BLOB NOT NULL CHECK (length(hash) = 32)
) STRICT;
CREATE TABLE check_in (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id > 0),
    state TEXT NOT NULL
) STRICT;
CREATE TABLE admission (
    voter INTEGER NOT NULL PRIMARY KEY CHECK (voter > 0),
    check_in INTEGER NOT NULL UNIQUE REFERENCES check_in (id)
) STRICT;
CREATE TABLE image (
    digest BLOB NOT NULL PRIMARY KEY CHECK (length(digest) = 32)
) STRICT, WITHOUT ROWID;
CREATE TABLE checkpoint (
    size INTEGER NOT NULL PRIMARY KEY,
    note TEXT NOT NULL
) STRICT;
";
