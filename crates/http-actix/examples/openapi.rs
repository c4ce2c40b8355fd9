//! Prints the OpenAPI document: `cargo run -p http-actix --example openapi > docs/openapi.json`.

#![expect(clippy::print_stdout, reason = "this is what it is for")]

fn main() {
    print!("{}", http_actix::openapi::document_text());
}
