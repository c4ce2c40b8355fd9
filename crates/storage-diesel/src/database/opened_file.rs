//! Detects that an open SQLite file was deleted, replaced or truncated.
//!
//! SQLite does not detect it: its connections continue with the file that they have opened, even if
//! no path leads to that file any more. A write to it would be lost at the end of the process.

use std::{
    fs::{self, File},
    io,
    os::unix::fs::{FileExt as _, MetadataExt as _},
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
};

use thiserror::Error;

/// The files of an open database: the file itself and its write-ahead log.
#[derive(Debug)]
pub(crate) struct OpenedFile {
    database: PathBuf,
    log: PathBuf,
    database_id: FileId,
    state: Mutex<State>,
}

/// The state of the files at the last check.
#[derive(Debug)]
struct State {
    /// The length of the database. SQLite shortens it only for `VACUUM`.
    length: u64,
    /// `None` until SQLite has created the log.
    log: Option<Log>,
    /// The file that was truncated. After that, SQLite must not write to the database: a checkpoint
    /// would copy the damaged log into the database.
    truncated: Option<PathBuf>,
}

/// A write-ahead log.
#[derive(Debug)]
struct Log {
    id: FileId,
    /// The open log. A check need not open the log, so it also works when the process has too many
    /// open files.
    file: File,
    length: u64,
}

/// The first bytes of a write-ahead log (the file format of SQLite, section 4.1).
const LOG_START: [u8; 4] = [0x37, 0x7f, 0x06, 0x82];

/// The device and the inode of a file: its identity, whatever its path is (POSIX `stat`).
type FileId = (u64, u64);

/// A file of a database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    Database,
    Log,
}

impl OpenedFile {
    /// Remembers the file at `path`, which a connection has just opened.
    pub(crate) fn new(path: &Path) -> io::Result<Self> {
        // SQLite resolves links, and creates the log in the folder of the resolved path.
        let database = fs::canonicalize(path)?;
        let metadata = fs::metadata(&database)?;
        let mut log = database.as_os_str().to_owned();
        log.push("-wal");
        let log = PathBuf::from(log);
        let state = State { length: metadata.len(), log: open_log(&log)?, truncated: None };
        Ok(Self {
            database_id: (metadata.dev(), metadata.ino()),
            database,
            log,
            state: Mutex::new(state),
        })
    }

    /// Checks that the paths still lead to the opened files, and that these files are not
    /// truncated.
    ///
    /// `stored_length` returns the length of a file according to SQLite. This calls `stored_length`
    /// only if the file is shorter than before.
    ///
    /// # Errors
    ///
    /// [`LostFile`] if a file was deleted, replaced or truncated, or if its status cannot be read.
    /// After a [`LostFile::Truncated`], every later call returns this error too.
    pub(crate) fn check(&self, mut stored_length: impl FnMut(Part) -> u64) -> Result<(), LostFile> {
        let mut state = self.state();
        if let Some(truncated) = &state.truncated {
            return Err(LostFile::Truncated(truncated.clone()));
        }
        let (id, length) = stat(&self.database)?;
        if id != self.database_id {
            return Err(LostFile::Replaced(self.database.clone()));
        }
        if length < state.length && length < stored_length(Part::Database) {
            state.truncated = Some(self.database.clone());
            return Err(LostFile::Truncated(self.database.clone()));
        }
        state.length = length;
        let Some(log) = &mut state.log else {
            state.log = open_log(&self.log)
                .map_err(|cause| LostFile::Unknown { path: self.log.clone(), cause })?;
            return Ok(());
        };
        let (id, length) = stat(&self.log)?;
        if id != log.id {
            return Err(LostFile::Replaced(self.log.clone()));
        }
        // A checkpoint of another process may have shortened the log.
        if length < log.length && length < stored_length(Part::Log) {
            state.truncated = Some(self.log.clone());
            return Err(LostFile::Truncated(self.log.clone()));
        }
        log.length = length;
        Ok(())
    }

    /// Checks that a read has not read a truncated file.
    ///
    /// A read from a deleted or replaced file is correct, because SQLite continues with the file
    /// that it has opened.
    ///
    /// # Errors
    ///
    /// [`LostFile::Truncated`] if a file was truncated.
    pub(crate) fn check_read(
        &self,
        stored_length: impl FnMut(Part) -> u64,
    ) -> Result<(), LostFile> {
        match self.check(stored_length) {
            Err(lost @ LostFile::Truncated(_)) => Err(lost),
            _ => Ok(()),
        }
    }

    /// Checks that the path leads to the opened file, so that a new connection may open the path.
    ///
    /// A connection to another file would use the log of the opened file. When that connection
    /// closes, SQLite would copy the log into the wrong file and delete the log.
    ///
    /// # Errors
    ///
    /// [`LostFile`] if the file was deleted or replaced, if a file was truncated, or if the status
    /// of the file cannot be read.
    pub(crate) fn check_path(&self) -> Result<(), LostFile> {
        if let Some(truncated) = &self.state().truncated {
            return Err(LostFile::Truncated(truncated.clone()));
        }
        let (id, _) = stat(&self.database)?;
        if id == self.database_id { Ok(()) } else { Err(LostFile::Replaced(self.database.clone())) }
    }

    /// Checks that the log has the commit that SQLite has just written to it.
    ///
    /// `stored_length` is the same as for [`check`](Self::check).
    pub(crate) fn check_log(
        &self,
        mut stored_length: impl FnMut(Part) -> u64,
    ) -> Result<(), LostFile> {
        let mut state = self.state();
        let mut start = [0; LOG_START.len()];
        let read = match &state.log {
            Some(log) => log.file.read_exact_at(&mut start, 0),
            None => return Err(LostFile::Deleted(self.log.clone())),
        };
        match read {
            Err(cause) if cause.kind() != io::ErrorKind::UnexpectedEof => {
                return Err(LostFile::Unknown { path: self.log.clone(), cause });
            }
            _ => {}
        }
        // The last bit says in which byte order the checksums are.
        start[3] &= !1;
        // A truncated log begins with zeros, because SQLite continues behind the lost part. A log
        // without frames may be empty: a transaction without changes writes nothing.
        if start == LOG_START || stored_length(Part::Log) == 0 {
            return Ok(());
        }
        state.truncated = Some(self.log.clone());
        Err(LostFile::Truncated(self.log.clone()))
    }

    /// Returns whether a file was truncated. Then no connection may be closed, because at the close
    /// SQLite would copy the damaged log into the database.
    pub(crate) fn is_truncated(&self) -> bool {
        self.state().truncated.is_some()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Opens a log. Returns `None` if it does not exist yet.
fn open_log(path: &Path) -> io::Result<Option<Log>> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let metadata = file.metadata()?;
    Ok(Some(Log { id: (metadata.dev(), metadata.ino()), length: metadata.len(), file }))
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
    #[error(
        "{0:?} was replaced while the server runs: put the file back; or stop the server, delete \
         the files that end in -wal and -shm, and start the server"
    )]
    Replaced(PathBuf),
    #[error(
        "{0:?} was truncated while the server runs: stop the server, delete the files that end in \
         -wal and -shm, restore a backup, and start the server"
    )]
    Truncated(PathBuf),
    #[error("cannot read the status of {path:?}: {cause}")]
    Unknown { path: PathBuf, cause: io::Error },
}

#[cfg(test)]
mod tests {
    use super::*;

    const LENGTH: u64 = 100;

    /// Creates a database file and its log.
    fn files() -> (tempfile::TempDir, [PathBuf; 2], OpenedFile) {
        let folder = tempfile::tempdir().unwrap();
        let paths = ["blog.db", "blog.db-wal"].map(|name| folder.path().join(name));
        fs::write(&paths[0], [0; 100]).unwrap();
        fs::write(&paths[1], [&LOG_START[..], &[0; 96]].concat()).unwrap();
        let file = OpenedFile::new(&paths[0]).unwrap();
        file.check(stored(LENGTH)).unwrap();
        (folder, paths, file)
    }

    /// Returns a function that says that both files have this length according to SQLite.
    fn stored(length: u64) -> impl FnMut(Part) -> u64 {
        move |_| length
    }

    fn truncate(path: &Path, length: u64) {
        File::options().write(true).open(path).unwrap().set_len(length).unwrap();
    }

    #[test]
    fn unchanged_and_growing_files_are_accepted() {
        let (_folder, paths, file) = files();

        fs::write(&paths[0], [0; 200]).unwrap();

        assert!(file.check(stored(200)).is_ok());
        assert!(file.check_log(stored(200)).is_ok() && file.check_path().is_ok());
    }

    #[test]
    fn a_deleted_file_is_detected_and_accepted_again_when_it_is_put_back() {
        let (folder, paths, file) = files();
        for path in paths {
            let elsewhere = folder.path().join("elsewhere");
            fs::rename(&path, &elsewhere).unwrap();
            let lost = file.check(stored(LENGTH)).unwrap_err();
            assert!(matches!(lost, LostFile::Deleted(lost) if lost == path));
            assert!(file.check_read(stored(LENGTH)).is_ok());

            fs::rename(&elsewhere, &path).unwrap();
            assert!(file.check(stored(LENGTH)).is_ok());
        }
    }

    #[test]
    fn a_replaced_file_is_detected_and_not_opened() {
        let (folder, [database, log], file) = files();
        for path in [&log, &database] {
            let copy = folder.path().join("copy");
            fs::copy(path, &copy).unwrap();
            fs::rename(&copy, path).unwrap();

            let lost = file.check(stored(LENGTH)).unwrap_err();
            assert!(matches!(lost, LostFile::Replaced(lost) if lost == *path));
        }
        assert!(matches!(file.check_path(), Err(LostFile::Replaced(_))));
    }

    #[test]
    fn a_log_without_a_commit_is_detected() {
        for truncated in [&[][..], &[0; 100]] {
            let (_folder, [_, log], file) = files();
            assert!(file.check_log(stored(LENGTH)).is_ok());

            fs::write(log, truncated).unwrap();

            assert!(matches!(file.check_log(stored(LENGTH)), Err(LostFile::Truncated(_))));
        }
    }

    #[test]
    fn an_empty_log_without_frames_is_accepted() {
        let (_folder, [_, log], file) = files();

        truncate(&log, 0);

        assert!(file.check(stored(0)).is_ok() && file.check_log(stored(0)).is_ok());
    }

    #[test]
    fn the_log_of_a_linked_file_is_checked() {
        let (folder, [database, log], _) = files();
        let link = folder.path().join("link.db");
        std::os::unix::fs::symlink(&database, &link).unwrap();
        let file = OpenedFile::new(&link).unwrap();

        fs::remove_file(log).unwrap();

        assert!(matches!(file.check(stored(LENGTH)), Err(LostFile::Deleted(_))));
    }

    #[test]
    fn a_truncated_file_stays_an_error() {
        for part in [0, 1] {
            let (_folder, paths, file) = files();
            truncate(&paths[part], 40);
            assert!(matches!(file.check(stored(LENGTH)), Err(LostFile::Truncated(_))));

            truncate(&paths[part], LENGTH);

            assert!(matches!(file.check(stored(LENGTH)), Err(LostFile::Truncated(_))));
            assert!(matches!(file.check_read(stored(LENGTH)), Err(LostFile::Truncated(_))));
            assert!(file.is_truncated() && file.check_path().is_err());
        }
    }

    #[test]
    fn a_file_that_sqlite_has_shortened_is_accepted() {
        let (_folder, paths, file) = files();
        for path in paths {
            truncate(&path, 40);

            assert!(file.check(stored(40)).is_ok());
        }
    }
}
