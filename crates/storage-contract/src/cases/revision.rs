//! Cases for the port [`PostRevisions`](domain::ports::PostRevisions).

use domain::{Dependency, PostChanges, Precondition, Revision, Scope, ports::RepositoryError};

use super::idempotency::request;
use crate::{
    case::{Case, cases},
    sample::{at, id, post, title},
    store::Store,
};

pub(crate) const CASES: &[Case] = cases![
    every_write_leads_to_another_revision,
    there_is_no_revision_from_before_a_concurrent_write,
];

/// How many times to ask for a revision. A store may need some time until it has one. A store that
/// never has one passes the cases.
const ATTEMPTS: usize = 200;

/// The dependencies that a write of the first post changes.
const CHANGED: [fn() -> Dependency; 2] = [|| Dependency::Post(id(1)), || Dependency::AllPosts];

async fn revisions(store: &Store) -> [Option<Revision>; 2] {
    for _ in 0..ATTEMPTS {
        let revisions = CHANGED.map(|dependency| store.posts.revision(dependency()));
        if revisions.iter().all(Option::is_some) {
            return revisions;
        }
        // This takes some time.
        store.posts.find(id(1), Scope::Everything).await.unwrap();
    }
    [None, None]
}

/// Asserts that none of the current revisions is one of the revisions `before`.
fn assert_other(store: &Store, before: [Option<Revision>; 2], operation: &str) {
    for (dependency, before) in CHANGED.iter().zip(before) {
        let now = store.posts.revision(dependency());
        assert!(now.is_none() || now != before, "{operation}: {:?}", dependency());
    }
}

async fn every_write_leads_to_another_revision(store: Store) {
    let posts = &store.posts;
    let changes = PostChanges { title: Some(title("Another title")), ..PostChanges::default() };

    let before = revisions(&store).await;
    posts.insert(&post(1)).await.unwrap();
    assert_other(&store, before, "insert");

    let before = revisions(&store).await;
    posts.update(id(1), Scope::Everything, &changes, &Precondition::NONE, at(1)).await.unwrap();
    assert_other(&store, before, "update");

    let before = revisions(&store).await;
    posts.delete(id(1), Scope::Everything, &Precondition::NONE).await.unwrap();
    assert_other(&store, before, "delete");

    let before = revisions(&store).await;
    posts.insert_once(&post(1), &request("key", 1, at(0))).await.unwrap();
    assert_other(&store, before, "insert_once");

    posts.delete(id(1), Scope::Everything, &Precondition::NONE).await.unwrap();
    let before = revisions(&store).await;
    posts.insert_all(&[post(1), post(2)]).await.unwrap();
    assert_other(&store, before, "insert_all");
}

async fn there_is_no_revision_from_before_a_concurrent_write(store: Store) {
    store.posts.insert(&post(1)).await.unwrap();
    let find = async || store.posts.find(id(1), Scope::Everything).await.unwrap().unwrap();
    let update = async |n: i64| {
        let title = Some(title(&format!("Title {n}")));
        let changes = PostChanges { title, ..PostChanges::default() };
        let updated =
            store.posts.update(id(1), Scope::Everything, &changes, &Precondition::NONE, at(n));
        updated.await.map(drop)
    };
    for n in 0..50 {
        let [before, _] = revisions(&store).await;
        let old = find().await;

        let read = async {
            // Until the write is visible, both the old revision and none are correct.
            while find().await == old {}
            let now = store.posts.revision(Dependency::Post(id(1)));
            assert!(now.is_none() || now != before, "the write {n} is visible");
            Ok::<_, RepositoryError>(())
        };

        futures::try_join!(update(n), read).unwrap();
    }
}
