//! Extended data of a view: a length of two bytes, then areas, each with two bytes of type and two of length, which
//! counts these four as well. Nothing here uses ridge counts, cores, deltas or what vendors add.

use super::error::{Flaw, RecordError};
use super::reader::Reader;
use super::standard::Part;

const AREA_HEADER: u16 = 4;

/// Passes over it, checking that the areas fill what the block says.
pub(super) fn skip(reader: &mut Reader<'_>) -> Result<(), RecordError> {
    let length = usize::from(reader.short(Part::Extended)?);
    let mut block = reader.part(length);
    reader.skip(length, Part::Extended)?;
    let end = reader.at();
    while block.at() < end {
        let [_, _] = block.take(Part::Extended)?;
        let at = block.at();
        let area = block.short(Part::Extended)?;
        let flaw = Flaw::Number {
            what: "the length of an area of extended data",
            value: area.into(),
            from: AREA_HEADER.into(),
            to: u32::try_from(end + 2 - at).unwrap_or(u32::MAX),
        };
        let rest = area
            .checked_sub(AREA_HEADER)
            .ok_or_else(|| block.refuse(at, flaw, Part::Extended))?;
        block
            .skip(rest.into(), Part::Extended)
            .map_err(|_| block.refuse(at, flaw, Part::Extended))?;
    }
    Ok(())
}
