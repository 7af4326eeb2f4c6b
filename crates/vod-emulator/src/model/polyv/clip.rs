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
    model.polyv.take_in(video);
    vid.into()
}
