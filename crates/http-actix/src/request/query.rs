//! Queries: the parameters of a URL.

use std::{
    collections::BTreeMap,
    future::{Ready, ready},
};

use actix_web::{FromRequest, HttpRequest, dev, web};
use domain::InvalidValue;
use paperclip::{
    actix::{Apiv2Schema, OperationModifier},
    v2::{models::DefaultOperationRaw, schema::Apiv2Schema},
};
use serde_json::{Value, json};

use crate::{
    documentation::header_parameter,
    error::ApiError,
    headers::{PREFER, header_name},
    preference::{STRICT, is_strict},
    problems::{Invalid, MESSAGE_UNKNOWN, Part, Problems},
};

/// The parameters of a URL as they were sent. Of one that is there twice the first one counts, as
/// it did in the original.
#[derive(Debug, Default)]
pub(crate) struct Parameters(BTreeMap<String, String>);

impl Parameters {
    /// Reads the part of a URL behind the question mark.
    pub(crate) fn of(query: &str) -> Self {
        let mut parameters = BTreeMap::new();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            parameters.entry(name.into_owned()).or_insert_with(|| value.into_owned());
        }
        Self(parameters)
    }

    /// Whether there is a parameter of this name.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// Reads a parameter. `None` when there is none of this name, or when there is a problem, which
    /// is then in `problems`.
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

/// A whole number and the domain's value that it stands for. A number that is too long to be read
/// is out of any bounds, and reported so.
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

/// The parameters that an operation takes, as the document has them, and what they are read into.
pub(crate) trait FromQuery: Apiv2Schema {
    /// What the parameters say.
    type Value;

    /// Reads every parameter there is. Either there is a value, or `problems` say why not.
    fn read(parameters: &Parameters, problems: &mut Problems) -> Option<Self::Value>;
}

/// Extracts what a URL's parameters say.
pub(crate) struct Query<Q: FromQuery>(pub(crate) Q::Value);

impl<Q: FromQuery> Query<Q> {
    /// What the OpenAPI document says of a preference that every query takes.
    pub(crate) fn documentation() -> Value {
        json!({ header_name(&PREFER): {
            "description": format!(
                "With `{STRICT}` a parameter of the URL that is not known is an error; otherwise it \
                 counts for nothing, like a preference that is not known (RFC 7240)."
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
        ready(match Q::read(&parameters, &mut problems) {
            Some(value) if problems.is_empty() => Ok(Self(value)),
            _ => Err(ApiError::Invalid(Invalid { part: Part::Query, problems })),
        })
    }
}

impl<Q: FromQuery> Apiv2Schema for Query<Q> {}

/// Documented as what plain query parameters of the same names would be.
impl<Q: FromQuery> OperationModifier for Query<Q> {
    fn update_parameter(operation: &mut DefaultOperationRaw) {
        web::Query::<Q>::update_parameter(operation);
        header_parameter(operation, &PREFER);
    }

    fn update_definitions(_: &mut BTreeMap<String, paperclip::v2::models::DefaultSchemaRaw>) {}
}

/// For an operation that takes no parameters in its URL.
#[derive(Apiv2Schema)]
pub(crate) struct NoParameters {}

impl FromQuery for NoParameters {
    type Value = ();

    fn read(_: &Parameters, _: &mut Problems) -> Option<()> {
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::PageSize;

    #[test]
    fn of_a_parameter_that_is_there_twice_the_first_one_counts() {
        let parameters = Parameters::of("a=1&a=2&b");
        let mut problems = Problems::default();

        let read =
            |name, problems: &mut _| parameters.read(name, |text| Ok(text.to_owned()), problems);

        assert_eq!(read("a", &mut problems).as_deref(), Some("1"));
        assert_eq!(read("b", &mut problems).as_deref(), Some(""));
        assert_eq!(read("c", &mut problems), None);
    }

    #[test]
    fn a_number_is_whole_and_within_its_bounds() {
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
