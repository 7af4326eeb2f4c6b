//! The record of a video, and how the areas find and change it.

use super::callback::Mishap;
use super::envelope::Refusal;
use super::store::State;
use crate::fault::{Fault, VIDEO};
use crate::model::random::Random;
use crate::model::text::Text;
use crate::model::{File, Model};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::{Arc, LazyLock};
use url::Url;

/// A video. The emulator does not decode: duration and picture size are derived from the byte count.
#[derive(Clone, Debug)]
pub(super) struct Video {
    pub(super) vid: Text,
    pub(super) title: Text,
    /// The caller's own value, from the upload.
    pub(super) state: Text,
    /// Where its bytes are; empty if the emulator does not have them.
    pub(super) source_url: Text,
    pub(super) category: i64,
    pub(super) file: File,
    pub(super) created: i64,
    /// From when on lists show it.
    pub(super) shown_from: i64,
    pub(super) updated: i64,
    /// Its progress: encoding, review, publication.
    pub(super) progress: Progress,
    /// Whether it is a clip being made. It is published once its record has been read.
    pub(super) in_the_making: bool,
    /// Whether playing it is forbidden, whatever its progress.
    pub(super) forbidden: bool,
    /// When it was moved to the recycle bin; its record stays until it is deleted permanently.
    pub(super) deleted_at: Option<i64>,
    /// All plays, including those dropped from the log.
    pub(super) plays: u64,
    /// What most videos have in common, and therefore share. Changed by [`Video::settings_mut`].
    pub(super) settings: Arc<Settings>,
}

/// What calls can set for a video.
#[derive(Clone, Debug)]
pub(super) struct Settings {
    pub(super) description: String,
    /// Separated by commas.
    pub(super) tags: String,
    /// The link that an edit can set.
    pub(super) publish_url: String,
    pub(super) password: Option<String>,
    pub(super) play_auth: bool,
    /// `open`, `web`, `app` or `wxa_app`.
    pub(super) hls_level: String,
    pub(super) encrypted: bool,
    /// 0 without a preview.
    pub(super) preview_seconds: u64,
    /// The cover that was set, if any; otherwise the emulator's own picture.
    pub(super) cover: Option<String>,
    /// Application id of the sub-account that uploaded it; the main account's otherwise.
    pub(super) sub_account: Option<String>,
    pub(super) player: Option<String>,
    /// Whether the source file is played unchanged.
    pub(super) keep_source: bool,
}

/// The settings of a new video.
static NEW: LazyLock<Arc<Settings>> = LazyLock::new(|| {
    Arc::new(Settings {
        description: String::new(),
        tags: String::new(),
        publish_url: String::new(),
        password: None,
        play_auth: false,
        hls_level: "open".to_owned(),
        encrypted: false,
        preview_seconds: 0,
        cover: None,
        sub_account: None,
        player: None,
        keep_source: false,
    })
});

/// The states of a video that is neither deleted nor forbidden, by the provider's numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i64)]
pub(super) enum Progress {
    Waiting = 10,
    Encoding = 20,
    EncodingFailed = 40,
    InReview = 50,
    Refused = 51,
    Published = 60,
}

/// Sets properties of a video that no call can set, or causes an error event, for tests.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Preset {
    vid: String,
    /// 10, 20, 40, 50, 51 or 60.
    status: Option<i64>,
    /// Whether the sub-account uploaded it.
    sub_account: Option<bool>,
    event: Option<Mishap>,
}

/// The name of the uploader of the main account's videos.
pub(super) const UPLOADER: &str = "API";

/// The mail address of a sub-account. Credentials have none, so it is made of the application's id.
pub(super) fn email_of(sub_account: &str) -> String {
    format!("{sub_account}@example.com")
}

/// Counts over some videos.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Totals {
    pub(super) videos: usize,
    pub(super) bytes: u64,
    pub(super) seconds: u64,
}

impl Video {
    /// A published video of the main account, with every setting at its default.
    pub(super) fn new(
        vid: impl Into<Text>,
        title: impl Into<Text>,
        category: i64,
        source_url: impl Into<Text>,
        file: File,
        now: i64,
    ) -> Self {
        Self {
            vid: vid.into(),
            title: title.into(),
            state: Text::default(),
            source_url: source_url.into(),
            category,
            file,
            created: now,
            shown_from: i64::MIN,
            updated: now,
            progress: Progress::Published,
            in_the_making: false,
            forbidden: false,
            deleted_at: None,
            plays: 0,
            settings: Arc::clone(&NEW),
        }
    }

    /// Its settings, from now on its own.
    pub(super) fn settings_mut(&mut self) -> &mut Settings {
        Arc::make_mut(&mut self.settings)
    }

    /// Whole seconds at one megabit a second, at least one.
    pub(super) fn seconds(&self) -> u64 {
        (self.file.bytes / 125_000).max(1)
    }

    /// Its length as `hh:mm:ss`.
    pub(super) fn duration(&self) -> String {
        let seconds = self.seconds();
        format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
    }

    /// The provider's number: 60 published, 53 forbidden, -1 deleted, or the progress.
    pub(super) fn status(&self) -> i64 {
        match self {
            Self { deleted_at: Some(_), .. } => -1,
            Self { forbidden: true, .. } => 53,
            Self { progress, .. } => *progress as i64,
        }
    }

    pub(super) fn is_live(&self) -> bool {
        self.deleted_at.is_none()
    }

    /// Whether lists show it: it is not in the recycle bin, and its delay is over.
    pub(super) fn is_listed(&self, now: i64) -> bool {
        self.is_live() && self.shown_from <= now
    }

    /// Records that its record was read; returns whether that published it.
    pub(super) fn looked_at(&mut self, now: i64) -> bool {
        let is_made = std::mem::take(&mut self.in_the_making);
        if is_made {
            (self.progress, self.updated) = (Progress::Published, now);
        }
        is_made
    }

    /// Whether its play URL serves it.
    pub(super) fn is_playable(&self) -> bool {
        self.status() == Progress::Published as i64 && !self.source_url.is_empty()
    }

    pub(super) fn cover_url(&self, base: &Url) -> String {
        self.settings.cover.clone().unwrap_or_else(|| play_url(base, &self.vid, "jpg"))
    }

    pub(super) fn uploader(&self) -> &str {
        self.settings.sub_account.as_deref().unwrap_or(UPLOADER)
    }

    pub(super) fn has_tag(&self, tag: &str) -> bool {
        self.settings.tags.split(',').any(|known| known.trim() == tag)
    }

    /// Whether one of its tags contains this text.
    pub(super) fn has_part_of_tag(&self, part: &str) -> bool {
        self.settings.tags.split(',').any(|known| known.contains(part))
    }

    pub(super) fn json(&self) -> Value {
        let Self { vid, title, state, source_url, category, file, created, updated, settings, .. } = self;
        json!({
            "vid": vid, "title": title, "state": state, "url": source_url, "cataid": category,
            "bytes": file.bytes, "md5": file.md5, "sha1": file.sha1, "created": created, "updated": updated,
            "description": settings.description, "tags": settings.tags, "publish_url": settings.publish_url, "status": self.status(),
            "deleted_at": self.deleted_at, "password": settings.password, "play_auth": settings.play_auth,
            "hls_level": settings.hls_level, "encrypted": settings.encrypted, "preview_seconds": settings.preview_seconds,
            "cover": settings.cover, "plays": self.plays, "sub_account": settings.sub_account, "player": settings.player,
            "keep_source": settings.keep_source,
        })
    }
}

impl State {
    /// A video that is not in the recycle bin.
    pub(super) fn live(&self, vid: &str) -> Option<&Video> {
        self.videos.of(vid).filter(|video| video.is_live())
    }

    pub(super) fn live_mut(&mut self, vid: &str) -> Option<&mut Video> {
        self.videos.of_mut(vid).filter(|video| video.is_live())
    }

    /// A video, including those in the recycle bin.
    pub(super) fn any(&self, vid: &str) -> Option<&Video> {
        self.videos.of(vid)
    }

    pub(super) fn any_mut(&mut self, vid: &str) -> Option<&mut Video> {
        self.videos.of_mut(vid)
    }

    /// All videos that are not in the recycle bin, oldest first.
    pub(super) fn all_live(&self) -> impl DoubleEndedIterator<Item = &Video> {
        self.videos.iter().filter(|video| video.is_live())
    }

    /// Those that lists show, oldest first.
    pub(super) fn all_listed(&self, now: i64) -> impl DoubleEndedIterator<Item = &Video> {
        self.videos.iter().filter(move |video| video.is_listed(now))
    }

    /// Refuses a list with a video that does not exist, by name.
    pub(super) fn known(&self, field: &str, vids: &[&str]) -> Result<(), Refusal> {
        match vids.iter().find(|vid| self.live(vid).is_none()) {
            Some(vid) => Err(Refusal::new(format!("{field}: no video `{vid}`"))),
            None => Ok(()),
        }
    }

    /// Counts the live videos of a category, optionally with all below it.
    pub(super) fn totals(&self, category: i64, below: bool) -> Totals {
        let within = if below { self.categories.within(category) } else { vec![category] };
        let mut totals = Totals::default();
        for video in self.all_live().filter(|video| within.contains(&video.category)) {
            totals.videos += 1;
            totals.bytes = totals.bytes.saturating_add(video.file.bytes);
            totals.seconds = totals.seconds.saturating_add(video.seconds());
        }
        totals
    }
}

impl Model {
    /// An id that no video has yet.
    pub(super) fn draw_vid(&mut self) -> String {
        new_vid(&self.config.credentials.polyv_user_id, &mut self.random)
    }

    /// Adds a new video, which a fault may hide from lists for a while.
    pub(super) fn add(&mut self, now: i64, mut video: Video) {
        if let Some(Fault::ShownLate { seconds, up_to }) = self.fault(VIDEO) {
            let spread = u64::from(up_to.unwrap_or(seconds).saturating_sub(seconds));
            let drawn = drawn_for(&video.vid).below(spread * 1000 + 1);
            video.shown_from = now.saturating_add_unsigned(u64::from(seconds) * 1000 + drawn);
        }
        self.polyv.take_in(video);
    }

    /// Where a video's bytes are, if it may be played.
    pub(crate) fn source_of(&self, vid: &str) -> Result<&str, &'static str> {
        match self.polyv.live(vid) {
            Some(video) if video.is_playable() => Ok(&video.source_url),
            Some(_) => Err("this video is not published, or its bytes are not kept"),
            None => Err("no such video, or not its mp4: nothing is transcoded here"),
        }
    }

    /// Sets what no call can set; if one of them is wrong nothing is changed.
    pub(crate) fn preset(&mut self, wall: i64, presets: &[Preset]) -> Result<(), String> {
        let now = self.now(wall);
        let mut checked = Vec::with_capacity(presets.len());
        for (index, Preset { vid, status, sub_account, event }) in presets.iter().enumerate() {
            if status.is_none() && sub_account.is_none() && event.is_none() {
                return Err(format!("[{index}]: none of status, sub_account, event"));
            }
            let progress = match status {
                None => None,
                Some(10) => Some(Progress::Waiting),
                Some(20) => Some(Progress::Encoding),
                Some(40) => Some(Progress::EncodingFailed),
                Some(50) => Some(Progress::InReview),
                Some(51) => Some(Progress::Refused),
                Some(60) => Some(Progress::Published),
                Some(other) => {
                    return Err(format!("[{index}].status: {other} is none of 10, 20, 40, 50, 51, 60"));
                }
            };
            let place = self.polyv.videos.place(vid).filter(|place| self.polyv.videos[*place].is_live());
            checked.push((
                place.ok_or_else(|| format!("[{index}].vid: no video `{vid}`"))?,
                progress,
                sub_account,
            ));
        }
        for ((place, progress, sub_account), preset) in checked.into_iter().zip(presets) {
            let video = &mut self.polyv.videos[place];
            if let Some(progress) = progress {
                (video.progress, video.in_the_making) = (progress, false);
            }
            if let Some(of_it) = sub_account {
                video.settings_mut().sub_account =
                    of_it.then(|| self.config.credentials.polyv_app_id.clone());
            }
            self.befell(now, &preset.vid, preset.event, preset.status);
        }
        Ok(())
    }
}

/// 32 hex digits that begin with the account id, an underscore, and their first digit again.
pub(super) fn new_vid(user_id: &str, random: &mut Random) -> String {
    let first = user_id.chars().next().unwrap_or('0');
    format!("{user_id}{}_{first}", random.hex(22))
}

/// A generator for what is random about one video. Its id was drawn from the seed, so the same seed gives the
/// same numbers, in whatever order the downloads end.
pub(super) fn drawn_for(vid: &str) -> Random {
    let digits = vid.get(16..32).unwrap_or_default();
    Random::new(u64::from_str_radix(digits, 16).unwrap_or_default())
}

/// The emulator's URL for a file of a video; its play URL redirects to the file it was made of.
pub(super) fn play_url(base: &Url, vid: &str, extension: &str) -> String {
    format!("{}_emulator/play/polyv/{vid}.{extension}", base.as_str())
}
