//! What the generated schemas do not say about their fields, and the schemas of errors.

use serde_json::{Value, json};

use crate::{
    problems::{Part, SCHEMA},
    request::post_fields,
    response::PostBody,
};

/// The schema of an error. All errors have the same one: there are generators that accept no other.
pub(super) const ERROR_BODY: &str = "ErrorBody";
/// The schema of the problems of a request.
const REQUEST_ERRORS: &str = "RequestErrors";
/// The schema of the problems of fields.
const FIELD_ERRORS: &str = "FieldErrors";
/// The schema of an error as problem details.
pub(super) const PROBLEM_DETAILS: &str = "ProblemDetails";

/// A reference to the schema of this name.
pub(super) fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

/// The schemas, by name.
pub(super) fn all() -> Value {
    json!({
        "Post": post(&PostBody::documentation()),
        "CreatePost": post(&sent()),
        "ReplacePost": post(&sent()),
        "PatchPost": post(&sent()),
        ERROR_BODY: error_body(),
        REQUEST_ERRORS: request_errors(),
        FIELD_ERRORS: field_errors(),
        PROBLEM_DETAILS: problem_details(),
    })
}

/// The schema of a post with these fields.
fn post(fields: &Value) -> Value {
    json!({ "additionalProperties": false, "properties": fields })
}

/// The documentation of the fields that a request may have.
fn sent() -> Value {
    let names = post_fields::names();
    let mut fields = PostBody::documentation();
    if let Some(fields) = fields.as_object_mut() {
        fields.retain(|name, _| names.contains(name));
    }
    fields
}

fn error_body() -> Value {
    json!({
        "type": "object",
        "description": "An error. Only a 422, and a 400 for a body that is not JSON, have `errors`.",
        "additionalProperties": false,
        "properties": {
            "code": status_code(),
            "errors": reference(REQUEST_ERRORS),
            "message": { "type": "string", "description": "An explanation for a person." },
            "status": { "type": "string", "description": "The status code in words." },
        },
        "required": ["code", "status"],
    })
}

fn status_code() -> Value {
    json!({ "type": "integer", "format": "int32", "description": "The status code." })
}

fn request_errors() -> Value {
    let body = json!({
        "description": "The problems of the body: by field (422), or as a list if it is not JSON (400).",
        "oneOf": [reference(FIELD_ERRORS), messages()],
    });
    json!({
        "type": "object",
        "description": "The problems of a request, by part of the request.",
        "additionalProperties": false,
        "minProperties": 1,
        "properties": {
            Part::Headers.as_str(): reference(FIELD_ERRORS),
            Part::Json.as_str(): body,
            Part::Query.as_str(): reference(FIELD_ERRORS),
        },
    })
}

fn field_errors() -> Value {
    json!({
        "type": "object",
        "description": format!(
            "The problems of fields, by name. `{SCHEMA}` is the body as a whole."
        ),
        "additionalProperties": messages(),
    })
}

fn messages() -> Value {
    json!({ "type": "array", "items": { "type": "string" } })
}

/// RFC 9457.
fn problem_details() -> Value {
    let text = |description: &str| json!({ "type": "string", "description": description });
    json!({
        "type": "object",
        "additionalProperties": false,
        "properties": {
            "detail": text("An explanation for a person."),
            "errors": {
                "type": "array",
                "description": "What is wrong with the request, and where.",
                "items": {
                    "type": "object",
                    "additionalProperties": false,
                    "properties": {
                        "detail": text("What is wrong."),
                        "header": text("The name of the header that it is wrong with."),
                        "parameter": text("The name of the URL's parameter that it is wrong with."),
                        "pointer": text("Where in the body it is wrong (RFC 6901)."),
                    },
                    "required": ["detail"],
                },
            },
            "status": status_code(),
            "title": text("The status code in words."),
            "type": text("What kind of problem it is: `about:blank`, as the status says it."),
        },
        "required": ["status", "title", "type"],
    })
}
