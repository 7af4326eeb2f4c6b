//! The search for videos, with detailed records.

use crate::model::Model;
use crate::model::polyv::record::{Video, play_url};
use crate::model::polyv::times::local_time;
use crate::model::polyv::{Call, Outcome, Page, Refusal, Reply};
use crate::model::route::Route;
use serde_json::{Value, json};

pub(crate) const ROUTES: &[Route] = &[Route::polyv(
    "polyv.video.search",
    &["GET"],
    "/v2/video/search-videos",
    &[
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
    search,
)];

pub(super) const FILTERS: [&str; 4] = ["basicInfo", "metaData", "transcodeInfo", "snapshotInfo"];
pub(super) const SORTS: [&str; 4] = ["creationTimeAsc", "creationTimeDesc", "playTimesAsc", "playTimesDesc"];
/// Both mean published videos.
const PUBLISHED: [i64; 2] = [60, 61];

/// One page of the matching videos.
fn search(model: &mut Model, call: &Call<'_>) -> Outcome {
    let page = Page::of(call)?;
    let filters: Vec<&str> = call.fields.get("filters").unwrap_or("basicInfo").split(',').collect();
    if let Some(unknown) = filters.iter().find(|filter| !FILTERS.contains(filter)) {
        return Err(Refusal::new(format!("filters: `{unknown}` is none of {}", FILTERS.join(", "))));
    }
    let category = call.number("cateId", 0..=i64::MAX, 0)?;
    let from = call.number("startTime", 0..=i64::MAX, 0)?;
    let until = call.number("endTime", 0..=i64::MAX, i64::MAX)?;
    let statuses = call.fields.get("status").map(statuses).transpose()?;
    let below = call.flag("containSubCate")? == Some(true);
    let within = if below { model.polyv.categories.within(category) } else { vec![category] };
    let encrypted = call.flag("encrypted")?;
    let play_auth = call.flag("playAuthEnable")?;
    let tag = call.fields.get("tag");
    let sort = call.choice("sort", &SORTS)?.unwrap_or("creationTimeAsc");
    let title = call.fields.get("title").unwrap_or_default();
    let uploader = call.fields.get("uploader");

    let published = statuses.as_ref().is_none_or(|wanted| wanted.contains(&PUBLISHED[0]));
    let any = ["tag", "title", "uploader", "encrypted", "playAuthEnable"]
        .iter()
        .all(|name| call.fields.get(name).is_none());
    let by_time = sort.starts_with("creationTime");
    if published && any && category == 0 && by_time && model.polyv.videos.are_plain(call.now) {
        // The usual search of a poller, of which no page may cost as much as all pages.
        let found = model.polyv.videos.around(from, until).iter();
        let record = |video| record(model, video, &filters);
        return Ok(Reply::success(match sort {
            "creationTimeDesc" => page.json(found.rev(), record),
            _ => page.json(found, record),
        }));
    }
    let found = model.polyv.videos.around(from, until).iter().filter(|video| {
        // Without a status, all except the recycle bin.
        statuses.as_ref().map_or_else(|| video.is_live(), |wanted| wanted.contains(&video.status()))
            && video.shown_from <= call.now
            && encrypted.is_none_or(|wanted| video.settings.encrypted == wanted)
            && play_auth.is_none_or(|wanted| video.settings.play_auth == wanted)
            && tag.is_none_or(|tag| video.has_part_of_tag(tag))
            && uploader.is_none_or(|uploader| video.uploader() == uploader)
            && (category == 0 || within.contains(&video.category))
            && (from..=until).contains(&video.created)
            && video.title.contains(title)
    });
    let mut found: Vec<&Video> = found.collect();
    put_in_order(&mut found, sort);
    Ok(Reply::success(page.json(found.into_iter(), |video| record(model, video, &filters))))
}

/// Sorts videos, which come oldest first, in one of the orders of [`SORTS`]. Those with equally many plays
/// stay in order of creation.
pub(super) fn put_in_order(videos: &mut [&Video], sort: &str) {
    match sort {
        "creationTimeDesc" => videos.reverse(),
        "playTimesAsc" => videos.sort_by_key(|video| video.plays),
        "playTimesDesc" => videos.sort_by_key(|video| std::cmp::Reverse(video.plays)),
        _ => {}
    }
}

fn statuses(text: &str) -> Result<Vec<i64>, Refusal> {
    let parse = |part: &str| {
        let number = part.trim().parse();
        number.map_err(|_| Refusal::new(format!("status: `{part}` is not a whole number")))
    };
    let mut numbers: Vec<i64> = text.split(',').map(parse).collect::<Result<_, _>>()?;
    if numbers.iter().any(|number| PUBLISHED.contains(number)) {
        numbers.extend(PUBLISHED);
    }
    Ok(numbers)
}

/// The detailed record, with the requested parts.
pub(crate) fn record(model: &Model, video: &Video, filters: &[&str]) -> Value {
    let config = &model.config;
    let wanted = |filter: &str| filters.contains(&filter);
    let cover = video.cover_url(&config.base_url);
    let seconds = video.seconds();
    // A decimal number in the reference's samples although the table says integer.
    let decimal_seconds = seconds as f64;
    let basic_info = json!({
        "title": video.title,
        "description": video.settings.description,
        "duration": decimal_seconds,
        "coverURL": cover,
        "miniCoverURL": cover,
        "largeCoverURL": cover,
        "audioUrl": "",
        "creationTime": local_time(video.created),
        "updateTime": local_time(video.updated),
        "size": video.file.bytes,
        "status": video.status(),
        "cateId": video.category,
        "cateName": model.polyv.categories.name(video.category),
        "tags": video.settings.tags,
        "uploader": video.uploader(),
        "playTimes": video.plays,
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
            "bitrate": video.file.bytes * 8 / seconds / 1000, "duration": seconds, "encrypt": video.settings.encrypted, "format": "mp4",
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
