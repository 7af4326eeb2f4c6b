//! Uploads.

mod file;
mod session;
mod urls;

use serde_json::{Value, json};

use super::Auth;
use crate::model::route::Route;
pub(super) use urls::http_url;

pub(crate) const ROUTES: &[Route] = &[
    // The fields `compatible` and `hash` of a web page's own way of signing are not known here.
    Route::polyv(
        "polyv.upload.init",
        &["POST"],
        "/v2/uploadvideo/{userid}/init",
        &["title", "describ", "tag", "cataid", "luping", "keepsource", "filesize", "autoid", "vid", "uploadType", "state", "uploadLine"],
        session::init,
    ),
    Route::polyv("polyv.upload.token", &["GET"], "/v2/uploadvideo/{userid}/token", &[], session::token).shape_only(),
    Route::polyv(
        "polyv.upload.urls",
        &["POST"],
        "/v2/video/grab/{userid}/upload/multi",
        &["uploadInfos", "fileUrl", "title", "cataid", "luping", "watermark", "watermarkLocation"],
        urls::urls,
    ),
    Route::polyv(
        "polyv.upload.file",
        &["POST"],
        "/uc/services/rest?method=uploadfile",
        &["JSONRPC", "Filedata", "fcharset", "cataid", "luping", "format", "jsonp", "fileMd5", "watermark", "watermarkLocation", "state"],
        file::file,
    )
    .with(Auth::WriteToken),
];

/// The uploads under way.
#[derive(Debug, Default)]
pub(crate) struct Store {
    /// Oldest first.
    sessions: Vec<Session>,
}

/// An upload that was begun, and whose file has not come.
#[derive(Debug)]
struct Session {
    vid: String,
    title: String,
    description: String,
    tags: String,
    category: i64,
    keep_source: bool,
    bytes: i64,
    state: String,
    /// When it was begun or resumed last.
    updated: i64,
}

impl Store {
    /// Drops what hangs on a video that is deleted for good.
    pub(crate) fn forget(&mut self, vid: &str) {
        self.sessions.retain(|session| session.vid != vid);
    }

    pub(crate) fn json(&self) -> Value {
        let sessions = self.sessions.iter().map(|session| {
            let Session { vid, title, description, tags, category, keep_source, bytes, state, updated } = session;
            json!({
                "vid": vid, "title": title, "description": description, "tags": tags, "cataid": category, "keep_source": keep_source,
                "bytes": bytes, "state": state, "updated": updated,
            })
        });
        json!({ "sessions": sessions.collect::<Value>() })
    }
}
