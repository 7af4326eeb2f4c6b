//! `qingcloud`.

use crate::common::Request;
use vod_core::qingcloud::media::{
    DeleteMedia, ForbidMedia, GetClips, GetMedia, MediaPart, ProcessMedia, ReleaseMedia, SearchMedia,
    SearchPart, UpdateMedia,
};
use vod_core::qingcloud::upload::{ApplyUpload, CommitStatus, CommitUpload, UploadSource};
use vod_core::qingcloud::{ForbidStatus, MediaKind, MediaSource, Template, TemplateType};
use vod_core::{Accounts, Error, Operation, Timestamp};

pub(super) fn typed(
    id: &str,
    case: &str,
    accounts: &Accounts,
    at: Timestamp,
) -> Option<Result<Request, Error>> {
    Some(match (id, case) {
        ("qingcloud.upload.apply", "required") => ApplyUpload::new("a", "pek3b", "MP4").request(accounts, at),
        ("qingcloud.upload.apply", "everything") => ApplyUpload::new("第一课", "pek3b", "video/mp4")
            .with_description("说明 \"引号\" 😀")
            .with_category_id("7")
            .with_cover_type("c")
            .with_templates([
                Template::new(TemplateType::Video, 22),
                Template::new(TemplateType::Watermark, 5),
            ])
            .with_tasks([3, 40_000_000_000])
            .with_ext_info("x")
            .with_app_id(9)
            .request(accounts, at),
        ("qingcloud.upload.commit", "created_by_sdk") => {
            CommitUpload::new("73100000000000001", CommitStatus::Created)
                .with_source(UploadSource::Sdk)
                .request(accounts, at)
        }
        ("qingcloud.upload.commit", "seed_page") => {
            CommitUpload::new("52746780168687616", CommitStatus::Created)
                .with_source(UploadSource::Console)
                .request(accounts, at)
        }
        ("qingcloud.upload.commit", "cancelled_through_a_gateway") => {
            CommitUpload::new("7", CommitStatus::Cancelled).with_app_id(1).request(accounts, at)
        }
        ("qingcloud.upload.commit", "prefix_of_the_endpoint_is_signed") => {
            CommitUpload::new("7", CommitStatus::Failed).request(accounts, at)
        }
        ("qingcloud.media.update", "everything") => UpdateMedia::new("73100000000000001")
            .with_title("二")
            .with_description("")
            .with_category_id("8")
            .with_app_id(1)
            .request(accounts, at),
        ("qingcloud.media.update", "nothing") => UpdateMedia::new("7").request(accounts, at),
        ("qingcloud.media.delete", "whole") => DeleteMedia::new("7").request(accounts, at),
        ("qingcloud.media.delete", "parts") => DeleteMedia::new("7")
            .with_parts(["transcode", "封面"].map(str::to_owned))
            .with_app_id(2)
            .request(accounts, at),
        ("qingcloud.media.get", "whole") => GetMedia::new("7").request(accounts, at),
        ("qingcloud.media.get", "parts_of_an_odd_id") => GetMedia::new("a/../?b#%课")
            .with_parts([MediaPart::Basics, MediaPart::Streams])
            .request(accounts, at),
        ("qingcloud.media.clips", "one") => GetClips::new("7").request(accounts, at),
        ("qingcloud.media.search", "everything") => SearchMedia::new()
            .with_media_ids(["7", "8"].map(str::to_owned))
            .with_parts([SearchPart::Transcodes, SearchPart::Subtitles])
            .with_start_time(Timestamp::parse("20231101000000").unwrap())
            .with_end_time(Timestamp::from_millis(1_700_000_000_999))
            .with_category_id(3)
            .with_name("课 1")
            .with_region("pek3b")
            .with_source(MediaSource::Api)
            .with_forbid(ForbidStatus::Forbidden)
            .with_kind(MediaKind::Audio)
            .with_offset(0)
            .with_limit(100)
            .with_last_id(9)
            .request(accounts, at),
        ("qingcloud.media.search", "newest") => SearchMedia::new().request(accounts, at),
        ("qingcloud.media.forbid", "one") => ForbidMedia::new("7").request(accounts, at),
        ("qingcloud.media.release", "one") => ReleaseMedia::new("7").with_app_id(3).request(accounts, at),
        ("qingcloud.media.process", "templates") => ProcessMedia::new("7")
            .with_templates([Template::new(TemplateType::Snapshot, 1)])
            .with_ext_info("e")
            .request(accounts, at),
        ("qingcloud.media.process", "tasks") => ProcessMedia::new("7").with_tasks([5]).request(accounts, at),
        _ => return None,
    })
}
