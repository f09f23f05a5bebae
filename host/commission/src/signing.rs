//! What every command that changes the repository does in the end: tell, ask, sign, write; or prepare; or only tell.

use crate::updates_cli::{Passphrases, Signing};
use crate::world::World;
use crate::{Console, Trouble};
use jiff::Timestamp;
use repository::Error;
use repository::change::Change;
use repository::draft::Draft;
use repository::key::SecretKey;
use repository::keyfile::{self, Passphrase};
use repository::words;
use repository::workshop::{Finished, Workshop};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

impl Signing {
    pub(crate) fn open(&self) -> Result<Workshop, Error> {
        Workshop::open(&self.folder.workshop)
    }

    /// Makes the change of a draft, and brings it to its end.
    pub(crate) fn change(
        &self,
        world: &World<'_>,
        console: &mut Console<'_>,
        edit: impl FnOnce(&Workshop, &mut Draft) -> Result<(), Error>,
    ) -> Result<(), Trouble> {
        let workshop = self.open()?;
        let mut draft = workshop.draft(world.now)?;
        edit(&workshop, &mut draft)?;
        self.conclude(&workshop, draft.change()?, world, console)
    }

    /// Tells a change, and signs and writes it, or prepares it, or neither.
    pub(crate) fn conclude(
        &self,
        workshop: &Workshop,
        change: Change,
        world: &World<'_>,
        console: &mut Console<'_>,
    ) -> Result<(), Trouble> {
        console.say(&words::tell(&change)?);
        if self.dry_run {
            console.say("nothing was changed: --dry-run\n");
            return Ok(());
        }
        let keys = self.passphrases.open(world)?.keys(&self.keys)?;
        self.bring_to_end(workshop, change, &keys, world, console)
    }

    /// Signs and writes a change, or prepares it.
    pub(crate) fn bring_to_end(
        &self,
        workshop: &Workshop,
        mut change: Change,
        keys: &[SecretKey],
        world: &World<'_>,
        console: &mut Console<'_>,
    ) -> Result<(), Trouble> {
        sign_all(&mut change, keys)?;
        if let Some(path) = &self.prepare {
            workshop.stage(&change)?;
            write(path, &change.encode()?)?;
            console.say(&format!("prepared {}\n", path.display()));
            console.say(&still_missing(&change)?);
            return Ok(());
        }
        let finished = workshop.finish(&change, keys, world.now)?;
        console.say(&told(&finished));
        Ok(())
    }
}

/// Signs with all keys that have something to sign: others may be for snapshot and timestamp.
pub(crate) fn sign_all(change: &mut Change, keys: &[SecretKey]) -> Result<(), Error> {
    for key in keys {
        if !change.signs(key.id())?.is_empty() {
            change.sign(key)?;
        }
    }
    Ok(())
}

pub(crate) fn still_missing(change: &Change) -> Result<String, Error> {
    let missing = change.missing()?;
    if missing.is_empty() {
        return Ok("all have signed; put it into the repository with `finish`\n".to_owned());
    }
    Ok(missing.iter().map(|phrase| format!("missing: {phrase}\n")).collect())
}

pub(crate) fn told(finished: &Finished) -> String {
    let versions = finished.versions.iter();
    let versions: Vec<String> = versions.map(|(role, version)| format!("{role} {version}")).collect();
    let expires: Timestamp = finished.expires;
    format!("written: {}\nkiosks take it until {expires}\n", versions.join(", "))
}

/// Writes a file whole or not at all.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<(), Trouble> {
    repository::write_file(path, bytes)?;
    Ok(())
}

/// Hands out passphrases: asks for each, or reads them from a file, a line for each key.
pub(crate) struct Source<'a> {
    world: &'a World<'a>,
    file: Option<PathBuf>,
    lines: Vec<Zeroizing<String>>,
    used: usize,
}

impl Passphrases {
    /// Opens the file once: it may be a pipe.
    pub(crate) fn open<'a>(&self, world: &'a World<'a>) -> Result<Source<'a>, Trouble> {
        let mut lines = Vec::new();
        if let Some(path) = &self.passphrase_file {
            let read = std::fs::read_to_string(path).map_err(|cause| Error::File {
                path: path.clone(),
                cause,
            });
            let text = Zeroizing::new(read?);
            lines = text.lines().map(|line| Zeroizing::new(line.to_owned())).collect();
        }
        Ok(Source {
            world,
            file: self.passphrase_file.clone(),
            lines,
            used: 0,
        })
    }
}

impl Source<'_> {
    /// Opens key files.
    pub(crate) fn keys(&mut self, files: &[PathBuf]) -> Result<Vec<SecretKey>, Trouble> {
        files.iter().map(|file| self.key(file)).collect()
    }

    /// Opens a key file; a vendor's of the kit has no passphrase.
    pub(crate) fn key(&mut self, file: &Path) -> Result<SecretKey, Trouble> {
        if keyfile::is_kit_key(file) {
            return Ok(keyfile::read_kit_key(file)?);
        }
        Ok(keyfile::read(file, &self.of(file)?)?)
    }

    /// The passphrase of a key file: typed, or read.
    pub(crate) fn of(&mut self, file: &Path) -> Result<Passphrase, Trouble> {
        // A wrong path is told before anyone types a passphrase.
        std::fs::metadata(file).map_err(|cause| Error::File {
            path: file.to_owned(),
            cause,
        })?;
        let passphrase = match self.line()? {
            Some(line) => line,
            None => self.ask(&format!("Passphrase of {}: ", file.display()))?,
        };
        Ok(Passphrase::new(passphrase.to_string()))
    }

    /// A passphrase for a new key: typed twice, or read.
    pub(crate) fn fresh(&mut self, holder: &str) -> Result<Passphrase, Trouble> {
        if let Some(line) = self.line()? {
            return Ok(Passphrase::new(line.to_string()));
        }
        let once = self.ask(&format!("New passphrase of {holder}: "))?;
        let again = self.ask(&format!("The same again, {holder}: "))?;
        if *once != *again {
            return Err(Trouble::Sentence(format!(
                "the two passphrases of {holder} differ; nothing was written, begin again"
            )));
        }
        Ok(Passphrase::new(once.to_string()))
    }

    /// The next line; the only one is for all.
    fn line(&mut self) -> Result<Option<Zeroizing<String>>, Trouble> {
        let Some(file) = &self.file else { return Ok(None) };
        let number = if self.lines.len() == 1 { 0 } else { self.used };
        self.used += 1;
        match self.lines.get(number) {
            Some(line) => Ok(Some(line.clone())),
            None => Err(Trouble::Sentence(format!(
                "{} has {} lines, but key {} needs one; give a line for each key, or one for all",
                file.display(),
                self.lines.len(),
                self.used
            ))),
        }
    }

    fn ask(&self, prompt: &str) -> Result<Zeroizing<String>, Trouble> {
        (self.world.ask)(prompt).map_err(|cause| {
            Trouble::Sentence(match cause.kind() {
                ErrorKind::Interrupted | ErrorKind::UnexpectedEof => {
                    "no passphrase was given, so nothing was signed; run it again".to_owned()
                }
                ErrorKind::InvalidData => {
                    "the passphrase that was typed is no text in UTF-8; type it again, on a terminal that is set to it"
                        .to_owned()
                }
                _ => format!(
                    "a passphrase could not be asked for ({cause}); run it on a terminal, or give --passphrase-file"
                ),
            })
        })
    }
}
