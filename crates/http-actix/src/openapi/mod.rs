//! The OpenAPI document.
//!
//! paperclip generates paths, parameters, bodies and schemas from the routes and the types of their
//! handlers. Each endpoint documents what paperclip does not generate: bounds, headers, failures
//! and examples. That documentation, the overlay, is merged into the generated document. A test
//! fails if the overlay contains an operation, parameter or field that was not generated.

mod failures;
mod headers;
mod merge;
mod overlay;
mod schemas;

use actix_web::App;
use paperclip::actix::OpenApiExt as _;
use serde_json::Value;

use crate::routes;

/// Returns the OpenAPI 3.0.3 document of the API.
#[must_use]
pub fn document() -> Value {
    let mut document = merge::parameters_by_name(generated());
    for overlay in overlay::all() {
        json_patch::merge(&mut document, &overlay);
    }
    overlay::add_common_headers(&mut document);
    merge::parameters_as_list(document)
}

/// Returns the document as text: the content of `docs/openapi.json` and of the HTTP response.
#[must_use]
pub fn document_text() -> String {
    format!("{:#}\n", document())
}

/// Returns the document that paperclip generates from the routes.
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

    /// Returns the paths of the keys in `overlay` that are not in `document`, down to `depth`
    /// levels.
    fn unknown(overlay: &Value, document: &Value, depth: usize, path: &str) -> Vec<String> {
        let (Some(overlay), 1..) = (overlay.as_object(), depth) else { return vec![] };
        let below = |(key, value): (&String, &Value)| {
            let path = format!("{path}/{key}");
            match document.get(key) {
                Some(known) => unknown(value, known, depth - 1, &path),
                None => vec![path],
            }
        };
        overlay.iter().flat_map(below).collect()
    }

    #[test]
    fn the_overlay_contains_only_generated_operations() {
        let document = merge::parameters_by_name(generated());
        for overlay in overlay::all() {
            assert_eq!(unknown(&overlay["paths"], &document["paths"], 2, "paths"), [""; 0]);
        }
    }

    #[test]
    fn the_overlay_contains_only_generated_parameters() {
        let document = merge::parameters_by_name(generated());
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
    fn the_overlay_contains_only_generated_properties() {
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
    fn the_overlay_contains_only_generated_bodies_and_2xx_responses() {
        let document = merge::parameters_by_name(generated());
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

    /// Returns every `$ref` in `value`.
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
    fn every_reference_resolves_and_every_component_is_used() {
        let document = document();
        let referred: BTreeSet<_> = references(&document).into_iter().collect();
        let mut components = BTreeSet::new();
        for (kind, named) in document["components"].as_object().unwrap() {
            if kind == "securitySchemes" {
                // Operations refer to a security scheme by its name.
                continue;
            }
            for name in named.as_object().unwrap().keys() {
                components.insert(format!("#/components/{kind}/{name}"));
            }
        }

        assert_eq!(referred, components);
    }

    #[test]
    fn every_operation_names_the_security_scheme() {
        let document = document();
        let schemes = document["components"]["securitySchemes"].as_object().unwrap();
        for operations in document["paths"].as_object().unwrap().values() {
            for operation in operations.as_object().unwrap().values() {
                let requirements = operation["security"].as_array().unwrap();
                let names = requirements.last().unwrap().as_object().unwrap().keys();
                assert_eq!(names.collect::<Vec<_>>(), schemes.keys().collect::<Vec<_>>());
            }
        }
    }

    #[test]
    fn version_title_and_tag_equal_those_of_the_original_api() {
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
