//! What goes wrong, when, and how: a plan that is plain data, and deterministic given its seed.

pub(crate) mod disturb;
mod plan;

pub use plan::{FaultPlan, FaultPlanError, FaultRule};

pub(crate) use plan::FaultState;

use serde::{Deserialize, Serialize};

/// One kind of trouble. In JSON an object with its `kind` in snake case:
/// `{"kind": "latency", "millis": 200}`.
///
/// Whether the work was done before the trouble is part of each kind, as a client must never have to guess it
/// in a test. Those that say so concern callbacks or the storages only; of the others only a latency and a
/// skew do: a callback that is late keeps its place, so that those behind it about the same video are late
/// too.
// The braces of the empty variants make serde refuse unknown members in them; it would pass over those of
// unit variants.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Fault {
    /// The answer is right but late. The work is done first.
    Latency {
        /// Delay in milliseconds.
        millis: u64,
    },
    /// The provider says no, in the shape its errors have. The work is not done.
    Refuse {
        /// Polyv's envelope code, or QingCloud's `ret_code`.
        code: i64,
        /// The message.
        message: String,
    },
    /// Polyv blocks the caller's address for five minutes of its clock. The work is not done.
    Block {},
    /// The connection is closed without an answer. The work is not done.
    ResetBefore {},
    /// The connection is closed without an answer. The work **is** done.
    ResetAfter {},
    /// The body stops after so many bytes although its `content-length` promised all. The work is done.
    Truncate {
        /// Bytes that are still sent.
        bytes: usize,
    },
    /// The body stops after so many bytes, and `content-length` says so: well-formed HTTP, broken JSON. The
    /// work is done.
    TruncateJson {
        /// Bytes that are sent.
        bytes: usize,
    },
    /// About one byte in eight of the body is replaced. The work is done.
    Garble {},
    /// A gateway's HTML page in place of the answer. The work is not done.
    Html {
        /// HTTP status of the page; gateways do send 200.
        status: u16,
    },
    /// The answer's status and headers with an empty body. The work is done.
    Empty {},
    /// Every leaf of the answer's data has another JSON type than documented. The work is done.
    WrongTypes {},
    /// Every leaf of the answer's data is null. The work is done.
    Nulls {},
    /// A well-formed answer whose data is one text of this many bytes, streamed. The work is done.
    Huge {
        /// Length of the text in bytes.
        bytes: u64,
    },
    /// The answer in another character encoding, named in its `content-type`. The work is done.
    Charset {
        /// The encoding.
        encoding: Charset,
    },
    /// The server's clock is off by this much from now on. The work is done by the new clock.
    Skew {
        /// Milliseconds; positive is ahead of the real time.
        millis: i64,
    },
    /// A plain HTTP error, as from a load balancer. The work is not done.
    Status {
        /// HTTP status, 400 to 599.
        code: u16,
        /// Seconds of the `retry-after` header, which is left out without it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retry_after: Option<u64>,
    },
    /// The connection is closed when so many bytes of the request's body have come. The work is not done.
    /// Files on their way to a storage only.
    ResetDuring {
        /// Bytes of the body that are read.
        bytes: u64,
    },
    /// The first byte of the file is stored wrong, and the sums in the answer are those of the wrong bytes.
    /// The work is done. Files on their way to a storage only.
    Corrupt {},
    /// The sum in the answer, CRC-64, is wrong although the bytes are right. The work is done.
    /// `polyv.oss.part`, `put`, `complete` and `head` only.
    WrongCrc {},
    /// The keys that the request is signed with count as expired from now on. The work is not done.
    /// `polyv.oss` only.
    ExpiredToken {},
    /// The provider does not answer the storage, which keeps the object and says 203: there is no video.
    /// `polyv.oss.complete` and `put` only.
    CallbackFailed {},
    /// A callback is sent twice, the second time when the first one was answered. Callbacks only.
    Twice {},
    /// A callback is held back until the provider's next one has gone before it; it stays where it is when
    /// none follows. Callbacks only.
    OutOfOrder {},
    /// A callback is not sent at all. Callbacks only.
    Lost {},
    /// A callback's signature does not fit. Callbacks only.
    WrongSignature {},
}

impl Fault {
    /// The name of the kind, as in JSON.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Latency { .. } => "latency",
            Self::Refuse { .. } => "refuse",
            Self::Block {} => "block",
            Self::ResetBefore {} => "reset_before",
            Self::ResetAfter {} => "reset_after",
            Self::Truncate { .. } => "truncate",
            Self::TruncateJson { .. } => "truncate_json",
            Self::Garble {} => "garble",
            Self::Html { .. } => "html",
            Self::Empty {} => "empty",
            Self::WrongTypes {} => "wrong_types",
            Self::Nulls {} => "nulls",
            Self::Huge { .. } => "huge",
            Self::Charset { .. } => "charset",
            Self::Skew { .. } => "skew",
            Self::Status { .. } => "status",
            Self::ResetDuring { .. } => "reset_during",
            Self::Corrupt {} => "corrupt",
            Self::WrongCrc {} => "wrong_crc",
            Self::ExpiredToken {} => "expired_token",
            Self::CallbackFailed {} => "callback_failed",
            Self::Twice {} => "twice",
            Self::OutOfOrder {} => "out_of_order",
            Self::Lost {} => "lost",
            Self::WrongSignature {} => "wrong_signature",
        }
    }

    /// True for what happens to callbacks and to nothing else.
    pub(crate) fn is_of_callbacks(&self) -> bool {
        matches!(self, Self::Twice {} | Self::OutOfOrder {} | Self::Lost {} | Self::WrongSignature {})
    }

    /// The operations that this happens to, for the faults that do not happen to all. `*` stands for these
    /// then.
    pub(crate) fn concerned(&self) -> Option<&'static [&'static str]> {
        match self {
            Self::ResetDuring { .. } | Self::Corrupt {} => {
                Some(&["polyv.oss.part", "polyv.oss.put", "qingcloud.put"])
            }
            Self::WrongCrc {} => {
                Some(&["polyv.oss.part", "polyv.oss.put", "polyv.oss.complete", "polyv.oss.head"])
            }
            Self::ExpiredToken {} => Some(plan::POLYV_STORAGE),
            Self::CallbackFailed {} => Some(&["polyv.oss.put", "polyv.oss.complete"]),
            _ => None,
        }
    }

    /// True when the operation is carried out although the answer suffers.
    #[must_use]
    pub fn work_is_done(&self) -> bool {
        !matches!(
            self,
            Self::Refuse { .. }
                | Self::Block {}
                | Self::ResetBefore {}
                | Self::Html { .. }
                | Self::Status { .. }
        ) && !matches!(self, Self::ResetDuring { .. } | Self::ExpiredToken {})
    }
}

/// A character encoding that is not UTF-8.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Charset {
    /// GBK, with `charset=gbk` in the `content-type`.
    Gbk,
    /// Bytes that are not UTF-8 although the `content-type` says `charset=utf-8`: each non-ASCII character,
    /// or the last byte where there is none, becomes the byte FF.
    Invalid,
}
