//! Calls every operation once, area by area, and checks answer and state.

mod account;
mod advertising;
mod category;
mod clip;
mod courseware;
mod cover;
mod danmaku;
mod encryption;
mod exam;
mod keyframe;
mod legacy;
mod player;
mod playlist;
mod qingcloud;
mod screenshot;
mod source_file;
mod statistics;
mod subaccount;
mod subtitle;
mod sync;
mod upload;
mod video;
mod video_edit;
mod watermark;

use crate::{Bench, Transport};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use vod_core::catalog;
use vod_core::operation::Effect;
use vod_core::response::Payload;

/// One call of an operation. An area's cases run in order, against one emulator.
pub struct Case {
    /// The operation.
    pub id: &'static str,
    /// Its input, given what came before.
    pub input: fn(&Seen) -> Value,
    /// Panics unless the answer and the emulator's state are as expected.
    pub check: fn(&Seen, &Value),
}

/// What a case can use.
pub struct Seen {
    /// [`Bench::subjects`]: a video of Polyv's and a media of QingCloud's.
    pub subjects: Value,
    /// The last answer of each operation called so far, by id; for a file its text.
    pub answers: BTreeMap<&'static str, Value>,
    /// The emulator's state after the last call.
    pub state: Value,
    /// The path of a small PNG.
    pub png: String,
    /// The path of a small text file in UTF-8.
    pub text: String,
    /// The path of a subtitle file with one line, 第一句, at the first second.
    pub srt: String,
}

impl Seen {
    /// The subject's video id.
    #[must_use]
    pub fn vid(&self) -> &str {
        self.subjects["vid"].as_str().unwrap()
    }

    /// The path of a new file with this name and these bytes, beside the others.
    #[must_use]
    pub fn file(&self, name: &str, bytes: &[u8]) -> String {
        let path = std::path::Path::new(&self.png).with_file_name(name);
        std::fs::write(&path, bytes).unwrap();
        path.to_str().unwrap().to_owned()
    }

    /// The last answer of an operation.
    #[must_use]
    pub fn answer(&self, id: &str) -> &Value {
        self.answers.get(id).unwrap_or_else(|| panic!("{id} was not called before"))
    }

    /// The mail address of the sub-account, if the subject's video belongs to it.
    #[must_use]
    pub fn email(&self) -> String {
        format!("{}@example.com", self.video()["sub_account"].as_str().unwrap())
    }

    /// The subject's video in the emulator's state.
    #[must_use]
    pub fn video(&self) -> &Value {
        self.state["videos"]
            .as_array()
            .unwrap()
            .iter()
            .find(|video| video["vid"] == self.subjects["vid"])
            .unwrap()
    }
}

macro_rules! areas {
    ($($area:ident),*) => { &[$((stringify!($area), $area::CASES)),*] };
}

/// The areas' cases.
pub const AREAS: &[(&str, &[Case])] = areas![
    upload,
    sync,
    video,
    video_edit,
    cover,
    watermark,
    category,
    playlist,
    subtitle,
    keyframe,
    exam,
    danmaku,
    courseware,
    screenshot,
    clip,
    source_file,
    advertising,
    player,
    encryption,
    account,
    statistics,
    subaccount,
    legacy,
    qingcloud
];

/// Preparations that an area's cases cannot make themselves: the area, one of the emulator's own paths, and
/// what is posted there.
type Before = (&'static str, &'static str, fn(&Seen) -> Value);

const BEFORE: &[Before] = &[
    ("video", "videos", |seen| json!([{ "vid": seen.vid(), "sub_account": true }])),
    ("video_edit", "videos", |seen| json!([{ "vid": seen.vid(), "status": 51 }])),
    (
        "exam",
        "plays",
        |seen| json!([{ "vid": seen.vid(), "viewer": "v-1" }, { "vid": seen.vid(), "viewer": "v-2", "province": "广东" }]),
    ),
    ("statistics", "videos", |seen| json!([{ "vid": seen.vid(), "sub_account": true }])),
    ("statistics", "plays", statistics::plays),
];

async fn seen<T: Transport>(bench: &Bench<T>, area: &str) -> Seen {
    let png = bench.file("small.png", b"\x89PNG\r\n\x1a\n and no picture");
    let text = bench.file("small.txt", "1:第一页\n10:第二页\n".as_bytes());
    let srt = bench.file("small.srt", "1\n00:00:01,000 --> 00:00:02,500\n第一句\n".as_bytes());
    let shown = |path: std::path::PathBuf| path.to_str().unwrap().to_owned();
    let subjects = bench.subjects().await;
    let mut seen = Seen {
        subjects,
        answers: BTreeMap::new(),
        state: bench.emulator.state(),
        png: shown(png),
        text: shown(text),
        srt: shown(srt),
    };
    for (_, path, wanted) in BEFORE.iter().filter(|(known, ..)| *known == area) {
        bench.control(path, &wanted(&seen)).await;
        seen.state = bench.emulator.state();
    }
    seen
}

fn json_of(payload: Payload) -> Value {
    match payload {
        Payload::Json(json) => json,
        Payload::File { bytes, .. } => json!(String::from_utf8_lossy(&bytes)),
        other => panic!("{other:?}"),
    }
}

/// Calls every operation of the catalogue, once per case, and checks its answer and the emulator's state.
pub async fn every_operation_succeeds<T: Transport>() {
    for (area, cases) in AREAS {
        let bench = Bench::<T>::start().await;
        let mut seen = seen(&bench, area).await;
        for case in *cases {
            let before = bench.count(case.id);
            let input = (case.input)(&seen);
            let payload = bench.client.call(&Bench::<T>::input(case.id, &input)).await;
            let answer = json_of(
                payload.unwrap_or_else(|error| panic!("{} {area} {} {input}: {error}", T::NAME, case.id)),
            );
            assert_eq!(bench.count(case.id), before + 1, "{} {}", T::NAME, case.id);
            seen.state = bench.emulator.state();
            (case.check)(&seen, &answer);
            seen.answers.insert(case.id, answer);
        }
    }
    let covered = |id: &str| AREAS.iter().any(|(_, cases)| cases.iter().any(|case| case.id == id));
    let missing: Vec<_> = catalog::all().map(|entry| entry.info().id).filter(|id| !covered(id)).collect();
    assert!(missing.is_empty(), "no case calls {missing:?}");
}

/// The connection breaks once before each operation: what may be retried is, and succeeds; other errors are
/// returned after one attempt.
pub async fn a_connection_lost_once<T: Transport>() {
    for (area, cases) in AREAS {
        let bench = Bench::<T>::start().await;
        let mut seen = seen(&bench, area).await;
        for case in *cases {
            let what = format!("{} {area} {}", T::NAME, case.id);
            let input = Bench::<T>::input(case.id, &(case.input)(&seen));
            bench.faults(&json!([{ "operation": case.id, "first": 1, "fault": { "kind": "reset_before" } }]));
            let before = bench.count(case.id);
            let mut result = bench.client.call(&input).await;
            let asked = bench.count(case.id) - before;
            if input.entry().info().effect == Effect::Once {
                let error = result.expect_err(&what);
                assert_eq!(
                    (error.kind(), error.outcome_known(), asked),
                    ("transport", false, 1),
                    "{what}: {error}"
                );
                result = bench.client.call(&input).await;
            } else {
                assert_eq!(asked, 2, "{what}");
            }
            let answer = json_of(result.unwrap_or_else(|error| panic!("{what}: {error}")));
            seen.state = bench.emulator.state();
            seen.answers.insert(case.id, answer);
        }
    }
}
