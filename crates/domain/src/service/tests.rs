//! Every branch of the service and every failure of its repository, against mocks.

use std::sync::Arc;

use mockall::predicate::eq;
use uuid::Uuid;

use crate::{
    Content, CursorPage, IdempotencyKey, KeyedRequest, Keyset, NewPost, PageNumber, PageSize, Post,
    PostChanges, PostError, PostFilter, PostId, PostOrder, PostQuery, PostService, Precondition,
    Scope, SortKey, Start, Timestamp, Title, Version, Window,
    ports::{
        Insertion, MockClock, MockIdGenerator, MockPostRepository, PostsWithTotal, RepositoryError,
    },
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

fn condition() -> Precondition {
    Precondition::version(Version::FIRST)
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
    || RepositoryError::Unavailable("gone".into()),
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

const STALE: (Failure, Expected) = (
    || RepositoryError::PreconditionFailed(Version::FIRST),
    |error| matches!(error, PostError::PreconditionFailed { current: Version::FIRST }),
);
const STALE_OUT_OF_PLACE: (Failure, Expected) = (
    || RepositoryError::PreconditionFailed(Version::FIRST),
    |error| matches!(error, PostError::Internal(RepositoryError::PreconditionFailed(_))),
);

/// What can happen to a call that no condition is put on.
const FAILURES: [(Failure, Expected); 5] =
    [UNAVAILABLE, BACKEND, CONFLICT, NOT_FOUND_OUT_OF_PLACE, STALE_OUT_OF_PLACE];
/// What can happen to a call that is about one post as it is.
const REFUSALS: [(Failure, Expected); 5] = [UNAVAILABLE, BACKEND, CONFLICT, NOT_FOUND, STALE];

/// A query by title, the first `limit` posts.
fn query(limit: u32) -> PostQuery {
    PostQuery {
        scope: Scope::PublishedOnly,
        filter: PostFilter { published: Some(true), ..PostFilter::default() },
        order: PostOrder::ALL[4],
        window: Window::first(PageSize::new(limit).unwrap()),
    }
}

/// The `n`th of many posts.
fn nth(n: u32) -> Post {
    let title = Title::new(format!("Title {n}")).unwrap();
    let new = NewPost::new(title, Content::new("Some content").unwrap());
    Post::create(PostId::new(Uuid::from_u128(n.into())), new, now())
}

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
    for (failure, expected) in FAILURES {
        let service = service(|posts| {
            posts.expect_insert().once().returning(move |_| Err(failure()));
        });

        let error = service.create(new_post()).await.unwrap_err();

        assert!(expected(&error), "{error:?}");
    }
}

/// A service whose next keyed request comes to `outcome`.
fn service_with_outcome(outcome: Insertion) -> PostService {
    let request = KeyedRequest::new(key(), &new_post(), now());
    service(move |posts| {
        let expected = (eq(post()), eq(request));
        posts
            .expect_insert_once()
            .once()
            .with(expected.0, expected.1)
            .returning(move |_, _| Ok(outcome));
    })
}

fn key() -> IdempotencyKey {
    IdempotencyKey::new("a-key").unwrap()
}

#[tokio::test]
async fn create_once_keeps_a_post_with_the_request_for_it() {
    let service = service_with_outcome(Insertion::Created);

    let created = service.create_once(new_post(), key()).await.unwrap();

    assert_eq!((created.post, created.replayed), (post(), false));
}

#[tokio::test]
async fn create_once_answers_again_what_the_same_request_has_made_before() {
    let earlier = (PostId::new(Uuid::from_u128(3)), Timestamp::MIN);
    let service = service_with_outcome(Insertion::AlreadyCreated { id: earlier.0, at: earlier.1 });

    let created = service.create_once(new_post(), key()).await.unwrap();

    assert_eq!(created.post, Post::create(earlier.0, new_post(), earlier.1));
    assert!(created.replayed);
}

#[tokio::test]
async fn create_once_refuses_a_key_that_is_not_this_requests() {
    let error = service_with_outcome(Insertion::KeyReused).create_once(new_post(), key()).await;
    assert!(matches!(error, Err(PostError::KeyReused)), "{error:?}");

    let error = service_with_outcome(Insertion::InProgress).create_once(new_post(), key()).await;
    assert!(matches!(error, Err(PostError::InProgress)), "{error:?}");
}

#[tokio::test]
async fn create_once_passes_failures_on() {
    for (failure, expected) in FAILURES {
        let service = service(|posts| {
            posts.expect_insert_once().once().returning(move |_, _| Err(failure()));
        });

        let error = service.create_once(new_post(), key()).await.unwrap_err();

        assert!(expected(&error), "{error:?}");
    }
}

/// A service whose store has the posts with the numbers in `stored`, in that order.
fn service_listing(stored: std::ops::Range<u32>) -> PostService {
    service(move |posts| {
        posts.expect_list().returning(move |asked| {
            assert_eq!(asked.with_window(query(1).window), query(1));
            let is_in_window = |post: &Post| match &asked.window.start {
                Start::First => true,
                Start::After(keyset) => Keyset::of(post, SortKey::Title).id > keyset.id,
                Start::Offset(_) => panic!("a cursor page has no offset"),
            };
            let limit = usize::try_from(asked.window.limit).unwrap();
            Ok(stored.clone().map(nth).filter(is_in_window).take(limit).collect())
        });
    })
}

#[tokio::test]
async fn a_cursor_page_says_where_the_result_continues() {
    let third = Keyset::of(&nth(2), SortKey::Title);
    let service = service_listing(0..4);

    let page = service.cursor_page(&query(3)).await.unwrap();
    assert_eq!(page, CursorPage { posts: (0..3).map(nth).collect(), next: Some(third.clone()) });

    let rest = query(3).with_window(Window { start: Start::After(third), limit: 3 });
    let page = service.cursor_page(&rest).await.unwrap();
    assert_eq!(page, CursorPage { posts: vec![nth(3)], next: None });
}

#[tokio::test]
async fn a_full_last_cursor_page_does_not_continue() {
    let page = service_listing(0..3).cursor_page(&query(3)).await.unwrap();

    assert_eq!(page, CursorPage { posts: (0..3).map(nth).collect(), next: None });
}

#[tokio::test]
async fn cursor_page_passes_failures_on() {
    for (failure, expected) in FAILURES {
        let service = service(|posts| {
            posts.expect_list().once().returning(move |_| Err(failure()));
        });

        let error = service.cursor_page(&query(1)).await.unwrap_err();

        assert!(expected(&error), "{error:?}");
    }
}

#[tokio::test]
async fn a_stream_yields_every_post_in_bounded_batches() {
    for count in [0, 1, PageSize::MAX - 1, PageSize::MAX, PageSize::MAX + 1, 3 * PageSize::MAX] {
        let mut stream = service_listing(0..count).stream(query(1));
        let mut yielded = Vec::new();

        while let Some(posts) = stream.next().await.unwrap() {
            assert!((1..=100).contains(&posts.len()));
            yielded.extend(posts);
            let is_all = yielded.len() == usize::try_from(count).unwrap();
            assert_eq!(stream.is_at_end(), is_all);
        }

        assert_eq!(yielded, (0..count).map(nth).collect::<Vec<_>>());
        assert!(stream.is_at_end());
    }
}

#[tokio::test]
async fn a_stream_ends_when_it_fails() {
    let service = service(|posts| {
        posts.expect_list().once().returning(|_| Err((UNAVAILABLE.0)()));
    });
    let mut stream = service.stream(query(1));

    assert!(matches!(stream.next().await, Err(PostError::Unavailable(_))));
    assert!(stream.is_at_end() && stream.next().await.unwrap().is_none());
}

#[tokio::test]
async fn a_numbered_page_has_the_posts_of_its_window_and_the_total() {
    let (number, size) = (PageNumber::new(3).unwrap(), PageSize::new(25).unwrap());
    let third = query(1).with_window(Window::page(number, size));
    let expected = PostsWithTotal { posts: vec![post()], total: 51 };
    let (asked, answer) = (third.clone(), expected.clone());
    let service = service(move |posts| {
        let answer = move |_: &PostQuery| Ok(answer.clone());
        posts.expect_list_with_total().once().with(eq(asked)).returning(answer);
    });

    assert_eq!(service.numbered_page(&third).await.unwrap(), expected);
}

#[tokio::test]
async fn numbered_page_passes_failures_on() {
    for (failure, expected) in FAILURES {
        let service = service(|posts| {
            posts.expect_list_with_total().once().returning(move |_| Err(failure()));
        });

        let error = service.numbered_page(&query(1)).await.unwrap_err();

        assert!(expected(&error), "{error:?}");
    }
}

#[tokio::test]
async fn get_answers_the_post_of_that_id() {
    let service = service(|posts| {
        let asked = (eq(id()), eq(Scope::PublishedOnly));
        posts.expect_find().once().with(asked.0, asked.1).returning(|_, _| Ok(Some(post())));
    });

    assert_eq!(service.get(id(), Scope::PublishedOnly).await.unwrap(), post());
}

#[tokio::test]
async fn get_says_so_when_there_is_no_post() {
    let service = service(|posts| {
        posts.expect_find().once().returning(|_, _| Ok(None));
    });

    assert!(matches!(service.get(id(), Scope::PublishedOnly).await, Err(PostError::NotFound)));
}

#[tokio::test]
async fn get_passes_failures_on() {
    for (failure, expected) in FAILURES {
        let service = service(|posts| {
            posts.expect_find().once().returning(move |_, _| Err(failure()));
        });

        let error = service.get(id(), Scope::PublishedOnly).await.unwrap_err();

        assert!(expected(&error), "{error:?}");
    }
}

#[tokio::test]
async fn update_hands_changes_and_condition_on_with_the_time_and_the_post_back() {
    let service = service(|posts| {
        posts
            .expect_update()
            .once()
            .with(eq(id()), eq(Scope::PublishedOnly), eq(changes()), eq(condition()), eq(now()))
            .returning(|_, _, _, _, _| Ok(post()));
    });

    assert_eq!(
        service.update(id(), Scope::PublishedOnly, changes(), condition()).await.unwrap(),
        post()
    );
}

#[tokio::test]
async fn update_passes_failures_on() {
    for (failure, expected) in REFUSALS {
        let service = service(|posts| {
            posts.expect_update().once().returning(move |_, _, _, _, _| Err(failure()));
        });

        let error =
            service.update(id(), Scope::PublishedOnly, changes(), condition()).await.unwrap_err();

        assert!(expected(&error), "{error:?}");
    }
}

#[tokio::test]
async fn delete_removes_the_post_of_that_id_under_that_condition() {
    let service = service(|posts| {
        let asked = (eq(id()), eq(Scope::PublishedOnly), eq(condition()));
        let delete = posts.expect_delete().once().with(asked.0, asked.1, asked.2);
        delete.returning(|_, _, _| Ok(()));
    });

    assert!(service.delete(id(), Scope::PublishedOnly, condition()).await.is_ok());
}

#[tokio::test]
async fn delete_passes_failures_on() {
    for (failure, expected) in REFUSALS {
        let service = service(|posts| {
            posts.expect_delete().once().returning(move |_, _, _| Err(failure()));
        });

        let error = service.delete(id(), Scope::PublishedOnly, condition()).await.unwrap_err();

        assert!(expected(&error), "{error:?}");
    }
}

#[test]
fn an_error_tells_its_cause_only_to_who_asks_for_it() {
    use std::error::Error as _;
    let error = PostError::Internal(RepositoryError::Backend("secret path".into()));

    assert_eq!(error.to_string(), "the post store failed");
    assert_eq!(error.source().unwrap().source().unwrap().to_string(), "secret path");
}
