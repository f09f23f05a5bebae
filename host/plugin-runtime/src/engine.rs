//! The two engines, and what compiled code for each hangs on.

use sha2::{Digest as _, Sha256};
use std::hash::{Hash as _, Hasher};
use wasmtime::{Config, Engine};

/// How an engine computes. What one compiled does not run in the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Arithmetic {
    /// canonical NaNs: the same bits on every processor
    Exact,
    /// for matchers, which canonical NaNs cost half of their speed
    Fast,
}

impl Arithmetic {
    /// What a plugin for this contract runs in.
    pub(crate) fn of(contract: &str) -> Self {
        if contract == crate::matcher::CONTRACT {
            Self::Fast
        } else {
            Self::Exact
        }
    }

    /// As it is written where processes talk.
    pub(crate) fn code(self) -> u8 {
        match self {
            Self::Exact => 0,
            Self::Fast => 1,
        }
    }

    pub(crate) fn from_code(code: u8) -> Option<Self> {
        [Self::Exact, Self::Fast]
            .into_iter()
            .find(|arithmetic| arithmetic.code() == code)
    }
}

/// How many threads compile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Threads {
    /// one a core
    All,
    /// no more than the caller's own
    One,
}

pub(crate) fn engine(arithmetic: Arithmetic, threads: Threads) -> wasmtime::Result<Engine> {
    let mut config = Config::new();
    config
        .epoch_interruption(true)
        .concurrency_support(false)
        .cranelift_nan_canonicalization(arithmetic == Arithmetic::Exact)
        .parallel_compilation(threads == Threads::All)
        .wasm_relaxed_simd(false)
        .wasm_memory64(false)
        // A backtrace names the guest's functions, and those could spell out what was read.
        .wasm_backtrace_max_frames(None)
        .max_wasm_stack(512 << 10);
    Engine::new(&config)
}

/// All that compiled code hangs on beside its component: wasmtime's version, the target, the processor's features, how the engine is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Configuration(pub(crate) [u8; 32]);

impl Configuration {
    pub(crate) fn of(engine: &Engine) -> Self {
        let mut hash = Collected(Sha256::new());
        engine.precompile_compatibility_hash().hash(&mut hash);
        Self(hash.0.finalize().into())
    }
}

/// What wasmtime tells a hasher, under a digest that nobody can make collide.
struct Collected(Sha256);

impl Hasher for Collected {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn finish(&self) -> u64 {
        let digest: [u8; 32] = self.0.clone().finalize().into();
        u64::from_le_bytes([
            digest[0], digest[1], digest[2], digest[3], digest[4], digest[5], digest[6], digest[7],
        ])
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod tests {
    use super::*;

    #[test]
    fn code_for_one_engine_is_never_taken_for_the_other_and_the_number_of_threads_does_not_matter() {
        let of = |arithmetic, threads| Configuration::of(&engine(arithmetic, threads).unwrap());
        let exact = of(Arithmetic::Exact, Threads::All);
        assert_eq!(exact, of(Arithmetic::Exact, Threads::All));
        assert_eq!(exact, of(Arithmetic::Exact, Threads::One));
        assert_ne!(exact, of(Arithmetic::Fast, Threads::All));
    }
}
