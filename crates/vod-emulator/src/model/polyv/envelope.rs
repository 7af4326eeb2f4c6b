//! The envelopes of answers: one for each of three generations of the provider's API.

use crate::model::random::Random;
use crate::model::wire;
use bytes::Bytes;
use http::{Response, StatusCode};
use serde_json::{Value, json};
use std::borrow::Cow;

/// The frame around an answer's data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Envelope {
    /// `{error, data}`, where error is a number as a text, and 0 is success.
    V1,
    /// `{code, status, message, data}`.
    V2,
    /// `{requestId, code, status, error, data}`, where error is null or `{code, desc}`.
    V3,
}

/// What an operation answers.
pub(crate) type Outcome = Result<Reply, Refusal>;

pub(crate) enum Reply {
    /// A success envelope. Its message differs between pages: some have none, some "success". Only v2 has
    /// one.
    Json { message: Cow<'static, str>, data: Value },
    /// A whole body, for calls whose envelope has its own members.
    Body(Value),
    /// A file.
    File { content_type: &'static str, body: Bytes },
}

impl Reply {
    /// A success with the message "success".
    pub(crate) fn success(data: impl Into<Value>) -> Self {
        Self::Json { message: "success".into(), data: data.into() }
    }

    /// A success with an empty message.
    pub(crate) fn silent(data: impl Into<Value>) -> Self {
        Self::Json { message: "".into(), data: data.into() }
    }
}

/// An error envelope. `Refusal::new` makes the usual one, and methods change the differences.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(super) code: i64,
    /// The real reason as numbered in v3 (`error.code`) and v1 (`error`).
    pub(super) error: Option<i64>,
    pub(super) status: Option<&'static str>,
    pub(super) message: Cow<'static, str>,
    pub(super) data: Value,
}

impl Refusal {
    /// Code 400 with this message and an empty text as data.
    pub(crate) fn new(message: impl Into<Cow<'static, str>>) -> Self {
        Self { code: 400, error: None, status: None, message: message.into(), data: "".into() }
    }

    pub(crate) fn code(self, code: i64) -> Self {
        Self { code, ..self }
    }

    /// Sets the number of the reason in v3 and v1; by default the code in v3, and 21 (bad parameter) in v1.
    pub(crate) fn error(self, error: i64) -> Self {
        Self { error: Some(error), ..self }
    }

    /// Sets a status other than the code's.
    pub(crate) fn status(self, status: &'static str) -> Self {
        Self { status: Some(status), ..self }
    }

    pub(crate) fn data(self, data: impl Into<Value>) -> Self {
        Self { data: data.into(), ..self }
    }
}

impl Envelope {
    /// The answer to a call, and its code for the log: the inner one if there are two.
    pub(super) fn wrap(self, outcome: Outcome, random: &mut Random) -> (i64, Response<Bytes>) {
        match outcome {
            Ok(Reply::File { content_type, body }) => (200, wire::text(StatusCode::OK, content_type, body)),
            Ok(Reply::Body(body)) => {
                (body["code"].as_i64().unwrap_or(200), wire::json(StatusCode::OK, &body))
            }
            Ok(Reply::Json { message, data }) => match self {
                Self::V1 => {
                    // Calls without output have no data member.
                    let body = if data.is_null() {
                        json!({ "error": "0" })
                    } else {
                        json!({ "error": "0", "data": data })
                    };
                    (0, wire::json(StatusCode::OK, &body))
                }
                Self::V2 => (200, v2(200, None, &message, &data)),
                Self::V3 => (200, v3(200, &Value::Null, &data, random)),
            },
            Err(Refusal { code, error, status, message, data }) => match self {
                Self::V1 => {
                    let error = error.unwrap_or(21);
                    (error, v1_refusal(error))
                }
                Self::V2 => (code, v2(code, status, &message, &data)),
                Self::V3 => {
                    let error = error.unwrap_or(code);
                    (error, v3(code, &json!({ "code": error, "desc": message }), &Value::Null, random))
                }
            },
        }
    }

    /// A refusal from outside the operations: by the fault plan, or for an unknown operation.
    pub(crate) fn refusal(self, code: i64, message: &str) -> Response<Bytes> {
        match self {
            Self::V1 => v1_refusal(code),
            Self::V2 => v2(code, None, message, &"".into()),
            Self::V3 => {
                let outer = match code {
                    103..=105 => 403,
                    400..=599 => code,
                    _ => 400,
                };
                v3(
                    outer,
                    &json!({ "code": code, "desc": message }),
                    &Value::Null,
                    &mut Random::new(code.unsigned_abs()),
                )
            }
        }
    }
}

fn v1_refusal(error: i64) -> Response<Bytes> {
    wire::json(StatusCode::OK, &json!({ "error": error.to_string(), "data": "" }))
}

/// With HTTP 200, as an error code is not an HTTP status.
fn v2(code: i64, status: Option<&str>, message: &str, data: &Value) -> Response<Bytes> {
    wire::json(
        StatusCode::OK,
        &json!({ "code": code, "status": status.unwrap_or(status_of(code)), "message": message, "data": data }),
    )
}

fn v3(code: i64, error: &Value, data: &Value, random: &mut Random) -> Response<Bytes> {
    let id = random.hex(32);
    let id = [&id[..8], &id[8..12], &id[12..16], &id[16..20], &id[20..]].join("-");
    wire::json(
        StatusCode::OK,
        &json!({ "requestId": id, "code": code, "status": status_of(code), "error": error, "data": data }),
    )
}

fn status_of(code: i64) -> &'static str {
    match code {
        200 => "success",
        500.. => "fail",
        _ => "error",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(response: &Response<Bytes>) -> Value {
        serde_json::from_slice(response.body()).unwrap()
    }

    #[test]
    fn envelopes_by_table() {
        let refused = || Err(Refusal::new("no").code(403).error(104).data("why"));
        let cases: Vec<(Envelope, Outcome, i64, Value)> = vec![
            (Envelope::V1, Ok(Reply::silent(json!([1]))), 0, json!({ "error": "0", "data": [1] })),
            (Envelope::V1, Ok(Reply::silent(())), 0, json!({ "error": "0" })),
            (Envelope::V1, refused(), 104, json!({ "error": "104", "data": "" })),
            (Envelope::V1, Err(Refusal::new("x")), 21, json!({ "error": "21", "data": "" })),
            (
                Envelope::V2,
                Ok(Reply::success(7)),
                200,
                json!({ "code": 200, "status": "success", "message": "success", "data": 7 }),
            ),
            (
                Envelope::V2,
                refused(),
                403,
                json!({ "code": 403, "status": "error", "message": "no", "data": "why" }),
            ),
            (
                Envelope::V2,
                Err(Refusal::new("x").code(500).status("success")),
                500,
                json!({ "code": 500, "status": "success", "message": "x", "data": "" }),
            ),
            (Envelope::V2, Ok(Reply::Body(json!({ "code": 3 }))), 3, json!({ "code": 3 })),
        ];
        for (envelope, outcome, code, expected) in cases {
            let (logged, response) = envelope.wrap(outcome, &mut Random::new(1));
            assert_eq!((logged, body(&response)), (code, expected));
        }
        let (code, response) = Envelope::V3.wrap(refused(), &mut Random::new(1));
        let refusal = body(&response);
        assert_eq!(
            (code, &refusal["code"], &refusal["error"]),
            (104, &json!(403), &json!({ "code": 104, "desc": "no" }))
        );
        assert!(refusal["data"].is_null() && refusal["requestId"].as_str().unwrap().len() == 36, "{refusal}");
        let (_, response) = Envelope::V3.wrap(Ok(Reply::success(7)), &mut Random::new(1));
        assert_eq!((&body(&response)["error"], &body(&response)["data"]), (&Value::Null, &json!(7)));
    }

    #[test]
    fn refusals_of_the_fault_plan() {
        for (code, outer) in [(104, 403), (100, 400), (2000, 400), (500, 500)] {
            let refusal = body(&Envelope::V3.refusal(code, "m"));
            assert_eq!((&refusal["code"], &refusal["error"]["code"]), (&json!(outer), &json!(code)));
        }
        assert_eq!(body(&Envelope::V1.refusal(16, "m")), json!({ "error": "16", "data": "" }));
    }
}
