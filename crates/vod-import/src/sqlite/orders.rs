//! Orders: claims, outcomes, proofs and looks.

use super::{evidence, time};
use crate::journal::{ClaimedOrder, ImportId, OrderRecord};
use crate::rules::sent;
use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use vod_core::Timestamp;
use vod_core::import::{Claimed, Looks, OrderId, OrderOutcome, OrderState, Write};

pub(super) fn write(
    sqlite: &Connection,
    import: ImportId,
    write: &Write,
    now: Timestamp,
) -> rusqlite::Result<Vec<ClaimedOrder>> {
    for (order, outcome) in &write.outcomes {
        apply(sqlite, import, *order, outcome, now)?;
    }
    claim(sqlite, import, write)
}

/// An order as far as its changes need it.
pub(super) struct Order {
    pub(super) number: i64,
    pub(super) state: OrderState,
    pub(super) attempt: u32,
    /// Whether an attempt may have been executed, or was.
    pub(super) is_doubtful: bool,
}

pub(super) fn find(sqlite: &Connection, import: ImportId, number: i64) -> rusqlite::Result<Option<Order>> {
    let mut found = sqlite.prepare_cached(
        "SELECT number, state, attempt, since IS NOT NULL FROM order_data WHERE number = ?1 AND import = ?2",
    )?;
    let order = |row: &Row<'_>| {
        Ok(Order {
            number: row.get(0)?,
            state: state_of(row, 1)?,
            attempt: row.get(2)?,
            is_doubtful: row.get(3)?,
        })
    };
    found.query_row(params![number, import.0], order).optional()
}

/// The state that a column names.
pub(super) fn state_of(row: &Row<'_>, column: usize) -> rusqlite::Result<OrderState> {
    let name: String = row.get(column)?;
    OrderState::of_name(&name)
        .ok_or_else(|| rusqlite::Error::InvalidColumnType(column, "state".to_owned(), Type::Text))
}

fn apply(
    sqlite: &Connection,
    import: ImportId,
    id: OrderId,
    outcome: &OrderOutcome,
    now: Timestamp,
) -> rusqlite::Result<()> {
    let order = find(sqlite, import, signed(id.number))?.filter(|order| order.attempt == id.attempt);
    let Some(order) = order else { return Ok(()) };
    let Some(state) = order.state.after(outcome) else { return Ok(()) };
    // Videos that were seen before the outcome wait for it.
    let titles = match state {
        OrderState::Unknown => Vec::new(),
        _ => evidence::waiting_titles(sqlite, import, order.number)?,
    };
    match outcome {
        OrderOutcome::Split => split(sqlite, order.number)?,
        OrderOutcome::Refused { code, message } => {
            let sql = "UPDATE order_data SET code = ?2, message = ?3 WHERE number = ?1";
            sqlite.prepare_cached(sql)?.execute(params![order.number, code, message])?;
        }
        _ => {}
    }
    // What was certainly not executed is in doubt only if it was sent again on the user's word.
    let mut change = sqlite.prepare_cached(
        "UPDATE order_data SET state = ?2, settled_at = ?3,
             since = CASE WHEN ?4 AND resent = 0 THEN NULL ELSE since END WHERE number = ?1",
    )?;
    let is_settled = matches!(state, OrderState::Accepted | OrderState::Refused | OrderState::Split);
    let is_undone = matches!(state, OrderState::Planned | OrderState::Refused | OrderState::Split);
    let settled_at = is_settled.then(|| now.as_millis());
    change.execute(params![order.number, state.name(), settled_at, is_undone])?;
    titles.iter().try_for_each(|title| evidence::settle(sqlite, import, title, now).map(drop))
}

/// Puts the halves of an order's rows into two new orders.
fn split(sqlite: &Connection, order: i64) -> rusqlite::Result<()> {
    let mut numbers =
        sqlite.prepare_cached("SELECT number FROM row_data WHERE order_number = ?1 ORDER BY number")?;
    let numbers = numbers.query_map([order], |row| row.get(0))?.collect::<Result<Vec<i64>, _>>()?;
    let mut insert = sqlite.prepare_cached(
        "INSERT INTO order_data (import, state, rows, depth, is_filling, template, since, resent)
         SELECT import, 'planned', ?2, depth + 1, 0, template, CASE WHEN resent > 0 THEN since END, resent
         FROM order_data WHERE number = ?1",
    )?;
    let mut take = sqlite.prepare_cached(
        "UPDATE row_data SET order_number = ?2 WHERE order_number = ?1 AND number BETWEEN ?3 AND ?4",
    )?;
    for half in numbers.chunks(numbers.len().div_ceil(2).max(1)) {
        let [first, .., last] = half else {
            let one = half[0];
            insert.execute(params![order, 1])?;
            take.execute(params![order, sqlite.last_insert_rowid(), one, one])?;
            continue;
        };
        insert.execute(params![order, half.len()])?;
        take.execute(params![order, sqlite.last_insert_rowid(), first, last])?;
    }
    sqlite.execute("UPDATE order_data SET rows = 0 WHERE number = ?1", [order]).map(drop)
}

fn claim(sqlite: &Connection, import: ImportId, write: &Write) -> rusqlite::Result<Vec<ClaimedOrder>> {
    if write.claim == 0 {
        return Ok(Vec::new());
    }
    let mut planned = sqlite.prepare_cached(
        "SELECT number, attempt, rows, template FROM order_data
         WHERE import = ?1 AND state = 'planned' AND is_filling = 0 ORDER BY depth DESC, number LIMIT ?2",
    )?;
    let mut change = sqlite.prepare_cached(
        "UPDATE order_data SET state = 'sending', attempt = attempt + 1, signed_at = ?2,
             since = coalesce(since, ?2), first_look = NULL, last_look = NULL WHERE number = ?1",
    )?;
    let mut rows = sqlite.prepare_cached(
        "SELECT number, file_url, title, state FROM row_data WHERE order_number = ?1 ORDER BY number",
    )?;
    let token: u64 =
        sqlite.query_row("SELECT token FROM import_data WHERE id = ?1", [import.0], |row| row.get(0))?;
    let limit = i64::try_from(write.claim).unwrap_or(i64::MAX);
    let orders = planned.query_map(params![import.0, limit], |row| {
        let order = OrderId { number: row.get(0)?, attempt: row.get::<_, u32>(1)? + 1 };
        let claimed = Claimed { order, rows: row.get(2)? };
        let template = row.get(3)?;
        Ok(ClaimedOrder { claimed, template, signed_at: write.signed_at, rows: Vec::new() })
    })?;
    let mut orders = orders.collect::<Result<Vec<_>, _>>()?;
    for order in &mut orders {
        let number = signed(order.claimed.order.number);
        change.execute(params![number, write.signed_at.as_millis()])?;
        let infos = rows
            .query_map([number], |row| Ok(sent(token, row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))?;
        order.rows = infos.collect::<Result<_, _>>()?;
    }
    Ok(orders)
}

pub(super) fn open_orders(sqlite: &Connection, import: ImportId) -> rusqlite::Result<Vec<OrderRecord>> {
    let mut orders = sqlite.prepare_cached(
        "SELECT number, attempt, state, rows, depth, signed_at, first_look, last_look FROM order_data
         WHERE import = ?1 AND since IS NOT NULL AND state <> 'accepted'
             AND state IN ('sending', 'unknown', 'assumed') ORDER BY number",
    )?;
    let records = orders.query_map([import.0], |row| {
        let mut looks = Looks::default();
        looks.first = row.get::<_, Option<i64>>(6)?.map(time);
        looks.last = row.get::<_, Option<i64>>(7)?.map(time);
        Ok(OrderRecord {
            order: OrderId { number: row.get(0)?, attempt: row.get(1)? },
            state: state_of(row, 2)?,
            rows: row.get(3)?,
            depth: row.get(4)?,
            signed_at: time(row.get(5)?),
            looks,
        })
    })?;
    records.collect()
}

pub(super) fn prove(
    sqlite: &Connection,
    import: ImportId,
    numbers: &[u64],
    now: Timestamp,
) -> rusqlite::Result<u64> {
    let mut changed = 0;
    for number in numbers {
        if let Some(order) = find(sqlite, import, signed(*number))? {
            let titles = evidence::waiting_titles(sqlite, import, order.number)?;
            if prove_one(sqlite, &order, now)? {
                changed += 1;
                titles.iter().try_for_each(|title| evidence::settle(sqlite, import, title, now).map(drop))?;
            }
        }
    }
    Ok(changed)
}

/// Takes an order for executed. One that was never sent, or certainly not executed, stays as it is.
pub(super) fn prove_one(sqlite: &Connection, order: &Order, now: Timestamp) -> rusqlite::Result<bool> {
    let Some(state) = order.state.proven().filter(|_| order.is_doubtful) else { return Ok(false) };
    let mut change =
        sqlite.prepare_cached("UPDATE order_data SET state = ?2, settled_at = ?3 WHERE number = ?1")?;
    change.execute(params![order.number, state.name(), now.as_millis()])?;
    Ok(true)
}

pub(super) fn looked(
    sqlite: &Connection,
    import: ImportId,
    looks: &[(OrderId, Looks, bool)],
    now: Timestamp,
) -> rusqlite::Result<()> {
    // The looks of several workers come in any order.
    let mut change = sqlite.prepare_cached(
        "UPDATE order_data SET
             first_look = coalesce(min(first_look, ?4), first_look, ?4),
             last_look = coalesce(max(last_look, ?5), last_look, ?5),
             settled_at = CASE WHEN ?6 AND state = 'unknown' THEN ?7 ELSE settled_at END,
             state = CASE WHEN ?6 AND state = 'unknown' THEN 'assumed' ELSE state END
         WHERE number = ?1 AND attempt = ?2 AND import = ?3 AND state IN ('sending', 'unknown', 'assumed')",
    )?;
    for (order, looks, is_assumed) in looks {
        change.execute(params![
            order.number,
            order.attempt,
            import.0,
            looks.first.map(Timestamp::as_millis),
            looks.last.map(Timestamp::as_millis),
            is_assumed,
            now.as_millis()
        ])?;
    }
    Ok(())
}

/// A number as SQLite has it. A larger one is no number of the journal.
pub(super) fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(-1)
}
