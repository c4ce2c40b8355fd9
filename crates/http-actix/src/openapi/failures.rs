//! The error responses of operations, generated from the errors.

use std::collections::BTreeMap;

use domain::{KeyScope, PostError, ports::RepositoryError};
use serde_json::{Value, json};

use super::{headers, schemas};
use crate::error::{ApiError, ErrorBody, Outcome, ProblemDetails, RETRY_AFTER_SECONDS};

/// Returns one response for each status of `failures` and of the common failures. Each response is
/// a tuple of the status, the name of the component, and the component.
pub(super) fn responses(failures: &[ApiError]) -> Vec<(String, String, Value)> {
    let common = common_failures();
    let mut by_status: BTreeMap<u16, Vec<Outcome>> = BTreeMap::new();
    for outcome in failures.iter().chain(&common).map(ApiError::outcome) {
        by_status.entry(outcome.status.as_u16()).or_default().push(outcome);
    }
    let response = |(status, outcomes): (u16, Vec<Outcome>)| {
        let names = outcomes.iter().map(|outcome| outcome.name).collect::<Vec<_>>();
        (status.to_string(), names.join("Or"), component(&outcomes))
    };
    by_status.into_iter().map(response).collect()
}

/// Returns the failures that every operation can have.
fn common_failures() -> [ApiError; 5] {
    let cause = || RepositoryError::Unavailable("an example".into());
    [
        ApiError::Unauthorized,
        ApiError::UnknownHost,
        ApiError::TooManyRequests { seconds: RETRY_AFTER_SECONDS },
        PostError::Internal(cause()).into(),
        PostError::Unavailable(cause()).into(),
    ]
}

/// Returns the failures of operations that need a key with a scope.
pub(super) fn of_scope(needed: KeyScope) -> [ApiError; 2] {
    [ApiError::Forbidden { needed }, ApiError::CrossSite]
}

/// Returns the response component for `outcomes`, which all have the same status.
fn component(outcomes: &[Outcome]) -> Value {
    let description = outcomes.iter().map(|outcome| outcome.description).collect::<Vec<_>>();
    let names = outcomes.iter().flat_map(|outcome| &outcome.headers).map(|(name, _)| name);
    json!({
        "description": description.join(" "),
        "headers": headers::references(names),
        "content": {
            "application/json": content(schemas::ERROR_BODY, outcomes, |outcome| json!(ErrorBody::from(outcome))),
            ProblemDetails::TYPE: content(schemas::PROBLEM_DETAILS, outcomes, |outcome| {
                json!(ProblemDetails::from(outcome))
            }),
        },
    })
}

/// Returns the documentation of a body: its schema, and an example for each outcome.
fn content(schema: &str, outcomes: &[Outcome], example: impl Fn(&Outcome) -> Value) -> Value {
    let schema = schemas::reference(schema);
    match outcomes {
        [only] => json!({ "schema": schema, "example": example(only) }),
        several => {
            let named = |outcome: &Outcome| (outcome.name, json!({ "value": example(outcome) }));
            let examples: Value = several.iter().map(named).collect();
            json!({ "schema": schema, "examples": examples })
        }
    }
}
