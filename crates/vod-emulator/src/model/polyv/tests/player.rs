//! Players, domains and play tokens.

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
        (&[("settingType", "2"), ("host", "a.example,b.example")], "", json!([2, "a.example,b.example", ""])),
        (&[("settingType", "1"), ("host", "c.example")], "", json!([1, "a.example,b.example", "c.example"])),
        // Omitted lists stay.
        (&[("settingType", "3"), ("host", "d.example")], "", json!([3, "a.example,b.example", "c.example"])),
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
    for more in [[("viewerIp", "::1")], [("iswxa", "1")], [("disposable", "true")], [("disposable", "true")]]
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
