//! What goes wrong, when, and how: a plan that is plain data and deterministic for a seed.

pub(crate) mod disturb;
mod plan;

pub use plan::{FaultPlan, FaultPlanError, FaultRule};

pub(crate) use plan::{FETCH, FaultState, VIDEO};

use serde::{Deserialize, Serialize};

/// One kind of fault. In JSON an object with its `kind` in snake case: `{"kind": "latency", "millis": 200}`.
///
/// Each kind says whether the work was done, so that a test never has to guess. Some kinds apply only to
/// callbacks or to the storages, as they say; of the others only latency and skew apply to callbacks. A late
/// callback keeps its place, so later ones about the same video are late too.
// The braces make serde reject unknown members, which it would ignore for unit variants.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Fault {
    /// The answer is correct but late. The work is done first.
    Latency {
        /// Delay in milliseconds.
        millis: u64,
    },
    /// The provider refuses, with an error in its usual shape. The work is not done.
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
    /// The body ends after this many bytes although its `content-length` announced all. The work is done.
    Truncate {
        /// Bytes that are sent.
        bytes: usize,
    },
    /// The body ends after this many bytes, and `content-length` says so: well-formed HTTP, broken JSON. The
    /// work is done.
    TruncateJson {
        /// Bytes that are sent.
        bytes: usize,
    },
    /// About one byte in eight of the body is replaced. The work is done.
    Garble {},
    /// A gateway's HTML page instead of the answer. The work is not done.
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
    /// A well-formed answer whose data is a text of this many bytes, streamed. The work is done.
    Huge {
        /// Length of the text in bytes.
        bytes: u64,
    },
    /// The answer in another character encoding, named in its `content-type`. The work is done.
    Charset {
        /// The encoding.
        encoding: Charset,
    },
    /// From now on the server's clock is off by this much. The work is done by the new clock.
    Skew {
        /// Milliseconds; positive is ahead of the real time.
        millis: i64,
    },
    /// A plain HTTP error, as from a load balancer. The work is not done.
    Status {
        /// HTTP status, 400 to 599.
        code: u16,
        /// Seconds in the `retry-after` header, which is omitted without it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retry_after: Option<u64>,
    },
    /// The connection is closed after this many bytes of the request's body. The work is not done. Only for
    /// files sent to a storage.
    ResetDuring {
        /// Bytes of the body that are read.
        bytes: u64,
    },
    /// The first byte of the file is stored wrong, and the checksums in the answer are those of the wrong
    /// bytes. The work is done. Only for files sent to a storage.
    Corrupt {},
    /// The CRC-64 in the answer is wrong although the bytes are right. The work is done. Only for
    /// `polyv.oss.part`, `put`, `complete` and `head`.
    WrongCrc {},
    /// The keys of the request count as expired from now on. The work is not done. Only for `polyv.oss`.
    ExpiredToken {},
    /// The provider does not answer the storage, which keeps the object and responds with 203: there is no
    /// video. Only for `polyv.oss.complete` and `put`.
    CallbackFailed {},
    /// A new video appears in lists only after this long, by the emulator's clock; it exists from the start,
    /// and calls with its id find it. Only for `video`.
    ShownLate {
        /// Seconds; with `up_to` the shortest delay.
        seconds: u32,
        /// The longest delay in seconds: each video's is drawn from the seed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        up_to: Option<u32>,
    },
    /// A callback is sent twice, the second time after the first was answered. Only for callbacks.
    Twice {},
    /// A callback is held back until the provider's next one was sent; it waits forever if there is none.
    /// Only for callbacks.
    OutOfOrder {},
    /// A callback is not sent at all. Only for callbacks.
    Lost {},
    /// A callback's signature is wrong. Only for callbacks.
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
            Self::ShownLate { .. } => "shown_late",
            Self::Twice {} => "twice",
            Self::OutOfOrder {} => "out_of_order",
            Self::Lost {} => "lost",
            Self::WrongSignature {} => "wrong_signature",
        }
    }

    /// Its effect on a download: how many milliseconds it is late, or why it fails. A skew has moved the
    /// clock already.
    pub(crate) fn of_download(self) -> Result<u64, String> {
        match self {
            Self::Skew { .. } => Ok(0),
            Self::Latency { millis } => Ok(millis),
            Self::Refuse { message, .. } => Err(message),
            fault => Err(format!("fault: {}", fault.kind())),
        }
    }

    /// Whether it applies only to callbacks.
    pub(crate) fn is_of_callbacks(&self) -> bool {
        matches!(self, Self::Twice {} | Self::OutOfOrder {} | Self::Lost {} | Self::WrongSignature {})
    }

    /// The operations that it applies to, for faults that do not apply to all. `*` means these then.
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

    /// Whether the operation is executed although the answer is disturbed.
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
    /// or the last byte if there is none, becomes the byte FF.
    Invalid,
}
