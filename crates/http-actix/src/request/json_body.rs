//! Bodies: declared as JSON, short enough, an object, and right in every field.

use std::{future::Future, pin::Pin};

use actix_web::{
    FromRequest, HttpRequest, dev,
    http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderValue},
    rt::time::timeout,
    web,
};
use paperclip::{
    actix::OperationModifier,
    v2::{
        models::{DefaultOperationRaw, DefaultSchemaRaw},
        schema::Apiv2Schema,
    },
};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::problems::{Invalid, Part, Problems};
use crate::{
    app::{Limits, Options},
    error::ApiError,
};

pub(crate) const MESSAGE_INVALID_JSON: &str = "Invalid JSON body.";

/// A body, field by field, and the domain's value that it stands for.
pub(crate) trait Payload: DeserializeOwned {
    /// As what it may be declared.
    const ACCEPTED: Accepted = Accepted::Json;

    /// What the body stands for.
    type Value;

    /// Reads every field. Either there is a value, or `problems` say why not.
    fn read(self, problems: &mut Problems) -> Option<Self::Value>;
}

/// As what a body may be declared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Accepted {
    /// As JSON.
    Json,
    /// As a JSON Merge Patch (RFC 7396), or plainly as JSON.
    MergePatch,
}

impl Accepted {
    /// The types' names.
    pub(crate) const fn types(self) -> &'static [&'static str] {
        match self {
            Self::Json => &["application/json"],
            Self::MergePatch => &["application/merge-patch+json", "application/json"],
        }
    }

    /// Whether a media type, parameters aside, is one of them. Where it is JSON that is asked for,
    /// so is a type with the suffix `+json` (RFC 6839, section 3.1).
    fn include(self, media_type: &str) -> bool {
        let essence = media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        let is_other_json = essence.starts_with("application/") && essence.ends_with("+json");
        self.types().contains(&&*essence) || (self == Self::Json && is_other_json)
    }
}

/// Extracts what a JSON body stands for.
pub(crate) struct JsonBody<P: Payload>(pub(crate) P::Value);

impl<P: Payload + 'static> FromRequest for JsonBody<P> {
    type Error = ApiError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, ApiError>>>>;

    fn from_request(request: &HttpRequest, payload: &mut dev::Payload) -> Self::Future {
        let request = request.clone();
        let body = web::Payload::from_request(&request, payload);
        Box::pin(async move {
            check_declared_type(request.headers(), P::ACCEPTED)?;
            let body = body.await.map_err(|_| ApiError::BodyIncomplete)?;
            let bytes = receive(body, request.headers(), Options::of(&request).limits).await?;
            read::<P>(&bytes).map(Self)
        })
    }
}

/// A page of another site can make a browser send a form or plain text here, but not JSON. So
/// nothing that is not declared as JSON is read, and nothing that is not declared at all.
fn check_declared_type(headers: &HeaderMap, accepted: Accepted) -> Result<(), ApiError> {
    let declared = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    if !declared.is_some_and(|media_type| accepted.include(media_type)) {
        return Err(ApiError::UnsupportedMediaType { accepted });
    }
    let is_identity = |coding: &HeaderValue| coding.as_bytes().eq_ignore_ascii_case(b"identity");
    if !headers.get_all(CONTENT_ENCODING).all(is_identity) {
        return Err(ApiError::Compressed);
    }
    Ok(())
}

async fn receive(
    body: web::Payload,
    headers: &HeaderMap,
    limits: Limits,
) -> Result<web::Bytes, ApiError> {
    let limit = limits.body_bytes;
    let announced =
        headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    if announced.is_some_and(|length| length > limit) {
        return Err(ApiError::BodyTooLong { limit });
    }
    timeout(limits.body_time, body.to_bytes_limited(limit))
        .await
        .map_err(|_| ApiError::BodyTooSlow)?
        .map_err(|_| ApiError::BodyTooLong { limit })?
        .map_err(|_| ApiError::BodyIncomplete)
}

fn read<P: Payload>(bytes: &[u8]) -> Result<P::Value, ApiError> {
    let invalid = |problems| ApiError::Invalid(Invalid { part: Part::Json, problems });
    // By way of a `Value`: of a key that is there twice the last one counts, as in any browser.
    let value: Value = serde_json::from_slice(bytes).map_err(|_| ApiError::InvalidJson)?;
    if !value.is_object() {
        return Err(invalid(Problems::of_no_object()));
    }
    let fields: P = serde_json::from_value(value).map_err(|_| ApiError::InvalidJson)?;
    let mut problems = Problems::default();
    match fields.read(&mut problems) {
        Some(value) if problems.is_empty() => Ok(value),
        _ => Err(invalid(problems)),
    }
}

impl<P: Payload + Apiv2Schema> Apiv2Schema for JsonBody<P> {
    fn name() -> Option<String> {
        P::name()
    }

    fn raw_schema() -> DefaultSchemaRaw {
        P::raw_schema()
    }
}

/// Documented as what a plain JSON body of the same fields would be.
impl<P: Payload + Apiv2Schema> OperationModifier for JsonBody<P> {
    fn update_parameter(operation: &mut DefaultOperationRaw) {
        web::Json::<P>::update_parameter(operation);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_compared_without_case_and_parameters() {
        for (media_type, as_json, as_patch) in [
            ("application/json", true, true),
            ("Application/JSON ; charset=utf-8", true, true),
            ("application/merge-patch+json", true, true),
            ("application/vnd.blog+json", true, false),
            ("application/json-patch+json", true, false),
            ("text/json", false, false),
            ("image/svg+json", false, false),
            ("application/jsonp", false, false),
            ("", false, false),
        ] {
            assert_eq!(Accepted::Json.include(media_type), as_json, "{media_type}");
            assert_eq!(Accepted::MergePatch.include(media_type), as_patch, "{media_type}");
        }
    }
}
