//! What is sent again on the user's word.

use super::orders;
use crate::journal::ImportId;
use rusqlite::{Connection, OptionalExtension as _, params};
use std::collections::BTreeMap;

pub(super) fn resend(sqlite: &Connection, import: ImportId, numbers: &[u64]) -> rusqlite::Result<u64> {
    let mut plan = sqlite.prepare_cached(
        "UPDATE order_data SET state = 'planned', resent = resent + 1, settled_at = NULL
         WHERE import = ?1 AND number = ?2 AND state = 'assumed' RETURNING rows",
    )?;
    let mut planned = 0;
    for number in numbers {
        let rows = plan.query_row(params![import.0, orders::signed(*number)], |row| row.get::<_, u64>(0));
        planned += rows.optional()?.unwrap_or_default();
    }
    Ok(planned)
}

/// A row that is planned again.
struct Again {
    number: i64,
    order: i64,
    has_failed: bool,
}

pub(super) fn retry(sqlite: &Connection, import: ImportId, per_order: u32) -> rusqlite::Result<u64> {
    let mut number: i64 =
        sqlite.query_row("SELECT coalesce(max(number), 0) FROM row_data", [], |row| row.get(0))?;
    let mut insert = sqlite.prepare(
        "INSERT INTO order_data (import, state, rows, is_filling, template) VALUES (?1, 'planned', ?2, 0, ?3)",
    )?;
    let mut leave =
        sqlite.prepare("UPDATE order_data SET rows = rows - 1, failed = failed - ?2 WHERE number = ?1")?;
    let mut take = sqlite.prepare(
        "UPDATE row_data SET number = ?2, order_number = ?3, verdict = NULL, reason = NULL, settled_at = NULL,
             is_retried = CASE WHEN ?4 THEN 1 ELSE is_retried END WHERE number = ?1",
    )?;
    let mut retried = 0;
    for (template, rows) in wanted(sqlite, import)? {
        for rows in rows.chunks(per_order.max(1) as usize) {
            insert.execute(params![import.0, rows.len(), template])?;
            let order = sqlite.last_insert_rowid();
            for row in rows {
                // With a new number, and so a new `state` if that is minted: a late or repeated callback of
                // what failed is not taken for one of the new order.
                let new = if row.has_failed {
                    number += 1;
                    number
                } else {
                    row.number
                };
                leave.execute(params![row.order, row.has_failed])?;
                take.execute(params![row.number, new, order, row.has_failed])?;
                retried += 1;
            }
        }
    }
    Ok(retried)
}

/// The failed and the refused rows, by the template of their orders.
fn wanted(sqlite: &Connection, import: ImportId) -> rusqlite::Result<BTreeMap<String, Vec<Again>>> {
    let mut rows = sqlite.prepare(
        "SELECT r.number, r.order_number, o.template, 1 FROM row_data r JOIN order_data o ON o.number = r.order_number
         WHERE r.import = ?1 AND r.verdict = 'failed' AND r.verdict IN ('invalid', 'skipped', 'failed')
         UNION ALL
         SELECT r.number, r.order_number, o.template, 0 FROM order_data o CROSS JOIN row_data r
         WHERE o.import = ?1 AND o.state = 'refused' AND r.order_number = o.number AND r.verdict IS NULL
         ORDER BY 1",
    )?;
    let mut by_template = BTreeMap::<String, Vec<Again>>::new();
    let mut rows = rows.query([import.0])?;
    while let Some(row) = rows.next()? {
        let again = Again { number: row.get(0)?, order: row.get(1)?, has_failed: row.get(3)? };
        let template = row.get_ref(2)?.as_str()?;
        match by_template.get_mut(template) {
            Some(rows) => rows.push(again),
            None => drop(by_template.insert(template.to_owned(), vec![again])),
        }
    }
    Ok(by_template)
}
