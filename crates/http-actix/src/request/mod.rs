//! Extractors: they parse the parts of a request into domain values.

mod boolean;
mod caller;
mod conditions;
mod cursor;
mod idempotency_key;
mod json_body;
mod object;
mod paging;
pub(crate) mod post_fields;
mod post_id;
mod preview_parameter;
mod query;
mod sort;
mod whole_number;

pub(crate) use boolean::Flag;
pub(crate) use caller::Caller;
pub(crate) use conditions::{ReadConditions, TagConditions, Validation, WriteConditions};
pub(crate) use cursor::Cursor;
pub(crate) use idempotency_key::IdempotencyKeyHeader;
pub(crate) use json_body::{JsonBody, Payload};
pub(crate) use object::{FromJson, NotAnObject, Object, Presence};
pub(crate) use paging::Paging;
pub(crate) use post_id::PostIdPath;
pub(crate) use preview_parameter::PreviewParameter;
pub(crate) use query::{FromQuery, NoParameters, Parameters, Query, integer};
pub(crate) use sort::Sort;
pub(crate) use whole_number::WholeNumber;
