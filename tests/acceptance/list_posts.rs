use acceptance::{Case, TestApp, cases};
use serde_json::{Value, json};

pub(crate) const CASES: &[Case] = cases![
    a_new_store_has_an_empty_list,
    the_newest_post_comes_first,
    a_listed_post_equals_the_post_read_by_id,
    filters_drafts_and_published_posts,
];

pub(crate) const HTTP_CASES: &[Case] = cases![
    accepts_every_spelling_of_a_boolean,
    rejects_a_value_that_is_not_a_boolean,
    ignores_unknown_parameters,
    uses_the_first_value_of_a_duplicate_parameter,
];

async fn given_post(app: &TestApp, title: &str, published: bool) -> Value {
    let body = json!({ "title": title, "content": "Some content", "published": published });
    app.given_post(&body).await
}

async fn a_new_store_has_an_empty_list(app: TestApp) {
    app.list_posts("").await.is(200, "[]");
}

async fn the_newest_post_comes_first(app: TestApp) {
    for n in 1..=5 {
        given_post(&app, &format!("Title {n}"), true).await;
    }

    let posts = app.list_posts("").await.json_of(200);

    let titles: Vec<_> = posts.as_array().unwrap().iter().map(|post| &post["title"]).collect();
    assert_eq!(titles, ["Title 5", "Title 4", "Title 3", "Title 2", "Title 1"]);
}

async fn a_listed_post_equals_the_post_read_by_id(app: TestApp) {
    let post = given_post(&app, "A title", true).await;

    let single = app.get_post(post["id"].as_str().unwrap()).await;

    app.list_posts("").await.is(200, &format!("[{}]", single.text()));
}

async fn filters_drafts_and_published_posts(app: TestApp) {
    let published = given_post(&app, "Published", true).await;
    let draft = given_post(&app, "Draft", false).await;

    for (query, expected) in [
        ("", json!([draft, published])),
        ("?published=true", json!([published])),
        ("?published=false", json!([draft])),
    ] {
        assert_eq!(app.list_posts(query).await.json_of(200), expected, "{query}");
    }
}

async fn accepts_every_spelling_of_a_boolean(app: TestApp) {
    let published = json!([given_post(&app, "Published", true).await]);
    let draft = json!([given_post(&app, "Draft", false).await]);

    for (spellings, expected) in [
        ("t T true True TRUE y Y yes Yes YES on On ON 1", published),
        ("f F false False FALSE n N no No NO off Off OFF 0", draft),
    ] {
        for spelling in spellings.split(' ') {
            let listed = app.list_posts(&format!("?published={spelling}")).await;

            assert_eq!(listed.json_of(200), expected, "{spelling}");
        }
    }
}

async fn rejects_a_value_that_is_not_a_boolean(app: TestApp) {
    for wrong in ["", "maybe", "tRUE", "2", "null", "%00", "true%20", "%F0%9F%A6%80", "%ff"] {
        app.list_posts(&format!("?published={wrong}")).await.is(
            422,
            r#"{"code":422,"errors":{"query":{"published":["Not a valid boolean."]}},"status":"Unprocessable Entity"}"#,
        );
    }
    assert_eq!(app.list_posts("?published").await.status, 422);
}

async fn ignores_unknown_parameters(app: TestApp) {
    let post = given_post(&app, "A title", true).await;
    let id = post["id"].as_str().unwrap();

    for query in ["?", "?x", "?x=1&y=2", "?Published=false", "?%ff=%ff&&&=", "?published[]=x"] {
        assert_eq!(app.list_posts(query).await.json_of(200), json!([post]), "{query}");
        assert_eq!(app.get_post(&format!("{id}{query}")).await.json_of(200), post, "{query}");
    }
}

async fn uses_the_first_value_of_a_duplicate_parameter(app: TestApp) {
    let post = given_post(&app, "A title", true).await;

    let listed = app.list_posts("?published=true&published=false").await;

    assert_eq!(listed.json_of(200), json!([post]));
}
