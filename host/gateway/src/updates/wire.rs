//! What the command line and the running station say to each other: one line of JSON each way.

use crate::updates::status::Status;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::io::{BufRead, BufReader, Read, Write};
use std::path::PathBuf;

/// Longest line, in bytes.
const MAX_LINE: u64 = 1 << 20;
/// The socket, below the folder of updates.
pub const SOCKET: &str = "control.sock";

/// A question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "ask", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Request {
    /// how updates stand
    Status,
    /// look now
    Check,
    /// bring in what waits
    Apply {
        /// only these, as `kind/name`; all where there are none
        items: Vec<String>,
        /// two names while the polls are open
        officers: Vec<String>,
    },
    /// go back
    Rollback {
        /// as `kind/name`
        item: String,
        /// two names while the polls are open
        officers: Vec<String>,
    },
    /// take a stick
    Import {
        /// its folder
        folder: PathBuf,
    },
}

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Reply {
    /// what was done, in sentences
    pub told: Vec<String>,
    /// why it was not done
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// how updates stand after it
    pub status: Status,
}

/// A line that is none.
#[derive(Debug, thiserror::Error)]
pub enum WireError {
    /// broke off
    #[error("the connection broke off ({0})")]
    Broken(#[from] std::io::Error),
    /// not what is expected
    #[error("that is no question or answer about updates ({0}); both programs must be of one version")]
    Line(#[from] serde_json::Error),
}

/// Reads one line, of so many bytes at most.
///
/// # Errors
/// [`WireError`].
pub fn read<T: DeserializeOwned>(from: impl Read) -> Result<T, WireError> {
    let mut line = String::new();
    BufReader::new(from.take(MAX_LINE)).read_line(&mut line)?;
    Ok(serde_json::from_str(&line)?)
}

/// Writes one line.
///
/// # Errors
/// [`WireError`].
pub fn write(mut to: impl Write, what: &impl Serialize) -> Result<(), WireError> {
    let mut line = serde_json::to_string(what)?;
    line.push('\n');
    to.write_all(line.as_bytes())?;
    to.flush()?;
    Ok(())
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod tests {
    use super::*;

    #[test]
    fn questions_are_lines_that_scripts_can_write() {
        let table = [
            (Request::Status, r#"{"ask":"status"}"#),
            (Request::Check, r#"{"ask":"check"}"#),
            (
                Request::Apply {
                    items: vec!["policy/fingerprint-first".to_owned()],
                    officers: vec!["A".to_owned(), "B".to_owned()],
                },
                r#"{"ask":"apply","items":["policy/fingerprint-first"],"officers":["A","B"]}"#,
            ),
            (
                Request::Rollback {
                    item: "policy/fingerprint-first".to_owned(),
                    officers: Vec::new(),
                },
                r#"{"ask":"rollback","item":"policy/fingerprint-first","officers":[]}"#,
            ),
            (
                Request::Import {
                    folder: "/media/stick".into(),
                },
                r#"{"ask":"import","folder":"/media/stick"}"#,
            ),
        ];
        for (request, line) in table {
            let mut written = Vec::new();
            write(&mut written, &request).unwrap();
            assert_eq!(String::from_utf8(written.clone()).unwrap(), format!("{line}\n"));
            assert_eq!(read::<Request>(&*written).unwrap(), request);
        }
    }

    #[test]
    fn what_is_no_question_is_refused_and_a_line_without_an_end_is_not_read_for_ever() {
        for wrong in [
            "",
            "{}",
            r#"{"ask":"reset"}"#,
            r#"{"ask":"import","folder":"/a","more":1}"#,
        ] {
            assert!(read::<Request>(wrong.as_bytes()).is_err(), "{wrong}");
        }
        assert!(read::<Request>(std::io::repeat(b' ')).is_err());
    }
}
