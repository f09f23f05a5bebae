//! What a command finds around it: the bin gives the real things, a test gives its own.

use crate::extractor::ExtractorFactory;
use crate::rehearsal::Rehearser;
use jiff::Timestamp;
use repository::keyfile::Work;
use zeroize::Zeroizing;

/// Asks a person for a passphrase, without showing what is typed.
pub type Asker<'a> = dyn Fn(&str) -> std::io::Result<Zeroizing<String>> + 'a;

/// What a command finds around it.
pub struct World<'a> {
    /// asked once the command needs templates
    pub extractors: &'a ExtractorFactory<'a>,
    /// asked before a release is signed
    pub rehearser: &'a Rehearser<'a>,
    /// what time it is
    pub now: Timestamp,
    /// asked once for each key
    pub ask: &'a Asker<'a>,
    /// how hard new key files are made to guess
    pub work: Work,
}
