//! Responses with posts.

mod fields;
mod links;
mod list;
mod memory;
mod one_post;
mod post;

pub(crate) use fields::Fields;
pub(crate) use links::{Links, Pagination};
pub(crate) use list::{List, ListHeaders};
pub use memory::Reservation;
pub(crate) use memory::ResponseMemory;
pub(crate) use one_post::{OnePost, post_headers};
pub use post::http_date;
pub(crate) use post::{PostBody, rfc3339};
