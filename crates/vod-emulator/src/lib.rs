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
//!   code that shares nothing with the clients. In strict mode a field that no reference knows, or that is
//!   not signed, is refused too.
//! - `polyv.upload.urls` makes a task, and every URL is downloaded: streamed, counted, hashed, a few at a
//!   time.
//! - `qingcloud.upload.apply` gives a presigned URL to an S3 service in the same process, which verifies its
//!   signature and its expiry, and stores the file. The play URL serves it, and so does the presigned URL
//!   without its query.
//! - `polyv.upload.init` gives keys to a storage that speaks as much of Aliyun OSS as an upload needs, see
//!   [Uploads to Polyv](#uploads-to-polyv). What is complete there is a video.
//! - Polyv's other videos keep their digests only: their `mp4` play URL leads back to where they came from.
//!   Each visit there counts as a play, and the statistics are computed from these.
//! - All five of Polyv's ways to prove who asks are checked: SHA-1 over what is sent or over a fixed set, the
//!   MD5 of sub-accounts and of play tokens, and the write token. Forms with files are read strictly, up to
//!   52 MiB.
//! - Both providers call back, signed, about what happens here: see [Callbacks](#callbacks).
//!
//! Nothing is decoded or transcoded. Length, picture size and bit rate are made up from the byte count, at
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
//! | a category that an import names and the account lacks | taken as it is, outside of the tree |
//! | a sub-account's call that breaks a rule | code 400, and the same as the inner code |
//! | a call with the write token that breaks a rule | error 21; the words are in `x-emulator-explain` |
//! | the words for a play token's call whose time is off, which has code 403 | `ts_expired` |
//! | the signature of a play token's call is wrong | code 400, `sign_invalid` |
//! | which videos a sub-account may see | all of the account |
//! | the mail address of the sub-account | its application's id at `example.com` |
//! | where a video goes that a sub-account deletes | to the recycle bin |
//! | a wrong id of a video or a category in a sub-account's call | 2000 `invalid vid`, 3001 `category not exist` |
//! | a play token for a video that is not there | `video_not_found` |
//! | fields that a change of an ad, or a sub-account's change of a video, leaves out | keep their values |
//! | the kind of an ad's file | told by the extension of its name |
//! | wrong ids in calls that change several videos | not counted; `polyv.video.move` and, unless told otherwise, `delete_many` refuse them |
//! | a change to a video whose review is not over | refused |
//! | who may approve refused videos | the demo account |
//! | a category that is deleted | those below it go too, their videos go to the default one |
//! | traffic of a play | the whole file |
//! | `polyv.upload.init` with an id that no upload has | refused; the upload keeps what it was begun with |
//! | `polyv.upload.init` for an upload that is finished | answered as before, so that a client which has not heard of the end can look for the object |
//! | `polyv.upload.init` for more bytes than there is space for | answered; so is what comes then |
//! | a second object for the same video | its bytes are the video's from then on; nothing is told of it |
//! | title of an upload that gave none | the video's id |
//! | ETag in Polyv's storage | the MD5 of bytes that came with `Content-MD5`, else made of CRC-64 and length; that of parts put together is no digest of the bytes |
//! | MD5 in the record of a video that was uploaded | as for the ETag; empty where it is not known |
//! | order of the storage's checks | form of the signature, clock, key, token, expiry, signature, then what is asked for |
//! | a wrong token, or none | `InvalidSecurityToken` |
//! | a callback that is not the ticket's, or that the provider does not answer | status 203 with `CallbackFailed`; the object stays, there is no video |
//! | types of `polyv.upload.file` | those of the reference and ten more; another is error 4 |
//! | a cover, a screenshot or slides for a video that does not exist | refused, with a message that names it |
//! | a video that is on a playlist already | stays there once |
//! | a description or tag that `polyv.playlist.update` leaves out | stays |
//! | a screenshot behind the video's end | the task fails |
//! | a type of file that the reference does not list | refused by the name's extension |
//! | columns of `polyv.sync.export` | `fileUrl,title,state,result,vid,bytes,message`, UTF-8 with a byte order mark |
//! | a task that is deleted | its videos stay; a download under way leads to none |
//! | the pages of the older lists | `page` and `pageSize`, or neither, get an object with counts; `pageNum` and `numPerPage` get the rows alone |
//! | records and sizes of several videos, and one is not there | it is left out |
//! | the password of several videos | that of the first |
//! | a callback that fails | is not repeated; the fault `twice` repeats one |
//! | which answer of a receiver is right | any; it is noted, and the next callback follows |
//! | the callback of a video that is not transcoded, because its source file is played | there is none about that |
//! | format in Polyv's callbacks | `mp4`, of encrypted videos `m3u8`; one definition, the first |
//! | signature of `invalidVideo` | over the word `upload`, as the rule says, and not over the type |
//! | who deleted a video | `demo@example.com`, or the sub-account's mail address |
//! | videos that a deletion names twice, or that were deleted before | are not told of again |
//! | the URL in QingCloud's signature | the target in its normal form: `http://host` becomes `http://host/` |
//! | `Message` of QingCloud's callbacks | empty |
//! | HTTP status of a QingCloud `ret_code` | 401 for 1200 and 1300, 403 for 1400, 404 for 1101 and 2100, 409 for 2110, 5300 and 5400, 429 for 2500, 503 for 5100, 500 for the other 5xxx, else 400 |
//! | a QingCloud field that breaks a rule | 1100 |
//! | `CREATED` without an object | 2100 |
//! | a second, different commit | 2110; the same one is answered as before |
//! | what names an answer of QingCloud's storage | `x-amz-request-id`, as S3's are; where a media plays, too |
//! | `PlayUrl` of a media that is applied for | where it will be; 404 until the object is stored |
//! | media in `qingcloud.media.search` | those applied for and those created; failed and cancelled ones are only found by their id |
//! | answer of `qingcloud.media.update` | `{"ret_code":0}` |
//!
//! # HTTP surface
//!
//! Both providers' paths are at the root. Every answer has a `Date` by the emulated clock. After a signature
//! mismatch the header `x-emulator-explain` shows the text that should have been signed, with `<secret>` in
//! the secret's place. A path that is no operation is answered with 404 and the nearest operation's name. The
//! emulator's own paths:
//!
//! | path | what it does |
//! | --- | --- |
//! | `GET /_emulator/state` | what it has and was asked, see [`Emulator::state`] |
//! | `POST /_emulator/faults` | replaces the [`FaultPlan`]: a JSON array of [`FaultRule`]s |
//! | `POST /_emulator/clock` | `{"millis": 1700000000000}` sets the time, `{"skew": -5000}` its distance from the real one |
//! | `POST /_emulator/reset` | back to the start, see [`Emulator::reset`] |
//! | `POST /_emulator/plays` | records plays of Polyv's videos, see below |
//! | `POST /_emulator/videos` | `[{"vid": "…", "status": 51, "sub_account": true}]` sets how far Polyv's videos are (10, 20, 40, 50, 51 or 60), and whether the sub-account uploaded them; `"event"` lets them meet a mishap, see [Callbacks](#callbacks) |
//! | `POST /_emulator/callbacks` | `{"polyv": "http://…", "qingcloud": null}` sets where callbacks go; null is nowhere, and one that is left out stays |
//! | `POST /_emulator/account` | `{"space": 1000000, "validity": 60}` sets [`Options::polyv_space`], in bytes, and [`Options::upload_validity`], in seconds; one that is left out stays |
//! | `GET /_emulator/objects/{id}` | the bytes that are stored for a Polyv video that was uploaded, or for a QingCloud media |
//! | `GET /_emulator/files/…` | files that were sent in forms |
//! | `GET /_emulator/sample/{n}.mp4` | [`sample_mp4`], for any number `n` |
//! | `GET /_emulator/play/…` | what play URLs lead to |
//! | `GET /_emulator/tasks/{id}.csv` | what a fetch task's `fileurl` leads to |
//!
//! # Uploads to Polyv
//!
//! The storage is at the answered `domain`, under `/ossupload/`. It checks signature V1 in the header with
//! the keys of the tickets, each of which lives for [`Options::upload_validity`], and dates that are up to 15
//! minutes off.
//!
//! | request | pseudo operation | answer |
//! | --- | --- | --- |
//! | `PUT /{object}` | `polyv.oss.put` | ETag and `x-oss-hash-crc64ecma`, or what the callback answers |
//! | `POST /{object}?uploads` | `polyv.oss.init` | the upload's id |
//! | `PUT /{object}?partNumber&uploadId` | `polyv.oss.part` | ETag and `x-oss-hash-crc64ecma` of the part |
//! | `GET /{object}?uploadId` | `polyv.oss.list` | the parts, in pages of `max-parts` behind `part-number-marker` |
//! | `POST /{object}?uploadId` | `polyv.oss.complete` | the sums of the whole, or what the callback answers |
//! | `DELETE /{object}?uploadId` | `polyv.oss.abort` | 204 |
//! | `HEAD /{object}` | `polyv.oss.head` | length, sums and kind of the object |
//!
//! The errors have the provider's codes and its XML. Every one of 1 to 10,000 parts but the last must have
//! 100 KiB, and none more than 5 GiB. The callback in `x-oss-callback` is carried out here: its variables are
//! put in, and what comes out must fit the ticket and the object.
//!
//! `storage` in the state's `polyv.upload` has `uploads` under way with their `parts`, finished `objects`,
//! and counts of all `parts`: how many came whole (`received`), to how many the answer went out with the
//! right sum (`acknowledged`), and how many came whole although an answer about the same part had gone out
//! before their first byte (`resent`).
//!
//! # Plays
//!
//! `POST /_emulator/plays` takes an array of objects; none is recorded when one is wrong. Only `vid` must be
//! there:
//!
//! | member | what it is | default |
//! | --- | --- | --- |
//! | `vid` | a video that is not in the recycle bin | |
//! | `at` | when it began, in Unix milliseconds, not in the future | now |
//! | `viewer` | the caller's own id of who watched | nobody known |
//! | `seconds` | how long it was watched, at most 86,400 | to the end |
//! | `from` | at which second of the video it began | 0 |
//! | `ip` | address of who watched | who is connected |
//! | `device` | `pc` or `mobile` | `pc` |
//! | `domain`, `os`, `browser`, `country`, `province`, `city` | texts, of at most 200 characters each | empty |
//!
//! The last 100,000 plays are kept; the count of a video goes on.
//!
//! # Callbacks
//!
//! [`Options::callbacks`] or `POST /_emulator/callbacks` say where to. Without a target a provider tells
//! nothing. Targets on other machines are refused, unless [`Options::callbacks_anywhere`] lets them;
//! redirects and proxies are not followed.
//!
//! | event | when |
//! | --- | --- |
//! | `upload` | an import, an upload or `polyv.upload.file` made a video; with the `state` that was given |
//! | `encode`, `TranscodeComplete` | behind it, and when a clip is made |
//! | `pass` | behind these, after `polyv.video.approve`, and when a control sets status 60 |
//! | `nopass` | a control sets status 51 |
//! | `encode_failed`, `TranscodeComplete` with `fail` | a control sets status 40 |
//! | `async_upload` | the download of an import failed |
//! | `DeleteMediaComplete` | videos went to the recycle bin, or for good |
//! | `CoursewareConvertComplete` | slides were uploaded |
//! | `invalidVideo`, `videoSyncedFail`, `AIContentScanNotPassed` | a control asks for this `event` of a video: before what its `status` says, if both are sent |
//! | `MediaUploadComplete` | `CREATED` was committed for the first time |
//! | `MediaTranslateComplete` | after `qingcloud.media.process`, and behind an upload that asked for templates or tasks |
//!
//! The other statuses tell nothing. Polyv's are signed with the demo secret key, QingCloud's with the
//! callback key and the emulated time. Those about one video are sent in the order in which things happened,
//! each when the one before it was answered or failed; those of different videos go out side by side, 16 at a
//! time. Beyond 10,000 that wait a new one is dropped, which its outcome says.
//!
//! `callbacks` of the state has all that wait and the last 1000 that are over, as they happened: `provider`,
//! `event`, `subjects` (what it is about), `target`, `at`, `sent_at`, `fault`, and `outcome`, which is
//! `waiting`, `held` (by a fault), `sent`, `answered` (with the receiver's `status` and the beginning of its
//! `answer`), `failed` (with the `error`), `lost` (by a fault) or `dropped`. A reset forgets them, and goes
//! back to the targets of the options.
//!
//! # Depth
//!
//! How much of Polyv there is, by area; [`operations`] says it of each call. "Modelled" means that calls
//! change a state that other calls see.
//!
//! | area | depth |
//! | --- | --- |
//! | account | modelled: counts, storage and traffic of the videos |
//! | advertising | modelled: ads with their files; how often one was shown is computed from the plays |
//! | category | modelled: the tree, its figures, and settings that new videos take |
//! | clip | modelled: new videos of the right length, encoding at the first look and published at the second; they have no bytes to play |
//! | courseware | modelled: slides are there at once, one picture for all, titles and seconds out of the timing file |
//! | cover | modelled: covers of videos and categories; an image by URL is not fetched |
//! | danmaku | modelled: comments one by one and out of srt files |
//! | encryption | modelled: new videos take the settings |
//! | exam | modelled: questions in both records; whoever's play passed a question counts as having answered it, and right |
//! | keyframe | modelled |
//! | legacy | modelled: the players, domains and covers of the newer calls |
//! | player | modelled: the players of videos, domains and play tokens; there are always the same two players, and nothing asks for a domain or a token before it plays |
//! | playlist | modelled |
//! | screenshot | modelled: tasks, done at the second look; their pictures are the cover, and no callback comes |
//! | source_file | modelled: tasks, done at the second look; no callback comes |
//! | statistics | modelled: everything is computed from the plays; the members of a summary are guessed |
//! | subaccount | modelled: one sub-account, which sees all videos and categories; its temporary URLs do not expire |
//! | subtitle | modelled: files, served at their URLs; a merged one is the one text behind the other, and each published video has a generated one |
//! | sync | modelled: lists, exports and deletion of the tasks |
//! | upload | modelled: imports by URL, files in one request, and uploads in parts with their storage |
//! | video | modelled: both records, the search and the older lists, every change and the recycle bin |
//! | watermark | modelled: kept and shown in the state; no picture has it |
//!
//! # Faults
//!
//! A [`FaultPlan`] says what goes wrong: for which operation ([`FaultRule::operation`]), when, and how
//! ([`Fault`]). It is deterministic: the same plan and seed treat the same requests alike. For
//! `qingcloud.put`, `qingcloud.object` and `polyv.oss.…` the answers have the storage's XML shape, and some
//! faults are theirs alone: [`ResetDuring`](Fault::ResetDuring), [`Corrupt`](Fault::Corrupt),
//! [`WrongCrc`](Fault::WrongCrc), [`ExpiredToken`](Fault::ExpiredToken),
//! [`CallbackFailed`](Fault::CallbackFailed). For `fetch`, latency delays the download and a skew moves the
//! clock; every other kind makes the download fail. `callback` is a callback of either provider,
//! `callback.polyv` and `callback.qingcloud` those of one: they can be late ([`Fault::Latency`]), sent
//! [twice](Fault::Twice), [out of order](Fault::OutOfOrder), [lost](Fault::Lost), or
//! [signed wrong](Fault::WrongSignature), and can move the clock ([`Fault::Skew`]).

mod credentials;
mod fault;
mod model;
mod sample;
mod server;

pub use credentials::DemoCredentials;
pub use fault::{Charset, Fault, FaultPlan, FaultPlanError, FaultRule};
pub use model::callback::{CallbackTargetError, Callbacks};
pub use model::route::{Depth, operations};
pub use sample::sample_mp4;
pub use server::{Emulator, Examined, Options, StartError};
