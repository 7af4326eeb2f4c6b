//! `polyv.advertising`.

use crate::common::Request;
use vod_core::polyv::CategoryId;
use vod_core::polyv::advertising::{AdCorner, AdKind, AdStatus, CreateAd, DeleteAd, ListAds, UpdateAd};
use vod_core::time::Hms;
use vod_core::{Accounts, Date, Error, FileSource, Operation, Timestamp};

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

pub(super) fn typed(
    id: &str,
    case: &str,
    accounts: &Accounts,
    at: Timestamp,
) -> Option<Result<Request, Error>> {
    Some(match (id, case) {
        ("polyv.advertising.create", "everything") => CreateAd::new(
            day("2026-01-31"),
            day("2026-02-28"),
            "新年 & 春节 +",
            FileSource::path("ads/新年 1.png"),
            15,
        )
        .with_category_ids([CategoryId::DEFAULT, CategoryId::from(1_602_671_097_888)])
        .with_kind(AdKind::PopUp)
        .with_corner(AdCorner::TopRight)
        .with_pops_up_at_seconds(30)
        .with_status(AdStatus::Waiting)
        .with_from_time(Hms::from_seconds(8 * 3600 + 5 * 60))
        .with_until_time(Hms::from_seconds(86_399))
        .with_note("第一次\n投放")
        .with_skippable(false)
        .with_skip_after_seconds(0)
        .with_skip_label("不看 >>")
        .request(accounts, at),
        ("polyv.advertising.create", "required") => CreateAd::new(
            day("2026-01-31"),
            day("2026-01-31"),
            "a",
            FileSource::bytes("a.mp4", &b"film"[..]),
            0,
        )
        .request(accounts, at),
        ("polyv.advertising.list", "everything") => {
            ListAds::new().with_page(2).with_page_size(50).request(accounts, at)
        }
        ("polyv.advertising.update", "everything") => UpdateAd::new("9c41+ &课")
            .with_first_day(day("2026-03-01"))
            .with_last_day(day("2026-03-31"))
            .with_title("春 & 夏 +")
            .with_file(FileSource::path("ads/春.mp4"))
            .with_length_seconds(20)
            .with_category_ids([1_602_671_097_888])
            .with_kind(AdKind::Before)
            .with_corner(AdCorner::BottomLeft)
            .with_pops_up_at_seconds(0)
            .with_status(AdStatus::Online)
            .with_from_time(Hms::from_seconds(0))
            .with_until_time(Hms::from_seconds(43_200))
            .with_note("改")
            .with_skippable(true)
            .with_skip_after_seconds(5)
            .with_skip_label("跳过")
            .request(accounts, at),
        ("polyv.advertising.update", "id_alone") => UpdateAd::new("9c41").request(accounts, at),
        ("polyv.advertising.delete", "id") => DeleteAd::new("9c41+ &课").request(accounts, at),
        _ => return None,
    })
}
