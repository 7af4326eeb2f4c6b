//! What a callback says about a row.

use super::connection::{Sql, Work};
use super::{evidence, lock, orders, signed};
use crate::journal::{ImportId, RowEvent, RowState};
use crate::rules::{About, Candidate, NOT_FETCHED, about_failed, about_fetched, narrow, shared_order};
use vod_core::Timestamp;
use vod_core::import::{MintedState, OrderState};

pub(super) fn event(work: &mut Work<'_>, event: &RowEvent, now: Timestamp) -> Sql<bool> {
    // Other changes of these imports wait.
    for import in imports(work, event)? {
        lock(work, import)?;
    }
    let (about, vid) = match event {
        RowEvent::Fetched { state, vid } => {
            let mut about = about_fetched(by_state(work, state)?, vid);
            if let About::OneOf(rows) = &mut about
                && rows.len() > 1
            {
                let title = title_of(work, vid)?;
                narrow(rows, |row| title.as_ref() == Some(&row.title));
            }
            (about, Some(vid))
        }
        RowEvent::Failed { .. } => {
            let (state, file_url, title) = failed_of(event);
            let rows = match state {
                Some(state) => by_state(work, state)?,
                None => by_row(work, file_url, title)?,
            };
            (about_failed(rows, file_url, title), None)
        }
    };
    match about {
        About::Known(is_found) => Ok(is_found),
        About::OneOf(rows) => take(work, &rows, vid, now),
    }
}

fn failed_of(event: &RowEvent) -> (Option<&str>, &str, &str) {
    match event {
        RowEvent::Fetched { state, .. } => (Some(state), "", ""),
        RowEvent::Failed { state, file_url, title } => (state.as_deref(), file_url, title),
    }
}

/// The imports that have rows which the event may be about, in the order of their numbers.
fn imports(work: &mut Work<'_>, event: &RowEvent) -> Sql<Vec<ImportId>> {
    let (state, file_url, title) = failed_of(event);
    let rows = match state {
        Some(state) => by_state(work, state)?,
        None => by_row(work, file_url, title)?,
    };
    let mut imports: Vec<_> = rows.iter().map(|row| row.import).collect();
    imports.sort_unstable();
    imports.dedup();
    Ok(imports)
}

/// Settles the row if there is one. Several rows of one order at least prove the order.
fn take(work: &mut Work<'_>, rows: &[Candidate], vid: Option<&String>, now: Timestamp) -> Sql<bool> {
    let Some(first) = shared_order(rows) else { return Ok(false) };
    let Some(order) = orders::find(work, first.import, first.order)? else { return Ok(false) };
    // The event may be of the order in which the row failed: it proves nothing of this one.
    if order.state != OrderState::Accepted && rows.iter().any(|row| row.is_ambiguous) {
        return Ok(false);
    }
    let mut titles = evidence::waiting_titles(work, first.import, first.order)?;
    orders::prove_one(work, &order, now)?;
    if let [row] = rows {
        match vid {
            Some(vid) => fetched(work, row, vid, now)?,
            None => failed(work, row, now)?,
        }
        titles.push(row.title.clone());
    }
    titles.iter().try_for_each(|title| evidence::settle(work, first.import, title, now).map(drop))?;
    Ok(true)
}

fn fetched(work: &mut Work<'_>, row: &Candidate, vid: &str, now: Timestamp) -> Sql<()> {
    untie(work, row.import, vid)?;
    let sql = "INSERT INTO video_data (import, vid, title, created_at, is_tied, row_number)
        VALUES ($1, $2, $3, $4, TRUE, $5)
        ON CONFLICT (import, vid) DO UPDATE SET is_tied = TRUE, row_number = excluded.row_number";
    work.execute(sql, &[&row.import.0, &vid, &row.title, &now.as_millis(), &row.number])?;
    let sql = "UPDATE row_data SET verdict = 'fetched', reason = NULL, vid = $2,
            settled_at = CASE WHEN verdict = 'fetched' THEN settled_at ELSE $3 END,
            play_url = (SELECT v.play_url FROM video_data v WHERE v.import = $4 AND v.vid = $2)
        WHERE number = $1";
    work.execute(sql, &[&row.number, &vid, &now.as_millis(), &row.import.0])?;
    let (fetched, failed) = (!row.is(RowState::Fetched), row.is(RowState::Failed));
    count(work, row.order, i64::from(fetched), -i64::from(failed))
}

fn failed(work: &mut Work<'_>, row: &Candidate, now: Timestamp) -> Sql<()> {
    let sql = "UPDATE row_data SET verdict = 'failed', reason = $3, settled_at = $2 WHERE number = $1";
    work.execute(sql, &[&row.number, &now.as_millis(), &NOT_FETCHED])?;
    count(work, row.order, 0, 1)
}

fn count(work: &mut Work<'_>, order: i64, fetched: i64, failed: i64) -> Sql<()> {
    let sql = "UPDATE order_data SET fetched = fetched + $2, failed = failed + $3 WHERE number = $1";
    work.execute(sql, &[&order, &fetched, &failed]).map(drop)
}

/// A video that was taken for another row's, being the only one of its title: the callback knows better.
fn untie(work: &mut Work<'_>, import: ImportId, vid: &str) -> Sql<()> {
    let sql = "UPDATE row_data SET verdict = NULL, vid = NULL, play_url = NULL, settled_at = NULL
        WHERE vid = $2 AND number = (SELECT row_number FROM video_data WHERE import = $1 AND vid = $2)
        RETURNING order_number";
    match work.optional(sql, &[&import.0, &vid])? {
        Some(row) => count(work, row.get(0), -1, 0),
        None => Ok(()),
    }
}

macro_rules! candidates {
    ($condition:literal) => {
        concat!(
            "SELECT r.number, r.import, r.order_number, r.file_url, r.title, r.verdict, r.vid,
                r.is_retried AND r.state IS NOT NULL
            FROM row_data r JOIN order_data o ON o.number = r.order_number
            WHERE o.since IS NOT NULL AND r.order_number IS NOT NULL AND ",
            $condition
        )
    };
}

fn candidate(row: &postgres::Row) -> Candidate {
    Candidate {
        number: row.get(0),
        import: ImportId(row.get(1)),
        order: row.get(2),
        file_url: row.get(3),
        title: row.get(4),
        verdict: row.get(5),
        vid: row.get(6),
        is_ambiguous: row.get(7),
    }
}

fn by_state(work: &mut Work<'_>, state: &str) -> Sql<Vec<Candidate>> {
    let mut found: Vec<_> =
        work.query(candidates!("r.state = $1"), &[&state])?.iter().map(candidate).collect();
    if let Ok(minted) = state.parse::<MintedState>()
        && let Ok(number) = i64::try_from(minted.row())
    {
        let sql = candidates!(
            "r.number = $1 AND r.state IS NULL AND r.import IN (SELECT id FROM import_data WHERE token = $2)"
        );
        found.extend(work.query(sql, &[&number, &signed(minted.import())])?.iter().map(candidate));
    }
    Ok(found)
}

fn by_row(work: &mut Work<'_>, file_url: &str, title: &str) -> Sql<Vec<Candidate>> {
    let sql = candidates!("r.title = $1 AND r.file_url = $2");
    Ok(work.query(sql, &[&title, &file_url])?.iter().map(candidate).collect())
}

/// The title of a video, if a list has shown it.
fn title_of(work: &mut Work<'_>, vid: &str) -> Sql<Option<String>> {
    let sql =
        "SELECT title FROM video_data WHERE import IN (SELECT id FROM import_data) AND vid = $1 LIMIT 1";
    Ok(work.optional(sql, &[&vid])?.map(|row| row.get(0)))
}
