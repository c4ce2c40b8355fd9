use acceptance::{Case, TestApp, cases, long_post};
use serde_json::{Value, json};

pub(crate) const CASES: &[Case] = cases![
    the_pages_together_contain_the_whole_list,
    x_pagination_has_the_total_and_the_page_numbers,
    link_has_the_first_previous_next_and_last_page,
    a_page_after_the_last_is_empty_and_links_to_the_first_and_last_page,
    an_empty_list_has_no_pages,
    page_defaults_to_1_and_page_size_to_10,
    the_total_counts_only_posts_that_match_the_filter,
    the_etag_of_a_page_changes_with_the_list,
    if_match_requires_the_current_etag_of_the_page,
    if_none_match_star_matches_every_page,
    a_numbered_page_with_long_posts_is_complete_but_has_no_etag,
];

pub(crate) const HTTP_CASES: &[Case] = cases![
    an_out_of_range_value_is_rejected_and_not_clamped,
    numbered_and_cursor_paging_cannot_be_combined,
];

async fn the_pages_together_contain_the_whole_list(app: TestApp) {
    let posts = app.given_posts(25).await;

    let mut paged = Vec::new();
    for page in 1..=3 {
        let answer = app.list_posts(&format!("?page={page}&page_size=10")).await;
        paged.extend(answer.json_of(200).as_array().unwrap().clone());
    }

    assert_eq!(paged, posts);
    assert_eq!(app.list_posts("").await.json_of(200), json!(posts));
}

async fn x_pagination_has_the_total_and_the_page_numbers(app: TestApp) {
    app.given_posts(25).await;

    for (page, expected) in [
        (1, r#""page":1,"next_page":2}"#),
        (2, r#""page":2,"previous_page":1,"next_page":3}"#),
        (3, r#""page":3,"previous_page":2}"#),
    ] {
        let answer = app.list_posts(&format!("?page={page}")).await;

        assert_eq!(
            answer.header("X-Pagination"),
            format!(r#"{{"total":25,"total_pages":3,"first_page":1,"last_page":3,{expected}"#)
        );
        assert_eq!(answer.header("X-Total-Count"), "25");
    }
}

async fn link_has_the_first_previous_next_and_last_page(app: TestApp) {
    let posts = app.given_posts(5).await;

    let answer = app.list_posts("?page=2&page_size=2&published=true&sort=-title&unknown=%26").await;

    let link = |page, relation| {
        format!(
            "</api/posts?published=true&sort=-title&page={page}&page_size=2>; rel=\"{relation}\""
        )
    };
    let expected = [link(1, "first"), link(1, "prev"), link(3, "next"), link(3, "last")];
    assert_eq!(answer.header("Link"), expected.join(", "));
    let next = app.get("/api/posts?published=true&sort=-title&page=3&page_size=2").await;
    assert_eq!(next.json_of(200), json!(posts[4..]));
}

async fn a_page_after_the_last_is_empty_and_links_to_the_first_and_last_page(app: TestApp) {
    app.given_posts(3).await;

    for page in ["4", "2147483647"] {
        let answer = app.list_posts(&format!("?page={page}&page_size=1")).await;

        answer.is(200, "[]");
        assert_eq!(
            answer.header("X-Pagination"),
            r#"{"total":3,"total_pages":3,"first_page":1,"last_page":3}"#
        );
        assert_eq!(
            answer.header("Link"),
            "</api/posts?page=1&page_size=1>; rel=\"first\", \
             </api/posts?page=3&page_size=1>; rel=\"last\""
        );
    }
}

async fn an_empty_list_has_no_pages(app: TestApp) {
    let answer = app.list_posts("?page=1").await;

    answer.is(200, "[]");
    assert_eq!(answer.header("X-Pagination"), r#"{"total":0,"total_pages":0}"#);
    assert_eq!(answer.header("X-Total-Count"), "0");
    assert!(!answer.headers.contains_key("Link"));
}

async fn page_defaults_to_1_and_page_size_to_10(app: TestApp) {
    let posts = app.given_posts(12).await;

    for (query, expected) in
        [("?page=1", &posts[..10]), ("?page=2", &posts[10..]), ("?page_size=3", &posts[..3])]
    {
        assert_eq!(app.list_posts(query).await.json_of(200), json!(expected), "{query}");
    }
}

async fn the_total_counts_only_posts_that_match_the_filter(app: TestApp) {
    for published in [true, false, true] {
        let body = json!({ "title": "A title", "content": "Some content", "published": published });
        app.given_post(&body).await;
    }

    for (query, total) in [("", "3"), ("&published=true", "2"), ("&published=false", "1")] {
        let answer = app.list_posts(&format!("?page=1&page_size=1{query}")).await;
        assert_eq!(answer.header("X-Total-Count"), total, "{query}");
    }
    let draft =
        app.list_posts("?published=false").await.json()[0]["id"].as_str().unwrap().to_owned();
    app.patch_post(&draft, &json!({ "published": true })).await;
    assert_eq!(app.list_posts("?page=1&published=true").await.header("X-Total-Count"), "3");
    app.delete_post(&draft).await;
    assert_eq!(app.list_posts("?page=1").await.header("X-Total-Count"), "2");
}

fn query_error(name: &str, message: &str) -> String {
    let errors = json!({ "query": { name: [message] } });
    format!(r#"{{"code":422,"errors":{errors},"status":"Unprocessable Entity"}}"#)
}

async fn an_out_of_range_value_is_rejected_and_not_clamped(app: TestApp) {
    let sizes = "Must be greater than or equal to 1 and less than or equal to 100.";
    let numbers = "Must be greater than or equal to 1 and less than or equal to 2147483647.";
    for (name, value, message) in [
        ("page", "0", numbers),
        ("page", "-1", numbers),
        ("page", "2147483648", numbers),
        ("page", "99999999999999999999", numbers),
        ("page", "x", "Not a valid integer."),
        ("page", "", "Not a valid integer."),
        ("page", "1.5", "Not a valid integer."),
        ("page_size", "0", sizes),
        ("page_size", "101", sizes),
        ("limit", "0", sizes),
        ("limit", "101", sizes),
        ("limit", "ten", "Not a valid integer."),
    ] {
        app.list_posts(&format!("?{name}={value}")).await.is(422, &query_error(name, message));
    }
    for query in ["?page=1&page_size=1", "?page=1&page_size=100", "?limit=1", "?limit=100"] {
        app.list_posts(query).await.is(200, "[]");
    }
}

async fn numbered_and_cursor_paging_cannot_be_combined(app: TestApp) {
    app.list_posts("?page=1&limit=5")
        .await
        .is(422, &query_error("limit", "Not together with page or page_size."));
    assert_eq!(app.list_posts("?page_size=1&cursor=x").await.status, 422);
}

async fn the_etag_of_a_page_changes_with_the_list(app: TestApp) {
    let posts = app.given_posts(3).await;
    let query = "?page=1&page_size=2";
    let first = app.list_posts(query).await;

    let revalidate = async || {
        let request = app.request(reqwest::Method::GET, &format!("/api/posts{query}"));
        app.send(request.header("If-None-Match", first.header("ETag"))).await
    };

    let unchanged = revalidate().await;
    unchanged.is(304, "");
    assert_eq!(unchanged.header("ETag"), first.header("ETag"));
    let oldest: &Value = &posts[2];
    app.delete_post(oldest["id"].as_str().unwrap()).await;
    let changed = revalidate().await;
    assert_eq!(
        changed.text(),
        first.text(),
        "the page has the same posts, but the total is smaller"
    );
    assert_ne!(changed.header("ETag"), first.header("ETag"));
}

async fn list_with_header(
    app: &TestApp,
    query: &str,
    header: &str,
    value: &str,
) -> acceptance::Answer {
    let request = app.request(reqwest::Method::GET, &format!("/api/posts{query}"));
    app.send(request.header(header, value)).await
}

async fn if_match_requires_the_current_etag_of_the_page(app: TestApp) {
    app.given_posts(3).await;
    for query in ["", "?page=1", "?limit=2"] {
        let tag = app.list_posts(query).await.header("ETag").to_owned();
        for (value, status) in [
            (tag.clone(), 200),
            (format!("\"x\", {tag}"), 200),
            (tag.trim_end_matches('"').to_owned() + "-gzip\"", 200),
            ("*".to_owned(), 200),
            (format!("W/{tag}"), 412),
            ("\"x\"".to_owned(), 412),
        ] {
            let answer = list_with_header(&app, query, "If-Match", &value).await;

            assert_eq!(answer.status, status, "{query} {value}");
            assert_eq!(answer.header("ETag"), tag);
        }
    }
    app.given_posts(150).await;
    assert_eq!(list_with_header(&app, "", "If-Match", "\"x\"").await.status, 412);
    assert_eq!(list_with_header(&app, "", "If-Match", "*").await.status, 200);
}

async fn if_none_match_star_matches_every_page(app: TestApp) {
    for posts in [0, 3, 150] {
        app.given_posts(posts).await;
        for query in ["", "?page=1", "?page=100", "?limit=2"] {
            list_with_header(&app, query, "If-None-Match", "*").await.is(304, "");
        }
    }
}

async fn a_numbered_page_with_long_posts_is_complete_but_has_no_etag(app: TestApp) {
    let mut posts = Vec::new();
    for _ in 0..6 {
        posts.push(app.given_post(&long_post()).await);
    }
    posts.reverse();

    for (query, expected) in [
        ("?page=1&page_size=5", &posts[..5]),
        ("?page=2&page_size=5", &posts[5..]),
        ("?page=1&page_size=100", &posts),
    ] {
        let page = app.list_posts(query).await;

        assert_eq!(page.json_of(200), json!(expected), "{query}");
        assert_eq!(page.header("X-Total-Count"), "6");
        let is_short = expected.len() == 1;
        assert_eq!(page.headers.contains_key("ETag"), is_short, "{query}");
        let caching = if is_short { "no-cache" } else { "no-store" };
        assert_eq!(page.header("Cache-Control"), caching, "{query}");
    }
}
