//! A plugin that was read, checked and compiled.

use crate::compile_child::CompileError;
use crate::grants::Grants;
use crate::limits::COMPONENT_BYTES;
use crate::plugin_log::PluginLog;
use plugin_package::{Manifest, ReadError};
use sha2::{Digest as _, Sha256};
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use wasmtime::Engine;
use wasmtime::component::Component;

pub use crate::plugin_log::LogMode;

/// SHA-256 of a component's bytes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest(pub [u8; 32]);

impl Digest {
    /// Of these bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }
}

impl std::fmt::Display for Digest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl std::fmt::Debug for Digest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{self}")
    }
}

impl std::str::FromStr for Digest {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || "a SHA-256 digest is 64 hexadecimal digits".to_owned();
        if text.len() != 64 || !text.is_ascii() {
            return Err(wrong());
        }
        let mut bytes = [0; 32];
        for (byte, at) in bytes.iter_mut().zip((0..64).step_by(2)) {
            *byte = u8::from_str_radix(&text[at..at + 2], 16).map_err(|_| wrong())?;
        }
        Ok(Self(bytes))
    }
}

/// Why a file did not become a plugin. The station goes on with what it has.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// the file is not there
    #[error("the plugin file {path} cannot be read ({cause}); copy it there again")]
    File {
        /// which
        path: PathBuf,
        /// the system's word
        cause: std::io::Error,
    },
    /// too large
    #[error("the plugin file has more than the limit of 16 MiB ({0} bytes or more); get a smaller one from the vendor")]
    TooLarge(usize),
    /// machine code in a component's place
    #[error(
        "compiled code is offered as a plugin, and a kiosk runs only what it compiled itself; get the component from whoever made it"
    )]
    CompiledCode,
    /// not a plugin
    #[error("{0}")]
    Package(#[from] ReadError),
    /// the plugin says something else of itself than was signed
    #[error(
        "plugin `{name}` says that its {field} is `{says}`, but `{signed}` was signed; the commission must sign it again"
    )]
    Disagrees {
        /// the name that was signed
        name: String,
        /// what of it: `name`, `version`, `contract`, `minimum host`
        field: &'static str,
        /// in its manifest
        says: String,
        /// in the signed metadata
        signed: String,
    },
    /// the compiler's process did not bring it to an end
    #[error("plugin `{name}` could not be compiled: {cause}; {}", .cause.advice())]
    Compile {
        /// the plugin's name
        name: String,
        /// what went wrong with the process
        cause: CompileError,
    },
    /// other bytes than were pinned
    #[error(
        "plugin `{name}` is not the one that was signed (its SHA-256 begins {found}, expected {expected}); copy the signed file again"
    )]
    Digest {
        /// the plugin's name
        name: String,
        /// first bytes, hex
        found: String,
        /// first bytes, hex
        expected: String,
    },
    /// another contract than the role needs
    #[error("plugin `{name}` is made for {found}, but this place needs {expected}; put the right plugin here")]
    Contract {
        /// the plugin's name
        name: String,
        /// what it is made for
        found: String,
        /// what is needed
        expected: &'static str,
    },
    /// needs a newer host
    #[error("plugin `{name}` needs kiosk-gateway {needs} or newer, this is {host}; update the kiosk first")]
    Host {
        /// the plugin's name
        name: String,
        /// what it needs
        needs: String,
        /// what this is
        host: &'static str,
    },
    /// wants something that its contract does not have
    #[error("plugin `{name}` wants to use `{import}`, which is not granted to it; the vendor must leave it out")]
    Import {
        /// the plugin's name
        name: String,
        /// the first import that is not granted
        import: String,
    },
    /// exports other things than its contract says, or does not compile
    #[error("plugin `{name}` does not fit {contract} ({cause}); the vendor must build it against that contract")]
    Shape {
        /// the plugin's name
        name: String,
        /// the contract
        contract: String,
        /// the runtime's word
        cause: String,
    },
}

/// A plugin, ready to be instantiated.
#[derive(Clone)]
pub struct Plugin {
    pub(crate) engine: Engine,
    pub(crate) component: Component,
    pub(crate) log: Arc<Mutex<PluginLog>>,
    /// requests that were refused because they are not granted
    pub(crate) refused: Arc<AtomicU64>,
    manifest: Manifest,
    digest: Digest,
    grants: Grants,
}

impl Plugin {
    pub(crate) fn new(
        engine: Engine,
        component: Component,
        log: LogMode,
        manifest: Manifest,
        digest: Digest,
        grants: Grants,
    ) -> Self {
        let log = PluginLog::new(&manifest.name, log, &manifest.codes);
        Self {
            engine,
            component,
            log: Arc::new(Mutex::new(log)),
            refused: Arc::default(),
            manifest,
            digest,
            grants,
        }
    }

    /// Who it is and what it asked for.
    #[must_use]
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.manifest.name
    }

    /// SHA-256 of its file.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// What it may reach: asked for and granted.
    #[must_use]
    pub fn grants(&self) -> &Grants {
        &self.grants
    }

    /// How many requests of its instances were refused because they are not granted.
    #[must_use]
    pub fn refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }

    pub(crate) fn shape(&self, cause: &wasmtime::Error) -> LoadError {
        LoadError::Shape {
            name: self.name().to_owned(),
            contract: self.manifest.contract.to_string(),
            cause: cause.to_string(),
        }
    }

    /// The plugin must be for this contract.
    pub(crate) fn require(&self, expected: &'static str) -> Result<(), LoadError> {
        if self.manifest.contract.to_string() == expected {
            return Ok(());
        }
        Err(LoadError::Contract {
            name: self.name().to_owned(),
            found: self.manifest.contract.to_string(),
            expected,
        })
    }
}

impl std::fmt::Debug for Plugin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {} {}", self.name(), self.manifest.version, self.digest)
    }
}

/// Reads a plugin's file.
///
/// # Errors
/// [`LoadError::File`], [`LoadError::TooLarge`].
pub fn read(path: &Path) -> Result<Vec<u8>, LoadError> {
    let failed = |cause: std::io::Error| LoadError::File {
        path: path.to_path_buf(),
        cause,
    };
    // Looked at before it is opened: opening a pipe waits for its other end.
    if !std::fs::metadata(path).map_err(failed)?.is_file() {
        return Err(failed(std::io::Error::other("it is not a file")));
    }
    let file = std::fs::File::open(path).map_err(failed)?;
    let most = u64::try_from(COMPONENT_BYTES).unwrap_or(u64::MAX);
    let mut bytes = Vec::new();
    file.take(most + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() > COMPONENT_BYTES {
        return Err(LoadError::TooLarge(bytes.len()));
    }
    Ok(bytes)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod tests {
    use super::*;
    use crate::grants::Allowed;
    use crate::policy::Policy;
    use crate::runtime::Runtime;

    /// Is there memory at this address, by the system's own list?
    fn is_mapped(address: usize) -> bool {
        let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
        maps.lines().any(|line| {
            let (begin, end) = line.split(' ').next().and_then(|range| range.split_once('-')).unwrap();
            let number = |hex| usize::from_str_radix(hex, 16).unwrap();
            (number(begin)..number(end)).contains(&address)
        })
    }

    #[test]
    fn the_code_of_a_plugin_goes_with_the_last_that_uses_it_while_its_runtime_goes_on() {
        let runtime = Runtime::new(LogMode::Production).unwrap();
        let bytes = std::fs::read(fixtures::plugin("fingerprint-first")).unwrap();
        let gone = || {
            let plugin = runtime.load(&bytes, None, &Allowed::nothing()).unwrap();
            let code = plugin.component.image_range().start as usize;
            let copy = plugin.clone();
            let policy = Policy::new(&plugin, "{}").unwrap();
            drop(plugin);
            assert!(is_mapped(code));
            drop(copy);
            assert!(is_mapped(code), "the policy uses it");
            drop(policy);
            !is_mapped(code)
        };
        // Now and then another thread of this process is given the address at once; code that is held is there every time.
        assert!((0..5).any(|_| gone()), "nobody uses it");
    }
}
