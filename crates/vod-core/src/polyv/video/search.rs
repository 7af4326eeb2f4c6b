//! Finding videos.

use crate::polyv::{CategoryId, Page, VideoId, VideoStatus};
use crate::time::Timestamp;
use crate::{Answer, Choice, Operation};

/// Search videos, with as much of each record as asked for.
#[derive(Clone, Debug, Operation)]
#[operation(
    id = "polyv.video.search",
    alias = "polyv.list.search_videos",
    method = Get,
    path = "/v2/video/search-videos",
    encoding = Query,
    auth = Sha1,
    effect = Read,
    account = "userid",
    output = Page<VideoDetail>,
    reference = "https://polyv.gitbook.io/document/docs/unclassified/2021/bdac33a94c694437649e9bc275fbca82"
)]
#[non_exhaustive]
pub struct SearchVideos {
    /// The parts of each record to answer. Default: the basics.
    pub filters: Option<Vec<VideoPart>>,
    /// Only videos in this category.
    #[field(wire = "cateId")]
    pub category_id: Option<CategoryId>,
    /// A part of their titles.
    pub title: Option<String>,
    /// A part of one of their tags.
    pub tag: Option<String>,
    /// Who uploaded them, as named in the records.
    pub uploader: Option<String>,
    /// Only videos in one of these states.
    pub status: Option<Vec<VideoStatus>>,
    /// Whether subcategories are searched too.
    #[field(wire = "containSubCate")]
    pub include_subcategories: Option<bool>,
    /// Created at this time or later.
    #[field(wire = "startTime")]
    pub start_time: Option<Timestamp>,
    /// Created at this time or earlier.
    #[field(wire = "endTime")]
    pub end_time: Option<Timestamp>,
    /// Whether they are encrypted. Default: both kinds.
    pub encrypted: Option<bool>,
    /// Whether authorised playback is on for them. Default: both kinds.
    #[field(wire = "playAuthEnable")]
    pub play_auth: Option<bool>,
    /// The order. Default: by creation, oldest first.
    pub sort: Option<VideoOrder>,
    /// The page, from 1. Default: 1.
    #[field(range = 1..=2_147_483_647)]
    pub page: Option<u32>,
    /// Rows on a page, at most 1000. Default: 10.
    #[field(wire = "pageSize", range = 1..=1000)]
    pub page_size: Option<u32>,
}

/// A part of a video's record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Choice)]
#[non_exhaustive]
pub enum VideoPart {
    /// The basics.
    #[wire("basicInfo")]
    Basics,
    /// Facts of the source file.
    #[wire("metaData")]
    Source,
    /// The transcoded files.
    #[wire("transcodeInfo")]
    Transcodes,
    /// Snapshots.
    #[wire("snapshotInfo")]
    Snapshots,
}

/// An order of videos.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Choice)]
#[non_exhaustive]
pub enum VideoOrder {
    /// Oldest first.
    #[wire("creationTimeAsc")]
    OldestFirst,
    /// Newest first.
    #[wire("creationTimeDesc")]
    NewestFirst,
    /// Least played first.
    #[wire("playTimesAsc")]
    LeastPlayedFirst,
    /// Most played first.
    #[wire("playTimesDesc")]
    MostPlayedFirst,
}

/// A video, in the detailed record.
#[derive(Clone, Debug, Answer)]
#[non_exhaustive]
pub struct VideoDetail {
    /// Its id.
    pub vid: VideoId,
    /// The basics.
    #[answer(wire = "basicInfo")]
    pub basics: Option<VideoBasics>,
    /// Facts of the source file, where asked for.
    #[answer(wire = "metaData")]
    pub source: Option<SourceFile>,
    /// The transcoded files, where asked for.
    #[answer(wire = "transcodeInfos", alias = "transcodeInfo")]
    pub transcodes: Vec<Transcode>,
    /// Snapshots, where asked for.
    #[answer(wire = "snapshotInfo")]
    pub snapshots: Option<Snapshots>,
}

/// The basics of a video.
#[derive(Clone, Debug, Answer)]
#[non_exhaustive]
pub struct VideoBasics {
    /// Its title.
    pub title: Option<String>,
    /// Its description.
    pub description: Option<String>,
    /// Its length in seconds.
    #[answer(wire = "duration")]
    pub duration_seconds: Option<f64>,
    /// The large cover.
    #[answer(wire = "coverURL")]
    pub cover: Option<String>,
    /// The small cover.
    #[answer(wire = "miniCoverURL")]
    pub small_cover: Option<String>,
    /// The large cover once more.
    #[answer(wire = "largeCoverURL")]
    pub large_cover: Option<String>,
    /// The address of its sound alone.
    #[answer(wire = "audioUrl")]
    pub audio_url: Option<String>,
    /// When it was created.
    #[answer(wire = "creationTime")]
    pub created_at: Option<Timestamp>,
    /// When it was last changed.
    #[answer(wire = "updateTime")]
    pub updated_at: Option<Timestamp>,
    /// Size of the source file in bytes.
    #[answer(wire = "size")]
    pub source_size_bytes: Option<u64>,
    /// Its state.
    pub status: Option<VideoStatus>,
    /// Its category; 1 is the root.
    #[answer(wire = "cateId")]
    pub category_id: Option<CategoryId>,
    /// The category's name.
    #[answer(wire = "cateName")]
    pub category_name: Option<String>,
    /// Its tags, separated by commas.
    pub tags: Option<String>,
    /// Who uploaded it: 主账号 (main account), API, or a sub-account's name.
    pub uploader: Option<String>,
    /// How often it was played.
    #[answer(wire = "playTimes")]
    pub plays: Option<u64>,
}

/// Facts of a source file.
#[derive(Clone, Debug, Answer)]
#[non_exhaustive]
pub struct SourceFile {
    /// Size in bytes.
    #[answer(wire = "size")]
    pub size_bytes: Option<u64>,
    /// Container.
    pub format: Option<String>,
    /// Length in seconds.
    #[answer(wire = "duration")]
    pub duration_seconds: Option<f64>,
    /// Bits a second.
    #[answer(wire = "bitrate")]
    pub bits_per_second: Option<u64>,
    /// Frames a second.
    #[answer(wire = "fps")]
    pub frame_rate: Option<f64>,
    /// Height in pixels.
    pub height: Option<u32>,
    /// Width in pixels.
    pub width: Option<u32>,
    /// Codec: `h264`, `h265`, ….
    pub codec: Option<String>,
}

/// A transcoded file.
#[derive(Clone, Debug, Answer)]
#[non_exhaustive]
pub struct Transcode {
    /// Its address.
    #[answer(wire = "playUrl")]
    pub play_url: Option<String>,
    /// Its definition.
    pub definition: Option<Definition>,
    /// Thousands of bits a second.
    #[answer(wire = "bitrate")]
    pub kilobits_per_second: Option<u64>,
    /// Length in seconds.
    #[answer(wire = "duration")]
    pub duration_seconds: Option<f64>,
    /// Whether it is encrypted.
    #[answer(wire = "encrypt")]
    pub encrypted: Option<bool>,
    /// Container: `mp4`, `flv`, `pdx`, `hls`.
    pub format: Option<String>,
    /// Frames a second.
    #[answer(wire = "fps")]
    pub frame_rate: Option<f64>,
    /// Height in pixels.
    pub height: Option<u32>,
    /// Width in pixels.
    pub width: Option<u32>,
    /// Whether it can be played.
    pub status: Option<TranscodeStatus>,
}

/// A definition.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Choice)]
#[non_exhaustive]
pub enum Definition {
    /// The source.
    #[wire("SOURCE")]
    Source,
    /// Low.
    #[wire("LD")]
    Low,
    /// Standard.
    #[wire("SD")]
    Standard,
    /// High.
    #[wire("HD")]
    High,
    /// One that the reference does not name.
    #[other]
    Other(String),
}

/// Whether a transcoded file can be played.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Choice)]
#[non_exhaustive]
pub enum TranscodeStatus {
    /// It can.
    #[wire("normal")]
    Normal,
    /// It cannot.
    #[wire("unavailable")]
    Unavailable,
    /// A state that the reference does not name.
    #[other]
    Other(String),
}

/// Snapshots of a video.
#[derive(Clone, Debug, Answer)]
#[non_exhaustive]
pub struct Snapshots {
    /// Their URLs.
    #[answer(wire = "imageUrl")]
    pub urls: Vec<String>,
}
