//! Subtitles: files that are uploaded, and texts that the provider generates.

use crate::error::Reason;
use crate::operation::Entry;
use crate::operation::KnownError;
use crate::polyv::VideoId;
use crate::wire::answer::Done;
use crate::{Answer, Choice, FileSource, Operation};

/// The operations of this area.
pub(crate) const OPERATIONS: &[Entry] = &[
    Entry::of::<UploadSubtitle>(),
    Entry::of::<ListSubtitles>(),
    Entry::of::<MergeSubtitles>(),
    Entry::of::<DeleteSubtitles>(),
    Entry::of::<GetSmartSubtitle>(),
];

/// Upload a subtitle file for a video.
///
/// The file must be UTF-8. A video has at most two uploaded subtitles, as an error of [`MergeSubtitles`]
/// says. The answer is empty: the new subtitle's number is in [`ListSubtitles`].
///
/// ```
/// use vod_core::polyv::subtitle::{SubtitleLanguage, UploadSubtitle};
/// use vod_core::{FileSource, Operation};
///
/// let upload = UploadSubtitle::new("d41c0b6f2a77c1_d", "中文", FileSource::path("subtitles/第一课.srt"))
///     .with_as_default(true)
///     .with_language(SubtitleLanguage::Chinese);
/// upload.check()?;
/// # Ok::<(), vod_core::Error>(())
/// ```
#[derive(Clone, Debug, Operation)]
#[operation(
    id = "polyv.subtitle.upload",
    method = Post,
    path = "/v2/video/{userid}/srt/upload",
    encoding = Multipart,
    auth = Sha1,
    effect = Once,
    output = Done,
    errors = UPLOAD_ERRORS,
    reference = "https://polyv.gitbook.io/document/docs/vod/api/video-management/subtitle/upload_subtitle"
)]
#[non_exhaustive]
pub struct UploadSubtitle {
    /// The video.
    pub vid: VideoId,
    /// The subtitle's name, by which [`MergeSubtitles`] knows it.
    pub title: String,
    /// The file, in UTF-8.
    pub file: FileSource,
    /// Whether it becomes the video's default subtitle. Default: only the first subtitle of a video does.
    #[field(wire = "asDefault", flag = YesNo)]
    pub as_default: Option<bool>,
    /// Its language. Default: detected by the provider.
    pub language: Option<SubtitleLanguage>,
}

/// A language. On the wire it has its Chinese name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Choice)]
#[non_exhaustive]
pub enum SubtitleLanguage {
    /// Chinese in simplified characters.
    #[wire("中文")]
    Chinese,
    /// Chinese in traditional characters.
    #[wire("繁体中文")]
    TraditionalChinese,
    /// English.
    #[wire("英语")]
    English,
    /// Japanese.
    #[wire("日语")]
    Japanese,
    /// Korean.
    #[wire("韩语")]
    Korean,
    /// French.
    #[wire("法语")]
    French,
    /// German.
    #[wire("德语")]
    German,
    /// Russian.
    #[wire("俄语")]
    Russian,
    /// Spanish.
    #[wire("西班牙语")]
    Spanish,
    /// Arabic.
    #[wire("阿拉伯语")]
    Arabic,
    /// Portuguese.
    #[wire("葡萄牙语")]
    Portuguese,
    /// Any other language.
    #[wire("其他")]
    AnyOther,
}

const UPLOAD_ERRORS: &[KnownError] = &[
    KnownError { code: 400, message: "vid can't be empty", reason: Reason::Field },
    KnownError { code: 400, message: "file can't be empty", reason: Reason::Field },
    KnownError { code: 400, message: "title can't be empty", reason: Reason::Field },
    KnownError { code: 400, message: "language is not support", reason: Reason::Field },
];

/// List the subtitles of a video.
#[derive(Clone, Debug, Operation)]
#[operation(
    id = "polyv.subtitle.list",
    method = Get,
    path = "/v2/video/{userid}/srt/list",
    encoding = Query,
    auth = Sha1,
    effect = Read,
    output = Subtitles,
    errors = LIST_ERRORS,
    reference = "https://polyv.gitbook.io/document/docs/vod/api/video-management/subtitle/get_subtitle"
)]
#[non_exhaustive]
pub struct ListSubtitles {
    /// The video.
    pub vid: VideoId,
}

/// The subtitles of a video.
#[derive(Clone, Debug, Answer)]
#[non_exhaustive]
pub struct Subtitles {
    /// The subtitles.
    #[answer(wire = "srts")]
    pub subtitles: Vec<Subtitle>,
}

/// A subtitle of a video.
#[derive(Clone, Debug, Answer)]
#[non_exhaustive]
pub struct Subtitle {
    /// Its number in the list, from 1: what [`DeleteSubtitles`] takes.
    pub rank: Option<u32>,
    /// Its name: what [`MergeSubtitles`] takes.
    pub name: Option<String>,
    /// The URL of its file.
    pub url: Option<String>,
}

const LIST_ERRORS: &[KnownError] = &[
    KnownError { code: 401, message: "vid is blank.", reason: Reason::Field },
    KnownError { code: 402, message: "cannot find the video.", reason: Reason::NotFound },
];

/// Merge two subtitles of a video into one that shows both.
///
/// The sources are named, not numbered. This is a GET that changes the video: sending it twice may create two
/// subtitles, so it is never retried automatically. Returns `true`.
#[derive(Clone, Debug, Operation)]
#[operation(
    id = "polyv.subtitle.merge",
    method = Get,
    path = "/v2/video/{userid}/srt/merge",
    encoding = Query,
    auth = Sha1,
    effect = Once,
    output = bool,
    errors = MERGE_ERRORS,
    reference = "https://dev.polyv.net/2019/videoproduct/v-api/v-api-vmanage/srt/srt-merge/"
)]
#[non_exhaustive]
pub struct MergeSubtitles {
    /// The video.
    pub vid: VideoId,
    /// The names of the two subtitles, without commas. The first one is shown on top.
    #[field(wire = "sourceSrtNames", min_items = 2, max_items = 2)]
    pub sources: Vec<String>,
    /// The name of the merged subtitle, at most 5 characters. Default: 双语 (bilingual).
    // The reference speaks of Chinese characters and does not say how others count.
    #[field(wire = "mergedSrtName", max_chars = 5)]
    pub merged_name: Option<String>,
    /// Whether the merged subtitle becomes the video's default one. Default: yes.
    #[field(wire = "setAsDefault")]
    pub as_default: Option<bool>,
}

const MERGE_ERRORS: &[KnownError] = &[
    KnownError { code: 400, message: "vid is blank", reason: Reason::Field },
    KnownError { code: 400, message: "sourceSrtNames is error format", reason: Reason::Field },
    KnownError { code: 400, message: "srt file limit 2 , now has %s", reason: Reason::Limit },
    KnownError { code: 400, message: "not found srt name %s", reason: Reason::NotFound },
];

/// Delete subtitles of a video by their numbers.
///
/// Read the numbers from [`ListSubtitles`] just before. The reference does not say whether later numbers
/// change after a deletion, so it is never retried automatically: a second one might delete another subtitle.
#[derive(Clone, Debug, Operation)]
#[operation(
    id = "polyv.subtitle.delete",
    method = Post,
    path = "/v2/video/{userid}/srt/delete",
    encoding = Form,
    auth = Sha1,
    effect = Once,
    output = Done,
    errors = DELETE_ERRORS,
    reference = "https://dev.polyv.net/category/videoproduct/v-api/v-api-vmanage/"
)]
#[non_exhaustive]
pub struct DeleteSubtitles {
    /// The video.
    pub vid: VideoId,
    /// Numbers of subtitles, from 1.
    #[field(min_items = 1, range = 1..=2_147_483_647)]
    pub ranks: Vec<u32>,
}

const DELETE_ERRORS: &[KnownError] = &[
    KnownError { code: 401, message: "vid is blank.", reason: Reason::Field },
    KnownError { code: 401, message: "ranks is blank.", reason: Reason::Field },
    KnownError { code: 402, message: "cannot find the video.", reason: Reason::NotFound },
    KnownError { code: 402, message: "invalid srt ranks.", reason: Reason::NotFound },
];

/// Get a subtitle that the provider generated.
///
/// This call is signed with the `appId` and the secret of the account's *live* product, which the VOD console
/// shows too: give them with [`with_sub_account`](super::Credentials::with_sub_account). A request is valid
/// for 30 minutes here, not 3. While the subtitle is being made the call is refused with
/// [`Reason::Conflict`]: ask again later. The call that starts such a task is not documented.
#[derive(Clone, Debug, Operation)]
#[operation(
    id = "polyv.subtitle.get_smart",
    alias = "polyv.smart_subtitle.get",
    method = Get,
    path = "/vod/v4/smart-subtitle/get",
    encoding = Query,
    auth = Md5,
    effect = Read,
    output = SmartSubtitle,
    errors = SMART_ERRORS,
    reference = "https://polyv.gitbook.io/document/docs/vod/api/video-management/smart-subtitle/query_smart_subtitle"
)]
#[non_exhaustive]
pub struct GetSmartSubtitle {
    /// The subtitle task's id.
    #[field(wire = "taskId")]
    pub task_id: i64,
}

/// A generated subtitle.
///
/// Its lines are in the answer too, each with its `start` and `end` in milliseconds and its `content`. The
/// reference does not name that list: look for it in [`Reply::payload`](crate::Reply::payload), or read the
/// file that `link` leads to.
#[derive(Clone, Debug, Answer)]
#[non_exhaustive]
pub struct SmartSubtitle {
    /// The task's id.
    #[answer(wire = "taskId")]
    pub task_id: Option<i64>,
    /// The URL of the subtitle's file.
    #[answer(wire = "link")]
    pub url: Option<String>,
    /// Whether it goes to the video as soon as it is made.
    #[answer(wire = "autoApplyEnabled")]
    pub auto_apply: Option<bool>,
    /// Its name.
    #[answer(wire = "subtitleName")]
    pub name: Option<String>,
    /// Whether it is the video's default subtitle.
    #[answer(wire = "preferenceEnabled")]
    pub is_default: Option<bool>,
}

const SMART_ERRORS: &[KnownError] = &[
    KnownError { code: 10002, message: "签名错误", reason: Reason::Signature },
    KnownError { code: 10003, message: "时间戳过期", reason: Reason::Clock },
    KnownError { code: 20003, message: "application not found.", reason: Reason::UnknownAccount },
    KnownError { code: 56810, message: "字幕任务不存在或已删除", reason: Reason::NotFound },
    KnownError { code: 56812, message: "字幕正在生成中, 清稍后再试", reason: Reason::Conflict },
];
