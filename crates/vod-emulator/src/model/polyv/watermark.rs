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

#[cfg(test)]
mod tests {
    use crate::model::testing::Bench;
    use serde_json::json;

    const SET: &str = "/v2/video/{}/watermarkSetting";

    #[test]
    fn of_the_account_and_of_a_category() {
        let mut bench = Bench::new();
        let png = ("image", "logo.png", "image/png", b"png".as_slice());
        assert_eq!(
            bench.upload(SET, &[("watermarkLocation", "4"), ("watermarkShow", "1")], &[png]).data,
            true
        );
        assert_eq!(
            bench.upload(SET, &[("cataid", "1")], &[("image", "a.ASS", "", b"[Script Info]")]).data,
            true
        );
        let marks = bench.model.state(bench.now)["polyv"]["watermark"].take();
        assert_eq!((&marks["account"]["location"], &marks["account"]["shown"]), (&json!("4"), &json!(true)));
        assert_eq!(
            (&marks["categories"]["1"]["location"], &marks["categories"]["1"]["shown"]),
            (&json!("0"), &json!(false))
        );
    }

    #[test]
    fn refusals_by_table() {
        let mut bench = Bench::new();
        let now = bench.now;
        let top = bench.model.polyv.categories.create(now, 1, "a");
        let below = bench.model.polyv.categories.create(now, top, "b").to_string();
        let cases: [(&[(&str, &str)], _, &str); 6] = [
            (&[], ("image", "a.png", "", b"".as_slice()), "image can not be empty."),
            (&[], ("image", "a.jpg", "", b"x".as_slice()), "image: `a.jpg` is neither png nor ass"),
            (
                &[("watermarkLocation", "5")],
                ("image", "a.png", "", b"x".as_slice()),
                "watermarkLocation: `5` is none of 0, 1, 2, 3, 4",
            ),
            (
                &[("watermarkShow", "Y")],
                ("image", "a.png", "", b"x".as_slice()),
                "watermarkShow: `Y` is none of 1, 0",
            ),
            (
                &[("cataid", "7")],
                ("image", "a.png", "", b"x".as_slice()),
                "cataid: no category `7` of the top level",
            ),
            (
                &[("cataid", &below)],
                ("image", "a.png", "", b"x".as_slice()),
                &format!("cataid: no category `{below}` of the top level"),
            ),
        ];
        for (sent, file, expected) in cases {
            assert_eq!(bench.upload(SET, sent, &[file]).message, expected, "{sent:?}");
        }
        assert_eq!(
            bench.upload(SET, &[("cataid", &top.to_string())], &[("image", "a.png", "", b"x")]).data,
            true
        );
    }
}
