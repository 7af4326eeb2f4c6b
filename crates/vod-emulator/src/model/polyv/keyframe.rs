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

#[cfg(test)]
mod tests {
    use crate::model::testing::{Bench, Pairs};
    use serde_json::{Value, json};

    const SAVE: &str = "/v2/video/{}/saveKeyFrame";
    const DELETE_AT: &str = "/v2/video/{}/deleteKeyFrameByTime";
    const DELETE_ALL: &str = "/v2/video/{}/deleteKeyFrame";
    const DELETE: &str = "/v2/video/delete-chapter-marker";

    fn list(bench: &mut Bench, vid: &str) -> Value {
        bench.polyv("GET", &format!("/v2/video/{{}}/keyframe/{vid}"), &[("vid", vid)]).data
    }

    fn seconds(bench: &mut Bench, vid: &str) -> Vec<i64> {
        list(bench, vid)["keyframeList"]
            .as_array()
            .unwrap()
            .iter()
            .map(|row| row["seconds"].as_i64().unwrap())
            .collect()
    }

    #[test]
    fn markers_come_and_go() {
        let mut bench = Bench::new();
        let (vid, other) = (bench.video("a", 10_000_000), bench.video("b", 10_000_000));
        let user = bench.credentials.polyv_user_id.clone();
        assert_eq!(list(&mut bench, &vid), json!({ "duration": "00:01:20", "keyframeList": [] }));
        let button = [("btnsettingswitch", "Y"), ("btndesc", "练习"), ("btnhref", "https://a.example/?x=1")];
        let first = [&[("vid", vid.as_str()), ("desc", "二,一"), ("seconds", "79,0")][..], &button].concat();
        assert_eq!(bench.polyv("POST", SAVE, &first).data, "the key frame add successfully");
        assert_eq!(
            bench
                .polyv(
                    "GET",
                    SAVE,
                    &[("vid", &vid), ("desc", "三"), ("seconds", "5"), ("btnsettingswitch", "N")]
                )
                .code,
            200
        );
        assert_eq!(bench.polyv("POST", SAVE, &[("vid", &other), ("desc", "x"), ("seconds", "0")]).code, 200);
        let rows = list(&mut bench, &vid)["keyframeList"].clone();
        assert_eq!(
            rows,
            json!([
                { "id": 2, "seconds": 0, "keyContent": "一", "btnsettingswitch": "Y", "btndesc": "练习", "btnhref": "https://a.example/?x=1" },
                { "id": 3, "seconds": 5, "keyContent": "三", "btnsettingswitch": "N", "btndesc": null, "btnhref": null },
                { "id": 1, "seconds": 79, "keyContent": "二", "btnsettingswitch": "Y", "btndesc": "练习", "btnhref": "https://a.example/?x=1" },
            ])
        );
        // Saving again adds them again.
        assert_eq!(bench.polyv("POST", SAVE, &first).code, 200);
        assert_eq!(seconds(&mut bench, &vid), [0, 0, 5, 79, 79]);

        assert_eq!(bench.polyv("POST", DELETE_AT, &[("vid", &vid), ("times", "0,44")]).data, "success");
        assert_eq!(seconds(&mut bench, &vid), [5, 79, 79]);
        assert_eq!(
            bench.polyv("POST", DELETE, &[("userid", &user), ("vid", &vid), ("timePoints", "79")]).data,
            "success"
        );
        assert_eq!(seconds(&mut bench, &vid), [5]);
        assert_eq!(bench.polyv("GET", DELETE_ALL, &[("vid", &vid)]).data, "success");
        assert_eq!((seconds(&mut bench, &vid).len(), seconds(&mut bench, &other)), (0, vec![0]));
        assert_eq!(bench.polyv("POST", DELETE, &[("userid", &user), ("vid", &other)]).code, 200);
        assert_eq!(seconds(&mut bench, &other).len(), 0);
    }

    #[test]
    fn refusals_by_table() {
        let mut bench = Bench::new();
        let vid = bench.video("a", 10_000_000);
        let vid = vid.as_str();
        let cases: [(&str, Pairs<'_>, &str); 11] = [
            (SAVE, &[("desc", "a"), ("seconds", "1")], "vid can not be empty."),
            (SAVE, &[("vid", "x"), ("desc", "a"), ("seconds", "1")], "vid: no video `x`"),
            (SAVE, &[("vid", vid), ("seconds", "1")], "desc can not be empty."),
            (SAVE, &[("vid", vid), ("desc", "a,b"), ("seconds", "1")], "seconds: 1 for 2 texts"),
            (
                SAVE,
                &[("vid", vid), ("desc", "a"), ("seconds", "80")],
                "seconds: 80, at least 0 and at most 79",
            ),
            (
                SAVE,
                &[("vid", vid), ("desc", "a"), ("seconds", "1"), ("btnsettingswitch", "Y")],
                "btndesc can not be empty.",
            ),
            (
                SAVE,
                &[("vid", vid), ("desc", "a"), ("seconds", "1"), ("btnsettingswitch", "Y"), ("btndesc", "b")],
                "btnhref can not be empty.",
            ),
            (
                SAVE,
                &[("vid", vid), ("desc", "a"), ("seconds", "1"), ("btnsettingswitch", "1")],
                "btnsettingswitch: `1` is none of Y, N",
            ),
            (DELETE_AT, &[("vid", vid)], "times can not be empty."),
            (DELETE_AT, &[("vid", vid), ("times", "1,x")], "times: `x` is not a whole number"),
            (DELETE_ALL, &[("vid", "x")], "vid: no video `x`"),
        ];
        for (path, sent, expected) in cases {
            assert_eq!(bench.polyv("POST", path, sent).message, expected, "{sent:?}");
        }
        let path = format!("/v2/video/{{}}/keyframe/{vid}");
        assert_eq!(bench.polyv("GET", &path, &[("vid", "other")]).message, "vid: the path has another one");
        assert_eq!(bench.polyv("GET", &path, &[]).code, 200);
    }

    #[test]
    fn only_three_names_are_signed() {
        let mut bench = Bench::new();
        let vid = bench.video("a", 10_000_000);
        let mut request = bench.signed_polyv("POST", SAVE, &[("vid", &vid), ("desc", "a"), ("seconds", "1")]);
        let body = String::from_utf8(request.body().to_vec()).unwrap();
        *request.body_mut() = body.replace("seconds=1", "seconds=2").into();
        assert_eq!(bench.send(&request).code, 200);
        assert_eq!(seconds(&mut bench, &vid), [2]);
    }
}
