//! One start of the kernel under QEMU.

use serde_json::Value;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant};

/// What QEMU is called on Debian.
pub const QEMU: &str = "qemu-system-x86_64";

/// Lines of the console that are shown where a start fails.
const LAST_LINES: usize = 40;

/// A kernel with all that it is started with.
#[derive(Debug)]
pub struct Boot<'a> {
    /// as ELF
    pub image: &'a Path,
    /// its initramfs
    pub initramfs: &'a Path,
    /// words for its command line, which `vm-guest` reads too
    pub words: &'a str,
    /// MiB
    pub memory: u32,
    /// of its processors
    pub processors: u32,
    /// raw images, which become `/dev/vda`, `/dev/vdb` and so on
    pub disks: &'a [PathBuf],
    /// where the kernel's console goes
    pub console: &'a Path,
    /// it ends within this
    pub limit: Duration,
}

/// QEMU's process, killed where it is left behind.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It has ended by itself where all went well; both then have nothing to do.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// What `vm-guest` told, in its order: objects with a `scenario` each.
#[derive(Clone, Debug, Default)]
pub struct Findings(pub Vec<Value>);

impl Findings {
    /// Those of one scenario.
    #[must_use]
    pub fn of(&self, scenario: &str) -> Vec<&Value> {
        self.0
            .iter()
            .filter(|finding| finding["scenario"] == scenario)
            .collect()
    }
}

impl Boot<'_> {
    /// Starts it, waits until it has switched itself off, and gives what it told.
    ///
    /// # Errors
    /// What went wrong, with the last lines of the console.
    pub fn run(&self) -> Result<Findings, String> {
        let failed = |cause: std::io::Error| format!("{QEMU} does not start ({cause})");
        let mut running = Running(self.command().spawn().map_err(failed)?);
        let told = running.0.stdout.take().ok_or("QEMU has no output")?;
        let (send, lines) = channel();
        std::thread::spawn(move || {
            // Nobody listens any more where the time was up.
            BufReader::new(told)
                .lines()
                .map_while(Result::ok)
                .try_for_each(|line| send.send(line))
        });
        let deadline = Instant::now() + self.limit;
        let mut findings = Findings::default();
        let mut ended = false;
        loop {
            match lines.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(line) => match serde_json::from_str::<Value>(line.trim()) {
                    Ok(finding) if finding["scenario"] == "end" => ended = true,
                    Ok(finding) => findings.0.push(finding),
                    // The firmware and the terminal may say something of their own.
                    Err(_) => {}
                },
                Err(RecvTimeoutError::Disconnected) if ended => return Ok(findings),
                Err(RecvTimeoutError::Disconnected) => return Err(self.sentence("it ended early", &findings)),
                Err(RecvTimeoutError::Timeout) => return Err(self.sentence("its time was up", &findings)),
            }
        }
    }

    fn command(&self) -> Command {
        let mut command = Command::new(QEMU);
        let words = format!("console=ttyS0 quiet panic=-1 {}", self.words);
        command.args([
            "-accel",
            "tcg",
            "-cpu",
            "max",
            "-display",
            "none",
            "-no-reboot",
            "-nodefaults",
        ]);
        command.args(["-m", &self.memory.to_string(), "-smp", &self.processors.to_string()]);
        command
            .arg("-kernel")
            .arg(self.image)
            .arg("-initrd")
            .arg(self.initramfs);
        command.args(["-append", &words]);
        let mut console = std::ffi::OsString::from("file:");
        console.push(self.console);
        command.arg("-serial").arg(console).args(["-serial", "stdio"]);
        command.args(["-nic", "user,model=virtio-net-pci"]);
        for disk in self.disks {
            let mut drive = std::ffi::OsString::from("if=virtio,format=raw,cache=unsafe,file=");
            drive.push(disk);
            command.arg("-drive").arg(drive);
        }
        command.stdin(Stdio::null()).stdout(Stdio::piped());
        command
    }

    fn sentence(&self, what: &str, findings: &Findings) -> String {
        let console = std::fs::read(self.console).unwrap_or_default();
        let console = String::from_utf8_lossy(&console);
        let lines: Vec<&str> = console.lines().collect();
        let last = lines[lines.len().saturating_sub(LAST_LINES)..].join("\n");
        format!(
            "the kernel did not come to its end: {what}; it told {:#?}\nits console:\n{last}",
            findings.0
        )
    }
}
