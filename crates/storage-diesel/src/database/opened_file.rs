//! Detects that an open SQLite file was deleted, replaced or truncated.
//!
//! SQLite does not detect it: its connections continue with the file that they have opened, even if
//! no path leads to that file any more. A write to it would be lost at the end of the process.

use std::{
    fs,
    io::{self, Read as _},
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

/// The first bytes of a write-ahead log (the file format of SQLite, section 4.1).
const LOG_START: [u8; 4] = [0x37, 0x7f, 0x06, 0x82];

/// The device and the inode of a file: its identity, whatever its path is (POSIX `stat`).
type FileId = (u64, u64);

impl OpenedFile {
    /// Remembers the file at `path`, which a connection has just opened.
    pub(crate) fn new(path: &Path) -> io::Result<Self> {
        // SQLite resolves links, and creates the log in the folder of the resolved path.
        let database = fs::canonicalize(path)?;
        let metadata = fs::metadata(&database)?;
        let mut log = database.as_os_str().to_owned();
        log.push("-wal");
        let log = PathBuf::from(log);
        Ok(Self {
            database_id: (metadata.dev(), metadata.ino()),
            log_id: stat(&log).ok().map(|(id, _)| id),
            length: metadata.len(),
            database,
            log,
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

    /// Checks that the log has the commit that SQLite has just written to it.
    pub(crate) fn check_log(&self) -> Result<(), LostFile> {
        stat(&self.log)?;
        let mut start = [0; LOG_START.len()];
        let read = fs::File::open(&self.log).and_then(|mut log| log.read_exact(&mut start));
        // The last bit says in which byte order the checksums are.
        start[3] &= !1;
        // A truncated log begins with zeros, because SQLite continues behind the lost part.
        if read.is_ok() && start == LOG_START {
            Ok(())
        } else {
            Err(LostFile::Truncated(self.log.clone()))
        }
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
        fs::write(folder.path().join("blog.db-wal"), [LOG_START, [0; 4]].concat()).unwrap();
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
    fn a_log_without_a_commit_is_detected() {
        let (folder, _path, file) = files();
        assert!(file.check_log().is_ok());

        for truncated in [&[][..], &[0; 100]] {
            fs::write(folder.path().join("blog.db-wal"), truncated).unwrap();
            assert!(matches!(file.check_log(), Err(LostFile::Truncated(_))));
        }
        fs::remove_file(folder.path().join("blog.db-wal")).unwrap();
        assert!(matches!(file.check_log(), Err(LostFile::Deleted(_))));
    }

    #[test]
    fn the_log_of_a_linked_file_is_checked() {
        let (folder, path, _) = files();
        let link = folder.path().join("link.db");
        std::os::unix::fs::symlink(&path, &link).unwrap();
        let mut file = OpenedFile::new(&link).unwrap();

        fs::remove_file(folder.path().join("blog.db-wal")).unwrap();

        assert!(matches!(file.check(|| 100), Err(LostFile::Deleted(_))));
    }

    #[test]
    fn a_truncated_file_is_detected_but_a_vacuum_is_accepted() {
        let (_folder, path, mut file) = files();
        File::options().write(true).open(&path).unwrap().set_len(40).unwrap();

        assert!(matches!(file.check(|| 100), Err(LostFile::Truncated(_))));
        assert!(file.check(|| 40).is_ok());
    }
}
