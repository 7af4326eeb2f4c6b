//! Uploads of local files as state machines: [`Upload::next`] says what to do, and one method for each kind
//! of step takes its result.
//!
//! An upload is a value without I/O. Its driver sends the requests, reads the file, keeps the
//! [checkpoint](Checkpoint), and passes in the time. So every transport makes the same decisions, and they
//! can be tested in a world where everything goes wrong, which `cargo xtask simulate uploads` does.
//!
//! ```
//! use vod_core::upload::*;
//! use vod_core::{Accounts, Timestamp, qingcloud, response};
//!
//! let accounts = Accounts::from(qingcloud::Credentials::new("ID", "key"));
//! let order = qingcloud::upload::ApplyUpload::new("第一课", "pek3b", qingcloud::MediaType::from("MP4"));
//! let file = FileInfo::new("/videos/1.mp4", Fingerprint::new(3, 1_700_000_000_000, [0; 32]));
//! let now = Timestamp::from_millis(1_700_000_000_000);
//! let mut checkpoint = None;
//!
//! let mut upload = Upload::new(order.into(), file.clone(), None, &accounts, &UploadOptions::default(), 7, now)?;
//! let done = loop {
//!     match upload.next(now) {
//!         UploadStep::Save(text) => {
//!             // A driver makes it durable before it reports success.
//!             checkpoint = text;
//!             upload.saved(Ok(()));
//!         }
//!         UploadStep::Ask(id, call) => {
//!             // A driver sends `call.call(now)`. Here every call gets the same answer.
//!             let body = r#"{"ret_code":0,"MediaId":"7","StoragePath":"https://s3.example.com/7.mp4?X-Amz-Signature=5e"}"#;
//!             let mut answered = response::read(call.info(), &http::Response::new(body.into()))?;
//!             answered.sent_at = now; // as `Call` sets it: the life of URLs and keys counts from then on
//!             upload.answered(id, Ok(answered), now);
//!         }
//!         UploadStep::Slot => {
//!             // Here a slot is free at once. A driver sends the bytes of the file, and computes their checksum on the way.
//!             let Take::Send(id, request) = upload.take(now) else { continue };
//!             assert_eq!(request.payload.file_bytes(), 3);
//!             let mut md5 = Hasher::new(DigestKind::Md5);
//!             md5.update(b"abc");
//!             let response = http::Response::builder().header("etag", "\"900150983cd24fb0d6963f7d28e17f72\"").body("".into()).unwrap();
//!             let answer = StorageAnswer::new(response, Some(md5.finish()));
//!             upload.sent(id, StorageOutcome::Answer(answer), now, now);
//!         }
//!         UploadStep::Look(id) => upload.looked(id, Ok(file.fingerprint)),
//!         UploadStep::Done(uploaded) => break uploaded,
//!         UploadStep::Failed(error) => return Err(error),
//!         UploadStep::Send(..) | UploadStep::Digest(..) | UploadStep::Wait(_) | UploadStep::Aborted => unreachable!("not in an upload that goes well"),
//!     }
//! };
//! assert_eq!(done.id, "7");
//! let checkpoint = Checkpoint::from_json(checkpoint.unwrap().as_bytes()).unwrap();
//! assert_eq!((checkpoint.stage(), checkpoint.id()), (Stage::Done, Some("7")));
//! # Ok::<(), vod_core::Error>(())
//! ```
//!
//! # What waits for what
//!
//! `■` is a checkpoint that must be durable before the step after it. Others are written while the upload
//! continues.
//!
//! ```text
//! Polyv       init ─■─▶ initiate ─■─▶ parts, several at once ──▶ look ─■─▶ complete ──▶ confirm ─■─▶ done
//!             init ─■─▶ checksum ──▶ look ─■─▶ one PUT ──────────────────────────────▶ confirm ─■─▶ done
//!               ▲        ▲ each part is recorded when the storage acknowledges it
//!             new keys: fetched once, before the old ones expire or when the storage refuses them; requests wait for them
//!
//! QingCloud   slot ─■─▶ apply ─■─▶ one PUT ──▶ look ─■─▶ commit CREATED ─■─▶ done
//!               ▲                      ■─▶ commit FAILED or CANCELLED, if the upload comes to nothing
//!             the URL lives for three minutes: the upload gets a slot first, and holds it until the PUT is sent
//! ```
//!
//! *Look* checks whether the file is still the one that the upload began with; *confirm* whether the provider
//! has the video.
//!
//! # What is guaranteed
//!
//! - A file that is done has arrived byte for byte, as one video, and the provider knows of it. Polyv's
//!   storage confirms the checksum of every part and of the whole; QingCloud's the MD5, if its ETag is one.
//!   [`Checksums`] describes what that costs, and how to do without it.
//! - A run that is interrupted at any moment can be resumed from its last durable checkpoint, also on another
//!   machine. A part that the storage has acknowledged is not sent again, even if the checkpoint does not
//!   have it: the storage lists it, and the file's checksum proves that it is the same. The whole file is
//!   sent again if the storage has forgotten the upload, has stored other bytes than were sent, or could not
//!   notify the provider. A part is sent again if the storage lists it without a checksum and the checkpoint
//!   does not have it. Polyv's keys need no right to list parts, to head an object or to abort: without these
//!   rights the upload relies on the checkpoint and the provider, parts that were not recorded are sent
//!   again, and the storage deletes what is left in time.
//! - A changed file is refused, or its upload starts over ([`UploadOptions::with_changed`]). If only the
//!   modification time has changed, also during the upload, the bytes are compared with the checksums. The
//!   checkpoint keeps the old time until that is done.
//! - No media stays unfinished at QingCloud when an upload has ended without a checkpoint. If a commit gets
//!   no answer, or the checkpoint cannot be written, the last checkpoint has the media's id.
//! - No request is signed with keys that are known to be dead. Neither checkpoints nor `Debug` contain
//!   credentials or signatures.
//!
//! # What is not guaranteed
//!
//! - A call of `upload.init` whose answer is lost leaves an id at Polyv that stays empty. An initiate without
//!   an answer leaves an empty multipart upload at the storage.
//! - A media that an apply without an answer has made at QingCloud is found by its title and time, and
//!   abandoned if its storage says that it has no object. It is left alone if it has no URL, or only a
//!   gateway answers there, as it could be somebody else's; if it was made outside the time of that call, or
//!   the caller's clock was set between the two runs; and if it appears only after the search. Uploads of
//!   one client tell their media apart by their [`Claims`]. Uploads in other processes with the same title
//!   are distinguished only by their objects: a media that one of them has applied for within the same five
//!   minutes, and whose PUT has not ended, looks unfinished, and is abandoned by mistake. Give files
//!   different titles if several processes upload at the same time.
//! - A change of the file during a single PUT is noticed only after it: the upload fails, and the provider
//!   has the video.
//! - Cancelling an upload does not cancel a QingCloud media once a commit may have completed it: the
//!   checkpoint stays, and the next run finds out. A finished video is never removed: to abort or restart an
//!   upload that proves to be complete finishes it, with an error that says so.

mod checkpoint;
mod claims;
mod control;
mod crc;
mod digest;
mod errors;
mod file;
mod flow;
mod formats;
mod hex_bytes;
mod machine;
mod options;
pub(crate) mod order;
mod plan;
mod polyv;
mod qingcloud;
mod step;
mod storage;
mod verify;
mod wait;

pub use crate::call::{CancelToken, Cancelled};
pub use checkpoint::{Checkpoint, Stage, checkpoint_key};
pub use claims::Claims;
pub use control::{Control, OnProgress, Progress, Waiting};
pub use crc::Crc64;
pub use digest::{Digest, DigestKind, Hasher};
pub use file::{FileInfo, Fingerprint};
pub use flow::Upload;
pub use formats::{is_media_file, media_extensions};
pub use options::{Changed, Checksums, UploadOptions};
pub use order::{Order, ToPolyv};
pub use plan::{MAX_FILE, MAX_PART, MAX_PARTS, MIN_PART, USUAL_PART, part_size_at};
pub use step::{
    ApiCall, ByteRange, StepId, StorageAnswer, StorageBody, StorageOutcome, StorageRequest, Take, UploadStep,
    Uploaded,
};
