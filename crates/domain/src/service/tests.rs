//! Every branch of the service and every failure of its repository, against mocks.

use std::sync::Arc;

use mockall::predicate::eq;
use uuid::Uuid;

use crate::{
    Content, NewPost, Post, PostChanges, PostError, PostId, PostService, Timestamp, Title,
    ports::{MockClock, MockIdGenerator, MockPostRepository, PostFilter, RepositoryError},
};

const ID: Uuid = Uuid::from_u128(7);

fn id() -> PostId {
    PostId::new(ID)
}

fn now() -> Timestamp {
    Timestamp::from_unix_micros(1_740_653_378_369_401).unwrap()
}

fn new_post() -> NewPost {
    NewPost {
        published: false,
        ..NewPost::new(Title::new("A title").unwrap(), Content::new("Some content").unwrap())
    }
}

fn post() -> Post {
    Post::create(id(), new_post(), now())
}

fn changes() -> PostChanges {
    PostChanges { published: Some(true), ..PostChanges::default() }
}

/// A blog on a repository of which `expect` says what it will be asked and will answer.
fn service(expect: impl FnOnce(&mut MockPostRepository)) -> PostService {
    let mut posts = MockPostRepository::new();
    expect(&mut posts);
    let mut clock = MockClock::new();
    clock.expect_now().return_const(now());
    let mut ids = MockIdGenerator::new();
    ids.expect_generate().return_const(ID);
    PostService::new(Arc::new(posts), Arc::new(clock), Arc::new(ids))
}

type Failure = fn() -> RepositoryError;
type Expected = fn(&PostError) -> bool;

const UNAVAILABLE: (Failure, Expected) = (
    || RepositoryError::Unavailable("gone fishing".into()),
    |error| matches!(error, PostError::Unavailable(RepositoryError::Unavailable(_))),
);
const BACKEND: (Failure, Expected) = (
    || RepositoryError::Backend("corrupt".into()),
    |error| matches!(error, PostError::Internal(RepositoryError::Backend(_))),
);
const CONFLICT: (Failure, Expected) = (
    || RepositoryError::Conflict,
    |error| matches!(error, PostError::Internal(RepositoryError::Conflict)),
);
const NOT_FOUND: (Failure, Expected) =
    (|| RepositoryError::NotFound, |error| matches!(error, PostError::NotFound));
const NOT_FOUND_OUT_OF_PLACE: (Failure, Expected) = (
    || RepositoryError::NotFound,
    |error| matches!(error, PostError::Internal(RepositoryError::NotFound)),
);

#[tokio::test]
async fn create_keeps_and_answers_a_post_with_a_new_id_made_now() {
    let service = service(|posts| {
        posts.expect_insert().once().with(eq(post())).returning(|_| Ok(()));
    });

    let created = service.create(new_post()).await.unwrap();

    assert_eq!(created, post());
}

#[tokio::test]
async fn create_passes_failures_on() {
    for (failure, expected) in [UNAVAILABLE, BACKEND, CONFLICT, NOT_FOUND_OUT_OF_PLACE] {
        let service = service(|posts| {
            posts.expect_insert().once().returning(move |_| Err(failure()));
        });

        let error = service.create(new_post()).await.unwrap_err();

        assert!(expected(&error), "{error:?}");
    }
}

#[tokio::test]
async fn list_hands_the_filter_on_and_the_posts_back() {
    for published in [None, Some(true), Some(false)] {
        let filter = PostFilter { published };
        let service = service(|posts| {
            posts.expect_list().once().with(eq(filter)).returning(|_| Ok(vec![post()]));
        });

        assert_eq!(service.list(filter).await.unwrap(), [post()]);
    }
}

#[tokio::test]
async fn list_passes_failures_on() {
    for (failure, expected) in [UNAVAILABLE, BACKEND, CONFLICT, NOT_FOUND_OUT_OF_PLACE] {
        let service = service(|posts| {
            posts.expect_list().once().returning(move |_| Err(failure()));
        });

        let error = service.list(PostFilter::default()).await.unwrap_err();

        assert!(expected(&error), "{error:?}");
    }
}

#[tokio::test]
async fn get_answers_the_post_of_that_id() {
    let service = service(|posts| {
        posts.expect_find().once().with(eq(id())).returning(|_| Ok(Some(post())));
    });

    assert_eq!(service.get(id()).await.unwrap(), post());
}

#[tokio::test]
async fn get_says_so_when_there_is_no_post() {
    let service = service(|posts| {
        posts.expect_find().once().returning(|_| Ok(None));
    });

    assert!(matches!(service.get(id()).await, Err(PostError::NotFound)));
}

#[tokio::test]
async fn get_passes_failures_on() {
    for (failure, expected) in [UNAVAILABLE, BACKEND, CONFLICT, NOT_FOUND_OUT_OF_PLACE] {
        let service = service(|posts| {
            posts.expect_find().once().returning(move |_| Err(failure()));
        });

        let error = service.get(id()).await.unwrap_err();

        assert!(expected(&error), "{error:?}");
    }
}

#[tokio::test]
async fn update_hands_the_changes_on_with_the_time_and_the_post_back() {
    let service = service(|posts| {
        posts
            .expect_update()
            .once()
            .with(eq(id()), eq(changes()), eq(now()))
            .returning(|_, _, _| Ok(post()));
    });

    assert_eq!(service.update(id(), changes()).await.unwrap(), post());
}

#[tokio::test]
async fn update_passes_failures_on() {
    for (failure, expected) in [UNAVAILABLE, BACKEND, CONFLICT, NOT_FOUND] {
        let service = service(|posts| {
            posts.expect_update().once().returning(move |_, _, _| Err(failure()));
        });

        let error = service.update(id(), changes()).await.unwrap_err();

        assert!(expected(&error), "{error:?}");
    }
}

#[tokio::test]
async fn delete_removes_the_post_of_that_id() {
    let service = service(|posts| {
        posts.expect_delete().once().with(eq(id())).returning(|_| Ok(()));
    });

    assert!(service.delete(id()).await.is_ok());
}

#[tokio::test]
async fn delete_passes_failures_on() {
    for (failure, expected) in [UNAVAILABLE, BACKEND, CONFLICT, NOT_FOUND] {
        let service = service(|posts| {
            posts.expect_delete().once().returning(move |_| Err(failure()));
        });

        let error = service.delete(id()).await.unwrap_err();

        assert!(expected(&error), "{error:?}");
    }
}

#[test]
fn an_error_tells_its_cause_only_to_who_asks_for_it() {
    use std::error::Error as _;
    let error = PostError::Internal(RepositoryError::Backend("secret path".into()));

    assert_eq!(error.to_string(), "posts cannot be served");
    assert_eq!(error.source().unwrap().source().unwrap().to_string(), "secret path");
}
