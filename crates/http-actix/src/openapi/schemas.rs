//! What the generated schemas do not say of their fields, and the schemas of errors.

use domain::{Content, NewPost, Title};
use serde_json::{Value, json};

use super::examples;

/// No U+0000, as a regular expression (ECMA 262).
const NO_NULL_CHARACTER: &str = r"^[^\u0000]*$";

/// The schemas, by name.
pub(super) fn all() -> Value {
    json!({
        "Post": {
            "additionalProperties": false,
            "properties": {
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
            },
        },
        "CreatePost": {
            "additionalProperties": false,
            "properties": {
                "content": content(),
                "published": {
                    "default": NewPost::PUBLISHED_BY_DEFAULT,
                    "description": "Whether everyone may read the post; otherwise it is a draft.",
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
        "Error": error(&[], json!({})),
        "MalformedBody": error(&["errors"], json!({
            "errors": part("json", json!({ "type": "array", "items": { "type": "string" } })),
        })),
        "InvalidBody": error(&["errors"], json!({ "errors": part("json", problems_by_field()) })),
        "InvalidQuery": error(&["errors"], json!({ "errors": part("query", problems_by_field()) })),
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

fn problems_by_field() -> Value {
    json!({
        "type": "object",
        "description": "What is wrong, by the name of the field; `_schema` is the whole.",
        "additionalProperties": { "type": "array", "items": { "type": "string" } },
    })
}
