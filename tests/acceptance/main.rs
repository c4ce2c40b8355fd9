//! The blog's API as its clients see it, on every adapter, over real sockets.

#![allow(
    clippy::as_conversions,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a failed expectation is how a test fails"
)]

/// What a cache may do, and how answers are compressed.
mod caching;
/// Clients that others make of the API.
mod clients;
/// Whose scripts may use the API.
mod cors;
/// `POST /api/posts`.
mod create_post;
/// `GET /api/posts?limit=…&cursor=…`.
mod cursor_pages;
/// `DELETE /api/posts/{post_id}`.
mod delete_post;
/// The OpenAPI document and its page.
mod docs;
/// The commands that the README and docs/API.md show.
mod documents;
/// What failures of the store look like.
mod failures;
/// `GET /api/posts/{post_id}`.
mod get_post;
/// The hexagon's walls: who may know whom.
mod hexagon;
/// The same create, asked for again.
mod idempotency;
/// No import cycles among the files of a crate.
mod imports;
/// `GET /api/posts`.
mod list_posts;
/// What a newer version of the program has left.
mod newer;
/// `GET /api/posts?page=…`.
mod numbered_pages;
/// `PATCH /api/posts/{post_id}`.
mod patch_post;
/// Errors as problem details.
mod problem_details;
/// What holds for every request.
mod protocol;
/// `PUT /api/posts/{post_id}`.
mod replace_post;
/// The same requests, the same bytes, whatever the store.
mod same_bytes;
/// `GET /api/posts?q=…&sort=…&fields=…`.
mod searching;
/// Moving posts from one store to another.
mod transfer;
/// Reading and writing under conditions.
mod versions;
/// Many posts, of the most awkward texts.
mod volume;

use std::process::ExitCode;

use acceptance::{Adapter, Case, TestApp, hide_expected_panics, in_system};
use libtest_mimic::{Arguments, Completion, Trial};
use storage_diesel::testing::TestPostgres;

/// Cases whose answers a store has a part in.
const ON_EVERY_ADAPTER: &[&[Case]] = &[
    create_post::CASES,
    list_posts::CASES,
    get_post::CASES,
    replace_post::CASES,
    patch_post::CASES,
    delete_post::CASES,
    numbered_pages::CASES,
    cursor_pages::CASES,
    searching::CASES,
    versions::CASES,
    versions::CASES_WITH_IF_MATCH_REQUIRED,
    idempotency::CASES,
    caching::CASES,
    protocol::CASES,
    volume::CASES,
];

/// Cases about HTTP alone: no store can make a difference.
const ON_ONE_ADAPTER: &[&[Case]] = &[
    create_post::HTTP_CASES,
    list_posts::HTTP_CASES,
    get_post::HTTP_CASES,
    replace_post::HTTP_CASES,
    patch_post::HTTP_CASES,
    numbered_pages::HTTP_CASES,
    cursor_pages::HTTP_CASES,
    searching::HTTP_CASES,
    versions::HTTP_CASES,
    idempotency::HTTP_CASES,
    problem_details::CASES,
    caching::HTTP_CASES,
    cors::CASES,
    cors::CASES_WITH_ORIGINS,
    cors::CASES_WITH_ANY_ORIGIN,
    protocol::HTTP_CASES,
    docs::CASES,
];

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    TestPostgres::announce_server();
    hide_expected_panics();
    let mut trials: Vec<Trial> = Adapter::ALL
        .into_iter()
        .flat_map(|adapter| on_adapter(adapter, ON_EVERY_ADAPTER))
        .collect();
    trials.extend(on_adapter(Adapter::Memory, ON_ONE_ADAPTER));
    trials.extend(failures::trials());
    trials.extend(docs::trials());
    trials.extend(hexagon::trials());
    trials.extend(imports::trials());
    trials.extend(documents::trials());
    trials.extend(same_bytes::trials());
    trials.extend(transfer::trials());
    trials.extend(newer::trials());
    trials.extend(clients::trials());
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn on_adapter(adapter: Adapter, cases: &'static [&'static [Case]]) -> impl Iterator<Item = Trial> {
    cases.iter().copied().flatten().map(move |case| {
        let name = case.name.trim_start_matches("acceptance::");
        Trial::ignorable_test(format!("{}::{name}", adapter.name()), move || {
            in_system(async move || match TestApp::start_with(adapter, (case.options)()) {
                Ok(app) => {
                    (case.run)(app).await;
                    Ok(Completion::Completed)
                }
                Err(missing) => missing.completion(),
            })
        })
    })
}
