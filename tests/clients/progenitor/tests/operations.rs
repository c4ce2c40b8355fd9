//! Tests every operation of the API, on the server at `BLOG_URL` with the API key `BLOG_KEY`.

use std::{env, num::NonZeroU32};

use blog_api_progenitor_client::{
    Client, ClientInfo, Error, ResponseValue,
    types::{
        CreatePost, CreatePreview, ErrorBody, ListPostsSort, PatchPost, Post, ReplacePost,
        RequestErrorsJson,
    },
};
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use serde::Deserialize;
use uuid::Uuid;

const CONTENT: &str = "Some content";

fn url() -> String {
    env::var("BLOG_URL").expect("BLOG_URL is the URL of the server")
}

/// Returns a client that sends the API key with every request.
fn blog() -> Client {
    let key = env::var("BLOG_KEY").expect("BLOG_KEY is an API key");
    let mut authorization = HeaderValue::try_from(format!("Bearer {key}")).unwrap();
    authorization.set_sensitive(true);
    let headers = HeaderMap::from_iter([(AUTHORIZATION, authorization)]);
    let client = reqwest::Client::builder().default_headers(headers).build().unwrap();
    Client::new_with_client(&url(), client)
}

fn blog_without_key() -> Client {
    Client::new(&url())
}

async fn given(blog: &Client, title: &str, published: bool) -> ResponseValue<Post> {
    let body = CreatePost::builder().title(title).content(CONTENT).published(published);
    blog.create_post().body(body).send().await.unwrap()
}

/// Returns a word that no post contains yet. A search for it finds only the posts that the test
/// then creates with it.
async fn new_word(blog: &Client) -> String {
    format!("w{}", given(blog, "A title", true).await.id.simple())
}

/// Creates three posts. Returns a word that only they contain, and their ids sorted by title.
async fn given_three(blog: &Client) -> (String, Vec<Uuid>) {
    let word = new_word(blog).await;
    let mut ids = Vec::new();
    for number in 1..=3 {
        ids.push(given(blog, &format!("{number} {word}"), true).await.id);
    }
    (word, ids)
}

fn header<'a, T>(response: &'a ResponseValue<T>, name: &str) -> Option<&'a str> {
    response.headers().get(name).map(|value| value.to_str().unwrap())
}

fn etag<T>(response: &ResponseValue<T>) -> &str {
    header(response, "ETag").unwrap()
}

/// The value of a query parameter in the URL of the next page.
fn next<T>(response: &ResponseValue<T>, parameter: &str) -> Option<String> {
    let link = header(response, "Link")?.split(", ").find(|link| link.ends_with("rel=\"next\""))?;
    let query = link.split(['?', '>']).nth(1)?;
    query
        .split('&')
        .find_map(|pair| Some(pair.strip_prefix(parameter)?.strip_prefix('=')?.to_owned()))
}

/// Returns the response to a request that fails with an error that the OpenAPI document describes.
/// Panics on any other result.
fn refused<T: std::fmt::Debug>(result: Result<T, Error<ErrorBody>>) -> ResponseValue<ErrorBody> {
    match result {
        Err(Error::ErrorResponse(response)) => response,
        other => panic!("{other:?}"),
    }
}

fn ids(posts: &[Post]) -> Vec<Uuid> {
    posts.iter().map(|post| post.id).collect()
}

#[tokio::test]
async fn a_list_without_parameters_returns_complete_posts_newest_first() {
    let blog = blog();
    let older = given(&blog, "The older", true).await;
    let newer = given(&blog, "The newer", false).await;

    let mut posts: Vec<Post> = blog.list_posts().send().await.unwrap().into_inner();

    posts.retain(|post| [older.id, newer.id].contains(&post.id));
    assert_eq!(ids(&posts), [newer.id, older.id]);
    assert_eq!((posts[0].title.as_str(), posts[0].published), ("The newer", false));
    assert_eq!(posts[0].created_at, newer.created_at);
}

#[tokio::test]
async fn numbered_pages_lead_to_every_post() {
    let blog = blog();
    let (word, given) = given_three(&blog).await;
    let mut read = Vec::new();
    let mut page = Some(1);

    while let Some(number) = page {
        let list = blog.list_posts().q(word.as_str()).sort(ListPostsSort::Title).page_size(2_u32);
        let posts = list.page(number).send().await.unwrap();
        read.extend(ids(&posts));
        assert_eq!(header(&posts, "X-Total-Count"), Some("3"));
        page = next(&posts, "page").map(|number| number.parse::<u32>().unwrap());
    }

    assert_eq!(read, given);
}

#[tokio::test]
async fn cursors_lead_to_every_post() {
    let blog = blog();
    let (word, given) = given_three(&blog).await;
    let mut read = Vec::new();

    let list = || blog.list_posts().q(word.as_str()).sort("-title").limit(2_u32);
    let mut posts = list().send().await.unwrap();
    read.extend(ids(&posts));
    while let Some(cursor) = next(&posts, "cursor") {
        posts = list().cursor(cursor).send().await.unwrap();
        read.extend(ids(&posts));
    }

    read.reverse();
    assert_eq!(read, given);
}

/// The generated function decodes only complete posts, so a caller that uses `fields` sends the
/// request itself and decodes its own type.
#[tokio::test]
async fn fields_returns_a_part_of_each_post_in_a_type_of_the_callers() {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Headline {
        id: Uuid,
        title: String,
    }
    let blog = blog();
    let (word, given) = given_three(&blog).await;

    let request = blog.client().get(format!("{}/api/posts", blog.baseurl()));
    let query = [("fields", "id,title"), ("q", &word), ("sort", "title")];
    let headlines: Vec<Headline> =
        request.query(&query).send().await.unwrap().json().await.unwrap();

    assert_eq!(headlines.iter().map(|headline| headline.id).collect::<Vec<_>>(), given);
    assert!(headlines[0].title.starts_with("1 "));
}

#[tokio::test]
async fn invalid_parameters_are_reported_by_name() {
    let error = refused(blog().list_posts().page(1_u32).limit(1_u32).send().await);

    assert_eq!(error.code, 422);
    assert!(error.errors.as_ref().unwrap().query.as_ref().unwrap().contains_key("limit"));
}

#[tokio::test]
async fn the_response_to_creating_is_the_post_and_its_location() {
    let body = CreatePost::builder().title("A title").content(CONTENT);

    let post = blog().create_post().body(body).send().await.unwrap();

    assert_eq!(post.status(), 201);
    assert_eq!(header(&post, "Location"), Some(format!("/api/posts/{}", post.id).as_str()));
    assert_eq!((post.published, post.created_at), (true, post.updated_at));
}

#[tokio::test]
async fn a_repeated_idempotency_key_creates_no_second_post() {
    let blog = blog();
    let (word, key) = (new_word(&blog).await, new_word(&blog).await);
    let create = |title: &str| {
        let body = CreatePost::builder().title(title).content(CONTENT);
        blog.create_post().idempotency_key(key.as_str()).body(body)
    };

    let first = create(&word).send().await.unwrap();
    let repeat = create(&word).send().await.unwrap();
    let other = refused(create("Another").send().await);

    assert_eq!((repeat.id, header(&repeat, "Idempotent-Replayed")), (first.id, Some("true")));
    assert_eq!(ids(&blog.list_posts().q(word).send().await.unwrap()), [first.id]);
    assert!(
        other.errors.as_ref().unwrap().headers.as_ref().unwrap().contains_key("Idempotency-Key")
    );
}

#[tokio::test]
async fn a_body_is_checked_before_it_is_sent() {
    let short = CreatePost::builder().title("ab").content(CONTENT);
    let long = CreatePost::builder().title("A title").content("a".repeat(1 << 20));

    let unsent = blog().create_post().body(short).send().await;
    let refused = refused(blog().create_post().body(long).send().await);

    assert!(matches!(unsent, Err(Error::InvalidRequest(_))), "{unsent:?}");
    assert_eq!(refused.code, 413);
}

/// The generated types cannot represent these bodies, so the test sends them as text. It decodes
/// the responses as `ErrorBody`.
#[tokio::test]
async fn an_invalid_body_is_reported_by_field_and_one_that_is_not_json_as_a_whole() {
    let blog = blog();
    let wrong_json = async |body: &'static str| {
        let request = blog.client().post(format!("{}/api/posts", blog.baseurl()));
        let response = request.header("Content-Type", "application/json").body(body).send().await;
        response.unwrap().json::<ErrorBody>().await.unwrap().errors.unwrap().json.unwrap()
    };

    let invalid = wrong_json("{}").await;
    let malformed = wrong_json("{").await;

    assert!(
        matches!(invalid, RequestErrorsJson::FieldErrors(fields) if fields.contains_key("title"))
    );
    assert!(
        matches!(malformed, RequestErrorsJson::Array(messages) if messages == ["Invalid JSON body."])
    );
}

#[tokio::test]
async fn a_post_is_read_and_is_a_304_while_it_is_unchanged() {
    let blog = blog();
    let post = given(&blog, "A title", true).await;

    let read = blog.get_post().post_id(post.id).send().await.unwrap();
    let again = blog.get_post().post_id(post.id).if_none_match(etag(&read)).send().await;

    assert_eq!((read.id, read.title.as_str(), etag(&read)), (post.id, "A title", etag(&post)));
    assert_eq!(again.unwrap_err().status().unwrap(), 304);
}

#[tokio::test]
async fn a_post_is_replaced_only_if_it_is_unchanged() {
    let blog = blog();
    let post = given(&blog, "Before", false).await;
    let replace = || {
        let body = ReplacePost::builder().title("After").content(CONTENT);
        blog.replace_post().post_id(post.id).if_match(etag(&post)).body(body)
    };

    let first = replace().send().await.unwrap();
    let stale = refused(replace().send().await);

    assert_eq!((first.title.as_str(), first.published), ("After", false));
    assert_eq!((stale.code, etag(&stale)), (412, etag(&first)));
}

#[tokio::test]
async fn a_patch_changes_only_the_fields_that_it_contains() {
    let blog = blog();
    let post = given(&blog, "Before", true).await;
    let patch = || blog.patch_post().post_id(post.id).body(PatchPost::builder().published(false));

    let first = patch().if_match(etag(&post)).send().await.unwrap();
    let stale = refused(patch().if_match(etag(&post)).send().await);

    assert_eq!((first.title.as_str(), first.published), ("Before", false));
    assert_eq!(stale.code, 412);
}

#[tokio::test]
async fn a_post_is_deleted_only_if_it_is_unchanged_and_then_is_a_404() {
    let blog = blog();
    let post = given(&blog, "A title", true).await;
    let delete = || blog.delete_post().post_id(post.id);

    let stale = refused(delete().if_match("\"another\"").send().await);
    let deleted = delete().if_match(etag(&post)).send().await.unwrap();
    let read = refused(blog.get_post().post_id(post.id).send().await);

    assert_eq!(stale.code, 412);
    assert_eq!(deleted.status(), 204);
    assert_eq!((read.code, read.status.as_str()), (404, "Not Found"));
}

#[tokio::test]
async fn an_unknown_post_is_a_404_for_every_operation() {
    let blog = blog();
    let id = Uuid::nil();
    let body = ReplacePost::builder().title("A title").content(CONTENT);

    let codes = [
        refused(blog.get_post().post_id(id).send().await).code,
        refused(blog.replace_post().post_id(id).body(body).send().await).code,
        refused(blog.patch_post().post_id(id).body(PatchPost::builder()).send().await).code,
        refused(blog.delete_post().post_id(id).send().await).code,
    ];

    assert_eq!(codes, [404; 4]);
}

#[tokio::test]
async fn a_request_without_a_key_is_a_401() {
    let blog = blog_without_key();
    let body = CreatePost::builder().title("A title").content(CONTENT);

    let read = refused(blog.list_posts().send().await);
    let write = refused(blog.create_post().body(body).send().await);

    assert_eq!((read.code, read.status.as_str()), (401, "Unauthorized"));
    assert_eq!((write.code, header(&write, "WWW-Authenticate")), (401, Some("Bearer")));
}

#[tokio::test]
async fn a_preview_token_shows_a_draft_to_a_client_without_a_key() {
    let (blog, blog_without_key) = (blog(), blog_without_key());
    let post = given(&blog, "A draft", false).await;
    let get = |token: &str| blog_without_key.get_post().post_id(post.id).preview(token).send();

    let body = CreatePreview::builder().expires_in(NonZeroU32::new(60).unwrap());
    let preview = blog.create_preview().post_id(post.id).body(body).send().await.unwrap();

    assert_eq!(preview.status(), 201);
    assert!(preview.expires_at > post.created_at);
    let shown = get(&preview.token).await.unwrap();
    assert_eq!((shown.id, shown.published), (post.id, false));
    assert_eq!(refused(get("another").await).code, 404);
}

#[tokio::test]
async fn a_preview_of_an_unknown_post_is_a_404() {
    let (blog, body) = (blog(), CreatePreview::builder());

    let missing = blog.create_preview().post_id(Uuid::nil()).body(body).send().await;

    assert_eq!(refused(missing).code, 404);
}
