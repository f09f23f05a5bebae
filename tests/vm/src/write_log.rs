//! What a disk was written, in order, as the kernel's `dm-log-writes` notes it
//! (Documentation/admin-guide/device-mapper/log-writes.rst). A write stands in the log once it is on the disk for good: one
//! with FUA as it completed, others right before the flush that took them out of the disk's cache. Written again from the
//! start up to a flush, the log is the disk as a power cut after that flush leaves it at worst.

use std::io::{Error, ErrorKind, Read, Result, Seek, SeekFrom};

const MAGIC: u64 = 0x006a_7366_7773_6872;
const VERSION: u64 = 1;

const FLUSH: u64 = 1;
const FUA: u64 = 1 << 1;
const DISCARD: u64 = 1 << 2;
const MARK: u64 = 1 << 3;

/// Bytes of a note before a mark's word.
const HEAD: usize = 32;
/// Longest single write: more than a block device takes at once.
const MAX_SECTORS: u64 = 1 << 16;

/// One note.
#[derive(Clone, PartialEq, Eq)]
pub enum Entry {
    /// bytes at an offset; none where only the cache was flushed
    Write {
        /// in bytes
        at: u64,
        /// what was written
        data: Vec<u8>,
        /// this and what stands before it is on the disk for good
        durable: bool,
    },
    /// space that the file system gave up
    Discard,
    /// a word of whoever watches
    Mark(String),
}

impl std::fmt::Debug for Entry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Write { at, data, durable } => write!(f, "{} bytes at {at}, durable: {durable}", data.len()),
            Self::Discard => f.write_str("discard"),
            Self::Mark(word) => write!(f, "mark {word}"),
        }
    }
}

fn number(bytes: &[u8], at: usize) -> u64 {
    let part = bytes.get(at..).and_then(<[u8]>::first_chunk);
    part.map_or(0, |part| u64::from_le_bytes(*part))
}

fn wrong(what: &str) -> Error {
    Error::new(ErrorKind::InvalidData, format!("the log of writes {what}"))
}

/// Reads a whole log.
///
/// # Errors
/// The disk's, or that this is no log.
pub fn read(log: &mut (impl Read + Seek)) -> Result<Vec<Entry>> {
    log.seek(SeekFrom::Start(0))?;
    let mut head = [0; HEAD];
    log.read_exact(&mut head)?;
    if number(&head, 0) != MAGIC || number(&head, 8) != VERSION {
        return Err(wrong("begins with another word"));
    }
    let (entries, sector) = (number(&head, 16), number(&head, 24) & 0xffff_ffff);
    if !(512..=4096).contains(&sector) {
        return Err(wrong("has sectors of an impossible size"));
    }
    log.seek(SeekFrom::Start(sector))?;
    (0..entries).map(|_| entry(log, sector)).collect()
}

fn entry(log: &mut impl Read, sector: u64) -> Result<Entry> {
    let bytes = |sectors: u64| usize::try_from(sectors * sector).map_err(|_| wrong("has a note that is too long"));
    let mut note = vec![0; bytes(1)?];
    log.read_exact(&mut note)?;
    let (place, sectors, flags, length) = (number(&note, 0), number(&note, 8), number(&note, 16), number(&note, 24));
    if flags & MARK != 0 {
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        let word = note.get(HEAD..HEAD.saturating_add(length));
        let word = word.ok_or_else(|| wrong("has a mark that is too long"))?;
        return Ok(Entry::Mark(String::from_utf8_lossy(word).into_owned()));
    }
    if flags & DISCARD != 0 {
        return Ok(Entry::Discard);
    }
    if sectors > MAX_SECTORS {
        return Err(wrong("has a note that is too long"));
    }
    let mut data = vec![0; bytes(sectors)?];
    log.read_exact(&mut data)?;
    Ok(Entry::Write {
        at: place * sector,
        data,
        durable: flags & (FLUSH | FUA) != 0,
    })
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod tests {
    use super::*;
    use std::io::Cursor;

    fn note(numbers: [u64; 4], rest: &[u8]) -> Vec<u8> {
        let mut bytes: Vec<u8> = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
        bytes.extend_from_slice(rest);
        bytes.resize(512, 0);
        bytes
    }

    #[test]
    fn writes_flushes_and_marks_come_in_their_order() {
        let log = [
            note([MAGIC, VERSION, 4, 512], &[]),
            note([3, 1, 0, 0], &[]),
            vec![7; 512],
            note([0, 0, FLUSH, 0], &[]),
            note([0, 0, MARK, 7], b"acked 1"),
            note([0, 8, DISCARD, 0], &[]),
        ];
        let entries = read(&mut Cursor::new(log.concat())).unwrap();
        let write = |at, data, durable| Entry::Write { at, data, durable };
        assert_eq!(
            entries,
            [
                write(1536, vec![7; 512], false),
                write(0, Vec::new(), true),
                Entry::Mark("acked 1".to_owned()),
                Entry::Discard,
            ]
        );
    }

    #[test]
    fn what_is_no_log_is_refused() {
        assert!(read(&mut Cursor::new(vec![0; 4096])).is_err());
        let too_long = [note([MAGIC, VERSION, 1, 512], &[]), note([0, u64::MAX / 2, 0, 0], &[])];
        assert!(read(&mut Cursor::new(too_long.concat())).is_err());
    }
}
