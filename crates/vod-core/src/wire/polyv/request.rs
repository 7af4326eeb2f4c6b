//! A signed request to Polyv.

use super::sign;
use crate::accounts::polyv::Credentials;
use crate::error::Error;
use crate::schema::field::Rule;
use crate::schema::info::{Auth, Encoding, OperationInfo};
use crate::schema::limits::Violation;
use crate::schema::value::{Slot, Value, Values};
use crate::time::Timestamp;
use crate::wire::body::{Body, FilePiece, Multipart};
use crate::wire::request::{Pair, append_query, base, join, lower, no_account, path, texts, too_long};
use bytes::Bytes;
use http::HeaderValue;
use http::header::CONTENT_TYPE;
use sha1::{Digest, Sha1};

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
    // Texts of only white space count as absent, as in the provider's own client, unless an empty one says
    // something: it is sent, and never signed.
    pairs.retain(|pair| {
        !pair.text.trim().is_empty()
            || info.fields.iter().any(|field| field.may_be_blank && field.wire == pair.name)
    });
    if let Some(name) = info.account {
        pairs.push(Pair::new(name, account.user_id.as_str()));
    }
    match info.auth {
        Auth::Sha1 => {
            pairs.push(Pair::new("ptime", at.as_millis().to_string()));
            let sign = match info.signed {
                None => sign::sha1_sent(&texts(&pairs), &account.secret_key),
                Some(names) => {
                    let mut fields = texts(&pairs);
                    // These calls sign the account id whether or not it is sent.
                    if !fields.iter().any(|(name, _)| *name == "userid") {
                        fields.push(("userid", &account.user_id));
                    }
                    sign::sha1_fixed(names, &fields, &account.secret_key)
                }
            };
            pairs.push(Pair::new("sign", sign));
        }
        Auth::Md5 | Auth::PlaysafeChild => {
            let Some((app_id, secret)) = &account.sub_account else {
                return Err(no_account(info, "a Polyv sub-account"));
            };
            pairs.push(Pair::new("appId", app_id.as_str()));
            pairs.push(Pair::new(
                if info.auth == Auth::Md5 { "timestamp" } else { "ts" },
                at.as_millis().to_string(),
            ));
            let sign = sign::md5_sub_account(&texts(&pairs), secret);
            pairs.push(Pair::new("sign", sign));
        }
        Auth::Playsafe => {
            pairs.push(Pair::new("ts", at.as_millis().to_string()));
            let sign = sign::playsafe(&texts(&pairs), &account.secret_key);
            pairs.push(Pair::new("sign", sign));
        }
        Auth::WriteToken => {
            let Some(token) = &account.write_token else {
                return Err(no_account(info, "a Polyv write token"));
            };
            pairs.push(Pair::new("writetoken", token.expose()));
        }
        Auth::Qvod => {}
    }

    let mut url = base(account.endpoint.as_ref(), info);
    path(info.path, values, Some(&account.user_id), &mut url);
    let mut request = http::Request::builder().method(info.method.name());
    let body = match info.encoding {
        Encoding::Form => {
            request = request.header(CONTENT_TYPE, FORM);
            let mut body =
                Vec::with_capacity(pairs.iter().map(|pair| pair.name.len() + pair.text.len() * 3 + 2).sum());
            join(&pairs, &mut body);
            Body::Bytes(Bytes::from(body))
        }
        Encoding::Multipart => {
            // A signature is nothing that a file holds by chance, and nobody without the key can make a file
            // that does.
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
            request = request.header(CONTENT_TYPE, form.content_type());
            form.finish()
        }
        Encoding::Query | Encoding::Json => {
            append_query(&pairs, &mut url);
            Body::Bytes(Bytes::new())
        }
    };
    let length = url.len();
    request.uri(url).body(body).map_err(|_| too_long(info, length))
}
