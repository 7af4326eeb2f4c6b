//! Playlists. Videos in the recycle bin stay on their lists but are not shown.

use super::record::{Video, play_url};
use super::times::local_time;
use super::{Call, Outcome, Page, Refusal, Reply};
use crate::model::Model;
use crate::model::route::Route;
use serde_json::{Value, json};

pub(crate) const ROUTES: &[Route] = &[
    Route::polyv(
        "polyv.playlist.create",
        &["POST"],
        "/v2/play-list/create",
        &["title", "description", "tag"],
        create,
    ),
    Route::polyv(
        "polyv.playlist.update",
        &["POST"],
        "/v2/play-list/update",
        &["playListId", "title", "description", "tag"],
        update,
    ),
    Route::polyv(
        "polyv.playlist.add_video",
        &["POST"],
        "/v2/play-list/add-video",
        &["playListId", "vid"],
        add_video,
    ),
    Route::polyv(
        "polyv.playlist.remove_video",
        &["POST"],
        "/v2/play-list/remove-video",
        &["playListId", "vid"],
        remove_video,
    ),
    Route::polyv(
        "polyv.playlist.get",
        &["GET"],
        "/v2/play/{userid}/list/{id}",
        &["id", "format", "jsonp"],
        get,
    ),
    Route::polyv(
        "polyv.playlist.get_legacy",
        &["GET"],
        "/v2/play/{userid}/play-list/{id}",
        &["id", "format", "jsonp"],
        get_legacy,
    ),
    Route::polyv(
        "polyv.playlist.list",
        &["GET"],
        "/v2/play-list/list",
        &["playListIds", "title", "vidStyle", "page", "pageSize"],
        list,
    ),
];

const MAX_IDS: usize = 1000;

/// The playlists of the account, oldest first.
#[derive(Debug, Default)]
pub(crate) struct Store {
    lists: Vec<List>,
}

#[derive(Debug)]
struct List {
    /// 13 digits.
    id: i64,
    title: String,
    description: String,
    tag: String,
    created: i64,
    updated: i64,
    /// In the order added, each once.
    vids: Vec<String>,
}

impl Store {
    /// Removes the data of a video that is deleted permanently.
    pub(crate) fn forget(&mut self, vid: &str) {
        for list in &mut self.lists {
            list.vids.retain(|known| known != vid);
        }
    }

    pub(crate) fn json(&self) -> Value {
        let lists = self.lists.iter().map(|list| {
            let List { id, title, description, tag, created, updated, vids } = list;
            json!({ "id": id, "title": title, "description": description, "tag": tag, "created": created, "updated": updated, "vids": vids })
        });
        lists.collect()
    }

    fn get(&self, id: &str) -> Option<&List> {
        self.lists.iter().find(|list| list.id.to_string() == id)
    }

    fn named(&mut self, call: &Call<'_>) -> Result<&mut List, Refusal> {
        let id = call.required("playListId")?;
        self.lists
            .iter_mut()
            .find(|list| list.id.to_string() == id)
            .ok_or_else(|| Refusal::new(format!("playListId: no playlist `{id}`")))
    }
}

impl List {
    fn videos<'m>(&'m self, model: &'m Model) -> impl Iterator<Item = &'m Video> {
        self.vids.iter().filter_map(|vid| model.polyv.live(vid))
    }
}

fn create(model: &mut Model, call: &Call<'_>) -> Outcome {
    let title = call.required("title")?.to_owned();
    let text = |name: &str| call.fields.get(name).unwrap_or_default().to_owned();
    let lists = &mut model.polyv.playlists.lists;
    // The time, or the next free number.
    let id = call.now.max(1_000_000_000_000).max(lists.last().map_or(0, |list| list.id + 1));
    lists.push(List {
        id,
        title,
        description: text("description"),
        tag: text("tag"),
        created: call.now,
        updated: call.now,
        vids: Vec::new(),
    });
    Ok(Reply::success(json!({ "playListId": id })))
}

/// Omitted fields stay, except the title, which is required.
fn update(model: &mut Model, call: &Call<'_>) -> Outcome {
    let list = model.polyv.playlists.named(call)?;
    call.required("title")?.clone_into(&mut list.title);
    for (name, text) in [("description", &mut list.description), ("tag", &mut list.tag)] {
        if let Some(new) = call.fields.get(name) {
            new.clone_into(text);
        }
    }
    list.updated = call.now;
    // A number in one call and a text in the other, as in the reference.
    Ok(Reply::success(json!({ "playListId": list.id.to_string() })))
}

/// Adding a video that is on the list already changes nothing.
fn add_video(model: &mut Model, call: &Call<'_>) -> Outcome {
    let vid = call.required("vid")?;
    let known = model.polyv.known("vid", &[vid]);
    let list = model.polyv.playlists.named(call)?;
    known?;
    if !list.vids.iter().any(|known| known == vid) {
        list.vids.push(vid.to_owned());
        list.updated = call.now;
    }
    Ok(Reply::success("success"))
}

/// Removing a video that is not on the list is no error. The answer has no data member.
fn remove_video(model: &mut Model, call: &Call<'_>) -> Outcome {
    let vid = call.required("vid")?;
    let list = model.polyv.playlists.named(call)?;
    if list.vids.iter().any(|known| known == vid) {
        list.vids.retain(|known| known != vid);
        list.updated = call.now;
    }
    Ok(Reply::Body(json!({ "code": 200, "status": "success", "message": "success" })))
}

/// The list in an array of one; the array is empty if there is no such list.
fn get(model: &mut Model, call: &Call<'_>) -> Outcome {
    let found = found(model, call)?;
    let data: Value = found.map(|list| record(model, list)).into_iter().collect();
    Ok(Reply::success(data))
}

/// The same as an object. An older page signs the id although it is only in the path; here it is signed if it
/// is sent.
fn get_legacy(model: &mut Model, call: &Call<'_>) -> Outcome {
    let found = found(model, call)?;
    Ok(Reply::success(found.map_or_else(|| json!([]), |list| record(model, list))))
}

fn found<'m>(model: &'m Model, call: &Call<'_>) -> Result<Option<&'m List>, Refusal> {
    call.json_only()?;
    let id = call.capture("id");
    match call.fields.get("id") {
        Some(sent) if sent != id => {
            Err(Refusal::new(format!("id: `{sent}` among the fields, and `{id}` in the path")))
        }
        _ => Ok(model.polyv.playlists.get(id)),
    }
}

fn record(model: &Model, list: &List) -> Value {
    let base = &model.config.base_url;
    let videos: Vec<Value> = list
        .videos(model)
        .map(|video| {
            json!({
                "vid": video.vid, "title": video.title, "duration": video.duration(), "publish_url": video.settings.publish_url,
                "first_image": video.cover_url(base), "default_videolink": play_url(base, &video.vid, "mp4"),
            })
        })
        .collect();
    json!({
        "describ": list.description,
        "tag": list.tag,
        "title": list.title,
        "lmodify": local_time(list.updated),
        // A text here, a number in the provider's client.
        "video_count": videos.len().to_string(),
        "videoid": list.id.to_string(),
        "ptime": local_time(list.created),
        "videolist": videos,
    })
}

/// One page of the lists, newest first.
fn list(model: &mut Model, call: &Call<'_>) -> Outcome {
    let page = Page::of(call)?;
    let ids = if call.fields.get("playListIds").is_some() {
        Some(call.list("playListIds", MAX_IDS)?)
    } else {
        None
    };
    let title = call.fields.get("title").unwrap_or_default();
    let long = call.choice("vidStyle", &["SIMPLE", "LONG_STYLE"])? == Some("LONG_STYLE");
    let wanted = |list: &&List| {
        list.title.contains(title)
            && ids.as_ref().is_none_or(|ids| ids.contains(&list.id.to_string().as_str()))
    };
    let lists: Vec<&List> = model.polyv.playlists.lists.iter().rev().filter(wanted).collect();
    Ok(Reply::success(page.json(lists.into_iter(), |list| row(model, list, long))))
}

fn row(model: &Model, list: &List, long: bool) -> Value {
    let videos: Vec<Value> = list
        .videos(model)
        .map(|video| {
            let cover = video.cover_url(&model.config.base_url);
            let vid = if long { &video.vid } else { video.vid.split('_').next().unwrap_or_default() };
            json!({
                "vid": vid, "title": video.title, "duration": video.seconds() as f64, "coverURL": cover, "miniCoverURL": cover, "largeCoverURL": cover,
                "cateId": video.category, "cateName": model.polyv.categories.name(video.category), "tags": video.settings.tags,
            })
        })
        .collect();
    json!({
        "id": list.id, "description": list.description, "tag": list.tag, "title": list.title, "creationTime": list.created, "updateTime": list.updated,
        "videoCount": videos.len(), "videoList": videos,
    })
}

#[cfg(test)]
mod tests {
    use crate::model::testing::Bench;
    use serde_json::{Value, json};

    /// A call that has the account's id among its fields.
    fn call(bench: &mut Bench, verb: &str, sent: &[(&str, &str)]) -> (i64, String, Value) {
        let user = bench.credentials.polyv_user_id.clone();
        let sent: Vec<(&str, &str)> = sent.iter().copied().chain([("userid", user.as_str())]).collect();
        let seen =
            bench.polyv(if verb == "list" { "GET" } else { "POST" }, &format!("/v2/play-list/{verb}"), &sent);
        (seen.code, seen.message, seen.data)
    }

    #[test]
    fn from_creation_to_the_last_video() {
        let mut bench = Bench::new();
        let (one, two) = (bench.video("一", 1_000_000), bench.video("二", 59 * 125_000));
        let (_, _, made) = call(&mut bench, "create", &[("title", "高一"), ("tag", "t")]);
        let id = made["playListId"].as_i64().unwrap().to_string();
        let (_, _, other) = call(&mut bench, "create", &[("title", "高二")]);
        assert_eq!(
            other["playListId"],
            made["playListId"].as_i64().unwrap() + 1,
            "created in the same millisecond"
        );
        for vid in [&one, &two, &one] {
            assert_eq!(call(&mut bench, "add-video", &[("playListId", &id), ("vid", vid)]).2, "success");
        }
        bench.now += 60_000;
        let (_, _, changed) =
            call(&mut bench, "update", &[("playListId", &id), ("title", "高三"), ("description", "d")]);
        assert_eq!(changed["playListId"], id.as_str(), "a text here");

        let path = format!("/v2/play/{{}}/list/{id}");
        for sent in [vec![], vec![("id", id.as_str())]] {
            let seen = bench.polyv("GET", &path, &sent);
            let list = &seen.data[0];
            assert_eq!(
                (&list["title"], &list["describ"], &list["tag"]),
                (&json!("高三"), &json!("d"), &json!("t"))
            );
            assert_eq!(
                (&list["video_count"], &list["videoid"], &list["videolist"][1]["duration"]),
                (&json!("2"), &json!(id), &json!("00:00:59"))
            );
            assert_eq!(
                (&list["ptime"], &list["lmodify"]),
                (&json!("2023-11-15 06:13:20"), &json!("2023-11-15 06:14:20"))
            );
        }
        assert_eq!(
            bench.polyv("GET", &path.replace("/list/", "/play-list/"), &[]).data["videolist"][0]["vid"],
            one.as_str(),
            "an object"
        );

        let (_, _, page) = call(&mut bench, "list", &[("playListIds", &id), ("title", "高")]);
        let row = &page["contents"][0];
        assert_eq!(
            (&page["totalItems"], &row["id"].to_string(), &row["videoCount"]),
            (&json!(1), &id, &json!(2))
        );
        assert_eq!(
            (&row["videoList"][0]["vid"], &row["videoList"][0]["duration"]),
            (&json!(one[..32]), &json!(8.0))
        );
        let (_, _, page) = call(&mut bench, "list", &[("vidStyle", "LONG_STYLE")]);
        assert_eq!(
            (&page["contents"][0]["title"], &page["contents"][1]["videoList"][0]["vid"]),
            (&json!("高二"), &json!(one)),
            "newest first"
        );

        bench.model.polyv.forget(&two);
        assert_eq!(bench.polyv("GET", &path, &[]).data[0]["video_count"], "1");
        for _ in 0..2 {
            let (code, _, body) = call(&mut bench, "remove-video", &[("playListId", &id), ("vid", &one)]);
            assert_eq!((code, body.get("data")), (200, None), "no data member at all");
        }
        assert_eq!(bench.polyv("GET", &path, &[]).data[0]["videolist"], json!([]));
    }

    #[test]
    fn refusals_by_table() {
        let mut bench = Bench::new();
        let vid = bench.video("一", 1);
        let id = call(&mut bench, "create", &[("title", "t")]).2["playListId"].to_string();
        let many = vec!["1"; 1001].join(",");
        type Sent<'a> = Vec<(&'a str, &'a str)>;
        let cases: Vec<(&str, Sent<'_>, &str)> = vec![
            ("create", vec![], "title can not be empty."),
            ("update", vec![("title", "t")], "playListId can not be empty."),
            ("update", vec![("playListId", "7"), ("title", "t")], "playListId: no playlist `7`"),
            ("update", vec![("playListId", &id), ("description", "d")], "title can not be empty."),
            ("add-video", vec![("playListId", &id)], "vid can not be empty."),
            ("add-video", vec![("playListId", &id), ("vid", "x")], "vid: no video `x`"),
            ("add-video", vec![("playListId", "7"), ("vid", &vid)], "playListId: no playlist `7`"),
            ("remove-video", vec![("playListId", "7"), ("vid", &vid)], "playListId: no playlist `7`"),
            ("list", vec![("playListIds", &many)], "playListIds: 1001 items, at most 1000"),
            ("list", vec![("pageSize", "1001")], "pageSize: 1001, at least 0 and at most 1000"),
            ("list", vec![("vidStyle", "LONG")], "vidStyle: `LONG` is none of SIMPLE, LONG_STYLE"),
        ];
        for (verb, sent, expected) in cases {
            let (code, message, _) = call(&mut bench, verb, &sent);
            assert_eq!((code, message.as_str()), (400, expected), "{verb} {sent:?}");
        }
        for path in ["/v2/play/{}/list/7", "/v2/play/{}/play-list/7"] {
            assert_eq!(bench.polyv("GET", path, &[]).data, json!([]));
            assert_eq!(
                bench.polyv("GET", path, &[("id", "8")]).message,
                "id: `8` among the fields, and `7` in the path"
            );
            assert_eq!(
                bench.polyv("GET", path, &[("format", "xml")]).message,
                "format, jsonp: the emulator answers plain JSON only"
            );
        }
    }
}
