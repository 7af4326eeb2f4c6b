//! The account's encryption settings. They apply to later videos, see [`State::take_in`](super::State).

use super::video::edit::LEVELS;
use super::{Call, Outcome, Refusal, Reply};
use crate::model::Model;
use crate::model::route::Route;
use serde_json::{Value, json};

pub(crate) const ROUTES: &[Route] = &[
    Route::polyv("polyv.encryption.get", &["GET"], "/v2/setting/{userid}/get-playsafe", &[], get),
    Route::polyv(
        "polyv.encryption.set",
        &["POST"],
        "/v2/setting/{userid}/set-playsafe",
        &["encrypt", "hlslevel"],
        set,
    ),
];

/// The settings.
#[derive(Debug)]
pub(crate) struct Store {
    pub(super) encrypt: bool,
    /// `open`, `web`, `app` or `wxa_app`.
    pub(super) level: &'static str,
}

impl Default for Store {
    fn default() -> Self {
        Self { encrypt: false, level: "open" }
    }
}

impl Store {
    /// Removes the data of a video that is deleted permanently.
    pub(crate) fn forget(&mut self, _vid: &str) {}

    /// As in the calls' answers: the switch is a text.
    pub(crate) fn json(&self) -> Value {
        json!({ "encrypt": i32::from(self.encrypt).to_string(), "hlslevel": self.level })
    }
}

fn get(model: &mut Model, _call: &Call<'_>) -> Outcome {
    Ok(Reply::success(model.polyv.encryption.json()))
}

fn set(model: &mut Model, call: &Call<'_>) -> Outcome {
    call.required("encrypt")?;
    let encrypt = call.bit("encrypt")? == Some(true);
    let level =
        call.choice("hlslevel", &LEVELS).ok().flatten().ok_or_else(|| Refusal::new("hlslevel error"))?;
    model.polyv.encryption = Store { encrypt, level };
    Ok(Reply::success(model.polyv.encryption.json()))
}

#[cfg(test)]
mod tests {
    use crate::model::testing::{Bench, Pairs};
    use serde_json::json;

    const GET: &str = "/v2/setting/{}/get-playsafe";
    const SET: &str = "/v2/setting/{}/set-playsafe";

    #[test]
    fn settings() {
        let mut bench = Bench::new();
        assert_eq!(
            bench.polyv("GET", GET, &[]).data,
            json!({ "encrypt": "0", "hlslevel": "open" }),
            "the switch is a text"
        );
        let before = bench.video("a", 1);
        let cases: [(Pairs<'_>, &str); 6] = [
            (&[("hlslevel", "app")], "encrypt can not be empty."),
            (&[("encrypt", "Y"), ("hlslevel", "app")], "encrypt: `Y` is none of 1, 0"),
            (&[("encrypt", "1")], "hlslevel error"),
            (&[("encrypt", "1"), ("hlslevel", "all")], "hlslevel error"),
            (&[("encrypt", "0"), ("hlslevel", "open")], "success"),
            (&[("encrypt", "1"), ("hlslevel", "app")], "success"),
        ];
        for (sent, message) in cases {
            assert_eq!(bench.polyv("POST", SET, sent).message, message, "{sent:?}");
        }
        let settings = json!({ "encrypt": "1", "hlslevel": "app" });
        assert_eq!(bench.polyv("GET", GET, &[]).data, settings);
        let after = bench.video("b", 1);
        let polyv = &bench.model.polyv;
        let [before, after] = [before, after].map(|vid| {
            polyv.live(&vid).map(|video| (video.settings.encrypted, video.settings.hls_level.clone()))
        });
        assert_eq!(
            (before, after),
            (Some((false, "open".to_owned())), Some((true, "app".to_owned()))),
            "they apply to later videos"
        );
    }
}
