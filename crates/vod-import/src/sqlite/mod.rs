//! The journal on SQLite: one file, and beside it while it is open the two of its write-ahead log.

mod errors;
mod event;
mod evidence;
mod hold;
mod keys;
mod orders;
mod plan;
mod report;
mod retry;
mod schema;
#[cfg(test)]
mod tests;

use crate::JournalError;
use crate::journal::{
    ClaimedOrder, Counts, ImportId, ImportRecord, Journal, OrderRecord, Plan, Planned, RowEvent, RowQuery,
    RowRecord, SeenVideo,
};
use rusqlite::{Connection, OpenFlags, OptionalExtension as _, Row, TransactionBehavior, params};
use std::fs::{DirBuilder, OpenOptions};
use std::path::{Path, PathBuf};
use std::time::Duration;
use vod_core::Timestamp;
use vod_core::import::{Class, Looks, MintedState, OrderId, Write};

/// How long another program's transaction is waited for.
const PATIENCE: Duration = Duration::from_secs(5);

/// A journal in a file of SQLite. Several processes of one machine may have it open; it must not lie on a
/// network's file system.
///
/// People who open the file with `sqlite3` find the views `imports`, `orders` and `rows`; the tables behind
/// them have comments (`.schema`).
///
/// ```
/// use vod_core::Timestamp;
/// use vod_import::{Journal, SqliteJournal};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let scratch = tempfile::tempdir()?;
/// # let path = scratch.path().join("vod").join("imports.db");
/// let mut journal = SqliteJournal::open(&path)?;
/// let import = journal.open("lessons", Timestamp::from_millis(1_700_000_000_000))?;
/// assert_eq!(journal.find("lessons")?, Some(import));
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct SqliteJournal {
    path: PathBuf,
    connection: Connection,
    holds: hold::Holds,
    /// The keys of the import that rows were planned in last.
    keys: Option<keys::Keys>,
    /// Indexes that were made when they were needed, or were found.
    indexes: Vec<&'static str>,
}

impl SqliteJournal {
    /// Opens the journal; makes it and its directory if there is none, for this user alone.
    ///
    /// # Errors
    /// [`JournalError`]: the file is no journal, or of a newer version, or cannot be read and written.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, JournalError> {
        Self::open_with(path.into(), PATIENCE)
    }

    /// Opens the journal, and waits this long for another program's transaction. Default: 5 seconds.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn open_with(path: PathBuf, patience: Duration) -> Result<Self, JournalError> {
        create(&path)?;
        let failed = |error| errors::database("open", &path, error);
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let mut connection = Connection::open_with_flags(&path, flags).map_err(failed)?;
        connection.busy_timeout(patience).map_err(failed)?;
        connection.set_prepared_statement_cache_capacity(64);
        schema::migrate(&mut connection, &path)?;
        // A transaction is on the disk when it ends, also after a power failure.
        connection
            .execute_batch(
                "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
                 PRAGMA cache_size = -24576; PRAGMA wal_autocheckpoint = 4096;",
            )
            .map_err(failed)?;
        let holds = hold::Holds::default();
        Ok(Self { path, connection, holds, keys: None, indexes: Vec::new() })
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Reads of one moment.
    fn read<T>(&mut self, read: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T, JournalError> {
        let path = &self.path;
        let result = self.connection.transaction().and_then(|transaction| read(&transaction));
        result.map_err(|error| errors::database("read", path, error))
    }

    /// One transaction, durable when it returns. It has the lock from its beginning: what it reads is what it
    /// changes.
    fn change<T>(
        &mut self,
        change: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, JournalError> {
        let path = &self.path;
        let result = self.connection.transaction_with_behavior(TransactionBehavior::Immediate).and_then(
            |transaction| {
                let result = change(&transaction)?;
                transaction.commit()?;
                Ok(result)
            },
        );
        result.map_err(|error| errors::database("write", path, error))
    }

    /// How far the end of a transaction is flushed.
    fn flush(&mut self, how: &str) -> Result<(), JournalError> {
        let set = self.connection.pragma_update(None, "synchronous", how);
        set.map_err(|error| errors::database("write", &self.path, error))
    }

    /// Makes an index if it is not there.
    fn with(&mut self, index: &LateIndex) -> Result<(), JournalError> {
        if self.indexes.contains(&index.name) {
            return Ok(());
        }
        let sought = "SELECT count(*) FROM sqlite_schema WHERE type = 'index' AND name = ?1";
        if self.read(|sqlite| sqlite.query_row(sought, [index.name], |row| row.get::<_, u32>(0)))? == 0 {
            self.change(|sqlite| sqlite.execute_batch(index.sql))?;
        }
        self.indexes.push(index.name);
        Ok(())
    }
}

/// An index that is made when it is first needed: a million rows are planned faster without it.
struct LateIndex {
    name: &'static str,
    sql: &'static str,
}

/// Makes the file and its directory, so that only this user can read them.
fn create(path: &Path) -> Result<(), JournalError> {
    let failed = |error| errors::file("open", path, error);
    if path.exists() {
        // Says what the system says of it, which SQLite does not.
        return OpenOptions::new().read(true).write(true).open(path).map(drop).map_err(failed);
    }
    let directory = path.parent().filter(|directory| !directory.as_os_str().is_empty());
    if let Some(directory) = directory {
        let mut builder = DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.recursive(true).create(directory).map_err(failed)?;
    }
    let options = &mut OpenOptions::new();
    let options = vod_driver::private(options.read(true).write(true).create(true).truncate(false));
    options.open(path).map_err(failed)?;
    vod_driver::sync_directory_of(path).map_err(failed)
}

const IMPORT: &str = "SELECT id, name, token, created_at FROM import_data";

fn import_of(row: &Row<'_>) -> rusqlite::Result<ImportRecord> {
    Ok(ImportRecord {
        id: ImportId(row.get(0)?),
        name: row.get(1)?,
        token: row.get(2)?,
        created_at: time(row.get(3)?),
    })
}

fn find(sqlite: &Connection, name: &str) -> rusqlite::Result<Option<ImportRecord>> {
    let mut found = sqlite.prepare_cached(&format!("{IMPORT} WHERE name = ?1"))?;
    found.query_row([name], import_of).optional()
}

const fn time(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

impl Journal for SqliteJournal {
    fn open(&mut self, name: &str, now: Timestamp) -> Result<ImportRecord, JournalError> {
        if let Some(import) = self.find(name)? {
            return Ok(import);
        }
        let minted = MintedState::new(vod_driver::seed(), 0);
        let prefix = minted.to_string();
        let prefix = prefix.trim_end_matches('0');
        self.change(|sqlite| {
            if let Some(import) = find(sqlite, name)? {
                return Ok(import);
            }
            sqlite.execute(
                "INSERT INTO import_data (name, token, prefix, created_at) VALUES (?1, ?2, ?3, ?4)",
                params![name, minted.import(), prefix, now.as_millis()],
            )?;
            let id = ImportId(sqlite.last_insert_rowid());
            Ok(ImportRecord { id, name: name.to_owned(), token: minted.import(), created_at: now })
        })
    }

    fn find(&mut self, name: &str) -> Result<Option<ImportRecord>, JournalError> {
        self.read(|sqlite| find(sqlite, name))
    }

    fn imports(&mut self) -> Result<Vec<(ImportRecord, Counts)>, JournalError> {
        self.read(report::imports)
    }

    fn hold(&mut self, import: ImportId) -> Result<(), JournalError> {
        let name = self.read(|sqlite| {
            let name = "SELECT name FROM import_data WHERE id = ?1";
            sqlite.query_row(name, [import.0], |row| row.get::<_, String>(0)).optional()
        })?;
        self.holds.take(&self.path, import, &name.unwrap_or_default())
    }

    fn release(&mut self, import: ImportId) -> Result<(), JournalError> {
        self.holds.release(import);
        Ok(())
    }

    fn forget(&mut self, import: ImportId) -> Result<(), JournalError> {
        self.change(|sqlite| {
            for (table, column) in [
                ("row_data", "import"),
                ("order_data", "import"),
                ("video_data", "import"),
                ("import_data", "id"),
            ] {
                sqlite.execute(&format!("DELETE FROM {table} WHERE {column} = ?1"), [import.0])?;
            }
            Ok(())
        })?;
        self.holds.forget(&self.path, import);
        Ok(())
    }

    fn begin(&mut self, import: ImportId, _now: Timestamp) -> Result<u64, JournalError> {
        self.change(|sqlite| plan::begin(sqlite, import))
    }

    fn plan(&mut self, import: ImportId, reading: u64, plan: &Plan<'_>) -> Result<Planned, JournalError> {
        // What is planned can be planned again, so it is flushed only with the next call that changes something
        // else: the order of the log is kept, and no order is claimed that is not on the disk.
        self.flush("NORMAL")?;
        let keys = self.keys.take();
        let planned = self.change(|sqlite| plan::plan(sqlite, import, reading, plan, keys));
        self.flush("FULL")?;
        let (planned, keys) = planned?;
        self.keys = Some(keys);
        Ok(planned)
    }

    fn finish(&mut self, import: ImportId, _reading: u64) -> Result<(), JournalError> {
        self.change(|sqlite| plan::finish(sqlite, import))
    }

    fn write(
        &mut self,
        import: ImportId,
        write: &Write,
        now: Timestamp,
    ) -> Result<Vec<ClaimedOrder>, JournalError> {
        self.change(|sqlite| orders::write(sqlite, import, write, now))
    }

    fn open_orders(&mut self, import: ImportId) -> Result<Vec<OrderRecord>, JournalError> {
        self.read(|sqlite| orders::open_orders(sqlite, import))
    }

    fn classes(&mut self, import: ImportId) -> Result<Vec<Class>, JournalError> {
        self.with(&evidence::TITLES)?;
        self.read(|sqlite| evidence::classes(sqlite, import))
    }

    fn prove(&mut self, import: ImportId, numbers: &[u64], now: Timestamp) -> Result<u64, JournalError> {
        self.change(|sqlite| orders::prove(sqlite, import, numbers, now))
    }

    fn looked(
        &mut self,
        import: ImportId,
        looks: &[(OrderId, Looks, bool)],
        now: Timestamp,
    ) -> Result<(), JournalError> {
        self.change(|sqlite| orders::looked(sqlite, import, looks, now))
    }

    fn resend(&mut self, import: ImportId, numbers: &[u64], _now: Timestamp) -> Result<u64, JournalError> {
        self.change(|sqlite| retry::resend(sqlite, import, numbers))
    }

    fn retry(&mut self, import: ImportId, per_order: u32, _now: Timestamp) -> Result<u64, JournalError> {
        self.change(|sqlite| retry::retry(sqlite, import, per_order))
    }

    fn saw(&mut self, import: ImportId, videos: &[SeenVideo], now: Timestamp) -> Result<u64, JournalError> {
        self.with(&evidence::TITLES)?;
        self.change(|sqlite| evidence::saw(sqlite, import, videos, now))
    }

    fn event(&mut self, event: &RowEvent, now: Timestamp) -> Result<bool, JournalError> {
        let is_by_title = matches!(event, RowEvent::Failed { state: None, .. });
        self.with(if is_by_title { &evidence::TITLES } else { &event::STATES })?;
        self.change(|sqlite| event::event(sqlite, event, now))
    }

    fn counts(&mut self, import: ImportId, reading: Option<u64>) -> Result<Counts, JournalError> {
        self.read(|sqlite| report::counts(sqlite, import, reading))
    }

    fn rows(&mut self, import: ImportId, query: &RowQuery<'_>) -> Result<Vec<RowRecord>, JournalError> {
        self.with(&report::LINES)?;
        self.read(|sqlite| report::rows(sqlite, import, query))
    }

    fn listed_from(&mut self, import: ImportId) -> Result<Option<Timestamp>, JournalError> {
        self.read(|sqlite| report::listed_from(sqlite, import))
    }
}
