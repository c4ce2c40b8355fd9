//! What the operator of the API chooses.

use std::{sync::LazyLock, time::Duration};

use actix_web::{HttpRequest, web};

use crate::origins::CorsOrigins;

/// What the operator of the API chooses.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The limits of a request.
    pub limits: Limits,
    /// Whether PUT, PATCH and DELETE require an `If-Match` header.
    pub require_if_match: bool,
    /// The origins whose scripts a browser lets use the API.
    pub cors: CorsOrigins,
}

impl Options {
    /// The options of the application that received `request`.
    pub(crate) fn of(request: &HttpRequest) -> &Self {
        static DEFAULT: LazyLock<Options> = LazyLock::new(Options::default);
        request.app_data::<web::Data<Self>>().map_or(&DEFAULT, |options| options.as_ref())
    }
}

/// The limits of a request.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// The maximum length of a body, in bytes.
    pub body_bytes: usize,
    /// How long a body may take to arrive.
    pub body_time: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { body_bytes: 1 << 20, body_time: Duration::from_secs(30) }
    }
}
