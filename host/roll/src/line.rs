//! One line of a list of voters: which fields it has, and what each may be.

use crate::date::Date;
use crate::image::DPI;
use crate::json::Json;
use crate::station::is_printable;
use crate::voter::Sex;
use identification::voter::{FingerPosition, RollNumber};
use serde::Deserialize;
use serde::de::IntoDeserializer;
use serde::de::value::{Error as NoPosition, StrDeserializer};

/// Digits of a personal number: sex, day, month, year of birth, and five more.
const PIN_DIGITS: usize = 14;
/// Longest document number and longest code, in characters.
const MAX_CODE: usize = 32;

/// Something wrong with one field.
pub(crate) struct Flaw {
    /// empty for the whole line
    pub(crate) field: String,
    pub(crate) text: String,
}

/// What a line says. A field that is missing or wrong is none, and has a flaw, so that the others can still be
/// compared with those of other lines.
#[derive(Default)]
pub(crate) struct Line {
    pub(crate) number: Option<RollNumber>,
    pub(crate) name: Option<String>,
    pub(crate) born: Option<Date>,
    pub(crate) sex: Option<Sex>,
    pub(crate) pin: Option<String>,
    pub(crate) document: Option<String>,
    pub(crate) photo: Option<String>,
    pub(crate) home: bool,
    pub(crate) excluded: Option<String>,
    pub(crate) votes_elsewhere: bool,
    pub(crate) fingers: Vec<Finger>,
}

/// A finger of a line.
pub(crate) struct Finger {
    /// for example `fingers[1]`
    pub(crate) place: String,
    /// unknown on a flawed line alone
    pub(crate) position: FingerPosition,
    pub(crate) source: Source,
}

/// Where a finger's template comes from; paths are relative to the list.
pub(crate) enum Source {
    /// a PNG, BMP or TIFF, and its pixels per inch
    Image { path: String, dpi: u16 },
    /// an ISO/IEC 19794-2 record
    Record { path: String },
}

impl Source {
    pub(crate) fn path(&self) -> &str {
        match self {
            Self::Image { path, .. } | Self::Record { path } => path,
        }
    }

    /// The field that names the file.
    pub(crate) fn field(&self) -> &'static str {
        match self {
            Self::Image { .. } => IMAGE.name,
            Self::Record { .. } => TEMPLATE.name,
        }
    }
}

/// A field: its name, what it may be, and what to do where it is not.
struct Field<T> {
    name: &'static str,
    parse: fn(&Json) -> Result<T, &'static str>,
    hint: &'static str,
}

const NUMBER: Field<RollNumber> = Field {
    name: "number",
    parse: roll_number,
    hint: "write the roll number, a whole number from 1",
};
const NAME: Field<String> = Field {
    name: "name",
    parse: printable,
    hint: "write the name as text of 1 to 200 printable characters",
};
const BORN: Field<Date> = Field {
    name: "born",
    parse: date,
    hint: "write the date of birth as \"1987-03-14\"",
};
const SEX: Field<Sex> = Field {
    name: "sex",
    parse: sex,
    hint: "write \"f\" or \"m\"",
};
const PIN: Field<String> = Field {
    name: "pin",
    parse: pin,
    hint: "write the personal number as text of 14 digits",
};
const DOCUMENT: Field<String> = Field {
    name: "document",
    parse: document,
    hint: "write the document number as text of 1 to 32 of A-Z and 0-9",
};
const PHOTO: Field<Option<String>> = Field {
    name: "photo",
    parse: optional_path,
    hint: "write the path of a PNG, or leave the field out",
};
const HOME: Field<bool> = Field {
    name: "home",
    parse: flag,
    hint: "write true or false",
};
const EXCLUDED: Field<Option<String>> = Field {
    name: "excluded",
    parse: optional_code,
    hint: "write null or a code of 1 to 32 of a-z, 0-9 and `-`",
};
const VOTES_ELSEWHERE: Field<bool> = Field {
    name: "votes_elsewhere",
    parse: flag,
    hint: "write true or false",
};
/// Parsed by hand, since each finger has fields of its own.
const FINGERS: Field<()> = Field {
    name: "fingers",
    parse: list,
    hint: "write a list of fingers, [] for a voter without any",
};
const POSITION: Field<FingerPosition> = Field {
    name: "position",
    parse: position,
    hint: "write right- or left- with thumb, index, middle, ring or little, for example \"right-index\"",
};
const IMAGE: Field<String> = Field {
    name: "image",
    parse: path,
    hint: "write the path of a PNG, BMP or TIFF",
};
const TEMPLATE: Field<String> = Field {
    name: "template",
    parse: path,
    hint: "write the path of an ISO/IEC 19794-2 record",
};
const DPI_FIELD: Field<u16> = Field {
    name: "dpi",
    parse: dpi,
    hint: "write the image's pixels per inch, 100 to 1200",
};

const OF_A_VOTER: &[&str] = &[
    NUMBER.name,
    NAME.name,
    BORN.name,
    SEX.name,
    PIN.name,
    DOCUMENT.name,
    PHOTO.name,
    HOME.name,
    EXCLUDED.name,
    VOTES_ELSEWHERE.name,
    FINGERS.name,
];
const OF_AN_IMAGE: &[&str] = &[POSITION.name, IMAGE.name, DPI_FIELD.name];
const OF_A_RECORD: &[&str] = &[POSITION.name, TEMPLATE.name];

impl Line {
    /// Reads a line; everything that is wrong with it goes to `flaws`.
    pub(crate) fn read(text: &str, flaws: &mut Vec<Flaw>) -> Self {
        let fields = match serde_json::from_str(text) {
            Ok(Json::Object(fields)) => fields,
            Ok(other) => {
                let text = format!("{}; write one voter as an object in braces", other.is_a());
                flaws.push(Flaw {
                    field: String::new(),
                    text,
                });
                return Self::default();
            }
            Err(error) => {
                flaws.push(Flaw {
                    field: String::new(),
                    text: not_json(&error),
                });
                return Self::default();
            }
        };
        let mut object = Object {
            fields: &fields,
            place: "",
            flaws,
        };
        object.refuse_strangers(OF_A_VOTER);
        let line = Self {
            number: object.required(&NUMBER),
            name: object.required(&NAME),
            born: object.required(&BORN),
            sex: object.required(&SEX),
            pin: object.required(&PIN),
            document: object.required(&DOCUMENT),
            photo: object.optional(&PHOTO).flatten(),
            home: object.optional(&HOME).unwrap_or(true),
            excluded: object.optional(&EXCLUDED).flatten(),
            votes_elsewhere: object.optional(&VOTES_ELSEWHERE).unwrap_or(false),
            fingers: read_fingers(&mut object),
        };
        line.compare_pin(flaws);
        line
    }

    /// A personal number begins with the sex and the date of birth; one that says otherwise belongs to someone else.
    fn compare_pin(&self, flaws: &mut Vec<Flaw>) {
        let Some(pin) = &self.pin else { return };
        let mut differs = |text: &str| {
            flaws.push(Flaw {
                field: PIN.name.to_owned(),
                text: text.to_owned(),
            })
        };
        let digit = match self.sex {
            Some(Sex::Female) => Some('1'),
            Some(Sex::Male) => Some('2'),
            None => None,
        };
        if digit.is_some_and(|digit| !pin.starts_with(digit)) {
            differs("does not begin with the digit of the sex, 1 for \"f\" and 2 for \"m\"; correct one of the two");
        }
        let birth = self
            .born
            .map(|born| format!("{:02}{:02}{:04}", born.day(), born.month(), born.year()));
        if birth.is_some_and(|birth| !pin[1..].starts_with(&birth)) {
            differs("does not have the date of birth as DDMMYYYY after its first digit; correct one of the two");
        }
    }
}

fn read_fingers(voter: &mut Object<'_>) -> Vec<Finger> {
    if voter.required(&FINGERS).is_none() {
        return Vec::new();
    }
    let Some(Json::List(values)) = voter.value(FINGERS.name) else {
        return Vec::new();
    };
    let mut fingers = Vec::new();
    let mut seen: Vec<(FingerPosition, String)> = Vec::new();
    for (index, value) in values.iter().enumerate() {
        let place = format!("{}[{index}]", FINGERS.name);
        let Json::Object(fields) = value else {
            let text = format!("{}; write a finger as an object in braces", value.is_a());
            voter.flaws.push(Flaw { field: place, text });
            continue;
        };
        let mut object = Object {
            fields,
            place: &place,
            flaws: &mut *voter.flaws,
        };
        let position = object.required(&POSITION);
        let source = read_source(&mut object);
        match seen.iter().find(|(earlier, _)| Some(*earlier) == position) {
            Some((_, first)) => {
                let text = format!("is the same finger as {first}; leave one of them out");
                object.flaw(POSITION.name, &text);
            }
            None => seen.extend(position.map(|position| (position, place.clone()))),
        }
        // with or without a position, so that a line with two flaws is reported with both
        let position = position.unwrap_or_default();
        fingers.extend(source.map(|source| Finger {
            place,
            position,
            source,
        }));
    }
    fingers
}

/// Where the finger's template comes from; none where no file is named. A resolution that is wrong has a flaw, and the
/// file is looked at all the same.
fn read_source(object: &mut Object<'_>) -> Option<Source> {
    match (object.value(IMAGE.name), object.value(TEMPLATE.name)) {
        (Some(_), Some(_)) => {
            object.flaw("", "has both an image and a template; leave one of them out");
            None
        }
        (None, None) => {
            object.flaw("", "has neither an image nor a template; write the path of one of them");
            None
        }
        (Some(_), None) => {
            object.refuse_strangers(OF_AN_IMAGE);
            let path = object.required(&IMAGE);
            let dpi = object.required(&DPI_FIELD).unwrap_or(*DPI.start());
            path.map(|path| Source::Image { path, dpi })
        }
        (None, Some(_)) => {
            object.refuse_strangers(OF_A_RECORD);
            object.required(&TEMPLATE).map(|path| Source::Record { path })
        }
    }
}

/// The fields of a voter or a finger, and where its flaws go.
struct Object<'a> {
    fields: &'a [(String, Json)],
    /// empty for the voter, for example `fingers[1]` for a finger
    place: &'a str,
    flaws: &'a mut Vec<Flaw>,
}

impl<'a> Object<'a> {
    fn value(&self, name: &str) -> Option<&'a Json> {
        self.fields
            .iter()
            .find(|(field, _)| field == name)
            .map(|(_, value)| value)
    }

    fn required<T>(&mut self, field: &Field<T>) -> Option<T> {
        if self.value(field.name).is_none() {
            self.flaw(field.name, &format!("is missing; {}", field.hint));
        }
        self.optional(field)
    }

    fn optional<T>(&mut self, field: &Field<T>) -> Option<T> {
        let parsed = (field.parse)(self.value(field.name)?);
        parsed
            .map_err(|wrong| self.flaw(field.name, &format!("{wrong}; {}", field.hint)))
            .ok()
    }

    /// A field that nobody asked for is a mistyped one, or a list for another program.
    fn refuse_strangers(&mut self, known: &[&str]) {
        for (index, (name, _)) in self.fields.iter().enumerate() {
            if self.fields[..index].iter().any(|(earlier, _)| earlier == name) {
                let name = nameable(name).unwrap_or_default();
                self.flaw(&name, "stands twice; leave one of them out");
            } else if !known.contains(&name.as_str()) {
                match nameable(name) {
                    Some(name) => self.flaw(&name, "is not a field of the list; correct its name or leave it out"),
                    None => self.flaw("", "has a field whose name is not one of the list; leave it out"),
                }
            }
        }
    }

    fn flaw(&mut self, name: &str, text: &str) {
        let dot = if self.place.is_empty() || name.is_empty() {
            ""
        } else {
            "."
        };
        let field = format!("{}{dot}{name}", self.place);
        self.flaws.push(Flaw {
            field,
            text: text.to_owned(),
        });
    }
}

/// A field's name as far as it can be repeated: where quotes went wrong, a voter's data can stand in its place.
fn nameable(name: &str) -> Option<String> {
    let shape = |byte: u8| byte.is_ascii_lowercase() || byte == b'_';
    (!name.is_empty() && name.len() <= MAX_CODE && name.bytes().all(shape)).then(|| name.to_owned())
}

fn not_json(error: &serde_json::Error) -> String {
    let column = error.column();
    if error.is_eof() {
        format!("is cut off after character {column}; copy the list again, or complete the line")
    } else {
        format!("is not JSON at character {column}; write one voter as one object in braces on the line")
    }
}

fn text(json: &Json) -> Result<&str, &'static str> {
    match json {
        Json::Text(text) => Ok(text),
        other => Err(other.is_a()),
    }
}

fn flag(json: &Json) -> Result<bool, &'static str> {
    match json {
        Json::Flag(flag) => Ok(*flag),
        other => Err(other.is_a()),
    }
}

fn list(json: &Json) -> Result<(), &'static str> {
    match json {
        Json::List(_) => Ok(()),
        other => Err(other.is_a()),
    }
}

fn whole<T: TryFrom<i64>>(json: &Json) -> Result<T, &'static str> {
    match json {
        Json::Whole(number) => T::try_from(*number).map_err(|_| "is out of range"),
        other => Err(other.is_a()),
    }
}

fn roll_number(json: &Json) -> Result<RollNumber, &'static str> {
    match whole(json)? {
        0 => Err("is 0"),
        number => Ok(RollNumber(number)),
    }
}

fn dpi(json: &Json) -> Result<u16, &'static str> {
    let dpi = whole(json)?;
    if DPI.contains(&dpi) {
        Ok(dpi)
    } else {
        Err("is out of range")
    }
}

fn printable(json: &Json) -> Result<String, &'static str> {
    let text = text(json)?;
    if is_printable(text) {
        Ok(text.to_owned())
    } else {
        Err("is empty, too long, or has spaces at an end or characters that cannot be shown")
    }
}

fn date(json: &Json) -> Result<Date, &'static str> {
    text(json)?
        .parse()
        .map_err(|_| "is not a date of the years 1900 to 2199")
}

fn sex(json: &Json) -> Result<Sex, &'static str> {
    Sex::from_letter(text(json)?).ok_or("is another text")
}

fn pin(json: &Json) -> Result<String, &'static str> {
    let text = text(json)?;
    if text.len() == PIN_DIGITS && text.bytes().all(|byte| byte.is_ascii_digit()) {
        Ok(text.to_owned())
    } else {
        Err("is not 14 digits")
    }
}

fn document(json: &Json) -> Result<String, &'static str> {
    let letters = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
    code(json, letters).map_err(|wrong| wrong.unwrap_or("is not a document number"))
}

fn optional_code(json: &Json) -> Result<Option<String>, &'static str> {
    let letters = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    match json {
        Json::Null => Ok(None),
        other => code(other, letters)
            .map(Some)
            .map_err(|wrong| wrong.unwrap_or("is not a code")),
    }
}

/// An error of none means a text, but not of these letters.
fn code(json: &Json, letter: impl Fn(u8) -> bool) -> Result<String, Option<&'static str>> {
    let text = text(json)?;
    let good = !text.is_empty() && text.len() <= MAX_CODE && text.bytes().all(letter);
    if good { Ok(text.to_owned()) } else { Err(None) }
}

fn path(json: &Json) -> Result<String, &'static str> {
    match text(json)? {
        "" => Err("is empty"),
        path => Ok(path.to_owned()),
    }
}

fn optional_path(json: &Json) -> Result<Option<String>, &'static str> {
    match json {
        Json::Null => Ok(None),
        other => path(other).map(Some),
    }
}

fn position(json: &Json) -> Result<FingerPosition, &'static str> {
    let name: StrDeserializer<'_, NoPosition> = text(json)?.into_deserializer();
    match FingerPosition::deserialize(name) {
        Ok(FingerPosition::Unknown) | Err(_) => Err("is not a finger"),
        Ok(position) => Ok(position),
    }
}
