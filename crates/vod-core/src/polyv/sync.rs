//! The tasks that [`UploadUrls`](super::upload::UploadUrls) starts.

use crate::error::Reason;
use crate::operation::Entry;
use crate::operation::KnownError;
use crate::polyv::{CategoryId, Page};
use crate::time::Timestamp;
use crate::wire::answer::{Done, File};
use crate::{Answer, Choice, Operation};

/// The operations of this area.
pub(crate) const OPERATIONS: &[Entry] =
    &[Entry::of::<ListTasks>(), Entry::of::<DeleteTask>(), Entry::of::<ExportTask>()];

/// List the URL import tasks, page by page.
///
/// ```
/// use vod_core::polyv::sync::ListTasks;
/// use vod_core::Operation;
///
/// let body = r#"{"code":200,"data":{"totalPages":1,"contents":[{"taskid":"t7Gk2","totalcount":42,"seccesscount":40,"failcount":2}]}}"#;
/// let tasks = ListTasks::read(&http::Response::new(bytes::Bytes::from(body)))?.output.items;
/// let open = tasks.iter().filter(|task| task.succeeded.unwrap_or(0) + task.failed.unwrap_or(0) < task.total.unwrap_or(0));
/// assert_eq!(open.count(), 0);
/// # Ok::<(), vod_core::Error>(())
/// ```
#[derive(Clone, Debug, Operation)]
#[operation(
    id = "polyv.sync.list",
    method = Get,
    path = "/v2/video/grab/{userid}/list",
    encoding = Query,
    auth = Sha1,
    effect = Read,
    output = Page<Task>,
    reference = "https://polyv.gitbook.io/document/docs/vod/api/video-upload/get_video_sync_task"
)]
#[non_exhaustive]
pub struct ListTasks {
    /// The page, from 1. Default: 1.
    #[field(range = 1..=2_147_483_647)]
    pub page: Option<u32>,
    /// Rows on a page, at most 1000. Pages of the reference differ on the default (10 or 20): set it.
    // The provider's own client allows 0, which asks for nothing; here it is from 0 too, as the reference's
    // other pages don't forbid it.
    #[field(wire = "pageSize", range = 0..=1000)]
    pub page_size: Option<u32>,
}

/// A URL import task.
#[derive(Clone, Debug, Answer)]
#[non_exhaustive]
pub struct Task {
    /// Its id.
    #[answer(wire = "taskid", alias = "taskId")]
    pub id: String,
    /// The account's id.
    #[answer(wire = "userid")]
    pub user_id: Option<String>,
    /// Null in every known answer.
    #[answer(wire = "filename")]
    pub file_name: Option<String>,
    /// The name of the task's CSV file.
    #[answer(wire = "originalname")]
    pub original_name: Option<String>,
    /// Null in every known answer; the reference does not say what it would hold.
    #[answer(wire = "filesize")]
    pub file_size: Option<serde_json::Value>,
    /// Null in every known answer.
    #[answer(wire = "filepath")]
    pub file_path: Option<String>,
    /// The URL of the task's CSV file.
    #[answer(wire = "fileurl")]
    pub file_url: Option<String>,
    /// The category that the videos go to.
    #[answer(wire = "classifyid")]
    pub category_id: Option<CategoryId>,
    /// Its name.
    #[answer(wire = "classifyname")]
    pub category_name: Option<String>,
    /// Videos fetched.
    #[answer(wire = "seccesscount", alias = "successcount")]
    pub succeeded: Option<u64>,
    /// Videos in the task.
    #[answer(wire = "totalcount")]
    pub total: Option<u64>,
    /// Videos that failed.
    #[answer(wire = "failcount")]
    pub failed: Option<u64>,
    /// Its state.
    pub status: Option<TaskStatus>,
    /// When it ended.
    #[answer(wire = "endtime")]
    pub ended_at: Option<Timestamp>,
    /// When it was created.
    #[answer(wire = "createtime")]
    pub created_at: Option<Timestamp>,
}

/// The state of a task. Pages of the reference disagree: the newest says started and paused, an older one and
/// the provider's Java client say finished and not finished. The one row that the reference shows has an end
/// time and `Y`; look at [`Task::ended_at`] and the counts rather than at this.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Choice)]
#[non_exhaustive]
pub enum TaskStatus {
    /// Started.
    #[wire("Y")]
    Started,
    /// Paused.
    #[wire("N")]
    Paused,
    /// A state that the reference does not name.
    #[other]
    Other(String),
}

/// Delete a URL import task from the list.
///
/// The reference does not say what happens to the task's videos, nor how a missing task is answered. Its
/// pages answer `成功` or `true`; neither says more than that it succeeded.
#[derive(Clone, Debug, Operation)]
#[operation(
    id = "polyv.sync.delete",
    method = Post,
    path = "/v2/video/grab/{userid}/delete",
    encoding = Form,
    auth = Sha1,
    effect = Idempotent,
    output = Done,
    errors = NO_TASK_ID,
    reference = "https://polyv.gitbook.io/document/docs/vod/api/video-upload/delete_video_sync_task"
)]
#[non_exhaustive]
pub struct DeleteTask {
    /// The task's id, as [`ListTasks`] has it.
    #[field(wire = "taskId")]
    pub task_id: String,
}

const NO_TASK_ID: &[KnownError] =
    &[KnownError { code: 400, message: "TaskId is null!", reason: Reason::Field }];

/// Download a URL import task as a CSV file.
///
/// The answer is the file itself. Its columns, its encoding and its errors are not documented; an error is
/// recognised by its content type.
// The message for a missing task id is that of the deletion.
#[derive(Clone, Debug, Operation)]
#[operation(
    id = "polyv.sync.export",
    method = Get,
    path = "/v2/video/grab/{userid}/listVideos/export",
    encoding = Query,
    auth = Sha1,
    effect = Read,
    envelope = PolyvFile,
    output = File,
    errors = NO_TASK_ID,
    reference = "https://polyv.gitbook.io/document/docs/vod/api/video-upload/export_video_sync_task"
)]
#[non_exhaustive]
pub struct ExportTask {
    /// The task's id, as [`ListTasks`] has it.
    #[field(wire = "taskId")]
    pub task_id: String,
}
