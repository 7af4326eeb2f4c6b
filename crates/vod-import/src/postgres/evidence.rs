//! What the provider's lists say about rows.

use super::connection::{Sql, Work};
use super::{count, state, time};
use crate::journal::{ImportId, SeenVideo};
use std::collections::BTreeSet;
use vod_core::Timestamp;
use vod_core::import::{Class, OrderState, earliest_creation};

pub(super) fn classes(work: &mut Work<'_>, import: ImportId) -> Sql<Vec<Class>> {
    let sql = "SELECT DISTINCT r.title FROM order_data o JOIN row_data r ON r.order_number = o.number
        WHERE o.import = $1 AND o.since IS NOT NULL AND o.state <> 'accepted' AND r.verdict IS NULL";
    let titles: Vec<String> = work.query(sql, &[&import.0])?.iter().map(|row| row.get(0)).collect();
    titles.iter().map(|title| Ok(class(work, import, title)?.0)).collect()
}

/// The class of a title, and from when on its videos count.
fn class(work: &mut Work<'_>, import: ImportId, title: &str) -> Sql<(Class, i64)> {
    let sql = "SELECT o.number, o.state, o.since, count(*), o.resent
        FROM row_data r JOIN order_data o ON o.number = r.order_number
        WHERE r.import = $1 AND r.title = $2 AND r.order_number IS NOT NULL AND r.verdict IS NULL
            AND o.since IS NOT NULL GROUP BY o.number";
    let (mut class, mut from) = (Class::new(), i64::MAX);
    for row in &work.query(sql, &[&import.0, &title])? {
        class.again += count(row, 3) * count(row, 4);
        match state(row, 1) {
            OrderState::Accepted => class.accepted += count(row, 3),
            _ => drop(class.open.insert(count(row, 0), count(row, 3))),
        }
        from = from.min(earliest_creation(time(row.get(2))).as_millis());
    }
    let sql = "SELECT count(*) FROM video_data
        WHERE import = $1 AND title = $2 AND NOT is_tied AND created_at >= $3";
    class.videos = count(&work.one(sql, &[&import.0, &title, &from])?, 0);
    Ok((class, from))
}

pub(super) fn saw(work: &mut Work<'_>, import: ImportId, videos: &[SeenVideo], now: Timestamp) -> Sql<u64> {
    let keep = "INSERT INTO video_data (import, vid, title, created_at, play_url) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (import, vid) DO UPDATE SET title = excluded.title, created_at = excluded.created_at,
            play_url = coalesce(excluded.play_url, video_data.play_url)
        WHERE (video_data.title, video_data.created_at, video_data.play_url) IS DISTINCT FROM
            (excluded.title, excluded.created_at, coalesce(excluded.play_url, video_data.play_url))";
    let update = "UPDATE row_data SET play_url = $3 WHERE play_url IS DISTINCT FROM $3 AND vid = $2
        AND number = (SELECT row_number FROM video_data WHERE import = $1 AND vid = $2)";
    let (mut changed, mut titles) = (0, BTreeSet::new());
    for video in videos {
        titles.insert(video.title.as_str());
        let (created_at, play_url) = (video.created_at.as_millis(), &video.play_url);
        let kept = work.execute(keep, &[&import.0, &video.vid, &video.title, &created_at, play_url])?;
        if kept > 0 && play_url.is_some() {
            changed += work.execute(update, &[&import.0, &video.vid, play_url])?;
        }
    }
    for title in titles {
        changed += settle(work, import, title, now)?;
    }
    Ok(changed)
}

/// Whether there are videos that no row is tied to.
pub(super) fn is_waiting(work: &mut Work<'_>, import: ImportId) -> Sql<bool> {
    let sql = "SELECT EXISTS (SELECT 1 FROM video_data WHERE import = $1 AND NOT is_tied)";
    Ok(work.one(sql, &[&import.0])?.get(0))
}

/// The titles of an order's rows that have videos which no row is tied to.
pub(super) fn waiting_titles(work: &mut Work<'_>, import: ImportId, order: i64) -> Sql<Vec<String>> {
    let sql = "SELECT DISTINCT r.title FROM row_data r WHERE r.order_number = $2 AND EXISTS
        (SELECT 1 FROM video_data v WHERE v.import = $1 AND v.title = r.title AND NOT v.is_tied)";
    Ok(work.query(sql, &[&import.0, &order])?.iter().map(|row| row.get(0)).collect())
}

/// If there are as many videos of a title as accepted rows, all of these rows are fetched. Returns how many.
pub(super) fn settle(work: &mut Work<'_>, import: ImportId, title: &str, now: Timestamp) -> Sql<u64> {
    let (class, from) = class(work, import, title)?;
    let is_settled = (class.accepted..=class.accepted + class.again).contains(&class.videos);
    if class.accepted == 0 || !is_settled || class.open.values().any(|rows| *rows > 0) {
        return Ok(0);
    }
    let sql = "UPDATE row_data r SET verdict = 'fetched', settled_at = $3 FROM order_data o
        WHERE r.import = $1 AND r.title = $2 AND r.order_number IS NOT NULL AND r.verdict IS NULL
            AND o.number = r.order_number AND o.state = 'accepted' RETURNING r.number, r.order_number";
    let fetched = work.query(sql, &[&import.0, &title, &now.as_millis()])?;
    let orders: Vec<i64> = fetched.iter().map(|row| row.get(1)).collect();
    let sql = "UPDATE order_data o SET fetched = o.fetched + c.rows
        FROM (SELECT number, count(*) AS rows FROM unnest($1::bigint[]) AS f (number) GROUP BY number) c
        WHERE o.number = c.number";
    work.execute(sql, &[&orders])?;
    // Which video is of which row is known only where there is one of each.
    let certain: Option<i64> = if class.is_certain() { fetched.first().map(|row| row.get(0)) } else { None };
    let sql = "UPDATE video_data SET is_tied = TRUE, row_number = $4
        WHERE import = $1 AND title = $2 AND NOT is_tied AND created_at >= $3";
    work.execute(sql, &[&import.0, &title, &from, &certain])?;
    if let Some(number) = certain {
        let sql = "UPDATE row_data r SET vid = v.vid, play_url = v.play_url FROM video_data v
            WHERE r.number = $1 AND v.import = $2 AND v.title = $3 AND v.row_number = $1";
        work.execute(sql, &[&number, &import.0, &title])?;
    }
    Ok(fetched.len() as u64)
}
