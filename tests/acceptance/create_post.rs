use acceptance::{Case, TestApp, cases, valid_post};
use domain::{Content, Title};
use http_actix::Limits;
use reqwest::{Method, header::CONTENT_TYPE};
use serde_json::{Value, json};

pub(crate) const CASES: &[Case] = cases![
    returns_the_created_post,
    returns_the_location_of_the_post,
    published_defaults_to_true,
    the_length_of_a_title_is_counted_in_code_points,
    the_length_of_a_content_is_counted_in_code_points,
    accepts_a_body_of_the_maximum_size_and_rejects_a_longer_one,
];

pub(crate) const HTTP_CASES: &[Case] = cases![
    a_body_with_many_unknown_fields_gets_a_short_response,
    accepts_every_spelling_of_a_boolean,
    reports_missing_fields,
    reports_nulls,
    reports_wrong_types,
    reports_unknown_fields,
    reports_null_characters,
    reports_all_problems_at_once,
    rejects_a_body_that_is_not_an_object,
    treats_an_empty_body_as_an_empty_object,
    reports_an_unrepresentable_value_under_its_field,
    rejects_malformed_json,
    uses_the_last_value_of_a_duplicate_key,
    rejects_a_content_type_that_is_not_json,
    accepts_every_json_content_type,
    rejects_compressed_bodies,
];

async fn returns_the_created_post(app: TestApp) {
    let answer = app.create_post(&valid_post()).await;

    let post = answer.json_of(201);
    let (id, time) = (post["id"].as_str().unwrap(), post["created_at"].as_str().unwrap());
    answer.is(
        201,
        &format!(
            r#"{{"content":"Some content","created_at":"{time}","id":"{id}","published":true,"title":"A title","updated_at":"{time}"}}"#
        ),
    );
    assert_eq!(uuid::Uuid::try_parse(id).unwrap().get_version_num(), 7);
    assert_is_timestamp(time);
}

/// Asserts that `time` has the form of `2025-02-27T10:49:38.369401Z`.
fn assert_is_timestamp(time: &str) {
    let digits_as_zeros: String =
        time.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    assert_eq!(digits_as_zeros, "0000-00-00T00:00:00.000000Z");
}

async fn returns_the_location_of_the_post(app: TestApp) {
    let answer = app.create_post(&valid_post()).await;

    let location = answer.header("Location");
    assert_eq!(location, format!("/api/posts/{}", answer.json()["id"].as_str().unwrap()));
    app.get(location).await.is(200, answer.text());
}

async fn published_defaults_to_true(app: TestApp) {
    for (sent, expected) in [(None, true), (Some(true), true), (Some(false), false)] {
        let mut body = valid_post();
        if let Some(published) = sent {
            body["published"] = json!(published);
        }

        assert_eq!(app.create_post(&body).await.json_of(201)["published"], expected);
    }
}

async fn accepts_every_spelling_of_a_boolean(app: TestApp) {
    let spellings = [
        ("t T true True TRUE y Y yes Yes YES on On ON 1", json!(1), true),
        ("f F false False FALSE n N no No NO off Off OFF 0", json!(0), false),
    ];
    for (texts, number, expected) in spellings {
        for spelling in texts.split(' ').map(Value::from).chain([number]) {
            let mut body = valid_post();
            body["published"] = spelling;

            let post = app.create_post(&body).await.json_of(201);

            assert_eq!(post["published"], expected, "{body}");
        }
    }
}

async fn reports_missing_fields(app: TestApp) {
    app.create_post(&json!({})).await.is_invalid_body(json!({
        "content": ["Missing data for required field."],
        "title": ["Missing data for required field."],
    }));
    app.has_no_posts().await;
}

async fn reports_nulls(app: TestApp) {
    let body = json!({ "title": null, "content": null, "published": null });

    app.create_post(&body).await.is_invalid_body(json!({
        "content": ["Field may not be null."],
        "published": ["Field may not be null."],
        "title": ["Field may not be null."],
    }));
}

async fn reports_wrong_types(app: TestApp) {
    for wrong in [json!(1), json!(1.5), json!(true), json!([]), json!(["A title"]), json!({})] {
        let body = json!({ "title": wrong, "content": wrong });

        app.create_post(&body).await.is_invalid_body(json!({
            "content": ["Not a valid string."],
            "title": ["Not a valid string."],
        }));
    }
    for wrong in [json!(2), json!(-1), json!("maybe"), json!(""), json!([]), json!({})] {
        let mut body = valid_post();
        body["published"] = wrong;

        app.create_post(&body)
            .await
            .is_invalid_body(json!({ "published": ["Not a valid boolean."] }));
    }
}

async fn the_length_of_a_title_is_counted_in_code_points(app: TestApp) {
    for character in ["a", "é", "🦀"] {
        let title = |length| json!({ "title": character.repeat(length), "content": "0123456789" });
        for length in [Title::MIN_CHARS, Title::MAX_CHARS] {
            let post = app.create_post(&title(length)).await.json_of(201);

            assert_eq!(post["title"], title(length)["title"]);
        }
        for length in [0, Title::MIN_CHARS - 1, Title::MAX_CHARS + 1] {
            app.create_post(&title(length))
                .await
                .is_invalid_body(json!({ "title": ["Length must be between 3 and 100."] }));
        }
    }
}

async fn the_length_of_a_content_is_counted_in_code_points(app: TestApp) {
    for character in ["a", "é", "🦀"] {
        let content = |length| json!({ "title": "A title", "content": character.repeat(length) });
        let post = app.create_post(&content(Content::MIN_CHARS)).await.json_of(201);

        assert_eq!(post["content"], content(Content::MIN_CHARS)["content"]);
        for length in [0, Content::MIN_CHARS - 1] {
            app.create_post(&content(length))
                .await
                .is_invalid_body(json!({ "content": ["Shorter than minimum length 10."] }));
        }
    }
}

async fn reports_unknown_fields(app: TestApp) {
    for name in ["id", "created_at", "updated_at", "Title", "", "author", "_schema", "🦀"] {
        let mut body = valid_post();
        body[name] = json!(null);

        app.create_post(&body).await.is_invalid_body(json!({ name: ["Unknown field."] }));
    }
    app.has_no_posts().await;
}

async fn reports_null_characters(app: TestApp) {
    let body = json!({ "title": "A\u{0}title", "content": "Some content\u{0}" });

    app.create_post(&body).await.is_invalid_body(json!({
        "content": ["Null characters are not allowed."],
        "title": ["Null characters are not allowed."],
    }));
}

async fn reports_all_problems_at_once(app: TestApp) {
    let body = json!({ "title": "Hi", "published": "maybe", "author": "me", "id": 1 });

    app.create_post(&body).await.is_invalid_body(json!({
        "author": ["Unknown field."],
        "content": ["Missing data for required field."],
        "id": ["Unknown field."],
        "published": ["Not a valid boolean."],
        "title": ["Length must be between 3 and 100."],
    }));
}

async fn rejects_a_body_that_is_not_an_object(app: TestApp) {
    for body in ["null", "true", "1", "\"title\"", "[]", "[{\"title\":\"A title\"}]"] {
        app.create_post_with_raw_body(body)
            .await
            .is_invalid_body(json!({ "_schema": ["Invalid input type."] }));
    }
}

async fn treats_an_empty_body_as_an_empty_object(app: TestApp) {
    let missing = ["Missing data for required field."];

    let answer = app.create_post_with_raw_body("").await;

    answer.is_invalid_body(json!({ "content": missing, "title": missing }));
    app.has_no_posts().await;
}

async fn reports_an_unrepresentable_value_under_its_field(app: TestApp) {
    let nested = |levels: usize| "[".repeat(levels) + &"]".repeat(levels);
    for value in ["1e999".to_owned(), "-1e999".to_owned(), nested(127), nested(128), nested(10_000)]
    {
        let body = format!(r#"{{"title":{value},"content":"0123456789","published":{value}}}"#);

        let answer = app.create_post_with_raw_body(body).await;

        let problems =
            json!({ "published": ["Not a valid boolean."], "title": ["Not a valid string."] });
        answer.is_invalid_body(problems);
        let body = format!(r#"{{"title":"A title","content":"0123456789","other":{value}}}"#);
        app.create_post_with_raw_body(body)
            .await
            .is_invalid_body(json!({ "other": ["Unknown field."] }));
    }
    app.create_post_with_raw_body(nested(10_000))
        .await
        .is_invalid_body(json!({ "_schema": ["Invalid input type."] }));
}

async fn rejects_malformed_json(app: TestApp) {
    let bodies: [&[u8]; 8] = [
        b" ",
        b"{",
        b"{\"title\":}",
        b"{'title':'A title'}",
        b"{\"title\":\"A title\",}",
        b"{} {}",
        b"{\"title\":\"\xff\xfe\"}",
        br#"{"title":"\ud800"}"#,
    ];
    for body in bodies {
        app.create_post_with_raw_body(body).await.is(
            400,
            r#"{"code":400,"errors":{"json":["Invalid JSON body."]},"status":"Bad Request"}"#,
        );
    }
    let deep = "[".repeat(100_000);
    assert_eq!(app.create_post_with_raw_body(deep).await.status, 400);
}

async fn uses_the_last_value_of_a_duplicate_key(app: TestApp) {
    let body = r#"{"title":"First","content":"0123456789","title":"Last"}"#;

    assert_eq!(app.create_post_with_raw_body(body).await.json_of(201)["title"], "Last");
}

async fn rejects_a_content_type_that_is_not_json(app: TestApp) {
    let json = valid_post().to_string();
    let content_types = [
        None,
        Some("application/x-www-form-urlencoded"),
        Some("multipart/form-data; boundary=x"),
        Some("text/plain"),
        Some("text/json"),
        Some("application/jsonx"),
        Some("application/json+xml"),
        Some("json"),
        Some(""),
    ];
    for content_type in content_types {
        let mut request = app.request(Method::POST, "/api/posts").body(json.clone());
        if let Some(content_type) = content_type {
            request = request.header(CONTENT_TYPE, content_type);
        }

        app.send(request).await.is(
            415,
            r#"{"code":415,"message":"Content-Type must be application/json.","status":"Unsupported Media Type"}"#,
        );
    }
    app.has_no_posts().await;
}

async fn accepts_every_json_content_type(app: TestApp) {
    let content_types = [
        "application/json; charset=utf-8",
        "application/json ; charset=utf-8",
        "APPLICATION/JSON",
        "application/vnd.api+json",
    ];
    for content_type in content_types {
        let request = app.request(Method::POST, "/api/posts").body(valid_post().to_string());

        app.send(request.header(CONTENT_TYPE, content_type)).await.json_of(201);
    }
}

async fn rejects_compressed_bodies(app: TestApp) {
    let request = app.request(Method::POST, "/api/posts").header("Content-Encoding", "gzip");

    let answer = app.send(request.json(&valid_post())).await;

    answer.json_of(415);
    assert_eq!(answer.header("Accept-Encoding"), "identity");
}

async fn accepts_a_body_of_the_maximum_size_and_rejects_a_longer_one(app: TestApp) {
    let limit = Limits::default().body_bytes;
    let empty = json!({ "title": "A title", "content": "" }).to_string().len();
    let body = |length: usize| {
        json!({ "title": "A title", "content": "x".repeat(length - empty) }).to_string()
    };

    assert_eq!(app.create_post_with_raw_body(body(limit)).await.status, 201);

    for has_known_length in [true, false] {
        let too_long = body(limit + 1);
        let too_long = if has_known_length {
            reqwest::Body::from(too_long)
        } else {
            // A stream has no known length, so the client sends it in chunks.
            let chunks: Vec<_> = too_long
                .as_bytes()
                .chunks(1 << 16)
                .map(|chunk| Ok::<_, std::io::Error>(chunk.to_vec()))
                .collect();
            reqwest::Body::wrap_stream(futures::stream::iter(chunks))
        };
        app.create_post_with_raw_body(too_long).await.is(
            413,
            r#"{"code":413,"message":"The body must not be longer than 1048576 bytes.","status":"Payload Too Large"}"#,
        );
    }
}

async fn a_body_with_many_unknown_fields_gets_a_short_response(app: TestApp) {
    let fields: Vec<_> = (0..80_000).map(|n| format!("\"{n}\":0")).collect();

    let answer = app.create_post_with_raw_body(format!("{{{}}}", fields.join(","))).await;

    let json = answer.json_of(422);
    assert_eq!(json["errors"]["json"].as_object().unwrap().len(), 100);
    assert_eq!(json["errors"]["json"]["title"][0], "Missing data for required field.");
    assert_eq!(json["errors"]["json"]["0"][0], "Unknown field.");
}
