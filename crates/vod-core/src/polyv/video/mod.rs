//! Videos: finding, reading, changing and deleting them.

mod edit;
mod get;
mod list;
mod search;
mod settings;
mod sizes;

pub use edit::*;
pub use get::*;
pub use list::*;
pub use search::*;
pub use settings::*;
pub use sizes::*;

use crate::operation::Entry;

/// The operations of this area.
pub(crate) const OPERATIONS: &[Entry] = &[
    Entry::of::<GetVideo>(),
    Entry::of::<GetVideos>(),
    Entry::of::<SearchVideos>(),
    Entry::of::<SearchVideosByText>(),
    Entry::of::<ListByPlayAuth>(),
    Entry::of::<ListByUploader>(),
    Entry::of::<ListNewest>(),
    Entry::of::<ListMostPlayed>(),
    Entry::of::<ListDeleted>(),
    Entry::of::<ListRejected>(),
    Entry::of::<GetSizes>(),
    Entry::of::<GetSizesByCategory>(),
    Entry::of::<GetPlayCounts>(),
    Entry::of::<GetCover>(),
    Entry::of::<GetPassword>(),
    Entry::of::<GetPlayAuth>(),
    Entry::of::<GetPreviewDuration>(),
    Entry::of::<GetWechatShare>(),
    Entry::of::<UpdateVideo>(),
    Entry::of::<SetPlayAuth>(),
    Entry::of::<SetHlsLevel>(),
    Entry::of::<SetPreviewDuration>(),
    Entry::of::<SetForbidden>(),
    Entry::of::<SetPassword>(),
    Entry::of::<MoveVideos>(),
    Entry::of::<RecoverVideos>(),
    Entry::of::<DeleteVideos>(),
    Entry::of::<DeleteVideo>(),
    Entry::of::<ApproveVideo>(),
];
