//! What the provider's lists say about rows.

use super::{LateIndex, orders};
use crate::journal::{ImportId, SeenVideo};
use rusqlite::{Connection, params};
use std::collections::BTreeSet;
use vod_core::Timestamp;
use vod_core::import::{Class, OrderState, earliest_creation};

/// The index of titles.
pub(super) const TITLES: LateIndex = LateIndex {
    name: "row_by_title",
    sql: "CREATE INDEX IF NOT EXISTS row_by_title
        ON row_data (import, title, order_number) WHERE order_number IS NOT NULL",
};

pub(super) fn classes(sqlite: &Connection, import: ImportId) -> rusqlite::Result<Vec<Class>> {
    let mut titles = sqlite.prepare_cached(
        "SELECT DISTINCT r.title FROM order_data o CROSS JOIN row_data r
         WHERE o.import = ?1 AND o.since IS NOT NULL AND o.state <> 'accepted'
             AND r.order_number = o.number AND r.verdict IS NULL",
    )?;
    let titles = titles.query_map([import.0], |row| row.get(0))?.collect::<Result<Vec<String>, _>>()?;
    titles.iter().map(|title| Ok(Titled::find(sqlite, import, title)?.class)).collect()
}

/// The class of a title, and from when on its videos count.
struct Titled {
    class: Class,
    from: i64,
}

impl Titled {
    fn find(sqlite: &Connection, import: ImportId, title: &str) -> rusqlite::Result<Self> {
        let mut orders = sqlite.prepare_cached(
            "SELECT r.order_number, o.state, o.since, count(*), o.resent
             FROM row_data r CROSS JOIN order_data o
             WHERE r.import = ?1 AND r.title = ?2 AND r.order_number IS NOT NULL AND r.verdict IS NULL
                 AND o.number = r.order_number AND o.since IS NOT NULL
             GROUP BY r.order_number",
        )?;
        let (mut class, mut from) = (Class::new(), i64::MAX);
        let mut orders = orders.query(params![import.0, title])?;
        while let Some(row) = orders.next()? {
            let (rows, resent): (u64, u64) = (row.get(3)?, row.get(4)?);
            class.again += rows * resent;
            match orders::state_of(row, 1)? {
                OrderState::Accepted => class.accepted += rows,
                _ => drop(class.open.insert(row.get(0)?, rows)),
            }
            from = from.min(earliest_creation(Timestamp::from_millis(row.get(2)?)).as_millis());
        }
        let mut videos = sqlite.prepare_cached(
            "SELECT count(*) FROM video_data INDEXED BY video_untied
             WHERE import = ?1 AND title = ?2 AND is_tied = 0 AND created_at >= ?3",
        )?;
        class.videos = videos.query_row(params![import.0, title, from], |row| row.get(0))?;
        Ok(Self { class, from })
    }
}

pub(super) fn saw(
    sqlite: &Connection,
    import: ImportId,
    videos: &[SeenVideo],
    now: Timestamp,
) -> rusqlite::Result<u64> {
    let mut keep = sqlite.prepare_cached(
        "INSERT INTO video_data (import, vid, title, created_at, play_url) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (import, vid) DO UPDATE SET title = excluded.title, created_at = excluded.created_at,
             play_url = coalesce(excluded.play_url, play_url)
         WHERE title <> excluded.title OR created_at <> excluded.created_at
             OR play_url IS NOT coalesce(excluded.play_url, play_url)",
    )?;
    let mut update = sqlite.prepare_cached(
        "UPDATE row_data SET play_url = ?3 WHERE play_url IS NOT ?3 AND vid = ?2
             AND number = (SELECT row_number FROM video_data WHERE import = ?1 AND vid = ?2)",
    )?;
    let (mut changed, mut titles) = (0, BTreeSet::new());
    for video in videos {
        titles.insert(video.title.as_str());
        let created_at = video.created_at.as_millis();
        let kept = keep.execute(params![import.0, video.vid, video.title, created_at, video.play_url])?;
        if kept > 0 && video.play_url.is_some() {
            changed += update.execute(params![import.0, video.vid, video.play_url])? as u64;
        }
    }
    for title in titles {
        changed += settle(sqlite, import, title, now)?;
    }
    Ok(changed)
}

/// The titles of an order's rows that have videos which no row is tied to.
pub(super) fn waiting_titles(
    sqlite: &Connection,
    import: ImportId,
    order: i64,
) -> rusqlite::Result<Vec<String>> {
    let mut any = sqlite.prepare_cached(
        "SELECT EXISTS (SELECT 1 FROM video_data INDEXED BY video_untied WHERE import = ?1 AND is_tied = 0)",
    )?;
    if !any.query_row([import.0], |row| row.get(0))? {
        return Ok(Vec::new());
    }
    let mut titles = sqlite.prepare_cached(
        "SELECT DISTINCT r.title FROM row_data r WHERE r.order_number = ?2 AND EXISTS
             (SELECT 1 FROM video_data v INDEXED BY video_untied WHERE v.import = ?1 AND v.title = r.title AND v.is_tied = 0)",
    )?;
    titles.query_map(params![import.0, order], |row| row.get(0))?.collect()
}

/// If there are as many videos of a title as accepted rows, all of these rows are fetched. Returns how many.
pub(super) fn settle(
    sqlite: &Connection,
    import: ImportId,
    title: &str,
    now: Timestamp,
) -> rusqlite::Result<u64> {
    let Titled { class, from } = Titled::find(sqlite, import, title)?;
    let is_settled = (class.accepted..=class.accepted + class.again).contains(&class.videos);
    if class.accepted == 0 || !is_settled || class.open.values().any(|rows| *rows > 0) {
        return Ok(0);
    }
    let mut rows = sqlite.prepare_cached(
        "SELECT r.number, r.order_number FROM row_data r CROSS JOIN order_data o
         WHERE r.import = ?1 AND r.title = ?2 AND r.order_number IS NOT NULL AND r.verdict IS NULL
             AND o.number = r.order_number AND o.state = 'accepted'",
    )?;
    let rows = rows
        .query_map(params![import.0, title], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<Vec<(i64, i64)>, _>>()?;
    // Which video is of which row is known only where there is one of each.
    let certain = if class.is_certain() { rows.first().map(|row| row.0) } else { None };
    let mut fetched = sqlite.prepare_cached(
        "UPDATE row_data SET verdict = 'fetched', settled_at = ?2, (vid, play_url) =
             (SELECT vid, play_url FROM video_data INDEXED BY video_untied
              WHERE ?3 AND import = ?4 AND title = ?5 AND is_tied = 0 AND created_at >= ?6)
         WHERE number = ?1",
    )?;
    let mut count = sqlite.prepare_cached("UPDATE order_data SET fetched = fetched + 1 WHERE number = ?1")?;
    for (number, order) in &rows {
        fetched.execute(params![number, now.as_millis(), certain.is_some(), import.0, title, from])?;
        count.execute([order])?;
    }
    let mut tie = sqlite.prepare_cached(
        "UPDATE video_data INDEXED BY video_untied SET is_tied = 1, row_number = ?4
         WHERE import = ?1 AND title = ?2 AND is_tied = 0 AND created_at >= ?3",
    )?;
    tie.execute(params![import.0, title, from, certain])?;
    Ok(rows.len() as u64)
}
