//! What a person is told.

/// Most characters of a sentence that quotes nothing at length.
const LONGEST: usize = 1_000;

/// Panics where this is not a line that a person could read.
pub(crate) fn expect(words: &str) {
    assert!(words.contains(' '), "not a sentence: {words:?}");
    assert!(!words.contains(char::is_control), "more than a line: {words:?}");
    assert!(words.chars().count() <= LONGEST, "a novel of {} bytes", words.len());
}
