//! Known-answer requests: `vectors/operations/<id>/<case>.json` has account, time and input, and the exact request. Both ways of asking, the typed one and
//! the catalogue's, must give these bytes.

mod common;

use common::{Request, assert_signed, entry, json_files, parsed, text_of};
use serde_json::Value;
use vod_core::{Accounts, Endpoint, Error, Operation, Timestamp, catalog, polyv, qingcloud};

fn account(name: &str, vector: &Value) -> (Accounts, String) {
    let account = &vector["account"];
    let endpoint = |of: &Value| of["endpoint"].as_str().map(|text| Endpoint::parse(text).unwrap());
    if let Some(of) = account.get("polyv") {
        let mut account = polyv::Account::new(text_of(of, "user_id"), text_of(of, "secret_key"));
        if let Some(endpoint) = endpoint(of) {
            account = account.with_endpoint(endpoint);
        }
        return (account.into(), text_of(of, "secret_key").to_owned());
    }
    let of = account.get("qingcloud").unwrap_or_else(|| panic!("{name}: no account"));
    let mut account = qingcloud::Account::new(text_of(of, "access_key_id"), text_of(of, "secret_access_key"));
    if let Some(endpoint) = endpoint(of) {
        account = account.with_endpoint(endpoint);
    }
    if let Some(base) = of["api_base"].as_str() {
        account = account.with_api_base(base).unwrap();
    }
    (account.into(), text_of(of, "secret_access_key").to_owned())
}

fn same(name: &str, request: &Request, expected: &Value) {
    assert_eq!(request.method(), text_of(expected, "method"), "{name}");
    assert_eq!(request.uri().to_string(), text_of(expected, "url"), "{name}");
    assert_eq!(std::str::from_utf8(common::bytes(request)).unwrap(), text_of(expected, "body"), "{name}");
    let headers: Vec<(String, &str)> = request.headers().iter().map(|(name, value)| (name.to_string(), value.to_str().unwrap())).collect();
    let mut headers: Vec<_> = headers.iter().map(|(name, value)| (name.as_str(), *value)).collect();
    headers.sort_unstable();
    let mut wanted: Vec<_> = expected["headers"].as_object().unwrap().iter().map(|(name, value)| (name.as_str(), value.as_str().unwrap())).collect();
    wanted.sort_unstable();
    assert_eq!(headers, wanted, "{name}");
}

#[test]
fn known_requests() {
    let vectors = json_files("vectors/operations");
    for (name, vector) in &vectors {
        let (id, case) = name.split_once('/').unwrap();
        assert!(text_of(vector, "source").len() > 20, "{name}: where does the value come from?");
        let (accounts, secret) = account(name, vector);
        let at = Timestamp::from_millis(vector["at"].as_i64().unwrap());
        let from_json = entry(id).input(&vector["input"]).unwrap().request(&accounts, at).unwrap();
        same(name, &from_json, &vector["request"]);
        let from_struct = typed(id, case, &accounts, at).unwrap();
        same(&format!("{name}, typed"), &from_struct, &vector["request"]);

        // And once more from what is on the wire, by the rule as the reference words it. A gateway's prefix is signed, and is in the path.
        assert_signed(&from_json, &secret, &secret);
        assert!(!text_of(vector, "text").is_empty(), "{name}: the text before hashing");
    }
    for entry in catalog::all() {
        let id = entry.info().id;
        assert!(vectors.iter().any(|(name, _)| name.split('/').next() == Some(id)), "{id} has no known request");
    }
}

#[test]
fn the_form_of_the_seed_page() {
    let vectors = json_files("vectors/operations");
    let (name, vector) = vectors.iter().find(|(name, _)| name == "polyv.upload.urls/seed_page").unwrap();
    let (accounts, _) = account(name, vector);
    let request = entry("polyv.upload.urls").input(&vector["input"]).unwrap().request(&accounts, Timestamp::from_millis(1_670_902_537_111)).unwrap();
    let mut sent = parsed(common::bytes(&request));
    sent.sort();
    sent.retain(|(name, _)| name != "sign");
    let page: Vec<_> = vector["same_as_page"].as_object().unwrap().iter().map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned())).collect();
    assert_eq!(sent, page, "the page's fields and values, other than its sign");
    assert_eq!(request.uri(), "https://api.polyv.net/v2/video/grab/1b448be323/upload/multi");
}

/// The typed twin of each case.
fn typed(id: &str, case: &str, accounts: &Accounts, at: Timestamp) -> Result<Request, Error> {
    match id.split_once('.').unwrap() {
        ("polyv", id) => typed_polyv(id, case, accounts, at),
        (_, id) => typed_qingcloud(id, case, accounts, at),
    }
}

fn typed_polyv(id: &str, case: &str, accounts: &Accounts, at: Timestamp) -> Result<Request, Error> {
    use polyv::list::{SearchVideos, VideoOrder, VideoPart};
    use polyv::upload::{UploadInfo, UploadUrls, WatermarkLocation};
    let third = || UploadInfo::new("https://cdn.example.com/3.mp4", "3");
    match (id, case) {
        ("upload.urls", "seed_page") => UploadUrls::new()
            .with_category_id(1_602_671_097_888)
            .with_screen_recording(false)
            .with_watermark("https://img.videocc.net/uimage/1/1b448be323/e/1b448be323fddcd3f8823f534918039e_0_b.jpg")
            .with_watermark_location(WatermarkLocation::BottomRight)
            .with_upload_infos([UploadInfo::new("https://oss.polyv.net/uploads/2023/12/27YlLZVCM_test.mp4", "测试异步上传视频1").with_state("test")])
            .request(accounts, at),
        ("upload.urls", "batch") => UploadUrls::new()
            .with_screen_recording(true)
            .with_upload_infos([
                UploadInfo::new("https://cdn.example.com/a%20b?x=1&y=%7E~+", "第一课 \"引言\" & 100% ¥").with_state("row-1"),
                UploadInfo::new("http://例子.example/二.mp4", "e\u{301} 😀 \\ / \t*"),
                third(),
            ])
            .request(accounts, at),
        ("upload.urls", "pair") => UploadUrls::new()
            .with_category_id(1)
            .with_watermark_location(WatermarkLocation::TopLeft)
            .with_file_urls(["https://cdn.example.com/1.mp4", "http://cdn.example.com/2.mp4"].map(str::to_owned))
            .with_titles(["一", "二"].map(str::to_owned))
            .request(accounts, at),
        ("upload.urls", "through_a_gateway") => UploadUrls::new().with_upload_infos([third()]).request(accounts, at),
        ("sync.list", "no_fields") => polyv::sync::ListTasks::new().request(accounts, at),
        ("sync.list", "paged") => polyv::sync::ListTasks::new().with_page(2).with_page_size(50).request(accounts, at),
        ("sync.export", "task") => polyv::sync::ExportTask::new("t7Gk2 /x").request(accounts, at),
        ("info.get", "vid") => polyv::info::GetVideo::new("d41c0b6f2a77c1_d").request(accounts, at),
        ("info.get", "odd_account") => polyv::info::GetVideo::new("~*-._").request(accounts, at),
        ("list.search_videos", "everything") => SearchVideos::new()
            .with_filters([VideoPart::Basics, VideoPart::Source, VideoPart::Transcodes, VideoPart::Snapshots])
            .with_category_id(1_602_671_097_888)
            .with_title("第一课")
            .with_tag("物理 高一")
            .with_uploader("李雷")
            .with_status([polyv::VideoStatus::Published, polyv::VideoStatus::Deleted, polyv::VideoStatus::Other("77".to_owned())])
            .with_include_subcategories(true)
            .with_start_time(Timestamp::from_millis(1_699_000_000_000))
            .with_end_time(Timestamp::from_millis(1_699_999_999_999))
            .with_encrypted(false)
            .with_play_auth(true)
            .with_sort(VideoOrder::MostPlayedFirst)
            .with_page(3)
            .with_page_size(1000)
            .request(accounts, at),
        ("list.search_videos", "no_fields") => SearchVideos::new().with_title("\t ").request(accounts, at),
        ("account.usage", "day") => polyv::account::GetUsage::new(vod_core::Date::new(2026, 11, 22).unwrap()).request(accounts, at),
        _ => panic!("{id}/{case} has no typed twin"),
    }
}

fn typed_qingcloud(id: &str, case: &str, accounts: &Accounts, at: Timestamp) -> Result<Request, Error> {
    use qingcloud::media::{DeleteMedia, GetMedia, MediaPart, ProcessMedia, ReleaseMedia, SearchMedia, SearchPart, UpdateMedia};
    use qingcloud::upload::{ApplyUpload, CommitStatus, CommitUpload, UploadSource};
    use qingcloud::{ForbidStatus, MediaKind, MediaSource, Template, TemplateType};
    match (id, case) {
        ("upload.apply", "required") => ApplyUpload::new("a", "pek3b", "MP4").request(accounts, at),
        ("upload.apply", "everything") => ApplyUpload::new("第一课", "pek3b", "video/mp4")
            .with_description("说明 \"引号\" 😀")
            .with_category_id("7")
            .with_cover_type("c")
            .with_templates([Template::new(TemplateType::Video, 22), Template::new(TemplateType::Watermark, 5)])
            .with_tasks([3, 40_000_000_000])
            .with_ext_info("x")
            .with_app_id(9)
            .request(accounts, at),
        ("upload.commit", "created_by_sdk") => {
            CommitUpload::new("73100000000000001", CommitStatus::Created).with_source(UploadSource::Sdk).request(accounts, at)
        }
        ("upload.commit", "seed_page") => {
            CommitUpload::new("52746780168687616", CommitStatus::Created).with_source(UploadSource::Console).request(accounts, at)
        }
        ("upload.commit", "cancelled_through_a_gateway") => CommitUpload::new("7", CommitStatus::Cancelled).with_app_id(1).request(accounts, at),
        ("upload.commit", "prefix_of_the_endpoint_is_signed") => CommitUpload::new("7", CommitStatus::Failed).request(accounts, at),
        ("media.update", "everything") => {
            UpdateMedia::new("73100000000000001").with_title("二").with_description("").with_category_id("8").with_app_id(1).request(accounts, at)
        }
        ("media.update", "nothing") => UpdateMedia::new("7").request(accounts, at),
        ("media.delete", "whole") => DeleteMedia::new("7").request(accounts, at),
        ("media.delete", "parts") => DeleteMedia::new("7").with_parts(["transcode", "封面"].map(str::to_owned)).with_app_id(2).request(accounts, at),
        ("media.get", "whole") => GetMedia::new("7").request(accounts, at),
        ("media.get", "parts_of_an_odd_id") => GetMedia::new("a/../?b#%课").with_parts([MediaPart::Basics, MediaPart::Streams]).request(accounts, at),
        ("media.clips", "one") => qingcloud::media::GetClips::new("7").request(accounts, at),
        ("media.search", "everything") => SearchMedia::new()
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
        ("media.search", "newest") => SearchMedia::new().request(accounts, at),
        ("media.forbid", "one") => qingcloud::media::ForbidMedia::new("7").request(accounts, at),
        ("media.release", "one") => ReleaseMedia::new("7").with_app_id(3).request(accounts, at),
        ("media.process", "templates") => {
            ProcessMedia::new("7").with_templates([Template::new(TemplateType::Snapshot, 1)]).with_ext_info("e").request(accounts, at)
        }
        ("media.process", "tasks") => ProcessMedia::new("7").with_tasks([5]).request(accounts, at),
        _ => panic!("{id}/{case} has no typed twin"),
    }
}
