//! The server's answers as values: each must be the answer to what was asked.

use super::error::UpsError;
use super::line::words;
use super::wire::Wire;

/// Most entries of a list: UPSes of a server, variables of a UPS. The largest UPSes tell some 200.
pub(super) const MAX_ENTRIES: usize = 1024;
const MAX_CODE_BYTES: usize = 40;

/// What the server did.
pub(super) enum Reply<T> {
    /// answered
    Answer(T),
    /// `ERR` with this code: capital letters, digits and hyphens
    Refusal(String),
}

/// `LIST` of this; what stands in each line after it.
pub(super) fn list(wire: &mut Wire, what: &[&str]) -> Result<Reply<Vec<Vec<String>>>, UpsError> {
    wire.send(&format!("LIST {}", what.join(" ")))?;
    let first = match reply(wire)? {
        Reply::Answer(line) => line,
        Reply::Refusal(code) => return Ok(Reply::Refusal(code)),
    };
    if rest_after(&rest_after(&first, &["BEGIN", "LIST"]).unwrap_or_default(), what) != Some(Vec::new()) {
        return Err(not_understood(wire, "it does not begin the list that was asked for"));
    }
    let mut entries = Vec::new();
    loop {
        let line = line(wire)?;
        if let Some(ended) = rest_after(&line, &["END", "LIST"]) {
            if rest_after(&ended, what) != Some(Vec::new()) {
                return Err(not_understood(wire, "it ends a list that was not asked for"));
            }
            return Ok(Reply::Answer(entries));
        }
        if entries.len() == MAX_ENTRIES {
            return Err(UpsError::Endless(wire.server().to_owned()));
        }
        let entry = rest_after(&line, what).filter(|entry| !entry.is_empty());
        entries.push(entry.ok_or_else(|| not_understood(wire, "a line is not of the list that was asked for"))?);
    }
}

/// `GET` of this: the value.
pub(super) fn get(wire: &mut Wire, what: &[&str]) -> Result<Reply<String>, UpsError> {
    wire.send(&format!("GET {}", what.join(" ")))?;
    let line = match reply(wire)? {
        Reply::Answer(line) => line,
        Reply::Refusal(code) => return Ok(Reply::Refusal(code)),
    };
    match rest_after(&line, what).as_deref() {
        Some([value]) => Ok(Reply::Answer(value.clone())),
        _ => Err(not_understood(wire, "it is not the variable that was asked for")),
    }
}

fn reply(wire: &mut Wire) -> Result<Reply<Vec<String>>, UpsError> {
    let line = line(wire)?;
    if line.first().is_none_or(|word| word != "ERR") {
        return Ok(Reply::Answer(line));
    }
    let kept = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'-';
    match line.get(1) {
        Some(code) if code.len() <= MAX_CODE_BYTES && code.bytes().all(kept) => Ok(Reply::Refusal(code.clone())),
        _ => Err(not_understood(wire, "an error has no code")),
    }
}

fn line(wire: &mut Wire) -> Result<Vec<String>, UpsError> {
    let line = wire.line()?;
    words(&line).map_err(|flaw| not_understood(wire, flaw.rule()))
}

fn rest_after(line: &[String], start: &[&str]) -> Option<Vec<String>> {
    let (told, rest) = line.split_at_checked(start.len())?;
    told.iter().eq(start).then(|| rest.to_vec())
}

fn not_understood(wire: &Wire, rule: &'static str) -> UpsError {
    UpsError::NotUnderstood {
        server: wire.server().to_owned(),
        rule,
    }
}
