//! The fields of a body: absent, null, of the wrong type or, at last, a value.

use std::collections::BTreeMap;

use domain::InvalidValue;
use paperclip::v2::{models::DefaultSchemaRaw, schema::Apiv2Schema};
use serde::{Deserialize, Deserializer, de::IgnoredAny};
use serde_json::Value;

use super::problems::{MESSAGE_MISSING, MESSAGE_NULL, MESSAGE_UNKNOWN, Problems};

/// A type that JSON has.
pub(crate) trait FromJson: Sized {
    /// Reads `value`, which is not null, or says what it is not.
    fn from_json(value: Value) -> Result<Self, &'static str>;
}

impl FromJson for String {
    fn from_json(value: Value) -> Result<Self, &'static str> {
        match value {
            Value::String(text) => Ok(text),
            _ => Err("Not a valid string."),
        }
    }
}

/// A field as it was sent. `#[serde(default)]` makes it [`Absent`](Field::Absent).
#[derive(Debug, Default)]
enum Field<T> {
    #[default]
    Absent,
    Wrong(&'static str),
    Present(T),
}

impl<'de, T: FromJson> Deserialize<'de> for Field<T> {
    /// Never fails on a JSON value: what is wrong with it is to be reported with everything else.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(match Value::deserialize(deserializer)? {
            Value::Null => Self::Wrong(MESSAGE_NULL),
            value => match T::from_json(value) {
                Ok(value) => Self::Present(value),
                Err(message) => Self::Wrong(message),
            },
        })
    }
}

impl<T> Field<T> {
    /// Reads the value into one of the domain's. `None` when there is none, or when there is a
    /// problem, which is then in `problems`.
    fn read<V>(
        self,
        name: &str,
        parse: impl FnOnce(T) -> Result<V, InvalidValue>,
        problems: &mut Problems,
    ) -> Option<V> {
        match self {
            Self::Absent => None,
            Self::Wrong(message) => {
                problems.add(name, message);
                None
            }
            Self::Present(value) => match parse(value) {
                Ok(value) => Some(value),
                Err(invalid) => {
                    for message in invalid.into_messages() {
                        problems.add(name, message);
                    }
                    None
                }
            },
        }
    }
}

/// A field that has to be there.
#[derive(Debug, Deserialize)]
#[serde(transparent, bound = "T: FromJson")]
pub(crate) struct Required<T>(Field<T>);

impl<T> Default for Required<T> {
    fn default() -> Self {
        Self(Field::Absent)
    }
}

impl<T> Required<T> {
    /// The field's value, or `None` with what is wrong in `problems`.
    pub(crate) fn read<V>(
        self,
        name: &str,
        parse: impl FnOnce(T) -> Result<V, InvalidValue>,
        problems: &mut Problems,
    ) -> Option<V> {
        if matches!(self.0, Field::Absent) {
            problems.add(name, MESSAGE_MISSING);
        }
        self.0.read(name, parse, problems)
    }
}

/// A field that may be left out, but may not be null.
#[derive(Debug, Deserialize)]
#[serde(transparent, bound = "T: FromJson")]
pub(crate) struct Optional<T>(Field<T>);

impl<T> Default for Optional<T> {
    fn default() -> Self {
        Self(Field::Absent)
    }
}

impl<T> Optional<T> {
    /// The field's value. `None` when it was left out, or with what is wrong in `problems`.
    pub(crate) fn read<V>(
        self,
        name: &str,
        parse: impl FnOnce(T) -> Result<V, InvalidValue>,
        problems: &mut Problems,
    ) -> Option<V> {
        self.0.read(name, parse, problems)
    }
}

impl<T: Apiv2Schema> Apiv2Schema for Required<T> {
    fn raw_schema() -> DefaultSchemaRaw {
        T::raw_schema()
    }
}

impl<T: Apiv2Schema> Apiv2Schema for Optional<T> {
    fn required() -> bool {
        false
    }

    fn raw_schema() -> DefaultSchemaRaw {
        T::raw_schema()
    }
}

/// Everything in a body that has no business there.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
pub(crate) struct UnknownFields(BTreeMap<String, IgnoredAny>);

impl UnknownFields {
    pub(crate) fn report(&self, problems: &mut Problems) {
        for name in self.0.keys() {
            problems.add(name, MESSAGE_UNKNOWN);
        }
    }
}

/// Adds nothing to the schema.
impl Apiv2Schema for UnknownFields {}
