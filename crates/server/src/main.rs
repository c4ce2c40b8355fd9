//! The program `blog-api`.

use std::process::ExitCode;

use clap::Parser as _;
use server::{Arguments, telemetry};

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match server::run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => telemetry::print_failure(&error),
    }
}
