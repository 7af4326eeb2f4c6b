//! An upload against a storage that answers as a target wants.

use crate::{AT, accounts};
use bytes::Bytes;
use serde_json::{Value, json};
use vod_core::qingcloud::upload::ApplyUpload;
use vod_core::retry::Policy;
use vod_core::upload::{
    ApiCall, Checkpoint, Digest, DigestKind, FileInfo, Fingerprint, Order, StorageAnswer, StorageOutcome,
    StorageRequest, Take, ToPolyv, Upload, UploadOptions, UploadStep,
};
use vod_core::{Error, response};

pub(crate) const UNIT: u64 = 100 << 10;

/// More steps than any upload of a few parts takes, however often it tries again.
const MOST_STEPS: usize = 2000;

pub(crate) fn file(size: u64) -> FileInfo {
    let fingerprint = Fingerprint::new(size, 1_700_000_000_000, [7; 32]);
    FileInfo::new("/videos/lesson.mp4", fingerprint)
}

pub(crate) fn options() -> UploadOptions {
    UploadOptions::default().with_part_size(UNIT).with_policy(Policy::default().with_max_attempts(3))
}

pub(crate) fn to_polyv() -> Order {
    ToPolyv::new("第一课").into()
}

pub(crate) fn to_qingcloud() -> Order {
    ApplyUpload::new("第一课", "pek3b", "MP4").into()
}

/// What a provider says to a call.
fn said(call: &ApiCall) -> Value {
    match call {
        ApiCall::Init(_) | ApiCall::Token(_) => json!({
            "accessId": "STS.1", "accessKey": "k", "token": "t", "domain": "up.example.com", "bucketName": "b", "dir": "d/", "vid": "v1_v",
            "callback": "{}", "validityTime": 3600,
        }),
        ApiCall::Video(_) => json!([{ "vid": "v1_v", "hls": ["https://hls.example.com/1.m3u8"] }]),
        ApiCall::Search(_) => json!({ "Total": 0, "MediaInfo": [] }),
        _ => {
            json!({ "MediaId": "7", "StoragePath": "https://s3.example.com/7.mp4?X-Amz-Signature=x", "PlayUrl": "https://s3.example.com/7.mp4" })
        }
    }
}

/// The checksum that all bytes have here.
pub(crate) fn digest_of(kind: DigestKind) -> Digest {
    if kind == DigestKind::Md5 { Digest::Md5([7; 16]) } else { Digest::Crc64(0) }
}

/// How an upload ended, and the checkpoints that it wrote.
pub(crate) struct Ended {
    pub(crate) result: Result<(), Error>,
    pub(crate) saved: Vec<Option<String>>,
}

/// Drives an upload to its end. Panics where it does not come to one.
pub(crate) fn drive(
    mut upload: Upload,
    file: &FileInfo,
    mut storage: impl FnMut(&StorageRequest) -> StorageOutcome,
) -> Ended {
    let (mut now, mut saved) = (AT, Vec::new());
    for _ in 0..MOST_STEPS {
        let (id, request) = match upload.next(now) {
            UploadStep::Save(text) => {
                saved.push(text);
                upload.saved(Ok(()));
                continue;
            }
            UploadStep::Wait(wait) => {
                now = now.plus(wait.expect("nothing is out that could end the waiting"));
                continue;
            }
            UploadStep::Ask(id, call) => {
                let info = call.info();
                let mut data = said(&call);
                let body = if info.id.starts_with("polyv") {
                    json!({ "code": 200, "status": "success", "message": "success", "data": data })
                } else {
                    data["ret_code"] = json!(0);
                    data
                };
                let answer = http::Response::new(Bytes::from(body.to_string()));
                let answered = response::read(info, &answer).map(|mut answered| {
                    answered.sent_at = now;
                    answered
                });
                upload.answered(id, answered, now);
                continue;
            }
            UploadStep::Look(id) => {
                upload.looked(id, Ok(file.fingerprint));
                continue;
            }
            UploadStep::Digest(id, _, kind) => {
                upload.digested(id, Ok(digest_of(kind)));
                continue;
            }
            UploadStep::Slot => match upload.take(now) {
                Take::Send(id, request) => (id, request),
                Take::Hold | Take::Nothing => continue,
            },
            UploadStep::Send(id, request) => (id, request),
            UploadStep::Done(_) | UploadStep::Aborted => return Ended { result: Ok(()), saved },
            UploadStep::Failed(error) => return Ended { result: Err(error), saved },
        };
        upload.sent(id, storage(&request), now, now);
    }
    panic!("an upload that does not end");
}

/// The answer of a storage in which all is well.
pub(crate) fn good(request: &StorageRequest) -> StorageOutcome {
    let answer =
        http::Response::builder().header("x-oss-request-id", "r").header("x-oss-hash-crc64ecma", "0");
    let step = request.name.rsplit('.').next().unwrap_or_default();
    let (answer, body) = match step {
        "initiate" => {
            (answer, "<InitiateMultipartUploadResult><UploadId>u1</UploadId></InitiateMultipartUploadResult>")
        }
        "list" => (answer, "<ListPartsResult><IsTruncated>false</IsTruncated></ListPartsResult>"),
        "complete" => (answer, "{}"),
        "head" => (answer.header("content-length", (2 * UNIT + 9).to_string()), ""),
        _ => (answer.header("etag", "\"0000000000000000\""), ""),
    };
    let answer = answer.body(Bytes::from(body)).expect("a head");
    StorageOutcome::Answer(StorageAnswer::new(answer, Some(Digest::Crc64(0))))
}

/// The checkpoints of an upload of three parts that goes well, one after the other.
pub(crate) fn checkpoints() -> Vec<String> {
    let file = file(2 * UNIT + 9);
    let upload = Upload::new(to_polyv(), file.clone(), None, &accounts(), &options(), 7, AT);
    let ended = drive(upload.expect("an order that keeps to the limits"), &file, good);
    ended.result.expect("an upload that goes well");
    ended.saved.into_iter().flatten().collect()
}

/// Every checkpoint can be read, and written the same.
pub(crate) fn assert_saved(saved: &[Option<String>]) {
    for text in saved.iter().flatten() {
        let record = Checkpoint::from_json(text.as_bytes()).expect("a checkpoint of its own");
        assert_eq!(serde_json::to_string(&record).ok().as_ref(), Some(text));
    }
}
