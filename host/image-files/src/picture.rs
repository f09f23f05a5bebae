use crate::MAX_SIDE;
use crate::error::Flaw;
use std::fmt;

/// An image: 8-bit grey, row-major, top row first, `pixels` is exactly width x height. `Debug` does not show the pixels.
#[derive(Clone, PartialEq, Eq)]
pub struct Picture {
    /// pixels, 1 to 4,000
    pub width: u16,
    /// pixels, 1 to 4,000
    pub height: u16,
    /// pixels per inch as the file states it, right or wrong; none where it states none
    pub dpi: Option<u16>,
    /// 0 black to 255 white
    pub pixels: Vec<u8>,
}

impl fmt::Debug for Picture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Picture")
            .field("width", &self.width)
            .field("height", &self.height)
            .field("dpi", &self.dpi)
            .finish_non_exhaustive()
    }
}

/// Width and height that were checked.
#[derive(Clone, Copy)]
pub(crate) struct Size {
    pub(crate) width: u16,
    pub(crate) height: u16,
}

impl Size {
    /// To be asked before anything is decoded.
    pub(crate) fn of(width: u32, height: u32) -> Result<Self, Flaw> {
        if width == 0 || height == 0 {
            return Err(Flaw::NoPixels);
        }
        if width.max(height) > MAX_SIDE {
            return Err(Flaw::TooLarge(width, height));
        }
        let side = |pixels: u32| u16::try_from(pixels).map_err(|_| Flaw::TooLarge(width, height));
        Ok(Self {
            width: side(width)?,
            height: side(height)?,
        })
    }

    pub(crate) fn area(self) -> usize {
        usize::from(self.width) * usize::from(self.height)
    }

    /// A picture of this size; none where the pixels are too few or too many for it.
    pub(crate) fn filled(self, pixels: Vec<u8>, dpi: Option<u16>) -> Option<Picture> {
        (pixels.len() == self.area()).then_some(Picture {
            width: self.width,
            height: self.height,
            dpi,
            pixels,
        })
    }
}
