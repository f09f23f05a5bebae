//! One line of the protocol as words. A word is bare or stands in double quotes, in which a backslash keeps the next
//! character as it is (NUT's `parseconf`).

/// Most words of a line; the protocol's longest has five.
const MAX_WORDS: usize = 16;

/// What a line is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LineFlaw {
    NotText,
    OpenQuote,
    TrailingEscape,
    ControlCharacter,
    TooManyWords,
}

impl LineFlaw {
    pub(super) fn rule(self) -> &'static str {
        match self {
            Self::NotText => "it is not UTF-8 text",
            Self::OpenQuote => "a quoted word does not end",
            Self::TrailingEscape => "nothing follows a backslash",
            Self::ControlCharacter => "it holds a control character",
            Self::TooManyWords => "it has too many words",
        }
    }
}

/// The words of a line without its line feed.
pub(super) fn words(line: &[u8]) -> Result<Vec<String>, LineFlaw> {
    let text = std::str::from_utf8(line).map_err(|_| LineFlaw::NotText)?;
    if text.chars().any(|letter| letter.is_control() && letter != '\t') {
        return Err(LineFlaw::ControlCharacter);
    }
    let mut words = Vec::new();
    let mut letters = text.chars().peekable();
    loop {
        while letters.next_if(|letter| letter.is_whitespace()).is_some() {}
        let Some(first) = letters.peek() else {
            return Ok(words);
        };
        if words.len() == MAX_WORDS {
            return Err(LineFlaw::TooManyWords);
        }
        words.push(if *first == '"' {
            letters.next();
            quoted(&mut letters)?
        } else {
            bare(&mut letters)?
        });
    }
}

type Letters<'a> = std::iter::Peekable<std::str::Chars<'a>>;

fn quoted(letters: &mut Letters<'_>) -> Result<String, LineFlaw> {
    let mut word = String::new();
    loop {
        match letters.next().ok_or(LineFlaw::OpenQuote)? {
            '"' => return Ok(word),
            '\\' => word.push(letters.next().ok_or(LineFlaw::TrailingEscape)?),
            letter => word.push(letter),
        }
    }
}

fn bare(letters: &mut Letters<'_>) -> Result<String, LineFlaw> {
    let mut word = String::new();
    while let Some(letter) = letters.next_if(|letter| !letter.is_whitespace() && *letter != '"') {
        word.push(match letter {
            '\\' => letters.next().ok_or(LineFlaw::TrailingEscape)?,
            _ => letter,
        });
    }
    Ok(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A line, and what it is read as.
    type Case = (&'static [u8], Result<&'static [&'static str], LineFlaw>);

    const LINES: [Case; 15] = [
        (b"", Ok(&[])),
        (b"   ", Ok(&[])),
        (b"OK", Ok(&["OK"])),
        (
            b"VAR kiosk ups.status \"OL CHRG\"",
            Ok(&["VAR", "kiosk", "ups.status", "OL CHRG"]),
        ),
        (b"UPS kiosk \"\"", Ok(&["UPS", "kiosk", ""])),
        (
            br#"UPS kiosk "the \"big\" one \\ 3""#,
            Ok(&["UPS", "kiosk", r#"the "big" one \ 3"#]),
        ),
        (b"a\t b", Ok(&["a", "b"])),
        (br"a\ b", Ok(&["a b"])),
        (b"a\"b c\"d", Ok(&["a", "b c", "d"])),
        ("\u{9}\"Büro\"".as_bytes(), Ok(&["Büro"])),
        (b"VAR kiosk ups.status \"OL", Err(LineFlaw::OpenQuote)),
        (b"\"OL\\", Err(LineFlaw::TrailingEscape)),
        (b"\xff\xfe", Err(LineFlaw::NotText)),
        (b"VAR \x1b[2J", Err(LineFlaw::ControlCharacter)),
        (
            b"1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17",
            Err(LineFlaw::TooManyWords),
        ),
    ];

    #[test]
    fn a_line_is_split_into_words_as_nut_quotes_them() {
        for (line, expected) in LINES {
            let expected = expected.map(|words| words.iter().map(|&word| word.to_owned()).collect::<Vec<_>>());
            assert_eq!(words(line), expected, "{}", line.escape_ascii());
        }
    }

    #[test]
    fn no_line_of_arbitrary_bytes_makes_the_parser_panic() {
        // Every line of up to three bytes of those that mean something.
        const BYTES: [u8; 8] = [b'"', b'\\', b' ', b'a', 0xc3, 0xbc, 0x00, b'\t'];
        for first in BYTES {
            for second in BYTES {
                for third in BYTES {
                    let _ = words(&[first, second, third]);
                    let _ = words(&[first, second]);
                }
            }
        }
    }
}
