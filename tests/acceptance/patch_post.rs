use acceptance::{Case, TestApp, cases, valid_post};
use reqwest::{Method, header::CONTENT_TYPE};
use serde_json::{Value, json};

use crate::get_post::{MALFORMED_IDS, UNKNOWN_ID};

pub(crate) const CASES: &[Case] = cases![
    changes_only_the_given_fields,
    an_empty_patch_makes_a_new_version_and_changes_no_field,
    an_unknown_or_malformed_id_is_not_found,
];

pub(crate) const HTTP_CASES: &[Case] = cases![
    an_empty_body_is_an_empty_patch,
    null_does_not_remove_a_field,
    validates_fields_as_creation_does,
    accepts_only_merge_patch_and_json_content_types,
    an_invalid_body_for_an_unknown_post_is_422,
];

fn id(post: &Value) -> &str {
    post["id"].as_str().unwrap()
}

async fn changes_only_the_given_fields(app: TestApp) {
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

async fn an_empty_patch_makes_a_new_version_and_changes_no_field(app: TestApp) {
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

async fn null_does_not_remove_a_field(app: TestApp) {
    let post = app.given_post(&valid_post()).await;

    let patch = json!({ "title": null, "content": null, "published": null });
    let answer = app.patch_post(id(&post), &patch).await;

    let message = ["Field may not be null."];
    answer.is_invalid_body(json!({ "content": message, "published": message, "title": message }));
    assert_eq!(app.get_post(id(&post)).await.json_of(200), post);
}

async fn validates_fields_as_creation_does(app: TestApp) {
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

async fn accepts_only_merge_patch_and_json_content_types(app: TestApp) {
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

async fn an_unknown_or_malformed_id_is_not_found(app: TestApp) {
    for id in MALFORMED_IDS.into_iter().chain([UNKNOWN_ID]) {
        app.patch_post(id, &json!({ "title": "Another title" })).await.is_not_found();
    }
    app.has_no_posts().await;
}

async fn an_invalid_body_for_an_unknown_post_is_422(app: TestApp) {
    assert_eq!(app.patch_post(UNKNOWN_ID, &json!({ "title": "x" })).await.status, 422);
}
