//! The built plugins, out of the initramfs.

use crate::Outcome;
use plugin_package::read_manifest;
use plugin_runtime::grants::Allowed;
use plugin_runtime::plugin::{LogMode, Plugin};
use plugin_runtime::runtime::Runtime;
use std::path::Path;

const FOLDER: &str = "/plugins";

/// Reads, checks and compiles a plugin, with all that it asks for granted.
pub(crate) fn load(name: &str) -> Outcome<Plugin> {
    let bytes = std::fs::read(Path::new(FOLDER).join(format!("{name}.wasm")))?;
    let manifest = read_manifest(&bytes)?;
    Ok(Runtime::new(LogMode::Production)?.load(&bytes, None, &Allowed::all_asked(&manifest))?)
}
