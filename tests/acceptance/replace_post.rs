use acceptance::{Case, TestApp, cases, valid_post};
use reqwest::{Method, header::CONTENT_TYPE};
use serde_json::{Value, json};

use crate::get_post::{MALFORMED_IDS, UNKNOWN_ID};

pub(crate) const CASES: &[Case] = cases![
    replaces_title_and_content,
    returns_the_replaced_post,
    published_is_unchanged_when_omitted,
    published_changes_when_given,
    changes_updated_at_and_not_created_at,
    an_unknown_or_malformed_id_is_not_found,
];

pub(crate) const HTTP_CASES: &[Case] = cases![
    validates_fields_as_creation_does,
    an_invalid_body_for_an_unknown_post_is_422,
    rejects_the_bodies_that_creation_rejects,
];

fn new_text() -> Value {
    json!({ "title": "Another title", "content": "Other content" })
}

fn id(post: &Value) -> &str {
    post["id"].as_str().unwrap()
}

async fn replaces_title_and_content(app: TestApp) {
    let post = app.given_post(&valid_post()).await;

    let replaced = app.replace_post(id(&post), &new_text()).await.json_of(200);

    let mut expected = post.clone();
    expected["title"] = json!("Another title");
    expected["content"] = json!("Other content");
    expected["updated_at"] = replaced["updated_at"].clone();
    assert_eq!(replaced, expected);
}

async fn returns_the_replaced_post(app: TestApp) {
    let post = app.given_post(&valid_post()).await;

    let replaced = app.replace_post(id(&post), &new_text()).await;

    app.get_post(id(&post)).await.is(200, replaced.text());
}

async fn published_is_unchanged_when_omitted(app: TestApp) {
    for published in [true, false] {
        let mut body = valid_post();
        body["published"] = json!(published);
        let post = app.given_post(&body).await;

        let replaced = app.replace_post(id(&post), &new_text()).await.json_of(200);

        assert_eq!(replaced["published"], published);
    }
}

async fn published_changes_when_given(app: TestApp) {
    let post = app.given_post(&valid_post()).await;
    for (sent, expected) in [(json!(false), false), (json!("yes"), true), (json!(0), false)] {
        let mut body = new_text();
        body["published"] = sent;

        let replaced = app.replace_post(id(&post), &body).await.json_of(200);

        assert_eq!(replaced["published"], expected);
    }
}

async fn changes_updated_at_and_not_created_at(app: TestApp) {
    let mut before = app.given_post(&valid_post()).await;
    for _ in 0..5 {
        let after = app.replace_post(id(&before), &valid_post()).await.json_of(200);

        assert_eq!(after["created_at"], before["created_at"]);
        // All timestamps have the same length and time zone, so comparing texts compares times.
        assert!(after["updated_at"].as_str() >= before["updated_at"].as_str());
        before = after;
    }
    assert!(before["updated_at"].as_str() > before["created_at"].as_str());
}

async fn validates_fields_as_creation_does(app: TestApp) {
    let post = app.given_post(&valid_post()).await;
    let body = json!({ "title": "Hi", "published": null, "id": id(&post) });

    app.replace_post(id(&post), &body).await.is_invalid_body(json!({
        "content": ["Missing data for required field."],
        "id": ["Unknown field."],
        "published": ["Field may not be null."],
        "title": ["Length must be between 3 and 100."],
    }));
    assert_eq!(app.get_post(id(&post)).await.json(), post);
}

async fn an_unknown_or_malformed_id_is_not_found(app: TestApp) {
    for id in MALFORMED_IDS.into_iter().chain([UNKNOWN_ID]) {
        app.replace_post(id, &new_text()).await.is_not_found();
    }
    app.has_no_posts().await;
}

async fn an_invalid_body_for_an_unknown_post_is_422(app: TestApp) {
    for id in MALFORMED_IDS.into_iter().chain([UNKNOWN_ID]) {
        assert_eq!(app.replace_post(id, &json!({})).await.status, 422, "{id}");
    }
}

async fn rejects_the_bodies_that_creation_rejects(app: TestApp) {
    let post = app.given_post(&valid_post()).await;
    let request = || app.request(Method::PUT, &format!("/api/posts/{}", id(&post)));

    for (content_type, body, expected) in [
        ("application/json", "{".to_owned(), 400),
        ("text/plain", new_text().to_string(), 415),
        ("application/json", "x".repeat((1 << 20) + 1), 413),
    ] {
        let answer = app.send(request().header(CONTENT_TYPE, content_type).body(body)).await;

        assert_eq!(answer.status, expected);
    }
    assert_eq!(app.get_post(id(&post)).await.json(), post);
}
