//! One test of one promise.

use futures::future::LocalBoxFuture;
use http_actix::Options;

use crate::TestApp;

/// A test that gets a server of its own, on each adapter in turn.
#[derive(Clone, Copy)]
pub struct Case {
    pub name: &'static str,
    pub options: fn() -> Options,
    pub run: fn(TestApp) -> LocalBoxFuture<'static, ()>,
}

/// Lists cases by the names of their functions; `with` a function that makes the server's options,
/// where it is not to have the usual ones.
#[macro_export]
macro_rules! cases {
    ($($case:ident),* $(,)?) => {
        $crate::cases![with std::default::Default::default; $($case),*]
    };
    (with $options:expr; $($case:ident),* $(,)?) => {
        &[$($crate::Case {
            name: concat!(module_path!(), "::", stringify!($case)),
            options: $options,
            run: |app| Box::pin($case(app)),
        }),*]
    };
}
