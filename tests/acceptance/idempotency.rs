use acceptance::{Answer, Case, TestApp, cases, valid_post};
use futures::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};

pub(crate) const CASES: &[Case] = cases![
    a_repeated_request_gets_the_first_response,
    a_repeated_request_gets_the_first_response_after_an_edit_or_delete,
    an_equivalent_body_is_the_same_request,
    another_body_with_the_same_key_is_422,
    another_key_creates_another_post,
    concurrent_requests_with_one_key_create_one_post,
];

pub(crate) const HTTP_CASES: &[Case] =
    cases![a_rejected_request_does_not_use_its_key, an_invalid_key_is_rejected,];

async fn create(app: &TestApp, key: &str, body: &Value) -> Answer {
    let request = app.request(Method::POST, "/api/posts").header("Idempotency-Key", key);
    app.send(request.json(body)).await
}

async fn count(app: &TestApp) -> usize {
    app.list_posts("").await.json_of(200).as_array().unwrap().len()
}

async fn a_repeated_request_gets_the_first_response(app: TestApp) {
    let first = create(&app, "key", &valid_post()).await;

    let again = create(&app, "key", &valid_post()).await;

    again.is(201, first.text());
    assert!(!first.headers.contains_key("Idempotent-Replayed"));
    assert_eq!(again.header("Idempotent-Replayed"), "true");
    for header in ["Location", "ETag", "Last-Modified"] {
        assert_eq!(again.header(header), first.header(header), "{header}");
    }
    assert_eq!(count(&app).await, 1);
}

async fn a_repeated_request_gets_the_first_response_after_an_edit_or_delete(app: TestApp) {
    let first = create(&app, "key", &valid_post()).await;
    let post = first.json_of(201);
    let id = post["id"].as_str().unwrap();

    app.patch_post(id, &json!({ "title": "Another title" })).await;
    create(&app, "key", &valid_post()).await.is(201, first.text());
    app.delete_post(id).await;
    create(&app, "key", &valid_post()).await.is(201, first.text());
    app.has_no_posts().await;
}

async fn an_equivalent_body_is_the_same_request(app: TestApp) {
    let first = create(&app, "key", &valid_post()).await;
    let mut body = valid_post();
    body["published"] = json!("yes");

    create(&app, "key", &body).await.is(201, first.text());
}

async fn another_body_with_the_same_key_is_422(app: TestApp) {
    create(&app, "key", &valid_post()).await;
    for (field, value) in [
        ("title", json!("Another title")),
        ("content", json!("Other content")),
        ("published", json!(false)),
    ] {
        let mut body = valid_post();
        body[field] = value;

        create(&app, "key", &body).await.is(
            422,
            r#"{"code":422,"errors":{"headers":{"Idempotency-Key":["Used before, for another body."]}},"status":"Unprocessable Entity"}"#,
        );
    }
    assert_eq!(count(&app).await, 1);
}

async fn another_key_creates_another_post(app: TestApp) {
    let longest = "k".repeat(255);
    for key in ["key", "Key", "!~", &longest] {
        assert_eq!(create(&app, key, &valid_post()).await.status, 201, "{key}");
    }
    app.given_post(&valid_post()).await;
    app.given_post(&valid_post()).await;
    assert_eq!(count(&app).await, 6);
}

async fn a_rejected_request_does_not_use_its_key(app: TestApp) {
    assert_eq!(create(&app, "key", &json!({ "title": "x" })).await.status, 422);

    assert_eq!(create(&app, "key", &valid_post()).await.status, 201);
}

async fn an_invalid_key_is_rejected(app: TestApp) {
    let too_long = "k".repeat(256);
    for (key, message) in [
        ("", "Length must be between 1 and 255."),
        (&*too_long, "Length must be between 1 and 255."),
        ("two words", "Only visible ASCII characters are allowed."),
        ("caf\u{e9}", "Only visible ASCII characters are allowed."),
    ] {
        let errors = json!({ "headers": { "Idempotency-Key": [message] } });
        let body = format!(r#"{{"code":422,"errors":{errors},"status":"Unprocessable Entity"}}"#);
        create(&app, key, &valid_post()).await.is(422, &body);
    }
    let request = app.request(Method::POST, "/api/posts").header("Idempotency-Key", "one");
    let two = app.send(request.header("Idempotency-Key", "two").json(&valid_post())).await;
    assert_eq!(
        two.json_of(422)["errors"]["headers"]["Idempotency-Key"][0],
        "May be sent only once."
    );
    app.has_no_posts().await;
}

async fn concurrent_requests_with_one_key_create_one_post(app: TestApp) {
    let body = valid_post();

    let answers = join_all((0..50).map(|_| create(&app, "key", &body))).await;

    let (created, replayed): (Vec<_>, Vec<_>) = answers
        .iter()
        .filter(|answer| answer.status != 409)
        .partition(|answer| !answer.headers.contains_key("Idempotent-Replayed"));
    assert_eq!(created.len(), 1);
    for answer in replayed {
        answer.is(201, created[0].text());
    }
    assert_eq!(count(&app).await, 1);
}
