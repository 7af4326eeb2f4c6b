//! Polyv's envelopes, and what its refusals mean.

use crate::error::{Error, Reason};
use crate::schema::info::KnownError;
use crate::wire::answer::Json;
use crate::wire::json::View;
use crate::wire::response::{Payload, Raw, code_text, is_code};

/// The result of an envelope reader: the data and the request's id.
pub(crate) type Opened = Result<(Payload<Json>, Option<String>), Error>;

/// `{code, status, message, data}`. Only `code` decides: `status` is `success` in some refusals, and the HTTP
/// status is not documented.
pub(crate) fn v2(raw: &Raw<'_>) -> Opened {
    let envelope = opened(raw)?;
    if is_code(envelope.view(), "code", "200") {
        return Ok((Payload::Json(envelope.into_member("data")), raw.request_id()));
    }
    let code = code(raw, &envelope, "code")?;
    let mut message = text(envelope.view(), "message");
    // The preview calls answer code 400 with the message “success” and the reason in data.
    if (message.is_empty() || message == "success")
        && let Some(data) = envelope.view().member("data").and_then(View::text)
        && !data.is_empty()
    {
        message = data.chars().take(MESSAGE).collect();
    }
    let reason = reason(raw.info.errors, &code, &message);
    Err(raw.refused(code, message, reason, raw.request_id()))
}

/// `{requestId, code, status, error: {code, desc}, data}`; the inner code is the real reason.
pub(crate) fn v3(raw: &Raw<'_>) -> Opened {
    let envelope = opened(raw)?;
    let request_id = envelope.view().member("requestId").and_then(code_text);
    if is_code(envelope.view(), "code", "200") {
        return Ok((Payload::Json(envelope.into_member("data")), request_id));
    }
    let outer = code(raw, &envelope, "code")?;
    let error = envelope.view().member("error").filter(|error| error.members().is_some());
    let inner = error.and_then(|error| error.member("code")).and_then(code_text);
    // An inner code has one meaning, whatever its text.
    let known =
        inner.as_ref().and_then(|code| raw.info.errors.iter().find(|known| known.code.to_string() == *code));
    let message = error.map_or_else(|| text(envelope.view(), "message"), |error| text(error, "desc"));
    let code = inner.unwrap_or(outer);
    let reason = match V3.iter().find(|known| code == known.code.to_string()) {
        Some(known) => known.reason,
        None if code == "403" => Reason::Permission,
        None => known.map_or_else(|| reason(raw.info.errors, &code, &message), |known| known.reason),
    };
    Err(raw.refused(code, message, reason, request_id))
}

/// The inner codes of calls of sub-accounts.
pub(crate) const V3: &[KnownError] = &[
    KnownError { code: 100, message: "invalid timestamp", reason: Reason::Clock },
    KnownError { code: 101, message: "application not exist", reason: Reason::UnknownAccount },
    KnownError { code: 102, message: "user children not exist", reason: Reason::UnknownAccount },
    KnownError { code: 103, message: "user children expired", reason: Reason::Permission },
    KnownError { code: 104, message: "invalid signature", reason: Reason::Signature },
    KnownError { code: 105, message: "permission limited", reason: Reason::Permission },
    KnownError { code: 2000, message: "invalid vid", reason: Reason::NotFound },
    KnownError { code: 3000, message: "没有填写栏目名称", reason: Reason::Field },
    KnownError { code: 3001, message: "category not exist", reason: Reason::NotFound },
];

/// `{error, data}` of the old service; `error` is a number or its text.
pub(crate) fn v1(raw: &Raw<'_>) -> Opened {
    let envelope = opened(raw)?;
    if is_code(envelope.view(), "error", "0") {
        return Ok((Payload::Json(envelope.into_member("data")), None));
    }
    let code = code(raw, &envelope, "error")?;
    let known = V1.iter().find(|known| code == known.code.to_string());
    let (reason, message) = known.map_or((Reason::Other, ""), |known| (known.reason, known.message));
    Err(raw.refused(code, message.to_owned(), reason, None))
}

/// The numbers of the old service, which sends no messages; the messages are the reference's, in English.
pub(crate) const V1: &[KnownError] = &[
    KnownError { code: 1, message: "no user for this write token", reason: Reason::UnknownAccount },
    KnownError { code: 2, message: "the file or the write token is empty", reason: Reason::Field },
    KnownError { code: 3, message: "JSONRPC is missing", reason: Reason::Field },
    KnownError { code: 4, message: "bad file format, or larger than 2 GB", reason: Reason::Limit },
    KnownError { code: 5, message: "the read token is empty", reason: Reason::Field },
    KnownError { code: 6, message: "bad paging", reason: Reason::Field },
    KnownError { code: 7, message: "the video id is empty", reason: Reason::Field },
    KnownError { code: 8, message: "no such method", reason: Reason::NotFound },
    KnownError { code: 10, message: "the account id is empty", reason: Reason::Field },
    KnownError { code: 11, message: "the upload folder is empty", reason: Reason::Field },
    KnownError { code: 12, message: "the remote URL cannot be reached", reason: Reason::Field },
    KnownError { code: 13, message: "the remote file's format is not known", reason: Reason::Field },
    KnownError { code: 14, message: "the MD5 of the file does not match", reason: Reason::Field },
    KnownError { code: 15, message: "server error", reason: Reason::Internal },
    KnownError { code: 16, message: "storage used up", reason: Reason::Quota },
    KnownError { code: 17, message: "no right to this interface", reason: Reason::Permission },
    KnownError { code: 18, message: "the title exists", reason: Reason::Conflict },
    KnownError { code: 19, message: "the title is empty", reason: Reason::Field },
    KnownError { code: 20, message: "no such play list", reason: Reason::NotFound },
    KnownError { code: 21, message: "bad parameter", reason: Reason::Field },
    KnownError { code: 22, message: "bad signature", reason: Reason::Signature },
    KnownError { code: 23, message: "no such video", reason: Reason::NotFound },
    KnownError { code: 24, message: "the time stamp has expired", reason: Reason::Clock },
];

/// A file. A JSON answer instead of one is a refusal; an empty body is a failure too.
pub(crate) fn file(raw: &Raw<'_>) -> Opened {
    let body = raw.response.body();
    let content_type = raw.content_type();
    let is = |kind: &str| {
        content_type
            .as_deref()
            .is_some_and(|t| t.trim_start().get(..kind.len()).is_some_and(|t| t.eq_ignore_ascii_case(kind)))
    };
    // Without a content type the first character decides; the files are CSV.
    let begins_with = |first: u8| content_type.is_none() && body.trim_ascii_start().first() == Some(&first);
    if is("application/json") || begins_with(b'{') {
        return match v2(raw) {
            Ok(_) => Err(raw.undecodable("an envelope came instead of a file".to_owned())),
            Err(error) => Err(error),
        };
    }
    if body.is_empty() {
        return Err(raw.undecodable("the body is empty".to_owned()));
    }
    if is("text/html") || begins_with(b'<') || !raw.response.status().is_success() {
        return Err(
            blocked(raw).unwrap_or_else(|| raw.undecodable("a page came instead of a file".to_owned()))
        );
    }
    Ok((Payload::File { content_type, bytes: body.clone() }, raw.request_id()))
}

/// An envelope. Without one, the caller may be blocked.
fn opened(raw: &Raw<'_>) -> Result<Json, Error> {
    raw.object().map_err(|error| blocked(raw).unwrap_or(error))
}

/// The longest message that is kept.
const MESSAGE: usize = 500;

fn text(object: View<'_>, name: &str) -> String {
    object.member(name).and_then(View::text).unwrap_or_default().chars().take(MESSAGE).collect()
}

fn code(raw: &Raw<'_>, envelope: &Json, name: &str) -> Result<String, Error> {
    envelope
        .view()
        .member(name)
        .and_then(code_text)
        .ok_or_else(|| raw.undecodable(format!("the envelope has no `{name}`")))
}

/// Too many requests block the caller for five minutes. The answer is not documented; the sister product's
/// message is known.
fn blocked(raw: &Raw<'_>) -> Option<Error> {
    let status = raw.response.status().as_u16();
    let body = raw.response.body();
    let says_so =
        memchr::memmem::find(&body[..body.len().min(4096)], b"qps exceeds number of calls").is_some();
    (status == 429 || says_so).then(|| {
        raw.refused(
            status.to_string(),
            "qps exceeds number of calls".to_owned(),
            Reason::RateLimit,
            raw.request_id(),
        )
    })
}

/// The errors of every signed v2 call.
pub(crate) const COMMON: &[KnownError] = &[
    KnownError { code: 400, message: "sign can not be empty.", reason: Reason::Signature },
    KnownError { code: 400, message: "ptime is too old.", reason: Reason::Clock },
    KnownError { code: 400, message: "ptime is illegal.", reason: Reason::Clock },
    KnownError { code: 400, message: "Could not find user by userid.", reason: Reason::UnknownAccount },
    KnownError { code: 400, message: "the sign is not right.", reason: Reason::Signature },
    KnownError { code: 400, message: "invalid signature.", reason: Reason::Signature },
    KnownError { code: 400, message: "qps exceeds number of calls", reason: Reason::RateLimit },
    KnownError { code: 500, message: "undefined error", reason: Reason::Internal },
];

/// The message of an error that is documented by its code only.
pub(crate) const ANY_MESSAGE: &str = "%s";

fn reason(of_operation: &[KnownError], code: &str, message: &str) -> Reason {
    let message = plain(message);
    let by_message = of_operation
        .iter()
        .chain(COMMON)
        .find(|known| known.message != ANY_MESSAGE && says(&plain(known.message), &message));
    let known = by_message.or_else(|| {
        of_operation.iter().find(|known| known.message == ANY_MESSAGE && code == known.code.to_string())
    });
    match (known, code) {
        (Some(known), _) => known.reason,
        // The other codes differ from call to call: 401 and 403 are a missing or unknown video in some.
        (None, "500") => Reason::Internal,
        (None, _) => Reason::Other,
    }
}

/// Whether a message is the known one, in which `%s` stands for any text.
fn says(known: &str, message: &str) -> bool {
    match known.split_once("%s") {
        Some((before, after)) => message.strip_prefix(before).is_some_and(|rest| rest.ends_with(after)),
        None => known == message,
    }
}

/// A message without the differences between pages: case (`userid`, `userId`), full-width punctuation, the
/// final dot.
fn plain(message: &str) -> String {
    let narrow = |c: char| match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(c as u32 - 0xfee0).unwrap_or(c),
        '。' => '.',
        '、' => ',',
        c => c,
    };
    message
        .chars()
        .map(narrow)
        .map(|c| c.to_ascii_lowercase())
        .collect::<String>()
        .trim()
        .trim_end_matches('.')
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_matched_whatever_their_punctuation() {
        for message in ["the sign is not right", "The sign is not right。", "the sign is not right．"] {
            assert_eq!(reason(&[], "400", message), Reason::Signature, "{message}");
        }
        assert_eq!(reason(&[], "400", "Could not find user by userId"), Reason::UnknownAccount);
        assert_eq!(reason(&[], "400", "something else"), Reason::Other);
    }

    #[test]
    fn a_message_that_is_not_known() {
        let known = [KnownError { code: 403, message: ANY_MESSAGE, reason: Reason::Clock }];
        for (code, message, expected) in [
            ("403", "", Reason::Clock),
            ("403", "whatever it says", Reason::Clock),
            ("400", "whatever it says", Reason::Other),
            // A known message is more precise than the code.
            ("403", "the sign is not right", Reason::Signature),
        ] {
            assert_eq!(reason(&known, code, message), expected, "{code} {message}");
        }
    }

    #[test]
    fn messages_with_a_part_that_varies() {
        let known = [KnownError { code: 400, message: "not found: %s!", reason: Reason::NotFound }];
        for (message, expected) in [
            ("not found: 双语!", Reason::NotFound),
            ("Not found：！", Reason::Other),
            ("not found: !", Reason::NotFound),
            ("not found: 双语", Reason::Other),
            ("it is not found: 双语!", Reason::Other),
        ] {
            assert_eq!(reason(&known, "400", message), expected, "{message}");
        }
    }
}
