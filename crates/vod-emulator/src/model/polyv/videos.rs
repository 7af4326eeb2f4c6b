//! The account's videos, so kept that a million of them are found and listed quickly.

use super::record::{Progress, Video};
use crate::model::text::Text;
use std::collections::HashMap;
use std::ops::{Deref, DerefMut};

/// All videos, including those in the recycle bin, in the order in which they came. As a slice it can be read
/// and changed like any other; only an id must not be changed.
#[derive(Debug, Default)]
pub(super) struct Videos {
    list: Vec<Video>,
    /// The place of each in the list, by its id.
    places: HashMap<Text, u32>,
    /// Whether a video came with an earlier time than the one before it, as the clock was set back.
    is_unordered: bool,
    /// What is known about all of them, until one changes.
    summary: Option<Summary>,
}

/// What a search needs to know to answer without looking at each video.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Summary {
    /// Whether all are published.
    published: bool,
    /// When the last one appears in lists.
    shown_from: i64,
}

impl Summary {
    const EMPTY: Self = Self { published: true, shown_from: i64::MIN };

    fn with(self, video: &Video) -> Self {
        Self {
            published: self.published && video.status() == Progress::Published as i64,
            shown_from: self.shown_from.max(video.shown_from),
        }
    }
}

impl Videos {
    pub(super) fn push(&mut self, video: Video) {
        self.is_unordered |= self.list.last().is_some_and(|last| last.created > video.created);
        self.summary = self.summary.map(|summary| summary.with(&video));
        self.places.insert(video.vid.clone(), place(self.list.len()));
        self.list.push(video);
    }

    /// The place of a video in the list.
    pub(super) fn place(&self, vid: &str) -> Option<usize> {
        self.places.get(vid).map(|place| *place as usize)
    }

    pub(super) fn of(&self, vid: &str) -> Option<&Video> {
        self.list.get(self.place(vid)?)
    }

    pub(super) fn of_mut(&mut self, vid: &str) -> Option<&mut Video> {
        let place = self.place(vid)?;
        self.get_mut(place)
    }

    pub(super) fn remove(&mut self, vid: &str) {
        let Some(gone) = self.places.remove(vid) else {
            return;
        };
        self.list.remove(gone as usize);
        // Those after it have moved up.
        self.places.values_mut().filter(|place| **place > gone).for_each(|place| *place -= 1);
        self.summary = None;
    }

    /// A part of the list with all videos that were created from `from` to `until`, both included. After the
    /// clock was set back it may have others too.
    pub(super) fn around(&self, from: i64, until: i64) -> &[Video] {
        if self.is_unordered {
            return &self.list;
        }
        let end = self.list.partition_point(|video| video.created <= until);
        let start = self.list[..end].partition_point(|video| video.created < from);
        &self.list[start..end]
    }

    /// Whether all are published and appear in lists, in the order of their times: then a part of the list is
    /// the answer to a search by time.
    pub(super) fn are_plain(&mut self, now: i64) -> bool {
        let all = || self.list.iter().fold(Summary::EMPTY, Summary::with);
        let summary = self.summary.unwrap_or_else(all);
        self.summary = Some(summary);
        summary.published && summary.shown_from <= now && !self.is_unordered
    }
}

/// Four billion videos do not fit into memory.
fn place(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}

impl Deref for Videos {
    type Target = [Video];

    fn deref(&self) -> &[Video] {
        &self.list
    }
}

impl DerefMut for Videos {
    fn deref_mut(&mut self) -> &mut [Video] {
        self.summary = None;
        &mut self.list
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::File;
    use crate::model::testing::{Bench, NOW};
    use serde_json::{Value, json};
    use std::sync::Arc;

    fn of_times(times: &[i64]) -> Videos {
        let mut videos = Videos::default();
        for (number, time) in times.iter().enumerate() {
            let file = File { bytes: 1, md5: String::new(), sha1: None };
            videos.push(Video::new(format!("v{number}"), "t", 1, "", file, *time));
        }
        videos
    }

    fn vids(videos: &[Video]) -> Vec<&str> {
        videos.iter().map(|video| video.vid.as_str()).collect()
    }

    #[test]
    fn parts_by_time() {
        let videos = of_times(&[10, 20, 20, 30]);
        let cases: [(i64, i64, &[&str]); 6] = [
            (0, 9, &[]),
            (0, i64::MAX, &["v0", "v1", "v2", "v3"]),
            (20, 20, &["v1", "v2"]),
            (11, 30, &["v1", "v2", "v3"]),
            (31, 40, &[]),
            (30, 10, &[]),
        ];
        for (from, until, expected) in cases {
            assert_eq!(vids(videos.around(from, until)), expected, "{from} {until}");
        }
        let back = of_times(&[10, 5, 20]);
        assert_eq!(vids(back.around(20, 20)), ["v0", "v1", "v2"], "the clock was set back: all may fit");
    }

    #[test]
    fn removing_keeps_the_others_findable() {
        let mut videos = of_times(&[10, 20, 30]);
        videos.remove("v1");
        videos.remove("v1");
        assert_eq!(["v0", "v1", "v2"].map(|vid| videos.place(vid)), [Some(0), None, Some(1)]);
        assert_eq!(videos.of("v2").map(|video| video.created), Some(30));
        assert!(videos.of_mut("v1").is_none());
    }

    #[test]
    fn any_change_is_noticed() {
        let mut videos = of_times(&[10, 20]);
        assert!(videos.are_plain(100));
        videos.of_mut("v1").unwrap().deleted_at = Some(50);
        assert!(!videos.are_plain(100));
        videos[1].deleted_at = None;
        assert!(videos.are_plain(100));
        videos[0].shown_from = 101;
        assert!(!videos.are_plain(100) && videos.are_plain(101));
        let mut back = of_times(&[10, 5]);
        assert!(!back.are_plain(100));
        let mut late = of_times(&[10]);
        assert!(late.are_plain(100));
        let mut hidden = late[0].clone();
        (hidden.vid, hidden.shown_from) = ("v1".into(), 200);
        late.push(hidden);
        assert!(!late.are_plain(100), "a new one counts too");
    }

    #[test]
    fn a_million_fit_into_memory() {
        assert!(size_of::<Video>() <= 200, "{}", size_of::<Video>());
        let mut videos = of_times(&[10, 20, 30]);
        assert!(Arc::ptr_eq(&videos[0].settings, &videos[1].settings));
        videos[1].settings_mut().play_auth = true;
        assert!(Arc::ptr_eq(&videos[0].settings, &videos[2].settings) && !videos[2].settings.play_auth);
        let mut bench = Bench::pretending("[]");
        bench.import(&json!([{ "fileUrl": "http://h/a", "title": "t", "state": "s" }]), 0);
        let (video, item) = (&bench.model.polyv.videos[0], &bench.model.polyv.tasks[0].items[0]);
        let texts = [
            (&video.vid, &item.vid),
            (&video.title, &item.title),
            (&video.state, &item.state),
            (&video.source_url, &item.url),
        ];
        assert!(
            texts.iter().all(|(one, other)| std::ptr::eq(one.as_str(), other.as_str())),
            "both share them"
        );
    }

    /// The quick answer to a search by time is the one that looking at each video gives.
    #[test]
    fn both_ways_of_searching_agree() {
        let mut bench = Bench::new();
        let user = bench.credentials.polyv_user_id.clone();
        for number in 0..30 {
            bench.now += i64::from(number % 3);
            bench.import(&json!([{ "fileUrl": "http://h/a", "title": format!("t{number}") }]), 10);
        }
        let (from, until) = ((NOW + 5).to_string(), (NOW + 20).to_string());
        let mut pages = |sort: &str, also: &[(&str, &str)]| -> Vec<Value> {
            (1..=6)
                .map(|page| {
                    let page = page.to_string();
                    let sent =
                        [("userid", user.as_str()), ("sort", sort), ("page", &page), ("pageSize", "4")];
                    let range = [("startTime", from.as_str()), ("endTime", until.as_str())];
                    bench.polyv("GET", "/v2/video/search-videos", &[&sent, &range[..], also].concat()).data
                })
                .collect()
        };
        for sort in ["creationTimeAsc", "creationTimeDesc"] {
            let quick = pages(sort, &[("status", "60")]);
            assert_eq!(quick, pages(sort, &[("encrypted", "false")]), "{sort}");
            assert_eq!(quick[0]["totalItems"], 15, "{sort}");
        }
    }
}
