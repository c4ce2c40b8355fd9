//! How a request is read, and what is wrong with it.

mod boolean;
mod field;
mod json_body;
mod post_id;
mod problems;
mod query;

pub(crate) use boolean::Flag;
pub(crate) use field::{Optional, Required, UnknownFields};
pub(crate) use json_body::{JsonBody, MESSAGE_INVALID_JSON, Payload};
pub(crate) use post_id::PostIdInPath;
pub(crate) use problems::{Invalid, MESSAGE_MISSING, Part, Problems};
pub(crate) use query::{FromQuery, Query};
