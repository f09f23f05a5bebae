//! What the commission can set.

use serde::Deserialize;

/// What can be asked for once the finger's attempts are used up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Way {
    /// an identity document
    Document,
    /// the face, compared with the portrait of whom a document or a finger names without enough weight
    Face,
    /// two officers at the desk
    Officers,
}

/// The ways in the order in which they are tried; after the last one the voter is referred to the commission at the station.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Vec<Way>")]
pub struct Fallback([Option<Way>; 3]);

impl Fallback {
    /// In their order.
    pub fn ways(self) -> impl Iterator<Item = Way> {
        self.0.into_iter().flatten()
    }
}

impl Default for Fallback {
    fn default() -> Self {
        Self([Some(Way::Document), None, None])
    }
}

impl TryFrom<Vec<Way>> for Fallback {
    type Error = String;

    fn try_from(ways: Vec<Way>) -> Result<Self, String> {
        let name = |way: Way| match way {
            Way::Document => "document",
            Way::Face => "face",
            Way::Officers => "officers",
        };
        let twice = ways
            .iter()
            .enumerate()
            .find(|(index, way)| ways[..*index].contains(way));
        if let Some((_, way)) = twice {
            return Err(format!("`fallback` names `{}` twice", name(*way)));
        }
        // Officers always have an answer, so that nothing after them would ever be asked.
        let officers = ways.iter().position(|way| *way == Way::Officers);
        if officers.is_some_and(|index| index + 1 < ways.len()) {
            return Err("`fallback` must end with `officers` where it names them".to_owned());
        }
        let mut all = [None; 3];
        all.iter_mut().zip(ways).for_each(|(place, way)| *place = Some(way));
        Ok(Self(all))
    }
}

/// The policy's settings, as JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Settings {
    /// fingerprint attempts before another way is taken, 1 to 10
    pub attempts: u8,
    /// a hit at or above this identifies, as -100 x log10 of the false match rate of one comparison, before the roll's
    /// size is allowed for; 200 to 1,200. 300 lets one in a thousand people who are on no roll see a voter's photo, which
    /// the operator then compares with them
    pub threshold: u16,
    /// images below this are asked for again, 0 to 100
    pub minimum_quality: u8,
    /// how well the names on document and roll must agree, 0 to 100
    pub name_agreement: u8,
    /// what is asked for once the attempts are used up, in this order: `document`, `face`, `officers`, each once, officers last
    pub fallback: Fallback,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            attempts: 3,
            threshold: 300,
            minimum_quality: 20,
            name_agreement: 80,
            fallback: Fallback::default(),
        }
    }
}

/// A setting that is out of range.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// the setting's name
    pub path: String,
    /// what is wrong, and what would be right
    pub message: String,
}

impl Settings {
    /// Reads the settings; an empty text is the defaults.
    ///
    /// # Errors
    /// Every setting that is out of range, or the one place where the text is not JSON.
    pub fn read(text: &str) -> Result<Self, Vec<Problem>> {
        let text = if text.trim().is_empty() { "{}" } else { text };
        let whole = |message: String| {
            vec![Problem {
                path: String::new(),
                message,
            }]
        };
        // A list of values would be taken for the settings in their order.
        let object = serde_json::from_str(text).map_err(|cause| whole(cause.to_string()))?;
        if !matches!(object, serde_json::Value::Object(_)) {
            return Err(whole("must be an object, with settings by their names".to_owned()));
        }
        let settings: Self = serde_json::from_str(text).map_err(|cause| whole(cause.to_string()))?;
        let ranges = [
            ("attempts", u16::from(settings.attempts), 1, 10),
            ("threshold", settings.threshold, 200, 1_200),
            ("minimum-quality", u16::from(settings.minimum_quality), 0, 100),
            ("name-agreement", u16::from(settings.name_agreement), 0, 100),
        ];
        let problems: Vec<Problem> = ranges
            .into_iter()
            .filter(|(_, value, low, high)| !(low..=high).contains(&value))
            .map(|(path, value, low, high)| Problem {
                path: path.to_owned(),
                message: format!("is {value}, but must be {low} to {high}"),
            })
            .collect();
        if problems.is_empty() {
            Ok(settings)
        } else {
            Err(problems)
        }
    }
}
