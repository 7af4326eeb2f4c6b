//! The account.

use super::{Call, Outcome, Reply};
use crate::model::Model;
use crate::model::route::Route;
use serde_json::json;

pub(crate) const ROUTES: &[Route] =
    &[Route::polyv("polyv.account.usage", &["GET", "POST"], "/v2/user/{userid}/main", &["date"], usage)];

/// Traffic quota of the demo account, in bytes.
const FLOW: u64 = 50 << 30;

/// The bytes of all files, including those in the recycle bin.
fn used_space(model: &Model) -> u64 {
    model.polyv.videos.iter().fold(0, |sum, video| sum.saturating_add(video.file.bytes))
}

/// Bytes of storage that are left.
pub(super) fn free_space(model: &Model) -> u64 {
    model.limits.space.saturating_sub(used_space(model))
}

/// Storage in use is the sum of all files, including those in the recycle bin; every play costs the traffic
/// of the whole file. `date` may be omitted, as the provider's own client does.
fn usage(model: &mut Model, call: &Call<'_>) -> Outcome {
    call.day("date")?;
    let videos = &model.polyv.videos;
    let used_flow = videos
        .iter()
        .fold(0_u64, |sum, video| sum.saturating_add(video.plays.saturating_mul(video.file.bytes)));
    let data = json!({
        "videoCount": model.polyv.all_live().count(),
        "totalFlow": FLOW,
        "usedFlow": used_flow,
        "totalSpace": model.limits.space,
        "usedSpace": used_space(model),
        "userId": model.config.credentials.polyv_user_id,
        "email": "demo@example.com",
    });
    Ok(Reply::success(data))
}

#[cfg(test)]
mod tests {
    use crate::model::testing::Bench;
    use serde_json::json;

    const USAGE: &str = "/v2/user/{}/main";

    #[test]
    fn usage_counts_what_was_fetched() {
        let mut bench = Bench::new();
        bench.import(
            &json!([{ "fileUrl": "http://h/a", "title": "a" }, { "fileUrl": "http://h/b", "title": "b" }]),
            21,
        );
        let data = bench.polyv("POST", USAGE, &[("date", "2024-02-29")]).data;
        assert_eq!((&data["videoCount"], &data["usedSpace"]), (&json!(2), &json!(42)));
        for date in ["2023-02-29", "2024-2-29", "today"] {
            let message = bench.polyv("GET", USAGE, &[("date", date)]).message;
            assert_eq!(message, format!("date: `{date}` is not a day as yyyy-MM-dd"));
        }
    }
}
