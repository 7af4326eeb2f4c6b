//! `polyv.exam`.

use crate::common::Request;
use vod_core::polyv::exam::{
    DeleteAllQuestions, DeleteQuestions, GetQuestions, ListExamLogs, ListQuestions, QuestionChoice,
    SaveQuestion,
};
use vod_core::{Accounts, Date, Error, Operation, Timestamp};

pub(super) fn typed(
    id: &str,
    case: &str,
    accounts: &Accounts,
    at: Timestamp,
) -> Option<Result<Request, Error>> {
    const VID: &str = "d41c0b6f2a77c1_d";
    Some(match (id, case) {
        ("polyv.exam.list", "vid") => ListQuestions::new(VID).request(accounts, at),
        ("polyv.exam.get", "vid") => GetQuestions::new(VID).request(accounts, at),
        ("polyv.exam.save", "everything") => {
            let choices = [
                QuestionChoice::new(0, "二 & 2").with_right(true),
                QuestionChoice::new(1, "\"3\"").with_right(false),
                QuestionChoice::new(2, "4+"),
            ];
            SaveQuestion::new(VID, 75, "“绪论” & 1+1 = ?", choices)
                .with_question_id("18a0c3f2b7e")
                .with_can_skip(true)
                .with_explanation_if_right("对 了")
                .with_show_explanation_if_wrong(false)
                .with_explanation_if_wrong("再 & 看+")
                .with_back_to_seconds(-1)
                .request(accounts, at)
        }
        ("polyv.exam.logs", "everything") => ListExamLogs::new([VID, "d41c0b6f2a88d2_d"])
            .with_start(Date::new(2023, 10, 1).unwrap())
            .with_end(Date::new(2023, 11, 14).unwrap())
            .with_page(2)
            .request(accounts, at),
        ("polyv.exam.delete_all", "vid") => DeleteAllQuestions::new(VID).request(accounts, at),
        ("polyv.exam.delete", "vid") => DeleteQuestions::new(VID).request(accounts, at),
        _ => return None,
    })
}
