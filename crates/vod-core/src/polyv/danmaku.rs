//! Danmaku (弹幕): comments that run over the picture. Polyv must enable the feature for the account.

use crate::error::Reason;
use crate::operation::Entry;
use crate::operation::KnownError;
use crate::polyv::{Page, VideoId};
use crate::schema::limits::Form;
use crate::time::{Hms, Timestamp};
use crate::wire::answer::Done;
use crate::{Answer, Choice, FileSource, Operation};

/// The operations of this area.
pub(crate) const OPERATIONS: &[Entry] = &[
    Entry::of::<CreateDanmaku>(),
    Entry::of::<UploadDanmaku>(),
    Entry::of::<ListDanmaku>(),
    Entry::of::<DeleteDanmaku>(),
];

/// Add one danmaku to a video.
///
/// The text must contain neither emoji nor special characters; the reference does not say which those are.
///
/// ```
/// use vod_core::Operation;
/// use vod_core::polyv::danmaku::{CreateDanmaku, DanmakuMode};
/// use vod_core::time::Hms;
///
/// let comment = CreateDanmaku::new("d41c0b6f2a77c1_d", "讲得好", Hms::from_seconds(65)).with_mode(DanmakuMode::Top).with_color("0xFF8800");
/// comment.check()?;
/// # Ok::<(), vod_core::Error>(())
/// ```
#[derive(Clone, Debug, Operation)]
#[operation(
    id = "polyv.danmaku.create",
    alias = "polyv.barrage.create",
    method = Post,
    path = "/v2/danmu/{userid}/add",
    encoding = Form,
    auth = Sha1,
    effect = Once,
    output = CreatedDanmaku,
    errors = CREATE_ERRORS,
    reference = "https://dev.polyv.net/category/videoproduct/v-api/v-api-vmanage/danmu/"
)]
#[non_exhaustive]
pub struct CreateDanmaku {
    /// The video.
    pub vid: VideoId,
    /// The text.
    #[field(wire = "msg")]
    pub text: String,
    /// When it shows, counted from the start of the video.
    #[field(wire = "time")]
    pub show_at: Hms,
    /// The caller's own session id, at most 64 characters.
    // The reference states this length and that of `param2` where it lists danmaku.
    #[field(wire = "sessionId", max_chars = 64)]
    pub session_id: Option<String>,
    /// The caller's own text, at most 64 characters.
    #[field(max_chars = 64)]
    pub param2: Option<String>,
    /// The font's size. Default: 18.
    #[field(wire = "fontSize", range = 1..=2_147_483_647)]
    pub font_size: Option<u32>,
    /// How it shows. Default: running.
    #[field(wire = "fontMode")]
    pub mode: Option<DanmakuMode>,
    /// The text's colour, `0x` and six hexadecimal digits. Default: `0xFFFFFF` (white).
    #[field(wire = "fontColor", form = COLOR)]
    pub color: Option<String>,
}

const COLOR: Form = Form {
    words: "0x and six hex digits, such as 0xFFFFFF",
    pattern: "^0x[0-9A-Fa-f]{6}$",
    holds: |text| {
        let digits = text.strip_prefix("0x").unwrap_or_default();
        digits.len() == 6 && digits.bytes().all(|b| b.is_ascii_hexdigit())
    },
};

/// How a danmaku shows.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Choice)]
#[non_exhaustive]
pub enum DanmakuMode {
    /// At the top.
    #[wire("top")]
    Top,
    /// At the bottom.
    #[wire("bottom")]
    Bottom,
    /// Running through the picture.
    #[wire("roll")]
    Roll,
    /// A mode that the reference does not name.
    #[other]
    Other(String),
}

/// What creating a danmaku answers.
#[derive(Clone, Debug, Answer)]
#[non_exhaustive]
pub struct CreatedDanmaku {
    /// Its id. The wire's name begins with a capital letter.
    #[answer(wire = "Id", alias = "id")]
    pub id: i64,
}

const CREATE_ERRORS: &[KnownError] = &[
    KnownError { code: 400, message: "vid, msg and time should not be empty.", reason: Reason::Field },
    KnownError { code: 400, message: "Wrong time format.", reason: Reason::Field },
    KnownError { code: 400, message: "font size illegal", reason: Reason::Field },
    KnownError { code: 400, message: "vid doesn't exist.", reason: Reason::NotFound },
];

/// Upload a file of danmaku for a video.
///
/// The file must be srt in UTF-8. The answer is empty; the result is in [`ListDanmaku`].
#[derive(Clone, Debug, Operation)]
#[operation(
    id = "polyv.danmaku.upload",
    alias = "polyv.barrage.upload",
    method = Post,
    path = "/v2/danmu/{userid}/upload",
    encoding = Multipart,
    auth = Sha1,
    effect = Once,
    output = Done,
    errors = UPLOAD_ERRORS,
    reference = "https://dev.polyv.net/2020/videoproduct/v-api/v-api-vmanage/danmu/upload-danmu/"
)]
#[non_exhaustive]
pub struct UploadDanmaku {
    /// The video.
    pub vid: VideoId,
    /// The file, srt in UTF-8.
    pub file: FileSource,
}

// The page lists an error about a title, which the call does not have.
const UPLOAD_ERRORS: &[KnownError] = &[
    KnownError { code: 400, message: "title can't be empty", reason: Reason::Field },
    KnownError { code: 400, message: "file can't be empty", reason: Reason::Field },
    KnownError { code: 400, message: "vid doesn't exist.", reason: Reason::NotFound },
    KnownError { code: 400, message: "Please Use UTF-8 for SRT files", reason: Reason::Field },
];

/// List the danmaku of a video or of the whole account, page by page.
// The names of the page's number and size are those of both pages of the reference; the provider's Java
// client sends `page` and `pageSize`.
#[derive(Clone, Debug, Operation)]
#[operation(
    id = "polyv.danmaku.list",
    alias = "polyv.barrage.list",
    method = Get,
    path = "/v2/danmu/{userid}",
    encoding = Query,
    auth = Sha1,
    effect = Read,
    output = Page<Danmaku>,
    reference = "https://polyv.gitbook.io/document/docs/vod/api/video-management/danmu/get_danmu"
)]
#[non_exhaustive]
pub struct ListDanmaku {
    /// The video. Default: all of the account's.
    pub vid: Option<VideoId>,
    /// Rows on a page. The default is not documented.
    #[field(wire = "numPerPage", range = 1..=2_147_483_647)]
    pub page_size: Option<u32>,
    /// The page, from 1.
    #[field(wire = "pageNum", range = 1..=2_147_483_647)]
    pub page: Option<u32>,
}

/// A danmaku.
#[derive(Clone, Debug, Answer)]
#[non_exhaustive]
pub struct Danmaku {
    /// Its id.
    pub id: i64,
    /// The video's id.
    pub vid: Option<VideoId>,
    /// The account's id.
    #[answer(wire = "userid")]
    pub user_id: Option<String>,
    /// The text.
    #[answer(wire = "msg")]
    pub text: Option<String>,
    /// When it shows, counted from the start of the video.
    #[answer(wire = "time")]
    pub show_at: Option<Hms>,
    /// The font's size. The reference's sample has one of ten digits.
    #[answer(wire = "fontsize", alias = "fontSize")]
    pub font_size: Option<i64>,
    /// How it shows.
    #[answer(wire = "fontmode", alias = "fontMode")]
    pub mode: Option<DanmakuMode>,
    /// The text's colour: `0xFFFFFF`.
    #[answer(wire = "fontcolor", alias = "fontColor")]
    pub color: Option<String>,
    /// When it was created.
    #[answer(wire = "timestamp")]
    pub created_at: Option<Timestamp>,
    /// The caller's own session id.
    #[answer(wire = "sessionid", alias = "sessionId")]
    pub session_id: Option<String>,
    /// The caller's own text.
    pub param2: Option<String>,
}

/// Delete danmaku by their ids.
#[derive(Clone, Debug, Operation)]
#[operation(
    id = "polyv.danmaku.delete",
    alias = "polyv.barrage.delete",
    method = Post,
    path = "/v2/danmu/{userid}/delete",
    encoding = Form,
    auth = Sha1,
    effect = Idempotent,
    output = Done,
    errors = DELETE_ERRORS,
    reference = "https://dev.polyv.net/category/videoproduct/v-api/v-api-vmanage/"
)]
#[non_exhaustive]
pub struct DeleteDanmaku {
    /// The danmaku.
    #[field(wire = "danmuIds", min_items = 1)]
    pub danmaku_ids: Vec<i64>,
}

const DELETE_ERRORS: &[KnownError] =
    &[KnownError { code: 500, message: "query failed.", reason: Reason::Internal }];
