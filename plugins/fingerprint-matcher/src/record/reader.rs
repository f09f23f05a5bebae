use super::error::{Flaw, RecordError};
use super::standard::{Part, Standard};
use std::ops::RangeInclusive;

/// First bytes of every form.
const MAGIC: [u8; 4] = *b"FMR\0";
/// So many bytes may a record be longer than it says.
const TOLERANCE: usize = 2;

/// What is left of a record, or of a representation in it; places are counted from the record's beginning.
pub(super) struct Reader<'a> {
    /// up to where this part ends
    bytes: &'a [u8],
    at: usize,
    standard: &'static Standard,
}

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8], standard: &'static Standard) -> Self {
        Self { bytes, at: 0, standard }
    }

    pub(super) fn at(&self) -> usize {
        self.at
    }

    pub(super) fn refuse(&self, byte: usize, flaw: Flaw, part: Part) -> RecordError {
        RecordError::Refused {
            byte,
            flaw,
            rule: self.standard.rule(part),
        }
    }

    pub(super) fn take<const N: usize>(&mut self, part: Part) -> Result<[u8; N], RecordError> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let taken = rest
            .first_chunk::<N>()
            .ok_or_else(|| self.refuse(self.bytes.len(), Flaw::CutOff(part), part))?;
        self.at += N;
        Ok(*taken)
    }

    pub(super) fn byte(&mut self, part: Part) -> Result<u8, RecordError> {
        self.take(part).map(|[byte]| byte)
    }

    pub(super) fn short(&mut self, part: Part) -> Result<u16, RecordError> {
        self.take(part).map(u16::from_be_bytes)
    }

    /// Four bytes that say how many bytes there are.
    pub(super) fn count(&mut self, part: Part) -> Result<usize, RecordError> {
        let count = self.take(part).map(u32::from_be_bytes)?;
        Ok(usize::try_from(count).unwrap_or(usize::MAX))
    }

    pub(super) fn byte_in(
        &mut self,
        what: &'static str,
        range: RangeInclusive<u8>,
        part: Part,
    ) -> Result<u8, RecordError> {
        let byte = self.byte(part)?;
        if range.contains(&byte) {
            return Ok(byte);
        }
        let flaw = Flaw::Number {
            what,
            value: byte.into(),
            from: (*range.start()).into(),
            to: (*range.end()).into(),
        };
        Err(self.refuse(self.at - 1, flaw, part))
    }

    pub(super) fn short_in(
        &mut self,
        what: &'static str,
        range: RangeInclusive<u16>,
        part: Part,
    ) -> Result<u16, RecordError> {
        let short = self.short(part)?;
        if range.contains(&short) {
            return Ok(short);
        }
        let flaw = Flaw::Number {
            what,
            value: short.into(),
            from: (*range.start()).into(),
            to: (*range.end()).into(),
        };
        Err(self.refuse(self.at - 2, flaw, part))
    }

    pub(super) fn skip(&mut self, count: usize, part: Part) -> Result<(), RecordError> {
        if count > self.bytes.len() - self.at {
            return Err(self.refuse(self.bytes.len(), Flaw::CutOff(part), part));
        }
        self.at += count;
        Ok(())
    }

    /// `FMR`, then the version.
    pub(super) fn magic(&mut self, version: &'static str) -> Result<(), RecordError> {
        if self.take(Part::Header) != Ok(MAGIC) {
            return Err(self.refuse(0, Flaw::Foreign, Part::Header));
        }
        let [first, second, third, zero] = self.take(Part::Header)?;
        if [first, second, third] != version.as_bytes() || zero != 0 {
            return Err(self.refuse(MAGIC.len(), Flaw::Version(version), Part::Header));
        }
        Ok(())
    }

    /// Checks the length that the record states of itself; `place` is where it states it.
    pub(super) fn check_length(&self, place: usize, stated: usize) -> Result<(), RecordError> {
        let actual = self.bytes.len();
        if stated <= actual && actual - stated <= TOLERANCE {
            return Ok(());
        }
        Err(self.refuse(place, Flaw::Length { stated, actual }, Part::Header))
    }

    /// The next so many bytes, which the caller has found to be there, for themselves.
    pub(super) fn part(&self, count: usize) -> Reader<'a> {
        let end = self.at.saturating_add(count).min(self.bytes.len());
        Reader {
            bytes: self.bytes.get(..end).unwrap_or_default(),
            at: self.at,
            standard: self.standard,
        }
    }

    /// Nothing may be left.
    pub(super) fn finish(self, part: Part) -> Result<(), RecordError> {
        match self.bytes.len() - self.at {
            0 => Ok(()),
            left => Err(self.refuse(self.at, Flaw::LeftOver(left), part)),
        }
    }
}
