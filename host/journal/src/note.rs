//! Signed checkpoints in the transparency-log "signed note" form: origin, size and root as text, then an Ed25519
//! signature line. Short enough to be printed as a QR code.

use crate::tree::Hash;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use ed25519_dalek::{Signature, Signer as _, SigningKey, Verifier as _, VerifyingKey};
use sha2::{Digest as _, Sha256};

/// The algorithm byte of an Ed25519 note key.
const ED25519: u8 = 1;
/// Between the text and a signature's name.
const DASH: &str = "\u{2014} ";

/// What a checkpoint says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// whose journal: `kiosk-journal/STATION/KIOSK`
    pub origin: String,
    /// events
    pub size: u64,
    /// of the tree over them
    pub root: Hash,
}

/// Why a note is not a checkpoint of this kiosk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// not the form
    #[error("the checkpoint is not readable; scan or copy it again")]
    Form,
    /// by another key, or changed
    #[error("the checkpoint is not signed by this kiosk, or was changed; compare it with the printed one")]
    Signature,
}

impl Checkpoint {
    /// The lines that are signed.
    #[must_use]
    pub fn text(&self) -> String {
        format!("{}\n{}\n{}\n", self.origin, self.size, BASE64.encode(self.root))
    }

    /// The note: text, empty line, signature line.
    #[must_use]
    pub fn sign(&self, key: &SigningKey) -> String {
        let text = self.text();
        let mut signed = key_id(&self.origin, &key.verifying_key()).to_vec();
        signed.extend(key.sign(text.as_bytes()).to_bytes());
        format!("{text}\n{DASH}{} {}\n", self.origin, BASE64.encode(signed))
    }

    /// Reads a note that this key signed.
    ///
    /// # Errors
    /// [`NoteError`].
    pub fn open(note: &str, key: &VerifyingKey) -> Result<Self, NoteError> {
        // A copy may have come through a program that ends its lines otherwise.
        let note = note.replace("\r\n", "\n");
        let (text, signatures) = note.split_once("\n\n").ok_or(NoteError::Form)?;
        let text = format!("{text}\n");
        let checkpoint = Self::parse(&text).ok_or(NoteError::Form)?;
        let expected = key_id(&checkpoint.origin, key);
        let ours = signatures.lines().find_map(|line| {
            let (name, encoded) = line.strip_prefix(DASH)?.split_once(' ')?;
            let bytes = BASE64.decode(encoded).ok()?;
            let (id, signature) = bytes.split_at_checked(4)?;
            (name == checkpoint.origin && id == expected).then(|| Signature::from_slice(signature).ok())?
        });
        let signature = ours.ok_or(NoteError::Signature)?;
        key.verify(text.as_bytes(), &signature)
            .map_err(|_| NoteError::Signature)?;
        Ok(checkpoint)
    }

    fn parse(text: &str) -> Option<Self> {
        let mut lines = text.lines();
        let origin = lines.next().filter(|origin| !origin.is_empty())?.to_owned();
        let size = lines.next()?.parse().ok()?;
        let root = BASE64.decode(lines.next()?).ok()?.try_into().ok()?;
        Some(Self { origin, size, root })
    }
}

fn key_id(name: &str, key: &VerifyingKey) -> [u8; 4] {
    let hash = Sha256::new()
        .chain_update(name)
        .chain_update([b'\n', ED25519])
        .chain_update(key.as_bytes())
        .finalize();
    [hash[0], hash[1], hash[2], hash[3]]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_checkpoint_is_read_back_by_its_key_and_by_no_other_nor_when_changed() {
        let key = SigningKey::from_bytes(&[7; 32]);
        let checkpoint = Checkpoint {
            origin: "kiosk-journal/1234/1".to_owned(),
            size: 42,
            root: [9; 32],
        };
        let note = checkpoint.sign(&key);
        let crlf = note.replace('\n', "\r\n");
        assert_eq!(Checkpoint::open(&crlf, &key.verifying_key()), Ok(checkpoint.clone()));
        assert_eq!(Checkpoint::open(&note, &key.verifying_key()), Ok(checkpoint));
        let other = SigningKey::from_bytes(&[8; 32]);
        assert_eq!(
            Checkpoint::open(&note, &other.verifying_key()),
            Err(NoteError::Signature)
        );
        let changed = note.replacen("42", "43", 1);
        assert_eq!(
            Checkpoint::open(&changed, &key.verifying_key()),
            Err(NoteError::Signature)
        );
        assert_eq!(Checkpoint::open("hello", &key.verifying_key()), Err(NoteError::Form));
    }
}
