//! Runs every case on every subject, as a test program.

use std::{process::ExitCode, sync::Arc};

use futures::future::LocalBoxFuture;
use libtest_mimic::{Arguments, Completion, Trial};

use crate::{case::Case, cases, requirement::Missing, store::Store};

/// A repository to run the suite on.
#[derive(Clone)]
pub struct Subject {
    name: &'static str,
    cases: Vec<&'static Case>,
    empty: Arc<dyn Fn() -> LocalBoxFuture<'static, Result<Store, Missing>> + Send + Sync>,
}

impl Subject {
    /// Creates a subject from a name and a function that creates an empty store.
    ///
    /// The function returns [`Missing`] when this machine lacks something that the store needs.
    #[must_use]
    pub fn new(
        name: &'static str,
        empty: impl AsyncFn() -> Result<Store, Missing> + Send + Sync + 'static,
    ) -> Self {
        let empty = Arc::new(empty);
        let empty = move || -> LocalBoxFuture<'static, Result<Store, Missing>> {
            let empty = Arc::clone(&empty);
            Box::pin(async move { empty().await })
        };
        let cases = cases::ALL.iter().copied().flatten().collect();
        Self { name, cases, empty: Arc::new(empty) }
    }

    /// Adds the cases with injected faults.
    ///
    /// The subject's stores must have [fault injection](Store::with_faults).
    #[must_use]
    pub fn with_faults(mut self) -> Self {
        self.cases.extend(cases::WITH_FAULTS);
        self
    }
}

/// Runs the suite and returns the exit code of the test program.
///
/// Reads the arguments of `cargo test` and runs every case on an empty store of each subject.
#[must_use = "the exit code must be returned from `main`"]
pub fn run(subjects: impl IntoIterator<Item = Subject>) -> ExitCode {
    let trials = subjects.into_iter().flat_map(|subject| {
        subject.cases.clone().into_iter().map(move |case| trial(subject.clone(), case))
    });
    libtest_mimic::run(&Arguments::from_args(), trials.collect()).exit_code()
}

fn trial(subject: Subject, case: &'static Case) -> Trial {
    let name = case.name.trim_start_matches("storage_contract::cases::");
    Trial::ignorable_test(format!("{}::{name}", subject.name), move || {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        runtime.block_on(async {
            match (subject.empty)().await {
                Ok(store) => {
                    (case.run)(store).await;
                    Ok(Completion::Completed)
                }
                Err(missing) => missing.completion(),
            }
        })
    })
}
