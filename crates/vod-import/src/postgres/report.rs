//! Counts and rows.

use super::connection::{Sql, Work};
use super::{count, import_of, signed, state, time};
use crate::journal::{Counts, ImportId, ImportRecord, RowQuery, RowRecord, RowState};
use crate::rules::{Orders, count_of, listed};
use postgres::Row;
use std::collections::BTreeMap;
use vod_core::Timestamp;

pub(super) fn imports(work: &mut Work<'_>) -> Sql<Vec<(ImportRecord, Counts)>> {
    let mut counts = BTreeMap::<i64, Counts>::new();
    let sql = "SELECT state, sum(rows)::bigint, sum(fetched)::bigint, sum(failed)::bigint, count(*), import
               FROM order_data GROUP BY import, state";
    for row in &work.query(sql, &[])? {
        orders_of(row).add_to(counts.entry(row.get(5)).or_default());
    }
    let sql = "SELECT id, name, token, created_at, invalid, skipped FROM import_data ORDER BY id DESC";
    let record = |row: &Row| {
        let import = import_of(row);
        let mut counts = counts.remove(&import.id.0).unwrap_or_default();
        *count_of(&mut counts, RowState::Invalid) = count(row, 4);
        *count_of(&mut counts, RowState::Skipped) = count(row, 5);
        (import, counts)
    };
    Ok(work.query(sql, &[])?.iter().map(record).collect())
}

pub(super) fn counts(work: &mut Work<'_>, import: ImportId, reading: Option<u64>) -> Sql<Counts> {
    let mut counts = Counts::default();
    let sql = "SELECT state, sum(rows)::bigint, sum(fetched)::bigint, sum(failed)::bigint, count(*)
               FROM order_data WHERE import = $1 GROUP BY state";
    for row in &work.query(sql, &[&import.0])? {
        orders_of(row).add_to(&mut counts);
    }
    let sql = "SELECT readings, had, invalid, skipped FROM import_data WHERE id = $1";
    let Some(last) = work.optional(sql, &[&import.0])? else { return Ok(counts) };
    *count_of(&mut counts, RowState::Invalid) = count(&last, 2);
    *count_of(&mut counts, RowState::Skipped) = count(&last, 3);
    match reading {
        // Where the last manifest has all rows, which is usual, the orders know.
        Some(reading) if reading != count(&last, 0) || count(&last, 1) != counts.rows() => {
            of_reading(work, import, reading)
        }
        _ => Ok(counts),
    }
}

/// Counts the rows one by one.
fn of_reading(work: &mut Work<'_>, import: ImportId, reading: u64) -> Sql<Counts> {
    let mut counts = Counts::default();
    let sql = "SELECT coalesce(r.verdict, o.state), count(*) FROM row_data r
        LEFT JOIN order_data o ON o.number = r.order_number WHERE r.import = $1 AND r.reading = $2 GROUP BY 1";
    for row in &work.query(sql, &[&import.0, &signed(reading)])? {
        *count_of(&mut counts, row_state(row, 0)) = count(row, 1);
    }
    let sql = "SELECT count(DISTINCT order_number) FROM row_data WHERE import = $1 AND reading = $2";
    counts.orders = count(&work.one(sql, &[&import.0, &signed(reading)])?, 0);
    Ok(counts)
}

/// Orders of one state: state, rows, fetched, failed, orders.
fn orders_of(row: &Row) -> Orders {
    Orders {
        state: state(row, 0),
        rows: count(row, 1),
        fetched: count(row, 2),
        failed: count(row, 3),
        orders: count(row, 4),
    }
}

/// The state that a column names; the schema has no others.
fn row_state(row: &Row, column: usize) -> RowState {
    RowState::of_name(row.get(column)).unwrap_or(RowState::Unknown)
}

pub(super) fn rows(work: &mut Work<'_>, import: ImportId, query: &RowQuery<'_>) -> Sql<Vec<RowRecord>> {
    let sql = "SELECT r.number, r.line, r.file_url, r.title, r.state, coalesce(r.verdict, o.state),
            coalesce(r.reason, o.code || ': ' || o.message), r.vid, r.play_url,
            CASE WHEN o.state <> 'planned' THEN o.signed_at END, coalesce(r.settled_at, o.settled_at),
            r.order_number IS NOT NULL, i.token
        FROM row_data r JOIN import_data i ON i.id = r.import LEFT JOIN order_data o ON o.number = r.order_number
        WHERE r.import = $1 AND (r.line, r.number) > ($2, $3) AND ($4::bigint IS NULL OR r.reading = $4)
            AND ($5::text[] IS NULL OR coalesce(r.verdict, o.state) = ANY($5))
        ORDER BY r.line, r.number LIMIT $6";
    let states: Vec<_> = query.states.iter().map(|state| state.name()).collect();
    let states = Some(states).filter(|states| !states.is_empty());
    let (line, number) = (signed(query.after.0), signed(query.after.1));
    let rows = work.query(
        sql,
        &[&import.0, &line, &number, &query.reading.map(signed), &states, &i64::from(query.limit)],
    )?;
    let record = |row: &Row| RowRecord {
        number: count(row, 0),
        line: count(row, 1),
        info: listed(count(row, 12), count(row, 0), row.get(2), row.get(3), row.get(4), row.get(11)),
        state: row_state(row, 5),
        reason: row.get(6),
        vid: row.get(7),
        play_url: row.get(8),
        sent_at: row.get::<_, Option<i64>>(9).map(time),
        settled_at: row.get::<_, Option<i64>>(10).map(time),
    };
    Ok(rows.iter().map(record).collect())
}

pub(super) fn listed_from(work: &mut Work<'_>, import: ImportId) -> Sql<Option<Timestamp>> {
    let sql = "SELECT min(since) FROM order_data
        WHERE import = $1 AND since IS NOT NULL AND fetched + failed < rows AND state <> 'refused'";
    Ok(work.one(sql, &[&import.0])?.get::<_, Option<i64>>(0).map(time))
}
