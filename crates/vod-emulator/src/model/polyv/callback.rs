//! Polyv's callbacks: its nine events, in two forms.
//!
//! The older events are a GET with everything in the query, the newer ones a POST of JSON with only the
//! signature in the query. Each event signs a text of its own, and none signs a time.
//!
//! Chosen where the reference is silent: nothing is transcoded, so there is one definition, as an mp4, or as
//! an m3u8 for an encrypted video; a video that plays its source file has none, and so no callbacks about it;
//! clips send no upload event; review passes at once.

use super::record::Video;
use super::times::local_time;
use crate::model::Model;
use crate::model::callback::{self, Notice, Outgoing, Provider};
use md5::{Digest, Md5};
use serde_json::{Value, json};
use url::Url;

/// An event's fields, and the text that its signature covers.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Message {
    /// The query of a GET.
    query: Vec<(&'static str, String)>,
    /// The body of a POST.
    body: Option<Value>,
    /// The text to sign, without the secret.
    signed: String,
}

/// The operator of a deletion by the main account.
const OPERATOR: &str = "demo@example.com";

/// Error events that tests can cause, see [`Preset`](super::Preset).
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
pub(crate) enum Mishap {
    /// Its file could not be analysed.
    #[serde(rename = "invalidVideo")]
    Invalid,
    /// Its source file could not be copied to the central storage.
    #[serde(rename = "videoSyncedFail")]
    NotSynced,
    /// A picture of it failed the content check.
    #[serde(rename = "AIContentScanNotPassed")]
    ScanNotPassed,
}

impl Message {
    /// The signed request to a target; with a wrong signature if `spoiled`.
    pub(crate) fn request(&self, target: &Url, secret: &str, spoiled: bool) -> Outgoing {
        let mut sign = signature(&self.signed, secret);
        if spoiled {
            callback::spoil(&mut sign);
        }
        let mut url = target.clone();
        url.query_pairs_mut().append_pair("sign", &sign).extend_pairs(&self.query);
        let headers = if self.body.is_some() {
            vec![("content-type", "application/json".to_owned())]
        } else {
            Vec::new()
        };
        Outgoing { url, headers, body: self.body.as_ref().map(Value::to_string) }
    }
}

/// Lower-case MD5 of an event's text followed by the secret.
fn signature(signed: &str, secret: &str) -> String {
    hex::encode(Md5::new().chain_update(signed).chain_update(secret).finalize())
}

fn get(event: &'static str, subject: &str, fields: &[(&'static str, &str)], signed: String) -> Notice {
    let event_type = std::iter::once(("type", event.to_owned()));
    let query = event_type.chain(fields.iter().map(|(name, value)| (*name, (*value).to_owned()))).collect();
    Notice {
        event,
        subjects: vec![subject.to_owned()],
        message: callback::Message::Polyv(Message { query, body: None, signed }),
    }
}

fn post(event: &'static str, subjects: Vec<String>, mut body: Value, signed: String) -> Notice {
    body["eventType"] = event.into();
    Notice {
        event,
        subjects,
        message: callback::Message::Polyv(Message { query: Vec::new(), body: Some(body), signed }),
    }
}

/// `state` is sent only if the upload had one.
fn uploaded(vid: &str, state: &str) -> Notice {
    let fields = [("vid", vid), ("state", state)];
    get("upload", vid, &fields[..if state.is_empty() { 1 } else { 2 }], format!("upload{vid}"))
}

/// Signed like an upload: with that word instead of the type.
fn invalid(vid: &str) -> Notice {
    get("invalidVideo", vid, &[("vid", vid)], format!("upload{vid}"))
}

fn not_synced(vid: &str) -> Notice {
    get("videoSyncedFail", vid, &[("vid", vid)], format!("videoSyncedFail{vid}"))
}

/// There is no video, so its subject is the URL.
pub(super) fn fetch_failed(url: &str, title: &str, state: &str) -> Notice {
    let fields = [("fileUrl", url), ("title", title), ("state", state)];
    get("async_upload", url, &fields[..if state.is_empty() { 2 } else { 3 }], format!("async_upload{url}"))
}

fn encoded(event: &'static str, vid: &str, format: &str, definition: &str) -> Notice {
    let fields = [("format", format), ("vid", vid), ("df", definition)];
    get(event, vid, &fields, format!("{event}{format}{vid}{definition}"))
}

fn reviewed(vid: &str, event: &'static str) -> Notice {
    get(event, vid, &[("vid", vid)], format!("manage{event}{vid}"))
}

/// The one definition of a video, then all of them together.
fn transcoded(video: &Video, success: bool) -> [Notice; 2] {
    let (event, status) = if success { ("encode", "success") } else { ("encode_failed", "fail") };
    let format = if video.settings.encrypted { "m3u8" } else { "mp4" };
    let vid = &video.vid;
    let info = json!({
        "status": status, "format": format, "df": 1, "bitrate": 1000, "duration": video.seconds(), "size": video.file.bytes, "resolution": "640x360",
    });
    let body = json!({ "status": status, "vid": vid, "videoInfos": [info] });
    [
        encoded(event, vid, format, "1"),
        post("TranscodeComplete", vec![vid.to_string()], body, format!("TranscodeComplete{vid}")),
    ]
}

/// The events up to and including a publication.
fn published(video: &Video) -> Vec<Notice> {
    let mut notices = Vec::new();
    if !video.settings.keep_source {
        notices.extend(transcoded(video, true));
    }
    notices.push(reviewed(&video.vid, "pass"));
    notices
}

fn deleted(now: i64, operator: &str, vids: Vec<String>, for_good: bool) -> Notice {
    let body = json!({
        "operateTime": local_time(now), "operator": operator, "status": "success",
        "deleteType": if for_good { "DeletePermanently" } else { "MoveToTrash" }, "vids": vids.join(","),
    });
    post("DeleteMediaComplete", vids, body, "DeleteMediaComplete".to_owned())
}

fn scanned(vid: &str, image: &str) -> Notice {
    let finding = json!({ "imageUrl": image, "scene": "terrorism", "label": "weapon", "suggestion": "review", "rate": 87.25 });
    let body = json!({ "scanSource": "video", "vid": vid, "scanResults": [finding] });
    post("AIContentScanNotPassed", vec![vid.to_owned()], body, "AIContentScanNotPassed".to_owned())
}

/// Slides were turned into pictures.
pub(super) fn converted(vid: &str, images: &Value) -> Notice {
    let body = json!({ "status": "success", "vid": vid, "convertedImages": images });
    post("CoursewareConvertComplete", vec![vid.to_owned()], body, "CoursewareConvertComplete".to_owned())
}

impl Model {
    /// Adds an uploaded video, and sends all callbacks up to its publication.
    pub(super) fn take_in(&mut self, now: i64, video: Video) {
        self.add(now, video);
        if let Some(video) = self.polyv.videos.last().filter(|_| self.calls_back(Provider::Polyv)) {
            let mut notices = vec![uploaded(&video.vid, &video.state)];
            notices.extend(published(video));
            self.call_back_all(now, &notices);
        }
    }

    /// Sends all callbacks up to the publication of a clip.
    pub(super) fn made(&mut self, now: i64, vid: &str) {
        if let Some(video) = self.polyv.live(vid) {
            let notices = published(video);
            self.call_back_all(now, &notices);
        }
    }

    /// Reports that a video passed its review.
    pub(super) fn passed(&mut self, now: i64, vid: &str) {
        self.call_back(now, &reviewed(vid, "pass"));
    }

    /// Reports that videos are in the recycle bin or deleted.
    pub(super) fn removed(&mut self, now: i64, operator: Option<&str>, vids: Vec<String>, for_good: bool) {
        if !vids.is_empty() {
            self.call_back(now, &deleted(now, operator.unwrap_or(OPERATOR), vids, for_good));
        }
    }

    /// Reports what a test has set: first the error event, then the new status.
    pub(super) fn befell(&mut self, now: i64, vid: &str, mishap: Option<Mishap>, status: Option<i64>) {
        let Some(video) = self.polyv.live(vid).filter(|_| self.calls_back(Provider::Polyv)) else {
            return;
        };
        let mut notices: Vec<Notice> = mishap
            .map(|mishap| match mishap {
                Mishap::Invalid => invalid(vid),
                Mishap::NotSynced => not_synced(vid),
                Mishap::ScanNotPassed => scanned(vid, &video.cover_url(&self.config.base_url)),
            })
            .into_iter()
            .collect();
        match status {
            Some(40) => notices.extend(transcoded(video, false)),
            Some(51) => notices.push(reviewed(vid, "nopass")),
            Some(60) => notices.push(reviewed(vid, "pass")),
            _ => {}
        }
        self.call_back_all(now, &notices);
    }

    fn call_back_all(&mut self, now: i64, notices: &[Notice]) {
        for notice in notices {
            self.call_back(now, notice);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The provider's worked examples that are correct, and the right values for those that are not.
    #[test]
    fn published_signatures_verify() {
        let vid = "e2e84a738302f20a4f6eb202976f5c63_e";
        let cases = [
            (uploaded(vid, "s"), "7UagtQOq2A", "b245e3e65aa45b60dc02337b5cd914a7"),
            (invalid(vid), "7UagtQOq2A", "b245e3e65aa45b60dc02337b5cd914a7"),
            (fetch_failed("http://a.mp4", "test", ""), "kXmHMLeX6M", "c2f168b96d882c1a03f1021c29208916"),
            (not_synced(vid), "7UagtQOq2A", "9a12e294d9cfb2f3ce20d51599a7b3e7"),
            (encoded("encode", vid, "flv", "1"), "7UagtQOq2A", "3c3eab358901ad19bc59b5df7704ed48"),
            (encoded("encode", vid, "mp4", "1"), "7UagtQOq2A", "f6a7f9b3dce47c4c8d5bfbc96af79720"),
            (reviewed(vid, "pass"), "7UagtQOq2A", "8ebb91d444ce53fafa3256670fb65d84"),
            (scanned(vid, ""), "kXmHMLeX6M", "6c5b14548fb9c06ee1b987debf88f639"),
        ];
        let target = "http://localhost/callback?tenant=7".parse().unwrap();
        for (notice, secret, expected) in cases {
            let callback::Message::Polyv(message) = notice.message else { panic!("{}", notice.event) };
            let sent = message.request(&target, secret, false);
            assert!(
                sent.url.as_str().starts_with(&format!("http://localhost/callback?tenant=7&sign={expected}")),
                "{}",
                sent.url
            );
            assert_eq!(sent.body.is_some(), message.query.is_empty());
            assert!(!message.request(&target, secret, true).url.as_str().contains(expected));
        }
    }
}
