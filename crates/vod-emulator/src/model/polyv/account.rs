//! The account.

use jiff::civil::Date;
use serde_json::json;

use super::{Call, Outcome, Refusal, Reply};
use crate::model::Model;
use crate::model::route::{Handler, Route};

pub(crate) const ROUTES: &[Route] =
    &[Route { id: "polyv.account.usage", methods: &["GET", "POST"], path: "/v2/user/{userid}/main", fields: &["date"], handler: Handler::Polyv(usage) }];

/// Storage and traffic quota of the demo account, in bytes.
const QUOTA: u64 = 50 << 30;

/// Storage in use is the sum of the fetched files; nothing is ever played. `date` may be missing, as in the
/// provider's own client.
fn usage(model: &mut Model, call: &Call<'_>) -> Outcome {
    if let Some(date) = call.fields.get("date")
        && (date.len() != 10 || Date::strptime("%Y-%m-%d", date).is_err())
    {
        return Err(Refusal::new(format!("date: `{date}` is not a day as yyyy-MM-dd")));
    }
    let videos = &model.polyv.videos;
    let data = json!({
        "videoCount": videos.len(),
        "totalFlow": QUOTA,
        "usedFlow": 0,
        "totalSpace": QUOTA,
        "usedSpace": videos.iter().map(|video| video.file.bytes).sum::<u64>(),
        "userId": model.config.credentials.polyv_user_id,
        "email": "demo@example.com",
    });
    Ok(Reply::Json { message: "success", data })
}
