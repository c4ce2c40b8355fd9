//! The import of a file of posts.

use std::fs;

use domain::ports::PostArchive as _;
use server::archive::{ArchiveError, export, import};
use storage_memory::MemoryPostRepository;
use tempfile::tempdir;

use crate::block_on;

/// Imports the input as a file of posts into an empty store.
///
/// # Panics
///
/// - The import fails with an error other than [`ArchiveError::InvalidLines`].
/// - A failed import changes the store.
/// - An export after the import, or an import of that export, has other posts.
/// - A second import with `resume` inserts a post or fails.
pub fn posts_archive(data: &[u8]) {
    let folder = tempdir().unwrap();
    let [input, exported] = ["input", "exported"].map(|name| folder.path().join(name));
    fs::write(&input, data).unwrap();
    let [store, copy] = [(); 2].map(|()| MemoryPostRepository::default());
    block_on(async {
        match import(&store, &input, false).await {
            Ok(digest) => {
                assert_eq!(store.count().await.unwrap(), digest.count);
                assert_eq!(export(&store, &exported).await.unwrap(), digest);
                assert_eq!(import(&copy, &exported, false).await.unwrap(), digest);
                assert_eq!(import(&store, &input, true).await.unwrap(), digest);
                assert_eq!(store.count().await.unwrap(), digest.count);
            }
            Err(error @ ArchiveError::InvalidLines { .. }) => {
                assert!(error.to_string().ends_with("nothing was imported"), "{error}");
                assert_eq!(store.count().await.unwrap(), 0);
            }
            Err(error) => panic!("{error}"),
        }
    });
}
