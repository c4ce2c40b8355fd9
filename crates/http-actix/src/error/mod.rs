//! Why a request fails, and what its client gets then.
//!
//! `outcome.rs` is the one table: each row has the status, the headers and the message of a
//! failure, and what the OpenAPI document says about it. The bodies and the response are made
//! from a row.

mod api_error;
mod body;
mod outcome;
mod problem_details;
mod response;

pub(crate) use api_error::ApiError;
pub(crate) use body::ErrorBody;
pub(crate) use outcome::{Errors, Outcome, RETRY_AFTER_SECONDS};
pub(crate) use problem_details::ProblemDetails;
