//! Rows of a manifest become rows of orders: few statements for many rows.

use super::connection::{Sql, Work};
use super::signed;
use crate::journal::{ImportId, Plan, PlanRow, Planned};
use crate::rules::own_state;
use std::collections::HashMap;
use vod_core::import::RowKey;

pub(super) fn begin(work: &mut Work<'_>, import: ImportId) -> Sql<u64> {
    work.execute(
        "DELETE FROM row_data WHERE import = $1 AND verdict IN ('invalid', 'skipped')",
        &[&import.0],
    )?;
    let sql =
        "UPDATE import_data SET readings = readings + 1, had = 0, invalid = 0, skipped = 0 WHERE id = $1
               RETURNING readings";
    Ok(super::count(&work.one(sql, &[&import.0])?, 0))
}

pub(super) fn finish(work: &mut Work<'_>, import: ImportId) -> Sql<()> {
    let sql = "UPDATE order_data SET is_filling = FALSE WHERE import = $1 AND is_filling";
    work.execute(sql, &[&import.0]).map(drop)
}

/// Columns of rows that are inserted together.
#[derive(Default)]
struct Columns<'r> {
    lines: Vec<i64>,
    orders: Vec<Option<i64>>,
    keys: Vec<Option<&'r [u8]>>,
    file_urls: Vec<String>,
    titles: Vec<String>,
    states: Vec<Option<String>>,
    verdicts: Vec<Option<&'static str>>,
    reasons: Vec<Option<String>>,
}

impl<'r> Columns<'r> {
    fn push(&mut self, row: &'r PlanRow, order: Option<i64>, bad: Option<(&'static str, String)>) {
        self.lines.push(signed(row.line));
        self.orders.push(order);
        self.keys.push(row.key.as_ref().ok().filter(|_| bad.is_none()).map(|key| &key.as_bytes()[..]));
        self.file_urls.push(text(&row.info.file_url));
        self.titles.push(text(&row.info.title));
        self.states.push(own_state(row).map(text));
        let (verdict, reason) = bad.unzip();
        self.verdicts.push(verdict);
        self.reasons.push(reason);
    }
}

/// A text as PostgreSQL can keep it.
fn text(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}

pub(super) fn plan(work: &mut Work<'_>, import: ImportId, reading: u64, plan: &Plan<'_>) -> Sql<Planned> {
    let keys: Vec<&[u8]> =
        plan.rows.iter().filter_map(|row| row.key.as_ref().ok()).map(|key| &key.as_bytes()[..]).collect();
    let found = work.query(
        "SELECT key, number, reading, line FROM row_data WHERE import = $1 AND key = ANY($2)",
        &[&import.0, &keys],
    )?;
    // Rows that are there: number, reading, line.
    let mut known: HashMap<RowKey, (Option<i64>, u64, u64)> = HashMap::new();
    for row in &found {
        let mut key = [0; 16];
        let bytes: &[u8] = row.get(0);
        if bytes.len() == key.len() {
            key.copy_from_slice(bytes);
        }
        let place = (Some(row.get(1)), super::count(row, 2), super::count(row, 3));
        known.insert(RowKey::from_bytes(key), place);
    }
    let mut planned = Planned::default();
    let (mut again, mut lines) = (Vec::new(), Vec::new());
    let (mut new, mut columns) = (Vec::new(), Columns::default());
    for row in plan.rows {
        let key = match &row.key {
            Ok(key) => key,
            Err(reason) => {
                planned.invalid += 1;
                columns.push(row, None, Some(("invalid", text(reason))));
                continue;
            }
        };
        match known.get_mut(key) {
            Some((_, last, line)) if *last == reading => {
                planned.skipped += 1;
                columns.push(row, None, Some(("skipped", format!("line {line}"))));
            }
            Some(place) => {
                planned.known += 1;
                again.extend(place.0);
                lines.push(signed(row.line));
                (place.1, place.2) = (reading, row.line);
            }
            None => {
                planned.new += 1;
                known.insert(*key, (None, reading, row.line));
                new.push(row);
            }
        }
    }
    fill(work, import, plan, &new, &mut columns)?;
    let sql = "UPDATE row_data r SET reading = $1, line = a.line
               FROM unnest($2::bigint[], $3::bigint[]) AS a (number, line) WHERE r.number = a.number";
    work.execute(sql, &[&signed(reading), &again, &lines])?;
    let sql = "INSERT INTO row_data (import, reading, line, order_number, key, file_url, title, state, verdict, reason)
        SELECT $1, $2, n.line, n.order_number, n.key, n.file_url, n.title, n.state, n.verdict, n.reason
        FROM unnest($3::bigint[], $4::bigint[], $5::bytea[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[])
            WITH ORDINALITY AS n (line, order_number, key, file_url, title, state, verdict, reason, place)
        ORDER BY n.place";
    work.execute(
        sql,
        &[
            &import.0,
            &signed(reading),
            &columns.lines,
            &columns.orders,
            &columns.keys,
            &columns.file_urls,
            &columns.titles,
            &columns.states,
            &columns.verdicts,
            &columns.reasons,
        ],
    )?;
    let read = signed(planned.new + planned.known + planned.skipped + planned.invalid);
    let sql =
        "UPDATE import_data SET had = had + $2, invalid = invalid + $3, skipped = skipped + $4 WHERE id = $1";
    work.execute(sql, &[&import.0, &read, &signed(planned.invalid), &signed(planned.skipped)])?;
    Ok(planned)
}

/// Puts new rows into orders. The first continues with the order that an earlier call began, also one of a
/// reading that was killed.
fn fill<'r>(
    work: &mut Work<'_>,
    import: ImportId,
    plan: &Plan<'_>,
    mut rows: &[&'r PlanRow],
    columns: &mut Columns<'r>,
) -> Sql<()> {
    let per_order = plan.per_order.max(1) as usize;
    let mut take = |order: i64, count: usize| {
        let (taken, rest) = rows.split_at(count.min(rows.len()));
        taken.iter().for_each(|row| columns.push(row, Some(order), None));
        rows = rest;
        (taken.len(), rest.len())
    };
    let sql =
        "SELECT number, rows FROM order_data WHERE import = $1 AND template = $2 AND is_filling FOR UPDATE";
    let mut left = take(0, 0).1;
    if let Some(filling) = work.optional(sql, &[&import.0, &plan.template])? {
        let (number, has): (i64, i64) = (filling.get(0), filling.get(1));
        let free = per_order.saturating_sub(has as usize);
        let (taken, rest) = take(number, free);
        left = rest;
        let sql = "UPDATE order_data SET rows = rows + $2, is_filling = $3 WHERE number = $1";
        work.execute(sql, &[&number, &(taken as i64), &(taken < free)])?;
    }
    let mut sizes = vec![per_order as i64; left / per_order];
    sizes.extend(Some((left % per_order) as i64).filter(|rest| *rest > 0));
    let sql = "INSERT INTO order_data (import, state, rows, is_filling, template)
               SELECT $1, 'planned', s.size, s.size < $3, $2
               FROM unnest($4::bigint[]) WITH ORDINALITY AS s (size, place) ORDER BY s.place
               RETURNING number, rows";
    let mut orders: Vec<(i64, i64)> = work
        .query(sql, &[&import.0, &plan.template, &(per_order as i64), &sizes])?
        .iter()
        .map(|row| (row.get(0), row.get(1)))
        .collect();
    orders.sort_unstable();
    for (number, size) in orders {
        take(number, size as usize);
    }
    Ok(())
}
