//! Changing videos' data, who may play them and where they are; deleting them.

use super::Video;
use crate::error::Reason;
use crate::operation::KnownError;
use crate::polyv::{CategoryId, HlsLevel, VideoId};
use crate::schema::field::Kind;
use crate::wire::answer::{Done, FromAnswer, Mismatch, Node};
use crate::{Choice, Operation};

/// Change a video's title, description or tags.
///
/// Fields that are not given keep their values. A blank text is not sent, as in the provider's own client, so
/// none can be emptied with this call. A fresh upload can be changed only after its review. Returns the
/// changed record, as [`GetVideo`](super::GetVideo) answers it; an empty list, which the provider's own
/// client takes for an error, is an answer that makes no sense here.
///
/// ```
/// use vod_core::Operation;
/// use vod_core::polyv::video::UpdateVideo;
///
/// let change = UpdateVideo::new("d41c0b6f2a77c1_d").with_title("第一课 绪论").with_tags("物理,高一");
/// change.check()?;
/// # Ok::<(), vod_core::Error>(())
/// ```
#[derive(Clone, Debug, Operation)]
#[operation(
    id = "polyv.video.update",
    alias = "polyv.edit.update",
    method = Post,
    path = "/v2/video/{userid}/video-info",
    encoding = Form,
    auth = Sha1,
    effect = Idempotent,
    output = Video,
    reference = "https://polyv.gitbook.io/document/docs/vod/api/video-management/manage/update_video_info"
)]
#[non_exhaustive]
pub struct UpdateVideo {
    /// The video.
    pub vid: VideoId,
    /// Its description.
    #[field(wire = "describ")]
    pub description: Option<String>,
    /// The link under which it was published first.
    #[field(wire = "publishUrl")]
    pub publish_url: Option<String>,
    /// Its tags, separated by commas.
    #[field(wire = "tag")]
    pub tags: Option<String>,
    /// Its title.
    pub title: Option<String>,
}

/// Switch authorised playback for videos.
///
/// The number of changed videos comes back.
#[derive(Clone, Debug, Operation)]
#[operation(
    id = "polyv.video.set_play_auth",
    alias = "polyv.edit.set_play_auth",
    method = Post,
    path = "/v2/video/{userid}/authplay-status",
    encoding = Form,
    auth = Sha1,
    effect = Idempotent,
    output = u64,
    errors = PLAY_AUTH_ERRORS,
    reference = "https://polyv.gitbook.io/document/docs/vod/api/playsafe/play-auth/update_play_auth_setting"
)]
#[non_exhaustive]
pub struct SetPlayAuth {
    /// The videos.
    #[field(min_items = 1)]
    pub vids: Vec<VideoId>,
    /// Whether it is on. Default: on.
    #[field(wire = "playauth", flag = ZeroOne)]
    pub play_auth: Option<bool>,
}

const PLAY_AUTH_ERRORS: &[KnownError] = &[
    KnownError { code: 401, message: "vid为空.", reason: Reason::Field },
    KnownError { code: 401, message: "vids为空.", reason: Reason::Field },
    KnownError { code: 500, message: "修改失败,请查看后台日志.", reason: Reason::Internal },
];

/// Set who may play the streams of videos.
///
/// The number of changed videos comes back.
#[derive(Clone, Debug, Operation)]
#[operation(
    id = "polyv.video.set_hls_level",
    alias = "polyv.edit.set_hls_level",
    method = Post,
    path = "/v2/config/{userid}/hlslevel",
    encoding = Form,
    auth = Sha1,
    effect = Idempotent,
    output = u64,
    reference = "https://polyv.gitbook.io/document/docs/vod/api/playsafe/encryption/update_auth_level"
)]
#[non_exhaustive]
pub struct SetHlsLevel {
    /// The videos.
    #[field(min_items = 1)]
    pub vids: Vec<VideoId>,
    /// The level.
    // One example of the page also sends `encrypt=1`; neither its table nor its code has that field.
    #[field(wire = "hlslevel")]
    pub hls_level: HlsLevel,
}

/// Set how much of a video may be watched as a preview.
///
/// The answer is a sentence of success. A video that does not exist is refused with code 400 around a status
/// and a message of success; the reason is in the data's place, and is read from there.
#[derive(Clone, Debug, Operation)]
#[operation(
    id = "polyv.video.set_preview_duration",
    alias = "polyv.edit.set_preview_duration",
    method = Post,
    path = "/v2/video/{userid}/set-preview-duration",
    encoding = Form,
    auth = Sha1,
    effect = Idempotent,
    output = String,
    errors = PREVIEW_ERRORS,
    reference = "https://polyv.gitbook.io/document/docs/vod/api/video-management/manage/set_preview_duration"
)]
#[non_exhaustive]
pub struct SetPreviewDuration {
    /// The video.
    pub vid: VideoId,
    /// The preview's length in seconds.
    #[field(wire = "duration", range = 0..=2_147_483_647)]
    pub duration_seconds: u32,
}

const PREVIEW_ERRORS: &[KnownError] =
    &[KnownError { code: 400, message: "修改的视频不存在.", reason: Reason::NotFound }];

/// Forbid or allow the playback of up to 500 videos.
///
/// A forbidden video has the state [`VideoStatus::Forbidden`](crate::polyv::VideoStatus::Forbidden). Only
/// published videos can be forbidden, and only forbidden ones allowed. Those of the list that can be changed
/// are, and the call succeeds; if none can, it is refused with [`Reason::Conflict`]. So a call that was
/// repeated after its answer got lost may be refused although the first one changed everything.
#[derive(Clone, Debug, Operation)]
#[operation(
    id = "polyv.video.set_forbidden",
    alias = "polyv.edit.set_forbidden",
    method = Post,
    path = "/v2/video/{userid}/forbidden",
    encoding = Form,
    auth = Sha1,
    effect = Idempotent,
    output = Done,
    errors = FORBIDDEN_ERRORS,
    reference = "https://polyv.gitbook.io/document/docs/vod/api/video-management/manage/update_video_status"
)]
#[non_exhaustive]
pub struct SetForbidden {
    /// The videos, 1 to 500.
    #[field(min_items = 1, max_items = 500)]
    pub vids: Vec<VideoId>,
    /// Whether playback is forbidden.
    #[field(flag = ZeroOne)]
    pub forbidden: bool,
}

const FORBIDDEN_ERRORS: &[KnownError] = &[
    KnownError { code: 400, message: "vid count can't over 500", reason: Reason::Limit },
    KnownError {
        code: 400, message: "只能修改“已发布”状态的视频为禁播状态", reason: Reason::Conflict
    },
    KnownError {
        code: 400, message: "只能修改“已禁播”状态的视频为已发布状态", reason: Reason::Conflict
    },
];

/// Set or remove the playback password of videos.
///
/// An empty password is sent as such, as the provider's own client does for this one field; that it removes
/// the password is likely, but not documented. Title, tags, description and link given here are set on all
/// the videos too; blank ones are not sent. Returns the number of changed videos.
///
/// ```
/// use vod_core::polyv::video::SetPassword;
/// use vod_core::{Accounts, Operation, Timestamp, polyv};
///
/// let accounts = Accounts::from(polyv::Credentials::new("d41c0b6f2a", "a key of the main account"));
/// let request = SetPassword::new(["d41c0b6f2a77c1_d"]).with_password("").request(&accounts, Timestamp::from_millis(1_700_000_000_000))?;
/// let form = std::str::from_utf8(request.body().as_bytes().expect("no file is in it")).expect("a form is text");
/// assert!(form.starts_with("vids=d41c0b6f2a77c1_d&password=&ptime=1700000000000&sign="));
/// # Ok::<(), vod_core::Error>(())
/// ```
#[derive(Clone, Debug, Operation)]
#[operation(
    id = "polyv.video.set_password",
    alias = "polyv.edit.set_password",
    method = Post,
    path = "/v2/video/{userid}/video-setting-save",
    encoding = Form,
    auth = Sha1,
    effect = Idempotent,
    output = u64,
    reference = "https://polyv.gitbook.io/document/docs/vod/api/playsafe/password/set_video_password"
)]
#[non_exhaustive]
pub struct SetPassword {
    /// The videos.
    #[field(min_items = 1)]
    pub vids: Vec<VideoId>,
    /// The password; an empty one removes it. What the provider does without this field is not documented.
    // This is the one field that is sent when empty; like every empty field it is not signed.
    #[field(may_be_blank, secret)]
    pub password: Option<String>,
    /// The description that all of them get.
    #[field(wire = "describ")]
    pub description: Option<String>,
    /// The link under which they were published first.
    #[field(wire = "publishUrl")]
    pub publish_url: Option<String>,
    /// The tags that all of them get, separated by commas.
    #[field(wire = "tag")]
    pub tags: Option<String>,
    /// The title that all of them get.
    pub title: Option<String>,
}

/// Move videos to another category.
///
/// Returns `true`.
// The signature covers a fixed set with the account's id in it. Some samples send the id too; it is signed
// either way.
#[derive(Clone, Debug, Operation)]
#[operation(
    id = "polyv.video.move",
    alias = "polyv.edit.move_to_category",
    method = Post,
    path = "/v2/video/{userid}/changeCata",
    encoding = Form,
    auth = Sha1,
    signed = ["cataid", "ptime", "userid", "vids"],
    effect = Idempotent,
    output = bool,
    reference = "https://polyv.gitbook.io/document/docs/vod/api/video-management/manage/move_video"
)]
#[non_exhaustive]
pub struct MoveVideos {
    /// The videos.
    #[field(min_items = 1)]
    pub vids: Vec<VideoId>,
    /// The category they go to.
    #[field(wire = "cataid")]
    pub category_id: CategoryId,
}

/// Take up to 100 videos out of the recycle bin.
///
/// Permanently deleted videos cannot be recovered.
#[derive(Clone, Debug, Operation)]
#[operation(
    id = "polyv.video.recover",
    alias = "polyv.edit.recover",
    method = Post,
    path = "/v2/video/{userid}/recover-videos",
    encoding = Form,
    auth = Sha1,
    effect = Idempotent,
    output = Done,
    errors = RECOVER_ERRORS,
    reference = "https://dev.polyv.net/category/videoproduct/v-api/v-api-vmanage/v-api-vmanage-edit/"
)]
#[non_exhaustive]
pub struct RecoverVideos {
    /// The videos, 1 to 100.
    #[field(min_items = 1, max_items = 100)]
    pub vids: Vec<VideoId>,
}

const RECOVER_ERRORS: &[KnownError] = &[
    KnownError { code: 400, message: "vids can't be empty", reason: Reason::Field },
    KnownError { code: 400, message: "vids limits 100", reason: Reason::Limit },
];

/// Delete up to 500 videos: to the recycle bin, or permanently.
///
/// A wrong id fails the whole call unless wrong ids are skipped; then they are returned. [`RecoverVideos`]
/// takes videos out of the recycle bin; permanently deleted ones are gone.
#[derive(Clone, Debug, Operation)]
#[operation(
    id = "polyv.video.delete_many",
    alias = "polyv.edit.delete_many",
    method = Post,
    path = "/v2/video/del-videos",
    encoding = Form,
    auth = Sha1,
    account = "userId",
    effect = Idempotent,
    output = Deletion,
    errors = DELETE_ERRORS,
    reference = "https://polyv.gitbook.io/document/docs/vod/api/video-management/manage/delete_video"
)]
#[non_exhaustive]
pub struct DeleteVideos {
    /// The videos, 1 to 500.
    #[field(min_items = 1, max_items = 500)]
    pub vids: Vec<VideoId>,
    /// Where they go. Default: to the recycle bin.
    #[field(wire = "deleteType")]
    pub delete_type: Option<DeleteType>,
    /// Whether wrong ids are skipped. Default: one wrong id fails the whole call.
    #[field(wire = "ignoreInvalidVids", flag = YesNo)]
    pub ignore_unknown: Option<bool>,
}

/// How a video is deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Choice)]
#[non_exhaustive]
pub enum DeleteType {
    /// To the recycle bin, where [`RecoverVideos`] finds it.
    #[wire("1")]
    ToRecycleBin,
    /// Permanently.
    #[wire("2")]
    ForGood,
}

/// The result of a deletion.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Deletion {
    /// The ids that were wrong and were skipped.
    pub unknown: Vec<VideoId>,
}

// The reference says that the wrong ids come as a list and does not show one. Lists of ids are one text with
// commas in its requests and arrays in its answers, so both are read.
impl FromAnswer for Deletion {
    const KIND: Kind = <Vec<VideoId>>::KIND;
    fn from_answer(node: &Node<'_>) -> Result<Self, Mismatch> {
        let texts = <Vec<String>>::from_answer(node)?;
        let ids = texts.iter().flat_map(|text| text.split(',')).map(str::trim).filter(|id| !id.is_empty());
        Ok(Self { unknown: ids.map(VideoId::from).collect() })
    }
}

const DELETE_ERRORS: &[KnownError] = &[
    // For whichever field is missing.
    KnownError { code: 400, message: "%s is empty", reason: Reason::Field },
    KnownError { code: 400, message: "delete vids size can't greater than 500 once", reason: Reason::Limit },
];

/// Delete one video: to the recycle bin, or permanently.
///
/// Use [`DeleteVideos`], which the reference describes: only the provider's Java client knows this call.
#[derive(Clone, Debug, Operation)]
#[operation(
    id = "polyv.video.delete",
    alias = "polyv.edit.delete",
    superseded_by = "polyv.video.delete_many",
    method = Post,
    path = "/v2/video/{userid}/del-video",
    encoding = Form,
    auth = Sha1,
    effect = Idempotent,
    output = Done,
    reference = "no page; VodDeleteVideoRequest of the provider's Java SDK 1.1.4"
)]
#[non_exhaustive]
pub struct DeleteVideo {
    // One: the words of the provider's client about several are those of the batch call.
    /// The video.
    pub vid: VideoId,
    /// Where they go. Default: to the recycle bin.
    #[field(wire = "deleteType")]
    pub delete_type: Option<DeleteType>,
}

/// Publish a video that review refused.
///
/// Few accounts may: most are refused with [`Reason::Permission`]. Only a video that review refused can be
/// published this way, unless it was refused for a definite violation.
#[derive(Clone, Debug, Operation)]
#[operation(
    id = "polyv.video.approve",
    alias = "polyv.edit.audit",
    method = Post,
    path = "/v2/video/{userid}/audit-video",
    encoding = Form,
    auth = Sha1,
    effect = Idempotent,
    output = Done,
    errors = REVIEW_ERRORS,
    reference = "https://polyv.gitbook.io/document/docs/unclassified/2020/ec245f94dc774f916e93bbee7eb63b4c"
)]
#[non_exhaustive]
pub struct ApproveVideo {
    /// The video.
    pub vid: VideoId,
    /// What happens to it.
    #[field(wire = "reviewResult")]
    pub review_result: ReviewResult,
}

/// What happens to a video that review refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Choice)]
#[non_exhaustive]
pub enum ReviewResult {
    /// It is published; the only value there is.
    #[wire("pass")]
    Pass,
}

const REVIEW_ERRORS: &[KnownError] = &[
    KnownError { code: 400, message: "vid不能为空", reason: Reason::Field },
    KnownError { code: 400, message: "reviewResult不能为空", reason: Reason::Field },
    KnownError { code: 400, message: "reviewResult值不对", reason: Reason::Field },
    KnownError { code: 400, message: "视频ID和用户不对应", reason: Reason::Permission },
    KnownError { code: 400, message: "账号没有操作该接口的权限", reason: Reason::Permission },
    KnownError { code: 400, message: "视频不存在", reason: Reason::NotFound },
    KnownError {
        code: 400, message: "只有审核不通过的视频才可以修改审核状态", reason: Reason::Conflict
    },
    KnownError {
        code: 400,
        message: "视频被判定为确认违规，无法修改审核状态，如有疑问请联系客服处理",
        reason: Reason::Conflict,
    },
];
