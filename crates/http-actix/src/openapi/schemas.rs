//! What the generated schemas do not say about their fields, and the schemas of errors.

use serde_json::{Value, json};

use crate::{error::Errors, problems::Part, request::post_fields, response::PostBody};

/// The schema of an error without field errors.
const ERROR_BODY: &str = "ErrorBody";
/// The schema of an error that is about the body as a whole.
const MALFORMED_BODY: &str = "MalformedBody";
/// The schema of an error that has field errors.
const INVALID: &str = "Invalid";
/// The schema of an error as problem details.
pub(super) const PROBLEM_DETAILS: &str = "ProblemDetails";

/// The name of the schema of a body with these errors.
pub(super) const fn of_errors(errors: &Errors) -> &'static str {
    match errors {
        Errors::None => ERROR_BODY,
        Errors::Body(_) => MALFORMED_BODY,
        Errors::Fields(_) => INVALID,
    }
}

/// The schemas, by name.
pub(super) fn all() -> Value {
    json!({
        "Post": post(&PostBody::documentation()),
        "ListedPost": post(&PostBody::documentation()),
        "CreatePost": post(&sent()),
        "ReplacePost": post(&sent()),
        "PatchPost": post(&sent()),
        ERROR_BODY: error(&[], json!({})),
        MALFORMED_BODY: error(&["errors"], json!({
            "errors": part("json", json!({ "type": "array", "items": { "type": "string" } })),
        })),
        "FieldErrors": problems_by_field(),
        INVALID: error(&["errors"], json!({ "errors": invalid() })),
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

/// An error's schema: what all errors have, and `more`.
fn error(required_too: &[&str], more: Value) -> Value {
    let required = [&["code", "status"], required_too].concat();
    let mut schema = json!({
        "type": "object",
        "additionalProperties": false,
        "properties": {
            "code": status_code(),
            "message": { "type": "string", "description": "An explanation for a person." },
            "status": { "type": "string", "description": "The status code in words." },
        },
        "required": required,
    });
    json_patch::merge(&mut schema, &json!({ "properties": more }));
    schema
}

fn status_code() -> Value {
    json!({ "type": "integer", "format": "int32", "description": "The status code, again." })
}

/// What is wrong with one part of a request.
fn part(name: &str, problems: Value) -> Value {
    json!({
        "type": "object",
        "additionalProperties": false,
        "properties": { name: problems },
        "required": [name],
    })
}

/// What is wrong with parts of a request.
fn invalid() -> Value {
    let parts = [Part::Headers, Part::Json, Part::Query].map(Part::as_str);
    let reference = json!({ "$ref": "#/components/schemas/FieldErrors" });
    json!({
        "type": "object",
        "description": "What is wrong, by the part of the request.",
        "additionalProperties": false,
        "minProperties": 1,
        "properties": parts.map(|part| (part, reference.clone())).into_iter().collect::<Value>(),
    })
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

fn problems_by_field() -> Value {
    json!({
        "type": "object",
        "description": "What is wrong, by the name of the field; `_schema` is the whole.",
        "additionalProperties": { "type": "array", "items": { "type": "string" } },
    })
}
