//! A recorded reader as a device: what it once did, in the order in which its transfers completed.

use devices::transfer::{Identity, Setup, Status};
use simulator::virtual_device::{Answer, Bell, Device};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use usb_recording::import;
use usb_recording::recording::{Asked, What};

/// A transfer of the recording that completed.
struct Done {
    asked: Asked,
    status: Status,
    read: Vec<u8>,
}

/// A recording: who the device is and what it did.
pub struct Recording {
    identity: Identity,
    done: Vec<Done>,
}

/// The data are biometric: only counts are shown.
impl std::fmt::Debug for Recording {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "recording of {} transfers", self.done.len())
    }
}

impl Recording {
    /// Reads a folder with umockdev's `device` and `capture.pcapng` or `capture.ioctl`.
    ///
    /// # Errors
    /// A sentence that says what is wrong with it.
    pub fn read(folder: &Path) -> Result<Self, String> {
        let captures = ["capture.pcapng", "capture.ioctl"].map(|name| folder.join(name));
        let capture = captures.iter().find(|capture| capture.exists());
        let capture = capture.ok_or_else(|| format!("{} holds no capture", folder.display()))?;
        let description = folder.join("device");
        let recording = import::read(capture, Some(&description)).map_err(|cause| cause.to_string())?;
        let mut interfaces = recording.interfaces.into_iter();
        let identity = interfaces.next().ok_or("the recorded device has no interface")?;
        let mut open = BTreeMap::new();
        let mut done = Vec::new();
        for event in recording.events {
            match event.what {
                What::Submit { ticket, asked, .. } => {
                    open.insert(ticket, asked);
                }
                What::Done {
                    ticket, status, data, ..
                } => {
                    // What the program took back is not the device's to repeat.
                    if let Some(asked) = open.remove(&ticket).filter(|_| status != Status::Cancelled) {
                        let read = data.kept().map(<[u8]>::to_vec).ok_or("the capture lacks payloads")?;
                        done.push(Done { asked, status, read });
                    }
                }
                _ => {}
            }
        }
        if done.is_empty() {
            return Err(format!("{} has no transfer of its device", folder.display()));
        }
        Ok(Self { identity, done })
    }
}

/// Plays a recording once.
pub struct Replay {
    recording: Arc<Recording>,
    bell: Bell,
    at: usize,
}

impl Replay {
    /// From its beginning.
    #[must_use]
    pub fn new(recording: Arc<Recording>) -> Self {
        Self {
            recording,
            bell: Bell::default(),
            at: 0,
        }
    }

    /// The next transfer's answer where it is of this endpoint, or not yet. What was not recorded stalls. `is` compares
    /// what is asked with what was.
    fn next(&mut self, endpoint: Option<u8>, room: usize, is: impl FnOnce(&Asked) -> bool) -> Answer {
        let Some(done) = self.recording.done.get(self.at) else {
            return Answer::Pending;
        };
        if done.asked.endpoint() != endpoint {
            return Answer::Pending;
        }
        if !is(&done.asked) || done.status != Status::Completed || done.read.len() > room {
            return Answer::Stalled;
        }
        self.at += 1;
        Answer::Done(done.read.clone())
    }
}

impl std::fmt::Debug for Replay {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?} at {}", self.recording, self.at)
    }
}

impl Device for Replay {
    fn identity(&self) -> Identity {
        self.recording.identity.clone()
    }

    fn bell(&self) -> Bell {
        self.bell.clone()
    }

    fn control_in(&mut self, setup: &Setup, length: u16) -> Answer {
        self.next(
            None,
            usize::from(length),
            |asked| matches!(asked, Asked::ControlIn { setup: recorded, .. } if recorded == setup),
        )
    }

    fn control_out(&mut self, setup: &Setup, data: &[u8]) -> Answer {
        self.next(
            None,
            0,
            |asked| matches!(asked, Asked::ControlOut { setup: recorded, data: sent } if recorded == setup && sent.is(data)),
        )
    }

    fn data_out(&mut self, endpoint: u8, data: &[u8]) -> Answer {
        self.next(
            Some(endpoint),
            0,
            |asked| matches!(asked, Asked::DataOut { data: sent, .. } if sent.is(data)),
        )
    }

    fn data_in(&mut self, endpoint: u8, length: u32) -> Answer {
        let room = usize::try_from(length).unwrap_or(usize::MAX);
        self.next(Some(endpoint), room, Asked::is_read)
    }
}
