//! What paperclip does not generate: about the document as a whole, and about each operation.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::{failures, headers, schemas};
use crate::{
    documentation::{Body, Operation, Response},
    routes::{self, Route},
};

/// The media type that paperclip gives every body.
const JSON: &str = "application/json";

/// What holds for all operations.
const DESCRIPTION: &str = "Posts of a blog: list, search, read, create, change and delete them.

The response to a read or a write of a post has an `ETag`, which identifies the state of the post. Send \
it as `If-None-Match` to get a post only if it has changed, and as `If-Match` to change or delete a post \
only if it has not changed since you read it.

Errors are `application/json`, or `application/problem+json` (RFC 9457) if `Accept` names that. Longer \
responses are compressed with gzip, br or zstd if `Accept-Encoding` asks for it. Pages of other origins \
may use the API if the server allows their origin (CORS).";

/// Every overlay, in the order to merge them in.
pub(super) fn all() -> Vec<Value> {
    let mut overlays = vec![whole()];
    let mut responses = BTreeMap::new();
    for Route { path, method, documentation, .. } in routes::table() {
        if let Some(documentation) = documentation {
            let operation = operation(documentation(), &mut responses);
            let method = method.as_str().to_lowercase();
            overlays.push(json!({ "paths": { path: { method: operation } } }));
        }
    }
    overlays.push(json!({ "components": { "responses": responses } }));
    overlays
}

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
        "components": { "headers": headers::components(), "schemas": schemas::all() },
    })
}

/// The overlay of one operation. The responses that several operations share are added to `shared`.
fn operation(operation: Operation, shared: &mut BTreeMap<String, Value>) -> Value {
    let Operation { description, parameters, body, responses, failures } = operation;
    let mut overlay = json!({});
    if let Some(description) = description {
        json_patch::merge(&mut overlay, &json!({ "description": description }));
    }
    for parameters in parameters {
        json_patch::merge(&mut overlay, &json!({ "parameters": parameters }));
    }
    if let Some(Body { description, example }) = body {
        // A merge ignores the null of an absent description.
        let body =
            json!({ "description": description, "content": { JSON: { "example": example } } });
        json_patch::merge(&mut overlay, &json!({ "requestBody": body }));
    }
    for response in responses {
        json_patch::merge(&mut overlay, &json!({ "responses": success(response) }));
    }
    for (status, name, component) in failures::responses(&failures) {
        let reference = json!({ "$ref": format!("#/components/responses/{name}") });
        json_patch::merge(&mut overlay, &json!({ "responses": { status: reference } }));
        // An operation that has the same outcome may have another example of it.
        shared.entry(name).or_insert(component);
    }
    overlay
}

fn success(response: Response) -> Value {
    let Response { status, description, headers, example, links } = response;
    let mut json = json!({ "description": description, "headers": headers::references(&headers) });
    if let Some(example) = example {
        json_patch::merge(&mut json, &json!({ "content": { JSON: { "example": example } } }));
    }
    if let Some(links) = links {
        json_patch::merge(&mut json, &json!({ "links": links }));
    }
    json!({ status.as_str(): json })
}

/// Adds to every response the headers that all have.
pub(super) fn add_common_headers(document: &mut Value) {
    let common = json!({ "headers": headers::references(&headers::OF_ALL_RESPONSES) });
    each_response(document, |response| {
        if response.get("$ref").is_none() {
            json_patch::merge(response, &common);
        }
    });
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
