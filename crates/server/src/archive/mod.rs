//! Copies all posts: from one store to another, to a file, or from a file.
//!
//! Posts are read from a store in pages by ascending id, and from a file line by line, so this
//! module never has all posts in memory. Posts are written in batches, and each batch is one
//! transaction. An interrupted transfer or import can therefore be resumed.
//!
//! At the end, a transfer compares the target with the source. So does an import into an empty
//! store. An import into a store with posts compares only the number of posts.

mod digest;
mod error;
mod export;
mod import;
mod line;
mod progress;
mod transfer;

use domain::{
    Post, PostId,
    ports::{BlogStore, RepositoryError},
};

pub use digest::Digest;
pub use error::ArchiveError;
pub use export::export;
pub use import::import;
pub use transfer::transfer;

/// The number of posts in a page. It is small because a post can be as long as a request body.
const PAGE_SIZE: u32 = 200;

/// The maximum size of a batch, in bytes of text. A single post may exceed it. A store must index
/// the search tokens of a batch before the write times out.
const MAX_BATCH_BYTES: usize = 1 << 19;

/// Inserts posts in batches, in their order.
async fn insert_in_batches(
    store: &dyn BlogStore,
    mut posts: &[Post],
) -> Result<(), RepositoryError> {
    while !posts.is_empty() {
        let mut bytes = 0;
        let fit = posts.iter().take_while(|post| {
            let is_first = bytes == 0;
            bytes += post.text_bytes();
            is_first || bytes <= MAX_BATCH_BYTES
        });
        let (batch, rest) = posts.split_at(fit.count());
        store.insert_all(batch).await?;
        posts = rest;
    }
    Ok(())
}

/// Calls `each` with every page of the posts whose id is greater than `after`.
async fn for_each_page<E>(
    store: &dyn BlogStore,
    mut after: Option<PostId>,
    read_error: impl Fn(RepositoryError) -> E,
    mut each: impl AsyncFnMut(Vec<Post>) -> Result<(), E>,
) -> Result<(), E> {
    loop {
        let page = store.page(after, PAGE_SIZE).await.map_err(&read_error)?;
        let Some(last) = page.last() else { return Ok(()) };
        after = Some(last.id());
        each(page).await?;
    }
}

/// Computes the digest of a store's posts.
async fn digest_of(store: &dyn BlogStore) -> Result<Digest, ArchiveError> {
    let mut digest = Digest::default();
    for_each_page(store, None, ArchiveError::Read, async |page| {
        page.iter().for_each(|post| digest.add(post));
        Ok(())
    })
    .await?;
    Ok(digest)
}
