//! The pictures of a folder, as if a camera took them.

use super::error::{CameraError, FrameFlaw};
use super::frame::Frame;
use super::{Camera, png_file, ppm_file};
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Most bytes of a file: more than the largest frame without any compression.
const MAX_BYTES: u64 = 64 << 20;

/// Shows the PNG and PPM files of a folder in the order of their names, and begins again after the last. Which files
/// there are is looked up once; each is read when its turn comes.
#[derive(Debug)]
pub struct FileCamera {
    files: Vec<PathBuf>,
    next: usize,
}

impl FileCamera {
    /// A camera of the files in this folder whose names end in `.png` or `.ppm`.
    ///
    /// # Errors
    /// [`CameraError::Folder`] where it cannot be read, [`CameraError::NoPictures`] where it has none.
    pub fn open(folder: &Path) -> Result<Self, CameraError> {
        let failed = |cause: std::io::Error| CameraError::Folder {
            folder: folder.to_owned(),
            cause: cause.to_string(),
        };
        let mut files = Vec::new();
        for entry in std::fs::read_dir(folder).map_err(failed)? {
            let path = entry.map_err(failed)?.path();
            let ending = path.extension().map(std::ffi::OsStr::to_ascii_lowercase);
            if ending.is_some_and(|ending| ending == "png" || ending == "ppm") {
                files.push(path);
            }
        }
        if files.is_empty() {
            return Err(CameraError::NoPictures(folder.to_owned()));
        }
        files.sort();
        Ok(Self { files, next: 0 })
    }
}

impl Camera for FileCamera {
    /// Never waits. A picture that cannot be read is told once and passed over when its turn comes again.
    fn next_frame(&mut self, _timeout: Duration) -> Result<Frame, CameraError> {
        let file = self.files[self.next].clone();
        self.next = (self.next + 1) % self.files.len();
        read(&file).map_err(|flaw| CameraError::Picture { file, flaw })
    }
}

fn read(file: &Path) -> Result<Frame, FrameFlaw> {
    let unreadable = |cause: std::io::Error| FrameFlaw::Unreadable(cause.to_string());
    let mut bytes = Vec::new();
    let opened = std::fs::File::open(file).map_err(unreadable)?;
    opened.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(FrameFlaw::TooManyBytes(MAX_BYTES));
    }
    if bytes.starts_with(ppm_file::SIGNATURE) {
        ppm_file::read(&bytes)
    } else {
        png_file::read(&bytes)
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod tests {
    use super::super::png_file::tests::written;
    use super::*;
    use std::fs::write;

    fn next(camera: &mut FileCamera) -> Result<Vec<u8>, String> {
        let frame = camera.next_frame(Duration::ZERO).map_err(|error| error.to_string())?;
        Ok(frame.into_pixels())
    }

    #[test]
    fn the_pictures_of_a_folder_come_in_the_order_of_their_names_and_again() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path().join("2.png"), written(1, 1, png::ColorType::Rgb, b"def")).unwrap();
        write(folder.path().join("1.PPM"), b"P6 1 1 255 abc").unwrap();
        write(folder.path().join("0.txt"), b"no picture").unwrap();
        let mut camera = FileCamera::open(folder.path()).unwrap();
        let seen: Vec<_> = (0..4).map(|_| next(&mut camera).unwrap()).collect();
        assert_eq!(seen, [b"abc", b"def", b"abc", b"def"]);
    }

    #[test]
    fn a_picture_that_cannot_be_read_is_named_and_the_next_one_comes() {
        let folder = tempfile::tempdir().unwrap();
        let (first, second) = (folder.path().join("1.png"), folder.path().join("2.ppm"));
        write(&first, b"P6 1 2 255 abc").unwrap();
        write(&second, b"P6 1 1 255 abc").unwrap();
        let mut camera = FileCamera::open(folder.path()).unwrap();
        assert_eq!(
            next(&mut camera),
            Err(format!(
                "the picture {} cannot be read: it has not the number of bytes of its size; take it out of the folder",
                first.display()
            ))
        );
        assert_eq!(next(&mut camera).unwrap(), b"abc");
        std::fs::remove_file(&first).unwrap();
        let gone = next(&mut camera).unwrap_err();
        assert!(gone.contains("No such file"), "{gone}");
    }

    #[test]
    fn a_folder_that_is_missing_or_empty_is_a_sentence() {
        let folder = tempfile::tempdir().unwrap();
        let empty = FileCamera::open(folder.path()).unwrap_err();
        assert_eq!(empty, CameraError::NoPictures(folder.path().to_owned()));
        let missing = FileCamera::open(&folder.path().join("none")).unwrap_err().to_string();
        assert!(
            missing.ends_with("cannot be read: No such file or directory (os error 2); set another one"),
            "{missing}"
        );
    }
}
