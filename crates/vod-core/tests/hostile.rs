//! Answers of any kind: no reader panics, the typed reader and the catalogue's agree, and normal JSON is
//! normal.

mod common;

use common::{Response, entry, read_typed, success, typed_answer, undecodable};
use proptest::prelude::*;
use serde_json::{Map, Value, json};
use vod_core::field::{BooleanForm, Field, Kind, TimeForm};
use vod_core::polyv::sync::ListTasks;
use vod_core::response::Payload;
use vod_core::{Endpoint, Error, Operation, Timestamp, catalog};

fn cases(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

/// Any JSON, shallow.
fn any_json() -> BoxedStrategy<Value> {
    let scalar = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        // Quarters, since the JSON crate may be one unit off in the last place of others.
        (-4_000_000i32..4_000_000).prop_map(|n| Value::from(f64::from(n) / 4.0)),
        Just(json!("")),
        Just(json!("{\"a\":[]}")),
        "\\PC{0,12}".prop_map(Value::from),
    ];
    scalar
        .prop_recursive(3, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map("[a-z_]{1,8}", inner, 0..4).prop_map(|members| json!(members))
            ]
        })
        .boxed()
}

/// How deep nested objects are drawn; a category contains others without end.
const DEEP: u32 = 4;

/// A value of a documented kind, in one of the forms that providers give it, and now and then something else.
/// Objects in it stand so deep at most.
fn value(kind: &'static Kind, deep: u32) -> BoxedStrategy<Value> {
    let good = match kind {
        Kind::Text | Kind::Secret => prop_oneof![
            "\\PC{0,12}".prop_map(Value::from),
            any::<i32>().prop_map(Value::from),
            any::<bool>().prop_map(Value::from)
        ]
        .boxed(),
        Kind::Integer => (0i64..2_000_000)
            .prop_flat_map(|n| {
                prop::sample::select(vec![
                    json!(n),
                    json!(n.to_string()),
                    json!(format!(" {n}.0")),
                    json!(n as f64),
                ])
            })
            .boxed(),
        Kind::Number => (0i32..4000)
            .prop_flat_map(|n| {
                prop::sample::select(vec![
                    json!(f64::from(n) / 4.0),
                    json!((f64::from(n) / 4.0).to_string()),
                    json!(n),
                ])
            })
            .boxed(),
        Kind::Boolean(BooleanForm::TrueFalse | BooleanForm::ZeroOne | BooleanForm::YesNo) => {
            prop::sample::select(vec![json!(true), json!("N"), json!(0), json!("1"), json!("false")]).boxed()
        }
        Kind::Time(TimeForm::Day) => Just(json!("2026-11-22")).boxed(),
        Kind::Time(TimeForm::Clock) => {
            prop::sample::select(vec![json!("00:01:05"), json!("0:1:5"), json!(65), json!("65")]).boxed()
        }
        Kind::Time(_) => prop::sample::select(vec![
            json!(1_700_000_000_000_i64),
            json!("20231114221320"),
            json!("2023-11-14T22:13:20Z"),
            json!("2023-11-15 06:13:20"),
        ])
        .boxed(),
        Kind::Choice(choices) => prop_oneof![
            prop::sample::select(choices.values).prop_map(|(wire, _)| json!(wire)),
            Just(json!("another"))
        ]
        .boxed(),
        Kind::List(Kind::Record(_)) | Kind::Record(_) if deep == 0 => Just(json!([])).boxed(),
        Kind::List(inner) => {
            let list = prop::collection::vec(value(inner, deep), 0..3).prop_map(Value::from);
            prop_oneof![4 => list.clone(), 1 => list.prop_map(|list| json!(list.to_string())), 1 => value(inner, deep)].boxed()
        }
        Kind::Record(record) => object(record.fields(), deep - 1)
            .prop_flat_map(|object| {
                prop::sample::select(vec![object.clone(), json!([object]), json!(object.to_string())])
            })
            .boxed(),
        _ => any_json(),
    };
    prop_oneof![40 => good, 2 => Just(Value::Null), 2 => Just(json!("")), 1 => any_json()].boxed()
}

fn object(fields: &'static [Field], deep: u32) -> BoxedStrategy<Value> {
    let members: Vec<_> = fields
        .iter()
        .map(|field| {
            let names: Vec<&str> = std::iter::once(field.wire).chain(field.aliases.iter().copied()).collect();
            let members =
                prop::collection::vec((prop::sample::select(names), value(&field.kind, deep)), 1..3);
            if field.required {
                members.boxed()
            } else {
                prop_oneof![1 => Just(Vec::new()), 3 => members].boxed()
            }
        })
        .collect();
    (members, any_json())
        .prop_map(|(members, unknown)| {
            let mut object: Map<String, Value> =
                members.into_iter().flatten().map(|(name, value)| (name.to_owned(), value)).collect();
            object.insert("aNewMember".to_owned(), unknown);
            object.into()
        })
        .boxed()
}

/// Data such as an operation answers with, more or less.
fn data() -> BoxedStrategy<(&'static catalog::Entry, Value)> {
    let entries: Vec<_> = catalog::all().filter(|entry| !matches!(entry.info().output, Kind::File)).collect();
    prop::sample::select(entries)
        .prop_flat_map(|entry| {
            let object = match entry.info().output {
                // QingCloud's answers are flat, so they are objects whatever they hold.
                Kind::Record(record) if entry.info().id.starts_with("qing") => object(record.fields(), DEEP),
                Kind::Json | Kind::Nothing => object(&[], DEEP),
                kind => value(kind, DEEP),
            };
            (Just(entry), object)
        })
        .boxed()
}

fn any_answer() -> BoxedStrategy<Response> {
    let envelope = prop::collection::btree_map(
        prop::sample::select(vec![
            "code",
            "status",
            "message",
            "data",
            "ret_code",
            "error",
            "requestId",
            "MediaId",
        ]),
        any_json(),
        0..6,
    );
    let body = prop_oneof![
        prop::collection::vec(any::<u8>(), 0..200),
        any_json().prop_map(|json| json.to_string().into_bytes()),
        envelope.clone().prop_map(|members| json!(members).to_string().into_bytes()),
        // Success around anything, and the same cut off anywhere.
        any_json().prop_map(|data| json!({ "code": 200, "data": data }).to_string().into_bytes()),
        (envelope, any::<prop::sample::Index>()).prop_map(|(members, at)| {
            let mut body = json!(members).to_string().into_bytes();
            body.truncate(at.index(body.len() + 1));
            body
        }),
    ];
    let content_type = prop::sample::select(vec![
        "application/json",
        "application/json;charset=GBK",
        "text/html",
        "text/csv",
        "application",
        "",
    ]);
    let status = prop_oneof![4 => Just(200u16), 2 => 200u16..=599, 1 => Just(429u16)];
    let header = prop_oneof![Just(None), "[!-~]{1,150}".prop_map(Some)];
    (status, content_type, body, header)
        .prop_map(|(status, content_type, body, header)| {
            let mut answer = typed_answer(status, content_type, body);
            if let Some(value) = header {
                for name in ["x-qvod-request-id", "retry-after", "date"] {
                    answer.headers_mut().insert(name, value.parse().unwrap());
                }
            }
            answer
        })
        .boxed()
}

proptest! {
    #![proptest_config(cases(1000))]

    #[test]
    fn no_reader_panics_and_both_agree(answer in any_answer()) {
        for entry in catalog::all() {
            let id = entry.info().id;
            let typed = entry.typed(&answer);
            let dynamic = entry.response(&answer);
            prop_assert_eq!(typed.is_ok(), dynamic.is_ok(), "{}", id);
            if let (Err(typed), Err(dynamic)) = (typed, dynamic) {
                prop_assert_eq!(typed.to_string(), dynamic.to_string());
                prop_assert_eq!(typed.to_json(), dynamic.to_json());
                prop_assert!(!matches!(typed, Error::Invalid(_) | Error::Transport(_)));
                prop_assert!(!typed.to_string().contains('\n'), "one line: {}", typed);
                // The advice is consistent: what may have been executed is retried only if it is idempotent.
                prop_assert!(typed.outcome_known() || !typed.is_retryable() || entry.info().effect != vod_core::operation::Effect::Once);
            }
        }
    }

    #[test]
    fn normal_json_reads_the_same_and_is_normal((entry, data) in data()) {
        let id = entry.info().id;
        let answer = success(id, &data);
        let Ok(first) = read_typed(id, &answer) else { return Ok(()) };
        let Payload::Json(normal) = entry.response(&answer).unwrap() else { panic!("{id} is no file") };
        let again = success(id, &normal);
        prop_assert_eq!(read_typed(id, &again).unwrap(), first, "{}", normal);
        prop_assert_eq!(entry.response(&again).unwrap(), Payload::Json(normal.clone()), "{}", data);
        // What no reference knows is kept.
        if let (Some(unknown), Some(members)) = (data.get("aNewMember"), normal.as_object()) {
            prop_assert_eq!(members.get("aNewMember"), Some(unknown));
        }
    }

    #[test]
    fn times_and_endpoints_of_any_text(text in "\\PC{0,40}", digits in "[0-9]{0,20}", date in "-?[0-9]{1,6}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:[0-9]{2}:[0-9]{2}(Z|[+-][0-9]{2}:[0-9]{2})?)?") {
        for text in [&text, &digits, &date] {
            if let Some(time) = Timestamp::parse(text).or_else(|| Timestamp::parse_http_date(text)) {
                prop_assert_eq!(time, Timestamp::from_millis(time.as_millis()), "within what the wire can say");
                prop_assert_eq!(time.rfc3339().len(), 20, "{}", time);
                prop_assert_eq!(Timestamp::parse(&time.rfc3339()), Some(Timestamp::from_millis(time.as_millis().div_euclid(1000) * 1000)));
                let _ = (time.http_date(), time.beijing_date());
            }
            if let Ok(endpoint) = Endpoint::parse(text) {
                prop_assert_eq!(Endpoint::parse(endpoint.as_str()).unwrap(), endpoint);
            }
        }
    }

    #[test]
    fn any_instant_can_be_written_and_read(millis in any::<i64>()) {
        let time = Timestamp::from_millis(millis);
        let second = Timestamp::from_millis(time.as_millis().div_euclid(1000) * 1000);
        prop_assert_eq!(Timestamp::parse(&time.rfc3339()), Some(second));
        if second.as_millis() >= -2_208_988_800_000 {
            prop_assert_eq!(Timestamp::parse_http_date(&time.http_date()), Some(second));
        }
    }
}

#[test]
fn instants_beyond_what_the_wire_can_say_are_kept_within() {
    for text in [
        "-009998-06-01T00:00:00Z",
        "-000001-12-31T23:59:59Z",
        "0000-01-01 00:00:00",
        "0000-01-01",
        "9999-12-31T23:59:59Z",
        "9999-12-30T22:00:01+00:00",
        "99991231000000",
        "9999-12-31",
    ] {
        let Some(time) = Timestamp::parse(text) else { continue };
        assert_eq!(time, Timestamp::from_millis(time.as_millis()), "{text}");
        assert_eq!(time.rfc3339().len(), 20, "{text} {time}");
    }
    let far = Timestamp::parse_http_date("Thu, 30 Dec 9999 21:59:59 GMT").unwrap();
    assert_eq!(far.http_date(), "Thu, 30 Dec 9999 21:59:59 GMT");
}

#[test]
fn known_members_become_normal() {
    let entry = entry("polyv.sync.list");
    let data = json!({ "pageNumber": "2", "totalItems": 1.0, "firstPage": "Y", "contents": { "taskId": 7, "successcount": "5", "seccesscount": null, "endtime": "2023-11-15 06:13:20", "colour": "red" } });
    let Payload::Json(normal) = entry.response(&success("polyv.sync.list", &data)).unwrap() else {
        panic!("no file")
    };
    assert_eq!(
        normal,
        json!({ "pageNumber": 2, "totalItems": 1, "firstPage": "Y", "contents": [{ "taskid": 7, "seccesscount": 5, "endtime": "2023-11-15 06:13:20", "colour": "red" }] })
    );
    let file = common::entry("polyv.sync.export").response(&typed_answer(200, "text/csv", "a,b")).unwrap();
    assert!(
        matches!(file, Payload::File { content_type: Some(kind), bytes } if kind == "text/csv" && bytes == "a,b")
    );
}

/// Members and elements are looked at a fixed number of times each: more than that, squared, and this would
/// not come to its end.
#[test]
fn many_members_and_many_elements() {
    const MANY: usize = 300_000;
    let members: String = (0..MANY).map(|i| format!("\"m{i}\":0,")).collect();
    let page =
        |data: &str| ListTasks::read(&common::answer(200, format!(r#"{{"code":200,"data":{{{data}}}}}"#)));
    let reply = page(&format!(r#"{members}"totalItems":1,"totalItems":2"#)).unwrap();
    assert_eq!((reply.total_items, reply.items.len()), (Some(2), 0), "the last counts");
    let Payload::Json(json) = reply.payload else { panic!("no file") };
    assert_eq!(json.to_value().as_object().map(Map::len), Some(MANY + 1));

    let reply =
        page(&format!(r#""contents":[{}{{"taskid":"last"}}]"#, r#"{"taskid":7},"#.repeat(MANY))).unwrap();
    assert_eq!(
        (reply.items.len(), reply.items[0].id.as_str(), reply.items[MANY].id.as_str()),
        (MANY + 1, "7", "last")
    );
    let lists = page(&format!(r#""totalItems":[{}0]"#, "[],".repeat(MANY)));
    assert_eq!(
        undecodable(lists.unwrap_err()).detail,
        format!("totalItems: expected a whole number, zero or more, got a list of {} items", MANY + 1)
    );
}

#[test]
fn endpoints() {
    for (text, base, prefix) in [
        ("https://a.example", "https://a.example", ""),
        (" http://127.0.0.1:8787/ ", "http://127.0.0.1:8787", ""),
        ("https://[::1]:8443/a/b//", "https://[::1]:8443/a/b", "/a/b"),
    ] {
        let endpoint: Endpoint = text.parse().unwrap();
        assert_eq!(
            (endpoint.as_str(), endpoint.prefix(), endpoint.to_string().as_str()),
            (base, prefix, base)
        );
    }
    for (text, why) in [
        ("", "endpoint: expected a whole URL, such as https://api.example.com, got 0 characters"),
        ("a.example", "endpoint: expected a whole URL, such as https://api.example.com, got 9 characters"),
        ("/path", "endpoint: expected a whole URL, such as https://api.example.com, got 5 characters"),
        ("https://", "endpoint: expected a whole URL, such as https://api.example.com, got 8 characters"),
        ("ftp://a.example", "endpoint: expected an http or https URL, got 15 characters"),
        (
            "https://user:s3cret@a.example",
            "endpoint: expected a URL without a user and a password, got 29 characters",
        ),
        (
            "https://a.example/?q",
            "endpoint: expected a URL without a query and a fragment, got 20 characters",
        ),
        (
            "https://a.example/#f",
            "endpoint: expected a URL without a query and a fragment, got 20 characters",
        ),
    ] {
        assert_eq!(Endpoint::parse(text).unwrap_err().to_string(), why, "{text}");
    }
    let account = || vod_core::qingcloud::Credentials::new("ID", "k");
    for base in ["", "/", "/v1", "/v1/", "/gw/api/v1"] {
        account().with_api_base(base).unwrap_or_else(|error| panic!("{base}: {error}"));
    }
    for base in ["v1", "/v1?x", "/a//b", "/../v1", "/v 1", "/%2e"] {
        assert_eq!(
            account().with_api_base(base).unwrap_err().to_string(),
            format!("api_base: expected a path such as /v1, got \"{base}\"")
        );
    }
}
