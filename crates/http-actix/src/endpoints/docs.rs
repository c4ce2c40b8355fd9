//! The document and its page, Swagger UI, with all it needs: it works where there is no internet.

use std::io::{self, Read as _};

use actix_web::{
    HttpRequest, HttpResponse,
    http::header::{self, AcceptEncoding, Encoding, Header as _},
    mime::{self, Mime},
    web,
};
use flate2::read::GzDecoder;

use paperclip::actix::api_v2_operation;

use crate::error::ApiError;

/// What the page may load and from where: nothing that this server does not have.
const CONTENT_SECURITY_POLICY: &str =
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:";

/// For how long a browser may use an asset without asking again: not for ever, as a new version of
/// the server has other assets at the same addresses.
const ASSET_CACHE_CONTROL: &str = "public, max-age=3600";

/// The document, as it is served. Generated once; clones share it.
#[derive(Clone)]
pub(crate) struct Document(web::Bytes);

impl Document {
    pub(crate) fn generate() -> Self {
        Self(web::Bytes::from(super::document_text()))
    }
}

#[api_v2_operation(skip)]
pub(crate) async fn document(document: web::Data<Document>) -> HttpResponse {
    HttpResponse::Ok().content_type(mime::APPLICATION_JSON).body(document.0.clone())
}

#[api_v2_operation(skip)]
pub(crate) async fn page() -> HttpResponse {
    HttpResponse::Ok()
        .content_type(mime::TEXT_HTML_UTF_8)
        .insert_header((header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY))
        .body(include_str!("../../assets/swagger-ui/index.html"))
}

/// A file of the page, compressed with gzip.
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

/// The page's own script: a policy without inline scripts asks for a file.
#[api_v2_operation(skip)]
pub(crate) async fn init_script() -> HttpResponse {
    HttpResponse::Ok()
        .content_type(mime::TEXT_JAVASCRIPT)
        .body(include_str!("../../assets/swagger-ui/init.js"))
}

#[api_v2_operation(skip)]
pub(crate) async fn asset(
    request: HttpRequest,
    name: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let asset = ASSETS.iter().find(|asset| *asset.name == *name).ok_or(ApiError::NotFound)?;
    let mut response = HttpResponse::Ok();
    response
        .content_type(asset.content_type.clone())
        .insert_header((header::CACHE_CONTROL, ASSET_CACHE_CONTROL))
        .insert_header((header::VARY, header::ACCEPT_ENCODING.as_str()));
    if accepts_gzip(&request) {
        response.insert_header((header::CONTENT_ENCODING, Encoding::gzip().to_string()));
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
