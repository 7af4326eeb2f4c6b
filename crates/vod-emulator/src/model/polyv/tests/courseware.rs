//! The area `courseware`.

use crate::model::testing::Bench;
use serde_json::{Value, json};

const UPLOAD: &str = "/v2/video/{}/uploadPPT/asyn";
const TIMED: &str = "/v2/video/{}/uploadPPT";
const GET: &str = "/v2/video/{}/getPPTPage";
const DELETE: &str = "/v2/video/{}/deletePPT";

#[test]
fn slides_come_and_go() {
    let mut bench = Bench::new();
    let vid = bench.video("一", 1);
    let none = |bench: &mut Bench, vid: &str| {
        for (method, path) in [("GET", GET), ("POST", DELETE)] {
            let seen = bench.polyv(method, path, &[("vid", vid)]);
            assert_eq!((seen.code, seen.message.as_str()), (400, "该视频尚未关联课件"));
        }
    };
    none(&mut bench, &vid);
    assert_eq!(
        bench.upload(UPLOAD, &[("vid", &vid)], &[("courseware", "a.PPTX", "", &[0; 65_537])]).data,
        "ppt上传成功"
    );
    let pages = bench.polyv("GET", GET, &[("vid", &vid)]).data;
    assert_eq!(
        (pages.as_array().unwrap().len(), &pages[1]["pageNo"], &pages[1]["pageTitle"]),
        (2, &json!(2), &json!("第2页"))
    );

    let timing = "\u{feff}0:第一页\r\n\n95：第二页: 力\n".as_bytes();
    assert_eq!(
        bench
            .upload(TIMED, &[("vid", &vid)], &[("ppt", "a.pdf", "", b"x"), ("txt", "a.txt", "", timing)])
            .data,
        "ppt上传成功"
    );
    let pages = bench.polyv("GET", GET, &[("vid", &vid)]).data;
    let shown: Vec<(&Value, &Value)> =
        pages.as_array().unwrap().iter().map(|page| (&page["pageTitle"], &page["showTime"])).collect();
    assert_eq!(shown, [(&json!("第一页"), &json!(0)), (&json!("第二页: 力"), &json!(95))]);

    let gone = bench.polyv("POST", DELETE, &[("vid", &vid)]);
    assert_eq!((gone.code, gone.data.get("data")), (200, None), "no data member at all");
    none(&mut bench, &vid);
    bench.upload(UPLOAD, &[("vid", &vid)], &[("courseware", "a.ppt", "", b"x")]);
    bench.model.polyv.forget(&vid);
    none(&mut bench, &vid);
}

#[test]
fn titles_in_another_encoding_come_out_garbled() {
    let mut bench = Bench::new();
    let vid = bench.video("一", 1);
    let gbk = b"0:\xb5\xda\xd2\xbb";
    assert_eq!(
        bench.upload(TIMED, &[("vid", &vid)], &[("ppt", "a.pdf", "", b"x"), ("txt", "a.txt", "", gbk)]).code,
        200
    );
    assert!(
        bench.polyv("GET", GET, &[("vid", &vid)]).data[0]["pageTitle"].as_str().unwrap().contains('\u{fffd}')
    );
}

#[test]
fn refusals_by_table() {
    let mut bench = Bench::new();
    let vid = bench.video("一", 1);
    let big = vec![0; (50 << 20) + 1];
    type File<'a> = (&'a str, &'a str, &'a str, &'a [u8]);
    let cases: Vec<(&str, Vec<File<'_>>, &str)> = vec![
        ("x", vec![("courseware", "a.ppt", "", b"x")], "vid: no video `x`"),
        (&vid, vec![], "courseware can not be empty."),
        (&vid, vec![("courseware", "a.key", "", b"x")], "文件类型必须为ppt、pptx或pdf"),
        (&vid, vec![("courseware", "a.ppt", "", &big)], "ppt文件不能超过50M"),
        (&vid, vec![("courseware", "a.ppt", "", &big[1..])], "success"),
    ];
    for (vid, files, expected) in cases {
        assert_eq!(bench.upload(UPLOAD, &[("vid", vid)], &files).message, expected);
    }
    let slides = ("ppt", "a.ppt", "", b"x".as_slice());
    for (name, text, expected) in [
        ("a.txt", "", "txt can not be empty."),
        ("a.csv", "0:一", "txt: `a.csv` is no txt"),
        ("a.txt", "0:一\n第二页", "txt: line 2 is not second:title"),
        ("a.txt", "x:一", "txt: line 1 does not begin with a second"),
    ] {
        assert_eq!(
            bench.upload(TIMED, &[("vid", &vid)], &[slides, ("txt", name, "", text.as_bytes())]).message,
            expected
        );
    }
}
