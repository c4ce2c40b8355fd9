use acceptance::{Case, TestApp, cases, valid_post};
use serde_json::json;

use crate::get_post::{MALFORMED_IDS, UNKNOWN_ID};

pub(crate) const CASES: &[Case] = cases![
    answers_with_nothing,
    leaves_no_trace_of_the_post,
    leaves_every_other_post,
    does_not_find_an_unknown_or_malformed_id,
];

async fn answers_with_nothing(app: TestApp) {
    let post = app.given_post(&valid_post()).await;

    let answer = app.delete_post(post["id"].as_str().unwrap()).await;

    answer.is(204, "");
    assert_eq!(answer.header("Content-Type"), "");
}

async fn leaves_no_trace_of_the_post(app: TestApp) {
    let post = app.given_post(&valid_post()).await;
    let id = post["id"].as_str().unwrap();

    app.delete_post(id).await;

    app.get_post(id).await.is_not_found();
    app.replace_post(id, &valid_post()).await.is_not_found();
    app.delete_post(id).await.is_not_found();
    app.has_no_posts().await;
}

async fn leaves_every_other_post(app: TestApp) {
    let kept = app.given_post(&valid_post()).await;
    let deleted = app.given_post(&valid_post()).await;

    app.delete_post(deleted["id"].as_str().unwrap()).await;

    assert_eq!(app.list_posts("").await.json(), json!([kept]));
}

async fn does_not_find_an_unknown_or_malformed_id(app: TestApp) {
    for id in MALFORMED_IDS.into_iter().chain([UNKNOWN_ID]) {
        app.delete_post(id).await.is_not_found();
    }
}
