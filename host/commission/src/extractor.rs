//! Where templates come from: the bin opens a matcher plugin, a test gives a toy.

use roll::Extractor;
use std::path::{Path, PathBuf};

/// Opens the matcher at a path.
pub type ExtractorFactory<'a> = dyn Fn(&Path) -> Result<Box<dyn Extractor>, NoExtractor> + 'a;

/// A matcher that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the matcher {path} cannot be used: {reason}")]
pub struct NoExtractor {
    /// the plugin's file
    pub path: PathBuf,
    /// why, and what to do
    pub reason: String,
}
