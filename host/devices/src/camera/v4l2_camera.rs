//! A real camera: Video4Linux, by way of the crate `linux-video`, whose buffers the driver fills (`mmap` streaming).

use super::convert::{Layout, LumaRange, PixelFormat};
use super::error::{CameraError, FrameFlaw};
use super::frame::{Frame, FrameSize};
use super::{Camera, failure};
use linux_video::Device;
use linux_video::types::{BufferType, CapabilityFlag, ContentType, Format, FourCc, In, Mmap, PixFormat, Quantization};
use std::os::unix::fs::FileTypeExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// What is asked for; a driver gives what is nearest.
const WIDTH: u32 = 1280;
const HEIGHT: u32 = 720;
/// Buffers that the driver fills in turn.
const BUFFERS: usize = 4;
/// Damaged pictures one after the other until that is told; the first of a stream often are.
const DAMAGED: u32 = 8;

/// A camera of Video4Linux. A thread of its own takes its pictures, so that the newest is there when one is asked for; it
/// ends with the first picture that comes after the camera is dropped.
pub struct V4l2Camera {
    path: PathBuf,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    newest: Mutex<Newest>,
    changed: Condvar,
}

#[derive(Default)]
struct Newest {
    /// pictures taken so far, damaged ones included
    taken: u64,
    frame: Option<Frame>,
    /// why there are no more
    ended: Option<CameraError>,
    damaged: u32,
    flaw: Option<FrameFlaw>,
    dropped: bool,
}

/// The path only: what it sees is somebody's face.
impl std::fmt::Debug for V4l2Camera {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "camera at {}", self.path.display())
    }
}

impl Shared {
    fn newest(&self) -> MutexGuard<'_, Newest> {
        self.newest.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl V4l2Camera {
    /// Opens a camera, `/dev/video0` for example, and agrees with its driver on one of the formats that are converted.
    ///
    /// # Errors
    /// [`CameraError`]: not there, no permission, in use, no camera, none of the formats.
    pub fn open(path: &Path) -> Result<Self, CameraError> {
        let failed = |cause: std::io::Error| failure(path, &cause);
        if !std::fs::metadata(path).map_err(failed)?.file_type().is_char_device() {
            return Err(CameraError::NotACamera(path.to_owned()));
        }
        let device = Device::open(path).map_err(failed)?;
        let able = device
            .capabilities()
            .map_err(|_| CameraError::NotACamera(path.to_owned()))?;
        let can = able.device_capabilities();
        if !BufferType::VideoCapture.is_supported(can) || !can.contains(CapabilityFlag::Streaming) {
            return Err(CameraError::NotACamera(path.to_owned()));
        }
        let layout = agree(&device, path)?;
        let shared = Arc::new(Shared::default());
        let (theirs, camera) = (Arc::clone(&shared), path.to_owned());
        let (started, outcome) = std::sync::mpsc::sync_channel(1);
        std::thread::Builder::new()
            .name("camera".to_owned())
            .spawn(move || {
                // A stream stays on the thread that made it, and needs its device for as long as it runs.
                let stream = match device.stream::<In, Mmap>(ContentType::Video, BUFFERS) {
                    Ok(stream) => stream,
                    Err(cause) => {
                        // Whoever opens the camera waits for exactly this.
                        let _ = started.send(Err(failure(&camera, &cause)));
                        return;
                    }
                };
                let _ = started.send(Ok(()));
                loop {
                    let taken = match stream.next() {
                        Ok(buffer) => {
                            let buffer = buffer.lock();
                            let bytes: &[u8] = buffer.as_ref();
                            Ok(layout.to_rgb(bytes))
                        }
                        Err(cause) => Err(failure(&camera, &cause)),
                    };
                    if !theirs.keep(taken) {
                        return;
                    }
                }
            })
            .map_err(failed)?;
        outcome.recv().map_err(|_| CameraError::Broke(path.to_owned()))??;
        Ok(Self {
            path: path.to_owned(),
            shared,
        })
    }
}

impl Shared {
    /// Keeps what was taken; whether another is wanted.
    fn keep(&self, taken: Result<Result<Frame, FrameFlaw>, CameraError>) -> bool {
        let mut newest = self.newest();
        newest.taken += 1;
        match taken {
            Ok(Ok(frame)) => {
                newest.frame = Some(frame);
                (newest.damaged, newest.flaw) = (0, None);
            }
            Ok(Err(flaw)) => {
                newest.damaged += 1;
                newest.flaw = Some(flaw);
            }
            Err(cause) => newest.ended = Some(cause),
        }
        let wanted = newest.ended.is_none() && !newest.dropped;
        drop(newest);
        self.changed.notify_all();
        wanted
    }
}

impl Drop for V4l2Camera {
    fn drop(&mut self) {
        self.shared.newest().dropped = true;
    }
}

impl Camera for V4l2Camera {
    fn next_frame(&mut self, timeout: Duration) -> Result<Frame, CameraError> {
        let until = Instant::now() + timeout;
        let mut newest = self.shared.newest();
        let before = newest.taken;
        newest.frame = None;
        // The picture that was being taken when this was called is the first of these two.
        while newest.frame.is_none() || newest.taken < before + 2 {
            if let Some(cause) = &newest.ended {
                return Err(cause.clone());
            }
            if let (true, Some(flaw)) = (newest.damaged >= DAMAGED, &newest.flaw) {
                return Err(CameraError::Damaged {
                    camera: self.path.clone(),
                    flaw: flaw.clone(),
                });
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(CameraError::Late {
                    camera: self.path.clone(),
                    waited_ms: timeout.as_millis(),
                });
            }
            newest = self
                .shared
                .changed
                .wait_timeout(newest, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
        // It was just seen to be there.
        newest
            .frame
            .take()
            .ok_or_else(|| CameraError::Silent(self.path.clone()))
    }
}

/// The first of the formats that the driver gives, at the size that is nearest to what is asked for.
fn agree(device: &Device, path: &Path) -> Result<Layout, CameraError> {
    for format in PixelFormat::ALL {
        let code = match format {
            PixelFormat::Yuyv => FourCc::Yuyv,
            PixelFormat::Rgb3 => FourCc::Rgb24,
            PixelFormat::Mjpeg => FourCc::Mjpeg,
        };
        let mut asked = Format::from(BufferType::VideoCapture);
        if let Some(wanted) = asked.try_mut::<PixFormat>() {
            wanted.set_pixel_format(code);
            wanted.set_width(WIDTH);
            wanted.set_height(HEIGHT);
        }
        device.set_format(&mut asked).map_err(|cause| failure(path, &cause))?;
        let Some(given) = asked
            .try_ref::<PixFormat>()
            .filter(|given| given.pixel_format() == code)
        else {
            continue;
        };
        let range = match given.quantization() {
            Quantization::FullRange => LumaRange::Full,
            _ => LumaRange::Limited,
        };
        let size = FrameSize::new(given.width(), given.height());
        let layout = size.and_then(|size| Layout::new(format, size, given.bytes_per_line(), range));
        return layout.map_err(|_| CameraError::Broke(path.to_owned()));
    }
    Err(CameraError::NoFormat(path.to_owned()))
}
