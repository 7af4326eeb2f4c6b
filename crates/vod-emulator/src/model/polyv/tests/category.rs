//! The tree of categories.

use crate::model::testing::{Bench, NOW, Pairs};
use serde_json::{Value, json};

const CREATE: &str = "/v2/video/{}/addCata";
const TREE: &str = "/v2/video/{}/cataJson";
const SIZE: &str = "/v2/cata/size";
const STATS: &str = "/v2/cata/total-stats";
const RENAME: &str = "/v2/video/{}/updateCata";
const PROFILE: &str = "/v2/video/{}/updateCataProfile";
const MOVE: &str = "/v2/cata/{}/change";
const DELETE: &str = "/v2/video/{}/deleteCata";

/// Creates a category; returns its id as text.
fn create(bench: &mut Bench, name: &str, parent: &str) -> String {
    bench.polyv("POST", CREATE, &[("cataname", name), ("parentid", parent)]).data["cataid"].to_string()
}

fn import(bench: &mut Bench, category: &str, bytes: u64) -> String {
    let infos = json!([{ "fileUrl": "http://h/a", "title": "t" }]).to_string();
    let seen = bench.polyv(
        "POST",
        "/v2/video/grab/{}/upload/multi",
        &[("uploadInfos", &infos), ("cataid", category)],
    );
    for effect in seen.answer.effects {
        if let crate::model::Effect::Fetch { job, .. } = effect {
            bench.fetched(job, Ok(crate::model::testing::file(bytes)));
        }
    }
    bench.model.polyv.videos.last().unwrap().vid.clone()
}

#[test]
fn a_tree_with_its_figures() {
    let mut bench = Bench::new();
    let user = bench.credentials.polyv_user_id.clone();
    let a = create(&mut bench, "高一", "1");
    let b = create(&mut bench, "物理", &a);
    for (category, bytes) in [("1", 1000), (&a, 200), (&b, 30), (&b, 4)] {
        import(&mut bench, category, bytes);
    }
    let id = |text: &str| text.parse::<i64>().unwrap();
    let below = json!({ "text": "物理 (2) ", "cataname": "物理", "catatree": format!("1,{a},{b}"), "cataid": id(&b), "parentid": id(&a), "videos": 2 });
    let branch = json!({ "text": "高一 (3) ", "cataname": "高一", "catatree": format!("1,{a}"), "cataid": id(&a), "parentid": 1, "videos": 3, "nodes": [below] });
    for method in ["GET", "POST"] {
        assert_eq!(bench.polyv(method, TREE, &[("cataid", &a)]).data, json!([branch]), "a leaf has no nodes");
        let whole = bench.polyv(method, TREE, &[]).data;
        assert_eq!(
            (&whole[0]["parentid"], &whole[0]["videos"], &whole[0]["nodes"]),
            (&json!(0), &json!(4), &json!([branch]))
        );
    }
    assert_eq!(bench.polyv("GET", TREE, &[("cataid", "7")]).data, json!([]));

    for (category, bytes) in [("1", 1000), (&a, 200), (&b, 34)] {
        assert_eq!(bench.polyv("GET", SIZE, &[("userid", &user), ("cataid", category)]).data, bytes);
    }
    let cases: [(Pairs<'_>, u64, u64); 4] = [
        (&[], 4, 1234),
        (&[("cataid", &a)], 1, 200),
        (&[("cataid", &a), ("containSubCata", "true")], 3, 234),
        (&[("cataid", &b), ("containSubCata", "false")], 2, 34),
    ];
    for (sent, videos, bytes) in cases {
        let seen = bench.polyv("GET", STATS, &[&[("userid", user.as_str())], sent].concat());
        assert_eq!(seen.data, json!({ "videoNum": videos, "usedSpace": bytes }), "{sent:?}");
    }
}

#[test]
fn renaming_moving_and_deleting() {
    let mut bench = Bench::new();
    let a = create(&mut bench, "a", "1");
    let b = create(&mut bench, "b", &a);
    let c = create(&mut bench, "c", &b);
    let vid = import(&mut bench, &c, 1);
    assert_eq!(bench.polyv("POST", RENAME, &[("cataid", &b), ("cataname", "新")]).data, true);
    assert_eq!(
        bench.polyv("POST", RENAME, &[("cataid", &b), ("cataname", "新")]).message,
        "",
        "success without a message"
    );
    assert_eq!(bench.polyv("POST", MOVE, &[("cataid", &b), ("destCataid", "1")]).data, true);
    let tree = bench.polyv("GET", TREE, &[("cataid", &b)]).data;
    assert_eq!((&tree[0]["cataname"], &tree[0]["catatree"]), (&json!("新"), &json!(format!("1,{b}"))));
    for dest in [&b, &c] {
        let message = format!("destCataid: `{dest}` is the category itself or below it");
        assert_eq!(bench.polyv("POST", MOVE, &[("cataid", &b), ("destCataid", dest)]).message, message);
    }
    assert_eq!(bench.polyv("POST", DELETE, &[("cataid", &b)]).data, true);
    assert_eq!(
        bench.polyv("GET", TREE, &[]).data[0]["nodes"].as_array().map(Vec::len),
        Some(1),
        "those below are deleted too"
    );
    assert_eq!(
        bench.polyv("GET", "/v2/video/{}/get-video-msg", &[("vid", &vid)]).data[0]["cataid"],
        "1",
        "its videos are kept"
    );
}

/// New videos take the settings of their category, or otherwise of the account.
#[test]
fn profiles() {
    let mut bench = Bench::new();
    let a = create(&mut bench, "a", "1");
    let b = create(&mut bench, "b", &a);
    let shown = |bench: &Bench| {
        let videos = bench.model.state(NOW)["videos"].take();
        let video = videos.as_array().unwrap().last().unwrap();
        [&video["encrypted"], &video["hls_level"], &video["keep_source"], &video["player"]]
            .map(Value::to_string)
            .join(" ")
    };
    let encryption = [("encrypt", "1"), ("hlslevel", "web")];
    assert_eq!(bench.polyv("POST", "/v2/setting/{}/set-playsafe", &encryption).code, 200);
    let cases: [(Pairs<'_>, &str); 5] = [
        (&[], r#"true "web" false null"#),
        (
            &[("encrypt", "1"), ("hlslevel", "app"), ("playerId", "p"), ("isEdu", "1"), ("encode_aac", "0")],
            r#"true "app" false "p""#,
        ),
        (&[("keepSource", "1")], r#"false "open" true "p""#),
        (&[("keepSource", "0"), ("encrypt", "0")], r#"false "app" false "p""#),
        (&[("isSettings", "N")], r#"true "web" false null"#),
    ];
    for (sent, expected) in cases {
        if !sent.is_empty() {
            assert_eq!(bench.polyv("POST", PROFILE, &[&[("cataid", a.as_str())], sent].concat()).data, true);
        }
        import(&mut bench, &b, 1);
        assert_eq!(shown(&bench), expected, "{sent:?}");
    }
    let settings = bench.model.state(NOW)["polyv"]["category"][1]["settings"].take();
    assert_eq!(
        (&settings["isSettings"], &settings["isEdu"], &settings["hlslevel"]),
        (&json!("N"), &json!("1"), &json!("app"))
    );
}

#[test]
fn refusals_by_table() {
    let mut bench = Bench::new();
    let user = bench.credentials.polyv_user_id.clone();
    let a = create(&mut bench, "a", "1");
    let b = create(&mut bench, "b", &a);
    let (name, long) = ("名".repeat(40), "名".repeat(41));
    let not_top = format!("cataid: `{b}` is not a category of the top level");
    let cases: [(&str, &str, Pairs<'_>, &str); 28] = [
        ("POST", CREATE, &[("parentid", "1")], "cataname can not be empty."),
        ("POST", CREATE, &[("cataname", "x")], "parentid can not be empty."),
        ("POST", CREATE, &[("cataname", "x"), ("parentid", "7")], "parentid不存在."),
        ("POST", CREATE, &[("cataname", "x"), ("parentid", "y")], "parentid格式不正确."),
        ("POST", CREATE, &[("cataname", &long), ("parentid", "1")], "cataname: 41 characters, at most 40"),
        ("POST", CREATE, &[("cataname", &name), ("parentid", "1")], "success"),
        (
            "POST",
            CREATE,
            &[("cataname", "x"), ("parentid", "1"), ("format", "xml")],
            "format, jsonp: the emulator answers plain JSON only",
        ),
        ("GET", TREE, &[("cataid", "y")], "cataid: `y` is not a whole number"),
        ("GET", SIZE, &[("userId", &user), ("cataid", "1")], "userid is blank."),
        ("GET", SIZE, &[("userid", &user)], "cataid can not be empty."),
        ("GET", SIZE, &[("userid", &user), ("cataid", "7")], "cataid不存在."),
        ("POST", SIZE, &[("userid", &user), ("cataid", "y")], "cataid格式不正确."),
        ("GET", STATS, &[("userid", &user), ("cataid", "7")], "illegal cataid"),
        ("GET", STATS, &[("userid", &user), ("cataid", "y")], "illegal cataid"),
        (
            "GET",
            STATS,
            &[("userid", &user), ("containSubCata", "Y")],
            "containSubCata: `Y` is none of true, false",
        ),
        ("POST", RENAME, &[("cataid", "7"), ("cataname", "x")], "cataid不存在."),
        ("POST", RENAME, &[("cataid", &a)], "cataname can not be empty."),
        ("GET", RENAME, &[("cataid", &a), ("cataname", &long)], "cataname: 41 characters, at most 40"),
        ("POST", PROFILE, &[("cataid", &b)], &not_top),
        ("POST", PROFILE, &[("cataid", "7")], "cataid不存在."),
        ("POST", PROFILE, &[("cataid", &a), ("isSettings", "1")], "isSettings: `1` is none of Y, N"),
        ("POST", PROFILE, &[("cataid", &a), ("encode_aac", "Y")], "encode_aac: `Y` is none of 1, 0"),
        (
            "GET",
            PROFILE,
            &[("cataid", &a), ("hlslevel", "all")],
            "hlslevel: `all` is none of open, web, app, wxa_app",
        ),
        ("POST", MOVE, &[("cataid", "7"), ("destCataid", "1")], "cataid不存在."),
        ("POST", MOVE, &[("cataid", &a), ("destCataid", "7")], "destCataid不存在."),
        (
            "POST",
            MOVE,
            &[("cataid", "1"), ("destCataid", &a)],
            "cataid: the default category stays where it is",
        ),
        ("POST", DELETE, &[("cataid", "1")], "cataid: the default category stays where it is"),
        ("POST", DELETE, &[("cataid", "7")], "cataid不存在."),
    ];
    for (method, path, sent, message) in cases {
        assert_eq!(bench.polyv(method, path, sent).message, message, "{path} {sent:?}");
    }
    // Fields outside the fixed set are unsigned, and those in it must be signed.
    let now = NOW.to_string();
    let unsigned = bench.unsigned_polyv(
        "POST",
        RENAME,
        &[("cataid", &a), ("cataname", "x"), ("ptime", &now), ("sign", "00")],
    );
    let seen = bench.send(&unsigned);
    let explain = seen.answer.response.headers()["x-emulator-explain"].to_str().unwrap();
    assert_eq!(explain, format!("cataid={a}&cataname=x&ptime={now}&userid={user}<secret>"));
}
