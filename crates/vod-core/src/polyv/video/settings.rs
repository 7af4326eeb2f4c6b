//! Single facts and settings of videos.

use crate::error::Reason;
use crate::operation::KnownError;
use crate::polyv::VideoId;
use crate::{Answer, Operation};

/// Get whether authorised playback is on for a video.
///
/// Such a video plays only for viewers that the account's own service allows.
/// [`SetPlayAuth`](super::SetPlayAuth) switches it.
#[derive(Clone, Debug, Operation)]
#[operation(
    id = "polyv.video.get_play_auth",
    alias = "polyv.info.play_auth",
    method = Get,
    path = "/v2/video/{userid}/authplay-status",
    encoding = Query,
    auth = Sha1,
    effect = Read,
    output = bool,
    errors = PLAY_AUTH_ERRORS,
    reference = "https://polyv.gitbook.io/document/docs/vod/api/playsafe/play-auth/get_play_auth_setting"
)]
#[non_exhaustive]
pub struct GetPlayAuth {
    /// The video.
    pub vid: VideoId,
}

const PLAY_AUTH_ERRORS: &[KnownError] = &[
    KnownError { code: 401, message: "vid为空.", reason: Reason::Field },
    KnownError { code: 403, message: "用户的视频下找不到该视频.", reason: Reason::NotFound },
    KnownError { code: 500, message: "获取失败,请查看后台日志.", reason: Reason::Internal },
];

/// Get how much of a video everybody may watch, in seconds.
///
/// A video that has no preview length is refused with [`Reason::NotFound`], just as a video that does not
/// exist; the message says which. [`SetPreviewDuration`](super::SetPreviewDuration) sets it.
// Both refusals come with the message `success` and the text below in `data`.
#[derive(Clone, Debug, Operation)]
#[operation(
    id = "polyv.video.get_preview_duration",
    alias = "polyv.info.preview_duration",
    method = Get,
    path = "/v2/video/{userid}/get-preview-duration",
    encoding = Query,
    auth = Sha1,
    effect = Read,
    output = u32,
    errors = PREVIEW_ERRORS,
    reference = "https://polyv.gitbook.io/document/docs/vod/api/video-management/manage/get_preview_duration"
)]
#[non_exhaustive]
pub struct GetPreviewDuration {
    /// The video.
    pub vid: VideoId,
}

const PREVIEW_ERRORS: &[KnownError] = &[
    KnownError { code: 400, message: "查询的视频不存在.", reason: Reason::NotFound },
    KnownError { code: 400, message: "查询的视频没有设置预览时长.", reason: Reason::NotFound },
];

/// Get the texts of the page that shares a video in WeChat.
#[derive(Clone, Debug, Operation)]
#[operation(
    id = "polyv.video.wechat_share",
    alias = "polyv.info.wechat_share",
    method = Get,
    path = "/v2/video/wechat-share/{userid}/video-info",
    encoding = Query,
    auth = Sha1,
    effect = Read,
    output = WechatShare,
    errors = WECHAT_ERRORS,
    reference = "https://polyv.gitbook.io/document/docs/vod/api/video-management/wechat-share/get_wechat_share_setting"
)]
#[non_exhaustive]
pub struct GetWechatShare {
    /// The video.
    pub vid: VideoId,
}

const WECHAT_ERRORS: &[KnownError] = &[
    KnownError { code: 401, message: "vid is blank.", reason: Reason::Field },
    KnownError { code: 402, message: "cannot find the video.", reason: Reason::NotFound },
    KnownError { code: 500, message: "get video info failed.", reason: Reason::Internal },
];

/// The texts of a page that shares a video in WeChat.
#[derive(Clone, Debug, Answer)]
#[non_exhaustive]
pub struct WechatShare {
    /// The cover's URL.
    #[answer(wire = "videoCoverImg")]
    pub cover: Option<String>,
    /// The first 30 characters of the title.
    #[answer(wire = "videoTitle")]
    pub title: Option<String>,
    /// The whole title. Only the newest page knows it; older answers leave it out.
    #[answer(wire = "fullVideoTitle")]
    pub full_title: Option<String>,
    /// The description, in HTML.
    #[answer(wire = "videoDesc")]
    pub description_html: Option<String>,
    /// The icon's URL.
    #[answer(wire = "videoIcon")]
    pub icon: Option<String>,
    /// The number that the count of plays begins with.
    #[answer(wire = "originalPlayTimes")]
    pub initial_plays: Option<u64>,
    /// The number that the count of likes begins with.
    #[answer(wire = "originalLikeNum")]
    pub initial_likes: Option<u64>,
}

/// Get the URL of a video's cover.
///
/// [`SetCover`](crate::polyv::cover::SetCover) sets another one.
#[derive(Clone, Debug, Operation)]
#[operation(
    id = "polyv.video.get_cover",
    alias = "polyv.info.first_image",
    method = Get,
    path = "/v2/video/{userid}/get-image",
    encoding = Query,
    auth = Sha1,
    effect = Read,
    output = String,
    reference = "https://polyv.gitbook.io/document/docs/vod/api/video-management/poster/get_poster"
)]
#[non_exhaustive]
pub struct GetCover {
    /// The video.
    pub vid: VideoId,
    /// Whether the thumbnail is wanted. Default: the full cover.
    #[field(wire = "t", flag = ZeroOne)]
    pub thumbnail: Option<bool>,
}

/// Get the playback password of a video.
///
/// Only one record is returned, however many ids are given, and the reference does not say for which video:
/// ask for one at a time.
// The page's table of errors is that of the old v1 service, in whose form this call never answers.
#[derive(Clone, Debug, Operation)]
#[operation(
    id = "polyv.video.get_password",
    alias = "polyv.info.password",
    method = Get,
    path = "/v2/video/{userid}/video-setting-page",
    encoding = Query,
    auth = Sha1,
    effect = Read,
    output = PasswordSetting,
    reference = "https://polyv.gitbook.io/document/docs/vod/api/playsafe/password/get_video_password"
)]
#[non_exhaustive]
pub struct GetPassword {
    /// The videos; give one.
    #[field(min_items = 1)]
    pub vids: Vec<VideoId>,
}

/// A video's password, and what stands beside it.
#[derive(Clone, Debug, Answer)]
#[non_exhaustive]
pub struct PasswordSetting {
    /// Whether the password is shown.
    #[answer(wire = "isShowPassword")]
    pub shown: Option<bool>,
    /// The ids asked for, as one text.
    pub vids: Option<String>,
    /// The video.
    #[answer(wire = "videoPool")]
    pub video: Option<ProtectedVideo>,
    /// The id of the questionnaire that viewers fill in first.
    #[answer(wire = "qid")]
    pub questionnaire_id: Option<String>,
    /// That questionnaire.
    pub questionnaire: Option<Questionnaire>,
}

/// A video beside its password.
#[derive(Clone, Debug, Answer)]
#[non_exhaustive]
pub struct ProtectedVideo {
    /// Its description.
    #[answer(wire = "describ")]
    pub description: Option<String>,
    /// Its tags, separated by commas.
    #[answer(wire = "tag")]
    pub tags: Option<String>,
    /// Its title.
    pub title: Option<String>,
    /// The link that it was first published under.
    #[answer(wire = "publishUrl")]
    pub publish_url: Option<String>,
    /// The password.
    #[answer(wire = "videoPoolExt")]
    pub protection: Option<Protection>,
}

/// What restricts who can play a video.
#[derive(Clone, Debug, Answer)]
#[non_exhaustive]
pub struct Protection {
    /// The password; `None` where there is none (an empty text on the wire).
    pub password: Option<String>,
}

/// A questionnaire.
#[derive(Clone, Debug, Answer)]
#[non_exhaustive]
pub struct Questionnaire {
    /// Its id.
    #[answer(wire = "qid")]
    pub id: Option<String>,
}

/// Count how often videos were played.
///
/// The reference states no maximum number of ids.
// A POST, as the newest page has it, since a long list of ids may not fit into a URL; the provider's client
// sends a GET, and an older page knows both.
#[derive(Clone, Debug, Operation)]
#[operation(
    id = "polyv.video.play_counts",
    alias = "polyv.info.play_times",
    method = Post,
    path = "/v2/data/{userid}/play-times",
    encoding = Form,
    auth = Sha1,
    effect = Read,
    output = Vec<PlayCount>,
    errors = PLAY_COUNT_ERRORS,
    reference = "https://polyv.gitbook.io/document/docs/vod/api/statistics/get_video_playtimes"
)]
#[non_exhaustive]
pub struct GetPlayCounts {
    /// The videos.
    #[field(min_items = 1)]
    pub vids: Vec<VideoId>,
    /// Whether plays are counted up to this moment. Default: the numbers may be late.
    #[field(wire = "realTime", flag = ZeroOne)]
    pub live: Option<bool>,
}

// The message is “adding failed”, although this call reads.
const PLAY_COUNT_ERRORS: &[KnownError] =
    &[KnownError { code: 400, message: "添加失败.", reason: Reason::Other }];

/// How often a video was played.
#[derive(Clone, Debug, Answer)]
#[non_exhaustive]
pub struct PlayCount {
    /// The video.
    pub vid: VideoId,
    /// The number of plays.
    #[answer(wire = "times")]
    pub plays: Option<u64>,
}
