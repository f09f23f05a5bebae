//! One call of a plugin, of whatever kind: to see what it does before its tests and conformance say whether that is right.
//!
//! What a plugin makes of a finger is biometric data: sizes, qualities and scores are said, pixels and templates never.

mod compare;
pub(crate) mod decide;
mod drive;
pub(crate) mod export;

use crate::cli::{Kind, Run};
use crate::sentence::Sentence;
use crate::session::load;
use plugin_runtime::plugin::Plugin;
use serde::de::DeserializeOwned;
use std::io::Write;
use std::path::Path;

/// Calls the plugin once, and says what came of it.
///
/// # Errors
/// A sentence.
pub fn once(asked: &Run, out: &mut dyn Write) -> Result<bool, Sentence> {
    let (_runtime, plugin, _) = load(&asked.plugin)?;
    let kind = kind(&plugin)?;
    belongs(asked, kind, plugin.name())?;
    match kind {
        Kind::Driver => drive::drive(&plugin, asked, out),
        Kind::Matcher => compare::compare(&plugin, asked, out),
        Kind::Policy => decide::decide(&plugin, asked, out),
        Kind::Exporter => export::export(&plugin, asked, out),
    }?;
    Ok(true)
}

pub(crate) fn kind(plugin: &Plugin) -> Result<Kind, Sentence> {
    let contract = &plugin.manifest().contract;
    match contract.package() {
        "kiosk:driver" => Ok(Kind::Driver),
        "kiosk:matcher" => Ok(Kind::Matcher),
        "kiosk:policy" => Ok(Kind::Policy),
        "kiosk:exporter" => Ok(Kind::Exporter),
        _ => Err(Sentence(format!(
            "`{}` is made for {contract}, which this kit does not know; take a newer kit",
            plugin.name()
        ))),
    }
}

/// What is typed for one kind of plugin means nothing to another: silence would hide the mistake.
fn belongs(asked: &Run, kind: Kind, name: &str) -> Result<(), Sentence> {
    let typed: [(&str, bool, &[Kind]); 6] = [
        ("--recording", asked.recording.is_some(), &[Kind::Driver]),
        ("--image", asked.image.is_some(), &[Kind::Driver]),
        ("--example", asked.example, &[Kind::Policy, Kind::Exporter]),
        ("--format", asked.format.is_some(), &[Kind::Exporter]),
        ("--out", asked.out.is_some(), &[Kind::Exporter]),
        (
            "an input file",
            !asked.input.is_empty(),
            &[Kind::Matcher, Kind::Policy, Kind::Exporter],
        ),
    ];
    let misplaced = typed.iter().find(|(_, typed, kinds)| *typed && !kinds.contains(&kind));
    match misplaced {
        None => Ok(()),
        Some((what, _, kinds)) => {
            let kinds: Vec<&str> = kinds.iter().map(|kind| word(*kind)).collect();
            Err(Sentence(format!(
                "{what} is for {}, and `{name}` is {}; leave it out",
                kinds.join(" or "),
                word(kind)
            )))
        }
    }
}

pub(crate) fn word(kind: Kind) -> &'static str {
    match kind {
        Kind::Driver => "a driver",
        Kind::Matcher => "a matcher",
        Kind::Policy => "a policy",
        Kind::Exporter => "an exporter",
    }
}

pub(crate) fn say(out: &mut dyn Write, words: &str) -> Result<(), Sentence> {
    bytes(out, format!("{words}\n").as_bytes())
}

fn bytes(out: &mut dyn Write, bytes: &[u8]) -> Result<(), Sentence> {
    out.write_all(bytes)
        .map_err(|cause| Sentence(format!("nothing could be said: {cause}")))
}

/// A file of JSON, or the line and column at which it is none.
pub(crate) fn json_file<T: DeserializeOwned>(path: &Path) -> Result<T, Sentence> {
    let text = std::fs::read_to_string(path).map_err(|cause| Sentence::file(path, &cause))?;
    serde_json::from_str(&text).map_err(|cause| {
        Sentence(format!(
            "{} is not what the plugin takes ({cause}); compare it with `plugin-kit run PLUGIN.wasm --example`",
            path.display()
        ))
    })
}
