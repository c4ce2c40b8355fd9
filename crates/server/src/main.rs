//! The program `blog-api`.

use std::process::ExitCode;

use clap::Parser as _;
use server::{Config, telemetry};

fn main() -> ExitCode {
    let config = Config::parse();
    telemetry::start(&config.log);
    match server::run(&config) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => telemetry::fail(&error),
    }
}
