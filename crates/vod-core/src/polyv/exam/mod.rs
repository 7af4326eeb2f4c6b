//! Questions (问答) that a video asks while it plays, and what viewers answered.

mod logs;
mod old;

pub use logs::*;
pub use old::*;

use crate::error::Reason;
use crate::operation::Entry;
use crate::operation::KnownError;
use crate::polyv::VideoId;
use crate::schema::limits::{Rule, Violation};
use crate::schema::value::{Value, Values};
use crate::time::Timestamp;
use crate::wire::answer::Done;
use crate::{Answer, Choice, Operation, Record};
use std::collections::BTreeSet;

/// The operations of this area.
pub(crate) const OPERATIONS: &[Entry] = &[
    Entry::of::<ListQuestions>(),
    Entry::of::<GetQuestions>(),
    Entry::of::<SaveQuestion>(),
    Entry::of::<ListExamLogs>(),
    Entry::of::<DeleteAllQuestions>(),
    Entry::of::<DeleteQuestions>(),
];

/// The kind of a question.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Choice)]
#[non_exhaustive]
pub enum QuestionKind {
    /// One with choices.
    #[wire("0")]
    Choice,
    /// An audio question. The provider is phasing these out.
    #[wire("1")]
    Listening,
    /// A kind that the reference does not name.
    #[other]
    Other(String),
}

/// Get the questions of a video.
#[derive(Clone, Debug, Operation)]
#[operation(
    id = "polyv.exam.get",
    method = Post,
    path = "/v2/video/get-video-exam",
    encoding = Form,
    auth = Sha1,
    effect = Read,
    account = "userid",
    output = Questions,
    reference = "https://polyv.gitbook.io/document/docs/vod/api/video-management/quiz/get_quiz"
)]
#[non_exhaustive]
pub struct GetQuestions {
    /// The video.
    pub vid: VideoId,
}

/// The questions of a video.
#[derive(Clone, Debug, Answer)]
#[non_exhaustive]
pub struct Questions {
    /// The questions.
    #[answer(wire = "exams")]
    pub questions: Vec<Question>,
}

/// A question.
#[derive(Clone, Debug, Answer)]
#[non_exhaustive]
pub struct Question {
    /// Its id.
    #[answer(wire = "examId")]
    pub id: String,
    /// The video's id.
    pub vid: Option<VideoId>,
    /// The second at which it appears.
    #[answer(wire = "showTime")]
    pub show_at_seconds: Option<u32>,
    /// The question.
    // The reference's tables misspell it; its sample does not.
    #[answer(wire = "question", alias = "qustion")]
    pub question: Option<String>,
    /// The choices, at most 5. On the wire they are JSON inside a text.
    pub choices: Vec<QuestionChoice>,
    /// What is shown after a right answer.
    #[answer(wire = "explanationIfRight")]
    pub explanation_if_right: Option<String>,
    /// What is shown after a wrong answer.
    #[answer(wire = "explanationIfWrong")]
    pub explanation_if_wrong: Option<String>,
    /// Whether that is shown.
    #[answer(wire = "showExplanationIfWrong")]
    pub show_explanation_if_wrong: Option<bool>,
    /// The second that the video jumps back to after a wrong answer; −1 to continue.
    #[answer(wire = "backTime")]
    pub back_to_seconds: Option<i64>,
    /// Whether it may be skipped.
    #[answer(wire = "canSkip")]
    pub can_skip: Option<bool>,
    /// A picture.
    pub illustration: Option<String>,
    /// Its kind.
    #[answer(wire = "type")]
    pub kind: Option<QuestionKind>,
    /// The sound of a listening question.
    #[answer(wire = "mp3Url", alias = "mp3url")]
    pub audio_url: Option<String>,
    /// Whether it is in use.
    #[answer(wire = "status")]
    pub valid: Option<bool>,
    /// When it was created.
    #[answer(wire = "createdTime")]
    pub created_at: Option<Timestamp>,
}

/// A choice of a question: what [`GetQuestions`] answers can be given to [`SaveQuestion`] again.
#[derive(Clone, Debug, PartialEq, Eq, Answer, Record)]
#[non_exhaustive]
pub struct QuestionChoice {
    /// Its number: choices are shown in the order of their numbers, and no two have the same.
    #[field(range = 0..=2_147_483_647)]
    pub index: u32,
    /// Its text.
    pub content: String,
    /// Whether it is right. Default: wrong. On the wire it has one name in requests and another in answers.
    #[answer(wire = "right", alias = "isRight")]
    #[field(wire = "isRight")]
    pub right: Option<bool>,
}

/// Create a question, or change one.
///
/// With [`question_id`](Self::question_id) that question is changed, otherwise a new one is created; so it is
/// never retried automatically. The choices are sent as JSON in one field. Returns the question's id.
///
/// ```
/// use vod_core::Operation;
/// use vod_core::polyv::exam::{QuestionChoice, SaveQuestion};
///
/// let choices = [QuestionChoice::new(0, "4").with_right(true), QuestionChoice::new(1, "5")];
/// let save = SaveQuestion::new("d41c0b6f2a77c1_d", 90, "2 + 2 = ?", choices).with_back_to_seconds(60);
/// save.check()?;
///
/// // A question without a right choice is caught before it is sent.
/// let save = SaveQuestion::new("d41c0b6f2a77c1_d", 90, "2 + 2 = ?", [QuestionChoice::new(0, "5")]);
/// assert_eq!(save.check().unwrap_err().to_string(), "polyv.exam.save: choices: expected at least one right choice, got none of 1");
/// # Ok::<(), vod_core::Error>(())
/// ```
#[derive(Clone, Debug, Operation)]
#[operation(
    id = "polyv.exam.save",
    method = Post,
    path = "/v2/video/save-video-exam",
    encoding = Form,
    auth = Sha1,
    effect = Once,
    account = "userid",
    output = SavedQuestion,
    check = right_choices,
    errors = SAVE_ERRORS,
    reference = "https://polyv.gitbook.io/document/docs/unclassified/2021/01843342de3979dcd3f9a45a9c01b382"
)]
#[non_exhaustive]
pub struct SaveQuestion {
    /// The video.
    pub vid: VideoId,
    /// The question to change. Default: a new question is created.
    #[field(wire = "examId")]
    pub question_id: Option<String>,
    /// The second at which it appears.
    #[field(wire = "showTime", range = 0..=2_147_483_647)]
    pub show_at_seconds: u32,
    /// The question.
    // The tables of the reference print `qustion`, here and for the answer of the newer list, whose sample
    // has `question` all the same.
    pub question: String,
    /// The choices, 1 to 5, one of them right at least and no two with the same number.
    #[field(min_items = 1, max_items = 5, rule = ONE_RIGHT)]
    pub choices: Vec<QuestionChoice>,
    /// Whether it may be skipped. Default: no.
    #[field(wire = "canSkip")]
    pub can_skip: Option<bool>,
    /// What is shown after a right answer.
    #[field(wire = "explanationIfRight")]
    pub explanation_if_right: Option<String>,
    /// Whether something is shown after a wrong answer. Default: yes.
    #[field(wire = "showExplanationIfWrong")]
    pub show_explanation_if_wrong: Option<bool>,
    /// What is shown after a wrong answer.
    #[field(wire = "explanationIfWrong")]
    pub explanation_if_wrong: Option<String>,
    /// The second that the video jumps back to after a wrong answer; −1 to continue. Default: −1.
    #[field(wire = "backTime", range = -1..=2_147_483_647)]
    pub back_to_seconds: Option<i64>,
}

const ONE_RIGHT: &str = "at least one right choice";
const OWN_NUMBER: &str = "a number that no choice before has";

/// A right choice at least, and a number for each.
fn right_choices(values: &Values<'_>, found: &mut Vec<Violation>) {
    let Some(Value::List(choices)) = values.get("choices") else { return };
    let mut seen = BTreeSet::new();
    let (mut right, mut readable) = (0, true);
    for (at, choice) in choices.iter().enumerate() {
        let Value::Record(choice) = choice else {
            readable = false;
            continue;
        };
        match choice.get("isRight") {
            Some(Value::Boolean(true)) => right += 1,
            Some(Value::Unreadable) => readable = false,
            _ => {}
        }
        if let Some(Value::Integer(index)) = choice.get("index")
            && !seen.insert(*index)
        {
            found.push(Violation::new(
                format!("choices[{at}].index"),
                Rule::Other(OWN_NUMBER),
                index.to_string(),
            ));
        }
    }
    if right == 0 && readable && !choices.is_empty() {
        found.push(Violation::new("choices", Rule::Other(ONE_RIGHT), format!("none of {}", choices.len())));
    }
}

/// What saving a question answers.
#[derive(Clone, Debug, Answer)]
#[non_exhaustive]
pub struct SavedQuestion {
    /// The question's id.
    #[answer(wire = "examId")]
    pub id: String,
}

const SAVE_ERRORS: &[KnownError] =
    &[KnownError { code: 400, message: "video could not find by vid", reason: Reason::NotFound }];

/// Delete the questions of a video.
///
/// The reference's page has one more optional field, whose name is not known.
#[derive(Clone, Debug, Operation)]
#[operation(
    id = "polyv.exam.delete",
    method = Post,
    path = "/v2/video/delete-video-exam",
    encoding = Form,
    auth = Sha1,
    effect = Idempotent,
    account = "userid",
    output = Done,
    reference = "https://polyv.gitbook.io/document/docs/vod/api/video-management/quiz/delete_quiz"
)]
#[non_exhaustive]
pub struct DeleteQuestions {
    /// The video.
    // The page says that questions are deleted by the video's id. Required here: what would be deleted
    // without it is not known.
    pub vid: VideoId,
}
