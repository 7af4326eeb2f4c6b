//! New videos made of parts of others. They are encoding until their record has been read once, and then
//! published. Nothing is cut, so they have a duration but no bytes to play.

use super::category::ROOT;
use super::record::{Progress, Video};
use super::{Call, Outcome, Refusal, Reply};
use crate::model::route::Route;
use crate::model::{File, Model};
use md5::{Digest, Md5};
use serde::Deserialize;
use serde_json::{Value, json};

pub(crate) const ROUTES: &[Route] = &[
    Route::polyv("polyv.clip.cut", &["POST"], "/v2/video/{userid}/clip", &["vid", "title", "timeFrame"], cut),
    Route::polyv(
        "polyv.clip.concat",
        &["POST"],
        "/v2/video/{userid}/concat",
        &["vids", "title", "cataId", "luping"],
        concat,
    ),
];

const MAX_PIECES: usize = 5;
const SHORTEST: u64 = 5;
const MAX_VIDEOS: usize = 50;
/// The longest total of the joined videos, in seconds.
const LONGEST: u64 = 5 * 3600;
const MAX_TITLE: usize = 128;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Piece {
    start: u64,
    end: u64,
}

/// The new video is in the category of the old one.
fn cut(model: &mut Model, call: &Call<'_>) -> Outcome {
    let vid = call.fields.get("vid").ok_or_else(|| Refusal::new("vid is blank.").code(410))?;
    let title = call.required("title")?.to_owned();
    let frames = call.fields.get("timeFrame").ok_or_else(|| Refusal::new("timeFrame is blank.").code(411))?;
    let video = model.polyv.live(vid).ok_or_else(|| Refusal::new("vid doesn't exist.").code(412))?;
    let illegal = |code: i64| Refusal::new("illegal timeFrames.").code(code);
    let pieces: Vec<Piece> = serde_json::from_str(frames).map_err(|_| illegal(413))?;
    if pieces.is_empty() {
        return Err(illegal(413));
    }
    if pieces.len() > MAX_PIECES {
        return Err(Refusal::new("timeFrames's size exceed 5.").code(414));
    }
    for Piece { start, end } in &pieces {
        let length = end.checked_sub(*start).ok_or_else(|| illegal(415))?;
        if length < SHORTEST {
            return Err(illegal(416));
        }
        if *end > video.seconds() {
            return Err(illegal(417));
        }
    }
    let (category, seconds) = (video.category, pieces.iter().map(|piece| piece.end - piece.start).sum());
    let vid = make(model, call.now, title, category, seconds);
    Ok(Reply::success(vid))
}

/// A title that is too long is silently cut, as documented.
fn concat(model: &mut Model, call: &Call<'_>) -> Outcome {
    let vids = call.list("vids", MAX_VIDEOS)?;
    model.polyv.known("vids", &vids)?;
    if vids.len() < 2 {
        return Err(Refusal::new("vids: 1 item, at least 2"));
    }
    let category = call.number("cataId", 1..=i64::MAX, ROOT)?;
    call.bit("luping")?;
    let videos: Vec<&Video> = vids.iter().filter_map(|vid| model.polyv.live(vid)).collect();
    let seconds = videos.iter().fold(0_u64, |sum, video| sum.saturating_add(video.seconds()));
    if seconds > LONGEST {
        return Err(Refusal::new(format!("vids: {seconds} seconds, at most {LONGEST}")));
    }
    let first = videos.first().map_or("", |video| &video.title);
    let title = call.fields.get("title").map_or_else(|| format!("合并-{first}"), str::to_owned);
    let vid = make(model, call.now, title.chars().take(MAX_TITLE).collect(), category, seconds);
    Ok(Reply::success(json!({ "concatVid": vid })))
}

/// Creates a video of this many seconds and returns its id.
fn make(model: &mut Model, now: i64, title: String, category: i64, seconds: u64) -> Value {
    let vid = model.draw_vid();
    // The bytes for this duration, at one megabit a second.
    let file =
        File { bytes: seconds.saturating_mul(125_000), md5: hex::encode(Md5::digest(&vid)), sha1: None };
    let mut video = Video::new(vid.clone(), title, category, String::new(), file, now);
    (video.progress, video.in_the_making) = (Progress::Encoding, true);
    model.add(now, video);
    vid.into()
}

#[cfg(test)]
mod tests {
    use crate::model::testing::{Bench, NOW};
    use serde_json::json;

    const CUT: &str = "/v2/video/{}/clip";
    const CONCAT: &str = "/v2/video/{}/concat";

    #[test]
    fn lengths_add_up() {
        let mut bench = Bench::new();
        let vid = bench.video("一", 100 * 125_000);
        let seen = bench.polyv(
            "POST",
            CUT,
            &[
                ("vid", &vid),
                ("title", "精华"),
                ("timeFrame", r#"[{"start":0,"end":5},{"start":90,"end":100}]"#),
            ],
        );
        assert_eq!(seen.code, 200, "{}", seen.message);
        let cut = seen.data.as_str().unwrap().to_owned();
        let video = bench.polyv("GET", "/v2/video/{}/get-video-msg", &[("vid", &cut)]).data[0].clone();
        assert_eq!((&video["title"], &video["duration"]), (&json!("精华"), &json!("00:00:15")));

        let vids = format!("{vid},{cut}");
        for (title, expected) in
            [("", "合并-一".to_owned()), ("新", "新".to_owned()), (&"长".repeat(130), "长".repeat(128))]
        {
            let seen = bench.polyv("POST", CONCAT, &[("vids", &vids), ("title", title)]);
            let joined = seen.data["concatVid"].as_str().unwrap().to_owned();
            let video = bench.polyv("GET", "/v2/video/{}/get-video-msg", &[("vid", &joined)]).data[0].clone();
            assert_eq!((&video["title"], &video["duration"]), (&json!(expected), &json!("00:01:55")));
        }
    }

    #[test]
    fn they_are_published_when_read_twice() {
        let mut bench = Bench::new();
        let vid = bench.video("一", 100 * 125_000);
        let vids = format!("{vid},{vid}");
        let made = [(); 3].map(|()| {
            bench.polyv("POST", CONCAT, &[("vids", &vids)]).data["concatVid"].as_str().unwrap().to_owned()
        });
        let [one, many, set] = made;
        let status = |bench: &mut Bench| {
            bench.now += 1;
            let one =
                bench.polyv("GET", "/v2/video/{}/get-video-msg", &[("vid", &one)]).data[0]["status"].clone();
            let many = bench.polyv("GET", "/v2/video/{}/get-video-info", &[("vid", &many)]).data[0]["basicInfo"]
            ["status"]
            .clone();
            [one, many]
        };
        let seen = [(); 3].map(|()| status(&mut bench));
        assert_eq!(json!(seen), json!([[20, 20], [60, 60], [60, 60]]));
        let state = bench.model.state(bench.now);
        let videos = state["videos"].as_array().unwrap();
        assert_eq!(
            videos.iter().map(|video| &video["status"]).collect::<Vec<_>>(),
            [60, 60, 60, 20],
            "the last one was not read"
        );
        assert_eq!((&videos[1]["created"], &videos[1]["updated"]), (&json!(NOW), &json!(NOW + 1)));
        // A state set by a test stays.
        bench
            .model
            .preset(NOW, &serde_json::from_value::<Vec<_>>(json!([{ "vid": set, "status": 40 }])).unwrap())
            .unwrap();
        for _ in 0..2 {
            assert_eq!(
                bench.polyv("GET", "/v2/video/{}/get-video-msg", &[("vid", &set)]).data[0]["status"],
                40
            );
        }
    }

    #[test]
    fn refusals_of_cutting_by_table() {
        let mut bench = Bench::new();
        let vid = bench.video("一", 100 * 125_000);
        let piece = |start: i64, end: i64| json!([{ "start": start, "end": end }]).to_string();
        let cases = [
            ("", piece(0, 5), 410, "vid is blank."),
            (vid.as_str(), String::new(), 411, "timeFrame is blank."),
            ("x", piece(0, 5), 412, "vid doesn't exist."),
            (&vid, "[{".to_owned(), 413, "illegal timeFrames."),
            (&vid, "[]".to_owned(), 413, "illegal timeFrames."),
            (&vid, piece(-1, 5), 413, "illegal timeFrames."),
            (&vid, r#"[{"start":0,"end":5,"at":1}]"#.to_owned(), 413, "illegal timeFrames."),
            (
                &vid,
                json!(vec![json!({ "start": 0, "end": 5 }); 6]).to_string(),
                414,
                "timeFrames's size exceed 5.",
            ),
            (&vid, piece(6, 5), 415, "illegal timeFrames."),
            (&vid, piece(0, 4), 416, "illegal timeFrames."),
            (&vid, piece(95, 101), 417, "illegal timeFrames."),
            (&vid, json!(vec![json!({ "start": 95, "end": 100 }); 5]).to_string(), 200, "success"),
        ];
        for (vid, frames, code, message) in cases {
            let seen = bench.polyv("POST", CUT, &[("vid", vid), ("title", "t"), ("timeFrame", &frames)]);
            assert_eq!((seen.code, seen.message.as_str()), (code, message), "{frames}");
        }
        assert_eq!(
            bench.polyv("POST", CUT, &[("vid", &vid), ("timeFrame", &piece(0, 5))]).message,
            "title can not be empty."
        );
    }

    #[test]
    fn refusals_of_joining_by_table() {
        let mut bench = Bench::new();
        let vid = bench.video("一", 1);
        let long = bench.video("二", 9001 * 125_000);
        let times = |vid: &str, count: usize| vec![vid; count].join(",");
        let cases = [
            (String::new(), "vids can not be empty."),
            (vid.clone(), "vids: 1 item, at least 2"),
            (format!("{vid},x"), "vids: no video `x`"),
            (times(&vid, 50), "success"),
            (times(&vid, 51), "vids: 51 items, at most 50"),
            (times(&long, 2), "vids: 18002 seconds, at most 18000"),
        ];
        for (vids, expected) in cases {
            assert_eq!(bench.polyv("POST", CONCAT, &[("vids", &vids)]).message, expected, "{vids}");
        }
        assert_eq!(
            bench.polyv("POST", CONCAT, &[("vids", &times(&vid, 2)), ("luping", "Y")]).message,
            "luping: `Y` is none of 1, 0"
        );
    }
}
