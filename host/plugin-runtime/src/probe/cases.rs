//! A policy's vectors: cases with their rulings, and settings that it must refuse.

use super::watch::Watch;
use super::{Answered, ProbeError, json};
use crate::case_json::PolicyCase;
use crate::plugin::Plugin;
use crate::policy::{Policy, PolicyError};
use identification::decision::Ruling;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Cases and refusals.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct PolicyVectors {
    /// each decided by itself
    pub cases: Vec<Ruled>,
    /// settings, none of which it takes
    #[serde(default)]
    pub refused_settings: Vec<Value>,
}

/// A case and what the policy rules on it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Ruled {
    /// settings and case
    pub asked: PolicyCase,
    /// the ruling
    pub ruling: Ruling,
}

fn rule(plugin: &Plugin, asked: &PolicyCase) -> Result<Ruling, ProbeError> {
    let settings = asked.settings.as_ref().map_or("{}".to_owned(), Value::to_string);
    let policy = Policy::new(plugin, &settings)?;
    Ok(policy.decide(&asked.case.clone().into())?)
}

fn refuses(plugin: &Plugin, settings: &Value) -> Result<bool, ProbeError> {
    match Policy::new(plugin, &settings.to_string()) {
        Ok(_) => Ok(false),
        Err(PolicyError::Settings { .. }) => Ok(true),
        Err(error) => Err(error.into()),
    }
}

fn answered(plugin: &str, settings: usize) -> Answered<'_> {
    Answered {
        plugin,
        what: format!("what it says of wrong settings {}", settings + 1),
    }
}

fn words(refuses: &bool) -> String {
    if *refuses { "a refusal" } else { "no refusal" }.to_owned()
}

impl PolicyVectors {
    pub(super) fn of(
        plugin: &Plugin,
        cases: Vec<PolicyCase>,
        refused: Vec<Value>,
        watch: &Watch<'_>,
    ) -> Result<Self, ProbeError> {
        let ruled = |asked: PolicyCase| {
            watch.look()?;
            let ruling = rule(plugin, &asked)?;
            Ok(Ruled { asked, ruling })
        };
        let cases: Result<Vec<Ruled>, ProbeError> = cases.into_iter().map(ruled).collect();
        for (number, settings) in refused.iter().enumerate() {
            if !refuses(plugin, settings)? {
                return Err(ProbeError::Question {
                    plugin: plugin.name().to_owned(),
                    what: format!("wrong settings {}", number + 1),
                    cause: "the policy takes them".to_owned(),
                });
            }
        }
        Ok(Self {
            cases: cases?,
            refused_settings: refused,
        })
    }

    pub(super) fn count(&self) -> usize {
        self.cases.len() + self.refused_settings.len()
    }

    pub(super) fn compare(&self, plugin: &Plugin, watch: &mut Watch<'_>) -> Result<(), ProbeError> {
        for (number, case) in self.cases.iter().enumerate() {
            watch.look()?;
            let ruling = rule(plugin, &case.asked)?;
            let answered = Answered {
                plugin: watch.plugin(),
                what: format!("the ruling on case {}", number + 1),
            };
            answered.same(&case.ruling, &ruling, json)?;
            watch.count();
        }
        for (number, settings) in self.refused_settings.iter().enumerate() {
            watch.look()?;
            answered(watch.plugin(), number).same(&true, &refuses(plugin, settings)?, words)?;
            watch.count();
        }
        Ok(())
    }
}
