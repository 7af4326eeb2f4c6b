//! The oddest operations of the references, declared here as an area's file would declare them: what the shape has to carry.

mod common;

use common::{AT, KEY, Request, SUB_KEY, USER, WRITE_TOKEN, accounts, answer, fields, glued_text, md5_hex, refused, sha1_hex, v2};
use serde_json::json;
use vod_core::answer::Done;
use vod_core::error::Reason;
use vod_core::limits::{Rule, Violation};
use vod_core::operation::KnownError;
use vod_core::value::{Value, Values};
use vod_core::{Accounts, Answer, Choice, Endpoint, Operation, Record, Timestamp, polyv};

/// Set the markers of a video. Only three names are signed, the account's id among them, which is not sent.
#[derive(Clone, Debug, Operation)]
#[operation(id = "polyv.keyframe.save", method = Post, path = "/v2/video/{userid}/saveKeyFrame", encoding = Form, auth = Sha1, effect = Idempotent, output = String,
    signed = ["ptime", "userid", "vid"], check = as_many_seconds, reference = "https://example.com/keyframe")]
#[non_exhaustive]
pub struct SaveKeyFrames {
    /// The video.
    pub vid: String,
    /// Texts, separated by commas on the wire.
    #[field(wire = "desc", min_items = 1)]
    pub texts: Vec<String>,
    /// Seconds, as many.
    #[field(range = 0..=86_400)]
    pub seconds: Vec<i64>,
    /// A button on the marker.
    #[field(wire = "btnsettingswitch", flag = YesNo)]
    pub button: Option<bool>,
}

fn as_many_seconds(values: &Values<'_>, found: &mut Vec<Violation>) {
    if let (Some(Value::List(texts)), Some(Value::List(seconds))) = (values.get("desc"), values.get("seconds"))
        && texts.len() != seconds.len()
    {
        found.push(Violation::new("seconds", Rule::Other("as many as there are texts"), format!("{} for {}", seconds.len(), texts.len())));
    }
}

/// Rename a category.
#[derive(Clone, Debug, Operation)]
#[operation(id = "polyv.category.rename", method = Post, path = "/v2/video/{userid}/updateCata", encoding = Form, auth = Sha1, effect = Idempotent, output = bool,
    signed = ["cataid", "cataname", "ptime", "userid"], reference = "https://example.com/category")]
#[non_exhaustive]
pub struct RenameCategory {
    /// The category.
    #[field(wire = "cataid")]
    pub id: String,
    /// Its new name.
    #[field(wire = "cataname")]
    pub name: String,
}

/// The tree of categories.
#[derive(Clone, Debug, Operation)]
#[operation(id = "polyv.category.tree", method = Post, path = "/v2/video/{userid}/cataJson", encoding = Form, auth = Sha1, effect = Read, output = Vec<Category>,
    signed = ["ptime", "userid"], reference = "https://example.com/category")]
#[non_exhaustive]
pub struct GetCategories {
    /// The category whose tree is wanted.
    #[field(wire = "cataid")]
    pub id: Option<String>,
}

/// A category, with those below it.
#[derive(Clone, Debug, Answer)]
#[non_exhaustive]
pub struct Category {
    /// Its id.
    #[answer(wire = "cataid")]
    pub id: i64,
    /// Its name.
    #[answer(wire = "cataname")]
    pub name: String,
    /// The categories below it.
    pub nodes: Vec<Category>,
}

/// Search the videos of a sub-account.
#[derive(Clone, Debug, Operation)]
#[operation(id = "polyv.subaccount.list_videos", method = Get, path = "/v3/video/list-video", encoding = Query, auth = Md5, effect = Read, output = SubPage,
    reference = "https://example.com/subaccount")]
#[non_exhaustive]
pub struct ListSubAccountVideos {
    /// A part of the title.
    pub title: Option<String>,
    /// Whether subcategories are searched too.
    #[field(wire = "containSubCate", flag = YesNo)]
    pub include_subcategories: Option<bool>,
    /// Made at this time or later.
    #[field(wire = "startTime")]
    pub start_time: Option<Timestamp>,
    /// Rows on a page.
    #[field(wire = "pageSize", range = 0..=1000)]
    pub page_size: Option<u32>,
}

/// A page.
#[derive(Clone, Debug, Answer)]
#[non_exhaustive]
pub struct SubPage {
    /// Videos in all.
    #[answer(wire = "totalItems")]
    pub total_items: Option<u64>,
}

/// Get a play token. On another host, with a time of another name, signed with the main account's key.
#[derive(Clone, Debug, Operation)]
#[operation(id = "polyv.player.play_token", method = Post, host = "hls.videocc.net", path = "/service/v1/token", encoding = Form, auth = Playsafe, effect = Once,
    account = "userId", output = PlayToken, errors = TOKEN_ERRORS, reference = "https://example.com/token")]
#[non_exhaustive]
pub struct CreatePlayToken {
    /// The video.
    #[field(wire = "videoId")]
    pub video_id: String,
    /// The viewer.
    #[field(wire = "viewerId")]
    pub viewer_id: String,
    /// The viewer's address.
    #[field(wire = "viewerIp")]
    pub viewer_ip: Option<String>,
    /// For a WeChat mini program.
    #[field(flag = ZeroOne)]
    pub iswxa: Option<bool>,
}

const TOKEN_ERRORS: &[KnownError] = &[KnownError { code: 400, message: "user_not_found", reason: Reason::UnknownAccount }];

/// A token.
#[derive(Clone, Debug, Answer)]
#[non_exhaustive]
pub struct PlayToken {
    /// The token.
    pub token: String,
    /// How long it lives, in milliseconds.
    pub ttl: Option<u64>,
}

/// Set the list of domains (v1): the method is in a query of the path, nothing is signed.
#[derive(Clone, Debug, Operation)]
#[operation(id = "polyv.legacy.set_domain_list", method = Get, host = "v.polyv.net", path = "/uc/services/rest?method=saveHostUrl", encoding = Query, auth = WriteToken,
    effect = Idempotent, output = Done, reference = "https://example.com/legacy")]
#[non_exhaustive]
pub struct SetDomainList {
    /// Domains.
    #[field(wire = "host", min_items = 1)]
    pub hosts: Vec<String>,
    /// Which list.
    #[field(wire = "settingType")]
    pub list: DomainList,
}

/// A list of domains.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Choice)]
#[non_exhaustive]
pub enum DomainList {
    /// Those that may not play.
    #[wire("1")]
    Deny,
    /// Those that may.
    #[wire("2")]
    Allow,
}

/// Save a question. Its choices are one field of JSON text; the account's id is a field.
#[derive(Clone, Debug, Operation)]
#[operation(id = "polyv.exam.save", method = Post, path = "/v2/video/save-video-exam", encoding = Form, auth = Sha1, effect = Once, account = "userid", output = ExamId,
    reference = "https://example.com/exam")]
#[non_exhaustive]
pub struct SaveExam {
    /// The video.
    pub vid: String,
    /// The second it appears.
    #[field(wire = "showTime", range = 0..=86_400)]
    pub show_time: i64,
    /// The question.
    pub question: String,
    /// The choices.
    #[field(min_items = 1, max_items = 5)]
    pub choices: Vec<ExamChoice>,
}

/// A choice.
#[derive(Clone, Debug, Record)]
#[non_exhaustive]
pub struct ExamChoice {
    /// Its number.
    pub index: i64,
    /// Its text.
    pub content: String,
    /// Whether it is right.
    #[field(wire = "isRight")]
    pub right: Option<bool>,
}

/// A saved question.
#[derive(Clone, Debug, Answer)]
#[non_exhaustive]
pub struct ExamId {
    /// Its id.
    #[answer(wire = "examId")]
    pub id: String,
}

/// Set the cover by URL.
#[derive(Clone, Debug, Operation)]
#[operation(id = "polyv.upload.cover_image_url", method = Post, path = "/v2/video/{userid}/uploadCoverImageUrl", encoding = Form, auth = Sha1, effect = Idempotent,
    output = String, check = plain_http, reference = "https://example.com/cover")]
#[non_exhaustive]
pub struct SetCoverByUrl {
    /// Videos.
    #[field(layout = Csv)]
    pub vids: Option<Vec<String>>,
    /// Categories, where there are no videos.
    pub cataids: Option<Vec<String>>,
    /// The image, plain http.
    #[field(wire = "fileUrl", http_url)]
    pub url: String,
}

fn plain_http(values: &Values<'_>, found: &mut Vec<Violation>) {
    if values.get("vids").is_none() && values.get("cataids").is_none() {
        found.push(Violation::new("vids", Rule::Other("required, or cataids"), "missing"));
    }
    if matches!(values.get("fileUrl"), Some(Value::Text(url)) if url.starts_with("https")) {
        found.push(Violation::new("fileUrl", Rule::Other("plain http"), "scheme https"));
    }
}

/// What is sent, but for the signature, in its order.
fn sent(request: &Request) -> Vec<(String, String)> {
    fields(request).into_iter().filter(|(name, _)| name != "sign").collect()
}

fn sign(request: &Request) -> String {
    fields(request).into_iter().find(|(name, _)| name == "sign").unwrap().1
}

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

const NOW: &str = "1700000000000";

#[test]
fn a_fixed_set_of_signed_names() {
    let save = SaveKeyFrames::new("v_1", ["开头".to_owned(), "b&c".to_owned()], [3, 60]).with_button(true);
    let request = save.request(&accounts(), AT).unwrap();
    assert_eq!(sent(&request), pairs(&[("vid", "v_1"), ("desc", "开头,b&c"), ("seconds", "3,60"), ("btnsettingswitch", "Y"), ("ptime", NOW)]));
    assert_eq!(sign(&request), sha1_hex(&format!("ptime={NOW}&userid={USER}&vid=v_1{KEY}")));
    assert_eq!(*SaveKeyFrames::read(&v2(&json!("the key frame add successfully"))).unwrap(), "the key frame add successfully");
    let error = SaveKeyFrames::new("v_1", ["a,b".to_owned()], [1, -1]).check().unwrap_err();
    assert_eq!(
        error.to_string(),
        "polyv.keyframe.save: desc[0]: 3 characters with a comma, no comma, which separates the elements; seconds[1]: -1, from 0 to 86400; seconds: 2 for 1, as many as there are texts"
    );
}

#[test]
fn the_worked_example_of_the_rename_page() {
    // The page prints fields, time, key and signature, and does not send the account's id.
    let accounts: Accounts = polyv::Account::new("3828390191", "tIQp4ATe9Z").into();
    let request = RenameCategory::new("1466567123649", "polyv").request(&accounts, Timestamp::from_millis(1_469_599_842_000)).unwrap();
    assert_eq!(request.uri(), "https://api.polyv.net/v2/video/3828390191/updateCata");
    assert_eq!(common::bytes(&request), "cataid=1466567123649&cataname=polyv&ptime=1469599842000&sign=DB6037A8186F71E6D992F16E1C148CF94D164C1D");
    assert!(*RenameCategory::read(&v2(&json!(true))).unwrap());
    assert!(RenameCategory::read(&v2(&json!("no such form"))).is_err());
}

#[test]
fn an_answer_that_holds_itself() {
    let request = GetCategories::new().with_id("5").request(&accounts(), AT).unwrap();
    assert_eq!(sign(&request), sha1_hex(&format!("ptime={NOW}&userid={USER}{KEY}")), "cataid is sent and not signed");
    let tree = GetCategories::read(&v2(
        &json!([{ "cataid": "1", "cataname": "默认", "nodes": [{ "cataid": 2, "cataname": "a", "nodes": { "cataid": 3, "cataname": "b" } }] }]),
    ))
    .unwrap();
    assert_eq!((tree[0].id, tree[0].nodes[0].nodes[0].name.as_str(), tree[0].nodes[0].nodes[0].nodes.len()), (1, "b", 0));
    let error = GetCategories::read(&v2(&json!([{ "cataid": 1, "cataname": "a", "nodes": [{ "cataid": "x" }] }]))).unwrap_err();
    assert!(error.to_string().contains("[0].nodes[0].cataid: expected a whole number, got the text \"x\""), "{error}");
    assert!(GetCategories::read(&v2(&json!(""))).unwrap().is_empty());
}

#[test]
fn a_sub_account_and_its_envelope() {
    let list = ListSubAccountVideos::new().with_title("第一课").with_include_subcategories(false).with_start_time(AT).with_page_size(0);
    let request = list.request(&accounts(), AT).unwrap();
    let expected = pairs(&[("title", "第一课"), ("containSubCate", "N"), ("startTime", NOW), ("pageSize", "0"), ("appId", "a7Tqe0Wm"), ("timestamp", NOW)]);
    assert_eq!(sent(&request), expected, "no ptime, no userid, and not the key");
    assert_eq!(sign(&request), md5_hex(&format!("{SUB_KEY}{}{SUB_KEY}", glued_text(&expected))));
    assert_eq!(request.uri().path(), "/v3/video/list-video");
    let error = list.request(&polyv::Account::new(USER, KEY).into(), AT).unwrap_err();
    assert_eq!(error.to_string(), "polyv.subaccount.list_videos: account: none is set, a Polyv sub-account is needed");

    for none in ["null", "\"\""] {
        let body = format!(r#"{{"requestId":"r-1","code":200,"status":"success","error":{none},"data":{{"totalItems":65}}}}"#);
        let reply = ListSubAccountVideos::read(&answer(200, body)).unwrap();
        assert_eq!((reply.total_items, reply.request_id.as_deref()), (Some(65), Some("r-1")));
    }
    for (code, reason) in [
        ("100", Reason::Clock),
        ("101", Reason::UnknownAccount),
        ("102", Reason::UnknownAccount),
        ("103", Reason::Permission),
        ("104", Reason::Signature),
        ("105", Reason::Permission),
        ("2000", Reason::NotFound),
        ("3000", Reason::Field),
        ("3001", Reason::NotFound),
        ("9", Reason::Other),
    ] {
        for outer in ["400", "403", "\"403\""] {
            let body = format!(r#"{{"requestId":"r-1","code":{outer},"status":"error","error":{{"code":{code},"desc":"no"}},"data":null}}"#);
            let error = refused(ListSubAccountVideos::read(&answer(200, body)).unwrap_err());
            assert_eq!((error.code.as_str(), error.message.as_str(), error.reason, error.request_id.as_deref()), (code, "no", reason, Some("r-1")));
        }
    }
    let error = refused(ListSubAccountVideos::read(&answer(200, r#"{"code":403,"error":"","message":"no"}"#)).unwrap_err());
    assert_eq!((error.code.as_str(), error.message.as_str(), error.reason), ("403", "no", Reason::Permission));
}

#[test]
fn a_play_token_from_another_host() {
    let request = CreatePlayToken::new("v_1", "viewer1").with_viewer_ip("127.0.0.1").with_iswxa(true).request(&accounts(), AT).unwrap();
    assert_eq!(request.uri(), "https://hls.videocc.net/service/v1/token");
    let expected = pairs(&[("videoId", "v_1"), ("viewerId", "viewer1"), ("viewerIp", "127.0.0.1"), ("iswxa", "1"), ("userId", USER), ("ts", NOW)]);
    assert_eq!(sent(&request), expected);
    assert_eq!(sign(&request), md5_hex(&format!("{KEY}{}{KEY}", glued_text(&expected))));
    let reply = CreatePlayToken::read(&v2(&json!({ "token": "t-1", "ttl": "600000" }))).unwrap();
    assert_eq!((reply.token.as_str(), reply.ttl), ("t-1", Some(600_000)));
    let error = refused(CreatePlayToken::read(&answer(200, r#"{"code":400,"message":"user_not_found","data":"user secretKey not found."}"#)).unwrap_err());
    assert_eq!((error.message.as_str(), error.reason), ("user_not_found", Reason::UnknownAccount));
    // An endpoint takes the place of every host.
    let gateway = polyv::Account::new(USER, KEY).with_endpoint(Endpoint::parse("http://127.0.0.1:8787").unwrap());
    let request = CreatePlayToken::new("v_1", "viewer1").request(&gateway.into(), AT).unwrap();
    assert_eq!(request.uri(), "http://127.0.0.1:8787/service/v1/token");
}

#[test]
fn the_old_service() {
    let set = SetDomainList::new(["a.example".to_owned(), "b.example".to_owned()], DomainList::Allow);
    let request = set.request(&accounts(), AT).unwrap();
    assert_eq!(request.uri(), "https://v.polyv.net/uc/services/rest?method=saveHostUrl&host=a.example%2Cb.example&settingType=2&writetoken=write+token");
    assert_eq!(WRITE_TOKEN, "write token");
    let error = set.request(&polyv::Account::new(USER, KEY).into(), AT).unwrap_err();
    assert_eq!(error.to_string(), "polyv.legacy.set_domain_list: account: none is set, a Polyv write token is needed");
    for body in [r#"{"error":"0"}"#, r#"{"error":0,"data":[]}"#] {
        SetDomainList::read(&answer(200, body)).unwrap();
    }
    for (code, reason) in [
        (1, Reason::UnknownAccount),
        (2, Reason::Field),
        (3, Reason::Field),
        (4, Reason::Limit),
        (5, Reason::Field),
        (6, Reason::Field),
        (7, Reason::Field),
        (8, Reason::NotFound),
        (14, Reason::Field),
        (15, Reason::Internal),
        (16, Reason::Quota),
        (17, Reason::Permission),
        (22, Reason::Signature),
        (23, Reason::NotFound),
        (24, Reason::Clock),
        (99, Reason::Other),
    ] {
        for body in [format!(r#"{{"error":"{code}"}}"#), format!(r#"{{"error":{code}}}"#)] {
            let error = refused(SetDomainList::read(&answer(200, body)).unwrap_err());
            assert_eq!((error.code, error.reason, error.message.is_empty()), (code.to_string(), reason, code == 99));
        }
    }
    assert_eq!(common::undecodable(SetDomainList::read(&answer(200, "{}")).unwrap_err()).detail, "the envelope has no `error`");
}

#[test]
fn json_inside_a_form() {
    let save = SaveExam::new("v_1", 15, "1 + 1 = ?", [ExamChoice::new(1, "2").with_right(true), ExamChoice::new(2, "\"3\" & 4")]);
    let request = save.request(&accounts(), AT).unwrap();
    let choices = r#"[{"index":1,"content":"2","isRight":true},{"index":2,"content":"\"3\" & 4"}]"#;
    let expected = pairs(&[("vid", "v_1"), ("showTime", "15"), ("question", "1 + 1 = ?"), ("choices", choices), ("userid", USER), ("ptime", NOW)]);
    assert_eq!(sent(&request), expected);
    common::assert_signed(SaveExam::INFO, &request, &common::KEYS);
    assert_eq!(SaveExam::read(&v2(&json!({ "examId": "e1" }))).unwrap().id, "e1");
    let many: Vec<_> = (0..6).map(|n| ExamChoice::new(n, if n == 3 { "" } else { "a" })).collect();
    let error = SaveExam::new("v_1", 15, "?", many).check().unwrap_err();
    assert_eq!(error.to_string(), "polyv.exam.save: choices: 6 items, at most 5 items; choices[3].content: empty, must not be blank");
}

#[test]
fn either_of_two_and_plain_http_only() {
    let request = SetCoverByUrl::new("http://img.example.com/0.jpg").with_vids(["v_1".to_owned(), "v_2".to_owned()]).request(&accounts(), AT).unwrap();
    assert_eq!(sent(&request), pairs(&[("vids", "v_1,v_2"), ("fileUrl", "http://img.example.com/0.jpg"), ("ptime", NOW)]));
    let error = SetCoverByUrl::new("https://img.example.com/0.jpg").check().unwrap_err();
    assert_eq!(error.to_string(), "polyv.upload.cover_image_url: vids: missing, required, or cataids; fileUrl: scheme https, plain http");
}
