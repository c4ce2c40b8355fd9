//! The caller of a request.

use std::{
    convert::Infallible,
    future::{Ready, ready},
};

use actix_web::{FromRequest, HttpRequest, dev};
use domain::Viewer;
use paperclip::{actix::OperationModifier, v2::schema::Apiv2Schema};

use crate::auth;

/// Extracts the caller of a request.
pub(crate) struct Caller(pub(crate) Viewer);

impl FromRequest for Caller {
    type Error = Infallible;
    type Future = Ready<Result<Self, Infallible>>;

    fn from_request(request: &HttpRequest, _: &mut dev::Payload) -> Self::Future {
        ready(Ok(Self(auth::viewer(request))))
    }
}

impl Apiv2Schema for Caller {}

impl OperationModifier for Caller {}
