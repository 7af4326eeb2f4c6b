//! An emulator of two video-on-demand clouds, Polyv and QingCloud VOD, for tests and demonstrations.
//!
//! ```
//! use vod_emulator::{Emulator, Options};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), vod_emulator::StartError> {
//! let emulator = Emulator::start(Options { seed: 7, ..Options::default() }).await?;
//! let user_id = &emulator.credentials().polyv_user_id;
//! println!("account {user_id} at {}", emulator.url());
//! assert_eq!(emulator.state()["videos"], serde_json::json!([]));
//! emulator.shutdown().await;
//! # Ok(())
//! # }
//! ```
//!
//! # What is real
//!
//! - Signatures, clocks, limits and the documented errors are checked as the providers' references say, by
//!   code that shares nothing with the clients. In strict mode an undocumented field, or one that is not
//!   signed, is refused too.
//! - `polyv.upload.urls` creates a task, and every URL of this machine is downloaded: streamed, counted and
//!   hashed, a few at a time. Those of other machines are pretended, see [Imports](#imports).
//! - `qingcloud.upload.apply` gives a presigned URL to an S3 service in the same process, which verifies its
//!   signature and its expiry, and stores the file. The play URL serves it, and so does the presigned URL
//!   without its query.
//! - `polyv.upload.init` gives keys to a storage that implements the part of Aliyun OSS that an upload needs,
//!   see [Uploads to Polyv](#uploads-to-polyv). A completed object becomes a video.
//! - Of other Polyv videos only digests are kept: their `mp4` play URL redirects to their source. Each visit
//!   there counts as a play, and the statistics are computed from the plays.
//! - All five of Polyv's authentication schemes are checked: SHA-1 over all fields sent or over a fixed set,
//!   the MD5 of sub-accounts and of play tokens, and the write token. Forms with files are parsed strictly,
//!   up to 52 MiB.
//! - Both providers send signed callbacks about what happens here: see [Callbacks](#callbacks).
//!
//! Nothing is decoded or transcoded. Duration, picture size and bit rate are derived from the byte count, at
//! one megabit a second.
//!
//! # What the references leave open
//!
//! | question | the emulator's choice |
//! | --- | --- |
//! | HTTP status of a Polyv error envelope | 200 |
//! | a blocked Polyv address | 403 with the text `qps exceeds number of calls`, the words of the live product |
//! | Polyv values over a documented limit | code 400, with a message that names the field and the limit |
//! | an empty `uploadInfos` array | `[uploadInfos] is invalid` |
//! | a Polyv video that does not exist, or is in the recycle bin | an empty array |
//! | a search without a status | all but the recycle bin |
//! | a category that an import names and the account lacks | taken as it is, outside the tree |
//! | a sub-account's call that breaks a rule | code 400, and the same as the inner code |
//! | a call with the write token that breaks a rule | error 21; the words are in `x-emulator-explain` |
//! | the words for a play token's call whose time is off, which has code 403 | `ts_expired` |
//! | the signature of a play token's call is wrong | code 400, `sign_invalid` |
//! | which videos a sub-account may see | all of the account |
//! | the mail address of the sub-account | its application's id at `example.com` |
//! | a video that a sub-account deletes | goes to the recycle bin |
//! | a wrong id of a video or a category in a sub-account's call | 2000 `invalid vid`, 3001 `category not exist` |
//! | a play token for a video that does not exist | `video_not_found` |
//! | fields omitted in a change of an ad, or in a sub-account's change of a video | keep their values |
//! | the kind of an ad's file | by the extension of its name |
//! | wrong ids in calls that change several videos | not counted; `polyv.video.move` and, by default, `delete_many` refuse them |
//! | a change to a video still in review | refused |
//! | who may approve refused videos | the demo account |
//! | a deleted category | those below it are deleted too; their videos move to the default one |
//! | traffic of a play | the whole file |
//! | `polyv.upload.init` with an id that no upload has | refused; an upload keeps the values that it began with |
//! | `polyv.upload.init` for a finished upload | answered as before, so that a client that missed the end can look for the object |
//! | `polyv.upload.init` for more bytes than there is space for | accepted, and so is the upload |
//! | a second object for the same video | its bytes replace the video's; no callback is sent |
//! | title of an upload without one | the video's id |
//! | ETag in Polyv's storage | the MD5 of bytes that came with `Content-MD5`, otherwise made of CRC-64 and length; for an object made of parts it is no digest of the bytes |
//! | MD5 in the record of an uploaded video | as for the ETag; empty if it is not known |
//! | order of the storage's checks | form of the signature, clock, key, token, expiry, signature, then the request itself |
//! | a wrong token, or none | `InvalidSecurityToken` |
//! | a callback that differs from the ticket's, or that the provider does not answer | status 203 with `CallbackFailed`; the object stays, but there is no video |
//! | types of `polyv.upload.file` | those of the reference and ten more; another is error 4 |
//! | a cover, a screenshot or slides for a video that does not exist | refused, with a message that names it |
//! | adding a video that is on the playlist already | changes nothing |
//! | a description or tag omitted in `polyv.playlist.update` | stays |
//! | a screenshot after the video's end | the task fails |
//! | a type of file that the reference does not list | refused by the name's extension |
//! | columns of `polyv.sync.export` | `fileUrl,title,state,result,vid,bytes,message`, UTF-8 with a byte order mark |
//! | a deleted task | its videos stay; a download under way creates none |
//! | the pages of the older lists | `page` and `pageSize`, or neither, return an object with counts; `pageNum` and `numPerPage` return only the rows |
//! | records and sizes of several videos, one of which does not exist | that one is left out |
//! | the password of several videos | that of the first |
//! | a failed callback | is not repeated; the fault `twice` repeats one |
//! | which response of a receiver is right | any; it is recorded, and the next callback follows |
//! | transcoding callbacks of a video whose source file is played | not sent |
//! | format in Polyv's callbacks | `mp4`, for encrypted videos `m3u8`; one definition, the first |
//! | signature of `invalidVideo` | over the word `upload`, as documented, not over the type |
//! | who deleted a video | `demo@example.com`, or the sub-account's mail address |
//! | videos named twice in a deletion, or deleted before | are not reported again |
//! | the URL in QingCloud's signature | the target in its normal form: `http://host` becomes `http://host/` |
//! | `Message` of QingCloud's callbacks | empty |
//! | HTTP status of a QingCloud `ret_code` | 401 for 1200 and 1300, 403 for 1400, 404 for 1101 and 2100, 409 for 2110, 5300 and 5400, 429 for 2500, 503 for 5100, 500 for the other 5xxx, otherwise 400 |
//! | a QingCloud field that breaks a rule | 1100 |
//! | `CREATED` without an object | 2100 |
//! | a second, different commit | 2110; the same one is answered as before |
//! | request id of QingCloud's storage and play URLs | `x-amz-request-id`, as in S3 |
//! | `PlayUrl` of a media not yet uploaded | its future URL; 404 until the object is stored |
//! | media in `qingcloud.media.search` | those applied for and created; failed and cancelled ones are found only by id |
//! | answer of `qingcloud.media.update` | `{"ret_code":0}` |
//!
//! # HTTP surface
//!
//! Both providers' paths are at the root. Every answer has a `Date` by the emulated clock. After a signature
//! mismatch the header `x-emulator-explain` shows the text that should have been signed, with `<secret>`
//! instead of the secret. An unknown path is answered with 404 and the name of the nearest operation. The
//! emulator's own paths:
//!
//! | path | what it does |
//! | --- | --- |
//! | `GET /_emulator/state` | its content and requests, see [`Emulator::state`] |
//! | `GET /_emulator/state?counts=1` | the same in numbers, see [`Emulator::counts`] |
//! | `GET /_emulator/state?title=…&state=…` | the `videos` of exactly this title or `state` or both, and the `items`: rows of imports |
//! | `POST /_emulator/faults` | replaces the [`FaultPlan`]: a JSON array of [`FaultRule`]s |
//! | `POST /_emulator/clock` | `{"millis": 1700000000000}` sets the time, `{"skew": -5000}` its offset from the real time |
//! | `POST /_emulator/reset` | back to the start, see [`Emulator::reset`] |
//! | `POST /_emulator/plays` | records plays of Polyv's videos, see below |
//! | `POST /_emulator/videos` | `[{"vid": "…", "status": 51, "sub_account": true}]` sets the status of Polyv's videos (10, 20, 40, 50, 51 or 60), and whether the sub-account uploaded them; `"event"` sends an error event, see [Callbacks](#callbacks) |
//! | `POST /_emulator/callbacks` | `{"polyv": "http://…", "qingcloud": null}` sets where callbacks go; null disables them, an omitted one stays |
//! | `POST /_emulator/account` | `{"space": 1000000, "validity": 60}` sets [`Options::polyv_space`], in bytes, and [`Options::upload_validity`], in seconds; an omitted one stays |
//! | `GET /_emulator/objects/{id}` | the stored bytes of an uploaded Polyv video or of a QingCloud media |
//! | `GET /_emulator/files/…` | files that were sent in forms |
//! | `GET /_emulator/sample/{n}.mp4` | [`sample_mp4`], for any number `n` |
//! | `GET /_emulator/play/…` | the target of play URLs |
//! | `GET /_emulator/tasks/{id}.csv` | the target of a fetch task's `fileurl` |
//!
//! # Uploads to Polyv
//!
//! The storage is at the returned `domain`, under `/ossupload/`. It checks signature V1 in the header with
//! the keys of the tickets, each valid for [`Options::upload_validity`], and accepts dates up to 15 minutes
//! off.
//!
//! | request | pseudo operation | answer |
//! | --- | --- | --- |
//! | `PUT /{object}` | `polyv.oss.put` | ETag and `x-oss-hash-crc64ecma`, or the answer to the callback |
//! | `POST /{object}?uploads` | `polyv.oss.init` | the upload's id |
//! | `PUT /{object}?partNumber&uploadId` | `polyv.oss.part` | ETag and `x-oss-hash-crc64ecma` of the part |
//! | `GET /{object}?uploadId` | `polyv.oss.list` | the parts, in pages of `max-parts` after `part-number-marker` |
//! | `POST /{object}?uploadId` | `polyv.oss.complete` | the checksums of the object, or the answer to the callback |
//! | `DELETE /{object}?uploadId` | `polyv.oss.abort` | 204 |
//! | `HEAD /{object}` | `polyv.oss.head` | length, checksums and kind of the object |
//!
//! The errors have the provider's codes and its XML. There are 1 to 10,000 parts, each of 100 KiB (except the
//! last) to 5 GiB. The callback in `x-oss-callback` is executed here: its variables are replaced, and the
//! result must match the ticket and the object.
//!
//! `storage` in the state's `polyv.upload` has `uploads` under way with their `parts`, finished `objects`,
//! and counts of all `parts`: how many arrived complete (`received`), for how many the answer with the right
//! checksum was sent (`acknowledged`), and how many arrived complete although the same part had been
//! acknowledged before their first byte (`resent`).
//!
//! # Imports
//!
//! [`Options::fetch`] says which URLs of `polyv.upload.urls` are downloaded: by default those of loopback
//! addresses and of the emulator's own, so that nothing leaves the machine. The others are pretended: the
//! download ends at once, the video is published as usual, has 250,000 to 4,000,000 bytes (2 to 32 seconds)
//! drawn from the seed and no checksums, and its play URL leads to its source. A pretended download fails
//! only by a fault. While 5,000 callbacks wait, no further pretended download ends, so that none of their
//! callbacks is dropped.
//!
//! What an importer must survive, as rules of a [`FaultPlan`]; each also takes `nth`, `first`, `every` or
//! `probability`:
//!
//! | what happens | rule |
//! | --- | --- |
//! | an order is carried out, its answer is lost | `{"operation": "polyv.upload.urls", "fault": {"kind": "reset_after"}}` |
//! | an order is lost before anything is done | `{"operation": "polyv.upload.urls", "fault": {"kind": "reset_before"}}` |
//! | a gateway answers instead | `{"operation": "polyv.upload.urls", "fault": {"kind": "status", "code": 503}}` |
//! | the address is blocked for five minutes | `{"operation": "polyv.upload.urls", "fault": {"kind": "block"}}` |
//! | a download fails, as an `async_upload` callback says | `{"operation": "fetch", "fault": {"kind": "refuse", "code": 404, "message": "HTTP status 404"}}` |
//! | a download takes long | `{"operation": "fetch", "fault": {"kind": "latency", "millis": 30000}}` |
//! | lists show a new video 5 to 60 seconds late | `{"operation": "video", "fault": {"kind": "shown_late", "seconds": 5, "up_to": 60}}` |
//! | a callback is late | `{"operation": "callback.polyv", "fault": {"kind": "latency", "millis": 60000}}` |
//! | a callback comes twice, or never | `{"operation": "callback.polyv", "fault": {"kind": "twice"}}`, or `"lost"` |
//!
//! A million rows fit into memory: a pretended video with its row takes about 630 bytes, of which the texts
//! of its row are 240. A page of `polyv.video.search` by time costs the same wherever it is, as long as all
//! videos are published and shown; filters look at each video between `startTime` and `endTime`. The requests
//! kept are bounded, too.
//!
//! # Plays
//!
//! `POST /_emulator/plays` takes an array of objects; if one is wrong none is recorded. Only `vid` is
//! required:
//!
//! | member | what it is | default |
//! | --- | --- | --- |
//! | `vid` | a video that is not in the recycle bin | |
//! | `at` | when it began, in Unix milliseconds, not in the future | now |
//! | `viewer` | the caller's own id of the viewer | unknown |
//! | `seconds` | how long it was watched, at most 86,400 | to the end |
//! | `from` | the second of the video at which it began | 0 |
//! | `ip` | the viewer's address | that of the connection |
//! | `device` | `pc` or `mobile` | `pc` |
//! | `domain`, `os`, `browser`, `country`, `province`, `city` | texts, of at most 200 characters each | empty |
//!
//! The last 100,000 plays are kept; a video's count includes all.
//!
//! # Callbacks
//!
//! [`Options::callbacks`] or `POST /_emulator/callbacks` set the targets. Without a target a provider sends
//! nothing. Targets on other machines are refused unless [`Options::callbacks_anywhere`] allows them;
//! redirects and proxies are not followed.
//!
//! | event | when |
//! | --- | --- |
//! | `upload` | an import, an upload or `polyv.upload.file` created a video; includes its `state` |
//! | `encode`, `TranscodeComplete` | after it, and when a clip is made |
//! | `pass` | after these, after `polyv.video.approve`, and when a control request sets status 60 |
//! | `nopass` | a control request sets status 51 |
//! | `encode_failed`, `TranscodeComplete` with `fail` | a control request sets status 40 |
//! | `async_upload` | the download of an import failed |
//! | `DeleteMediaComplete` | videos were moved to the recycle bin, or deleted permanently |
//! | `CoursewareConvertComplete` | slides were uploaded |
//! | `invalidVideo`, `videoSyncedFail`, `AIContentScanNotPassed` | a control request has this `event` for a video; with a `status` too, this event is sent first |
//! | `MediaUploadComplete` | `CREATED` was committed for the first time |
//! | `MediaTranslateComplete` | after `qingcloud.media.process`, and after an upload that asked for templates or tasks |
//!
//! Other statuses send nothing. Polyv's callbacks are signed with the demo secret key, QingCloud's with the
//! callback key and the emulated time. Callbacks about one video are sent in the order of the events, each
//! after the previous one was answered or failed; those about different videos are sent in parallel, 16 at a
//! time. While 10,000 wait a new one is dropped, as its outcome says.
//!
//! `callbacks` in the state has all that wait and the last 1000 that ended, in order: `provider`, `event`,
//! `subjects` (what it is about), `target`, `at`, `sent_at`, `fault`, and `outcome`, which is `waiting`,
//! `held` (by a fault), `sent`, `answered` (with the receiver's `status` and the start of its `answer`),
//! `failed` (with the `error`), `lost` (by a fault) or `dropped`. A reset forgets them and restores the
//! targets of the options.
//!
//! # Depth
//!
//! How much of Polyv is implemented, by area; [`operations`] lists it for each call. "Modelled" means that
//! calls change a state that other calls see.
//!
//! | area | depth |
//! | --- | --- |
//! | account | modelled: counts, storage and traffic of the videos |
//! | advertising | modelled: ads with their files; how often one was shown is computed from the plays |
//! | category | modelled: the tree, its figures, and settings for new videos |
//! | clip | modelled: new videos of the right duration, encoding when first read and published the second time; they have no bytes to play |
//! | courseware | modelled: slides exist at once, one picture for all, titles and seconds from the timing file |
//! | cover | modelled: covers of videos and categories; an image by URL is not fetched |
//! | danmaku | modelled: single comments and those from srt files |
//! | encryption | modelled: new videos get the settings |
//! | exam | modelled: questions in both records; a viewer whose play passed a question counts as having answered it correctly |
//! | keyframe | modelled |
//! | legacy | modelled: the players, domains and covers of the newer calls |
//! | player | modelled: the players of videos, domains and play tokens; there are always the same two players, and playing checks neither domain nor token |
//! | playlist | modelled |
//! | screenshot | modelled: tasks, done when read a second time; their pictures are the cover, and no callback is sent |
//! | source_file | modelled: tasks, done when read a second time; no callback is sent |
//! | statistics | modelled: everything is computed from the plays; the members of a summary are a guess |
//! | subaccount | modelled: one sub-account, which sees all videos and categories; its temporary URLs do not expire |
//! | subtitle | modelled: files, served at their URLs; merging appends the texts, and each published video has a generated one |
//! | sync | modelled: lists, exports and deletion of the tasks |
//! | upload | modelled: imports by URL, files in one request, and uploads in parts with their storage |
//! | video | modelled: both records, the search and the older lists, every change and the recycle bin |
//! | watermark | modelled: stored and shown in the state, but not drawn |
//!
//! # Faults
//!
//! A [`FaultPlan`] says what goes wrong: for which operation ([`FaultRule::operation`]), when, and how
//! ([`Fault`]). It is deterministic: the same plan and seed give the same faults for the same requests. For
//! `qingcloud.put`, `qingcloud.object` and `polyv.oss.…` the answers have the storage's XML shape, and some
//! faults apply only to them: [`ResetDuring`](Fault::ResetDuring), [`Corrupt`](Fault::Corrupt),
//! [`WrongCrc`](Fault::WrongCrc), [`ExpiredToken`](Fault::ExpiredToken),
//! [`CallbackFailed`](Fault::CallbackFailed). For `fetch`, latency delays the download and a skew moves the
//! clock; every other kind makes the download fail. `video` is a new Polyv video, and only
//! [`ShownLate`](Fault::ShownLate) applies to it. `callback` is a callback of either provider,
//! `callback.polyv` and `callback.qingcloud` one of that provider. Callbacks can be late
//! ([`Fault::Latency`]), sent [twice](Fault::Twice), [out of order](Fault::OutOfOrder), [lost](Fault::Lost),
//! or [wrongly signed](Fault::WrongSignature), and can move the clock ([`Fault::Skew`]).

mod credentials;
mod fault;
mod model;
mod sample;
mod server;

pub use credentials::DemoCredentials;
pub use fault::{Charset, Fault, FaultPlan, FaultPlanError, FaultRule};
pub use model::Fetching;
pub use model::callback::{CallbackTargetError, Callbacks};
pub use model::route::{Depth, operations};
pub use sample::sample_mp4;
pub use server::{Emulator, Examined, Options, StartError};
