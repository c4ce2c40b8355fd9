//! Model-based testing: random sequences of calls, compared with the reference implementation.

use std::cell::Cell;

use domain::{
    IdempotencyKey, KeyedRequest, Keyset, Post, PostChanges, PostFilter, PostOrder, PostQuery,
    PostRecord, Precondition, Scope, Search, SortKey, SortValue, Start, Versions, Window,
    ports::{BlogStore, RepositoryError},
};
use proptest::{
    prelude::*,
    test_runner::{Config, TestCaseError, TestRunner},
};
use tokio::{runtime::Handle, task::block_in_place};

use super::idempotency::request;
use crate::{
    case::{Case, cases},
    reference::Reference,
    sample::{at, content, id, key_id, post_created, title, version},
    store::Store,
};

pub(crate) const CASES: &[Case] =
    cases![any_sequence_of_calls_returns_the_same_answers_as_the_reference];

/// The number of random sequences.
const SEQUENCES: u32 = 64;

/// One call of a method. There are only a few ids, so that calls often concern the same post.
#[derive(Debug, Clone)]
enum Call {
    Insert(Post),
    /// A post, a request at the time 0, and the seconds since the previous call. There are only a
    /// few idempotency keys, owners and fingerprints, so that they repeat.
    InsertOnce(Post, KeyedRequest, i64),
    InsertAll(Vec<Post>),
    Find(u128, Scope),
    List(PostQuery),
    ListWithTotal(PostQuery),
    Update(u128, Scope, PostChanges, Precondition, i64),
    Delete(u128, Scope, Precondition),
    Page(Option<u128>, u32),
    Count,
    GreatestId,
}

fn numbers() -> impl Strategy<Value = u128> {
    prop_oneof![0..6_u128, Just(0x80 << 120)]
}

/// Generates search terms. There are only a few, so that searches find posts. Some terms differ
/// only in case or normalization.
fn terms() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["alpha", "Alpha", "BETA", "γάμμα", "AND", "é", "e\u{301}", "7"])
}

fn texts() -> impl Strategy<Value = String> {
    prop_oneof![
        1 => "[^\0]{10,40}",
        3 => prop::collection::vec(terms(), 1..5)
            .prop_map(|terms| format!("Words: {}", terms.join(", "))),
    ]
    .prop_map(|text| format!("{text:<10}"))
}

fn posts() -> impl Strategy<Value = Post> {
    (numbers(), -3..3_i64, any::<bool>(), texts(), 1..4_u64).prop_map(
        |(n, seconds, published, text, number)| {
            let record = PostRecord {
                title: title(&text),
                content: content(&text),
                version: version(number),
                ..post_created(n, at(seconds), published).into_record()
            };
            Post::restore(record).unwrap()
        },
    )
}

fn scopes() -> impl Strategy<Value = Scope> {
    prop_oneof![3 => Just(Scope::Everything), 1 => Just(Scope::PublishedOnly)]
}

fn queries() -> impl Strategy<Value = PostQuery> {
    let searches = prop::collection::vec(terms(), 0..3)
        .prop_map(|terms| Search::parse(&terms.join(" ")).unwrap());
    let filters = (any::<Option<bool>>(), searches)
        .prop_map(|(published, search)| PostFilter { published, search });
    let orders = prop::sample::select(PostOrder::ALL.to_vec());
    (scopes(), filters, orders).prop_flat_map(|(scope, filter, order)| {
        windows(order.key).prop_map(move |window| PostQuery {
            scope,
            filter: filter.clone(),
            order,
            window,
        })
    })
}

fn windows(key: SortKey) -> impl Strategy<Value = Window> {
    let keysets = (-3..6_i64, texts(), numbers()).prop_map(move |(seconds, text, n)| {
        let value = match key {
            SortKey::CreatedAt => SortValue::CreatedAt(at(seconds)),
            SortKey::UpdatedAt => SortValue::UpdatedAt(at(seconds)),
            SortKey::Title => SortValue::Title(title(&text)),
        };
        Keyset { value, id: id(n) }
    });
    let starts = prop_oneof![
        Just(Start::First),
        keysets.prop_map(Start::After),
        (0..4_u64).prop_map(Start::Offset)
    ];
    (starts, 0..4_u32).prop_map(|(start, limit)| Window { start, limit })
}

fn versions() -> impl Strategy<Value = Versions> {
    prop_oneof![
        1 => Just(Versions::Any),
        4 => prop::collection::vec((1..5_u64).prop_map(version), 0..3).prop_map(Versions::OneOf),
    ]
}

fn preconditions() -> impl Strategy<Value = Precondition> {
    let conditions =
        (prop::option::of(versions()), prop::option::of(versions()), prop::option::of(-3..6_i64));
    prop_oneof![
        Just(Precondition::NONE),
        conditions.prop_map(|(version_in, version_not_in, since)| {
            Precondition { version_in, version_not_in, unchanged_since: since.map(at) }
        }),
    ]
}

fn changes() -> impl Strategy<Value = PostChanges> {
    let texts = || prop::option::of(texts());
    (texts(), texts(), any::<Option<bool>>()).prop_map(|(new_title, new_content, published)| {
        PostChanges {
            title: new_title.map(|text| title(&text)),
            content: new_content.map(|text| content(&text)),
            published,
        }
    })
}

/// Generates delays in seconds. The sum of several delays can be less than the time to live of a
/// key, equal to it, or more.
fn delays() -> impl Strategy<Value = i64> {
    let time_to_live = i64::try_from(IdempotencyKey::TIME_TO_LIVE.as_secs()).unwrap();
    prop::sample::select(vec![0, 1, time_to_live / 2, time_to_live / 2 + 1, time_to_live])
}

fn requests() -> impl Strategy<Value = KeyedRequest> {
    let keys = prop::sample::select(vec!["a", "A", "b"]);
    let owners = prop_oneof![3 => Just(None), 1 => (1..3_u128).prop_map(Some)];
    (keys, owners, 0..2_u8).prop_map(|(key, owner, fingerprint)| KeyedRequest {
        owner: owner.map(key_id),
        ..request(key, fingerprint, at(0))
    })
}

fn calls() -> impl Strategy<Value = Call> {
    prop_oneof![
        4 => posts().prop_map(Call::Insert),
        2 => prop::collection::vec(posts(), 0..4).prop_map(Call::InsertAll),
        2 => (numbers(), scopes()).prop_map(|(n, scope)| Call::Find(n, scope)),
        3 => (posts(), requests(), delays())
            .prop_map(|(post, request, seconds)| Call::InsertOnce(post, request, seconds)),
        4 => queries().prop_map(Call::List),
        3 => queries().prop_map(Call::ListWithTotal),
        4 => (numbers(), scopes(), changes(), preconditions(), -3..6_i64)
            .prop_map(|(n, scope, changes, precondition, seconds)| {
                Call::Update(n, scope, changes, precondition, seconds)
            }),
        2 => (numbers(), scopes(), preconditions())
            .prop_map(|(n, scope, precondition)| Call::Delete(n, scope, precondition)),
        2 => (prop::option::of(numbers()), 0..4_u32)
            .prop_map(|(after, limit)| Call::Page(after, limit)),
        1 => Just(Call::Count),
        1 => Just(Call::GreatestId),
    ]
}

impl Call {
    /// Returns the seconds since the previous call.
    const fn seconds_elapsed(&self) -> i64 {
        match self {
            Self::InsertOnce(_, _, seconds) => *seconds,
            _ => 0,
        }
    }

    /// Runs the call on a store at the time `now`, in seconds. Returns the answer as text.
    async fn run(&self, store: &dyn BlogStore, now: i64) -> String {
        match self {
            Self::Insert(post) => text(store.insert(post).await),
            Self::InsertAll(posts) => text(store.insert_all(posts).await),
            Self::Find(n, scope) => text(store.find(id(*n), *scope).await),
            Self::InsertOnce(post, request, _) => {
                let request = KeyedRequest { at: at(now), ..request.clone() };
                text(store.insert_once(post, &request).await)
            }
            Self::List(query) => text(store.list(query).await),
            Self::ListWithTotal(query) => text(store.list_with_total(query).await),
            Self::Update(n, scope, changes, precondition, seconds) => {
                text(store.update(id(*n), *scope, changes, precondition, at(*seconds)).await)
            }
            Self::Delete(n, scope, precondition) => {
                text(store.delete(id(*n), *scope, precondition).await)
            }
            Self::Page(after, limit) => text(store.page(after.map(id), *limit).await),
            Self::Count => text(store.count().await),
            Self::GreatestId => text(store.greatest_id().await),
        }
    }

    /// Runs the call on the reference. Returns the answer as text.
    fn expected(&self, reference: &mut Reference, now: i64) -> String {
        match self {
            Self::Insert(post) => text(reference.insert(post)),
            Self::InsertAll(posts) => text(reference.insert_all(posts)),
            Self::Find(n, scope) => text(Ok(reference.find(id(*n), *scope))),
            Self::InsertOnce(post, request, _) => {
                let request = KeyedRequest { at: at(now), ..request.clone() };
                text(reference.insert_once(post, &request))
            }
            Self::List(query) => text(Ok(reference.list(query))),
            Self::ListWithTotal(query) => text(Ok(reference.list_with_total(query))),
            Self::Update(n, scope, changes, precondition, seconds) => {
                text(reference.update(id(*n), *scope, changes, precondition, at(*seconds)))
            }
            Self::Delete(n, scope, precondition) => {
                text(reference.delete(id(*n), *scope, precondition))
            }
            Self::Page(after, limit) => text(Ok(reference.page(after.map(id), *limit))),
            Self::Count => text(Ok(reference.count())),
            Self::GreatestId => text(Ok(reference.greatest_id())),
        }
    }
}

/// Returns an answer as text, without the cause of an error.
fn text<T: std::fmt::Debug>(answer: Result<T, RepositoryError>) -> String {
    match answer {
        Ok(value) => format!("{value:?}"),
        Err(error) => error.to_string(),
    }
}

async fn any_sequence_of_calls_returns_the_same_answers_as_the_reference(store: Store) {
    let mut runner = TestRunner::new(Config {
        cases: SEQUENCES,
        failure_persistence: None,
        ..Config::default()
    });
    // The start time of the next sequence, in seconds. By then, all request records of the previous
    // sequence have expired.
    let start = Cell::new(0);

    let result = runner.run(&prop::collection::vec(calls(), 1..40), |calls| {
        block_in_place(|| Handle::current().block_on(same_answers(&store, &calls, &start)))
    });

    if let Err(error) = result {
        panic!("{error}");
    }
}

/// Empties the store, runs a sequence on the store and on the reference, and compares the answers.
async fn same_answers(
    store: &Store,
    calls: &[Call],
    start: &Cell<i64>,
) -> Result<(), TestCaseError> {
    for post in store.all().await.unwrap() {
        store.posts.delete(post.id(), Scope::Everything, &Precondition::NONE).await.unwrap();
    }
    let elapsed: i64 = calls.iter().map(Call::seconds_elapsed).sum();
    let time_to_live = i64::try_from(IdempotencyKey::TIME_TO_LIVE.as_secs()).unwrap();
    let mut now = start.replace(start.get() + elapsed + time_to_live + 1);
    let mut reference = Reference::default();
    for call in calls {
        now += call.seconds_elapsed();
        let expected = call.expected(&mut reference, now);
        prop_assert_eq!(call.run(&*store.posts, now).await, expected, "{:?}", call);
    }
    Ok(())
}
