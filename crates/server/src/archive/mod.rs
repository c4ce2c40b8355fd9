//! All posts at once: from one store to another, to a file, from a file.
//!
//! Every way is the same: posts are read a page at a time by ascending id, so memory is bounded,
//! and written a page at a time, each page as a whole, so whatever ends the program in between
//! leaves a part that can be gone on from. At the end what is there is compared with what was read.

mod digest;
mod error;
mod export;
mod import;
mod line;
mod progress;
mod transfer;

use domain::{
    Post, PostId,
    ports::{PostStore, RepositoryError},
};

pub use digest::Digest;
pub use error::ArchiveError;
pub use export::export;
pub use import::import;
pub use transfer::transfer;

/// How many posts to hold at a time. A post can be as long as a body, so not many.
const PAGE: u32 = 200;

/// How many bytes of text to write at a time, unless one post alone has more: the words of all of it
/// have to be indexed in the time that a store gives a write.
const BATCH_BYTES: usize = 1 << 19;

/// Writes posts, a part at a time, in their order.
async fn write(store: &dyn PostStore, mut posts: &[Post]) -> Result<(), RepositoryError> {
    while !posts.is_empty() {
        let mut bytes = 0;
        let fit = posts.iter().take_while(|post| {
            let is_first = bytes == 0;
            bytes += text_bytes(post);
            is_first || bytes <= BATCH_BYTES
        });
        let (batch, rest) = posts.split_at(fit.count());
        store.insert_all(batch).await?;
        posts = rest;
    }
    Ok(())
}

fn text_bytes(post: &Post) -> usize {
    let record = post.record();
    record.title.as_str().len() + record.content.as_str().len()
}

/// Calls `each` with every page of a store's posts behind `after`.
async fn for_each_page<E>(
    store: &dyn PostStore,
    mut after: Option<PostId>,
    read_error: impl Fn(RepositoryError) -> E,
    mut each: impl AsyncFnMut(Vec<Post>) -> Result<(), E>,
) -> Result<(), E> {
    loop {
        let page = store.page(after, PAGE).await.map_err(&read_error)?;
        let Some(last) = page.last() else { return Ok(()) };
        after = Some(last.id());
        each(page).await?;
    }
}

/// Counts and hashes a store's posts.
async fn digest_of(store: &dyn PostStore) -> Result<Digest, ArchiveError> {
    let mut digest = Digest::default();
    for_each_page(store, None, ArchiveError::Read, async |page| {
        page.iter().for_each(|post| digest.add(post));
        Ok(())
    })
    .await?;
    Ok(digest)
}
