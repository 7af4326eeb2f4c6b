//! The area `cover`.

use crate::model::testing::Bench;

const SET: &str = "/v2/video/upload-cover-image";
const UPLOAD: &str = "/v2/video/{}/uploadCoverImage";
const SET_URL: &str = "/v2/video/{}/uploadCoverImageUrl";
const PNG: (&str, &str, &str, &[u8]) = ("imageFile", "一.PNG", "image/png", b"png");

#[test]
fn videos_and_categories_get_it() {
    let mut bench = Bench::new();
    let user = bench.credentials.polyv_user_id.clone();
    let (one, two) = (bench.video("一", 1), bench.video("二", 1));
    let vids = format!("{one},{two}");
    let seen = bench.upload(SET, &[("userid", &user), ("vids", &vids)], &[PNG]);
    assert_eq!(seen.code, 200, "{}", seen.message);
    let state = bench.model.state(bench.now);
    for video in [&state["videos"][0], &state["videos"][1]] {
        assert_eq!(video["cover"], seen.data["imageUrlBig"]);
    }
    assert_eq!(
        bench.polyv("GET", "/v2/video/{}/get-video-msg", &[("vid", &two)]).data[0]["first_image"],
        seen.data["imageUrlBig"]
    );

    let seen = bench.upload(
        SET,
        &[("userid", &user), ("vids", &one), ("imageBase64", "data:image/GIF;base64,R0lG")],
        &[],
    );
    let name = seen.data["imageUrlSmall"].as_str().unwrap().rsplit('/').next().unwrap();
    let (kind, bytes) = bench.model.kept_file(name).unwrap();
    assert_eq!((kind, bytes.as_ref()), ("image/gif", b"GIF".as_slice()));

    // Videos take precedence over categories.
    let sent = [("vids", one.as_str()), ("cataids", "7"), ("fileUrl", "http://h/a.png")];
    assert_eq!(bench.polyv("POST", SET_URL, &sent).data, "上传成功.");
    assert_eq!(bench.model.state(bench.now)["videos"][0]["cover"], "http://h/a.png");
    assert_eq!(
        bench.upload(UPLOAD, &[("cataids", "1")], &[("image", "a.png", "image/png", b"png")]).code,
        200
    );
    assert!(bench.model.state(bench.now)["polyv"]["category"][0]["settings"]["cover"].is_string());
}

#[test]
fn refusals_by_table() {
    let mut bench = Bench::new();
    let user = bench.credentials.polyv_user_id.clone();
    let vid = bench.video("一", 1);
    let big = vec![0; (5 << 20) + 1];
    type File<'a> = (&'a str, &'a str, &'a str, &'a [u8]);
    type Sent<'a> = Vec<(&'a str, &'a str)>;
    let cases: Vec<(Sent<'_>, Vec<File<'_>>, &str)> = vec![
        (vec![], vec![PNG], "vids can not be empty."),
        (vec![("vids", "x")], vec![PNG], "vids: no video `x`"),
        (vec![("cateIds", "7")], vec![PNG], "cateIds: no category `7`"),
        (vec![("cateIds", "x")], vec![PNG], "cateIds: `x` is not a whole number"),
        (vec![("vids", &vid)], vec![], "imageFile can not be empty."),
        (
            vec![("vids", &vid)],
            vec![("imageFile", "a.webp", "image/webp", b"x")],
            "imageFile: `a.webp` is none of png, jpg, jpeg, gif, bmp",
        ),
        (
            vec![("vids", &vid)],
            vec![("imageFile", "a.png", "image/png", &big)],
            "imageFile: 5242881 bytes, at most 5242880",
        ),
        (vec![("vids", &vid)], vec![("imageFile", "a.png", "image/png", &big[1..])], "success"),
        (
            vec![("vids", &vid), ("imageUrl", "h")],
            vec![],
            "imageUrl: not a URL (relative URL without a base), only http and https",
        ),
        (
            vec![("vids", &vid), ("imageBase64", "R0lG")],
            vec![],
            "imageBase64: no image as data:image/png;base64,…",
        ),
        (vec![("vids", &vid), ("imageUrl", "https://h/a.png")], vec![], "success"),
    ];
    for (mut sent, files, expected) in cases {
        sent.push(("userid", &user));
        assert_eq!(bench.upload(SET, &sent, &files).message, expected, "{sent:?}");
    }
    for (sent, code, expected) in [
        (vec![("fileUrl", "http://h/a.png")], 412, "vids不能为空."),
        (vec![("vids", vid.as_str()), ("fileUrl", "https://h/a.png")], 413, "上传失败."),
        (vec![("vids", vid.as_str())], 400, "fileUrl can not be empty."),
        (vec![("cataids", "7"), ("fileUrl", "http://h/a.png")], 400, "cataids: no category `7`"),
    ] {
        let seen = bench.polyv("POST", SET_URL, &sent);
        assert_eq!((seen.code, seen.message.as_str()), (code, expected), "{sent:?}");
    }
    let seen = bench.upload(UPLOAD, &[], &[("image", "a.png", "image/png", b"x")]);
    assert_eq!((seen.code, seen.message.as_str()), (412, "vids不能为空."));
    assert_eq!(bench.upload(UPLOAD, &[("vids", &vid)], &[]).message, "image can not be empty.");
}
