//! The schemas of the OpenAPI document: what the overlay adds to the schemas that paperclip
//! generates, and the schemas of errors.

use serde_json::{Map, Value, json};

use crate::{
    endpoints::create_preview,
    problems::{Part, SCHEMA},
    request::post_fields,
    response::PostBody,
};

/// The schema of the body of an error.
///
/// All errors share it, because some code generators support only one error type per operation.
pub(super) const ERROR_BODY: &str = "ErrorBody";
/// The schema of the problems of a request, by part of the request.
const REQUEST_ERRORS: &str = "RequestErrors";
/// The schema of the problems of fields, by field name.
const FIELD_ERRORS: &str = "FieldErrors";
/// The schema of an error as problem details.
pub(super) const PROBLEM_DETAILS: &str = "ProblemDetails";

/// Returns a reference to the schema `name`.
pub(super) fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

/// Returns all schemas by name.
pub(super) fn all() -> Value {
    let mut schemas = json!({
        "Post": response_post(),
        "CreatePost": post(&request_fields()),
        "ReplacePost": post(&request_fields()),
        "PatchPost": post(&request_fields()),
        ERROR_BODY: error_body(),
        REQUEST_ERRORS: request_errors(),
        FIELD_ERRORS: field_errors(),
        PROBLEM_DETAILS: problem_details(),
    });
    json_patch::merge(&mut schemas, &create_preview::schemas());
    schemas
}

/// Returns what the overlay adds to the schema of a post in a response. All fields are required,
/// because a complete post has every field.
///
/// paperclip declares a field of type `Option` as optional. `PostBody` has no such field now. If it
/// gets one, the field is still required here.
fn response_post() -> Value {
    let fields = PostBody::documentation();
    let names: Value = fields.as_object().into_iter().flat_map(Map::keys).cloned().collect();
    let mut schema = post(&fields);
    json_patch::merge(&mut schema, &json!({ "required": names }));
    schema
}

/// Returns what the overlay adds to a schema: the documentation of its fields, and a rule that
/// forbids other fields.
fn post(fields: &Value) -> Value {
    json!({ "additionalProperties": false, "properties": fields })
}

/// Returns the documentation of the fields that a request can have.
fn request_fields() -> Value {
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
        "description": "An error. `errors` is present in a 422 response, and in a 400 response to a \
                        body that is not JSON.",
        "additionalProperties": false,
        "properties": {
            "code": status_code(),
            "errors": reference(REQUEST_ERRORS),
            "message": { "type": "string", "description": "An explanation for the user." },
            "status": { "type": "string", "description": "The reason phrase of the status code." },
        },
        "required": ["code", "status"],
    })
}

fn status_code() -> Value {
    json!({ "type": "integer", "format": "int32", "description": "The status code." })
}

fn request_errors() -> Value {
    let body = json!({
        "description": "The problems of the body: by field (422), or as a list if the body is not JSON (400).",
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
            "The problems of fields, by field name. `{SCHEMA}` stands for the whole body."
        ),
        "additionalProperties": messages(),
    })
}

fn messages() -> Value {
    json!({ "type": "array", "items": { "type": "string" } })
}

/// Returns the schema of problem details (RFC 9457).
fn problem_details() -> Value {
    let text = |description: &str| json!({ "type": "string", "description": description });
    json!({
        "type": "object",
        "additionalProperties": false,
        "properties": {
            "detail": text("An explanation for the user."),
            "errors": {
                "type": "array",
                "description": "The problems of the request, with their locations.",
                "items": {
                    "type": "object",
                    "additionalProperties": false,
                    "properties": {
                        "detail": text("The problem."),
                        "header": text("The name of the invalid header."),
                        "parameter": text("The name of the invalid query parameter."),
                        "pointer": text("The invalid field of the body, as a JSON Pointer (RFC 6901)."),
                    },
                    "required": ["detail"],
                },
            },
            "status": status_code(),
            "title": text("The reason phrase of the status code."),
            "type": text("The problem type. `about:blank`: the status code describes the problem."),
        },
        "required": ["status", "title", "type"],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_that_is_not_read_only_can_be_sent_and_is_in_the_example() {
        let fields = PostBody::documentation();
        let fields = fields.as_object().unwrap();
        let writable: Vec<_> =
            fields.keys().filter(|name| fields[*name]["readOnly"] != true).cloned().collect();

        assert_eq!(post_fields::names(), writable);
        assert!(post_fields::example().as_object().unwrap().keys().eq(&writable));
    }
}
