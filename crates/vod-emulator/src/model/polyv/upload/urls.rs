//! Imports by URL.

use crate::model::Model;
use crate::model::polyv::store::Item;
use crate::model::polyv::{Call, Outcome, Refusal, Reply};
use serde_json::{Map, Value};
use url::Url;

const MAX_INFOS: usize = 100;
/// Longest URL, in Unicode scalar values.
const MAX_URL: usize = 1000;
/// Longest title and state, in Unicode scalar values.
const MAX_TEXT: usize = 100;

/// Creates a task that fetches each URL.
///
/// Chosen where the reference is silent: an empty list is "invalid", and the comma-separated pair has the
/// limits of `uploadInfos`.
pub(super) fn urls(model: &mut Model, call: &Call<'_>) -> Outcome {
    let items = match call.fields.get("uploadInfos") {
        Some(json) => upload_infos(json, call.strict)?,
        None => pair(call)?,
    };
    let category = call.number("cataid", 1..=i64::MAX, 1)?;
    call.choice("luping", &["0", "1"])?;
    call.choice("watermarkLocation", &["1", "2", "3", "4"])?;
    if let Some(watermark) = call.fields.get("watermark") {
        http_url("watermark", watermark)?;
    }
    model.start_task(call.now, category, items);
    Ok(Reply::silent("成功"))
}

fn upload_infos(json: &str, strict: bool) -> Result<Vec<Item>, Refusal> {
    let invalid = || Refusal::new("[uploadInfos] is invalid");
    let infos: Vec<Map<String, Value>> = serde_json::from_str(json).map_err(|_| invalid())?;
    if infos.is_empty() {
        return Err(invalid());
    }
    if infos.len() > MAX_INFOS {
        return Err(Refusal::new("[uploadInfos] exceed the limit."));
    }
    let items = infos.into_iter().enumerate().map(|(index, info)| {
        let text = |name: &str| match info.get(name) {
            None | Some(Value::Null) => Ok(String::new()),
            Some(Value::String(text)) => Ok(text.clone()),
            Some(_) => Err(invalid()),
        };
        if strict
            && let Some(name) =
                info.keys().find(|name| !["fileUrl", "title", "state"].contains(&name.as_str()))
        {
            return Err(Refusal::new(format!(
                "strict: uploadInfos[{index}].{name} is not known to polyv.upload.urls"
            )));
        }
        let item = Item::new(text("fileUrl")?, text("title")?, text("state")?);
        check(&item, |field| format!("uploadInfos[{index}].{field}"))?;
        Ok(item)
    });
    items.collect()
}

/// The discouraged form: `fileUrl` and `title`, each a comma-separated list.
fn pair(call: &Call<'_>) -> Result<Vec<Item>, Refusal> {
    let urls = call.fields.get("fileUrl").ok_or_else(|| Refusal::new("FileUrl is null!"))?;
    let titles = call.fields.get("title").ok_or_else(|| Refusal::new("Title is null!"))?;
    let (urls, titles): (Vec<&str>, Vec<&str>) = (urls.split(',').collect(), titles.split(',').collect());
    if urls.len() != titles.len() {
        return Err(Refusal::new("FileUrl and title are inconsistent!"));
    }
    if urls.len() > MAX_INFOS {
        return Err(Refusal::new("[uploadInfos] exceed the limit."));
    }
    let items = urls.into_iter().zip(titles).enumerate().map(|(index, (url, title))| {
        let item = Item::new(url.to_owned(), title.to_owned(), String::new());
        check(&item, |field| format!("{field}[{index}]"))?;
        Ok(item)
    });
    items.collect()
}

fn check(item: &Item, path: impl Fn(&str) -> String) -> Result<(), Refusal> {
    if item.url.is_empty() {
        return Err(Refusal::new("FileUrl is null!"));
    }
    if item.title.is_empty() {
        return Err(Refusal::new("Title is null!"));
    }
    let fields =
        [("fileUrl", &item.url, MAX_URL), ("title", &item.title, MAX_TEXT), ("state", &item.state, MAX_TEXT)];
    for (field, value, limit) in fields {
        let characters = value.chars().count();
        if characters > limit {
            return Err(Refusal::new(format!("{}: {characters} characters, at most {limit}", path(field))));
        }
    }
    http_url(&path("fileUrl"), &item.url)
}

/// An address with http or https.
pub(in crate::model::polyv) fn http_url(path: &str, text: &str) -> Result<(), Refusal> {
    match Url::parse(text) {
        Ok(url) if matches!(url.scheme(), "http" | "https") => Ok(()),
        Ok(url) => Err(Refusal::new(format!("{path}: scheme `{}`, only http and https", url.scheme()))),
        Err(error) => Err(Refusal::new(format!("{path}: not a URL ({error}), only http and https"))),
    }
}
