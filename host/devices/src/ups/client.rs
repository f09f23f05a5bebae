//! Asks a server, once.

use super::address::{UpsAddress, is_ups_name};
use super::error::UpsError;
use super::reply::{Reply, get, list};
use super::state::UpsState;
use super::wire::Wire;
use std::time::Duration;

/// One UPS that a server knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownUps {
    /// as in the server's `ups.conf`
    pub name: String,
    /// in the words of its `desc`, or what the server says in its place
    pub description: String,
}

/// The UPSes that a server knows. Connecting and answering may take `patience` each.
///
/// # Errors
/// [`UpsError`]: no server, a refusal, or an answer that is none.
pub fn list_upses(host: &str, port: u16, patience: Duration) -> Result<Vec<KnownUps>, UpsError> {
    let mut wire = Wire::connect(host, port, patience)?;
    let entries = match list(&mut wire, &["UPS"])? {
        Reply::Answer(entries) => entries,
        Reply::Refusal(code) => return Err(refused(wire.server(), "", code)),
    };
    let known = entries.into_iter().filter_map(|entry| {
        let mut words = entry.into_iter();
        Some(KnownUps {
            name: words.next()?,
            description: words.next().unwrap_or_default(),
        })
    });
    Ok(known.collect())
}

/// A connection to the server of one UPS. It only reads.
pub struct Client {
    address: UpsAddress,
    /// none once an exchange broke: what came later might answer an earlier question
    wire: Option<Wire>,
}

impl Client {
    /// Connects. This may take `patience` for each address of the host's name, and so may every later question.
    ///
    /// # Errors
    /// [`UpsError::Unreachable`].
    pub fn connect(address: &UpsAddress, patience: Duration) -> Result<Self, UpsError> {
        let wire = Wire::connect(address.host(), address.port(), patience)?;
        Ok(Self {
            address: address.clone(),
            wire: Some(wire),
        })
    }

    /// The UPS's state, from one `LIST VAR`.
    ///
    /// # Errors
    /// [`UpsError`]. After any but a refusal of the server, the connection is of no more use: every later question is
    /// answered with [`UpsError::Closed`].
    pub fn state(&mut self) -> Result<UpsState, UpsError> {
        let ups = self.address.name().to_owned();
        let variables = self.ask(|wire| list(wire, &["VAR", &ups]))?;
        let variables = match variables {
            Reply::Answer(variables) => variables,
            Reply::Refusal(code) => return Err(refused(&self.address.server(), &ups, code)),
        };
        let value = |name: &str| {
            variables.iter().find_map(|variable| match variable.as_slice() {
                [told, value] if told == name => Some(value.as_str()),
                _ => None,
            })
        };
        let status = value("ups.status").ok_or(UpsError::NoStatus(ups))?;
        Ok(UpsState::read(
            status,
            value("battery.charge"),
            value("battery.runtime"),
        ))
    }

    /// One variable, by NUT's name for it, from `GET VAR`; none where the UPS does not have it. Its value is text
    /// without control characters, and may be empty.
    ///
    /// # Errors
    /// As [`Client::state`].
    pub fn variable(&mut self, name: &str) -> Result<Option<String>, UpsError> {
        if !is_ups_name(name) {
            return Ok(None);
        }
        let ups = self.address.name().to_owned();
        match self.ask(|wire| get(wire, &["VAR", &ups, name]))? {
            Reply::Answer(value) => Ok(Some(value)),
            Reply::Refusal(code) if code == "VAR-NOT-SUPPORTED" => Ok(None),
            Reply::Refusal(code) => Err(refused(&self.address.server(), &ups, code)),
        }
    }

    fn ask<T>(&mut self, question: impl FnOnce(&mut Wire) -> Result<T, UpsError>) -> Result<T, UpsError> {
        let closed = || UpsError::Closed(self.address.server());
        let mut wire = self.wire.take().ok_or_else(closed)?;
        let answer = question(&mut wire)?;
        self.wire = Some(wire);
        Ok(answer)
    }
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Client of {}", self.address)
    }
}

/// The codes of NUT's developer guide, 9.4, that can answer a reader.
fn refused(server: &str, ups: &str, code: String) -> UpsError {
    match code.as_str() {
        "UNKNOWN-UPS" => UpsError::UnknownUps {
            server: server.to_owned(),
            ups: ups.to_owned(),
        },
        "DATA-STALE" => UpsError::Stale(ups.to_owned()),
        "DRIVER-NOT-CONNECTED" => UpsError::DriverNotConnected(ups.to_owned()),
        "ACCESS-DENIED" | "TLS-NOT-ENABLED" | "USERNAME-REQUIRED" | "PASSWORD-REQUIRED" => {
            UpsError::Denied(server.to_owned())
        }
        _ => UpsError::Refused {
            server: server.to_owned(),
            code,
        },
    }
}
