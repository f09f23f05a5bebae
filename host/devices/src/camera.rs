//! The station's camera: a face, one frame at a time.
//!
//! [`Camera`] is the seam. [`V4l2Camera`] is a real one (Linux, `/dev/videoN`), [`FileCamera`] shows the pictures of a
//! folder and stands in for it in tests and demonstrations. Frames are biometric: they live in memory alone, and `Debug`
//! shows their sizes.

mod convert;
mod error;
mod file_camera;
mod frame;
mod jpeg;
mod png_file;
mod ppm_file;
mod v4l2_camera;

pub use convert::{Layout, LumaRange, PixelFormat};
pub use error::{CameraError, FrameFlaw};
pub use file_camera::FileCamera;
pub use frame::{Frame, FrameSize, MAX_SIDE};
pub use v4l2_camera::V4l2Camera;

use std::path::Path;
use std::time::Duration;

/// Gives frames, one by one.
pub trait Camera: Send {
    /// A frame that was taken after this was called, or the next picture where they are files. Waits at most this long.
    ///
    /// # Errors
    /// [`CameraError`]. After [`CameraError::Late`] and [`CameraError::Damaged`] the next call may succeed; after any
    /// other error of a real camera it has to be opened again.
    fn next_frame(&mut self, timeout: Duration) -> Result<Frame, CameraError>;
}

/// What the system says of a camera, in the operator's words.
fn failure(camera: &Path, cause: &std::io::Error) -> CameraError {
    use std::io::ErrorKind;
    /// ENODEV and ENXIO: the device is gone; ENOTTY: no device of this kind; EIO: it failed; ENOSPC: no bandwidth.
    const GONE: [i32; 2] = [19, 6];
    const NO_KIND: i32 = 25;
    const FAILED: i32 = 5;
    const NO_ROOM: i32 = 28;
    let camera = camera.to_owned();
    match (cause.kind(), cause.raw_os_error()) {
        (ErrorKind::NotFound, _) => CameraError::Missing(camera),
        (ErrorKind::PermissionDenied, _) => CameraError::Permission(camera),
        (ErrorKind::ResourceBusy, _) => CameraError::Busy(camera),
        (_, Some(NO_KIND)) => CameraError::NotACamera(camera),
        (_, Some(NO_ROOM)) => CameraError::NoBandwidth(camera),
        (_, Some(FAILED)) => CameraError::Gone(camera),
        (_, Some(code)) if GONE.contains(&code) => CameraError::Gone(camera),
        _ => CameraError::Other {
            camera,
            cause: cause.to_string(),
        },
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod tests {
    use super::*;

    #[test]
    fn a_camera_that_is_not_there_and_a_file_that_is_none_are_told_in_a_sentence() {
        let missing = V4l2Camera::open(Path::new("/dev/video-that-is-not-there")).unwrap_err();
        assert_eq!(
            missing.to_string(),
            "there is no camera at /dev/video-that-is-not-there; plug it in, or set another one"
        );
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("video0");
        std::fs::write(&file, b"no camera").unwrap();
        assert_eq!(V4l2Camera::open(&file).unwrap_err(), CameraError::NotACamera(file));
    }

    #[test]
    fn what_the_system_says_of_a_camera_is_told_in_the_operators_words() {
        let camera = Path::new("/dev/video0");
        let cases: [(i32, CameraError); 6] = [
            (2, CameraError::Missing(camera.to_owned())),
            (13, CameraError::Permission(camera.to_owned())),
            (16, CameraError::Busy(camera.to_owned())),
            (19, CameraError::Gone(camera.to_owned())),
            (5, CameraError::Gone(camera.to_owned())),
            (28, CameraError::NoBandwidth(camera.to_owned())),
        ];
        for (code, told) in cases {
            assert_eq!(
                failure(camera, &std::io::Error::from_raw_os_error(code)),
                told,
                "{code}"
            );
        }
    }

    #[test]
    fn the_pictures_of_a_folder_come_in_the_order_of_their_names_and_again_from_the_first() {
        let folder = tempfile::tempdir().unwrap();
        for (name, grey) in [("b.ppm", 9), ("a.ppm", 3)] {
            let mut bytes = b"P6\n2 1\n255\n".to_vec();
            bytes.extend([grey; 6]);
            std::fs::write(folder.path().join(name), bytes).unwrap();
        }
        let mut camera = FileCamera::open(folder.path()).unwrap();
        let seen: Vec<u8> = (0..3)
            .map(|_| camera.next_frame(Duration::ZERO).unwrap().pixels()[0])
            .collect();
        assert_eq!(seen, [3, 9, 3]);
    }
}
