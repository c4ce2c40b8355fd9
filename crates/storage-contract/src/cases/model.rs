//! Any sequence of calls, compared with what the reference adapter makes of it.

use domain::{
    Post, PostChanges, PostRecord,
    ports::{PostFilter, PostStore, RepositoryError},
};
use proptest::{
    prelude::*,
    test_runner::{Config, TestCaseError, TestRunner},
};
use storage_memory::MemoryPostRepository;
use tokio::{runtime::Handle, task::block_in_place};

use crate::{
    Case, Store,
    sample::{at, content, id, post_made, title},
};

pub(crate) const CASES: &[Case] = cases![any_sequence_of_calls_does_as_memory_does];

/// How many sequences to try.
const SEQUENCES: u32 = 64;

/// One call. Few ids, so that calls meet.
#[derive(Debug, Clone)]
enum Call {
    Insert(Post),
    InsertAll(Vec<Post>),
    Find(u128),
    List(PostFilter),
    Update(u128, PostChanges, i64),
    Delete(u128),
    Page(Option<u128>, u32),
    Count,
    GreatestId,
}

fn numbers() -> impl Strategy<Value = u128> {
    prop_oneof![0..6_u128, Just(0x80 << 120)]
}

fn texts() -> impl Strategy<Value = String> {
    "[^\0]{10,40}"
}

fn posts() -> impl Strategy<Value = Post> {
    (numbers(), -3..3_i64, any::<bool>(), texts()).prop_map(|(n, seconds, published, text)| {
        let record = PostRecord {
            title: title(&text),
            content: content(&text),
            ..post_made(n, at(seconds), published).into_record()
        };
        Post::restore(record).unwrap()
    })
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

fn calls() -> impl Strategy<Value = Call> {
    prop_oneof![
        4 => posts().prop_map(Call::Insert),
        2 => prop::collection::vec(posts(), 0..4).prop_map(Call::InsertAll),
        2 => numbers().prop_map(Call::Find),
        2 => any::<Option<bool>>().prop_map(|published| Call::List(PostFilter { published })),
        4 => (numbers(), changes(), -3..6_i64)
            .prop_map(|(n, changes, seconds)| Call::Update(n, changes, seconds)),
        2 => numbers().prop_map(Call::Delete),
        2 => (prop::option::of(numbers()), 0..4_u32)
            .prop_map(|(after, limit)| Call::Page(after, limit)),
        1 => Just(Call::Count),
        1 => Just(Call::GreatestId),
    ]
}

impl Call {
    /// Makes the call, and gives what it answered as text, but for an error's cause.
    async fn make(&self, store: &dyn PostStore) -> String {
        fn answer<T: std::fmt::Debug>(result: Result<T, RepositoryError>) -> String {
            match result {
                Ok(value) => format!("{value:?}"),
                Err(error) => error.to_string(),
            }
        }
        match self {
            Self::Insert(post) => answer(store.insert(post).await),
            Self::InsertAll(posts) => answer(store.insert_all(posts).await),
            Self::Find(n) => answer(store.find(id(*n)).await),
            Self::List(filter) => answer(store.list(*filter).await),
            Self::Update(n, changes, seconds) => {
                answer(store.update(id(*n), changes, at(*seconds)).await)
            }
            Self::Delete(n) => answer(store.delete(id(*n)).await),
            Self::Page(after, limit) => answer(store.page(after.map(id), *limit).await),
            Self::Count => answer(store.count().await),
            Self::GreatestId => answer(store.greatest_id().await),
        }
    }
}

async fn any_sequence_of_calls_does_as_memory_does(store: Store) {
    let mut runner = TestRunner::new(Config { cases: SEQUENCES, ..Config::default() });

    let result = runner.run(&prop::collection::vec(calls(), 1..40), |calls| {
        block_in_place(|| Handle::current().block_on(same_answers(&*store.posts, &calls)))
    });

    if let Err(error) = result {
        panic!("{error}");
    }
}

async fn same_answers(store: &dyn PostStore, calls: &[Call]) -> Result<(), TestCaseError> {
    for post in store.list(PostFilter::default()).await.unwrap() {
        store.delete(post.id()).await.unwrap();
    }
    let reference = MemoryPostRepository::default();
    for call in calls {
        prop_assert_eq!(call.make(store).await, call.make(&reference).await, "{:?}", call);
    }
    Ok(())
}
