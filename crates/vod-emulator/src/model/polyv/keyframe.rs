//! Markers in videos.

use super::{Call, Outcome, Refusal, Reply};
use crate::model::Model;
use crate::model::route::Route;
use serde_json::{Value, json};
use std::collections::BTreeMap;

pub(crate) const ROUTES: &[Route] = &[
    Route::polyv(
        "polyv.keyframe.save",
        &["GET", "POST"],
        "/v2/video/{userid}/saveKeyFrame",
        &["vid", "desc", "seconds", "btnsettingswitch", "btndesc", "btnhref"],
        save,
    )
    .fixed(&["ptime", "userid", "vid"]),
    Route::polyv("polyv.keyframe.list", &["GET"], "/v2/video/{userid}/keyframe/{vid}", &["vid"], list),
    Route::polyv(
        "polyv.keyframe.delete_at",
        &["POST"],
        "/v2/video/{userid}/deleteKeyFrameByTime",
        &["vid", "times"],
        delete_at,
    ),
    Route::polyv(
        "polyv.keyframe.delete_all",
        &["GET", "POST"],
        "/v2/video/{userid}/deleteKeyFrame",
        &["vid"],
        delete_all,
    ),
    Route::polyv(
        "polyv.keyframe.delete",
        &["POST"],
        "/v2/video/delete-chapter-marker",
        &["vid", "timePoints"],
        delete,
    ),
];

/// The most markers of one call. The reference names no limit; this bounds the state.
const MAX_MARKERS: usize = 1000;

/// The markers of each video.
#[derive(Debug, Default)]
pub(crate) struct Store {
    /// By second; markers of the same second are in the order created.
    videos: BTreeMap<String, Vec<Marker>>,
    made: i64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Marker {
    id: i64,
    seconds: i64,
    text: String,
    button: Option<Button>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Button {
    text: String,
    link: String,
}

impl Store {
    /// Removes the data of a video that is deleted permanently.
    pub(crate) fn forget(&mut self, vid: &str) {
        self.videos.remove(vid);
    }

    pub(crate) fn json(&self) -> Value {
        self.videos
            .iter()
            .map(|(vid, markers)| (vid.clone(), markers.iter().map(Marker::json).collect::<Value>()))
            .collect()
    }

    fn of(&self, vid: &str) -> &[Marker] {
        self.videos.get(vid).map_or(&[], Vec::as_slice)
    }
}

impl Marker {
    /// A row of the list; without a button its members are null.
    fn json(&self) -> Value {
        let Self { id, seconds, text, button } = self;
        let of = |pick: fn(&Button) -> &String| button.as_ref().map(|button| pick(button).as_str());
        json!({
            "id": id, "seconds": seconds, "keyContent": text, "btnsettingswitch": if button.is_some() { "Y" } else { "N" },
            "btndesc": of(|button| &button.text), "btnhref": of(|button| &button.link),
        })
    }
}

/// A live video's id and its duration in seconds. The pages document no refusal for a video that does not
/// exist.
fn video<'c>(model: &Model, call: &'c Call<'_>) -> Result<(&'c str, i64), Refusal> {
    let vid = call.required("vid")?;
    model.polyv.known("vid", &[vid])?;
    let seconds = model.polyv.live(vid).map_or(0, |video| video.seconds());
    Ok((vid, i64::try_from(seconds).unwrap_or(i64::MAX)))
}

/// Adds markers to the existing ones, as the answer's words suggest: the reference does not say that others
/// are removed, even at the same second.
fn save(model: &mut Model, call: &Call<'_>) -> Outcome {
    let (vid, length) = video(model, call)?;
    let texts = call.list("desc", MAX_MARKERS)?;
    let seconds = call.numbers("seconds", MAX_MARKERS, 0..=length - 1)?;
    if texts.len() != seconds.len() {
        return Err(Refusal::new(format!("seconds: {} for {} texts", seconds.len(), texts.len())));
    }
    let button = match call.letter("btnsettingswitch")? {
        Some(true) => Some(Button {
            text: call.required("btndesc")?.to_owned(),
            link: call.required("btnhref")?.to_owned(),
        }),
        _ => None,
    };
    let store = &mut model.polyv.keyframes;
    let markers = store.videos.entry(vid.to_owned()).or_default();
    for (text, seconds) in texts.into_iter().zip(seconds) {
        store.made += 1;
        markers.push(Marker { id: store.made, seconds, text: text.to_owned(), button: button.clone() });
    }
    markers.sort_by_key(|marker| marker.seconds);
    Ok(Reply::success("the key frame add successfully"))
}

/// The video is named in the path; the field repeats it and may be omitted.
fn list(model: &mut Model, call: &Call<'_>) -> Outcome {
    let vid = call.capture("vid");
    if call.fields.get("vid").is_some_and(|field| field != vid) {
        return Err(Refusal::new("vid: the path has another one"));
    }
    model.polyv.known("vid", &[vid])?;
    let duration = model.polyv.live(vid).map(|video| video.duration());
    let markers: Value = model.polyv.keyframes.of(vid).iter().map(Marker::json).collect();
    Ok(Reply::success(json!({ "duration": duration, "keyframeList": markers })))
}

fn keep(model: &mut Model, vid: &str, kept: impl Fn(&Marker) -> bool) -> Outcome {
    if let Some(markers) = model.polyv.keyframes.videos.get_mut(vid) {
        markers.retain(kept);
    }
    Ok(Reply::success("success"))
}

/// Seconds without a marker are ignored.
fn delete_at(model: &mut Model, call: &Call<'_>) -> Outcome {
    let (vid, _) = video(model, call)?;
    let times = call.numbers("times", MAX_MARKERS, 0..=i64::MAX)?;
    keep(model, vid, |marker| !times.contains(&marker.seconds))
}

fn delete_all(model: &mut Model, call: &Call<'_>) -> Outcome {
    let (vid, _) = video(model, call)?;
    keep(model, vid, |_| false)
}

/// Without seconds all markers are deleted: the page says that it deletes those of a video, and does not
/// explain the seconds in its example.
fn delete(model: &mut Model, call: &Call<'_>) -> Outcome {
    let (vid, _) = video(model, call)?;
    if call.fields.get("timePoints").is_none() {
        return keep(model, vid, |_| false);
    }
    let times = call.numbers("timePoints", MAX_MARKERS, 0..=i64::MAX)?;
    keep(model, vid, |marker| !times.contains(&marker.seconds))
}
