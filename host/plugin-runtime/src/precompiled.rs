//! Compiled code, and the one place where it becomes something that runs.
//!
//! wasmtime runs the machine code that it is given here without looking at what it does. So [`Code`] can be made in three ways alone:
//! by the compiler in this process, by the compiler in a child that this process started ([`crate::compile_child`]), or out of a file
//! whose tag only this device can have made. It never comes from a plugin's file.

use crate::engine::{Arithmetic, Configuration};
use crate::plugin::Digest;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use wasmtime::Engine;
use wasmtime::component::Component;

/// What a file of compiled code begins with.
const MAGIC: &[u8] = b"kiosk compiled code 1\n";
/// A digest's bytes.
const DIGEST: usize = 32;
/// What stands before the code: the magic, the component's digest, the configuration, the arithmetic.
const HEAD: usize = MAGIC.len() + 2 * DIGEST + 1;
/// The tag behind the code.
const TAG: usize = 32;

/// Bytes that a file has beside the code.
pub(crate) const FILE_OVERHEAD: usize = HEAD + TAG;

/// What code is for: this component, on this engine, on this processor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Purpose {
    pub(crate) component: Digest,
    pub(crate) arithmetic: Arithmetic,
    pub(crate) configuration: Configuration,
}

impl Purpose {
    fn head(&self) -> [u8; HEAD] {
        let mut head = [0; HEAD];
        let parts: [&[u8]; 4] = [
            MAGIC,
            &self.component.0,
            &self.configuration.0,
            &[self.arithmetic.code()],
        ];
        let mut at = 0;
        for part in parts {
            head[at..at + part.len()].copy_from_slice(part);
            at += part.len();
        }
        head
    }
}

/// The device's key. Only who has it can make a file of compiled code that this device runs.
#[derive(Clone)]
pub(crate) struct DeviceKey(Hmac<Sha256>);

impl DeviceKey {
    pub(crate) fn new(key: &[u8; 32]) -> Self {
        // HMAC fills a key up to its block with zeros (RFC 2104, section 2).
        let mut block = [0; 64];
        block[..key.len()].copy_from_slice(key);
        Self(Hmac::new(&block.into()))
    }
}

/// Serialized code of this host's own compiler.
pub(crate) struct Code {
    bytes: Vec<u8>,
    /// where the code stands in the bytes
    at: std::ops::Range<usize>,
}

impl Code {
    fn whole(bytes: Vec<u8>) -> Self {
        let at = 0..bytes.len();
        Self { bytes, at }
    }

    /// Of what was compiled in this process.
    pub(crate) fn of(component: &Component) -> wasmtime::Result<Self> {
        component.serialize().map(Self::whole)
    }

    /// Compiles in this process.
    pub(crate) fn compile(engine: &Engine, component: &[u8]) -> wasmtime::Result<Self> {
        engine.precompile_component(component).map(Self::whole)
    }

    /// What a child answered that was started to compile, and did so with the same build and configuration.
    pub(crate) fn from_child(answer: crate::compile_child::Answer) -> Self {
        Self::whole(answer.code)
    }

    /// Out of a file's bytes, where the tag behind them is this device's and they are for this purpose. The bytes that were
    /// checked are those that are kept: nothing is read again.
    pub(crate) fn authentic(file: Vec<u8>, purpose: &Purpose, key: &DeviceKey) -> Option<Self> {
        let end = file.len().checked_sub(TAG).filter(|end| *end >= HEAD)?;
        let (signed, tag) = file.split_at(end);
        let mut mac = key.0.clone();
        mac.update(signed);
        mac.verify_slice(tag).ok()?;
        (signed[..HEAD] == purpose.head()).then_some(Self {
            bytes: file,
            at: HEAD..end,
        })
    }

    /// As a file that [`Self::authentic`] takes.
    pub(crate) fn sealed(&self, purpose: &Purpose, key: &DeviceKey) -> Vec<u8> {
        let mut file = Vec::with_capacity(FILE_OVERHEAD + self.bytes().len());
        file.extend_from_slice(&purpose.head());
        file.extend_from_slice(self.bytes());
        let mut mac = key.0.clone();
        mac.update(&file);
        file.extend_from_slice(&mac.finalize().into_bytes());
        file
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes[self.at.clone()]
    }

    /// The component, ready to be instantiated.
    #[expect(
        unsafe_code,
        reason = "wasmtime cannot check machine code; what may come here is said above"
    )]
    pub(crate) fn component(&self, engine: &Engine) -> wasmtime::Result<Component> {
        // SAFETY: `deserialize` asks for bytes that `Engine::precompile_component` or `Component::serialize` produced and nobody
        // changed since. `Code` is made in this file alone: by those two functions, in this process or in the child of
        // `compile_child` that runs this host's own compiler, or from a file of `sealed` whose tag was verified over the very bytes
        // that `self` still owns. They are in memory that is not shared, and `deserialize` copies them.
        unsafe { Component::deserialize(engine, self.bytes()) }
    }
}
