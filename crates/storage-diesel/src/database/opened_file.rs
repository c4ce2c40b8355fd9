//! Detects that an open SQLite file was deleted, replaced or truncated.
//!
//! SQLite does not detect it: its connections continue with the file that they have opened, even if
//! no path leads to that file any more. A write to it would be lost at the end of the process.

use std::{
    fs, io,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
};

use thiserror::Error;

/// The files of an open database: the file itself and its write-ahead log.
#[derive(Debug)]
pub(crate) struct OpenedFile {
    database: PathBuf,
    log: PathBuf,
    database_id: FileId,
    /// `None` until SQLite has created the log.
    log_id: Option<FileId>,
    /// The length of the file when it was last checked. SQLite shortens a file only for `VACUUM`.
    length: u64,
}

/// The device and the inode of a file: its identity, whatever its path is (POSIX `stat`).
type FileId = (u64, u64);

impl OpenedFile {
    /// Remembers the file at `path`, which a connection has just opened.
    pub(crate) fn new(path: &Path) -> io::Result<Self> {
        let metadata = fs::metadata(path)?;
        let mut log = path.as_os_str().to_owned();
        log.push("-wal");
        Ok(Self {
            database: path.to_owned(),
            log: log.into(),
            database_id: (metadata.dev(), metadata.ino()),
            log_id: None,
            length: metadata.len(),
        })
    }

    /// Checks that the paths still lead to the opened files.
    ///
    /// `stored_length` returns the length of the database according to SQLite. It is called only if
    /// the file is shorter than before.
    pub(crate) fn check(&mut self, stored_length: impl FnOnce() -> u64) -> Result<(), LostFile> {
        let (id, length) = stat(&self.database)?;
        if id != self.database_id {
            return Err(LostFile::Replaced(self.database.clone()));
        }
        if length < self.length && length < stored_length() {
            return Err(LostFile::Truncated(self.database.clone()));
        }
        self.length = length;
        match (self.log_id, stat(&self.log)) {
            (None, log) => self.log_id = log.ok().map(|(id, _)| id),
            (Some(known), Ok((id, _))) if id == known => {}
            (Some(_), Ok(_)) => return Err(LostFile::Replaced(self.log.clone())),
            (Some(_), Err(lost)) => return Err(lost),
        }
        Ok(())
    }
}

fn stat(path: &Path) -> Result<(FileId, u64), LostFile> {
    match fs::metadata(path) {
        Ok(metadata) => Ok(((metadata.dev(), metadata.ino()), metadata.len())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Err(LostFile::Deleted(path.to_owned()))
        }
        Err(cause) => Err(LostFile::Unknown { path: path.to_owned(), cause }),
    }
}

/// What happened to a file of an open database. Its text is for the operator.
#[derive(Debug, Error)]
pub(crate) enum LostFile {
    #[error("{0:?} was deleted while the server runs: put the file back, or restart the server")]
    Deleted(PathBuf),
    #[error("{0:?} was replaced while the server runs: put the file back, or restart the server")]
    Replaced(PathBuf),
    #[error("{0:?} was truncated while the server runs: restore a backup, and restart the server")]
    Truncated(PathBuf),
    #[error("cannot read the status of {path:?}: {cause}")]
    Unknown { path: PathBuf, cause: io::Error },
}

#[cfg(test)]
mod tests {
    use std::fs::File;

    use super::*;

    /// Creates a database file and its log, both of 100 bytes.
    fn files() -> (tempfile::TempDir, PathBuf, OpenedFile) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("blog.db");
        fs::write(&path, [0; 100]).unwrap();
        fs::write(folder.path().join("blog.db-wal"), [0; 100]).unwrap();
        let mut file = OpenedFile::new(&path).unwrap();
        file.check(|| 100).unwrap();
        (folder, path, file)
    }

    #[test]
    fn unchanged_and_growing_files_are_accepted() {
        let (_folder, path, mut file) = files();

        fs::write(&path, [0; 200]).unwrap();

        assert!(file.check(|| 200).is_ok());
    }

    #[test]
    fn a_deleted_file_is_detected_and_accepted_again_when_it_is_put_back() {
        let (folder, path, mut file) = files();
        for path in [path, folder.path().join("blog.db-wal")] {
            let elsewhere = folder.path().join("elsewhere");
            fs::rename(&path, &elsewhere).unwrap();
            assert!(matches!(file.check(|| 100), Err(LostFile::Deleted(lost)) if lost == path));

            fs::rename(&elsewhere, &path).unwrap();
            assert!(file.check(|| 100).is_ok());
        }
    }

    #[test]
    fn a_replaced_file_is_detected() {
        let (folder, path, mut file) = files();
        for path in [folder.path().join("blog.db-wal"), path] {
            let copy = folder.path().join("copy");
            fs::copy(&path, &copy).unwrap();
            fs::rename(&copy, &path).unwrap();

            assert!(matches!(file.check(|| 100), Err(LostFile::Replaced(lost)) if lost == path));
        }
    }

    #[test]
    fn a_truncated_file_is_detected_but_a_vacuum_is_accepted() {
        let (_folder, path, mut file) = files();
        File::options().write(true).open(&path).unwrap().set_len(40).unwrap();

        assert!(matches!(file.check(|| 100), Err(LostFile::Truncated(_))));
        assert!(file.check(|| 40).is_ok());
    }
}
