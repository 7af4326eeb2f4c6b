//! Screenshots. Nothing is decoded: all pictures of a video are its cover. Tasks are done when read a second
//! time, and no callback is sent.

use super::cover::MAX_IMAGE;
use super::upload::http_url;
use super::{Call, Outcome, Refusal, Reply};
use crate::model::Model;
use crate::model::route::Route;
use serde_json::{Value, json};
use std::collections::BTreeMap;

pub(crate) const ROUTES: &[Route] = &[
    // An old page has GET.
    Route::polyv(
        "polyv.screenshot.create_task",
        &["POST", "GET"],
        "/v2/video/snapshot/{userid}/addTask",
        &["vid", "offsetTimes", "width", "height", "callbackUrl"],
        create_task,
    ),
    Route::polyv(
        "polyv.screenshot.get_task",
        &["GET"],
        "/v2/video/snapshot/{userid}/getTaskStatus",
        &["taskId"],
        get_task,
    ),
    Route::polyv(
        "polyv.screenshot.upload",
        &["POST"],
        "/v2/video/upload-image-in-position",
        &["vid", "position", "imageFile"],
        upload,
    ),
];

const MAX_OFFSETS: usize = 20;

/// The screenshot tasks, and the pictures that were uploaded.
#[derive(Debug, Default)]
pub(crate) struct Store {
    tasks: Vec<Task>,
    /// The number of the last task, which keeps growing when tasks are dropped.
    last: i64,
    /// URLs by video and second.
    pictures: BTreeMap<(String, i64), String>,
}

#[derive(Debug)]
struct Task {
    id: i64,
    vid: String,
    /// In seconds.
    offsets: Vec<i64>,
    width: i64,
    height: i64,
    callback_url: String,
    created: i64,
    /// Whether all offsets are within the video.
    succeeded: bool,
    /// Whether it was read once.
    seen: bool,
    /// When it ended.
    done: Option<i64>,
}

impl Store {
    /// Removes the data of a video that is deleted permanently.
    pub(crate) fn forget(&mut self, vid: &str) {
        self.tasks.retain(|task| task.vid != vid);
        self.pictures.retain(|(known, _), _| known != vid);
    }

    pub(crate) fn json(&self) -> Value {
        let tasks = self.tasks.iter().map(|task| {
            let Task { id, vid, offsets, width, height, callback_url, created, succeeded, seen: _, done } = task;
            json!({
                "id": id, "vid": vid, "offsets": offsets, "width": width, "height": height, "callback_url": callback_url,
                "created": created, "succeeded": succeeded, "done": done,
            })
        });
        let pictures = self
            .pictures
            .iter()
            .map(|((vid, second), url)| json!({ "vid": vid, "second": second, "url": url }));
        json!({ "tasks": tasks.collect::<Value>(), "pictures": pictures.collect::<Value>() })
    }
}

/// Creates a task. It fails if an offset is after the video's end.
fn create_task(model: &mut Model, call: &Call<'_>) -> Outcome {
    let vid = call.required("vid")?;
    let offsets = call.numbers("offsetTimes", MAX_OFFSETS, 0..=i64::MAX)?;
    let [width, height] =
        [call.number("width", 1..=i64::MAX, 640)?, call.number("height", 1..=i64::MAX, 360)?];
    let callback_url = call.fields.get("callbackUrl").unwrap_or_default();
    if !callback_url.is_empty() {
        http_url("callbackUrl", callback_url)?;
    }
    // Forbidden videos are refused; the words are not documented.
    let video =
        model.polyv.live(vid).filter(|video| !video.forbidden).ok_or_else(|| Refusal::new("vid invalid."))?;
    let end = i64::try_from(video.seconds()).unwrap_or(i64::MAX);
    let succeeded = offsets.iter().all(|offset| *offset < end);
    let store = &mut model.polyv.screenshots;
    store.last += 1;
    let id = store.last;
    let (vid, callback_url) = (vid.to_owned(), callback_url.to_owned());
    store.tasks.push(Task {
        id,
        vid,
        offsets,
        width,
        height,
        callback_url,
        created: call.now,
        succeeded,
        seen: false,
        done: None,
    });
    Ok(Reply::success(id))
}

/// The first read finds the task under way, later ones find it done: a polling client has something to wait
/// for, without a clock.
fn get_task(model: &mut Model, call: &Call<'_>) -> Outcome {
    call.required("taskId")?;
    let id = call.number("taskId", i64::MIN..=i64::MAX, 0)?;
    let tasks = &mut model.polyv.screenshots.tasks;
    let place = tasks
        .iter()
        .position(|task| task.id == id)
        .ok_or_else(|| Refusal::new(format!("taskId: no task `{id}`")))?;
    if std::mem::replace(&mut tasks[place].seen, true) {
        tasks[place].done.get_or_insert(call.now);
    }
    let task = &model.polyv.screenshots.tasks[place];
    let picture =
        model.polyv.any(&task.vid).map(|video| video.cover_url(&model.config.base_url)).unwrap_or_default();
    let offsets = task.offsets.iter().filter(|_| task.succeeded && task.done.is_some());
    let status = match (task.done, task.succeeded) {
        (None, _) => "processing",
        (Some(_), true) => "success",
        (Some(_), false) => "fail",
    };
    let data = json!({
        "taskId": task.id,
        "userId": model.config.credentials.polyv_user_id,
        "vid": task.vid,
        "status": status,
        "createTime": task.created,
        "beginProcessTime": task.created,
        "finishProcessTime": task.done.unwrap_or(0),
        "snapshots": offsets.map(|offset| json!({ "offsetTime": offset, "imageUrl": picture })).collect::<Value>(),
    });
    Ok(Reply::success(data))
}

/// Keeps a picture for a second of a video; an existing one stays. Refusals of this call have null as data.
fn upload(model: &mut Model, call: &Call<'_>) -> Outcome {
    let (vid, second, exists, url) = keep(model, call).map_err(|refusal| refusal.data(()))?;
    Ok(Reply::success(
        json!({ "vid": vid, "position": second, "imageUrl": url, "exists": i32::from(exists) }),
    ))
}

fn keep(model: &mut Model, call: &Call<'_>) -> Result<(String, i64, bool, String), Refusal> {
    let vid = call.required("vid")?.to_owned();
    call.required("position")?;
    let second = call.number("position", 0..=i64::MAX, 0)?;
    let file = call
        .file("imageFile")
        .filter(|file| !file.bytes.is_empty())
        .ok_or_else(|| Refusal::new("imageFile can not be empty."))?;
    if file.bytes.len() > MAX_IMAGE {
        return Err(Refusal::new("ImageFile size can’t more than 5M"));
    }
    if model.polyv.live(&vid).is_none() {
        return Err(Refusal::new("vid invalid."));
    }
    let place = (vid.clone(), second);
    if let Some(url) = model.polyv.screenshots.pictures.get(&place) {
        return Ok((vid, second, true, url.clone()));
    }
    let url = model.keep_file(&file.content_type, &file.extension(), file.bytes.clone());
    model.polyv.screenshots.pictures.insert(place, url.clone());
    Ok((vid, second, false, url))
}

#[cfg(test)]
mod tests {
    use crate::model::testing::{Bench, NOW};
    use serde_json::{Value, json};

    const CREATE: &str = "/v2/video/snapshot/{}/addTask";
    const GET: &str = "/v2/video/snapshot/{}/getTaskStatus";
    const UPLOAD: &str = "/v2/video/upload-image-in-position";

    #[test]
    fn tasks_that_succeed_and_fail() {
        let mut bench = Bench::new();
        let vid = bench.video("一", 1_000_000);
        // With either method from the pages.
        assert_eq!(
            bench
                .polyv(
                    "POST",
                    CREATE,
                    &[
                        ("vid", &vid),
                        ("offsetTimes", "0,7"),
                        ("width", "320"),
                        ("callbackUrl", "https://h/c")
                    ]
                )
                .data,
            1
        );
        assert_eq!(
            bench.polyv("GET", CREATE, &[("vid", &vid), ("offsetTimes", "0,8")]).data,
            2,
            "the video has 8 seconds"
        );
        for id in ["1", "2"] {
            let task = bench.polyv("GET", GET, &[("taskId", id)]).data;
            assert_eq!(
                (&task["status"], &task["finishProcessTime"], &task["snapshots"]),
                (&json!("processing"), &json!(0), &json!([])),
                "when first read"
            );
        }
        bench.now += 5;
        let task = bench.polyv("GET", GET, &[("taskId", "1")]).data;
        bench.now += 5;
        assert_eq!(bench.polyv("GET", GET, &[("taskId", "1")]).data, task, "once done, done");
        assert_eq!(
            (&task["status"], &task["vid"], &task["finishProcessTime"]),
            (&json!("success"), &json!(vid), &json!(NOW + 5))
        );
        let offsets: Vec<&Value> =
            task["snapshots"].as_array().unwrap().iter().map(|snapshot| &snapshot["offsetTime"]).collect();
        assert_eq!(offsets, [0, 7]);
        let task = bench.polyv("GET", GET, &[("taskId", "2")]).data;
        assert_eq!((&task["status"], &task["snapshots"]), (&json!("fail"), &json!([])));
        bench.model.polyv.forget(&vid);
        assert_eq!(bench.polyv("GET", GET, &[("taskId", "1")]).message, "taskId: no task `1`");
    }

    #[test]
    fn the_first_picture_of_a_second_stays() {
        let mut bench = Bench::new();
        let user = bench.credentials.polyv_user_id.clone();
        let vid = bench.video("一", 1_000_000);
        let mut send = |second: &str, bytes: &[u8]| {
            bench
                .upload(
                    UPLOAD,
                    &[("userid", &user), ("vid", &vid), ("position", second)],
                    &[("imageFile", "a.png", "image/png", bytes)],
                )
                .data
        };
        let (first, second, other) = (send("3", b"one"), send("3", b"two"), send("4", b"three"));
        assert_eq!(
            (&first["exists"], &second["exists"], &other["exists"]),
            (&json!(0), &json!(1), &json!(0))
        );
        assert_eq!(first["imageUrl"], second["imageUrl"]);
        assert_ne!(first["imageUrl"], other["imageUrl"]);
    }

    #[test]
    fn refusals_by_table() {
        let mut bench = Bench::new();
        let user = bench.credentials.polyv_user_id.clone();
        let (vid, forbidden) = (bench.video("一", 1), bench.video("二", 1));
        bench.model.polyv.live_mut(&forbidden).unwrap().forbidden = true;
        let many = ["0"; 21].join(",");
        let cases: Vec<(Vec<(&str, &str)>, &str)> = vec![
            (vec![("offsetTimes", "0")], "vid can not be empty."),
            (vec![("vid", &vid)], "offsetTimes can not be empty."),
            (vec![("vid", &vid), ("offsetTimes", &many)], "offsetTimes: 21 items, at most 20"),
            (vec![("vid", &vid), ("offsetTimes", "0,-1")], "offsetTimes: -1, at least 0"),
            (vec![("vid", &vid), ("offsetTimes", "0,")], "offsetTimes[1]: empty"),
            (vec![("vid", &vid), ("offsetTimes", "0"), ("width", "0")], "width: 0, at least 1"),
            (
                vec![("vid", &vid), ("offsetTimes", "0"), ("callbackUrl", "ftp://h")],
                "callbackUrl: scheme `ftp`, only http and https",
            ),
            (vec![("vid", "x"), ("offsetTimes", "0")], "vid invalid."),
            (vec![("vid", &forbidden), ("offsetTimes", "0")], "vid invalid."),
        ];
        for (sent, expected) in cases {
            assert_eq!(bench.polyv("POST", CREATE, &sent).message, expected, "{sent:?}");
        }
        assert_eq!(bench.polyv("GET", GET, &[]).message, "taskId can not be empty.");
        let big = vec![0; (5 << 20) + 1];
        for (vid, bytes, expected) in [
            (vid.as_str(), big.as_slice(), "ImageFile size can’t more than 5M"),
            ("x", b"x", "vid invalid."),
            (&vid, b"", "imageFile can not be empty."),
        ] {
            let seen = bench.upload(
                UPLOAD,
                &[("userid", &user), ("vid", vid), ("position", "1")],
                &[("imageFile", "a.png", "", bytes)],
            );
            assert_eq!((seen.code, seen.message.as_str(), &seen.data), (400, expected, &Value::Null));
        }
    }
}
