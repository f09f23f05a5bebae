//! The child's side.

use super::message::{Answer, Reply, read_request};
use crate::engine::{Arithmetic, Configuration, Threads, engine};
use crate::limits::{COMPILE_MEMORY, COMPILE_PROCESSOR};
use crate::precompiled::Code;
use rustix::io::Result;
use rustix::process::{Resource, Rlimit, Signal, nice, set_parent_process_death_signal, setrlimit};
use std::io::{Read, Write};
use std::process::ExitCode;
use std::time::Duration;

/// Open files that a child may have: its three, and no other ever again.
const FILES: u64 = 3;
/// How far a child stands behind all that serve a voter.
const NICENESS: i32 = 10;
/// Of all processes, the child is the one that a system without memory ends first.
const MOST_EXPENDABLE: &str = "1000";

/// What a child may use up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// bytes of its address space
    pub memory: u64,
    /// of processor time, in whole seconds
    pub processor: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            memory: COMPILE_MEMORY,
            processor: COMPILE_PROCESSOR,
        }
    }
}

/// The whole life of a child: limits itself, reads one request, compiles, answers. The program ends with what this returns.
#[must_use = "the program ends with this code"]
pub fn serve(input: impl Read, output: impl Write) -> ExitCode {
    serve_within(Limits::default(), input, output)
}

/// As [`serve`], within other limits.
#[must_use = "the program ends with this code"]
pub fn serve_within(limits: Limits, mut input: impl Read, mut output: impl Write) -> ExitCode {
    // A child that could not limit itself compiles nothing.
    if confine(limits).is_err() {
        return ExitCode::FAILURE;
    }
    let Ok((arithmetic, component)) = read_request(&mut input) else {
        return ExitCode::FAILURE;
    };
    match compile(arithmetic, &component).write(&mut output) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

fn compile(arithmetic: Arithmetic, component: &[u8]) -> Reply {
    let compiled = engine(arithmetic, Threads::One).and_then(|engine| {
        Ok(Answer {
            configuration: Configuration::of(&engine),
            code: Code::compile(&engine, component)?.bytes().to_vec(),
        })
    });
    match compiled {
        Ok(answer) => Reply::Compiled(answer),
        Err(cause) => Reply::Refused(format!("{cause:#}")),
    }
}

fn confine(limits: Limits) -> Result<()> {
    // Where the system has no such file, or another rule for it, the child is only as expendable as others.
    let _ = std::fs::write("/proc/self/oom_score_adj", MOST_EXPENDABLE);
    set_parent_process_death_signal(Some(Signal::KILL))?;
    nice(NICENESS)?;
    let seconds = limits.processor.as_secs().max(1);
    let fixed = [
        (Resource::Core, 0),
        (Resource::Fsize, 0),
        (Resource::Nofile, FILES),
        (Resource::Nproc, 0),
        (Resource::As, limits.memory),
    ];
    for (resource, limit) in fixed {
        set(resource, limit, limit)?;
    }
    // A signal first, by which the parent knows what it was; a second later it is killed.
    set(Resource::Cpu, seconds, seconds + 1)
}

fn set(resource: Resource, current: u64, maximum: u64) -> Result<()> {
    let limit = Rlimit {
        current: Some(current),
        maximum: Some(maximum),
    };
    setrlimit(resource, limit)
}
