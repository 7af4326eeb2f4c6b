//! Calls of a sub-account: play tokens and temporary URLs here, videos and categories in their own files.
//!
//! The emulated sub-account sees all videos and categories of the account. Chosen where the reference is
//! silent: every wrong video id is an `invalid vid`, and every wrong category id a `category not exist`.

pub(crate) mod categories;
pub(crate) mod videos;

use super::player::{self, Asked};
use super::record::{Video, play_url};
use super::{Auth, Call, Outcome, Refusal, Reply};
use crate::model::Model;
use crate::model::route::Route;
use serde_json::json;

pub(crate) const ROUTES: &[Route] = &[
    Route::polyv(
        "polyv.subaccount.temporary_url",
        &["POST"],
        "/v3/video/get-tmp-access-url",
        &["vid"],
        temporary_url,
    )
    .with(Auth::SubAccount),
    Route::polyv(
        "polyv.subaccount.create_token",
        &["POST"],
        "/service/v2/token/create-child",
        &[
            "videoId",
            "viewerId",
            "viewerIp",
            "viewerName",
            "expires",
            "disposable",
            "iswxa",
            "extraParams",
            "securitySeed",
        ],
        create_token,
    )
    .with(Auth::PlaysafeChild),
];

/// The video's play URL, which does not expire.
fn temporary_url(model: &mut Model, call: &Call<'_>) -> Outcome {
    let vid = video(model, call)?.vid.clone();
    Ok(Reply::success(json!({ "accessUrl": play_url(&model.config.base_url, &vid, "mp4") })))
}

/// The page names no longest validity.
fn create_token(model: &mut Model, call: &Call<'_>) -> Outcome {
    let asked = Asked::of(call, i64::from(i32::MAX))?;
    let app_id = model.config.credentials.polyv_app_id.clone();
    player::create(model, call, asked, Some(app_id))
}

fn invalid_vid() -> Refusal {
    Refusal::new("invalid vid").error(2000)
}

fn no_such_category() -> Refusal {
    Refusal::new("category not exist").error(3001)
}

/// The video that a call names.
fn video<'m>(model: &'m mut Model, call: &Call<'_>) -> Result<&'m mut Video, Refusal> {
    call.fields.get("vid").and_then(|vid| model.polyv.live_mut(vid)).ok_or_else(invalid_vid)
}

/// The category in a field, if sent; it must exist.
fn category(model: &Model, call: &Call<'_>, name: &str) -> Result<Option<i64>, Refusal> {
    let Some(text) = call.fields.get(name) else {
        return Ok(None);
    };
    let id = text.parse().ok().filter(|id| model.polyv.categories.get(*id).is_some());
    id.map(Some).ok_or_else(no_such_category)
}

#[cfg(test)]
mod tests {
    use crate::model::testing::{Bench, NOW, Pairs};
    use serde_json::{Value, json};

    const LIST: &str = "/v3/video/list-video";
    const GET: &str = "/v3/video/get-video-info";
    const UPDATE: &str = "/v3/video/update-info";
    const MOVE: &str = "/v3/video/update-category";
    const DELETE: &str = "/v3/video/delete-video";
    const URL: &str = "/v3/video/get-tmp-access-url";
    const ADD: &str = "/v3/category/add";
    const CATEGORY: &str = "/v3/category/get";
    const RENAME: &str = "/v3/category/update-info";
    const PROFILE: &str = "/v3/category/update-profile";
    const DELETE_CATEGORY: &str = "/v3/category/delete";
    const TOKEN: &str = "/service/v2/token/create-child";

    fn vids(bench: &mut Bench, sent: Pairs<'_>) -> Vec<String> {
        let seen = bench.polyv("GET", LIST, sent);
        assert_eq!(seen.code, 200, "{sent:?}: {}", seen.message);
        seen.data["contents"]
            .as_array()
            .unwrap()
            .iter()
            .map(|row| row["vid"].as_str().unwrap().to_owned())
            .collect()
    }

    fn category(bench: &mut Bench, name: &str, parent: &str) -> String {
        bench.polyv("POST", ADD, &[("name", name), ("parentId", parent)]).data.to_string()
    }

    #[test]
    fn lists_by_table() {
        let mut bench = Bench::new();
        let (above, now) = (category(&mut bench, "高一", ""), NOW.to_string());
        let below = category(&mut bench, "物理", &above);
        let one = bench.video("第一课", 1_000_000);
        bench.now += 1000;
        let two = bench.video("第二课", 1_000_000);
        assert_eq!(bench.polyv("POST", MOVE, &[("vids", &two), ("cateId", &below)]).data, Value::Null);
        let gone = bench.video("第三课", 1_000_000);
        assert_eq!(bench.polyv("POST", DELETE, &[("vid", &gone)]).code, 200);
        let (none, both, [one, two, gone]): (&[&str], _, _) =
            (&[], [one.as_str(), &two], [one.as_str(), &two, &gone]);
        let cases: [(Pairs<'_>, &[&str]); 15] = [
            (&[], &both),
            (&[("title", "第一")], &[one]),
            (&[("uploader", "API")], &both),
            (&[("uploader", "nobody")], none),
            (&[("status", "60")], &both),
            (&[("status", "61")], &both),
            (&[("status", "-1")], &[gone]),
            (&[("cateId", "1")], &[one]),
            (&[("cateId", &above)], none),
            (&[("cateId", &above), ("containSubCate", "Y")], &[two]),
            (&[("cataId", &below)], &[two]),
            (&[("endTime", &now)], &[one]),
            (&[("startTime", &now), ("sort", "creationTimeDesc")], &[two, one]),
            (&[("page", "2"), ("pageSize", "1")], &[two]),
            (&[("page", "3"), ("pageSize", "1")], none),
        ];
        for (sent, expected) in cases {
            assert_eq!(vids(&mut bench, sent), expected, "{sent:?}");
        }
        for (sent, expected) in [
            (("containSubCate", "true"), "containSubCate: `true` is none of Y, N"),
            (("sort", "playTimesAsc"), "sort: `playTimesAsc` is none of creationTimeDesc, creationTimeAsc"),
            (("pageSize", "1001"), "pageSize: 1001, at least 0 and at most 1000"),
            (("status", "60,61"), "status: `60,61` is not a whole number"),
            (("ptime", "1"), ""),
        ] {
            let seen = bench.polyv("GET", LIST, &[sent]);
            assert_eq!((seen.code == 200, seen.message.as_str()), (expected.is_empty(), expected));
        }
        let page = bench.polyv("POST", LIST, &[("pageSize", "1")]).data;
        assert_eq!(
            (&page["totalItems"], &page["totalPages"], &page["pageNumber"], &page["pageSize"]),
            (&json!(2), &json!(2), &json!(1), &json!(1))
        );
        let basics = json!({
            "title": "第一课", "description": "", "duration": 8.0, "coverURL": format!("http://127.0.0.1:9/_emulator/play/polyv/{one}.jpg"),
            "creationTime": "2023-11-15 06:13:20", "updateTime": "2023-11-15 06:13:20", "size": 1_000_000, "status": 60, "cateId": 1,
            "cateName": "默认分类", "tags": "", "uploader": "API",
        });
        assert_eq!(page["contents"], json!([{ "vid": one, "basicInfo": basics }]));
    }

    #[test]
    fn a_video_is_changed_and_deleted() {
        let mut bench = Bench::new();
        let vid = bench.video("a", 1_000_000);
        bench.now += 5000;
        let texts = [
            ("vid", vid.as_str()),
            ("title", "第二课"),
            ("describ", "力"),
            ("tag", "物理"),
            ("publishUrl", "www.example.com"),
        ];
        let seen = bench.polyv("POST", UPDATE, &texts);
        assert_eq!((seen.code, seen.data), (200, Value::Null));
        let other = bench.video("b", 1_000_000);
        let data = bench
            .polyv("GET", GET, &[("vids", &format!("{vid},x,{other}")), ("filter", "metaData,basicInfo")])
            .data;
        let basics = &data[0]["basicInfo"];
        assert_eq!(
            (data.as_array().unwrap().len(), &data[1]["vid"]),
            (2, &json!(other)),
            "unknown ids are ignored"
        );
        assert_eq!(
            (&basics["title"], &basics["description"], &basics["tags"]),
            (&json!("第二课"), &json!("力"), &json!("物理"))
        );
        assert_eq!((&basics["updateTime"], &basics["playTimes"]), (&json!("2023-11-15 06:13:25"), &json!(0)));
        assert_eq!(
            (&data[0]["metaData"]["width"], &data[0]["snapshotInfo"], basics.get("audioUrl")),
            (&json!(640), &Value::Null, None)
        );
        assert_eq!(bench.model.state(NOW)["videos"][0]["publish_url"], "www.example.com");
        let url = bench.polyv("POST", URL, &[("vid", &vid)]).data;
        assert_eq!(url, json!({ "accessUrl": format!("http://127.0.0.1:9/_emulator/play/polyv/{vid}.mp4") }));
        assert_eq!(bench.polyv("GET", GET, &[("vids", &vid), ("filter", "all")]).error, Some(400));

        assert_eq!(bench.polyv("POST", DELETE, &[("vid", &vid)]).data, Value::Null);
        assert_eq!(bench.polyv("GET", GET, &[("vids", &vid)]).data, json!([]));
        for (path, sent) in [
            (UPDATE, [("vid", vid.as_str())]),
            (DELETE, [("vid", &vid)]),
            (URL, [("vid", "")]),
            (MOVE, [("vids", &format!("{other},{vid}"))]),
        ] {
            let seen = bench.polyv("POST", path, &sent);
            assert_eq!(
                (seen.code, seen.error, seen.message.as_str(), seen.data),
                (400, Some(2000), "invalid vid", Value::Null),
                "{path}"
            );
        }
        let seen = bench.polyv("POST", MOVE, &[("vids", &other), ("cateId", "7")]);
        assert_eq!((seen.code, seen.error, seen.message.as_str()), (400, Some(3001), "category not exist"));
    }

    #[test]
    fn a_category_from_creation_to_deletion() {
        let mut bench = Bench::new();
        let user = bench.credentials.polyv_user_id.clone();
        let above = category(&mut bench, "高一", "1");
        assert_eq!(above.len(), 13);
        let below: Vec<String> =
            ["物理", "化学", "生物"].iter().map(|name| category(&mut bench, name, &above)).collect();
        let number = |id: &String| id.parse::<i64>().unwrap();
        let row =
            |id, name: &str, parent| json!({ "cateId": number(id), "cateName": name, "parentId": parent });
        let data = bench.polyv("GET", CATEGORY, &[("cateId", &above), ("page", "2"), ("pageSize", "2")]).data;
        let last = row(&below[2], "生物", number(&above));
        assert_eq!(
            data,
            json!({ "category": row(&above, "高一", 1), "subCategoryTotal": 3, "subCategories": [last] })
        );

        assert_eq!(
            bench.polyv("POST", RENAME, &[("cateId", &above), ("cateName", "高二")]).data,
            Value::Null
        );
        assert_eq!(bench.polyv("POST", CATEGORY, &[("cateId", &above)]).data["category"]["cateName"], "高二");
        let profile = [
            ("userId", user.as_str()),
            ("cateId", &above),
            ("enabled", "Y"),
            ("encrypt", "1"),
            ("encryptLevel", "web"),
            ("encodeAAC", "0"),
        ];
        assert_eq!(bench.polyv("POST", PROFILE, &profile).data, Value::Null);
        let settings = bench.model.state(NOW)["polyv"]["category"][1]["settings"].clone();
        assert_eq!(
            settings,
            json!({ "isSettings": "Y", "encrypt": "1", "hlslevel": "web", "encode_aac": "0" }),
            "as the main account's call names them"
        );

        let vid = bench.video("a", 1_000_000);
        bench.polyv("POST", MOVE, &[("vids", &vid), ("cateId", &below[0])]);
        assert_eq!(bench.model.state(NOW)["videos"][0]["cataid"], number(&below[0]));
        assert_eq!(bench.polyv("POST", DELETE_CATEGORY, &[("cateId", &above)]).data, Value::Null);
        assert_eq!(bench.model.state(NOW)["videos"][0]["cataid"], 1);

        let gone = (400, Some(3001), "category not exist");
        let cases: [(&str, &str, Pairs<'_>, _); 10] = [
            ("POST", ADD, &[], (400, Some(3000), "没有填写栏目名称")),
            ("POST", ADD, &[("name", "a"), ("parentId", &above)], gone),
            ("GET", CATEGORY, &[("cateId", &below[0])], gone),
            ("GET", CATEGORY, &[], gone),
            ("POST", RENAME, &[("cateId", "x"), ("cateName", "a")], gone),
            ("POST", RENAME, &[("cateId", "1")], (400, Some(3000), "没有填写栏目名称")),
            ("POST", PROFILE, &[("cateId", "1")], (400, Some(400), "userId can not be empty.")),
            ("POST", PROFILE, &[("userId", "x"), ("cateId", "1")], (403, Some(105), "permission limited")),
            (
                "POST",
                PROFILE,
                &[("userId", &user), ("cateId", "1"), ("encryptLevel", "all")],
                (400, Some(400), "encryptLevel: `all` is none of open, web, app, wxa_app"),
            ),
            (
                "POST",
                DELETE_CATEGORY,
                &[("cateId", "1")],
                (400, Some(400), "cateId: the default category stays where it is"),
            ),
        ];
        for (method, path, sent, expected) in cases {
            let seen = bench.polyv(method, path, sent);
            assert_eq!((seen.code, seen.error, seen.message.as_str()), expected, "{path} {sent:?}");
        }
    }

    #[test]
    fn a_sub_account_token_is_separate() {
        let mut bench = Bench::new();
        let vid = bench.video("a", 1_000_000);
        let asked = [("videoId", vid.as_str()), ("viewerId", "w1"), ("expires", "100000")];
        let child = bench.polyv("POST", TOKEN, &asked);
        assert_eq!(
            (child.code, &child.data["appId"], &child.data["ttl"]),
            (200, &json!(bench.credentials.polyv_app_id), &json!(100_000_000))
        );
        assert_eq!(child.data["userId"], bench.credentials.polyv_user_id.as_str());
        let main = bench.polyv("POST", "/service/v1/token", &asked[..2]);
        assert_ne!(main.data["token"], child.data["token"]);
        assert_eq!(bench.polyv("POST", TOKEN, &asked).data["token"], child.data["token"]);
        for (sent, expected) in [
            (("expires", "0"), "expires: 0, at least 1 and at most 2147483647"),
            (("type", "WEB"), "strict: field `type` is not known to polyv.subaccount.create_token"),
        ] {
            let seen = bench.polyv("POST", TOKEN, &[asked[0], asked[1], sent]);
            assert_eq!((seen.code, seen.message.as_str()), (400, expected));
        }
    }
}
