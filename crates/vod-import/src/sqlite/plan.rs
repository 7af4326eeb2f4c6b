//! Rows of a manifest become rows of orders.

use super::keys::{Keys, part};
use crate::journal::{ImportId, Plan, PlanRow, Planned};
use crate::rules::own_state;
use rusqlite::{Connection, OptionalExtension as _, params};

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
pub(super) fn plan(
    sqlite: &Connection,
    import: ImportId,
    reading: u64,
    plan: &Plan<'_>,
    keys: Option<Keys>,
) -> rusqlite::Result<(Planned, Keys)> {
    let mut keys = Keys::load(sqlite, import, keys)?;
    let mut find = sqlite.prepare_cached(
        "SELECT number, reading, line FROM row_data WHERE import = ?1 AND part = ?2 AND key = ?3",
    )?;
    let mut again = sqlite.prepare_cached("UPDATE row_data SET reading = ?2, line = ?3 WHERE number = ?1")?;
    let mut insert = sqlite.prepare_cached(
        "INSERT INTO row_data (import, reading, line, order_number, key, file_url, title, state, part)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    )?;
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
                let info = &row.info;
                insert.execute(params![
                    import.0,
                    reading,
                    row.line,
                    order,
                    key.as_bytes(),
                    info.file_url,
                    info.title,
                    own_state(row),
                    part(keys.keyed)
                ])?;
                keys.add(key);
            }
        }
    }
    filling.save()?;
    let read = planned.new + planned.known + planned.skipped + planned.invalid;
    sqlite.execute(
        "UPDATE import_data SET had = had + ?2, invalid = invalid + ?3, skipped = skipped + ?4, keyed = ?5
         WHERE id = ?1",
        params![import.0, read, planned.invalid, planned.skipped, keys.keyed],
    )?;
    Ok((planned, keys))
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
