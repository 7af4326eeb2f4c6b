//! Media: read, change, delete, search, forbid, process.

use super::store::{Media, State, Status, utc_time};
use super::upload::members;
use super::{Call, Outcome, REGION, Refusal, callback};
use crate::model::route::Route;
use crate::model::{Config, Effect, Model};
use jiff::Timestamp;
use serde_json::{Map, Value, json};

pub(crate) const ROUTES: &[Route] = &[
    Route::qingcloud(
        "qingcloud.media.update",
        &["PUT"],
        "/api/v1/media/{MediaId}",
        &["Title", "Description", "CategoryId", "AppId"],
        update,
    ),
    Route::qingcloud(
        "qingcloud.media.delete",
        &["DELETE"],
        "/api/v1/media/{MediaId}",
        &["DeleteParts.N", "AppId"],
        delete,
    ),
    Route::qingcloud("qingcloud.media.get", &["GET"], "/api/v1/media/{MediaId}", &["FileIds"], get),
    Route::qingcloud("qingcloud.media.clips", &["GET"], "/api/v1/media/{MediaId}/clip", &[], clips)
        .shape_only(),
    Route::qingcloud(
        "qingcloud.media.search",
        &["GET"],
        "/api/v1/media/search",
        // The form of an array in the query is not documented: one name with commas, repeated, or numbered.
        &[
            "MediaId",
            "MediaId.N",
            "FileIds",
            "FileIds.N",
            "StartTime",
            "EndTime",
            "CategoryIid",
            "Name",
            "Region",
            "Source",
            "Forbid",
            "Type",
            "Offset",
            "Limit",
            "LastId",
        ],
        search,
    ),
    Route::qingcloud(
        "qingcloud.media.forbid",
        &["POST"],
        "/api/v1/media/{MediaId}/forbid",
        &["AppId"],
        |model, call| set_forbidden(model, call, true),
    ),
    Route::qingcloud(
        "qingcloud.media.release",
        &["POST"],
        "/api/v1/media/{MediaId}/release",
        &["AppId"],
        |model, call| set_forbidden(model, call, false),
    ),
    Route::qingcloud(
        "qingcloud.media.process",
        &["POST"],
        "/api/v1/media/{MediaId}/process",
        &["Templates", "Tasks", "ExtInfo", "AppId"],
        process,
    )
    .shape_only(),
];

/// Limits in characters; `upload.apply` counts bytes.
const MAX_TITLE: usize = 64;
const MAX_DESCRIPTION: usize = 128;
const MAX_IDS: usize = 10;
const MAX_LIMIT: u64 = 100;
/// The highest count of a search.
const MAX_TOTAL: usize = 10_000;
/// Kinds of information, in lower case: the two operations spell one of them differently.
const PARTS: [&str; 7] =
    ["baseinfo", "metadata", "transcodeinfo", "streaminginfo", "thumbnailinfo", "reviewinfo", "subtitleinfo"];

/// The media with this id.
pub(super) fn find<'s>(state: &'s mut State, id: &str) -> Result<&'s mut Media, Refusal> {
    let media = id.parse().ok().and_then(|number: u64| state.media.get_mut(&number));
    media.ok_or_else(|| Refusal::no_media(id))
}

/// The reference documents no answer beyond HTTP 200; this one has `ret_code` 0, like all others.
fn update(model: &mut Model, call: &Call<'_>) -> Outcome {
    let title = call.body.text("Title")?;
    let description = call.body.text("Description")?;
    call.body.text("CategoryId")?;
    call.body.integer("AppId")?;
    for (field, text, limit) in [("Title", title, MAX_TITLE), ("Description", description, MAX_DESCRIPTION)] {
        let characters = text.unwrap_or_default().chars().count();
        if characters > limit {
            return Err(Refusal::malformed(format!("{field}: {characters} characters, at most {limit}")));
        }
    }
    if title == Some("") {
        return Err(Refusal::malformed("Title: empty"));
    }
    let media = find(&mut model.qingcloud, call.media)?;
    if let Some(title) = title {
        media.title = title.to_owned();
    }
    if let Some(description) = description {
        media.description = description.to_owned();
    }
    media.modified = call.now;
    Ok(Map::new())
}

/// Without `DeleteParts` the media and its object are deleted. There are no derived parts here.
fn delete(model: &mut Model, call: &Call<'_>) -> Outcome {
    whole_number(call, "AppId")?;
    let media = find(&mut model.qingcloud, call.media)?;
    let (id, key) = (media.id, media.key());
    if call.query.iter().all(|(name, value)| !name.starts_with("DeleteParts.") || value.is_empty()) {
        model.qingcloud.media.remove(&id);
        model.effects.push(Effect::Remove { key });
    }
    Ok(members(json!({ "MediaId": id.to_string() })))
}

fn get(model: &mut Model, call: &Call<'_>) -> Outcome {
    let parts = parts(call)?;
    let media = find(&mut model.qingcloud, call.media)?;
    Ok(record(&model.config, media, &parts))
}

/// No clips are ever made: null, as in the reference's sample.
fn clips(model: &mut Model, call: &Call<'_>) -> Outcome {
    let media = find(&mut model.qingcloud, call.media)?;
    Ok(members(json!({ "MediaId": media.id.to_string(), "ClipInfos": null })))
}

/// One page of the matching media, newest first. Uncommitted ones are included; failed and cancelled ones are
/// not.
fn search(model: &mut Model, call: &Call<'_>) -> Outcome {
    let ids = array(call, "MediaId");
    if ids.len() > MAX_IDS {
        return Err(Refusal::malformed(format!("MediaId: {} ids, at most {MAX_IDS}", ids.len())));
    }
    let parts = parts(call)?;
    let (from, until) = match (time(call, "StartTime")?, time(call, "EndTime")?) {
        (None, None) => (i64::MIN, i64::MAX),
        (Some(from), Some(until)) => (from, until),
        _ => return Err(Refusal::malformed("StartTime, EndTime: both or neither")),
    };
    let source = choice(call, "Source", &["Console", "SDK", "API"])?;
    let forbid = choice(call, "Forbid", &["normal", "forbid"])?;
    let kind = choice(call, "Type", &["Video", "Audio", "Image"])?;
    let category = whole_number(call, "CategoryIid")?.unwrap_or(0);
    let offset = whole_number(call, "Offset")?.unwrap_or(0);
    let limit = whole_number(call, "Limit")?.unwrap_or(10);
    if limit > MAX_LIMIT {
        return Err(Refusal::malformed(format!("Limit: {limit}, at most {MAX_LIMIT}")));
    }
    let last = whole_number(call, "LastId")?.filter(|id| *id != 0).unwrap_or(u64::MAX);
    // The reference's sample sends an empty name as two quotes.
    let name = call.query.get("Name").unwrap_or_default().trim_matches('"');
    let region = call.query.get("Region").unwrap_or(REGION);

    let matches = |media: &&Media| {
        matches!(media.status, Status::Applied | Status::Created)
            && (ids.is_empty() || ids.contains(&media.id.to_string()))
            && (from..=until).contains(&media.created)
            && source.is_none_or(|source| source == media.source)
            && forbid.is_none_or(|forbid| forbid == forbid_status(media))
            && kind.is_none_or(|kind| kind == type_of(media))
            && category == 0
            && region == REGION
            && media.title.contains(name)
    };
    let newest_first = || model.qingcloud.media.values().rev().filter(matches);
    let page = newest_first().filter(|media| media.id < last).skip(offset.try_into().unwrap_or(usize::MAX));
    let records = page.take(limit as usize).map(|media| Value::Object(record(&model.config, media, &parts)));
    let records: Vec<Value> = records.collect();
    Ok(members(json!({ "Total": newest_first().count().min(MAX_TOTAL), "MediaInfo": records })))
}

fn set_forbidden(model: &mut Model, call: &Call<'_>, forbidden: bool) -> Outcome {
    call.body.integer("AppId")?;
    let media = find(&mut model.qingcloud, call.media)?;
    media.forbidden = forbidden;
    media.modified = call.now;
    Ok(Map::new())
}

/// Accepts the request without processing; the callback reports its end at once. The answer has no `Tasks`,
/// as in the reference's sample.
fn process(model: &mut Model, call: &Call<'_>) -> Outcome {
    call.body.text("ExtInfo")?;
    call.body.integer("AppId")?;
    if !call.body.processing()? {
        return Err(Refusal::malformed("Templates, Tasks: at least one of either"));
    }
    let media = find(&mut model.qingcloud, call.media)?;
    if media.status != Status::Created {
        return Err(Refusal::new(
            2100,
            format!("media {} is {}, not CREATED", media.id, media.status.name()),
        ));
    }
    let id = media.id;
    model.call_back(call.now, &callback::processed(call.now, id));
    Ok(Map::new())
}

fn forbid_status(media: &Media) -> &'static str {
    if media.forbidden { "forbid" } else { "normal" }
}

fn type_of(media: &Media) -> &'static str {
    const AUDIO: [&str; 14] =
        ["MP3", "OGG", "WAV", "WMA", "APE", "FLAC", "AAC", "AC3", "MMF", "AMR", "M4A", "M4R", "WV", "MP2"];
    let audio = media.media_type.starts_with("audio/") || AUDIO.contains(&media.media_type.as_str());
    if audio { "Audio" } else { "Video" }
}

/// A media in the reference's odd form: misspelt names, nulls beside empty texts, a category that is a
/// number.
fn record(config: &Config, media: &Media, parts: &[String]) -> Map<String, Value> {
    let wanted = |part: &str| parts.is_empty() || parts.iter().any(|given| given == part);
    let bytes = media.file.as_ref().map_or(0, |file| file.bytes);
    let md5 = media.file.as_ref().map_or("-", |file| file.md5.as_str());
    let play_url = media.play_url(&config.base_url);
    let duration = media.duration();
    let bit_rate = (bytes * 8000).checked_div(duration).unwrap_or(0);
    let mut record = Map::new();
    let mut add = |part: &str, name: &str, value: Value| {
        if wanted(part) {
            record.insert(name.to_owned(), value);
        }
    };
    add(
        "baseinfo",
        "BaseInfo",
        json!({
            "Title": media.title, "Description": media.description, "CategoryId": 0, "CategoryName": "",
            "CreateTime": utc_time(media.created), "LastModified": utc_time(media.modified),
            "MediaType": media.media_type, "Region": REGION, "PlayUrl": play_url, "CoverUrl": "-",
            "ForbidStatus": forbid_status(media), "Type": type_of(media), "Source": media.source, "Duration": duration,
        }),
    );
    add(
        "metadata",
        "MetaData",
        json!({
            "Id": 0, "Codec": "H.264", "Container": media.extension, "Md5": md5, "Duration": duration, "Size": bytes,
            "Width": 640, "Hight": 360, "BitRate": bit_rate, "FrameRate": 25, "Quality": "SD", "AudioChannels": 2,
            "PlayUrl": play_url,
            "VideoStreamSet": [{ "Width": 640, "Codec": "H.264", "BitRate": bit_rate, "Hight": 360, "FrameRate": 25 }],
            "AudioStreamSet": [{ "SamplingRate": 44_100, "Codec": "aac", "BitRate": 64_000 }],
        }),
    );
    add("transcodeinfo", "TranscodeInfos", Value::Null);
    add("streaminginfo", "StreamingInfos", Value::Null);
    add("thumbnailinfo", "ThumbnailInfo", "".into());
    add("reviewinfo", "ReviewInfo", "".into());
    add("subtitleinfo", "SubtitleInfo", "".into());
    record.insert("MediaId".to_owned(), media.id.to_string().into());
    record
}

/// The requested kinds of information, in lower case; none means all.
fn parts(call: &Call<'_>) -> Result<Vec<String>, Refusal> {
    let parts: Vec<String> = array(call, "FileIds").iter().map(|part| part.to_ascii_lowercase()).collect();
    match parts.iter().find(|part| !PARTS.contains(&part.as_str())) {
        Some(unknown) => {
            Err(Refusal::malformed(format!("FileIds: `{unknown}` is none of {}", PARTS.join(", "))))
        }
        None => Ok(parts),
    }
}

fn array(call: &Call<'_>, name: &str) -> Vec<String> {
    let belongs =
        |given: &str| given.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
    let values =
        call.query.iter().filter(|(given, _)| belongs(given)).flat_map(|(_, value)| value.split(','));
    values.filter(|value| !value.is_empty()).map(str::to_owned).collect()
}

fn whole_number(call: &Call<'_>, name: &str) -> Result<Option<u64>, Refusal> {
    let wrong = |text| Refusal::malformed(format!("{name}: `{text}` is not a whole number"));
    call.query.get(name).map(|text| text.parse().map_err(|_| wrong(text))).transpose()
}

fn choice<'c>(call: &'c Call<'_>, name: &'c str, values: &[&str]) -> Result<Option<&'c str>, Refusal> {
    match call.query.get(name) {
        Some(text) if !values.contains(&text) => {
            Err(Refusal::malformed(format!("{name}: `{text}` is none of {}", values.join(", "))))
        }
        found => Ok(found),
    }
}

fn time(call: &Call<'_>, name: &str) -> Result<Option<i64>, Refusal> {
    let Some(text) = call.query.get(name) else {
        return Ok(None);
    };
    match text.parse::<Timestamp>() {
        Ok(time) if text.ends_with('Z') => Ok(Some(time.as_millisecond())),
        _ => Err(Refusal::malformed(format!("{name}: `{text}` is not a time as YYYY-MM-DDThh:mm:ssZ"))),
    }
}

#[cfg(test)]
mod tests {
    use crate::model::testing::Bench;
    use http::StatusCode;
    use serde_json::{Value, json};

    #[test]
    fn updates_count_characters() {
        let mut bench = Bench::new();
        let id = bench.created("before", "MP4");
        let path = format!("/api/v1/media/{id}");
        let cases = [
            (json!({ "Title": "片".repeat(65) }), "Title: 65 characters, at most 64"),
            (json!({ "Description": "片".repeat(129) }), "Description: 129 characters, at most 128"),
            (json!({ "Title": "" }), "Title: empty"),
            (json!({ "Title": "片".repeat(64), "Description": "片".repeat(128) }), ""),
            (json!({ "Title": "after" }), ""),
        ];
        for (body, expected) in cases {
            assert_eq!(bench.qingcloud("PUT", &path, &body).message, expected);
        }
        let base = bench.qingcloud("GET", &path, &Value::Null).data["BaseInfo"].clone();
        assert_eq!(
            (&base["Title"], base["Description"].as_str().unwrap().chars().count()),
            (&json!("after"), 128)
        );
    }

    #[test]
    fn the_odd_shape_of_a_media() {
        let mut bench = Bench::new();
        let id = bench.created("t", "MP4");
        let path = format!("/api/v1/media/{id}");
        let data = bench.qingcloud("GET", &path, &Value::Null).data;
        assert_eq!(data["MetaData"]["Hight"], 360);
        assert_eq!(data["MetaData"]["Size"], 1_000_000);
        assert_eq!((&data["TranscodeInfos"], &data["StreamingInfos"]), (&Value::Null, &Value::Null));
        assert_eq!(
            (&data["ReviewInfo"], &data["SubtitleInfo"], &data["ThumbnailInfo"]),
            (&json!(""), &json!(""), &json!(""))
        );
        assert_eq!(
            (&data["BaseInfo"]["CategoryId"], &data["BaseInfo"]["CoverUrl"]),
            (&json!(0), &json!("-"))
        );
        assert_eq!(data["BaseInfo"]["CreateTime"], "2023-11-14T22:13:20Z");
        let part =
            bench.qingcloud("GET", &format!("{path}?FileIds=baseInfo,subtitleInfo"), &Value::Null).data;
        let names: Vec<&str> = part.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(names, ["BaseInfo", "MediaId", "SubtitleInfo", "ret_code"]);
        assert_eq!(bench.qingcloud("GET", &format!("{path}?FileIds=all"), &Value::Null).code, 1100);
        let clips = bench.qingcloud("GET", &format!("{path}/clip"), &Value::Null).data;
        assert_eq!(clips, json!({ "MediaId": id, "ClipInfos": null, "ret_code": 0 }));
    }

    #[test]
    fn searching_by_table() {
        let mut bench = Bench::new();
        let mut ids = Vec::new();
        for (title, media_type) in [("one 甲", "MP4"), ("two", "audio/mpeg"), ("three 甲", "MKV")] {
            ids.push(bench.created(title, media_type));
            bench.now += 60_000;
        }
        bench.apply("applied", "MP4", None);
        let cancelled = bench.apply("cancelled", "MP4", None);
        assert_eq!(
            bench
                .qingcloud(
                    "POST",
                    &format!("/api/v1/media/{cancelled}/uploaded"),
                    &json!({ "Status": "CANCELLED" })
                )
                .code,
            0
        );
        assert_eq!(
            bench.qingcloud("POST", &format!("/api/v1/media/{}/forbid", ids[0]), &Value::Null).code,
            0
        );
        let eleven = ids[0].clone() + &",1".repeat(10);
        let cases: Vec<(String, &[&str])> = vec![
            (String::new(), &["applied", "three 甲", "two", "one 甲"]),
            ("Offset=&Name=%22%22".into(), &["applied", "three 甲", "two", "one 甲"]),
            ("Name=%E7%94%B2".into(), &["three 甲", "one 甲"]),
            ("Type=Audio".into(), &["two"]),
            ("Type=Image".into(), &[]),
            ("Forbid=forbid".into(), &["one 甲"]),
            ("Forbid=normal&Limit=1".into(), &["applied"]),
            ("Offset=1&Limit=1".into(), &["three 甲"]),
            (format!("LastId={}", ids[2]), &["two", "one 甲"]),
            (format!("MediaId={},{}", ids[0], ids[1]), &["two", "one 甲"]),
            (format!("MediaId={}&MediaId={}", ids[0], ids[1]), &["two", "one 甲"]),
            (format!("MediaId.1={}", ids[2]), &["three 甲"]),
            ("StartTime=2023-11-14T22:14:00Z&EndTime=2023-11-14T22:15:00Z".into(), &["two"]),
            ("Name=app&StartTime=2023-11-14T22:16:20Z&EndTime=2023-11-14T22:17:00Z".into(), &["applied"]),
            ("Source=SDK".into(), &[]),
            ("Region=ap2a".into(), &[]),
            ("CategoryIid=3".into(), &[]),
        ];
        for (query, expected) in cases {
            let seen = bench.qingcloud("GET", &format!("/api/v1/media/search?{query}"), &Value::Null);
            let records =
                seen.data["MediaInfo"].as_array().unwrap_or_else(|| panic!("{query}: {}", seen.message));
            let titles: Vec<&str> =
                records.iter().map(|record| record["BaseInfo"]["Title"].as_str().unwrap()).collect();
            assert_eq!(titles, expected, "{query}");
        }
        for (query, expected) in [
            ("Limit=101".to_owned(), "Limit: 101, at most 100"),
            ("Limit=x".into(), "Limit: `x` is not a whole number"),
            ("StartTime=2023-11-14T22:14:00Z".into(), "StartTime, EndTime: both or neither"),
            ("StartTime=now&EndTime=now".into(), "StartTime: `now` is not a time as YYYY-MM-DDThh:mm:ssZ"),
            (format!("MediaId={eleven}"), "MediaId: 11 ids, at most 10"),
            ("Source=Web".into(), "Source: `Web` is none of Console, SDK, API"),
        ] {
            let seen = bench.qingcloud("GET", &format!("/api/v1/media/search?{query}"), &Value::Null);
            assert_eq!((seen.code, seen.message.as_str()), (1100, expected));
        }
    }

    #[test]
    fn forbidding_and_processing() {
        let mut bench = Bench::new();
        let id = bench.created("t", "MP4");
        let key = format!("vod/{id}.mp4");
        let path = |verb: &str| format!("/api/v1/media/{id}/{verb}");
        assert!(bench.model.playable(&key).is_ok());
        assert_eq!(
            bench.qingcloud("POST", &path("forbid"), &json!({ "AppId": 1 })).data,
            json!({ "ret_code": 0 })
        );
        assert_eq!(
            bench.model.playable(&key),
            Err((StatusCode::FORBIDDEN, "playing this media is forbidden"))
        );
        assert_eq!(bench.qingcloud("POST", &path("release"), &Value::Null).code, 0);
        assert!(bench.model.playable(&key).is_ok());
        assert!(bench.model.playable("vod/1.mp4").is_err());

        assert_eq!(
            bench.qingcloud("POST", &path("process"), &json!({ "Tasks": [4] })).data,
            json!({ "ret_code": 0 })
        );
        assert_eq!(
            bench.qingcloud("POST", &path("process"), &json!({})).message,
            "Templates, Tasks: at least one of either"
        );
        let applied = bench.apply("t", "MP4", None);
        let seen =
            bench.qingcloud("POST", &format!("/api/v1/media/{applied}/process"), &json!({ "Tasks": [4] }));
        assert_eq!((seen.code, seen.message), (2100, format!("media {applied} is APPLIED, not CREATED")));
        for verb in ["forbid", "release", "clip", "process", "uploaded"] {
            let method = if verb == "clip" { "GET" } else { "POST" };
            let body = match verb {
                "process" => json!({ "Tasks": [1] }),
                "uploaded" => json!({ "Status": "FAILED" }),
                _ => Value::Null,
            };
            assert_eq!(
                bench.qingcloud(method, &format!("/api/v1/media/x/{verb}"), &body).code,
                2100,
                "{verb}"
            );
        }
    }
}
