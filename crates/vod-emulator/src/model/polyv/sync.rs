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
