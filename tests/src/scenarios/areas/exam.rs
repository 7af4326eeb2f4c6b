//! `polyv.exam`.

use super::{Case, Seen};
use serde_json::{Value, json};

/// The questions in the emulator's state.
fn questions(seen: &Seen) -> &[Value] {
    seen.state["polyv"]["exam"].as_array().unwrap()
}

fn question(seen: &Seen) -> Value {
    let choices =
        json!([{ "index": 0, "content": "甲 & 乙", "isRight": true }, { "index": 1, "content": "\"丙\"" }]);
    json!({ "vid": seen.vid(), "showTime": 0, "question": "1 + 1 = ?", "choices": choices, "canSkip": true })
}

pub(super) const CASES: &[Case] = &[
    Case {
        id: "polyv.exam.save",
        input: question,
        check: |seen, answer| {
            assert_eq!(
                (&questions(seen)[0]["examId"], &questions(seen)[0]["question"]),
                (&answer["examId"], &json!("1 + 1 = ?"))
            );
        },
    },
    Case {
        id: "polyv.exam.get",
        input: |seen| json!({ "vid": seen.vid() }),
        check: |seen, answer| {
            let found = &answer["exams"][0];
            assert_eq!(
                (&found["examId"], &found["canSkip"]),
                (&seen.answer("polyv.exam.save")["examId"], &json!(true))
            );
            // JSON inside a text has become a list.
            assert_eq!(
                found["choices"],
                json!([{ "index": 0, "content": "甲 & 乙", "right": true }, { "index": 1, "content": "\"丙\"", "right": false }])
            );
        },
    },
    Case {
        id: "polyv.exam.save",
        input: |seen| {
            let mut changed = question(seen);
            changed["examId"] = seen.answer("polyv.exam.save")["examId"].clone();
            changed["question"] = json!("2 + 2 = ?");
            changed["explanationIfRight"] = json!("对 了");
            changed["backTime"] = json!(0);
            changed
        },
        check: |seen, answer| {
            assert_eq!(answer, seen.answer("polyv.exam.save"), "it keeps its id");
            assert_eq!(
                (&questions(seen)[0]["question"], &questions(seen)[0]["backTime"]),
                (&json!("2 + 2 = ?"), &json!(0))
            );
        },
    },
    Case {
        id: "polyv.exam.list",
        input: |seen| json!({ "vid": seen.vid() }),
        check: |seen, answer| {
            let found = &answer[0];
            assert_eq!(
                (&found["videoPoolId"], &found["showTime"], &found["skip"]),
                (&seen.subjects["vid"], &json!("0:0:0"), &json!("true"))
            );
            assert_eq!(
                found["choices"],
                json!([{ "answer": "甲 & 乙", "right_answer": 1 }, { "answer": "\"丙\"" }])
            );
            assert_eq!(found["answer"], "对 了");
        },
    },
    Case {
        id: "polyv.exam.logs",
        input: |seen| json!({ "vids": [seen.vid()], "start": "2020-01-01", "pageNum": 1 }),
        check: |seen, answer| {
            let rows = answer["contents"].as_array().unwrap();
            assert_eq!(
                rows.iter().map(|row| &row["viewerid"]).collect::<Vec<_>>(),
                ["v-2", "v-1"],
                "a play past the question answered it"
            );
            assert_eq!(
                (&rows[0]["examId"], &rows[0]["province"]),
                (&questions(seen)[0]["examId"], &json!("广东"))
            );
            assert_eq!((&rows[0]["answer"], &rows[0]["isCorrect"]), (&json!(["0"]), &json!(1)));
        },
    },
    Case {
        id: "polyv.exam.delete",
        input: |seen| json!({ "vid": seen.vid() }),
        check: |seen, _| assert_eq!(questions(seen).len(), 0),
    },
    Case { id: "polyv.exam.save", input: question, check: |seen, _| assert_eq!(questions(seen).len(), 1) },
    Case {
        id: "polyv.exam.delete_all",
        input: |seen| json!({ "vid": seen.vid() }),
        check: |seen, _| assert_eq!(questions(seen).len(), 0),
    },
];
