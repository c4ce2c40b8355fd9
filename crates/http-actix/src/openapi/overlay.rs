//! What paperclip cannot say: of the document as a whole here, of an operation beside its handler.

use actix_web::http::{Method, header::HeaderName};
use serde_json::{Map, Value, json};

use super::{failures::Failure, schemas};
use crate::{endpoints, middleware::REQUEST_ID};

/// The component that describes the header that names a request.
const REQUEST_ID_COMPONENT: &str = "RequestId";

/// Every overlay, in the order to merge them in.
pub(super) fn all() -> Vec<Value> {
    let mut overlays = vec![whole()];
    overlays.extend(endpoints::documentation());
    overlays
}

fn whole() -> Value {
    json!({
        "openapi": "3.0.3",
        "info": {
            "title": "Blog API",
            "version": "v1",
            "description": "Posts of a blog: list, read, write, replace and delete them.",
            "contact": { "name": "The maintainers of the Blog API" },
            "license": { "name": "MIT OR Apache-2.0", "url": "https://spdx.org/licenses/" },
        },
        "servers": [{ "url": "/", "description": "This server." }],
        "security": [],
        "tags": [{ "name": "posts", "description": "The posts of the blog." }],
        "components": {
            "headers": { REQUEST_ID_COMPONENT: {
                "description": "The request's name in the server's log.",
                "schema": { "type": "string", "example": super::examples::ID },
            }},
            "responses": Failure::components(),
            "schemas": schemas::all(),
        },
    })
}

/// The overlay of one operation: what can go wrong with it besides what always can, and `more`.
pub(crate) fn operation(path: &str, method: &Method, failures: &[Failure], more: Value) -> Value {
    let responses: Map<String, Value> =
        failures.iter().chain(&Failure::OF_ALL).map(|failure| failure.reference()).collect();
    let mut operation = json!({ "responses": responses });
    json_patch::merge(&mut operation, &more);
    json!({ "paths": { path: { method.as_str().to_lowercase(): operation } } })
}

/// A header's name as it is commonly written: each word with a capital.
pub(crate) fn header_name(name: &HeaderName) -> String {
    let words = name.as_str().split('-').map(|word| {
        let (first, rest) = word.split_at(1);
        first.to_uppercase() + rest
    });
    words.collect::<Vec<_>>().join("-")
}

/// Says of every answer that it names its request.
pub(super) fn name_the_request(document: &mut Value) {
    let header = json!({ "headers": { header_name(&REQUEST_ID): {
        "$ref": format!("#/components/headers/{REQUEST_ID_COMPONENT}"),
    }}});
    each_response(document, |response| {
        if response.get("$ref").is_none() {
            json_patch::merge(response, &header);
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
