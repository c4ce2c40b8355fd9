//! Makes lists of parameters fit for a merge.
//!
//! A JSON Merge Patch (RFC 7396) replaces an array as a whole. So, for the time of the merge, an
//! operation's parameters are an object by their names.

use serde_json::{Map, Value};

const PARAMETERS: &str = "parameters";

/// Every operation's `parameters` as an object by name.
pub(super) fn named(document: Value) -> Value {
    with_parameters(document, |parameters| match parameters {
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

/// Every operation's `parameters` as a list again.
pub(super) fn listed(document: Value) -> Value {
    with_parameters(document, |parameters| match parameters {
        Value::Object(by_name) => {
            Value::Array(by_name.into_iter().map(|(_, value)| value).collect())
        }
        other => other,
    })
}

fn with_parameters(mut document: Value, change: fn(Value) -> Value) -> Value {
    let paths = document.get_mut("paths").and_then(Value::as_object_mut);
    let operations = paths.into_iter().flat_map(Map::values_mut).filter_map(Value::as_object_mut);
    for operation in operations.flat_map(Map::values_mut).filter_map(Value::as_object_mut) {
        if let Some(parameters) = operation.remove(PARAMETERS) {
            operation.insert(PARAMETERS.to_owned(), change(parameters));
        }
    }
    document
}
