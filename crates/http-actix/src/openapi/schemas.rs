//! What the generated schemas do not say of their fields, and the schemas of errors.

use domain::{Content, NewPost, Title};
use serde_json::{Value, json};

use super::examples;
use crate::payload::Part;

/// No U+0000, as a regular expression (ECMA 262).
const NO_NULL_CHARACTER: &str = r"^[^\u0000]*$";

/// The schemas, by name.
pub(super) fn all() -> Value {
    json!({
        "Post": { "additionalProperties": false, "properties": post() },
        "ListedPost": {
            "description": "A post, or of a post the fields that were asked for.",
            "additionalProperties": false,
            "properties": post(),
        },
        "CreatePost": {
            "additionalProperties": false,
            "properties": {
                "content": content(),
                "published": {
                    // No `default`: there are generators that take what has one for required.
                    "description": format!(
                        "Whether everyone may read the post; otherwise it is a draft. Left out, it \
                         is `{}`.",
                        NewPost::PUBLISHED_BY_DEFAULT
                    ),
                },
                "title": title(),
            },
            "example": examples::sent(),
        },
        "ReplacePost": {
            "additionalProperties": false,
            "properties": {
                "content": content(),
                "published": {
                    "description": "Publish (`true`) or withdraw (`false`) the post. Left out, it stays as it is.",
                },
                "title": title(),
            },
            "example": examples::sent(),
        },
        "PatchPost": {
            "additionalProperties": false,
            "properties": {
                "content": content(),
                "published": { "description": "Publish (`true`) or withdraw (`false`) the post." },
                "title": title(),
            },
            "example": examples::patch(),
        },
        "Error": error(&[], json!({})),
        "MalformedBody": error(&["errors"], json!({
            "errors": part("json", json!({ "type": "array", "items": { "type": "string" } })),
        })),
        "FieldErrors": problems_by_field(),
        "Invalid": error(&["errors"], json!({ "errors": invalid() })),
        "ProblemDetails": problem_details(),
    })
}

fn post() -> Value {
    json!({
        "content": content(),
        "created_at": time("When the post was made, in UTC, with six decimals of a second."),
        "id": {
            "description": "The post's name for ever. The server makes it.",
            "example": examples::ID,
            "readOnly": true,
        },
        "published": {
            "description": "Whether everyone may read the post; otherwise it is a draft.",
            "example": true,
        },
        "title": title(),
        "updated_at": time("When the post was last written, in UTC, with six decimals of a second. Never earlier than before."),
    })
}

fn title() -> Value {
    json!({
        "description": "The headline. Its length is counted in Unicode code points.",
        "minLength": Title::MIN_CHARS,
        "maxLength": Title::MAX_CHARS,
        "pattern": NO_NULL_CHARACTER,
    })
}

fn content() -> Value {
    json!({
        "description": "The body text. Its length is counted in Unicode code points.",
        "minLength": Content::MIN_CHARS,
        "pattern": NO_NULL_CHARACTER,
    })
}

fn time(description: &str) -> Value {
    json!({ "description": description, "readOnly": true })
}

/// An error's schema: what all errors have, and `more`.
fn error(required_too: &[&str], more: Value) -> Value {
    let required = [&["code", "status"], required_too].concat();
    let mut schema = json!({
        "type": "object",
        "additionalProperties": false,
        "properties": {
            "code": { "type": "integer", "description": "The status code, again." },
            "message": { "type": "string", "description": "What a person may want to know." },
            "status": { "type": "string", "description": "The status code in words." },
        },
        "required": required,
    });
    json_patch::merge(&mut schema, &json!({ "properties": more }));
    schema
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
            "detail": text("What a person may want to know."),
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
            "status": { "type": "integer", "description": "The status code, again." },
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
