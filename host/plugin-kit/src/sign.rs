//! The vendor's signature over a plugin or a package (Ed25519, RFC 8032), in a file beside it. It tells the commission who made
//! the file; what runs on kiosks is what the commission pins in their configuration.

use crate::pack::hex;
use crate::sentence::Sentence;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use sha2::{Digest as _, Sha256};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

const SECRET: &str = "kiosk vendor secret key 1";
const PUBLIC: &str = "kiosk vendor public key 1";
const SIGNATURE: &str = "kiosk vendor signature 1";

fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    PathBuf::from(name)
}

/// Makes a key, and its public half in a file of the same name with `.pub`.
///
/// # Errors
/// A sentence: a file that is there is never overwritten.
pub fn new_key(path: &Path) -> Result<PathBuf, Sentence> {
    let mut seed = Zeroizing::new([0_u8; 32]);
    getrandom::fill(&mut *seed).map_err(|cause| Sentence(format!("the system gave no randomness: {cause}")))?;
    let key = SigningKey::from_bytes(&seed);
    let public = beside(path, ".pub");
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .map_err(|cause| Sentence::file(path, &cause))?;
    let text = Zeroizing::new(format!("{SECRET}\n{}\n", STANDARD.encode(seed.as_slice())));
    let written = file.write_all(text.as_bytes()).and_then(|()| file.sync_all());
    written.map_err(|cause| Sentence::file(path, &cause))?;
    let text = format!("{PUBLIC}\n{}\n", STANDARD.encode(key.verifying_key().as_bytes()));
    std::fs::write(&public, text).map_err(|cause| Sentence::file(&public, &cause))?;
    Ok(public)
}

/// The 32 bytes of a key file.
fn read_key(path: &Path, head: &str) -> Result<Zeroizing<[u8; 32]>, Sentence> {
    let text = Zeroizing::new(std::fs::read_to_string(path).map_err(|cause| Sentence::file(path, &cause))?);
    let wrong = || Sentence(format!("{} is no file that begins with `{head}`", path.display()));
    let mut lines = text.lines();
    if lines.next() != Some(head) {
        return Err(wrong());
    }
    let bytes = Zeroizing::new(STANDARD.decode(lines.next().unwrap_or_default()).map_err(|_| wrong())?);
    let bytes: [u8; 32] = bytes.as_slice().try_into().map_err(|_| wrong())?;
    Ok(Zeroizing::new(bytes))
}

/// What is signed: what it is, the file's name, and its digest.
fn statement(file: &Path) -> Result<String, Sentence> {
    let bytes = std::fs::read(file).map_err(|cause| Sentence::file(file, &cause))?;
    let name = file
        .file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default();
    Ok(format!(
        "{SIGNATURE}\n{name}\nsha256 {}\n",
        hex(&Sha256::digest(&bytes))
    ))
}

/// Signs a file; the signature goes beside it, with `.sig` at the end of its name.
///
/// # Errors
/// A sentence.
pub fn sign(file: &Path, key: &Path) -> Result<PathBuf, Sentence> {
    let key = SigningKey::from_bytes(&*read_key(key, SECRET)?);
    let statement = statement(file)?;
    let signature = key.sign(statement.as_bytes());
    let out = beside(file, ".sig");
    let text = format!("{statement}\n{}\n", STANDARD.encode(signature.to_bytes()));
    std::fs::write(&out, text).map_err(|cause| Sentence::file(&out, &cause))?;
    Ok(out)
}

/// Verifies the signature beside a file.
///
/// # Errors
/// A sentence: what does not agree.
pub fn verify(file: &Path, public: &Path) -> Result<(), Sentence> {
    let path = beside(file, ".sig");
    let text = std::fs::read_to_string(&path).map_err(|cause| Sentence::file(&path, &cause))?;
    let bad = |why: &str| {
        Sentence(format!(
            "the signature of {} does not hold: {why}; get the file again from its vendor",
            file.display()
        ))
    };
    let (signed, signature) = text.split_once("\n\n").ok_or_else(|| bad("its file is broken"))?;
    let signed = format!("{signed}\n");
    let bytes = STANDARD
        .decode(signature.trim())
        .map_err(|_| bad("its file is broken"))?;
    let signature = Signature::from_slice(&bytes).map_err(|_| bad("its file is broken"))?;
    let key = VerifyingKey::from_bytes(&*read_key(public, PUBLIC)?).map_err(|_| bad("the public key is none"))?;
    key.verify_strict(signed.as_bytes(), &signature)
        .map_err(|_| bad("it was made with another key, or was changed"))?;
    if signed != statement(file)? {
        return Err(bad("it is of another file, or the file was changed"));
    }
    Ok(())
}
