//! Compiling in a process of its own. The compiler reads what a vendor wrote, and a component can be made for which it takes hours
//! or all memory: then a child ends, and the station goes on.
//!
//! The child is this very program under a hidden command ([`CompileChild::of_this_program`]), which calls [`serve`]. It is started with
//! an empty environment and without any open file, limits itself before it reads a byte, gets the component by a pipe and answers by one.

mod exchange;
mod message;
mod serve;

pub use serve::{Limits, serve, serve_within};

pub(crate) use message::Answer;

use crate::engine::{Arithmetic, Configuration};
use exchange::Exchange;
use message::{Reply, Request};
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// This process's own program, also where its file has been replaced since it was started.
const THIS_PROGRAM: &str = "/proc/self/exe";

/// A child that compiles one component and ends.
#[derive(Clone, Debug)]
pub struct CompileChild {
    /// what is started; it must call [`serve`]
    pub program: PathBuf,
    /// with what it is told to
    pub arguments: Vec<OsString>,
    /// how long it may take by the clock on the wall, before it is killed
    pub deadline: Duration,
}

/// Why the child did not bring it to an end.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CompileError {
    /// the system did not start it
    #[error("the compiler could not be started ({0})")]
    NotStarted(String),
    /// killed at the deadline
    #[error("the compiler took longer than {} s and was stopped", .0.as_secs_f32())]
    TooLong(Duration),
    /// it reached its limit of processor time
    #[error("the compiler used up its processor time and was stopped")]
    ProcessorTime,
    /// it broke off: the system gave it no more memory, or it found a fault of its own
    #[error("the compiler broke off, most often for want of memory")]
    BrokeOff,
    /// ended otherwise, without an answer
    #[error("the compiler ended without an answer ({0})")]
    Ended(String),
    /// more than any component's code
    #[error("the compiler answered more than {} MiB and was stopped", .0 >> 20)]
    TooMuch(usize),
    /// not an answer, or another build's
    #[error("the compiler's answer could not be used ({0})")]
    Answer(&'static str),
    /// could not be asked
    #[error("the compiler could not be spoken to ({0})")]
    Pipe(String),
}

impl CompileError {
    pub(crate) fn advice(&self) -> &'static str {
        match self {
            Self::TooLong(_) | Self::ProcessorTime | Self::BrokeOff | Self::TooMuch(_) => {
                "the vendor must build it smaller or simpler"
            }
            Self::NotStarted(_) | Self::Ended(_) | Self::Answer(_) | Self::Pipe(_) => {
                "try again, and if it happens again, report it to the commission"
            }
        }
    }
}

/// How a child's work came out.
#[derive(Debug)]
pub(crate) enum Outcome {
    Compiled(Answer),
    /// the compiler says that the component is not one that it takes, and why
    Refused(String),
}

impl CompileChild {
    /// A child that runs this program's own file with these arguments.
    #[must_use]
    pub fn of_this_program(arguments: impl IntoIterator<Item = impl Into<OsString>>) -> Self {
        Self {
            program: THIS_PROGRAM.into(),
            arguments: arguments.into_iter().map(Into::into).collect(),
            deadline: crate::limits::COMPILE_TIME,
        }
    }

    /// Compiles a component for an engine like this one.
    pub(crate) fn compile(
        &self,
        component: &[u8],
        arithmetic: Arithmetic,
        configuration: Configuration,
    ) -> Result<Outcome, CompileError> {
        let until = Instant::now() + self.deadline;
        // Whatever this process has open and forgot to mark stays here.
        close_fds::set_fds_cloexec_threadsafe(3, &[]);
        let child = Command::new(&self.program)
            .args(&self.arguments)
            .env_clear()
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|cause| CompileError::NotStarted(cause.to_string()))?;
        let request = Request { arithmetic, component };
        let answer = Exchange::new(child, until, self.deadline).run(&request.head(), component)?;
        match Reply::read(answer).map_err(CompileError::Answer)? {
            Reply::Refused(words) => Ok(Outcome::Refused(words)),
            Reply::Compiled(answer) if answer.configuration == configuration => Ok(Outcome::Compiled(answer)),
            Reply::Compiled(_) => Err(CompileError::Answer("it is another build")),
        }
    }
}
