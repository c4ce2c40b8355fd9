//! Test cases that can run on several adapters.

use futures::future::LocalBoxFuture;
use http_actix::Options;

use crate::TestApp;

/// A test case. It runs on one adapter or on all adapters, each time with a new server.
#[derive(Clone, Copy)]
pub struct Case {
    pub name: &'static str,
    pub options: fn() -> Options,
    pub run: fn(TestApp) -> LocalBoxFuture<'static, ()>,
}

/// A list of cases, given by the names of their functions.
///
/// The expression after `with` is a function that returns the options of the server. Without
/// `with`, the function is `Options::default`.
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
