//! An upload driven step by step: each step has a short name, and the test chooses its result.

use super::{AT, accounts, flat, v2};
use bytes::Bytes;
use serde_json::{Value, json};
use std::io;
use vod_core::error::{Fault, FaultKind, chain};
use vod_core::qingcloud::MediaType;
use vod_core::qingcloud::upload::ApplyUpload;
use vod_core::upload::{
    ApiCall, ByteRange, Checkpoint, Digest, DigestKind, FileInfo, Fingerprint, Order, StepId, StorageAnswer,
    StorageBody, StorageOutcome, StorageRequest, Take, ToPolyv, Upload, UploadOptions, UploadStep,
};
use vod_core::{Error, Timestamp, response};

pub(crate) const UNIT: u64 = 100 << 10;

pub(crate) fn file(size: u64, modified: i64, sample: u8) -> FileInfo {
    FileInfo::new("/videos/lesson.mp4", Fingerprint::new(size, modified, [sample; 32]))
}

pub(crate) fn to_polyv() -> Order {
    ToPolyv::new("第一课").into()
}

pub(crate) fn to_qingcloud() -> Order {
    ApplyUpload::new("第一课", "pek3b", MediaType::from("MP4")).into()
}

/// The result of a step.
pub(crate) enum Reply {
    /// The call succeeded with this data.
    Data(Value),
    /// The call was refused with this code.
    Code(i64),
    /// Polyv has blocked the address for too many requests.
    Blocked,
    /// A storage's answer: status, headers, body.
    Storage(u16, Vec<(&'static str, String)>, &'static str),
    /// The storage has received all bytes, with this checksum.
    Stored(u16, Digest),
    /// The storage has received all bytes and returns this checksum; none was computed here.
    Unchecked(Digest),
    /// A gateway answered in the storage's place, with a page and its weak ETag.
    Gateway(u16, Option<Digest>),
    /// The storage has received other bytes than were sent, whose checksum is this.
    Damaged(Digest),
    Lost,
    Unsent,
    /// The file could not be read.
    Source,
    Looked(FileInfo),
    Digested(Digest),
}

/// A storage's refusal.
pub(crate) fn says(status: u16, code: &'static str) -> Reply {
    Reply::Storage(status, Vec::new(), code)
}

/// The step that is under way.
enum Out {
    None,
    Ask(StepId, Box<ApiCall>),
    Send(StepId),
    Look(StepId),
    Digest(StepId),
}

pub(crate) struct Walk {
    pub(crate) upload: Upload,
    pub(crate) now: Timestamp,
    /// The checkpoint.
    pub(crate) disk: Option<String>,
    pub(crate) file: FileInfo,
    /// The last request to the storage.
    pub(crate) request: Option<http::Request<()>>,
    out: Out,
}

impl Walk {
    pub(crate) fn new(
        order: Order,
        file: &FileInfo,
        disk: Option<&str>,
        options: &UploadOptions,
    ) -> Result<Self, Error> {
        let record = disk.map(|text| Checkpoint::from_json(text.as_bytes()).unwrap());
        let upload = Upload::new(order, file.clone(), record, &accounts(), options, u64::MAX, AT)?;
        Ok(Self {
            upload,
            now: AT,
            disk: disk.map(str::to_owned),
            file: file.clone(),
            request: None,
            out: Out::None,
        })
    }

    pub(crate) fn abort(disk: &str) -> Result<Self, Error> {
        let record = Checkpoint::from_json(disk.as_bytes()).unwrap();
        let file = record.file.clone();
        let upload = Upload::abort(record, &accounts(), &UploadOptions::default(), 1)?;
        Ok(Self { upload, now: AT, disk: Some(disk.to_owned()), file, request: None, out: Out::None })
    }

    /// The name of the next step. Checkpoints are saved, slots are always free, and waits pass at once.
    pub(crate) fn step(&mut self) -> String {
        loop {
            return match self.upload.next(self.now) {
                UploadStep::Save(text) => {
                    self.disk = text;
                    self.upload.saved(Ok(()));
                    continue;
                }
                UploadStep::Wait(Some(wait)) => {
                    self.now = self.now.plus(wait);
                    continue;
                }
                UploadStep::Wait(None) => "wait".to_owned(),
                UploadStep::Slot => match self.upload.take(self.now) {
                    Take::Send(id, request) => self.sent(id, request),
                    Take::Hold | Take::Nothing => continue,
                },
                UploadStep::Send(id, request) => self.sent(id, request),
                UploadStep::Ask(id, call) => {
                    let shown = match &call {
                        ApiCall::Init(init) => init
                            .vid
                            .as_ref()
                            .map_or("init".to_owned(), |vid| format!("init {}", vid.as_str())),
                        ApiCall::Token(_) => "token".to_owned(),
                        ApiCall::Video(video) => format!("video {}", video.vid.as_str()),
                        ApiCall::Apply(_) => "apply".to_owned(),
                        ApiCall::Commit(commit) => format!("commit {} {:?}", commit.media_id, commit.status),
                        ApiCall::Media(media) => format!("media {}", media.media_id),
                        ApiCall::Search(search) => format!("search {}", search.name.as_deref().unwrap_or("")),
                        other => panic!("{other:?}"),
                    };
                    self.out = Out::Ask(id, Box::new(call));
                    shown
                }
                UploadStep::Look(id) => {
                    self.out = Out::Look(id);
                    "look".to_owned()
                }
                UploadStep::Digest(id, ByteRange { offset, length, .. }, kind) => {
                    self.out = Out::Digest(id);
                    format!(
                        "digest {offset}+{length} {}",
                        if kind == DigestKind::Md5 { "md5" } else { "crc" }
                    )
                }
                UploadStep::Done(done) => {
                    format!("done {}{}", done.id, if done.already { " already" } else { "" })
                }
                UploadStep::Aborted => "aborted".to_owned(),
                UploadStep::Failed(error) => format!("failed {}", chain(&error)),
            };
        }
    }

    fn sent(&mut self, id: StepId, request: StorageRequest) -> String {
        self.out = Out::Send(id);
        let range = match request.payload {
            StorageBody::File(ByteRange { offset, length, .. }, DigestKind::Skip) => {
                format!(" {offset}+{length} unchecked")
            }
            StorageBody::File(ByteRange { offset, length, .. }, _) => format!(" {offset}+{length}"),
            StorageBody::Bytes(_) => String::new(),
        };
        let shown = format!("{}{range}", request.name.rsplit('.').next().unwrap());
        self.request = Some(request.request);
        shown
    }

    /// A header of the last request.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.request.as_ref().unwrap().headers().get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// Expects this step, and gives it this result.
    pub(crate) fn then(&mut self, step: &str, reply: Reply) -> &mut Self {
        assert_eq!(self.step(), step);
        self.reply(reply);
        self
    }

    /// Saves checkpoints until the upload asks for a slot.
    pub(crate) fn until_slot(&mut self) {
        while !matches!(self.upload.next(self.now), UploadStep::Slot) {
            self.upload.saved(Ok(()));
        }
    }

    /// The error that the upload fails with. Its checkpoint is saved first.
    pub(crate) fn error(&mut self) -> Error {
        loop {
            match self.upload.next(self.now) {
                UploadStep::Save(text) => {
                    self.disk = text;
                    self.upload.saved(Ok(()));
                }
                UploadStep::Failed(error) => return error,
                step => panic!("{step:?}"),
            }
        }
    }

    /// Expects this step as the last.
    pub(crate) fn ends(&mut self, step: &str) {
        assert_eq!(self.step(), step);
    }

    pub(crate) fn reply(&mut self, reply: Reply) {
        let (upload, now) = (&mut self.upload, self.now);
        let fault = |reply: &Reply| match reply {
            Reply::Lost => Some(Fault::new(FaultKind::Broken, true)),
            Reply::Unsent => Some(Fault::new(FaultKind::Connect, false)),
            Reply::Source => Some(Fault::caused(FaultKind::Source, true, "the file became shorter")),
            _ => None,
        };
        match (std::mem::replace(&mut self.out, Out::None), reply) {
            (Out::Ask(id, call), reply) => {
                let info = call.info();
                let result = match (&reply, fault(&reply)) {
                    (_, Some(fault)) => Err(Error::transport(info.id, info.effect, fault, 1)),
                    (Reply::Data(data), _) if info.id.starts_with("polyv") => response::read(info, &v2(data)),
                    (Reply::Data(data), _) => response::read(info, &flat(data.clone())),
                    (Reply::Blocked, _) => {
                        response::read(info, &super::answer(200, "qps exceeds number of calls"))
                    }
                    (Reply::Code(code), _) if info.id.starts_with("polyv") => response::read(
                        info,
                        &super::answer(200, json!({ "code": code, "message": "no" }).to_string()),
                    ),
                    (Reply::Code(code), _) => response::read(
                        info,
                        &super::answer(200, json!({ "ret_code": code, "message": "no" }).to_string()),
                    ),
                    _ => panic!("no answer to a call"),
                };
                let result = result.map(|mut answered| {
                    answered.sent_at = now;
                    answered
                });
                upload.answered(id, result, now);
            }
            (Out::Send(id), reply) => {
                let outcome = match (fault(&reply), reply) {
                    (Some(fault), _) => StorageOutcome::Fault(fault),
                    (None, Reply::Storage(status, mut headers, body)) => {
                        headers.push(("x-oss-server-time", "1".to_owned()));
                        let body = if status >= 300 && !body.is_empty() && !body.starts_with('<') {
                            format!("<Error><Code>{body}</Code></Error>")
                        } else {
                            body.to_owned()
                        };
                        storage(status, &headers, body, None)
                    }
                    (None, Reply::Stored(status, digest)) => stored(status, digest, digest),
                    (None, Reply::Unchecked(said)) => stored(200, said, Digest::Skipped),
                    (None, Reply::Gateway(status, sent)) => storage(
                        status,
                        &[("etag", "W/\"1c-5a\"".to_owned())],
                        "<html>sign in to go on</html>",
                        sent,
                    ),
                    (None, Reply::Damaged(sent @ Digest::Crc64(crc))) => {
                        stored(200, Digest::Crc64(!crc), sent)
                    }
                    (None, Reply::Damaged(sent)) => stored(200, Digest::Md5([0xff; 16]), sent),
                    _ => panic!("no answer of a storage"),
                };
                upload.sent(id, outcome, now, now);
            }
            (Out::Look(id), Reply::Looked(file)) => upload.looked(id, Ok(file.fingerprint)),
            (Out::Look(id), Reply::Source) => {
                upload.looked(id, Err(io::Error::new(io::ErrorKind::NotFound, "the file was removed")));
            }
            (Out::Digest(id), Reply::Digested(digest)) => upload.digested(id, Ok(digest)),
            (Out::Digest(id), Reply::Source) => upload
                .digested(id, Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the file became shorter"))),
            _ => panic!("nothing is out, or not for this answer"),
        }
    }

    /// The file has not changed.
    pub(crate) fn same(&self) -> Reply {
        Reply::Looked(self.file.clone())
    }
}

fn storage(
    status: u16,
    headers: &[(&str, String)],
    body: impl Into<Bytes>,
    digest: Option<Digest>,
) -> StorageOutcome {
    let mut answer = http::Response::builder().status(status).body(body.into()).unwrap();
    for (name, value) in headers.iter().filter(|(_, value)| !value.is_empty()) {
        answer
            .headers_mut()
            .insert(http::HeaderName::from_bytes(name.as_bytes()).unwrap(), value.parse().unwrap());
    }
    StorageOutcome::Answer(StorageAnswer::new(answer, digest))
}

fn stored(status: u16, said: Digest, sent: Digest) -> StorageOutcome {
    let crc = if let Digest::Crc64(crc) = said { crc.to_string() } else { String::new() };
    storage(status, &[("etag", format!("\"{said}\"")), ("x-oss-hash-crc64ecma", crc)], "", Some(sent))
}
