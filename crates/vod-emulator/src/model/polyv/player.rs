//! Players, the domains that may play, and play tokens.
//!
//! The account has two players, which no call changes. Chosen where the reference is silent: a token for a
//! video that does not exist is refused with `video_not_found`; a single-use token is new each time.

use super::times::local_time;
use super::{Auth, Call, Outcome, Refusal, Reply};
use crate::model::Model;
use crate::model::route::Route;
use serde_json::{Value, json};

pub(crate) const ROUTES: &[Route] = &[
    Route::polyv("polyv.player.list", &["GET"], "/v2/play/{userid}/player-list", &[], list),
    Route::polyv(
        "polyv.player.set_for_video",
        &["POST"],
        "/v2/play/set-video-player",
        &["vid", "playerId"],
        set_for_video,
    ),
    Route::polyv("polyv.player.get_domains", &["GET"], "/v2/play/{userid}/domain", &[], get_domains),
    Route::polyv(
        "polyv.player.set_domains",
        &["POST"],
        "/v2/play/{userid}/domain",
        &["settingType", "host"],
        set_domains,
    ),
    Route::polyv(
        "polyv.player.create_token",
        &["POST"],
        "/service/v1/token",
        &[
            "videoId",
            "viewerId",
            "viewerIp",
            "viewerName",
            "expires",
            "disposable",
            "iswxa",
            "type",
            "extraParams",
            "securitySeed",
        ],
        create_token,
    )
    .with(Auth::Playsafe),
];

/// Id and name of each player; the first is the default one.
const PLAYERS: [(&str, &str); 2] = [("demo-default", "默认"), ("demo-large", "大屏")];
/// When the players were created.
const PLAYERS_MADE: i64 = 1_577_808_000_000;
/// Most domains of one call.
const MAX_DOMAINS: usize = 5;
/// The longest validity of a main account's token, in seconds: a day.
const MAX_EXPIRES: i64 = 86_400;
/// The default validity of a token, in seconds.
const EXPIRES: i64 = 600;

/// The domains and the tokens.
#[derive(Debug, Default)]
pub(crate) struct Store {
    /// 0 none, 1 the denied ones, 2 the allowed ones, 3 both.
    pub(super) mode: i64,
    pub(super) allowed: Vec<String>,
    pub(super) denied: Vec<String>,
    /// The valid tokens, oldest first.
    tokens: Vec<Token>,
}

#[derive(Debug)]
struct Token {
    token: String,
    /// The sub-account that asked for it, if any.
    app_id: Option<String>,
    asked: Asked,
    viewer_ip: String,
    created: i64,
    expires: i64,
}

/// The requested properties of a token.
#[derive(Debug)]
pub(super) struct Asked {
    vid: String,
    viewer_id: String,
    viewer_name: Option<String>,
    extra: Option<String>,
    seconds: i64,
    disposable: bool,
    mini_program: bool,
}

impl Store {
    /// Sets one of the lists and makes it the active one.
    pub(super) fn set(&mut self, mode: i64, hosts: &[&str]) {
        self.mode = mode;
        let list = match mode {
            1 => &mut self.denied,
            2 => &mut self.allowed,
            _ => return,
        };
        *list = hosts.iter().map(|host| (*host).to_owned()).collect();
    }

    /// Removes the data of a video that is deleted permanently.
    pub(crate) fn forget(&mut self, vid: &str) {
        self.tokens.retain(|token| token.asked.vid != vid);
    }

    pub(crate) fn json(&self) -> Value {
        let tokens = self.tokens.iter().map(|token| {
            let Token { token, app_id, asked, viewer_ip, created, expires } = token;
            json!({
                "token": token, "app_id": app_id, "vid": asked.vid, "viewer": asked.viewer_id, "ip": viewer_ip,
                "disposable": asked.disposable, "created": created, "expires": expires,
            })
        });
        json!({ "mode": self.mode, "allowed": self.allowed, "denied": self.denied, "tokens": tokens.collect::<Value>() })
    }
}

fn list(_: &mut Model, _: &Call<'_>) -> Outcome {
    let rows = PLAYERS
        .iter()
        .enumerate()
        .map(|(index, (id, name))| json!({ "playerName": name, "playerId": id, "date": local_time(PLAYERS_MADE), "isDefault": i32::from(index == 0) }));
    Ok(Reply::success(rows.collect::<Value>()))
}

/// The player with this id, or the default one.
pub(super) fn known(id: &str) -> &'static str {
    PLAYERS.iter().find(|(known, _)| *known == id).unwrap_or(&PLAYERS[0]).0
}

/// Only two members of the answer are documented.
fn set_for_video(model: &mut Model, call: &Call<'_>) -> Outcome {
    let vid = call.required("vid")?;
    let player = known(call.required("playerId")?);
    let video = model.polyv.live_mut(vid).ok_or_else(|| Refusal::new(format!("vid: no video `{vid}`")))?;
    video.player = Some(player.to_owned());
    Ok(Reply::success(json!({ "userid": model.config.credentials.polyv_user_id, "vid": vid })))
}

/// Both lists, whichever is active.
fn get_domains(model: &mut Model, _: &Call<'_>) -> Outcome {
    let Store { mode, allowed, denied, .. } = &model.polyv.players;
    let user_id = &model.config.credentials.polyv_user_id;
    Ok(Reply::success(
        json!({ "userid": user_id, "settingType": mode, "enableHost": allowed.join(","), "disableHost": denied.join(",") }),
    ))
}

/// Without hosts, or with a mode that has no list, the lists stay.
fn set_domains(model: &mut Model, call: &Call<'_>) -> Outcome {
    call.required("settingType")?;
    call.choice("settingType", &["0", "1", "2", "3"])?;
    let mode = call.number("settingType", 0..=3, 0)?;
    match call.fields.get("host").filter(|_| matches!(mode, 1 | 2)) {
        Some(_) => model.polyv.players.set(mode, &call.list("host", MAX_DOMAINS)?),
        None => model.polyv.players.mode = mode,
    }
    Ok(Reply::success("修改成功."))
}

fn create_token(model: &mut Model, call: &Call<'_>) -> Outcome {
    let asked = Asked::of(call, MAX_EXPIRES)?;
    call.choice("type", &["WEB", "NATIVE"])?;
    create(model, call, asked, None)
}

impl Asked {
    pub(super) fn of(call: &Call<'_>, max_expires: i64) -> Result<Self, Refusal> {
        let text = |name| call.fields.get(name).map(str::to_owned);
        Ok(Self {
            vid: call.required("videoId")?.to_owned(),
            viewer_id: call.required("viewerId")?.to_owned(),
            viewer_name: text("viewerName"),
            extra: text("extraParams"),
            seconds: call.number("expires", 1..=max_expires, EXPIRES)?,
            disposable: call.flag("disposable")? == Some(true),
            mini_program: call.bit("iswxa")? == Some(true),
        })
    }
}

/// Creates a token, or extends one that is still valid for the same video, viewer, address and kind of
/// client.
pub(super) fn create(model: &mut Model, call: &Call<'_>, asked: Asked, app_id: Option<String>) -> Outcome {
    if model.polyv.live(&asked.vid).is_none() {
        return Err(Refusal::new("video_not_found").data("the video is not found."));
    }
    let viewer_ip = call.fields.get("viewerIp").map_or_else(|| call.peer.to_string(), str::to_owned);
    let (now, millis) = (call.now, asked.seconds.saturating_mul(1000));
    let tokens = &mut model.polyv.players.tokens;
    tokens.retain(|token| token.expires > now);
    let same = tokens.iter().position(|token| {
        let Asked { vid, viewer_id, disposable, mini_program, .. } = &token.asked;
        !disposable
            && !asked.disposable
            && (vid, viewer_id, mini_program) == (&asked.vid, &asked.viewer_id, &asked.mini_program)
            && (&token.viewer_ip, &token.app_id) == (&viewer_ip, &app_id)
    });
    let expires = now.saturating_add(millis);
    let token = match same {
        Some(index) => {
            let token = tokens.remove(index);
            Token { asked, expires: expires.max(token.expires), ..token }
        }
        None => {
            let text = model.random.hex(32);
            // The tokens of the two calls have different forms.
            let text = if app_id.is_some() {
                format!("{}-{}_{}", text, model.random.hex(7), model.random.hex(2))
            } else {
                text
            };
            Token { token: text, app_id, asked, viewer_ip, created: now, expires }
        }
    };
    let Token { token: text, app_id, asked, viewer_ip, created, expires } = &token;
    let mut data = json!({
        "token": text,
        "userId": model.config.credentials.polyv_user_id,
        "videoId": asked.vid,
        "viewerIp": viewer_ip,
        "viewerId": asked.viewer_id,
        "viewerName": asked.viewer_name,
        "extraParams": asked.extra,
        "ttl": millis,
        "createdTime": created,
        "expiredTime": expires,
        "iswxa": i32::from(asked.mini_program),
        "disposable": asked.disposable,
    });
    if let Some(app_id) = app_id {
        data["appId"] = json!(app_id);
    }
    model.polyv.players.tokens.push(token);
    Ok(Reply::silent(data))
}
