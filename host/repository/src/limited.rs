//! Files of others, read up to a limit.

use crate::error::Error;
use std::path::Path;

/// The bytes of a file that has at most so many; `wrong` makes the error of one that has more.
pub(crate) fn read(path: &Path, most: u64, wrong: impl FnOnce(String) -> Error) -> Result<Vec<u8>, Error> {
    let length = std::fs::metadata(path).map_err(Error::file(path))?.len();
    if length > most {
        return Err(wrong(format!("it has {length} bytes")));
    }
    std::fs::read(path).map_err(Error::file(path))
}
