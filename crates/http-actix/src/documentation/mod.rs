//! Helpers for endpoints and extractors that document themselves in the OpenAPI document.

mod documented_as;
mod header_parameter;
mod operation;

pub(crate) use documented_as::documented_as;
pub(crate) use header_parameter::header_parameter;
pub(crate) use operation::{Body, Operation, Response};
