//! What somebody else wrote, as a part of a sentence.
//!
//! A plugin, its file, a server or a stick may say anything, and why it was refused is told with its own words, on a screen, on
//! a terminal and in the journal. They stay within a line there, move no cursor, and do not turn round what stands beside
//! them (the characters of `Bidi_Control`; Unicode Standard Annex 9, section 2).

use std::fmt::Display;

/// Letters of a phrase.
const PHRASE: usize = 120;
/// Letters of a sentence.
const SENTENCE: usize = 300;

/// A name, a value, a few words: at most 120 letters.
#[must_use]
pub fn phrase(words: impl Display) -> String {
    line(&words.to_string(), PHRASE)
}

/// A sentence, such as a parser's about what it was given: at most 300 letters.
#[must_use]
pub fn sentence(words: impl Display) -> String {
    line(&words.to_string(), SENTENCE)
}

/// Where something was cut off, the last letter is `…`.
fn line(words: &str, most: usize) -> String {
    let seen = |letter: &char| letter.is_whitespace() || !(letter.is_control() || turns(*letter));
    let words: String = words.chars().filter(seen).collect();
    let mut letters = words
        .split_whitespace()
        .enumerate()
        .flat_map(|(at, word)| (at > 0).then_some(' ').into_iter().chain(word.chars()));
    let mut line: String = letters.by_ref().take(most).collect();
    if letters.next().is_some() {
        line.pop();
        line.push('…');
    }
    line
}

/// Changes the direction of the text around it.
fn turns(letter: char) -> bool {
    matches!(letter, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn words_stay_within_a_line_and_move_nothing() {
        for (words, expected) in [
            ("", ""),
            ("as it is: ы 字 \"q\" <b>", "as it is: ы 字 \"q\" <b>"),
            (" two\r\n lines\tand\u{2028}more\u{85}", "two lines and more"),
            ("red \u{1b}[31mtext\u{7}\0", "red [31mtext"),
            ("txt.\u{202e}gpj\u{2066}", "txt.gpj"),
        ] {
            assert_eq!(phrase(words), expected);
            assert_eq!(sentence(words), expected);
        }
    }

    #[test]
    fn what_is_cut_off_leaves_a_mark() {
        assert_eq!(phrase("я".repeat(PHRASE)), "я".repeat(PHRASE));
        assert_eq!(phrase("я".repeat(PHRASE + 1)), "я".repeat(PHRASE - 1) + "…");
        assert_eq!(sentence("я".repeat(SENTENCE + 1)), "я".repeat(SENTENCE - 1) + "…");
        // What is left out does not count.
        assert_eq!(phrase("я\u{1b}".repeat(PHRASE)), "я".repeat(PHRASE));
    }

    proptest! {
        #[test]
        fn any_words_are_a_line(words in any::<String>()) {
            for (line, most) in [(phrase(&words), PHRASE), (sentence(&words), SENTENCE)] {
                prop_assert!(line.chars().count() <= most);
                let moves = |letter: char| letter.is_whitespace() || letter.is_control() || turns(letter);
                prop_assert!(line.chars().all(|letter| letter == ' ' || !moves(letter)));
                prop_assert_eq!(line.trim(), &line);
            }
        }
    }
}
