use super::error::{Flaw, RecordError};
use super::reader::Reader;
use super::standard::Part;
use crate::number::short;
use std::ops::RangeInclusive;

/// 500 dpi in pixels per centimetre, as records state it.
pub(super) const WORKING: u16 = 197;
/// Resolutions accepted, in pixels per centimetre: 99 to 1,200 dpi.
pub(super) const RESOLUTIONS: RangeInclusive<u16> = 39..=473;
/// Sides accepted, in pixels: coordinates have 14 bits.
pub(super) const SIDES: RangeInclusive<u16> = 1..=0x3fff;

/// The image that minutiae are places in.
#[derive(Clone, Copy)]
pub(super) struct Frame {
    width: u16,
    height: u16,
    across: Scale,
    down: Scale,
}

impl Frame {
    /// Width and height in pixels, resolution across and down in pixels per centimetre.
    pub(super) fn new((width, height): (u16, u16), (across, down): (u16, u16)) -> Self {
        Self {
            width,
            height,
            across: Scale::from(across),
            down: Scale::from(down),
        }
    }

    /// As 2005 and 378 have it: width, height, both resolutions.
    pub(super) fn read(reader: &mut Reader<'_>, part: Part) -> Result<Self, RecordError> {
        let size = read_size(reader, part)?;
        let resolution = read_resolution(reader, part)?;
        Ok(Self::new(size, resolution))
    }

    /// Width and height at 500 dpi.
    pub(super) fn size(&self) -> (u16, u16) {
        (self.across.side(self.width), self.down.side(self.height))
    }

    /// A place at 500 dpi; `byte` is where the record states it.
    pub(super) fn place(
        &self,
        reader: &Reader<'_>,
        byte: usize,
        (x, y): (u16, u16),
    ) -> Result<(u16, u16), RecordError> {
        let outside = |byte, side, pixels| reader.refuse(byte, Flaw::Outside { side, pixels }, Part::Minutia);
        if x >= self.width {
            return Err(outside(byte, "across", self.width));
        }
        if y >= self.height {
            return Err(outside(byte + 2, "down", self.height));
        }
        Ok((self.across.apply(x), self.down.apply(y)))
    }
}

pub(super) fn read_size(reader: &mut Reader<'_>, part: Part) -> Result<(u16, u16), RecordError> {
    let width = reader.short_in("the image's width", SIDES, part)?;
    let height = reader.short_in("the image's height", SIDES, part)?;
    Ok((width, height))
}

pub(super) fn read_resolution(reader: &mut Reader<'_>, part: Part) -> Result<(u16, u16), RecordError> {
    let across = reader.short_in("the resolution across (pixels per cm)", RESOLUTIONS, part)?;
    let down = reader.short_in("the resolution down (pixels per cm)", RESOLUTIONS, part)?;
    Ok((across, down))
}

/// From a record's resolution to 500 dpi.
#[derive(Clone, Copy)]
struct Scale(Option<f32>);

impl Scale {
    /// Records round pixels per centimetre, so 196 to 198 are 500 dpi.
    fn from(resolution: u16) -> Self {
        let same = resolution.abs_diff(WORKING) <= 1;
        Self((!same).then(|| 500.0 / 2.54 / f32::from(resolution)))
    }

    fn apply(self, place: u16) -> u16 {
        self.0.map_or(place, |factor| short(f32::from(place) * factor))
    }

    /// A side is one more than its last place, and rounding must not cut that off.
    fn side(self, side: u16) -> u16 {
        self.0.map_or(side, |_| self.apply(side).saturating_add(1))
    }
}
