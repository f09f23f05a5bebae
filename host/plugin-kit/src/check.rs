//! Conformance: a numbered list of cases for each contract, told as sentences, tried on a plugin.

pub mod case;
pub mod probe;
pub mod report;

mod document;
mod exporter;
mod matcher;
mod package;
mod policy;
mod printer;
mod reading;
mod rig;
mod scanner;

pub use case::{Case, Finding, Outcome};
pub use reading::Promises;
pub use report::Report;
pub use rig::{ScenarioError, Scenarios};

use case::List;
use document::Document;
use plugin_runtime::grants::Allowed;
use plugin_runtime::plugin::{LoadError, LogMode, Plugin};
use plugin_runtime::runtime::{EngineError, Runtime};
use reading::{Bench, Subject as _};
use rig::Rig;
use scanner::Fingerprint;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

const FINGERPRINT_SCANNER: &str = plugin_runtime::scanner::CONTRACT;
const DOCUMENT_READER: &str = plugin_runtime::document_reader::CONTRACT;
const PRINTER: &str = plugin_runtime::printer::CONTRACT;
const MATCHER: &str = plugin_runtime::matcher::CONTRACT;
const POLICY: &str = plugin_runtime::policy::CONTRACT;
const EXPORTER: &str = plugin_runtime::exporter::CONTRACT;

/// Cases that run beside each other: most of them wait.
const TOGETHER: usize = 6;

/// A plugin that cannot be tried at all.
#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    /// its file
    #[error(transparent)]
    Load(#[from] LoadError),
    /// this machine
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// a contract without a list
    #[error("there is no conformance list for {0}; this kit is for {1}")]
    Contract(String, String),
}

/// What a plugin is tried with.
#[derive(Clone, Debug, Default)]
pub struct Material {
    /// the devices of a driver
    pub scenarios: Scenarios,
    /// what its protocol promises
    pub promises: Promises,
    /// a policy's settings, as JSON
    pub settings: Option<String>,
}

/// Tries all cases of the plugin's contract, or only those whose numbers begin so. `tell` hears every finding as it is made.
///
/// # Errors
/// [`CheckError`].
pub fn check(
    bytes: &[u8],
    material: &Material,
    only: &[String],
    tell: &(dyn Fn(&Finding, usize, usize) + Sync),
) -> Result<Report, CheckError> {
    let began = Instant::now();
    let runtime = Runtime::new(LogMode::Development)?;
    let plugin = load(&runtime, bytes)?;
    let contract = plugin.manifest().contract.to_string();
    let rig = Rig {
        plugin: plugin.clone(),
        bytes: bytes.to_vec(),
        scenarios: material.scenarios.clone(),
        log: probe::Log::default(),
    };
    let findings = match contract.as_str() {
        FINGERPRINT_SCANNER => {
            let bench = Bench::<Fingerprint>::new(rig, material.promises);
            run(reading::list(), &bench, only, tell)
        }
        DOCUMENT_READER => {
            let bench = Bench::<Document>::new(rig, material.promises);
            run(reading::list(), &bench, only, tell)
        }
        PRINTER => run(printer::list(), &printer::Bench::new(rig), only, tell),
        MATCHER => run(matcher::list(), &matcher::Bench { rig }, only, tell),
        POLICY => {
            let settings = material.settings.clone().unwrap_or_else(|| "{}".to_owned());
            run(policy::list(), &policy::Bench { rig, settings }, only, tell)
        }
        EXPORTER => run(exporter::list(), &exporter::Bench { rig }, only, tell),
        _ => return Err(CheckError::Contract(contract, known().join(", "))),
    };
    Ok(Report::new(&plugin, findings, began.elapsed()))
}

/// Contracts with a list.
fn known() -> Vec<&'static str> {
    vec![FINGERPRINT_SCANNER, DOCUMENT_READER, PRINTER, MATCHER, POLICY, EXPORTER]
}

/// All cases of a contract, none where there is no list.
#[must_use]
pub fn cases(contract: &str) -> Vec<Case> {
    match contract {
        FINGERPRINT_SCANNER => reading::list::<Fingerprint>().into_cases(),
        DOCUMENT_READER => reading::list::<Document>().into_cases(),
        PRINTER => printer::list().into_cases(),
        MATCHER => matcher::list().into_cases(),
        POLICY => policy::list().into_cases(),
        EXPORTER => exporter::list().into_cases(),
        _ => Vec::new(),
    }
}

/// All contracts that have a list.
#[must_use]
pub fn contracts() -> Vec<String> {
    known().into_iter().map(str::to_owned).collect()
}

/// The list of a contract's cases, as a page in Markdown.
#[must_use]
pub fn list(contract: &str) -> String {
    let cases = cases(contract);
    let mut text = format!("## {contract}: {} cases\n", cases.len());
    let scenarios: &[(&str, &str)] = match contract {
        FINGERPRINT_SCANNER => &Fingerprint::SCENARIOS,
        DOCUMENT_READER => &Document::SCENARIOS,
        PRINTER => &printer::SCENARIOS,
        _ => &[],
    };
    if !scenarios.is_empty() {
        text += "\nRecordings that a driver brings:\n\n";
        for (name, what) in scenarios {
            text += &format!("- `{name}.usb`: {what}\n");
        }
    }
    let mut group = "";
    for case in &cases {
        if case.group != group {
            group = case.group;
            text += &format!("\n### {group}\n\n");
        }
        text += &format!("- **{}** {}\n", case.id, case.sentence);
    }
    text
}

fn load(runtime: &Runtime, bytes: &[u8]) -> Result<Plugin, LoadError> {
    let manifest = plugin_package::read_manifest(bytes)?;
    runtime.load(bytes, None, &Allowed::all_asked(&manifest))
}

/// Whether the plugin fits the contract that it names.
pub(crate) fn fits(plugin: &Plugin) -> Result<(), LoadError> {
    match plugin.manifest().contract.to_string().as_str() {
        plugin_runtime::printer::CONTRACT => plugin_runtime::printer::fits(plugin),
        plugin_runtime::document_reader::CONTRACT => plugin_runtime::document_reader::fits(plugin),
        FINGERPRINT_SCANNER => plugin_runtime::scanner::fits(plugin),
        _ => Ok(()),
    }
}

/// Cases that measure time run one by one; the others beside each other, but for the last group, which looks back at all.
fn run<C: Sync>(
    list: List<C>,
    context: &C,
    only: &[String],
    tell: &(dyn Fn(&Finding, usize, usize) + Sync),
) -> Vec<Finding> {
    let chosen = |id: &str| only.is_empty() || only.iter().any(|prefix| id.starts_with(prefix.as_str()));
    let mut trials: Vec<_> = list.trials.into_iter().filter(|trial| chosen(&trial.case.id)).collect();
    let all = trials.len();
    let last = trials.iter().position(|trial| trial.case.group == package::LAST);
    let looking_back = trials.split_off(last.unwrap_or(all));
    let done = AtomicUsize::new(0);
    let findings = Mutex::new(Vec::with_capacity(all));
    let one = |trial: &case::Trial<C>| {
        let began = Instant::now();
        let (outcome, runs) = match (trial.body)(context) {
            Ok(runs) => (Outcome::Passed, runs),
            Err(outcome) => (outcome, 0),
        };
        let finding = Finding {
            case: trial.case.clone(),
            outcome,
            runs,
            took: began.elapsed(),
        };
        let number = done.fetch_add(1, Ordering::Relaxed) + 1;
        tell(&finding, number, all);
        findings
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .push(finding);
    };
    let (alone, together): (Vec<_>, Vec<_>) = trials.iter().partition(|trial| trial.alone);
    alone.into_iter().for_each(one);
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..TOGETHER {
            scope.spawn(|| {
                while let Some(trial) = together.get(next.fetch_add(1, Ordering::Relaxed)) {
                    one(trial);
                }
            });
        }
    });
    looking_back.iter().for_each(one);
    let mut findings = findings.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    findings.sort_by(|a, b| a.case.id.cmp(&b.case.id));
    findings
}
