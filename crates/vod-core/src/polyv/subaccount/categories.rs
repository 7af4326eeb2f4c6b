//! A sub-account's categories.

use crate::error::Reason;
use crate::operation::KnownError;
use crate::operation::page::{Paged, Turn};
use crate::polyv::{CategoryId, HlsLevel};
use crate::wire::answer::Done;
use crate::{Answer, Operation};

/// Create a category. Returns its id.
#[derive(Clone, Debug, Operation)]
#[operation(
    id = "polyv.subaccount.create_category",
    alias = "polyv.subaccount.add_category",
    method = Post,
    path = "/v3/category/add",
    encoding = Form,
    auth = Md5,
    effect = Once,
    output = CategoryId,
    errors = NO_NAME,
    reference = "https://polyv.gitbook.io/document/docs/vod/api/sub-account/sub_add_category"
)]
#[non_exhaustive]
pub struct CreateCategory {
    /// Its name.
    pub name: String,
    /// The category above it. Default: 1, the root.
    #[field(wire = "parentId")]
    pub parent_id: Option<CategoryId>,
}

// The page also has an error about the category above; its text is not known.
const NO_NAME: &[KnownError] =
    &[KnownError { code: 3000, message: "没有填写栏目名称", reason: Reason::Field }];

/// Get a category and its direct subcategories, page by page.
#[derive(Clone, Debug, Operation)]
#[operation(
    id = "polyv.subaccount.get_category",
    method = Get,
    path = "/v3/category/get",
    encoding = Query,
    auth = Md5,
    effect = Read,
    output = CategoryWithChildren,
    reference = "https://polyv.gitbook.io/document/docs/vod/api/sub-account/sub_get_categories"
)]
#[non_exhaustive]
pub struct GetCategory {
    /// The category.
    #[field(wire = "cateId")]
    pub category_id: CategoryId,
    /// The page of those below it, from 1.
    #[field(range = 1..=2_147_483_647)]
    pub page: Option<u32>,
    /// Categories on a page, at most 1000. The default is not documented; the provider's Java client sends
    /// 20.
    #[field(wire = "pageSize", range = 0..=1000)]
    pub page_size: Option<u32>,
}

/// A category and a page of those right below it.
#[derive(Clone, Debug, Answer)]
#[non_exhaustive]
pub struct CategoryWithChildren {
    /// The category itself.
    pub category: Option<Category>,
    /// How many are right below it, on all pages.
    #[answer(wire = "subCategoryTotal")]
    pub total_children: Option<u64>,
    /// Those of this page.
    #[answer(wire = "subCategories")]
    pub children: Vec<Category>,
}

/// A category.
#[derive(Clone, Debug, Answer)]
#[non_exhaustive]
pub struct Category {
    /// Its id.
    #[answer(wire = "cateId")]
    pub id: CategoryId,
    /// Its name.
    #[answer(wire = "cateName")]
    pub name: Option<String>,
    /// The category above it; 1 is the root.
    #[answer(wire = "parentId")]
    pub parent_id: Option<CategoryId>,
}

/// Walks through the categories below.
impl Paged for GetCategory {
    type Item = Category;
    fn turn(&mut self, answer: CategoryWithChildren) -> Turn<Category> {
        let (asked, items) = (self.page.unwrap_or(1), answer.children);
        // The answer does not say how long a page is. Without a size from the caller, a first page that holds
        // all of them is the last, and so is an empty one.
        let seen = match self.page_size.filter(|size| *size > 0) {
            Some(size) => u64::from(asked) * u64::from(size),
            None if asked == 1 => items.len() as u64,
            None => 0,
        };
        let more =
            !items.is_empty() && answer.total_children.is_none_or(|total| seen < total) && asked < u32::MAX;
        if more {
            self.page = Some(asked + 1);
        }
        Turn { items, more }
    }
}

/// Rename a category.
#[derive(Clone, Debug, Operation)]
#[operation(
    id = "polyv.subaccount.rename_category",
    method = Post,
    path = "/v3/category/update-info",
    encoding = Form,
    auth = Md5,
    effect = Idempotent,
    output = Done,
    reference = "https://polyv.gitbook.io/document/docs/vod/api/sub-account/sub_modify_category_name"
)]
#[non_exhaustive]
pub struct RenameCategory {
    /// The category.
    #[field(wire = "cateId")]
    pub category_id: CategoryId,
    /// Its new name.
    #[field(wire = "cateName")]
    pub name: String,
}

/// Change how a category's videos are encoded and encrypted.
///
/// Most of it applies to videos that are uploaded later. The only call of this area that also sends the main
/// account's id, which the client fills in.
// The page puts `userId` and `sign` into the URL, the provider's Java client into the form with the others,
// as here: the signature is the same.
#[derive(Clone, Debug, Operation)]
#[operation(
    id = "polyv.subaccount.update_category_profile",
    method = Post,
    path = "/v3/category/update-profile",
    encoding = Form,
    auth = Md5,
    effect = Idempotent,
    account = "userId",
    output = Done,
    reference = "https://polyv.gitbook.io/document/docs/vod/api/sub-account/sub_modify_category_setting"
)]
#[non_exhaustive]
pub struct UpdateCategoryProfile {
    /// The category.
    #[field(wire = "cateId")]
    pub category_id: CategoryId,
    /// Whether the category has settings of its own. Default: no, the account's settings apply.
    #[field(flag = YesNo)]
    pub enabled: Option<bool>,
    /// Whether the source file itself is played. Default: off. Where it is on, encryption, screen recording
    /// mode and the audio file are not available.
    #[field(wire = "keepSource", flag = ZeroOne)]
    pub keep_source: Option<bool>,
    /// Whether videos are encrypted. Default: off.
    #[field(flag = ZeroOne)]
    pub encrypt: Option<bool>,
    /// Who may play encrypted videos. Default: everybody.
    #[field(wire = "encryptLevel")]
    pub encrypt_level: Option<HlsLevel>,
    /// Screen recording mode: encoding that suits recordings of a screen, such as slides. Default: off.
    #[field(wire = "isEdu", flag = ZeroOne)]
    pub screen_recording: Option<bool>,
    /// Whether an audio-only file is made too. Default: off. The account needs a permission for it.
    // The reference's sample says `encode_aac`, its table and the provider's Java client say this.
    #[field(wire = "encodeAAC", flag = ZeroOne)]
    pub encode_audio: Option<bool>,
}

/// Delete a category. What happens to the videos in it is not documented: move them out before
/// ([`MoveVideos`](super::MoveVideos)).
#[derive(Clone, Debug, Operation)]
#[operation(
    id = "polyv.subaccount.delete_category",
    method = Post,
    path = "/v3/category/delete",
    encoding = Form,
    auth = Md5,
    effect = Idempotent,
    output = Done,
    reference = "https://polyv.gitbook.io/document/docs/vod/api/sub-account/sub_delete_category"
)]
#[non_exhaustive]
pub struct DeleteCategory {
    /// The category.
    #[field(wire = "cateId")]
    pub category_id: CategoryId,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_of_children_are_turned_to_the_last() {
        let children = |count: i64| {
            (0..count).map(|id| Category { id: CategoryId::from(id), name: None, parent_id: None }).collect()
        };
        // The page and its size that were asked for, how many children there are in all and on the page, and
        // whether there are more.
        for (page, page_size, total, here, more) in [
            (None, None, Some(3), 3, false),
            (None, None, Some(4), 3, true),
            (None, None, None, 3, true),
            (Some(2), None, Some(4), 1, true),
            (Some(3), None, Some(4), 0, false),
            (None, Some(2), Some(3), 2, true),
            (Some(2), Some(2), Some(3), 1, false),
            (Some(2), Some(2), Some(4), 2, false),
            (None, Some(0), Some(3), 3, false),
            (None, Some(2), Some(3), 0, false),
            (Some(u32::MAX), Some(2), None, 2, false),
        ] {
            let mut list = GetCategory { category_id: CategoryId::DEFAULT, page, page_size };
            let turn = list.turn(CategoryWithChildren {
                category: None,
                total_children: total,
                children: children(here),
            });
            assert_eq!((turn.items.len() as i64, turn.more), (here, more), "{list:?} {total:?}");
            assert_eq!(list.page, if more { Some(page.unwrap_or(1) + 1) } else { page });
        }
    }
}
