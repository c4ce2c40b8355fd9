//! Header parameters of operations in the OpenAPI document.

use actix_web::http::header::HeaderName;
use paperclip::v2::models::{DataType, DefaultOperationRaw, Either, Parameter, ParameterIn};

use crate::headers::header_name;

/// Declares a header parameter of an operation. The overlay adds its description.
pub(crate) fn header_parameter(operation: &mut DefaultOperationRaw, name: &HeaderName) {
    operation.parameters.push(Either::Right(Parameter {
        in_: ParameterIn::Header,
        name: header_name(name),
        data_type: Some(DataType::String),
        ..Parameter::default()
    }));
}
