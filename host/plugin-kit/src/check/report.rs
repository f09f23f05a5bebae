//! What a check found: for people on the terminal, for scripts as JSON and JUnit, for the commission as a page.

use super::case::{Finding, Outcome};
use maud::{DOCTYPE, Markup, PreEscaped, html};
use plugin_runtime::plugin::Plugin;
use serde::Serialize;
use std::fmt::Write as _;
use std::time::Duration;

/// This kit's version.
const KIT: &str = env!("CARGO_PKG_VERSION");

/// What a check found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Report {
    /// the plugin's name
    pub plugin: String,
    /// its version
    pub version: String,
    /// the contract that it is made for
    pub contract: String,
    /// SHA-256 of its file
    pub sha256: String,
    /// version of the kit that tried it
    pub kit: &'static str,
    /// how long the check took, in milliseconds
    pub took_ms: u64,
    /// does it conform?
    pub conforms: bool,
    /// every case, in order
    pub findings: Vec<Finding>,
}

/// How many cases came out how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// good
    pub passed: usize,
    /// bad
    pub failed: usize,
    /// could not be tried
    pub not_tried: usize,
    /// without meaning for this plugin
    pub not_applicable: usize,
}

impl Report {
    pub(crate) fn new(plugin: &Plugin, findings: Vec<Finding>, took: Duration) -> Self {
        let mut report = Self {
            plugin: plugin.name().to_owned(),
            version: plugin.manifest().version.clone(),
            contract: plugin.manifest().contract.to_string(),
            sha256: plugin.digest().to_string(),
            kit: KIT,
            took_ms: u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
            conforms: false,
            findings,
        };
        let counts = report.counts();
        report.conforms = counts.failed == 0 && counts.not_tried == 0 && counts.passed > 0;
        report
    }

    /// How many cases came out how.
    #[must_use]
    pub fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for finding in &self.findings {
            match finding.outcome {
                Outcome::Passed => counts.passed += 1,
                Outcome::Failed(_) => counts.failed += 1,
                Outcome::NotTried(_) => counts.not_tried += 1,
                Outcome::NotApplicable(_) => counts.not_applicable += 1,
            }
        }
        counts
    }

    /// One sentence.
    #[must_use]
    pub fn verdict(&self) -> String {
        let counts = self.counts();
        let name = format!("{} {}", self.plugin, self.version);
        let beside = match counts.not_applicable {
            0 => String::new(),
            count => format!(", {count} do not apply"),
        };
        if self.conforms {
            format!("{name} conforms: {} cases passed{beside}.", counts.passed)
        } else {
            format!(
                "{name} does not conform: {} cases failed, {} could not be tried, {} passed{beside}.",
                counts.failed, counts.not_tried, counts.passed
            )
        }
    }

    /// For scripts.
    ///
    /// # Errors
    /// Where it cannot be written as JSON.
    pub fn json(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string_pretty(self)
    }

    /// For build servers: JUnit's XML, one test case for each case, a class for each group.
    #[must_use]
    pub fn junit(&self) -> String {
        let counts = self.counts();
        let mut text = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"0\" \
             skipped=\"{}\" time=\"{}\">\n",
            escape(&self.plugin),
            self.findings.len(),
            counts.failed + counts.not_tried,
            counts.not_applicable,
            seconds(self.took_ms)
        );
        for finding in &self.findings {
            let took = u64::try_from(finding.took.as_millis()).unwrap_or(u64::MAX);
            // Writing to a string does not fail.
            let _ = write!(
                text,
                "  <testcase classname=\"{}\" name=\"{} {}\" time=\"{}\"",
                escape(finding.case.group),
                finding.case.id,
                escape(&finding.case.sentence),
                seconds(took)
            );
            text += &match &finding.outcome {
                Outcome::Passed => "/>\n".to_owned(),
                Outcome::Failed(why) => format!("><failure message=\"{}\"/></testcase>\n", escape(why)),
                Outcome::NotTried(why) => format!("><failure message=\"not tried: {}\"/></testcase>\n", escape(why)),
                Outcome::NotApplicable(why) => format!("><skipped message=\"{}\"/></testcase>\n", escape(why)),
            };
        }
        text + "</testsuite>\n"
    }

    /// For the commission: a page without scripts and without anything from elsewhere.
    #[must_use]
    pub fn page(&self) -> String {
        let counts = self.counts();
        let mut groups: Vec<(&str, Vec<&Finding>)> = Vec::new();
        for finding in &self.findings {
            match groups.last_mut() {
                Some((group, findings)) if *group == finding.case.group => findings.push(finding),
                _ => groups.push((finding.case.group, vec![finding])),
            }
        }
        html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width";
                    title { "Conformance of " (self.plugin) " " (self.version) }
                    style { (PreEscaped(STYLE)) }
                }
                body {
                    h1 { "Conformance of " (self.plugin) " " (self.version) }
                    p.verdict.good[self.conforms].bad[!self.conforms] { (self.verdict()) }
                    dl {
                        dt { "Contract" } dd { (self.contract) }
                        dt { "SHA-256 of the plugin" } dd { code { (self.sha256) } }
                        dt { "Tried with" } dd { "plugin-kit " (self.kit) ", " (self.findings.len()) " cases in " (seconds(self.took_ms)) " s" }
                        dt { "Passed" } dd { (counts.passed) }
                        dt { "Failed" } dd { (counts.failed) (links(&self.findings, |outcome| matches!(outcome, Outcome::Failed(_)))) }
                        dt { "Not tried" } dd { (counts.not_tried) (links(&self.findings, |outcome| matches!(outcome, Outcome::NotTried(_)))) }
                        dt { "Do not apply" } dd { (counts.not_applicable) }
                    }
                    p.rule { "A plugin conforms when every case that applies to it was tried and passed." }
                    @for (group, findings) in groups {
                        h2 { (group) }
                        table {
                            @for finding in findings {
                                tr class=(class(&finding.outcome)) id=(finding.case.id) {
                                    td.id { (finding.case.id) }
                                    td.outcome { (word(&finding.outcome)) }
                                    td { (marked(&finding.case.sentence)) @if let Some(why) = why(&finding.outcome) { p.why { (why) } } }
                                    td.runs { @if finding.runs > 1 { (finding.runs) " times" } }
                                }
                            }
                        }
                    }
                }
            }
        }
        .into_string()
    }
}

const STYLE: &str = "
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #1b1b1b; }
h1 { font-size: 1.6rem; } h2 { font-size: 1.1rem; margin: 1.6rem 0 .4rem; }
h2::first-letter { text-transform: uppercase; }
.verdict { padding: .8rem 1rem; border-left: .4rem solid; font-weight: 600; }
.good { border-color: #1a7f37; background: #e9f7ec; } .bad { border-color: #b42318; background: #fdecea; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1rem; } dt { color: #555; } dd { margin: 0; overflow-wrap: anywhere; }
table { border-collapse: collapse; width: 100%; } td { border-top: 1px solid #ddd; padding: .3rem .5rem; vertical-align: top; }
.id { font-family: monospace; width: 4rem; } .outcome { width: 7rem; font-weight: 600; } .runs { width: 6rem; color: #555; text-align: right; }
.passed .outcome { color: #1a7f37; } .failed .outcome { color: #b42318; } .not-tried .outcome { color: #8a5a00; } .not-applicable .outcome { color: #555; }
a { color: inherit; } dd a { font-family: monospace; } .rule { color: #555; }
.why { margin: .2rem 0 0; color: #b42318; } .not-tried .why { color: #8a5a00; } .not-applicable .why { color: #555; }
tr { break-inside: avoid; } h2 { break-after: avoid; }
@media print { body { margin: 0; font-size: 11px; } }
";

fn seconds(ms: u64) -> String {
    format!("{}.{:03}", ms / 1_000, ms % 1_000)
}

/// The numbers of the cases that came out so, each a link to its line.
fn links(findings: &[Finding], so: impl Fn(&Outcome) -> bool) -> Markup {
    html! {
        @for finding in findings.iter().filter(|finding| so(&finding.outcome)) {
            " " a href={ "#" (finding.case.id) } { (finding.case.id) }
        }
    }
}

/// A sentence whose words in backticks are code.
fn marked(sentence: &str) -> Markup {
    html! {
        @for (at, part) in sentence.split('`').enumerate() {
            @if at % 2 == 1 { code { (part) } } @else { (part) }
        }
    }
}

fn class(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Passed => "passed",
        Outcome::Failed(_) => "failed",
        Outcome::NotTried(_) => "not-tried",
        Outcome::NotApplicable(_) => "not-applicable",
    }
}

/// What came of a case, in a word or two.
#[must_use]
pub fn word(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Passed => "passed",
        Outcome::Failed(_) => "failed",
        Outcome::NotTried(_) => "not tried",
        Outcome::NotApplicable(_) => "does not apply",
    }
}

/// Why it did not pass.
#[must_use]
pub fn why(outcome: &Outcome) -> Option<&str> {
    match outcome {
        Outcome::Passed => None,
        Outcome::Failed(why) | Outcome::NotTried(why) | Outcome::NotApplicable(why) => Some(why),
    }
}

fn escape(text: &str) -> String {
    text.chars()
        .fold(String::with_capacity(text.len()), |mut safe, letter| {
            match letter {
                '&' => safe.push_str("&amp;"),
                '<' => safe.push_str("&lt;"),
                '>' => safe.push_str("&gt;"),
                '"' => safe.push_str("&quot;"),
                letter if letter.is_control() => safe.push(' '),
                letter => safe.push(letter),
            }
            safe
        })
}
