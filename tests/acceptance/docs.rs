use std::{fs, path::Path};

use acceptance::{Adapter, Case, TestApp, browser::Browser, cases, in_system};
use fantoccini::Locator;
use libtest_mimic::{Completion, Trial};
use reqwest::{Method, header::ACCEPT_ENCODING};
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
        "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:"
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

pub(crate) fn trials() -> [Trial; 1] {
    [Trial::ignorable_test("docs::a_post_can_be_created_in_swagger_ui", || {
        in_system(async || match Browser::start().await {
            Some(browser) => {
                a_post_can_be_created_in_swagger_ui(browser).await;
                Ok(Completion::Completed)
            }
            None => Missing("Chromium with chromedriver".to_owned()).completion(),
        })
    })]
}

/// Opens Swagger UI, clicks "Try it out" and "Execute", and reads the response status.
async fn a_post_can_be_created_in_swagger_ui(browser: Browser) {
    let app = TestApp::start(Adapter::Memory).unwrap();
    let page = &browser.page;
    page.goto(&format!("{}/api/docs/swagger", app.url)).await.unwrap();

    for button in [
        "#operations-posts-createPost .opblock-summary-control",
        "#operations-posts-createPost .try-out__btn",
        "#operations-posts-createPost .execute",
    ] {
        page.wait().for_element(Locator::Css(button)).await.unwrap().click().await.unwrap();
    }

    let status = Locator::Css(".live-responses-table .response .response-col_status");
    let status = page.wait().for_element(status).await.unwrap().text().await.unwrap();
    assert!(status.starts_with("201"), "{status}");
    assert_eq!(app.list_posts("").await.json().as_array().unwrap().len(), 1);
    browser.close().await;
}
