//! `polyv.upload`.

use crate::common::Request;
use vod_core::polyv::upload::{
    InitUpload, NewVideo, RefreshUploadToken, UploadClient, UploadFile, UploadInfo, UploadStart, UploadUrls,
    WatermarkLocation,
};
use vod_core::{Accounts, Error, FileSource, Operation, Timestamp};

pub(super) fn typed(
    id: &str,
    case: &str,
    accounts: &Accounts,
    at: Timestamp,
) -> Option<Result<Request, Error>> {
    Some(match (id, case) {
        ("polyv.upload.init", "new_with_everything") => {
            InitUpload::new(734_003_200, UploadStart::New, UploadClient::WebSdk)
                .with_title("第一课 & 引言+")
                .with_description("a b=c")
                .with_tags(["物理", "高一 上"])
                .with_category_id(1_602_671_097_888)
                .with_screen_recording(false)
                .with_keep_source(true)
                .with_state("row 1&x")
                .with_line("line1")
                .request(accounts, at)
        }
        ("polyv.upload.init", "resume") => {
            InitUpload::new(734_003_200, UploadStart::Resume, UploadClient::Other("rust_v1".to_owned()))
                .with_vid("d41c0b6f2a7f3c90b6a1d2e45f8c0b21_d")
                .request(accounts, at)
        }
        ("polyv.upload.token", "no_fields") => RefreshUploadToken::new().request(accounts, at),
        ("polyv.upload.urls", "seed_page") => UploadUrls::new()
            .with_category_id(1_602_671_097_888)
            .with_screen_recording(false)
            .with_watermark(
                "https://img.videocc.net/uimage/1/1b448be323/e/1b448be323fddcd3f8823f534918039e_0_b.jpg",
            )
            .with_watermark_location(WatermarkLocation::BottomRight)
            .with_upload_infos([UploadInfo::new(
                "https://oss.polyv.net/uploads/2023/12/27YlLZVCM_test.mp4",
                "测试异步上传视频1",
            )
            .with_state("test")])
            .request(accounts, at),
        ("polyv.upload.urls", "batch") => UploadUrls::new()
            .with_screen_recording(true)
            .with_upload_infos([
                UploadInfo::new("https://cdn.example.com/a%20b?x=1&y=%7E~+", "第一课 \"引言\" & 100% ¥")
                    .with_state("row-1"),
                UploadInfo::new("http://例子.example/二.mp4", "e\u{301} 😀 \\ / \t*"),
                UploadInfo::new("https://cdn.example.com/3.mp4", "3"),
            ])
            .request(accounts, at),
        ("polyv.upload.urls", "pair") => UploadUrls::new()
            .with_category_id(1)
            .with_watermark_location(WatermarkLocation::TopLeft)
            .with_file_urls(
                ["https://cdn.example.com/1.mp4", "http://cdn.example.com/2.mp4"].map(str::to_owned),
            )
            .with_titles(["一", "二"].map(str::to_owned))
            .request(accounts, at),
        ("polyv.upload.urls", "through_a_gateway") => UploadUrls::new()
            .with_upload_infos([UploadInfo::new("https://cdn.example.com/3.mp4", "3")])
            .request(accounts, at),
        ("polyv.upload.file", "everything") => UploadFile::new(
            NewVideo::new("第一课 & 引言+").with_tags("物理,高一").with_description("\"a\" b"),
            FileSource::path("lessons/第一课.mp4"),
        )
        .with_file_name_charset("ISO-8859-1")
        .with_category_id(1_602_671_097_888)
        .with_screen_recording(true)
        .with_md5("9E107D9D372BB6826BD81D3542A419D6")
        .with_watermark("https://cdn.example.com/logo.png")
        .with_watermark_location(WatermarkLocation::BottomRight)
        .with_state("row 1")
        .request(accounts, at),
        ("polyv.upload.file", "required") => {
            UploadFile::new(NewVideo::new("2"), FileSource::bytes("2.mp4", "bytes")).request(accounts, at)
        }
        _ => return None,
    })
}
