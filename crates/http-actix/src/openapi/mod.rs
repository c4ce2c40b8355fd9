//! How the OpenAPI document is assembled.
//!
//! paperclip generates paths, parameters, bodies and schemas from the routes and the types of their
//! handlers. What it does not generate (bounds, headers, failures, examples) comes from what each
//! endpoint returns as its documentation. It is merged into what was generated, and a test fails when
//! it names something that was not generated.

mod failures;
mod headers;
mod merge;
mod overlay;
mod schemas;

use actix_web::App;
use paperclip::actix::OpenApiExt as _;
use serde_json::Value;

use crate::routes;

/// The API's OpenAPI 3.0.3 document.
#[must_use]
pub fn document() -> Value {
    let mut document = merge::named(generated());
    for overlay in overlay::all() {
        json_patch::merge(&mut document, &overlay);
    }
    overlay::add_common_headers(&mut document);
    merge::listed(document)
}

/// The document as it is served and as `docs/openapi.json` holds it.
#[must_use]
pub fn document_text() -> String {
    format!("{:#}\n", document())
}

/// What paperclip generates from the routes.
fn generated() -> Value {
    let mut document = Value::Null;
    App::new().wrap_api().configure(routes::mount).with_raw_json_spec_v3(|app, generated| {
        document = generated;
        app
    });
    document
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::json;

    use super::*;

    /// The places in `overlay` that are not in `document`, `depth` levels down.
    fn unknown(overlay: &Value, document: &Value, depth: usize, place: &str) -> Vec<String> {
        let (Some(overlay), 1..) = (overlay.as_object(), depth) else { return vec![] };
        let below = |(key, value): (&String, &Value)| {
            let place = format!("{place}/{key}");
            match document.get(key) {
                Some(known) => unknown(value, known, depth - 1, &place),
                None => vec![place],
            }
        };
        overlay.iter().flat_map(below).collect()
    }

    #[test]
    fn the_overlay_names_only_operations_that_were_generated() {
        let document = merge::named(generated());
        for overlay in overlay::all() {
            assert_eq!(unknown(&overlay["paths"], &document["paths"], 2, "paths"), [""; 0]);
        }
    }

    #[test]
    fn the_overlay_names_only_parameters_that_were_generated() {
        let document = merge::named(generated());
        for overlay in overlay::all() {
            for (path, operations) in overlay["paths"].as_object().unwrap_or(&Default::default()) {
                for (method, operation) in operations.as_object().unwrap() {
                    let generated = &document["paths"][path][method]["parameters"];
                    let parameters = operation.get("parameters").unwrap_or(&Value::Null);
                    assert_eq!(unknown(parameters, generated, 1, path), [""; 0]);
                }
            }
        }
    }

    #[test]
    fn the_overlay_names_only_properties_that_were_generated() {
        let document = generated();
        let schemas = document["components"]["schemas"].as_object().unwrap();
        for overlay in overlay::all() {
            for (name, schema) in schemas {
                let overlaid = &overlay["components"]["schemas"][name]["properties"];
                assert_eq!(unknown(overlaid, &schema["properties"], 1, name), [""; 0]);
            }
        }
    }

    #[test]
    fn the_overlay_names_only_successes_and_bodies_that_were_generated() {
        let document = merge::named(generated());
        for overlay in overlay::all() {
            for (path, operations) in overlay["paths"].as_object().unwrap_or(&Default::default()) {
                for (method, operation) in operations.as_object().unwrap() {
                    let generated = &document["paths"][path][method];
                    let body = operation.pointer("/requestBody/content").unwrap_or(&Value::Null);
                    let known = &generated["requestBody"]["content"];
                    assert_eq!(unknown(body, known, 1, path), [""; 0]);
                    for (status, response) in operation["responses"].as_object().unwrap() {
                        if status.starts_with('2') {
                            let generated = &generated["responses"][status]["content"];
                            let content = response.get("content").unwrap_or(&Value::Null);
                            assert_eq!(unknown(content, generated, 1, path), [""; 0]);
                        }
                    }
                }
            }
        }
    }

    /// Every `$ref` in `value`.
    fn references(value: &Value) -> Vec<String> {
        match value {
            Value::Object(map) => match map.get("$ref") {
                Some(reference) => vec![reference.as_str().unwrap().to_owned()],
                None => map.values().flat_map(references).collect(),
            },
            Value::Array(list) => list.iter().flat_map(references).collect(),
            _ => vec![],
        }
    }

    #[test]
    fn every_reference_is_to_a_component_and_every_component_is_referred_to() {
        let document = document();
        let referred: BTreeSet<_> = references(&document).into_iter().collect();
        let mut components = BTreeSet::new();
        for (kind, named) in document["components"].as_object().unwrap() {
            for name in named.as_object().unwrap().keys() {
                components.insert(format!("#/components/{kind}/{name}"));
            }
        }

        assert_eq!(referred, components);
    }

    #[test]
    fn the_document_is_the_originals_by_version_title_and_tag() {
        let document = document();

        assert_eq!(document["openapi"], "3.0.3");
        assert_eq!(document["info"]["title"], "Blog API");
        assert_eq!(document["info"]["version"], "v1");
        assert_eq!(document["tags"][0]["name"], "posts");
        for operations in document["paths"].as_object().unwrap().values() {
            for operation in operations.as_object().unwrap().values() {
                assert_eq!(operation["tags"], json!(["posts"]));
            }
        }
    }
}
