//! Orders: claims, outcomes, proofs and looks.

use super::connection::{Sql, Work};
use super::{count, evidence, signed, state, time};
use crate::journal::{ClaimedOrder, ImportId, OrderRecord};
use crate::rules::sent;
use std::collections::HashMap;
use vod_core::Timestamp;
use vod_core::import::{Claimed, Looks, OrderId, OrderOutcome, OrderState, Write};

pub(super) fn write(
    work: &mut Work<'_>,
    import: ImportId,
    write: &Write,
    now: Timestamp,
) -> Sql<Vec<ClaimedOrder>> {
    // In one order, so that two workers do not wait for each other.
    let mut outcomes: Vec<_> = write.outcomes.iter().collect();
    outcomes.sort_by_key(|(order, _)| *order);
    for (order, outcome) in outcomes {
        apply(work, import, *order, outcome, now)?;
    }
    claim(work, import, write)
}

/// An order as far as its changes need it. It is locked until the transaction ends.
pub(super) struct Order {
    pub(super) number: i64,
    pub(super) state: OrderState,
    pub(super) attempt: i64,
    /// Whether an attempt may have been executed, or was.
    pub(super) is_doubtful: bool,
}

pub(super) fn find(work: &mut Work<'_>, import: ImportId, number: i64) -> Sql<Option<Order>> {
    let sql = "SELECT number, state, attempt, since IS NOT NULL FROM order_data
               WHERE number = $1 AND import = $2 FOR UPDATE";
    Ok(work.optional(sql, &[&number, &import.0])?.map(|row| Order {
        number: row.get(0),
        state: state(&row, 1),
        attempt: row.get(2),
        is_doubtful: row.get(3),
    }))
}

fn apply(
    work: &mut Work<'_>,
    import: ImportId,
    id: OrderId,
    outcome: &OrderOutcome,
    now: Timestamp,
) -> Sql<()> {
    let order = find(work, import, signed(id.number))?.filter(|order| order.attempt == i64::from(id.attempt));
    let Some(order) = order else { return Ok(()) };
    let Some(state) = order.state.after(outcome) else { return Ok(()) };
    // Videos that were seen before the outcome wait for it.
    let titles = match state {
        OrderState::Unknown => Vec::new(),
        _ => evidence::waiting_titles(work, import, order.number)?,
    };
    match outcome {
        OrderOutcome::Split => split(work, order.number)?,
        OrderOutcome::Refused { code, message } => {
            let sql = "UPDATE order_data SET code = $2, message = $3 WHERE number = $1";
            work.execute(sql, &[&order.number, code, message]).map(drop)?;
        }
        _ => {}
    }
    // What was certainly not executed is in doubt only if it was sent again on the user's word.
    let is_settled = matches!(state, OrderState::Accepted | OrderState::Refused | OrderState::Split);
    let is_undone = matches!(state, OrderState::Planned | OrderState::Refused | OrderState::Split);
    let settled_at = is_settled.then(|| now.as_millis());
    let sql = "UPDATE order_data SET state = $2, settled_at = $3,
                   since = CASE WHEN $4 AND resent = 0 THEN NULL ELSE since END WHERE number = $1";
    work.execute(sql, &[&order.number, &state.name(), &settled_at, &is_undone])?;
    titles.iter().try_for_each(|title| evidence::settle(work, import, title, now).map(drop))
}

/// Puts the halves of an order's rows into two new orders.
fn split(work: &mut Work<'_>, order: i64) -> Sql<()> {
    let sql = "SELECT number FROM row_data WHERE order_number = $1 ORDER BY number";
    let numbers: Vec<i64> = work.query(sql, &[&order])?.iter().map(|row| row.get(0)).collect();
    for half in numbers.chunks(numbers.len().div_ceil(2).max(1)) {
        let sql = "INSERT INTO order_data (import, state, rows, depth, is_filling, template, since, resent)
            SELECT import, 'planned', $2, depth + 1, FALSE, template, CASE WHEN resent > 0 THEN since END, resent
            FROM order_data WHERE number = $1 RETURNING number";
        let new: i64 = work.one(sql, &[&order, &(half.len() as i64)])?.get(0);
        let sql = "UPDATE row_data SET order_number = $1 WHERE number = ANY($2)";
        work.execute(sql, &[&new, &half])?;
    }
    work.execute("UPDATE order_data SET rows = 0 WHERE number = $1", &[&order]).map(drop)
}

fn claim(work: &mut Work<'_>, import: ImportId, write: &Write) -> Sql<Vec<ClaimedOrder>> {
    if write.claim == 0 {
        return Ok(Vec::new());
    }
    // Orders that another worker is claiming are passed by.
    let sql = "WITH claimed AS (
            SELECT number FROM order_data WHERE import = $1 AND state = 'planned' AND NOT is_filling
            ORDER BY depth DESC, number LIMIT $2 FOR UPDATE SKIP LOCKED)
        UPDATE order_data o SET state = 'sending', attempt = o.attempt + 1, signed_at = $3,
            since = coalesce(o.since, $3), first_look = NULL, last_look = NULL
        FROM claimed, import_data i WHERE o.number = claimed.number AND i.id = $1
        RETURNING o.number, o.attempt, o.rows, o.template, o.depth, i.token";
    let limit = i64::try_from(write.claim).unwrap_or(i64::MAX);
    let mut claimed = work.query(sql, &[&import.0, &limit, &write.signed_at.as_millis()])?;
    claimed.sort_by_key(|row| (-row.get::<_, i64>(4), row.get::<_, i64>(0)));
    let numbers: Vec<i64> = claimed.iter().map(|row| row.get(0)).collect();
    let sql = "SELECT order_number, number, file_url, title, state FROM row_data
               WHERE order_number = ANY($1) ORDER BY number";
    let mut rows = HashMap::<i64, Vec<_>>::new();
    for row in work.query(sql, &[&numbers])? {
        rows.entry(row.get(0)).or_default().push(row);
    }
    let order = |row: &postgres::Row| {
        let token = count(row, 5);
        let rows = rows.remove(&row.get(0)).unwrap_or_default();
        let order = OrderId { number: count(row, 0), attempt: row.get::<_, i64>(1) as u32 };
        ClaimedOrder {
            claimed: Claimed { order, rows: row.get::<_, i64>(2) as u32 },
            template: row.get(3),
            signed_at: write.signed_at,
            rows: rows
                .iter()
                .map(|row| sent(token, count(row, 1), row.get(2), row.get(3), row.get(4)))
                .collect(),
        }
    };
    Ok(claimed.iter().map(order).collect())
}

pub(super) fn open_orders(work: &mut Work<'_>, import: ImportId) -> Sql<Vec<OrderRecord>> {
    let sql = "SELECT number, attempt, state, rows, depth, signed_at, first_look, last_look FROM order_data
        WHERE import = $1 AND since IS NOT NULL AND state <> 'accepted'
            AND state IN ('sending', 'unknown', 'assumed') ORDER BY number";
    let record = |row: &postgres::Row| {
        let mut looks = Looks::default();
        looks.first = row.get::<_, Option<i64>>(6).map(time);
        looks.last = row.get::<_, Option<i64>>(7).map(time);
        OrderRecord {
            order: OrderId { number: count(row, 0), attempt: row.get::<_, i64>(1) as u32 },
            state: state(row, 2),
            rows: row.get::<_, i64>(3) as u32,
            depth: row.get::<_, i64>(4) as u32,
            signed_at: time(row.get::<_, Option<i64>>(5).unwrap_or_default()),
            looks,
        }
    };
    Ok(work.query(sql, &[&import.0])?.iter().map(record).collect())
}

pub(super) fn prove(work: &mut Work<'_>, import: ImportId, numbers: &[u64], now: Timestamp) -> Sql<u64> {
    let mut changed = 0;
    for number in numbers {
        if let Some(order) = find(work, import, signed(*number))? {
            let titles = evidence::waiting_titles(work, import, order.number)?;
            if prove_one(work, &order, now)? {
                changed += 1;
                titles.iter().try_for_each(|title| evidence::settle(work, import, title, now).map(drop))?;
            }
        }
    }
    Ok(changed)
}

/// Takes an order for executed. One that was never sent, or certainly not executed, stays as it is.
pub(super) fn prove_one(work: &mut Work<'_>, order: &Order, now: Timestamp) -> Sql<bool> {
    let Some(state) = order.state.proven().filter(|_| order.is_doubtful) else { return Ok(false) };
    let sql = "UPDATE order_data SET state = $2, settled_at = $3 WHERE number = $1";
    work.execute(sql, &[&order.number, &state.name(), &now.as_millis()])?;
    Ok(true)
}

pub(super) fn looked(
    work: &mut Work<'_>,
    import: ImportId,
    looks: &[(OrderId, Looks, bool)],
    now: Timestamp,
) -> Sql<()> {
    // The looks of several workers come in any order.
    let sql = "UPDATE order_data SET
            first_look = least(first_look, $4), last_look = greatest(last_look, $5),
            settled_at = CASE WHEN $6 AND state = 'unknown' THEN $7 ELSE settled_at END,
            state = CASE WHEN $6 AND state = 'unknown' THEN 'assumed' ELSE state END
        WHERE number = $1 AND attempt = $2 AND import = $3 AND state IN ('sending', 'unknown', 'assumed')";
    for (order, looks, is_assumed) in looks {
        let (first, last) = (looks.first.map(Timestamp::as_millis), looks.last.map(Timestamp::as_millis));
        work.execute(
            sql,
            &[
                &signed(order.number),
                &i64::from(order.attempt),
                &import.0,
                &first,
                &last,
                is_assumed,
                &now.as_millis(),
            ],
        )?;
    }
    Ok(())
}
