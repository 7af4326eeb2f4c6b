//! The steps that an upload asks of its driver, and the results that the driver returns.

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

/// Ties a result to its step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StepId(pub(super) u32);

/// What to do next. Exhaustive on purpose: a driver that does not know a step cannot proceed. `Debug` shows
/// no secret.
#[derive(Debug)]
pub enum UploadStep {
    /// Write this checkpoint durably, or remove the checkpoint if it is `None`; then call
    /// [`Upload::saved`](super::Upload::saved). A driver without checkpoints reports success at once.
    Save(Option<String>),
    /// Take the fingerprint of the file at its path again, and report it with
    /// [`Upload::looked`](super::Upload::looked).
    Look(StepId),
    /// Compute a checksum over a byte range of the file, and report it with
    /// [`Upload::digested`](super::Upload::digested).
    Digest(StepId, ByteRange, DigestKind),
    /// Send this call, and report its result with [`Upload::answered`](super::Upload::answered).
    Ask(StepId, ApiCall),
    /// Send this to the storage, and report the outcome with [`Upload::sent`](super::Upload::sent).
    Send(StepId, StorageRequest),
    /// The upload needs a transfer slot. As soon as there is one, call [`Upload::take`](super::Upload::take);
    /// at once if this upload [holds](Take::Hold) one. Until then do as for [`Wait`](Self::Wait) without a
    /// time.
    Slot,
    /// Nothing to do until a step under way ends, or until this time is over, if there is one.
    Wait(Option<Duration>),
    /// The file is uploaded.
    Done(Uploaded),
    /// The upload is aborted: nothing of it is left at the provider.
    Aborted,
    /// This run of the upload has failed. Steps under way may be dropped.
    Failed(Error),
}

/// What to do with a transfer slot. Exhaustive on purpose, as [`UploadStep`] is.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "it is taken apart where it is made")]
pub enum Take {
    /// Send this request, which carries bytes of the file. When it ends, release the slot and report the
    /// outcome with [`Upload::sent`](super::Upload::sent).
    Send(StepId, StorageRequest),
    /// Keep the slot for the next [`UploadStep::Slot`] of this upload, or until the upload is over.
    Hold,
    /// Release the slot: it is not needed now.
    Nothing,
}

/// A range of bytes of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ByteRange {
    /// The offset of its first byte.
    pub offset: u64,
    /// Its length in bytes.
    pub length: u64,
}

impl ByteRange {
    /// `length` bytes from `offset` on.
    #[must_use]
    pub const fn new(offset: u64, length: u64) -> Self {
        Self { offset, length }
    }
}

/// A call of the provider's API that an upload needs.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum ApiCall {
    /// Begins or resumes an upload to Polyv.
    Init(InitUpload),
    /// Gets new temporary keys for Polyv's storage.
    Token(RefreshUploadToken),
    /// Gets the video from Polyv.
    Video(GetVideo),
    /// Begins an upload to QingCloud.
    Apply(ApplyUpload),
    /// Reports to QingCloud how the upload of a media ended.
    Commit(CommitUpload),
    /// Gets the media from QingCloud.
    Media(GetMedia),
    /// Searches QingCloud's media by title.
    Search(SearchMedia),
}

impl ApiCall {
    /// The facts about its operation.
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

    /// Whether this call cleans up: it reports how an upload ended, or finds what an abandoned one left at
    /// the provider. Cancelling the upload does not interrupt it.
    #[must_use]
    pub const fn settles(&self) -> bool {
        matches!(self, Self::Commit(_) | Self::Search(_))
    }

    /// The call to send.
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

/// The typed output of a call.
pub(super) fn output<O: Operation>(result: Result<Answered, Error>) -> Result<O::Output, Error> {
    Ok(result?.typed::<O::Output>(O::INFO)?.into_output())
}

/// The answer to a call lacks what the upload needs.
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
    /// Its name in errors and logs.
    pub name: &'static str,
    /// Method, complete URL and headers, [`Content-Length`](http::header::CONTENT_LENGTH) among them if it
    /// has a body.
    pub request: http::Request<()>,
    /// Its body.
    pub payload: StorageBody,
    /// How many bytes of the response's body are read at most. The rest is dropped.
    pub answer_limit: usize,
}

/// The body of a [`StorageRequest`]. Exhaustive on purpose, as [`UploadStep`] is.
#[derive(Clone, Debug)]
pub enum StorageBody {
    /// These bytes, possibly none.
    Bytes(Bytes),
    /// A range of the file, with a checksum computed over the bytes that are sent. Its timeout is for a
    /// stall, not for the whole transfer.
    File(ByteRange, DigestKind),
}

impl StorageBody {
    /// How many bytes of the file it carries.
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

/// The outcome of a [`StorageRequest`].
#[derive(Debug)]
#[non_exhaustive]
pub enum StorageOutcome {
    /// The storage answered.
    Answer(StorageAnswer),
    /// There was no answer.
    Fault(Fault),
}

/// A storage's answer. `Debug` hides headers and body, in which a storage may repeat what was signed.
#[non_exhaustive]
pub struct StorageAnswer {
    /// Status, headers and the beginning of the body.
    pub response: http::Response<Bytes>,
    /// The checksum of the file's bytes, if all of them had been sent when the answer came.
    pub digest: Option<Digest>,
}

impl StorageAnswer {
    /// An answer, with the checksum of what was sent.
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
    /// Polyv's video id or QingCloud's media id.
    pub id: String,
    /// The URL that it plays at; `None` while there is none. Polyv has one once the video is transcoded.
    pub play_url: Option<String>,
    /// Whether an earlier run had uploaded it: nothing was sent now.
    pub already: bool,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::qingcloud::upload::CommitStatus;

    #[test]
    fn calls_that_clean_up() {
        for (call, settles) in [
            (ApiCall::Commit(CommitUpload::new("7", CommitStatus::Created)), true),
            (ApiCall::Media(GetMedia::new("7")), false),
            (ApiCall::Search(SearchMedia::new()), true),
        ] {
            assert_eq!(call.settles(), settles, "{}", call.info().id);
        }
    }
}
