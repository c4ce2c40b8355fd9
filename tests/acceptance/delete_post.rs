use acceptance::{Case, TestApp, cases, valid_post};
use serde_json::json;

use crate::get_post::{MALFORMED_IDS, UNKNOWN_ID};

pub(crate) const CASES: &[Case] = cases![
    returns_204_without_a_body,
    a_deleted_post_is_not_found,
    does_not_delete_other_posts,
    an_unknown_or_malformed_id_is_not_found,
];

async fn returns_204_without_a_body(app: TestApp) {
    let post = app.given_post(&valid_post()).await;

    let answer = app.delete_post(post["id"].as_str().unwrap()).await;

    answer.is(204, "");
    assert_eq!(answer.header("Content-Type"), "");
}

async fn a_deleted_post_is_not_found(app: TestApp) {
    let post = app.given_post(&valid_post()).await;
    let id = post["id"].as_str().unwrap();

    app.delete_post(id).await;

    app.get_post(id).await.is_not_found();
    app.replace_post(id, &valid_post()).await.is_not_found();
    app.delete_post(id).await.is_not_found();
    app.has_no_posts().await;
}

async fn does_not_delete_other_posts(app: TestApp) {
    let other = app.given_post(&valid_post()).await;
    let deleted = app.given_post(&valid_post()).await;

    app.delete_post(deleted["id"].as_str().unwrap()).await;

    assert_eq!(app.list_posts("").await.json(), json!([other]));
}

async fn an_unknown_or_malformed_id_is_not_found(app: TestApp) {
    for id in MALFORMED_IDS.into_iter().chain([UNKNOWN_ID]) {
        app.delete_post(id).await.is_not_found();
    }
}
