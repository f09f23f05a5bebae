//! Writes down what passes the host's seam. A recorder that cannot write never breaks the session: it says so afterwards.

use crate::recording::{Asked, Event, Payload, What};
use crate::text;
use devices::transfer::{Canceller, ClaimedInterface, Completion, Identity, Refusal, Request, Status, Ticket};
use std::collections::HashMap;
use std::io::Write;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Longest payload that is kept without being asked for, in bytes: commands, answers, events.
const SMALL_BYTES: usize = 32;
/// How much one endpoint may send in a call before its small payloads, too, are taken for an image.
const SMALL_BYTES_IN_ALL: usize = 1 << 10;

/// Which bytes are kept. The others are known by their digest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Keep {
    /// long payloads that the host writes, and long answers to control requests: firmware, tables, receipts
    pub large: bool,
    /// long payloads that come from bulk and interrupt endpoints, and any after the first KiB of a call: they are images of
    /// fingers and lines of documents, unless it is known better
    pub biometric: bool,
}

/// Where a session is written down. Cloned freely.
#[derive(Clone)]
pub struct Recorder(Arc<Mutex<Session>>);

struct Session {
    out: Box<dyn Write + Send>,
    keep: Keep,
    began: Instant,
    failed: Option<String>,
    last_ticket: u32,
    /// what endpoints sent since the call began, in bytes
    sent: HashMap<u8, usize>,
    /// waiting with nothing pending that is not written down yet: when it began, and for how many milliseconds. The host
    /// waits in slices.
    paused: Option<(u64, u32)>,
}

impl std::fmt::Debug for Recorder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Recorder")
    }
}

impl Recorder {
    /// Begins a recording of a driver on these interfaces, started with this nonce.
    #[must_use]
    pub fn begin(out: Box<dyn Write + Send>, interfaces: &[Identity], nonce: Option<&[u8; 32]>, keep: Keep) -> Self {
        let mut session = Session {
            out,
            keep,
            began: Instant::now(),
            failed: None,
            last_ticket: 0,
            sent: HashMap::new(),
            paused: None,
        };
        session.write(&text::head(interfaces, nonce));
        Self(Arc::new(Mutex::new(session)))
    }

    fn session(&self) -> MutexGuard<'_, Session> {
        // A recorder whose thread panicked has at most a line missing.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The driver is called.
    pub fn call(&self, name: &str, timeout_ms: Option<u32>) {
        let mut session = self.session();
        session.sent.clear();
        session.note(What::Call {
            name: name.to_owned(),
            timeout_ms,
        });
    }

    /// The driver came back: `ok`, or its fault's code.
    pub fn returned(&self, code: &str) {
        self.session().note(What::Return(code.to_owned()));
    }

    /// An interface whose transfers are written down.
    #[must_use]
    pub fn around(&self, inner: Box<dyn ClaimedInterface>) -> Box<dyn ClaimedInterface> {
        Box::new(Recorded {
            number: inner.identity().interface_number,
            inner,
            recorder: self.clone(),
            tickets: HashMap::new(),
        })
    }

    /// Ends the recording.
    ///
    /// # Errors
    /// Why it is not whole.
    pub fn end(self) -> Result<(), String> {
        let mut session = self.session();
        if let Err(cause) = session.out.flush() {
            session.failed.get_or_insert(cause.to_string());
        }
        match session.failed.take() {
            None => Ok(()),
            Some(cause) => Err(format!("the recording is not whole, it could not be written: {cause}")),
        }
    }
}

impl Session {
    fn write(&mut self, text: &str) {
        if self.failed.is_none() {
            self.failed = self.out.write_all(text.as_bytes()).err().map(|cause| cause.to_string());
        }
    }

    fn now(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    fn pause(&mut self, timeout: Duration) {
        let ms = u32::try_from(timeout.as_millis()).unwrap_or(u32::MAX);
        let (since, so_far) = self.paused.unwrap_or((self.now(), 0));
        self.paused = Some((since, so_far.saturating_add(ms)));
    }

    fn note(&mut self, what: What) {
        if let Some((at_ms, ms)) = self.paused.take() {
            self.put(at_ms, What::Pause { ms });
        }
        self.put(self.now(), what);
    }

    fn put(&mut self, at_ms: u64, what: What) {
        let line = text::line(&Event { at_ms, what });
        self.write(&line);
        self.write("\n");
    }

    fn written(&self, data: &[u8]) -> Payload {
        if data.len() <= SMALL_BYTES || self.keep.large {
            Payload::Kept(data.to_vec())
        } else {
            Payload::hashed(data)
        }
    }

    /// What came from this endpoint; none is the control pipe.
    fn read(&mut self, endpoint: Option<u8>, data: &[u8]) -> Payload {
        let keep = match endpoint {
            None => data.len() <= SMALL_BYTES || self.keep.large,
            Some(endpoint) => {
                let sent = self.sent.entry(endpoint).or_default();
                *sent = sent.saturating_add(data.len());
                self.keep.biometric || (data.len() <= SMALL_BYTES && *sent <= SMALL_BYTES_IN_ALL)
            }
        };
        if keep {
            Payload::Kept(data.to_vec())
        } else {
            Payload::hashed(data)
        }
    }
}

/// A claimed interface that is written down.
struct Recorded {
    number: u8,
    inner: Box<dyn ClaimedInterface>,
    recorder: Recorder,
    /// of the pending transfers: their number in the recording, and the endpoint that they read
    tickets: HashMap<Ticket, (u32, Option<u8>)>,
}

impl ClaimedInterface for Recorded {
    fn identity(&self) -> Identity {
        self.inner.identity()
    }

    fn submit(&mut self, request: Request, timeout: Duration) -> Result<Ticket, Refusal> {
        let mut session = self.recorder.session();
        let (asked, endpoint) = match &request {
            Request::ControlIn { setup, length } => (
                Asked::ControlIn {
                    setup: *setup,
                    length: *length,
                },
                None,
            ),
            Request::ControlOut { setup, data } => (
                Asked::ControlOut {
                    setup: *setup,
                    data: session.written(data),
                },
                None,
            ),
            Request::DataIn { endpoint, length } => (
                Asked::DataIn {
                    endpoint: *endpoint,
                    length: *length,
                },
                Some(*endpoint),
            ),
            Request::DataOut { endpoint, data } => (
                Asked::DataOut {
                    endpoint: *endpoint,
                    data: session.written(data),
                },
                None,
            ),
        };
        let ticket = self.inner.submit(request, timeout)?;
        session.last_ticket = session.last_ticket.wrapping_add(1);
        let number = session.last_ticket;
        self.tickets.insert(ticket, (number, endpoint));
        session.note(What::Submit {
            ticket: number,
            interface: self.number,
            asked,
            timeout_ms: u32::try_from(timeout.as_millis()).unwrap_or(u32::MAX),
        });
        Ok(ticket)
    }

    fn cancel(&mut self, ticket: Ticket) {
        if let Some((number, _)) = self.tickets.get(&ticket) {
            self.recorder.session().note(What::Cancel(*number));
        }
        self.inner.cancel(ticket);
    }

    fn wait(&mut self, tickets: &[Ticket], timeout: Duration) -> Option<Completion> {
        if self.tickets.is_empty() {
            self.recorder.session().pause(timeout);
        }
        let completion = self.inner.wait(tickets, timeout)?;
        if let Some((number, endpoint)) = self.tickets.remove(&completion.ticket) {
            let mut session = self.recorder.session();
            let data = session.read(endpoint, &completion.data);
            session.note(What::Done {
                ticket: number,
                status: completion.status,
                actual: completion.actual,
                data,
            });
        }
        Some(completion)
    }

    fn clear_halt(&mut self, endpoint: u8) -> Result<(), Status> {
        let cleared = self.inner.clear_halt(endpoint);
        self.recorder.session().note(What::ClearHalt {
            interface: self.number,
            endpoint,
            status: cleared.err().unwrap_or(Status::Completed),
        });
        cleared
    }

    fn select_alternate(&mut self, setting: u8) -> Result<(), Status> {
        let selected = self.inner.select_alternate(setting);
        self.recorder.session().note(What::Alternate {
            interface: self.number,
            setting,
            status: selected.err().unwrap_or(Status::Completed),
        });
        selected
    }

    fn canceller(&self) -> Canceller {
        self.inner.canceller()
    }
}
