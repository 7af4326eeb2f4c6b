//! Lists of videos.

use serde_json::{Value, json};

use super::store::{Video, category_name, local_time, play_url};
use super::{Call, Outcome, Page, Refusal, Reply};
use crate::model::route::{Handler, Route};
use crate::model::{Config, Model};

pub(crate) const ROUTES: &[Route] = &[Route {
    id: "polyv.list.search_videos",
    methods: &["GET"],
    path: "/v2/video/search-videos",
    fields: &[
        "filters",
        "cateId",
        "title",
        "tag",
        "uploader",
        "status",
        "containSubCate",
        "startTime",
        "endTime",
        "encrypted",
        "playAuthEnable",
        "sort",
        "page",
        "pageSize",
    ],
    handler: Handler::Polyv(search_videos),
}];

const FILTERS: [&str; 4] = ["basicInfo", "metaData", "transcodeInfo", "snapshotInfo"];
const SORTS: [&str; 4] = ["creationTimeAsc", "creationTimeDesc", "playTimesAsc", "playTimesDesc"];
/// Every fetched video is published; 60 and 61 both ask for that.
const PUBLISHED: [i64; 2] = [60, 61];
const UPLOADER: &str = "API";

/// One page of the matching videos.
fn search_videos(model: &mut Model, call: &Call<'_>) -> Outcome {
    let page = Page::of(call)?;
    let filters: Vec<&str> = call.fields.get("filters").unwrap_or("basicInfo").split(',').collect();
    if let Some(unknown) = filters.iter().find(|filter| !FILTERS.contains(filter)) {
        return Err(Refusal::new(format!("filters: `{unknown}` is none of {}", FILTERS.join(", "))));
    }
    let category = call.number("cateId", 0..=i64::MAX, 0)?;
    let from = call.number("startTime", 0..=i64::MAX, 0)?;
    let until = call.number("endTime", 0..=i64::MAX, i64::MAX)?;
    let published = match call.fields.get("status") {
        None => true,
        Some(text) => statuses(text)?.iter().any(|status| PUBLISHED.contains(status)),
    };
    // The emulator has no sub-categories, encryption, authorised playback or tags; asking for them finds nothing.
    call.flag("containSubCate")?;
    let plain = call.flag("encrypted")? != Some(true) && call.flag("playAuthEnable")? != Some(true);
    let untagged = call.fields.get("tag").is_none();
    let sort = call.choice("sort", &SORTS)?.unwrap_or("creationTimeAsc");
    let title = call.fields.get("title").unwrap_or_default();
    let uploader = call.fields.get("uploader").unwrap_or(UPLOADER);

    let mut found: Vec<&Video> = model
        .polyv
        .videos
        .iter()
        .filter(|video| {
            published
                && plain
                && untagged
                && uploader == UPLOADER
                && (category == 0 || video.category == category)
                && (from..=until).contains(&video.created)
                && video.title.contains(title)
        })
        .collect();
    // Nothing was played yet: in order of plays all are equal, and stay in order of creation.
    if sort == "creationTimeDesc" {
        found.reverse();
    }
    let total = found.len();
    let contents = page.of_items(found.into_iter().map(|video| record(&model.config, video, &filters)));
    let data = json!({
        "pageSize": page.size,
        "pageNumber": page.number,
        "totalItems": total,
        "totalPages": page.pages(total),
        "contents": contents,
    });
    Ok(Reply::Json { message: "success", data })
}

fn statuses(text: &str) -> Result<Vec<i64>, Refusal> {
    let parse = |part: &str| {
        let number = part.trim().parse();
        number.map_err(|_| Refusal::new(format!("status: `{part}` is not a whole number")))
    };
    text.split(',').map(parse).collect()
}

fn record(config: &Config, video: &Video, filters: &[&str]) -> Value {
    let wanted = |filter: &str| filters.contains(&filter);
    let cover = play_url(&config.base_url, &video.vid, "jpg");
    let seconds = video.seconds();
    // A decimal number in the reference's samples although the table says integer.
    let decimal_seconds = seconds as f64;
    let basic_info = json!({
        "title": video.title,
        "description": "",
        "duration": decimal_seconds,
        "coverURL": cover,
        "miniCoverURL": cover,
        "largeCoverURL": cover,
        "audioUrl": "",
        "creationTime": local_time(video.created),
        "updateTime": local_time(video.created),
        "size": video.file.bytes,
        "status": PUBLISHED[0],
        "cateId": video.category,
        "cateName": category_name(video.category),
        "tags": "",
        "uploader": UPLOADER,
        "playTimes": 0,
    });
    let meta_data = wanted("metaData").then(|| {
        json!({
            "size": video.file.bytes, "format": "mp4", "duration": seconds, "bitrate": video.file.bytes * 8 / seconds,
            "fps": 25, "height": 360, "width": 640, "codec": "h264",
        })
    });
    let transcode_infos = wanted("transcodeInfo").then(|| {
        json!([{
            "playUrl": play_url(&config.base_url, &video.vid, "mp4"), "definition": "SOURCE",
            "bitrate": video.file.bytes * 8 / seconds / 1000, "duration": seconds, "encrypt": false, "format": "mp4",
            "fps": 25, "height": 360, "width": 640, "status": "normal",
        }])
    });
    let snapshot_info = wanted("snapshotInfo").then(|| json!({ "imageUrl": [cover] }));
    json!({
        "vid": video.vid,
        "basicInfo": wanted("basicInfo").then_some(basic_info),
        "metaData": meta_data,
        "transcodeInfos": transcode_infos,
        "snapshotInfo": snapshot_info,
    })
}
