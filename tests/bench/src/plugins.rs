//! The built plugins, loaded as a station loads them.

use crate::Outcome;
use plugin_package::read_manifest;
use plugin_runtime::grants::Allowed;
use plugin_runtime::plugin::{LogMode, Plugin};
use plugin_runtime::runtime::Runtime;

/// A runtime and where it takes plugins from.
pub(crate) struct Plugins {
    runtime: Runtime,
}

impl Plugins {
    /// Starts the runtime.
    pub(crate) fn start() -> Outcome<Self> {
        Ok(Self {
            runtime: Runtime::new(LogMode::Production)?,
        })
    }

    /// The bytes of a built plugin.
    pub(crate) fn bytes(name: &str) -> Outcome<Vec<u8>> {
        let path = fixtures::plugin(name);
        std::fs::read(&path).map_err(|cause| {
            format!(
                "{} is missing ({cause}); run `cargo xtask plugins` first",
                path.display()
            )
            .into()
        })
    }

    /// Reads, checks and compiles a plugin, with all that it asks for granted.
    pub(crate) fn load(&self, name: &str) -> Outcome<Plugin> {
        self.compile(&Self::bytes(name)?)
    }

    /// Checks and compiles these bytes.
    pub(crate) fn compile(&self, bytes: &[u8]) -> Outcome<Plugin> {
        let manifest = read_manifest(bytes)?;
        Ok(self.runtime.load(bytes, None, &Allowed::all_asked(&manifest))?)
    }
}
