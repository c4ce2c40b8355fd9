use acceptance::{Case, TestApp, cases, valid_post};
use reqwest::{Method, header::CONTENT_TYPE};
use serde_json::{Value, json};

use crate::get_post::{MALFORMED_IDS, UNKNOWN_ID};

pub(crate) const CASES: &[Case] = cases![
    changes_what_is_given_and_nothing_else,
    an_empty_patch_is_a_write_that_changes_no_field,
    does_not_find_an_unknown_or_malformed_id,
];

pub(crate) const HTTP_CASES: &[Case] = cases![
    an_empty_body_is_an_empty_patch,
    no_field_can_be_taken_away,
    is_as_strict_as_creating,
    takes_merge_patches_and_plain_json_and_nothing_else,
    validates_before_it_looks_for_the_post,
];

fn id(post: &Value) -> &str {
    post["id"].as_str().unwrap()
}

async fn changes_what_is_given_and_nothing_else(app: TestApp) {
    let post = app.given_post(&valid_post()).await;
    for (field, value) in [
        ("title", json!("Another title")),
        ("content", json!("Other content")),
        ("published", json!(false)),
    ] {
        let before = app.get_post(id(&post)).await.json_of(200);

        let after = app.patch_post(id(&post), &json!({ field: value })).await.json_of(200);

        let mut expected = before.clone();
        expected[field] = value;
        expected["updated_at"] = after["updated_at"].clone();
        assert_eq!(after, expected);
        assert!(after["updated_at"].as_str() > before["updated_at"].as_str());
        assert_eq!(app.get_post(id(&post)).await.json_of(200), after);
    }
}

async fn an_empty_patch_is_a_write_that_changes_no_field(app: TestApp) {
    let post = app.given_post(&valid_post()).await;

    let answer = app.patch_post(id(&post), &json!({})).await;

    assert_eq!(answer.json_of(200)["title"], post["title"]);
    assert_eq!(answer.header("ETag"), "\"2\"");
}

async fn an_empty_body_is_an_empty_patch(app: TestApp) {
    let post = app.given_post(&valid_post()).await;
    let request = app.request(Method::PATCH, &format!("/api/posts/{}", id(&post)));

    let answer = app.send(request.header(CONTENT_TYPE, "application/json")).await;

    assert_eq!(answer.json_of(200)["title"], post["title"]);
}

async fn no_field_can_be_taken_away(app: TestApp) {
    let post = app.given_post(&valid_post()).await;

    let patch = json!({ "title": null, "content": null, "published": null });
    let answer = app.patch_post(id(&post), &patch).await;

    let message = ["Field may not be null."];
    answer.is_invalid_body(json!({ "content": message, "published": message, "title": message }));
    assert_eq!(app.get_post(id(&post)).await.json_of(200), post);
}

async fn is_as_strict_as_creating(app: TestApp) {
    let post = app.given_post(&valid_post()).await;

    let patch = json!({ "title": "ab", "content": "a\u{0}", "published": "maybe", "id": 1 });
    app.patch_post(id(&post), &patch).await.is_invalid_body(json!({
        "content": ["Null characters are not allowed.", "Shorter than minimum length 10."],
        "id": ["Unknown field."],
        "published": ["Not a valid boolean."],
        "title": ["Length must be between 3 and 100."],
    }));
    for body in [json!([]), json!("text"), json!(null), json!(1)] {
        let answer = app.patch_post(id(&post), &body).await;
        answer.is_invalid_body(json!({ "_schema": ["Invalid input type."] }));
    }
    assert_eq!(app.get_post(id(&post)).await.json_of(200), post);
}

async fn takes_merge_patches_and_plain_json_and_nothing_else(app: TestApp) {
    let post = app.given_post(&valid_post()).await;
    let path = format!("/api/posts/{}", id(&post));
    let patch = async |media_type: &str| {
        let request = app.request(Method::PATCH, &path).header(CONTENT_TYPE, media_type);
        app.send(request.body(r#"{"title":"Another title"}"#)).await
    };

    for media_type in ["application/merge-patch+json", "application/json; charset=utf-8"] {
        assert_eq!(patch(media_type).await.status, 200, "{media_type}");
    }
    for media_type in ["application/json-patch+json", "text/plain", ""] {
        let answer = patch(media_type).await;

        answer.is(
            415,
            r#"{"code":415,"message":"Content-Type must be application/merge-patch+json or application/json.","status":"Unsupported Media Type"}"#,
        );
        let accepted = "application/merge-patch+json, application/json";
        assert_eq!(answer.header("Accept-Patch"), accepted);
    }
    let options = app.send(app.request(Method::OPTIONS, &path)).await;
    assert_eq!(options.header("Accept-Patch"), "application/merge-patch+json, application/json");
}

async fn does_not_find_an_unknown_or_malformed_id(app: TestApp) {
    for id in MALFORMED_IDS.into_iter().chain([UNKNOWN_ID]) {
        app.patch_post(id, &json!({ "title": "Another title" })).await.is_not_found();
    }
    app.has_no_posts().await;
}

async fn validates_before_it_looks_for_the_post(app: TestApp) {
    assert_eq!(app.patch_post(UNKNOWN_ID, &json!({ "title": "x" })).await.status, 422);
}
