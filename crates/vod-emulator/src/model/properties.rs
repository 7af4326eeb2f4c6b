//! Properties that hold for any request.

use super::polyv::Auth;
use super::route::{self, Handler};
use super::testing::Bench;
use bytes::Bytes;
use http::Request;
use proptest::prelude::*;
use serde_json::{Value, json};

/// Any field value: numbers near the limits, near misses, and noise.
fn value() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<i64>().prop_map(|number| number.to_string()),
        "[a-z]{0,8}",
        "\\PC{0,40}",
        Just("[{\"fileUrl\":\"http://h/a\",\"title\":\"t\"}]".to_owned()),
        Just("2024-02-29T00:00:00Z".to_owned()),
    ]
}

fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        value().prop_map(Value::from),
    ];
    leaf.prop_recursive(2, 8, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("Type|Id|[a-z]{1,4}", inner, 0..4).prop_map(|members| json!(members)),
        ]
    })
}

/// A path of the operation for the demo account and an existing media; other variable segments are `x`.
fn path_of(bench: &Bench, path: &str, media: &str) -> String {
    let path = path.replace("{userid}", &bench.credentials.polyv_user_id).replace("{MediaId}", media);
    let (head, tail) = path.split_once('{').unwrap_or((&path, ""));
    let (_, tail) = tail.split_once('}').unwrap_or_default();
    if head.len() == path.len() { path } else { format!("{head}x{tail}") }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// Any request gets an answer in the provider's shape with a date, and causes no panic.
    #[test]
    fn noise_is_answered(
        method in "GET|POST|PUT|DELETE|PATCH",
        path in prop_oneof!["/[ -~&&[^ ?#\"<>`{}\\\\^|]]{0,40}", "/(v2|api/v1/media)(/[a-z0-9]{0,9}){0,4}"],
        query in "[a-zA-Z0-9%&=+_.-]{0,60}",
        body in prop::collection::vec(any::<u8>(), 0..200),
    ) {
        let uri = format!("{path}?{query}");
        let Ok(request) = Request::builder()
            .method(method.as_str())
            .uri(&uri)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(Bytes::from(body))
        else {
            return Ok(());
        };
        let seen = Bench::new().send(&request);
        prop_assert!(seen.code != -1, "{uri}: {seen:?}");
        prop_assert!(seen.answer.response.headers().contains_key("date"));
    }

    /// Signed calls with known fields of any value get an answer, never an internal error or a strict
    /// refusal.
    #[test]
    fn known_fields_of_any_value_are_answered(
        values in prop::collection::vec(value(), 24),
        members in prop::collection::vec(json_value(), 24),
        skew in any::<i64>(),
    ) {
        let mut bench = Bench::new();
        let media = bench.created("t", "MP4");
        for route in route::all() {
            let path = path_of(&bench, route.path, &media);
            let names: Vec<String> = route.fields.iter().map(|name| name.replace(".N", ".1")).collect();
            let seen = match route.handler {
                Handler::Polyv { auth, .. } => {
                    let user = bench.credentials.polyv_user_id.clone();
                    let in_field = matches!(auth, Auth::Sent | Auth::Fixed(_)) && route.capture_index("userid").is_none();
                    let mut pairs: Vec<(&str, &str)> = if in_field { vec![("userid", &user)] } else { Vec::new() };
                    let sent = names.iter().map(String::as_str).filter(|name| !auth.common().contains(name));
                    pairs.extend(sent.zip(values.iter().map(String::as_str)));
                    bench.polyv(route.methods[0], &path, &pairs)
                }
                Handler::QingCloud(_) if matches!(route.methods[0], "POST" | "PUT") => {
                    let body: serde_json::Map<String, Value> =
                        names.iter().cloned().zip(members.iter().cloned()).collect();
                    bench.qingcloud(route.methods[0], &path, &body.into())
                }
                Handler::QingCloud(_) => {
                    let pairs = names.iter().zip(&values);
                    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
                    bench.qingcloud(route.methods[0], &format!("{path}?{query}"), &Value::Null)
                }
            };
            prop_assert!(seen.status < 500 && !seen.message.starts_with("strict"), "{}: {seen:?}", route.id);
            prop_assert!(![-1, 1200, 1300].contains(&seen.code), "{}: {seen:?}", route.id);
            prop_assert!(seen.message != "the sign is not right.", "{}: {seen:?}", route.id);
        }
        bench.model.set_skew(skew);
        for route in route::all() {
            let path = path_of(&bench, route.path, &media);
            let request = bench.signed_qingcloud(route.methods[0], &path, &Value::Null, &[]);
            prop_assert!(bench.send(&request).code != -1);
        }
    }

    /// Any change of one character of a Polyv or QingCloud signature is detected.
    #[test]
    fn signatures_cannot_be_changed(position in 0_usize..40, replacement in "[0-9A-F]") {
        let mut bench = Bench::new();
        let request = bench.signed_polyv("GET", "/v2/user/{}/main", &[]);
        let uri = request.uri().to_string();
        let start = uri.find("sign=").unwrap() + 5 + position;
        let mut changed = uri.clone();
        changed.replace_range(start..=start, &replacement);
        let mut request = request;
        *request.uri_mut() = changed.parse().unwrap();
        prop_assert_eq!(bench.send(&request).code == 200, changed == uri);
    }
}
