//! The program asks for passphrases on a terminal, and shows nothing of them.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::io::{Read as _, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};

const PROGRAM: &str = env!("CARGO_BIN_EXE_kiosk-commission");
const PASSPHRASE: &str = "correct horse battery";

/// The program on a terminal of its own, which `script` gives it.
struct Terminal {
    script: Child,
    seen: String,
}

impl Terminal {
    fn starts(arguments: &str) -> Self {
        Self::runs(&format!("{PROGRAM} {arguments}"))
    }

    fn runs(command: &str) -> Self {
        let script = Command::new("script")
            .args(["--quiet", "--return", "--command"])
            .arg(command)
            .arg("/dev/null")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        Self {
            script,
            seen: String::new(),
        }
    }

    /// Types a line once the program has asked for it.
    fn answers(&mut self, prompt: &str, line: &str) {
        self.types(prompt, &format!("{line}\n"));
    }

    fn types(&mut self, prompt: &str, keys: &str) {
        while !self.seen.ends_with(prompt) {
            let mut byte = [0];
            let screen = self.script.stdout.as_mut().unwrap();
            assert_eq!(screen.read(&mut byte).unwrap(), 1, "{}", self.seen);
            self.seen.push(char::from(byte[0]));
        }
        let keyboard = self.script.stdin.as_mut().unwrap();
        keyboard.write_all(keys.as_bytes()).unwrap();
    }

    /// All that stood on the screen, and whether it went well.
    fn ends(mut self) -> (String, bool) {
        let mut rest = String::new();
        self.script.stdout.as_mut().unwrap().read_to_string(&mut rest).unwrap();
        (self.seen + &rest, self.script.wait().unwrap().success())
    }
}

/// A new key whose holder types these two lines.
fn new_key(folder: &Path, lines: [&str; 2]) -> (String, bool) {
    let mut terminal = Terminal::starts(&format!("keys new aigul --out {}", folder.display()));
    terminal.answers("New passphrase of aigul: ", lines[0]);
    terminal.answers("The same again, aigul: ", lines[1]);
    terminal.ends()
}

/// Is there no terminal to be had? Then the test is skipped by its name.
fn skipped(test: &str) -> bool {
    let none = Command::new("script").arg("--version").output().is_err();
    if none {
        println!("SKIPPED {test}: script, of the package bsdutils, is not installed");
    }
    none
}

#[test]
fn the_terminal_shows_what_is_typed_again_whether_a_passphrase_was_given_or_the_holder_left() {
    if skipped("the_terminal_shows_what_is_typed_again_whether_a_passphrase_was_given_or_the_holder_left") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    // What the holder types, and whether the program goes on to ask for the same again.
    for (keys, goes_on) in [
        ("correct horse battery\n", true),
        ("correct\u{3}", false),
        ("\u{4}", false),
    ] {
        let command = format!("{PROGRAM} keys new aigul --out {}; stty --all", folder.path().display());
        let mut terminal = Terminal::runs(&command);
        terminal.types("New passphrase of aigul: ", keys);
        if goes_on {
            terminal.answers("The same again, aigul: ", "another");
        }
        let (screen, _) = terminal.ends();
        let echoes = screen.split_whitespace().any(|word| word == "echo");
        assert!(echoes && !screen.contains("-echo "), "{screen}");
        assert!(!screen.contains("correct"), "{screen}");
        assert_eq!(screen.contains("The same again"), goes_on, "{screen}");
        let sentence = "no passphrase was given, so nothing was signed; run it again";
        assert_eq!(screen.contains(sentence), !goes_on, "{screen}");
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn a_passphrase_is_typed_twice_and_never_shown() {
    if skipped("a_passphrase_is_typed_twice_and_never_shown") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let (screen, good) = new_key(folder.path(), [PASSPHRASE, "correct horse batterie"]);
    assert!(!good, "{screen}");
    let sentence = "the two passphrases of aigul differ; nothing was written, begin again";
    assert!(screen.contains(sentence), "{screen}");
    assert!(!screen.contains("correct"), "{screen}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);

    // A letter is taken back whole, of however many bytes it is.
    let (screen, good) = new_key(folder.path(), ["correct horse batterй\u{7f}y", PASSPHRASE]);
    assert!(good, "{screen}");
    assert!(!screen.contains("correct"), "{screen}");

    let key = folder.path().join("aigul.key");
    let mut terminal = Terminal::starts(&format!("keys passphrase {}", key.display()));
    terminal.answers(&format!("Passphrase of {}: ", key.display()), PASSPHRASE);
    terminal.answers("New passphrase of aigul: ", "staple after staple");
    terminal.answers("The same again, aigul: ", "staple after staple");
    let (screen, good) = terminal.ends();
    assert!(good, "{screen}");
    assert!(!screen.contains("correct") && !screen.contains("staple"), "{screen}");
    let opened = repository::keyfile::read(
        &key,
        &repository::keyfile::Passphrase::new("staple after staple".to_owned()),
    );
    assert_eq!(opened.unwrap().holder(), "aigul");
}
