//! roll.db: the sealed station roll, read-only once opened.
