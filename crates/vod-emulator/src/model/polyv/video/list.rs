//! The older lists of videos.
//!
//! Each has two pairs of page fields, and the pair that is sent decides the form of the answer: `page` and
//! `pageSize`, or neither, return an object with counts; `pageNum` and `numPerPage` return only the rows. The
//! pages of the reference differ in exactly this; that each call supports both is the emulator's
//! interpretation.

use super::{get, search};
use crate::model::Model;
use crate::model::polyv::record::{Progress, Video, email_of};
use crate::model::polyv::times::{DAY_MILLIS, day_start, local_time};
use crate::model::polyv::{Call, Outcome, Page, Refusal, Reply};
use crate::model::route::Route;
use jiff::civil::DateTime;
use serde_json::{Value, json};

const BOTH: &[&str] = &["GET", "POST"];
const PAGING: &[&str] = &["page", "pageSize", "pageNum", "numPerPage"];

pub(crate) const ROUTES: &[Route] = &[
    Route::polyv(
        "polyv.video.search_by_text",
        BOTH,
        "/v2/video/{userid}/search",
        &["keyword", "tag", "cataid", "encrypt", "vids", "sort", "page", "pageSize", "pageNum", "numPerPage"],
        search_by_text,
    ),
    Route::polyv(
        "polyv.video.list_by_play_auth",
        &["GET"],
        "/v2/video/{userid}/list",
        &["playauth", "page", "pageSize", "pageNum", "numPerPage"],
        list_by_play_auth,
    ),
    Route::polyv(
        "polyv.video.list_by_uploader",
        &["GET"],
        "/v2/video/{userid}/get-by-uploader",
        &["email", "orderType", "cataid", "containSubCata", "published", "page", "pageSize"],
        list_by_uploader,
    ),
    Route::polyv(
        "polyv.video.list_newest",
        BOTH,
        "/v2/video/{userid}/get-new-list",
        &[
            "catatree",
            "startDate",
            "endDate",
            "startTime",
            "endTime",
            "published",
            "page",
            "pageSize",
            "pageNum",
            "numPerPage",
        ],
        list_newest,
    ),
    Route::polyv(
        "polyv.video.list_most_played",
        BOTH,
        "/v2/video/{userid}/get-host-list",
        PAGING,
        list_most_played,
    ),
    Route::polyv("polyv.video.list_deleted", BOTH, "/v2/video/{userid}/get-del-list", PAGING, list_deleted),
    Route::polyv(
        "polyv.video.list_rejected",
        BOTH,
        "/v2/video/{userid}/get-illegal-list",
        PAGING,
        list_rejected,
    ),
];

/// Rows per page, by default and at most.
const ROWS: i64 = 20;
const MAX_ROWS: i64 = 1000;
/// Rows per page of the list by play auth, if only the rows are returned.
const ROWS_BY_PLAY_AUTH: i64 = 99;

/// The requested page, and whether only its rows are returned.
fn page(call: &Call<'_>, alone: i64) -> Result<(Page, bool), Refusal> {
    if call.fields.get("pageNum").is_some() || call.fields.get("numPerPage").is_some() {
        Ok((Page::of_names(call, "pageNum", "numPerPage", alone, MAX_ROWS)?, true))
    } else {
        Ok((Page::of_names(call, "page", "pageSize", ROWS, MAX_ROWS)?, false))
    }
}

/// A page of classic records.
fn answer(model: &Model, call: &Call<'_>, videos: Vec<&Video>) -> Outcome {
    let (page, alone) = page(call, ROWS)?;
    let mut data = page.json(videos.into_iter(), |video| get::record(model, video));
    Ok(Reply::success(if alone { data["contents"].take() } else { data }))
}

/// By default newest first.
fn search_by_text(model: &mut Model, call: &Call<'_>) -> Outcome {
    let keyword = call.fields.get("keyword").unwrap_or_default();
    let tag = call.fields.get("tag");
    let category = call.number("cataid", 1..=i64::MAX, 0)?;
    let encrypted = call.bit("encrypt")?;
    let vids = call.fields.get("vids").map(|_| call.list("vids", usize::MAX)).transpose()?;
    let sort = call.choice("sort", &search::SORTS)?.unwrap_or("creationTimeDesc");
    let found = model.polyv.all_listed(call.now).filter(|video| {
        video.title.contains(keyword)
            && tag.is_none_or(|tag| video.has_tag(tag))
            && (category == 0 || video.category == category)
            && encrypted.is_none_or(|wanted| video.settings.encrypted == wanted)
            && vids.as_ref().is_none_or(|vids| vids.contains(&video.vid.as_str()))
    });
    let mut found: Vec<&Video> = found.collect();
    search::put_in_order(&mut found, sort);
    answer(model, call, found)
}

/// Oldest first. The envelope's message is the number of all rows and its status is a number; neither shows
/// whether the call succeeded.
fn list_by_play_auth(model: &mut Model, call: &Call<'_>) -> Outcome {
    call.required("playauth")?;
    let wanted = call.bit("playauth")? == Some(true);
    let (page, alone) = page(call, ROWS_BY_PLAY_AUTH)?;
    let found: Vec<&Video> =
        model.polyv.all_listed(call.now).filter(|video| video.settings.play_auth == wanted).collect();
    let total = found.len().to_string();
    let mut data = page.json(found.into_iter(), |video| listed(model, video));
    if alone {
        data = data["contents"].take();
    } else if let Some(members) = data.as_object_mut() {
        // The provider's client adds it, since the answer lacks it.
        members.remove("pageSize");
    }
    Ok(Reply::Body(json!({ "code": 200, "status": "200", "message": total, "data": data })))
}

/// A row in a form for people.
fn listed(model: &Model, video: &Video) -> Value {
    // The reference shows two of these words, and 已发布 in another answer.
    let status = match video.status() {
        10 => "等待编码",
        20 => "编码中",
        40 => "编码失败",
        50 => "等待审核",
        51 => "审核不通过",
        53 => "禁止播放",
        _ => "已发布",
    };
    let mut date = local_time(video.updated);
    date.truncate("yyyy-MM-dd HH:mm".len());
    json!({
        "duration": video.duration(),
        "vid": video.vid,
        "date": date,
        "uploader": video.uploader(),
        "cataid": video.category.to_string(),
        "sourceFileSize": format!("{:.2} MB", video.file.bytes as f64 / 1_048_576.0),
        "firstImage": video.cover_url(&model.config.base_url),
        "cataname": model.polyv.categories.name(video.category),
        "title": video.title,
        "status": status,
    })
}

/// The videos of sub-accounts, never those of the main account. The page has no page count.
fn list_by_uploader(model: &mut Model, call: &Call<'_>) -> Outcome {
    let (page, _) = page(call, ROWS)?;
    let email = call.fields.get("email");
    let sort = match call.choice("orderType", &["1", "2", "3", "4"])? {
        Some("2") => "creationTimeDesc",
        Some("3") => "playTimesAsc",
        Some("4") => "playTimesDesc",
        _ => "creationTimeAsc",
    };
    let category = call.number("cataid", 1..=i64::MAX, 0)?;
    let below = call.bit("containSubCata")? == Some(true);
    let within = if below { model.polyv.categories.within(category) } else { vec![category] };
    let published = call.bit("published")? == Some(true);
    let found = model.polyv.all_listed(call.now).filter(|video| {
        video
            .settings
            .sub_account
            .as_deref()
            .is_some_and(|app| email.is_none_or(|email| email_of(app) == email))
            && (category == 0 || within.contains(&video.category))
            && (!published || is_published(video))
    });
    let mut found: Vec<&Video> = found.collect();
    search::put_in_order(&mut found, sort);
    let record = |video: &Video| {
        json!({
            "vid": video.vid,
            "cataid": video.category,
            "title": video.title,
            "context": video.settings.description,
            "times": video.plays,
            "firstImage": video.cover_url(&model.config.base_url),
            "tag": video.settings.tags,
            "aacLink": null,
            // A text here and the time a number: in the provider's client it is the other way round.
            "status": video.status().to_string(),
            "uploaderEmail": video.settings.sub_account.as_deref().map(email_of),
            "ptime": video.created,
        })
    };
    let mut data = page.json(found.into_iter(), record);
    if let Some(members) = data.as_object_mut() {
        members.remove("totalPages");
    }
    Ok(Reply::success(data))
}

fn is_published(video: &Video) -> bool {
    video.status() == Progress::Published as i64
}

/// Newest first, in a category and all below it. Times take precedence over days; both ends are included.
fn list_newest(model: &mut Model, call: &Call<'_>) -> Outcome {
    let category = call
        .fields
        .get("catatree")
        .map(|_| call.numbers("catatree", usize::MAX, 1..=i64::MAX))
        .transpose()?;
    // The root has everything, including what is in unknown categories.
    let category = category.and_then(|path| path.last().copied()).filter(|id| *id != 1);
    let within = category.map(|id| model.polyv.categories.within(id));
    let days =
        (call.day("startDate")?.map(day_start), call.day("endDate")?.map(|day| day_start(day) + DAY_MILLIS));
    let times = (second(call, "startTime")?, second(call, "endTime")?.map(|start| start + 1000));
    let (from, until) = if times == (None, None) { days } else { times };
    let published = call.bit("published")? == Some(true);
    let found = model.polyv.all_listed(call.now).rev().filter(|video| {
        within.as_ref().is_none_or(|within| within.contains(&video.category))
            && from.is_none_or(|from| video.created >= from)
            && until.is_none_or(|until| video.created < until)
            && (!published || is_published(video))
    });
    answer(model, call, found.collect())
}

/// The first millisecond of a second in China's time, if sent.
fn second(call: &Call<'_>, name: &str) -> Result<Option<i64>, Refusal> {
    const FORMAT: &str = "%Y-%m-%d %H:%M:%S";
    let Some(text) = call.fields.get(name) else {
        return Ok(None);
    };
    // It must be the same when formatted again: the parser also accepts an hour of one digit.
    let time = DateTime::strptime(FORMAT, text).ok().filter(|time| time.strftime(FORMAT).to_string() == text);
    let time =
        time.ok_or_else(|| Refusal::new(format!("{name}: `{text}` is not a time as yyyy-MM-dd HH:mm:ss")))?;
    let seconds = i64::from(time.hour()) * 3600 + i64::from(time.minute()) * 60 + i64::from(time.second());
    Ok(Some(day_start(time.date()) + seconds * 1000))
}

fn list_most_played(model: &mut Model, call: &Call<'_>) -> Outcome {
    let mut found: Vec<&Video> = model.polyv.all_listed(call.now).collect();
    search::put_in_order(&mut found, "playTimesDesc");
    answer(model, call, found)
}

/// The recycle bin, last deleted first.
fn list_deleted(model: &mut Model, call: &Call<'_>) -> Outcome {
    let mut found: Vec<&Video> = model.polyv.videos.iter().rev().filter(|video| !video.is_live()).collect();
    found.sort_by_key(|video| std::cmp::Reverse(video.deleted_at));
    answer(model, call, found)
}

/// Newest first.
fn list_rejected(model: &mut Model, call: &Call<'_>) -> Outcome {
    let refused = |video: &&Video| video.status() == Progress::Refused as i64;
    answer(model, call, model.polyv.all_listed(call.now).rev().filter(refused).collect())
}
