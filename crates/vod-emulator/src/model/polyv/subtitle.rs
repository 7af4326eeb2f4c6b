//! Subtitles.

use super::record::Progress;
use super::{Auth, Call, Outcome, Refusal, Reply};
use crate::model::Model;
use crate::model::route::Route;
use bytes::Bytes;
use serde_json::{Value, json};
use std::collections::BTreeMap;

pub(crate) const ROUTES: &[Route] = &[
    Route::polyv(
        "polyv.subtitle.upload",
        &["POST"],
        "/v2/video/{userid}/srt/upload",
        &["vid", "title", "file", "asDefault", "language"],
        upload,
    ),
    Route::polyv("polyv.subtitle.list", &["GET"], "/v2/video/{userid}/srt/list", &["vid"], list),
    Route::polyv(
        "polyv.subtitle.merge",
        &["GET"],
        "/v2/video/{userid}/srt/merge",
        &["vid", "sourceSrtNames", "mergedSrtName", "setAsDefault"],
        merge,
    ),
    Route::polyv(
        "polyv.subtitle.delete",
        &["POST"],
        "/v2/video/{userid}/srt/delete",
        &["vid", "ranks"],
        delete,
    ),
    Route::polyv("polyv.subtitle.get_smart", &["GET"], "/vod/v4/smart-subtitle/get", &["taskId"], get_smart)
        .with(Auth::V4),
];

const LANGUAGES: [&str; 12] = [
    "中文",
    "繁体中文",
    "英语",
    "日语",
    "韩语",
    "法语",
    "德语",
    "俄语",
    "西班牙语",
    "阿拉伯语",
    "葡萄牙语",
    "其他",
];
/// The most subtitles of a video that gets a merged one.
const MAX_MERGED: usize = 2;
/// Longest name of a merged subtitle, in Unicode scalar values.
const MAX_NAME: usize = 5;
const SRT: (&str, &str) = ("application/x-subrip; charset=utf-8", "srt");

/// The subtitles of each video.
#[derive(Debug, Default)]
pub(crate) struct Store {
    videos: BTreeMap<String, Vec<Subtitle>>,
    /// Files of generated subtitles, created when first requested.
    generated: BTreeMap<String, String>,
}

/// A subtitle. Its number is its position in the list, so those after a deleted one get new numbers.
#[derive(Debug)]
struct Subtitle {
    name: String,
    language: Option<&'static str>,
    is_default: bool,
    bytes: Bytes,
    url: String,
}

impl Store {
    /// Removes the data of a video that is deleted permanently.
    pub(crate) fn forget(&mut self, vid: &str) {
        self.videos.remove(vid);
        self.generated.remove(vid);
    }

    pub(crate) fn json(&self) -> Value {
        let row = |subtitle: &Subtitle| {
            let Subtitle { name, language, is_default, bytes, url } = subtitle;
            json!({ "name": name, "language": language, "default": is_default, "bytes": bytes.len(), "url": url })
        };
        self.videos
            .iter()
            .map(|(vid, subtitles)| (vid.clone(), subtitles.iter().map(row).collect::<Value>()))
            .collect()
    }

    fn of(&self, vid: &str) -> &[Subtitle] {
        self.videos.get(vid).map_or(&[], Vec::as_slice)
    }

    /// The first subtitle of a video is always its default one.
    fn add(&mut self, vid: &str, mut added: Subtitle) {
        let subtitles = self.videos.entry(vid.to_owned()).or_default();
        added.is_default |= subtitles.is_empty();
        if added.is_default {
            subtitles.iter_mut().for_each(|subtitle| subtitle.is_default = false);
        }
        subtitles.push(added);
    }
}

/// A live video's id; the calls differ in how they refuse a blank one.
fn video<'c>(model: &Model, call: &'c Call<'_>, blank: Refusal) -> Result<&'c str, Refusal> {
    let vid = call.fields.get("vid").ok_or(blank)?;
    match model.polyv.live(vid) {
        Some(_) => Ok(vid),
        None => Err(Refusal::new("cannot find the video.").code(402)),
    }
}

/// Any UTF-8 text is accepted as a subtitle, without a limit on their number: a limit is documented only for
/// merging.
fn upload(model: &mut Model, call: &Call<'_>) -> Outcome {
    let vid = video(model, call, Refusal::new("vid can't be empty"))?;
    let file = call
        .file("file")
        .filter(|file| !file.bytes.is_empty())
        .ok_or_else(|| Refusal::new("file can't be empty"))?;
    let name = call.fields.get("title").ok_or_else(|| Refusal::new("title can't be empty"))?;
    let language =
        call.choice("language", &LANGUAGES).map_err(|_| Refusal::new("language is not support"))?;
    let is_default = call.letter("asDefault")?.unwrap_or(false);
    if std::str::from_utf8(&file.bytes).is_err() {
        return Err(Refusal::new("file: not UTF-8"));
    }
    let url = model.keep_file(SRT.0, SRT.1, file.bytes.clone());
    model
        .polyv
        .subtitles
        .add(vid, Subtitle { name: name.to_owned(), language, is_default, bytes: file.bytes.clone(), url });
    Ok(Reply::success(()))
}

fn list(model: &mut Model, call: &Call<'_>) -> Outcome {
    let vid = video(model, call, Refusal::new("vid is blank.").code(401))?;
    let subtitles = model.polyv.subtitles.of(vid).iter().zip(1..);
    let rows: Value = subtitles
        .map(|(subtitle, rank)| json!({ "rank": rank, "name": subtitle.name, "url": subtitle.url }))
        .collect();
    Ok(Reply::success(json!({ "srts": rows })))
}

/// The merged file is both texts in sequence: how the provider merges times is not documented.
fn merge(model: &mut Model, call: &Call<'_>) -> Outcome {
    let vid = video(model, call, Refusal::new("vid is blank"))?;
    let names: Vec<&str> = call.fields.get("sourceSrtNames").unwrap_or_default().split(',').collect();
    let [above, below] = names[..] else {
        return Err(Refusal::new("sourceSrtNames is error format"));
    };
    if above.is_empty() || below.is_empty() {
        return Err(Refusal::new("sourceSrtNames is error format"));
    }
    let name = call.text("mergedSrtName", MAX_NAME)?.unwrap_or("双语").to_owned();
    let is_default = call.flag("setAsDefault")?.unwrap_or(true);
    let subtitles = model.polyv.subtitles.of(vid);
    if subtitles.len() > MAX_MERGED {
        return Err(Refusal::new(format!("srt file limit {MAX_MERGED} , now has {}", subtitles.len())));
    }
    let find = |name: &str| {
        subtitles
            .iter()
            .find(|subtitle| subtitle.name == name)
            .ok_or_else(|| Refusal::new(format!("not found srt name {name}")))
    };
    let (above, below) = (find(above)?, find(below)?);
    let bytes = Bytes::from([above.bytes.as_ref(), b"\n", below.bytes.as_ref()].concat());
    let url = model.keep_file(SRT.0, SRT.1, bytes.clone());
    model.polyv.subtitles.add(vid, Subtitle { name, language: None, is_default, bytes, url });
    Ok(Reply::success(true))
}

/// All or none: with an unknown number nothing is deleted.
fn delete(model: &mut Model, call: &Call<'_>) -> Outcome {
    let vid = video(model, call, Refusal::new("vid is blank.").code(401))?;
    if call.fields.get("ranks").is_none() {
        return Err(Refusal::new("ranks is blank.").code(401));
    }
    let count = i64::try_from(model.polyv.subtitles.of(vid).len()).unwrap_or(i64::MAX);
    let ranks = call
        .numbers("ranks", usize::MAX, 1..=count)
        .map_err(|_| Refusal::new("invalid srt ranks.").code(402))?;
    if let Some(subtitles) = model.polyv.subtitles.videos.get_mut(vid) {
        let mut rank = 0;
        subtitles.retain(|_| {
            rank += 1;
            !ranks.contains(&rank)
        });
    }
    Ok(Reply::success(json!({})))
}

/// No call that starts a task is documented. So each video of the account has one, whose number is the
/// video's position from 1; it is done when the video is published, and its file shows the video's title from
/// start to end. The answer has no list of lines, as the reference does not name it.
fn get_smart(model: &mut Model, call: &Call<'_>) -> Outcome {
    let id = call.number("taskId", i64::MIN..=i64::MAX, 0)?;
    let place = usize::try_from(id).ok().and_then(|id| id.checked_sub(1));
    let video = place.and_then(|place| model.polyv.videos.get(place)).filter(|video| video.is_live());
    let Some(video) = video else {
        return Err(Refusal::new("字幕任务不存在或已删除").error(56810));
    };
    if !matches!(video.progress, Progress::Published) {
        return Err(Refusal::new("字幕正在生成中, 清稍后再试").error(56812));
    }
    let (vid, text) =
        (video.vid.to_string(), format!("1\n00:00:00,000 --> {},000\n{}\n", video.duration(), video.title));
    let link = match model.polyv.subtitles.generated.get(&vid) {
        Some(link) => link.clone(),
        None => model.keep_file(SRT.0, SRT.1, text.into()),
    };
    model.polyv.subtitles.generated.insert(vid, link.clone());
    Ok(Reply::success(
        json!({ "taskId": id, "link": link, "autoApplyEnabled": "N", "subtitleName": "智能字幕", "preferenceEnabled": "N" }),
    ))
}

#[cfg(test)]
mod tests {
    use crate::model::polyv::Preset;
    use crate::model::testing::{Bench, NOW, Pairs, Seen};
    use serde_json::{Value, json};

    const UPLOAD: &str = "/v2/video/{}/srt/upload";
    const LIST: &str = "/v2/video/{}/srt/list";
    const MERGE: &str = "/v2/video/{}/srt/merge";
    const DELETE: &str = "/v2/video/{}/srt/delete";
    const SMART: &str = "/vod/v4/smart-subtitle/get";

    fn upload(bench: &mut Bench, pairs: Pairs<'_>, bytes: &[u8]) -> Seen {
        bench.upload(UPLOAD, pairs, &[("file", "a.srt", "application/octet-stream", bytes)])
    }

    fn names(bench: &mut Bench, vid: &str) -> Vec<Value> {
        bench.polyv("GET", LIST, &[("vid", vid)]).data["srts"]
            .as_array()
            .unwrap()
            .iter()
            .map(|row| row["name"].clone())
            .collect()
    }

    fn default_name(bench: &Bench, vid: &str) -> Value {
        let state = bench.model.state(bench.now)["polyv"]["subtitle"][vid].take();
        let defaults: Vec<_> =
            state.as_array().unwrap().iter().filter(|row| row["default"] == true).collect();
        assert_eq!(defaults.len(), 1, "{state}");
        defaults[0]["name"].clone()
    }

    #[test]
    fn subtitles_are_uploaded_merged_and_deleted() {
        let mut bench = Bench::new();
        let vid = bench.video("a", 1_000_000);
        let seen = upload(&mut bench, &[("vid", &vid), ("title", "中文")], "1\n一".as_bytes());
        assert_eq!((seen.code, seen.message.as_str(), seen.data), (200, "success", Value::Null));
        assert_eq!(
            upload(
                &mut bench,
                &[("vid", &vid), ("title", "English"), ("asDefault", "N"), ("language", "英语")],
                b"1\none"
            )
            .code,
            200
        );
        assert_eq!(default_name(&bench, &vid), "中文", "the first one");

        let rows = bench.polyv("GET", LIST, &[("vid", &vid)]).data["srts"].clone();
        assert_eq!((&rows[1]["rank"], &rows[1]["name"]), (&json!(2), &json!("English")));
        let file = |bench: &Bench, url: &Value| {
            let (kind, bytes) =
                bench.model.kept_file(url.as_str().unwrap().rsplit('/').next().unwrap()).unwrap();
            assert!(kind.starts_with("application/x-subrip"));
            String::from_utf8(bytes.to_vec()).unwrap()
        };
        assert_eq!(file(&bench, &rows[1]["url"]), "1\none");

        let merge = [("vid", vid.as_str()), ("sourceSrtNames", "English,中文")];
        assert_eq!(bench.polyv("GET", MERGE, &merge).data, true);
        assert_eq!(names(&mut bench, &vid), ["中文", "English", "双语"]);
        assert_eq!(default_name(&bench, &vid), "双语");
        let rows = bench.polyv("GET", LIST, &[("vid", &vid)]).data["srts"].clone();
        assert_eq!(file(&bench, &rows[2]["url"]), "1\none\n1\n一");
        assert_eq!(bench.polyv("GET", MERGE, &merge).message, "srt file limit 2 , now has 3");

        // With an unknown number nothing is deleted; subtitles after a deleted one get new numbers.
        assert_eq!(
            bench.polyv("POST", DELETE, &[("vid", &vid), ("ranks", "1,4")]).message,
            "invalid srt ranks."
        );
        assert_eq!(bench.polyv("POST", DELETE, &[("vid", &vid), ("ranks", "3,1")]).data, json!({}));
        assert_eq!(names(&mut bench, &vid), ["English"]);
        assert_eq!(bench.polyv("GET", LIST, &[("vid", &vid)]).data["srts"][0]["rank"], 1);
    }

    #[test]
    fn refusals_by_table() {
        let mut bench = Bench::new();
        let vid = bench.video("a", 1_000_000);
        let vid = vid.as_str();
        let uploads: [(Pairs<'_>, &[u8], &str); 7] = [
            (&[("title", "t")], b"x", "vid can't be empty"),
            (&[("vid", vid)], b"x", "title can't be empty"),
            (&[("vid", vid), ("title", "t")], b"", "file can't be empty"),
            (&[("vid", vid), ("title", "t")], b"\xff", "file: not UTF-8"),
            (&[("vid", vid), ("title", "t"), ("language", "Klingon")], b"x", "language is not support"),
            (&[("vid", vid), ("title", "t"), ("asDefault", "1")], b"x", "asDefault: `1` is none of Y, N"),
            (&[("vid", "x"), ("title", "t")], b"x", "cannot find the video."),
        ];
        for (sent, bytes, expected) in uploads {
            assert_eq!(upload(&mut bench, sent, bytes).message, expected, "{sent:?}");
        }
        assert_eq!(
            bench.polyv("POST", UPLOAD, &[("vid", vid), ("title", "t")]).message,
            "file can't be empty"
        );
        assert_eq!(names(&mut bench, vid).len(), 0);

        assert_eq!(upload(&mut bench, &[("vid", vid), ("title", "a")], b"x").code, 200);
        let cases: [(&str, &str, Pairs<'_>, i64, &str); 13] = [
            ("GET", LIST, &[], 401, "vid is blank."),
            ("GET", LIST, &[("vid", "x")], 402, "cannot find the video."),
            ("GET", MERGE, &[("sourceSrtNames", "a,b")], 400, "vid is blank"),
            ("GET", MERGE, &[("vid", vid)], 400, "sourceSrtNames is error format"),
            ("GET", MERGE, &[("vid", vid), ("sourceSrtNames", "a")], 400, "sourceSrtNames is error format"),
            ("GET", MERGE, &[("vid", vid), ("sourceSrtNames", "a,")], 400, "sourceSrtNames is error format"),
            (
                "GET",
                MERGE,
                &[("vid", vid), ("sourceSrtNames", "a,b,c")],
                400,
                "sourceSrtNames is error format",
            ),
            ("GET", MERGE, &[("vid", vid), ("sourceSrtNames", "a,粤语")], 400, "not found srt name 粤语"),
            (
                "GET",
                MERGE,
                &[("vid", vid), ("sourceSrtNames", "a,a"), ("mergedSrtName", "一二三四五六")],
                400,
                "mergedSrtName: 6 characters, at most 5",
            ),
            ("POST", DELETE, &[("ranks", "1")], 401, "vid is blank."),
            ("POST", DELETE, &[("vid", vid)], 401, "ranks is blank."),
            ("POST", DELETE, &[("vid", "x"), ("ranks", "1")], 402, "cannot find the video."),
            ("POST", DELETE, &[("vid", vid), ("ranks", "one")], 402, "invalid srt ranks."),
        ];
        for (method, path, sent, code, expected) in cases {
            let seen = bench.polyv(method, path, sent);
            assert_eq!((seen.code, seen.message.as_str()), (code, expected), "{sent:?}");
        }
    }

    #[test]
    fn a_generated_subtitle_for_each_published_video() {
        let mut bench = Bench::new();
        let vid = bench.video("第一课", 10_000_000);
        let data = bench.polyv("GET", SMART, &[("taskId", "1")]).data;
        assert_eq!((&data["taskId"], &data["autoApplyEnabled"]), (&json!(1), &json!("N")));
        let name = data["link"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
        assert_eq!(
            bench.model.kept_file(&name).unwrap().1,
            "1\n00:00:00,000 --> 00:01:20,000\n第一课\n".as_bytes()
        );
        assert_eq!(
            bench.polyv("GET", SMART, &[("taskId", "1")]).data["link"],
            data["link"],
            "one file, however often it is asked for"
        );
        for id in ["0", "2", "-1", "9223372036854775807"] {
            let seen = bench.polyv("GET", SMART, &[("taskId", id)]);
            assert_eq!(
                (seen.code, seen.error, seen.message.as_str()),
                (400, Some(56810), "字幕任务不存在或已删除"),
                "{id}"
            );
        }
        bench
            .model
            .preset(
                NOW,
                &serde_json::from_value::<Vec<Preset>>(json!([{ "vid": vid, "status": 20 }])).unwrap(),
            )
            .unwrap();
        let seen = bench.polyv("GET", SMART, &[("taskId", "1")]);
        assert_eq!((seen.error, seen.message.as_str()), (Some(56812), "字幕正在生成中, 清稍后再试"));
    }
}
