//! Watermarks.

use super::upload::WatermarkLocation;
use crate::operation::Entry;
use crate::polyv::CategoryId;
use crate::{FileSource, Operation};

/// The operations of this area.
pub(crate) const OPERATIONS: &[Entry] = &[Entry::of::<SetWatermark>()];

/// Set the watermark of a category or of the account.
///
/// It applies to videos that are uploaded afterwards; existing videos keep theirs. Returns `true`.
///
/// ```
/// use vod_core::polyv::upload::WatermarkLocation;
/// use vod_core::polyv::watermark::SetWatermark;
/// use vod_core::{FileSource, Operation};
///
/// let mark = SetWatermark::new(FileSource::path("logo.png")).with_location(WatermarkLocation::BottomRight).with_shown(true);
/// mark.check()?;
/// # Ok::<(), vod_core::Error>(())
/// ```
#[derive(Clone, Debug, Operation)]
#[operation(
    id = "polyv.watermark.set",
    alias = "polyv.upload.watermark",
    method = Post,
    path = "/v2/video/{userid}/watermarkSetting",
    encoding = Multipart,
    auth = Sha1,
    effect = Idempotent,
    output = bool,
    reference = "https://polyv.gitbook.io/document/docs/vod/api/video-codec/watermark/upload_watermark"
)]
#[non_exhaustive]
pub struct SetWatermark {
    /// The watermark: a PNG, or an ASS script for a moving one. A PNG wider or higher than 256 pixels is
    /// scaled down.
    // The 256 pixels are not checked: the image is not read before it is sent.
    #[field(file_type("png", "ass"))]
    pub image: FileSource,
    /// A top-level category. Default: the account's watermark is set.
    #[field(wire = "cataid")]
    pub category_id: Option<CategoryId>,
    /// Where it goes. It has no effect on a moving one.
    // The older page gave 0 the meaning “not shown”; the newer one has watermarkShow for it.
    #[field(wire = "watermarkLocation")]
    pub location: Option<WatermarkLocation>,
    /// Whether it is shown. Default: hidden.
    #[field(wire = "watermarkShow", flag = ZeroOne)]
    pub shown: Option<bool>,
}
