//! How a plugin's call can end badly, in one sentence for the operator and one code for the journal.

use crate::clock::TimeUp;
use crate::guest::Guest;
use wasmtime::component::ResourceTableError;

/// What went wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cause {
    /// computed too long between two host calls, in milliseconds
    GuestTime(u128),
    /// the call took longer than its time-out and the grace, in milliseconds
    CallTime(u128),
    /// cancelled, and not back within the grace
    NotCancelled,
    /// wanted more memory than it may have, in bytes
    Memory(usize),
    /// wanted more handles than it may have
    Handles,
    /// moved more bytes in one call than it may
    Transfer,
    /// used a handle that it was never given, or gave back already
    BadHandle,
    /// broke off by itself: the machine's word for it
    Trap(String),
    /// answered something outside its contract
    BadAnswer(&'static str),
    /// is not running any more: an earlier call ended it
    Stopped,
    /// has too many jobs waiting
    Busy,
    /// anything else that the runtime reports
    Runtime(String),
}

/// A plugin's call that ended badly. The instance is gone unless the cause says otherwise; the station goes on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("plugin `{plugin}` {} ({during}); {}", self.what(), self.advice())]
pub struct PluginError {
    /// its name
    pub plugin: String,
    /// what it was doing: `start`, `capture`, `decide`, ...
    pub during: &'static str,
    /// what went wrong
    pub cause: Cause,
}

impl PluginError {
    /// The code for the journal, of a-z, 0-9 and `-`.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self.cause {
            Cause::GuestTime(_) => "guest-time",
            Cause::CallTime(_) => "call-time",
            Cause::NotCancelled => "not-cancelled",
            Cause::Memory(_) => "memory",
            Cause::Handles => "handles",
            Cause::Transfer => "transfer-size",
            Cause::BadHandle => "bad-handle",
            Cause::Trap(_) => "trap",
            Cause::BadAnswer(_) => "bad-answer",
            Cause::Stopped => "stopped",
            Cause::Busy => "busy",
            Cause::Runtime(_) => "runtime",
        }
    }

    fn what(&self) -> String {
        match &self.cause {
            Cause::GuestTime(limit) => format!("computed for more than {limit} ms without a pause and was stopped"),
            Cause::CallTime(limit) => format!("did not answer within {limit} ms and was stopped"),
            Cause::NotCancelled => "did not stop when it was told to and was ended".to_owned(),
            Cause::Memory(limit) => format!("wanted more than {} MiB of memory and was stopped", limit >> 20),
            Cause::Handles => "wanted more handles than the limit of 64 and was stopped".to_owned(),
            Cause::Transfer => "moved more than 4 MiB at once and was stopped".to_owned(),
            Cause::BadHandle => "used a handle that it does not have and was stopped".to_owned(),
            Cause::Trap(word) => format!("broke off ({word})"),
            Cause::BadAnswer(rule) => format!("answered against its contract: {rule}"),
            Cause::Stopped => "is not running after an earlier fault".to_owned(),
            Cause::Busy => "has too many jobs waiting".to_owned(),
            Cause::Runtime(words) => format!("could not be run: {words}"),
        }
    }

    fn advice(&self) -> &'static str {
        match self.cause {
            Cause::Busy => "wait a moment and try again",
            Cause::Stopped => "it is started again at the next use",
            _ => "the station goes on; if it happens again, report it to the commission",
        }
    }
}

/// What the runtime's error was, seen with the state of the instance that it ended.
pub(crate) fn cause_of(error: &wasmtime::Error, guest: &Guest) -> Cause {
    match guest.clock.as_ref().and_then(|clock| clock.up) {
        Some(TimeUp::Guest(limit)) => return Cause::GuestTime(limit.as_millis()),
        Some(TimeUp::Call(limit)) => return Cause::CallTime(limit.as_millis()),
        Some(TimeUp::Cancelled) => return Cause::NotCancelled,
        None => {}
    }
    if guest.memory.refused {
        return Cause::Memory(guest.memory_limit);
    }
    if let Some(table) = error.downcast_ref::<ResourceTableError>() {
        return if matches!(table, ResourceTableError::Full) {
            Cause::Handles
        } else {
            Cause::BadHandle
        };
    }
    // wasmtime has no types for these two; a test on each holds its words for the pinned version.
    let words = format!("{error:#}");
    if words.contains("handle index") {
        Cause::BadHandle
    } else if words.contains("fuel allocated for hostcalls") {
        Cause::Transfer
    } else if let Some(trap) = error.downcast_ref::<wasmtime::Trap>() {
        Cause::Trap(trap.to_string().trim_start_matches("wasm trap: ").to_owned())
    } else {
        // The runtime's own words could carry a guest's: the names of its functions, the numbers that it answered.
        Cause::Runtime("it broke the rules of a call".to_owned())
    }
}
