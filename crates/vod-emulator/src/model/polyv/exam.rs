//! Questions in videos.

use super::plays::Play;
use super::times::{DAY_MILLIS, day_start};
use super::{Call, Outcome, Page, Refusal, Reply};
use crate::model::Model;
use crate::model::route::Route;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

pub(crate) const ROUTES: &[Route] = &[
    Route::polyv(
        "polyv.exam.list",
        &["GET", "POST"],
        "/v2/video/{userid}/get-video-exam",
        &["vid", "format", "jsonp"],
        list,
    ),
    Route::polyv("polyv.exam.get", &["POST"], "/v2/video/get-video-exam", &["vid"], get),
    Route::polyv(
        "polyv.exam.save",
        &["POST"],
        "/v2/video/save-video-exam",
        &[
            "vid",
            "examId",
            "showTime",
            "question",
            // The spelling of the parameter tables.
            "qustion",
            "choices",
            "canSkip",
            "explanationIfRight",
            "showExplanationIfWrong",
            "explanationIfWrong",
            "backTime",
        ],
        save,
    ),
    Route::polyv(
        "polyv.exam.logs",
        &["GET"],
        "/v2/video/{userid}/video-exam-log",
        &["vids", "start", "end", "pageNum", "page", "pageSize"],
        logs,
    ),
    Route::polyv("polyv.exam.delete_all", &["POST"], "/v2/video/{userid}/deleteExam", &["vid"], delete),
    Route::polyv("polyv.exam.delete", &["POST"], "/v2/video/delete-video-exam", &["vid"], delete),
];

const MAX_CHOICES: usize = 5;
/// Rows per page of answers.
const LOG_ROWS: i64 = 20;
/// The most videos of one call. The reference names no limit; this bounds the answer.
const MAX_VIDS: usize = 1000;

/// The questions of all videos, in the order made.
#[derive(Debug, Default)]
pub(crate) struct Store {
    questions: Vec<Question>,
}

#[derive(Debug)]
struct Question {
    id: String,
    vid: String,
    /// The second at which it appears.
    show_time: u64,
    question: String,
    /// In the order of their numbers.
    choices: Vec<Choice>,
    can_skip: bool,
    if_right: String,
    show_if_wrong: bool,
    if_wrong: String,
    back_time: i64,
    created: i64,
}

#[derive(Clone, Debug)]
struct Choice {
    index: i64,
    content: String,
    right: bool,
}

impl Store {
    /// Removes the data of a video that is deleted permanently.
    pub(crate) fn forget(&mut self, vid: &str) {
        self.questions.retain(|question| question.vid != vid);
    }

    pub(crate) fn json(&self) -> Value {
        self.questions.iter().map(Question::json).collect()
    }

    fn of<'s>(&'s self, vid: &'s str) -> impl Iterator<Item = &'s Question> {
        self.questions.iter().filter(move |question| question.vid == vid)
    }
}

impl Question {
    /// The newer record: the choices are JSON inside a text, with `right` where a request has `isRight`.
    fn json(&self) -> Value {
        let Self {
            id,
            vid,
            show_time,
            question,
            choices,
            can_skip,
            if_right,
            show_if_wrong,
            if_wrong,
            back_time,
            created,
        } = self;
        let choices: Value = choices
            .iter()
            .map(|choice| json!({ "index": choice.index, "content": choice.content, "right": choice.right }))
            .collect();
        json!({
            "examId": id, "vid": vid, "showTime": show_time, "question": question, "choices": choices.to_string(),
            "explanationIfRight": if_right, "explanationIfWrong": if_wrong, "showExplanationIfWrong": show_if_wrong, "backTime": back_time,
            "canSkip": can_skip, "illustration": "", "type": 0, "mp3Url": "", "status": 1, "createdTime": created,
        })
    }

    /// The older record: a flag as a text, times without leading zeros, and only right choices are marked.
    fn old_json(&self, user: &str) -> Value {
        let Self {
            id,
            vid,
            show_time,
            question,
            choices,
            can_skip,
            if_right,
            show_if_wrong,
            if_wrong,
            back_time,
            created,
        } = self;
        let choice = |choice: &Choice| match choice.right {
            true => json!({ "answer": choice.content, "right_answer": 1 }),
            false => json!({ "answer": choice.content }),
        };
        let (hours, minutes, seconds) = (show_time / 3600, show_time / 60 % 60, show_time % 60);
        json!({
            "examId": id, "userid": user, "videoPoolId": vid, "showTime": format!("{hours}:{minutes}:{seconds}"),
            "hours": hours, "minutes": minutes, "seconds": seconds, "question": question,
            "choices": choices.iter().map(choice).collect::<Value>().to_string(), "answer": if_right, "wrongAnswer": if_wrong,
            "wrongTime": back_time, "wrongShow": i32::from(*show_if_wrong), "status": 1, "createdTime": created,
            "skip": can_skip.to_string(), "type": 0, "mp3url": "", "groupId": "0",
        })
    }
}

/// A video that does not exist has no questions: neither page documents a refusal.
fn list(model: &mut Model, call: &Call<'_>) -> Outcome {
    call.json_only()?;
    let user = &model.config.credentials.polyv_user_id;
    let data: Value =
        model.polyv.exams.of(call.required("vid")?).map(|question| question.old_json(user)).collect();
    Ok(Reply::success(data))
}

fn get(model: &mut Model, call: &Call<'_>) -> Outcome {
    let data: Value = model.polyv.exams.of(call.required("vid")?).map(Question::json).collect();
    Ok(Reply::success(json!({ "exams": data })))
}

/// The provider's words for refused choices are not documented.
fn save(model: &mut Model, call: &Call<'_>) -> Outcome {
    let vid = call.required("vid")?;
    if model.polyv.live(vid).is_none() {
        return Err(Refusal::new("video could not find by vid"));
    }
    call.required("showTime")?;
    let show_time = call.number("showTime", 0..=i64::MAX, 0)?;
    // The tables and samples disagree on this name: both are accepted.
    let question = call.fields.get("question").or_else(|| call.fields.get("qustion"));
    let question = question.ok_or_else(|| Refusal::new("question can not be empty."))?;
    let choices = choices(call.required("choices")?, call.strict)?;
    let text = |name| call.fields.get(name).unwrap_or_default().to_owned();
    let mut saved = Question {
        id: String::new(),
        vid: vid.to_owned(),
        show_time: show_time.unsigned_abs(),
        question: question.to_owned(),
        choices,
        can_skip: call.flag("canSkip")?.unwrap_or(false),
        if_right: text("explanationIfRight"),
        show_if_wrong: call.flag("showExplanationIfWrong")?.unwrap_or(true),
        if_wrong: text("explanationIfWrong"),
        back_time: call.number("backTime", -1..=i64::MAX, -1)?,
        created: call.now,
    };
    let questions = &mut model.polyv.exams.questions;
    if let Some(id) = call.fields.get("examId") {
        let known = questions.iter_mut().find(|question| question.id == id && question.vid == vid);
        let known = known.ok_or_else(|| Refusal::new(format!("examId: no question `{id}` in this video")))?;
        saved.id.clone_from(&known.id);
        saved.created = known.created;
        *known = saved;
        return Ok(Reply::success(json!({ "examId": id })));
    }
    // An id is the time in hexadecimal, as in the samples, and unique.
    let id = (call.now..)
        .map(|number| format!("{number:x}"))
        .find(|id| questions.iter().all(|question| question.id != *id))
        .unwrap_or_default();
    saved.id.clone_from(&id);
    questions.push(saved);
    Ok(Reply::success(json!({ "examId": id })))
}

fn choices(json: &str, strict: bool) -> Result<Vec<Choice>, Refusal> {
    let rows: Vec<Map<String, Value>> =
        serde_json::from_str(json).map_err(|_| Refusal::new("choices: not a JSON array of objects"))?;
    if rows.is_empty() || rows.len() > MAX_CHOICES {
        return Err(Refusal::new(format!(
            "choices: {} items, at least 1 and at most {MAX_CHOICES}",
            rows.len()
        )));
    }
    let mut choices = Vec::with_capacity(rows.len());
    let mut numbers = BTreeSet::new();
    for (place, row) in rows.into_iter().enumerate() {
        if strict
            && let Some(name) =
                row.keys().find(|name| !["index", "content", "isRight"].contains(&name.as_str()))
        {
            return Err(Refusal::new(format!(
                "strict: choices[{place}].{name} is not known to polyv.exam.save"
            )));
        }
        let wrong = |name: &str, kind: &str| Refusal::new(format!("choices[{place}].{name}: not {kind}"));
        let index =
            row.get("index").and_then(Value::as_i64).ok_or_else(|| wrong("index", "a whole number"))?;
        if !numbers.insert(index) {
            return Err(Refusal::new(format!("choices[{place}].index: {index} is there twice")));
        }
        let content = row
            .get("content")
            .and_then(Value::as_str)
            .filter(|text| !text.is_empty())
            .ok_or_else(|| wrong("content", "a text"))?;
        let right = match row.get("isRight") {
            None | Some(Value::Null) => false,
            Some(right) => right.as_bool().ok_or_else(|| wrong("isRight", "true or false"))?,
        };
        choices.push(Choice { index, content: content.to_owned(), right });
    }
    if !choices.iter().any(|choice| choice.right) {
        return Err(Refusal::new("choices: none of them is right"));
    }
    choices.sort_by_key(|choice| choice.index);
    Ok(choices)
}

/// Answers, newest first. There are no real viewers: a play that passed the second of a question counts as a
/// correct answer. `page` and `pageSize`, which the provider's own client sends, have no effect, as the
/// reference does not have them.
fn logs(model: &mut Model, call: &Call<'_>) -> Outcome {
    let vids = call.vids("vids", MAX_VIDS)?;
    let (start, end) = (call.day("start")?, call.day("end")?);
    let from = start.map_or(i64::MIN, day_start);
    let until = end.map_or(i64::MAX, |day| day_start(day).saturating_add(DAY_MILLIS));
    let page = Page { number: call.number("pageNum", 1..=i64::MAX, 1)?, size: LOG_ROWS };
    let (plays, exams) = (&model.polyv.plays, &model.polyv.exams);
    let answered = plays
        .iter()
        .zip(1_i64..)
        .filter(|(play, _)| vids.contains(&play.vid.as_str()) && (from..until).contains(&play.at));
    let mut rows: Vec<Value> = answered
        .flat_map(|(play, number)| {
            let passed = exams.of(&play.vid).zip(0_i64..).filter(|(question, _)| {
                (play.from..=play.from.saturating_add(play.seconds)).contains(&question.show_time)
            });
            passed
                .map(move |(question, place)| {
                    log(play, question, number.saturating_mul(1000).saturating_add(place))
                })
                .collect::<Vec<_>>()
        })
        .collect();
    rows.reverse();
    Ok(Reply::success(page.of_items(rows.into_iter())))
}

/// A row of the answers; for a viewer without an id both ids are null.
fn log(play: &Play, question: &Question, id: i64) -> Value {
    let right: Vec<String> = question
        .choices
        .iter()
        .filter(|choice| choice.right)
        .map(|choice| choice.index.to_string())
        .collect();
    json!({
        "logid": id,
        "examId": question.id,
        "userid": play.viewer,
        "videoPoolId": play.vid,
        "question": question.question,
        // A JSON text, as in the older sample.
        "answer": json!(right).to_string(),
        "isCorrect": 1,
        "playId": format!("{}X{id}", play.at),
        "ipAddress": play.ip.to_string(),
        "province": play.province,
        "isp": "",
        "operatingSystem": play.os,
        "browser": play.browser,
        "dateAdded": play.at,
        "viewerid": play.viewer,
    })
}

/// All questions of a video, for the older and the newer call.
fn delete(model: &mut Model, call: &Call<'_>) -> Outcome {
    let vid = call.required("vid")?;
    model.polyv.exams.forget(vid);
    Ok(match call.route.id {
        "polyv.exam.delete_all" => Reply::success(()),
        _ => Reply::success("success"),
    })
}

#[cfg(test)]
mod tests {
    use crate::model::testing::{Bench, NOW, Pairs, Seen};
    use serde_json::{Value, json};

    const LIST: &str = "/v2/video/{}/get-video-exam";
    const GET: &str = "/v2/video/get-video-exam";
    const SAVE: &str = "/v2/video/save-video-exam";
    const LOGS: &str = "/v2/video/{}/video-exam-log";
    const DELETE_ALL: &str = "/v2/video/{}/deleteExam";
    const DELETE: &str = "/v2/video/delete-video-exam";
    const CHOICES: &str = r#"[{"index":1,"content":"乙"},{"index":0,"content":"甲","isRight":true}]"#;

    /// A call whose account is a field.
    fn post(bench: &mut Bench, path: &str, pairs: Pairs<'_>) -> Seen {
        let user = bench.credentials.polyv_user_id.clone();
        bench.polyv("POST", path, &[pairs, &[("userid", &user)]].concat())
    }

    fn save(bench: &mut Bench, vid: &str, more: Pairs<'_>) -> Seen {
        let seen = post(
            bench,
            SAVE,
            &[&[("vid", vid), ("showTime", "65"), ("question", "?"), ("choices", CHOICES)], more].concat(),
        );
        bench.now += 1;
        seen
    }

    #[test]
    fn questions_in_both_records() {
        let mut bench = Bench::new();
        let (vid, other) = (bench.video("a", 100_000_000), bench.video("b", 100_000_000));
        let id = save(&mut bench, &vid, &[]).data["examId"].as_str().unwrap().to_owned();
        assert_eq!(id, format!("{NOW:x}"));
        // In the same millisecond it gets another id.
        bench.now -= 1;
        let second = save(
            &mut bench,
            &vid,
            &[
                ("canSkip", "true"),
                ("showExplanationIfWrong", "false"),
                ("backTime", "30"),
                ("explanationIfWrong", "再看"),
            ],
        );
        assert_eq!(second.data["examId"], format!("{:x}", NOW + 1));
        save(&mut bench, &other, &[]);

        let exams = post(&mut bench, GET, &[("vid", &vid)]).data["exams"].clone();
        assert_eq!(
            exams[0],
            json!({
                "examId": id, "vid": vid, "showTime": 65, "question": "?",
                "choices": r#"[{"content":"甲","index":0,"right":true},{"content":"乙","index":1,"right":false}]"#,
                "explanationIfRight": "", "explanationIfWrong": "", "showExplanationIfWrong": true, "backTime": -1, "canSkip": false, "illustration": "",
                "type": 0, "mp3Url": "", "status": 1, "createdTime": NOW
            })
        );
        let user = bench.credentials.polyv_user_id.clone();
        let old = bench.polyv("GET", LIST, &[("vid", &vid)]).data;
        assert_eq!(
            old[1],
            json!({
                "examId": format!("{:x}", NOW + 1), "userid": user, "videoPoolId": vid, "showTime": "0:1:5", "hours": 0, "minutes": 1, "seconds": 5,
                "question": "?", "choices": r#"[{"answer":"甲","right_answer":1},{"answer":"乙"}]"#, "answer": "", "wrongAnswer": "再看", "wrongTime": 30,
                "wrongShow": 0, "status": 1, "createdTime": NOW, "skip": "true", "type": 0, "mp3url": "", "groupId": "0"
            })
        );

        // A change keeps the id, the position and the time.
        let changed = save(&mut bench, &vid, &[("examId", &id), ("explanationIfRight", "对")]);
        assert_eq!(changed.data["examId"], id.as_str());
        let exams = post(&mut bench, GET, &[("vid", &vid)]).data["exams"].clone();
        assert_eq!(
            (exams.as_array().unwrap().len(), &exams[0]["explanationIfRight"], &exams[0]["createdTime"]),
            (2, &json!("对"), &json!(NOW))
        );

        assert_eq!(bench.polyv("POST", DELETE_ALL, &[("vid", &vid)]).data, Value::Null);
        assert_eq!(bench.polyv("POST", LIST, &[("vid", &vid), ("format", "json")]).data, json!([]));
        assert_eq!(post(&mut bench, DELETE, &[("vid", &other)]).data, "success");
        assert_eq!(post(&mut bench, GET, &[("vid", &other)]).data, json!({ "exams": [] }));
    }

    #[test]
    fn refusals_by_table() {
        let mut bench = Bench::new();
        let vid = bench.video("a", 1_000_000);
        let row = |index: usize| json!({ "index": index, "content": "a", "isRight": true });
        let six = Value::from((0..6).map(row).collect::<Vec<_>>()).to_string();
        let twice = json!([row(1), row(1)]).to_string();
        let cases: [(&str, &str, &str); 16] = [
            ("vid", "", "vid can not be empty."),
            ("vid", "x", "video could not find by vid"),
            ("showTime", "", "showTime can not be empty."),
            ("showTime", "-1", "showTime: -1, at least 0"),
            ("question", "", "question can not be empty."),
            ("choices", "", "choices can not be empty."),
            ("choices", "[{", "choices: not a JSON array of objects"),
            ("choices", "[]", "choices: 0 items, at least 1 and at most 5"),
            ("choices", &six, "choices: 6 items, at least 1 and at most 5"),
            ("choices", &twice, "choices[1].index: 1 is there twice"),
            ("choices", r#"[{"content":"a"}]"#, "choices[0].index: not a whole number"),
            ("choices", r#"[{"index":0,"content":""}]"#, "choices[0].content: not a text"),
            (
                "choices",
                r#"[{"index":0,"content":"a","isRight":"Y"}]"#,
                "choices[0].isRight: not true or false",
            ),
            (
                "choices",
                r#"[{"index":0,"content":"a","right":true}]"#,
                "strict: choices[0].right is not known to polyv.exam.save",
            ),
            ("choices", r#"[{"index":0,"content":"a","isRight":false}]"#, "choices: none of them is right"),
            ("backTime", "-2", "backTime: -2, at least -1"),
        ];
        for (name, value, expected) in cases {
            let good = [("vid", vid.as_str()), ("showTime", "1"), ("question", "?"), ("choices", CHOICES)];
            let mut sent: Vec<_> = good.into_iter().filter(|(known, _)| *known != name).collect();
            sent.push((name, value));
            assert_eq!(post(&mut bench, SAVE, &sent).message, expected, "{name}={value}");
        }
        let other = bench.video("b", 1_000_000);
        let id = save(&mut bench, &other, &[]).data["examId"].as_str().unwrap().to_owned();
        assert_eq!(
            save(&mut bench, &vid, &[("examId", &id)]).message,
            format!("examId: no question `{id}` in this video")
        );
        // The parameter tables' spelling is accepted too.
        let sent = [("vid", vid.as_str()), ("showTime", "1"), ("qustion", "?"), ("choices", CHOICES)];
        assert_eq!(post(&mut bench, SAVE, &sent).code, 200);
        for (path, method, sent, expected) in [
            (LIST, "GET", vec![], "vid can not be empty."),
            (
                LIST,
                "GET",
                vec![("vid", vid.as_str()), ("format", "xml")],
                "format, jsonp: the emulator answers plain JSON only",
            ),
            (LOGS, "GET", vec![("vids", "x")], "vids: `x` is not a video id"),
            (
                LOGS,
                "GET",
                vec![("vids", vid.as_str()), ("start", "2023-2-9")],
                "start: `2023-2-9` is not a day as yyyy-MM-dd",
            ),
            (LOGS, "GET", vec![("vids", vid.as_str()), ("pageNum", "0")], "pageNum: 0, at least 1"),
            (DELETE_ALL, "POST", vec![], "vid can not be empty."),
        ] {
            assert_eq!(bench.polyv(method, path, &sent).message, expected);
        }
    }

    #[test]
    fn a_play_past_a_question_answers_it() {
        let mut bench = Bench::new();
        let (vid, other) = (bench.video("a", 100_000_000), bench.video("b", 100_000_000));
        save(&mut bench, &vid, &[]);
        let day = 86_400_000;
        let plays = json!([
            { "vid": vid, "viewer": "early", "at": NOW - 2 * day },
            { "vid": vid, "viewer": "v-1", "at": NOW - day, "ip": "192.0.2.7", "province": "广东", "browser": "Chrome", "os": "Windows 10" },
            { "vid": vid, "viewer": "left before it", "seconds": 64 },
            { "vid": vid, "viewer": "came after it", "from": 66 },
            { "vid": vid, "viewer": "just", "from": 65, "seconds": 0 },
            { "vid": other, "viewer": "elsewhere" },
        ]);
        bench.model.record_plays(NOW, bench.peer, serde_json::from_value(plays).unwrap()).unwrap();
        let viewers = |bench: &mut Bench, pairs: Pairs<'_>| -> Vec<String> {
            let rows = bench.polyv("GET", LOGS, &[&[("vids", vid.as_str())], pairs].concat()).data;
            rows.as_array().unwrap().iter().map(|row| row["viewerid"].as_str().unwrap().to_owned()).collect()
        };
        assert_eq!(viewers(&mut bench, &[]), ["just", "v-1", "early"], "newest first");
        // The test's day is 15 November in China.
        assert_eq!(viewers(&mut bench, &[("start", "2023-11-14"), ("end", "2023-11-14")]), ["v-1"]);
        assert_eq!(
            viewers(&mut bench, &[("pageSize", "1"), ("page", "2")]).len(),
            3,
            "undocumented fields have no effect"
        );
        assert_eq!(viewers(&mut bench, &[("pageNum", "2")]).len(), 0);

        let row = bench.polyv("GET", LOGS, &[("vids", &format!("{vid},{other}"))]).data[1].clone();
        let id = row["logid"].as_i64().unwrap();
        assert_eq!(
            row,
            json!({
                "logid": id, "examId": format!("{NOW:x}"), "userid": "v-1", "videoPoolId": vid, "question": "?", "answer": "[\"0\"]", "isCorrect": 1,
                "playId": format!("{}X{id}", NOW - day), "ipAddress": "192.0.2.7", "province": "广东", "isp": "", "operatingSystem": "Windows 10",
                "browser": "Chrome", "dateAdded": NOW - day, "viewerid": "v-1"
            })
        );
        let many: Value = (0..25).map(|n| json!({ "vid": other, "viewer": format!("m{n}") })).collect();
        save(&mut bench, &other, &[]);
        bench.model.record_plays(NOW, bench.peer, serde_json::from_value(many).unwrap()).unwrap();
        let page = |bench: &mut Bench, number: &str| {
            bench.polyv("GET", LOGS, &[("vids", &other), ("pageNum", number)]).data.as_array().unwrap().len()
        };
        assert_eq!((page(&mut bench, "1"), page(&mut bench, "2"), page(&mut bench, "3")), (20, 6, 0));
    }
}
