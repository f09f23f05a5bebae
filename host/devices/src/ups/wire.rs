//! The connection to a server: lines out, lines in, each exchange with an end in time and every line with one in bytes.

use super::address::server_in_words;
use super::error::UpsError;
use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{TcpStream, ToSocketAddrs as _};
use std::time::{Duration, Instant};

/// Longest line, in bytes: twice what NUT's server can put together (`LARGEBUF`, 1,024).
pub(super) const MAX_LINE_BYTES: usize = 2048;

/// Lines over TCP.
pub(super) struct Wire {
    stream: TcpStream,
    server: String,
    patience: Duration,
    deadline: Instant,
    /// came after the last line that was taken
    unread: Vec<u8>,
}

impl Wire {
    /// Connects within this time per address that the host's name has. An exchange, from [`Wire::send`] on, has this time
    /// too. How long a name takes to resolve is the system's matter; an IP address takes none.
    pub(super) fn connect(host: &str, port: u16, patience: Duration) -> Result<Self, UpsError> {
        let server = server_in_words(host, port);
        let unreachable = |cause: std::io::Error| UpsError::Unreachable {
            server: server.clone(),
            cause: cause.to_string(),
        };
        let mut outcome = Err(std::io::Error::new(ErrorKind::NotFound, "its name has no address"));
        for address in (host, port).to_socket_addrs().map_err(unreachable)? {
            outcome = TcpStream::connect_timeout(&address, patience);
            if outcome.is_ok() {
                break;
            }
        }
        let stream = outcome.map_err(unreachable)?;
        // A command is one small line; to wait for more of them would only delay it.
        stream.set_nodelay(true).map_err(unreachable)?;
        Ok(Self {
            stream,
            server,
            patience,
            deadline: Instant::now(),
            unread: Vec::new(),
        })
    }

    /// The server in words.
    pub(super) fn server(&self) -> &str {
        &self.server
    }

    /// Sends a command and starts the exchange's time.
    pub(super) fn send(&mut self, command: &str) -> Result<(), UpsError> {
        self.deadline = Instant::now() + self.patience;
        let sent = self
            .stream
            .set_write_timeout(Some(self.patience))
            .and_then(|()| self.stream.write_all(format!("{command}\n").as_bytes()));
        sent.map_err(|cause| self.broken(&cause))
    }

    /// The next line, without its end.
    pub(super) fn line(&mut self) -> Result<Vec<u8>, UpsError> {
        loop {
            let end = self.unread.iter().position(|&byte| byte == b'\n');
            if end.unwrap_or(self.unread.len()) > MAX_LINE_BYTES {
                return Err(UpsError::Endless(self.server.clone()));
            }
            if let Some(end) = end {
                let mut line: Vec<u8> = self.unread.drain(..=end).collect();
                line.pop();
                if line.last() == Some(&b'\r') {
                    line.pop();
                }
                return Ok(line);
            }
            self.read()?;
        }
    }

    fn read(&mut self) -> Result<(), UpsError> {
        let left = self.deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(UpsError::Silent(self.server.clone()));
        }
        let mut bytes = [0; MAX_LINE_BYTES];
        let read = self
            .stream
            .set_read_timeout(Some(left))
            .and_then(|()| self.stream.read(&mut bytes));
        match read {
            Ok(0) => Err(UpsError::Closed(self.server.clone())),
            Ok(count) => {
                self.unread.extend_from_slice(&bytes[..count]);
                Ok(())
            }
            Err(cause) if cause.kind() == ErrorKind::Interrupted => Ok(()),
            Err(cause) => Err(self.broken(&cause)),
        }
    }

    fn broken(&self, cause: &std::io::Error) -> UpsError {
        match cause.kind() {
            ErrorKind::WouldBlock | ErrorKind::TimedOut => UpsError::Silent(self.server.clone()),
            _ => UpsError::Closed(self.server.clone()),
        }
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        // A courtesy; a server that is gone does not need it.
        let _ = self.stream.set_write_timeout(Some(Duration::from_millis(50)));
        let _ = self.stream.write_all(b"LOGOUT\n");
    }
}
