//! Uploads of local files: a place for the file, and credentials for it.

use super::{Session, oss};
use crate::model::polyv::account;
use crate::model::polyv::category::ROOT;
use crate::model::polyv::record::Video;
use crate::model::polyv::{Call, Outcome, Refusal, Reply};
use crate::model::{File, Model};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

/// Begins or resumes an upload.
///
/// Chosen where the references are silent: an id to resume must be one that was returned before; a resumed
/// upload keeps its first values, as the provider's own client then sends a made-up title; a file larger than
/// the free space is accepted, since the space is in the answer; a finished upload can be resumed too, so
/// that a client that missed its end finds the object.
pub(super) fn init(model: &mut Model, call: &Call<'_>) -> Outcome {
    let bytes = call.required("filesize").and_then(|_| call.number("filesize", 1..=i64::MAX, 1))?;
    call.required("autoid")?;
    let is_new = call.bit("autoid")? == Some(true);
    call.required("uploadType")?;
    // The provider's client also sends 0 for the default category.
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
                finished: false,
            };
            model.polyv.uploads.sessions.push(session);
            vid
        }
        (true, Some(_)) => return Err(Refusal::new("vid: only with autoid 0")),
        (false, None) => return Err(Refusal::new("vid can not be empty.")),
        (false, Some(vid)) => {
            let session = model.polyv.uploads.sessions.iter_mut().find(|session| session.vid == vid);
            let session =
                session.ok_or_else(|| Refusal::new(format!("vid: no upload of `{vid}` is under way")))?;
            if session.bytes != bytes {
                return Err(Refusal::new(format!(
                    "filesize: {bytes}, and the upload was begun with {}",
                    session.bytes
                )));
            }
            session.updated = call.now;
            vid.to_owned()
        }
    };
    Ok(Reply::success(ticket(model, call.now, Some(&vid))))
}

/// Fresh credentials. They are the account's, so the answer has no video id.
pub(super) fn token(model: &mut Model, call: &Call<'_>) -> Outcome {
    Ok(Reply::success(ticket(model, call.now, None)))
}

/// The answer of both calls; only the one that begins or resumes an upload has a video id.
fn ticket(model: &mut Model, now: i64, vid: Option<&str>) -> Value {
    let user = model.config.credentials.polyv_user_id.clone();
    let base = &model.config.base_url;
    let host = match (base.host_str().unwrap_or_default(), base.port()) {
        (host, Some(port)) => format!("{host}:{port}"),
        (host, None) => host.to_owned(),
    };
    let of_video = vid.map(|vid| format!("&vid={vid}")).unwrap_or_default();
    let callback = json!({
        "callbackUrl": oss::callback_url(base),
        "callbackBody": format!("userid={user}&bucket=${{bucket}}&object=${{object}}&size=${{size}}&etag=${{etag}}{of_video}"),
        "callbackHost": host,
    })
    .to_string();
    let validity = model.limits.validity;
    let end = now.saturating_add(validity.saturating_mul(1000));
    let expires = jiff::Timestamp::from_millisecond(end).unwrap_or_default();
    let random = &mut model.random;
    let (id, secret, token) = (
        format!("STS.{}", random.alphanumeric(24)),
        random.alphanumeric(44),
        format!("CAIS{}", random.alphanumeric(160)),
    );
    let mut ticket = json!({
        "dir": oss::directory(&user),
        "host": format!("http://{host}"),
        "domain": host,
        "encodedCallback": STANDARD.encode(&callback),
        "callback": callback,
        "remainSpace": account::free_space(model),
        "accessId": id,
        "accessKey": secret,
        "token": token,
        "Expiration": expires.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        "endpoint": host,
        "bucketName": oss::BUCKET,
        "validityTime": validity,
    });
    if let Some(vid) = vid {
        ticket["vid"] = vid.into();
    }
    model.polyv.uploads.oss.issue(oss::Keys { id, secret, token, end });
    ticket
}

impl Model {
    /// The storage reports the file of an upload: it becomes a video, or replaces the file of its video.
    pub(super) fn take_upload(&mut self, now: i64, vid: &str, file: File) -> Result<(), String> {
        let sessions = &mut self.polyv.uploads.sessions;
        let session = sessions
            .iter_mut()
            .find(|session| session.vid == vid)
            .ok_or_else(|| format!("no upload of `{vid}` was begun"))?;
        session.finished = true;
        if let Some(video) = self.polyv.videos.of_mut(vid) {
            (video.file, video.updated) = (file, now);
            return Ok(());
        }
        let title = if session.title.is_empty() { vid.to_owned() } else { session.title.clone() };
        let url = format!("{}_emulator/objects/{vid}", self.config.base_url);
        let mut video = Video::new(vid.to_owned(), title, session.category, url, file, now);
        video.settings_mut().description.clone_from(&session.description);
        video.settings_mut().tags.clone_from(&session.tags);
        video.state = session.state.as_str().into();
        video.settings_mut().keep_source = session.keep_source;
        self.take_in(now, video);
        Ok(())
    }
}
