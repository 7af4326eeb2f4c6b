//! Single videos.

use serde_json::{Value, json};

use super::store::{Video, category_name, local_time, play_url};
use super::{Call, Outcome, Refusal, Reply};
use crate::model::route::{Handler, Route};
use crate::model::{Config, Model};

pub(crate) const ROUTES: &[Route] = &[Route {
    id: "polyv.info.get",
    methods: &["GET", "POST"],
    path: "/v2/video/{userid}/get-video-msg",
    fields: &["vid", "format", "jsonp"],
    handler: Handler::Polyv(get),
}];

/// The record in an array of one; the array is empty when there is no such video, as the provider's own client expects.
fn get(model: &mut Model, call: &Call<'_>) -> Outcome {
    call.json_only()?;
    let vid = call.fields.get("vid").ok_or_else(|| Refusal::new("vid can not be empty."))?;
    let found = model.polyv.videos.iter().find(|video| video.vid == vid);
    let data: Value = found.map(|video| record(&model.config, video)).into_iter().collect();
    Ok(Reply::Json { message: "success", data })
}

fn record(config: &Config, video: &Video) -> Value {
    let mp4 = play_url(&config.base_url, &video.vid, "mp4");
    let m3u8 = play_url(&config.base_url, &video.vid, "m3u8");
    let cover = play_url(&config.base_url, &video.vid, "jpg");
    let seconds = video.seconds();
    json!({
        "vid": video.vid,
        "title": video.title,
        "tag": "",
        "context": "",
        "status": 60,
        "duration": format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60),
        "df": 1,
        // A text in samples, a number in the table; so are cataid and source_filesize.
        "times": "0",
        "cataid": video.category.to_string(),
        "cataname": category_name(video.category),
        "seed": 0,
        "keepsource": 0,
        "hlsLevel": "open",
        "mp4": mp4,
        "mp4_1": mp4,
        "mp4_2": null,
        "mp4_3": null,
        "hls": [m3u8],
        "hls_1": m3u8,
        "hls_2": null,
        "hls_3": null,
        "flv1": null,
        "flv2": null,
        "flv3": null,
        "swf_link": "",
        "first_image": cover,
        "original_definition": "640x360",
        "playerwidth": 640,
        "playerheight": 360,
        "ptime": local_time(video.created),
        "source_filesize": video.file.bytes.to_string(),
        "md5checksum": video.file.md5,
        "uploader": { "email": "demo@example.com", "name": "demo", "role": "主账号" },
        "filesize": [video.file.bytes],
        "images": [format!("/images/{}_0.jpg", video.vid)],
        "images_b": [format!("/images/{}_0_b.jpg", video.vid)],
        "imageUrls": [cover],
        "default_video": mp4,
        "previewVid": null,
    })
}
