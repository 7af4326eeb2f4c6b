//! Managing media.

use super::{ForbidStatus, MediaInfo, MediaKind, MediaSource, Template};
use crate::operation::page::{Paged, Turn};
use crate::time::Timestamp;
use crate::wire::answer::Done;
use crate::{Answer, Choice, Operation};

/// Change a media's title or description.
///
/// The limits are in characters here, while [`ApplyUpload`](super::upload::ApplyUpload) counts bytes. The
/// answer says only that it succeeded.
#[derive(Clone, Debug, Operation)]
#[operation(
    id = "qingcloud.media.update",
    method = Put,
    path = "/api/v1/media/{MediaId}",
    encoding = Json,
    auth = Qvod,
    effect = Idempotent,
    output = Done,
    reference = "QingCloud VOD API reference, media management: ModifyMedia"
)]
#[non_exhaustive]
pub struct UpdateMedia {
    /// The media's id.
    #[field(wire = "MediaId")]
    pub media_id: String,
    /// The new title, at most 64 characters.
    #[field(wire = "Title", max_chars = 64)]
    pub title: Option<String>,
    /// The new description, at most 128 characters.
    #[field(wire = "Description", max_chars = 128)]
    pub description: Option<String>,
    /// Reserved by the provider.
    #[field(wire = "CategoryId")]
    pub category_id: Option<String>,
    /// Reserved by the provider.
    #[field(wire = "AppId")]
    pub app_id: Option<i64>,
}

/// Delete a media, or parts of it. There is no recycle bin.
///
/// It is retried when an answer was lost. If the first attempt deleted the media, the second finds none: that
/// refusal ([`Reason::NotFound`](crate::error::Reason::NotFound)) is marked
/// [`in_doubt`](crate::error::Refused::in_doubt), its outcome as unknown. Either way the media no longer
/// exists.
#[derive(Clone, Debug, Operation)]
#[operation(
    id = "qingcloud.media.delete",
    method = Delete,
    path = "/api/v1/media/{MediaId}",
    encoding = Query,
    auth = Qvod,
    effect = Idempotent,
    output = Deleted,
    reference = "QingCloud VOD API reference, media management: DeleteMedia"
)]
#[non_exhaustive]
pub struct DeleteMedia {
    /// The media's id.
    #[field(wire = "MediaId")]
    pub media_id: String,
    /// The parts to delete. Default: the media and everything derived from it. The names of the parts are not
    /// documented.
    #[field(wire = "DeleteParts.N", layout = Indexed)]
    pub parts: Option<Vec<String>>,
    /// Reserved by the provider.
    #[field(wire = "AppId")]
    pub app_id: Option<i64>,
}

/// A deleted media.
#[derive(Clone, Debug, Answer)]
#[non_exhaustive]
pub struct Deleted {
    /// Its id.
    #[answer(wire = "MediaId")]
    pub media_id: Option<String>,
}

/// Get the details of one media.
#[derive(Clone, Debug, Operation)]
#[operation(
    id = "qingcloud.media.get",
    method = Get,
    path = "/api/v1/media/{MediaId}",
    encoding = Query,
    auth = Qvod,
    effect = Read,
    output = MediaInfo,
    reference = "QingCloud VOD API reference, media management: GetMediaInfo"
)]
#[non_exhaustive]
pub struct GetMedia {
    /// The media's id.
    #[field(wire = "MediaId")]
    pub media_id: String,
    /// The parts wanted. Default: all.
    #[field(wire = "FileIds")]
    pub parts: Option<Vec<MediaPart>>,
}

/// A part of what is known of a media.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Choice)]
#[non_exhaustive]
pub enum MediaPart {
    /// The basics.
    #[wire("baseInfo")]
    Basics,
    /// Facts of the file.
    #[wire("metadata")]
    Metadata,
    /// The transcoded files.
    #[wire("transcodeInfo")]
    Transcodes,
    /// The adaptive streams.
    #[wire("streamingInfo")]
    Streams,
    /// Thumbnails.
    #[wire("thumbnailInfo")]
    Thumbnails,
    /// Reviews.
    #[wire("reviewInfo")]
    Reviews,
    /// Subtitles.
    #[wire("subtitleInfo")]
    Subtitles,
}

/// List the clips made of one media.
#[derive(Clone, Debug, Operation)]
#[operation(
    id = "qingcloud.media.clips",
    method = Get,
    path = "/api/v1/media/{MediaId}/clip",
    encoding = Query,
    auth = Qvod,
    effect = Read,
    output = Clips,
    reference = "QingCloud VOD API reference, media management: GetMediaClipInfo"
)]
#[non_exhaustive]
pub struct GetClips {
    /// The media's id.
    #[field(wire = "MediaId")]
    pub media_id: String,
}

/// The clips of a media.
#[derive(Clone, Debug, Answer)]
#[non_exhaustive]
pub struct Clips {
    /// The media's id.
    #[answer(wire = "MediaId")]
    pub media_id: Option<String>,
    /// Its clips. The reference documents one object under a plural name; both that and a list are read.
    #[answer(wire = "ClipInfos", alias = "ClipInfo")]
    pub clips: Vec<Clip>,
}

/// A clip.
#[derive(Clone, Debug, Answer)]
#[non_exhaustive]
pub struct Clip {
    /// Its number.
    #[answer(wire = "Id")]
    pub id: Option<i64>,
    /// Where it starts: `hh-mm-ss`.
    #[answer(wire = "Start")]
    pub start: Option<String>,
    /// Where it ends: `hh-mm-ss`.
    #[answer(wire = "End")]
    pub end: Option<String>,
    /// Its play URL.
    #[answer(wire = "PlayUrl", alias = "PalyUrl")]
    pub play_url: Option<String>,
    /// Size in bytes.
    #[answer(wire = "Size")]
    pub size_bytes: Option<u64>,
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

/// List or search media, newest first.
///
/// How the reference writes a list in the query is not documented here; this follows the commas of
/// [`GetMedia`].
#[derive(Clone, Debug, Operation)]
#[operation(
    id = "qingcloud.media.search",
    method = Get,
    path = "/api/v1/media/search",
    encoding = Query,
    auth = Qvod,
    effect = Read,
    output = MediaPage,
    reference = "QingCloud VOD API reference, media management: SearchMediaList"
)]
#[non_exhaustive]
pub struct SearchMedia {
    /// Media ids, at most 10.
    #[field(wire = "MediaId", max_items = 10)]
    pub media_ids: Option<Vec<String>>,
    /// The parts wanted.
    #[field(wire = "FileIds")]
    pub parts: Option<Vec<SearchPart>>,
    /// Created at this time or later; only together with `end_time`.
    #[field(wire = "StartTime", time = Rfc3339, together_with = "EndTime")]
    pub start_time: Option<Timestamp>,
    /// Created at this time or earlier; only together with `start_time`.
    #[field(wire = "EndTime", time = Rfc3339, together_with = "StartTime")]
    pub end_time: Option<Timestamp>,
    /// A category, misspelt on the wire.
    #[field(wire = "CategoryIid")]
    pub category_id: Option<i64>,
    /// A part of the title.
    #[field(wire = "Name")]
    pub name: Option<String>,
    /// A region.
    #[field(wire = "Region")]
    pub region: Option<String>,
    /// Where it came from.
    #[field(wire = "Source")]
    pub source: Option<MediaSource>,
    /// Whether it may be played.
    #[field(wire = "Forbid")]
    pub forbid: Option<ForbidStatus>,
    /// What it is.
    #[field(wire = "Type")]
    pub kind: Option<MediaKind>,
    /// Records to skip. Default: 0.
    #[field(wire = "Offset", range = 0..=2_147_483_647)]
    pub offset: Option<u32>,
    /// Records on a page, at most 100. Default: 10.
    #[field(wire = "Limit", range = 1..=100)]
    pub limit: Option<u32>,
    /// The id of the last record of the previous page. Absent or 0: from the newest.
    #[field(wire = "LastId")]
    pub last_id: Option<i64>,
}

impl Paged for SearchMedia {
    type Item = MediaInfo;

    /// Continues after the last record's id, so that new media do not shift the pages, and lists of more than
    /// 10000 can be read to the end. What `Total` counts after an id is not documented: a page that is not
    /// full is the last one.
    fn turn(&mut self, answer: MediaPage) -> Turn<MediaInfo> {
        let full = answer.media.len() >= self.limit.unwrap_or(DEFAULT_LIMIT) as usize;
        let last = answer.media.last().and_then(|media| media.media_id.parse().ok());
        match last {
            Some(id) => (self.last_id, self.offset) = (Some(id), None),
            None => {
                self.offset = Some(
                    self.offset
                        .unwrap_or(0)
                        .saturating_add(u32::try_from(answer.media.len()).unwrap_or(u32::MAX)),
                );
            }
        }
        Turn { items: answer.media, more: full }
    }
}

/// The default number of records on a page.
const DEFAULT_LIMIT: u32 = 10;

/// A part of a record in a search. The spelling of the last differs from [`MediaPart`]'s.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Choice)]
#[non_exhaustive]
pub enum SearchPart {
    /// The basics.
    #[wire("baseInfo")]
    Basics,
    /// The transcoded files.
    #[wire("transcodeInfo")]
    Transcodes,
    /// Thumbnails.
    #[wire("thumbnailInfo")]
    Thumbnails,
    /// Reviews.
    #[wire("reviewInfo")]
    Reviews,
    /// Subtitles.
    #[wire("SubtitleInfo")]
    Subtitles,
}

/// A page of media.
#[derive(Clone, Debug, Answer)]
#[non_exhaustive]
pub struct MediaPage {
    /// Media in total, counted up to 10000.
    #[answer(wire = "Total")]
    pub total: Option<u64>,
    /// The media.
    #[answer(wire = "MediaInfo")]
    pub media: Vec<MediaInfo>,
}

/// Forbid the playing of a media.
#[derive(Clone, Debug, Operation)]
#[operation(
    id = "qingcloud.media.forbid",
    method = Post,
    path = "/api/v1/media/{MediaId}/forbid",
    encoding = Json,
    auth = Qvod,
    effect = Idempotent,
    output = Done,
    reference = "QingCloud VOD API reference, media management: ForbidMedia"
)]
#[non_exhaustive]
pub struct ForbidMedia {
    /// The media's id.
    #[field(wire = "MediaId")]
    pub media_id: String,
    /// Reserved by the provider.
    #[field(wire = "AppId")]
    pub app_id: Option<i64>,
}

/// Allow the playing of a media again.
#[derive(Clone, Debug, Operation)]
#[operation(
    id = "qingcloud.media.release",
    method = Post,
    path = "/api/v1/media/{MediaId}/release",
    encoding = Json,
    auth = Qvod,
    effect = Idempotent,
    output = Done,
    reference = "QingCloud VOD API reference, media management: ReleaseMedia"
)]
#[non_exhaustive]
pub struct ReleaseMedia {
    /// The media's id.
    #[field(wire = "MediaId")]
    pub media_id: String,
    /// Reserved by the provider.
    #[field(wire = "AppId")]
    pub app_id: Option<i64>,
}

/// Process a media with templates or task flows. Each call starts new work.
#[derive(Clone, Debug, Operation)]
#[operation(
    id = "qingcloud.media.process",
    method = Post,
    path = "/api/v1/media/{MediaId}/process",
    encoding = Json,
    auth = Qvod,
    effect = Once,
    output = Processing,
    reference = "QingCloud VOD API reference, media processing: ProcessMedia"
)]
#[non_exhaustive]
pub struct ProcessMedia {
    /// The media's id.
    #[field(wire = "MediaId")]
    pub media_id: String,
    /// Templates.
    #[field(wire = "Templates")]
    pub templates: Option<Vec<Template>>,
    /// Ids of task flows. They take precedence over templates.
    #[field(wire = "Tasks", layout = Json)]
    pub tasks: Option<Vec<i64>>,
    /// Reserved by the provider.
    #[field(wire = "ExtInfo")]
    pub ext_info: Option<String>,
    /// Reserved by the provider.
    #[field(wire = "AppId")]
    pub app_id: Option<i64>,
}

/// Processing that has been started.
#[derive(Clone, Debug, Answer)]
#[non_exhaustive]
pub struct Processing {
    /// Ids of the tasks; the reference documents them and its sample leaves them out.
    #[answer(wire = "Tasks")]
    pub tasks: Vec<String>,
}
