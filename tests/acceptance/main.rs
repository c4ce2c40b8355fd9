//! The blog's API as its clients see it, on every adapter, over real sockets.

#![allow(
    clippy::as_conversions,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a failed expectation is how a test fails"
)]

/// `POST /api/posts`.
mod create_post;
/// `DELETE /api/posts/{post_id}`.
mod delete_post;
/// The OpenAPI document and its page.
mod docs;
/// What failures of the store look like.
mod failures;
/// `GET /api/posts/{post_id}`.
mod get_post;
/// The hexagon's walls: who may know whom.
mod hexagon;
/// `GET /api/posts`.
mod list_posts;
/// What a newer version of the program has left.
mod newer;
/// What holds for every request.
mod protocol;
/// The README's tour.
mod readme;
/// `PUT /api/posts/{post_id}`.
mod replace_post;
/// The same requests, the same bytes, whatever the store.
mod same_bytes;
/// Moving posts from one store to another.
mod transfer;
/// Many posts, of the most awkward texts.
mod volume;

use std::process::ExitCode;

use acceptance::{Adapter, Case, TestApp};
use libtest_mimic::{Arguments, Completion, Trial};

const ON_EVERY_ADAPTER: &[&[Case]] = &[
    create_post::CASES,
    list_posts::CASES,
    get_post::CASES,
    replace_post::CASES,
    delete_post::CASES,
    protocol::CASES,
    docs::CASES,
    volume::CASES,
];

fn main() -> ExitCode {
    let mut trials: Vec<Trial> = Adapter::ALL.into_iter().flat_map(on_adapter).collect();
    trials.extend(failures::trials());
    trials.extend(docs::trials());
    trials.extend(hexagon::trials());
    trials.extend(readme::trials());
    trials.extend(same_bytes::trials());
    trials.extend(transfer::trials());
    trials.extend(newer::trials());
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

fn on_adapter(adapter: Adapter) -> impl Iterator<Item = Trial> {
    ON_EVERY_ADAPTER.iter().copied().flatten().map(move |case| {
        let name = case.name.trim_start_matches("acceptance::");
        Trial::ignorable_test(format!("{}::{name}", adapter.name()), move || {
            in_system(async move || match TestApp::start(adapter) {
                Ok(app) => {
                    (case.run)(app).await;
                    Ok(Completion::Completed)
                }
                Err(missing) => missing.completion(),
            })
        })
    })
}

/// Runs a test with a server beside it.
fn in_system<T>(test: impl AsyncFnOnce() -> T) -> T {
    actix_web::rt::System::new().block_on(test())
}
