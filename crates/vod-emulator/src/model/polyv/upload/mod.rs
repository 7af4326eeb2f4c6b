//! Uploads.

mod file;
pub(crate) mod oss;
mod session;
mod urls;

use super::Auth;
use crate::model::route::Route;
use serde_json::{Value, json};
pub(super) use urls::http_url;

pub(crate) const ROUTES: &[Route] = &[
    // The fields `compatible` and `hash`, with which web pages sign, are not accepted here.
    Route::polyv(
        "polyv.upload.init",
        &["POST"],
        "/v2/uploadvideo/{userid}/init",
        &[
            "title",
            "describ",
            "tag",
            "cataid",
            "luping",
            "keepsource",
            "filesize",
            "autoid",
            "vid",
            "uploadType",
            "state",
            "uploadLine",
        ],
        session::init,
    ),
    Route::polyv("polyv.upload.token", &["GET"], "/v2/uploadvideo/{userid}/token", &[], session::token),
    Route::polyv(
        "polyv.upload.urls",
        &["POST"],
        "/v2/video/grab/{userid}/upload/multi",
        &["uploadInfos", "fileUrl", "title", "cataid", "luping", "watermark", "watermarkLocation"],
        urls::urls,
    ),
    Route::polyv(
        "polyv.upload.file",
        &["POST"],
        "/uc/services/rest?method=uploadfile",
        &[
            "JSONRPC",
            "Filedata",
            "fcharset",
            "cataid",
            "luping",
            "format",
            "jsonp",
            "fileMd5",
            "watermark",
            "watermarkLocation",
            "state",
        ],
        file::file,
    )
    .with(Auth::WriteToken),
];

/// The uploads under way.
#[derive(Debug, Default)]
pub(crate) struct Store {
    /// Oldest first.
    sessions: Vec<Session>,
    /// The storage for their files.
    oss: oss::Store,
}

/// An upload that was begun. It is kept after its end, so that a client that missed the end can still ask.
#[derive(Debug)]
struct Session {
    vid: String,
    title: String,
    description: String,
    tags: String,
    category: i64,
    keep_source: bool,
    bytes: i64,
    state: String,
    /// When it was last begun or resumed.
    updated: i64,
    /// Whether its video exists.
    finished: bool,
}

impl Store {
    /// Removes the data of a video that is deleted permanently.
    pub(crate) fn forget(&mut self, vid: &str) {
        self.sessions.retain(|session| session.vid != vid);
        self.oss.forget(vid);
    }

    /// Takes the numbers of files that are no longer used.
    pub(crate) fn take_discarded(&mut self) -> Vec<u64> {
        self.oss.take_discarded()
    }

    /// Numbers of all files.
    pub(crate) fn files(&self) -> Vec<u64> {
        self.oss.files()
    }

    pub(crate) fn json(&self) -> Value {
        let sessions = self.sessions.iter().map(|session| {
            let Session { vid, title, description, tags, category, keep_source, bytes, state, updated, finished } = session;
            json!({
                "vid": vid, "title": title, "description": description, "tags": tags, "cataid": category, "keep_source": keep_source,
                "bytes": bytes, "state": state, "updated": updated, "finished": finished,
            })
        });
        json!({ "sessions": sessions.collect::<Value>(), "storage": self.oss.json() })
    }
}

#[cfg(test)]
mod tests {
    use crate::model::Effect;
    use crate::model::testing::Bench;
    use serde_json::{Value, json};

    const UPLOAD: &str = "/v2/video/grab/{}/upload/multi";

    #[test]
    fn upload_refusals_by_table() {
        let info =
            |url: &str, title: &str, state: &str| json!({ "fileUrl": url, "title": title, "state": state });
        let one = |value: Value| json!([value]).to_string();
        let long = |count: usize| "片".repeat(count);
        let url_of = |length: usize| format!("http://h/{}", "a".repeat(length - 9));
        let good = info("https://h/a.mp4", "t", "s");
        let many = |count: usize| Value::Array(vec![good.clone(); count]).to_string();
        let cases: Vec<(String, &str)> = vec![
            (many(100), ""),
            (many(101), "[uploadInfos] exceed the limit."),
            ("[]".into(), "[uploadInfos] is invalid"),
            ("[1]".into(), "[uploadInfos] is invalid"),
            ("{".into(), "[uploadInfos] is invalid"),
            (good.to_string(), "[uploadInfos] is invalid"),
            (r#"[{"fileUrl":1,"title":"t"}]"#.into(), "[uploadInfos] is invalid"),
            (r#"[{"title":"t"}]"#.into(), "FileUrl is null!"),
            (r#"[{"fileUrl":null,"title":"t"}]"#.into(), "FileUrl is null!"),
            (r#"[{"fileUrl":"http://h/a.mp4"}]"#.into(), "Title is null!"),
            (one(info("http://h/a.mp4", "", "")), "Title is null!"),
            (one(info(&url_of(1000), "t", "")), ""),
            (one(info(&url_of(1001), "t", "")), "uploadInfos[0].fileUrl: 1001 characters, at most 1000"),
            (one(info("http://h/a", &long(100), &long(100))), ""),
            (one(info("http://h/a", &long(101), "")), "uploadInfos[0].title: 101 characters, at most 100"),
            (one(info("http://h/a", "t", &long(101))), "uploadInfos[0].state: 101 characters, at most 100"),
            (one(info("ftp://h/a", "t", "")), "uploadInfos[0].fileUrl: scheme `ftp`, only http and https"),
            (
                one(info("h/a", "t", "")),
                "uploadInfos[0].fileUrl: not a URL (relative URL without a base), only http and https",
            ),
        ];
        for strict in [true, false] {
            let mut bench = Bench::with(strict, false, "[]");
            for (infos, expected) in &cases {
                let seen = bench.polyv("POST", UPLOAD, &[("uploadInfos", infos)]);
                let (code, data) = if expected.is_empty() { (200, "成功") } else { (400, "") };
                assert_eq!(
                    (seen.code, seen.message.as_str(), &seen.data),
                    (code, *expected, &json!(data)),
                    "{infos}"
                );
            }
        }
    }

    #[test]
    fn the_discouraged_pair_by_table() {
        let mut bench = Bench::new();
        let hundred = ["http://h/a"; 100].join(",");
        let (titles, more) = (["t"; 100].join(","), format!("{hundred},http://h/a"));
        let cases = [
            ("http://h/a,https://h/b", "a,b", ""),
            (hundred.as_str(), titles.as_str(), ""),
            (&more, &format!("{titles},t"), "[uploadInfos] exceed the limit."),
            ("", "a", "FileUrl is null!"),
            ("http://h/a", "", "Title is null!"),
            ("http://h/a", "a,b", "FileUrl and title are inconsistent!"),
            ("http://h/a,", "a,b", "FileUrl is null!"),
            ("http://h/a,http://h/b", "a,", "Title is null!"),
            ("http://h/a,ftp://h/b", "a,b", "fileUrl[1]: scheme `ftp`, only http and https"),
        ];
        for (urls, titles, expected) in cases {
            let seen = bench.polyv("POST", UPLOAD, &[("fileUrl", urls), ("title", titles)]);
            assert_eq!(seen.message, expected);
            assert_eq!(seen.answer.effects.is_empty(), !expected.is_empty(), "refused calls do nothing");
        }
        // uploadInfos takes precedence.
        let sent = [
            ("uploadInfos", r#"[{"fileUrl":"http://h/z","title":"z"}]"#),
            ("fileUrl", "http://h/a"),
            ("title", "a,b"),
        ];
        let seen = bench.polyv("POST", UPLOAD, &sent);
        assert!(matches!(&seen.answer.effects[..], [Effect::Fetch { url, .. }] if url == "http://h/z"));
    }

    #[test]
    fn upload_options_by_table() {
        let mut bench = Bench::new();
        let cases = [
            ("cataid", "1602671097888", ""),
            ("cataid", "x", "cataid: `x` is not a whole number"),
            ("cataid", "0", "cataid: 0, at least 1"),
            ("luping", "1", ""),
            ("luping", "2", "luping: `2` is none of 0, 1"),
            ("watermark", "https://h/w.png", ""),
            ("watermark", "file:///w.png", "watermark: scheme `file`, only http and https"),
            ("watermarkLocation", "4", ""),
            ("watermarkLocation", "5", "watermarkLocation: `5` is none of 1, 2, 3, 4"),
        ];
        for (name, value, expected) in cases {
            let sent = [("fileUrl", "http://h/a"), ("title", "a"), (name, value)];
            assert_eq!(bench.polyv("POST", UPLOAD, &sent).message, expected, "{name}={value}");
        }
    }

    const INIT: &str = "/v2/uploadvideo/{}/init";
    const FILE: &str = "/uc/services/rest?method=uploadfile";

    #[test]
    fn an_upload_is_begun_and_resumed() {
        let mut bench = Bench::new();
        bench.video("一", 1_000_000);
        let begin = [
            ("filesize", "5000000"),
            ("autoid", "1"),
            ("uploadType", "java_sdk_chunk_v1"),
            ("title", "二"),
            ("tag", "a,b"),
            ("cataid", "0"),
        ];
        let seen = bench.polyv("POST", INIT, &begin);
        assert_eq!(seen.code, 200, "{}", seen.message);
        let ticket = seen.data;
        let vid = ticket["vid"].as_str().unwrap().to_owned();
        assert_eq!(ticket["remainSpace"], (50_u64 << 30) - 1_000_000);
        assert_eq!(
            (ticket["domain"].as_str(), ticket["validityTime"].as_i64()),
            (Some("127.0.0.1:9"), Some(3600))
        );
        assert_eq!(ticket["Expiration"], "2023-11-14T23:13:20Z");
        assert!(ticket["accessId"].as_str().unwrap().starts_with("STS."));
        let callback: Value = serde_json::from_str(ticket["callback"].as_str().unwrap()).unwrap();
        assert_eq!(callback["callbackUrl"], "http://127.0.0.1:9/_emulator/oss/callback");

        // The made-up title from the provider's own client changes nothing.
        let resume = [
            ("filesize", "5000000"),
            ("autoid", "0"),
            ("uploadType", "java_sdk_chunk_v1"),
            ("title", "123"),
            ("vid", vid.as_str()),
        ];
        let again = bench.polyv("POST", INIT, &resume).data;
        assert_eq!(again["vid"], vid.as_str());
        assert_ne!(again["accessKey"], ticket["accessKey"], "credentials are fresh");
        let sessions = &bench.model.state(bench.now)["polyv"]["upload"]["sessions"];
        assert_eq!(
            (sessions.as_array().unwrap().len(), &sessions[0]["title"], &sessions[0]["cataid"]),
            (1, &json!("二"), &json!(1))
        );

        let token = bench.polyv("GET", "/v2/uploadvideo/{}/token", &[]).data;
        assert!(token["token"].as_str().unwrap().len() > 100 && token.get("vid").is_none(), "{token}");
        assert_eq!(
            bench.model.state(bench.now)["videos"].as_array().unwrap().len(),
            1,
            "nothing is a video before its file is there"
        );
    }

    #[test]
    fn refusals_of_init_by_table() {
        let mut bench = Bench::new();
        let good = [("filesize", "1"), ("autoid", "1"), ("uploadType", "js_sdk_chunk_v1")];
        let cases = [
            ("filesize", "", "filesize can not be empty."),
            ("filesize", "0", "filesize: 0, at least 1"),
            ("autoid", "", "autoid can not be empty."),
            ("autoid", "2", "autoid: `2` is none of 1, 0"),
            ("autoid", "0", "vid can not be empty."),
            ("uploadType", "", "uploadType can not be empty."),
            ("vid", "x", "vid: only with autoid 0"),
            ("keepsource", "Y", "keepsource: `Y` is none of 1, 0"),
            ("cataid", "-1", "cataid: -1, at least 0"),
            ("hash", "x", "strict: field `hash` is not known to polyv.upload.init"),
        ];
        for (name, value, expected) in cases {
            let mut sent: Vec<(&str, &str)> = good.into_iter().filter(|(known, _)| *known != name).collect();
            sent.push((name, value));
            assert_eq!(bench.polyv("POST", INIT, &sent).message, expected, "{name}={value}");
        }
        let vid = bench.polyv("POST", INIT, &good).data["vid"].as_str().unwrap().to_owned();
        let resume = |bytes, vid| [("filesize", bytes), ("autoid", "0"), ("uploadType", "x"), ("vid", vid)];
        assert_eq!(
            bench.polyv("POST", INIT, &resume("1", "other")).message,
            "vid: no upload of `other` is under way"
        );
        assert_eq!(
            bench.polyv("POST", INIT, &resume("2", &vid)).message,
            "filesize: 2, and the upload was begun with 1"
        );
    }

    #[test]
    fn a_file_becomes_a_video() {
        let mut bench = Bench::new();
        let about = r#"{"title":"第一课","tag":"a,b","desc":"d"}"#;
        // md5sum of "bytes".
        let sent = [
            ("JSONRPC", about),
            ("fileMd5", "4B3A6218BB3E3A7303E8A171A60FCF92"),
            ("state", "row-1"),
            ("cataid", "1"),
        ];
        let seen = bench.upload(FILE, &sent, &[("Filedata", "一.MP4", "video/mp4", b"bytes")]);
        assert_eq!(seen.code, 0, "{:?}", seen.answer.response.headers());
        let video = &seen.data[0];
        assert_eq!(
            (&video["title"], &video["tag"], &video["md5checksum"]),
            (&json!("第一课"), &json!("a,b"), &json!("4b3a6218bb3e3a7303e8a171a60fcf92"))
        );
        let state = bench.model.state(bench.now);
        let kept = &state["videos"][0];
        assert_eq!(
            (&kept["vid"], &kept["state"], &kept["description"], &kept["bytes"]),
            (&video["vid"], &json!("row-1"), &json!("d"), &json!(5))
        );
        let name = kept["url"].as_str().unwrap().rsplit('/').next().unwrap();
        assert_eq!(bench.model.kept_file(name).unwrap().1, "bytes");
    }

    #[test]
    fn refusals_of_a_file_by_number() {
        let mut bench = Bench::new();
        let about = r#"{"title":"t"}"#;
        let file = ("Filedata", "a.mp4", "video/mp4", b"bytes".as_slice());
        let none = ("Filedata", "a.mp4", "video/mp4", b"".as_slice());
        let text = ("Filedata", "a.txt", "text/plain", b"bytes".as_slice());
        type Sent<'a> = Vec<(&'a str, &'a str)>;
        let cases: Vec<(Sent<'_>, _, i64)> = vec![
            (vec![], file, 3),
            (vec![("JSONRPC", "[]")], file, 3),
            (vec![("JSONRPC", "{")], file, 3),
            (vec![("JSONRPC", r#"{"title":1}"#)], file, 21),
            (vec![("JSONRPC", r#"{"title":" "}"#)], file, 19),
            (vec![("JSONRPC", r#"{"title":"t","colour":"red"}"#)], file, 21),
            (vec![("JSONRPC", about)], none, 2),
            (vec![("JSONRPC", about)], text, 4),
            (vec![("JSONRPC", about), ("fileMd5", "4b3a6218bb3e3a7303e8a171a60fcf92")], file, 14),
            (vec![("JSONRPC", about), ("cataid", "x")], file, 21),
            (vec![("JSONRPC", about), ("watermark", "ftp://h/a.png")], file, 21),
            (vec![("JSONRPC", about), ("format", "xml")], file, 21),
            (vec![("JSONRPC", about)], file, 0),
        ];
        for (sent, file, error) in cases {
            let seen = bench.upload(FILE, &sent, &[file]);
            assert_eq!(seen.code, error, "{sent:?}");
        }
        assert_eq!(bench.model.state(bench.now)["videos"].as_array().unwrap().len(), 1);
        // Another video takes nearly all the space.
        bench.import(&json!([{ "fileUrl": "http://h/a", "title": "t" }]), (50 << 30) - 9);
        assert_eq!(bench.upload(FILE, &[("JSONRPC", about)], &[file]).code, 16);
    }
}
