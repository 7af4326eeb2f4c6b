//! Values and records that several areas share.

use crate::schema::field::{Choices, Kind};
use crate::schema::value::Value;
use crate::time::Timestamp;
use crate::{Answer, Choice, Record};
use serde_json::Value as Json;

/// A processing template of the console.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Record)]
#[non_exhaustive]
pub struct Template {
    /// What it does.
    #[field(wire = "Type")]
    pub kind: TemplateType,
    /// Its id in the console.
    #[field(wire = "Id")]
    pub id: i64,
}

/// What a template does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TemplateType {
    /// Transcodes video.
    Video,
    /// Makes an adaptive stream.
    Adaptive,
    /// Transcodes audio.
    Audio,
    /// Takes snapshots; only for processing, not on upload.
    Snapshot,
    /// Cuts a clip.
    Clip,
    /// Adds a watermark.
    Watermark,
}

impl TemplateType {
    /// The number on the wire.
    #[must_use]
    pub const fn number(self) -> i64 {
        match self {
            Self::Video => 1,
            Self::Adaptive => 2,
            Self::Audio => 4,
            Self::Snapshot => 8,
            Self::Clip => 16,
            Self::Watermark => 32,
        }
    }
}

/// Sent as a number, unlike other enums, whose values are text.
impl crate::schema::value::FieldValue for TemplateType {
    const KIND: Kind = Kind::Choice(&Choices {
        name: "TemplateType",
        numeric: true,
        open: false,
        values: &[
            ("1", "Transcodes video."),
            ("2", "Makes an adaptive stream."),
            ("4", "Transcodes audio."),
            ("8", "Takes snapshots; only for processing, not on upload."),
            ("16", "Cuts a clip."),
            ("32", "Adds a watermark."),
        ],
    });
    fn to_value(&self) -> Option<Value<'_>> {
        Some(Value::Integer(self.number()))
    }
}

/// Where a media came from.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Choice)]
#[non_exhaustive]
pub enum MediaSource {
    /// The console.
    #[wire("Console")]
    Console,
    /// An SDK.
    #[wire("SDK")]
    Sdk,
    /// The API.
    #[wire("API")]
    Api,
    /// A source that the reference does not name.
    #[other]
    Other(String),
}

/// Whether a media may be played.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Choice)]
#[non_exhaustive]
pub enum ForbidStatus {
    /// Allowed.
    #[wire("normal")]
    Normal,
    /// Not allowed.
    #[wire("forbid")]
    Forbidden,
    /// A state that the reference does not name.
    #[other]
    Other(String),
}

/// A media with its details.
#[derive(Clone, Debug, Answer)]
#[non_exhaustive]
pub struct MediaInfo {
    /// Its id.
    #[answer(wire = "MediaId")]
    pub media_id: String,
    /// The basics.
    #[answer(wire = "BaseInfo")]
    pub basics: Option<MediaBasics>,
    /// Facts of the file.
    #[answer(wire = "MetaData")]
    pub metadata: Option<MetaData>,
    /// The transcoded files.
    #[answer(wire = "TranscodeInfos", alias = "TranscodeInfo")]
    pub transcodes: Vec<TranscodeInfo>,
    /// The adaptive streams.
    #[answer(wire = "StreamingInfos", alias = "StreamingInfo")]
    pub streams: Vec<StreamingInfo>,
    /// Reviews. Its members are not documented.
    #[answer(wire = "ReviewInfo")]
    pub review: Option<Json>,
    /// Subtitles. Its members are not documented.
    #[answer(wire = "SubtitleInfo")]
    pub subtitles: Option<Json>,
    /// Thumbnails. Its members are not documented.
    #[answer(wire = "ThumbnailInfo")]
    pub thumbnails: Option<Json>,
}

/// The basics of a media.
#[derive(Clone, Debug, Answer)]
#[non_exhaustive]
pub struct MediaBasics {
    /// Its title.
    #[answer(wire = "Title")]
    pub title: Option<String>,
    /// Its description.
    #[answer(wire = "Description")]
    pub description: Option<String>,
    /// Its category.
    #[answer(wire = "CategoryId")]
    pub category_id: Option<String>,
    /// The category's name.
    #[answer(wire = "CategoryName")]
    pub category_name: Option<String>,
    /// When it was made.
    #[answer(wire = "CreateTime")]
    pub created_at: Option<Timestamp>,
    /// When it was changed last.
    #[answer(wire = "LastModified")]
    pub updated_at: Option<Timestamp>,
    /// Its format.
    #[answer(wire = "MediaType")]
    pub media_type: Option<String>,
    /// Its region.
    #[answer(wire = "Region")]
    pub region: Option<String>,
    /// Its play URL.
    #[answer(wire = "PlayUrl", alias = "PalyUrl")]
    pub play_url: Option<String>,
    /// Its cover; `-` where there is none.
    #[answer(wire = "CoverUrl")]
    pub cover: Option<String>,
    /// Whether it may be played.
    #[answer(wire = "ForbidStatus")]
    pub forbid_status: Option<ForbidStatus>,
    /// What it is.
    #[answer(wire = "Type")]
    pub kind: Option<MediaKind>,
    /// Where it came from.
    #[answer(wire = "Source")]
    pub source: Option<MediaSource>,
    /// Its length in milliseconds.
    #[answer(wire = "Duration")]
    pub duration_millis: Option<u64>,
}

/// The kind of a media.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Choice)]
#[non_exhaustive]
pub enum MediaKind {
    /// Video.
    #[wire("Video")]
    Video,
    /// Sound.
    #[wire("Audio")]
    Audio,
    /// A picture.
    #[wire("Image")]
    Image,
    /// A kind that the reference does not name.
    #[other]
    Other(String),
}

/// Facts of a media file.
#[derive(Clone, Debug, Answer)]
#[non_exhaustive]
pub struct MetaData {
    /// Its number among the media's files.
    #[answer(wire = "Id")]
    pub id: Option<i64>,
    /// Codec: `H.264`, `H.265`.
    #[answer(wire = "Codec")]
    pub codec: Option<String>,
    /// Container.
    #[answer(wire = "Container")]
    pub container: Option<String>,
    /// MD5; `-` or empty where there is none.
    #[answer(wire = "Md5")]
    pub md5: Option<String>,
    /// Length in milliseconds, rounded up.
    #[answer(wire = "Duration")]
    pub duration_millis: Option<u64>,
    /// Size in bytes.
    #[answer(wire = "Size")]
    pub size_bytes: Option<u64>,
    /// Width in pixels.
    #[answer(wire = "Width")]
    pub width: Option<u32>,
    /// Height in pixels, misspelt on the wire.
    #[answer(wire = "Hight", alias = "Height")]
    pub height: Option<u32>,
    /// Average bits a second.
    #[answer(wire = "BitRate")]
    pub bits_per_second: Option<u64>,
    /// As received: the reference's table calls it a code (1 automatic, 2 = 10, … 10 = 60), its sample has
    /// frames a second.
    #[answer(wire = "FrameRate")]
    pub frame_rate: Option<f64>,
    /// Quality.
    #[answer(wire = "Quality")]
    pub quality: Option<Quality>,
    /// Sound channels.
    #[answer(wire = "AudioChannels")]
    pub audio_channels: Option<u32>,
    /// Its play URL; answers of a search may have only a key.
    #[answer(wire = "PlayUrl", alias = "PalyUrl")]
    pub play_url: Option<String>,
    /// Its video streams.
    #[answer(wire = "VideoStreamSet")]
    pub video_streams: Vec<VideoStream>,
    /// Its sound streams.
    #[answer(wire = "AudioStreamSet")]
    pub audio_streams: Vec<AudioStream>,
}

/// Quality of a file.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Choice)]
#[non_exhaustive]
pub enum Quality {
    /// Full HD.
    #[wire("FULL_HD")]
    FullHd,
    /// HD.
    #[wire("HD")]
    Hd,
    /// Standard.
    #[wire("SD")]
    Sd,
    /// Fluent.
    #[wire("FLUENT")]
    Fluent,
    /// Adaptive.
    #[wire("AD")]
    Adaptive,
    /// One that the reference does not name.
    #[other]
    Other(String),
}

/// A video stream of a file.
#[derive(Clone, Debug, Answer)]
#[non_exhaustive]
pub struct VideoStream {
    /// Width in pixels.
    #[answer(wire = "Width")]
    pub width: Option<u32>,
    /// Height in pixels, misspelt on the wire.
    #[answer(wire = "Hight", alias = "Height")]
    pub height: Option<u32>,
    /// Codec.
    #[answer(wire = "Codec")]
    pub codec: Option<String>,
    /// Bits a second.
    #[answer(wire = "BitRate")]
    pub bits_per_second: Option<u64>,
    /// As in [`MetaData::frame_rate`].
    #[answer(wire = "FrameRate")]
    pub frame_rate: Option<f64>,
}

/// A sound stream of a file.
#[derive(Clone, Debug, Answer)]
#[non_exhaustive]
pub struct AudioStream {
    /// Samples a second.
    #[answer(wire = "SamplingRate")]
    pub sampling_rate: Option<u32>,
    /// Codec.
    #[answer(wire = "Codec")]
    pub codec: Option<String>,
    /// Bits a second.
    #[answer(wire = "BitRate")]
    pub bits_per_second: Option<u64>,
}

/// A transcoded file, and the template that made it.
#[derive(Clone, Debug, Answer)]
#[non_exhaustive]
pub struct TranscodeInfo {
    /// Facts of the file.
    #[answer(flatten)]
    pub file: MetaData,
    /// Its definition, a number of the console.
    #[answer(wire = "Definition")]
    pub definition: Option<i64>,
    /// What it is.
    #[answer(wire = "Type")]
    pub kind: Option<MediaKind>,
    /// The kind of the template.
    #[answer(wire = "TemplateType")]
    pub template_type: Option<i64>,
    /// The template.
    #[answer(wire = "TemplateId")]
    pub template_id: Option<i64>,
    /// The template's name.
    #[answer(wire = "TemplateName")]
    pub template_name: Option<String>,
}

/// An adaptive stream.
#[derive(Clone, Debug, Answer)]
#[non_exhaustive]
pub struct StreamingInfo {
    /// Its number among the media's files.
    #[answer(wire = "Id")]
    pub id: Option<i64>,
    /// Its play URL.
    #[answer(wire = "PlayUrl", alias = "PalyUrl")]
    pub play_url: Option<String>,
    /// The template.
    #[answer(wire = "TemplateId")]
    pub template_id: Option<i64>,
    /// The kind of the template.
    #[answer(wire = "TemplateType")]
    pub template_type: Option<i64>,
    /// The template's name.
    #[answer(wire = "TemplateName")]
    pub template_name: Option<String>,
    /// Its definition, a number of the console.
    #[answer(wire = "Definition")]
    pub definition: Option<i64>,
    /// How it is packaged.
    #[answer(wire = "Package")]
    pub package: Option<String>,
    /// How it is protected.
    #[answer(wire = "DrmType")]
    pub drm_type: Option<String>,
    /// Size of playlists and segments together, in bytes.
    #[answer(wire = "Size")]
    pub size_bytes: Option<u64>,
    /// The number of streams.
    #[answer(wire = "FlowNum")]
    pub stream_count: Option<u32>,
}
