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
