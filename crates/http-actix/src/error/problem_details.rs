//! Errors as problem details (RFC 9457): the same as in the usual body, in another form.

use actix_web::ResponseError as _;
use serde::Serialize;

use super::ApiError;
use crate::payload::{Invalid, MESSAGE_INVALID_JSON, Part, SCHEMA};

impl ApiError {
    /// The body of the answer to who has asked for problem details (RFC 9457).
    pub(crate) fn problem(&self) -> ProblemDetails {
        let status = self.status_code();
        ProblemDetails {
            detail: self.message(),
            errors: self.problems(),
            status: status.as_u16(),
            title: status.canonical_reason().unwrap_or_default(),
            r#type: "about:blank",
        }
    }

    fn problems(&self) -> Vec<Problem> {
        match self {
            Self::InvalidJson => {
                vec![Problem { place: Place::in_body(SCHEMA), detail: MESSAGE_INVALID_JSON.into() }]
            }
            Self::Invalid(Invalid { part, problems }) => {
                let by_field = problems.by_field().iter();
                let each = by_field.flat_map(|(field, details)| {
                    details.iter().map(|detail| Problem {
                        place: Place::of(*part, field),
                        detail: detail.clone(),
                    })
                });
                each.collect()
            }
            _ => vec![],
        }
    }
}

/// The body of an error as problem details (RFC 9457). The status says what kind it is, so its type
/// is none of its own.
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

/// One thing that is wrong with a request.
#[derive(Serialize)]
struct Problem {
    detail: String,
    #[serde(flatten)]
    place: Place,
}

/// Where in a request something is wrong.
#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
enum Place {
    /// In the body: a JSON Pointer (RFC 6901).
    Pointer(String),
    /// In a parameter of the URL.
    Parameter(String),
    /// In a header.
    Header(String),
}

impl Place {
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
    use crate::payload::Problems;

    #[test]
    fn problem_details_point_at_what_is_wrong() {
        let mut problems = Problems::default();
        problems.add("title", "One.");
        problems.add("title", "Two.");
        problems.add("a/b~c", "Three.");
        problems.add(SCHEMA, "Four.");
        let error = ApiError::Invalid(Invalid { part: Part::Json, problems });

        assert_eq!(
            serde_json::to_string(&error.problem()).unwrap(),
            concat!(
                r#"{"errors":[{"detail":"Four.","pointer":""},{"detail":"Three.","pointer":"/a~1b~0c"},"#,
                r#"{"detail":"One.","pointer":"/title"},{"detail":"Two.","pointer":"/title"}],"#,
                r#""status":422,"title":"Unprocessable Entity","type":"about:blank"}"#
            )
        );
    }

    #[test]
    fn problem_details_tell_parameters_and_headers_from_fields() {
        for (part, place) in [(Part::Query, "parameter"), (Part::Headers, "header")] {
            let mut problems = Problems::default();
            problems.add("x", "One.");

            let problem = ApiError::Invalid(Invalid { part, problems }).problem();

            let json = serde_json::to_value(problem).unwrap();
            assert_eq!(json["errors"][0], serde_json::json!({ "detail": "One.", place: "x" }));
        }
    }
}
