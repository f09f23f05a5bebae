//! A disk whose writes are noted on another one.

use crate::Outcome;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

const NAME: &str = "noted";
/// The first device of the mapper.
pub(crate) const NOTED: &str = "/dev/dm-0";

/// Runs a program of the initramfs, and says what it said where it failed.
pub(crate) fn run(program: &str, arguments: &[&str]) -> Outcome {
    let done = Command::new(program).args(arguments).stdin(Stdio::null()).output()?;
    if done.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&done.stderr);
    Err(format!("{program} {} failed: {}", arguments.join(" "), said.trim()).into())
}

/// The noted disk, as long as this value lives.
pub(crate) struct Noted(());

impl Noted {
    /// Of `disk`, with its notes on `notes`, names as in `/dev`.
    pub(crate) fn new(disk: &str, notes: &str) -> Outcome<Self> {
        let sectors = fs::read_to_string(Path::new("/sys/block").join(disk).join("size"))?;
        let table = format!("0 {} log-writes /dev/{disk} /dev/{notes}", sectors.trim());
        // udev has no rules here that would tell it to go on.
        run(
            "/sbin/dmsetup",
            &["create", "--noudevsync", "--noudevrules", NAME, "--table", &table],
        )?;
        Ok(Self(()))
    }

    /// Notes a word between the writes.
    pub(crate) fn mark(&self, word: &str) -> Outcome {
        self.marks().note(word)
    }

    /// For whoever notes words from elsewhere.
    pub(crate) fn marks(&self) -> Marks {
        Marks(())
    }

    /// Ends the notes.
    pub(crate) fn end(self) -> Outcome {
        run("/sbin/dmsetup", &["remove", "--noudevsync", "--noudevrules", NAME])
    }
}

/// Notes words between the writes, as long as the disk is noted.
pub(crate) struct Marks(());

impl Marks {
    /// Notes a word.
    pub(crate) fn note(&self, word: &str) -> Outcome {
        run("/sbin/dmsetup", &["message", NAME, "0", "mark", word])
    }
}
