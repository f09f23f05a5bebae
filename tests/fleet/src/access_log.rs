//! What nginx says of each request that it answered.

use crate::Outcome;
use std::path::Path;

/// The line that [`crate::nginx`] asks for: bytes of the answer, bytes of the request, status, path.
pub(crate) const FORMAT: &str = "$bytes_sent $request_length $status $uri";

/// Requests and bytes, summed up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// requests that were answered
    pub requests: u64,
    /// of them, those for a file that is not there: a client looks for the next root in this way
    pub absent: u64,
    /// of answers, HTTP's heads included
    pub down: u64,
    /// of requests
    pub up: u64,
}

impl std::ops::Sub for Traffic {
    type Output = Self;

    fn sub(self, before: Self) -> Self {
        Self {
            requests: self.requests - before.requests,
            absent: self.absent - before.absent,
            down: self.down - before.down,
            up: self.up - before.up,
        }
    }
}

/// All that was logged.
///
/// # Errors
/// The file's, or a line that is none of ours.
pub(crate) fn read(path: &Path) -> Outcome<Traffic> {
    let text = std::fs::read_to_string(path)?;
    // A line that is being written is not there yet.
    let whole = text.rfind('\n').map_or("", |end| &text[..end]);
    whole.lines().try_fold(Traffic::default(), add)
}

/// The third number under the heading of nginx's `stub_status` page: requests that came, this one among them.
pub(crate) fn requests_of(page: &str) -> Option<u64> {
    let (_, counts) = page.split_once("server accepts handled requests")?;
    counts.split_whitespace().nth(2)?.parse().ok()
}

fn add(sum: Traffic, line: &str) -> Outcome<Traffic> {
    let mut words = line.split(' ');
    let mut number = || -> Outcome<u64> {
        let word = words.next().ok_or_else(|| format!("nginx logged `{line}`"))?;
        Ok(word.parse().map_err(|_| format!("nginx logged `{line}`"))?)
    };
    let (down, up, status) = (number()?, number()?, number()?);
    if !matches!(status, 200 | 206 | 404) {
        return Err(format!("nginx answered {status}: `{line}`").into());
    }
    Ok(Traffic {
        requests: sum.requests + 1,
        absent: sum.absent + u64::from(status == 404),
        down: sum.down + down,
        up: sum.up + up,
    })
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod tests {
    use super::*;

    #[test]
    fn what_whole_lines_add_to_what_was_there_is_summed_up() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        let first = "900 100 200 /metadata/timestamp.json\n";
        std::fs::write(&path, first).unwrap();
        let before = read(&path).unwrap();
        let whole = format!("{first}300 90 404 /metadata/2.root.json\n1000 110 206 /targets/a\n");
        std::fs::write(&path, format!("{whole}1000 11")).unwrap();
        let after = read(&path).unwrap();
        let expected = Traffic {
            requests: 2,
            absent: 1,
            down: 1_300,
            up: 200,
        };
        assert_eq!(after - before, expected);
        assert_eq!(after - after, Traffic::default());
    }

    #[test]
    fn the_count_of_requests_is_read_from_nginxs_own_page() {
        let page = "HTTP/1.1 200 OK\r\n\r\nActive connections: 2 \nserver accepts handled requests\n 5 4 31 \nReading: 0 Writing: 1 Waiting: 1 \n";
        assert_eq!(requests_of(page), Some(31));
        assert_eq!(requests_of("HTTP/1.1 404 Not Found\r\n\r\n"), None);
    }

    #[test]
    fn an_answer_that_is_no_good_one_ends_the_measurement() {
        let error = add(Traffic::default(), "10 10 500 /x").unwrap_err();
        assert_eq!(error.to_string(), "nginx answered 500: `10 10 500 /x`");
    }
}
