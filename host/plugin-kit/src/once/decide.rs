//! A policy: what it decides on a case.

use super::{json_file, say};
use crate::cli::Run;
use crate::project::settings;
use crate::sentence::Sentence;
use plugin_runtime::case_json::PolicyCase;
use plugin_runtime::plugin::Plugin;
use plugin_runtime::policy::Policy;
use serde_json::Value;
use std::io::Write;
use std::path::Path;

/// A case that every policy decides: a finger was found, and the operator has not looked at the photo yet.
const EXAMPLE: &str = include_str!("case.json");

pub(super) fn decide(plugin: &Plugin, asked: &Run, out: &mut dyn Write) -> Result<(), Sentence> {
    let own = own_settings(&asked.plugin)?;
    if asked.example {
        return say(out, EXAMPLE.replacen("{}", own.trim(), 1).trim_end());
    }
    let [path] = asked.input.as_slice() else {
        return Err(Sentence(format!(
            "`{}` decides one case, and {} files were given; give it one, which `--example` begins",
            plugin.name(),
            asked.input.len()
        )));
    };
    let given: PolicyCase = json_file(path)?;
    let settings = given.settings.map_or(own, |settings| settings.to_string());
    let policy = Policy::new(plugin, &settings)?;
    let ruling = policy.decide(&given.case.into())?;
    let value = serde_json::to_value(&ruling)?;
    if asked.json {
        return say(out, &serde_json::to_string_pretty(&value)?);
    }
    let decision = [&value["decision"], &value["of"]];
    let decision: Vec<String> = decision.into_iter().filter_map(plain).collect();
    say(
        out,
        &format!(
            "{}: reason `{}`, rule `{}`",
            decision.join(" "),
            ruling.reason,
            ruling.rule
        ),
    )
}

fn plain(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(word) => Some(word.clone()),
        other => Some(other.to_string()),
    }
}

/// The settings that the plugin's folder keeps for its check, or none: a plugin lies in its folder's `target`.
pub(crate) fn own_settings(plugin: &Path) -> Result<String, Sentence> {
    let folder = plugin.parent().and_then(Path::parent);
    let own = folder.map(settings).transpose()?.flatten();
    Ok(own.unwrap_or_else(|| "{}".to_owned()))
}
