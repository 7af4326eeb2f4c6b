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
            for vid in vids {
                if let Some(video) = model.polyv.any_mut(&vid) {
                    video.settings_mut().cover = Some(url.to_owned());
                    video.updated = now;
                }
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

#[cfg(test)]
mod tests {
    use crate::model::testing::Bench;

    const SET: &str = "/v2/video/upload-cover-image";
    const UPLOAD: &str = "/v2/video/{}/uploadCoverImage";
    const SET_URL: &str = "/v2/video/{}/uploadCoverImageUrl";
    const PNG: (&str, &str, &str, &[u8]) = ("imageFile", "一.PNG", "image/png", b"png");

    #[test]
    fn videos_and_categories_get_it() {
        let mut bench = Bench::new();
        let user = bench.credentials.polyv_user_id.clone();
        let (one, two) = (bench.video("一", 1), bench.video("二", 1));
        let vids = format!("{one},{two}");
        let seen = bench.upload(SET, &[("userid", &user), ("vids", &vids)], &[PNG]);
        assert_eq!(seen.code, 200, "{}", seen.message);
        let state = bench.model.state(bench.now);
        for video in [&state["videos"][0], &state["videos"][1]] {
            assert_eq!(video["cover"], seen.data["imageUrlBig"]);
        }
        assert_eq!(
            bench.polyv("GET", "/v2/video/{}/get-video-msg", &[("vid", &two)]).data[0]["first_image"],
            seen.data["imageUrlBig"]
        );

        let seen = bench.upload(
            SET,
            &[("userid", &user), ("vids", &one), ("imageBase64", "data:image/GIF;base64,R0lG")],
            &[],
        );
        let name = seen.data["imageUrlSmall"].as_str().unwrap().rsplit('/').next().unwrap();
        let (kind, bytes) = bench.model.kept_file(name).unwrap();
        assert_eq!((kind, bytes.as_ref()), ("image/gif", b"GIF".as_slice()));

        // Videos take precedence over categories.
        let sent = [("vids", one.as_str()), ("cataids", "7"), ("fileUrl", "http://h/a.png")];
        assert_eq!(bench.polyv("POST", SET_URL, &sent).data, "上传成功.");
        assert_eq!(bench.model.state(bench.now)["videos"][0]["cover"], "http://h/a.png");
        assert_eq!(
            bench.upload(UPLOAD, &[("cataids", "1")], &[("image", "a.png", "image/png", b"png")]).code,
            200
        );
        assert!(bench.model.state(bench.now)["polyv"]["category"][0]["settings"]["cover"].is_string());
    }

    #[test]
    fn refusals_by_table() {
        let mut bench = Bench::new();
        let user = bench.credentials.polyv_user_id.clone();
        let vid = bench.video("一", 1);
        let big = vec![0; (5 << 20) + 1];
        type File<'a> = (&'a str, &'a str, &'a str, &'a [u8]);
        type Sent<'a> = Vec<(&'a str, &'a str)>;
        let cases: Vec<(Sent<'_>, Vec<File<'_>>, &str)> = vec![
            (vec![], vec![PNG], "vids can not be empty."),
            (vec![("vids", "x")], vec![PNG], "vids: no video `x`"),
            (vec![("cateIds", "7")], vec![PNG], "cateIds: no category `7`"),
            (vec![("cateIds", "x")], vec![PNG], "cateIds: `x` is not a whole number"),
            (vec![("vids", &vid)], vec![], "imageFile can not be empty."),
            (
                vec![("vids", &vid)],
                vec![("imageFile", "a.webp", "image/webp", b"x")],
                "imageFile: `a.webp` is none of png, jpg, jpeg, gif, bmp",
            ),
            (
                vec![("vids", &vid)],
                vec![("imageFile", "a.png", "image/png", &big)],
                "imageFile: 5242881 bytes, at most 5242880",
            ),
            (vec![("vids", &vid)], vec![("imageFile", "a.png", "image/png", &big[1..])], "success"),
            (
                vec![("vids", &vid), ("imageUrl", "h")],
                vec![],
                "imageUrl: not a URL (relative URL without a base), only http and https",
            ),
            (
                vec![("vids", &vid), ("imageBase64", "R0lG")],
                vec![],
                "imageBase64: no image as data:image/png;base64,…",
            ),
            (vec![("vids", &vid), ("imageUrl", "https://h/a.png")], vec![], "success"),
        ];
        for (mut sent, files, expected) in cases {
            sent.push(("userid", &user));
            assert_eq!(bench.upload(SET, &sent, &files).message, expected, "{sent:?}");
        }
        for (sent, code, expected) in [
            (vec![("fileUrl", "http://h/a.png")], 412, "vids不能为空."),
            (vec![("vids", vid.as_str()), ("fileUrl", "https://h/a.png")], 413, "上传失败."),
            (vec![("vids", vid.as_str())], 400, "fileUrl can not be empty."),
            (vec![("cataids", "7"), ("fileUrl", "http://h/a.png")], 400, "cataids: no category `7`"),
        ] {
            let seen = bench.polyv("POST", SET_URL, &sent);
            assert_eq!((seen.code, seen.message.as_str()), (code, expected), "{sent:?}");
        }
        let seen = bench.upload(UPLOAD, &[], &[("image", "a.png", "image/png", b"x")]);
        assert_eq!((seen.code, seen.message.as_str()), (412, "vids不能为空."));
        assert_eq!(bench.upload(UPLOAD, &[("vids", &vid)], &[]).message, "image can not be empty.");
    }
}
