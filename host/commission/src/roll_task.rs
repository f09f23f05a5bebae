//! `kiosk-commission roll`: check, seal, new-key.

use crate::cli::{RollTask, SealArguments};
use crate::extractor::ExtractorFactory;
use crate::progress::Progress;
use crate::{Console, Exit};
use roll::{Check, Finding, Findings, RollKey, SealError, SealRequest, Station};
use serde_json::{Value, json};
use std::path::Path;

pub(crate) fn run(task: &RollTask, extractors: &ExtractorFactory<'_>, console: &mut Console<'_>) -> Exit {
    match task {
        RollTask::Check { list, json } => check(list, *json, console),
        RollTask::Seal(arguments) => seal(arguments, extractors, console),
        RollTask::NewKey { file } => new_key(file, console),
    }
}

fn check(list: &Path, as_json: bool, console: &mut Console<'_>) -> Exit {
    let progress = Progress::new("checking");
    let checked = roll::check(list, &mut |done, total| progress.show(done, total));
    drop(progress);
    let check = match checked {
        Ok(check) => check,
        Err(error) => return console.fail(&error, Exit::Bad),
    };
    let report = if as_json {
        format!("{:#}\n", as_value(&check))
    } else {
        as_text(&check)
    };
    console.say(&report);
    if check.problems.is_empty() {
        Exit::Good
    } else {
        Exit::Bad
    }
}

fn seal(arguments: &SealArguments, extractors: &ExtractorFactory<'_>, console: &mut Console<'_>) -> Exit {
    let SealArguments {
        station,
        name,
        region,
        election,
        election_date,
        ..
    } = arguments;
    let station = match Station::new(station, name, region, election, *election_date) {
        Ok(station) => station,
        Err(error) => return console.fail(&error, Exit::Usage),
    };
    // The key first: it fails at once, the matcher after seconds and the list after minutes.
    let key = match RollKey::read(&arguments.key) {
        Ok(key) => key,
        Err(error) => return console.fail(&error, Exit::Bad),
    };
    let mut extractor = match extractors(&arguments.matcher) {
        Ok(extractor) => extractor,
        Err(error) => return console.fail(&error, Exit::Bad),
    };
    let request = SealRequest {
        list: &arguments.list,
        station: &station,
        key: &key,
        out: &arguments.out,
    };
    let progress = Progress::new("sealing");
    let sealed = roll::seal(&request, extractor.as_mut(), &mut |done, total| {
        progress.show(done, total)
    });
    drop(progress);
    match sealed {
        Ok(sealed) => {
            console.complain(&titled("warnings", &sealed.warnings));
            console.say(&format!(
                "sealed {} (voters: {}, fingers: {})\nsha256 {}\n",
                arguments.out.display(),
                sealed.voters,
                sealed.references,
                sealed.digest
            ));
            Exit::Good
        }
        Err(error) => {
            if let SealError::Bad(check) = &error {
                console.complain(&as_text(check));
            }
            console.fail(&error, Exit::Bad)
        }
    }
}

fn new_key(file: &Path, console: &mut Console<'_>) -> Exit {
    match RollKey::generate().and_then(|key| key.write(file)) {
        Ok(()) => {
            console.say(&format!(
                "wrote a new key to {}; keep a copy, for no roll can be opened without its key\n",
                file.display()
            ));
            Exit::Good
        }
        Err(error) => console.fail(&error, Exit::Bad),
    }
}

fn as_text(check: &Check) -> String {
    format!(
        "{}{}voters: {}, problems: {}, warnings: {}\n",
        titled("problems", &check.problems),
        titled("warnings", &check.warnings),
        check.voters,
        check.problems.len(),
        check.warnings.len(),
    )
}

fn titled(title: &str, findings: &Findings) -> String {
    if findings.is_empty() {
        String::new()
    } else {
        format!("{title}:\n{findings}\n")
    }
}

fn as_value(check: &Check) -> Value {
    let list = |findings: &Findings| -> Vec<Value> { findings.listed().iter().map(finding).collect() };
    json!({
        "voters": check.voters,
        "problems": list(&check.problems),
        "more_problems": check.problems.more(),
        "warnings": list(&check.warnings),
        "more_warnings": check.warnings.more(),
    })
}

fn finding(Finding { line, field, text }: &Finding) -> Value {
    json!({ "line": line, "field": field, "text": text })
}
