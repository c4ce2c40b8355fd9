use acceptance::{Case, TestApp, cases, valid_post};

pub(crate) const CASES: &[Case] =
    cases![gives_the_post_as_it_was_answered_when_made, does_not_find_an_unknown_id,];

pub(crate) const HTTP_CASES: &[Case] =
    cases![knows_a_post_by_its_id_in_capitals, finds_a_malformed_id_as_little_as_an_unknown_one,];

/// Ids that no post can have.
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

async fn gives_the_post_as_it_was_answered_when_made(app: TestApp) {
    let made = app.create_post(&valid_post()).await;

    app.get_post(made.json()["id"].as_str().unwrap()).await.is(200, made.text());
}

async fn knows_a_post_by_its_id_in_capitals(app: TestApp) {
    let post = app.given_post(&valid_post()).await;

    let id = post["id"].as_str().unwrap().to_uppercase();

    assert_eq!(app.get_post(&id).await.json_of(200), post);
}

async fn does_not_find_an_unknown_id(app: TestApp) {
    app.given_post(&valid_post()).await;

    app.get_post(UNKNOWN_ID).await.is_not_found();
}

async fn finds_a_malformed_id_as_little_as_an_unknown_one(app: TestApp) {
    for id in MALFORMED_IDS {
        app.get_post(id).await.is_not_found();
    }
}
