//! One instance's state on the host's side, and the way every call into it goes.

use crate::bindings::base::kiosk::types::{log, samples};
use crate::clock::{Clock, Control};
use crate::error::{Cause, PluginError, cause_of};
use crate::limits::{HANDLES, HOSTCALL_FUEL, Memory};
use crate::plugin_log::{Level, PluginLog};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use wasmtime::component::{HasSelf, Linker, ResourceTable};
use wasmtime::{Engine, Store, UpdateDeadline};

/// What the host keeps for one instance.
pub(crate) struct Guest {
    pub(crate) table: ResourceTable,
    pub(crate) memory: Memory,
    pub(crate) memory_limit: usize,
    pub(crate) clock: Option<Clock>,
    log: Arc<Mutex<PluginLog>>,
}

impl Guest {
    /// A host call returns: the guest's time starts anew.
    pub(crate) fn returning(&mut self) {
        if let Some(clock) = &mut self.clock {
            clock.rearm();
        }
    }

    fn mouth(&self) -> MutexGuard<'_, PluginLog> {
        // It counts and compares; nothing is left half-done under this lock.
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A fault's code as it may be told: one of the plugin's manifest.
    pub(crate) fn code(&self, code: &str) -> String {
        self.mouth().code(code)
    }

    /// When a host wait that begins now must end at the latest: at once where no call runs.
    pub(crate) fn latest_end(&self, now: Instant) -> Instant {
        self.clock.as_ref().map_or(now, Clock::latest_end)
    }

    pub(crate) fn is_cancelled(&self) -> bool {
        self.clock.as_ref().is_some_and(Clock::is_cancelled)
    }

    /// What the guest is told that its call has left.
    pub(crate) fn remaining(&self) -> Duration {
        self.clock.as_ref().map_or(Duration::ZERO, Clock::remaining)
    }

    /// Bytes of memory that the instance holds.
    pub(crate) fn memory_taken(&self) -> usize {
        self.memory.taken()
    }
}

/// A new store with all limits set.
pub(crate) fn store(engine: &Engine, memory: usize, log: &Arc<Mutex<PluginLog>>) -> Store<Guest> {
    let mut table = ResourceTable::new();
    table.set_max_capacity(HANDLES);
    let guest = Guest {
        table,
        memory: Memory::new(memory),
        memory_limit: memory,
        clock: None,
        log: Arc::clone(log),
    };
    let mut store = Store::new(engine, guest);
    store.limiter(|guest| &mut guest.memory);
    store.set_hostcall_fuel(HOSTCALL_FUEL);
    // Those that the guest makes for itself, beside the host's in the table.
    store.set_max_component_handles(2 * HANDLES);
    store.epoch_deadline_callback(|mut store| {
        let late = store.data_mut().clock.as_mut().and_then(Clock::check).is_some();
        Ok(if late {
            UpdateDeadline::Interrupt
        } else {
            UpdateDeadline::Continue(1)
        })
    });
    store
}

/// One call: what it is, how long it may take, and how long the guest may compute in it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Span {
    pub(crate) during: &'static str,
    pub(crate) timeout: Duration,
    pub(crate) spin: Duration,
}

/// Calls into the instance under its limits. After an error the caller drops the store.
pub(crate) fn call<T>(
    store: &mut Store<Guest>,
    plugin: &str,
    span: Span,
    control: &Arc<Control>,
    run: impl FnOnce(&mut Store<Guest>) -> wasmtime::Result<T>,
) -> Result<T, PluginError> {
    store.data_mut().clock = Some(Clock::start(span.timeout, span.spin, Arc::clone(control)));
    store.set_epoch_deadline(1);
    let result = run(store);
    control.end();
    result.map_err(|error| PluginError {
        plugin: plugin.to_owned(),
        during: span.during,
        cause: cause_of(&error, store.data()),
    })
}

/// An answer outside the contract.
pub(crate) fn bad_answer(plugin: &str, during: &'static str, rule: &'static str) -> PluginError {
    PluginError {
        plugin: plugin.to_owned(),
        during,
        cause: Cause::BadAnswer(rule),
    }
}

impl log::Host for Guest {
    fn write(&mut self, level: log::Level, message: String) -> wasmtime::Result<()> {
        let level = match level {
            log::Level::Debug => Level::Debug,
            log::Level::Info => Level::Info,
            log::Level::Warn => Level::Warn,
            log::Level::Error => Level::Error,
        };
        self.mouth().write(level, &message);
        self.returning();
        Ok(())
    }
}

impl samples::Host for Guest {}

/// Every world imports the log, and nothing else without being named.
pub(crate) fn linker(engine: &Engine) -> wasmtime::Result<Linker<Guest>> {
    let mut linker = Linker::new(engine);
    log::add_to_linker::<_, HasSelf<Guest>>(&mut linker, |guest| guest)?;
    samples::add_to_linker::<_, HasSelf<Guest>>(&mut linker, |guest| guest)?;
    Ok(linker)
}
