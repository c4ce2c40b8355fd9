//! The JSON object in a body, read field by field.
//!
//! Each field stays unparsed JSON text until its type is known. So a value that does not fit any
//! type, such as `1e999` or a deeply nested array, is reported as a problem of its field.

use std::{borrow::Cow, collections::BTreeMap};

use domain::InvalidValue;
use serde_json::value::RawValue;

use crate::problems::{MESSAGE_MISSING, MESSAGE_NULL, MESSAGE_UNKNOWN, Problems};

/// A type that a JSON field is parsed into.
pub(crate) trait FromJson: Sized {
    /// Parses a value that is not null. The error is the message for the client.
    fn from_json(json: &RawValue) -> Result<Self, &'static str>;

    /// Parses null. Only an `Option` accepts it.
    fn from_null() -> Result<Self, &'static str> {
        Err(MESSAGE_NULL)
    }
}

impl FromJson for String {
    fn from_json(json: &RawValue) -> Result<Self, &'static str> {
        serde_json::from_str(json.get()).map_err(|_| "Not a valid string.")
    }
}

/// A nullable field.
///
/// [`Object::take`] returns `None` if the field is absent or invalid, `Some(None)` for null, and
/// `Some(Some(value))` for a value.
impl<T: FromJson> FromJson for Option<T> {
    fn from_json(json: &RawValue) -> Result<Self, &'static str> {
        T::from_json(json).map(Some)
    }

    fn from_null() -> Result<Self, &'static str> {
        Ok(None)
    }
}

/// Whether a field is required.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Presence {
    Required,
    Optional,
}

/// The reason why a text is not a JSON object.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum NotAnObject {
    /// The text is not valid JSON.
    Malformed,
    /// The text is JSON, but not an object.
    OtherType,
}

/// A JSON object. [`take`](Self::take) removes its fields one by one.
#[derive(Debug)]
pub(crate) struct Object<'a>(BTreeMap<String, &'a RawValue>);

impl<'a> Object<'a> {
    /// Parses a JSON object. If a key occurs twice, its last value is used, as in JavaScript.
    pub(crate) fn parse(bytes: &'a [u8]) -> Result<Self, NotAnObject> {
        let json: &RawValue = parse(bytes)?;
        if !json.get().starts_with('{') {
            return Err(NotAnObject::OtherType);
        }
        let fields: BTreeMap<String, &RawValue> = parse(json.get().as_bytes())?;
        // A raw value is checked for syntax but not decoded. Decoding finds unpaired surrogates,
        // which are not valid Unicode.
        for text in fields.values().filter(|json| json.get().starts_with('"')) {
            parse::<Cow<'_, str>>(text.get().as_bytes())?;
        }
        Ok(Self(fields))
    }

    /// Removes a field and parses it into a domain value.
    ///
    /// Returns `None` if the field is absent or invalid. Adds a problem if the field is invalid, or
    /// if it is absent and required.
    pub(crate) fn take<T: FromJson, V>(
        &mut self,
        name: &str,
        presence: Presence,
        parse: impl FnOnce(T) -> Result<V, InvalidValue>,
        problems: &mut Problems,
    ) -> Option<V> {
        let Some(json) = self.0.remove(name) else {
            if presence == Presence::Required {
                problems.add(name, MESSAGE_MISSING);
            }
            return None;
        };
        let value = if json.get() == "null" { T::from_null() } else { T::from_json(json) };
        let value = value.map_err(|message| vec![message.to_owned()]);
        match value.and_then(|value| parse(value).map_err(InvalidValue::into_messages)) {
            Ok(value) => Some(value),
            Err(messages) => {
                for message in messages {
                    problems.add(name, message);
                }
                None
            }
        }
    }

    /// Adds a problem for every field that [`take`](Self::take) has not removed.
    pub(crate) fn report_unknown(self, problems: &mut Problems) {
        for name in self.0.keys() {
            problems.add(name, MESSAGE_UNKNOWN);
        }
    }
}

fn parse<'a, T: serde::Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, NotAnObject> {
    serde_json::from_slice(bytes).map_err(|_| NotAnObject::Malformed)
}

#[cfg(test)]
mod tests {
    use domain::Title;

    use super::*;

    fn title(json: &str) -> (Option<Title>, Vec<String>) {
        take(json, |object, problems| {
            object.take("title", Presence::Required, |text: String| Title::new(text), problems)
        })
    }

    /// Parses a nullable title.
    fn nullable(json: &str) -> (Option<Option<Title>>, Vec<String>) {
        let parse = |text: Option<String>| text.map(Title::new).transpose();
        take(json, |object, problems| object.take("title", Presence::Optional, parse, problems))
    }

    fn take<V>(
        json: &str,
        take: impl FnOnce(&mut Object<'_>, &mut Problems) -> Option<V>,
    ) -> (Option<V>, Vec<String>) {
        let mut problems = Problems::default();
        let value = take(&mut Object::parse(json.as_bytes()).unwrap(), &mut problems);
        (value, problems.by_field().values().flatten().cloned().collect())
    }

    #[test]
    fn a_required_field_has_a_value_or_a_problem() {
        assert_eq!(title(r#"{"title":"A title"}"#), (Title::new("A title").ok(), vec![]));
        for (json, message) in [
            ("{}", "Missing data for required field."),
            (r#"{"title":null}"#, "Field may not be null."),
            (r#"{"title":1}"#, "Not a valid string."),
            (r#"{"title":"ab"}"#, "Length must be between 3 and 100."),
        ] {
            assert_eq!(title(json), (None, vec![message.to_owned()]), "{json}");
        }
    }

    #[test]
    fn a_nullable_field_distinguishes_null_from_absent() {
        for (json, expected) in [
            ("{}", None),
            (r#"{"title":null}"#, Some(None)),
            (r#"{"title":"A title"}"#, Some(Title::new("A title").ok())),
        ] {
            assert_eq!(nullable(json), (expected, vec![]), "{json}");
        }
        for (json, message) in [
            (r#"{"title":1}"#, "Not a valid string."),
            (r#"{"title":"ab"}"#, "Length must be between 3 and 100."),
        ] {
            assert_eq!(nullable(json), (None, vec![message.to_owned()]), "{json}");
        }
    }

    #[test]
    fn a_value_that_fits_no_type_is_a_problem_of_its_field() {
        let deep = "[".repeat(100_000) + &"]".repeat(100_000);
        for value in ["1e999", "-1e999", &deep] {
            let json = format!(r#"{{"title":{value}}}"#);
            assert_eq!(title(&json), (None, vec!["Not a valid string.".to_owned()]));
        }
    }

    #[test]
    fn a_field_that_is_not_taken_is_unknown() {
        let mut problems = Problems::default();

        Object::parse(br#"{"a":1,"b":null}"#).unwrap().report_unknown(&mut problems);

        assert_eq!(problems.by_field().keys().collect::<Vec<_>>(), ["a", "b"]);
    }

    #[test]
    fn text_that_is_not_a_json_object_is_rejected() {
        for json in ["null", "1", "[]", "[{}]", "\"{}\"", " 1e999 "] {
            let error = Object::parse(json.as_bytes()).unwrap_err();
            assert_eq!(error, NotAnObject::OtherType, "{json}");
        }
        for json in ["", "{", "{}{}", "{'a':1}", r#"{"a":"\ud800"}"#, r#"{"\ud800":1}"#] {
            let error = Object::parse(json.as_bytes()).unwrap_err();
            assert_eq!(error, NotAnObject::Malformed, "{json}");
        }
        assert!(Object::parse(br#" {"a":"\ud83e\udd80","a":1} "#).is_ok());
    }
}
