//! What an instance may use up (design, section 5).

use std::time::Duration;
use wasmtime::ResourceLimiter;

/// One tick of the epoch: how often a running guest is looked at.
pub const TICK: Duration = Duration::from_millis(10);
/// Longest that a guest may compute between two host calls, in processor time of its thread.
pub const GUEST_TIME: Duration = Duration::from_millis(500);
/// The same for a matcher's bulk work on a gallery.
pub const GALLERY_TIME: Duration = Duration::from_secs(3);
/// What a call may overrun its time-out by, and what a cancelled one has left.
pub const GRACE: Duration = Duration::from_secs(1);
/// Handles of the host that one instance may hold.
pub const HANDLES: usize = 64;
/// Bytes that may cross in one host call or one call's result.
pub const HOSTCALL_FUEL: usize = 4 << 20;
/// Largest component file, in bytes.
pub const COMPONENT_BYTES: usize = 16 << 20;
/// Largest code that is made of a component, in bytes.
pub const COMPILED_BYTES: usize = 128 << 20;
/// Longest that a child may compile, by the clock on the wall.
pub const COMPILE_TIME: Duration = Duration::from_secs(180);
/// Longest that a child may compile, in processor time.
pub const COMPILE_PROCESSOR: Duration = Duration::from_secs(120);
/// Address space of a child that compiles, in bytes.
pub const COMPILE_MEMORY: u64 = 1 << 30;
/// Longest that a plugin may take to answer all of its golden vectors.
pub const PROBE_TIME: Duration = Duration::from_secs(60);
/// Largest document of golden vectors, in bytes.
pub const VECTORS_BYTES: usize = 16 << 20;
/// Jobs that wait for one long-lived instance.
pub const MAILBOX: usize = 16;
/// Memory of a policy or an exporter, in bytes.
pub const SMALL_MEMORY: usize = 32 << 20;
/// Memory of a driver, in bytes.
pub const DRIVER_MEMORY: usize = 64 << 20;
/// Memory of a matcher, in bytes: 32 MiB to work on an image, and 16 KiB for each enrolled finger.
#[must_use]
pub fn matcher_memory(fingers: usize) -> usize {
    (32 << 20) + fingers.saturating_mul(16 << 10)
}

/// Core instances, and tables, of one component: a component of the kit has 3 instances and 2 tables.
const INSTANCES: usize = 8;
/// Memories of one component.
const MEMORIES: usize = 2;
/// What an element of a table costs the host.
const ELEMENT_BYTES: usize = 8;

/// What the running instance has taken so far, and what it may take.
#[derive(Debug)]
pub(crate) struct Memory {
    limit: usize,
    taken: usize,
    /// it asked for more than it may have
    pub(crate) refused: bool,
}

impl Memory {
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            limit,
            taken: 0,
            refused: false,
        }
    }

    /// Bytes that the instance has now: memory of a guest never shrinks.
    pub(crate) fn taken(&self) -> usize {
        self.taken
    }
}

impl ResourceLimiter for Memory {
    fn memory_growing(&mut self, current: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        // All memories of the instance together: a guest cannot have more by having several.
        let taken = self.taken.saturating_add(desired.saturating_sub(current));
        if taken > self.limit {
            self.refused = true;
            // An error ends the call here; a refusal would let the guest go on in a state that nobody tested.
            wasmtime::bail!("memory over {} MiB", self.limit >> 20);
        }
        self.taken = taken;
        Ok(true)
    }

    fn table_growing(&mut self, current: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        let bytes = |elements: usize| elements.saturating_mul(ELEMENT_BYTES);
        self.memory_growing(bytes(current), bytes(desired), None)
    }

    fn instances(&self) -> usize {
        INSTANCES
    }

    fn tables(&self) -> usize {
        INSTANCES
    }

    fn memories(&self) -> usize {
        MEMORIES
    }
}
