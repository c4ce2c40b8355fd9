//! The domain of the blog: posts, their rules, the use cases and the ports.
//!
//! In the hexagonal architecture of this project, this crate is the inside of the hexagon. It does
//! no I/O and uses no web or database framework. It reaches everything outside through a port.
//!
//! | to find | look in |
//! |---|---|
//! | a post and the changes that can be made to it | [`post`] |
//! | which posts a caller may see, and which of them to list, in which order | `query` |
//! | how text is tokenized, and which posts a search matches | [`search`] |
//! | how lost updates are prevented | `precondition` |
//! | how a cache learns that posts have changed | `revision` |
//! | who may do what: API keys, scopes, preview links | `access` |
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
//! A [`Title`] or a [`Content`] can only be created by a constructor that checks its rules. A
//! [`PostId`] can only be created from a UUID or parsed from a text. Such a value is always valid,
//! so neither the service nor an adapter checks it again.
//!
//! # To add a rule
//!
//! Write the rule once, on the value's type, as an attribute of the validation crate `garde`.
//! Declare its bound as a constant of the type. Add its message to `rules`. Test its boundaries in
//! the file of the type.
//!
//! # To unit-test with mocks
//!
//! The feature `mock` exports [`mockall`] mocks of every port. `docs/TESTING.md` has a complete
//! example.
//!
//! [`mockall`]: https://docs.rs/mockall

mod access;
mod error_chain;
mod idempotency;
pub mod ports;
pub mod post;
mod precondition;
mod query;
mod revision;
mod rules;
pub mod search;
pub mod service;
mod timestamp;

pub use access::{
    ApiKey, InvalidPreview, KeyId, KeyName, KeyScope, KeyText, MalformedKey, PreviewLifetime,
    PreviewToken, PreviewedPost, Secret, SecretHash, UnknownKeyScope, Viewer,
};
pub use error_chain::{error_chain, panic_message};
pub use idempotency::{Fingerprint, IdempotencyKey, KeyedRequest};
pub use post::{
    Content, InvalidVersion, NewPost, Post, PostChanges, PostId, PostRecord, Title, Version,
};
pub use precondition::{Precondition, Versions};
pub use query::{
    Direction, Keyset, PageNumber, PageSize, PostFilter, PostOrder, PostQuery, Scope, SortKey,
    SortValue, Start, Window,
};
pub use revision::{Change, Dependency, MAX_STALENESS, Revision, Revisions};
pub use rules::InvalidValue;
pub use search::Search;
pub use service::{
    CreatedOnce, CursorPage, KeyError, KeyService, NumberedPage, PostError, PostService,
    PostStream, PreviewService,
};
pub use timestamp::Timestamp;
