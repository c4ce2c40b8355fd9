//! Access control: API keys, their scopes, and preview links.
//!
//! | to find | look in |
//! |---|---|
//! | what a key allows | [`KeyScope`] |
//! | the caller of a use case, and the posts that the caller can see | [`Viewer`] |
//! | an API key as stored | [`ApiKey`] |
//! | an API key as its owner sends it | [`KeyText`] |
//! | a link to one post, for callers without a key | [`PreviewToken`] |

mod api_key;
mod key_scope;
mod key_text;
mod preview;
mod secret;
mod viewer;

pub use api_key::{ApiKey, KeyId, KeyName};
pub use key_scope::{KeyScope, UnknownKeyScope};
pub use key_text::{KeyText, MalformedKey};
pub use preview::{InvalidPreview, PreviewLifetime, PreviewToken, PreviewedPost};
pub use secret::{Secret, SecretHash};
pub use viewer::Viewer;
