//! The body of an error as problem details (RFC 9457), with the same content as the JSON body.

use serde::Serialize;

use super::{Errors, Outcome};
use crate::problems::{Invalid, Part, SCHEMA};

/// The body of an error as problem details (RFC 9457).
///
/// `type` is `about:blank`: the status code alone says what the problem is (RFC 9457, section
/// 4.2.1).
#[derive(Serialize)]
pub(crate) struct ProblemDetails {
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<Problem>,
    status: u16,
    title: &'static str,
    r#type: &'static str,
}

impl ProblemDetails {
    /// The media type.
    pub(crate) const TYPE: &str = "application/problem+json";
}

impl From<&Outcome> for ProblemDetails {
    fn from(outcome: &Outcome) -> Self {
        Self {
            detail: outcome.message.clone(),
            errors: problems(&outcome.errors),
            status: outcome.status.as_u16(),
            title: outcome.reason(),
            r#type: "about:blank",
        }
    }
}

fn problems(errors: &Errors) -> Vec<Problem> {
    match errors {
        Errors::None => vec![],
        Errors::Body(message) => {
            vec![Problem { location: Location::in_body(SCHEMA), detail: (*message).to_owned() }]
        }
        Errors::Fields(Invalid { part, problems }) => {
            let by_field = problems.by_field().iter();
            let each = by_field.flat_map(|(field, details)| {
                details.iter().map(|detail| Problem {
                    location: Location::of(*part, field),
                    detail: detail.clone(),
                })
            });
            each.collect()
        }
    }
}

/// One problem of a request.
#[derive(Serialize)]
struct Problem {
    detail: String,
    #[serde(flatten)]
    location: Location,
}

/// The location of a problem in a request.
#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
enum Location {
    /// A field of the body, as a JSON Pointer (RFC 6901).
    Pointer(String),
    /// A query parameter.
    Parameter(String),
    /// A header field.
    Header(String),
}

impl Location {
    fn of(part: Part, field: &str) -> Self {
        match part {
            Part::Json => Self::in_body(field),
            Part::Query => Self::Parameter(field.to_owned()),
            Part::Headers => Self::Header(field.to_owned()),
        }
    }

    fn in_body(field: &str) -> Self {
        Self::Pointer(match field {
            SCHEMA => String::new(),
            field => format!("/{}", field.replace('~', "~0").replace('/', "~1")),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{error::ApiError, problems::Problems};

    #[test]
    fn problem_details_locate_each_problem_of_a_body() {
        let mut problems = Problems::default();
        problems.add("title", "One.");
        problems.add("title", "Two.");
        problems.add("a/b~c", "Three.");
        problems.add(SCHEMA, "Four.");
        let error = ApiError::Invalid(Invalid { part: Part::Json, problems });

        assert_eq!(
            serde_json::to_string(&ProblemDetails::from(&error.outcome())).unwrap(),
            concat!(
                r#"{"errors":[{"detail":"Four.","pointer":""},{"detail":"Three.","pointer":"/a~1b~0c"},"#,
                r#"{"detail":"One.","pointer":"/title"},{"detail":"Two.","pointer":"/title"}],"#,
                r#""status":422,"title":"Unprocessable Entity","type":"about:blank"}"#
            )
        );
    }

    #[test]
    fn problem_details_distinguish_parameters_headers_and_fields() {
        for (part, key) in [(Part::Query, "parameter"), (Part::Headers, "header")] {
            let mut problems = Problems::default();
            problems.add("x", "One.");

            let error = ApiError::Invalid(Invalid { part, problems });
            let problem = ProblemDetails::from(&error.outcome());

            let json = serde_json::to_value(problem).unwrap();
            assert_eq!(json["errors"][0], serde_json::json!({ "detail": "One.", key: "x" }));
        }
    }
}
