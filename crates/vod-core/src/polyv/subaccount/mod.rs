//! The videos and categories of the account as one of its sub-accounts sees them.
//!
//! These calls are made with a sub-account's `appId` and its own secret key
//! ([`Credentials::with_sub_account`](crate::polyv::Credentials::with_sub_account)); the main account's key
//! is not used. Only sub-accounts with the role content distribution (内容分发) have an `appId`. The key
//! itself is never sent, though the provider's Java client puts it into every request.
//!
//! A refusal has one of these codes, beside those that an operation names:
//!
//! | code | means |
//! | --- | --- |
//! | 100 | the request's time is more than three minutes off |
//! | 101 | no such `appId` |
//! | 102 | no such sub-account |
//! | 103 | the sub-account has expired |
//! | 104 | the signature is wrong |
//! | 105 | the sub-account may not do this |

mod categories;
mod token;
mod videos;

pub use categories::*;
pub use token::*;
pub use videos::*;

use crate::operation::Entry;

/// The operations of this area.
pub(crate) const OPERATIONS: &[Entry] = &[
    Entry::of::<ListVideos>(),
    Entry::of::<GetVideos>(),
    Entry::of::<UpdateVideo>(),
    Entry::of::<MoveVideos>(),
    Entry::of::<DeleteVideo>(),
    Entry::of::<GetTemporaryUrl>(),
    Entry::of::<CreateCategory>(),
    Entry::of::<GetCategory>(),
    Entry::of::<RenameCategory>(),
    Entry::of::<UpdateCategoryProfile>(),
    Entry::of::<DeleteCategory>(),
    Entry::of::<CreatePlayToken>(),
];
