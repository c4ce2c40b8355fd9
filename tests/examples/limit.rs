//! Serves the same bytes for every request: the greatest rate that actix-web can reach. The
//! benchmark compares the API with it.
//!
//! ```sh
//! cargo run --release --package acceptance --example limit -- 127.0.0.1:5001 post.json
//! ```
//!
//! The arguments are the address and the file with the body. The server has one worker. A request
//! with `If-None-Match` gets a 304 without a body.

use std::{env, error::Error, fs};

use actix_web::{
    App, HttpRequest, HttpResponse, HttpServer,
    http::header::{ContentType, IF_NONE_MATCH},
    web::{self, Bytes},
};

#[actix_web::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let [address, file] = env::args()
        .skip(1)
        .collect::<Vec<_>>()
        .try_into()
        .map_err(|_| "two arguments expected: ADDRESS FILE")?;
    let body = Bytes::from(fs::read(file)?);
    let server = HttpServer::new(move || {
        let body = body.clone();
        App::new().default_service(web::to(move |request: HttpRequest| {
            let body = body.clone();
            async move {
                if request.headers().contains_key(IF_NONE_MATCH) {
                    HttpResponse::NotModified().finish()
                } else {
                    HttpResponse::Ok().content_type(ContentType::json()).body(body)
                }
            }
        }))
    });
    Ok(server.workers(1).bind(address)?.run().await?)
}
