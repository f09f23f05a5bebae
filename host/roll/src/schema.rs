//! How the file is laid out.

/// Of the file; a program reads this one alone.
pub const FORMAT: u32 = 1;

/// `meta` says whose roll this is and carries the digest; the other three are the voters.
pub(crate) const TABLES: &str = "
CREATE TABLE meta (
    name TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE voter (
    number INTEGER NOT NULL PRIMARY KEY CHECK (number BETWEEN 1 AND 4294967295),
    name TEXT NOT NULL,
    born TEXT NOT NULL CHECK (length(born) = 10),
    sex TEXT NOT NULL CHECK (sex IN ('f', 'm')),
    pin TEXT NOT NULL UNIQUE CHECK (length(pin) = 14),
    document TEXT NOT NULL UNIQUE,
    home INTEGER NOT NULL CHECK (home IN (0, 1)),
    excluded TEXT,
    votes_elsewhere INTEGER NOT NULL CHECK (votes_elsewhere IN (0, 1))
) STRICT;
CREATE TABLE photo (
    voter INTEGER NOT NULL PRIMARY KEY REFERENCES voter (number),
    png BLOB NOT NULL
) STRICT;
CREATE TABLE reference (
    voter INTEGER NOT NULL REFERENCES voter (number),
    position INTEGER NOT NULL CHECK (position BETWEEN 0 AND 10),
    quality INTEGER NOT NULL CHECK (quality BETWEEN 0 AND 100),
    template BLOB NOT NULL CHECK (length(template) > 0),
    PRIMARY KEY (voter, position)
) STRICT;
";
