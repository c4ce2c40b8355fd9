use acceptance::{Answer, Case, TestApp, cases, valid_post};
use reqwest::{Method, RequestBuilder};
use serde_json::json;

use crate::get_post::UNKNOWN_ID;

pub(crate) const CASES: &[Case] = cases![
    every_error_can_be_requested_as_problem_details,
    each_problem_has_a_pointer_parameter_or_header,
    accept_selects_the_default_form_or_problem_details,
    accepting_problem_details_does_not_change_a_success,
];

async fn send_accepting_problem_details(app: &TestApp, request: RequestBuilder) -> Answer {
    app.send(request.header("Accept", "application/problem+json")).await
}

async fn every_error_can_be_requested_as_problem_details(app: TestApp) {
    let post = app.given_post(&valid_post()).await;
    let path = format!("/api/posts/{}", post["id"].as_str().unwrap());
    let json_body = |request: RequestBuilder, body| {
        request.header("Content-Type", "application/json").body(body)
    };

    for (request, status, title) in [
        (app.request(Method::GET, "/nowhere"), 404, "Not Found"),
        (app.request(Method::GET, &format!("/api/posts/{UNKNOWN_ID}")), 404, "Not Found"),
        (app.request(Method::DELETE, "/api/posts"), 405, "Method Not Allowed"),
        (json_body(app.request(Method::POST, "/api/posts"), "{".to_owned()), 400, "Bad Request"),
        (
            json_body(app.request(Method::POST, "/api/posts"), "x".repeat(2 << 20)),
            413,
            "Payload Too Large",
        ),
        (app.request(Method::POST, "/api/posts").body("{}"), 415, "Unsupported Media Type"),
        (
            app.request(Method::PUT, &path).header("If-Match", "\"9\"").json(&valid_post()),
            412,
            "Precondition Failed",
        ),
        (app.request(Method::GET, "/api/posts?page=0"), 422, "Unprocessable Entity"),
    ] {
        let answer = send_accepting_problem_details(&app, request).await;

        let body = answer.json_of(status);
        assert_eq!(answer.header("Content-Type"), "application/problem+json");
        assert_eq!(body["type"], "about:blank");
        assert_eq!(body["status"], status);
        assert_eq!(body["title"], title);
        assert!(answer.header("Vary").contains("accept"), "{answer:?}");
    }
}

async fn each_problem_has_a_pointer_parameter_or_header(app: TestApp) {
    let request = app.request(Method::POST, "/api/posts");
    let answer =
        send_accepting_problem_details(&app, request.json(&json!({ "title": "ab", "a/b": 1 })))
            .await;
    answer.is(
        422,
        concat!(
            r#"{"errors":[{"detail":"Unknown field.","pointer":"/a~1b"},"#,
            r#"{"detail":"Missing data for required field.","pointer":"/content"},"#,
            r#"{"detail":"Length must be between 3 and 100.","pointer":"/title"}],"#,
            r#""status":422,"title":"Unprocessable Entity","type":"about:blank"}"#
        ),
    );

    let request = app.request(Method::GET, "/api/posts?sort=title&published=maybe");
    let errors = &send_accepting_problem_details(&app, request).await.json_of(422)["errors"];
    assert_eq!(*errors, json!([{ "detail": "Not a valid boolean.", "parameter": "published" }]));

    let request = app.request(Method::POST, "/api/posts").header("Idempotency-Key", "");
    let errors = &send_accepting_problem_details(&app, request.json(&valid_post()))
        .await
        .json_of(422)["errors"];
    assert_eq!(errors[0]["header"], "Idempotency-Key");
}

async fn accept_selects_the_default_form_or_problem_details(app: TestApp) {
    for accept in [
        "*/*",
        "application/*",
        "application/json",
        "application/problem+json;q=0",
        "application/json, application/problem+json;q=0.9",
        "application/json, text/html",
        "nonsense",
    ] {
        let answer = app.send(app.request(Method::GET, "/nowhere").header("Accept", accept)).await;

        answer.is_not_found();
        assert_eq!(answer.header("Content-Type"), "application/json", "{accept}");
    }
    for accept in [
        "application/json, application/problem+json",
        "application/json;q=0.5, application/problem+json",
        "*/*, application/problem+json;q=0.1",
    ] {
        let answer = app.send(app.request(Method::GET, "/nowhere").header("Accept", accept)).await;
        assert_eq!(answer.header("Content-Type"), "application/problem+json", "{accept}");
    }
}

async fn accepting_problem_details_does_not_change_a_success(app: TestApp) {
    let answer = send_accepting_problem_details(&app, app.request(Method::GET, "/api/posts")).await;

    answer.is(200, "[]");
    assert_eq!(answer.header("Content-Type"), "application/json");
}
