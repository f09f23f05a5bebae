//! One call of a plugin that is no driver.

use crate::sentence::Sentence;
use plugin_runtime::plugin::Plugin;
use std::io::Write;
use std::path::PathBuf;

/// Calls a matcher with two images, a policy with a case, or an exporter with a station that the kit makes up.
///
/// # Errors
/// A sentence.
pub fn call_other(plugin: &Plugin, input: &[PathBuf], out: &mut dyn Write) -> Result<bool, Sentence> {
    let _ = (input, out);
    Err(Sentence(format!(
        "`run` cannot call plugins for {} yet",
        plugin.manifest().contract
    )))
}
