//! What the account holds: videos, fetch tasks, and the addresses that are blocked.

use std::collections::BTreeMap;
use std::net::IpAddr;

use jiff::Timestamp;
use serde_json::{Value, json};
use url::Url;

use super::BLOCK_MILLIS;
use crate::model::random::Random;
use crate::model::window::Window;
use crate::model::{Effect, File, Model};

#[derive(Debug, Default)]
pub(crate) struct State {
    /// Oldest first.
    pub(super) videos: Vec<Video>,
    /// Oldest first.
    pub(super) tasks: Vec<Task>,
    /// Task and item of each download under way.
    jobs: BTreeMap<u64, (usize, usize)>,
    windows: BTreeMap<IpAddr, Window>,
    blocked: BTreeMap<IpAddr, i64>,
}

/// A published video. The emulator does not decode: length and picture size are made up from the byte count.
#[derive(Debug)]
pub(super) struct Video {
    pub(super) vid: String,
    pub(super) title: String,
    pub(super) state: String,
    pub(super) source_url: String,
    pub(super) category: i64,
    pub(super) file: File,
    pub(super) created: i64,
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
    pub(super) url: String,
    pub(super) title: String,
    pub(super) state: String,
    /// The id that its video gets: drawn when the task is made, so that it does not depend on which download ends first.
    pub(super) vid: String,
    pub(super) outcome: Option<ItemOutcome>,
}

#[derive(Debug)]
pub(super) enum ItemOutcome {
    Fetched { bytes: u64 },
    Failed(String),
}

impl Item {
    /// An item that nothing has happened to yet.
    pub(super) fn new(url: String, title: String, state: String) -> Self {
        Self { url, title, state, vid: String::new(), outcome: None }
    }
}

impl Task {
    pub(super) fn fetched(&self) -> usize {
        self.items.iter().filter(|item| matches!(item.outcome, Some(ItemOutcome::Fetched { .. }))).count()
    }

    pub(super) fn failed(&self) -> usize {
        self.items.iter().filter(|item| matches!(item.outcome, Some(ItemOutcome::Failed(_)))).count()
    }

    /// The name of the list that the provider keeps of a task.
    pub(super) fn file_name(&self) -> String {
        format!("{}.csv", self.created)
    }
}

impl Video {
    /// Whole seconds at one megabit a second, at least one.
    pub(super) fn seconds(&self) -> u64 {
        (self.file.bytes / 125_000).max(1)
    }
}

impl State {
    /// Counts a request against the limit, if there is one; false when the address is, or is now, blocked.
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

    pub(crate) fn videos_json(&self) -> Value {
        let videos = self.videos.iter().map(|video| {
            let Video { vid, title, state, source_url, category, file, created } = video;
            json!({
                "vid": vid, "title": title, "state": state, "url": source_url, "cataid": category,
                "bytes": file.bytes, "md5": file.md5, "sha1": file.sha1, "created": created,
            })
        });
        videos.collect()
    }

    pub(crate) fn tasks_json(&self) -> Value {
        let tasks = self.tasks.iter().map(|task| {
            let items = task.items.iter().map(|item| {
                let (vid, error) = match &item.outcome {
                    Some(ItemOutcome::Fetched { .. }) => (Some(&item.vid), None),
                    Some(ItemOutcome::Failed(reason)) => (None, Some(reason)),
                    None => (None, None),
                };
                json!({ "url": item.url, "title": item.title, "state": item.state, "vid": vid, "error": error })
            });
            json!({
                "taskid": task.id, "cataid": task.category, "total": task.items.len(), "fetched": task.fetched(),
                "failed": task.failed(), "created": task.created, "ended": task.ended,
                "items": items.collect::<Value>(),
            })
        });
        tasks.collect()
    }
}

impl Model {
    /// Where a video's bytes came from.
    pub(crate) fn source_of(&self, vid: &str) -> Option<&str> {
        self.polyv.videos.iter().find(|video| video.vid == vid).map(|video| video.source_url.as_str())
    }

    /// Starts a fetch task with a download for each item.
    pub(super) fn start_task(&mut self, now: i64, category: i64, mut items: Vec<Item>) {
        let index = self.polyv.tasks.len();
        for (item, wanted) in items.iter_mut().enumerate() {
            wanted.vid = new_vid(&self.config.credentials.polyv_user_id, &mut self.random);
            let job = self.next_job();
            self.polyv.jobs.insert(job, (index, item));
            self.effects.push(Effect::Fetch { job, url: wanted.url.clone() });
        }
        let id = self.random.alphanumeric(10);
        self.polyv.tasks.push(Task { id, category, created: now, ended: None, items });
    }

    /// A download ended: the file becomes a video, a failure is noted in the task.
    pub(crate) fn fetched(&mut self, now: i64, job: u64, outcome: Result<File, String>) {
        // A download that was under way during a reset belongs to nothing any more.
        let Some((index, item)) = self.polyv.jobs.remove(&job) else {
            return;
        };
        let task = &mut self.polyv.tasks[index];
        let wanted = &mut task.items[item];
        wanted.outcome = Some(match outcome {
            Ok(file) => {
                let bytes = file.bytes;
                self.polyv.videos.push(Video {
                    vid: wanted.vid.clone(),
                    title: wanted.title.clone(),
                    state: wanted.state.clone(),
                    source_url: wanted.url.clone(),
                    category: task.category,
                    file,
                    created: now,
                });
                ItemOutcome::Fetched { bytes }
            }
            Err(reason) => ItemOutcome::Failed(reason),
        });
        if task.items.iter().all(|item| item.outcome.is_some()) {
            task.ended = Some(now);
        }
    }
}

/// 32 hex digits that begin with the account id, an underscore, and their first digit again.
fn new_vid(user_id: &str, random: &mut Random) -> String {
    let first = user_id.chars().next().unwrap_or('0');
    format!("{user_id}{}_{first}", random.hex(22))
}

/// `yyyy-MM-dd HH:mm:ss` in China's time, as the provider writes its times.
pub(super) fn local_time(millis: i64) -> String {
    let timestamp = Timestamp::from_millisecond(millis).unwrap_or_default();
    timestamp.to_zoned(jiff::tz::Offset::constant(8).to_time_zone()).strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// The emulator's address for something of a video: its play URL leads to the file it was made of.
pub(super) fn play_url(base: &Url, vid: &str, extension: &str) -> String {
    format!("{}_emulator/play/polyv/{vid}.{extension}", base.as_str())
}

pub(super) fn category_name(category: i64) -> String {
    if category == 1 { "默认分类".to_owned() } else { format!("分类{category}") }
}
