//! The fuzz target of [`blog_api_fuzz::search`].

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| blog_api_fuzz::search(data));
