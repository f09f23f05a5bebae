//! Why something was not taken. Each rule has its own sentence and its own code; the numbers are the specification's sections.

use crate::digest::Sha256;
use crate::source::SourceError;
use jiff::Timestamp;
use std::path::PathBuf;

/// A rule that was broken, or a thing that stood in the way. What was trusted before stays trusted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// the source gave nothing
    #[error("{place} gave no updates: {cause}; try again, or use another stick or the network")]
    Source {
        /// which source
        place: String,
        /// what happened
        cause: SourceError,
    },
    /// metadata that cannot be read (section 4)
    #[error("{what} cannot be read ({cause}); it must be published anew")]
    Malformed {
        /// which file
        what: String,
        /// the place and the rule
        cause: String,
    },
    /// a file of another role (section 4)
    #[error("{what} says that it is `{found}`; it must be published anew")]
    WrongType {
        /// which file
        what: String,
        /// its `_type`
        found: String,
    },
    /// made for another version of TUF (section 4.3)
    #[error("{what} is made for version {found} of TUF, this program reads 1; update the kiosk first")]
    Specification {
        /// which file
        what: String,
        /// its `spec_version`
        found: String,
    },
    /// too few of its keys signed it (5.3.4, 5.4.2, 5.5.3, 5.6.3)
    #[error(
        "{what} is not signed by {needed} of its keys; it is forged, or was published before enough keys had signed"
    )]
    Signatures {
        /// which file
        what: String,
        /// how many must sign
        needed: u64,
    },
    /// a key signed twice
    #[error("{what} carries two signatures of one key; it must be published anew")]
    SignedTwice {
        /// which file
        what: String,
    },
    /// one key under two names
    #[error("{what} lists one key of `{role}` twice, which would count as two; it must be published anew")]
    KeyTwice {
        /// which file
        what: String,
        /// whose key
        role: String,
    },
    /// a role without keys (4.3)
    #[error("{what} names no keys for `{role}`; it must be published anew")]
    Keyless {
        /// which file
        what: String,
        /// which role
        role: String,
    },
    /// not the next root (5.3.5)
    #[error("root {expected} says that it is root {found}; it must be published anew")]
    RootOrder {
        /// which one was asked for
        expected: u64,
        /// which one came
        found: u64,
    },
    /// more roots than are taken in one go (5.3.3)
    #[error("there are more than {limit} new roots; refresh again to take the rest")]
    Roots {
        /// how many are taken
        limit: u32,
    },
    /// older than what was seen already (5.4.3, 5.5.5)
    #[error("{what} is version {found}, but this kiosk has seen {seen}; it is old or forged: fetch a newer one")]
    Rollback {
        /// which file, or which file's entry in another
        what: String,
        /// the largest version that was seen
        seen: u64,
        /// the version that came
        found: u64,
    },
    /// a role that was in the snapshot is there no more (5.5.5)
    #[error("snapshot.json no longer lists {what}; it must be published anew")]
    Dropped {
        /// which file
        what: String,
    },
    /// a role that the snapshot does not list (5.6.7)
    #[error("snapshot.json does not list {what}; it must be published anew")]
    Unlisted {
        /// which file
        what: String,
    },
    /// not the version that was announced (5.5.4, 5.6.4)
    #[error(
        "{what} is version {found}, but version {expected} was announced; the source is half copied, or mixes two states"
    )]
    Mixed {
        /// which file
        what: String,
        /// the announced version
        expected: u64,
        /// the version that came
        found: u64,
    },
    /// its time is over (5.3.10, 5.4.4, 5.5.6, 5.6.5)
    #[error("{what} expired at {expired}, and it is {now} now; fetch a newer one, or check the clock")]
    Expired {
        /// which file
        what: String,
        /// its last moment
        expired: Timestamp,
        /// what time it is
        now: Timestamp,
    },
    /// longer or shorter than was signed (5.5.2, 5.6.2, 5.7)
    #[error("{what} has {found} bytes, but {expected} were signed; it is damaged or forged")]
    Length {
        /// which file
        what: String,
        /// the signed length
        expected: u64,
        /// how many came; where there are more than signed, one more
        found: u64,
    },
    /// other bytes than were signed (5.5.2, 5.6.2, 5.7)
    #[error("{what} has not the {algorithm} that was signed; it is damaged or forged")]
    Digest {
        /// which file
        what: String,
        /// `sha256` or `sha512`
        algorithm: &'static str,
    },
    /// no digest that this program knows (4.5)
    #[error("{what} has neither sha256 nor sha512; it must be published anew")]
    NoDigest {
        /// which file
        what: String,
    },
    /// over the limit for its size
    #[error("{what} has {length} bytes, over the limit of {limit}; it must be published smaller")]
    Oversized {
        /// which file
        what: String,
        /// its signed length
        length: u64,
        /// the most that is taken
        limit: u64,
    },
    /// a name that no target can have
    #[error("`{target}` is no target's name: it must be parts between `/`, none of them empty, `.` or `..`")]
    Name {
        /// the name
        target: String,
    },
    /// nobody who may sign it did (5.6.7)
    #[error("nobody signed `{target}`; check its name, or publish it")]
    Unsigned {
        /// the target
        target: String,
    },
    /// who may have signed it cannot be asked (5.6.7)
    #[error("`{target}` was not found, and `{role}` could not be asked: {cause}")]
    Unanswered {
        /// the target
        target: String,
        /// the role that could not be asked
        role: String,
        /// why
        cause: Box<Refusal>,
    },
    /// the search for a target visits too many roles (5.6.7.1)
    #[error("the search for `{target}` visits more than {limit} roles; it must be published with fewer")]
    Delegations {
        /// the target
        target: String,
        /// how many are visited
        limit: u32,
    },
    /// a target is asked for before anything was taken
    #[error("this kiosk has taken no updates yet; refresh from the network or a stick first")]
    Empty,
    /// the plan or the emergency list breaks its own rules
    #[error("{0}; it must be published anew")]
    Document(#[from] plan::Refused),
    /// a plan or emergency list that is older than one that was seen
    #[error(
        "{what} is number {found}, but this kiosk has seen {seen}; it is old, or must be published with a higher number"
    )]
    Older {
        /// `plan.json` or `emergency.json`
        what: String,
        /// the largest counter that was seen
        seen: u64,
        /// the counter that came
        found: u64,
    },
    /// signed by a role that may not sign it
    #[error("`{target}` is signed by `{role}`, but only `{expected}` may sign it; it must be published anew")]
    WrongSigner {
        /// the target
        target: String,
        /// who signed it
        role: String,
        /// who may
        expected: &'static str,
    },
    /// what its role signed is not what the plan pins
    #[error(
        "`{target}` is signed by `{role}` with another digest or length than the plan has; it must be published anew"
    )]
    Unplanned {
        /// the target
        target: String,
        /// who signed it
        role: String,
    },
    /// the kiosk's own disk
    #[error("{} could not be {action} ({cause}); check the disk and its free space", path.display())]
    Store {
        /// which file
        path: PathBuf,
        /// `read`, `written`, ...
        action: &'static str,
        /// the system's words
        cause: String,
    },
    /// another program has the store open
    #[error("{} is in use by another program; end that one first", folder.display())]
    InUse {
        /// the store
        folder: PathBuf,
    },
    /// an artifact is not in the store
    #[error("{sha256} is not in the artifact store; fetch it again")]
    Absent {
        /// which one
        sha256: Sha256,
    },
    /// an artifact's bytes changed on the disk
    #[error("{sha256} was damaged on this kiosk's disk and is removed; fetch it again")]
    Damaged {
        /// which one
        sha256: Sha256,
    },
}

impl Refusal {
    /// The rule, as the journal writes it.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Source { cause, .. } => match cause {
                SourceError::NotFound(_) => "source-not-found",
                SourceError::TooLarge { .. } => "source-too-large",
                SourceError::Failed(_) => "source-failed",
            },
            Self::Malformed { .. } => "malformed",
            Self::WrongType { .. } => "wrong-type",
            Self::Specification { .. } => "unknown-specification",
            Self::Signatures { .. } => "too-few-signatures",
            Self::SignedTwice { .. } => "signed-twice",
            Self::KeyTwice { .. } => "key-twice",
            Self::Keyless { .. } => "role-without-keys",
            Self::RootOrder { .. } => "root-out-of-order",
            Self::Roots { .. } => "too-many-roots",
            Self::Rollback { .. } => "rollback",
            Self::Dropped { .. } => "role-dropped",
            Self::Unlisted { .. } => "role-not-listed",
            Self::Mixed { .. } => "mixed-versions",
            Self::Expired { .. } => "expired",
            Self::Length { .. } => "wrong-length",
            Self::Digest { .. } => "wrong-digest",
            Self::NoDigest { .. } => "no-digest",
            Self::Oversized { .. } => "oversized",
            Self::Name { .. } => "bad-target-name",
            Self::Unsigned { .. } => "unsigned-target",
            Self::Unanswered { cause, .. } => cause.code(),
            Self::Delegations { .. } => "too-many-roles",
            Self::Empty => "never-refreshed",
            Self::Document(_) => "bad-document",
            Self::Older { .. } => "older-document",
            Self::WrongSigner { .. } => "wrong-signer",
            Self::Unplanned { .. } => "not-as-planned",
            Self::Store { .. } => "store-failed",
            Self::InUse { .. } => "store-in-use",
            Self::Absent { .. } => "artifact-absent",
            Self::Damaged { .. } => "artifact-damaged",
        }
    }

    /// Did the source fail, so that another try or another source may succeed?
    #[must_use]
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Source { cause, .. } => matches!(cause, SourceError::Failed(_)),
            Self::Unanswered { cause, .. } => cause.is_passing(),
            _ => false,
        }
    }
}
