//! The inside of the hexagon: what a blog post is, which rules it obeys, and the use cases of the
//! blog. It does no I/O and knows no framework: everything outside is reached through a port.
//!
//! | to find | look in |
//! |---|---|
//! | a post and the changes that can be made to it | [`post`] |
//! | which posts a caller may see, and which of them to list, in which order | `query` |
//! | how text is tokenized, and which posts a search matches | [`search`] |
//! | how lost updates are prevented | `precondition` |
//! | how a repeated request creates only one post | `idempotency` |
//! | the messages for broken rules | `rules` |
//! | how an error and its causes are printed | `error_chain` |
//! | what the domain needs from the outside | [`ports`] |
//! | the use cases | [`service`] |
//!
//! ```
//! use domain::{Content, NewPost, Title};
//!
//! let title = Title::new("Hello").unwrap();
//! let content = Content::new("The first post.").unwrap();
//! let draft = NewPost { published: false, ..NewPost::new(title, content) };
//! assert!(!draft.published);
//!
//! let broken_rules = Title::new("Hi").unwrap_err().into_messages();
//! assert_eq!(broken_rules, ["Length must be between 3 and 100."]);
//! ```
//!
//! # One key decision: parse, don't validate
//!
//! [`Title`], [`Content`] and [`PostId`] can only be created by a constructor that checks the
//! rules. Code that holds one needs no further check, so neither the service nor an adapter has
//! one.
//!
//! # To add a rule
//!
//! State it once as a `garde` attribute on the value it belongs to, with its bound as a constant of
//! the value. Add its message to `rules` and test its boundaries below the value.
//!
//! # To unit-test with mocks
//!
//! The feature `mock` exports [`mockall`] mocks of every port. `docs/TESTING.md` has a complete
//! example.
//!
//! [`mockall`]: https://docs.rs/mockall

mod error_chain;
mod idempotency;
pub mod ports;
pub mod post;
mod precondition;
mod query;
mod rules;
pub mod search;
pub mod service;
mod timestamp;

pub use error_chain::{error_chain, panic_message};
pub use idempotency::{Fingerprint, IdempotencyKey, KeyedRequest};
pub use post::{Content, NewPost, Post, PostChanges, PostId, PostRecord, Title, Version};
pub use precondition::{Precondition, Versions};
pub use query::{
    Direction, Keyset, PageNumber, PageSize, PostFilter, PostOrder, PostQuery, Scope, SortKey,
    SortValue, Start, Window,
};
pub use rules::InvalidValue;
pub use search::Search;
pub use service::{CreatedOnce, CursorPage, PostError, PostService, PostStream};
pub use timestamp::Timestamp;
