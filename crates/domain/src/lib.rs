//! The inside of the hexagon: what a blog post is, which rules it obeys, and what the blog does
//! with it. No input, no output, no framework: everything outside is reached through a port.
//!
//! | to find | look in |
//! |---|---|
//! | a post and the changes it can go through | [`post`] |
//! | which posts to list, in which order, how many at a time | `listing` |
//! | what a word is, and what is found by it | [`search`] |
//! | how nobody overwrites what they have not read | `precondition` |
//! | how a post is made once, however often it is asked for | `idempotency` |
//! | the wording of the rules | `rules` |
//! | how an error and its causes are printed | `error_chain` |
//! | what the domain asks of the outside | [`ports`] |
//! | what the outside can ask of the domain | [`service`] |
//!
//! # One key decision: parse, don't validate
//!
//! [`Title`], [`Content`] and [`PostId`] can only be made by a constructor that checks. Whoever
//! holds one needs no further check, so neither the service nor an adapter has one.
//!
//! # To add a rule
//!
//! State it once as a `garde` attribute on the value it belongs to, bound and all; give it a
//! wording in `rules`; put its boundaries into the tests below the value.
//!
//! # To unit-test with mocks
//!
//! The feature `mock` exports [`mockall`] mocks of every port. `docs/TESTING.md` has a complete
//! example.
//!
//! [`mockall`]: https://docs.rs/mockall

mod error_chain;
mod idempotency;
mod listing;
pub mod ports;
pub mod post;
mod precondition;
mod rules;
pub mod search;
pub mod service;
mod timestamp;

pub use error_chain::{error_chain, panic_message};
pub use idempotency::{Fingerprint, IdempotencyKey, KeyedRequest};
pub use listing::{
    Direction, PageNumber, PageSize, Position, PostFilter, PostOrder, Selection, SortKey, SortValue,
};
pub use post::{Content, NewPost, Post, PostChanges, PostId, PostRecord, Title, Version};
pub use precondition::{Precondition, Versions};
pub use rules::InvalidValue;
pub use search::Search;
pub use service::{CreatedOnce, Page, PostError, PostService, Slice, Walk};
pub use timestamp::Timestamp;
