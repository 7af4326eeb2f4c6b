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
        (video.vid.clone(), format!("1\n00:00:00,000 --> {},000\n{}\n", video.duration(), video.title));
    let link = match model.polyv.subtitles.generated.get(&vid) {
        Some(link) => link.clone(),
        None => model.keep_file(SRT.0, SRT.1, text.into()),
    };
    model.polyv.subtitles.generated.insert(vid, link.clone());
    Ok(Reply::success(
        json!({ "taskId": id, "link": link, "autoApplyEnabled": "N", "subtitleName": "智能字幕", "preferenceEnabled": "N" }),
    ))
}
