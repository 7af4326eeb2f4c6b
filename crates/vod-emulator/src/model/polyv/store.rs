//! The account's content: videos, the areas' data about them, fetch tasks, and blocked addresses.

use super::callback;
use super::record::{Video, drawn_for};
use super::videos::Videos;
use super::{
    BLOCK_MILLIS, advertising, category, courseware, danmaku, encryption, exam, files, keyframe, player,
    playlist, plays, screenshot, source_file, subtitle, upload, watermark,
};
use crate::fault::FETCH;
use crate::model::callback::is_local;
use crate::model::text::Text;
use crate::model::window::Window;
use crate::model::{Effect, Fetching, File, Model};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::net::IpAddr;
use url::Url;

/// The size of a pretended download, in bytes: 2 to 32 seconds.
const SMALLEST: u64 = 250_000;
const LARGEST: u64 = 4_000_000;

#[derive(Debug, Default)]
pub(crate) struct State {
    /// Oldest first, including those in the recycle bin.
    pub(super) videos: Videos,
    /// Oldest first.
    pub(super) tasks: Vec<Task>,
    /// Task and item of each download under way.
    jobs: BTreeMap<u64, (usize, usize)>,
    windows: BTreeMap<IpAddr, Window>,
    blocked: BTreeMap<IpAddr, i64>,
    pub(super) plays: plays::Log,
    pub(super) files: files::Store,
    pub(super) categories: category::Store,
    pub(super) playlists: playlist::Store,
    pub(super) subtitles: subtitle::Store,
    pub(super) keyframes: keyframe::Store,
    pub(super) danmaku: danmaku::Store,
    pub(super) exams: exam::Store,
    pub(super) ads: advertising::Store,
    pub(super) courseware: courseware::Store,
    pub(super) screenshots: screenshot::Store,
    pub(super) players: player::Store,
    pub(super) encryption: encryption::Store,
    pub(super) source_files: source_file::Store,
    pub(super) watermarks: watermark::Store,
    pub(crate) uploads: upload::Store,
}

/// One call of `polyv.upload.urls`.
#[derive(Debug)]
pub(super) struct Task {
    pub(super) id: String,
    pub(super) category: i64,
    pub(super) created: i64,
    /// When the last download ended.
    pub(super) ended: Option<i64>,
    pub(super) items: Vec<Item>,
}

/// One URL of a task.
#[derive(Debug)]
pub(super) struct Item {
    pub(super) url: Text,
    pub(super) title: Text,
    pub(super) state: Text,
    /// The id of its future video, drawn when the task is created, so that it does not depend on which
    /// download ends first.
    pub(super) vid: Text,
    pub(super) outcome: Option<ItemOutcome>,
}

#[derive(Debug)]
pub(super) enum ItemOutcome {
    Fetched { bytes: u64 },
    Failed(Text),
}

impl Item {
    /// An item whose download has not begun.
    pub(super) fn new(url: String, title: String, state: String) -> Self {
        Self {
            url: url.into(),
            title: title.into(),
            state: state.into(),
            vid: Text::default(),
            outcome: None,
        }
    }
}

impl Item {
    pub(super) fn json(&self) -> Value {
        let (vid, error) = match &self.outcome {
            Some(ItemOutcome::Fetched { .. }) => (Some(&self.vid), None),
            Some(ItemOutcome::Failed(reason)) => (None, Some(reason)),
            None => (None, None),
        };
        json!({ "url": self.url, "title": self.title, "state": self.state, "vid": vid, "error": error })
    }
}

impl Task {
    pub(super) fn fetched(&self) -> usize {
        self.items.iter().filter(|item| matches!(item.outcome, Some(ItemOutcome::Fetched { .. }))).count()
    }

    pub(super) fn failed(&self) -> usize {
        self.items.iter().filter(|item| matches!(item.outcome, Some(ItemOutcome::Failed(_)))).count()
    }

    /// The name of the provider's list for a task.
    pub(super) fn file_name(&self) -> String {
        format!("{}.csv", self.created)
    }
}

impl State {
    /// Counts a request against the limit, if there is one; false if the address is blocked, or becomes so.
    pub(super) fn admit(&mut self, now: i64, peer: IpAddr, limit: Option<(usize, i64)>) -> bool {
        if self.blocked.get(&peer).is_some_and(|until| now < *until) {
            return false;
        }
        if let Some((requests, millis)) = limit
            && !self.windows.entry(peer).or_default().admit(now, requests, millis)
        {
            self.block(now, peer);
            return false;
        }
        true
    }

    /// Blocks an address for five minutes.
    pub(crate) fn block(&mut self, now: i64, peer: IpAddr) {
        self.blocked.insert(peer, now.saturating_add(BLOCK_MILLIS));
    }

    /// Adds a new video, with the settings of its category, or otherwise of the account. A source file that
    /// is played unchanged is never encrypted.
    pub(super) fn take_in(&mut self, mut video: Video) {
        match self.categories.profile(video.category) {
            Some(profile) => {
                let on = |name| profile.get(name).is_some_and(|value| value == "1");
                let settings = video.settings_mut();
                settings.keep_source |= on("keepSource");
                settings.player = profile.get("playerId").cloned();
                if !settings.keep_source {
                    settings.encrypted = on("encrypt");
                    if let Some(level) = profile.get("hlslevel") {
                        level.clone_into(&mut settings.hls_level);
                    }
                }
            }
            None if video.settings.keep_source => {}
            None => {
                let (encrypt, level) = (self.encryption.encrypt, self.encryption.level);
                // Unchanged ones stay shared.
                if (video.settings.encrypted, video.settings.hls_level.as_str()) != (encrypt, level) {
                    let settings = video.settings_mut();
                    settings.encrypted = encrypt;
                    settings.hls_level = level.to_owned();
                }
            }
        }
        self.videos.push(video);
    }

    pub(crate) fn videos_json(&self) -> Value {
        self.videos.iter().map(Video::json).collect()
    }

    /// The areas' data, by area.
    pub(crate) fn areas_json(&self) -> Value {
        json!({
            "plays": self.plays.json(),
            "category": self.categories.json(),
            "playlist": self.playlists.json(),
            "subtitle": self.subtitles.json(),
            "keyframe": self.keyframes.json(),
            "danmaku": self.danmaku.json(),
            "exam": self.exams.json(),
            "advertising": self.ads.json(),
            "courseware": self.courseware.json(),
            "screenshot": self.screenshots.json(),
            "player": self.players.json(),
            "encryption": self.encryption.json(),
            "source_file": self.source_files.json(),
            "watermark": self.watermarks.json(),
            "upload": self.uploads.json(),
        })
    }

    /// Deletes a video permanently, with all data about it.
    pub(super) fn forget(&mut self, vid: &str) {
        self.videos.remove(vid);
        self.plays.forget(vid);
        self.categories.forget(vid);
        self.playlists.forget(vid);
        self.subtitles.forget(vid);
        self.keyframes.forget(vid);
        self.danmaku.forget(vid);
        self.exams.forget(vid);
        self.ads.forget(vid);
        self.courseware.forget(vid);
        self.screenshots.forget(vid);
        self.players.forget(vid);
        self.encryption.forget(vid);
        self.source_files.forget(vid);
        self.watermarks.forget(vid);
        self.uploads.forget(vid);
    }

    /// Removes a task and its downloads; returns whether it existed.
    pub(super) fn remove_task(&mut self, id: &str) -> bool {
        let Some(gone) = self.tasks.iter().position(|task| task.id == id) else {
            return false;
        };
        self.tasks.remove(gone);
        self.jobs.retain(|_, (task, _)| *task != gone);
        // The tasks after it have moved up.
        self.jobs.values_mut().filter(|(task, _)| *task > gone).for_each(|(task, _)| *task -= 1);
        true
    }

    pub(crate) fn tasks_json(&self) -> Value {
        let tasks = self.tasks.iter().map(|task| {
            json!({
                "taskid": task.id, "cataid": task.category, "total": task.items.len(), "fetched": task.fetched(),
                "failed": task.failed(), "created": task.created, "ended": task.ended,
                "items": task.items.iter().map(Item::json).collect::<Value>(),
            })
        });
        tasks.collect()
    }
}

impl Model {
    /// Starts a fetch task with a download for each item.
    pub(super) fn start_task(&mut self, now: i64, category: i64, mut items: Vec<Item>) {
        let index = self.polyv.tasks.len();
        for (item, wanted) in items.iter_mut().enumerate() {
            wanted.vid = self.draw_vid().into();
            let job = self.next_job();
            self.polyv.jobs.insert(job, (index, item));
            let effect = self.download(job, &wanted.url);
            self.effects.push(effect);
        }
        let id = self.random.alphanumeric(10);
        self.polyv.tasks.push(Task { id, category, created: now, ended: None, items });
    }

    /// How a URL is downloaded: really, or only pretended. A pretended download has its fault already here,
    /// so that the faults do not depend on timing.
    fn download(&mut self, job: u64, url: &str) -> Effect {
        if !self.is_pretended(url) {
            return Effect::Fetch { job, url: url.to_owned() };
        }
        let (millis, failure) = match self.fault(FETCH).map_or(Ok(0), |fault| fault.of_download()) {
            Ok(millis) => (millis, None),
            Err(reason) => (0, Some(reason)),
        };
        Effect::Pretend { job, millis, failure }
    }

    fn is_pretended(&self, url: &str) -> bool {
        match self.config.fetching {
            Fetching::All => false,
            Fetching::Pretend => true,
            Fetching::Loopback => {
                !Url::parse(url).is_ok_and(|url| is_local(&url) || url.host() == self.config.base_url.host())
            }
        }
    }

    /// A pretended download ended. Its size comes from the video's id, which was drawn from the seed.
    pub(crate) fn pretended(&mut self, now: i64, job: u64, failure: Option<String>) {
        let Some((index, item)) = self.polyv.jobs.get(&job) else {
            return;
        };
        let vid = &self.polyv.tasks[*index].items[*item].vid;
        let bytes = SMALLEST + drawn_for(vid).below(LARGEST - SMALLEST + 1);
        self.fetched(now, job, failure.map_or(Ok(File { bytes, md5: String::new(), sha1: None }), Err));
    }

    /// A download ended: the file becomes a video, and a failure is recorded in the task.
    pub(crate) fn fetched(&mut self, now: i64, job: u64, outcome: Result<File, String>) {
        // A download that was under way during a reset is ignored.
        let Some((index, item)) = self.polyv.jobs.remove(&job) else {
            return;
        };
        let task = &mut self.polyv.tasks[index];
        let wanted = &mut task.items[item];
        let told = match outcome {
            Ok(file) => {
                let mut video = Video::new(
                    wanted.vid.clone(),
                    wanted.title.clone(),
                    task.category,
                    wanted.url.clone(),
                    file,
                    now,
                );
                video.state.clone_from(&wanted.state);
                wanted.outcome = Some(ItemOutcome::Fetched { bytes: video.file.bytes });
                Ok(video)
            }
            Err(reason) => {
                wanted.outcome = Some(ItemOutcome::Failed(reason.into()));
                Err(callback::fetch_failed(&wanted.url, &wanted.title, &wanted.state))
            }
        };
        if task.items.iter().all(|item| item.outcome.is_some()) {
            task.ended = Some(now);
        }
        match told {
            Ok(video) => self.take_in(now, video),
            Err(notice) => self.call_back(now, &notice),
        }
    }
}
