//! Where a UPS is: its name and its server.

use std::fmt;
use std::str::FromStr;

/// The port of a NUT server (IANA: `nut`).
pub const DEFAULT_PORT: u16 = 3493;
const DEFAULT_HOST: &str = "localhost";
/// Longest name of a UPS or a host, in bytes; a host name has at most 253.
const MAX_NAME_BYTES: usize = 253;

/// A UPS as NUT's own programs name it: `ups`, `ups@host` or `ups@host:port`; an IPv6 address stands in brackets.
///
/// Neither name can hold what would end a word or a line of the protocol.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct UpsAddress {
    name: String,
    host: String,
    port: u16,
}

/// What was wrong with a UPS's address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// before the `@`
    #[error("\"{0}\" names no UPS: write its name as in ups.conf (letters, digits, - _ .), then @ and the server")]
    Name(String),
    /// between `@` and port
    #[error("\"{0}\" names no server: write a host name or an IP address after the @, an IPv6 address in brackets")]
    Host(String),
    /// after the last colon
    #[error("\"{0}\" has no port that can be used: write a number of 1 to 65535 after the colon, or nothing")]
    Port(String),
}

impl UpsAddress {
    /// The UPS's name, as in the server's `ups.conf`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The server's name or IP address, without brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The server's TCP port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The server in words: `host:port`.
    #[must_use]
    pub fn server(&self) -> String {
        server_in_words(&self.host, self.port)
    }
}

pub(super) fn server_in_words(host: &str, port: u16) -> String {
    if host.contains(':') {
        format!("[{host}]:{port}")
    } else {
        format!("{host}:{port}")
    }
}

/// Whether NUT and its protocol take this as a UPS's name without quotes.
pub(super) fn is_ups_name(name: &str) -> bool {
    let kept = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    !name.is_empty() && name.len() <= MAX_NAME_BYTES && name.bytes().all(kept)
}

fn is_host(host: &str) -> bool {
    let kept = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b':' | b'%');
    !host.is_empty() && host.len() <= MAX_NAME_BYTES && host.bytes().all(kept)
}

impl FromStr for UpsAddress {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let (name, server) = text.split_once('@').unwrap_or((text, DEFAULT_HOST));
        if !is_ups_name(name) {
            return Err(AddressError::Name(text.to_owned()));
        }
        let no_host = || AddressError::Host(text.to_owned());
        let (host, port) = if let Some(bracketed) = server.strip_prefix('[') {
            let (host, rest) = bracketed.split_once(']').ok_or_else(no_host)?;
            match rest {
                "" => (host, None),
                _ => (host, Some(rest.strip_prefix(':').ok_or_else(no_host)?)),
            }
        } else {
            match server.split_once(':') {
                Some((host, port)) => (host, Some(port)),
                None => (server, None),
            }
        };
        if !is_host(host) {
            return Err(no_host());
        }
        let port = match port {
            None => DEFAULT_PORT,
            Some(digits) => digits
                .parse()
                .ok()
                .filter(|&port| port != 0)
                .ok_or_else(|| AddressError::Port(text.to_owned()))?,
        };
        Ok(Self {
            name: name.to_owned(),
            host: host.to_owned(),
            port,
        })
    }
}

impl fmt::Display for UpsAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.name, self.server())
    }
}

impl fmt::Debug for UpsAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod tests {
    use super::*;

    /// what is written, and what it stands for; none where it is refused
    const ADDRESSES: [(&str, Option<&str>); 17] = [
        ("kiosk", Some("kiosk@localhost:3493")),
        ("kiosk@10.0.0.7", Some("kiosk@10.0.0.7:3493")),
        ("kiosk@nut.local:34930", Some("kiosk@nut.local:34930")),
        ("kiosk@[::1]", Some("kiosk@[::1]:3493")),
        ("kiosk@[fe80::1%eth0]:1", Some("kiosk@[fe80::1%eth0]:1")),
        ("", None),
        ("@host", None),
        ("two words@host", None),
        ("kiosk\nSET@host", None),
        ("kio\"sk@host", None),
        ("kiosk@", None),
        ("kiosk@[::1", None),
        ("kiosk@[::1]3493", None),
        ("kiosk@host:", None),
        ("kiosk@host:0", None),
        ("kiosk@host:65536", None),
        ("kiosk@::1", None),
    ];

    #[test]
    fn an_address_is_read_as_nut_writes_it_and_nothing_else_is() {
        for (text, expected) in ADDRESSES {
            let read = text.parse::<UpsAddress>().ok().map(|address| address.to_string());
            assert_eq!(read.as_deref(), expected, "{text:?}");
        }
    }

    #[test]
    fn a_refused_address_says_what_to_write() {
        let refused = "kiosk@host:x".parse::<UpsAddress>().unwrap_err();
        assert_eq!(
            refused.to_string(),
            "\"kiosk@host:x\" has no port that can be used: write a number of 1 to 65535 after the colon, or nothing"
        );
    }
}
