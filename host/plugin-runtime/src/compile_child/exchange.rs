//! One request to a child and its answer, within a deadline. The child is gone afterwards, however it went.

use super::CompileError;
use super::message::MAX_REPLY;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use rustix::io::Errno;
use rustix::process::Signal;
use std::io::{ErrorKind, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Child, ChildStdin, ChildStdout, ExitStatus};
use std::time::{Duration, Instant};

/// Bytes that are read at once.
const CHUNK: usize = 64 << 10;
/// How often an ended child is looked for.
const LOOK: Duration = Duration::from_millis(2);

pub(super) struct Exchange {
    child: Child,
    until: Instant,
    deadline: Duration,
}

/// Nothing of a child outlives the call that started it.
impl Drop for Exchange {
    fn drop(&mut self) {
        // It has ended already where this fails.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn failed(cause: impl Into<std::io::Error>) -> CompileError {
    CompileError::Pipe(cause.into().to_string())
}

/// Neither reading nor writing may wait for longer than the deadline.
fn unblocked(pipe: impl AsFd) -> Result<(), CompileError> {
    let flags = fcntl_getfl(&pipe).map_err(failed)?;
    fcntl_setfl(&pipe, flags | OFlags::NONBLOCK).map_err(failed)
}

impl Exchange {
    pub(super) fn new(child: Child, until: Instant, deadline: Duration) -> Self {
        Self { child, until, deadline }
    }

    /// Writes the parts of a request and reads the answer to its end. What counts is how the child ended: one that wrote an answer and was then
    /// killed wrote none.
    pub(super) fn run(mut self, head: &[u8], body: &[u8]) -> Result<Vec<u8>, CompileError> {
        let pipes = (self.child.stdin.take(), self.child.stdout.take());
        let (Some(input), Some(output)) = pipes else {
            return Err(CompileError::Pipe("it has no pipes".to_owned()));
        };
        unblocked(&input)?;
        unblocked(&output)?;
        let answer = self.converse(input, output, [head, body])?;
        let status = self.ended()?;
        if status.success() {
            return Ok(answer);
        }
        Err(said_of(status))
    }

    fn left(&self) -> Result<Duration, CompileError> {
        let left = self.until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(CompileError::TooLong(self.deadline));
        }
        Ok(left)
    }

    fn converse(
        &self,
        input: ChildStdin,
        mut output: ChildStdout,
        [head, body]: [&[u8]; 2],
    ) -> Result<Vec<u8>, CompileError> {
        let mut input = Some(input);
        let mut parts = [head, body].into_iter();
        let mut unsent = parts.next().unwrap_or_default();
        let mut answer = Vec::new();
        let mut chunk = vec![0; CHUNK];
        loop {
            let left = Timespec::try_from(self.left()?).map_err(|_| CompileError::TooLong(self.deadline))?;
            let mut waits = vec![PollFd::new(&output, PollFlags::IN)];
            waits.extend(input.as_ref().map(|input| PollFd::new(input, PollFlags::OUT)));
            match poll(&mut waits, Some(&left)) {
                Ok(_) | Err(Errno::INTR) => {}
                Err(cause) => return Err(failed(cause)),
            }
            if let Some(pipe) = &mut input {
                match pipe.write(unsent) {
                    Ok(count) => unsent = &unsent[count..],
                    Err(cause) if is_later(&cause) => {}
                    // It reads no more: what it answers says why.
                    Err(_) => input = None,
                }
                while unsent.is_empty() {
                    match parts.next() {
                        Some(part) => unsent = part,
                        None => {
                            input = None;
                            break;
                        }
                    }
                }
            }
            match output.read(&mut chunk) {
                Ok(0) => return Ok(answer),
                Ok(count) if answer.len() + count > MAX_REPLY => return Err(CompileError::TooMuch(MAX_REPLY)),
                Ok(count) => answer.extend_from_slice(&chunk[..count]),
                Err(cause) if is_later(&cause) => {}
                Err(cause) => return Err(failed(cause)),
            }
        }
    }

    fn ended(&mut self) -> Result<ExitStatus, CompileError> {
        loop {
            if let Some(status) = self.child.try_wait().map_err(failed)? {
                return Ok(status);
            }
            self.left()?;
            std::thread::sleep(LOOK);
        }
    }
}

fn is_later(cause: &std::io::Error) -> bool {
    matches!(cause.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted)
}

fn said_of(status: ExitStatus) -> CompileError {
    let signal = status.signal();
    if signal == Some(Signal::XCPU.as_raw()) {
        CompileError::ProcessorTime
    } else if signal == Some(Signal::ABORT.as_raw()) {
        CompileError::BrokeOff
    } else {
        CompileError::Ended(status.to_string())
    }
}
