//! Any valid input of any operation: JSON → request → what a server reads off the wire → the same values,
//! signed over what is sent.

mod common;

use common::draw::{any_operation, any_text, as_text, expected_fields};
use common::{
    AT, KEY, KEYS, Keys, QING_KEY, Request, SUB_KEY, WRITE_TOKEN, accounts, assert_signed, fields, form,
    parsed, unescaped,
};
use proptest::prelude::*;
use serde_json::Value;
use vod_core::field::{Field, Kind, Place};
use vod_core::operation::{Auth, Encoding};
use vod_core::{Endpoint, OperationInfo, polyv, qingcloud};

/// The path of the request against its template: as many segments, the fixed ones untouched, the others
/// decoding to the values.
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
    let body = |request: &Request| {
        if common::bytes(request).is_empty() {
            Value::Null
        } else {
            serde_json::from_slice(common::bytes(request)).unwrap()
        }
    };
    for field in info.fields.iter().filter(|field| field.place == Place::Header) {
        assert_eq!(
            request.headers().get(field.wire).map(|value| value.to_str().unwrap()),
            input.get(field.wire).and_then(Value::as_str)
        );
    }
    if info.encoding == Encoding::Json {
        let mut expected = input.clone();
        expected
            .as_object_mut()
            .unwrap()
            .retain(|name, _| info.fields.iter().any(|field| field.wire == name && field.place.in_body()));
        assert_eq!(body(request), expected);
        assert_eq!(request.uri().query(), None);
        return;
    }
    if info.encoding == Encoding::Multipart {
        let files = form(request).into_iter().filter_map(|(name, part)| {
            if let common::Part::File { name: file, .. } = part { Some((name, file)) } else { None }
        });
        let named = |field: &Field| {
            Some((field.wire.to_owned(), input.get(field.wire)?.as_str()?.rsplit('/').next()?.to_owned()))
        };
        let wanted = info.fields.iter().filter(|field| matches!(field.kind, Kind::File)).filter_map(named);
        assert!(files.eq(wanted), "every file, under its own name");
    }
    let mut expected = expected_fields(info, input);
    let sent = if info.id.starts_with("polyv.") {
        // Texts of white space count as absent there, but where an empty one says something.
        expected.retain(|name, text| {
            !text.trim().is_empty()
                || info.fields.iter().any(|field| field.may_be_blank && field.wire == name)
        });
        let at = match info.auth {
            Auth::Md5 => Some("timestamp"),
            Auth::Playsafe | Auth::PlaysafeChild => Some("ts"),
            Auth::WriteToken => None,
            _ => Some("ptime"),
        };
        expected.extend(at.map(|name| (name.to_owned(), AT.as_millis().to_string())));
        match info.auth {
            Auth::Md5 | Auth::PlaysafeChild => {
                drop(expected.insert("appId".to_owned(), common::APP.to_owned()));
            }
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
            .with_polyv(polyv::Credentials::new(user.as_str(), KEY).with_sub_account(common::APP, SUB_KEY).with_write_token(WRITE_TOKEN).with_endpoint(endpoint.clone()))
            .with_qingcloud(qingcloud::Credentials::new("QKEYID", QING_KEY).with_endpoint(endpoint));
        let request = entry.input(&input).unwrap().request(&accounts, AT).unwrap();
        assert_path(entry.info(), &request, prefix, &user, &input);
        assert_signed(entry.info(), &request, &Keys { user: &user, ..KEYS });
        let authority = request.uri().authority().unwrap().to_string();
        prop_assert_eq!(authority, format!("127.0.0.1:{port}"));
    }
}
