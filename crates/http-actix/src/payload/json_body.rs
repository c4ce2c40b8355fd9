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
use crate::{app::Limits, error::ApiError};

pub(crate) const MESSAGE_INVALID_JSON: &str = "Invalid JSON body.";

/// A body, field by field, and the domain's value that it stands for.
pub(crate) trait Payload: DeserializeOwned {
    /// What the body stands for.
    type Value;

    /// Reads every field. Either there is a value, or `problems` say why not.
    fn read(self, problems: &mut Problems) -> Option<Self::Value>;
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
            check_declared_type(request.headers())?;
            let body = body.await.map_err(|_| ApiError::BodyIncomplete)?;
            let bytes = receive(body, request.headers(), limits(&request)).await?;
            read::<P>(&bytes).map(Self)
        })
    }
}

/// A page of another site can make a browser send a form or plain text here, but not JSON. So
/// nothing that is not declared as JSON is read, and nothing that is not declared at all.
fn check_declared_type(headers: &HeaderMap) -> Result<(), ApiError> {
    let declared = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    if !declared.is_some_and(is_json) {
        return Err(ApiError::NotDeclaredAsJson);
    }
    let is_identity = |coding: &HeaderValue| coding.as_bytes().eq_ignore_ascii_case(b"identity");
    if !headers.get_all(CONTENT_ENCODING).all(is_identity) {
        return Err(ApiError::Compressed);
    }
    Ok(())
}

/// Whether a media type, parameters aside, is `application/json` or a type with the suffix `+json`
/// (RFC 6839, section 3.1).
fn is_json(media_type: &str) -> bool {
    let essence = media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match essence.split_once('/') {
        Some(("application", subtype)) => subtype == "json" || subtype.ends_with("+json"),
        _ => false,
    }
}

fn limits(request: &HttpRequest) -> Limits {
    request.app_data::<Limits>().copied().unwrap_or_default()
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
