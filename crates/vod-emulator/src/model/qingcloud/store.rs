//! The account's content: media.

use crate::model::window::Window;
use crate::model::{Config, File, Model};
use http::StatusCode;
use jiff::Timestamp;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use url::Url;

#[derive(Debug, Default)]
pub(crate) struct State {
    /// By id, which grows with time.
    pub(super) media: BTreeMap<u64, Media>,
    /// The newest id.
    pub(super) last_id: u64,
    pub(super) quota: Window,
}

#[derive(Debug)]
pub(super) struct Media {
    pub(super) id: u64,
    pub(super) title: String,
    pub(super) description: String,
    /// As sent: a bare format name or a MIME type.
    pub(super) media_type: String,
    pub(super) extension: String,
    pub(super) status: Status,
    pub(super) source: &'static str,
    pub(super) forbidden: bool,
    pub(super) created: i64,
    pub(super) modified: i64,
    /// Whether the upload asked for processing after it.
    pub(super) to_process: bool,
    /// The stored object, once it exists.
    pub(super) file: Option<File>,
}

/// The status of an upload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Status {
    Applied,
    Created,
    Failed,
    Cancelled,
}

impl Status {
    /// As `upload.commit` spells it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Applied => "APPLIED",
            Self::Created => "CREATED",
            Self::Failed => "FAILED",
            Self::Cancelled => "CANCELLED",
        }
    }
}

impl Media {
    /// Key of the object in the storage.
    pub(super) fn key(&self) -> String {
        format!("vod/{}.{}", self.id, self.extension)
    }

    /// The URL of the bytes, once they exist.
    pub(super) fn play_url(&self, base: &Url) -> String {
        format!("{}_emulator/play/{}", base.as_str(), self.key())
    }

    /// Milliseconds at one megabit a second: the emulator does not decode.
    pub(super) fn duration(&self) -> u64 {
        self.file.as_ref().map_or(0, |file| file.bytes / 125)
    }
}

impl State {
    pub(crate) fn stored(&mut self, now: i64, key: &str, file: File) {
        if let Some(media) = self.by_key_mut(key) {
            media.file = Some(file);
            media.modified = now;
        }
    }

    /// The keys of all media, with or without an object.
    pub(crate) fn keys(&self) -> Vec<String> {
        self.media.values().map(Media::key).collect()
    }

    pub(crate) fn count(&self) -> usize {
        self.media.len()
    }

    pub(crate) fn media_json(&self, config: &Config) -> Value {
        let media = self.media.values().map(|media| {
            json!({
                "media_id": media.id.to_string(), "title": media.title, "description": media.description,
                "status": media.status.name(), "source": media.source, "forbidden": media.forbidden,
                "key": media.key(), "bytes": media.file.as_ref().map(|file| file.bytes),
                "md5": media.file.as_ref().map(|file| &file.md5),
                "play_url": media.file.as_ref().map(|_| media.play_url(&config.base_url)),
            })
        });
        media.collect()
    }

    fn by_key_mut(&mut self, key: &str) -> Option<&mut Media> {
        self.media.get_mut(&id_of(key)?).filter(|media| media.key() == key)
    }
}

/// The media id of a key.
fn id_of(key: &str) -> Option<u64> {
    key.strip_prefix("vod/")?.split('.').next()?.parse().ok()
}

impl Model {
    /// The object with this key if it may be played: it exists and is not forbidden.
    pub(crate) fn playable(&self, key: &str) -> Result<&File, (StatusCode, &'static str)> {
        match self.media_at(key) {
            Some(Media { forbidden: true, .. }) => {
                Err((StatusCode::FORBIDDEN, "playing this media is forbidden"))
            }
            Some(Media { file: Some(file), .. }) => Ok(file),
            _ => Err((StatusCode::NOT_FOUND, "there is no such object")),
        }
    }

    /// The object under this key.
    pub(crate) fn object(&self, key: &str) -> Option<&File> {
        self.media_at(key)?.file.as_ref()
    }

    /// The key of a media's object, if there is one.
    pub(crate) fn object_key(&self, id: &str) -> Option<String> {
        let media = self.qingcloud.media.get(&id.parse().ok()?)?;
        media.file.as_ref().map(|_| media.key())
    }

    fn media_at(&self, key: &str) -> Option<&Media> {
        self.qingcloud.media.get(&id_of(key)?).filter(|media| media.key() == key)
    }
}

/// RFC 3339 in UTC with whole seconds, as in the sample.
pub(super) fn utc_time(millis: i64) -> String {
    let timestamp = Timestamp::from_second(millis.div_euclid(1000)).unwrap_or_default();
    timestamp.to_string()
}
