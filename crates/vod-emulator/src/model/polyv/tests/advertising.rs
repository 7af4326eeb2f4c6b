//! Ads: from creation to deletion, limits and refusals.

use crate::model::testing::{Bench, NOW, Pairs};
use serde_json::json;

const CREATE: &str = "/v2/advertising/{}/create";
const LIST: &str = "/v2/advertising/{}/list";
const EDIT: &str = "/v2/advertising/{}/edit";
const DELETE: &str = "/v2/advertising/{}/delete";

const DAYS: [(&str, &str); 2] = [("startDate", "2023-11-15"), ("endDate", "2023-11-16")];
const REST: [(&str, &str); 2] = [("title", "新年"), ("size", "15")];

fn create(bench: &mut Bench, more: Pairs<'_>, file_name: &str) -> Result<String, String> {
    let pairs = [&DAYS, &REST, more].concat();
    let seen = bench.upload(CREATE, &pairs, &[("file", file_name, "application/octet-stream", b"bytes")]);
    if seen.code == 200 { Ok(seen.data.as_str().unwrap().to_owned()) } else { Err(seen.message) }
}

#[test]
fn an_ad_from_creation_to_deletion() {
    let mut bench = Bench::new();
    let first = create(&mut bench, &[], "a.mp4").unwrap();
    bench.now += 1;
    let pop_up = [
        ("location", "4"),
        ("popLocation", "3"),
        ("popUpTime", "30"),
        ("cataids", "1,7"),
        ("upTime", "08:30:00"),
        ("note", "角标"),
        ("status", "0"),
    ];
    let second = create(&mut bench, &pop_up, "b.PNG").unwrap();

    let page = bench.polyv("GET", LIST, &[("pageSize", "1")]).data;
    let expected = json!({
        "pageNumber": 1, "totalItems": 2, "totalPages": 2, "firstPage": true, "lastPage": false, "nextPageNumber": 2, "prePageNumber": 1,
        "startRow": 1, "endRow": 1, "limit": 1, "offset": 0, "activePageNum": 1,
        "contents": [{
            "adid": second, "title": "新年", "note": "角标", "userid": bench.credentials.polyv_user_id, "location": "4",
            "matterurl": "http://127.0.0.1:9/_emulator/files/1.png", "size": 15, "playnum": 0, "addrurl": null, "isstatis": 2,
            "uptime": 1_800_000, "offtime": 57_599_000, "startdate": 1_699_977_600_000_i64, "enddate": 1_700_064_000_000_i64,
            "ptime": NOW + 1, "status": 0, "popuptime": 30, "cataids": "1,7", "poplocation": 3,
        }],
    });
    assert_eq!(page, expected);

    // A change without a file, then one with a file.
    bench.now += 1;
    assert_eq!(
        bench
            .polyv("POST", EDIT, &[("adid", &first), ("title", "春节"), ("skipAd", "Y"), ("skipOffset", "5")])
            .data,
        true
    );
    let file: [(&str, &str, &str, &[u8]); 1] = [("file", "c.swf", "", b"new")];
    assert_eq!(bench.upload(EDIT, &[("adid", &first), ("skipAd", "N"), ("location", "2")], &file).data, true);
    let row = bench.polyv("GET", LIST, &[("page", "2"), ("pageSize", "1")]).data["contents"][0].clone();
    assert_eq!(
        (&row["title"], &row["location"], &row["uptime"], &row["ptime"]),
        (&json!("春节"), &json!("2"), &json!(-28_800_000), &json!(NOW + 2))
    );
    assert!(row["matterurl"].as_str().unwrap().ends_with("/2.swf") && row["poplocation"].is_null(), "{row}");
    assert_eq!(bench.model.state(NOW)["polyv"]["advertising"][0]["skipOffset"], 5);

    assert_eq!(bench.polyv("POST", DELETE, &[("adid", &first)]).data, true);
    assert_eq!(bench.polyv("GET", LIST, &[]).data["totalItems"], 1);
    for (path, sent, expected) in [
        (DELETE, vec![], "adid is empty".to_owned()),
        (DELETE, vec![("adid", first.as_str())], format!("adid: no ad `{first}`")),
        (EDIT, vec![("title", "a")], "adid is empty".to_owned()),
    ] {
        let seen = bench.polyv("POST", path, &sent);
        assert_eq!((seen.code, seen.message, seen.data), (400, expected, json!("")));
    }
}

#[test]
fn plays_of_an_ad_are_those_of_its_categories_at_its_times() {
    let mut bench = Bench::new();
    let vid = bench.video("a", 1_000_000);
    create(&mut bench, &[("upTime", "06:13:20"), ("offTime", "06:13:20")], "a.png").unwrap();
    create(&mut bench, &[("upTime", "06:13:21")], "a.png").unwrap();
    create(&mut bench, &[("cataids", "7")], "a.png").unwrap();
    create(&mut bench, &[], "a.png").unwrap();
    let peer = bench.peer;
    // It is 06:13:20 on the first day.
    bench.model.played(NOW, peer, &vid, "", "").unwrap();
    let page = bench.polyv("GET", LIST, &[]).data;
    let plays: Vec<_> =
        page["contents"].as_array().unwrap().iter().map(|ad| ad["playnum"].as_u64().unwrap()).collect();
    assert_eq!(plays, [1, 0, 0, 1]);
}

#[test]
fn refusals_by_table() {
    let mut bench = Bench::new();
    let cases: [(Pairs<'_>, &str, &str); 16] = [
        (&[], "a.swf", "illegal file type."),
        (&[("location", "4"), ("popLocation", "1"), ("popUpTime", "0")], "a.mp4", "illegal file type."),
        (&[("location", "2")], "a", "illegal file type."),
        (&[("location", "5")], "a.png", "location: `5` is none of 1, 2, 3, 4"),
        (&[("location", "4")], "a.png", "popLocation can not be empty with location 4"),
        (&[("location", "4"), ("popLocation", "1")], "a.png", "popUpTime can not be empty with location 4"),
        (&[("popUpTime", "-1")], "a.png", "popUpTime: -1, at least 0 and at most 2147483647"),
        (&[("skipAd", "Y")], "a.png", "skipOffset can not be empty with skipAd Y"),
        (
            &[("skipAd", "Y"), ("skipOffset", "1"), ("location", "3")],
            "a.png",
            "skipAd: only with location 1, not with 3",
        ),
        (&[("skipAd", "1")], "a.png", "skipAd: `1` is none of Y, N"),
        (&[("status", "2")], "a.png", "status: `2` is none of 10, 1, 0"),
        (&[("cataids", "1,,2")], "a.png", "cataids[1]: empty"),
        (&[("upTime", "24:00:00")], "a.png", "upTime: `24:00:00` is not a time of day as HH:mm:ss"),
        (&[("offTime", "8:00:00")], "a.png", "offTime: `8:00:00` is not a time of day as HH:mm:ss"),
        (&[("color", "red")], "a.png", "strict: field `color` is not known to polyv.advertising.create"),
        (&[("adid", "1")], "a.png", "strict: field `adid` is not known to polyv.advertising.create"),
    ];
    for (more, file_name, expected) in cases {
        assert_eq!(create(&mut bench, more, file_name), Err(expected.to_owned()), "{more:?}");
    }
    let file: [(&str, &str, &str, &[u8]); 1] = [("file", "a.png", "image/png", b"x")];
    let empty: [(&str, &str, &str, &[u8]); 1] = [("file", "a.png", "image/png", b"")];
    let swapped = [("startDate", "2023-11-16"), ("endDate", "2023-11-15"), REST[0], REST[1]];
    let cases: [(Pairs<'_>, &[_], &str); 5] = [
        (&[DAYS[0], DAYS[1], REST[0], REST[1]], &[], "file is empty."),
        (&[DAYS[0], DAYS[1], REST[0], REST[1]], &empty, "file is empty."),
        (&[DAYS[0], DAYS[1], REST[0]], &file, "size can not be empty with location 1"),
        (&[DAYS[0], REST[0], REST[1]], &file, "endDate can not be empty."),
        (&swapped, &file, "startDate or endDate is illegal"),
    ];
    for (sent, files, expected) in cases {
        assert_eq!(bench.upload(CREATE, sent, files).message, expected);
    }
    assert_eq!(bench.model.state(NOW)["polyv"]["advertising"], json!([]), "nothing was made");
    assert_eq!(
        bench.polyv("GET", LIST, &[("pageSize", "1001")]).message,
        "pageSize: 1001, at least 0 and at most 1000"
    );
}
