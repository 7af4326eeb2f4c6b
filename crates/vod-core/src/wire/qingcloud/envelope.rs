//! QingCloud's envelope, and what its refusals mean.

use crate::error::{Error, Reason};
use crate::schema::info::Effect;
use crate::wire::answer::Json;
use crate::wire::json::View;
use crate::wire::response::{Payload, Raw, code_text};

/// Flat members with `ret_code`; one page of the reference wraps them in `data`. Success is HTTP 200 and
/// `ret_code` 0.
pub(crate) fn read(raw: &Raw<'_>) -> Result<(Payload<Json>, Option<String>), Error> {
    let status = raw.response.status();
    // Updates answer HTTP 200 with a body that is not documented: an empty one is fine.
    if status.is_success()
        && raw.response.body().iter().all(u8::is_ascii_whitespace)
        && matches!(raw.info.output, crate::schema::field::Kind::Nothing)
    {
        return Ok((Payload::Json(Json::empty_object()), raw.request_id()));
    }
    let outer = raw.object()?;
    let wrapped = is_wrapped(&outer);
    let inner = outer.view().member("data").filter(|_| wrapped);
    let find = |name: &str| inner.and_then(|inner| inner.member(name)).or_else(|| outer.view().member(name));
    let code = find("ret_code").and_then(code_text).or_else(|| find("code").and_then(code_text));
    let failed = status.as_u16() >= 400 || code.as_deref().is_some_and(|code| code != "0");
    if !failed && !status.is_success() {
        // A redirect of a gateway, say: no redirect is followed, so nothing was done by what it answers.
        return Err(raw.undecodable("neither a success nor a failure".to_owned()));
    }
    if !failed {
        return Ok((
            Payload::Json(if wrapped { outer.into_member("data") } else { outer }),
            raw.request_id(),
        ));
    }
    // Whether it was done is anybody's guess.
    if code.as_deref() == Some("0") {
        return Err(raw.undecodable("`ret_code` says success, the HTTP status says failure".to_owned()));
    }
    let message =
        find("message").and_then(View::text).unwrap_or_default().chars().take(500).collect::<String>();
    if code.is_none() && message.is_empty() {
        return Err(raw.undecodable("a failure without a code or a message".to_owned()));
    }
    let code = code.unwrap_or_else(|| status.as_u16().to_string());
    let reason = reason(&code, status.as_u16(), raw.info.effect);
    Err(raw.refused(code, message, reason, raw.request_id()))
}

fn is_wrapped(outer: &Json) -> bool {
    let is_object = |value: View<'_>| value.members().is_some();
    outer.view().member("data").is_some_and(is_object)
        && outer.view().members().is_some_and(|mut members| {
            members.all(|(name, _)| matches!(name, "data" | "ret_code" | "code" | "message"))
        })
}

/// The provider-wide table of codes.
fn reason(code: &str, status: u16, effect: Effect) -> Reason {
    let Ok(code) = code.parse::<u32>() else {
        return by_status(status, effect);
    };
    match code {
        1300 => Reason::Clock,
        1200 => Reason::Signature,
        1600 | 1610 | 1620 | 1660..=1662 | 2000 => Reason::UnknownAccount,
        1400 | 4000..=4005 => Reason::Permission,
        1100 | 1520 => Reason::Field,
        1101 | 2100 => Reason::NotFound,
        1510 | 2110 | 5400 => Reason::Conflict,
        2400 | 5200 => Reason::Quota,
        // One code for too many calls and for too many resources. Only calls that make something can run out
        // of resources.
        2500 if effect == Effect::Once => Reason::Quota,
        2500 => Reason::RateLimit,
        5100 | 5300 => Reason::Busy,
        5000 | 5500 | 5600 | 8000..=8004 => Reason::Internal,
        _ => by_status(status, effect),
    }
}

fn by_status(status: u16, effect: Effect) -> Reason {
    match status {
        401 => Reason::Signature,
        403 => Reason::Permission,
        404 => Reason::NotFound,
        429 => Reason::RateLimit,
        // Without a code of the provider's own it may be a gateway that speaks, and what stands behind it may
        // have done the work.
        503 if effect != Effect::Once => Reason::Busy,
        500.. => Reason::Internal,
        _ => Reason::Other,
    }
}
