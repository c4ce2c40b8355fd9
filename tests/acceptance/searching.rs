use acceptance::{Case, TestApp, cases};
use reqwest::Method;
use serde_json::{Value, json};

pub(crate) const CASES: &[Case] = cases![
    every_term_must_be_in_the_title_or_content,
    terms_are_found_in_every_script,
    there_are_no_query_operators,
    a_search_without_terms_finds_every_post,
    every_write_updates_the_search_results,
    sort_sets_the_order_of_the_list,
    returns_only_the_requested_fields,
];

pub(crate) const HTTP_CASES: &[Case] = cases![
    a_search_text_over_the_maximum_length_is_rejected,
    an_unknown_sort_order_is_rejected,
    an_unknown_field_name_is_rejected,
    strict_handling_rejects_unknown_parameters,
];

async fn given(app: &TestApp, title: &str, content: &str) -> Value {
    app.given_post(&json!({ "title": title, "content": content })).await
}

fn ids(posts: &Value) -> Vec<&str> {
    posts.as_array().unwrap().iter().map(|post| post["id"].as_str().unwrap()).collect()
}

async fn titles_found(app: &TestApp, q: &str) -> Vec<String> {
    let request = app.request(Method::GET, "/api/posts").query(&[("q", q), ("sort", "title")]);
    let posts = app.send(request).await.json_of(200);
    let title = |post: &Value| post["title"].as_str().unwrap().to_owned();
    posts.as_array().unwrap().iter().map(title).collect()
}

async fn every_term_must_be_in_the_title_or_content(app: TestApp) {
    given(&app, "Alpha hexagon", "The domain knows nobody.").await;
    given(&app, "Beta adapter", "An adapter knows the domain.").await;

    for (q, expected) in [
        ("domain", vec!["Alpha hexagon", "Beta adapter"]),
        ("KNOWS the", vec!["Alpha hexagon", "Beta adapter"]),
        ("nobody", vec!["Alpha hexagon"]),
        ("domain adapter", vec!["Beta adapter"]),
        ("hexagon adapter", vec![]),
        ("domai", vec![]),
        ("domains", vec![]),
    ] {
        assert_eq!(titles_found(&app, q).await, expected, "{q}");
    }
}

async fn terms_are_found_in_every_script(app: TestApp) {
    let texts = [
        ("Straße", "STRASSE"),
        ("Привет, мир", "МИР"),
        ("Ο δρόμος ΟΔΟΣ", "οδος"),
        ("Ο λόγος.Αυτός", "λόγος"),
        ("हिन्दी में लिखा", "हिन्दी"),
        ("שלום עולם", "עולם"),
        ("مرحبا بالعالم", "مرحبا"),
        ("cafe\u{301} noir", "café"),
        ("한국어 문장", "문장"),
    ];
    for (text, _) in texts {
        given(&app, text, &format!("{text} 0123456789")).await;
    }

    for (text, q) in texts {
        assert_eq!(titles_found(&app, q).await, [text], "{q}");
    }
}

async fn there_are_no_query_operators(app: TestApp) {
    given(&app, "Title one", "content: near AND or* not \"quoted\"").await;

    for q in [
        "one AND content",
        "NEAR(one, 2)",
        "near or not",
        "\"quoted",
        "one*",
        "title:one",
        "-one",
        "^one",
        "(one",
        "one)",
        "'one'",
        "one & !title | <-> :*",
        "one\u{0}title",
        "{title} : one",
        "\\one\\",
        "one -- ; DROP",
    ] {
        let expected: &[&str] = match q {
            "NEAR(one, 2)" | "one -- ; DROP" => &[],
            _ => &["Title one"],
        };
        assert_eq!(titles_found(&app, q).await, expected, "{q}");
    }
}

async fn a_search_without_terms_finds_every_post(app: TestApp) {
    given(&app, "Title", "Some content").await;

    for q in ["", " ", "!?*\"", "🦀"] {
        assert_eq!(titles_found(&app, q).await, ["Title"], "{q}");
    }
}

async fn a_search_text_over_the_maximum_length_is_rejected(app: TestApp) {
    assert_eq!(app.list_posts(&format!("?q={}", "a".repeat(200))).await.status, 200);
    app.list_posts(&format!("?q={}", "a".repeat(201))).await.is(
        422,
        r#"{"code":422,"errors":{"query":{"q":["Longer than maximum length 200."]}},"status":"Unprocessable Entity"}"#,
    );
}

async fn every_write_updates_the_search_results(app: TestApp) {
    let post = given(&app, "Before", "Some content").await;
    let id = post["id"].as_str().unwrap();

    app.patch_post(id, &json!({ "title": "After" })).await;

    assert_eq!(titles_found(&app, "before").await, [""; 0]);
    assert_eq!(titles_found(&app, "after content").await, ["After"]);
    app.delete_post(id).await;
    assert_eq!(titles_found(&app, "after").await, [""; 0]);
    let answer = app.list_posts("?page=1&q=after").await;
    assert_eq!(answer.header("X-Total-Count"), "0");
}

async fn sort_sets_the_order_of_the_list(app: TestApp) {
    let b = given(&app, "bbb", "Some content").await;
    let a = given(&app, "aaa", "Some content").await;
    let crab = given(&app, "🦀🦀🦀", "Some content").await;
    let capital = given(&app, "ZZZ", "Some content").await;
    let last = app.patch_post(b["id"].as_str().unwrap(), &json!({})).await.json_of(200);

    for (sort, expected) in [
        ("created_at", [&b, &a, &crab, &capital]),
        ("title", [&capital, &a, &b, &crab]),
        ("updated_at", [&a, &crab, &capital, &last]),
    ] {
        let mut expected: Vec<&str> =
            expected.iter().map(|post| post["id"].as_str().unwrap()).collect();
        let ascending = app.list_posts(&format!("?sort={sort}")).await.json_of(200);
        assert_eq!(ids(&ascending), expected, "{sort}");
        expected.reverse();
        let descending = app.list_posts(&format!("?sort=-{sort}")).await.json_of(200);
        assert_eq!(ids(&descending), expected, "-{sort}");
    }
}

async fn an_unknown_sort_order_is_rejected(app: TestApp) {
    for sort in ["", "id", "Title", "title,created_at", "--title", "%00"] {
        app.list_posts(&format!("?sort={sort}")).await.is(
            422,
            r#"{"code":422,"errors":{"query":{"sort":["Must be one of: created_at, -created_at, updated_at, -updated_at, title, -title."]}},"status":"Unprocessable Entity"}"#,
        );
    }
}

async fn returns_only_the_requested_fields(app: TestApp) {
    let post = given(&app, "A title", "Some content").await;
    let id = post["id"].as_str().unwrap();

    for (fields, expected) in [
        ("title,id", format!(r#"[{{"id":"{id}","title":"A title"}}]"#)),
        ("published", r#"[{"published":true}]"#.to_owned()),
    ] {
        for paging in ["", "&page=1", "&limit=5"] {
            app.list_posts(&format!("?fields={fields}{paging}")).await.is(200, &expected);
        }
    }
    let all = "?fields=content,created_at,id,published,title,updated_at";
    assert_eq!(app.list_posts(all).await.json_of(200), json!([post]));
}

async fn an_unknown_field_name_is_rejected(app: TestApp) {
    for fields in ["", "version", "id,", "id;title", "ID"] {
        app.list_posts(&format!("?fields={fields}")).await.is(
            422,
            r#"{"code":422,"errors":{"query":{"fields":["Must be one of: content, created_at, id, published, title, updated_at."]}},"status":"Unprocessable Entity"}"#,
        );
    }
}

async fn strict_handling_rejects_unknown_parameters(app: TestApp) {
    let post = given(&app, "A title", "Some content").await;
    let path = format!("/api/posts/{}", post["id"].as_str().unwrap());
    let strict = |method, path: &str| app.request(method, path).header("Prefer", "handling=strict");
    let expected = r#"{"code":422,"errors":{"query":{"publishd":["Unknown field."]}},"status":"Unprocessable Entity"}"#;

    for path in ["/api/posts", &path] {
        let answer = app.send(strict(Method::GET, &format!("{path}?publishd=true"))).await;
        answer.is(422, expected);
        assert_eq!(app.get(&format!("{path}?publishd=true")).await.status, 200);
    }
    let answer = app.send(strict(Method::DELETE, &format!("{path}?publishd=true"))).await;
    answer.is(422, expected);
    let known = app.send(strict(Method::GET, "/api/posts?published=true&q=title&page=1")).await;
    assert_eq!(known.status, 200);
    assert_eq!(known.header("Preference-Applied"), "handling=strict");
}
