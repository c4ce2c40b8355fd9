use std::{fs, path::Path};

use acceptance::{Adapter, Case, TestApp, browser::Browser, cases, in_system};
use domain::{KeyName, KeyScope};
use fantoccini::{Client, Locator, elements::Element, key::Key};
use http_actix::{AuthMode, Options};
use libtest_mimic::{Completion, Trial};
use reqwest::{Method, header::ACCEPT_ENCODING};
use serde_json::{Value, json};
use server::Adapters;
use storage_contract::Missing;

pub(crate) const CASES: &[Case] = cases![
    the_served_document_equals_the_committed_one,
    the_other_docs_paths_redirect_to_swagger_ui,
    swagger_ui_loads_nothing_from_other_hosts,
    swagger_ui_assets_are_served_compressed_and_uncompressed,
];

async fn the_served_document_equals_the_committed_one(app: TestApp) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/openapi.json");
    let committed = fs::read_to_string(path).unwrap_or_default();

    let served = app.get("/api/docs/openapi.json").await;

    assert!(
        served.text() == committed,
        "docs/openapi.json is out of date; update it with\n  \
         cargo run -p http-actix --example openapi > docs/openapi.json"
    );
}

async fn the_other_docs_paths_redirect_to_swagger_ui(app: TestApp) {
    for path in ["/docs", "/api/docs", "/api//docs"] {
        // The client follows the redirect.
        let page = app.get(path).await;

        assert_eq!(page.status, 200, "{path}");
        assert!(page.text().contains("id=\"swagger-ui\""), "{path}");
    }
}

async fn swagger_ui_loads_nothing_from_other_hosts(app: TestApp) {
    let page = app.get("/api/docs/swagger").await;

    assert_eq!(page.status, 200);
    assert_eq!(page.header("Content-Type"), "text/html; charset=utf-8");
    assert_eq!(
        page.header("Content-Security-Policy"),
        "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; base-uri 'none'; \
         form-action 'none'; frame-ancestors 'none'"
    );
    assert!(!page.text().contains("//"), "{}", page.text());
}

async fn swagger_ui_assets_are_served_compressed_and_uncompressed(app: TestApp) {
    let assets = [
        ("swagger-ui-bundle.js", "text/javascript", true),
        ("swagger-ui.css", "text/css", true),
        ("init.js", "text/javascript", false),
    ];
    for (name, content_type, compressible) in assets {
        let request = |encoding: &str| {
            let path = format!("/api/docs/swagger/{name}");
            app.request(Method::GET, &path).header(ACCEPT_ENCODING, encoding)
        };

        let plain = app.send(request("identity")).await;
        let compressed = app.send(request("gzip, deflate, br")).await;

        assert_eq!(
            (plain.status, compressed.status),
            (200.try_into().unwrap(), 200.try_into().unwrap())
        );
        assert_eq!(plain.header("Content-Type"), content_type);
        assert_eq!(plain.header("Content-Encoding"), "");
        if compressible {
            assert_eq!(compressed.header("Content-Encoding"), "gzip");
            assert!(compressed.body.starts_with(&[0x1f, 0x8b]), "{name} is not gzip");
            assert!(compressed.body.len() < plain.body.len() / 2, "{name}");
        }
    }
    app.get("/api/docs/swagger/unknown.js").await.is_not_found();
}

pub(crate) fn trials() -> [Trial; 2] {
    [
        browser_trial("a_post_can_be_created_in_swagger_ui", a_post_can_be_created_in_swagger_ui),
        browser_trial(
            "swagger_ui_sends_the_key_of_authorize",
            swagger_ui_sends_the_key_of_authorize,
        ),
    ]
}

/// Returns a test that runs in a browser. It also asserts that the console has no errors.
fn browser_trial(name: &str, test: impl AsyncFnOnce(&Browser) + Send + 'static) -> Trial {
    Trial::ignorable_test(format!("docs::{name}"), || {
        in_system(async || match Browser::start().await {
            Some(browser) => {
                test(&browser).await;
                assert_eq!(browser.console_errors().await, [""; 0]);
                browser.close().await;
                Ok(Completion::Completed)
            }
            None => Missing("Chromium with chromedriver".to_owned()).completion(),
        })
    })
}

async fn a_post_can_be_created_in_swagger_ui(browser: &Browser) {
    let app = TestApp::start(Adapter::Memory).unwrap();
    let page = SwaggerUi::open(browser, &app).await;

    page.try_out("createPost").await;
    let (status, _) = page.execute("createPost").await;

    assert_eq!(status, "201");
    assert_eq!(app.list_posts("").await.json().as_array().unwrap().len(), 1);
}

async fn swagger_ui_sends_the_key_of_authorize(browser: &Browser) {
    let adapters = Adapters::of(Adapter::Memory.open().unwrap().0);
    let name = KeyName::new("swagger-ui").unwrap();
    let key = adapters.key_service().create(name, KeyScope::Write, None).await.unwrap();
    let options = Options { auth: AuthMode::Writes, ..Options::default() };
    let app = TestApp::start_with_adapters(&adapters, options);
    let page = SwaggerUi::open(browser, &app).await;

    page.authorize(&key.reveal()).await;
    page.try_out("createPost").await;
    let draft = json!({ "title": "A draft", "content": "Some content", "published": false });
    page.set_body("createPost", &draft).await;
    let (status, created) = page.execute("createPost").await;
    assert_eq!(status, "201");
    page.try_out("listPosts").await;
    let list_with_key = page.execute("listPosts").await;
    page.log_out().await;
    let list_without_key = page.execute("listPosts").await;

    assert_eq!(created["published"], false);
    assert_eq!(list_with_key, ("200".to_owned(), json!([created])));
    assert_eq!(list_without_key, ("200".to_owned(), json!([])));
}

/// The Swagger UI page in a browser.
struct SwaggerUi<'a>(&'a Client);

impl<'a> SwaggerUi<'a> {
    async fn open(browser: &'a Browser, app: &TestApp) -> Self {
        browser.page.goto(&format!("{}/api/docs/swagger", app.url)).await.unwrap();
        Self(&browser.page)
    }

    /// Waits for the element with this CSS selector.
    async fn element(&self, selector: &str) -> Element {
        let element = self.0.wait().for_element(Locator::Css(selector)).await;
        element.unwrap_or_else(|error| panic!("{selector}: {error}"))
    }

    async fn click(&self, selector: &str) {
        self.element(selector).await.click().await.unwrap();
    }

    /// Enters an API key in the dialog of "Authorize".
    async fn authorize(&self, key: &str) {
        self.click(".auth-wrapper .authorize").await;
        self.element("#auth-bearer-value").await.send_keys(key).await.unwrap();
        self.click("[aria-label='Apply credentials']").await;
        self.click(".modal-ux .btn-done").await;
    }

    /// Removes the API key in the dialog of "Authorize".
    async fn log_out(&self) {
        self.click(".auth-wrapper .authorize").await;
        self.click("[aria-label='Remove authorization']").await;
        self.click(".modal-ux .btn-done").await;
    }

    /// Opens an operation and clicks "Try it out".
    async fn try_out(&self, operation: &str) {
        let block = format!("#operations-posts-{operation}");
        self.click(&format!("{block} .opblock-summary-control")).await;
        self.click(&format!("{block} .try-out__btn")).await;
    }

    /// Replaces the example of a request body.
    async fn set_body(&self, operation: &str, body: &Value) {
        let select_all = Key::Control + "a" + &Key::Null;
        let text = format!("{select_all}{body}");
        let area = format!("#operations-posts-{operation} .body-param__text");
        self.element(&area).await.send_keys(&text).await.unwrap();
    }

    /// Clicks "Execute". Returns the status and the JSON body of the response.
    async fn execute(&self, operation: &str) -> (String, Value) {
        let block = format!("#operations-posts-{operation}");
        let response = format!("{block} .live-responses-table .response");
        self.click(&format!("{block} .execute")).await;

        let status = self.element(&format!("{response} .response-col_status")).await;
        let status = status.text().await.unwrap();
        let body = self.element(&format!("{response} .highlight-code code")).await;
        let body = body.text().await.unwrap();
        // Removes the response, so that the next call does not read it again.
        self.click(&format!("{block} .btn-clear")).await;
        let body = serde_json::from_str(&body).unwrap_or_else(|_| panic!("{body}"));
        (status, body)
    }
}
