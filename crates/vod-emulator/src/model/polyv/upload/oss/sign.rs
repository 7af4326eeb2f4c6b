//! Signature V1 of Aliyun OSS, in the header.

use crate::model::wire::Fields;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use http::HeaderMap;
use http::header::{CONTENT_TYPE, DATE};
use sha1::Sha1;
use std::borrow::Cow;
use subtle::ConstantTimeEq;

/// The query parameters that are part of the signed resource, in their order. Others are not signed.
const SUB_RESOURCES: [&str; 24] = [
    "acl",
    "append",
    "callback",
    "callback-var",
    "cors",
    "delete",
    "lifecycle",
    "location",
    "logging",
    "objectMeta",
    "partNumber",
    "position",
    "referer",
    "response-cache-control",
    "response-content-disposition",
    "response-content-encoding",
    "response-content-language",
    "response-content-type",
    "response-expires",
    "restore",
    "security-token",
    "tagging",
    "uploadId",
    "uploads",
];

/// Method, MD5 and type of the body, date, the `x-oss-` headers, and the resource.
pub(super) fn string_to_sign(method: &str, headers: &HeaderMap, resource: &str, query: &Fields) -> String {
    let mut text = String::new();
    for line in
        [method.into(), header(headers, "content-md5"), header(headers, CONTENT_TYPE.as_str()), date(headers)]
    {
        text.push_str(&line);
        text.push('\n');
    }
    let mut names: Vec<&str> =
        headers.keys().map(http::HeaderName::as_str).filter(|name| name.starts_with("x-oss-")).collect();
    names.sort_unstable();
    for name in names {
        text.push_str(&format!("{name}:{}\n", header(headers, name)));
    }
    text.push_str(resource);
    let mut signed: Vec<(&str, &str)> =
        query.iter().filter(|(name, _)| SUB_RESOURCES.contains(name)).collect();
    signed.sort_unstable();
    for (index, (name, value)) in signed.into_iter().enumerate() {
        text.push(if index == 0 { '?' } else { '&' });
        text.push_str(name);
        if !value.is_empty() {
            text.push('=');
            text.push_str(value);
        }
    }
    text
}

/// The time of a request: `x-oss-date` replaces a `Date` that the client cannot set.
pub(super) fn date(headers: &HeaderMap) -> Cow<'_, str> {
    let own = header(headers, "x-oss-date");
    if own.is_empty() { header(headers, DATE.as_str()) } else { own }
}

/// All values of a header, empty without one.
pub(super) fn header<'h>(headers: &'h HeaderMap, name: &str) -> Cow<'h, str> {
    let mut values = headers.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes()));
    let first = values.next().unwrap_or_default();
    values.fold(first, |all, value| format!("{all},{value}").into())
}

pub(super) fn sign(secret: &str, text: &str) -> String {
    let mut mac = Hmac::<Sha1>::new_from_slice(secret.as_bytes()).expect("HMAC takes a key of any length");
    mac.update(text.as_bytes());
    STANDARD.encode(mac.finalize().into_bytes())
}

pub(super) fn verify(secret: &str, text: &str, signature: &str) -> bool {
    sign(secret, text).as_bytes().ct_eq(signature.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| (http::HeaderName::from_static(name), http::HeaderValue::from_static(value)))
            .collect()
    }

    fn fields(query: &str) -> Fields {
        let mut fields = Fields::default();
        fields.add(query.as_bytes());
        fields
    }

    /// The example of the provider's page on header signatures; Python's hmac gives the same value as the
    /// page.
    #[test]
    fn the_published_example() {
        let headers = headers(&[
            ("content-md5", "ODBGOERFMDMzQTczRUY3NUE3NzA5QzdFNUYzMDQxNEM="),
            ("content-type", "text/html"),
            ("date", "Thu, 17 Nov 2005 18:49:58 GMT"),
            ("host", "oss-example.oss-cn-hangzhou.aliyuncs.com"),
            ("x-oss-meta-author", "foo@bar.com"),
            ("x-oss-magic", "abracadabra"),
        ]);
        let text = string_to_sign("PUT", &headers, "/oss-example/nelson", &fields(""));
        let expected = "PUT\nODBGOERFMDMzQTczRUY3NUE3NzA5QzdFNUYzMDQxNEM=\ntext/html\nThu, 17 Nov 2005 18:49:58 GMT\n\
                        x-oss-magic:abracadabra\nx-oss-meta-author:foo@bar.com\n/oss-example/nelson";
        assert_eq!(text, expected);
        assert_eq!(sign("OtxrzxIsfpFjA7SwPzILwy8Bw21TLhquhboDYROV", &text), "26NBxoKdsyly4EDv6inkoDft/yA=");
        assert!(verify("OtxrzxIsfpFjA7SwPzILwy8Bw21TLhquhboDYROV", &text, "26NBxoKdsyly4EDv6inkoDft/yA="));
        assert!(!verify("another", &text, "26NBxoKdsyly4EDv6inkoDft/yA="));
    }

    #[test]
    fn resources_by_table() {
        let cases = [
            ("uploads", "/b/o?uploads"),
            ("uploads=", "/b/o?uploads"),
            ("uploadId=U&partNumber=2", "/b/o?partNumber=2&uploadId=U"),
            ("uploadId=a%2Bb%20c", "/b/o?uploadId=a+b c"),
            ("uploadId=U&max-parts=7&part-number-marker=3&encoding-type=url", "/b/o?uploadId=U"),
        ];
        for (query, resource) in cases {
            assert_eq!(
                string_to_sign("GET", &HeaderMap::new(), "/b/o", &fields(query)),
                format!("GET\n\n\n\n{resource}")
            );
        }
    }

    #[test]
    fn x_oss_date_is_signed_twice() {
        let headers = headers(&[("date", "one"), ("x-oss-date", "two")]);
        assert_eq!(
            string_to_sign("GET", &headers, "/b/o", &fields("")),
            "GET\n\n\ntwo\nx-oss-date:two\n/b/o"
        );
    }
}
