//! Any valid input of any operation: JSON → request → what a server reads off the wire → the same values, signed over what is sent.
//!
//! Inputs are drawn from the operations' own field tables, so that a new operation is tested without a line here.

mod common;

use common::{AT, KEY, KEYS, Keys, QING_KEY, Request, SUB_KEY, WRITE_TOKEN, accounts, areas, assert_signed, fields, form, parsed, unescaped};
use proptest::prelude::*;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use vod_core::field::{BooleanForm, Field, Kind, Layout, Place, TimeForm};
use vod_core::limits::Rule;
use vod_core::operation::{Auth, Encoding};
use vod_core::time::Hms;
use vod_core::{Date, Endpoint, OperationInfo, Timestamp, catalog, polyv, qingcloud};

/// Text with what gets lost most easily: signs of the encodings, spaces, Chinese, combining marks, characters beyond the first plane, controls.
fn any_text() -> BoxedStrategy<String> {
    prop_oneof![
        "[a-zA-Z0-9 &=+%/?#.~*_'\"\\\\<>;:@!$(){}\\[\\]|^`-]{1,30}",
        "[测试课é\u{301}😀\u{200d}\u{3000}\t\r\n\u{0}\u{7f}]{1,20}",
        "\\PC{1,30}",
        Just("%00%2F+".to_owned()),
    ]
    .boxed()
}

fn text(field: &Field) -> BoxedStrategy<String> {
    let max_chars = field.rules.iter().find_map(|rule| if let Rule::MaxChars(n) = rule { Some(*n as usize) } else { None }).unwrap_or(usize::MAX);
    let max_bytes = field.rules.iter().find_map(|rule| if let Rule::MaxBytes(n) = rule { Some(*n as usize) } else { None }).unwrap_or(usize::MAX);
    let url = field.rules.contains(&Rule::HttpUrl);
    let (header, in_list) = (field.place == Place::Header, matches!(field.kind, Kind::List(_)));
    let comma = in_list && field.layout != Layout::Indexed;
    let filled = field.required || field.place.in_path() || in_list;
    any_text()
        .prop_map(move |text| {
            let mut text: String = if url { format!("https://a.example/{}", text.replace(|c: char| c.is_whitespace() || c.is_control(), "")) } else { text };
            let fits = |c: &char| (!comma || *c != ',') && (!header || (' '..='~').contains(c));
            text = text.chars().filter(fits).take(max_chars).collect();
            while text.len() > max_bytes {
                text.pop();
            }
            if header { text.trim().to_owned() } else { text }
        })
        .prop_filter("blank or dots", move |text| (!filled || !text.trim().is_empty()) && !matches!(text.as_str(), "." | ".."))
        .boxed()
}

fn value(field: &'static Field, kind: &'static Kind) -> BoxedStrategy<Value> {
    match kind {
        Kind::Text => text(field).prop_map(Value::from).boxed(),
        Kind::Integer => match field.rules.iter().find_map(|rule| if let Rule::Range { min, max } = rule { Some(*min..=*max) } else { None }) {
            Some(range) => range.prop_map(Value::from).boxed(),
            None => any::<i64>().prop_map(Value::from).boxed(),
        },
        Kind::Boolean(_) => any::<bool>().prop_map(Value::from).boxed(),
        Kind::Time(TimeForm::Day) => (0i16..=9999, 1i8..=12, 1i8..=28).prop_map(|(y, m, d)| json!(Date::new(y, m, d).unwrap().to_string())).boxed(),
        Kind::Time(TimeForm::Rfc3339) => (0i64..4_000_000_000).prop_map(|s| json!(Timestamp::from_millis(s * 1000).rfc3339())).boxed(),
        Kind::Time(TimeForm::Clock) => (0u32..360_000).prop_map(|s| json!(Hms::from_seconds(s).to_string())).boxed(),
        Kind::Time(TimeForm::Beijing) => (0i64..4_000_000_000).prop_map(|s| json!(Timestamp::from_millis(s * 1000).beijing())).boxed(),
        Kind::Time(_) => (1_000_000_000i64..9_999_999_999_999).prop_map(Value::from).boxed(),
        Kind::Choice(choices) => {
            let numeric = choices.numeric;
            let listed =
                prop::sample::select(choices.values).prop_map(move |(wire, _)| if numeric { json!(wire.parse::<i64>().unwrap()) } else { json!(wire) });
            if choices.open { prop_oneof![listed, text(field).prop_map(Value::from)].boxed() } else { listed.boxed() }
        }
        Kind::List(inner) => {
            let bound = |pick: fn(&Rule) -> Option<u32>, or| field.rules.iter().find_map(pick).map_or(or, |n| n as usize);
            let min = bound(|rule| if let Rule::MinItems(n) = rule { Some(*n) } else { None }, 1);
            let max = bound(|rule| if let Rule::MaxItems(n) = rule { Some(*n) } else { None }, 5);
            prop::collection::vec(value(field, inner), min..=max.min(12)).prop_map(Value::from).boxed()
        }
        Kind::Record(record) => object(record.fields()),
        Kind::File => "[a-z课]{1,8}\\.(png|mp4)".prop_map(|name| json!(format!("some folder/{name}"))).boxed(),
        other => panic!("no input holds {other:?}"),
    }
}

fn object(fields: &'static [Field]) -> BoxedStrategy<Value> {
    let members: Vec<BoxedStrategy<Option<(&'static str, Value)>>> = fields
        .iter()
        .map(|field| {
            let member = value(field, &field.kind).prop_map(|value| Some((field.wire, value)));
            if field.required { member.boxed() } else { prop_oneof![Just(None), member].boxed() }
        })
        .collect();
    members.prop_map(|members| members.into_iter().flatten().map(|(name, value)| (name.to_owned(), value)).collect::<Map<_, _>>().into()).boxed()
}

/// A valid input of an operation, with the rules across its fields seen to.
fn input(entry: &'static catalog::Entry) -> BoxedStrategy<Value> {
    let info = entry.info();
    object(info.fields)
        .prop_map(|mut input| {
            areas::fix(info.id, &mut input);
            input
        })
        .prop_filter("rules across fields", |input| entry.input(input).is_ok())
        .boxed()
}

/// A scalar as its field's reference page writes it in a query or form.
fn as_text(kind: &Kind, value: &Value) -> String {
    match (kind, value) {
        (Kind::Boolean(BooleanForm::ZeroOne), Value::Bool(b)) => u8::from(*b).to_string(),
        (Kind::Boolean(BooleanForm::YesNo), Value::Bool(b)) => if *b { "Y" } else { "N" }.to_owned(),
        (_, Value::String(text)) => text.clone(),
        (_, value) => value.to_string(),
    }
}

/// The fields that a query or form must hold for an input.
fn expected_fields(info: &OperationInfo, input: &Value) -> BTreeMap<String, String> {
    let mut expected = BTreeMap::new();
    for field in info.fields.iter().filter(|field| field.place.in_body()) {
        let Some(value) = input.get(field.wire) else { continue };
        match (value, &field.kind) {
            (_, Kind::File) => {}
            (Value::Array(items), Kind::List(inner)) if field.layout == Layout::Indexed => {
                expected.extend(items.iter().enumerate().map(|(i, item)| (field.wire.replace('N', &(i + 1).to_string()), as_text(inner, item))));
            }
            (Value::Array(_), Kind::List(Kind::Record(_))) => drop(expected.insert(field.wire.to_owned(), value.to_string())),
            (Value::Array(items), Kind::List(inner)) => {
                expected.insert(field.wire.to_owned(), items.iter().map(|item| as_text(inner, item)).collect::<Vec<_>>().join(","));
            }
            (value, kind) => drop(expected.insert(field.wire.to_owned(), as_text(kind, value))),
        }
    }
    expected
}

/// The path of the request against its template: as many segments, the fixed ones untouched, the others decoding to the values.
fn assert_path(info: &OperationInfo, request: &Request, prefix: &str, user: &str, input: &Value) {
    let template = format!("{prefix}{}", info.path.split('?').next().unwrap());
    let path = request.uri().path();
    assert_eq!(template.split('/').count(), path.split('/').count(), "{path}");
    for (wanted, got) in template.split('/').zip(path.split('/')) {
        match wanted.strip_prefix('{').and_then(|wanted| wanted.strip_suffix('}')) {
            None => assert_eq!(got, wanted),
            Some("userid") => assert_eq!(unescaped(got), user),
            Some(name) => assert_eq!(unescaped(got), as_text(&Kind::Text, &input[name])),
        }
    }
}

fn assert_carries(info: &'static OperationInfo, request: &Request, input: &Value) {
    let body = |request: &Request| if common::bytes(request).is_empty() { Value::Null } else { serde_json::from_slice(common::bytes(request)).unwrap() };
    for field in info.fields.iter().filter(|field| field.place == Place::Header) {
        assert_eq!(request.headers().get(field.wire).map(|value| value.to_str().unwrap()), input.get(field.wire).and_then(Value::as_str));
    }
    if info.encoding == Encoding::Json {
        let mut expected = input.clone();
        expected.as_object_mut().unwrap().retain(|name, _| info.fields.iter().any(|field| field.wire == name && field.place.in_body()));
        assert_eq!(body(request), expected);
        assert_eq!(request.uri().query(), None);
        return;
    }
    if info.encoding == Encoding::Multipart {
        let files =
            form(request).into_iter().filter_map(|(name, part)| if let common::Part::File { name: file, .. } = part { Some((name, file)) } else { None });
        let named = |field: &Field| Some((field.wire.to_owned(), input.get(field.wire)?.as_str()?.rsplit('/').next()?.to_owned()));
        let wanted = info.fields.iter().filter(|field| matches!(field.kind, Kind::File)).filter_map(named);
        assert!(files.eq(wanted), "every file, under its own name");
    }
    let mut expected = expected_fields(info, input);
    let sent = if info.id.starts_with("polyv.") {
        // Texts of white space count as absent there, but where an empty one says something.
        expected.retain(|name, text| !text.trim().is_empty() || info.fields.iter().any(|field| field.may_be_blank && field.wire == name));
        let at = match info.auth {
            Auth::Md5 => Some("timestamp"),
            Auth::Playsafe | Auth::PlaysafeChild => Some("ts"),
            Auth::WriteToken => None,
            _ => Some("ptime"),
        };
        expected.extend(at.map(|name| (name.to_owned(), AT.as_millis().to_string())));
        match info.auth {
            Auth::Md5 | Auth::PlaysafeChild => drop(expected.insert("appId".to_owned(), common::APP.to_owned())),
            Auth::WriteToken => drop(expected.insert("writetoken".to_owned(), WRITE_TOKEN.to_owned())),
            _ => {}
        }
        expected.extend(info.account.map(|name| (name.to_owned(), common::USER.to_owned())));
        fields(request).into_iter().filter(|(name, _)| name != "sign").collect()
    } else {
        assert!(common::bytes(request).is_empty());
        parsed(request.uri().query().unwrap_or("").as_bytes())
    };
    assert_eq!(sent.len(), expected.len(), "nothing is sent twice: {sent:?}");
    for (name, text) in sent {
        let wanted = expected.get(&name).unwrap_or_else(|| panic!("{name} was not asked for"));
        // JSON inside a field may have its members in another order.
        if text != *wanted {
            let json = |text: &str| serde_json::from_str::<Value>(text).unwrap_or_else(|_| panic!("{text}"));
            assert_eq!(json(&text), json(wanted), "{name}");
        }
    }
}

fn any_operation() -> BoxedStrategy<(&'static catalog::Entry, Value)> {
    let entries: Vec<_> = catalog::all().collect();
    prop::sample::select(entries).prop_flat_map(|entry| (Just(entry), input(entry))).boxed()
}

fn cases(cases: u32) -> ProptestConfig {
    // Failures are printed with their input; no files are written beside the tests.
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(cases(1200))]

    #[test]
    fn what_is_asked_for_is_on_the_wire_and_signed((entry, input) in any_operation()) {
        let info = entry.info();
        let request = entry.input(&input).unwrap().request(&accounts(), AT).unwrap();
        assert_carries(info, &request, &input);
        assert_path(info, &request, "", common::USER, &input);
        assert_signed(info, &request, &KEYS);
        prop_assert_eq!(request.uri().scheme_str(), Some("https"));
        prop_assert_eq!(request.uri().host(), Some(info.host()));
        prop_assert_eq!(request.method().as_str(), info.method.name());
    }

    #[test]
    fn an_endpoint_and_an_odd_account_change_the_base_alone((entry, input) in any_operation(), user in any_text(), port in 1u16.., prefix in "(/[a-z0-9._~-]{1,8}[a-z]){0,3}/?") {
        prop_assume!(!user.trim().is_empty() && !matches!(user.as_str(), "." | ".."));
        let endpoint = Endpoint::parse(&format!("http://127.0.0.1:{port}{prefix}")).unwrap();
        let prefix = prefix.trim_end_matches('/');
        prop_assert_eq!(endpoint.prefix(), prefix);
        let accounts = vod_core::Accounts::new()
            .with_polyv(polyv::Account::new(user.as_str(), KEY).with_sub_account(common::APP, SUB_KEY).with_write_token(WRITE_TOKEN).with_endpoint(endpoint.clone()))
            .with_qingcloud(qingcloud::Account::new("QKEYID", QING_KEY).with_endpoint(endpoint));
        let request = entry.input(&input).unwrap().request(&accounts, AT).unwrap();
        assert_path(entry.info(), &request, prefix, &user, &input);
        assert_signed(entry.info(), &request, &Keys { user: &user, ..KEYS });
        let authority = request.uri().authority().unwrap().to_string();
        prop_assert_eq!(authority, format!("127.0.0.1:{port}"));
    }
}
