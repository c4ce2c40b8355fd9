//! SQLite: a file, and the settings that make acknowledged writes durable.

use std::{fmt, fs::OpenOptions, path::PathBuf, time::Duration};

use backon::{BlockingRetryable as _, ConstantBuilder};
use diesel::{
    Connection as _, QueryResult, RunQueryDsl as _, SqliteConnection, connection::SimpleConnection,
    dsl::sql, select, sql_types::Text,
};

use super::OpenedFile;
use crate::{
    error::{self, DatabaseUrlError, OpenError},
    migrations,
};

/// How long to wait for a lock that another process holds. This is shorter than the deadline of a
/// call.
pub(crate) const BUSY_TIMEOUT: Duration = Duration::from_secs(2);

/// How many times to try again to switch a file to a write-ahead log, and the time between two
/// attempts.
const WAL_ATTEMPTS: usize = 200;
const WAL_DELAY: Duration = Duration::from_millis(10);

/// The name of a setting, the value to set, and the value that SQLite then returns for the setting.
type Pragma = (&'static str, String, String);

/// An SQLite file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SqliteDatabase {
    path: PathBuf,
}

impl SqliteDatabase {
    /// Returns the database in the file `path`. Does not create the file. The path is relative or
    /// absolute. No character in it has a special meaning, except `/`.
    pub(crate) fn new(path: &str) -> Result<Self, DatabaseUrlError> {
        if path.ends_with('/') {
            return Err(DatabaseUrlError::NoFile);
        }
        let path = std::path::absolute(path).map_err(|_empty| DatabaseUrlError::NoFile)?;
        Ok(Self { path })
    }

    pub(crate) fn exists(&self) -> bool {
        self.path.exists()
    }

    /// Opens or creates the file, and switches it to a write-ahead log. The file stores this mode,
    /// so other connections do not set it.
    ///
    /// A file of another program is left unchanged.
    pub(crate) fn create(&self) -> Result<SqliteConnection, OpenError> {
        self.check_path()?;
        let mut db = self.open("rwc")?;
        migrations::check_file(&mut db).map_err(|error| self.cannot_open(error))?;
        let wal = ("journal_mode", "WAL".to_owned(), "wal".to_owned());
        // Another instance may hold a lock to make the same change. SQLite does not wait for a lock
        // here, so the program tries again.
        let attempts = ConstantBuilder::new().with_delay(WAL_DELAY).with_max_times(WAL_ATTEMPTS);
        let set_wal = || set(&mut db, &wal);
        set_wal
            .retry(attempts)
            .when(error::is_locked)
            .call()
            .map_err(|error| self.cannot_open(error))?;
        self.check(&mut db, &wal)?;
        Ok(db)
    }

    /// Opens a file that [`create`](Self::create) has opened before.
    pub(crate) fn connect(&self) -> Result<SqliteConnection, OpenError> {
        self.open("rw")
    }

    /// Opens the same file for writes. SQLite itself does not wait for a lock on this connection,
    /// because [`begin_write`](crate::engine::Engine::begin_write) waits.
    pub(crate) fn connect_writer(&self) -> Result<SqliteConnection, OpenError> {
        let mut db = self.connect()?;
        self.apply(&mut db, &("busy_timeout", "0".to_owned(), "0".to_owned()))?;
        Ok(db)
    }

    /// Returns the opened file, to detect that it is deleted or replaced.
    pub(crate) fn opened(&self) -> Result<OpenedFile, OpenError> {
        OpenedFile::new(&self.path).map_err(|error| self.cannot_open(error))
    }

    /// Opens the file in one of SQLite's modes: `rw`, or `rwc` to create it when it is missing.
    fn open(&self, mode: &str) -> Result<SqliteConnection, OpenError> {
        let path = self.path.to_str().ok_or_else(|| self.cannot_open("its name is not UTF-8"))?;
        let path = path.replace('%', "%25").replace('?', "%3f").replace('#', "%23");
        let uri = format!("file://{path}?mode={mode}");
        let mut db = SqliteConnection::establish(&uri).map_err(|error| self.cannot_open(error))?;
        let busy_timeout = BUSY_TIMEOUT.as_millis().to_string();
        let pragmas: [Pragma; 4] = [
            // This setting is the first, so that the other statements wait for a lock too.
            ("busy_timeout", busy_timeout.clone(), busy_timeout),
            // A commit returns only after its data is on the disk. It is not enough that the data
            // is in the cache of the operating system.
            ("synchronous", "FULL".to_owned(), "2".to_owned()),
            ("foreign_keys", "ON".to_owned(), "1".to_owned()),
            // Otherwise SQLite needs a temporary file for some writes. It cannot create one if the
            // process has too many open files.
            ("temp_store", "MEMORY".to_owned(), "2".to_owned()),
        ];
        for pragma in &pragmas {
            self.apply(&mut db, pragma)?;
        }
        Ok(db)
    }

    fn apply(&self, db: &mut SqliteConnection, pragma: &Pragma) -> Result<(), OpenError> {
        set(db, pragma).map_err(|error| self.cannot_open(error))?;
        self.check(db, pragma)
    }

    /// Checks the value of a setting, because SQLite reports no error when it ignores a setting.
    fn check(
        &self,
        db: &mut SqliteConnection,
        (name, _, expected): &Pragma,
    ) -> Result<(), OpenError> {
        let query = format!("CAST((SELECT * FROM pragma_{name}) AS TEXT)");
        match select(sql::<Text>(&query)).get_result::<String>(db) {
            Ok(actual) if actual == *expected => Ok(()),
            Ok(_) => Err(OpenError::Setting { database: self.to_string(), setting: name }),
            Err(error) => Err(self.cannot_open(error)),
        }
    }

    /// Detects problems that SQLite would report too late, or only as "unable to open database
    /// file".
    fn check_path(&self) -> Result<(), OpenError> {
        if self.path.is_dir() {
            return Err(self.cannot_open("it is a folder"));
        }
        if self.path.exists() {
            if !self.path.is_file() {
                return Err(self.cannot_open("it is not a regular file"));
            }
            let writable = OpenOptions::new().write(true).open(&self.path);
            return writable.map(drop).map_err(|error| self.cannot_open(error));
        }
        match self.path.parent() {
            Some(folder) if !folder.is_dir() => Err(self.cannot_open("its folder does not exist")),
            _ => Ok(()),
        }
    }

    fn cannot_open(&self, reason: impl ToString) -> OpenError {
        OpenError::open(self, reason)
    }
}

impl fmt::Display for SqliteDatabase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "file {}", self.path.display())
    }
}

fn set(db: &mut SqliteConnection, (name, value, _): &Pragma) -> QueryResult<()> {
    db.batch_execute(&format!("PRAGMA {name} = {value}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{fs, path::Path};

    fn create(path: &Path) -> Result<SqliteConnection, OpenError> {
        SqliteDatabase::new(path.to_str().unwrap()).unwrap().create()
    }

    #[test]
    fn a_path_that_names_no_file_is_refused() {
        for path in ["", "folder/", "/"] {
            assert_eq!(SqliteDatabase::new(path), Err(DatabaseUrlError::NoFile), "{path}");
        }
    }

    #[test]
    fn special_file_names_of_sqlite_are_ordinary_file_names() {
        let folder = tempfile::tempdir().unwrap();
        for name in [":memory:", "file:x?mode=memory", "a b%20c?d#e.db"] {
            create(&folder.path().join(name)).map(drop).unwrap();

            assert!(folder.path().join(name).is_file(), "{name}");
        }
    }

    #[test]
    fn a_path_may_begin_with_two_slashes() {
        let folder = tempfile::tempdir().unwrap();
        let path = format!("/{}", folder.path().join("blog.db").display());

        create(Path::new(&path)).map(drop).unwrap();

        assert!(folder.path().join("blog.db").is_file());
    }

    #[test]
    fn a_missing_folder_is_reported_and_not_created() {
        let folder = tempfile::tempdir().unwrap();
        let missing = folder.path().join("missing");

        let error = create(&missing.join("blog.db")).map(drop).unwrap_err();

        assert!(error.to_string().ends_with("blog.db: its folder does not exist"), "{error}");
        assert!(!missing.exists());
    }

    #[test]
    fn a_folder_is_refused() {
        let folder = tempfile::tempdir().unwrap();

        let error = create(folder.path()).map(drop).unwrap_err();

        assert!(error.to_string().ends_with(": it is a folder"), "{error}");
    }

    #[test]
    fn a_file_that_is_no_database_is_left_unchanged() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("letter.txt");
        let text = "Dear database, you are not one. ".repeat(100);
        fs::write(&path, &text).unwrap();

        let error = create(&path).map(drop).unwrap_err();

        assert!(error.to_string().ends_with("letter.txt: file is not a database"), "{error}");
        assert_eq!(fs::read_to_string(&path).unwrap(), text);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
