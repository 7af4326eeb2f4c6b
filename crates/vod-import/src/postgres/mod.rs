//! The journal on PostgreSQL, for imports that several machines work on.

mod connection;
mod errors;
mod event;
mod evidence;
mod orders;
mod plan;
mod report;
mod retry;
mod schema;

use crate::JournalError;
use crate::journal::{
    ClaimedOrder, Counts, ImportId, ImportRecord, Journal, OrderRecord, Plan, Planned, RowEvent, RowQuery,
    RowRecord, SeenVideo,
};
use connection::{Connection, Sql, Work};
use postgres::Row;
use std::collections::BTreeSet;
use std::fmt;
use vod_core::Timestamp;
use vod_core::import::{Class, Looks, MintedState, OrderId, OrderState, Write};

/// A journal in a database of PostgreSQL, 15 or later.
///
/// `psql` shows the views `imports`, `orders` and `rows`; the tables behind
/// them have comments (`\d+`).
///
/// The first connection makes the tables, in the first schema of `search_path`; its role needs `CREATE`
/// there. Later ones need `SELECT`, `INSERT`, `UPDATE`, `DELETE` on the tables and `USAGE` on the sequences.
///
/// A connection that is lost is made again by the next call. The call that noticed the loss fails, and
/// [may be repeated](JournalError::is_retryable).
pub struct PostgresJournal {
    connection: Connection,
    /// The imports that this journal has taken. The locks end with the connection.
    holds: BTreeSet<ImportId>,
}

impl fmt::Debug for PostgresJournal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresJournal").field("place", &self.connection.place()).finish_non_exhaustive()
    }
}

impl PostgresJournal {
    /// Connects to the database of a URL: `postgres://USER:PASSWORD@HOST/DATABASE?sslmode=require`. Without
    /// `sslmode` TLS is used if the server offers it.
    ///
    /// # Errors
    /// [`JournalError`]: the URL cannot be read, the server cannot be reached, or the journal is of a newer
    /// version.
    pub fn connect(url: &str) -> Result<Self, JournalError> {
        let mut connection = Connection::new(url)?;
        connection.connect()?;
        Ok(Self { connection, holds: BTreeSet::new() })
    }

    /// The server and the database, without user and password.
    #[must_use]
    pub fn place(&self) -> &str {
        self.connection.place()
    }

    /// Connects if the connection was lost, and takes what was held.
    fn ready(&mut self) -> Result<(), JournalError> {
        if self.connection.connect()? {
            let holds = self.holds.clone();
            if let Err(error) = holds.into_iter().try_for_each(|import| self.take(import)) {
                // Nothing is done without what was held: the next call tries it again.
                self.connection.close();
                return Err(error);
            }
        }
        Ok(())
    }

    fn take(&mut self, import: ImportId) -> Result<(), JournalError> {
        let key = hold_of(import);
        let taken = self.connection.query("SELECT pg_try_advisory_lock($1)", &[&key])?;
        if taken.iter().all(|row| row.get(0)) {
            return Ok(());
        }
        let sql = "SELECT a.pid, host(a.client_addr) FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
            WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
                AND (l.classid::bigint << 32) | l.objid::bigint = $1
                AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())";
        let by = match self.connection.query(sql, &[&key])?.first() {
            Some(row) => {
                let host: Option<String> = row.get(1);
                let host = host.unwrap_or_else(|| "the server's machine".to_owned());
                format!("a client on {host} (the server's process {})", row.get::<_, i32>(0))
            }
            None => "another client".to_owned(),
        };
        let name = self.connection.query("SELECT name FROM import_data WHERE id = $1", &[&import.0])?;
        let name = name.first().map(|row| row.get(0)).unwrap_or_default();
        Err(JournalError::Held { name, by })
    }

    fn read<T>(&mut self, read: impl FnOnce(&mut Work<'_>) -> Sql<T>) -> Result<T, JournalError> {
        self.ready()?;
        self.connection.transaction("read", read)
    }

    fn change<T>(&mut self, change: impl FnOnce(&mut Work<'_>) -> Sql<T>) -> Result<T, JournalError> {
        self.ready()?;
        self.connection.transaction("write", change)
    }

    /// A change of an import that no other change of it runs beside.
    fn change_alone<T>(
        &mut self,
        import: ImportId,
        change: impl FnOnce(&mut Work<'_>) -> Sql<T>,
    ) -> Result<T, JournalError> {
        self.change(|work| {
            lock(work, import)?;
            change(work)
        })
    }
}

impl Drop for PostgresJournal {
    /// The server notices the end of a connection a little later; what was held is free at once.
    fn drop(&mut self) {
        for import in std::mem::take(&mut self.holds) {
            if let Err(error) = self.connection.query("SELECT pg_advisory_unlock($1)", &[&hold_of(import)]) {
                tracing::debug!(%error, "the lock of an import ends with its connection");
                return;
            }
        }
    }
}

/// Waits for the other changes of an import, until the transaction ends.
fn lock(work: &mut Work<'_>, import: ImportId) -> Sql<()> {
    work.execute("SELECT pg_advisory_xact_lock($1)", &[&changes_of(import)]).map(drop)
}

/// Waits only for changes that must be alone: workers claim and settle orders side by side.
fn lock_shared(work: &mut Work<'_>, import: ImportId) -> Sql<()> {
    work.execute("SELECT pg_advisory_xact_lock_shared($1)", &[&changes_of(import)]).map(drop)
}

/// Advisory locks are numbers in the database: ours begin with `vh` and `vc`.
const fn hold_of(import: ImportId) -> i64 {
    (0x7668 << 48) | import.0
}

const fn changes_of(import: ImportId) -> i64 {
    (0x7663 << 48) | import.0
}

fn import_of(row: &Row) -> ImportRecord {
    ImportRecord {
        id: ImportId(row.get(0)),
        name: row.get(1),
        token: count(row, 2),
        created_at: time(row.get(3)),
    }
}

const fn time(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

/// A number that is never negative.
fn count(row: &Row, column: usize) -> u64 {
    u64::try_from(row.get::<_, i64>(column)).unwrap_or_default()
}

/// A number as PostgreSQL has it. A larger one is no number of the journal.
fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(-1)
}

/// The state that a column names; the schema has no others.
fn state(row: &Row, column: usize) -> OrderState {
    OrderState::of_name(row.get(column)).unwrap_or(OrderState::Unknown)
}

fn find(work: &mut Work<'_>, name: &str) -> Sql<Option<ImportRecord>> {
    let sql = "SELECT id, name, token, created_at FROM import_data WHERE name = $1";
    Ok(work.optional(sql, &[&name])?.as_ref().map(import_of))
}

impl Journal for PostgresJournal {
    fn open(&mut self, name: &str, now: Timestamp) -> Result<ImportRecord, JournalError> {
        if let Some(import) = self.find(name)? {
            return Ok(import);
        }
        let minted = MintedState::new(vod_driver::seed(), 0);
        let prefix = minted.to_string();
        let prefix = prefix.trim_end_matches('0');
        self.change(|work| {
            let sql = "INSERT INTO import_data (name, token, prefix, created_at) VALUES ($1, $2, $3, $4)
                ON CONFLICT (name) DO UPDATE SET name = excluded.name RETURNING id, name, token, created_at";
            let values: &[&(dyn postgres::types::ToSql + Sync)] =
                &[&name, &signed(minted.import()), &prefix, &now.as_millis()];
            Ok(import_of(&work.one(sql, values)?))
        })
    }

    fn find(&mut self, name: &str) -> Result<Option<ImportRecord>, JournalError> {
        self.read(|work| find(work, name))
    }

    fn imports(&mut self) -> Result<Vec<(ImportRecord, Counts)>, JournalError> {
        self.read(report::imports)
    }

    fn hold(&mut self, import: ImportId) -> Result<(), JournalError> {
        self.ready()?;
        if !self.holds.contains(&import) {
            self.take(import)?;
            self.holds.insert(import);
        }
        Ok(())
    }

    fn release(&mut self, import: ImportId) -> Result<(), JournalError> {
        if self.holds.remove(&import) {
            self.connection.query("SELECT pg_advisory_unlock($1)", &[&hold_of(import)])?;
        }
        Ok(())
    }

    fn forget(&mut self, import: ImportId) -> Result<(), JournalError> {
        self.change_alone(import, |work| {
            work.execute("DELETE FROM import_data WHERE id = $1", &[&import.0]).map(drop)
        })?;
        self.release(import)
    }

    fn begin(&mut self, import: ImportId, _now: Timestamp) -> Result<u64, JournalError> {
        self.change_alone(import, |work| plan::begin(work, import))
    }

    fn plan(&mut self, import: ImportId, reading: u64, plan: &Plan<'_>) -> Result<Planned, JournalError> {
        self.change(|work| {
            lock_shared(work, import)?;
            plan::plan(work, import, reading, plan)
        })
    }

    fn finish(&mut self, import: ImportId, _reading: u64) -> Result<(), JournalError> {
        self.change(|work| plan::finish(work, import))
    }

    fn write(
        &mut self,
        import: ImportId,
        write: &Write,
        now: Timestamp,
    ) -> Result<Vec<ClaimedOrder>, JournalError> {
        self.change(|work| {
            // Where outcomes can settle what lists have shown, they wait for each other.
            if !write.outcomes.is_empty() && evidence::is_waiting(work, import)? {
                lock(work, import)?;
            } else {
                lock_shared(work, import)?;
            }
            orders::write(work, import, write, now)
        })
    }

    fn open_orders(&mut self, import: ImportId) -> Result<Vec<OrderRecord>, JournalError> {
        self.read(|work| orders::open_orders(work, import))
    }

    fn classes(&mut self, import: ImportId) -> Result<Vec<Class>, JournalError> {
        self.read(|work| evidence::classes(work, import))
    }

    fn prove(&mut self, import: ImportId, numbers: &[u64], now: Timestamp) -> Result<u64, JournalError> {
        self.change_alone(import, |work| orders::prove(work, import, numbers, now))
    }

    fn looked(
        &mut self,
        import: ImportId,
        looks: &[(OrderId, Looks, bool)],
        now: Timestamp,
    ) -> Result<(), JournalError> {
        self.change_alone(import, |work| orders::looked(work, import, looks, now))
    }

    fn resend(&mut self, import: ImportId, numbers: &[u64], _now: Timestamp) -> Result<u64, JournalError> {
        self.change_alone(import, |work| retry::resend(work, import, numbers))
    }

    fn retry(&mut self, import: ImportId, per_order: u32, _now: Timestamp) -> Result<u64, JournalError> {
        self.change_alone(import, |work| retry::retry(work, import, per_order))
    }

    fn saw(&mut self, import: ImportId, videos: &[SeenVideo], now: Timestamp) -> Result<u64, JournalError> {
        self.change_alone(import, |work| evidence::saw(work, import, videos, now))
    }

    fn event(&mut self, event: &RowEvent, now: Timestamp) -> Result<bool, JournalError> {
        self.change(|work| event::event(work, event, now))
    }

    fn counts(&mut self, import: ImportId, reading: Option<u64>) -> Result<Counts, JournalError> {
        self.read(|work| report::counts(work, import, reading))
    }

    fn rows(&mut self, import: ImportId, query: &RowQuery<'_>) -> Result<Vec<RowRecord>, JournalError> {
        self.read(|work| report::rows(work, import, query))
    }

    fn listed_from(&mut self, import: ImportId) -> Result<Option<Timestamp>, JournalError> {
        self.read(|work| report::listed_from(work, import))
    }
}
