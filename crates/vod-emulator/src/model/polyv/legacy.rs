//! The oldest calls, which newer ones have replaced: they change the same state.

use super::{Auth, Call, Outcome, Refusal, Reply, player};
use crate::model::Model;
use crate::model::route::Route;

pub(crate) const ROUTES: &[Route] = &[
    Route::polyv(
        "polyv.legacy.set_player",
        &["GET", "POST"],
        "/uc/services/rest?method=changePlayer",
        &["vid", "playerid", "jsonp"],
        set_player,
    )
    .with(Auth::WriteToken),
    Route::polyv(
        "polyv.legacy.set_domains",
        &["GET", "POST"],
        "/uc/services/rest?method=saveHostUrl",
        &["host", "settingType", "jsonp"],
        set_domains,
    )
    .with(Auth::WriteToken),
    Route::polyv(
        "polyv.legacy.upload_cover",
        &["POST"],
        "/uc/services/rest?method=upFirstImage",
        &["vid", "Filedata", "format", "jsonp"],
        upload_cover,
    )
    .with(Auth::WriteToken),
];

/// The video that a call names.
fn vid<'c>(model: &Model, call: &'c Call<'_>) -> Result<&'c str, Refusal> {
    let vid = call.fields.get("vid").ok_or_else(|| Refusal::new("vid is empty").error(7))?;
    match model.polyv.live(vid) {
        Some(_) => Ok(vid),
        None => Err(Refusal::new(format!("vid: no video `{vid}`")).error(23)),
    }
}

/// An unknown player means the default one.
fn set_player(model: &mut Model, call: &Call<'_>) -> Outcome {
    call.json_only()?;
    let vid = vid(model, call)?;
    let player = player::known(call.required("playerid")?);
    if let Some(video) = model.polyv.live_mut(vid) {
        video.settings_mut().player = Some(player.to_owned());
    }
    Ok(Reply::success(()))
}

/// No limit on the number of domains is documented.
fn set_domains(model: &mut Model, call: &Call<'_>) -> Outcome {
    call.json_only()?;
    let hosts = call.list("host", usize::MAX)?;
    call.required("settingType")?;
    call.choice("settingType", &["1", "2"])?;
    let mode = call.number("settingType", 1..=2, 1)?;
    model.polyv.players.set(mode, &hosts);
    Ok(Reply::success(()))
}

/// The format is judged by the first bytes: anything except JPEG and PNG is bad.
fn upload_cover(model: &mut Model, call: &Call<'_>) -> Outcome {
    call.json_only()?;
    let vid = vid(model, call)?;
    let file = call
        .file("Filedata")
        .filter(|file| !file.bytes.is_empty())
        .ok_or_else(|| Refusal::new("file is empty").error(2))?;
    let (content_type, extension) = match &file.bytes[..] {
        [0x89, b'P', b'N', b'G', ..] => ("image/png", "png"),
        [0xff, 0xd8, 0xff, ..] => ("image/jpeg", "jpg"),
        _ => return Err(Refusal::new("bad format, jpg and png are taken").error(4)),
    };
    let url = model.keep_file(content_type, extension, file.bytes.clone());
    if let Some(video) = model.polyv.live_mut(vid) {
        video.settings_mut().cover = Some(url);
        video.updated = call.now;
    }
    Ok(Reply::success(true))
}

#[cfg(test)]
mod tests {
    use crate::model::testing::{Bench, NOW};
    use serde_json::json;

    const PLAYER: &str = "/uc/services/rest?method=changePlayer";
    const DOMAINS: &str = "/uc/services/rest?method=saveHostUrl";
    const COVER: &str = "/uc/services/rest?method=upFirstImage";

    const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";

    #[test]
    fn they_change_what_the_newer_calls_change() {
        let mut bench = Bench::new();
        let vid = bench.video("a", 1_000_000);
        for method in ["GET", "POST"] {
            let seen = bench.polyv(method, PLAYER, &[("vid", &vid), ("playerid", "demo-large")]);
            assert_eq!((seen.code, seen.data), (0, json!({ "error": "0" })), "no data member");
            assert_eq!(
                bench.polyv(method, DOMAINS, &[("host", "a,b,c,d,e,f"), ("settingType", "1")]).code,
                0
            );
        }
        assert_eq!(bench.polyv("GET", "/v2/play/{}/domain", &[]).data["disableHost"], "a,b,c,d,e,f");
        for (bytes, extension) in [(PNG, "png"), (&b"\xff\xd8\xff\xe0"[..], "jpg")] {
            assert_eq!(bench.upload(COVER, &[("vid", &vid)], &[("Filedata", "a", "", bytes)]).data, true);
            let video = bench.model.state(NOW)["videos"][0].clone();
            assert_eq!(video["player"], "demo-large");
            let cover = video["cover"].as_str().unwrap();
            assert!(cover.ends_with(&format!(".{extension}")), "{cover}");
            let kept = bench.model.kept_file(cover.rsplit('/').next().unwrap()).unwrap().1;
            assert_eq!(kept, bytes);
        }
    }

    #[test]
    fn refusals_are_numbers() {
        let mut bench = Bench::new();
        let vid = bench.video("a", 1_000_000);
        for (path, sent, expected) in [
            (PLAYER, vec![("playerid", "demo-large")], 7),
            (PLAYER, vec![("vid", "x"), ("playerid", "demo-large")], 23),
            (PLAYER, vec![("vid", vid.as_str())], 21),
            (PLAYER, vec![("vid", vid.as_str()), ("playerid", "p"), ("jsonp", "f")], 21),
            (DOMAINS, vec![("settingType", "1")], 21),
            (DOMAINS, vec![("host", "a"), ("settingType", "3")], 21),
            (DOMAINS, vec![("host", "a")], 21),
            (COVER, vec![("vid", vid.as_str())], 2),
        ] {
            let seen = bench.polyv("POST", path, &sent);
            assert_eq!(seen.code, expected, "{path} {sent:?}");
        }
        for (vid, bytes, expected) in
            [(vid.as_str(), &b""[..], 2), (&vid, b"GIF8", 4), ("x", PNG, 23), ("", PNG, 7)]
        {
            assert_eq!(
                bench.upload(COVER, &[("vid", vid)], &[("Filedata", "a.png", "image/png", bytes)]).code,
                expected
            );
        }
        assert_eq!(bench.model.state(NOW)["videos"][0]["cover"], json!(null));
    }
}
