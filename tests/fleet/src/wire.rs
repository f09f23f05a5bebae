//! Bytes on the wire: with TLS, TCP and IP, both ways. They are counted on a loopback that nobody else uses, with packets as
//! large as Ethernet's, so the program starts itself in a network namespace of its own.

use crate::Outcome;
use std::ffi::OsString;
use std::fs;
use std::process::{Command, ExitCode};

/// What the program is started with once it is inside.
pub const INSIDE: &str = "--inside";

/// How `unshare` is asked: others than root need a user namespace, too.
fn unshare() -> Command {
    let mut command = Command::new("unshare");
    if !rustix::process::geteuid().is_root() {
        command.arg("--map-root-user");
    }
    command.args(["--net", "sh", "-c"]);
    command
}

const UP: &str = "ip link set lo mtu 1500 up";

/// Runs this program with these arguments inside of a namespace and gives its end; none where this machine makes no
/// namespaces.
///
/// # Errors
/// The system's.
pub fn inside(arguments: impl Iterator<Item = OsString>) -> Outcome<Option<ExitCode>> {
    let possible = unshare().arg(UP).output().is_ok_and(|done| done.status.success());
    if !possible {
        return Ok(None);
    }
    let status = unshare()
        .arg(format!("{UP} && exec \"$0\" \"$@\""))
        .arg(std::env::current_exe()?)
        .args(arguments)
        .arg(INSIDE)
        .status()?;
    Ok(Some(if status.success() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }))
}

/// Bytes that loopback has carried, of this namespace.
pub(crate) fn carried() -> Outcome<u64> {
    let table = fs::read_to_string("/proc/self/net/dev")?;
    Ok(sent(&table).ok_or("the system does not say what its loopback carried")?)
}

/// The ninth number of loopback's line: bytes sent, which are those received, too.
fn sent(table: &str) -> Option<u64> {
    let line = table.lines().find_map(|line| line.trim_start().strip_prefix("lo:"))?;
    line.split_whitespace().nth(8)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopbacks_line_is_found_among_others() {
        let table = "Inter-|   Receive  |  Transmit\n face |bytes packets\n    lo: 10 1 0 0 0 0 0 0 77 1 0 0 0 0 0 0\n  eth0: 5 1 0 0 0 0 0 0 6 1 0 0 0 0 0 0\n";
        assert_eq!(sent(table), Some(77));
        assert_eq!(sent("eth0: 5"), None);
    }
}
