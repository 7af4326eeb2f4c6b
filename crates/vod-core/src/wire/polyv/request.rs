//! A signed request to Polyv.

use super::sign;
use crate::accounts::polyv::Credentials;
use crate::error::Error;
use crate::schema::field::Rule;
use crate::schema::info::{Encoding, OperationInfo};
use crate::schema::limits::Violation;
use crate::schema::signing::{FilledIn, Filling, Scheme};
use crate::schema::value::{Slot, Value, Values};
use crate::secret::Secret;
use crate::time::Timestamp;
use crate::wire::body::{Body, FilePiece, Multipart};
use crate::wire::request::{Pair, append_query, base, join, lower, no_account, path, texts, too_long};
use bytes::Bytes;
use http::HeaderValue;
use http::header::CONTENT_TYPE;
use sha1::{Digest, Sha1};
use std::borrow::Cow;

/// The content type of forms; the charset is what Polyv's reference asks for.
const FORM: HeaderValue = HeaderValue::from_static("application/x-www-form-urlencoded; charset=utf-8");

/// Encodes and signs values that have been checked.
pub(crate) fn build(
    info: &'static OperationInfo,
    values: &Values<'_>,
    account: &Credentials,
    at: Timestamp,
) -> Result<http::Request<Body>, Error> {
    let wrong_id = match account.user_id.as_str() {
        "." | ".." => Some(Rule::PathSegment),
        id if id.trim().is_empty() => Some(Rule::NotBlank),
        _ => None,
    };
    if let Some(rule) = wrong_id {
        let violation = Violation::of_text("account.user_id", rule, &account.user_id);
        return Err(Error::violations(info.id, vec![violation]));
    }
    let mut pairs = Vec::with_capacity(values.len() + 4);
    lower(values, &mut pairs);
    // Texts of only white space count as absent, as in the provider's own client, except where an empty one
    // has a meaning: it is sent, and never signed.
    pairs.retain(|pair| {
        !pair.text.trim().is_empty()
            || info.fields.iter().any(|field| field.may_be_blank && field.wire == pair.name)
    });
    for FilledIn { name, what } in info.filled_in() {
        let text: Cow<'_, str> = match what {
            Filling::Account => account.user_id.as_str().into(),
            Filling::SubAccount => sub_account(info, account)?.0.as_str().into(),
            Filling::Time => at.as_millis().to_string().into(),
            Filling::WriteToken => match &account.write_token {
                Some(token) => token.expose().into(),
                None => return Err(no_account(info, "a Polyv write token")),
            },
            Filling::Signature(scheme) => signature(info, scheme, &pairs, account)?.into(),
        };
        pairs.push(Pair::new(name, text));
    }

    let mut url = base(account.endpoint.as_ref(), info);
    path(info.path, values, Some(&account.user_id), &mut url);
    // Without its builder, which moves the whole request in each step.
    let mut request = http::Request::new(Body::Bytes(Bytes::new()));
    match info.encoding {
        Encoding::Form => {
            request.headers_mut().insert(CONTENT_TYPE, FORM);
            let mut body =
                Vec::with_capacity(pairs.iter().map(|pair| pair.name.len() + pair.text.len() * 3 + 2).sum());
            join(&pairs, &mut body);
            *request.body_mut() = Body::Bytes(Bytes::from(body));
        }
        Encoding::Multipart => {
            // No file contains the signature by chance, and nobody without the key can make one that does.
            let seed = pairs.last().map(|pair| pair.text.as_bytes()).unwrap_or_default();
            let mut form = Multipart::new(format!("vod-{}", hex::encode(Sha1::digest(seed))));
            for pair in &pairs {
                form.text(&pair.name, &pair.text);
            }
            for Slot { field, value } in values.iter() {
                if let Value::File(file) = value {
                    form.file(FilePiece::new(info.id, field, file.clone().into_owned()));
                }
            }
            let content_type =
                HeaderValue::try_from(form.content_type()).map_err(|_| too_long(info, url.len()))?;
            request.headers_mut().insert(CONTENT_TYPE, content_type);
            *request.body_mut() = form.finish();
        }
        Encoding::Query | Encoding::Json => append_query(&pairs, &mut url),
    }
    *request.method_mut() = info.method.into();
    let length = url.len();
    *request.uri_mut() = url.try_into().map_err(|_| too_long(info, length))?;
    Ok(request)
}

/// The signature over all that has been filled in before it.
fn signature(
    info: &'static OperationInfo,
    scheme: Scheme,
    pairs: &[Pair<'_>],
    account: &Credentials,
) -> Result<String, Error> {
    let mut fields = texts(pairs);
    Ok(match (scheme, info.signed) {
        (Scheme::Sha1, None) => sign::sha1_sent(&fields, &account.secret_key),
        (Scheme::Sha1, Some(names)) => {
            // These calls sign the account id whether or not it is sent.
            if !fields.iter().any(|(name, _)| *name == "userid") {
                fields.push(("userid", &account.user_id));
            }
            sign::sha1_fixed(names, &fields, &account.secret_key)
        }
        (Scheme::Md5, _) => sign::playsafe(&fields, &account.secret_key),
        (Scheme::Md5SubAccount, _) => sign::md5_sub_account(&fields, &sub_account(info, account)?.1),
    })
}

fn sub_account<'a>(
    info: &'static OperationInfo,
    account: &'a Credentials,
) -> Result<&'a (String, Secret), Error> {
    account.sub_account.as_ref().ok_or_else(|| no_account(info, "a Polyv sub-account"))
}
