//! Runs the contract tests of `storage-contract` on the memory adapter.

use std::{process::ExitCode, sync::Arc};

use storage_contract::{Store, Subject};
use storage_memory::MemoryPostRepository;

fn main() -> ExitCode {
    storage_contract::run([Subject::new("memory", async || {
        Ok(Store::new(Arc::new(MemoryPostRepository::default())))
    })])
}
