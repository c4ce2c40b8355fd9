//! HTTP responses, with assertions.

use reqwest::{StatusCode, header::HeaderMap};
use serde_json::Value;

/// An HTTP response with its complete body.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Answer {
    pub(crate) async fn read(response: reqwest::Response) -> Self {
        Self {
            status: response.status(),
            headers: response.headers().clone(),
            body: response.bytes().await.unwrap().to_vec(),
        }
    }

    /// The body as text.
    pub fn text(&self) -> &str {
        str::from_utf8(&self.body).unwrap()
    }

    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The value of a header, or "" if it is missing.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// Asserts the status and the exact bytes of the body.
    #[track_caller]
    pub fn is(&self, status: u16, body: &str) {
        assert_eq!((self.status.as_u16(), self.text()), (status, body));
    }

    /// Asserts a 422 with exactly these problems of the request body.
    #[track_caller]
    pub fn is_invalid_body(&self, problems: Value) {
        let body = format!(
            r#"{{"code":422,"errors":{{"json":{problems}}},"status":"Unprocessable Entity"}}"#
        );
        self.is(422, &body);
    }

    /// Asserts the 404 response, which is the same for every missing resource.
    #[track_caller]
    pub fn is_not_found(&self) {
        self.is(404, r#"{"code":404,"status":"Not Found"}"#);
    }

    /// Asserts the status and returns the body as JSON.
    #[track_caller]
    pub fn json_of(&self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{}", self.text());
        self.json()
    }
}
