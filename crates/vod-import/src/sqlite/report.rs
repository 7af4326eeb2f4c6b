//! Counts and rows.

use super::{LateIndex, import_of, orders, time};
use crate::journal::{Counts, ImportId, ImportRecord, RowQuery, RowRecord, RowState};
use crate::rules::{Orders, count_of, listed};
use rusqlite::types::Type;
use rusqlite::{Connection, Row, params};
use std::collections::BTreeMap;
use vod_core::Timestamp;

/// The index of lines.
pub(super) const LINES: LateIndex = LateIndex {
    name: "row_by_line",
    sql: "CREATE INDEX IF NOT EXISTS row_by_line ON row_data (import, line)",
};

pub(super) fn imports(sqlite: &Connection) -> rusqlite::Result<Vec<(ImportRecord, Counts)>> {
    let mut counts = BTreeMap::<i64, Counts>::new();
    let mut orders = sqlite.prepare(
        "SELECT state, sum(rows), sum(fetched), sum(failed), count(*), import FROM order_data
         GROUP BY import, state",
    )?;
    let mut orders = orders.query([])?;
    while let Some(row) = orders.next()? {
        orders_of(row)?.add_to(counts.entry(row.get(5)?).or_default());
    }
    let mut imports = sqlite
        .prepare("SELECT id, name, token, created_at, invalid, skipped FROM import_data ORDER BY id DESC")?;
    let records = imports.query_map([], |row| {
        let import = import_of(row)?;
        let mut counts = counts.remove(&import.id.0).unwrap_or_default();
        *count_of(&mut counts, RowState::Invalid) = row.get(4)?;
        *count_of(&mut counts, RowState::Skipped) = row.get(5)?;
        Ok((import, counts))
    })?;
    records.collect()
}

pub(super) fn counts(
    sqlite: &Connection,
    import: ImportId,
    reading: Option<u64>,
) -> rusqlite::Result<Counts> {
    let mut counts = Counts::default();
    let mut orders = sqlite.prepare_cached(
        "SELECT state, sum(rows), sum(fetched), sum(failed), count(*) FROM order_data WHERE import = ?1
         GROUP BY state",
    )?;
    let mut orders = orders.query([import.0])?;
    while let Some(row) = orders.next()? {
        orders_of(row)?.add_to(&mut counts);
    }
    let mut last =
        sqlite.prepare_cached("SELECT readings, had, invalid, skipped FROM import_data WHERE id = ?1")?;
    let mut last = last.query([import.0])?;
    let Some(row) = last.next()? else { return Ok(counts) };
    let (last, had) = (row.get::<_, u64>(0)?, row.get::<_, u64>(1)?);
    *count_of(&mut counts, RowState::Invalid) = row.get(2)?;
    *count_of(&mut counts, RowState::Skipped) = row.get(3)?;
    match reading {
        // Where the last manifest has all rows, which is usual, the orders know.
        Some(reading) if reading != last || had != counts.rows() => of_reading(sqlite, import, reading),
        _ => Ok(counts),
    }
}

/// Counts the rows one by one.
fn of_reading(sqlite: &Connection, import: ImportId, reading: u64) -> rusqlite::Result<Counts> {
    let mut counts = Counts::default();
    let mut rows = sqlite.prepare_cached(
        "SELECT coalesce(r.verdict, o.state), count(*) FROM row_data r
         LEFT JOIN order_data o ON o.number = r.order_number WHERE r.import = ?1 AND r.reading = ?2 GROUP BY 1",
    )?;
    let mut rows = rows.query(params![import.0, reading])?;
    while let Some(row) = rows.next()? {
        *count_of(&mut counts, row_state(row, 0)?) = row.get(1)?;
    }
    let mut orders = sqlite.prepare_cached(
        "SELECT count(DISTINCT order_number) FROM row_data WHERE import = ?1 AND reading = ?2",
    )?;
    counts.orders = orders.query_row(params![import.0, reading], |row| row.get(0))?;
    Ok(counts)
}

/// Orders of one state: state, rows, fetched, failed, orders.
fn orders_of(row: &Row<'_>) -> rusqlite::Result<Orders> {
    Ok(Orders {
        state: orders::state_of(row, 0)?,
        rows: row.get(1)?,
        fetched: row.get(2)?,
        failed: row.get(3)?,
        orders: row.get(4)?,
    })
}

/// The state that a column names.
fn row_state(row: &Row<'_>, column: usize) -> rusqlite::Result<RowState> {
    let name: String = row.get(column)?;
    RowState::of_name(&name)
        .ok_or_else(|| rusqlite::Error::InvalidColumnType(column, "state".to_owned(), Type::Text))
}

pub(super) fn rows(
    sqlite: &Connection,
    import: ImportId,
    query: &RowQuery<'_>,
) -> rusqlite::Result<Vec<RowRecord>> {
    let token: u64 =
        sqlite.query_row("SELECT token FROM import_data WHERE id = ?1", [import.0], |row| row.get(0))?;
    let states: Vec<_> = query.states.iter().map(|state| format!("'{}'", state.name())).collect();
    let wanted = if states.is_empty() {
        String::new()
    } else {
        format!("AND coalesce(r.verdict, o.state) IN ({})", states.join(", "))
    };
    let mut rows = sqlite.prepare_cached(&format!(
        "SELECT r.number, r.line, r.file_url, r.title, r.state, coalesce(r.verdict, o.state),
             coalesce(r.reason, o.code || ': ' || o.message), r.vid, r.play_url,
             CASE WHEN o.state <> 'planned' THEN o.signed_at END, coalesce(r.settled_at, o.settled_at),
             r.order_number IS NOT NULL
         FROM row_data r INDEXED BY row_by_line LEFT JOIN order_data o ON o.number = r.order_number
         WHERE r.import = ?1 AND r.line >= ?2 AND (r.line > ?2 OR r.number > ?3)
             AND (?4 IS NULL OR r.reading = ?4) {wanted}
         ORDER BY r.line, r.number LIMIT ?5"
    ))?;
    let (line, number) = query.after;
    let records = rows.query_map(params![import.0, line, number, query.reading, query.limit], |row| {
        let (file_url, title, state): (String, String, Option<String>) =
            (row.get(2)?, row.get(3)?, row.get(4)?);
        let number = row.get(0)?;
        let info = listed(token, number, file_url, title, state, row.get(11)?);
        Ok(RowRecord {
            number,
            line: row.get(1)?,
            info,
            state: row_state(row, 5)?,
            reason: row.get(6)?,
            vid: row.get(7)?,
            play_url: row.get(8)?,
            sent_at: row.get::<_, Option<i64>>(9)?.map(time),
            settled_at: row.get::<_, Option<i64>>(10)?.map(time),
        })
    })?;
    records.collect()
}

pub(super) fn listed_from(sqlite: &Connection, import: ImportId) -> rusqlite::Result<Option<Timestamp>> {
    let earliest = sqlite.query_row(
        "SELECT min(since) FROM order_data
         WHERE import = ?1 AND since IS NOT NULL AND fetched + failed < rows AND state <> 'refused'",
        [import.0],
        |row| row.get::<_, Option<i64>>(0),
    )?;
    Ok(earliest.map(time))
}
