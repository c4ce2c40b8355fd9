//! The overlay: the parts of the document that paperclip does not generate.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::{failures, headers, schemas};
use crate::{
    access::Access,
    documentation::{Body, Operation, Response},
    routes::{self, Route},
};

/// The media type of every body that paperclip generates.
const JSON: &str = "application/json";

/// The name of the security scheme.
const API_KEY: &str = "apiKey";

/// The description of the API.
const DESCRIPTION: &str = "Posts of a blog: list, search, read, create, change and delete them.

The response to a read or a write of a post has an `ETag`, which identifies a version of the post. Send \
it as `If-None-Match` to get a post only if it has changed. Send it as `If-Match` to change or delete a \
post only if it has not changed since you read it.

Errors are `application/json`, or `application/problem+json` (RFC 9457) if `Accept` contains that media \
type. Long responses are compressed with gzip, br or zstd if `Accept-Encoding` allows it. Web pages of \
other origins can use the API if the server allows their origin (CORS).";

/// Returns all overlays, in the order in which to merge them.
pub(super) fn all() -> Vec<Value> {
    let mut overlays = vec![document_overlay()];
    let mut responses = BTreeMap::new();
    for Route { path, method, access, documentation, .. } in routes::table() {
        if let Some(documentation) = documentation {
            let mut documentation = documentation();
            if let Access::Needs(scope) = access {
                documentation.failures.extend(failures::of_scope(scope));
            }
            let mut operation = operation(documentation, &mut responses);
            json_patch::merge(&mut operation, &json!({ "security": security(access) }));
            let method = method.as_str().to_lowercase();
            overlays.push(json!({ "paths": { path: { method: operation } } }));
        }
    }
    overlays.push(json!({ "components": { "responses": responses } }));
    overlays
}

/// Returns the overlay of everything except the operations and their error responses.
fn document_overlay() -> Value {
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
            "headers": headers::components(),
            "schemas": schemas::all(),
            "securitySchemes": {
                API_KEY: {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "An API key. Whether reads and writes need a key depends on the \
                                    server. A key has one of three scopes: `read` sees drafts too, \
                                    `write` can also change posts, `admin` can do everything.",
                },
            },
        },
    })
}

/// Returns the security requirements of an operation: an API key, or, for a read, also none.
fn security(access: Access) -> Value {
    let key = json!({ API_KEY: [] });
    match access {
        Access::Public | Access::Previewable => json!([{}, key]),
        Access::Needs(_) => json!([key]),
    }
}

/// Returns the overlay of one operation. Adds the components of its error responses to `shared`.
fn operation(operation: Operation, shared: &mut BTreeMap<String, Value>) -> Value {
    let Operation { description, parameters, body, responses, failures } = operation;
    let mut overlay = json!({});
    if let Some(description) = description {
        json_patch::merge(&mut overlay, &json!({ "description": description }));
    }
    for parameters in parameters {
        json_patch::merge(&mut overlay, &json!({ "parameters": parameters }));
    }
    if let Some(Body { description, example, is_optional }) = body {
        // In a merge, null removes a key. So a description that is `None` adds no key.
        let body = json!({ "description": description, "content": { JSON: { "example": example } }, "required": !is_optional });
        json_patch::merge(&mut overlay, &json!({ "requestBody": body }));
    }
    for response in responses {
        json_patch::merge(&mut overlay, &json!({ "responses": success(response) }));
    }
    for (status, name, component) in failures::responses(&failures) {
        let reference = json!({ "$ref": format!("#/components/responses/{name}") });
        json_patch::merge(&mut overlay, &json!({ "responses": { status: reference } }));
        // Another operation may have added this response with a different example. The first one
        // is kept.
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

/// Adds the common headers to every response.
pub(super) fn add_common_headers(document: &mut Value) {
    let common = json!({ "headers": headers::references(&headers::COMMON) });
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
