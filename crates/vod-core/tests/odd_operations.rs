//! The oddest operations of the references, through all that the shape has to carry: signed sets, envelopes,
//! other hosts, JSON in a form, rules across fields.

mod common;

use common::{
    AT, KEY, Request, SUB_KEY, USER, WRITE_TOKEN, accounts, answer, fields, glued_text, md5_hex, refused,
    sha1_hex, v2,
};
use serde_json::json;
use vod_core::error::Reason;
use vod_core::polyv::category::{GetCategoryTree, RenameCategory};
use vod_core::polyv::cover::SetCoverUrlLegacy;
use vod_core::polyv::exam::{QuestionChoice, SaveQuestion};
use vod_core::polyv::keyframe::SaveKeyframes;
use vod_core::polyv::legacy::{DomainList, SetDomains};
use vod_core::polyv::player::CreatePlayToken;
use vod_core::polyv::subaccount::ListVideos;
use vod_core::{Accounts, Endpoint, Operation, Timestamp, polyv};

/// What is sent, without the signature, in order.
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
    let save = SaveKeyframes::new("v_1", ["开头", "b&c"], [3, 60]).with_button(false);
    let request = save.request(&accounts(), AT).unwrap();
    assert_eq!(
        sent(&request),
        pairs(&[
            ("vid", "v_1"),
            ("desc", "开头,b&c"),
            ("seconds", "3,60"),
            ("btnsettingswitch", "N"),
            ("ptime", NOW)
        ])
    );
    assert_eq!(sign(&request), sha1_hex(&format!("ptime={NOW}&userid={USER}&vid=v_1{KEY}")));
    SaveKeyframes::read(&v2(&json!("the key frame add successfully"))).unwrap();
    let error = SaveKeyframes::new("v_1", ["a,b"], [1, u32::MAX]).check().unwrap_err();
    assert_eq!(
        error.to_string(),
        "polyv.keyframe.save: desc[0]: expected no comma (it separates list elements), got \"a,b\"; seconds[1]: expected 0 to 2147483647, got 4294967295; seconds: expected as many as desc (1), got 2"
    );
}

#[test]
fn the_worked_example_of_the_rename_page() {
    // The page prints fields, time, key and signature, and does not send the account's id.
    let accounts: Accounts = polyv::Credentials::new("3828390191", "tIQp4ATe9Z").into();
    let request = RenameCategory::new(1_466_567_123_649, "polyv")
        .request(&accounts, Timestamp::from_millis(1_469_599_842_000))
        .unwrap();
    assert_eq!(request.uri(), "https://api.polyv.net/v2/video/3828390191/updateCata");
    assert_eq!(
        common::bytes(&request),
        "cataid=1466567123649&cataname=polyv&ptime=1469599842000&sign=DB6037A8186F71E6D992F16E1C148CF94D164C1D"
    );
    assert!(*RenameCategory::read(&v2(&json!(true))).unwrap());
    assert!(RenameCategory::read(&v2(&json!("no such form"))).is_err());
}

#[test]
fn an_answer_that_holds_itself() {
    let request = GetCategoryTree::new().with_category_id(5).request(&accounts(), AT).unwrap();
    assert_eq!(
        sign(&request),
        sha1_hex(&format!("ptime={NOW}&userid={USER}{KEY}")),
        "cataid is sent and not signed"
    );
    let tree = GetCategoryTree::read(&v2(
        &json!([{ "cataid": "1", "cataname": "默认", "nodes": [{ "cataid": 2, "cataname": "a", "nodes": { "cataid": 3, "cataname": "b" } }] }]),
    ))
    .unwrap();
    let deepest = &tree[0].children[0].children[0];
    assert_eq!((tree[0].id.get(), deepest.name.as_deref(), deepest.children.len()), (1, Some("b"), 0));
    let error = GetCategoryTree::read(&v2(
        &json!([{ "cataid": 1, "cataname": "a", "nodes": [{ "cataid": 2, "videos": "x" }] }]),
    ))
    .unwrap_err();
    assert!(
        error.to_string().contains("[0].nodes[0].videos: expected a whole number, zero or more, got \"x\""),
        "{error}"
    );
    assert!(GetCategoryTree::read(&v2(&json!(""))).unwrap().is_empty());
}

#[test]
fn a_sub_account_and_its_envelope() {
    let list = ListVideos::new()
        .with_title("第一课")
        .with_include_subcategories(false)
        .with_start_time(AT)
        .with_page_size(0);
    let request = list.request(&accounts(), AT).unwrap();
    let expected = pairs(&[
        ("title", "第一课"),
        ("containSubCate", "N"),
        ("startTime", NOW),
        ("pageSize", "0"),
        ("appId", "a7Tqe0Wm"),
        ("timestamp", NOW),
    ]);
    assert_eq!(sent(&request), expected, "no ptime, no userid, and not the key");
    assert_eq!(sign(&request), md5_hex(&format!("{SUB_KEY}{}{SUB_KEY}", glued_text(&expected))));
    assert_eq!(request.uri().path(), "/v3/video/list-video");
    let error = list.request(&polyv::Credentials::new(USER, KEY).into(), AT).unwrap_err();
    assert_eq!(
        error.to_string(),
        "polyv.subaccount.list_videos: account: expected a Polyv sub-account, got none"
    );

    for none in ["null", "\"\""] {
        let body = format!(
            r#"{{"requestId":"r-1","code":200,"status":"success","error":{none},"data":{{"totalItems":65}}}}"#
        );
        let reply = ListVideos::read(&answer(200, body)).unwrap();
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
            let body = format!(
                r#"{{"requestId":"r-1","code":{outer},"status":"error","error":{{"code":{code},"desc":"no"}},"data":null}}"#
            );
            let error = refused(ListVideos::read(&answer(200, body)).unwrap_err());
            assert_eq!(
                (error.code.as_str(), error.message.as_str(), error.reason, error.request_id.as_deref()),
                (code, "no", reason, Some("r-1"))
            );
        }
    }
    let error =
        refused(ListVideos::read(&answer(200, r#"{"code":403,"error":"","message":"no"}"#)).unwrap_err());
    assert_eq!(
        (error.code.as_str(), error.message.as_str(), error.reason),
        ("403", "no", Reason::Permission)
    );
}

#[test]
fn a_play_token_from_another_host() {
    let request = CreatePlayToken::new("v_1", "viewer1")
        .with_viewer_ip("127.0.0.1")
        .with_wechat_mini_program(true)
        .request(&accounts(), AT)
        .unwrap();
    assert_eq!(request.uri(), "https://hls.videocc.net/service/v1/token");
    let expected = pairs(&[
        ("videoId", "v_1"),
        ("viewerId", "viewer1"),
        ("viewerIp", "127.0.0.1"),
        ("iswxa", "1"),
        ("userId", USER),
        ("ts", NOW),
    ]);
    assert_eq!(sent(&request), expected);
    assert_eq!(sign(&request), md5_hex(&format!("{KEY}{}{KEY}", glued_text(&expected))));
    let reply = CreatePlayToken::read(&v2(&json!({ "token": "t-1", "ttl": "600000" }))).unwrap();
    assert_eq!((reply.token.expose(), reply.lives_millis), ("t-1", Some(600_000)));
    let error = refused(
        CreatePlayToken::read(&answer(
            200,
            r#"{"code":400,"message":"user_not_found","data":"user secretKey not found."}"#,
        ))
        .unwrap_err(),
    );
    assert_eq!((error.message.as_str(), error.reason), ("user_not_found", Reason::UnknownAccount));
    // An endpoint takes the place of every host.
    let gateway =
        polyv::Credentials::new(USER, KEY).with_endpoint(Endpoint::parse("http://127.0.0.1:8787").unwrap());
    let request = CreatePlayToken::new("v_1", "viewer1").request(&gateway.into(), AT).unwrap();
    assert_eq!(request.uri(), "http://127.0.0.1:8787/service/v1/token");
}

#[test]
fn the_old_service() {
    let set = SetDomains::new(["a.example", "b.example"], DomainList::Allow);
    let request = set.request(&accounts(), AT).unwrap();
    assert_eq!(
        request.uri(),
        "https://v.polyv.net/uc/services/rest?method=saveHostUrl",
        "the token is not in the URL, which logs show"
    );
    assert_eq!(common::bytes(&request), "host=a.example%2Cb.example&settingType=2&writetoken=write+token");
    assert_eq!(WRITE_TOKEN, "write token");
    let error = set.request(&polyv::Credentials::new(USER, KEY).into(), AT).unwrap_err();
    assert_eq!(
        error.to_string(),
        "polyv.legacy.set_domains: account: expected a Polyv write token, got none"
    );
    for body in [r#"{"error":"0"}"#, r#"{"error":0,"data":[]}"#] {
        SetDomains::read(&answer(200, body)).unwrap();
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
            let error = refused(SetDomains::read(&answer(200, body)).unwrap_err());
            assert_eq!(
                (error.code, error.reason, error.message.is_empty()),
                (code.to_string(), reason, code == 99)
            );
        }
    }
    assert_eq!(
        common::undecodable(SetDomains::read(&answer(200, "{}")).unwrap_err()).detail,
        "the envelope has no `error`"
    );
}

#[test]
fn json_inside_a_form() {
    let save = SaveQuestion::new(
        "v_1",
        15,
        "1 + 1 = ?",
        [QuestionChoice::new(1, "2").with_right(true), QuestionChoice::new(2, "\"3\" & 4")],
    );
    let request = save.request(&accounts(), AT).unwrap();
    let choices = r#"[{"index":1,"content":"2","isRight":true},{"index":2,"content":"\"3\" & 4"}]"#;
    let expected = pairs(&[
        ("vid", "v_1"),
        ("showTime", "15"),
        ("question", "1 + 1 = ?"),
        ("choices", choices),
        ("userid", USER),
        ("ptime", NOW),
    ]);
    assert_eq!(sent(&request), expected);
    common::assert_signed(SaveQuestion::INFO, &request, &common::KEYS);
    assert_eq!(SaveQuestion::read(&v2(&json!({ "examId": "e1" }))).unwrap().id, "e1");
    let many: Vec<_> = (0..6).map(|n| QuestionChoice::new(n, if n == 3 { "" } else { "a" })).collect();
    let error = SaveQuestion::new("v_1", 15, "?", many).check().unwrap_err();
    assert_eq!(
        error.to_string(),
        "polyv.exam.save: choices: expected at most 5 items, got 6; choices[3].content: expected more than white space, got \"\""
    );
}

#[test]
fn either_of_two_and_plain_http_only() {
    let request = SetCoverUrlLegacy::new("http://img.example.com/0.jpg")
        .with_vids(["v_1", "v_2"])
        .request(&accounts(), AT)
        .unwrap();
    assert_eq!(
        sent(&request),
        pairs(&[("vids", "v_1,v_2"), ("fileUrl", "http://img.example.com/0.jpg"), ("ptime", NOW)])
    );
    let error = SetCoverUrlLegacy::new("https://img.example.com/0.jpg").check().unwrap_err();
    assert_eq!(
        error.to_string(),
        "polyv.cover.set_url_legacy: vids: expected this, or cataids; got neither; fileUrl: expected a plain http URL (this call does not fetch by https), got \"https://img.example.com/0.jpg\""
    );
}
