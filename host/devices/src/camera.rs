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
mod live;
mod png_file;
mod ppm_file;
mod v4l2_camera;

#[cfg(target_os = "linux")]
mod v4l2_device;

pub use convert::{Layout, LumaRange, PixelFormat};
pub use error::{CameraError, FrameFlaw};
pub use file_camera::FileCamera;
pub use frame::{Frame, FrameSize, MAX_SIDE};
pub use v4l2_camera::V4l2Camera;

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
