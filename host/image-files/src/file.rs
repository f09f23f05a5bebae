use crate::error::{Flaw, PictureError};
use crate::picture::Picture;
use crate::{MAX_BYTES, read_any};
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::Path;

/// Reads an image from a PNG, BMP or TIFF file, as [`crate::decode`] does.
///
/// # Errors
/// [`PictureError`] with the file's name: all of [`crate::decode`]'s, and a file that is not there or not readable.
pub fn read(path: &Path) -> Result<Picture, PictureError> {
    bytes(path)
        .and_then(|bytes| read_any(&bytes))
        .map_err(|flaw| PictureError {
            path: Some(path.to_owned()),
            flaw,
        })
}

fn bytes(path: &Path) -> Result<Vec<u8>, Flaw> {
    // Asked before it is opened: opening a pipe waits for whoever writes to it.
    let length = match std::fs::metadata(path).map_err(refused)? {
        file if file.is_file() => usize::try_from(file.len()).unwrap_or(usize::MAX),
        _ => return Err(Flaw::NotAFile),
    };
    if length > MAX_BYTES {
        return Err(Flaw::TooManyBytes);
    }
    let mut bytes = Vec::with_capacity(length);
    // It can grow meanwhile; one byte too many is enough to see it.
    let most = u64::try_from(MAX_BYTES).unwrap_or(u64::MAX);
    File::open(path)
        .and_then(|file| file.take(most + 1).read_to_end(&mut bytes))
        .map_err(refused)?;
    Ok(bytes)
}

#[expect(clippy::needless_pass_by_value, reason = "as map_err gives it")]
fn refused(error: std::io::Error) -> Flaw {
    match error.kind() {
        ErrorKind::NotFound => Flaw::Missing,
        kind => Flaw::Unreadable(kind.to_string()),
    }
}
