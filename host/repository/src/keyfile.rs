//! Key files: a secret key, encrypted with its holder's passphrase (age, scrypt), and its public half beside it.

use crate::error::Error;
use crate::key::{PublicKey, SecretKey};
use crate::limited;
use crate::metadata::encode;
use crate::write;
use age::armor::{ArmoredReader, ArmoredWriter, Format};
use age::secrecy::SecretString;
use age::{DecryptError, Decryptor, Encryptor};
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// Shortest passphrase, in characters.
pub const MIN_PASSPHRASE: usize = 12;
/// What a public half's file ends with.
pub const PUBLIC_END: &str = ".pub.json";
/// Before the seed, inside the encryption.
const HEAD: &[u8] = b"kiosk commission key 1\n";
/// A key file is about 500 bytes; more than this is some other file.
const MAX_BYTES: u64 = 16 * 1024;
/// scrypt's work that is accepted when a key is opened: 2 to this power, a few seconds and 1 GiB.
const MAX_WORK: u8 = 20;
/// The secret and the public half of a vendor's key, as `plugin-kit sign --new-key` writes them.
const KIT_SECRET: &str = "kiosk vendor secret key 1";
const KIT_PUBLIC: &str = "kiosk vendor public key 1";

/// A passphrase. Wiped when dropped.
#[derive(Clone)]
pub struct Passphrase(SecretString);

impl std::fmt::Debug for Passphrase {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Passphrase(..)")
    }
}

impl Passphrase {
    /// What was typed.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(SecretString::from(text))
    }

    /// The first line of a file.
    ///
    /// # Errors
    /// [`Error::File`].
    pub fn read(path: &Path) -> Result<Self, Error> {
        let text = Zeroizing::new(std::fs::read_to_string(path).map_err(Error::file(path))?);
        Ok(Self::new(text.lines().next().unwrap_or_default().to_owned()))
    }

    /// Is it the same?
    #[must_use]
    pub fn is(&self, other: &Self) -> bool {
        use age::secrecy::ExposeSecret as _;
        self.0.expose_secret() == other.0.expose_secret()
    }

    fn check(&self) -> Result<(), Error> {
        use age::secrecy::ExposeSecret as _;
        let length = self.0.expose_secret().chars().count();
        if length < MIN_PASSPHRASE {
            return Err(Error::ShortPassphrase(length));
        }
        Ok(())
    }
}

/// How hard it is to try passphrases.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Work {
    /// about a second on this machine
    #[default]
    Full,
    /// 2 to this power: only for tests
    Only(u8),
}

/// The file name of a holder's public half.
#[must_use]
pub fn public_name(holder: &str) -> String {
    format!("{holder}{PUBLIC_END}")
}

/// Writes a key into `folder/HOLDER.key` and its public half beside it; never overwrites.
///
/// # Errors
/// [`Error::Exists`], [`Error::ShortPassphrase`], [`Error::File`].
pub fn write(folder: &Path, key: &SecretKey, passphrase: &Passphrase, work: Work) -> Result<PathBuf, Error> {
    passphrase.check()?;
    std::fs::create_dir_all(folder).map_err(Error::file(folder))?;
    let path = folder.join(format!("{}.key", key.holder()));
    let public = folder.join(public_name(key.holder()));
    if let Some(there) = [&path, &public].into_iter().find(|path| path.exists()) {
        return Err(Error::Exists(there.clone()));
    }
    let bytes = encrypt(key, passphrase, work)?;
    let written = new_private(&path, &bytes);
    if written.is_err() {
        // Half a key is of no use, and would stand in the way of the next attempt.
        let _ = std::fs::remove_file(&path);
    }
    written.map_err(Error::file(&path))?;
    write::replace(&public, &encode(key.public())?)?;
    Ok(path)
}

/// Encrypts a key with another passphrase, in place of the file that it was read from. Copies of the file keep the old one.
///
/// # Errors
/// [`Error::ShortPassphrase`], [`Error::File`]; the file is then as it was.
pub fn rewrite(path: &Path, key: &SecretKey, passphrase: &Passphrase, work: Work) -> Result<(), Error> {
    passphrase.check()?;
    write::replace_private(path, &encrypt(key, passphrase, work)?)
}

fn new_private(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

fn encrypt(key: &SecretKey, passphrase: &Passphrase, work: Work) -> Result<Vec<u8>, Error> {
    let mut recipient = age::scrypt::Recipient::new(passphrase.0.clone());
    if let Work::Only(power) = work {
        recipient.set_work_factor(power);
    }
    let sealed = |cause: &dyn std::fmt::Display| Error::Metadata(format!("the key could not be encrypted ({cause})"));
    let recipients = std::iter::once(&recipient as &dyn age::Recipient);
    let encryptor = Encryptor::with_recipients(recipients).map_err(|cause| sealed(&cause))?;
    let mut bytes = Vec::new();
    let write = || -> std::io::Result<()> {
        let armour = ArmoredWriter::wrap_output(&mut bytes, Format::AsciiArmor)?;
        let mut writer = encryptor.wrap_output(armour)?;
        writer.write_all(HEAD)?;
        writer.write_all(key.seed().as_slice())?;
        writer.finish()?.finish()?;
        Ok(())
    };
    write().map_err(|cause| sealed(&cause))?;
    Ok(bytes)
}

/// The holder whom a key file's name names: the part before `.key`.
#[must_use]
pub fn holder_of(path: &Path) -> String {
    let name = path.file_stem().map(|stem| stem.to_string_lossy().into_owned());
    name.unwrap_or_default()
}

/// Reads a key file, binary or armoured.
///
/// # Errors
/// [`Error::WrongPassphrase`], [`Error::NotAKey`].
pub fn read(path: &Path, passphrase: &Passphrase) -> Result<SecretKey, Error> {
    let bytes = read_bytes(path)?;
    let wrong = |why: &dyn std::fmt::Display| Error::NotAKey {
        path: path.to_owned(),
        why: why.to_string(),
    };
    let not_age = |cause: DecryptError| wrong(&words(&cause));
    let opened = Decryptor::new_buffered(ArmoredReader::new(bytes.as_slice())).map_err(not_age)?;
    if !opened.is_scrypt() {
        return Err(wrong(&"it is not encrypted with a passphrase"));
    }
    let mut identity = age::scrypt::Identity::new(passphrase.0.clone());
    identity.set_max_work_factor(MAX_WORK);
    let mut reader = opened
        .decrypt(std::iter::once(&identity as &dyn age::Identity))
        .map_err(|cause| match cause {
            DecryptError::DecryptionFailed | DecryptError::KeyDecryptionFailed | DecryptError::NoMatchingKeys => {
                Error::WrongPassphrase(path.to_owned())
            }
            cause => wrong(&words(&cause)),
        })?;
    // Large enough from the start: a vector that grows leaves copies of the key behind.
    let mut plain = Zeroizing::new(Vec::with_capacity(1024));
    reader
        .read_to_end(&mut plain)
        .map_err(|_| wrong(&"it is damaged, or cut off"))?;
    let seed = plain
        .strip_prefix(HEAD)
        .and_then(|seed| <&[u8; 32]>::try_from(seed).ok());
    let seed = seed.ok_or_else(|| wrong(&"what is encrypted in it is something else"))?;
    SecretKey::of(&holder_of(path), seed)
}

/// Why age does not open a file.
fn words(cause: &DecryptError) -> &'static str {
    match cause {
        DecryptError::ExcessiveWork { .. } => "opening it would take far longer than a key takes",
        DecryptError::UnknownFormat => "it is no file of age, or of a newer version",
        _ => "it is damaged, or no file of age",
    }
}

/// Is it a vendor's key as the kit writes it, without a passphrase?
#[must_use]
pub fn is_kit_key(path: &Path) -> bool {
    std::fs::read(path).is_ok_and(|bytes| bytes.starts_with(KIT_SECRET.as_bytes()))
}

/// Reads a vendor's key as the kit writes it.
///
/// # Errors
/// [`Error::NotAKey`].
pub fn read_kit_key(path: &Path) -> Result<SecretKey, Error> {
    let bytes = read_bytes(path)?;
    let wrong = || Error::NotAKey {
        path: path.to_owned(),
        why: format!("it does not hold 32 bytes after `{KIT_SECRET}`"),
    };
    let seed = kit_bytes(&bytes, KIT_SECRET).ok_or_else(wrong)?;
    SecretKey::of(&holder_of(path), &seed)
}

fn read_bytes(path: &Path) -> Result<Zeroizing<Vec<u8>>, Error> {
    let wrong = |why| Error::NotAKey {
        path: path.to_owned(),
        why,
    };
    limited::read(path, MAX_BYTES, wrong).map(Zeroizing::new)
}

fn kit_bytes(bytes: &[u8], head: &str) -> Option<Zeroizing<[u8; 32]>> {
    use base64::Engine as _;
    let mut lines = std::str::from_utf8(bytes).ok()?.lines();
    if lines.next() != Some(head) {
        return None;
    }
    let decoded = base64::engine::general_purpose::STANDARD.decode(lines.next()?);
    let decoded = Zeroizing::new(decoded.ok()?);
    Some(Zeroizing::new(decoded.as_slice().try_into().ok()?))
}

/// Reads a public half: the commission's form, or the kit's, whose holder is the file's name before its first dot.
///
/// # Errors
/// [`Error::NotAPublicKey`].
pub fn read_public(path: &Path) -> Result<PublicKey, Error> {
    let wrong = |why: String| Error::NotAPublicKey {
        path: path.to_owned(),
        why: quotation::sentence(&why),
    };
    let bytes = limited::read(path, MAX_BYTES, wrong)?;
    if let Some(key) = kit_bytes(&bytes, KIT_PUBLIC) {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
        let name = name.unwrap_or_default();
        return PublicKey::of(name.split('.').next().unwrap_or_default(), &key);
    }
    let key: PublicKey = serde_json::from_slice(&bytes).map_err(|cause| wrong(cause.to_string()))?;
    if !plan::names::is_name(&key.holder) {
        return Err(Error::Holder(quotation::phrase(&key.holder)));
    }
    let is_ed25519 = matches!(&key.key, tough::schema::key::Key::Ed25519 { keyval, .. } if keyval.public.len() == 32);
    if !is_ed25519 {
        return Err(wrong("only Ed25519 keys are used here".to_owned()));
    }
    Ok(key)
}
