//! What a callback says about a row.

use super::{LateIndex, evidence, orders};
use crate::journal::{ImportId, RowEvent, RowState};
use crate::rules::{About, Candidate, NOT_FETCHED, about_failed, about_fetched, narrow, shared_order};
use rusqlite::{Connection, OptionalExtension as _, Params, Row, params};
use vod_core::Timestamp;
use vod_core::import::{MintedState, OrderState};

/// The index of the manifests' own states.
pub(super) const STATES: LateIndex = LateIndex {
    name: "row_by_state",
    sql: "CREATE INDEX IF NOT EXISTS row_by_state ON row_data (state) WHERE state IS NOT NULL",
};

pub(super) fn event(sqlite: &Connection, event: &RowEvent, now: Timestamp) -> rusqlite::Result<bool> {
    let (about, vid) = match event {
        RowEvent::Fetched { state, vid } => {
            let mut about = about_fetched(by_state(sqlite, state)?, vid);
            if let About::OneOf(rows) = &mut about
                && rows.len() > 1
            {
                let title = title_of(sqlite, vid)?;
                narrow(rows, |row| title.as_ref() == Some(&row.title));
            }
            (about, Some(vid))
        }
        RowEvent::Failed { state, file_url, title } => {
            let rows = match state {
                Some(state) => by_state(sqlite, state)?,
                None => by_row(sqlite, file_url, title)?,
            };
            (about_failed(rows, file_url, title), None)
        }
    };
    match about {
        About::Known(is_found) => Ok(is_found),
        About::OneOf(rows) => take(sqlite, &rows, vid, now),
    }
}

/// Settles the row if there is one. Several rows of one order at least prove the order.
fn take(
    sqlite: &Connection,
    rows: &[Candidate],
    vid: Option<&String>,
    now: Timestamp,
) -> rusqlite::Result<bool> {
    let Some(first) = shared_order(rows) else { return Ok(false) };
    let Some(order) = orders::find(sqlite, first.import, first.order)? else { return Ok(false) };
    // The event may be of the order in which the row failed: it proves nothing of this one.
    if order.state != OrderState::Accepted && rows.iter().any(|row| row.is_ambiguous) {
        return Ok(false);
    }
    let mut titles = evidence::waiting_titles(sqlite, first.import, first.order)?;
    orders::prove_one(sqlite, &order, now)?;
    if let [row] = rows {
        match vid {
            Some(vid) => fetched(sqlite, row, vid, now)?,
            None => failed(sqlite, row, now)?,
        }
        titles.push(row.title.clone());
    }
    titles.iter().try_for_each(|title| evidence::settle(sqlite, first.import, title, now).map(drop))?;
    Ok(true)
}

fn fetched(sqlite: &Connection, row: &Candidate, vid: &str, now: Timestamp) -> rusqlite::Result<()> {
    untie(sqlite, row.import, vid)?;
    sqlite.execute(
        "INSERT INTO video_data (import, vid, title, created_at, is_tied, row_number) VALUES (?1, ?2, ?3, ?4, 1, ?5)
         ON CONFLICT (import, vid) DO UPDATE SET is_tied = 1, row_number = ?5",
        params![row.import.0, vid, row.title, now.as_millis(), row.number],
    )?;
    sqlite.execute(
        "UPDATE row_data SET verdict = 'fetched', reason = NULL, vid = ?2,
             settled_at = CASE WHEN verdict = 'fetched' THEN settled_at ELSE ?3 END,
             play_url = (SELECT play_url FROM video_data WHERE import = ?4 AND vid = ?2) WHERE number = ?1",
        params![row.number, vid, now.as_millis(), row.import.0],
    )?;
    let (fetched, failed) = (!row.is(RowState::Fetched), row.is(RowState::Failed));
    count(sqlite, row.order, i64::from(fetched), -i64::from(failed))
}

fn failed(sqlite: &Connection, row: &Candidate, now: Timestamp) -> rusqlite::Result<()> {
    sqlite.execute(
        "UPDATE row_data SET verdict = 'failed', reason = ?3, settled_at = ?2 WHERE number = ?1",
        params![row.number, now.as_millis(), NOT_FETCHED],
    )?;
    count(sqlite, row.order, 0, 1)
}

fn count(sqlite: &Connection, order: i64, fetched: i64, failed: i64) -> rusqlite::Result<()> {
    let sql = "UPDATE order_data SET fetched = fetched + ?2, failed = failed + ?3 WHERE number = ?1";
    sqlite.execute(sql, [order, fetched, failed]).map(drop)
}

/// A video that was taken for another row's, being the only one of its title: the callback knows better.
fn untie(sqlite: &Connection, import: ImportId, vid: &str) -> rusqlite::Result<()> {
    let order = sqlite.query_row(
        "UPDATE row_data SET verdict = NULL, vid = NULL, play_url = NULL, settled_at = NULL
         WHERE vid = ?2 AND number = (SELECT row_number FROM video_data WHERE import = ?1 AND vid = ?2)
         RETURNING order_number",
        params![import.0, vid],
        |row| row.get(0),
    );
    order.optional()?.map_or(Ok(()), |order| count(sqlite, order, -1, 0))
}

const CANDIDATE: &str = "SELECT r.number, r.import, r.order_number, r.file_url, r.title, r.verdict, r.vid,
        r.is_retried IS NOT NULL AND r.state IS NOT NULL
    FROM row_data r CROSS JOIN order_data o
    WHERE o.number = r.order_number AND o.since IS NOT NULL AND r.order_number IS NOT NULL";

fn candidates(sqlite: &Connection, sql: &str, values: impl Params) -> rusqlite::Result<Vec<Candidate>> {
    let mut found = sqlite.prepare_cached(&format!("{CANDIDATE} AND {sql}"))?;
    let candidate = |row: &Row<'_>| {
        Ok(Candidate {
            number: row.get(0)?,
            import: ImportId(row.get(1)?),
            order: row.get(2)?,
            file_url: row.get(3)?,
            title: row.get(4)?,
            verdict: row.get(5)?,
            vid: row.get(6)?,
            is_ambiguous: row.get(7)?,
        })
    };
    found.query_map(values, candidate)?.collect()
}

fn by_state(sqlite: &Connection, state: &str) -> rusqlite::Result<Vec<Candidate>> {
    let mut found = candidates(sqlite, "r.state = ?1", [state])?;
    if let Ok(minted) = state.parse::<MintedState>()
        && let Ok(number) = i64::try_from(minted.row())
    {
        let sql =
            "r.number = ?1 AND r.state IS NULL AND r.import IN (SELECT id FROM import_data WHERE token = ?2)";
        found.extend(candidates(sqlite, sql, params![number, minted.import()])?);
    }
    Ok(found)
}

fn by_row(sqlite: &Connection, file_url: &str, title: &str) -> rusqlite::Result<Vec<Candidate>> {
    let sql = "r.import IN (SELECT id FROM import_data) AND r.title = ?1 AND r.file_url = ?2";
    candidates(sqlite, sql, [title, file_url])
}

/// The title of a video, if a list has shown it.
fn title_of(sqlite: &Connection, vid: &str) -> rusqlite::Result<Option<String>> {
    let sql =
        "SELECT title FROM video_data WHERE import IN (SELECT id FROM import_data) AND vid = ?1 LIMIT 1";
    sqlite.query_row(sql, [vid], |row| row.get(0)).optional()
}
