//! Compares responses with the OpenAPI document, and checks a rule that the document cannot
//! express.

use std::{collections::BTreeSet, sync::LazyLock};

use reqwest::{Method, header::HeaderMap};
use serde_json::Value;

static DOCUMENT: LazyLock<Value> = LazyLock::new(http_actix::openapi::document);

/// Headers of HTTP itself and of CORS. Any response may have them, so the document does not list
/// them.
const GENERAL: [&str; 12] = [
    "access-control-allow-origin",
    "access-control-expose-headers",
    "connection",
    "content-encoding",
    "content-length",
    "content-security-policy",
    "content-type",
    "date",
    "referrer-policy",
    "transfer-encoding",
    "vary",
    "x-content-type-options",
];

/// Asserts that the document lists every header of a response.
///
/// Does not check a response whose status the document does not list for the operation, such as a
/// 400 for an incomplete body.
pub(crate) fn assert_headers(method: &Method, path: &str, status: u16, headers: &HeaderMap) {
    let Some(response) = response(method, path, status) else { return };
    let documented: BTreeSet<String> = response["headers"]
        .as_object()
        .map(|headers| headers.keys().map(|name| name.to_lowercase()).collect())
        .unwrap_or_default();
    let undocumented: Vec<_> = headers
        .keys()
        .map(|name| name.as_str())
        .filter(|name| !GENERAL.contains(name) && !documented.contains(*name))
        .collect();
    assert_eq!(undocumented, [""; 0], "not in the document: {method} {path} {status}");
}

/// The description of a response in the document.
fn response(method: &Method, path: &str, status: u16) -> Option<&'static Value> {
    let method = if *method == Method::HEAD { &Method::GET } else { method };
    let path = path.split('?').next().unwrap_or_default();
    let below = path.strip_prefix("/api/posts/").unwrap_or_default();
    let path = match below.split('/').collect::<Vec<_>>()[..] {
        [id] if !id.is_empty() => "/api/posts/{post_id}",
        [_, "preview"] => "/api/posts/{post_id}/preview",
        _ => path,
    };
    let operation = DOCUMENT["paths"].get(path)?.get(method.as_str().to_lowercase())?;
    let response = operation["responses"].get(status.to_string())?;
    match response["$ref"].as_str() {
        Some(reference) => DOCUMENT.pointer(reference.trim_start_matches('#')),
        None => Some(response),
    }
}

/// Asserts that a 422 response has `errors`, and that other responses have none. A 400 response may
/// have them or not. The schema cannot express this rule, because all errors share one schema.
pub(crate) fn assert_errors(status: u16, body: &[u8]) {
    // A response to `HEAD` has no body.
    let Ok(body) = serde_json::from_slice::<Value>(body) else { return };
    let has_errors = match &body["errors"] {
        Value::Object(parts) => !parts.is_empty(),
        Value::Array(problems) => !problems.is_empty(),
        _ => false,
    };
    assert!(status == 400 || has_errors == (status == 422), "{status}: {body}");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assert_header(header: &'static str) {
        let headers =
            [(header, "x")].map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()));
        assert_headers(&Method::GET, "/api/posts?page=1", 200, &headers.into_iter().collect());
    }

    #[test]
    fn a_documented_header_is_accepted() {
        assert_header("X-Pagination");
    }

    #[test]
    #[should_panic(expected = "not in the document")]
    fn an_undocumented_header_is_detected() {
        assert_header("Accept-Patch");
    }

    #[test]
    #[should_panic(expected = "422: ")]
    fn a_422_without_errors_is_found() {
        assert_errors(422, br#"{"code":422,"errors":{}}"#);
    }

    #[test]
    #[should_panic(expected = "404: ")]
    fn errors_of_another_status_are_found() {
        assert_errors(404, br#"{"errors":[{"detail":"x"}],"status":404}"#);
    }
}
