//! Black-box tests of the HTTP API, run on every storage adapter over real sockets.

#![allow(
    clippy::as_conversions,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a failed expectation is how a test fails"
)]

/// API keys, drafts and preview links.
mod auth;
/// A server with API keys, for several modules.
mod blog;
/// Caching headers and compression of responses.
mod caching;
/// Generated clients and the react-admin data provider.
mod clients;
/// Connections: deadlines, slow clients and malformed requests.
mod connections;
/// Cross-origin resource sharing (CORS).
mod cors;
/// `POST /api/posts`.
mod create_post;
/// `GET /api/posts?limit=…&cursor=…`.
mod cursor_pages;
/// `DELETE /api/posts/{post_id}`.
mod delete_post;
/// The dependency rule: which packages each crate may depend on.
mod dependencies;
/// The OpenAPI document and Swagger UI.
mod docs;
/// The commands in README.md and docs/API.md.
mod documents;
/// Responses to failures of the store, and to request bodies that time out.
mod failures;
/// `GET /api/posts/{post_id}`.
mod get_post;
/// `Idempotency-Key` on `POST /api/posts`.
mod idempotency;
/// No import cycles between the files of a crate.
mod imports;
/// Responses that the server keeps to answer repeated reads.
mod kept_responses;
/// `GET /api/posts`.
mod list_posts;
/// A database that a newer version of the program has migrated.
mod newer_database;
/// The configuration of nginx in docs/OPERATIONS.md.
mod nginx;
/// `GET /api/posts?page=…`.
mod numbered_pages;
/// `PATCH /api/posts/{post_id}`.
mod patch_post;
/// Several requests on one connection.
mod pipelining;
/// Drafts and callers without a key.
mod privacy;
/// Errors as problem details.
mod problem_details;
/// HTTP behaviour of every path: methods, request ids, malformed requests.
mod protocol;
/// How many requests a client may send.
mod rate_limits;
/// Requests and responses as bytes of a socket, for several modules.
mod raw;
/// `PUT /api/posts/{post_id}`.
mod replace_post;
/// The memory of responses that clients do not receive.
mod response_memory;
/// Every adapter returns the same bytes for the same requests.
mod same_bytes;
/// `GET /api/posts?q=…&sort=…&fields=…`.
mod searching;
/// Moving posts from one store to another.
mod transfer;
/// ETags and conditional requests.
mod versions;
/// Ten thousand posts with unusual texts.
mod volume;

use std::process::ExitCode;

use acceptance::{Adapter, Case, TestApp, hide_expected_panics, in_system};
use libtest_mimic::{Arguments, Completion, Trial};
use storage_diesel::testing::TestPostgres;

/// Cases whose responses depend on the store.
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

/// Cases that test HTTP only. Their responses do not depend on the store.
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
    trials.extend(auth::trials());
    trials.extend(rate_limits::trials());
    trials.extend(privacy::trials());
    trials.extend(kept_responses::trials());
    trials.extend(connections::trials());
    trials.extend(pipelining::trials());
    trials.extend(response_memory::trials());
    trials.extend(failures::trials());
    trials.extend(docs::trials());
    trials.extend(dependencies::trials());
    trials.extend(imports::trials());
    trials.extend(documents::trials());
    trials.extend(same_bytes::trials());
    trials.extend(transfer::trials());
    trials.extend(newer_database::trials());
    trials.extend(nginx::trials());
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
