//! Rows of a manifest become rows of orders.

use super::keys::{Keys, part};
use crate::journal::{ImportId, Plan, PlanRow, Planned};
use crate::rules::own_state;
use rusqlite::{CachedStatement, Connection, OptionalExtension as _, params};
use vod_core::import::RowKey;

pub(super) fn begin(sqlite: &Connection, import: ImportId) -> rusqlite::Result<u64> {
    sqlite.execute(
        "DELETE FROM row_data WHERE import = ?1 AND verdict IN ('invalid', 'skipped')
         AND verdict IN ('invalid', 'skipped', 'failed')",
        [import.0],
    )?;
    sqlite.query_row(
        "UPDATE import_data SET readings = readings + 1, had = 0, invalid = 0, skipped = 0 WHERE id = ?1
         RETURNING readings",
        [import.0],
        |row| row.get(0),
    )
}

pub(super) fn finish(sqlite: &Connection, import: ImportId) -> rusqlite::Result<()> {
    let filled = "UPDATE order_data SET is_filling = 0 WHERE import = ?1 AND is_filling = 1";
    sqlite.execute(filled, [import.0])?;
    // Something must be written for what was planned to be flushed.
    sqlite.execute("UPDATE import_data SET had = had WHERE id = ?1", [import.0]).map(drop)
}

/// Returns the filter of keys too, which is that of the journal only if the transaction succeeds.
pub(super) fn plan<'p>(
    sqlite: &'p Connection,
    import: ImportId,
    reading: u64,
    plan: &Plan<'p>,
    keys: Option<Keys>,
) -> rusqlite::Result<(Planned, Keys)> {
    let mut keys = Keys::load(sqlite, import, keys)?;
    let mut find = sqlite.prepare_cached(
        "SELECT number, reading, line FROM row_data WHERE import = ?1 AND part = ?2 AND key = ?3",
    )?;
    let mut again = sqlite.prepare_cached("UPDATE row_data SET reading = ?2, line = ?3 WHERE number = ?1")?;
    let mut adding = Adding::new(sqlite, import, reading)?;
    let (mut planned, mut filling) = (Planned::default(), Filling::new(sqlite, import, plan)?);
    for row in plan.rows {
        let key = match &row.key {
            Ok(key) => key,
            Err(reason) => {
                planned.invalid += 1;
                bad(sqlite, import, reading, row, "invalid", reason)?;
                continue;
            }
        };
        // What is in the filter may be a row that is still to be inserted.
        if keys.may_have(key) {
            adding.insert()?;
        }
        match keys.find(&mut find, key)? {
            Some((_, last, line)) if last == reading => {
                planned.skipped += 1;
                bad(sqlite, import, reading, row, "skipped", &format!("line {line}"))?;
            }
            Some((number, ..)) => {
                planned.known += 1;
                again.execute(params![number, reading, row.line])?;
            }
            None => {
                planned.new += 1;
                let order = filling.next()?;
                adding.add(row, key, order, part(keys.keyed))?;
                keys.add(key);
            }
        }
    }
    adding.insert()?;
    filling.save()?;
    let read = planned.new + planned.known + planned.skipped + planned.invalid;
    sqlite.execute(
        "UPDATE import_data SET had = had + ?2, invalid = invalid + ?3, skipped = skipped + ?4, keyed = ?5
         WHERE id = ?1",
        params![import.0, read, planned.invalid, planned.skipped, keys.keyed],
    )?;
    Ok((planned, keys))
}

/// Rows that one statement inserts, which takes half the time of a statement for each.
const TOGETHER: usize = 20;

/// Inserts new rows.
struct Adding<'p> {
    one: CachedStatement<'p>,
    many: CachedStatement<'p>,
    import: ImportId,
    reading: u64,
    /// Rows to be inserted: with their keys, their orders and their parts of the index.
    rows: Vec<(&'p PlanRow, &'p RowKey, i64, u64)>,
}

impl<'p> Adding<'p> {
    fn new(sqlite: &'p Connection, import: ImportId, reading: u64) -> rusqlite::Result<Self> {
        let insert = |rows| {
            let values = vec!["(?1, ?2, ?, ?, ?, ?, ?, ?, ?)"; rows].join(", ");
            sqlite.prepare_cached(&format!(
                "INSERT INTO row_data (import, reading, line, order_number, key, file_url, title, state, part)
                 VALUES {values}"
            ))
        };
        Ok(Self { one: insert(1)?, many: insert(TOGETHER)?, import, reading, rows: Vec::new() })
    }

    fn add(&mut self, row: &'p PlanRow, key: &'p RowKey, order: i64, part: u64) -> rusqlite::Result<()> {
        self.rows.push((row, key, order, part));
        if self.rows.len() < TOGETHER { Ok(()) } else { self.insert() }
    }

    /// Inserts the rows that wait.
    fn insert(&mut self) -> rusqlite::Result<()> {
        let size = if self.rows.len() == TOGETHER { TOGETHER } else { 1 };
        let statement = if size == 1 { &mut self.one } else { &mut self.many };
        for rows in self.rows.chunks(size) {
            statement.raw_bind_parameter(1, self.import.0)?;
            statement.raw_bind_parameter(2, self.reading)?;
            for (at, (row, key, order, part)) in rows.iter().enumerate() {
                let (first, info) = (3 + at * 7, &row.info);
                statement.raw_bind_parameter(first, row.line)?;
                statement.raw_bind_parameter(first + 1, order)?;
                statement.raw_bind_parameter(first + 2, key.as_bytes())?;
                statement.raw_bind_parameter(first + 3, info.file_url.as_str())?;
                statement.raw_bind_parameter(first + 4, info.title.as_str())?;
                statement.raw_bind_parameter(first + 5, own_state(row))?;
                statement.raw_bind_parameter(first + 6, part)?;
            }
            statement.raw_execute()?;
        }
        self.rows.clear();
        Ok(())
    }
}

/// Keeps a row that is not sent.
fn bad(
    sqlite: &Connection,
    import: ImportId,
    reading: u64,
    row: &PlanRow,
    verdict: &str,
    reason: &str,
) -> rusqlite::Result<()> {
    let mut insert = sqlite.prepare_cached(
        "INSERT INTO row_data (import, reading, line, file_url, title, state, verdict, reason)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )?;
    let info = &row.info;
    insert.execute(params![
        import.0,
        reading,
        row.line,
        info.file_url,
        info.title,
        own_state(row),
        verdict,
        reason
    ])?;
    Ok(())
}

/// The order that new rows go into.
struct Filling<'p> {
    sqlite: &'p Connection,
    import: ImportId,
    template: &'p str,
    per_order: u32,
    /// Its number, and how many rows it has.
    order: Option<(i64, u32)>,
}

impl<'p> Filling<'p> {
    /// Continues with the order that an earlier call began, also one of a reading that was killed.
    fn new(sqlite: &'p Connection, import: ImportId, plan: &Plan<'p>) -> rusqlite::Result<Self> {
        let mut find = sqlite.prepare_cached(
            "SELECT number, rows FROM order_data WHERE import = ?1 AND template = ?2 AND is_filling = 1",
        )?;
        let found = find.query_row(params![import.0, plan.template], |row| Ok((row.get(0)?, row.get(1)?)));
        let order = found.optional()?;
        let per_order = plan.per_order.max(1);
        Ok(Self { sqlite, import, template: plan.template, per_order, order })
    }

    /// The order of the next row.
    fn next(&mut self) -> rusqlite::Result<i64> {
        if self.order.is_some_and(|(_, rows)| rows >= self.per_order) {
            self.save()?;
        }
        let order = match &mut self.order {
            Some(order) => order,
            none => {
                let sql = "INSERT INTO order_data (import, state, rows, is_filling, template)
                           VALUES (?1, 'planned', 0, 1, ?2)";
                self.sqlite.prepare_cached(sql)?.execute(params![self.import.0, self.template])?;
                none.insert((self.sqlite.last_insert_rowid(), 0))
            }
        };
        order.1 += 1;
        Ok(order.0)
    }

    /// Writes how many rows the order has. A full one can be claimed.
    fn save(&mut self) -> rusqlite::Result<()> {
        if let Some((number, rows)) = self.order.take() {
            let sql = "UPDATE order_data SET rows = ?2, is_filling = ?3 WHERE number = ?1";
            self.sqlite.prepare_cached(sql)?.execute(params![number, rows, rows < self.per_order])?;
        }
        Ok(())
    }
}
