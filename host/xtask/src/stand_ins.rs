//! Stand-ins for the programs of a machine, so that set-up is tested without a network and without changing anything.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use crate::process::Programs;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use tempfile::TempDir;

/// A folder that is the whole search path.
pub(crate) struct StandIns {
    folder: TempDir,
}

impl StandIns {
    /// A machine without a program.
    pub(crate) fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    /// Adds a program: a shell script that finds the folder in `HERE`.
    pub(crate) fn program(&self, name: &str, script: &str) {
        // Written by another process: were the file open for writing here while another test's thread starts a program,
        // that program would inherit it, and the kernel would refuse to run the script (ETXTBSY).
        let mut writer = Command::new("/bin/sh")
            .args(["-c", r#"cat > "$0" && chmod +x "$0""#])
            .arg(self.path().join(name))
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        let text = format!("#!/bin/sh\nHERE='{}'\n{script}\n", self.path().display());
        writer.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
        assert!(writer.wait().unwrap().success());
    }

    /// Adds an empty file.
    pub(crate) fn file(&self, name: &str) {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "").unwrap();
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn programs(&self) -> Programs {
        Programs::only_in(self.path())
    }

    /// What the programs wrote into the file `log`.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.path().join("log")).unwrap_or_default()
    }
}
