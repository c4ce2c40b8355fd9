//! What happens to every request, from the outside in: [`trace()`], [`catch_panic()`],
//! [`head_as_get()`].

mod catch_panic;
mod head_as_get;
mod trace;

pub(crate) use catch_panic::catch_panic;
pub(crate) use head_as_get::head_as_get;
pub(crate) use trace::{REQUEST_ID, RequestIds, trace};
