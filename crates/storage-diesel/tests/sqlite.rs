//! Tests of SQLite files: reopening, concurrent creation, several instances, corrupt rows.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test may fail")]

use std::{path::Path, sync::Barrier, thread, time::Instant};

use diesel::{Connection as _, SqliteConnection, connection::SimpleConnection as _};
use domain::{
    ApiKey, Content, Dependency, KeyId, KeyName, KeyScope, MAX_STALENESS, NewPost, PageSize, Post,
    PostChanges, PostFilter, PostId, PostOrder, PostQuery, Precondition, Revision, Scope, Secret,
    Timestamp, Title, Versions, Window,
    ports::{
        ApiKeyRepository as _, PostArchive as _, PostRepository, PostRevisions as _,
        PreviewSecretStore as _, RepositoryError,
    },
};
use futures::future::join_all;
use storage_diesel::DieselPostRepository;
use tempfile::TempDir;
use uuid::Uuid;

const SCOPE: Scope = Scope::Everything;

fn open(path: &Path) -> DieselPostRepository {
    let url = format!("sqlite://{}", path.display());
    DieselPostRepository::open(url.parse().unwrap()).unwrap()
}

fn at() -> Timestamp {
    Timestamp::from_unix_micros(1_740_653_378_369_401).unwrap()
}

fn post() -> Post {
    let new = NewPost::new(Title::new("A title").unwrap(), Content::new("Some content").unwrap());
    Post::create(PostId::new(Uuid::from_u128(1)), new, at())
}

#[tokio::test]
async fn posts_persist_when_the_file_is_reopened() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("blog.db");
    let posts = open(&path);
    posts.insert(&post()).await.unwrap();

    drop(posts);

    assert_eq!(open(&path).find(post().id(), SCOPE).await.unwrap(), Some(post()));
}

fn numbered(n: u128) -> Post {
    let title = Title::new(format!("Title {n}")).unwrap();
    let new = NewPost::new(title, Content::new("Some content").unwrap());
    Post::create(PostId::new(Uuid::from_u128(n)), new, at())
}

fn secret(byte: u8) -> Secret {
    Secret::new([byte; Secret::BYTES])
}

fn key() -> ApiKey {
    ApiKey {
        id: KeyId::new(Uuid::from_u128(1)),
        name: KeyName::new("A key").unwrap(),
        scope: KeyScope::Read,
        hash: secret(1).hash(),
        created_at: at(),
        expires_at: Some(at()),
        revoked_at: None,
        last_used_at: None,
    }
}

#[tokio::test]
async fn keys_and_the_preview_secret_persist_when_the_file_is_reopened() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("blog.db");
    let store = open(&path);
    store.insert_key(&key()).await.unwrap();
    store.preview_secret_or(secret(1)).await.unwrap();

    drop(store);

    let store = open(&path);
    assert_eq!(store.find_key(key().id).await.unwrap(), Some(key()));
    assert_eq!(store.preview_secret_or(secret(2)).await.unwrap(), secret(1));
}

#[tokio::test]
async fn several_instances_return_the_same_preview_secret() {
    for _ in 0..10 {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("blog.db");
        let [one, other] = [open(&path), open(&path)];

        let (from_one, from_other) =
            tokio::join!(one.preview_secret_or(secret(1)), other.preview_secret_or(secret(2)));

        assert_eq!(from_one.unwrap(), from_other.unwrap());
    }
}

#[test]
fn several_threads_can_create_a_file_at_once() {
    const OPENERS: usize = 8;
    for _ in 0..10 {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("blog.db");
        let start = Barrier::new(OPENERS);

        thread::scope(|scope| {
            for _ in 0..OPENERS {
                scope.spawn(|| {
                    start.wait();
                    open(&path);
                });
            }
        });
    }
}

#[tokio::test]
async fn the_search_index_has_the_tokens_of_every_post() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("blog.db");
    let posts = open(&path);
    let new_title =
        PostChanges { title: Some(Title::new("Another").unwrap()), ..PostChanges::default() };
    let none = &Precondition::NONE;
    let stale = &Precondition { version_in: Some(Versions::OneOf(vec![])), ..Precondition::NONE };

    posts.insert_all(&(0..100).map(numbered).collect::<Vec<_>>()).await.unwrap();
    // The store commits these writes together. Some of them fail, before or after they wrote.
    let writes = (0..200).map(async |n| {
        let id = PostId::new(Uuid::from_u128(n));
        let _ = match n % 5 {
            0 => posts.update(id, SCOPE, &new_title, none, at()).await.map(drop),
            1 => posts.delete(id, SCOPE, none).await,
            2 => posts.delete(id, SCOPE, stale).await,
            3 => posts.insert(&numbered(n)).await,
            _ => posts.update(id, SCOPE, &PostChanges::default(), none, at()).await.map(drop),
        };
    });
    join_all(writes).await;
    drop(posts);

    // FTS5 compares its index with the tokens in the table.
    let mut db = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
    let check = "INSERT INTO post_words (post_words, rank) VALUES ('integrity-check', 1)";
    db.batch_execute(check).unwrap();
    let wrong = "INSERT INTO post_words (rowid, words) VALUES (1000, 'wrong')";
    db.batch_execute(wrong).unwrap();
    assert!(db.batch_execute(check).is_err(), "the check finds a wrong row");
}

#[tokio::test]
async fn a_corrupt_row_is_an_error_and_can_be_deleted() {
    let corruptions = [
        "UPDATE posts SET title = 'x'",
        "UPDATE posts SET content = 'x'",
        "UPDATE posts SET title = 'a' || char(0) || 'bc'",
        "UPDATE posts SET updated_at = created_at - 1",
        "UPDATE posts SET created_at = 9223372036854775807, updated_at = 9223372036854775807",
        "PRAGMA ignore_check_constraints = ON; UPDATE posts SET version = 0",
        "PRAGMA ignore_check_constraints = ON; UPDATE posts SET title = x'ff'",
    ];
    let query = PostQuery {
        scope: SCOPE,
        filter: PostFilter::default(),
        order: PostOrder::NEWEST_FIRST,
        window: Window::first(PageSize::DEFAULT),
    };
    for corruption in corruptions {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("blog.db");
        let posts = open(&path);
        posts.insert(&post()).await.unwrap();

        let mut db = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
        db.batch_execute(corruption).unwrap();

        let id = post().id();
        for result in [
            posts.find(id, SCOPE).await.map(drop),
            posts.list(&query).await.map(drop),
            posts
                .update(id, SCOPE, &PostChanges::default(), &Precondition::NONE, at())
                .await
                .map(drop),
        ] {
            assert!(matches!(result, Err(RepositoryError::Backend(_))), "{corruption}: {result:?}");
        }
        posts.delete(id, SCOPE, &Precondition::NONE).await.unwrap();
        assert_eq!(posts.find(id, SCOPE).await.unwrap(), None, "{corruption}");
    }
}

#[tokio::test]
async fn a_corrupt_key_is_an_error_and_can_be_revoked() {
    let corruptions = [
        "UPDATE api_keys SET name = ''",
        "UPDATE api_keys SET name = 'a' || char(10) || 'b'",
        "UPDATE api_keys SET expires_at = 9223372036854775807",
        "PRAGMA ignore_check_constraints = ON; UPDATE api_keys SET scope = 'owner'",
        "PRAGMA ignore_check_constraints = ON; UPDATE api_keys SET hash = x'00'",
    ];
    for corruption in corruptions {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("blog.db");
        let store = open(&path);
        store.insert_key(&key()).await.unwrap();

        let mut db = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
        db.batch_execute(corruption).unwrap();

        for result in [store.find_key(key().id).await.map(drop), store.list_keys().await.map(drop)]
        {
            assert!(matches!(result, Err(RepositoryError::Backend(_))), "{corruption}: {result:?}");
        }
        store.revoke_key(key().id, at()).await.unwrap();
    }
}

#[tokio::test]
async fn a_corrupt_preview_secret_is_an_error_and_can_be_replaced() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("blog.db");
    let store = open(&path);
    store.preview_secret_or(secret(1)).await.unwrap();

    let mut db = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
    db.batch_execute("PRAGMA ignore_check_constraints = ON; UPDATE secrets SET value = x'00'")
        .unwrap();

    let result = store.preview_secret_or(secret(2)).await.map(drop);
    assert!(matches!(result, Err(RepositoryError::Backend(_))), "{result:?}");
    store.replace_preview_secret(secret(3)).await.unwrap();
    assert_eq!(store.preview_secret_or(secret(2)).await.unwrap(), secret(3));
}

/// Asks for the revision of a dependency until there is one.
async fn revision(store: &DieselPostRepository, dependency: Dependency) -> Revision {
    loop {
        match store.revision(dependency) {
            Some(revision) => return revision,
            // This takes some time.
            None => drop(store.find(post().id(), SCOPE).await.unwrap()),
        }
    }
}

#[tokio::test]
async fn a_post_that_is_not_changed_keeps_its_revision() {
    let folder = TempDir::new().unwrap();
    let store = open(&folder.path().join("blog.db"));
    let other = Dependency::Post(PostId::new(Uuid::from_u128(2)));
    let (post_2, list) =
        (revision(&store, other).await, revision(&store, Dependency::AllPosts).await);

    store.insert(&post()).await.unwrap();

    assert_eq!(revision(&store, other).await, post_2);
    assert_ne!(revision(&store, Dependency::AllPosts).await, list);
    let list = revision(&store, Dependency::AllPosts).await;
    store.insert_key(&key()).await.unwrap();
    assert_eq!(revision(&store, Dependency::AllPosts).await, list, "a key is not a post");
}

#[tokio::test]
async fn a_change_by_another_instance_leads_to_another_revision_in_time() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("blog.db");
    let (store, other) = (open(&path), open(&path));
    let dependency = Dependency::Post(post().id());
    for n in 0..20 {
        let before = revision(&store, dependency).await;

        if n % 2 == 0 {
            other.insert(&post()).await.unwrap();
        } else {
            other.delete(post().id(), SCOPE, &Precondition::NONE).await.unwrap();
        }
        let changed = Instant::now();

        while changed.elapsed() < MAX_STALENESS {
            if store.revision(dependency) != Some(before) {
                break;
            }
        }
        assert_ne!(store.revision(dependency), Some(before));
    }
}

#[tokio::test]
async fn there_is_no_revision_while_another_process_blocks_the_writer() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("blog.db");
    let store = open(&path);
    let before = revision(&store, Dependency::AllPosts).await;
    let mut other = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
    other.batch_execute("BEGIN IMMEDIATE").unwrap();
    let post = post();
    let blocked = store.insert(&post);

    let expires = async {
        while store.revision(Dependency::AllPosts) == Some(before) {
            tokio::task::yield_now().await;
        }
        assert_eq!(store.revision(Dependency::AllPosts), None);
        other.batch_execute("COMMIT").unwrap();
    };

    tokio::join!(blocked, expires).0.unwrap();
}
