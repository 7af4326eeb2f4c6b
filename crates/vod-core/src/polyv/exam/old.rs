//! The older calls, and the older record of a question.

use super::QuestionKind;
use crate::polyv::VideoId;
use crate::time::{Hms, Timestamp};
use crate::wire::answer::Done;
use crate::{Answer, Operation};

/// List the questions of a video, in the older record.
///
/// [`GetQuestions`](super::GetQuestions) is the newer call. The reference allows GET and POST; GET is sent,
/// as it only reads.
// The reference also has the fields `format` and `jsonp`, for answers that are no plain JSON: left out here
// as everywhere.
#[derive(Clone, Debug, Operation)]
#[operation(
    id = "polyv.exam.list",
    superseded_by = "polyv.exam.get",
    method = Get,
    path = "/v2/video/{userid}/get-video-exam",
    encoding = Query,
    auth = Sha1,
    effect = Read,
    output = Vec<OldQuestion>,
    reference = "The documentation of the provider's Java client 1.1.4, videoQuestionAndAnswer, section 1, and dev.polyv.net"
)]
#[non_exhaustive]
pub struct ListQuestions {
    /// The video.
    pub vid: VideoId,
}

/// A question, in the older record.
#[derive(Clone, Debug, Answer)]
#[non_exhaustive]
pub struct OldQuestion {
    /// Its id.
    #[answer(wire = "examId")]
    pub id: String,
    /// The account's id.
    #[answer(wire = "userid")]
    pub user_id: Option<String>,
    /// The video's id.
    #[answer(wire = "videoPoolId")]
    pub vid: Option<VideoId>,
    /// When it appears, counted from the start of the video.
    #[answer(wire = "showTime")]
    pub show_at: Option<Hms>,
    /// The hours of that time.
    pub hours: Option<u32>,
    /// The minutes of that time.
    #[answer(wire = "minutes", alias = "minute")]
    pub minutes: Option<u32>,
    /// The seconds of that time.
    #[answer(wire = "seconds")]
    pub show_at_seconds: Option<u32>,
    /// The question.
    pub question: Option<String>,
    /// The choices. On the wire they are JSON inside a text.
    pub choices: Vec<OldChoice>,
    /// What is shown after a right answer.
    #[answer(wire = "answer")]
    pub explanation_if_right: Option<String>,
    /// What is shown after a wrong answer.
    #[answer(wire = "wrongAnswer")]
    pub explanation_if_wrong: Option<String>,
    /// Whether it may be skipped.
    #[answer(wire = "skip")]
    pub can_skip: Option<bool>,
    /// The second that the video jumps back to after a wrong answer; −1 to continue.
    #[answer(wire = "wrongTime")]
    pub back_to_seconds: Option<i64>,
    /// Whether something is shown after a wrong answer.
    #[answer(wire = "wrongShow")]
    pub show_explanation_if_wrong: Option<bool>,
    /// When it was created.
    #[answer(wire = "createdTime")]
    pub created_at: Option<Timestamp>,
    /// The questionnaire's id.
    #[answer(wire = "groupId")]
    pub group_id: Option<String>,
    /// Whether it is in use.
    #[answer(wire = "status")]
    pub valid: Option<bool>,
    /// Its kind.
    #[answer(wire = "type")]
    pub kind: Option<QuestionKind>,
    /// The sound of a listening question.
    #[answer(wire = "mp3url", alias = "mp3Url")]
    pub audio_url: Option<String>,
}

/// A choice of a question, in the older record.
#[derive(Clone, Debug, Answer)]
#[non_exhaustive]
pub struct OldChoice {
    /// Its text.
    #[answer(wire = "answer")]
    pub content: Option<String>,
    /// Whether it is right. Absent where it is not.
    #[answer(wire = "right_answer")]
    pub right: Option<bool>,
}

/// Delete all questions of a video, by the older call.
///
/// [`DeleteQuestions`](super::DeleteQuestions) is the newer one.
#[derive(Clone, Debug, Operation)]
#[operation(
    id = "polyv.exam.delete_all",
    superseded_by = "polyv.exam.delete",
    method = Post,
    path = "/v2/video/{userid}/deleteExam",
    encoding = Form,
    auth = Sha1,
    effect = Idempotent,
    output = Done,
    reference = "The documentation of the provider's Java client 1.1.4, videoQuestionAndAnswer, section 3; there is no page of its own"
)]
#[non_exhaustive]
pub struct DeleteAllQuestions {
    /// The video.
    pub vid: VideoId,
}
