//! Categories: the tree in which videos are kept.
//!
//! Every account has the category 1, [`CategoryId::DEFAULT`], the root of the tree, which holds all videos
//! without another category.

use crate::error::Reason;
use crate::operation::Entry;
use crate::operation::KnownError;
use crate::polyv::{CategoryId, HlsLevel};
use crate::{Answer, Operation};

/// The operations of this area.
pub(crate) const OPERATIONS: &[Entry] = &[
    Entry::of::<CreateCategory>(),
    Entry::of::<GetCategoryTree>(),
    Entry::of::<GetCategorySize>(),
    Entry::of::<GetCategoryStats>(),
    Entry::of::<RenameCategory>(),
    Entry::of::<UpdateCategoryProfile>(),
    Entry::of::<MoveCategory>(),
    Entry::of::<DeleteCategory>(),
];

/// Create a category below another one.
///
/// Sending it twice creates two categories of the same name.
///
/// ```
/// use vod_core::Operation;
/// use vod_core::polyv::CategoryId;
/// use vod_core::polyv::category::CreateCategory;
///
/// CreateCategory::new("高一物理", CategoryId::DEFAULT).check()?;
/// # Ok::<(), vod_core::Error>(())
/// ```
#[derive(Clone, Debug, Operation)]
#[operation(
    id = "polyv.category.create",
    method = Post,
    path = "/v2/video/{userid}/addCata",
    encoding = Form,
    auth = Sha1,
    effect = Once,
    output = CreatedCategory,
    reference = "https://polyv.gitbook.io/document/docs/vod/api/video-management/category/add_category"
)]
#[non_exhaustive]
pub struct CreateCategory {
    /// Its name, at most 40 characters.
    #[field(wire = "cataname", max_chars = 40)]
    pub name: String,
    /// The category above it; 1 is the root.
    #[field(wire = "parentid")]
    pub parent_id: CategoryId,
}

/// A category that was created.
#[derive(Clone, Debug, Answer)]
#[non_exhaustive]
pub struct CreatedCategory {
    /// Its id.
    #[answer(wire = "cataid")]
    pub id: CategoryId,
    /// The ids from the root to it, separated by commas.
    #[answer(wire = "catatree")]
    pub path: Option<String>,
}

/// Get the tree of categories, or the part below one category.
///
/// Each category comes with its subcategories.
// Only the time and the account's id are signed. A client of others signs `cataid` too where it is given;
// which of the two the provider checks is not known, so its own client is followed here. The page allows GET
// and POST; GET is sent, as it only reads.
#[derive(Clone, Debug, Operation)]
#[operation(
    id = "polyv.category.tree",
    method = Get,
    path = "/v2/video/{userid}/cataJson",
    encoding = Query,
    auth = Sha1,
    signed = ["ptime", "userid"],
    effect = Read,
    output = Vec<Category>,
    reference = "https://dev.polyv.net/2013/videoproduct/v-api/v-api-vmanage/v-api-vmanage-taxonomy/catajson/"
)]
#[non_exhaustive]
pub struct GetCategoryTree {
    /// The category whose tree is wanted. Default: the root.
    #[field(wire = "cataid")]
    pub category_id: Option<CategoryId>,
}

/// A category and those below it.
#[derive(Clone, Debug, Answer)]
#[non_exhaustive]
pub struct Category {
    /// Its name with the number of its videos: `高一 (5) `.
    #[answer(wire = "text")]
    pub label: Option<String>,
    /// Its name.
    #[answer(wire = "cataname")]
    pub name: Option<String>,
    /// The ids from the root to it, separated by commas.
    #[answer(wire = "catatree")]
    pub path: Option<String>,
    /// Its id; 1 is the root.
    #[answer(wire = "cataid")]
    pub id: CategoryId,
    /// The category above it; 0 for the root.
    #[answer(wire = "parentid")]
    pub parent_id: Option<CategoryId>,
    /// Videos in it and below it.
    #[answer(wire = "videos")]
    pub video_count: Option<u64>,
    /// The categories below it.
    #[answer(wire = "nodes")]
    pub children: Vec<Category>,
}

/// Get the storage that a category's videos use, in bytes.
///
/// [`GetCategoryStats`] also counts the videos and can include subcategories.
// One page has GET, the provider's own client posts a form; GET is sent, as it only reads.
#[derive(Clone, Debug, Operation)]
#[operation(
    id = "polyv.category.size",
    method = Get,
    path = "/v2/cata/size",
    encoding = Query,
    auth = Sha1,
    account = "userid",
    effect = Read,
    output = u64,
    errors = SIZE_ERRORS,
    reference = "https://polyv.gitbook.io/document/docs/vod/api/statistics/get_category_space_usage"
)]
#[non_exhaustive]
pub struct GetCategorySize {
    /// The category; 1 is the root.
    #[field(wire = "cataid")]
    pub category_id: CategoryId,
}

const SIZE_ERRORS: &[KnownError] = &[
    KnownError { code: 400, message: "userid is blank.", reason: Reason::Field },
    KnownError { code: 400, message: "cataid不存在.", reason: Reason::NotFound },
    KnownError { code: 400, message: "cataid格式不正确.", reason: Reason::Field },
    KnownError { code: 500, message: "获取失败.", reason: Reason::Internal },
];

/// Count the videos of a category, or of the whole account, and the storage they use.
///
/// The figures are 10 minutes behind.
#[derive(Clone, Debug, Operation)]
#[operation(
    id = "polyv.category.stats",
    method = Get,
    path = "/v2/cata/total-stats",
    encoding = Query,
    auth = Sha1,
    account = "userid",
    effect = Read,
    output = CategoryStats,
    errors = STATS_ERRORS,
    reference = "https://polyv.gitbook.io/document/docs/unclassified/2021/d7402eb45fa803433329834ca35dcc08"
)]
#[non_exhaustive]
pub struct GetCategoryStats {
    /// The category. Default: the whole account.
    #[field(wire = "cataid")]
    pub category_id: Option<CategoryId>,
    /// Whether subcategories count too.
    #[field(wire = "containSubCata")]
    pub include_subcategories: Option<bool>,
}

/// Videos and storage.
#[derive(Clone, Debug, Answer)]
#[non_exhaustive]
pub struct CategoryStats {
    /// Videos.
    #[answer(wire = "videoNum")]
    pub video_count: Option<u64>,
    /// The storage they use, in bytes.
    #[answer(wire = "usedSpace")]
    pub used_storage_bytes: Option<u64>,
}

const STATS_ERRORS: &[KnownError] =
    &[KnownError { code: 400, message: "illegal cataid", reason: Reason::Field }];

/// Rename a category.
///
/// Returns `true`.
#[derive(Clone, Debug, Operation)]
#[operation(
    id = "polyv.category.rename",
    method = Post,
    path = "/v2/video/{userid}/updateCata",
    encoding = Form,
    auth = Sha1,
    signed = ["cataid", "cataname", "ptime", "userid"],
    effect = Idempotent,
    output = bool,
    reference = "https://dev.polyv.net/2013/videoproduct/v-api/v-api-vmanage/v-api-vmanage-taxonomy/updatecata/"
)]
#[non_exhaustive]
pub struct RenameCategory {
    /// The category.
    #[field(wire = "cataid")]
    pub category_id: CategoryId,
    /// Its new name, at most 40 characters.
    // The reference states this limit for creating only. It is checked here too, since the provider stores
    // the same thing.
    #[field(wire = "cataname", max_chars = 40)]
    pub name: String,
}

/// Change the settings of a top-level category.
///
/// They apply to videos uploaded to it from then on. With [`keep_source`](Self::keep_source) on, encryption,
/// its level, screen recording mode and the audio file have no effect. Returns `true`.
#[derive(Clone, Debug, Operation)]
#[operation(
    id = "polyv.category.update_profile",
    method = Post,
    path = "/v2/video/{userid}/updateCataProfile",
    encoding = Form,
    auth = Sha1,
    effect = Idempotent,
    output = bool,
    reference = "https://polyv.gitbook.io/document/docs/vod/api/video-management/category/modify_category_setting"
)]
#[non_exhaustive]
pub struct UpdateCategoryProfile {
    /// The category, one of those right below the root.
    #[field(wire = "cataid")]
    pub category_id: CategoryId,
    /// Whether the category has settings of its own. Default: yes.
    #[field(wire = "isSettings", flag = YesNo)]
    pub own_settings: Option<bool>,
    /// Whether the source file itself is played. Default: off.
    #[field(wire = "keepSource", flag = ZeroOne)]
    pub keep_source: Option<bool>,
    /// Whether videos are encrypted. Default: off.
    // An old page calls it `adownload`; the provider's own client requires it, the newest page does not.
    #[field(flag = ZeroOne)]
    pub encrypt: Option<bool>,
    /// Who may play the streams on phones. Default: everybody.
    #[field(wire = "hlslevel")]
    pub hls_level: Option<HlsLevel>,
    /// Screen recording mode: encoding that suits recordings of a screen, such as slides. Default: off.
    #[field(wire = "isEdu", flag = ZeroOne)]
    pub screen_recording: Option<bool>,
    /// Whether an audio-only file is made too. Default: off. The account needs a permission for it.
    #[field(wire = "encode_aac", flag = ZeroOne)]
    pub encode_audio: Option<bool>,
    /// The player of the category's videos.
    #[field(wire = "playerId")]
    pub player_id: Option<String>,
}

/// Move a category below another one.
///
/// Returns `true`.
#[derive(Clone, Debug, Operation)]
#[operation(
    id = "polyv.category.move",
    method = Post,
    path = "/v2/cata/{userid}/change",
    encoding = Form,
    auth = Sha1,
    effect = Idempotent,
    output = bool,
    reference = "no page; VodMoveCategoryRequest of the provider's Java SDK 1.1.4"
)]
#[non_exhaustive]
pub struct MoveCategory {
    /// The category to move.
    #[field(wire = "cataid")]
    pub category_id: CategoryId,
    /// The new parent category; 1 is the root.
    #[field(wire = "destCataid")]
    pub parent_id: CategoryId,
}

/// Delete a category.
///
/// What happens to the videos in it is not documented: move them out before
/// ([`MoveVideos`](super::video::MoveVideos)). Returns `true`.
#[derive(Clone, Debug, Operation)]
#[operation(
    id = "polyv.category.delete",
    method = Post,
    path = "/v2/video/{userid}/deleteCata",
    encoding = Form,
    auth = Sha1,
    signed = ["cataid", "ptime", "userid"],
    effect = Idempotent,
    output = bool,
    reference = "https://polyv.gitbook.io/document/docs/vod/api/video-management/category/delete_category"
)]
#[non_exhaustive]
pub struct DeleteCategory {
    /// The category.
    #[field(wire = "cataid")]
    pub category_id: CategoryId,
}
