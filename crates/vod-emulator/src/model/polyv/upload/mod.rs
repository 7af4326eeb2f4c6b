//! Uploads.

mod file;
pub(crate) mod oss;
mod session;
mod urls;

use super::Auth;
use crate::model::route::Route;
use serde_json::{Value, json};
pub(super) use urls::http_url;

pub(crate) const ROUTES: &[Route] = &[
    // The fields `compatible` and `hash`, with which web pages sign, are not accepted here.
    Route::polyv(
        "polyv.upload.init",
        &["POST"],
        "/v2/uploadvideo/{userid}/init",
        &[
            "title",
            "describ",
            "tag",
            "cataid",
            "luping",
            "keepsource",
            "filesize",
            "autoid",
            "vid",
            "uploadType",
            "state",
            "uploadLine",
        ],
        session::init,
    ),
    Route::polyv("polyv.upload.token", &["GET"], "/v2/uploadvideo/{userid}/token", &[], session::token),
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
        &[
            "JSONRPC",
            "Filedata",
            "fcharset",
            "cataid",
            "luping",
            "format",
            "jsonp",
            "fileMd5",
            "watermark",
            "watermarkLocation",
            "state",
        ],
        file::file,
    )
    .with(Auth::WriteToken),
];

/// The uploads under way.
#[derive(Debug, Default)]
pub(crate) struct Store {
    /// Oldest first.
    sessions: Vec<Session>,
    /// The storage for their files.
    oss: oss::Store,
}

/// An upload that was begun. It is kept after its end, so that a client that missed the end can still ask.
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
    /// When it was last begun or resumed.
    updated: i64,
    /// Whether its video exists.
    finished: bool,
}

impl Store {
    /// Removes the data of a video that is deleted permanently.
    pub(crate) fn forget(&mut self, vid: &str) {
        self.sessions.retain(|session| session.vid != vid);
        self.oss.forget(vid);
    }

    /// Takes the numbers of files that are no longer used.
    pub(crate) fn take_discarded(&mut self) -> Vec<u64> {
        self.oss.take_discarded()
    }

    /// Numbers of all files.
    pub(crate) fn files(&self) -> Vec<u64> {
        self.oss.files()
    }

    pub(crate) fn json(&self) -> Value {
        let sessions = self.sessions.iter().map(|session| {
            let Session { vid, title, description, tags, category, keep_source, bytes, state, updated, finished } = session;
            json!({
                "vid": vid, "title": title, "description": description, "tags": tags, "cataid": category, "keep_source": keep_source,
                "bytes": bytes, "state": state, "updated": updated, "finished": finished,
            })
        });
        json!({ "sessions": sessions.collect::<Value>(), "storage": self.oss.json() })
    }
}
