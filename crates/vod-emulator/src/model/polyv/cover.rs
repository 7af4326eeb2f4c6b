//! Covers of videos and categories. Nothing is scaled: the small image is the large one. An image given by
//! URL is not copied.

use super::upload::http_url;
use super::{Call, Outcome, Refusal, Reply};
use crate::model::Model;
use crate::model::route::Route;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde_json::json;

pub(crate) const ROUTES: &[Route] = &[
    Route::polyv(
        "polyv.cover.set",
        &["POST"],
        "/v2/video/upload-cover-image",
        &["vids", "cateIds", "imageFile", "imageUrl", "imageBase64"],
        set,
    ),
    Route::polyv(
        "polyv.cover.upload_legacy",
        &["POST"],
        "/v2/video/{userid}/uploadCoverImage",
        &["vids", "cataids", "image"],
        upload_legacy,
    ),
    Route::polyv(
        "polyv.cover.set_url_legacy",
        &["POST"],
        "/v2/video/{userid}/uploadCoverImageUrl",
        &["vids", "cataids", "fileUrl"],
        set_url_legacy,
    ),
];

/// The largest cover or screenshot, in bytes.
pub(super) const MAX_IMAGE: usize = 5 << 20;
const TYPES: &[&str] = &["png", "jpg", "jpeg", "gif", "bmp"];
/// The most ids of one call; the reference names no limit.
const MAX_IDS: usize = 1000;

/// What gets the cover.
enum Target {
    Videos(Vec<String>),
    Categories(Vec<i64>),
}

/// Videos take precedence over categories, and the first of the image fields counts.
fn set(model: &mut Model, call: &Call<'_>) -> Outcome {
    let target = target(model, call, "cateIds")?.ok_or_else(|| Refusal::new("vids can not be empty."))?;
    let url = if let Some(file) = call.file("imageFile") {
        if file.bytes.is_empty() || !TYPES.contains(&file.extension().as_str()) {
            return Err(Refusal::new(format!(
                "imageFile: `{}` is none of {}",
                file.file_name,
                TYPES.join(", ")
            )));
        }
        if file.bytes.len() > MAX_IMAGE {
            return Err(Refusal::new(format!("imageFile: {} bytes, at most {MAX_IMAGE}", file.bytes.len())));
        }
        model.keep_file(&file.content_type, &file.extension(), file.bytes.clone())
    } else if let Some(url) = call.fields.get("imageUrl") {
        http_url("imageUrl", url)?;
        url.to_owned()
    } else if let Some(text) = call.fields.get("imageBase64") {
        let (kind, bytes) = base64_image(text)
            .ok_or_else(|| Refusal::new("imageBase64: no image as data:image/png;base64,…"))?;
        model.keep_file(&format!("image/{kind}"), kind, bytes)
    } else {
        return Err(Refusal::new("imageFile can not be empty."));
    };
    cover(model, call.now, target, &url);
    Ok(Reply::success(json!({ "imageUrlSmall": url, "imageUrlBig": url })))
}

fn upload_legacy(model: &mut Model, call: &Call<'_>) -> Outcome {
    let target = target(model, call, "cataids")?.ok_or_else(|| Refusal::new("vids不能为空.").code(412))?;
    let file = call
        .file("image")
        .filter(|file| !file.bytes.is_empty())
        .ok_or_else(|| Refusal::new("image can not be empty."))?;
    let url = model.keep_file(&file.content_type, &file.extension(), file.bytes.clone());
    cover(model, call.now, target, &url);
    Ok(Reply::success("上传成功."))
}

fn set_url_legacy(model: &mut Model, call: &Call<'_>) -> Outcome {
    let target = target(model, call, "cataids")?.ok_or_else(|| Refusal::new("vids不能为空.").code(412))?;
    let url = call.required("fileUrl")?;
    http_url("fileUrl", url)?;
    if !url.get(..7).is_some_and(|scheme| scheme.eq_ignore_ascii_case("http://")) {
        return Err(Refusal::new("上传失败.").code(413));
    }
    cover(model, call.now, target, url);
    Ok(Reply::success("上传成功."))
}

/// The named videos or categories, all of which must exist.
fn target(model: &Model, call: &Call<'_>, categories: &str) -> Result<Option<Target>, Refusal> {
    if call.fields.get("vids").is_some() {
        let vids = call.list("vids", MAX_IDS)?;
        model.polyv.known("vids", &vids)?;
        return Ok(Some(Target::Videos(vids.into_iter().map(str::to_owned).collect())));
    }
    if call.fields.get(categories).is_none() {
        return Ok(None);
    }
    let ids = call.numbers(categories, MAX_IDS, 1..=i64::MAX)?;
    match ids.iter().find(|id| model.polyv.categories.get(**id).is_none()) {
        Some(id) => Err(Refusal::new(format!("{categories}: no category `{id}`"))),
        None => Ok(Some(Target::Categories(ids))),
    }
}

fn cover(model: &mut Model, now: i64, target: Target, url: &str) {
    match target {
        Target::Videos(vids) => {
            for video in model.polyv.videos.iter_mut().filter(|video| vids.contains(&video.vid)) {
                video.cover = Some(url.to_owned());
                video.updated = now;
            }
        }
        Target::Categories(ids) => {
            for id in ids {
                if let Some(category) = model.polyv.categories.get_mut(id) {
                    category.settings.insert("cover".to_owned(), url.to_owned());
                }
            }
        }
    }
}

/// Type and bytes of an image as `data:image/png;base64,…`.
fn base64_image(text: &str) -> Option<(&'static str, Bytes)> {
    let (kind, encoded) = text.strip_prefix("data:image/")?.split_once(";base64,")?;
    let kind = TYPES.iter().find(|known| known.eq_ignore_ascii_case(kind))?;
    let bytes =
        STANDARD.decode(encoded.trim()).ok().filter(|bytes| !bytes.is_empty() && bytes.len() <= MAX_IMAGE)?;
    Some((kind, bytes.into()))
}
