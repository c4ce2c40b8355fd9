//! Errors of requests, and their responses.
//!
//! `outcome.rs` maps each error to a status, headers, a message and a description for the OpenAPI
//! document. From these values, the other modules build the bodies and the responses.

mod api_error;
mod body;
mod outcome;
mod problem_details;
mod refusal;
mod response;

pub(crate) use api_error::ApiError;
pub(crate) use body::ErrorBody;
pub(crate) use outcome::{Errors, Outcome, RETRY_AFTER_SECONDS};
pub(crate) use problem_details::ProblemDetails;
pub use refusal::Refusal;
