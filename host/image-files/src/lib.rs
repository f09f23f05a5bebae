//! Grey finger images out of files: PNG, BMP and TIFF, told apart by their first bytes, and bare pixels.
//!
//! Nothing that a file says is believed before it is checked: a file of more than [`MAX_BYTES`] or with a side of more
//! than [`MAX_SIDE`] pixels is refused before anything is decoded, so that a small file cannot claim a huge image.
//!
//! WSQ (the FBI's fingerprint compression) is refused in words. No kept crate was found for it: `wsq` is a WebSocket
//! library, and `nbis-rs` (one release, C) binds NBIS's minutiae and not its WSQ.

mod bmp;
mod error;
mod file;
mod format;
mod grey;
mod picture;
mod png;
mod raw;
mod resolution;
mod tiff;

pub use error::{Flaw, PictureError};
pub use file::read;
pub use format::Format;
pub use picture::Picture;
pub use raw::raw;

/// Most bytes of a file: 64 MiB, as much as 32-bit colour of the largest sides takes.
pub const MAX_BYTES: usize = 64 << 20;
/// Most pixels on a side: ten prints on a card at 500 dpi are wider, a finger at 1,000 dpi never is.
pub const MAX_SIDE: u32 = 4000;

/// Reads an image from the bytes of a PNG, BMP or TIFF file. Colour is reduced to luma (Rec. ITU-R BT.601, 2.5.1); what
/// a PNG or TIFF leaves transparent becomes white.
///
/// # Errors
/// [`PictureError`] without a file's name: another format, damage, too large, a kind of TIFF or BMP that is not read.
pub fn decode(bytes: &[u8]) -> Result<Picture, PictureError> {
    read_any(bytes).map_err(PictureError::from)
}

fn read_any(bytes: &[u8]) -> Result<Picture, Flaw> {
    if bytes.len() > MAX_BYTES {
        return Err(Flaw::TooManyBytes);
    }
    match Format::of(bytes)? {
        Format::Png => png::read(bytes),
        Format::Bmp => bmp::read(bytes),
        Format::Tiff => tiff::read(bytes),
    }
}
