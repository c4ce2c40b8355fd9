//! The rows of the tables, and their conversions from and to domain values.

mod api_key;
mod post_update;
mod secret;

use diesel::prelude::{Insertable, Queryable, Selectable};
use domain::{
    Content, KeyedRequest, Post, PostId, PostRecord, Title, Version, ports::Insertion, search,
};

pub(crate) use self::{
    api_key::ApiKeyRow,
    post_update::{ChangedColumns, PostUpdate},
    secret::SecretRow,
};
use crate::{
    error::StorageError,
    schema::{idempotency_keys, posts},
    sql_types::{StoredTimestamp, StoredTokens, StoredUuid},
};

/// A row of the table `posts` without its search tokens, which are never read.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
// For PostgreSQL, diesel keeps an `INSERT` prepared only if no column can have its default value.
#[diesel(table_name = posts, treat_none_as_default_value = false)]
pub(crate) struct PostRow {
    id: StoredUuid,
    title: String,
    content: String,
    published: bool,
    created_at: StoredTimestamp,
    updated_at: StoredTimestamp,
    version: i64,
}

/// A new row of the table `posts`.
#[derive(Debug, Clone, Insertable)]
#[diesel(table_name = posts, treat_none_as_default_value = false)]
pub(crate) struct NewPostRow {
    #[diesel(embed)]
    post: PostRow,
    words: StoredTokens,
}

impl NewPostRow {
    pub(crate) const fn id(&self) -> StoredUuid {
        self.post.id
    }

    pub(crate) const fn published(&self) -> bool {
        self.post.published
    }
}

impl From<&Post> for NewPostRow {
    fn from(post: &Post) -> Self {
        Self { post: post.into(), words: tokens_of(post) }
    }
}

/// Returns the search tokens of a post.
fn tokens_of(post: &Post) -> StoredTokens {
    StoredTokens(search::tokens_of(post.record()))
}

impl From<&Post> for PostRow {
    fn from(post: &Post) -> Self {
        let PostRecord { id, title, content, published, created_at, updated_at, version } =
            post.record();
        Self {
            id: (*id).into(),
            title: title.as_str().to_owned(),
            content: content.as_str().to_owned(),
            published: *published,
            created_at: StoredTimestamp(*created_at),
            updated_at: StoredTimestamp(*updated_at),
            // The greatest version is `i64::MAX`.
            version: i64::try_from(version.number()).unwrap_or(i64::MAX),
        }
    }
}

impl TryFrom<PostRow> for Post {
    type Error = StorageError;

    /// Fails if the row violates a rule of the domain. Another program may have written the row, or
    /// the rule may be newer than the row.
    fn try_from(row: PostRow) -> Result<Self, Self::Error> {
        let corrupt = |cause| StorageError::CorruptRow { id: row.id.0, cause };
        Self::restore(PostRecord {
            id: PostId::new(row.id.0),
            title: Title::new(row.title).map_err(|error| corrupt(error.into()))?,
            content: Content::new(row.content).map_err(|error| corrupt(error.into()))?,
            published: row.published,
            created_at: row.created_at.0,
            updated_at: row.updated_at.0,
            version: version(row.id, row.version)?,
        })
        .map_err(|error| corrupt(error.into()))
    }
}

/// Parses the version of the row `id`.
pub(crate) fn version(id: StoredUuid, number: i64) -> Result<Version, StorageError> {
    let version = u64::try_from(number).unwrap_or_default();
    Version::new(version)
        .map_err(|error| StorageError::CorruptRow { id: id.0, cause: error.into() })
}

/// A row of the table `idempotency_keys`: a request, and the post that it created.
#[derive(Debug, Clone, Queryable, Insertable)]
#[diesel(table_name = idempotency_keys, treat_none_as_default_value = false)]
pub(crate) struct RequestRow {
    key: String,
    fingerprint: Vec<u8>,
    post_id: StoredUuid,
    recorded_at: StoredTimestamp,
}

impl RequestRow {
    pub(crate) fn new(request: &KeyedRequest, post: StoredUuid) -> Self {
        Self {
            key: request.record_key(),
            fingerprint: request.fingerprint.as_bytes().to_vec(),
            post_id: post,
            recorded_at: StoredTimestamp(request.at),
        }
    }

    /// Returns the key of the row: the [`record_key`](KeyedRequest::record_key) of the request.
    pub(crate) fn key(&self) -> &str {
        &self.key
    }

    /// Returns the answer to another request with the same key.
    pub(crate) fn answer(&self, request: &KeyedRequest) -> Insertion {
        if self.fingerprint == request.fingerprint.as_bytes() {
            Insertion::AlreadyCreated { id: PostId::new(self.post_id.0), at: self.recorded_at.0 }
        } else {
            Insertion::KeyReused
        }
    }
}
