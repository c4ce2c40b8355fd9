//! Queries: the parameters of a URL.

use std::{
    collections::BTreeMap,
    future::{Ready, ready},
};

use actix_web::{FromRequest, HttpRequest, dev, web};
use paperclip::{
    actix::OperationModifier,
    v2::{models::DefaultOperationRaw, schema::Apiv2Schema},
};

use super::problems::{Invalid, Part, Problems};
use crate::error::ApiError;

/// The parameters of a URL, read into a value.
pub(crate) trait FromQuery: Sized {
    /// Reads every parameter there is. Either there is a value, or `problems` say why not.
    fn read(parameters: &BTreeMap<String, String>, problems: &mut Problems) -> Option<Self>;
}

/// Extracts a URL's parameters. Of a parameter that is there twice the first one counts, as it did
/// in the original.
pub(crate) struct Query<Q>(pub(crate) Q);

impl<Q: FromQuery> FromRequest for Query<Q> {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut dev::Payload) -> Self::Future {
        let mut parameters = BTreeMap::new();
        for (name, value) in form_urlencoded::parse(request.query_string().as_bytes()) {
            parameters.entry(name.into_owned()).or_insert_with(|| value.into_owned());
        }
        let mut problems = Problems::default();
        ready(match Q::read(&parameters, &mut problems) {
            Some(value) if problems.is_empty() => Ok(Self(value)),
            _ => Err(ApiError::Invalid(Invalid { part: Part::Query, problems })),
        })
    }
}

impl<Q: Apiv2Schema> Apiv2Schema for Query<Q> {}

/// Documented as what plain query parameters of the same names would be.
impl<Q: Apiv2Schema> OperationModifier for Query<Q> {
    fn update_parameter(operation: &mut DefaultOperationRaw) {
        web::Query::<Q>::update_parameter(operation);
    }

    fn update_definitions(_: &mut BTreeMap<String, paperclip::v2::models::DefaultSchemaRaw>) {}
}
