//! Responses with posts.

mod buffers;
mod fields;
mod links;
mod list;
mod one_post;
mod post;

pub(crate) use buffers::Buffers;
pub(crate) use fields::Fields;
pub(crate) use links::{Links, Pagination};
pub(crate) use list::{List, ListHeaders};
pub(crate) use one_post::{OnePost, post_headers};
pub(crate) use post::{PostBody, http_date};
