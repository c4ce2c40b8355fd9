//! The port's contract, kept by the reference adapter.

use std::{process::ExitCode, sync::Arc};

use storage_contract::Store;
use storage_memory::MemoryPostRepository;

fn main() -> ExitCode {
    storage_contract::run(async || Store::new(Arc::new(MemoryPostRepository::default())))
}
