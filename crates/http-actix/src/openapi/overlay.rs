//! What paperclip cannot say: of the document as a whole here, of an operation beside its handler.

use actix_web::http::Method;
use serde_json::{Map, Value, json};

use super::{
    failures::Failure,
    headers::{Header, headers},
    schemas,
};
use crate::{endpoints, payload::Accepted};

/// The type that paperclip gives every body.
const JSON: &str = "application/json";

/// Every overlay, in the order to merge them in.
pub(super) fn all() -> Vec<Value> {
    let mut overlays = vec![whole()];
    overlays.extend(endpoints::documentation());
    overlays
}

/// What holds for all operations.
const DESCRIPTION: &str = "Posts of a blog: list, search, read, write, change and delete them.

Every answer has an `ETag` where it shows a state. Send it back as `If-None-Match` to be sent nothing \
that you have already, and as `If-Match` to change or delete a post only if it still is as you have \
read it.

Errors come as `application/json`, or as `application/problem+json` (RFC 9457) where `Accept` names \
that. Answers are compressed with gzip, br or zstd where `Accept-Encoding` asks for it. Pages of \
other origins may use the API where the server names their origin (CORS).";

fn whole() -> Value {
    json!({
        "openapi": "3.0.3",
        "info": {
            "title": "Blog API",
            "version": "v1",
            "description": DESCRIPTION,
            "contact": { "name": "The maintainers of the Blog API" },
            "license": { "name": "MIT OR Apache-2.0", "url": "https://spdx.org/licenses/" },
        },
        "servers": [{ "url": "/", "description": "This server." }],
        "security": [],
        "tags": [{ "name": "posts", "description": "The posts of the blog." }],
        "components": {
            "headers": Header::components(),
            "responses": Failure::components(),
            "schemas": schemas::all(),
        },
    })
}

/// The overlay of one operation: what can go wrong with it besides what always can, and `more`.
/// The `parameters` in that are a list of objects, which hold the parameters by their names.
pub(crate) fn operation(
    path: &str,
    method: &Method,
    failures: &[Failure],
    mut more: Value,
) -> Value {
    if let Some(Value::Array(parts)) = more.get_mut("parameters").map(Value::take) {
        let mut parameters = json!({});
        for part in &parts {
            json_patch::merge(&mut parameters, part);
        }
        json_patch::merge(&mut more, &json!({ "parameters": parameters }));
    }
    let responses: Map<String, Value> =
        failures.iter().chain(&Failure::OF_ALL).map(|failure| failure.reference()).collect();
    let mut operation = json!({ "responses": responses });
    json_patch::merge(&mut operation, &more);
    json!({ "paths": { path: { method.as_str().to_lowercase(): operation } } })
}

/// Says of every answer that it names its request.
pub(super) fn name_the_request(document: &mut Value) {
    let header = json!({ "headers": headers(&[Header::RequestId]) });
    each_response(document, |response| {
        if response.get("$ref").is_none() {
            json_patch::merge(response, &header);
        }
    });
}

/// Says of every body that is taken as a merge patch that it can be declared as one.
pub(super) fn declare_patches(document: &mut Value) {
    let paths = document.get_mut("paths").into_iter().flat_map(values);
    let patches = paths.filter_map(|operations| operations.get_mut("patch"));
    for content in patches.filter_map(|patch| patch.pointer_mut("/requestBody/content")) {
        let json = content.get(JSON).cloned();
        for media_type in Accepted::MergePatch.types() {
            json_patch::merge(content, &json!({ *media_type: json }));
        }
    }
}

fn each_response(document: &mut Value, change: impl Fn(&mut Value)) {
    let in_paths = document
        .get_mut("paths")
        .into_iter()
        .flat_map(values)
        .flat_map(values)
        .filter_map(|operation| operation.get_mut("responses"));
    in_paths.flat_map(values).for_each(&change);
    document.pointer_mut("/components/responses").into_iter().flat_map(values).for_each(&change);
}

fn values(value: &mut Value) -> impl Iterator<Item = &mut Value> {
    value.as_object_mut().into_iter().flat_map(Map::values_mut)
}
