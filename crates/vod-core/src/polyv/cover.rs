//! Cover images.

use super::types::check_file_type;
use crate::error::Reason;
use crate::operation::Entry;
use crate::operation::KnownError;
use crate::polyv::{CategoryId, VideoId};
use crate::schema::limits::{Rule, Violation};
use crate::schema::value::{Value, Values};
use crate::wire::answer::Done;
use crate::{Answer, FileSource, Operation};

/// The operations of this area.
pub(crate) const OPERATIONS: &[Entry] =
    &[Entry::of::<SetCover>(), Entry::of::<UploadCoverLegacy>(), Entry::of::<SetCoverUrlLegacy>()];

/// Set the cover image of videos, or of categories.
///
/// Give videos or categories, and one image: a file, a URL, or Base64. The provider takes the first of these
/// that is there and passes over the others in silence, so two at once are refused here. A file is never
/// signed.
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
    check = one_target_and_one_image,
    reference = "https://polyv.gitbook.io/document/docs/vod/api/video-management/poster/upload_poster"
)]
#[non_exhaustive]
pub struct SetCover {
    // The newest page marks vids as required and says all the same that cateIds counts where it is missing.
    /// The videos.
    #[field(min_items = 1)]
    pub vids: Option<Vec<VideoId>>,
    /// The categories, where no videos are given.
    #[field(wire = "cateIds", min_items = 1)]
    pub category_ids: Option<Vec<CategoryId>>,
    /// The image: a PNG, JPEG, GIF or BMP of at most 5 MB.
    #[field(wire = "imageFile", max_file_bytes = 5_242_880)]
    pub image_file: Option<FileSource>,
    /// The image's URL, http or https.
    #[field(wire = "imageUrl", http_url)]
    pub image_url: Option<String>,
    /// The image in Base64 behind its type: `data:image/png;base64,iVBORw…`.
    #[field(wire = "imageBase64")]
    pub image_base64: Option<String>,
}

fn given(values: &Values<'_>, wire: &str) -> bool {
    match values.get(wire) {
        // A blank text is not sent.
        Some(Value::Text(text)) => !text.trim().is_empty(),
        other => other.is_some(),
    }
}

/// Videos or categories: the provider takes the videos where both are given.
fn one_target(
    values: &Values<'_>,
    videos: &'static str,
    categories: &'static str,
    rules: [&'static str; 2],
    found: &mut Vec<Violation>,
) {
    let [missing, both] = rules;
    match (given(values, videos), given(values, categories)) {
        (false, false) => found.push(Violation::new(videos, Rule::Other(missing), "missing")),
        (true, true) => found.push(Violation::new(categories, Rule::Other(both), "given too")),
        _ => {}
    }
}

fn one_target_and_one_image(values: &Values<'_>, found: &mut Vec<Violation>) {
    one_target(
        values,
        "vids",
        "cateIds",
        ["required, or cateIds", "must not stand beside vids, which would win"],
        found,
    );
    let mut images = ["imageFile", "imageUrl", "imageBase64"].into_iter().filter(|wire| given(values, wire));
    match images.next() {
        None => found.push(Violation::new(
            "imageFile",
            Rule::Other("required, or imageUrl, or imageBase64"),
            "missing",
        )),
        Some(_) => found.extend(images.map(|wire| {
            Violation::new(
                wire,
                Rule::Other("one image only: the first of imageFile, imageUrl, imageBase64 would win"),
                "given too",
            )
        })),
    }
    check_file_type(values, "imageFile", IMAGES, "a file named .png, .jpg, .jpeg, .gif or .bmp", found);
    if let Some(Value::Text(image)) = values.get("imageBase64")
        && !image.trim().is_empty()
        && !image.starts_with("data:image/")
    {
        found.push(Violation::new(
            "imageBase64",
            Rule::Other("must begin with its type, such as data:image/png;base64,"),
            format!("{} characters", image.chars().count()),
        ));
    }
}

const IMAGES: &[&str] = &["png", "jpg", "jpeg", "gif", "bmp"];

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
/// answers the image's URLs.
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
    check = one_target_of_the_old_calls,
    reference = "The documentation of the provider's Java client 1.1.4, uploadService, section 4; there is no page of its own"
)]
#[non_exhaustive]
pub struct UploadCoverLegacy {
    /// The videos.
    #[field(min_items = 1)]
    pub vids: Option<Vec<VideoId>>,
    /// The categories, where no videos are given.
    #[field(wire = "cataids", min_items = 1)]
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
    check = one_target_and_a_plain_url,
    errors = URL_ERRORS,
    reference = "https://dev.polyv.net/2018/videoproduct/v-api/v-api-upload/uploadcoverimageurl/"
)]
#[non_exhaustive]
pub struct SetCoverUrlLegacy {
    /// The videos.
    #[field(min_items = 1)]
    pub vids: Option<Vec<VideoId>>,
    /// The categories, where no videos are given.
    #[field(wire = "cataids", min_items = 1)]
    pub category_ids: Option<Vec<CategoryId>>,
    /// The image's URL. Plain http: this call does not fetch by https.
    #[field(wire = "fileUrl", http_url)]
    pub url: String,
}

const URL_ERRORS: &[KnownError] = &[
    KnownError { code: 412, message: "vids不能为空.", reason: Reason::Field },
    KnownError { code: 413, message: "上传失败.", reason: Reason::Internal },
    KnownError { code: 500, message: "上传失败,请查看日志.", reason: Reason::Internal },
];

fn one_target_of_the_old_calls(values: &Values<'_>, found: &mut Vec<Violation>) {
    one_target(
        values,
        "vids",
        "cataids",
        ["required, or cataids", "must not stand beside vids, which would win"],
        found,
    );
}

fn one_target_and_a_plain_url(values: &Values<'_>, found: &mut Vec<Violation>) {
    one_target_of_the_old_calls(values, found);
    if matches!(values.get("fileUrl"), Some(Value::Text(url)) if url.get(..8).is_some_and(|scheme| scheme.eq_ignore_ascii_case("https://")))
    {
        found.push(Violation::new(
            "fileUrl",
            Rule::Other("plain http: this call does not fetch by https"),
            "scheme https",
        ));
    }
}
