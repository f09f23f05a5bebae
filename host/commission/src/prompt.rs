//! Asks a person for a passphrase on the terminal.
//!
//! The crate that is usual for this (rpassword, 7.5) asks first and hides afterwards, so that who types at once sees it on the screen;
//! and where the holder leaves with the interrupt key, it leaves a terminal behind that stays silent. Here the terminal edits the
//! line as it always does.

use rustix::termios::{InputModes, LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcsetattr};
use std::fs::File;
use std::io::{self, Read as _, Write as _};
use zeroize::Zeroizing;

/// Where a person types, whatever the streams of the program are.
const TERMINAL: &str = "/dev/tty";
/// The longest line that a terminal of Linux edits, in bytes.
const LINE: usize = 4096;

/// Asks, and reads a line. Nothing of it is shown, not even what is typed as soon as the question stands there.
///
/// # Errors
/// The system's, where there is no terminal; `Interrupted` and `UnexpectedEof` where the holder typed the interrupt key or the end of
/// a file in place of a line; `InvalidData` where it is no UTF-8.
pub fn passphrase(question: &str) -> io::Result<Zeroizing<String>> {
    let mut hidden = Hidden::begin(File::options().read(true).write(true).open(TERMINAL)?)?;
    hidden.terminal.write_all(question.as_bytes())?;
    let line = hidden.line();
    // The end of the line was not shown either.
    hidden.terminal.write_all(b"\n")?;
    line
}

/// A terminal that shows nothing of what is typed, until this is dropped.
struct Hidden {
    terminal: File,
    before: Termios,
    /// The key that interrupts. It ends the line instead: the terminal is to be put right before the program ends.
    interrupt: u8,
}

impl Hidden {
    fn begin(terminal: File) -> io::Result<Self> {
        let before = tcgetattr(&terminal)?;
        let interrupt = before.special_codes[SpecialCodeIndex::VINTR];
        let mut hidden = before.clone();
        hidden.local_modes.insert(LocalModes::ICANON);
        hidden
            .local_modes
            .remove(LocalModes::ECHO | LocalModes::ECHONL | LocalModes::ISIG);
        hidden.input_modes.insert(InputModes::IUTF8);
        hidden.special_codes[SpecialCodeIndex::VEOL] = interrupt;
        tcsetattr(&terminal, OptionalActions::Now, &hidden)?;
        Ok(Self {
            terminal,
            before,
            interrupt,
        })
    }

    fn line(&mut self) -> io::Result<Zeroizing<String>> {
        let mut typed = Zeroizing::new([0; LINE]);
        let mut length = 0;
        loop {
            // One read gives a line, or what was typed before an end of file in the middle of one.
            let read = match self.terminal.read(&mut typed[length..]) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                read => read?,
            };
            length += read;
            let line = &typed[..length];
            if read == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            } else if line.last() == Some(&self.interrupt) {
                return Err(io::ErrorKind::Interrupted.into());
            } else if let Some(line) = line.strip_suffix(b"\n") {
                let text = std::str::from_utf8(line).map_err(|_| io::ErrorKind::InvalidData)?;
                return Ok(Zeroizing::new(text.to_owned()));
            }
        }
    }
}

impl Drop for Hidden {
    fn drop(&mut self) {
        // A terminal that is gone shows nothing either.
        let _ = tcsetattr(&self.terminal, OptionalActions::Now, &self.before);
    }
}
