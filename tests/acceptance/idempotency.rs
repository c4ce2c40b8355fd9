use acceptance::{Answer, Case, TestApp, cases, valid_post};
use futures::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};

pub(crate) const CASES: &[Case] = cases![
    a_repeat_gets_the_first_answer_again,
    the_first_answer_stays_whatever_becomes_of_the_post,
    the_same_post_written_otherwise_is_the_same_request,
    another_body_is_refused,
    another_key_makes_another_post,
    of_many_at_once_one_makes_a_post,
];

pub(crate) const HTTP_CASES: &[Case] =
    cases![a_request_that_was_refused_can_be_mended, what_is_no_key_is_refused,];

async fn create(app: &TestApp, key: &str, body: &Value) -> Answer {
    let request = app.request(Method::POST, "/api/posts").header("Idempotency-Key", key);
    app.send(request.json(body)).await
}

async fn count(app: &TestApp) -> usize {
    app.list_posts("").await.json_of(200).as_array().unwrap().len()
}

async fn a_repeat_gets_the_first_answer_again(app: TestApp) {
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

async fn the_first_answer_stays_whatever_becomes_of_the_post(app: TestApp) {
    let first = create(&app, "key", &valid_post()).await;
    let post = first.json_of(201);
    let id = post["id"].as_str().unwrap();

    app.patch_post(id, &json!({ "title": "Another title" })).await;
    create(&app, "key", &valid_post()).await.is(201, first.text());
    app.delete_post(id).await;
    create(&app, "key", &valid_post()).await.is(201, first.text());
    app.has_no_posts().await;
}

async fn the_same_post_written_otherwise_is_the_same_request(app: TestApp) {
    let first = create(&app, "key", &valid_post()).await;
    let mut body = valid_post();
    body["published"] = json!("yes");

    create(&app, "key", &body).await.is(201, first.text());
}

async fn another_body_is_refused(app: TestApp) {
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

async fn another_key_makes_another_post(app: TestApp) {
    let longest = "k".repeat(255);
    for key in ["key", "Key", "!~", &longest] {
        assert_eq!(create(&app, key, &valid_post()).await.status, 201, "{key}");
    }
    app.given_post(&valid_post()).await;
    app.given_post(&valid_post()).await;
    assert_eq!(count(&app).await, 6);
}

async fn a_request_that_was_refused_can_be_mended(app: TestApp) {
    assert_eq!(create(&app, "key", &json!({ "title": "x" })).await.status, 422);

    assert_eq!(create(&app, "key", &valid_post()).await.status, 201);
}

async fn what_is_no_key_is_refused(app: TestApp) {
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

async fn of_many_at_once_one_makes_a_post(app: TestApp) {
    let body = valid_post();

    let answers = join_all((0..50).map(|_| create(&app, "key", &body))).await;

    let (made, others): (Vec<_>, Vec<_>) = answers
        .iter()
        .filter(|answer| answer.status != 409)
        .partition(|answer| !answer.headers.contains_key("Idempotent-Replayed"));
    assert_eq!(made.len(), 1);
    for answer in others {
        answer.is(201, made[0].text());
    }
    assert_eq!(count(&app).await, 1);
}
