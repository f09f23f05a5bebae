//! Texts for codes: what the screens say for a reason, in the languages of the country.

use crate::names::is_name;
use crate::plan::FORMAT;
use crate::{Refused, read};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Longest text, in characters.
const MAX_TEXT: usize = 300;
/// Most texts of one language.
const MAX_TEXTS: usize = 2_000;

/// The texts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Messages {
    /// 1
    pub format: u32,
    /// by language (ISO 639-1: `ky`, `ru`, `en`), then by code
    pub languages: BTreeMap<String, BTreeMap<String, String>>,
}

impl Messages {
    /// Reads and checks texts; `document` is what its file or target is called.
    ///
    /// # Errors
    /// [`Refused`], with the language, the code and the rule.
    pub fn read(document: &str, bytes: &[u8]) -> Result<Self, Refused> {
        let messages: Self = read(document, bytes)?;
        match messages.mistake() {
            None => Ok(messages),
            Some(message) => Err(Refused::new(document, message)),
        }
    }

    /// As they are signed.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        serde_json::to_vec_pretty(self).unwrap_or_default()
    }

    /// The text for a code, in the first of these languages that has one.
    #[must_use]
    pub fn text<'a>(&'a self, languages: &[&str], code: &str) -> Option<&'a str> {
        languages
            .iter()
            .find_map(|language| self.languages.get(*language)?.get(code))
            .map(String::as_str)
    }

    fn mistake(&self) -> Option<String> {
        if self.format != FORMAT {
            return Some(format!("`format` is {}, but must be {FORMAT}", self.format));
        }
        if self.languages.is_empty() {
            return Some("there is no language in it".to_owned());
        }
        self.languages.iter().find_map(|(language, texts)| {
            if language.len() != 2 || !language.bytes().all(|byte| byte.is_ascii_lowercase()) {
                return Some(format!(
                    "the language `{language}` must be two small letters (ISO 639-1)"
                ));
            }
            if texts.len() > MAX_TEXTS {
                return Some(format!(
                    "`{language}` has {} texts, over the limit of {MAX_TEXTS}",
                    texts.len()
                ));
            }
            texts.iter().find_map(|(code, text)| {
                let wrong = |message: String| Some(format!("`{code}` in `{language}` {message}"));
                if !is_name(code) {
                    return wrong("must be 1 to 64 of a-z, 0-9 and -, a letter first".to_owned());
                }
                let length = text.chars().count();
                if text.trim().is_empty() || length > MAX_TEXT {
                    return wrong(format!("has {length} characters, but must have 1 to {MAX_TEXT}"));
                }
                text.chars()
                    .any(char::is_control)
                    .then(|| format!("`{code}` in `{language}` holds a control character"))
            })
        })
    }
}
