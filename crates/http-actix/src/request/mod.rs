//! How a request is read, and what is wrong with it.

mod boolean;
mod conditions;
mod cursor;
mod field;
mod field_selection;
mod header_parameter;
mod idempotency_key;
mod json_body;
mod paging;
mod post_id;
mod problems;
mod query;
mod sort;
mod strictness;

pub(crate) use boolean::Flag;
pub(crate) use conditions::{PageConditions, ReadConditions, WriteConditions};
pub(crate) use cursor::Cursor;
pub(crate) use field::{Optional, Required, UnknownFields};
pub(crate) use field_selection::{Field, Fields};
pub(crate) use header_parameter::header_parameter;
pub(crate) use idempotency_key::KeyInHeader;
pub(crate) use json_body::{Accepted, JsonBody, MESSAGE_INVALID_JSON, Payload};
pub(crate) use paging::Paging;
pub(crate) use post_id::PostIdInPath;
pub(crate) use problems::{Invalid, MESSAGE_MISSING, Part, Problems, SCHEMA};
pub(crate) use query::{FromQuery, NoParameters, Parameters, Query, integer};
pub(crate) use sort::Sort;
pub(crate) use strictness::{STRICT, is_strict};
