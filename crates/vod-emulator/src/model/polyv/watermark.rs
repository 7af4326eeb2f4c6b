//! Watermarks. They are stored and shown in the state, but not drawn.

use super::category::ROOT;
use super::{Call, Outcome, Refusal, Reply};
use crate::model::Model;
use crate::model::route::Route;
use serde_json::{Value, json};
use std::collections::BTreeMap;

pub(crate) const ROUTES: &[Route] = &[Route::polyv(
    "polyv.watermark.set",
    &["POST"],
    "/v2/video/{userid}/watermarkSetting",
    &["image", "cataid", "watermarkLocation", "watermarkShow"],
    set,
)];

/// The watermark of the account, and those of categories.
#[derive(Debug, Default)]
pub(crate) struct Store {
    account: Option<Mark>,
    categories: BTreeMap<i64, Mark>,
}

#[derive(Debug)]
struct Mark {
    url: String,
    /// 1 to 4; 0 without one, which the older page calls hidden.
    location: &'static str,
    shown: bool,
}

impl Mark {
    fn json(&self) -> Value {
        json!({ "url": self.url, "location": self.location, "shown": self.shown })
    }
}

impl Store {
    /// Removes the data of a video that is deleted permanently.
    pub(crate) fn forget(&mut self, _vid: &str) {}

    pub(crate) fn json(&self) -> Value {
        let categories: BTreeMap<String, Value> =
            self.categories.iter().map(|(id, mark)| (id.to_string(), mark.json())).collect();
        json!({ "account": self.account.as_ref().map(Mark::json), "categories": categories })
    }
}

/// Sets the watermark of a top-level category, or of the account.
fn set(model: &mut Model, call: &Call<'_>) -> Outcome {
    let file = call
        .file("image")
        .filter(|file| !file.bytes.is_empty())
        .ok_or_else(|| Refusal::new("image can not be empty."))?;
    let extension = file.extension();
    if !["png", "ass"].contains(&extension.as_str()) {
        return Err(Refusal::new(format!("image: `{}` is neither png nor ass", file.file_name)));
    }
    let location = call.choice("watermarkLocation", &["0", "1", "2", "3", "4"])?.unwrap_or("0");
    let shown = call.bit("watermarkShow")?.unwrap_or(false);
    let category = call.number("cataid", 1..=i64::MAX, 0)?;
    if category != 0
        && !model.polyv.categories.get(category).is_some_and(|category| [0, ROOT].contains(&category.parent))
    {
        return Err(Refusal::new(format!("cataid: no category `{category}` of the top level")));
    }
    let mark =
        Mark { url: model.keep_file(&file.content_type, &extension, file.bytes.clone()), location, shown };
    match category {
        0 => model.polyv.watermarks.account = Some(mark),
        id => drop(model.polyv.watermarks.categories.insert(id, mark)),
    }
    Ok(Reply::success(true))
}
