//! Documents of synthetic people: the machine-readable zone of a card, a smaller document or a passport, with true check
//! digits (ICAO Doc 9303, eighth edition; the section numbers are those of its parts). Each is issued by Utopia, the
//! standard's own country for specimens, so that none can be taken for a real one.

use crate::person::{Date, Person, Sex};

/// The issuing state and the nationality (part 3, section 5).
const STATE: &str = "UTO";
/// When every document ends, year, month and day: long after the election.
const EXPIRY: &str = "320124";
/// Weights of a check digit, from the left, over and over (part 3, section 4.9).
const WEIGHTS: [u32; 3] = [7, 3, 1];

/// The shape of a document's zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// a card: 3 lines of 30 characters (part 5, section 4.2)
    Td1,
    /// a smaller document: 2 lines of 36 characters (part 6, section 4.2)
    Td2,
    /// a passport: 2 lines of 44 characters (part 4, section 4.2)
    Td3,
}

/// A document.
#[derive(Clone, PartialEq, Eq)]
pub struct Document {
    lines: Vec<String>,
}

/// The number of lines only, as for a real one.
impl std::fmt::Debug for Document {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "document of {} lines", self.lines.len())
    }
}

impl Document {
    /// The person's document of this form.
    #[must_use]
    pub fn of(person: &Person, form: Form) -> Self {
        let number = checked(&filled(&person.document_number, 9));
        let born = checked(&day(person.born));
        let expiry = checked(EXPIRY);
        let sex = match person.sex {
            Sex::Female => 'F',
            Sex::Male => 'M',
        };
        let lines = match form {
            Form::Td1 => {
                let optional = filled(&person.pin, 15);
                let rest = filled("", 11);
                let all = digit(&format!("{number}{optional}{born}{expiry}{rest}"));
                vec![
                    format!("I<{STATE}{number}{optional}"),
                    format!("{born}{sex}{expiry}{STATE}{rest}{all}"),
                    names(person, 30),
                ]
            }
            Form::Td2 => {
                let rest = filled("", 7);
                let all = digit(&format!("{number}{born}{expiry}{rest}"));
                vec![
                    format!("I<{STATE}{}", names(person, 31)),
                    format!("{number}{STATE}{born}{sex}{expiry}{rest}{all}"),
                ]
            }
            Form::Td3 => {
                let optional = checked(&filled(&person.pin, 14));
                let all = digit(&format!("{number}{born}{expiry}{optional}"));
                vec![
                    format!("P<{STATE}{}", names(person, 39)),
                    format!("{number}{STATE}{born}{sex}{expiry}{optional}{all}"),
                ]
            }
        };
        Self { lines }
    }

    /// Its lines, from the top.
    #[must_use]
    pub fn lines(&self) -> &[String] {
        &self.lines
    }
}

/// Year, month and day, two digits each (part 3, section 4.8).
fn day(date: Date) -> String {
    format!("{:02}{:02}{:02}", date.year % 100, date.month, date.day)
}

/// Text of this length: cut, or with fillers behind it.
fn filled(text: &str, length: usize) -> String {
    let fillers = std::iter::repeat('<');
    text.chars().chain(fillers).take(length).collect()
}

fn checked(field: &str) -> String {
    format!("{field}{}", digit(field))
}

/// The check digit of these characters: digits are themselves, A to Z 10 to 35, fillers 0.
fn digit(characters: &str) -> u32 {
    let values = characters.chars().map(|one| one.to_digit(36).unwrap_or(0));
    let sum: u32 = values
        .zip(WEIGHTS.into_iter().cycle())
        .map(|(value, weight)| value * weight)
        .sum();
    sum % 10
}

/// Surname, two fillers, the other names with a filler between them (part 3, section 4.6).
fn names(person: &Person, length: usize) -> String {
    let name = &person.name;
    let mut text = format!("{}<<{}", latin(&name.surname), latin(&name.given));
    if let Some(patronymic) = &name.patronymic {
        text = format!("{text}<{}", latin(patronymic));
    }
    filled(&text, length)
}

fn latin(name: &str) -> String {
    name.to_uppercase().chars().map(letter).collect()
}

/// A Cyrillic letter in the zone's (part 3, section 6.B). The Kyrgyz letters stand as their Russian neighbours.
fn letter(cyrillic: char) -> &'static str {
    match cyrillic {
        'А' => "A",
        'Б' => "B",
        'В' => "V",
        'Г' => "G",
        'Д' => "D",
        'Е' | 'Ё' | 'Э' => "E",
        'Ж' => "ZH",
        'З' => "Z",
        'И' | 'Й' => "I",
        'К' => "K",
        'Л' => "L",
        'М' => "M",
        'Н' | 'Ң' => "N",
        'О' | 'Ө' => "O",
        'П' => "P",
        'Р' => "R",
        'С' => "S",
        'Т' => "T",
        'У' | 'Ү' => "U",
        'Ф' => "F",
        'Х' => "KH",
        'Ц' => "TS",
        'Ч' => "CH",
        'Ш' => "SH",
        'Щ' => "SHCH",
        'Ъ' => "IE",
        'Ы' => "Y",
        'Ь' => "",
        'Ю' => "IU",
        'Я' => "IA",
        // Spaces and hyphens between names.
        _ => "<",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::person::person;

    /// Fields of the standard's specimens with their digits (parts 4 to 6, appendices).
    const SPECIMENS: [(&str, u32); 6] = [
        ("L898902C3", 6),
        ("740812", 2),
        ("120415", 9),
        ("ZE184226B<<<<<", 1),
        ("L898902C3674081221204159ZE184226B<<<<<1", 0),
        ("D231458907<<<<<<<<<<<<<<<74081221204159<<<<<<<<<<<", 6),
    ];

    #[test]
    fn the_standards_specimens_have_their_digits() {
        for (field, expected) in SPECIMENS {
            assert_eq!(digit(field), expected, "{field}");
        }
    }

    #[test]
    fn every_document_has_the_shape_and_the_characters_of_the_standard() {
        for number in 0..500 {
            for (form, lines, characters) in [(Form::Td1, 3, 30), (Form::Td2, 2, 36), (Form::Td3, 2, 44)] {
                let document = Document::of(&person(5, number), form);
                assert_eq!(document.lines().len(), lines);
                for line in document.lines() {
                    assert_eq!(line.len(), characters, "{form:?} of number {number}");
                    let good = |byte: u8| matches!(byte, b'A'..=b'Z' | b'0'..=b'9' | b'<');
                    assert!(line.bytes().all(good), "{form:?} of number {number}");
                }
            }
        }
    }

    #[test]
    fn a_name_is_written_as_the_standard_writes_cyrillic() {
        for (cyrillic, expected) in [
            ("Соловьёв", "SOLOVEV"),
            ("Жээнбекова", "ZHEENBEKOVA"),
            ("Асан уулу", "ASAN<UULU"),
            ("Кеңеш", "KENESH"),
            ("Щукин", "SHCHUKIN"),
        ] {
            assert_eq!(latin(cyrillic), expected);
        }
    }

    #[test]
    fn a_document_is_not_shown() {
        let document = Document::of(&person(5, 1), Form::Td1);
        assert_eq!(format!("{document:?}"), "document of 3 lines");
    }
}
