//! Screenshots of videos: taken at given seconds, or uploaded.

use crate::error::Reason;
use crate::operation::Entry;
use crate::operation::KnownError;
use crate::polyv::VideoId;
use crate::time::Timestamp;
use crate::{Answer, Choice, FileSource, Operation};

/// The operations of this area.
pub(crate) const OPERATIONS: &[Entry] =
    &[Entry::of::<CreateScreenshotTask>(), Entry::of::<GetScreenshotTask>(), Entry::of::<UploadScreenshot>()];

/// Take screenshots of a video, at up to 20 places.
///
/// Returns the id of a background task: get its pictures with [`GetScreenshotTask`], or give a
/// `callback_url`. A video that may not be played is refused. Two calls create two tasks.
///
/// ```
/// use vod_core::polyv::screenshot::CreateScreenshotTask;
/// use vod_core::Operation;
///
/// CreateScreenshotTask::new("d41c0b6f2a7f3c90b6a1d2e45f8c0b21_d", [0, 30, 60]).with_width(640).with_height(360).check()?;
/// let answer = http::Response::new(bytes::Bytes::from(r#"{"code":200,"data":41}"#));
/// assert_eq!(*CreateScreenshotTask::read(&answer)?, 41);
/// # Ok::<(), vod_core::Error>(())
/// ```
// The Java client documents a required `uploadTime` that goes as `ptime`. It is the request's own time, which
// the client overwrites before it is sent.
#[derive(Clone, Debug, Operation)]
#[operation(
    id = "polyv.screenshot.create_task",
    // An old page says GET; the newest one and the provider's client say POST.
    method = Post,
    path = "/v2/video/snapshot/{userid}/addTask",
    encoding = Form,
    auth = Sha1,
    effect = Once,
    output = i64,
    reference = "https://polyv.gitbook.io/document/docs/vod/api/video-codec/snapshot/snapshot_at_specific_time"
)]
#[non_exhaustive]
pub struct CreateScreenshotTask {
    /// The video.
    pub vid: VideoId,
    /// The places, in seconds from the start; 1 to 20.
    #[field(wire = "offsetTimes", min_items = 1, max_items = 20)]
    pub offsets_seconds: Vec<u32>,
    /// Width of the pictures in pixels. Default: the video's.
    pub width: Option<u32>,
    /// Height of the pictures in pixels. Default: the video's.
    pub height: Option<u32>,
    /// A URL to call when the task ends, http or https. It must answer with status 200.
    #[field(wire = "callbackUrl", http_url)]
    pub callback_url: Option<String>,
}

/// Get the state of a screenshot task, and its pictures.
#[derive(Clone, Debug, Operation)]
#[operation(
    id = "polyv.screenshot.get_task",
    alias = "polyv.screenshot.task_status",
    method = Get,
    path = "/v2/video/snapshot/{userid}/getTaskStatus",
    encoding = Query,
    auth = Sha1,
    effect = Read,
    output = ScreenshotTask,
    errors = TASK_ERRORS,
    reference = "https://polyv.gitbook.io/document/docs/vod/api/video-codec/snapshot/get_snapshot_task_status"
)]
#[non_exhaustive]
pub struct GetScreenshotTask {
    /// The task's id, from [`CreateScreenshotTask`].
    #[field(wire = "taskId")]
    pub task_id: i64,
}

const TASK_ERRORS: &[KnownError] =
    &[KnownError { code: 400, message: "vid invalid.", reason: Reason::NotFound }];

/// A screenshot task.
#[derive(Clone, Debug, Answer)]
#[non_exhaustive]
pub struct ScreenshotTask {
    /// Its id.
    #[answer(wire = "taskId")]
    pub id: i64,
    /// The account's id. Only the newest page has it.
    #[answer(wire = "userId")]
    pub user_id: Option<String>,
    /// The video.
    pub vid: Option<VideoId>,
    /// Its state.
    pub status: Option<ScreenshotStatus>,
    /// When it was created.
    #[answer(wire = "createTime")]
    pub created_at: Option<Timestamp>,
    /// When it began; `None` while it has not.
    #[answer(wire = "beginProcessTime")]
    pub started_at: Option<Timestamp>,
    /// When it ended; `None` while it has not.
    #[answer(wire = "finishProcessTime")]
    pub finished_at: Option<Timestamp>,
    /// The pictures; none unless it succeeded.
    pub snapshots: Vec<Snapshot>,
}

/// The state of a screenshot task.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Choice)]
#[non_exhaustive]
pub enum ScreenshotStatus {
    /// Waiting.
    #[wire("waiting")]
    Waiting,
    /// Running.
    #[wire("processing")]
    Processing,
    /// Done.
    #[wire("success")]
    Succeeded,
    /// Failed.
    #[wire("fail")]
    Failed,
    /// A state that the reference does not name.
    #[other]
    Other(String),
}

/// A picture of a video.
#[derive(Clone, Debug, Answer)]
#[non_exhaustive]
pub struct Snapshot {
    /// Its place, in seconds from the start.
    #[answer(wire = "offsetTime")]
    pub offset_seconds: Option<u32>,
    /// Its URL.
    #[answer(wire = "imageUrl")]
    pub url: Option<String>,
}

/// Upload a picture as the screenshot of one second of a video.
///
/// An existing picture is kept: its URL is returned, with
/// [`already_there`](UploadedScreenshot::already_there) set. The picture is not signed.
#[derive(Clone, Debug, Operation)]
#[operation(
    id = "polyv.screenshot.upload",
    alias = "polyv.screenshot.upload_image",
    method = Post,
    path = "/v2/video/upload-image-in-position",
    encoding = Multipart,
    auth = Sha1,
    effect = Idempotent,
    account = "userid",
    output = UploadedScreenshot,
    errors = UPLOAD_ERRORS,
    reference = "https://polyv.gitbook.io/document/docs/unclassified/2020/9d3225fe6e7c47c6792da78a497fefc6"
)]
#[non_exhaustive]
pub struct UploadScreenshot {
    /// The video.
    pub vid: VideoId,
    /// Its place, in seconds from the start.
    #[field(wire = "position")]
    pub position_seconds: u32,
    /// The picture, at most 5 MB.
    #[field(wire = "imageFile", max_file_bytes = 5_242_880)]
    pub image: FileSource,
}

const UPLOAD_ERRORS: &[KnownError] =
    &[KnownError { code: 400, message: "ImageFile size can’t more than 5M", reason: Reason::Limit }];

/// A picture that was uploaded, or was there before.
#[derive(Clone, Debug, Answer)]
#[non_exhaustive]
pub struct UploadedScreenshot {
    /// The video.
    pub vid: Option<VideoId>,
    /// Its place, in seconds from the start.
    #[answer(wire = "position")]
    pub position_seconds: Option<u32>,
    /// Its URL.
    #[answer(wire = "imageUrl")]
    pub url: Option<String>,
    /// Whether a picture was there already, whose URL this is then.
    #[answer(wire = "exists")]
    pub already_there: Option<bool>,
}
