//! One test of one promise.

use futures::future::LocalBoxFuture;

use crate::TestApp;

/// A test that gets a server of its own, on each adapter in turn.
#[derive(Clone, Copy)]
pub struct Case {
    pub name: &'static str,
    pub run: fn(TestApp) -> LocalBoxFuture<'static, ()>,
}

/// Lists cases by the names of their functions.
#[macro_export]
macro_rules! cases {
    ($($case:ident),* $(,)?) => {
        &[$($crate::Case {
            name: concat!(module_path!(), "::", stringify!($case)),
            run: |app| Box::pin($case(app)),
        }),*]
    };
}
