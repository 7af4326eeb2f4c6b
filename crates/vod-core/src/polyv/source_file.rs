//! Download links of source files. Both calls are made by a sub-account.

use crate::operation::Entry;
use crate::polyv::VideoId;
use crate::time::Timestamp;
use crate::{Answer, Choice, Operation};

/// The operations of this area.
pub(crate) const OPERATIONS: &[Entry] =
    &[Entry::of::<CreateSourceFileTask>(), Entry::of::<GetSourceFileTask>()];

/// Ask for the download links of source files.
///
/// The provider restores the files later. A callback arrives for each video that is done;
/// [`GetSourceFileTask`] shows it too. Sending it twice creates two tasks.
///
/// ```
/// use vod_core::polyv::source_file::CreateSourceFileTask;
/// use vod_core::{Accounts, Operation, Timestamp, polyv};
///
/// let account = polyv::Credentials::new("d41c0b6f2a", "a key of the main account").with_sub_account("a7Tqe0Wm", "a key of the sub-account");
/// let task = CreateSourceFileTask::new(["d41c0b6f2a77c1_d"], 7);
/// let request = task.request(&account.into(), Timestamp::from_millis(1_700_000_000_000))?;
/// assert_eq!(request.uri().path(), "/v3/video/source-file-task/create");
/// # Ok::<(), vod_core::Error>(())
/// ```
#[derive(Clone, Debug, Operation)]
#[operation(
    id = "polyv.source_file.create_task",
    method = Post,
    path = "/v3/video/source-file-task/create",
    encoding = Form,
    auth = Md5,
    effect = Once,
    output = SourceFileTask,
    reference = "https://polyv.gitbook.io/document/docs/vod/api/private/video_source_task_create"
)]
#[non_exhaustive]
pub struct CreateSourceFileTask {
    /// Published videos, 1 to 100.
    #[field(min_items = 1, max_items = 100)]
    pub vids: Vec<VideoId>,
    /// For how many days the files stay available, 1 to 7.
    #[field(wire = "expireDays", range = 1..=7)]
    pub expire_days: u32,
}

/// A task for the download links of source files.
#[derive(Clone, Debug, Answer)]
#[non_exhaustive]
pub struct SourceFileTask {
    /// Its id.
    #[answer(wire = "taskId")]
    pub id: String,
}

/// Get the progress of a task's source files, and their links.
// The page's example URL carries `expireDays` too, which its table does not have and which would have no
// meaning here.
#[derive(Clone, Debug, Operation)]
#[operation(
    id = "polyv.source_file.get_task",
    method = Get,
    path = "/v3/video/source-file-task/get",
    encoding = Query,
    auth = Md5,
    effect = Read,
    output = Vec<SourceFileLink>,
    reference = "https://polyv.gitbook.io/document/docs/vod/api/private/video_source_task_get"
)]
#[non_exhaustive]
pub struct GetSourceFileTask {
    /// The task's id, as [`CreateSourceFileTask`] answers it.
    #[field(wire = "taskId")]
    pub task_id: String,
}

/// The source file of a video.
#[derive(Clone, Debug, Answer)]
#[non_exhaustive]
pub struct SourceFileLink {
    /// The video.
    pub vid: VideoId,
    /// The signed link, once the file is there. It lets anyone download the file.
    pub url: Option<String>,
    /// How far it is.
    pub status: SourceFileStatus,
    /// When the task was made.
    #[answer(wire = "createTime")]
    pub created_at: Option<Timestamp>,
    /// When the file was there.
    #[answer(wire = "successTime")]
    pub succeeded_at: Option<Timestamp>,
}

/// How far a source file is.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Choice)]
#[non_exhaustive]
pub enum SourceFileStatus {
    /// Not started.
    #[wire("INIT")]
    Waiting,
    /// Being restored.
    #[wire("PROCESS")]
    Processing,
    /// There.
    #[wire("SUCCESS")]
    Succeeded,
    /// It could not be restored.
    #[wire("FAIL")]
    Failed,
    /// A state that the reference does not name.
    #[other]
    Other(String),
}
