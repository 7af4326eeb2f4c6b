//! What is sent again on the user's word.

use super::connection::{Sql, Work};
use super::count;
use crate::journal::ImportId;
use std::collections::BTreeMap;

pub(super) fn resend(work: &mut Work<'_>, import: ImportId, numbers: &[u64]) -> Sql<u64> {
    let numbers: Vec<i64> = numbers.iter().filter_map(|number| i64::try_from(*number).ok()).collect();
    let sql = "WITH again AS (
            UPDATE order_data SET state = 'planned', resent = resent + 1, settled_at = NULL
            WHERE import = $1 AND number = ANY($2) AND state = 'assumed' RETURNING rows)
        SELECT coalesce(sum(rows), 0)::bigint FROM again";
    Ok(count(&work.one(sql, &[&import.0, &numbers])?, 0))
}

pub(super) fn retry(work: &mut Work<'_>, import: ImportId, per_order: u32) -> Sql<u64> {
    let sql = "SELECT r.number, o.template FROM row_data r JOIN order_data o ON o.number = r.order_number
        WHERE r.import = $1 AND r.verdict IN ('invalid', 'skipped', 'failed') AND r.verdict = 'failed'
        UNION ALL
        SELECT r.number, o.template FROM order_data o JOIN row_data r ON r.order_number = o.number
        WHERE o.import = $1 AND o.state = 'refused' AND r.verdict IS NULL
        ORDER BY 1";
    let mut by_template = BTreeMap::<String, Vec<i64>>::new();
    for row in work.query(sql, &[&import.0])? {
        by_template.entry(row.get(1)).or_default().push(row.get(0));
    }
    let mut retried = 0;
    for (template, numbers) in by_template {
        for numbers in numbers.chunks(per_order.max(1) as usize) {
            let sql = "INSERT INTO order_data (import, state, rows, is_filling, template)
                       VALUES ($1, 'planned', $2, FALSE, $3) RETURNING number";
            let order: i64 = work.one(sql, &[&import.0, &(numbers.len() as i64), &template])?.get(0);
            let sql = "UPDATE order_data o SET rows = o.rows - l.rows, failed = o.failed - l.failed
                FROM (SELECT order_number, count(*) AS rows, count(*) FILTER (WHERE verdict = 'failed') AS failed
                      FROM row_data WHERE number = ANY($1) GROUP BY order_number) l
                WHERE o.number = l.order_number";
            work.execute(sql, &[&numbers])?;
            // What failed gets a new number, and so a new `state` if that is minted: a late or repeated
            // callback of the failure is not taken for one of the new order.
            let sql = "UPDATE row_data SET
                    number = CASE WHEN verdict = 'failed' THEN nextval('row_number') ELSE number END,
                    is_retried = is_retried OR coalesce(verdict = 'failed', FALSE),
                    order_number = $1, verdict = NULL, reason = NULL, settled_at = NULL
                WHERE number = ANY($2)";
            work.execute(sql, &[&order, &numbers])?;
            retried += numbers.len() as u64;
        }
    }
    Ok(retried)
}
