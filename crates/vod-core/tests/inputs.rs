//! Inputs that come as JSON: names that are unknown, values of the wrong kind, and the leniency that is
//! promised.

mod common;

use common::{AT, NONE, accounts, entry, invalid, least, request, vectors, violations};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use vod_core::field::{Kind, TimeForm};
use vod_core::{Error, catalog};

#[test]
fn unknown_names_with_the_nearest_one() {
    for (id, name, nearest) in [
        ("polyv.upload.urls", "uploadinfos", Some("uploadInfos")),
        ("polyv.upload.urls", "uploadInfo", Some("uploadInfos")),
        ("polyv.upload.urls", "watermarklocation", Some("watermarkLocation")),
        ("polyv.upload.urls", "category_id", None),
        ("polyv.upload.urls", "", None),
        ("polyv.sync.list", "page_size", Some("pageSize")),
        ("qingcloud.media.search", "CategoryId", Some("CategoryIid")),
        ("qingcloud.media.search", "中文", None),
    ] {
        let mut input = if id == "polyv.upload.urls" {
            json!({ "uploadInfos": [{ "fileUrl": "http://a", "title": "t" }] })
        } else {
            json!({})
        };
        input[name] = json!("x");
        let expected = nearest.map_or(format!("{name}: unknown field"), |nearest| {
            format!("{name}: unknown field; did you mean `{nearest}`?")
        });
        assert_eq!(violations(id, &input), [expected], "{id}");
    }
    // Inside an object, with its position, next to the other violations.
    assert_eq!(
        violations("polyv.upload.urls", &json!({ "uploadInfos": [{ "fileURL": "http://a", "title": "t" }] })),
        [
            "uploadInfos[0].fileURL: unknown field; did you mean `fileUrl`?",
            "uploadInfos[0].fileUrl: expected a value, got nothing"
        ]
    );
    // What the client fills in is no field to give.
    for (id, name) in [
        ("polyv.sync.list", "ptime"),
        ("polyv.sync.list", "sign"),
        ("polyv.video.search", "userid"),
        ("polyv.sync.list", "appId"),
    ] {
        assert_eq!(
            violations(id, &json!({ name: "1" })),
            [format!("{name}: not a field to give: it is filled in")],
            "{id}"
        );
    }
    // Very many are named, and only the first compared with what is known: this would take minutes otherwise.
    let many: Vec<_> = violations(
        "qingcloud.media.search",
        &(0..50_000).map(|n| (format!("limi{n:060}"), json!(1))).collect::<serde_json::Map<_, _>>().into(),
    );
    assert_eq!(many.len(), 50_000);
    let long = "n".repeat(100_000);
    assert_eq!(
        violations("polyv.sync.list", &json!({ &long: 1 })),
        [format!("{}…: unknown field", &long[..60])],
        "and that is soon said"
    );
}

#[test]
fn formats_are_listed_and_others_taken() {
    let described = catalog::describe(entry("qingcloud.upload.apply").info());
    let format =
        described["fields"].as_array().unwrap().iter().find(|field| field["name"] == "MediaType").unwrap();
    assert_eq!(
        (format["type"].as_str(), format["values"].as_array().map(Vec::len)),
        (Some("MediaType"), Some(29))
    );
    for media_type in ["MP4", "HLS", "WV", "video/mp4", "mp4", "video/x-own"] {
        assert_eq!(
            violations(
                "qingcloud.upload.apply",
                &json!({ "Title": "t", "Region": "r", "MediaType": media_type })
            ),
            NONE,
            "{media_type}"
        );
    }
    assert_eq!(
        violations("qingcloud.upload.apply", &json!({ "Title": "t", "Region": "r", "MediaType": " " })),
        ["MediaType: expected more than white space, got only white space"]
    );
}

#[test]
fn ids_of_the_catalogue() {
    let ids: Vec<_> = catalog::all().map(|entry| entry.info().id).collect();
    let known = vectors::requests();
    let known: BTreeSet<_> = known.iter().map(|(name, _)| name.split_once('/').unwrap().0).collect();
    assert_eq!(ids.iter().copied().collect::<BTreeSet<_>>(), known, "each that has known requests");
    for (i, id) in ids.iter().enumerate() {
        assert!(!ids[..i].contains(id), "{id} is there twice");
        assert_eq!(catalog::get(id).unwrap().info().id, *id);
        assert!(id.starts_with(catalog::get(id).unwrap().info().provider().name()));
    }
    assert!(catalog::get("polyv.upload.url").is_none());
    assert_eq!(catalog::nearest("polyv.upload.url"), Some("polyv.upload.urls"));
    assert_eq!(catalog::nearest("Polyv.Upload.Urls"), Some("polyv.upload.urls"));
    assert_eq!(catalog::nearest("something else"), None);
    assert_eq!(format!("{:?}", entry("polyv.video.get")), "Entry(\"polyv.video.get\")");
}

/// JSON of every kind, and how an error shows it.
fn kinds() -> Vec<(Value, &'static str)> {
    vec![
        (json!(true), "true"),
        (json!(1.5), "1.5"),
        (json!("word"), "\"word\""),
        (json!([1.5]), "a list of 1 item"),
        (json!({ "a": 1 }), "an object of 1 member"),
    ]
}

/// What a kind takes, of the samples above.
fn takes(kind: &Kind, value: &Value) -> bool {
    match kind {
        Kind::Text | Kind::Secret => value.is_string() || value.is_number() || value.is_boolean(),
        Kind::Boolean(_) => value.is_boolean(),
        Kind::Record(_) => value.is_object(),
        Kind::File => value.is_string(),
        _ => false,
    }
}

#[test]
fn every_kind_of_json_for_every_field() {
    for entry in catalog::all() {
        let info = entry.info();
        for field in info.fields {
            if matches!(field.kind, Kind::List(_)) || field.kind.choices().is_some() {
                continue; // Below.
            }
            let expected = match field.kind {
                Kind::Integer => "a whole number",
                Kind::Boolean(_) => "true or false",
                Kind::Record(_) => "a JSON object",
                Kind::File => "the path of a file",
                Kind::Time(TimeForm::Day) => "a day of the calendar, written YYYY-MM-DD",
                Kind::Time(TimeForm::Clock) => "a time written HH:MM:SS",
                Kind::Time(_) => {
                    "a time: RFC 3339, milliseconds since 1970, or YYYY-MM-DD HH:MM:SS in Beijing time"
                }
                _ => "text",
            };
            for (value, actual) in kinds() {
                let mismatch = format!("{}: expected {expected}, got {actual}", field.wire);
                let found = violations(info.id, &json!({ field.wire: value }));
                assert_eq!(found.contains(&mismatch), !takes(&field.kind, &value), "{} {found:?}", info.id);
            }
        }
    }
    let found = |id, input| violations(id, &input);
    assert_eq!(found("polyv.sync.list", json!([])), ["input: expected a JSON object, got a list of 0 items"]);
    assert_eq!(found("polyv.sync.list", json!("page")), ["input: expected a JSON object, got \"page\""]);
    // Lists: each element is named, and what is around it is still checked.
    assert_eq!(
        found("polyv.upload.urls", json!({ "uploadInfos": "[{" })),
        ["uploadInfos: expected a list, got \"[{\""]
    );
    assert_eq!(
        found("polyv.upload.urls", json!({ "uploadInfos": [5, { "fileUrl": [], "title": " " }] })),
        [
            "uploadInfos[0]: expected a JSON object, got 5",
            "uploadInfos[1].fileUrl: expected text, got a list of 0 items",
            "uploadInfos[1].title: expected more than white space, got only white space",
        ]
    );
    assert_eq!(
        found("polyv.upload.urls", json!({ "uploadInfos": [null] })),
        ["uploadInfos[0]: expected a JSON object, got null"]
    );
    assert_eq!(
        found("qingcloud.media.process", json!({ "MediaId": "7", "Tasks": [1, "x", 2.5] })),
        ["Tasks[1]: expected a whole number, got \"x\"", "Tasks[2]: expected a whole number, got 2.5"]
    );
    assert_eq!(
        found("qingcloud.media.search", json!({ "MediaId": [["7"]] })),
        ["MediaId[0]: expected text, got a list of 1 item"]
    );
}

#[test]
fn documented_words() {
    let found = |id, input| violations(id, &input);
    assert_eq!(
        found(
            "polyv.upload.urls",
            json!({ "watermarkLocation": "5", "uploadInfos": [{ "fileUrl": "http://a", "title": "t" }] })
        ),
        ["watermarkLocation: expected 1, 2, 3 or 4, got \"5\""]
    );
    assert_eq!(
        found("polyv.video.search", json!({ "sort": "" })),
        ["sort: expected creationTimeAsc, creationTimeDesc, playTimesAsc or playTimesDesc, got \"\""]
    );
    assert_eq!(
        found("polyv.video.search", json!({ "sort": [] })),
        ["sort: expected text, got a list of 0 items"]
    );
    assert_eq!(
        found("polyv.video.search", json!({ "filters": "basicInfo,metadata" })),
        ["filters[1]: expected basicInfo, metaData, transcodeInfo or snapshotInfo, got \"metadata\""]
    );
    assert_eq!(
        found("qingcloud.upload.commit", json!({ "MediaId": "7", "Status": "created" })),
        ["Status: expected CREATED, FAILED or CANCELLED, got \"created\""]
    );
    assert_eq!(
        found(
            "qingcloud.media.process",
            json!({ "MediaId": "7", "Templates": [{ "Type": 3, "Id": 1 }, { "Id": true }] })
        ),
        [
            "Templates[0].Type: expected 1, 2, 4, 8, 16 or 32, got \"3\"",
            "Templates[1].Id: expected a whole number, got true",
            "Templates[1].Type: expected a value, got nothing"
        ]
    );
    // Where the reference says “anything else”, anything else passes.
    assert_eq!(
        found("qingcloud.upload.commit", json!({ "MediaId": "7", "Status": "CREATED", "source": "batch" })),
        NONE
    );
    assert_eq!(found("polyv.video.search", json!({ "status": "60,77" })), NONE);
}

#[test]
fn forms_that_mean_the_same() {
    let info = json!({ "fileUrl": "http://a", "title": "t" });
    for (id, forms) in [
        (
            "polyv.upload.urls",
            vec![
                json!({ "uploadInfos": [info] }),
                json!({ "uploadInfos": info }),
                json!({ "uploadInfos": json!([info]).to_string() }),
                json!({ "uploadInfos": [info.to_string()], "luping": null }),
            ],
        ),
        ("polyv.sync.list", vec![json!({ "page": 2 }), json!({ "page": "2" }), json!({ "page": " 2 " })]),
        (
            "polyv.video.search",
            vec![
                json!({ "encrypted": true }),
                json!({ "encrypted": 1 }),
                json!({ "encrypted": "1" }),
                json!({ "encrypted": "Y" }),
                json!({ "encrypted": "true" }),
            ],
        ),
        (
            "polyv.video.search",
            vec![
                json!({ "status": ["60", "-1"] }),
                json!({ "status": [60, -1] }),
                json!({ "status": "60,-1" }),
            ],
        ),
        (
            "polyv.video.search",
            vec![
                json!({ "startTime": 1_700_000_000_000_i64 }),
                json!({ "startTime": "2023-11-14T22:13:20Z" }),
                json!({ "startTime": "2023-11-15 06:13:20" }),
                json!({ "startTime": "20231114221320" }),
            ],
        ),
        ("polyv.account.usage", vec![json!({ "date": "2026-11-22" }), json!({ "date": " 2026-11-22 " })]),
        (
            "qingcloud.media.delete",
            vec![
                json!({ "MediaId": 7, "DeleteParts.N": "a,b" }),
                json!({ "MediaId": "7", "DeleteParts.N": ["a", "b"] }),
            ],
        ),
        (
            "qingcloud.media.process",
            vec![
                json!({ "MediaId": 7, "Tasks": [5] }),
                json!({ "MediaId": 7, "Tasks": 5 }),
                json!({ "MediaId": 7, "Tasks": "[5]" }),
                json!({ "MediaId": 7, "Tasks": ["5"] }),
            ],
        ),
    ] {
        let first = request(id, &forms[0]).unwrap();
        for form in &forms[1..] {
            let other = request(id, form).unwrap_or_else(|error| panic!("{form}: {error}"));
            assert_eq!((first.uri(), first.body()), (other.uri(), other.body()), "{form}");
        }
    }
}

#[test]
fn without_the_limits_what_can_be_written_is_sent() {
    let order = entry("polyv.upload.urls");
    let long = json!({ "uploadInfos": [{ "fileUrl": "ftp://a", "title": "长".repeat(101) }], "fileUrl": [], "title": "" });
    assert_eq!(invalid(order.input(&long).unwrap_err()).violations.len(), 4);
    let request = order.input_unchecked(&long).unwrap().request(&accounts(), AT).unwrap();
    common::assert_signed(entry("polyv.upload.urls").info(), &request, &common::KEYS);
    let sent = common::parsed(common::bytes(&request));
    assert!(sent.iter().any(|(name, value)| name == "uploadInfos" && value.contains("ftp://a")));
    // What has no form on the wire is refused all the same.
    assert!(
        matches!(order.input_unchecked(&json!({ "uploadInfos": 5, "sign": "x" })), Err(Error::Invalid(e)) if e.violations.len() == 2)
    );
}

#[test]
fn accounts_that_are_missing_or_blank() {
    use vod_core::{Accounts, polyv, qingcloud};
    for entry in catalog::all() {
        let id = entry.info().id;
        let input = entry.input(&least(id)).unwrap();
        let (other, what): (Accounts, _) = match id.split('.').next() {
            Some("polyv") => (qingcloud::Credentials::new("ID", "k").into(), "a Polyv account"),
            _ => (polyv::Credentials::new("u", "k").into(), "a QingCloud access key"),
        };
        for accounts in [Accounts::new(), other] {
            assert_eq!(
                input.request(&accounts, AT).unwrap_err().to_string(),
                format!("{id}: account: expected {what}, got none")
            );
        }
    }
    let list = |user: &str| {
        entry("polyv.sync.list")
            .input(&json!({}))
            .unwrap()
            .request(&polyv::Credentials::new(user, "k").into(), AT)
            .unwrap_err()
            .to_string()
    };
    assert_eq!(
        list(" "),
        "polyv.sync.list: account.user_id: expected more than white space, got only white space"
    );
    assert_eq!(
        list(".."),
        "polyv.sync.list: account.user_id: expected something other than `.` and `..` (it becomes part of the path), got \"..\""
    );
    let clips = entry("qingcloud.media.clips").input(&json!({ "MediaId": "7" })).unwrap();
    let error = clips.request(&qingcloud::Credentials::new("ID\r\n", "k").into(), AT).unwrap_err();
    assert_eq!(
        error.to_string(),
        "qingcloud.media.clips: account.access_key_id: expected visible ASCII (it becomes a header), got \"ID\u{fffd}\u{fffd}\""
    );
}

#[test]
fn letters_that_changed_places_are_near() {
    let found = violations("polyv.video.search", &json!({ "titel": "a", "nothing alike": 1 }));
    assert_eq!(found, ["nothing alike: unknown field", "titel: unknown field; did you mean `title`?"]);
}
