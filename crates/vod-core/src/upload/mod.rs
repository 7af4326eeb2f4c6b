//! Uploads of local files as state machines: [`Upload::next`] says what to do, and one method for each kind of step takes what came of it.

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
mod titles;
mod verify;
mod wait;

pub use claims::Claims;
pub use control::{Cancel, Cancelled, Control, OnProgress, Progress};
pub use crc::Crc64;
pub use digest::{Digest, DigestKind, Hasher};
pub use flow::{Changed, Options, Upload};
pub use formats::is_media_file;
pub use order::{Order, ToPolyv};
pub use plan::{MAX_FILE, MAX_PART, MAX_PARTS, MIN_PART, USUAL_PART};
pub use qingcloud::media_type;
pub use record::{FileInfo, Fingerprint, Record, Stage, checkpoint_key};
pub use step::{Exchange, Id, Outcome, Payload, Question, Range, Step, StorageAnswer, Uploaded};
pub use titles::{TitleRow, read_titles};
