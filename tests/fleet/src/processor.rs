//! Processor time of other processes, as `/proc/PID/stat` tells it (proc(5)).

use crate::Outcome;
use std::fs;
use std::time::Duration;

/// User and system time of the children of a process.
///
/// # Errors
/// The system's.
pub(crate) fn of_children(parent: u32) -> Outcome<Duration> {
    let mut ticks = 0;
    for entry in fs::read_dir("/proc")? {
        let stat = entry?.path().join("stat");
        // Most entries are no processes, and a process may have ended meanwhile.
        if let Ok(line) = fs::read_to_string(stat) {
            ticks += ticks_of(&line, parent).unwrap_or(0);
        }
    }
    Ok(Duration::from_millis(
        ticks * 1_000 / rustix::param::clock_ticks_per_second(),
    ))
}

/// Fields 14 and 15 where field 4 is this parent. Field 2, a name between brackets, may hold anything.
fn ticks_of(line: &str, parent: u32) -> Option<u64> {
    let fields: Vec<&str> = line.rsplit_once(')')?.1.split_whitespace().collect();
    let number = |field: usize| fields.get(field - 3)?.parse::<u64>().ok();
    (number(4)? == u64::from(parent)).then(|| Some(number(14)? + number(15)?))?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_spaces_and_brackets_moves_no_field() {
        let line = "77 (a ) b) S 12 77 77 0 -1 4194560 1 0 0 0 30 12 0 0 20 0 1 0 5 6";
        assert_eq!(ticks_of(line, 12), Some(42));
        assert_eq!(ticks_of(line, 13), None);
    }
}
