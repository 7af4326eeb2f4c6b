//! Uploads of local files: a place for the file, and credentials for it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::Session;
use crate::model::polyv::account;
use crate::model::polyv::category::ROOT;
use crate::model::polyv::{Call, Outcome, Refusal, Reply};
use crate::model::{Model, random::Random};

/// How long credentials live, in seconds.
const VALIDITY: i64 = 3600;

/// Begins an upload, or goes on with one.
///
/// Chosen where the references are silent: an id to resume must be one that was answered before; an upload that is resumed keeps what it was begun with, as
/// the provider's own client sends a made-up title then; a file that is larger than the space left is let in, since the space is in the answer.
pub(super) fn init(model: &mut Model, call: &Call<'_>) -> Outcome {
    let bytes = call.required("filesize").and_then(|_| call.number("filesize", 1..=i64::MAX, 1))?;
    call.required("autoid")?;
    let is_new = call.bit("autoid")? == Some(true);
    call.required("uploadType")?;
    // The provider's client sends 0 for the default category too.
    let category = call.number("cataid", 0..=i64::MAX, ROOT)?.max(ROOT);
    call.bit("luping")?;
    let keep_source = call.bit("keepsource")?.unwrap_or(false);
    let text = |name: &str| call.fields.get(name).unwrap_or_default().to_owned();
    let vid = match (is_new, call.fields.get("vid")) {
        (true, None) => {
            let vid = model.draw_vid();
            let session = Session {
                vid: vid.clone(),
                title: text("title"),
                description: text("describ"),
                tags: text("tag"),
                category,
                keep_source,
                bytes,
                state: text("state"),
                updated: call.now,
            };
            model.polyv.uploads.sessions.push(session);
            vid
        }
        (true, Some(_)) => return Err(Refusal::new("vid: only with autoid 0")),
        (false, None) => return Err(Refusal::new("vid can not be empty.")),
        (false, Some(vid)) => {
            let session = model.polyv.uploads.sessions.iter_mut().find(|session| session.vid == vid);
            let session = session.ok_or_else(|| Refusal::new(format!("vid: no upload of `{vid}` is under way")))?;
            if session.bytes != bytes {
                return Err(Refusal::new(format!("filesize: {bytes}, and the upload was begun with {}", session.bytes)));
            }
            session.updated = call.now;
            vid.to_owned()
        }
    };
    let mut data = ticket(model, call.now);
    data["vid"] = vid.into();
    Ok(Reply::success(data))
}

/// Fresh credentials. They are the account's, so the answer names no video.
pub(super) fn token(model: &mut Model, call: &Call<'_>) -> Outcome {
    Ok(Reply::success(ticket(model, call.now)))
}

/// What both calls answer, but for the video.
fn ticket(model: &mut Model, now: i64) -> Value {
    let user = &model.config.credentials.polyv_user_id;
    let base = &model.config.base_url;
    let host = match (base.host_str().unwrap_or_default(), base.port()) {
        (host, Some(port)) => format!("{host}:{port}"),
        (host, None) => host.to_owned(),
    };
    let callback = json!({
        "callbackUrl": format!("{base}_emulator/oss/callback"),
        "callbackBody": format!("userid={user}&object=${{object}}&size=${{size}}&etag=${{etag}}"),
        "callbackHost": host,
    })
    .to_string();
    let expires = jiff::Timestamp::from_millisecond(now.saturating_add(VALIDITY * 1000)).unwrap_or_default();
    let free = account::free_space(model);
    let dir = format!("uploadvideo/{user}/");
    let drawn = |random: &mut Random| (random.alphanumeric(24), random.alphanumeric(44), random.alphanumeric(160));
    let (id, secret, token) = drawn(&mut model.random);
    json!({
        "dir": dir,
        "host": format!("http://{host}"),
        "domain": host,
        "encodedCallback": STANDARD.encode(&callback),
        "callback": callback,
        "remainSpace": free,
        "accessId": format!("STS.{id}"),
        "accessKey": secret,
        "token": format!("CAIS{token}"),
        "Expiration": expires.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        "endpoint": host,
        "bucketName": "vod-storage",
        "validityTime": VALIDITY,
    })
}
