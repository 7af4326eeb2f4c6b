//! The area `exam`.

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
        ("choices", r#"[{"index":0,"content":"a","isRight":"Y"}]"#, "choices[0].isRight: not true or false"),
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
