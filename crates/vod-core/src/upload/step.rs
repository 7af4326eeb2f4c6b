//! What an upload asks of its driver, and what the driver answers.

use super::digest::{Digest, DigestKind};
use crate::call::Call;
use crate::error::{Error, Fault};
use crate::operation::{Operation, OperationInfo};
use crate::polyv::upload::{InitUpload, RefreshUploadToken};
use crate::polyv::video::GetVideo;
use crate::qingcloud::media::{GetMedia, SearchMedia};
use crate::qingcloud::upload::{ApplyUpload, CommitUpload};
use crate::time::Timestamp;
use crate::wire::response::Answered;
use bytes::Bytes;
use std::fmt;
use std::time::Duration;

/// What ties an answer to its step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StepId(pub(super) u32);

/// What to do next. Exhaustive on purpose: a driver that does not know a step cannot go on. `Debug` shows no
/// secret.
#[derive(Debug)]
pub enum UploadStep {
    /// Make this the checkpoint's content, durably, or remove the checkpoint where there is nothing; then
    /// tell [`Upload::saved`](super::Upload::saved). Whoever keeps no checkpoints tells at once that it is
    /// saved.
    Save(Option<String>),
    /// Look at the file by its path again, and tell [`Upload::looked`](super::Upload::looked) its
    /// fingerprint.
    Look(StepId),
    /// Reckon a checksum over a range of the file, and tell [`Upload::digested`](super::Upload::digested).
    Digest(StepId, ByteRange, DigestKind),
    /// Send this call, and tell [`Upload::answered`](super::Upload::answered).
    Ask(StepId, ApiCall),
    /// Send this to the storage, and tell [`Upload::sent`](super::Upload::sent).
    Send(StepId, StorageRequest),
    /// A slot of the line is wanted: as soon as there is one, ask [`Upload::take`](super::Upload::take) what
    /// to do with it; at once where this upload [holds](Take::Hold) one. Until then do as for
    /// [`Wait`](Self::Wait) without a time.
    Slot,
    /// Nothing to do until something that is out comes back, or this time is over, where there is one.
    Wait(Option<Duration>),
    /// The file is there.
    Done(Uploaded),
    /// What an abandoned upload had left at the provider is gone.
    Aborted,
    /// The file is not there; this run of the upload is over. What is out may be dropped.
    Failed(Error),
}

/// What becomes of a slot of the line. Exhaustive on purpose, as [`UploadStep`] is.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "it is taken apart where it is made")]
pub enum Take {
    /// Send these bytes of the file, tell [`Upload::sent`](super::Upload::sent) what came of it, and give the
    /// slot back then.
    Send(StepId, StorageRequest),
    /// Keep the slot for the next [`UploadStep::Slot`] of this upload, or until the upload is over.
    Hold,
    /// It is not wanted any more: give it back.
    Nothing,
}

/// A range of the file's bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ByteRange {
    /// Where it begins.
    pub offset: u64,
    /// How long it is.
    pub length: u64,
}

impl ByteRange {
    /// From `offset` on.
    #[must_use]
    pub const fn new(offset: u64, length: u64) -> Self {
        Self { offset, length }
    }
}

/// A call that an upload needs.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum ApiCall {
    /// Begin with Polyv, or go on.
    Init(InitUpload),
    /// Fresh keys for Polyv's storage.
    Token(RefreshUploadToken),
    /// What Polyv knows of the video.
    Video(GetVideo),
    /// Begin with QingCloud.
    Apply(ApplyUpload),
    /// Say what became of it.
    Commit(CommitUpload),
    /// What QingCloud knows of the media.
    Media(GetMedia),
    /// Which media of a title QingCloud knows.
    Search(SearchMedia),
}

impl ApiCall {
    /// The operation's table.
    #[must_use]
    pub const fn info(&self) -> &'static OperationInfo {
        match self {
            Self::Init(_) => InitUpload::INFO,
            Self::Token(_) => RefreshUploadToken::INFO,
            Self::Video(_) => GetVideo::INFO,
            Self::Apply(_) => ApplyUpload::INFO,
            Self::Commit(_) => CommitUpload::INFO,
            Self::Media(_) => GetMedia::INFO,
            Self::Search(_) => SearchMedia::INFO,
        }
    }

    /// Whether the provider learns by it how an upload ended, or we what an upload that is to be ended left
    /// there. The wish to stop does not end its waits.
    #[must_use]
    pub const fn settles(&self) -> bool {
        matches!(self, Self::Commit(_) | Self::Search(_))
    }

    /// The call to drive.
    ///
    /// # Errors
    /// [`Error::Invalid`] with every violation.
    pub fn call(&self, now: Timestamp) -> Result<Call<'_>, Error> {
        let values = match self {
            Self::Init(init) => init.values(),
            Self::Token(token) => token.values(),
            Self::Video(video) => video.values(),
            Self::Apply(apply) => apply.values(),
            Self::Commit(commit) => commit.values(),
            Self::Media(media) => media.values(),
            Self::Search(search) => search.values(),
        };
        Call::new(self.info(), values, now)
    }
}

/// The output of a call.
pub(super) fn output<O: Operation>(result: Result<Answered, Error>) -> Result<O::Output, Error> {
    Ok(result?.typed::<O::Output>(O::INFO)?.into_output())
}

/// An answer to a call that cannot be used.
pub(super) fn incomplete(info: &OperationInfo, detail: impl Into<String>) -> Error {
    Error::Undecodable(Box::new(crate::error::Undecodable {
        operation: info.id,
        effect: info.effect,
        status: 200,
        content_type: None,
        detail: detail.into(),
        first: String::new(),
        request_id: None,
        retry_after: None,
    }))
}

/// A request to a storage. `Debug` shows neither its query nor its headers, which carry signatures.
#[non_exhaustive]
pub struct StorageRequest {
    /// What errors and logs call it.
    pub name: &'static str,
    /// Method, whole URL and headers, [`Content-Length`](http::header::CONTENT_LENGTH) among them.
    pub request: http::Request<()>,
    /// Its body.
    pub payload: StorageBody,
    /// How much of the answer's body is read at most, in bytes. What is longer is cut off there.
    pub answer_limit: usize,
}

/// The body of a [`StorageRequest`]. Exhaustive on purpose, as [`UploadStep`] is.
#[derive(Clone, Debug)]
pub enum StorageBody {
    /// These bytes, perhaps none.
    Bytes(Bytes),
    /// A range of the file, with a checksum reckoned over what is sent. Bounded by its progress, not by a
    /// time.
    File(ByteRange, DigestKind),
}

impl StorageBody {
    /// How many bytes of the file it is.
    #[must_use]
    pub const fn file_bytes(&self) -> u64 {
        match self {
            Self::Bytes(_) => 0,
            Self::File(range, _) => range.length,
        }
    }
}

impl fmt::Debug for StorageRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, request, payload, answer_limit: _ } = self;
        f.debug_struct("StorageRequest")
            .field("name", name)
            .field("method", request.method())
            .field("path", &request.uri().path())
            .field("payload", payload)
            .finish()
    }
}

/// What an [`StorageRequest`] came to.
#[derive(Debug)]
#[non_exhaustive]
pub enum StorageOutcome {
    /// The storage answered.
    Answer(StorageAnswer),
    /// No answer came.
    Fault(Fault),
}

/// A storage's answer. `Debug` shows nothing of its headers and body, in which a storage may repeat what was
/// signed.
#[non_exhaustive]
pub struct StorageAnswer {
    /// Its status, headers and the beginning of its body.
    pub response: http::Response<Bytes>,
    /// The checksum of the file's bytes, where all of them had been handed to the connection when the answer
    /// came.
    pub digest: Option<Digest>,
}

impl StorageAnswer {
    /// An answer, and the checksum of what was sent.
    #[must_use]
    pub const fn new(response: http::Response<Bytes>, digest: Option<Digest>) -> Self {
        Self { response, digest }
    }
}

impl fmt::Debug for StorageAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StorageAnswer({}, {} bytes)", self.response.status(), self.response.body().len())
    }
}

/// An uploaded file.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Uploaded {
    /// Polyv's id of the video, or QingCloud's of the media.
    pub id: String,
    /// Where it plays; `None` while there is no address yet. Polyv has one when the video is transcoded.
    pub play_url: Option<String>,
    /// Whether an earlier run had uploaded it, so that nothing was sent now.
    pub already: bool,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::qingcloud::upload::CommitStatus;

    #[test]
    fn what_settles_an_upload() {
        for (question, settles) in [
            (ApiCall::Commit(CommitUpload::new("7", CommitStatus::Created)), true),
            (ApiCall::Media(GetMedia::new("7")), false),
            (ApiCall::Search(SearchMedia::new()), true),
        ] {
            assert_eq!(question.settles(), settles, "{}", question.info().id);
        }
    }
}
