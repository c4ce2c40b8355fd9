//! Measures the parts of a request: tokenizing, the store on SQLite, and the HTTP layer on the
//! store in memory.

#![allow(clippy::expect_used, clippy::unwrap_used, missing_docs, reason = "a benchmark may fail")]

use std::{hint::black_box, sync::Arc, time::Duration};

use acceptance::{Adapter, OpenStore};
use actix_web::{
    rt::{System, SystemRunner},
    test::{TestRequest, call_service, init_service},
};
use criterion::{
    BatchSize, Criterion, async_executor::AsyncExecutor, criterion_group, criterion_main,
};
use domain::{
    Content, NewPost, PageSize, Post, PostFilter, PostId, PostOrder, PostQuery, Scope, Search,
    Timestamp, Title, Window, search::tokens_of,
};
use http_actix::{Options, app};
use server::{Adapters, compose};
use tokio::runtime::Builder;
use uuid::Uuid;

const POSTS: u32 = 1_000;
const SCOPE: Scope = Scope::Everything;

fn post(id: Uuid, number: u32, sentence: &str) -> Post {
    let new = NewPost {
        title: Title::new(format!("Post {number}")).unwrap(),
        content: Content::new(sentence.repeat(1_000 / sentence.len())).unwrap(),
        published: true,
    };
    let created = Timestamp::from_unix_micros(i64::from(number) * 1_000_000).unwrap();
    Post::create(PostId::new(id), new, created)
}

fn numbered(number: u32) -> Post {
    post(Uuid::from_u128(u128::from(number) << 64 | 1), number, "Some hexagonal content. ")
}

/// Opens a store with posts.
async fn filled(adapter: Adapter) -> OpenStore {
    let (store, resources) = adapter.open().unwrap();
    store.insert_all(&(0..POSTS).map(numbered).collect::<Vec<_>>()).await.unwrap();
    (store, resources)
}

fn tokenizing(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("tokens of a post of 1 KB");
    for (name, sentence) in
        [("ASCII", "Some hexagonal content. "), ("other letters", "О шестиугольниках, Ελλάδα. ")]
    {
        let post = post(Uuid::nil(), 1, sentence);
        group.bench_function(name, |bencher| bencher.iter(|| tokens_of(black_box(post.record()))));
    }
}

fn store(criterion: &mut Criterion) {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let (store, _resources) = runtime.block_on(filled(Adapter::Sqlite));
    let page = |filter| PostQuery {
        scope: SCOPE,
        filter,
        order: PostOrder::NEWEST_FIRST,
        window: Window::first(PageSize::DEFAULT),
    };
    let newest = page(PostFilter::default());
    let search = Search::parse("hexagonal").unwrap();
    let found = page(PostFilter { search, ..PostFilter::default() });

    let mut group = criterion.benchmark_group("SQLite");
    group.bench_function("find", |bencher| {
        let id = numbered(500).id();
        bencher.to_async(&runtime).iter(async || store.find(id, SCOPE).await.unwrap().unwrap());
    });
    group.bench_function("first page", |bencher| {
        bencher.to_async(&runtime).iter(async || store.list(&newest).await.unwrap());
    });
    group.bench_function("search", |bencher| {
        bencher.to_async(&runtime).iter(async || store.list(&found).await.unwrap());
    });
    let mut numbers = POSTS..;
    group.bench_function("durable insert", |bencher| {
        bencher.to_async(&runtime).iter_batched(
            || numbered(numbers.next().unwrap()),
            async |post| store.insert(&post).await.unwrap(),
            BatchSize::SmallInput,
        );
    });
}

/// An actix system, which the application needs.
struct ActixSystem(SystemRunner);

impl AsyncExecutor for &ActixSystem {
    fn block_on<T>(&self, future: impl Future<Output = T>) -> T {
        self.0.block_on(future)
    }
}

fn http(criterion: &mut Criterion) {
    let system = ActixSystem(System::new());
    let (store, _resources) = system.0.block_on(filled(Adapter::Memory));
    let api = compose(&Adapters::of(Arc::clone(&store)), Options::default());
    let application = system.0.block_on(init_service(app(&api)));
    let paths = [
        ("start page", "/".to_owned()),
        ("one post", format!("/api/posts/{}", numbered(500).id().as_uuid())),
        ("page of 20", "/api/posts?page=1&page_size=20".to_owned()),
    ];

    let mut group = criterion.benchmark_group("application");
    for (name, path) in &paths {
        group.bench_function(*name, |bencher| {
            bencher.to_async(&system).iter(async || {
                let request = TestRequest::with_uri(path).to_request();
                assert!(call_service(&application, request).await.status().is_success());
            });
        });
    }
}

criterion_group! {
    name = parts;
    config = Criterion::default().measurement_time(Duration::from_secs(3));
    targets = tokenizing, store, http
}
criterion_main!(parts);
