//! What some tests need and not every machine has.

use std::env;

use libtest_mimic::{Completion, Failed};

/// Set where a test that cannot run is a failure, as in CI.
const REQUIRE_ALL: &str = "BLOG_TEST_REQUIRE_ALL";

/// Why a test cannot run here.
#[derive(Debug)]
pub struct Missing(
    /// What is missing, and why.
    pub String,
);

impl Missing {
    /// What becomes of a test that cannot run: it is ignored, with the reason, unless everything
    /// is required.
    ///
    /// # Errors
    ///
    /// When everything is required.
    pub fn completion(self) -> Result<Completion, Failed> {
        match env::var_os(REQUIRE_ALL) {
            Some(_) => Err(format!("required and missing: {}", self.0).into()),
            None => Ok(Completion::ignored_with(format!("missing: {}", self.0))),
        }
    }
}
