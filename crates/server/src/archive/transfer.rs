//! Copies the posts of one store to another.

use domain::ports::{BlogStore, RepositoryError};

use super::{ArchiveError, Digest, digest_of, for_each_page, insert_in_batches, progress};

/// Copies every API key and every post from one store to another, and compares the posts at the end.
///
/// Posts are copied by ascending id. After an interruption, the target has every post up to its
/// greatest id, and `resume` continues after that id. Returns the digest of the target.
///
/// # Errors
///
/// - [`ArchiveError::TargetNotEmpty`] when the target has posts and `resume` is not set.
/// - [`ArchiveError::DigestMismatch`] when the stores differ at the end.
/// - [`ArchiveError::Read`] and [`ArchiveError::Write`] when a store fails.
pub async fn transfer(
    from: &dyn BlogStore,
    to: &dyn BlogStore,
    resume: bool,
) -> Result<Digest, ArchiveError> {
    let done = to.count().await.map_err(ArchiveError::Read)?;
    if done > 0 && !resume {
        return Err(ArchiveError::TargetNotEmpty { count: done });
    }
    let total = from.count().await.map_err(ArchiveError::Read)?;
    let after = to.greatest_id().await.map_err(ArchiveError::Read)?;

    let bar = progress::bar("copying", total, done);
    for_each_page(from, after, ArchiveError::Read, async |page| {
        insert_in_batches(to, &page).await.map_err(ArchiveError::Write)?;
        bar.inc(u64::try_from(page.len()).unwrap_or_default());
        Ok(())
    })
    .await?;
    bar.finish_and_clear();
    copy_keys(from, to).await?;

    let (from, to) = (digest_of(from).await?, digest_of(to).await?);
    if from == to { Ok(to) } else { Err(ArchiveError::DigestMismatch { from, to }) }
}

/// Copies the API keys. A key that the target already has stays unchanged.
async fn copy_keys(from: &dyn BlogStore, to: &dyn BlogStore) -> Result<(), ArchiveError> {
    for key in from.list_keys().await.map_err(ArchiveError::ReadKeys)? {
        match to.insert_key(&key).await {
            Ok(()) | Err(RepositoryError::Conflict) => {}
            Err(error) => return Err(ArchiveError::WriteKeys(error)),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use domain::{
        ApiKey, Content, KeyId, KeyName, KeyScope, NewPost, Post, PostId, Precondition, Scope,
        Secret, Timestamp, Title,
        ports::{ApiKeyRepository as _, PostArchive as _, PostRepository as _},
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
    async fn a_transfer_copies_every_post_unchanged() {
        let [from, to] = [store(&posts(0..1_000)).await, store(&[]).await];

        let digest = transfer(&from, &to, false).await.unwrap();

        assert_eq!(digest.count, 1_000);
        assert_eq!(to.page(None, 2_000).await.unwrap(), posts(0..1_000));
    }

    #[actix_web::test]
    async fn a_transfer_copies_every_key() {
        let key = |n| ApiKey {
            id: KeyId::new(Uuid::from_u128(n)),
            name: KeyName::new("deploy").unwrap(),
            scope: KeyScope::Write,
            hash: Secret::new([1; 32]).hash(),
            created_at: Timestamp::MIN,
            expires_at: Some(Timestamp::MAX),
            revoked_at: None,
            last_used_at: Some(Timestamp::MIN),
        };
        let [from, to] = [store(&[]).await, store(&[]).await];
        from.insert_key(&key(1)).await.unwrap();
        from.insert_key(&key(2)).await.unwrap();
        let renamed = ApiKey { name: KeyName::new("other").unwrap(), ..key(1) };
        to.insert_key(&renamed).await.unwrap();

        transfer(&from, &to, false).await.unwrap();

        assert_eq!(to.list_keys().await.unwrap(), [renamed, key(2)]);
    }

    #[actix_web::test]
    async fn a_target_with_posts_is_refused_without_resume() {
        let [from, to] = [store(&posts(0..1_000)).await, store(&posts(0..500)).await];

        let refused = transfer(&from, &to, false).await;

        assert!(matches!(refused, Err(ArchiveError::TargetNotEmpty { count: 500 })), "{refused:?}");
        assert_eq!(to.count().await.unwrap(), 500);
        assert_eq!(transfer(&from, &to, true).await.unwrap().count, 1_000);
    }

    #[actix_web::test]
    async fn a_difference_between_the_stores_is_an_error() {
        let from = store(&posts(0..10)).await;
        let to = store(&posts(0..5)).await;
        to.delete(PostId::new(Uuid::from_u128(3)), Scope::Everything, &Precondition::NONE)
            .await
            .unwrap();

        let result = transfer(&from, &to, true).await;

        assert!(matches!(result, Err(ArchiveError::DigestMismatch { .. })), "{result:?}");
    }
}
