//! Comments that run over videos.

use super::{Call, Outcome, Page, Refusal, Reply};
use crate::model::Model;
use crate::model::route::Route;
use serde_json::{Value, json};

pub(crate) const ROUTES: &[Route] = &[
    Route::polyv(
        "polyv.danmaku.create",
        &["POST"],
        "/v2/danmu/{userid}/add",
        &["vid", "msg", "time", "sessionId", "param2", "fontSize", "fontMode", "fontColor"],
        create,
    ),
    Route::polyv("polyv.danmaku.upload", &["POST"], "/v2/danmu/{userid}/upload", &["vid", "file"], upload),
    Route::polyv(
        "polyv.danmaku.list",
        &["GET"],
        "/v2/danmu/{userid}",
        &["vid", "numPerPage", "pageNum"],
        list,
    ),
    Route::polyv(
        "polyv.danmaku.delete",
        &["POST"],
        "/v2/danmu/{userid}/delete",
        &["danmuIds", "format"],
        delete,
    ),
];

/// Longest session id and free text, in Unicode scalar values.
const MAX_TEXT: usize = 64;
/// Most ids of one call. The reference names no limit; this keeps the answer quick.
const MAX_IDS: usize = 10_000;

/// The comments of all videos, oldest first.
#[derive(Debug, Default)]
pub(crate) struct Store {
    comments: Vec<Comment>,
    made: i64,
}

#[derive(Debug)]
struct Comment {
    id: i64,
    vid: String,
    text: String,
    /// `hh:mm:ss`, from the start of the video.
    time: String,
    font_size: i64,
    font_mode: &'static str,
    font_color: String,
    session: Option<String>,
    param2: Option<String>,
    created: i64,
}

impl Comment {
    fn new(vid: &str, text: &str, time: &str, created: i64) -> Self {
        Self {
            id: 0,
            vid: vid.to_owned(),
            text: text.to_owned(),
            time: time.to_owned(),
            font_size: 18,
            font_mode: "roll",
            font_color: "0xFFFFFF".to_owned(),
            session: None,
            param2: None,
            created,
        }
    }

    /// A row of the list: the font's size is a text there.
    fn json(&self, user: &str) -> Value {
        let Self { id, vid, text, time, font_size, font_mode, font_color, session, param2, created } = self;
        json!({
            "id": id, "vid": vid, "userid": user, "msg": text, "time": time, "fontsize": font_size.to_string(), "fontmode": font_mode,
            "fontcolor": font_color, "timestamp": created, "sessionid": session, "param2": param2,
        })
    }
}

impl Store {
    /// Removes the data of a video that is deleted permanently.
    pub(crate) fn forget(&mut self, vid: &str) {
        self.comments.retain(|comment| comment.vid != vid);
    }

    pub(crate) fn json(&self) -> Value {
        self.comments.iter().map(|comment| json!({ "id": comment.id, "vid": comment.vid, "msg": comment.text, "time": comment.time })).collect()
    }

    fn add(&mut self, comment: Comment) -> i64 {
        self.made += 1;
        self.comments.push(Comment { id: self.made, ..comment });
        self.made
    }
}

/// Hours of two digits or more, minutes and seconds below 60.
fn is_time(text: &str) -> bool {
    let [hours, minutes, seconds] = text.split(':').collect::<Vec<_>>()[..] else {
        return false;
    };
    let digits = |part: &str| part.len() >= 2 && part.bytes().all(|b| b.is_ascii_digit());
    let below_60 = |part: &str| part.len() == 2 && part.as_bytes()[0] < b'6';
    [hours, minutes, seconds].into_iter().all(digits) && below_60(minutes) && below_60(seconds)
}

fn is_color(text: &str) -> bool {
    text.strip_prefix("0x")
        .is_some_and(|digits| digits.len() == 6 && digits.bytes().all(|b| b.is_ascii_hexdigit()))
}

/// Emoji, that is characters outside the basic plane, are refused; which other characters count as special is
/// not documented.
fn create(model: &mut Model, call: &Call<'_>) -> Outcome {
    let filled =
        |name| call.fields.get(name).ok_or_else(|| Refusal::new("vid, msg and time should not be empty."));
    let (vid, text, time) = (filled("vid")?, filled("msg")?, filled("time")?);
    if !is_time(time) {
        return Err(Refusal::new("Wrong time format."));
    }
    if text.chars().any(|c| c > '\u{ffff}') {
        return Err(Refusal::new("msg: no emoji"));
    }
    let font_size =
        call.number("fontSize", 1..=i64::MAX, 18).map_err(|_| Refusal::new("font size illegal"))?;
    let font_mode = call.choice("fontMode", &["top", "bottom", "roll"])?.unwrap_or("roll");
    let font_color = call.fields.get("fontColor").unwrap_or("0xFFFFFF");
    if !is_color(font_color) {
        return Err(Refusal::new(format!("fontColor: `{font_color}` is not of the form 0xFFFFFF")));
    }
    let session = call.text("sessionId", MAX_TEXT)?.map(str::to_owned);
    let param2 = call.text("param2", MAX_TEXT)?.map(str::to_owned);
    let comment = Comment {
        font_size,
        font_mode,
        font_color: font_color.to_owned(),
        session,
        param2,
        ..Comment::new(vid, text, time, call.now)
    };
    known(model, vid)?;
    Ok(Reply::success(json!({ "Id": model.polyv.danmaku.add(comment) })))
}

fn known(model: &Model, vid: &str) -> Result<(), Refusal> {
    model.polyv.live(vid).map(|_| ()).ok_or_else(|| Refusal::new("vid doesn't exist."))
}

/// Each cue of the file becomes a comment at its start.
fn upload(model: &mut Model, call: &Call<'_>) -> Outcome {
    // The page documents no refusal for a missing id.
    let vid = call.fields.get("vid").unwrap_or_default();
    let file = call
        .file("file")
        .filter(|file| !file.bytes.is_empty())
        .ok_or_else(|| Refusal::new("file can't be empty"))?;
    known(model, vid)?;
    let cues = std::str::from_utf8(&file.bytes)
        .ok()
        .and_then(cues)
        .ok_or_else(|| Refusal::new("Please Use UTF-8 for SRT files"))?;
    for (time, text) in cues {
        model.polyv.danmaku.add(Comment::new(vid, &text, time, call.now));
    }
    Ok(Reply::success(()))
}

/// Start, as `hh:mm:ss`, and text of each cue of an srt file: a number, a line of times, lines of text, an
/// empty line.
fn cues(srt: &str) -> Option<Vec<(&str, String)>> {
    let srt = srt.strip_prefix('\u{feff}').unwrap_or(srt);
    let mut lines = srt.lines().map(str::trim_end).peekable();
    let mut cues = Vec::new();
    loop {
        while lines.next_if(|line| line.is_empty()).is_some() {}
        let Some(number) = lines.next() else { break };
        number.parse::<u32>().ok()?;
        let (start, end) = lines.next()?.split_once(" --> ")?;
        let whole = |time: &'_ str| {
            time.split_once(',').is_some_and(|(time, millis)| is_time(time) && millis.len() == 3)
        };
        if !whole(start) || !whole(end) {
            return None;
        }
        let mut text = Vec::new();
        while let Some(line) = lines.next_if(|line| !line.is_empty()) {
            text.push(line);
        }
        cues.push((start.split_once(',')?.0, text.join(" ")));
    }
    (!cues.is_empty()).then_some(cues)
}

/// Newest first.
fn list(model: &mut Model, call: &Call<'_>) -> Outcome {
    let page = Page::of_names(call, "pageNum", "numPerPage", 10, i64::MAX)?;
    let vid = call.fields.get("vid");
    let user = &model.config.credentials.polyv_user_id;
    let found: Vec<&Comment> = model
        .polyv
        .danmaku
        .comments
        .iter()
        .rev()
        .filter(|comment| vid.is_none_or(|vid| comment.vid == vid))
        .collect();
    Ok(Reply::success(page.placed_json(found.into_iter(), |comment| comment.json(user))))
}

/// Ids that no comment has are ignored.
fn delete(model: &mut Model, call: &Call<'_>) -> Outcome {
    call.json_only()?;
    let ids = call.numbers("danmuIds", MAX_IDS, i64::MIN..=i64::MAX)?;
    model.polyv.danmaku.comments.retain(|comment| !ids.contains(&comment.id));
    Ok(Reply::success("success"))
}

#[cfg(test)]
mod tests {
    use crate::model::testing::{Bench, NOW, Pairs};
    use serde_json::{Value, json};

    const CREATE: &str = "/v2/danmu/{}/add";
    const UPLOAD: &str = "/v2/danmu/{}/upload";
    const LIST: &str = "/v2/danmu/{}";
    const DELETE: &str = "/v2/danmu/{}/delete";

    fn ids(bench: &mut Bench, pairs: Pairs<'_>) -> Vec<i64> {
        bench.polyv("GET", LIST, pairs).data["contents"]
            .as_array()
            .unwrap()
            .iter()
            .map(|row| row["id"].as_i64().unwrap())
            .collect()
    }

    #[test]
    fn comments_come_and_go() {
        let mut bench = Bench::new();
        let (vid, other) = (bench.video("a", 1_000_000), bench.video("b", 1_000_000));
        let full = [
            ("vid", vid.as_str()),
            ("msg", "讲得好"),
            ("time", "100:59:59"),
            ("sessionId", "s"),
            ("param2", "p"),
            ("fontSize", "24"),
            ("fontMode", "top"),
            ("fontColor", "0xFF8800"),
        ];
        assert_eq!(bench.polyv("POST", CREATE, &full).data, json!({ "Id": 1 }));
        bench.now += 5;
        for vid in [&vid, &other] {
            assert_eq!(
                bench.polyv("POST", CREATE, &[("vid", vid), ("msg", "6"), ("time", "00:00:01")]).code,
                200
            );
        }
        let user = bench.credentials.polyv_user_id.clone();
        let data = bench
            .polyv("GET", LIST, &[("vid", &vid), ("numPerPage", "1"), ("pageNum", "2"), ("userid", &user)])
            .data;
        assert_eq!(
            data,
            json!({
                "pageNumber": 2, "totalItems": 2, "totalPages": 2, "firstPage": false, "lastPage": true, "nextPageNumber": 2, "prePageNumber": 1,
                "startRow": 2, "endRow": 2, "limit": 1, "offset": 1,
                "contents": [{
                    "id": 1, "vid": vid, "userid": user, "msg": "讲得好", "time": "100:59:59", "fontsize": "24", "fontmode": "top", "fontcolor": "0xFF8800",
                    "timestamp": NOW, "sessionid": "s", "param2": "p"
                }],
            })
        );
        let row = bench.polyv("GET", LIST, &[("vid", &other)]).data["contents"][0].clone();
        assert_eq!(
            (&row["fontsize"], &row["fontmode"], &row["fontcolor"], &row["sessionid"]),
            (&json!("18"), &json!("roll"), &json!("0xFFFFFF"), &Value::Null)
        );
        assert_eq!(ids(&mut bench, &[]), [3, 2, 1], "the account's, newest first");

        let srt = "\u{feff}1\r\n00:00:01,500 --> 00:00:02,000\r\n第一\r\n行\r\n\r\n2\r\n00:00:03,000 --> 00:00:04,000\r\n第二\r\n";
        assert_eq!(
            bench.upload(UPLOAD, &[("vid", &vid)], &[("file", "a.srt", "text/plain", srt.as_bytes())]).data,
            Value::Null
        );
        let rows = bench.polyv("GET", LIST, &[("vid", &vid), ("numPerPage", "2")]).data["contents"].clone();
        assert_eq!((&rows[0]["msg"], &rows[0]["time"]), (&json!("第二"), &json!("00:00:03")));
        assert_eq!((&rows[1]["msg"], &rows[1]["time"]), (&json!("第一 行"), &json!("00:00:01")));

        assert_eq!(
            bench.polyv("POST", DELETE, &[("danmuIds", "1,3,99"), ("format", "json")]).data,
            "success"
        );
        assert_eq!(ids(&mut bench, &[]), [5, 4, 2]);
        assert_eq!(bench.polyv("POST", DELETE, &[("danmuIds", "1,3,99")]).data, "success", "again");
        let empty = bench.polyv("GET", LIST, &[("vid", "none")]).data;
        assert_eq!(
            (&empty["totalItems"], &empty["startRow"], &empty["lastPage"]),
            (&json!(0), &json!(0), &json!(true))
        );
    }

    #[test]
    fn refusals_by_table() {
        let mut bench = Bench::new();
        let vid = bench.video("a", 1_000_000);
        let vid = vid.as_str();
        let long = "长".repeat(65);
        let good = [("vid", vid), ("msg", "a"), ("time", "00:00:01")];
        let cases: [(&str, &str, &str); 12] = [
            ("vid", "", "vid, msg and time should not be empty."),
            ("msg", "", "vid, msg and time should not be empty."),
            ("time", "", "vid, msg and time should not be empty."),
            ("time", "0:0:1", "Wrong time format."),
            ("time", "00:60:00", "Wrong time format."),
            ("time", "00:01", "Wrong time format."),
            ("msg", "好😀", "msg: no emoji"),
            ("fontSize", "big", "font size illegal"),
            ("fontMode", "left", "fontMode: `left` is none of top, bottom, roll"),
            ("fontColor", "white", "fontColor: `white` is not of the form 0xFFFFFF"),
            ("sessionId", &long, "sessionId: 65 characters, at most 64"),
            ("vid", "x", "vid doesn't exist."),
        ];
        for (name, value, expected) in cases {
            let mut sent: Vec<_> = good.iter().copied().filter(|(known, _)| *known != name).collect();
            sent.push((name, value));
            assert_eq!(bench.polyv("POST", CREATE, &sent).message, expected, "{name}={value}");
        }
        let uploads: [(Pairs<'_>, &[u8], &str); 6] = [
            (&[("vid", vid)], b"", "file can't be empty"),
            (&[("vid", "x")], b"1", "vid doesn't exist."),
            (&[("vid", vid)], b"\xb5\xda", "Please Use UTF-8 for SRT files"),
            (&[("vid", vid)], b"1:a\n", "Please Use UTF-8 for SRT files"),
            (&[("vid", vid)], b"1\n00:00:01 --> 00:00:02\na\n", "Please Use UTF-8 for SRT files"),
            (&[("vid", vid)], b"\n\n", "Please Use UTF-8 for SRT files"),
        ];
        for (sent, bytes, expected) in uploads {
            assert_eq!(
                bench.upload(UPLOAD, sent, &[("file", "a.srt", "text/plain", bytes)]).message,
                expected,
                "{bytes:?}"
            );
        }
        for (path, method, sent, expected) in [
            (LIST, "GET", [("pageNum", "0")], "pageNum: 0, at least 1"),
            (DELETE, "POST", [("danmuIds", "")], "danmuIds can not be empty."),
            (DELETE, "POST", [("danmuIds", "1,x")], "danmuIds: `x` is not a whole number"),
        ] {
            assert_eq!(bench.polyv(method, path, &sent).message, expected);
        }
        assert_eq!(ids(&mut bench, &[]).len(), 0);
    }
}
