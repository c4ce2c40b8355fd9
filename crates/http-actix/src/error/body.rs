//! The JSON body of an error, in the format of the original API.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{Errors, Outcome};
use crate::problems::{Invalid, Part};

/// The JSON body of an error, with its keys in alphabetical order.
#[derive(Serialize)]
pub(crate) struct ErrorBody<'a> {
    code: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    errors: Option<ErrorsByPart<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<&'a str>,
    status: &'static str,
}

/// The problems, by part of the request.
#[derive(Serialize)]
#[serde(untagged)]
enum ErrorsByPart<'a> {
    Whole(BTreeMap<&'static str, [&'static str; 1]>),
    Fields(BTreeMap<&'static str, &'a BTreeMap<String, Vec<String>>>),
}

impl<'a> From<&'a Outcome> for ErrorBody<'a> {
    fn from(outcome: &'a Outcome) -> Self {
        let errors = match &outcome.errors {
            Errors::None => None,
            Errors::Body(message) => {
                Some(ErrorsByPart::Whole([(Part::Json.as_str(), [*message])].into()))
            }
            Errors::Fields(Invalid { part, problems }) => {
                Some(ErrorsByPart::Fields([(part.as_str(), problems.by_field())].into()))
            }
        };
        Self {
            code: outcome.status.as_u16(),
            errors,
            message: outcome.message.as_deref(),
            status: outcome.reason(),
        }
    }
}
