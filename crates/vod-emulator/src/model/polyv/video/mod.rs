//! Videos: single ones, lists, and changes.

pub(crate) mod edit;
pub(crate) mod get;
pub(crate) mod list;
pub(crate) mod search;
pub(crate) mod settings;
pub(crate) mod sizes;

#[cfg(test)]
mod tests {
    use crate::model::testing::{Bench, NOW, Pairs};
    use serde_json::{Value, json};

    const GET: &str = "/v2/video/{}/get-video-msg";
    const SEARCH: &str = "/v2/video/search-videos";
    const MANY: &str = "/v2/video/{}/get-video-info";
    const SIZES: &str = "/v2/video/{}/info";
    const SIZES_BY_CATEGORY: &str = "/v2/video/{}/getSizeByCata";
    const PLAYS: &str = "/v2/data/{}/play-times";
    const PLAY_AUTH: &str = "/v2/video/{}/authplay-status";
    const PREVIEW: &str = "/v2/video/{}/get-preview-duration";
    const SHARE: &str = "/v2/video/wechat-share/{}/video-info";
    const COVER: &str = "/v2/video/{}/get-image";
    const PASSWORD: &str = "/v2/video/{}/video-setting-page";
    const BY_TEXT: &str = "/v2/video/{}/search";
    const BY_PLAY_AUTH: &str = "/v2/video/{}/list";
    const BY_UPLOADER: &str = "/v2/video/{}/get-by-uploader";
    const NEWEST: &str = "/v2/video/{}/get-new-list";
    const MOST_PLAYED: &str = "/v2/video/{}/get-host-list";
    const DELETED: &str = "/v2/video/{}/get-del-list";
    const REJECTED: &str = "/v2/video/{}/get-illegal-list";

    #[test]
    fn one_video() {
        let mut bench = Bench::new();
        bench.import(&json!([{ "fileUrl": "http://h/a", "title": "片头", "state": "k-1" }]), 457_000_000);
        let vid = bench.model.state(NOW)["videos"][0]["vid"].as_str().unwrap().to_owned();
        let user = bench.credentials.polyv_user_id.clone();
        assert!(
            vid.starts_with(&user) && vid.len() == 34 && vid.ends_with(&format!("_{}", &user[..1])),
            "{vid}"
        );

        let data = bench.polyv("GET", GET, &[("vid", &vid), ("format", "json")]).data;
        let record = &data[0];
        assert_eq!(record["title"], "片头");
        assert_eq!(record["duration"], "01:00:56");
        assert_eq!(record["source_filesize"], "457000000");
        assert_eq!(record["ptime"], "2023-11-15 06:13:20", "China's time");
        assert_eq!(record["filesize"], json!([457_000_000]));

        assert_eq!(
            bench.polyv("GET", GET, &[("vid", "other")]).data,
            json!([]),
            "no such video is an empty array"
        );
        assert_eq!(bench.polyv("GET", GET, &[]).message, "vid can not be empty.");
        for unanswered in [("format", "xml"), ("jsonp", "f")] {
            let seen = bench.polyv("GET", GET, &[("vid", &vid), unanswered]);
            assert_eq!(seen.message, "format, jsonp: the emulator answers plain JSON only");
        }
    }

    #[test]
    fn properties_and_settings() {
        let mut bench = Bench::new();
        let title = "片".repeat(31);
        let (a, b) = (bench.video(&title, 1_000_000), bench.video("b", 250_000));
        let video = &mut bench.model.polyv.videos[0];
        (video.settings_mut().play_auth, video.settings_mut().preview_seconds, video.plays) = (true, 180, 7);
        (video.settings_mut().password, video.settings_mut().description, video.settings_mut().tags) =
            (Some("开 &门".to_owned()), "a < b".to_owned(), "x,y".to_owned());
        let cover = format!("http://127.0.0.1:9/_emulator/play/polyv/{a}.jpg");
        let both = format!("{a},{b}");

        let records = bench.polyv("GET", MANY, &[("vid", &format!("{b},other,{a}"))]).data;
        let vids: Vec<&Value> = records.as_array().unwrap().iter().map(|record| &record["vid"]).collect();
        assert_eq!(vids, [&json!(b), &json!(a)], "in the order asked for, without the unknown");
        let basics = records[1]["basicInfo"].as_object().unwrap();
        assert!(
            !basics.contains_key("playTimes")
                && records[1]["snapshotInfo"]["imageUrl"].is_array()
                && records[1]["metaData"]["size"] == 1_000_000
        );

        let share = bench.polyv("GET", SHARE, &[("vid", &a)]).data;
        let expected = json!({
            "videoCoverImg": cover, "videoTitle": "片".repeat(30), "fullVideoTitle": title, "videoDesc": "<p>a &lt; b</p>", "videoIcon": cover,
            "originalPlayTimes": 0, "originalLikeNum": 0,
        });
        assert_eq!(share, expected);
        let password = bench.polyv("GET", PASSWORD, &[("vids", &both)]).data;
        let expected = json!({
            "isShowPassword": true, "vids": both, "qid": null, "questionnaire": null,
            "videoPool": { "describ": "a < b", "tag": "x,y", "title": title, "publishUrl": "", "videoPoolExt": { "password": "开 &门" } },
        });
        assert_eq!(password, expected);
        let sizes = json!([
            { "vid": a, "duration": "00:00:08", "filesize1": 1_000_000, "filesize2": 0 },
            { "vid": b, "duration": "00:00:02", "filesize1": 250_000, "filesize2": 0 },
        ]);
        for (path, sent, expected) in [
            (PLAY_AUTH, [("vid", a.as_str())].as_slice(), json!(1)),
            (PLAY_AUTH, &[("vid", &b)], json!(0)),
            (PREVIEW, &[("vid", &a)], json!(180)),
            (COVER, &[("vid", &a)], json!(cover)),
            (COVER, &[("vid", &a), ("t", "0")], json!(cover)),
            (COVER, &[("vid", &a), ("t", "1")], json!(cover.replace(".jpg", "_t.jpg"))),
            (
                PLAYS,
                &[("vids", &both), ("realTime", "1")],
                json!([{ "vid": a, "times": 7 }, { "vid": b, "times": 0 }]),
            ),
            (SIZES, &[("vids", &both)], sizes),
        ] {
            let seen = bench.polyv("GET", path, sent);
            assert_eq!((seen.code, seen.data), (200, expected), "{path} {sent:?}");
        }
        bench.model.polyv.videos[0].settings_mut().cover = Some("http://h/c.png".to_owned());
        assert_eq!(bench.polyv("GET", COVER, &[("vid", &a), ("t", "1")]).data, "http://h/c.png");
        assert_eq!(
            bench.polyv("GET", PASSWORD, &[("vids", &b)]).data["videoPool"]["videoPoolExt"]["password"],
            ""
        );
    }

    #[test]
    fn sizes_by_category() {
        let mut bench = Bench::new();
        let vids: Vec<String> = ["a", "b", "c"].iter().map(|title| bench.video(title, 250_000)).collect();
        bench.model.polyv.videos[1].category = 77;
        let all = vids.join(",");
        // The videos of each category.
        let cases: [(Pairs<'_>, Value); 4] = [
            (&[("vids", &all)], json!([[1, [0, 2]], [77, [1]]])),
            (&[("vids", &vids[1]), ("cataid", "1")], json!([[77, [1]]])),
            (&[("cataid", "77,1,8")], json!([[77, [1]], [1, [0, 2]], [8, []]])),
            (&[("vids", "other")], json!([])),
        ];
        for (sent, expected) in cases {
            let data = bench.polyv("GET", SIZES_BY_CATEGORY, sent).data;
            let places = |video: &Value| vids.iter().position(|vid| video["vid"] == vid.as_str());
            let group = |group: &Value| {
                json!([
                    group["cataid"],
                    group["videos"].as_array().unwrap().iter().map(places).collect::<Vec<_>>()
                ])
            };
            assert_eq!(data.as_array().unwrap().iter().map(group).collect::<Value>(), expected, "{sent:?}");
        }
        let size = bench.polyv("GET", SIZES_BY_CATEGORY, &[("vids", &vids[0])]).data[0]["videos"][0].take();
        assert_eq!(
            size,
            json!({ "vid": vids[0], "duration": "00:00:02", "filesize1": 250_000, "filesize2": 0, "filesize3": 0 })
        );
    }

    #[test]
    fn refusals_of_properties() {
        let mut bench = Bench::new();
        let vid = bench.video("a", 1_000_000);
        let (over_100, over_500) = (vec!["a"; 101].join(","), vec!["a"; 501].join(","));
        for (path, sent, code, message, data) in [
            (MANY, &[("vid", over_100.as_str())] as Pairs<'_>, 400, "vid: 101 items, at most 100", ""),
            (MANY, &[], 400, "vid can not be empty.", ""),
            (SIZES, &[], 400, "vids can not be empty.", ""),
            (SIZES_BY_CATEGORY, &[], 400, "vids can not be empty.", ""),
            (SIZES_BY_CATEGORY, &[("vids", &over_500)], 400, "vids: 501 items, at most 500", ""),
            (SIZES_BY_CATEGORY, &[("cataid", "1,x")], 400, "cataid: `x` is not a whole number", ""),
            (PLAY_AUTH, &[], 401, "vid为空.", ""),
            (PLAY_AUTH, &[("vid", "other")], 403, "用户的视频下找不到该视频.", ""),
            (PREVIEW, &[("vid", "other")], 400, "success", "查询的视频不存在."),
            (PREVIEW, &[("vid", &vid)], 400, "success", "查询的视频没有设置预览时长."),
            (SHARE, &[], 401, "vid is blank.", ""),
            (SHARE, &[("vid", "other")], 402, "cannot find the video.", ""),
            (COVER, &[("vid", "other")], 400, "vid: no video `other`", ""),
            (COVER, &[("vid", &vid), ("t", "2")], 400, "t: `2` is none of 1, 0", ""),
            (PASSWORD, &[("vids", "other")], 400, "vids: no video `other`", ""),
            (PLAYS, &[("vids", "other")], 400, "添加失败.", ""),
            (PLAYS, &[("vids", &vid), ("realTime", "yes")], 400, "realTime: `yes` is none of 1, 0", ""),
        ] {
            let seen = bench.polyv("GET", path, sent);
            assert_eq!(
                (seen.code, seen.message.as_str(), &seen.data),
                (code, message, &json!(data)),
                "{path} {sent:?}"
            );
        }
        let body = bench.polyv("GET", PREVIEW, &[("vid", "other")]).answer.response.into_body();
        assert_eq!(serde_json::from_slice::<Value>(&body).unwrap()["status"], "success");
    }

    /// The titles on a page of an old list, in either form.
    fn titles(data: &Value) -> String {
        let rows = data.get("contents").unwrap_or(data);
        rows.as_array()
            .unwrap_or_else(|| panic!("{data}"))
            .iter()
            .map(|video| video["title"].as_str().unwrap())
            .collect()
    }

    /// Seven videos of one second each: in two categories, of a sub-account, played, deleted, rejected, one
    /// with play auth.
    fn seven() -> (Bench, i64, Vec<String>) {
        let mut bench = Bench::new();
        let vids = ["a", "b", "c", "d", "e", "f", "g"]
            .iter()
            .map(|title| (bench.video(title, 1000), bench.now += 1000).0)
            .collect();
        let polyv = &mut bench.model.polyv;
        let child = polyv.categories.create(NOW, 1, "child");
        let grandchild = polyv.categories.create(NOW, child, "grandchild");
        let [a, b, c, d, e, f, g] = &mut polyv.videos[..] else { panic!("seven videos") };
        (a.category, a.plays, a.settings_mut().encrypted) = (child, 5, true);
        (b.category, b.plays, b.settings_mut().tags) = (grandchild, 9, "x,y".to_owned());
        (c.settings_mut().sub_account, c.category, c.plays) = (Some("app".to_owned()), grandchild, 2);
        (d.settings_mut().sub_account, d.plays, d.progress) =
            (Some("other".to_owned()), 1, crate::model::polyv::record::Progress::Encoding);
        e.deleted_at = Some(NOW + 9000);
        (f.deleted_at, f.settings_mut().play_auth) = (Some(NOW + 8000), true);
        (g.settings_mut().play_auth, g.progress) = (true, crate::model::polyv::record::Progress::Refused);
        (bench, child, vids)
    }

    #[test]
    fn older_lists_by_table() {
        let (mut bench, child, vids) = seven();
        let child = &child.to_string();
        let path = format!("1,{child}");
        let two = format!("{},{}", vids[0], vids[1]);
        // The first video was created at 06:13:20 in China, then one each second.
        let cases: [(&str, Pairs<'_>, &str); 38] = [
            (BY_TEXT, &[], "gdcba"),
            (BY_TEXT, &[("keyword", "a")], "a"),
            (BY_TEXT, &[("tag", "y")], "b"),
            (BY_TEXT, &[("cataid", child)], "a"),
            (BY_TEXT, &[("encrypt", "1")], "a"),
            (BY_TEXT, &[("encrypt", "0"), ("sort", "creationTimeAsc")], "bcdg"),
            (BY_TEXT, &[("vids", &two), ("sort", "playTimesAsc")], "ab"),
            (BY_TEXT, &[("sort", "playTimesDesc"), ("pageSize", "2"), ("page", "2")], "cd"),
            (BY_TEXT, &[("sort", "playTimesDesc"), ("numPerPage", "2"), ("pageNum", "2")], "cd"),
            (BY_PLAY_AUTH, &[("playauth", "1")], "g"),
            (BY_PLAY_AUTH, &[("playauth", "0")], "abcd"),
            (BY_PLAY_AUTH, &[("playauth", "0"), ("pageNum", "2"), ("numPerPage", "3")], "d"),
            (BY_UPLOADER, &[], "cd"),
            (BY_UPLOADER, &[("email", "app@example.com")], "c"),
            (BY_UPLOADER, &[("email", "nobody@example.com")], ""),
            (BY_UPLOADER, &[("orderType", "1")], "cd"),
            (BY_UPLOADER, &[("orderType", "2")], "dc"),
            (BY_UPLOADER, &[("orderType", "3")], "dc"),
            (BY_UPLOADER, &[("orderType", "4")], "cd"),
            (BY_UPLOADER, &[("cataid", child)], ""),
            (BY_UPLOADER, &[("cataid", child), ("containSubCata", "1")], "c"),
            (BY_UPLOADER, &[("published", "1")], "c"),
            (BY_UPLOADER, &[("published", "0")], "cd"),
            (NEWEST, &[], "gdcba"),
            (NEWEST, &[("catatree", "1")], "gdcba"),
            (NEWEST, &[("catatree", &path)], "cba"),
            (NEWEST, &[("published", "1")], "cba"),
            (NEWEST, &[("startDate", "2023-11-15"), ("endDate", "2023-11-15")], "gdcba"),
            (NEWEST, &[("endDate", "2023-11-14")], ""),
            (NEWEST, &[("startDate", "2023-11-16")], ""),
            (NEWEST, &[("startTime", "2023-11-15 06:13:21"), ("endTime", "2023-11-15 06:13:23")], "dcb"),
            (NEWEST, &[("startTime", "2023-11-15 06:13:22"), ("endDate", "2023-11-01")], "gdc"),
            (NEWEST, &[("endTime", "2023-11-15 06:13:20")], "a"),
            (MOST_PLAYED, &[], "bacdg"),
            (MOST_PLAYED, &[("pageNum", "1"), ("numPerPage", "1")], "b"),
            (DELETED, &[], "ef"),
            (DELETED, &[("pageNum", "2"), ("numPerPage", "1")], "f"),
            (REJECTED, &[("page", "1")], "g"),
        ];
        for (path, sent, expected) in cases {
            let seen = bench.polyv("GET", path, sent);
            assert_eq!(seen.code, 200, "{path} {sent:?}: {}", seen.message);
            assert_eq!(titles(&seen.data), expected, "{path} {sent:?}");
            let alone = sent.iter().any(|(name, _)| *name == "numPerPage");
            assert_eq!(seen.data.is_array(), alone, "{path} {sent:?}");
        }
    }

    #[test]
    fn oddities_of_the_older_lists() {
        let (mut bench, _, vids) = seven();
        let body = |bench: &mut Bench, sent| {
            serde_json::from_slice::<Value>(
                &bench.polyv("GET", BY_PLAY_AUTH, sent).answer.response.into_body(),
            )
            .unwrap()
        };
        let answer = body(&mut bench, &[("playauth", "0"), ("pageSize", "2")]);
        assert_eq!(
            (&answer["code"], &answer["status"], &answer["message"]),
            (&json!(200), &json!("200"), &json!("4"))
        );
        assert_eq!((&answer["data"]["totalPages"], &answer["data"]["pageSize"]), (&json!(2), &Value::Null));
        let row = &body(&mut bench, &[("playauth", "1"), ("numPerPage", "1")])["data"][0];
        let expected = json!({
            "duration": "00:00:01", "vid": vids[6], "date": "2023-11-15 06:13", "uploader": "API", "cataid": "1", "sourceFileSize": "0.00 MB",
            "firstImage": format!("http://127.0.0.1:9/_emulator/play/polyv/{}.jpg", vids[6]), "cataname": "默认分类", "title": "g", "status": "审核不通过",
        });
        assert_eq!(row, &expected);
        let page = bench.polyv("GET", BY_UPLOADER, &[]).data;
        assert_eq!(
            (&page["pageSize"], &page["totalItems"], page.get("totalPages")),
            (&json!(20), &json!(2), None)
        );
        let row = &page["contents"][1];
        let picked = (&row["status"], &row["ptime"], &row["uploaderEmail"], &row["aacLink"]);
        assert_eq!(picked, (&json!("20"), &json!(NOW + 3000), &json!("other@example.com"), &Value::Null));

        for (path, sent, expected) in [
            (
                BY_TEXT,
                [("sort", "title")].as_slice(),
                "sort: `title` is none of creationTimeAsc, creationTimeDesc, playTimesAsc, playTimesDesc",
            ),
            (BY_TEXT, &[("pageSize", "1001")], "pageSize: 1001, at least 0 and at most 1000"),
            (BY_TEXT, &[("vids", "a,,b")], "vids[1]: empty"),
            (BY_PLAY_AUTH, &[], "playauth can not be empty."),
            (BY_PLAY_AUTH, &[("playauth", "Y")], "playauth: `Y` is none of 1, 0"),
            (BY_UPLOADER, &[("orderType", "5")], "orderType: `5` is none of 1, 2, 3, 4"),
            (NEWEST, &[("startDate", "2023-11-1")], "startDate: `2023-11-1` is not a day as yyyy-MM-dd"),
            (
                NEWEST,
                &[("endTime", "2023-11-01 8:00:00")],
                "endTime: `2023-11-01 8:00:00` is not a time as yyyy-MM-dd HH:mm:ss",
            ),
            (NEWEST, &[("catatree", "1,x")], "catatree: `x` is not a whole number"),
            (MOST_PLAYED, &[("pageNum", "0")], "pageNum: 0, at least 1"),
            (DELETED, &[("status", "1")], "strict: field `status` is not known to polyv.video.list_deleted"),
        ] {
            assert_eq!(bench.polyv("GET", path, sent).message, expected);
        }
    }

    #[test]
    fn searching_videos() {
        let mut bench = Bench::new();
        let user = bench.credentials.polyv_user_id.clone();
        for (title, millis) in [("一 alpha", 0), ("二 beta", 1000), ("三 alpha", 1000)] {
            bench.now += millis;
            bench.import(&json!([{ "fileUrl": "http://h/a", "title": title }]), 250_000);
        }
        let (from, until) = ((NOW + 1000).to_string(), (NOW + 1999).to_string());
        let cases: [(Pairs<'_>, &[&str]); 12] = [
            (&[], &["一 alpha", "二 beta", "三 alpha"]),
            (&[("title", "alpha")], &["一 alpha", "三 alpha"]),
            (&[("sort", "creationTimeDesc"), ("pageSize", "2")], &["三 alpha", "二 beta"]),
            (&[("page", "2"), ("pageSize", "2")], &["三 alpha"]),
            (&[("startTime", &from), ("endTime", &until)], &["二 beta"]),
            (&[("status", "10,61")], &["一 alpha", "二 beta", "三 alpha"]),
            (&[("status", "-1")], &[]),
            (&[("cateId", "1"), ("containSubCate", "true")], &["一 alpha", "二 beta", "三 alpha"]),
            (&[("cateId", "7")], &[]),
            (&[("tag", "x")], &[]),
            (&[("encrypted", "true")], &[]),
            (&[("uploader", "somebody")], &[]),
        ];
        for (sent, expected) in cases {
            let mut sent = sent.to_vec();
            sent.push(("userid", &user));
            let seen = bench.polyv("GET", SEARCH, &sent);
            let contents = seen.data["contents"].as_array().unwrap();
            let titles: Vec<&str> =
                contents.iter().map(|video| video["basicInfo"]["title"].as_str().unwrap()).collect();
            assert_eq!(titles, expected, "{sent:?}");
        }

        let all = [
            ("userid", user.as_str()),
            ("filters", "metaData,transcodeInfo,snapshotInfo"),
            ("pageSize", "1"),
        ];
        let seen = bench.polyv("GET", SEARCH, &all);
        let record = &seen.data["contents"][0];
        assert_eq!((&record["basicInfo"], &record["metaData"]["size"]), (&Value::Null, &json!(250_000)));
        assert!(record["transcodeInfos"].is_array() && record["snapshotInfo"]["imageUrl"].is_array());
        let body =
            std::str::from_utf8(bench.polyv("GET", SEARCH, &[("userid", &user)]).answer.response.body())
                .unwrap()
                .to_owned();
        assert!(body.contains(r#""duration":2.0"#), "a decimal number: {body}");

        for (name, value, expected) in [
            (
                "filters",
                "basicInfo,all",
                "filters: `all` is none of basicInfo, metaData, transcodeInfo, snapshotInfo",
            ),
            (
                "sort",
                "title",
                "sort: `title` is none of creationTimeAsc, creationTimeDesc, playTimesAsc, playTimesDesc",
            ),
            ("status", "60,x", "status: `x` is not a whole number"),
            ("encrypted", "1", "encrypted: `1` is none of true, false"),
            ("pageSize", "1001", "pageSize: 1001, at least 0 and at most 1000"),
        ] {
            assert_eq!(bench.polyv("GET", SEARCH, &[("userid", &user), (name, value)]).message, expected);
        }
    }

    #[test]
    fn changes_by_other_calls_are_found_and_shown() {
        let mut bench = Bench::new();
        let user = bench.credentials.polyv_user_id.clone();
        let infos: Vec<Value> = ["a", "b", "c", "d", "e"]
            .iter()
            .map(|title| json!({ "fileUrl": "http://h/x", "title": title }))
            .collect();
        bench.import(&json!(infos), 1_000_000);
        let polyv = &mut bench.model.polyv;
        let child = polyv.categories.create(NOW, 1, "child");
        let grandchild = polyv.categories.create(NOW, child, "grandchild");
        let [a, b, c, d, e] = &mut polyv.videos[..] else { panic!("five videos") };
        (a.plays, a.settings_mut().encrypted, a.category) = (3, true, child);
        (b.plays, b.settings_mut().play_auth, b.category) = (9, true, grandchild);
        (c.settings_mut().tags, c.settings_mut().sub_account, c.updated) =
            ("x, year".to_owned(), Some("app".to_owned()), NOW + 60_000);
        d.deleted_at = Some(NOW);
        e.forbidden = true;
        let (child, grandchild) = (child.to_string(), grandchild.to_string());
        let cases: [(Pairs<'_>, &str); 17] = [
            (&[], "abce"),
            (&[("status", "-1")], "d"),
            (&[("status", "53,60")], "abce"),
            (&[("status", "61")], "abc"),
            (&[("cateId", &child)], "a"),
            (&[("cateId", &child), ("containSubCate", "true")], "ab"),
            (&[("cateId", &grandchild), ("containSubCate", "false")], "b"),
            (&[("encrypted", "true")], "a"),
            (&[("encrypted", "false")], "bce"),
            (&[("playAuthEnable", "true")], "b"),
            (&[("tag", "year")], "c"),
            (&[("tag", "ye")], "c"),
            (&[("tag", "x, y")], ""),
            (&[("uploader", "app")], "c"),
            (&[("uploader", "API")], "abe"),
            (&[("sort", "playTimesDesc")], "bace"),
            (&[("sort", "playTimesAsc")], "ceab"),
        ];
        for (sent, expected) in cases {
            let seen = bench.polyv("GET", SEARCH, &[&[("userid", user.as_str())], sent].concat());
            let contents = seen.data["contents"].as_array().unwrap();
            let titles: String =
                contents.iter().map(|video| video["basicInfo"]["title"].as_str().unwrap()).collect();
            assert_eq!(titles, expected, "{sent:?}");
        }
        let seen = bench.polyv("GET", SEARCH, &[("userid", &user), ("tag", "x")]).data;
        let basic = &seen["contents"][0]["basicInfo"];
        assert_eq!(
            (&basic["tags"], &basic["uploader"], &basic["updateTime"]),
            (&json!("x, year"), &json!("app"), &json!("2023-11-15 06:14:20"))
        );
        let vid = bench.model.polyv.videos[1].vid.clone();
        let record = &bench.polyv("GET", GET, &[("vid", &vid)]).data[0];
        assert_eq!(
            (&record["cataname"], &record["cataid"], &record["times"]),
            (&json!("grandchild"), &json!(grandchild), &json!("9"))
        );
        let deleted = bench.model.polyv.videos[3].vid.clone();
        assert_eq!(
            bench.polyv("GET", GET, &[("vid", &deleted)]).data,
            json!([]),
            "the recycle bin is not searched"
        );
        let polyv = &bench.model.polyv;
        let (alone, below) = (polyv.totals(child.parse().unwrap(), false), polyv.totals(1, true));
        assert_eq!((alone.videos, alone.bytes, below.videos, below.seconds), (1, 1_000_000, 4, 32));
        assert_eq!(
            polyv.known("vids", &[&vid, &deleted]).unwrap_err().message,
            format!("vids: no video `{deleted}`")
        );
    }
}
