//! One fault is reported once: no path has two violations.

use crate::common::{draw, least};
use proptest::prelude::*;
use serde_json::{Value, json};
use vod_core::field::Kind;
use vod_core::{Error, catalog};

/// Values of every kind, each of which is wrong for many a field, and for some in two ways at once.
fn wrong_values() -> Vec<Value> {
    let long = "长".repeat(2000);
    let texts =
        ["", " ", ".", "..", ",", "a,b", "ftp://a", "http://", "http://a b", "24:00:00", "0", "-1", "\u{7f}"];
    let mut values: Vec<Value> = texts.iter().map(|text| json!(text)).collect();
    values.extend([json!(long), json!(format!("ftp://a/,{long}")), json!(format!("http://a/ {long}"))]);
    values.extend([json!(null), json!(true), json!(false), json!(-5), json!(1.5), json!(i64::MAX)]);
    values.extend([
        json!([]),
        json!({}),
        json!([[]]),
        json!([""]),
        json!([" ", ",", -5]),
        json!(vec!["a,b"; 2000]),
    ]);
    values.extend([json!([{}]), json!(vec![json!({}); 200])]);
    values
}

/// The paths of what is wrong with an input, and all of it in words.
fn paths(id: &str, input: &Value) -> (Vec<String>, String) {
    match catalog::get(id).unwrap().input(input) {
        Ok(_) => (Vec::new(), String::new()),
        Err(Error::Invalid(invalid)) => {
            let paths = invalid.violations.iter().map(|violation| violation.path.clone()).collect();
            (paths, format!("{:?}", invalid.violations))
        }
        Err(error) => panic!("{error}"),
    }
}

fn assert_once(id: &str, input: &Value) -> usize {
    let (mut paths, words) = paths(id, input);
    let all = paths.len();
    paths.sort_unstable();
    paths.dedup();
    assert_eq!(paths.len(), all, "{id} {input}: {words}");
    all
}

#[test]
fn any_wrong_value_of_any_field() {
    let values = wrong_values();
    let mut found = 0;
    for entry in catalog::all() {
        let info = entry.info();
        for field in info.fields {
            for value in &values {
                let mut input = least(info.id);
                input[field.wire] = value.clone();
                found += assert_once(info.id, &input);
                // The same inside an object.
                for inner in field.kind.record().map_or(&[][..], |record| record.fields()) {
                    let mut object = json!({});
                    for other in field.kind.record().unwrap().fields() {
                        object[other.wire] = if other.required { json!("1") } else { json!(null) };
                    }
                    object[inner.wire] = value.clone();
                    let of_list = matches!(field.kind, Kind::List(_));
                    input[field.wire] = if of_list { json!([object]) } else { object };
                    found += assert_once(info.id, &input);
                }
            }
        }
    }
    assert!(found > 10_000, "{found}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn any_wrong_values_of_several_fields(
        (entry, mut input) in draw::any_operation(),
        wrong in proptest::collection::vec((any::<proptest::sample::Index>(), proptest::sample::select(wrong_values())), 1..5),
    ) {
        let fields = entry.info().fields;
        prop_assume!(!fields.is_empty());
        for (at, value) in wrong {
            input[fields[at.index(fields.len())].wire] = value;
        }
        assert_once(entry.info().id, &input);
    }
}
