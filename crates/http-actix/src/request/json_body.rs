//! JSON request bodies: media type, limits, parsing and validation.

use std::{future::Future, pin::Pin};

use actix_web::{
    FromRequest, HttpRequest, dev,
    http::header::{
        CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderValue, TRANSFER_ENCODING,
    },
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

use super::{NotAnObject, Object};
use crate::{
    error::ApiError,
    media_type::Accepted,
    options::{Limits, Options},
    problems::{Invalid, MESSAGE_NOT_AN_OBJECT, Part, Problems, SCHEMA},
};

/// A request body that is parsed into a domain value.
pub(crate) trait Payload {
    /// The accepted media types.
    const ACCEPTED: Accepted = Accepted::Json;

    /// Whether a request without a body and without a media type is treated as `{}`.
    const MAY_BE_ABSENT: bool = false;

    /// The domain value.
    type Value;

    /// Removes every known field from `object` and parses the fields.
    ///
    /// Adds a problem for each field that is invalid, or required and absent. Returns `None` only
    /// if there is such a field.
    fn read(object: &mut Object<'_>, problems: &mut Problems) -> Option<Self::Value>;
}

/// Extracts a JSON body as a domain value.
pub(crate) struct JsonBody<P: Payload>(pub(crate) P::Value);

impl<P: Payload + 'static> FromRequest for JsonBody<P> {
    type Error = ApiError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, ApiError>>>>;

    fn from_request(request: &HttpRequest, payload: &mut dev::Payload) -> Self::Future {
        let request = request.clone();
        let body = web::Payload::from_request(&request, payload);
        Box::pin(async move {
            if P::MAY_BE_ABSENT && is_absent(&request) {
                return read::<P>(b"").map(Self);
            }
            check_declared_type(request.headers(), P::ACCEPTED)?;
            let body = body.await.map_err(|_| ApiError::BodyIncomplete)?;
            let bytes = receive(body, request.headers(), Options::of(&request).limits).await?;
            read::<P>(&bytes).map(Self)
        })
    }
}

/// Returns whether a request has no body and declares no media type.
fn is_absent(request: &HttpRequest) -> bool {
    let headers = request.headers();
    let length = headers.get(CONTENT_LENGTH).map(HeaderValue::as_bytes);
    !headers.contains_key(CONTENT_TYPE)
        && !headers.contains_key(TRANSFER_ENCODING)
        && length.is_none_or(|length| length == b"0")
}

/// Rejects a body that is not declared as JSON, or that is compressed.
///
/// This also blocks requests from web pages of other origins. Without a CORS preflight, such a page
/// can make a browser send a form or plain text, but not JSON.
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

/// Receives a body within the limits of length and time.
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

/// Parses and validates a body. An empty body is treated as `{}`, as in the original API.
fn read<P: Payload>(bytes: &[u8]) -> Result<P::Value, ApiError> {
    let mut object = Object::parse(if bytes.is_empty() { b"{}" } else { bytes }).map_err(
        |error| match error {
            NotAnObject::Malformed => ApiError::InvalidJson,
            NotAnObject::OtherType => {
                ApiError::Invalid(Invalid::one(Part::Json, SCHEMA, MESSAGE_NOT_AN_OBJECT))
            }
        },
    )?;
    let mut problems = Problems::default();
    let value = P::read(&mut object, &mut problems);
    object.report_unknown(&mut problems);
    match value {
        Some(value) if problems.is_empty() => Ok(value),
        _ => Err(ApiError::Invalid(Invalid { part: Part::Json, problems })),
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

/// Documents the body in the same way as [`web::Json`] with the schema of `P`.
impl<P: Payload + Apiv2Schema> OperationModifier for JsonBody<P> {
    fn update_parameter(operation: &mut DefaultOperationRaw) {
        web::Json::<P>::update_parameter(operation);
    }
}
