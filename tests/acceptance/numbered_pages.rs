use acceptance::{Case, TestApp, cases};
use serde_json::{Value, json};

pub(crate) const CASES: &[Case] = cases![
    pages_part_the_list_and_leave_nothing_out,
    a_page_tells_of_itself_and_its_neighbours,
    links_lead_to_the_other_pages,
    past_the_last_page_there_is_nothing_but_the_way_back,
    an_empty_list_has_no_pages,
    without_a_number_it_is_the_first_page_and_without_a_size_ten_posts,
    the_filter_counts,
    a_page_has_a_tag_that_changes_with_it,
    a_client_can_insist_on_a_page,
    a_star_matches_whatever_page_there_is,
];

pub(crate) const HTTP_CASES: &[Case] =
    cases![what_is_out_of_bounds_is_refused_and_never_clamped, the_two_ways_of_paging_do_not_mix,];

async fn pages_part_the_list_and_leave_nothing_out(app: TestApp) {
    let posts = app.given_posts(25).await;

    let mut paged = Vec::new();
    for page in 1..=3 {
        let answer = app.list_posts(&format!("?page={page}&page_size=10")).await;
        paged.extend(answer.json_of(200).as_array().unwrap().clone());
    }

    assert_eq!(paged, posts);
    assert_eq!(app.list_posts("").await.json_of(200), json!(posts));
}

async fn a_page_tells_of_itself_and_its_neighbours(app: TestApp) {
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

async fn links_lead_to_the_other_pages(app: TestApp) {
    let posts = app.given_posts(5).await;

    let answer = app.list_posts("?page=2&page_size=2&published=true&x=%26").await;

    let link = |page, relation| {
        format!("</api/posts?published=true&x=%26&page={page}&page_size=2>; rel=\"{relation}\"")
    };
    let expected = [link(1, "first"), link(1, "prev"), link(3, "next"), link(3, "last")];
    assert_eq!(answer.header("Link"), expected.join(", "));
    let next = app.get("/api/posts?published=true&x=%26&page=3&page_size=2").await;
    assert_eq!(next.json_of(200), json!(posts[4..]));
}

async fn past_the_last_page_there_is_nothing_but_the_way_back(app: TestApp) {
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

async fn without_a_number_it_is_the_first_page_and_without_a_size_ten_posts(app: TestApp) {
    let posts = app.given_posts(12).await;

    for (query, expected) in
        [("?page=1", &posts[..10]), ("?page=2", &posts[10..]), ("?page_size=3", &posts[..3])]
    {
        assert_eq!(app.list_posts(query).await.json_of(200), json!(expected), "{query}");
    }
}

async fn the_filter_counts(app: TestApp) {
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

fn problem(name: &str, message: &str) -> String {
    let errors = json!({ "query": { name: [message] } });
    format!(r#"{{"code":422,"errors":{errors},"status":"Unprocessable Entity"}}"#)
}

async fn what_is_out_of_bounds_is_refused_and_never_clamped(app: TestApp) {
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
        app.list_posts(&format!("?{name}={value}")).await.is(422, &problem(name, message));
    }
    for query in ["?page=1&page_size=1", "?page=1&page_size=100", "?limit=1", "?limit=100"] {
        app.list_posts(query).await.is(200, "[]");
    }
}

async fn the_two_ways_of_paging_do_not_mix(app: TestApp) {
    app.list_posts("?page=1&limit=5")
        .await
        .is(422, &problem("limit", "Not together with page or page_size."));
    assert_eq!(app.list_posts("?page_size=1&cursor=x").await.status, 422);
}

async fn a_page_has_a_tag_that_changes_with_it(app: TestApp) {
    let posts = app.given_posts(3).await;
    let query = "?page=1&page_size=2";
    let first = app.list_posts(query).await;

    let ask_again = async || {
        let request = app.request(reqwest::Method::GET, &format!("/api/posts{query}"));
        app.send(request.header("If-None-Match", first.header("ETag"))).await
    };

    let unchanged = ask_again().await;
    unchanged.is(304, "");
    assert_eq!(unchanged.header("ETag"), first.header("ETag"));
    let oldest: &Value = &posts[2];
    app.delete_post(oldest["id"].as_str().unwrap()).await;
    let changed = ask_again().await;
    assert_eq!(changed.text(), first.text(), "the same posts, but fewer in all");
    assert_ne!(changed.header("ETag"), first.header("ETag"));
}

async fn list_under(app: &TestApp, query: &str, header: &str, value: &str) -> acceptance::Answer {
    let request = app.request(reqwest::Method::GET, &format!("/api/posts{query}"));
    app.send(request.header(header, value)).await
}

async fn a_client_can_insist_on_a_page(app: TestApp) {
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
            let answer = list_under(&app, query, "If-Match", &value).await;

            assert_eq!(answer.status, status, "{query} {value}");
            assert_eq!(answer.header("ETag"), tag);
        }
    }
    app.given_posts(150).await;
    assert_eq!(list_under(&app, "", "If-Match", "\"x\"").await.status, 412);
    assert_eq!(list_under(&app, "", "If-Match", "*").await.status, 200);
}

async fn a_star_matches_whatever_page_there_is(app: TestApp) {
    for posts in [0, 3, 150] {
        app.given_posts(posts).await;
        for query in ["", "?page=1", "?page=100", "?limit=2"] {
            list_under(&app, query, "If-None-Match", "*").await.is(304, "");
        }
    }
}
