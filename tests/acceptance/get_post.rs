use acceptance::{Case, TestApp, cases, valid_post};
use reqwest::Method;
use serde_json::json;

pub(crate) const CASES: &[Case] = cases![
    returns_the_post_as_created,
    an_unknown_id_is_not_found,
    returns_only_the_requested_fields,
];

pub(crate) const HTTP_CASES: &[Case] = cases![
    an_id_in_upper_case_finds_the_post,
    a_malformed_id_is_not_found,
    rejects_an_unknown_field_name,
    a_post_with_requested_fields_has_the_etag_of_its_version,
];

/// Path segments that are not valid ids.
pub(crate) const MALFORMED_IDS: [&str; 10] = [
    "1",
    "not-a-uuid",
    "3257de2addae407090d41b04a367bb07",
    "%7B3257de2a-ddae-4070-90d4-1b04a367bb07%7D",
    "urn:uuid:3257de2a-ddae-4070-90d4-1b04a367bb07",
    "3257de2a-ddae-4070-90d4-1b04a367bb0g",
    "3257de2a-ddae-4070-90d4-1b04a367bb070",
    "%00",
    "%ff",
    "'%20OR%201=1--",
];

pub(crate) const UNKNOWN_ID: &str = "3257de2a-ddae-4070-90d4-1b04a367bb07";

async fn returns_the_post_as_created(app: TestApp) {
    let created = app.create_post(&valid_post()).await;

    app.get_post(created.json()["id"].as_str().unwrap()).await.is(200, created.text());
}

async fn an_id_in_upper_case_finds_the_post(app: TestApp) {
    let post = app.given_post(&valid_post()).await;

    let id = post["id"].as_str().unwrap().to_uppercase();

    assert_eq!(app.get_post(&id).await.json_of(200), post);
}

async fn an_unknown_id_is_not_found(app: TestApp) {
    app.given_post(&valid_post()).await;

    app.get_post(UNKNOWN_ID).await.is_not_found();
}

async fn a_malformed_id_is_not_found(app: TestApp) {
    for id in MALFORMED_IDS {
        app.get_post(id).await.is_not_found();
    }
}

async fn returns_only_the_requested_fields(app: TestApp) {
    let post = app.given_post(&valid_post()).await;
    let id = post["id"].as_str().unwrap();

    let answer = app.get_post(&format!("{id}?fields=title,id")).await;

    answer.is(200, &format!(r#"{{"id":"{id}","title":"A title"}}"#));
    assert_eq!(answer.header("Content-Type"), "application/json");
    let one = app.get_post(&format!("{id}?fields=updated_at")).await.json_of(200);
    assert_eq!(one, json!({ "updated_at": post["updated_at"] }));
}

async fn rejects_an_unknown_field_name(app: TestApp) {
    let post = app.given_post(&valid_post()).await;

    for id in [post["id"].as_str().unwrap(), UNKNOWN_ID, "not-a-uuid"] {
        for fields in ["", "id,", "version", "ID"] {
            app.get_post(&format!("{id}?fields={fields}")).await.is(
                422,
                r#"{"code":422,"errors":{"query":{"fields":["Must be one of: content, created_at, id, published, title, updated_at."]}},"status":"Unprocessable Entity"}"#,
            );
        }
    }
}

async fn a_post_with_requested_fields_has_the_etag_of_its_version(app: TestApp) {
    let post = app.given_post(&valid_post()).await;
    let path = format!("/api/posts/{}?fields=id", post["id"].as_str().unwrap());
    let request = |name: &str, value: &str| app.request(Method::GET, &path).header(name, value);

    assert_eq!(app.get(&path).await.header("ETag"), "\"1\"");
    app.send(request("If-None-Match", "\"1\"")).await.is(304, "");
    let strict = app.send(request("Prefer", "handling=strict")).await;
    assert_eq!(
        (strict.status.as_u16(), strict.header("Preference-Applied")),
        (200, "handling=strict")
    );
}
