//! Known answers: in `vectors/operations/<id>.json` each of the `answers` is a whole one as it comes over the
//! wire, and what it says: the output's JSON, normal and under the wire's names, and the typed output as
//! `Debug` shows it, or the error. Every operation has one that succeeds.

mod common;

use common::{Response, entry, read_typed, text_of, typed_answer, vectors};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use vod_core::catalog;
use vod_core::response::Payload;

fn response(answer: &Value) -> Response {
    let status = answer["status"].as_u64().map_or(200, |status| u16::try_from(status).unwrap());
    let content_type = answer["content_type"].as_str().unwrap_or("application/json;charset=utf-8");
    let body = match &answer["body"] {
        Value::String(text) => text.clone(),
        json => json.to_string(),
    };
    typed_answer(status, content_type, body)
}

/// What an answer is read as, in the shape of a fixture's expectation.
fn told(id: &str, response: &Response) -> Value {
    match (entry(id).response(response), read_typed(id, response)) {
        (Ok(Payload::Json(output)), Ok(typed)) => json!({ "output": output, "typed": typed }),
        (Ok(Payload::File { content_type, bytes }), Ok(typed)) => {
            json!({ "output": { "content_type": content_type, "text": String::from_utf8_lossy(&bytes) }, "typed": typed })
        }
        (Err(error), Err(typed)) => {
            assert_eq!(error.to_json(), typed.to_json(), "{id}: both ways of reading agree");
            let (reason, json) = (
                if let vod_core::Error::Refused(refused) = &error {
                    Some(format!("{:?}", refused.reason))
                } else {
                    None
                },
                error.to_json(),
            );
            json!({ "error": { "kind": json["kind"], "code": json["code"], "message": json["message"], "reason": reason } })
        }
        (dynamic, typed) => panic!("{id}: the catalogue says {dynamic:?}, the type {typed:?}"),
    }
}

#[test]
fn known_answers() {
    let mut read = BTreeSet::new();
    let mut wrong = Vec::new();
    for (name, vector) in vectors::answers() {
        let id = name.split('/').next().unwrap().to_owned();
        assert!(text_of(&vector, "source").len() > 10, "{name}: where does the answer come from?");
        let told = told(&id, &response(&vector["answer"]));
        if told != vector["says"] {
            wrong.push(json!({ "name": name, "says": told }));
        } else if vector["says"].get("output").is_some() {
            read.insert(id);
        }
    }
    assert!(
        wrong.is_empty(),
        "these answers say something else:\n{}",
        wrong.iter().map(|it| format!("{it}\n")).collect::<String>()
    );
    for entry in catalog::all() {
        assert!(read.contains(entry.info().id), "{} has no known answer", entry.info().id);
    }
}
