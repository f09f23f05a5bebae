//! Where components are compiled: in this process or in a child, and whether what came of it is kept.

use crate::compile_child::{CompileChild, Outcome};
use crate::compiled_cache::CompiledCache;
use crate::engine::Configuration;
use crate::plugin::LoadError;
use crate::precompiled::{Code, Purpose};
use plugin_package::Manifest;
use std::sync::atomic::{AtomicU64, Ordering};
use wasmtime::Engine;
use wasmtime::component::Component;

/// How components are compiled.
#[derive(Debug, Default)]
pub struct Workshop {
    child: Option<CompileChild>,
    cache: Option<CompiledCache>,
    compiled: AtomicU64,
    reused: AtomicU64,
    not_kept: AtomicU64,
}

/// What a workshop did since it began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Work {
    /// components that were compiled
    pub compiled: u64,
    /// components whose code was there already
    pub reused: u64,
    /// of the compiled ones, those whose code could not be kept
    pub not_kept: u64,
}

impl Workshop {
    /// Compiles in this process, and keeps nothing: for tools that run one plugin of the person at the keyboard.
    #[must_use]
    pub fn here() -> Self {
        Self::default()
    }

    /// Compiles in a child.
    #[must_use]
    pub fn in_a_child(child: CompileChild) -> Self {
        Self {
            child: Some(child),
            ..Self::default()
        }
    }

    /// Keeps what it compiles, and looks there first.
    #[must_use]
    pub fn with_cache(self, cache: CompiledCache) -> Self {
        Self {
            cache: Some(cache),
            ..self
        }
    }

    /// Where it keeps what it compiled, if it does.
    #[must_use]
    pub fn cache(&self) -> Option<&CompiledCache> {
        self.cache.as_ref()
    }

    /// What it did so far.
    #[must_use]
    pub fn work(&self) -> Work {
        Work {
            compiled: self.compiled.load(Ordering::Relaxed),
            reused: self.reused.load(Ordering::Relaxed),
            not_kept: self.not_kept.load(Ordering::Relaxed),
        }
    }

    /// A component, compiled now or before.
    pub(crate) fn component(
        &self,
        engine: &Engine,
        purpose: &Purpose,
        bytes: &[u8],
        manifest: &Manifest,
    ) -> Result<Component, LoadError> {
        if let Some(component) = self.kept(engine, purpose) {
            self.reused.fetch_add(1, Ordering::Relaxed);
            return Ok(component);
        }
        let component = self.compile(engine, purpose, bytes).map_err(|fault| match fault {
            Fault::Component(cause) => LoadError::Shape {
                name: manifest.name.clone(),
                contract: manifest.contract.to_string(),
                cause,
            },
            Fault::Child(cause) => LoadError::Compile {
                name: manifest.name.clone(),
                cause,
            },
        })?;
        self.compiled.fetch_add(1, Ordering::Relaxed);
        Ok(component)
    }

    fn kept(&self, engine: &Engine, purpose: &Purpose) -> Option<Component> {
        let code = self.cache.as_ref()?.find(purpose)?;
        code.component(engine).ok()
    }

    fn compile(&self, engine: &Engine, purpose: &Purpose, bytes: &[u8]) -> Result<Component, Fault> {
        let words = |cause: wasmtime::Error| Fault::Component(cause.to_string());
        let Some(child) = &self.child else {
            let component = Component::from_binary(engine, bytes).map_err(words)?;
            if self.cache.is_some() {
                self.keep(purpose, &Code::of(&component).map_err(words)?);
            }
            return Ok(component);
        };
        let outcome = child.compile(bytes, purpose.arithmetic, purpose.configuration);
        match outcome.map_err(Fault::Child)? {
            Outcome::Refused(words) => Err(Fault::Component(words)),
            Outcome::Compiled(answer) => {
                let code = Code::from_child(answer);
                let component = code.component(engine).map_err(words)?;
                self.keep(purpose, &code);
                Ok(component)
            }
        }
    }

    /// What cannot be kept is compiled again at the next start.
    fn keep(&self, purpose: &Purpose, code: &Code) {
        let Some(cache) = &self.cache else {
            return;
        };
        if let Err(cause) = cache.keep(purpose, code) {
            tracing::warn!(%cause, "{cache:?} cannot be written; the next start compiles again");
            self.not_kept.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// Why there is no component.
enum Fault {
    /// the compiler does not take it
    Component(String),
    /// the child came to no end
    Child(crate::compile_child::CompileError),
}

/// What a component's code would be for.
pub(crate) fn purpose(
    engine: &Engine,
    arithmetic: crate::engine::Arithmetic,
    component: crate::plugin::Digest,
) -> Purpose {
    Purpose {
        component,
        arithmetic,
        configuration: Configuration::of(engine),
    }
}
