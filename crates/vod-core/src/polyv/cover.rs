//! Cover images.

use crate::error::Reason;
use crate::operation::Entry;
use crate::operation::KnownError;
use crate::polyv::{CategoryId, VideoId};
use crate::schema::limits::Form;
use crate::wire::answer::Done;
use crate::{Answer, FileSource, Operation};

/// The operations of this area.
pub(crate) const OPERATIONS: &[Entry] =
    &[Entry::of::<SetCover>(), Entry::of::<UploadCoverLegacy>(), Entry::of::<SetCoverUrlLegacy>()];

/// Set the cover image of videos, or of categories.
///
/// Give videos or categories, and one image: a file, a URL, or Base64. The provider takes the first one that
/// is present and silently ignores the others, so two at once are refused here. A file is never signed.
///
/// ```
/// use vod_core::polyv::cover::SetCover;
/// use vod_core::{FileSource, Operation};
///
/// let cover = SetCover::new().with_vids(["d41c0b6f2a7f3c90b6a1d2e45f8c0b21_d"]).with_image_file(FileSource::path("covers/01.png"));
/// cover.check()?;
/// # Ok::<(), vod_core::Error>(())
/// ```
#[derive(Clone, Debug, Operation)]
#[operation(
    id = "polyv.cover.set",
    alias = "polyv.upload.cover",
    method = Post,
    path = "/v2/video/upload-cover-image",
    encoding = Multipart,
    auth = Sha1,
    effect = Idempotent,
    account = "userid",
    output = CoverImage,
    reference = "https://polyv.gitbook.io/document/docs/vod/api/video-management/poster/upload_poster"
)]
#[non_exhaustive]
pub struct SetCover {
    // The newest page marks vids as required, and also says that cateIds is used without it.
    /// The videos.
    #[field(min_items = 1, or("cateIds"))]
    pub vids: Option<Vec<VideoId>>,
    /// The categories, where no videos are given.
    #[field(wire = "cateIds", min_items = 1, not_with("vids"))]
    pub category_ids: Option<Vec<CategoryId>>,
    /// The image: a PNG, JPEG, GIF or BMP of at most 5 MB.
    #[field(
        wire = "imageFile",
        max_file_bytes = 5_242_880,
        file_type("png", "jpg", "jpeg", "gif", "bmp"),
        or("imageUrl", "imageBase64")
    )]
    pub image_file: Option<FileSource>,
    /// The image's URL, http or https.
    #[field(wire = "imageUrl", http_url, not_with("imageFile"))]
    pub image_url: Option<String>,
    /// The image in Base64 with its type in front: `data:image/png;base64,iVBORw…`.
    #[field(wire = "imageBase64", form = DATA_URL, not_with("imageFile", "imageUrl"))]
    pub image_base64: Option<String>,
}

/// The image's type stands before it.
const DATA_URL: Form = Form {
    words: "Base64 behind its type, such as data:image/png;base64,…",
    pattern: "^data:image/",
    holds: |text| text.starts_with("data:image/"),
};

/// A cover image.
#[derive(Clone, Debug, Answer)]
#[non_exhaustive]
pub struct CoverImage {
    /// URL of the small image.
    #[answer(wire = "imageUrlSmall")]
    pub small: Option<String>,
    /// URL of the large image.
    #[answer(wire = "imageUrlBig")]
    pub large: Option<String>,
}

/// Set a local image as the cover of videos, or of categories. The older call: [`SetCover`] does the same and
/// returns the image's URLs.
#[derive(Clone, Debug, Operation)]
#[operation(
    id = "polyv.cover.upload_legacy",
    alias = "polyv.upload.cover_image",
    superseded_by = "polyv.cover.set",
    method = Post,
    path = "/v2/video/{userid}/uploadCoverImage",
    encoding = Multipart,
    auth = Sha1,
    effect = Idempotent,
    output = Done,
    reference = "The documentation of the provider's Java client 1.1.4, uploadService, section 4; there is no page of its own"
)]
#[non_exhaustive]
pub struct UploadCoverLegacy {
    /// The videos.
    #[field(min_items = 1, or("cataids"))]
    pub vids: Option<Vec<VideoId>>,
    /// The categories, where no videos are given.
    #[field(wire = "cataids", min_items = 1, not_with("vids"))]
    pub category_ids: Option<Vec<CategoryId>>,
    /// The image.
    pub image: FileSource,
}

/// Set an image by its URL as the cover of videos, or of categories. The older call: [`SetCover`] does the
/// same, also by https.
#[derive(Clone, Debug, Operation)]
#[operation(
    id = "polyv.cover.set_url_legacy",
    alias = "polyv.upload.cover_image_url",
    superseded_by = "polyv.cover.set",
    method = Post,
    path = "/v2/video/{userid}/uploadCoverImageUrl",
    encoding = Form,
    auth = Sha1,
    effect = Idempotent,
    output = Done,
    errors = URL_ERRORS,
    reference = "https://dev.polyv.net/2018/videoproduct/v-api/v-api-upload/uploadcoverimageurl/"
)]
#[non_exhaustive]
pub struct SetCoverUrlLegacy {
    /// The videos.
    #[field(min_items = 1, or("cataids"))]
    pub vids: Option<Vec<VideoId>>,
    /// The categories, where no videos are given.
    #[field(wire = "cataids", min_items = 1, not_with("vids"))]
    pub category_ids: Option<Vec<CategoryId>>,
    /// The image's URL. Plain http: this call does not fetch by https.
    #[field(wire = "fileUrl", http_url, form = PLAIN_HTTP)]
    pub url: String,
}

const URL_ERRORS: &[KnownError] = &[
    KnownError { code: 412, message: "vids不能为空.", reason: Reason::Field },
    KnownError { code: 413, message: "上传失败.", reason: Reason::Internal },
    KnownError { code: 500, message: "上传失败,请查看日志.", reason: Reason::Internal },
];

/// This call does not fetch by https.
const PLAIN_HTTP: Form = Form {
    words: "a plain http URL (this call does not fetch by https)",
    pattern: "^[Hh][Tt][Tt][Pp]:",
    holds: |text| !text.get(..8).is_some_and(|scheme| scheme.eq_ignore_ascii_case("https://")),
};
