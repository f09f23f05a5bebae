//! A case of the conformance list, and what came of it.

use serde::Serialize;
use std::time::{Duration, Instant};

/// One case: a number that never changes its meaning, and a sentence that says what a plugin does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Case {
    /// a letter for the contract and three digits
    pub id: String,
    /// what the case belongs to
    pub group: &'static str,
    /// what a good plugin does
    pub sentence: String,
}

/// What came of a case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "outcome", content = "why", rename_all = "kebab-case")]
pub enum Outcome {
    /// it does
    Passed,
    /// it does not: what was seen
    Failed(String),
    /// it could not be tried: what is missing. A report with such a case is not whole.
    NotTried(String),
    /// it has no meaning for this plugin: why
    NotApplicable(String),
}

/// A case with its outcome.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// which
    #[serde(flatten)]
    pub case: Case,
    /// what came of it
    #[serde(flatten)]
    pub outcome: Outcome,
    /// how often it was run: once for each transfer, for example
    pub runs: usize,
    /// how long it took
    #[serde(serialize_with = "milliseconds")]
    pub took: Duration,
}

fn milliseconds<S: serde::Serializer>(took: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(u64::try_from(took.as_millis()).unwrap_or(u64::MAX))
}

/// What a case's body gives: how often it ran, and what was wrong, the first time.
pub(crate) type Tried = Result<usize, Outcome>;

/// The case failed, with these words.
pub(crate) fn failed(words: impl Into<String>) -> Outcome {
    Outcome::Failed(words.into())
}

/// Times one call, in a case that is [`List::timed`].
pub(crate) fn takes_at_most(limit: Duration, call: impl FnOnce() -> Result<(), Outcome>) -> Tried {
    let began = Instant::now();
    call()?;
    let took = began.elapsed();
    if took > limit {
        return Err(failed(format!("it took {} ms", took.as_millis())));
    }
    Ok(1)
}

/// The body of a case on a context.
pub(crate) type Body<C> = Box<dyn Fn(&C) -> Tried + Send + Sync>;

/// A case that can be run.
pub(crate) struct Trial<C> {
    pub(crate) case: Case,
    pub(crate) body: Body<C>,
    /// measures time: nothing else may run beside it
    pub(crate) alone: bool,
}

/// Numbers cases as they are added, so that the list is written in one place and in order.
pub(crate) struct List<C> {
    letter: char,
    group: &'static str,
    number: usize,
    pub(crate) trials: Vec<Trial<C>>,
}

impl<C> List<C> {
    pub(crate) fn new(letter: char) -> Self {
        Self {
            letter,
            group: "",
            number: 0,
            trials: Vec::new(),
        }
    }

    /// The next group: its numbers begin at the next hundred's tenth part, so that cases can be added to a group later.
    pub(crate) fn group(&mut self, group: &'static str, first: usize) {
        debug_assert!(first > self.number, "numbers rise");
        self.group = group;
        self.number = first - 1;
    }

    pub(crate) fn case(&mut self, sentence: impl Into<String>, body: impl Fn(&C) -> Tried + Send + Sync + 'static) {
        self.push(sentence.into(), Box::new(body), false);
    }

    /// A case that measures time.
    pub(crate) fn timed(&mut self, sentence: impl Into<String>, body: impl Fn(&C) -> Tried + Send + Sync + 'static) {
        self.push(sentence.into(), Box::new(body), true);
    }

    /// The cases alone.
    pub(crate) fn into_cases(self) -> Vec<Case> {
        self.trials.into_iter().map(|trial| trial.case).collect()
    }

    fn push(&mut self, sentence: String, body: Body<C>, alone: bool) {
        self.number += 1;
        let case = Case {
            id: format!("{}{:03}", self.letter, self.number),
            group: self.group,
            sentence,
        };
        self.trials.push(Trial { case, body, alone });
    }
}
