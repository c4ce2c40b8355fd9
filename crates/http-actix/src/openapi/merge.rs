//! Converts lists of parameters to objects and back, so that they can be merged.
//!
//! A JSON Merge Patch (RFC 7396) can only replace an array as a whole. So during the merge, the
//! parameters of an operation are an object keyed by name.

use serde_json::{Map, Value};

const PARAMETERS: &str = "parameters";

/// Converts the `parameters` of every operation to an object keyed by name.
pub(super) fn parameters_by_name(document: Value) -> Value {
    map_parameters(document, |parameters| match parameters {
        Value::Array(list) => Value::Object(
            list.into_iter()
                .filter_map(|parameter| {
                    let name = parameter.get("name")?.as_str()?.to_owned();
                    Some((name, parameter))
                })
                .collect(),
        ),
        other => other,
    })
}

/// Converts the `parameters` of every operation back to a list.
pub(super) fn parameters_as_list(document: Value) -> Value {
    map_parameters(document, |parameters| match parameters {
        Value::Object(by_name) => {
            Value::Array(by_name.into_iter().map(|(_, value)| value).collect())
        }
        other => other,
    })
}

fn map_parameters(mut document: Value, change: fn(Value) -> Value) -> Value {
    let paths = document.get_mut("paths").and_then(Value::as_object_mut);
    let operations = paths.into_iter().flat_map(Map::values_mut).filter_map(Value::as_object_mut);
    for operation in operations.flat_map(Map::values_mut).filter_map(Value::as_object_mut) {
        if let Some(parameters) = operation.remove(PARAMETERS) {
            operation.insert(PARAMETERS.to_owned(), change(parameters));
        }
    }
    document
}
