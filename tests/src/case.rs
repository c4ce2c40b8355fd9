//! Test cases that run on several adapters.

use futures::future::LocalBoxFuture;
use http_actix::Options;

use crate::TestApp;

/// A test that runs on each adapter, each time with a new server.
#[derive(Clone, Copy)]
pub struct Case {
    pub name: &'static str,
    pub options: fn() -> Options,
    pub run: fn(TestApp) -> LocalBoxFuture<'static, ()>,
}

/// A list of cases, given by the names of their functions.
///
/// `with` sets a function that returns the options of the server. The default is
/// `Options::default`.
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
