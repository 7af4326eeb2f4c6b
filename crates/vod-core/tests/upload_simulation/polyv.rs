//! The simulated Polyv, and its storage.

use crate::file::{File, combine};
use crate::world::{CANARY, Counts, Fate, Random, http, read, refusal, trouble, trouble_of_call};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::time::Duration;
use vod_core::error::Error;
use vod_core::polyv::upload::UploadStart;
use vod_core::response::Answered;
use vod_core::time::Clock;
use vod_core::upload::{ApiCall, StorageAnswer, StorageBody, StorageOutcome, StorageRequest};
use vod_core::{Operation as _, Timestamp, polyv};

const DOMAIN: &str = "up.example.com";
const BUCKET: &str = "b";
/// How far the date of a request may differ from the storage's clock.
const SKEW: Duration = Duration::from_secs(15 * 60);

#[derive(Debug, Default)]
pub(crate) struct Polyv {
    /// How long keys are valid, in seconds.
    pub(crate) validity: u64,
    /// How far the storage's clock is ahead, in milliseconds.
    pub(crate) storage_ahead: i64,
    /// Parts per page of a list.
    pub(crate) page: usize,
    /// Whether lists have the parts' checksums.
    pub(crate) lists_checksums: bool,
    /// Keys have no right to list parts, to head an object, or to abort.
    pub(crate) denies: bool,
    /// The storage never damages what it receives.
    pub(crate) keeps_bytes: bool,
    pub(crate) callback_fails_one_in: u64,
    pub(crate) forgets_one_in: u64,
    pub(crate) rots_one_in: u64,
    pub(crate) free: Option<u64>,
    /// How often the provider was notified of each vid.
    pub(crate) videos: BTreeMap<String, u32>,
    /// Whether the provider may register an object late, and when it does for which vids.
    pub(crate) registers_late: bool,
    pub(crate) registered_at: BTreeMap<String, Timestamp>,
    pub(crate) objects: BTreeMap<String, Stored>,
    pub(crate) uploads: BTreeMap<String, Multi>,
    pub(crate) keys: Vec<Key>,
    pub(crate) ids: u32,
    /// The client's keys, and when it got them by its own clock.
    pub(crate) last_ticket: Option<(usize, Timestamp)>,
    pub(crate) refreshes_out: u32,
    /// The reasons to send a file again.
    pub(crate) excuses: Excuses,
    /// How often the client sent the file from the start and learned that something of it arrived: once,
    /// unless there is an excuse.
    pub(crate) sent_whole: u32,
}

#[derive(Debug, Default)]
pub(crate) struct Excuses {
    pub(crate) forgot: u32,
    pub(crate) rotted: u32,
    pub(crate) not_notified: u32,
    pub(crate) restarted: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stored {
    pub(crate) crc: u64,
    pub(crate) size: u64,
}

/// A multipart upload.
#[derive(Debug, Default)]
pub(crate) struct Multi {
    object: String,
    parts: BTreeMap<u16, Stored>,
    /// Parts whose acknowledgement the client has received.
    acknowledged: BTreeSet<u16>,
    /// Whether there ever was one.
    has_come: bool,
}

#[derive(Debug)]
pub(crate) struct Key {
    ends: Timestamp,
    dead: bool,
    /// The client has learned that it is dead.
    known: bool,
    /// The client was denied something, and cannot know whether the key is the reason.
    doubted: bool,
}

/// A request to the storage, under way.
#[derive(Debug)]
pub(crate) struct Sent {
    key: usize,
    verb: Verb,
    object: String,
    upload_id: String,
    date: Timestamp,
    callback: bool,
    body: Vec<u8>,
    /// The bytes that it carries.
    carries: Option<Stored>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verb {
    Initiate,
    Part(u16),
    List(u16),
    Complete,
    Put,
    Head,
    Abort,
}

/// What the client learns from an answer.
#[derive(Clone, Debug)]
pub(crate) enum Learnt {
    Part(String, u16),
    Whole,
    DeadKey(usize),
    Denied(usize),
}

impl Multi {
    pub(crate) fn has_parts(&self) -> bool {
        !self.parts.is_empty()
    }
}

impl Polyv {
    /// The client sends a call.
    pub(crate) fn ask(&mut self, call: &ApiCall, now: Timestamp) {
        if let ApiCall::Token(_) = call {
            assert_eq!(self.refreshes_out, 0, "a refresh while one is out");
            if let Some((key, since)) = self.last_ticket {
                let life = Duration::from_secs(self.validity);
                let aged = now.since(since) + Duration::from_secs(60).min(life / 4) >= life;
                assert!(
                    aged || self.keys[key].known || self.keys[key].doubted,
                    "new keys while the old ones are fresh"
                );
            }
            self.refreshes_out += 1;
        }
    }

    /// The client has the result of a call, or has died.
    pub(crate) fn asked(&mut self, call: &ApiCall, result: Option<&Result<Answered, Error>>) {
        if let ApiCall::Token(_) = call {
            self.refreshes_out -= 1;
        }
        if let (ApiCall::Token(_) | ApiCall::Init(_), Some(Ok(answered))) = (call, result) {
            self.last_ticket = Some((self.keys_of(answered), answered.sent_at));
        }
    }

    fn keys_of(&self, answered: &Answered) -> usize {
        // The answer's text is not public, but the ticket is.
        let ticket =
            answered.clone().typed::<polyv::upload::UploadTicket>(polyv::upload::InitUpload::INFO).unwrap();
        ticket.access_key_id.expose().rsplit('.').next().unwrap().parse().unwrap()
    }

    /// A new process has no keys.
    pub(crate) fn forget(&mut self) {
        (self.last_ticket, self.refreshes_out) = (None, 0);
    }

    /// Executes a call and answers it.
    pub(crate) fn answer(
        &mut self,
        call: &ApiCall,
        fate: Fate,
        sent: Timestamp,
        now: Timestamp,
        clock: Clock,
        counts: &mut Counts,
    ) -> Result<Answered, Error> {
        let data = fate.is_executed().then(|| match call {
            ApiCall::Init(init) => {
                let vid = match (&init.vid, init.start) {
                    (Some(vid), UploadStart::Resume) => vid.as_str().to_owned(),
                    (None, UploadStart::New) => {
                        self.ids += 1;
                        format!("v{}_v", self.ids)
                    }
                    other => panic!("{other:?}"),
                };
                if fate != Fate::Good && init.vid.is_none() {
                    counts.empty_ids += 1;
                }
                self.ticket(Some(vid), now)
            }
            ApiCall::Token(_) => self.ticket(None, now),
            ApiCall::Video(get) => match self.videos.contains_key(get.vid.as_str()) && self.registered_at.get(get.vid.as_str()).is_none_or(|registered_at| *registered_at <= now) {
                true => json!([{ "vid": get.vid.as_str(), "hls": [format!("https://hls.example.com/{}.m3u8", get.vid.as_str())] }]),
                false => json!([]),
            },
            other => panic!("{other:?}"),
        });
        match (trouble_of_call(call.info(), fate), data) {
            (Some(error), _) => Err(error),
            (None, Some(data)) => {
                read(call.info(), &http(200, json!({ "code": 200, "data": data }).to_string()), sent, clock)
            }
            (None, None) => panic!("{fate:?}"),
        }
    }

    fn ticket(&mut self, vid: Option<String>, now: Timestamp) -> serde_json::Value {
        let key = self.keys.len();
        self.keys.push(Key {
            ends: now.plus(Duration::from_secs(self.validity)),
            dead: false,
            known: false,
            doubted: false,
        });
        json!({
            "accessId": format!("STS.{CANARY}.{key}"),
            "accessKey": format!("{CANARY}-key-{key}"),
            "token": format!("{CANARY}-token-{key}"),
            "domain": DOMAIN,
            "bucketName": BUCKET,
            "dir": "d/",
            "vid": vid,
            "callback": vid.map(|vid| json!({ "callbackUrl": "http://p.example.com", "callbackBody": format!("vid={vid}") }).to_string()),
            "remainSpace": self.free,
            "validityTime": self.validity,
        })
    }

    /// The client sends a request to the storage, which must not contradict what it knows.
    pub(crate) fn send(&mut self, request: &StorageRequest, file: &File, counts: &mut Counts) -> Sent {
        let StorageRequest { request, payload, .. } = request;
        let header = |name: &str| request.headers().get(name).map_or("", |value| value.to_str().unwrap());
        let authorization = header("authorization")
            .strip_prefix(&format!("OSS STS.{CANARY}."))
            .expect("signed with keys of a ticket");
        let key: usize = authorization.split_once(':').unwrap().0.parse().unwrap();
        assert_eq!(
            header("x-oss-security-token"),
            format!("{CANARY}-token-{key}"),
            "the token goes with the key"
        );
        assert!(!self.keys[key].known, "signed with keys that are known to be dead");
        assert_eq!(request.uri().authority().unwrap(), DOMAIN);
        let query = request.uri().query().unwrap_or("");
        let of = |name: &str| query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
        let number = |name: &str| of(name).and_then(|text| text.parse::<u16>().ok());
        let verb = match (request.method().as_str(), of("uploadId").is_some()) {
            ("POST", false) => Verb::Initiate,
            ("PUT", true) => Verb::Part(number("partNumber").unwrap()),
            ("GET", true) => Verb::List(number("part-number-marker").unwrap()),
            ("POST", true) => Verb::Complete,
            ("PUT", false) => Verb::Put,
            ("HEAD", _) => Verb::Head,
            ("DELETE", true) => Verb::Abort,
            other => panic!("{other:?}"),
        };
        let upload_id = of("uploadId").unwrap_or("").to_owned();
        let (carries, body) = match payload {
            StorageBody::File(range, _) => {
                assert_eq!(header("content-length"), range.length.to_string());
                (Some(Stored { crc: file.crc(*range), size: range.length }), Vec::new())
            }
            StorageBody::Bytes(bytes) => (None, bytes.to_vec()),
        };
        if let (Verb::Part(number), Some(multi)) = (verb, self.uploads.get(&upload_id))
            && multi.acknowledged.contains(&number)
            // The parts of a changed file may differ; it is refused when all are sent.
            && carries == multi.parts.get(&number).copied()
        {
            // Only if nothing shows that the storage has this part.
            assert!(self.denies || !self.lists_checksums, "part {number} again, which was acknowledged");
            counts.not_listed_with_checksum += 1;
        }
        let date = Timestamp::parse_http_date(header("date")).expect("dated");
        let callback = !header("x-oss-callback").is_empty();
        Sent {
            key,
            verb,
            object: request.uri().path().trim_start_matches('/').to_owned(),
            upload_id,
            date,
            callback,
            body,
            carries,
        }
    }

    /// The storage executes a request and answers it.
    pub(crate) fn arrive(
        &mut self,
        sent: &Sent,
        fate: Fate,
        now: Timestamp,
        random: &Random,
    ) -> (StorageOutcome, Option<Learnt>) {
        let fate = if self.keeps_bytes && fate == Fate::Corrupt { Fate::Good } else { fate };
        let clock = now.plus_millis(self.storage_ahead);
        if let Some(trouble) = trouble(fate).filter(|_| !fate.is_executed()) {
            return (trouble, None);
        }
        if sent.date.since(clock).max(clock.since(sent.date)) > SKEW {
            let mut answer = http(403, "<Error><Code>RequestTimeTooSkewed</Code></Error>");
            answer.headers_mut().insert("date", clock.http_date().parse().unwrap());
            return (StorageOutcome::Answer(StorageAnswer::new(answer, None)), None);
        }
        let key = &mut self.keys[sent.key];
        key.dead |= fate == Fate::KeysEnd || key.ends <= now;
        if key.dead || fate == Fate::KeysUnknown {
            let (code, message) = if key.dead {
                ("SecurityTokenExpired", "the security token you provided has expired")
            } else {
                ("InvalidAccessKeyId", "unknown")
            };
            return (refusal(403, code, message), Some(Learnt::DeadKey(sent.key)));
        }
        if self.denies && matches!(sent.verb, Verb::List(_) | Verb::Head | Verb::Abort) {
            return (
                refusal(403, "AccessDenied", "you have no right to access this object"),
                Some(Learnt::Denied(sent.key)),
            );
        }
        let (outcome, learnt) = self.execute(sent, fate, now, random);
        match trouble(fate) {
            Some(trouble) => (trouble, None),
            None => (outcome, learnt),
        }
    }

    fn execute(
        &mut self,
        sent: &Sent,
        fate: Fate,
        now: Timestamp,
        random: &Random,
    ) -> (StorageOutcome, Option<Learnt>) {
        let good = |mut answer: http::Response<bytes::Bytes>| {
            answer.headers_mut().insert("x-oss-request-id", "r".parse().unwrap());
            (StorageOutcome::Answer(StorageAnswer::new(answer, None)), None)
        };
        let gone = || (refusal(404, "NoSuchUpload", "the specified upload does not exist"), None);
        let known = self.uploads.contains_key(&sent.upload_id);
        if known && self.forgets_one_in > 0 && random.one_in(self.forgets_one_in) {
            self.uploads.remove(&sent.upload_id);
            self.excuses.forgot += 1;
            return gone();
        }
        match sent.verb {
            Verb::Initiate => {
                self.ids += 1;
                let id = format!("u{}", self.ids);
                self.uploads.insert(id.clone(), Multi { object: sent.object.clone(), ..Multi::default() });
                good(http(
                    200,
                    format!(
                        "<InitiateMultipartUploadResult><UploadId>{id}</UploadId></InitiateMultipartUploadResult>"
                    ),
                ))
            }
            Verb::Part(number) => {
                let Some(multi) = self.uploads.get_mut(&sent.upload_id) else { return gone() };
                let Stored { crc, size } = sent.carries.unwrap();
                let stored = Stored { crc: if fate == Fate::Corrupt { !crc } else { crc }, size };
                if multi.parts.insert(number, stored) != Some(stored) {
                    // Other bytes, which are not acknowledged yet.
                    multi.acknowledged.remove(&number);
                }
                let said = if fate == Fate::WrongCrc { !crc } else { stored.crc };
                let learnt = (said == crc).then(|| Learnt::Part(sent.upload_id.clone(), number));
                (stored_answer(200, said, crc), learnt)
            }
            Verb::List(after) => match self.uploads.get(&sent.upload_id) {
                Some(multi) => good(http(200, self.list(multi, after))),
                None => gone(),
            },
            Verb::Complete => {
                let Some(multi) = self.uploads.get(&sent.upload_id) else { return gone() };
                let body = std::str::from_utf8(&sent.body).unwrap();
                let named: Vec<(u16, u64)> = body.split("<PartNumber>").skip(1).map(part_named).collect();
                if named
                    .iter()
                    .any(|(number, crc)| multi.parts.get(number).is_none_or(|part| part.crc != *crc))
                {
                    return (
                        refusal(400, "InvalidPart", "one or more of the specified parts could not be found"),
                        None,
                    );
                }
                assert!(named.is_sorted_by(|a, b| a.0 < b.0) && !named.is_empty());
                let mut whole = Stored { crc: 0, size: 0 };
                for (number, _) in &named {
                    let mut part = multi.parts[number];
                    if self.rots_one_in > 0 && random.one_in(self.rots_one_in) {
                        part.crc = !part.crc;
                        self.excuses.rotted += 1;
                    }
                    whole.crc =
                        if whole.size == 0 { part.crc } else { combine(whole.crc, part.crc, part.size) };
                    whole.size += part.size;
                }
                let multi = self.uploads.remove(&sent.upload_id).unwrap();
                assert_eq!(multi.object, sent.object);
                self.store(&sent.object, whole, sent.callback, (now, random), None)
            }
            Verb::Put => {
                let Stored { crc, size } = sent.carries.unwrap();
                let stored = Stored { crc: if matches!(fate, Fate::Corrupt) { !crc } else { crc }, size };
                self.store(&sent.object, stored, sent.callback, (now, random), Some(crc))
            }
            Verb::Head => match self.objects.get(&sent.object) {
                Some(Stored { crc, size }) => {
                    let mut answer = http(200, "");
                    answer.headers_mut().insert("x-oss-hash-crc64ecma", crc.to_string().parse().unwrap());
                    answer.headers_mut().insert("content-length", size.to_string().parse().unwrap());
                    good(answer)
                }
                None => good(http(404, "")),
            },
            Verb::Abort => match self.uploads.remove(&sent.upload_id) {
                Some(_) => good(http(204, "")),
                None => gone(),
            },
        }
    }

    fn vid_of(&self, object: &str) -> String {
        object
            .strip_prefix("d/")
            .and_then(|name| name.strip_suffix(".mp4"))
            .expect("named by the rule")
            .to_owned()
    }

    /// An object is complete, and the provider is notified.
    fn store(
        &mut self,
        object: &str,
        stored: Stored,
        callback: bool,
        (now, random): (Timestamp, &Random),
        sent: Option<u64>,
    ) -> (StorageOutcome, Option<Learnt>) {
        assert!(callback, "a finished object without a callback");
        self.objects.insert(object.to_owned(), stored);
        let told = self.callback_fails_one_in == 0 || !random.one_in(self.callback_fails_one_in);
        let late = !told && self.registers_late && random.one_in(2);
        if late {
            self.registered_at.insert(self.vid_of(object), now.plus_millis(random.below(45_000) as i64));
        }
        if told || late {
            *self.videos.entry(self.vid_of(object)).or_default() += 1;
        } else {
            self.excuses.not_notified += 1;
        }
        self.excuses.rotted += u32::from(sent.is_some_and(|sent| sent != stored.crc));
        let outcome = stored_answer(if told { 200 } else { 203 }, stored.crc, sent.unwrap_or(0));
        (outcome, sent.is_some().then_some(Learnt::Whole))
    }

    fn list(&self, multi: &Multi, after: u16) -> String {
        let mut body = String::from("<ListPartsResult>");
        let mut listed = multi.parts.range(after + 1..).peekable();
        let mut last = after;
        for (number, Stored { crc, size }) in listed.by_ref().take(self.page) {
            let _ = write!(
                body,
                "<Part><PartNumber>{number}</PartNumber><ETag>\"{crc:016X}\"</ETag><Size>{size}</Size>"
            );
            if self.lists_checksums {
                let _ = write!(body, "<HashCrc64ecma>{crc}</HashCrc64ecma>");
            }
            body += "</Part>";
            last = *number;
        }
        let _ = write!(
            body,
            "<NextPartNumberMarker>{last}</NextPartNumberMarker><IsTruncated>{}</IsTruncated></ListPartsResult>",
            listed.peek().is_some()
        );
        body
    }

    /// The client has received an answer.
    pub(crate) fn learn(&mut self, learnt: Learnt) {
        match learnt {
            Learnt::Part(upload_id, number) => {
                if let Some(multi) = self.uploads.get_mut(&upload_id) {
                    self.sent_whole += u32::from(!std::mem::replace(&mut multi.has_come, true));
                    multi.acknowledged.insert(number);
                }
            }
            Learnt::Whole => self.sent_whole += 1,
            Learnt::DeadKey(key) => self.keys[key].known = true,
            Learnt::Denied(key) => self.keys[key].doubted = true,
        }
    }
}

/// Number and checksum of a part in the request that completes an upload. The ETags are the checksums.
fn part_named(text: &str) -> (u16, u64) {
    let (number, rest) = text.split_once('<').unwrap();
    let etag = rest.split('"').nth(1).or_else(|| rest.split("&quot;").nth(1)).unwrap();
    (number.parse().unwrap(), u64::from_str_radix(etag, 16).unwrap())
}

/// The answer that bytes are stored, with the storage's checksum of them and the client's.
fn stored_answer(status: u16, said: u64, sent: u64) -> StorageOutcome {
    let mut answer = http(
        status,
        if status == 203 { "<Error><Code>CallbackFailed</Code></Error>" } else { "{\"Status\":\"OK\"}" },
    );
    answer.headers_mut().insert("etag", format!("\"{said:016X}\"").parse().unwrap());
    answer.headers_mut().insert("x-oss-hash-crc64ecma", said.to_string().parse().unwrap());
    StorageOutcome::Answer(StorageAnswer::new(
        answer,
        (sent != 0).then_some(vod_core::upload::Digest::Crc64(sent)),
    ))
}
