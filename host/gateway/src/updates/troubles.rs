//! What is wrong about updates now: one sentence for each thing, for as long as it is true.

use std::collections::BTreeMap;

/// What is wrong with one thing.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Trouble {
    /// for the journal
    code: String,
    /// for people
    sentence: String,
}

/// By the thing that it is about.
#[derive(Clone, Debug, Default)]
pub struct Troubles(BTreeMap<String, Trouble>);

impl Troubles {
    /// Is this something else than what is wrong with it already?
    #[must_use]
    pub fn is_new(&self, about: &str, code: &str) -> bool {
        self.0.get(about).is_none_or(|trouble| trouble.code != code)
    }

    /// Says what is wrong with it, in place of what was said before.
    pub fn set(&mut self, about: &str, code: &str, sentence: String) {
        let code = code.to_owned();
        self.0.insert(about.to_owned(), Trouble { code, sentence });
    }

    /// Nothing is wrong with it any more.
    pub fn clear(&mut self, about: &str) {
        self.0.remove(about);
    }

    /// What was wrong with it before is wrong still.
    pub fn put_back(&mut self, about: &str, before: &Self) {
        if let Some(trouble) = before.0.get(about) {
            self.0.entry(about.to_owned()).or_insert_with(|| trouble.clone());
        }
    }

    /// One for each thing.
    #[must_use]
    pub fn sentences(&self) -> Vec<String> {
        self.0.values().map(|trouble| trouble.sentence.clone()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trouble_is_new_once_and_gone_once_it_is_over() {
        let mut troubles = Troubles::default();
        let set = |troubles: &mut Troubles, about: &str, code: &str| {
            let new = troubles.is_new(about, code);
            troubles.set(about, code, format!("{about}: {code}"));
            new
        };
        assert!(set(&mut troubles, "server", "source-failed"));
        assert!(!set(&mut troubles, "server", "source-failed"));
        assert!(set(&mut troubles, "clock", "clock-behind"));
        assert!(set(&mut troubles, "server", "expired"));
        assert_eq!(troubles.sentences(), ["clock: clock-behind", "server: expired"]);
        troubles.clear("server");
        assert_eq!(troubles.sentences(), ["clock: clock-behind"]);
        assert!(set(&mut troubles, "server", "expired"));
    }
}
