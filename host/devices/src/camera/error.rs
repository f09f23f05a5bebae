//! What can go wrong with a camera, in sentences for the operator.

use super::frame::MAX_SIDE;
use std::path::PathBuf;

/// What is wrong with a picture.
#[derive(Clone, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum FrameFlaw {
    /// width and height in pixels
    #[error("it is {0} x {1} pixels, and a side may have 1 to {MAX_SIDE}")]
    Size(u32, u32),
    /// too many bytes, or too few
    #[error("it has not the number of bytes of its size")]
    Bytes,
    /// bytes per line, by the camera's driver
    #[error("its lines are said to have fewer bytes than pixels need")]
    Stride,
    /// another one than the camera's driver promised
    #[error("it has another size than was agreed")]
    OtherSize,
    /// no end-of-image marker
    #[error("its end is missing")]
    CutOff,
    /// the decoder gave up
    #[error("its JPEG data are damaged")]
    Jpeg,
    /// the decoder gave up
    #[error("its PNG data are damaged")]
    Png,
    /// only P6 with samples of 0 to 255 is read
    #[error("it is not a binary PPM with samples of 0 to 255, or it is damaged")]
    Ppm,
    /// a file's bytes
    #[error("it has more than {} MiB", .0 >> 20)]
    TooManyBytes(u64),
    /// the system's words
    #[error("{0}")]
    Unreadable(String),
}

/// Why there is no frame.
#[derive(Clone, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum CameraError {
    /// no such file
    #[error("there is no camera at {0}; plug it in, or set another one")]
    Missing(PathBuf),
    /// the system refuses
    #[error(
        "no permission for the camera at {0}; add the station's user to the group video and start the station again"
    )]
    Permission(PathBuf),
    /// another program has it
    #[error("the camera at {0} is in use by another program; close that program")]
    Busy(PathBuf),
    /// a file, or the part of a camera that gives no pictures
    #[error("{0} gives no pictures; set another /dev/video file, a camera often has two")]
    NotACamera(PathBuf),
    /// none that is converted
    #[error("the camera at {0} has none of the formats YUYV, RGB3 and MJPG; use another camera")]
    NoFormat(PathBuf),
    /// the USB port is too slow for what hangs on it
    #[error("the camera at {0} shares a USB port that is too slow for it; plug it into another port, without a hub")]
    NoBandwidth(PathBuf),
    /// unplugged, or failed as if it were
    #[error("the camera at {0} was pulled or failed; plug it in again")]
    Gone(PathBuf),
    /// it is there and sends nothing
    #[error("the camera at {0} sends no pictures; pull it and plug it in again")]
    Silent(PathBuf),
    /// none within the time of the call, in milliseconds
    #[error("the camera at {camera} sent no picture within {waited_ms} ms; try again")]
    Late {
        /// which
        camera: PathBuf,
        /// milliseconds
        waited_ms: u128,
    },
    /// several pictures one after the other
    #[error("what the camera at {camera} sends cannot be read: {flaw}; try again, or pull it and plug it in again")]
    Damaged {
        /// which
        camera: PathBuf,
        /// of the last one
        flaw: FrameFlaw,
    },
    /// its driver answered what no driver may
    #[error("the camera at {0} or its driver failed; pull it and plug it in again, or use another camera")]
    Broke(PathBuf),
    /// this system has no Video4Linux
    #[error("this system cannot reach the camera at {0}; cameras are served on Linux alone")]
    NotServed(PathBuf),
    /// anything else, with the system's words
    #[error("the camera at {camera} failed: {cause}; pull it and plug it in again")]
    Other {
        /// which
        camera: PathBuf,
        /// the system's words
        cause: String,
    },
    /// a folder that is to be a camera, with the system's words
    #[error("the folder {folder} cannot be read: {cause}; set another one")]
    Folder {
        /// which
        folder: PathBuf,
        /// the system's words
        cause: String,
    },
    /// a folder that is to be a camera
    #[error("the folder {0} has no pictures; put PNG or PPM files into it")]
    NoPictures(PathBuf),
    /// a file in it
    #[error("the picture {file} cannot be read: {flaw}; take it out of the folder")]
    Picture {
        /// which
        file: PathBuf,
        /// why
        flaw: FrameFlaw,
    },
}
