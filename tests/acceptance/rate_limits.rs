use std::num::NonZeroU32;

use acceptance::{Answer, trial};
use domain::{KeyText, Secret};
use http_actix::{AuthMode, CorsOrigins, Options, RateLimit, TrustedProxies};
use libtest_mimic::Trial;
use reqwest::{Method, RequestBuilder};

use crate::blog::{Blog, NONE, READ, WRITE, memory};

pub(crate) fn trials() -> [Trial; 5] {
    [
        trial(
            "rate_limits::a_client_is_limited_by_its_address",
            a_client_is_limited_by_its_address,
        ),
        trial("rate_limits::a_key_has_a_limit_of_its_own", a_key_has_a_limit_of_its_own),
        trial(
            "rate_limits::attempts_to_guess_keys_are_limited",
            attempts_to_guess_keys_are_limited,
        ),
        trial("rate_limits::a_preflight_is_not_counted", a_preflight_is_not_counted),
        trial(
            "rate_limits::a_trusted_proxy_reports_the_client",
            a_trusted_proxy_reports_the_client,
        ),
    ]
}

fn limited(per_second: u32) -> Options {
    let rate_limit = RateLimit { per_second: NonZeroU32::new(per_second) };
    Options { auth: AuthMode::Writes, rate_limit, ..Options::default() }
}

/// Sends requests until one is refused with a 429. Returns the number of requests before it, and
/// the refused response.
async fn requests_until_429(
    blog: &Blog,
    mut request: impl FnMut(usize) -> RequestBuilder,
) -> (usize, Answer) {
    for number in 0..1_000 {
        let answer = blog.app.send(request(number)).await;
        if answer.status == 429 {
            return (number, answer);
        }
    }
    panic!("no request was refused");
}

async fn a_client_is_limited_by_its_address() {
    let cors = CorsOrigins::parse(["https://blog.example"]).unwrap();
    let blog = Blog::with(memory(), Options { cors, ..limited(1) }).await;

    let (accepted, refused) = requests_until_429(&blog, |_| {
        blog.app.request(Method::GET, "/api/posts").header("Origin", "https://blog.example")
    })
    .await;

    // The limit allows one more request for each second that the test takes.
    assert!((2..10).contains(&accepted), "{accepted}");
    assert_eq!(refused.header("Retry-After"), "1");
    assert_eq!(refused.header("Access-Control-Allow-Origin"), "https://blog.example");
    refused.is(
        429,
        r#"{"code":429,"message":"Too many requests. Try again later.","status":"Too Many Requests"}"#,
    );
}

async fn a_key_has_a_limit_of_its_own() {
    let blog = Blog::with(memory(), limited(1)).await;
    requests_until_429(&blog, |_| blog.app.request(Method::GET, "/api/posts")).await;

    let with_key = || blog.request(READ, Method::GET, "/api/posts");
    assert_eq!(blog.app.send(with_key()).await.status, 200);
    requests_until_429(&blog, |_| with_key()).await;
    assert_eq!(blog.get(WRITE, "/api/posts").await.status, 200);
}

async fn attempts_to_guess_keys_are_limited() {
    let blog = Blog::in_memory(AuthMode::Writes).await;
    let guess = |number: usize| {
        let secret = Secret::new([number as u8; 32]);
        let key = KeyText { secret, ..blog.keys[0] };
        blog.app.request(Method::GET, "/api/posts").bearer_auth(key.reveal())
    };
    // The server accepts this key before the attempts, so the key stays allowed.
    assert_eq!(blog.get(READ, "/api/posts").await.status, 200);

    let (accepted, refused) = requests_until_429(&blog, guess).await;

    assert!((10..100).contains(&accepted), "{accepted}");
    let seconds: u64 = refused.header("Retry-After").parse().unwrap();
    assert!((1..=6).contains(&seconds), "{seconds}");
    assert_eq!(blog.get(READ, "/api/posts").await.status, 200);
    assert_eq!(blog.get(NONE, "/api/posts").await.status, 200);
}

async fn a_preflight_is_not_counted() {
    let cors = CorsOrigins::parse(["https://blog.example"]).unwrap();
    let blog = Blog::with(memory(), Options { cors, auth: AuthMode::All, ..limited(1) }).await;
    for _ in 0..50 {
        let preflight = blog.app.request(Method::OPTIONS, "/api/posts");
        let preflight = preflight
            .header("Origin", "https://blog.example")
            .header("Access-Control-Request-Method", "POST");

        assert_eq!(blog.app.send(preflight).await.status, 200);
    }
    assert_eq!(blog.get(READ, "/api/posts").await.status, 200);
}

async fn a_trusted_proxy_reports_the_client() {
    let trusted_proxies = TrustedProxies::parse(["127.0.0.0/8"]).unwrap();
    let blog = Blog::with(memory(), Options { trusted_proxies, ..limited(1) }).await;
    let from = |address: &str| {
        blog.app.request(Method::GET, "/api/posts").header("X-Forwarded-For", address)
    };
    requests_until_429(&blog, |_| from("1.2.3.4")).await;

    assert_eq!(blog.app.send(from("1.2.3.5")).await.status, 200);
    assert_eq!(blog.app.send(from("1.2.3.5, 1.2.3.4")).await.status, 429);

    let blog = Blog::with(memory(), limited(1)).await;
    let (accepted, _) = requests_until_429(&blog, |number| {
        let address = format!("1.2.3.{number}");
        blog.app.request(Method::GET, "/api/posts").header("X-Forwarded-For", address)
    })
    .await;
    assert!(accepted < 10, "the server used the address that an untrusted client sent");
}
