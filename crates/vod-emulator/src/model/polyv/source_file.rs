//! Tasks that restore source files.

use super::record::Progress;
use super::times::DAY_MILLIS;
use super::{Auth, Call, Outcome, Refusal, Reply};
use crate::model::Model;
use crate::model::route::Route;
use serde_json::{Value, json};

pub(crate) const ROUTES: &[Route] = &[
    Route::polyv(
        "polyv.source_file.create_task",
        &["POST"],
        "/v3/video/source-file-task/create",
        &["vids", "expireDays"],
        create,
    )
    .with(Auth::SubAccount),
    // The page's example URL has `expireDays` too, which its table lacks.
    Route::polyv(
        "polyv.source_file.get_task",
        &["GET"],
        "/v3/video/source-file-task/get",
        &["taskId", "expireDays"],
        get,
    )
    .with(Auth::SubAccount),
];

/// Most videos of one task.
const MAX_VIDS: usize = 100;

/// The tasks.
#[derive(Debug, Default)]
pub(crate) struct Store {
    /// Oldest first.
    tasks: Vec<Task>,
}

#[derive(Debug)]
struct Task {
    id: String,
    vids: Vec<String>,
    days: i64,
    created: i64,
    /// When its files were ready.
    done: Option<i64>,
    /// Whether it was read once.
    seen: bool,
}

impl Store {
    /// Removes the data of a video that is deleted permanently.
    pub(crate) fn forget(&mut self, vid: &str) {
        self.tasks.iter_mut().for_each(|task| task.vids.retain(|known| known != vid));
    }

    pub(crate) fn json(&self) -> Value {
        let tasks = self.tasks.iter().map(|task| {
            let Task { id, vids, days, created, done, seen: _ } = task;
            json!({ "taskId": id, "vids": vids, "expireDays": days, "created": created, "done": done })
        });
        tasks.collect()
    }
}

/// Accepts only published videos. Chosen where the reference is silent: any video of the account may be
/// named, independent of its uploader.
fn create(model: &mut Model, call: &Call<'_>) -> Outcome {
    let vids = call.list("vids", MAX_VIDS)?;
    call.required("expireDays")?;
    let days = call.number("expireDays", 1..=7, 1)?;
    let published =
        |vid: &str| model.polyv.live(vid).is_some_and(|video| video.status() == Progress::Published as i64);
    if !vids.iter().all(|vid| published(vid)) {
        // The number and words of the other sub-account calls.
        return Err(Refusal::new("invalid vid").error(2000));
    }
    let vids = vids.into_iter().map(str::to_owned).collect();
    let id = model.random.alphanumeric(10);
    model.polyv.source_files.tasks.push(Task {
        id: id.clone(),
        vids,
        days,
        created: call.now,
        done: None,
        seen: false,
    });
    Ok(Reply::success(json!({ "taskId": id })))
}

/// The first read finds the files on their way, later ones find them ready: a polling client has something to
/// wait for, without a clock. No callback is sent. The link is the URL that the video was made from; after
/// the given days there is none.
fn get(model: &mut Model, call: &Call<'_>) -> Outcome {
    let id = call.required("taskId")?;
    let tasks = &mut model.polyv.source_files.tasks;
    let task = tasks
        .iter_mut()
        .find(|task| task.id == id)
        .ok_or_else(|| Refusal::new(format!("taskId: no task `{id}`")))?;
    if task.seen && task.done.is_none() {
        task.done = Some(call.now);
    }
    task.seen = true;
    let (created, done) = (task.created, task.done);
    let kept = done.is_some_and(|done| call.now < done.saturating_add(task.days * DAY_MILLIS));
    let vids = task.vids.clone();
    let rows = vids.iter().map(|vid| {
        let source =
            model.polyv.live(vid).map(|video| video.source_url.as_str()).filter(|url| !url.is_empty());
        let (status, url, done) = match (done, source) {
            (None, _) => ("PROCESS", None, None),
            (Some(_), None) => ("FAIL", None, None),
            (Some(_), Some(url)) => ("SUCCESS", kept.then_some(url), done),
        };
        json!({ "vid": vid, "url": url, "status": status, "createTime": created, "successTime": done })
    });
    Ok(Reply::success(rows.collect::<Value>()))
}

#[cfg(test)]
mod tests {
    use crate::model::testing::{Bench, NOW, Pairs};
    use serde_json::{Value, json};

    const CREATE: &str = "/v3/video/source-file-task/create";
    const TASK: &str = "/v3/video/source-file-task/get";
    const DAY: i64 = 86_400_000;

    #[test]
    fn a_task_is_under_way_and_then_done() {
        let mut bench = Bench::new();
        let (a, b) = (bench.video("a", 1_000_000), bench.video("b", 1_000_000));
        let seen = bench.polyv("POST", CREATE, &[("vids", &format!("{a},{b}")), ("expireDays", "2")]);
        let id = seen.data["taskId"].as_str().unwrap().to_owned();
        let row = |vid: &str, url: Option<&str>, status: &str, done: Option<i64>| json!({ "vid": vid, "url": url, "status": status, "createTime": NOW, "successTime": done });
        let look = |bench: &mut Bench| bench.polyv("GET", TASK, &[("taskId", &id)]).data;
        assert_eq!(look(&mut bench), json!([row(&a, None, "PROCESS", None), row(&b, None, "PROCESS", None)]));
        bench.now += 5000;
        let done = Some(NOW + 5000);
        let there = |vid: &str| row(vid, Some("http://h/a"), "SUCCESS", done);
        assert_eq!(look(&mut bench), json!([there(&a), there(&b)]));
        bench.model.polyv.videos[0].deleted_at = Some(NOW);
        assert_eq!(
            look(&mut bench),
            json!([row(&a, None, "FAIL", None), there(&b)]),
            "videos in the recycle bin are refused"
        );
        bench.model.polyv.forget(&a);
        bench.now = NOW + 5000 + 2 * DAY - 1;
        assert_eq!(look(&mut bench), json!([there(&b)]));
        bench.now += 1;
        assert_eq!(
            look(&mut bench),
            json!([row(&b, None, "SUCCESS", done)]),
            "after its days the file is gone"
        );
        let state = &bench.model.state(NOW)["polyv"]["source_file"][0];
        assert_eq!(
            (&state["taskId"], &state["expireDays"], &state["vids"]),
            (&json!(id), &json!(2), &json!([b]))
        );
    }

    #[test]
    fn refusals_by_table() {
        let mut bench = Bench::new();
        let vid = bench.video("a", 1_000_000);
        let many = vec![vid.as_str(); 101].join(",");
        let waiting = bench.video("b", 1_000_000);
        bench.model.polyv.videos[1].progress = crate::model::polyv::record::Progress::Waiting;
        let cases: [(&str, &str, Pairs<'_>, i64, &str); 9] = [
            ("POST", CREATE, &[("expireDays", "1")], 400, "vids can not be empty."),
            ("POST", CREATE, &[("vids", &vid)], 400, "expireDays can not be empty."),
            (
                "POST",
                CREATE,
                &[("vids", &vid), ("expireDays", "0")],
                400,
                "expireDays: 0, at least 1 and at most 7",
            ),
            (
                "POST",
                CREATE,
                &[("vids", &vid), ("expireDays", "8")],
                400,
                "expireDays: 8, at least 1 and at most 7",
            ),
            ("POST", CREATE, &[("vids", &many), ("expireDays", "1")], 400, "vids: 101 items, at most 100"),
            ("POST", CREATE, &[("vids", "other"), ("expireDays", "1")], 2000, "invalid vid"),
            ("POST", CREATE, &[("vids", &waiting), ("expireDays", "1")], 2000, "invalid vid"),
            ("GET", TASK, &[], 400, "taskId can not be empty."),
            ("GET", TASK, &[("taskId", "nope")], 400, "taskId: no task `nope`"),
        ];
        for (method, path, sent, error, message) in cases {
            let seen = bench.polyv(method, path, sent);
            assert_eq!(
                (seen.code, seen.error, seen.message.as_str()),
                (400, Some(error), message),
                "{sent:?}"
            );
            assert_eq!(seen.data, Value::Null);
        }
        assert_eq!(bench.model.state(NOW)["polyv"]["source_file"], json!([]));
    }
}
