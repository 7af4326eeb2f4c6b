//! `polyv.category`.

use crate::common::Request;
use vod_core::polyv::category::{
    CreateCategory, DeleteCategory, GetCategorySize, GetCategoryStats, GetCategoryTree, MoveCategory,
    RenameCategory, UpdateCategoryProfile,
};
use vod_core::polyv::{CategoryId, HlsLevel};
use vod_core::{Accounts, Error, Operation, Timestamp};

pub(super) fn typed(
    id: &str,
    case: &str,
    accounts: &Accounts,
    at: Timestamp,
) -> Option<Result<Request, Error>> {
    const ID: i64 = 1_602_671_097_888;
    Some(match (id, case) {
        ("polyv.category.create", "below_another") => {
            CreateCategory::new("高一 物理 & 化学+", ID).request(accounts, at)
        }
        ("polyv.category.tree", "of_one") => {
            GetCategoryTree::new().with_category_id(ID).request(accounts, at)
        }
        ("polyv.category.tree", "whole") => GetCategoryTree::new().request(accounts, at),
        ("polyv.category.size", "default") => GetCategorySize::new(CategoryId::DEFAULT).request(accounts, at),
        ("polyv.category.stats", "everything") => GetCategoryStats::new()
            .with_category_id(ID)
            .with_include_subcategories(true)
            .request(accounts, at),
        ("polyv.category.stats", "account") => GetCategoryStats::new().request(accounts, at),
        ("polyv.category.rename", "renamed") => {
            RenameCategory::new(ID, "高一 物理 & 化学+").request(accounts, at)
        }
        ("polyv.category.update_profile", "everything") => UpdateCategoryProfile::new(ID)
            .with_own_settings(true)
            .with_keep_source(false)
            .with_encrypt(true)
            .with_hls_level(HlsLevel::App)
            .with_screen_recording(false)
            .with_encode_audio(true)
            .with_player_id("5f2e9b71a0 & 播放器")
            .request(accounts, at),
        ("polyv.category.update_profile", "fewest") => UpdateCategoryProfile::new(ID).request(accounts, at),
        ("polyv.category.move", "to_the_root") => {
            MoveCategory::new(ID, CategoryId::DEFAULT).request(accounts, at)
        }
        ("polyv.category.delete", "one") => DeleteCategory::new(ID).request(accounts, at),
        _ => return None,
    })
}
