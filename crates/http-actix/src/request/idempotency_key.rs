//! The `Idempotency-Key` header field.

use std::future::{Ready, ready};

use actix_web::{FromRequest, HttpRequest, dev};
use domain::IdempotencyKey;
use paperclip::{
    actix::OperationModifier,
    v2::{models::DefaultOperationRaw, schema::Apiv2Schema},
};
use serde_json::{Value, json};

use crate::{
    documentation::header_parameter,
    error::ApiError,
    headers::{IDEMPOTENCY_KEY, header_name},
    problems::{Invalid, Part, Problems},
};

const MESSAGE_REPEATED_KEY: &str = "May be sent only once.";

/// Extracts the idempotency key. `None` if the header field is absent.
pub(crate) struct IdempotencyKeyHeader(pub(crate) Option<IdempotencyKey>);

impl IdempotencyKeyHeader {
    /// Returns the documentation that paperclip does not generate for this header.
    pub(crate) fn documentation() -> Value {
        let hours = IdempotencyKey::TIME_TO_LIVE.as_secs() / 3600;
        json!({ header_name(&IDEMPOTENCY_KEY): {
            "description": format!(
                "A unique key of your choice for this request, such as a UUID. Within {hours} hours \
                 the same request with the same key does not create a second post: it gets the \
                 first response again."
            ),
            "schema": {
                "type": "string",
                "minLength": IdempotencyKey::MIN_CHARS,
                "maxLength": IdempotencyKey::MAX_CHARS,
                "pattern": "^[!-~]*$",
            },
        }})
    }
}

fn invalid(messages: impl IntoIterator<Item = String>) -> Invalid {
    let mut problems = Problems::default();
    for message in messages {
        problems.add(&header_name(&IDEMPOTENCY_KEY), message);
    }
    Invalid { part: Part::Headers, problems }
}

impl FromRequest for IdempotencyKeyHeader {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut dev::Payload) -> Self::Future {
        if request.headers().get_all(IDEMPOTENCY_KEY).count() > 1 {
            return ready(Err(ApiError::Invalid(invalid([MESSAGE_REPEATED_KEY.to_owned()]))));
        }
        let key = request.headers().get(IDEMPOTENCY_KEY).map(|value| {
            // Bytes that are not UTF-8 become U+FFFD, which a key must not contain.
            IdempotencyKey::new(String::from_utf8_lossy(value.as_bytes()))
        });
        ready(match key.transpose() {
            Ok(key) => Ok(Self(key)),
            Err(wrong) => Err(ApiError::Invalid(invalid(wrong.into_messages()))),
        })
    }
}

impl Apiv2Schema for IdempotencyKeyHeader {}

impl OperationModifier for IdempotencyKeyHeader {
    fn update_parameter(operation: &mut DefaultOperationRaw) {
        header_parameter(operation, &IDEMPOTENCY_KEY);
    }
}
