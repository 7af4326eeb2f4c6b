//! What viewers answered.

use crate::polyv::{Page, VideoId};
use crate::time::{Date, Timestamp};
use crate::{Answer, Operation};

/// List the answers that viewers gave, page by page, 20 on each.
///
/// The answer has no total: the last page is followed by an empty one.
#[derive(Clone, Debug, Operation)]
#[operation(
    id = "polyv.exam.logs",
    method = Get,
    path = "/v2/video/{userid}/video-exam-log",
    encoding = Query,
    auth = Sha1,
    effect = Read,
    output = Page<ExamLog>,
    reference = "https://polyv.gitbook.io/document/docs/vod/api/video-management/quiz/get_quiz_result"
)]
#[non_exhaustive]
pub struct ListExamLogs {
    /// The videos.
    #[field(min_items = 1)]
    pub vids: Vec<VideoId>,
    /// The first day.
    pub start: Option<Date>,
    /// The last day.
    #[field(after = "start")]
    pub end: Option<Date>,
    /// The page, from 1. Default: 1.
    // The provider's Java client sends `page` and `pageSize` instead, which no page of the reference knows.
    // They are left out: a size that the provider ignores would end a walk over the pages too early.
    #[field(wire = "pageNum", range = 1..=2_147_483_647)]
    pub page: Option<u32>,
}

/// What a viewer answered.
#[derive(Clone, Debug, Answer)]
#[non_exhaustive]
pub struct ExamLog {
    /// The record's id.
    #[answer(wire = "logid", alias = "logId")]
    pub id: Option<i64>,
    /// The question's id.
    #[answer(wire = "examId")]
    pub question_id: Option<String>,
    /// A user's id: the viewer's by one page of the reference, the account's in the sample of another.
    /// [`viewer_id`](Self::viewer_id) is unambiguous.
    #[answer(wire = "userid", alias = "userId")]
    pub user_id: Option<String>,
    /// The video's id.
    #[answer(wire = "videoPoolId")]
    pub vid: Option<VideoId>,
    /// The question.
    pub question: Option<String>,
    /// What was answered. Some answers are a text, some JSON inside a text, such as `["1"]`.
    #[answer(wire = "answer")]
    pub answers: Vec<String>,
    /// Whether that was right.
    #[answer(wire = "isCorrect")]
    pub correct: Option<bool>,
    /// The id of the playing.
    #[answer(wire = "playId", alias = "playerId")]
    pub play_id: Option<String>,
    /// The viewer's IP address.
    #[answer(wire = "ipAddress")]
    pub ip: Option<String>,
    /// The viewer's province.
    pub province: Option<String>,
    /// The viewer's carrier.
    pub isp: Option<String>,
    /// The viewer's operating system.
    #[answer(wire = "operatingSystem")]
    pub operating_system: Option<String>,
    /// The viewer's browser.
    pub browser: Option<String>,
    /// When it was answered.
    #[answer(wire = "dateAdded")]
    pub answered_at: Option<Timestamp>,
    /// The viewer's id as the player was given it.
    #[answer(wire = "viewerid", alias = "viewerId")]
    pub viewer_id: Option<String>,
}
