use crate::error::{Flaw, PictureError};
use crate::picture::{Picture, Size};

/// Bare grey pixels, a byte each, row by row from the top, as a picture without a resolution.
///
/// # Errors
/// [`PictureError`] where a side is 0 or over 4,000, or the bytes are not width x height.
pub fn raw(bytes: &[u8], width: u16, height: u16) -> Result<Picture, PictureError> {
    let size = Size::of(width.into(), height.into())?;
    let wrong = Flaw::RawLength {
        width,
        height,
        bytes: bytes.len(),
    };
    // before it is copied
    if bytes.len() != size.area() {
        return Err(wrong.into());
    }
    size.filled(bytes.to_vec(), None).ok_or(wrong.into())
}
