//! Fetch tasks.

use super::store::{Item, ItemOutcome, Task};
use super::{Call, Outcome, Page, Refusal, Reply};
use crate::model::Model;
use crate::model::route::Route;
use serde_json::{Value, json};

pub(crate) const ROUTES: &[Route] = &[
    Route::polyv(
        "polyv.sync.list",
        &["GET", "POST"],
        "/v2/video/grab/{userid}/list",
        &["page", "pageSize"],
        list,
    ),
    Route::polyv("polyv.sync.delete", &["POST"], "/v2/video/grab/{userid}/delete", &["taskId"], delete),
    Route::polyv(
        "polyv.sync.export",
        &["GET"],
        "/v2/video/grab/{userid}/listVideos/export",
        &["taskId"],
        export,
    ),
];

/// One page of the tasks, newest first.
fn list(model: &mut Model, call: &Call<'_>) -> Outcome {
    Ok(Reply::silent(Page::of(call)?.placed_json(model.polyv.tasks.iter().rev(), |task| row(model, task))))
}

fn row(model: &Model, task: &Task) -> Value {
    let name = if task.category == 1 {
        "视频分类(根目录)".to_owned()
    } else {
        model.polyv.categories.name(task.category)
    };
    json!({
        "taskid": task.id,
        "userid": model.config.credentials.polyv_user_id,
        "filename": null,
        "originalname": task.file_name(),
        "filesize": null,
        "filepath": null,
        "fileurl": format!("{}_emulator/tasks/{}.csv", model.config.base_url.as_str(), task.id),
        // A text in the sample, a number in the table.
        "classifyid": task.category.to_string(),
        "classifyname": name,
        "seccesscount": task.fetched(),
        "totalcount": task.items.len(),
        "failcount": task.failed(),
        "status": "Y",
        "endtime": task.ended,
        "createtime": task.created,
    })
}

/// Removes a task from the list. Its videos stay; a download under way creates none.
fn delete(model: &mut Model, call: &Call<'_>) -> Outcome {
    let id = call.fields.get("taskId").ok_or_else(|| Refusal::new("TaskId is null!"))?;
    if !model.polyv.remove_task(id) {
        return Err(Refusal::new(format!("taskId: no task `{id}`")));
    }
    Ok(Reply::silent("成功"))
}

/// The task as CSV. The columns are the emulator's own, since the reference does not describe them. An
/// unknown task is answered with an error envelope, which differs in content type.
fn export(model: &mut Model, call: &Call<'_>) -> Outcome {
    let id = call.fields.get("taskId").ok_or_else(|| Refusal::new("TaskId is null!"))?;
    let csv = model.task_csv(id).ok_or_else(|| Refusal::new(format!("taskId: no task `{id}`")))?;
    Ok(Reply::File { content_type: "text/csv; charset=utf-8", body: csv.into() })
}

impl Model {
    /// The items of a task as CSV: a byte order mark (spreadsheets need it for Chinese), a header, CRLF
    /// lines.
    pub(crate) fn task_csv(&self, id: &str) -> Option<String> {
        let task = self.polyv.tasks.iter().find(|task| task.id == id)?;
        let mut csv = String::from("\u{feff}fileUrl,title,state,result,vid,bytes,message\r\n");
        for item in &task.items {
            let Item { url, title, state, vid, outcome } = item;
            let (result, vid, bytes, message) = match outcome {
                None => ("waiting", "", String::new(), ""),
                Some(ItemOutcome::Fetched { bytes }) => ("fetched", vid.as_str(), bytes.to_string(), ""),
                Some(ItemOutcome::Failed(reason)) => ("failed", "", String::new(), reason.as_str()),
            };
            let cells = [url, title, state, result, vid, &bytes, message].map(quoted);
            csv.push_str(&cells.join(","));
            csv.push_str("\r\n");
        }
        Some(csv)
    }
}

fn quoted(cell: &str) -> String {
    if cell.contains(['"', ',', '\r', '\n']) {
        format!("\"{}\"", cell.replace('"', "\"\""))
    } else {
        cell.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use crate::model::Effect;
    use crate::model::testing::{Bench, NOW, file};
    use serde_json::{Value, json};

    const UPLOAD: &str = "/v2/video/grab/{}/upload/multi";
    const LIST: &str = "/v2/video/grab/{}/list";
    const DELETE: &str = "/v2/video/grab/{}/delete";
    const EXPORT: &str = "/v2/video/grab/{}/listVideos/export";

    #[test]
    fn a_task_from_start_to_end() {
        let mut bench = Bench::new();
        let infos = json!([
            { "fileUrl": "http://h/1", "title": "第一, \"quoted\"", "state": "a" },
            { "fileUrl": "http://h/2", "title": "second" },
        ]);
        let seen = bench.polyv("POST", UPLOAD, &[("uploadInfos", &infos.to_string()), ("cataid", "42")]);
        let jobs: Vec<u64> = seen
            .answer
            .effects
            .iter()
            .map(|effect| match effect {
                Effect::Fetch { job, .. } => *job,
                other => panic!("{other:?}"),
            })
            .collect();

        let row = |bench: &mut Bench| bench.polyv("GET", LIST, &[]).data["contents"][0].clone();
        let before = row(&mut bench);
        assert_eq!(before["totalcount"], 2);
        assert_eq!(before["endtime"], Value::Null);
        assert_eq!(before["classifyid"], "42");

        bench.now += 5000;
        bench.fetched(jobs[1], Err("HTTP status 404".into()));
        bench.fetched(jobs[0], Ok(file(300_000)));
        // A second report of the same download has no effect.
        bench.fetched(jobs[0], Ok(file(1)));
        let after = row(&mut bench);
        assert_eq!((&after["seccesscount"], &after["failcount"]), (&json!(1), &json!(1)));
        assert_eq!((&after["createtime"], &after["endtime"]), (&json!(NOW), &json!(NOW + 5000)));

        let id = after["taskid"].as_str().unwrap().to_owned();
        let seen = bench.polyv("GET", EXPORT, &[("taskId", &id)]);
        assert_eq!(seen.answer.response.headers()["content-type"], "text/csv; charset=utf-8");
        let csv = String::from_utf8(seen.answer.response.into_body().to_vec()).unwrap();
        let lines: Vec<&str> = csv.split("\r\n").collect();
        assert_eq!(lines[0], "\u{feff}fileUrl,title,state,result,vid,bytes,message");
        let user = &bench.credentials.polyv_user_id;
        assert!(
            lines[1].starts_with(&format!("http://h/1,\"第一, \"\"quoted\"\"\",a,fetched,{user}")),
            "{csv}"
        );
        assert!(lines[1].ends_with(",300000,"), "{csv}");
        assert!(lines[2].starts_with("http://h/2,second,,failed,,,HTTP status 404"), "{csv}");

        for (sent, expected) in
            [(vec![], "TaskId is null!"), (vec![("taskId", "nope")], "taskId: no task `nope`")]
        {
            let seen = bench.polyv("GET", EXPORT, &sent);
            assert_eq!((seen.code, seen.message.as_str()), (400, expected));
            assert!(
                seen.answer.response.headers()["content-type"]
                    .to_str()
                    .unwrap()
                    .starts_with("application/json")
            );
        }
    }

    #[test]
    fn a_deleted_task_does_not_affect_others() {
        let mut bench = Bench::new();
        let mut jobs = Vec::new();
        for title in ["a", "b", "c"] {
            let infos = json!([{ "fileUrl": "http://h/1", "title": title }]).to_string();
            let effects = bench.polyv("POST", UPLOAD, &[("uploadInfos", &infos)]).answer.effects;
            jobs.extend(effects.into_iter().map(|effect| {
                if let Effect::Fetch { job, .. } = effect { job } else { panic!("{effect:?}") }
            }));
        }
        let ids = |bench: &mut Bench| -> Vec<String> {
            let rows = bench.polyv("GET", LIST, &[]).data["contents"].take();
            rows.as_array().unwrap().iter().map(|row| row["taskid"].as_str().unwrap().to_owned()).collect()
        };
        let before = ids(&mut bench);
        let seen = bench.polyv("POST", DELETE, &[("taskId", &before[1])]);
        assert_eq!((seen.code, seen.message.as_str(), &seen.data), (200, "", &json!("成功")));
        assert_eq!(ids(&mut bench), [before[0].clone(), before[2].clone()]);
        // The download of the deleted task has no effect, that of the next task keeps its own.
        for job in jobs {
            bench.fetched(job, Ok(file(10)));
        }
        let state = bench.model.state(NOW);
        let titles: Vec<&str> = state["videos"]
            .as_array()
            .unwrap()
            .iter()
            .map(|video| video["title"].as_str().unwrap())
            .collect();
        assert_eq!(titles, ["a", "c"]);
        assert!(state["tasks"].as_array().unwrap().iter().all(|task| task["fetched"] == 1));

        for (sent, expected) in [
            (vec![], "TaskId is null!".to_owned()),
            (vec![("taskId", before[1].as_str())], format!("taskId: no task `{}`", before[1])),
        ] {
            let seen = bench.polyv("POST", DELETE, &sent);
            assert_eq!((seen.code, seen.message), (400, expected));
        }
    }

    #[test]
    fn pages_of_tasks() {
        let mut bench = Bench::new();
        let empty = bench.polyv("GET", LIST, &[]).data;
        assert_eq!(
            (&empty["totalItems"], &empty["startRow"], &empty["lastPage"]),
            (&json!(0), &json!(0), &json!(true))
        );
        for _ in 0..25 {
            bench.import(&json!([{ "fileUrl": "http://h/a", "title": "a" }]), 10);
            bench.now += 1;
        }
        let data = bench.polyv("GET", LIST, &[("page", "3")]).data;
        let expected = json!({
            "pageNumber": 3, "totalItems": 25, "totalPages": 3, "firstPage": false, "lastPage": true,
            "nextPageNumber": 3, "prePageNumber": 2, "startRow": 21, "endRow": 25, "limit": 5, "offset": 20,
        });
        for (name, value) in expected.as_object().unwrap() {
            assert_eq!(&data[name], value, "{name}");
        }
        let newest = bench.polyv("POST", LIST, &[("pageSize", "1")]).data;
        assert_eq!(newest["contents"][0]["createtime"], NOW + 24);
        for (name, value, expected) in [
            ("page", "0", "page: 0, at least 1"),
            ("pageSize", "1001", "pageSize: 1001, at least 0 and at most 1000"),
            ("pageSize", "ten", "pageSize: `ten` is not a whole number"),
        ] {
            assert_eq!(bench.polyv("GET", LIST, &[(name, value)]).message, expected);
        }
        assert_eq!(
            bench.polyv("GET", LIST, &[("page", "9223372036854775807"), ("pageSize", "1000")]).data["limit"],
            0
        );
    }
}
