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
    video.settings_mut().player = Some(player.to_owned());
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

#[cfg(test)]
mod tests {
    use crate::model::testing::{Bench, NOW, Pairs};
    use serde_json::{Value, json};

    const LIST: &str = "/v2/play/{}/player-list";
    const SET: &str = "/v2/play/set-video-player";
    const DOMAINS: &str = "/v2/play/{}/domain";
    const TOKEN: &str = "/service/v1/token";

    #[test]
    fn players_of_videos() {
        let mut bench = Bench::new();
        let vid = bench.video("a", 1_000_000);
        let user = bench.credentials.polyv_user_id.clone();
        let players = bench.polyv("GET", LIST, &[]).data;
        assert_eq!(
            players[0],
            json!({ "playerName": "默认", "playerId": "demo-default", "date": "2020-01-01 00:00:00", "isDefault": 1 })
        );
        assert_eq!((players.as_array().unwrap().len(), &players[1]["isDefault"]), (2, &json!(0)));
        for (player, kept) in [("demo-large", "demo-large"), ("nobody", "demo-default")] {
            let seen = bench.polyv("POST", SET, &[("userid", &user), ("vid", &vid), ("playerId", player)]);
            assert_eq!(seen.data, json!({ "userid": user, "vid": vid }));
            assert_eq!(bench.model.state(NOW)["videos"][0]["player"], kept);
        }
        for (vid, player, expected) in [
            ("x", "demo-large", "vid: no video `x`"),
            ("", "demo-large", "vid can not be empty."),
            (&vid, "", "playerId can not be empty."),
        ] {
            assert_eq!(
                bench.polyv("POST", SET, &[("userid", &user), ("vid", vid), ("playerId", player)]).message,
                expected
            );
        }
    }

    #[test]
    fn domains_by_table() {
        let mut bench = Bench::new();
        let user = bench.credentials.polyv_user_id.clone();
        let steps: [(Pairs<'_>, &str, Value); 10] = [
            (
                &[("settingType", "2"), ("host", "a.example,b.example")],
                "",
                json!([2, "a.example,b.example", ""]),
            ),
            (
                &[("settingType", "1"), ("host", "c.example")],
                "",
                json!([1, "a.example,b.example", "c.example"]),
            ),
            // Omitted lists stay.
            (
                &[("settingType", "3"), ("host", "d.example")],
                "",
                json!([3, "a.example,b.example", "c.example"]),
            ),
            (&[("settingType", "0")], "", json!([0, "a.example,b.example", "c.example"])),
            (&[("settingType", "2")], "", json!([2, "a.example,b.example", "c.example"])),
            (&[("settingType", "2"), ("host", "a,b,c,d,e")], "", json!([2, "a,b,c,d,e", "c.example"])),
            (
                &[("settingType", "2"), ("host", "a,b,c,d,e,f")],
                "host: 6 items, at most 5",
                json!([2, "a,b,c,d,e", "c.example"]),
            ),
            (&[("settingType", "1"), ("host", "a,")], "host[1]: empty", json!([2, "a,b,c,d,e", "c.example"])),
            (
                &[("settingType", "4")],
                "settingType: `4` is none of 0, 1, 2, 3",
                json!([2, "a,b,c,d,e", "c.example"]),
            ),
            (&[("host", "a")], "settingType can not be empty.", json!([2, "a,b,c,d,e", "c.example"])),
        ];
        for (sent, refusal, expected) in steps {
            let seen = bench.polyv("POST", DOMAINS, sent);
            assert_eq!(
                (seen.data, if seen.code == 200 { "" } else { &seen.message }),
                (json!(if refusal.is_empty() { "修改成功." } else { "" }), refusal)
            );
            let data = bench.polyv("GET", DOMAINS, &[]).data;
            assert_eq!(
                json!([data["settingType"], data["enableHost"], data["disableHost"]]),
                expected,
                "{sent:?}"
            );
            assert_eq!(data["userid"], user.as_str());
        }
    }

    #[test]
    fn valid_tokens_are_returned_again() {
        let mut bench = Bench::new();
        let vid = bench.video("a", 1_000_000);
        let token = |bench: &mut Bench, more: Pairs<'_>| {
            let pairs = [&[("videoId", vid.as_str()), ("viewerId", "w1")], more].concat();
            let seen = bench.polyv("POST", TOKEN, &pairs);
            assert_eq!((seen.code, seen.message.as_str()), (200, ""), "{more:?}");
            seen.data
        };
        let first = token(&mut bench, &[]);
        let expected = json!({
            "token": first["token"], "userId": bench.credentials.polyv_user_id, "videoId": vid, "viewerIp": "127.0.0.1", "viewerId": "w1",
            "viewerName": null, "extraParams": null, "ttl": 600_000, "createdTime": NOW, "expiredTime": NOW + 600_000, "iswxa": 0, "disposable": false,
        });
        assert_eq!(first, expected);
        // Another address, kind of client, or use gets another token.
        for more in
            [[("viewerIp", "::1")], [("iswxa", "1")], [("disposable", "true")], [("disposable", "true")]]
        {
            let seen = token(&mut bench, &more);
            assert_ne!(seen["token"], first["token"], "{more:?}");
        }
        assert_eq!(bench.model.state(NOW)["polyv"]["player"]["tokens"].as_array().unwrap().len(), 5);

        bench.now += 599_999;
        let again = token(&mut bench, &[("expires", "10"), ("viewerName", "李雷"), ("type", "WEB")]);
        assert_eq!(
            (&again["token"], &again["createdTime"], &again["viewerName"]),
            (&first["token"], &json!(NOW), &json!("李雷"))
        );
        assert_eq!(
            (&again["ttl"], &again["expiredTime"]),
            (&json!(10_000), &json!(bench.now + 10_000)),
            "its validity is extended"
        );
        bench.now += 10_000;
        assert_ne!(token(&mut bench, &[])["token"], first["token"], "it has expired");
        bench.model.polyv.forget(&vid);
        assert_eq!(bench.model.state(NOW)["polyv"]["player"]["tokens"], json!([]));
    }

    #[test]
    fn token_refusals_by_table() {
        let mut bench = Bench::new();
        let vid = bench.video("a", 1_000_000);
        let video = ("videoId", vid.as_str());
        let viewer = ("viewerId", "w");
        let cases: [(Pairs<'_>, &str); 9] = [
            (&[viewer], "videoId can not be empty."),
            (&[video], "viewerId can not be empty."),
            (&[("videoId", "x"), viewer], "video_not_found"),
            (&[video, viewer, ("expires", "0")], "expires: 0, at least 1 and at most 86400"),
            (&[video, viewer, ("expires", "86401")], "expires: 86401, at least 1 and at most 86400"),
            (&[video, viewer, ("disposable", "1")], "disposable: `1` is none of true, false"),
            (&[video, viewer, ("iswxa", "true")], "iswxa: `true` is none of 1, 0"),
            (&[video, viewer, ("type", "web")], "type: `web` is none of WEB, NATIVE"),
            (
                &[video, viewer, ("timestamp", "1")],
                "strict: field `timestamp` is not known to polyv.player.create_token",
            ),
        ];
        for (sent, expected) in cases {
            let seen = bench.polyv("POST", TOKEN, sent);
            assert_eq!((seen.code, seen.message.as_str()), (400, expected));
        }
        assert_eq!(bench.polyv("POST", TOKEN, &[("videoId", "x"), viewer]).data, "the video is not found.");
    }
}
