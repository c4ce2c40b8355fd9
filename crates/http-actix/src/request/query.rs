//! Query parameters.

use std::{
    collections::BTreeMap,
    future::{Ready, ready},
};

use actix_web::{FromRequest, HttpRequest, dev, web};
use domain::{InvalidValue, Viewer};
use paperclip::{
    actix::{Apiv2Schema, OperationModifier},
    v2::{models::DefaultOperationRaw, schema::Apiv2Schema},
};
use serde_json::{Value, json};

use crate::{
    auth,
    documentation::header_parameter,
    error::ApiError,
    headers::{PREFER, header_name},
    preference::{STRICT, is_strict},
    problems::{Invalid, MESSAGE_UNKNOWN, Part, Problems},
};

/// The query parameters of a URL, unparsed.
///
/// If a parameter occurs twice, its first value is used, as in the original API.
#[derive(Debug, Default)]
pub(crate) struct Parameters(BTreeMap<String, String>);

impl Parameters {
    /// Parses a query string: the part of a URL after the `?`.
    pub(crate) fn of(query: &str) -> Self {
        let mut parameters = BTreeMap::new();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            parameters.entry(name.into_owned()).or_insert_with(|| value.into_owned());
        }
        Self(parameters)
    }

    /// Returns the value of a parameter. Returns `None` if it is absent.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// Returns whether the query string has this parameter.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// Parses a parameter. Returns `None` if it is absent or invalid.
    ///
    /// Adds to `problems` if it is invalid.
    pub(crate) fn read<V>(
        &self,
        name: &str,
        parse: impl FnOnce(&str) -> Result<V, Vec<String>>,
        problems: &mut Problems,
    ) -> Option<V> {
        match parse(self.0.get(name)?) {
            Ok(value) => Some(value),
            Err(messages) => {
                for message in messages {
                    problems.add(name, message);
                }
                None
            }
        }
    }
}

/// Parses an integer into a domain value.
///
/// A number outside the range of `u32` gets the same message as any other number outside the bounds
/// of the domain value.
pub(crate) fn integer<V>(
    text: &str,
    parse: impl FnOnce(u32) -> Result<V, InvalidValue>,
) -> Result<V, Vec<String>> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(vec!["Not a valid integer.".to_owned()]);
    }
    let number = if negative { 0 } else { digits.parse().unwrap_or(u32::MAX) };
    parse(number).map_err(InvalidValue::into_messages)
}

/// The query parameters of an operation. The schema documents their names and types.
pub(crate) trait FromQuery: Apiv2Schema {
    /// The parsed parameters.
    type Value;

    /// Parses all parameters of a caller's request. Adds a problem for each invalid one.
    fn read(
        parameters: &Parameters,
        viewer: Viewer,
        problems: &mut Problems,
    ) -> Option<Self::Value>;
}

/// Extracts the parsed query parameters.
pub(crate) struct Query<Q: FromQuery>(pub(crate) Q::Value);

impl<Q: FromQuery> Query<Q> {
    /// Returns the documentation that paperclip does not generate for the `Prefer` header.
    pub(crate) fn documentation() -> Value {
        json!({ header_name(&PREFER): {
            "description": format!(
                "With `{STRICT}`, an unknown query parameter is an error. Without it, unknown query \
                 parameters are ignored. Unknown preferences are ignored (RFC 7240)."
            ),
            "schema": { "type": "string" },
        }})
    }
}

impl<Q: FromQuery> FromRequest for Query<Q> {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut dev::Payload) -> Self::Future {
        let parameters = Parameters::of(request.query_string());
        let mut problems = Problems::default();
        if is_strict(request.headers()) {
            let known = Q::raw_schema().properties;
            for name in parameters.0.keys().filter(|name| !known.contains_key(*name)) {
                problems.add(name, MESSAGE_UNKNOWN);
            }
        }
        ready(match Q::read(&parameters, auth::viewer(request), &mut problems) {
            Some(value) if problems.is_empty() => Ok(Self(value)),
            _ => Err(ApiError::Invalid(Invalid { part: Part::Query, problems })),
        })
    }
}

impl<Q: FromQuery> Apiv2Schema for Query<Q> {}

/// Documents the query parameters and the `Prefer` header.
impl<Q: FromQuery> OperationModifier for Query<Q> {
    fn update_parameter(operation: &mut DefaultOperationRaw) {
        web::Query::<Q>::update_parameter(operation);
        header_parameter(operation, &PREFER);
    }

    fn update_definitions(_: &mut BTreeMap<String, paperclip::v2::models::DefaultSchemaRaw>) {}
}

/// The query parameters of an operation that has none.
#[derive(Apiv2Schema)]
pub(crate) struct NoParameters {}

impl FromQuery for NoParameters {
    type Value = ();

    fn read(_: &Parameters, _: Viewer, _: &mut Problems) -> Option<()> {
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::PageSize;

    #[test]
    fn the_first_of_two_parameters_with_the_same_name_counts() {
        let parameters = Parameters::of("a=1&a=2&b");
        let mut problems = Problems::default();

        let read =
            |name, problems: &mut _| parameters.read(name, |text| Ok(text.to_owned()), problems);

        assert_eq!(read("a", &mut problems).as_deref(), Some("1"));
        assert_eq!(read("b", &mut problems).as_deref(), Some(""));
        assert_eq!(read("c", &mut problems), None);
    }

    #[test]
    fn an_integer_must_have_digits_only_and_be_within_its_bounds() {
        let read = |text| integer(text, PageSize::new).map(PageSize::get);

        for (text, expected) in [("1", 1), ("+7", 7), ("0100", 100)] {
            assert_eq!(read(text), Ok(expected));
        }
        for text in ["", "-", "1.0", "1e1", "ten", " 1", "0x1", "１"] {
            assert_eq!(read(text), Err(vec!["Not a valid integer.".to_owned()]), "{text}");
        }
        for text in ["0", "-1", "101", "99999999999999999999999"] {
            let messages = read(text).unwrap_err();
            assert!(messages.concat().starts_with("Must be greater"), "{text}");
        }
    }
}
