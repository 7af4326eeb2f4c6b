//! A signed request to QingCloud.

use super::sign as qvod;
use crate::accounts::qingcloud::{API_BASE, Credentials};
use crate::error::Error;
use crate::schema::field::{Place, Rule};
use crate::schema::info::{Encoding, OperationInfo};
use crate::schema::limits::Violation;
use crate::schema::value::{Slot, Value, Values};
use crate::time::Timestamp;
use crate::wire::body::Body;
use crate::wire::request::{BodyOf, append_query, base, lower, path, too_long};
use bytes::Bytes;
use http::HeaderValue;
use http::header::{AUTHORIZATION, CONTENT_TYPE, DATE};

const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// Encodes and signs values that have been checked.
pub(crate) fn build(
    info: &'static OperationInfo,
    values: &Values<'_>,
    account: &Credentials,
    at: Timestamp,
) -> Result<http::Request<Body>, Error> {
    let mut url = base(account.endpoint.as_ref(), info);
    // The path of the URL is signed as it is sent, a gateway's prefix included.
    let origin = url.len() - account.endpoint.as_ref().map_or(0, |endpoint| endpoint.prefix().len());
    url.push_str(&account.api_base);
    path(info.path.strip_prefix(API_BASE).unwrap_or(info.path), values, None, &mut url);

    let (body, content_type) = match info.encoding {
        Encoding::Json => {
            let body = serde_json::to_vec(&BodyOf(values)).map_err(|_| too_long(info, url.len()))?;
            (Bytes::from(body), Some(JSON))
        }
        Encoding::Query | Encoding::Form | Encoding::Multipart => (Bytes::new(), None),
    };
    let date = at.http_date();
    let text = qvod::text(
        info.method.name(),
        "",
        if content_type.is_some() { "application/json" } else { "" },
        &date,
        &url[origin..],
    );
    let signature = qvod::signature(&text, &account.secret_access_key);
    let authorization =
        HeaderValue::from_str(&format!("QVOD {}:{signature}", account.access_key_id)).map(|mut value| {
            value.set_sensitive(true);
            value
        });
    let Ok(authorization) = authorization else {
        return Err(Error::violations(
            info.id,
            vec![Violation::of_text("account.access_key_id", Rule::HeaderText, &account.access_key_id)],
        ));
    };

    if content_type.is_none() {
        let mut pairs = Vec::with_capacity(values.len());
        lower(values, &mut pairs);
        append_query(&pairs, &mut url);
    }
    let mut request = http::Request::builder()
        .method(info.method.name())
        .header(DATE, date)
        .header(AUTHORIZATION, authorization);
    for Slot { field, value } in values.iter() {
        if let (Place::Header, Value::Text(text)) = (field.place, value) {
            request = request.header(field.wire, text.as_ref());
        }
    }
    if let Some(content_type) = content_type {
        request = request.header(CONTENT_TYPE, content_type);
    }
    let length = url.len();
    request.uri(url).body(Body::Bytes(body)).map_err(|_| too_long(info, length))
}
