//! The simulated QingCloud, and its storage.

use crate::file::File;
use crate::world::{CANARY, Fate, Random, http, read, refusal, trouble, trouble_of_call};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;
use vod_core::Timestamp;
use vod_core::error::Error;
use vod_core::qingcloud::upload::CommitStatus;
use vod_core::response::Answered;
use vod_core::time::Clock;
use vod_core::upload::{ApiCall, Digest, StorageAnswer, StorageBody, StorageOutcome, StorageRequest};

#[derive(Debug, Default)]
pub(crate) struct QingCloud {
    /// How long a URL is valid, in seconds.
    pub(crate) expires: u64,
    /// Whether the URL says so.
    pub(crate) says_expiry: bool,
    pub(crate) media: BTreeMap<String, Media>,
    /// Objects are private: only the play URL shows them.
    pub(crate) hides: bool,
    /// A repeated commit is refused as a conflict.
    pub(crate) conflicts: bool,
    pub(crate) ids: u32,
}

#[derive(Debug)]
pub(crate) struct Media {
    /// The client that applied for it.
    pub(crate) owner: usize,
    /// The run of that client. Only that run has the URL, unless the answer was lost.
    pub(crate) run: u32,
    pub(crate) lost: bool,
    title: String,
    created: Timestamp,
    pub(crate) object: Option<Stored>,
    pub(crate) status: Option<CommitStatus>,
    /// Somebody has deleted it.
    pub(crate) deleted: bool,
    /// How many HEADs of its object went wrong.
    pub(crate) unseen: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stored {
    pub(crate) md5: [u8; 16],
    pub(crate) size: u64,
}

/// A request to the storage, under way.
#[derive(Debug)]
pub(crate) struct Sent {
    id: String,
    signed: bool,
    /// To the play URL, not to the object's own.
    plays: bool,
    carries: Option<Stored>,
}

fn address(id: &str) -> String {
    format!("https://s3.example.com/vod/{id}.mp4")
}

fn play_address(id: &str) -> String {
    format!("https://play.example.com/vod/{id}.mp4")
}

impl QingCloud {
    /// Executes a call and answers it.
    pub(crate) fn answer(
        &mut self,
        (client, run): (usize, u32),
        call: &ApiCall,
        fate: Fate,
        sent: Timestamp,
        now: Timestamp,
        clock: Clock,
    ) -> Result<Answered, Error> {
        let data = fate.is_executed().then(|| match call {
            ApiCall::Apply(apply) => {
                self.ids += 1;
                let id = format!("{}", 5000 + self.ids);
                let (lost, title) = (fate != Fate::Good, apply.title.trim().to_owned());
                self.media.insert(id.clone(), Media { owner: client, run, lost, title, created: now, object: None, status: None, deleted: false, unseen: 0 });
                let expiry = if self.says_expiry { format!("X-Amz-Expires={}&", self.expires) } else { String::new() };
                json!({ "ret_code": 0, "MediaId": id, "StoragePath": format!("{}?{expiry}X-Amz-Signature={CANARY}", address(&id)) })
            }
            ApiCall::Commit(commit) => self.commit(&commit.media_id, commit.status),
            ApiCall::Media(get) => match self.media.get(&get.media_id).filter(|media| !media.deleted) {
                Some(media) => {
                    let mut info = info(&get.media_id, media);
                    info["ret_code"] = json!(0);
                    info
                }
                None => json!({ "ret_code": 2100, "message": "no such media" }),
            },
            ApiCall::Search(search) => {
                let (from, to) = (search.start_time.unwrap().as_millis() / 1000 * 1000, search.end_time.unwrap().as_millis() / 1000 * 1000);
                let name = search.name.as_deref().unwrap();
                let is_in = |media: &Media| !media.deleted && media.title.contains(name) && (from..=to).contains(&media.created.as_millis());
                let is_behind = |id: &String| search.last_id.is_none_or(|last| id.parse::<i64>().unwrap() < last);
                let limit = search.limit.unwrap() as usize;
                let found = self.media.iter().rev().filter(|(id, media)| is_behind(id) && is_in(media)).take(limit);
                let found: Vec<_> = found.map(|(id, media)| info(id, media)).collect();
                json!({ "ret_code": 0, "Total": found.len(), "MediaInfo": found })
            }
            other => panic!("{other:?}"),
        });
        match (trouble_of_call(call.info(), fate), data) {
            (Some(error), _) => Err(error),
            (None, Some(data)) => read(call.info(), &http(200, data.to_string()), sent, clock),
            (None, None) => panic!("{fate:?}"),
        }
    }

    /// Somebody deletes the last media of a client, with its object.
    pub(crate) fn delete(&mut self, client: usize) {
        if let Some(media) = self.media.values_mut().rfind(|media| media.owner == client) {
            (media.deleted, media.object) = (true, None);
        }
    }

    fn commit(&mut self, id: &str, status: CommitStatus) -> Value {
        let media = self.media.get_mut(id).expect("a media that was applied for");
        if media.deleted {
            return json!({ "ret_code": 2100, "message": "no such media" });
        }
        assert!(
            status != CommitStatus::Created || media.object.is_some(),
            "committed as created without an object"
        );
        match media.status {
            Some(before) if before != status => {
                assert!(before != CommitStatus::Created, "a complete video is abandoned");
                assert!(status != CommitStatus::Created, "an abandoned media is committed as created");
                json!({ "ret_code": 2110, "message": "not in this state" })
            }
            Some(_) if self.conflicts => json!({ "ret_code": 2110, "message": "resource exists" }),
            _ => {
                media.status = Some(status);
                json!({ "ret_code": 0, "MediaId": id, "PlayUrl": play_address(id) })
            }
        }
    }

    /// The client sends a request to the storage.
    pub(crate) fn send(&self, request: &StorageRequest, file: &File) -> Sent {
        let StorageRequest { request, payload, .. } = request;
        assert!(request.headers().get("authorization").is_none(), "the URL is the key");
        let id = request
            .uri()
            .path()
            .strip_prefix("/vod/")
            .and_then(|name| name.strip_suffix(".mp4"))
            .expect("a URL of the provider's")
            .to_owned();
        let signed =
            request.uri().query().is_some_and(|query| query.ends_with(&format!("X-Amz-Signature={CANARY}")));
        let carries = match payload {
            StorageBody::File(range, _) => {
                assert!(range.offset == 0 && signed);
                assert_eq!(request.headers()["content-type"], "video/mp4");
                assert!(self.media[&id].status.is_none(), "a PUT for a media that has been committed");
                Some(Stored { md5: file.md5(range.length), size: range.length })
            }
            StorageBody::Bytes(bytes) => {
                assert!(bytes.is_empty() && request.method() == http::Method::HEAD && !signed);
                None
            }
        };
        Sent { id, signed, plays: request.uri().host() == Some("play.example.com"), carries }
    }

    /// The storage executes a request that was sent at `began`, and answers it.
    pub(crate) fn arrive(
        &mut self,
        sent: &Sent,
        fate: Fate,
        began: Timestamp,
        random: &Random,
    ) -> StorageOutcome {
        let media = self.media.get_mut(&sent.id).expect("a media that was applied for");
        media.unseen += u32::from(sent.carries.is_none() && fate != Fate::Good);
        if let Some(trouble) = trouble(fate).filter(|_| !fate.is_executed()) {
            return trouble;
        }
        let Some(carried) = sent.carries else {
            if self.hides && !sent.plays {
                return trouble(fate)
                    .unwrap_or(StorageOutcome::Answer(StorageAnswer::new(http(403, ""), None)));
            }
            let mut answer = http(if media.object.is_some() { 200 } else { 404 }, "");
            answer.headers_mut().insert("x-amz-request-id", "r".parse().unwrap());
            if let Some(Stored { md5, size }) = media.object {
                answer.headers_mut().insert("content-length", size.to_string().parse().unwrap());
                answer.headers_mut().insert("etag", etag(md5).parse().unwrap());
            }
            return trouble(fate).unwrap_or(StorageOutcome::Answer(StorageAnswer::new(answer, None)));
        };
        assert!(sent.signed);
        if began.since(media.created) > Duration::from_secs(self.expires) || fate == Fate::KeysEnd {
            return match random.pick(&[0, 1, 2]) {
                0 => refusal(403, "AccessDenied", "Request has expired"),
                1 => refusal(403, "ExpiredToken", ""),
                _ => refusal(403, "RequestTimeTooSkewed", ""),
            };
        }
        let mut stored = carried;
        if fate == Fate::Corrupt {
            stored.md5[0] ^= 1;
        }
        media.object = Some(stored).filter(|_| !media.deleted);
        let mut answer = http(200, "");
        answer.headers_mut().insert("etag", etag(stored.md5).parse().unwrap());
        trouble(fate)
            .unwrap_or(StorageOutcome::Answer(StorageAnswer::new(answer, Some(Digest::Md5(carried.md5)))))
    }
}

fn info(id: &str, media: &Media) -> Value {
    json!({ "MediaId": id, "BaseInfo": { "Title": media.title, "CreateTime": media.created.rfc3339(), "PlayUrl": play_address(id) } })
}

fn etag(md5: [u8; 16]) -> String {
    let hex: String = md5.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("\"{hex}\"")
}
