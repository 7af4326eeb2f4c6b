//! The account itself.

use crate::operation::Entry;
use crate::time::Date;
use crate::{Answer, Operation};

/// The operations of this area.
pub(crate) const OPERATIONS: &[Entry] = &[Entry::of::<GetUsage>()];

/// Get the account's storage and traffic of one day: what is paid for, what is used, and the number of
/// videos.
// One page of the reference has GET with a query, another POST with a form; GET is sent, as it only reads.
#[derive(Clone, Debug, Operation)]
#[operation(
    id = "polyv.account.usage",
    method = Get,
    path = "/v2/user/{userid}/main",
    encoding = Query,
    auth = Sha1,
    effect = Read,
    output = Usage,
    reference = "https://polyv.gitbook.io/document/docs/vod/api/account/get_account_space_flow"
)]
#[non_exhaustive]
pub struct GetUsage {
    /// The day, in Beijing time.
    // The provider's Java client leaves it optional; the newest page requires it.
    #[field(wire = "date")]
    pub day: Date,
}

/// Storage and traffic.
#[derive(Clone, Debug, Answer)]
#[non_exhaustive]
pub struct Usage {
    /// Videos in the account.
    #[answer(wire = "videoCount")]
    pub video_count: Option<u64>,
    /// Traffic that is paid for, in bytes.
    #[answer(wire = "totalFlow")]
    pub total_traffic_bytes: Option<u64>,
    /// Traffic used, in bytes.
    #[answer(wire = "usedFlow")]
    pub used_traffic_bytes: Option<u64>,
    /// Storage that is paid for, in bytes.
    #[answer(wire = "totalSpace")]
    pub total_storage_bytes: Option<u64>,
    /// Storage used, in bytes.
    #[answer(wire = "usedSpace")]
    pub used_storage_bytes: Option<u64>,
    /// The account's id.
    #[answer(wire = "userId", alias = "userid")]
    pub user_id: Option<String>,
    /// The account's mail address.
    pub email: Option<String>,
}
