//! `GET /api/docs/…`: the OpenAPI document, and Swagger UI.
//!
//! The server embeds all assets of Swagger UI, so the page works without internet access.

use std::{
    io::{self, Read as _},
    sync::LazyLock,
};

use actix_web::{
    HttpRequest, HttpResponse,
    http::header::{
        ACCEPT_ENCODING, AcceptEncoding, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY,
        Encoding, Header as _, HeaderValue, LOCATION, VARY,
    },
    mime::{self, Mime},
    web,
};
use flate2::read::GzDecoder;
use paperclip::actix::api_v2_operation;

use super::static_content::StaticContent;
use crate::{error::ApiError, paths, request::TagConditions};

/// The content security policy of the Swagger UI page. It allows resources of this server, inline
/// styles and `data:` images.
const PAGE_POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; base-uri 'none'; \
     form-action 'none'; frame-ancestors 'none'",
);

/// How long a cache may use an asset without revalidation.
///
/// The time is short, because a new version of the server can have other assets at the same URLs.
const ASSET_CACHE_CONTROL: &str = "public, max-age=3600";

static PAGE: LazyLock<StaticContent> = LazyLock::new(|| {
    StaticContent::new(mime::TEXT_HTML_UTF_8, include_str!("../../assets/swagger-ui/index.html"))
});

static INIT_SCRIPT: LazyLock<StaticContent> = LazyLock::new(|| {
    StaticContent::new(mime::TEXT_JAVASCRIPT, include_str!("../../assets/swagger-ui/init.js"))
});

/// The OpenAPI document as static content.
#[derive(Clone)]
pub(crate) struct Document(StaticContent);

impl Document {
    pub(crate) fn new(text: String) -> Self {
        Self(StaticContent::new(mime::APPLICATION_JSON, text))
    }
}

#[api_v2_operation(skip)]
pub(crate) async fn document(
    document: web::Data<Document>,
    conditions: TagConditions,
) -> Result<HttpResponse, ApiError> {
    document.0.respond(&conditions)
}

/// Redirects to Swagger UI.
#[api_v2_operation(skip)]
pub(crate) async fn redirect() -> HttpResponse {
    HttpResponse::SeeOther().insert_header((LOCATION, paths::SWAGGER)).finish()
}

#[api_v2_operation(skip)]
pub(crate) async fn page(conditions: TagConditions) -> Result<HttpResponse, ApiError> {
    let mut response = PAGE.respond(&conditions)?;
    response.headers_mut().insert(CONTENT_SECURITY_POLICY, PAGE_POLICY);
    Ok(response)
}

/// Returns the script of the page. The script is a separate file, because [`PAGE_POLICY`] forbids
/// inline scripts.
#[api_v2_operation(skip)]
pub(crate) async fn init_script(conditions: TagConditions) -> Result<HttpResponse, ApiError> {
    INIT_SCRIPT.respond(&conditions)
}

/// A static file of Swagger UI, compressed with gzip.
struct Asset {
    name: &'static str,
    content_type: Mime,
    gzip: &'static [u8],
}

const ASSETS: [Asset; 2] = [
    Asset {
        name: "swagger-ui-bundle.js",
        content_type: mime::TEXT_JAVASCRIPT,
        gzip: include_bytes!("../../assets/swagger-ui/swagger-ui-bundle.js.gz"),
    },
    Asset {
        name: "swagger-ui.css",
        content_type: mime::TEXT_CSS,
        gzip: include_bytes!("../../assets/swagger-ui/swagger-ui.css.gz"),
    },
];

#[api_v2_operation(skip)]
pub(crate) async fn asset(
    request: HttpRequest,
    name: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let asset = ASSETS.iter().find(|asset| *asset.name == *name).ok_or(ApiError::NotFound)?;
    let mut response = HttpResponse::Ok();
    response
        .content_type(asset.content_type.clone())
        .insert_header((CACHE_CONTROL, ASSET_CACHE_CONTROL))
        .insert_header((VARY, ACCEPT_ENCODING.as_str()));
    if accepts_gzip(&request) {
        response.insert_header((CONTENT_ENCODING, Encoding::gzip().to_string()));
        return Ok(response.body(asset.gzip));
    }
    Ok(response.body(decompress(asset.gzip).map_err(ApiError::Asset)?))
}

fn accepts_gzip(request: &HttpRequest) -> bool {
    let offered = [Encoding::gzip(), Encoding::identity()];
    AcceptEncoding::parse(request)
        .is_ok_and(|accepted| accepted.negotiate(offered.iter()) == Some(Encoding::gzip()))
}

fn decompress(gzip: &[u8]) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    GzDecoder::new(gzip).read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_asset_can_be_decompressed() {
        for asset in ASSETS {
            assert!(decompress(asset.gzip).unwrap().len() > asset.gzip.len(), "{}", asset.name);
        }
    }
}
