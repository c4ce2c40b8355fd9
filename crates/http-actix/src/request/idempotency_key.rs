//! The name that a client gives a request, to be able to repeat it.

use std::future::{Ready, ready};

use actix_web::{FromRequest, HttpRequest, dev};
use domain::IdempotencyKey;
use paperclip::{
    actix::OperationModifier,
    v2::{models::DefaultOperationRaw, schema::Apiv2Schema},
};
use serde_json::{Value, json};

use super::{
    header_parameter,
    problems::{Invalid, Part, Problems},
};
use crate::{
    error::ApiError,
    headers::{IDEMPOTENCY_KEY, header_name},
};

const MESSAGE_TWO_KEYS: &str = "May be sent only once.";
const MESSAGE_KEY_USED: &str = "Used before, for another body.";

/// Extracts the name of a request, if it has one.
pub(crate) struct KeyInHeader(pub(crate) Option<IdempotencyKey>);

impl KeyInHeader {
    /// What the OpenAPI document says of it, beyond what is generated.
    pub(crate) fn documentation() -> Value {
        let hours = IdempotencyKey::KEPT.as_secs() / 3600;
        json!({ header_name(&IDEMPOTENCY_KEY): {
            "description": format!(
                "A name of your choice for this request, a UUID say. Within {hours} hours the same \
                 request of the same name makes no second post: it gets the first answer again."
            ),
            "schema": {
                "type": "string",
                "minLength": IdempotencyKey::MIN_CHARS,
                "maxLength": IdempotencyKey::MAX_CHARS,
                "pattern": "^[!-~]*$",
            },
        }})
    }

    /// A key that another request has used.
    pub(crate) fn used() -> Invalid {
        invalid([MESSAGE_KEY_USED.to_owned()])
    }
}

fn invalid(messages: impl IntoIterator<Item = String>) -> Invalid {
    let mut problems = Problems::default();
    for message in messages {
        problems.add(&header_name(&IDEMPOTENCY_KEY), message);
    }
    Invalid { part: Part::Headers, problems }
}

impl FromRequest for KeyInHeader {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut dev::Payload) -> Self::Future {
        if request.headers().get_all(IDEMPOTENCY_KEY).count() > 1 {
            return ready(Err(ApiError::Invalid(invalid([MESSAGE_TWO_KEYS.to_owned()]))));
        }
        let key = request.headers().get(IDEMPOTENCY_KEY).map(|value| {
            // What is not UTF-8 is not ASCII either, whatever stands for it.
            IdempotencyKey::new(String::from_utf8_lossy(value.as_bytes()))
        });
        ready(match key.transpose() {
            Ok(key) => Ok(Self(key)),
            Err(wrong) => Err(ApiError::Invalid(invalid(wrong.into_messages()))),
        })
    }
}

impl Apiv2Schema for KeyInHeader {}

impl OperationModifier for KeyInHeader {
    fn update_parameter(operation: &mut DefaultOperationRaw) {
        header_parameter(operation, &IDEMPOTENCY_KEY);
    }
}
