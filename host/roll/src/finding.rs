//! What is wrong or odd in a list of voters.

/// More than this are counted, but not listed: nobody reads a longer report, and a wrong file must not fill memory.
const MOST_LISTED: usize = 1000;

/// One sentence about one field of one line. Never a voter's data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// of the list, from 1
    pub line: usize,
    /// for example `born` or `fingers[1].image`; empty where it is about the whole line
    pub field: String,
    /// what is wrong, and what to do
    pub text: String,
}

impl std::fmt::Display for Finding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let comma = if self.field.is_empty() { "" } else { ", " };
        write!(f, "line {}{comma}{}: {}", self.line, self.field, self.text)
    }
}

/// Findings in the order of the lines: the first 1,000 in words, the others as a number.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Findings {
    listed: Vec<Finding>,
    more: usize,
}

impl Findings {
    pub(crate) fn add(&mut self, line: usize, field: &str, text: &str) {
        if self.listed.len() < MOST_LISTED {
            self.listed.push(Finding {
                line,
                field: field.to_owned(),
                text: text.to_owned(),
            });
        } else {
            self.more += 1;
        }
    }

    /// All of them, those beyond the first 1,000 included.
    #[must_use]
    pub fn len(&self) -> usize {
        self.listed.len() + self.more
    }

    /// None at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.listed.is_empty()
    }

    /// The first 1,000.
    #[must_use]
    pub fn listed(&self) -> &[Finding] {
        &self.listed
    }

    /// How many are not listed.
    #[must_use]
    pub fn more(&self) -> usize {
        self.more
    }
}

impl std::fmt::Display for Findings {
    /// A line each, and `and N more` at the end where there are more.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for finding in &self.listed {
            writeln!(f, "{finding}")?;
        }
        if self.more > 0 {
            writeln!(f, "and {} more", self.more)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thousand_findings_are_listed_and_the_others_counted() {
        let mut findings = Findings::default();
        for line in 1..=1003 {
            findings.add(line, "born", "is missing");
        }
        assert_eq!(
            (findings.len(), findings.listed().len(), findings.more()),
            (1003, 1000, 3)
        );
        assert!(
            findings
                .to_string()
                .ends_with("line 1000, born: is missing\nand 3 more\n")
        );
    }
}
