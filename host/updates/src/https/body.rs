//! The bytes of a target as a server sends them: cut where they only drip, asked for again where they broke off.

use super::{Failure, NetworkLimits, Server};
use std::io::{self, ErrorKind, Read};
use std::time::Instant;
use ureq::BodyReader;
use ureq::http::Response;

/// A target's bytes.
pub(super) struct Body {
    server: Server,
    path: String,
    /// where in the target the next byte stands
    at: u64,
    /// where the target ends, as far as the server said so
    end: Option<u64>,
    bytes: BodyReader<'static>,
    pace: Pace,
    tried: u32,
}

/// Whether enough bytes come.
struct Pace {
    since: Instant,
    bytes: u64,
}

impl Body {
    pub(super) fn new(server: Server, path: &str, at: u64, answer: Response<ureq::Body>) -> Self {
        let body = answer.into_body();
        Self {
            server,
            path: path.to_owned(),
            at,
            end: body.content_length().map(|length| at.saturating_add(length)),
            bytes: body.into_reader(),
            pace: Pace::new(),
            tried: 1,
        }
    }

    /// Asks for the rest.
    fn go_on(&mut self) -> Result<(), Failure> {
        let (offset, answer) = self.server.part(&self.path, self.at)?;
        self.bytes = answer.into_body().into_reader();
        self.pace = Pace::new();
        // A server that cannot begin in the middle sends what is here already once more.
        let mut again = self.at - offset;
        let mut chunk = [0; 8 << 10];
        while again > 0 {
            let most = usize::try_from(again).unwrap_or(usize::MAX).min(chunk.len());
            again -= self.some(&mut chunk[..most])? as u64;
        }
        Ok(())
    }

    /// The next bytes; none at the end.
    fn next(&mut self, buffer: &mut [u8]) -> Result<usize, Failure> {
        if self.end == Some(self.at) {
            return Ok(0);
        }
        let read = match self.end {
            Some(_) => self.some(buffer)?,
            None => self.take(buffer)?,
        };
        self.at += read as u64;
        Ok(read)
    }

    /// At least one byte.
    fn some(&mut self, buffer: &mut [u8]) -> Result<usize, Failure> {
        match self.take(buffer)? {
            0 => Err(self.broken("the connection ended")),
            read => Ok(read),
        }
    }

    fn take(&mut self, buffer: &mut [u8]) -> Result<usize, Failure> {
        let read = self
            .bytes
            .read(buffer)
            .map_err(|cause| self.broken(&cause.to_string()))?;
        if read > 0 && !self.pace.is_kept(read, &self.server.limits) {
            return Err(self.broken("it came too slowly"));
        }
        Ok(read)
    }

    fn broken(&self, cause: &str) -> Failure {
        Failure::Passing(format!("at byte {}: {cause}", self.at))
    }
}

impl Read for Body {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        let mut outcome = self.next(buffer);
        loop {
            match outcome {
                Ok(read) => return Ok(read),
                Err(Failure::Lasting(cause)) => return Err(io::Error::other(cause.to_string())),
                Err(Failure::Passing(cause)) if self.tried >= self.server.limits.tries => {
                    return Err(io::Error::new(ErrorKind::UnexpectedEof, cause));
                }
                Err(Failure::Passing(_)) => {
                    self.server.pause(self.tried);
                    self.tried += 1;
                    outcome = self.go_on().and_then(|()| self.next(buffer));
                }
            }
        }
    }
}

impl Pace {
    fn new() -> Self {
        Self {
            since: Instant::now(),
            bytes: 0,
        }
    }

    /// Takes in bytes; over each stretch of time there must have been enough.
    fn is_kept(&mut self, read: usize, limits: &NetworkLimits) -> bool {
        self.bytes += read as u64;
        let stretch = self.since.elapsed();
        if stretch < limits.answer {
            return true;
        }
        let needed = limits
            .slowest_bytes_per_second
            .saturating_mul(stretch.as_millis().try_into().unwrap_or(u64::MAX))
            / 1_000;
        let kept = self.bytes >= needed;
        *self = Self::new();
        kept
    }
}
