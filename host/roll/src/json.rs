//! A line's JSON, with every field that stands in it: a field that stands twice is seen, not silently overwritten.

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

/// A JSON value.
pub(crate) enum Json {
    /// `null`
    Null,
    /// `true`, `false`
    Flag(bool),
    /// a number without a fraction
    Whole(i64),
    /// any other number
    OtherNumber,
    /// a string
    Text(String),
    /// `[]`
    List(Vec<Self>),
    /// `{}`, its fields in the order in which they stand
    Object(Vec<(String, Self)>),
}

impl Json {
    /// What kind of value it is, to stand after a field's name.
    pub(crate) fn is_a(&self) -> &'static str {
        match self {
            Self::Null => "is null",
            Self::Flag(_) => "is true or false",
            Self::Whole(_) => "is a number",
            Self::OtherNumber => "is a number with a fraction or too many digits",
            Self::Text(_) => "is text",
            Self::List(_) => "is a list",
            Self::Object(_) => "is an object",
        }
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(JsonVisitor)
    }
}

struct JsonVisitor;

impl<'de> Visitor<'de> for JsonVisitor {
    type Value = Json;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json, E> {
        Ok(Json::Flag(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Json, E> {
        Ok(Json::Whole(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Json, E> {
        Ok(i64::try_from(value).map_or(Json::OtherNumber, Json::Whole))
    }

    fn visit_f64<E>(self, _: f64) -> Result<Json, E> {
        Ok(Json::OtherNumber)
    }

    fn visit_str<E>(self, value: &str) -> Result<Json, E> {
        Ok(Json::Text(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut values: A) -> Result<Json, A::Error> {
        let mut list = Vec::new();
        while let Some(value) = values.next_element()? {
            list.push(value);
        }
        Ok(Json::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Json, A::Error> {
        let mut object = Vec::new();
        while let Some(field) = fields.next_entry()? {
            object.push(field);
        }
        Ok(Json::Object(object))
    }
}
