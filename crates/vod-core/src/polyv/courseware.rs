//! Slides that go with a video.

use crate::error::Reason;
use crate::operation::Entry;
use crate::operation::KnownError;
use crate::polyv::VideoId;
use crate::wire::answer::Done;
use crate::{Answer, FileSource, Operation};

/// The operations of this area.
pub(crate) const OPERATIONS: &[Entry] = &[
    Entry::of::<UploadCourseware>(),
    Entry::of::<UploadCoursewareWithTiming>(),
    Entry::of::<GetCourseware>(),
    Entry::of::<DeleteCourseware>(),
];

/// Upload slides for a video. They are converted to pictures in the background.
///
/// The answer says only that they arrived. The result comes by the account's callback
/// `CoursewareConvertComplete`, or shows in [`GetCourseware`]. While a conversion runs, another one is
/// refused with [`Reason::Conflict`].
///
/// ```
/// use vod_core::polyv::courseware::UploadCourseware;
/// use vod_core::{FileSource, Operation};
///
/// UploadCourseware::new("d41c0b6f2a7f3c90b6a1d2e45f8c0b21_d", FileSource::path("slides/第一课.pptx")).check()?;
/// let error = UploadCourseware::new("d41c0b6f2a7f3c90b6a1d2e45f8c0b21_d", FileSource::path("slides/第一课.key")).check().unwrap_err();
/// assert_eq!(error.to_string(), r#"polyv.courseware.upload: courseware: expected a file named .ppt, .pptx or .pdf, got "第一课.key""#);
/// # Ok::<(), vod_core::Error>(())
/// ```
#[derive(Clone, Debug, Operation)]
#[operation(
    id = "polyv.courseware.upload",
    method = Post,
    // Spelt so by the provider.
    path = "/v2/video/{userid}/uploadPPT/asyn",
    encoding = Multipart,
    auth = Sha1,
    effect = Once,
    output = Done,
    errors = UPLOAD_ERRORS,
    reference = "https://polyv.gitbook.io/document/docs/vod/api/video-management/courseware/upload_courseware_async"
)]
#[non_exhaustive]
pub struct UploadCourseware {
    /// The video.
    pub vid: VideoId,
    /// The slides: a ppt, pptx or pdf file of at most 50 MB.
    // 50 MB is taken as 50 × 1024 × 1024 bytes; the provider refuses what is over its own limit.
    #[field(wire = "courseware", max_file_bytes = 52_428_800, file_type("ppt", "pptx", "pdf"))]
    pub slides: FileSource,
}

/// Upload slides for a video, and a file that says when each page shows.
///
/// The timing file is UTF-8 text with a line for each page: the second, a colon and the page's title, such as
/// `10:牛顿第一定律`. In any other encoding the titles are garbled. The conversion is like
/// [`UploadCourseware`]'s.
#[derive(Clone, Debug, Operation)]
#[operation(
    id = "polyv.courseware.upload_with_timing",
    alias = "polyv.courseware.upload_sync",
    method = Post,
    path = "/v2/video/{userid}/uploadPPT",
    encoding = Multipart,
    auth = Sha1,
    effect = Once,
    output = Done,
    // This page lists no errors; the checks are those of the other upload.
    errors = UPLOAD_ERRORS,
    reference = "https://polyv.gitbook.io/document/docs/vod/api/video-management/courseware/upload_courseware_sync"
)]
#[non_exhaustive]
pub struct UploadCoursewareWithTiming {
    /// The video.
    pub vid: VideoId,
    /// The slides: a ppt, pptx or pdf file of at most 50 MB.
    // As in the other upload, 50 × 1024 × 1024.
    #[field(wire = "ppt", max_file_bytes = 52_428_800, file_type("ppt", "pptx", "pdf"))]
    pub slides: FileSource,
    /// The timing file: a txt file.
    #[field(wire = "txt", file_type("txt"))]
    pub timing: FileSource,
}

const UPLOAD_ERRORS: &[KnownError] = &[
    KnownError { code: 400, message: "ppt文件不能超过50M", reason: Reason::Limit },
    KnownError { code: 400, message: "文件类型必须为ppt、pptx或pdf", reason: Reason::Field },
    KnownError {
        code: 400, message: "当前vid关联的课件正在转码中,请稍后再试。", reason: Reason::Conflict
    },
];

/// Get the slides of a video.
///
/// A video without slides is refused with [`Reason::NotFound`].
#[derive(Clone, Debug, Operation)]
#[operation(
    id = "polyv.courseware.get",
    method = Get,
    path = "/v2/video/{userid}/getPPTPage",
    encoding = Query,
    auth = Sha1,
    effect = Read,
    output = Vec<Slide>,
    errors = NO_SLIDES,
    reference = "https://polyv.gitbook.io/document/docs/vod/api/video-management/courseware/get_courseware"
)]
#[non_exhaustive]
pub struct GetCourseware {
    /// The video.
    pub vid: VideoId,
}

/// Delete the slides of a video.
///
/// A video without slides is refused with [`Reason::NotFound`].
#[derive(Clone, Debug, Operation)]
#[operation(
    id = "polyv.courseware.delete",
    method = Post,
    path = "/v2/video/{userid}/deletePPT",
    encoding = Form,
    auth = Sha1,
    effect = Idempotent,
    output = Done,
    errors = NO_SLIDES,
    reference = "https://polyv.gitbook.io/document/docs/vod/api/video-management/courseware/delete_courseware"
)]
#[non_exhaustive]
pub struct DeleteCourseware {
    /// The video.
    pub vid: VideoId,
}

const NO_SLIDES: &[KnownError] =
    &[KnownError { code: 400, message: "该视频尚未关联课件", reason: Reason::NotFound }];

/// A page of slides.
#[derive(Clone, Debug, Answer)]
#[non_exhaustive]
pub struct Slide {
    /// Its number.
    #[answer(wire = "pageNo")]
    pub page: Option<u32>,
    /// Its title.
    #[answer(wire = "pageTitle")]
    pub title: Option<String>,
    /// URL of its picture.
    #[answer(wire = "pageImage")]
    pub image: Option<String>,
    /// URL of its small picture.
    #[answer(wire = "pageThumbnail")]
    pub thumbnail: Option<String>,
    /// The second of the video at which it shows.
    #[answer(wire = "showTime")]
    pub show_at_seconds: Option<u32>,
}
