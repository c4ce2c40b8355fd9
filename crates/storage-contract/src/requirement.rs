//! What a test needs and a machine may not have, such as a PostgreSQL server.

use std::env;

use libtest_mimic::{Completion, Failed};

/// If this environment variable is set, a test that cannot run fails. Otherwise it is ignored. CI
/// sets the variable.
const REQUIRE_ALL: &str = "BLOG_TEST_REQUIRE_ALL";

/// The error of a test that cannot run on this machine.
#[derive(Debug)]
pub struct Missing(
    /// What is missing, and the reason.
    pub String,
);

impl Missing {
    /// Returns the outcome of a test that cannot run: ignored, with the reason.
    ///
    /// # Errors
    ///
    /// [`Failed`] when the environment variable `BLOG_TEST_REQUIRE_ALL` is set.
    pub fn completion(self) -> Result<Completion, Failed> {
        match env::var_os(REQUIRE_ALL) {
            Some(_) => Err(format!("required and missing: {}", self.0).into()),
            None => Ok(Completion::ignored_with(format!("missing: {}", self.0))),
        }
    }
}
