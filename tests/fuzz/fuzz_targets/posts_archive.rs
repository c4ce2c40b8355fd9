//! The fuzz target of [`blog_api_fuzz::posts_archive`].

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| blog_api_fuzz::posts_archive(data));
