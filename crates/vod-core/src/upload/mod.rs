//! Uploads of local files as state machines: [`Upload::next`] says what to do, and one method for each kind
//! of step takes what came of it.
//!
//! An upload is a value. Whoever drives it sends what it asks for, reads the file for it, keeps its
//! [checkpoint](Checkpoint), and tells it the time. So the same decisions serve every transport, and can be
//! tried in a world where everything goes wrong, which `cargo xtask simulate uploads` does.
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
//!             // A driver makes it durable before it says so.
//!             checkpoint = text;
//!             upload.saved(Ok(()));
//!         }
//!         UploadStep::Ask(id, question) => {
//!             // A driver sends `question.call(now)`; here every call is answered alike.
//!             let body = r#"{"ret_code":0,"MediaId":"7","StoragePath":"https://s3.example.com/7.mp4?X-Amz-Signature=5e"}"#;
//!             let mut answered = response::read(question.info(), &http::Response::new(body.into()))?;
//!             answered.sent_at = now; // as `Call` does: how long a URL or a key lives is reckoned from then
//!             upload.answered(id, Ok(answered), now);
//!         }
//!         UploadStep::Slot => {
//!             // There is a free slot at once. A driver sends the range of the file, and reckons its checksum on the way.
//!             let Take::Send(id, exchange) = upload.take(now) else { continue };
//!             assert_eq!(exchange.payload.file_bytes(), 3);
//!             let mut md5 = Hasher::new(DigestKind::Md5);
//!             md5.update(b"abc");
//!             let said = http::Response::builder().header("etag", "\"900150983cd24fb0d6963f7d28e17f72\"").body("".into()).unwrap();
//!             let answer = StorageAnswer::new(said, Some(md5.finish()));
//!             upload.sent(id, StorageOutcome::Answer(answer), now, now);
//!         }
//!         UploadStep::Look(id) => upload.looked(id, Ok(file.fingerprint)),
//!         UploadStep::Done(uploaded) => break uploaded,
//!         UploadStep::Failed(error) => return Err(error),
//!         UploadStep::Send(..) | UploadStep::Digest(..) | UploadStep::Wait(_) | UploadStep::Aborted => unreachable!("not in an upload that goes well"),
//!     }
//! };
//! assert_eq!(done.id, "7");
//! let record = Checkpoint::from_json(checkpoint.unwrap().as_bytes()).unwrap();
//! assert_eq!((record.stage(), record.id()), (Stage::Done, Some("7")));
//! # Ok::<(), vod_core::Error>(())
//! ```
//!
//! # What waits for what
//!
//! `■` is a checkpoint that has to be durable before what stands behind it; others are written while the work
//! goes on.
//!
//! ```text
//! Polyv       init ─■─▶ initiate ─■─▶ parts, several at once ──▶ look ─■─▶ complete ──▶ confirm ─■─▶ done
//!             init ─■─▶ measure ──▶ look ─■─▶ one PUT ───────────────────────────────▶ confirm ─■─▶ done
//!               ▲        ▲ each part is written down as it is acknowledged
//!             fresh keys: asked for once, ahead of the old ones' end or when the storage refuses them; what would be signed waits
//!
//! QingCloud   slot ─■─▶ apply ─■─▶ one PUT ──▶ look ─■─▶ commit CREATED ─■─▶ done
//!               ▲                      ■─▶ commit FAILED or CANCELLED, where it comes to nothing
//!             the URL lives for three minutes: the slot is waited for first, and held until the PUT has gone out
//! ```
//!
//! *Look* asks whether the file is still the one that was begun with; *confirm* whether the provider has the
//! video.
//!
//! # What holds
//!
//! - A file that is done is there byte for byte, as one video, and the provider knows of it. Checksums are
//!   compared part by part and whole at Polyv; at QingCloud the MD5, where the storage's ETag is one.
//! - A run that is cut off at any moment can be followed by another, also on another machine, from the
//!   checkpoint that was durable last. A part that the storage has acknowledged is not sent again, even where
//!   the checkpoint does not know of it: the storage's list does, and the file's checksum tells whether it is
//!   the same. The whole is sent again where the storage has forgotten the upload, has kept other bytes than
//!   were sent, or could not tell the provider of the object; so is a part that the storage lists without a
//!   checksum and the checkpoint does not know. Polyv's keys need no right to list parts, to look for an
//!   object or to remove parts: without it the checkpoint and the provider are believed, what was not written
//!   down is sent again, and the storage clears away what is left.
//! - A changed file is refused, or begun anew ([`UploadOptions::with_changed`]). One whose time alone has
//!   changed is held against the checksums, also in the midst of an upload, and the checkpoint keeps the old
//!   time until that is done.
//! - No media stays half-made at QingCloud once an upload has ended without leaving a checkpoint. Where a
//!   commit gets no answer, or the checkpoint cannot be written, the last checkpoint has its name.
//! - No request is signed with keys of which it is known that they are dead. Neither checkpoints nor `Debug`
//!   have a credential or a signature.
//!
//! # What does not
//!
//! - A call of `upload.init` whose answer is lost has made an id at Polyv that stays empty; initiating parts
//!   without an answer leaves an upload at the storage that holds nothing.
//! - A media that an unanswered call has made at QingCloud is found by its title and the time, and given up
//!   if its storage says that nothing lies at its address. It is left alone where that is not so: where it
//!   has no address, or nobody but a gateway answers there, as it could be somebody else's; where it was made
//!   earlier or later than that call can have made it, or the caller's clock was set to another time between
//!   the two runs; and where the provider makes it, or shows it, only after it was searched for. Uploads of
//!   one client are told apart by its [`Claims`]. Those of the same title in other processes are told apart
//!   by their objects alone: one of them that was applied for within the same five minutes, and whose PUT has
//!   not ended yet, looks like a half-made media of this upload, and is given up in its place. Who uploads
//!   from several processes at once should not give two files the same title.
//! - A file in one PUT that is changed while it is sent is noticed when it is there: the upload fails, and
//!   the provider has the video.
//! - A media of which QingCloud may have been told that it is complete is not cancelled when the upload is:
//!   the checkpoint stays, and the next run finds out. A finished video is never removed: to abort an upload
//!   that proves to be complete finishes it, with an error that says so, and so does to restart it.

mod claims;
mod control;
mod crc;
mod digest;
mod flow;
mod formats;
mod order;
mod oss;
mod plan;
mod polyv;
mod qingcloud;
mod record;
mod step;
mod storage;
mod verify;
mod wait;

pub use crate::call::{CancelToken, Cancelled};
pub use claims::Claims;
pub use control::{Control, OnProgress, Progress, Waiting};
pub use crc::Crc64;
pub use digest::{Digest, DigestKind, Hasher};
pub use flow::{Changed, Upload, UploadOptions};
pub use formats::{is_media_file, media_extensions};
pub use order::{Order, ToPolyv, media_type};
pub use plan::{MAX_FILE, MAX_PART, MAX_PARTS, MIN_PART, USUAL_PART, part_size_at};
pub use record::{Checkpoint, FileInfo, Fingerprint, Stage, checkpoint_key};
pub use step::{
    ApiCall, ByteRange, StepId, StorageAnswer, StorageBody, StorageOutcome, StorageRequest, Take, UploadStep,
    Uploaded,
};
