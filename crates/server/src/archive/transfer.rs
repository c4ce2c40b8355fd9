//! From one store to another.

use domain::ports::PostStore;

use super::{ArchiveError, Digest, digest_of, for_each_page, progress, write};

/// Copies every post from one store to another and compares the two at the end.
///
/// Posts go in the order of their ids and a page at a time, so what a target has of a transfer
/// that was ended early is all there is up to its greatest id: `resume` goes on from there.
///
/// # Errors
///
/// [`ArchiveError::NotEmpty`] when the target has posts and `resume` is not set;
/// [`ArchiveError::Differ`] when the two sides differ at the end; and what the stores say.
pub async fn transfer(
    from: &dyn PostStore,
    to: &dyn PostStore,
    resume: bool,
) -> Result<Digest, ArchiveError> {
    let done = to.count().await.map_err(ArchiveError::Read)?;
    if done > 0 && !resume {
        return Err(ArchiveError::NotEmpty { count: done });
    }
    let total = from.count().await.map_err(ArchiveError::Read)?;
    let after = to.greatest_id().await.map_err(ArchiveError::Read)?;

    let bar = progress::bar("copying", total, done);
    for_each_page(from, after, ArchiveError::Read, async |page| {
        write(to, &page).await.map_err(ArchiveError::Write)?;
        bar.inc(u64::try_from(page.len()).unwrap_or_default());
        Ok(())
    })
    .await?;
    bar.finish_and_clear();

    let (from, to) = (digest_of(from).await?, digest_of(to).await?);
    if from == to { Ok(to) } else { Err(ArchiveError::Differ { from, to }) }
}

#[cfg(test)]
mod tests {
    use domain::{
        Content, NewPost, Post, PostId, Precondition, Scope, Timestamp, Title,
        ports::{PostArchive as _, PostRepository as _},
    };
    use storage_memory::MemoryPostRepository;
    use uuid::Uuid;

    use super::*;

    fn posts(numbers: std::ops::Range<u128>) -> Vec<Post> {
        let post = |n| {
            let title = Title::new(format!("Title {n}")).unwrap();
            let new = NewPost::new(title, Content::new("Some content").unwrap());
            Post::create(PostId::new(Uuid::from_u128(n)), new, Timestamp::MIN)
        };
        numbers.map(post).collect()
    }

    async fn store(posts: &[Post]) -> MemoryPostRepository {
        let store = MemoryPostRepository::default();
        store.insert_all(posts).await.unwrap();
        store
    }

    #[actix_web::test]
    async fn every_post_arrives_as_it_is() {
        let [from, to] = [store(&posts(0..1_000)).await, store(&[]).await];

        let digest = transfer(&from, &to, false).await.unwrap();

        assert_eq!(digest.count, 1_000);
        assert_eq!(to.page(None, 2_000).await.unwrap(), posts(0..1_000));
    }

    #[actix_web::test]
    async fn a_target_with_posts_is_refused_unless_it_is_to_be_gone_on_from() {
        let [from, to] = [store(&posts(0..1_000)).await, store(&posts(0..500)).await];

        let refused = transfer(&from, &to, false).await;

        assert!(matches!(refused, Err(ArchiveError::NotEmpty { count: 500 })), "{refused:?}");
        assert_eq!(to.count().await.unwrap(), 500);
        assert_eq!(transfer(&from, &to, true).await.unwrap().count, 1_000);
    }

    #[actix_web::test]
    async fn a_difference_is_found_at_the_end() {
        let from = store(&posts(0..10)).await;
        let to = store(&posts(0..5)).await;
        to.delete(PostId::new(Uuid::from_u128(3)), Scope::Everything, &Precondition::NONE)
            .await
            .unwrap();

        let result = transfer(&from, &to, true).await;

        assert!(matches!(result, Err(ArchiveError::Differ { .. })), "{result:?}");
    }
}
