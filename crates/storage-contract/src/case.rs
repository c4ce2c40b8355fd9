//! A case: one test of the suite.

use futures::future::LocalBoxFuture;

use crate::store::Store;

/// A named test of one requirement.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) run: fn(Store) -> LocalBoxFuture<'static, ()>,
}

/// Creates a list of cases from the names of their functions.
macro_rules! cases {
    ($($case:ident),* $(,)?) => {
        &[$($crate::case::Case {
            name: concat!(module_path!(), "::", stringify!($case)),
            run: |store| Box::pin($case(store)),
        }),*]
    };
}

pub(crate) use cases;
