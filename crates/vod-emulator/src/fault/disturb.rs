//! The effect of a fault on an answer. Delays and cut connections are only named in [`Delivery`]; the server
//! carries them out.

use super::{Charset, Fault};
use crate::model::random::Random;
use crate::model::wire::{self, Shape};
use bytes::Bytes;
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::{Response, StatusCode};
use serde_json::{Value, json};

/// How the answer reaches the client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Delivery {
    /// As it is.
    Whole,
    /// After this many milliseconds.
    Late(u64),
    /// Not at all: the connection is closed.
    Never,
    /// Only this many bytes of the body, under a `content-length` for all of them.
    Cut(usize),
    /// With a text of this many bytes as its data, streamed instead of the body.
    Filler(u64),
}

impl Delivery {
    pub(crate) fn of(fault: Option<&Fault>) -> Self {
        match fault {
            Some(Fault::Latency { millis }) => Self::Late(*millis),
            Some(Fault::ResetBefore {} | Fault::ResetDuring { .. } | Fault::ResetAfter {}) => Self::Never,
            Some(Fault::Truncate { bytes }) => Self::Cut(*bytes),
            Some(Fault::Huge { bytes }) => Self::Filler(*bytes),
            _ => Self::Whole,
        }
    }
}

/// The answer sent instead of doing the work, for faults that have one.
pub(crate) fn instead(fault: &Fault, shape: Shape) -> Option<Response<Bytes>> {
    let status = |code: u16| StatusCode::from_u16(code).unwrap_or(StatusCode::BAD_GATEWAY);
    match fault {
        Fault::Refuse { code, message } => Some(shape.refusal(*code, message)),
        Fault::Html { status: code } => Some(wire::text(
            status(*code),
            "text/html; charset=utf-8",
            "<!DOCTYPE html>\n<html><head><title>Gateway</title></head><body><h1>Please try again later</h1></body></html>\n",
        )),
        Fault::Status { code, retry_after } => {
            let mut response =
                wire::text(status(*code), "text/plain; charset=utf-8", "The service cannot answer now.\n");
            if let Some(seconds) = retry_after {
                response.headers_mut().insert(RETRY_AFTER, (*seconds).into());
            }
            Some(response)
        }
        Fault::ResetBefore {} | Fault::ResetDuring { .. } => Some(Response::default()),
        // The storage that knows the keys has its own words for this.
        Fault::ExpiredToken {} => Some(shape.refusal(403, "the token has expired")),
        _ => None,
    }
}

/// Changes the body of an answer whose work was done.
pub(crate) fn rewrite(fault: &Fault, shape: Shape, response: &mut Response<Bytes>, random: &mut Random) {
    let body = response.body().clone();
    *response.body_mut() = match fault {
        Fault::TruncateJson { bytes } => body.slice(..body.len().min(*bytes)),
        Fault::Empty {} => Bytes::new(),
        Fault::Garble {} => body
            .iter()
            .map(|byte| if random.below(8) == 0 { random.below(256) as u8 } else { *byte })
            .collect(),
        Fault::WrongTypes {} => reshape(&body, shape, wrong_type),
        Fault::Nulls {} => reshape(&body, shape, |_| Value::Null),
        Fault::Charset { encoding } => {
            let (label, bytes) = recode(*encoding, &body);
            let content_type = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
            let media_type = content_type.and_then(|value| value.split(';').next()).unwrap_or("text/plain");
            let content_type = format!("{media_type}; charset={label}");
            if let Ok(value) = content_type.parse() {
                response.headers_mut().insert(CONTENT_TYPE, value);
            }
            bytes
        }
        _ => body,
    };
}

/// The text around the filler of [`Delivery::Filler`]: with it, one JSON value in the provider's shape.
pub(crate) fn filler_frame(shape: Shape) -> (&'static str, &'static str) {
    match shape {
        Shape::Polyv => (r#"{"code":200,"status":"success","message":"","data":""#, r#""}"#),
        Shape::PolyvV1 => (r#"{"error":"0","data":""#, r#""}"#),
        Shape::PolyvV3 => {
            (r#"{"requestId":"0","code":200,"status":"success","error":null,"data":""#, r#""}"#)
        }
        Shape::QingCloud => (r#"{"ret_code":0,"MediaId":""#, r#""}"#),
        Shape::Storage => ("<Message>", "</Message>"),
    }
}

/// Replaces each leaf of the answer's data but not of the envelope; a body that is not JSON stays.
fn reshape(body: &Bytes, shape: Shape, leaf: fn(&Value) -> Value) -> Bytes {
    let Ok(mut value) = serde_json::from_slice::<Value>(body) else {
        return body.clone();
    };
    match (shape, &mut value) {
        (Shape::Polyv | Shape::PolyvV1 | Shape::PolyvV3, Value::Object(members)) => {
            if let Some(data) = members.get_mut("data") {
                replace_leaves(data, leaf);
            }
        }
        (_, Value::Object(members)) => {
            for (name, member) in members {
                if name != "ret_code" {
                    replace_leaves(member, leaf);
                }
            }
        }
        _ => {}
    }
    value.to_string().into()
}

fn replace_leaves(value: &mut Value, leaf: fn(&Value) -> Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| replace_leaves(item, leaf)),
        Value::Object(members) => members.values_mut().for_each(|member| replace_leaves(member, leaf)),
        scalar => *scalar = leaf(scalar),
    }
}

/// A value that no lenient reader accepts as the documented type.
fn wrong_type(leaf: &Value) -> Value {
    match leaf {
        Value::Number(number) => json!([number.to_string()]),
        Value::Bool(_) => json!("maybe"),
        Value::Null => json!(7),
        _ => json!({ "unexpected": true }),
    }
}

fn recode(encoding: Charset, body: &Bytes) -> (&'static str, Bytes) {
    let Ok(text) = std::str::from_utf8(body) else {
        return ("utf-8", body.clone());
    };
    match encoding {
        Charset::Gbk => ("gbk", encoding_rs::GBK.encode(text).0.into_owned().into()),
        Charset::Invalid if text.is_ascii() => {
            let mut bytes = body.to_vec();
            if let Some(last) = bytes.last_mut() {
                *last = 0xff;
            }
            ("utf-8", bytes.into())
        }
        Charset::Invalid => {
            let bytes = text.chars().map(|c| u8::try_from(c).ok().filter(u8::is_ascii).unwrap_or(0xff));
            ("utf-8", bytes.collect())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spoiled(fault: &Fault, body: &'static str) -> Response<Bytes> {
        let mut response = wire::text(StatusCode::OK, "application/json; charset=utf-8", body);
        rewrite(fault, Shape::Polyv, &mut response, &mut Random::new(1));
        response
    }

    const BODY: &str = r#"{"code":200,"data":{"a":[1,"x",true,null]},"message":"成功","status":"success"}"#;

    #[test]
    fn bodies_by_table() {
        let cases: [(Fault, &[u8]); 6] = [
            (Fault::Empty {}, b""),
            (Fault::TruncateJson { bytes: 7 }, br#"{"code""#),
            (Fault::TruncateJson { bytes: 10_000 }, BODY.as_bytes()),
            (Fault::Nulls {}, r#"{"code":200,"data":{"a":[null,null,null,null]},"message":"成功","status":"success"}"#.as_bytes()),
            (Fault::WrongTypes {}, r#"{"code":200,"data":{"a":[["1"],{"unexpected":true},"maybe",7]},"message":"成功","status":"success"}"#.as_bytes()),
            (Fault::Latency { millis: 1 }, BODY.as_bytes()),
        ];
        for (fault, expected) in cases {
            assert_eq!(spoiled(&fault, BODY).body().as_ref(), expected, "{fault:?}");
        }
    }

    #[test]
    fn answers_without_work_are_marked() {
        let faults = [
            Fault::Latency { millis: 1 },
            Fault::Refuse { code: 400, message: String::new() },
            Fault::ResetBefore {},
            Fault::ResetAfter {},
            Fault::Truncate { bytes: 1 },
            Fault::TruncateJson { bytes: 1 },
            Fault::Garble {},
            Fault::Html { status: 200 },
            Fault::Empty {},
            Fault::WrongTypes {},
            Fault::Nulls {},
            Fault::Huge { bytes: 1 },
            Fault::Charset { encoding: Charset::Gbk },
            Fault::Skew { millis: 1 },
            Fault::Status { code: 503, retry_after: None },
            Fault::ResetDuring { bytes: 1 },
            Fault::Corrupt {},
            Fault::WrongCrc {},
            Fault::ExpiredToken {},
            Fault::CallbackFailed {},
            Fault::ShownLate { seconds: 1, up_to: None },
            Fault::Twice {},
            Fault::OutOfOrder {},
            Fault::Lost {},
            Fault::WrongSignature {},
        ];
        for fault in faults {
            for shape in [Shape::Polyv, Shape::PolyvV1, Shape::PolyvV3, Shape::QingCloud, Shape::Storage] {
                assert_eq!(instead(&fault, shape).is_none(), fault.work_is_done(), "{fault:?}");
            }
            let json = serde_json::to_value(&fault).unwrap();
            assert_eq!(json["kind"], fault.kind());
        }
        assert!(!Fault::Block {}.work_is_done(), "the provider's own block is used instead");
    }

    #[test]
    fn garbled_bytes_differ_and_repeat() {
        let one = spoiled(&Fault::Garble {}, BODY).into_body();
        assert_eq!(one.len(), BODY.len());
        assert_ne!(one.as_ref(), BODY.as_bytes());
        assert_eq!(one, spoiled(&Fault::Garble {}, BODY).into_body());
    }

    #[test]
    fn charsets_are_named_and_not_utf8() {
        let gbk = spoiled(&Fault::Charset { encoding: Charset::Gbk }, BODY);
        assert_eq!(gbk.headers()[CONTENT_TYPE], "application/json; charset=gbk");
        assert!(gbk.body().windows(4).any(|window| window == [0xb3, 0xc9, 0xb9, 0xa6]), "成功 in GBK");
        for body in [BODY, r#"{"code":200}"#] {
            let invalid = spoiled(&Fault::Charset { encoding: Charset::Invalid }, body);
            assert!(std::str::from_utf8(invalid.body()).is_err());
            assert_eq!(invalid.headers()[CONTENT_TYPE], "application/json; charset=utf-8");
        }
    }
}
