//! What can go wrong, each in one sentence: what happened, to what, what to do.

use crate::role::Role;
use std::path::{Path, PathBuf};

/// Why something was not done.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// the system does not give or take a file
    #[error("{path} could not be used ({cause}); check the path, its permissions and the free space")]
    File {
        /// which
        path: PathBuf,
        /// the system's words
        cause: std::io::Error,
    },
    /// never overwritten
    #[error("{0} is there already and is not overwritten; choose another name")]
    Exists(PathBuf),
    /// no randomness
    #[error("the system gave no random numbers for a key; restart the computer and try again")]
    NoRandomness,
    /// a holder's name that is none
    #[error("the holder's name `{0}` must be 1 to 64 of a-z, 0-9 and -, a letter first")]
    Holder(String),
    /// the passphrase does not open the key
    #[error("the passphrase does not open {0}; type it again, or take the key of the right holder")]
    WrongPassphrase(PathBuf),
    /// a passphrase that anyone guesses
    #[error("the passphrase has {0} characters, but must have at least {min}; take several words", min = crate::keyfile::MIN_PASSPHRASE)]
    ShortPassphrase(usize),
    /// a passphrase is to be changed for itself
    #[error("{0} has this passphrase already; give another one")]
    SamePassphrase(PathBuf),
    /// not a key file
    #[error("{path} is no key file of the commission ({why}); take the file that `keys new` made")]
    NotAKey {
        /// which
        path: PathBuf,
        /// what is wrong with it
        why: String,
    },
    /// not a public half
    #[error("{path} is no public key ({why}); take the file that ends with .pub.json, or a vendor's .pub")]
    NotAPublicKey {
        /// which
        path: PathBuf,
        /// what is wrong with it
        why: String,
    },
    /// a folder that is no workshop
    #[error(
        "{0} is no folder of the commission: it has no commission.toml; make one with `keys ceremony`, or name it with --workshop"
    )]
    NoWorkshop(PathBuf),
    /// a ceremony over another one
    #[error(
        "{0} holds a repository already; change its keys with `keys rotate`, or take another folder for a new ceremony"
    )]
    Ceremony(PathBuf),
    /// someone else is at it
    #[error("another command is working in {0}; wait until it has ended")]
    Busy(PathBuf),
    /// the configuration
    #[error("{path} cannot be taken: {why}")]
    Configuration {
        /// which
        path: PathBuf,
        /// place and rule
        why: String,
    },
    /// metadata that is broken on disk
    #[error("{path} does not hold: {why}; restore the folder from its copy")]
    Damaged {
        /// which
        path: PathBuf,
        /// what is wrong
        why: String,
    },
    /// metadata that could not be made
    #[error("the metadata could not be made: {0}")]
    Metadata(String),
    /// a document that breaks a rule
    #[error(transparent)]
    Refused(#[from] plan::Refused),
    /// a file that is not published
    #[error("{file} is not published: {why}")]
    NotPublished {
        /// which
        file: PathBuf,
        /// the rule
        why: String,
    },
    /// a change that cannot be made of this repository
    #[error("{0}")]
    Rule(String),
    /// a file with a change that cannot be read
    #[error("{path} is no change to be signed ({why}); take the file that was made with --prepare")]
    NotAChange {
        /// which
        path: PathBuf,
        /// what is wrong
        why: String,
    },
    /// a change that was changed on its way
    #[error("the change does not hold: {0}; do not sign it, and have it prepared again")]
    Tampered(String),
    /// a key that has nothing to sign
    #[error("the key of {holder} has nothing to sign here; this change needs {needs}")]
    NothingToSign {
        /// whose
        holder: String,
        /// who is needed
        needs: String,
    },
    /// too few signatures
    #[error("signatures are missing: {0}; give their keys with --key, or send the change to them with --prepare FILE")]
    Missing(String),
    /// a change for another state of the repository
    #[error("{role} is at version {now}, but this change was prepared on version {then}; prepare it again")]
    Stale {
        /// which role
        role: Role,
        /// its version now
        now: u64,
        /// its version when the change was prepared
        then: u64,
    },
    /// a change's file is gone
    #[error("the bytes of {0} are missing in the folder `pending`; prepare the change again in this workshop")]
    NoBytes(String),
    /// a vendor's metadata
    #[error("what the vendor signed in {path} is not taken: {why}")]
    VendorSigned {
        /// which
        path: PathBuf,
        /// the rule
        why: String,
    },
    /// what a kiosk would refuse
    #[error("{place}: {why}")]
    Unverified {
        /// the folder or address
        place: String,
        /// the client's sentence
        why: String,
    },
    /// the stick is too small
    #[error("{path} has {free} bytes free, but the repository needs {needed}; take a larger stick, or empty it")]
    Space {
        /// where
        path: PathBuf,
        /// bytes needed
        needed: u64,
        /// bytes free
        free: u64,
    },
    /// the server
    #[error("the server on {address} could not be started: {why}")]
    Serve {
        /// where it would listen
        address: String,
        /// the system's words
        why: String,
    },
    /// a test's power cut
    #[error("stopped before write {0}")]
    Stopped(usize),
}

impl Error {
    pub(crate) fn file(path: &Path) -> impl FnOnce(std::io::Error) -> Self + '_ {
        |cause| Self::File {
            path: path.to_owned(),
            cause,
        }
    }

    pub(crate) fn metadata(cause: impl std::fmt::Display) -> Self {
        Self::Metadata(cause.to_string())
    }

    pub(crate) fn damaged(path: &Path, why: impl std::fmt::Display) -> Self {
        Self::Damaged {
            path: path.to_owned(),
            why: quotation::sentence(why),
        }
    }
}
