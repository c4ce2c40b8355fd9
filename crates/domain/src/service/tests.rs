//! Tests the service with mocks: its use cases, and how it maps the errors of its repository.

use std::sync::Arc;

use mockall::predicate::eq;
use uuid::Uuid;

use crate::{
    Content, CursorPage, IdempotencyKey, KeyId, KeyScope, KeyedRequest, Keyset, NewPost,
    PageNumber, PageSize, Post, PostChanges, PostError, PostFilter, PostId, PostOrder, PostQuery,
    PostService, Precondition, Scope, SortKey, Start, Timestamp, Title, Version, Viewer, Window,
    ports::{
        Insertion, Listed, MockClock, MockIdGenerator, MockPostRepository, PostsWithTotal,
        RepositoryError,
    },
};

const ID: Uuid = Uuid::from_u128(7);
const VIEWER: Viewer = Viewer::Key { id: KeyId::new(Uuid::from_u128(9)), scope: KeyScope::Write };

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

/// Returns a service with a mock repository. `expect` sets the calls that the mock expects and
/// their results.
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
const UNEXPECTED_NOT_FOUND: (Failure, Expected) = (
    || RepositoryError::NotFound,
    |error| matches!(error, PostError::Internal(RepositoryError::NotFound)),
);

const PRECONDITION_FAILED: (Failure, Expected) = (
    || RepositoryError::PreconditionFailed(Version::FIRST),
    |error| matches!(error, PostError::PreconditionFailed { current: Version::FIRST }),
);
const UNEXPECTED_PRECONDITION_FAILED: (Failure, Expected) = (
    || RepositoryError::PreconditionFailed(Version::FIRST),
    |error| matches!(error, PostError::Internal(RepositoryError::PreconditionFailed(_))),
);

/// Errors of a repository call without a precondition, and the service's error for each.
const ERRORS_WITHOUT_PRECONDITION: [(Failure, Expected); 5] =
    [UNAVAILABLE, BACKEND, CONFLICT, UNEXPECTED_NOT_FOUND, UNEXPECTED_PRECONDITION_FAILED];
/// Errors of a repository call that changes or deletes a post, and the service's error for each.
const ERRORS_OF_UPDATE_AND_DELETE: [(Failure, Expected); 5] =
    [UNAVAILABLE, BACKEND, CONFLICT, NOT_FOUND, PRECONDITION_FAILED];

/// Returns a query for the first `limit` posts, ordered by title.
fn query(limit: u32) -> PostQuery {
    PostQuery {
        scope: Scope::PublishedOnly,
        filter: PostFilter { published: Some(true), ..PostFilter::default() },
        order: PostOrder::ALL[4],
        window: Window::first(PageSize::new(limit).unwrap()),
    }
}

/// Returns the post with the number `n`.
fn nth(n: u32) -> Post {
    let title = Title::new(format!("Title {n}")).unwrap();
    let new = NewPost::new(title, Content::new("Some content").unwrap());
    Post::create(PostId::new(Uuid::from_u128(n.into())), new, now())
}

#[tokio::test]
async fn create_stores_and_returns_a_post_with_a_new_id_and_the_current_time() {
    let service = service(|posts| {
        posts.expect_insert().once().with(eq(post())).returning(|_| Ok(()));
    });

    let created = service.create(new_post()).await.unwrap();

    assert_eq!(created, post());
}

#[tokio::test]
async fn create_returns_the_errors_of_the_repository() {
    for (failure, expected) in ERRORS_WITHOUT_PRECONDITION {
        let service = service(|posts| {
            posts.expect_insert().once().returning(move |_| Err(failure()));
        });

        let error = service.create(new_post()).await.unwrap_err();

        assert!(expected(&error), "{error:?}");
    }
}

/// Returns a service whose repository answers the next keyed request with `outcome`.
fn service_with_outcome(outcome: Insertion) -> PostService {
    let request = KeyedRequest::new(key(), VIEWER.key(), &new_post(), now());
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
async fn create_once_stores_the_post_and_records_the_request() {
    let service = service_with_outcome(Insertion::Created);

    let created = service.create_once(new_post(), key(), VIEWER).await.unwrap();

    assert_eq!((created.post, created.replayed), (post(), false));
}

#[tokio::test]
async fn create_once_returns_the_post_that_the_same_request_already_created() {
    let earlier = (PostId::new(Uuid::from_u128(3)), Timestamp::MIN);
    let service = service_with_outcome(Insertion::AlreadyCreated { id: earlier.0, at: earlier.1 });

    let created = service.create_once(new_post(), key(), VIEWER).await.unwrap();

    assert_eq!(created.post, Post::create(earlier.0, new_post(), earlier.1));
    assert!(created.replayed);
}

#[tokio::test]
async fn create_once_refuses_a_key_that_is_reused_or_in_progress() {
    let error =
        service_with_outcome(Insertion::KeyReused).create_once(new_post(), key(), VIEWER).await;
    assert!(matches!(error, Err(PostError::KeyReused)), "{error:?}");

    let error =
        service_with_outcome(Insertion::InProgress).create_once(new_post(), key(), VIEWER).await;
    assert!(matches!(error, Err(PostError::InProgress)), "{error:?}");
}

#[tokio::test]
async fn create_once_returns_the_errors_of_the_repository() {
    for (failure, expected) in ERRORS_WITHOUT_PRECONDITION {
        let service = service(|posts| {
            posts.expect_insert_once().once().returning(move |_, _| Err(failure()));
        });

        let error = service.create_once(new_post(), key(), VIEWER).await.unwrap_err();

        assert!(expected(&error), "{error:?}");
    }
}

/// Returns a service whose repository has the posts with the numbers in `stored`, in this order.
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
            Ok(Listed::cut(stored.clone().map(nth).filter(is_in_window).take(limit)))
        });
    })
}

#[tokio::test]
async fn a_cursor_page_has_the_keyset_after_which_the_result_continues() {
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
async fn cursor_page_returns_the_errors_of_the_repository() {
    for (failure, expected) in ERRORS_WITHOUT_PRECONDITION {
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
    let asked = third.clone();
    let service = service(move |posts| {
        let listed = Listed { posts: vec![post()], is_cut: false };
        let answer = move |_: &PostQuery| Ok(PostsWithTotal { listed: listed.clone(), total: 51 });
        posts.expect_list_with_total().once().with(eq(asked)).returning(answer);
    });

    let page = service.numbered_page(&third).await.unwrap();

    assert_eq!((page.posts, page.total), (vec![post()], 51));
    assert!(page.rest.is_none());
}

#[tokio::test]
async fn the_rest_of_a_numbered_page_with_long_posts_is_a_stream() {
    let window = query(1).with_window(Window { start: Start::Offset(0), limit: 4 });
    let service = service(|posts| {
        posts.expect_list_with_total().once().returning(|_| {
            let listed = Listed { posts: vec![nth(0)], is_cut: true };
            Ok(PostsWithTotal { listed, total: 9 })
        });
        // Each call returns only one post, as if the posts had much text.
        posts.expect_list().returning(|asked| {
            let Start::After(keyset) = &asked.window.start else { panic!("{asked:?}") };
            let next = (0..9).map(nth).find(|post| post.id() > keyset.id);
            Ok(Listed { posts: next.into_iter().collect(), is_cut: true })
        });
    });

    let page = service.numbered_page(&window).await.unwrap();

    assert_eq!(page.posts, [nth(0)]);
    let (mut rest, mut yielded) = (page.rest.unwrap(), Vec::new());
    while let Some(posts) = rest.next().await.unwrap() {
        yielded.extend(posts);
    }
    assert_eq!(yielded, [nth(1), nth(2), nth(3)]);
}

#[tokio::test]
async fn a_cursor_page_that_is_cut_continues_after_its_last_post() {
    let service = service(|posts| {
        let listed = Listed { posts: vec![nth(0), nth(1)], is_cut: true };
        posts.expect_list().once().returning(move |_| Ok(listed.clone()));
    });

    let page = service.cursor_page(&query(9)).await.unwrap();

    let last = Keyset::of(&nth(1), SortKey::Title);
    assert_eq!(page, CursorPage { posts: vec![nth(0), nth(1)], next: Some(last) });
}

#[tokio::test]
async fn numbered_page_returns_the_errors_of_the_repository() {
    for (failure, expected) in ERRORS_WITHOUT_PRECONDITION {
        let service = service(|posts| {
            posts.expect_list_with_total().once().returning(move |_| Err(failure()));
        });

        let error = service.numbered_page(&query(1)).await.err().unwrap();

        assert!(expected(&error), "{error:?}");
    }
}

#[tokio::test]
async fn get_returns_the_post_with_the_given_id() {
    let service = service(|posts| {
        let asked = (eq(id()), eq(Scope::PublishedOnly));
        posts.expect_find().once().with(asked.0, asked.1).returning(|_, _| Ok(Some(post())));
    });

    assert_eq!(service.get(id(), Viewer::Anonymous).await.unwrap(), post());
}

#[tokio::test]
async fn getting_a_missing_post_is_not_found() {
    let service = service(|posts| {
        posts.expect_find().once().returning(|_, _| Ok(None));
    });

    assert!(matches!(service.get(id(), Viewer::Anonymous).await, Err(PostError::NotFound)));
}

#[tokio::test]
async fn get_returns_the_errors_of_the_repository() {
    for (failure, expected) in ERRORS_WITHOUT_PRECONDITION {
        let service = service(|posts| {
            posts.expect_find().once().returning(move |_, _| Err(failure()));
        });

        let error = service.get(id(), Viewer::Anonymous).await.unwrap_err();

        assert!(expected(&error), "{error:?}");
    }
}

#[tokio::test]
async fn update_passes_its_arguments_and_the_time_to_the_repository_and_returns_the_post() {
    let service = service(|posts| {
        posts
            .expect_update()
            .once()
            .with(eq(id()), eq(Scope::PublishedOnly), eq(changes()), eq(condition()), eq(now()))
            .returning(|_, _, _, _, _| Ok(post()));
    });

    assert_eq!(
        service.update(id(), Viewer::Anonymous, changes(), condition()).await.unwrap(),
        post()
    );
}

#[tokio::test]
async fn update_returns_the_errors_of_the_repository() {
    for (failure, expected) in ERRORS_OF_UPDATE_AND_DELETE {
        let service = service(|posts| {
            posts.expect_update().once().returning(move |_, _, _, _, _| Err(failure()));
        });

        let error =
            service.update(id(), Viewer::Anonymous, changes(), condition()).await.unwrap_err();

        assert!(expected(&error), "{error:?}");
    }
}

#[tokio::test]
async fn delete_passes_id_scope_and_precondition_to_the_repository() {
    let service = service(|posts| {
        let asked = (eq(id()), eq(Scope::PublishedOnly), eq(condition()));
        let delete = posts.expect_delete().once().with(asked.0, asked.1, asked.2);
        delete.returning(|_, _, _| Ok(()));
    });

    assert!(service.delete(id(), Viewer::Anonymous, condition()).await.is_ok());
}

#[tokio::test]
async fn delete_returns_the_errors_of_the_repository() {
    for (failure, expected) in ERRORS_OF_UPDATE_AND_DELETE {
        let service = service(|posts| {
            posts.expect_delete().once().returning(move |_, _, _| Err(failure()));
        });

        let error = service.delete(id(), Viewer::Anonymous, condition()).await.unwrap_err();

        assert!(expected(&error), "{error:?}");
    }
}

#[test]
fn the_message_of_an_error_does_not_contain_its_cause() {
    use std::error::Error as _;
    let error = PostError::Internal(RepositoryError::Backend("secret path".into()));

    assert_eq!(error.to_string(), "the post store failed");
    assert_eq!(error.source().unwrap().source().unwrap().to_string(), "secret path");
}
