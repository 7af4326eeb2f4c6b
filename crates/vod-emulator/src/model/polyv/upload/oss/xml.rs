//! XML bodies: the request that completes an upload, and the answers.

use super::store::{Part, Upload};
use super::{BUCKET, Refusal};
use jiff::Timestamp;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use std::fmt::Write as _;

/// The parts that the client wants in the object.
#[derive(Debug, Deserialize)]
#[serde(rename = "CompleteMultipartUpload")]
struct Complete {
    #[serde(rename = "Part", default)]
    parts: Vec<Wanted>,
}

#[derive(Debug, PartialEq, Deserialize)]
pub(super) struct Wanted {
    #[serde(rename = "PartNumber")]
    pub(super) number: u16,
    /// With or without quotes.
    #[serde(rename = "ETag")]
    pub(super) etag: String,
}

/// Parses the body that completes an upload.
pub(super) fn wanted(body: &[u8]) -> Result<Vec<Wanted>, Refusal> {
    let malformed = |reason: String| {
        Refusal::new(400, "MalformedXML", format!("The XML you provided was not well-formed: {reason}"))
    };
    let text = std::str::from_utf8(body).map_err(|error| malformed(error.to_string()))?;
    let Complete { parts } = quick_xml::de::from_str(text).map_err(|error| malformed(error.to_string()))?;
    if parts.is_empty() {
        return Err(malformed("no Part".to_owned()));
    }
    Ok(parts)
}

pub(super) fn error(refusal: &Refusal, request_id: &str, host: &str) -> String {
    let Refusal { code, message, .. } = refusal;
    document(
        "Error",
        &[("Code", code), ("Message", message), ("RequestId", request_id), ("HostId", host)],
        "",
    )
}

/// `url` if the client wants the object's name percent-encoded.
pub(super) fn initiated(object: &str, upload_id: &str, url: bool) -> String {
    let key = key(object, url);
    document(
        "InitiateMultipartUploadResult",
        &[("Bucket", BUCKET), ("Key", &key), ("UploadId", upload_id), encoding(url)],
        "",
    )
}

pub(super) fn completed(object: &str, etag: &str, location: &str, url: bool) -> String {
    let key = key(object, url);
    document(
        "CompleteMultipartUploadResult",
        &[("Location", location), ("Bucket", BUCKET), ("Key", &key), ("ETag", etag), encoding(url)],
        "",
    )
}

/// One page of the parts after `marker`, at most `limit`.
pub(super) fn parts(upload_id: &str, upload: &Upload, marker: u16, limit: usize, url: bool) -> String {
    let mut behind = upload.parts.range(marker.saturating_add(1)..);
    let page: Vec<(&u16, &Part)> = behind.by_ref().take(limit).collect();
    let next = page.last().map_or(marker, |(number, _)| **number);
    let mut rows = String::new();
    for (number, part) in page {
        let modified =
            Timestamp::from_millisecond(part.modified).unwrap_or_default().strftime("%Y-%m-%dT%H:%M:%S.000Z");
        rows.push_str("<Part>");
        for (name, value) in [
            ("PartNumber", number.to_string()),
            ("LastModified", modified.to_string()),
            ("ETag", part.etag.clone()),
            ("HashCrc64ecma", part.crc.to_string()),
            ("Size", part.size.to_string()),
        ] {
            element(&mut rows, name, &value);
        }
        rows.push_str("</Part>");
    }
    let key = key(&upload.object, url);
    let head = [
        ("Bucket", BUCKET),
        ("Key", &key),
        ("UploadId", upload_id),
        ("StorageClass", "Standard"),
        ("PartNumberMarker", &marker.to_string()),
        ("NextPartNumberMarker", &next.to_string()),
        ("MaxParts", &limit.to_string()),
        ("IsTruncated", if behind.next().is_some() { "true" } else { "false" }),
        encoding(url),
    ];
    document("ListPartsResult", &head, &rows)
}

fn key(object: &str, url: bool) -> String {
    const KEPT: &AsciiSet =
        &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~').remove(b'/');
    if url { utf8_percent_encode(object, KEPT).to_string() } else { object.to_owned() }
}

fn encoding(url: bool) -> (&'static str, &'static str) {
    ("EncodingType", if url { "url" } else { "" })
}

/// Members without a value are omitted.
fn document(root: &str, members: &[(&str, &str)], more: &str) -> String {
    let mut body = format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<{root}>");
    for (name, value) in members.iter().filter(|(_, value)| !value.is_empty()) {
        element(&mut body, name, value);
    }
    let _ = write!(body, "{more}</{root}>");
    body
}

fn element(body: &mut String, name: &str, value: &str) {
    let _ = write!(body, "<{name}>{}</{name}>", quick_xml::escape::escape(value));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn completions_by_table() {
        let part = |number, etag: &str| Wanted { number, etag: etag.to_owned() };
        let cases: [(&str, Vec<Wanted>); 3] = [
            (
                "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>\"AB\"</ETag></Part><Part><ETag>CD</ETag><PartNumber>3</PartNumber></Part></CompleteMultipartUpload>",
                vec![part(1, "\"AB\""), part(3, "CD")],
            ),
            (
                "<?xml version=\"1.0\"?>\n<CompleteMultipartUpload xmlns=\"http://x\">\n <Part>\n  <PartNumber>2</PartNumber><ETag>&quot;A&#66;&quot;</ETag>\n </Part>\n</CompleteMultipartUpload>",
                vec![part(2, "\"AB\"")],
            ),
            (
                "<CompleteMultipartUpload><Part><PartNumber>10000</PartNumber><ETag/></Part></CompleteMultipartUpload>",
                vec![part(10_000, "")],
            ),
        ];
        for (body, expected) in cases {
            assert_eq!(wanted(body.as_bytes()).unwrap(), expected, "{body}");
        }
        for body in [
            "",
            "x",
            "<CompleteMultipartUpload/>",
            "<CompleteMultipartUpload><Part/></CompleteMultipartUpload>",
            "<a><Part",
            "\u{0}",
        ] {
            assert_eq!(wanted(body.as_bytes()).unwrap_err().code, "MalformedXML", "{body}");
        }
        assert_eq!(wanted(b"<\xff>").unwrap_err().code, "MalformedXML");
        let number = "<CompleteMultipartUpload><Part><PartNumber>70000</PartNumber><ETag>A</ETag></Part></CompleteMultipartUpload>";
        assert_eq!(wanted(number.as_bytes()).unwrap_err().code, "MalformedXML");
    }

    proptest::proptest! {
        #[test]
        fn any_body_is_parsed_or_refused(body: Vec<u8>, text in "[<>/A-Za-z0-9&;#\" ]{0,200}") {
            let _ = wanted(&body);
            let _ = wanted(text.as_bytes());
        }

        #[test]
        fn parts_come_back(parts in proptest::collection::vec((1..=10_000_u16, "[ -~]{1,40}"), 1..20)) {
            let parts: Vec<Wanted> = parts.into_iter().map(|(number, etag)| Wanted { number, etag: etag.trim().to_owned() }).collect();
            let rows = parts.iter().map(|part| {
                let mut row = String::new();
                element(&mut row, "PartNumber", &part.number.to_string());
                element(&mut row, "ETag", &part.etag);
                format!("<Part>{row}</Part>")
            });
            let body = document("CompleteMultipartUpload", &[], &rows.collect::<String>());
            proptest::prop_assert_eq!(wanted(body.as_bytes()).unwrap(), parts);
        }
    }

    #[test]
    fn texts_are_escaped_and_names_encoded_on_demand() {
        let plain = initiated("d/a b&片.mp4", "U", false);
        assert!(plain.contains("<Key>d/a b&amp;片.mp4</Key><UploadId>U</UploadId></Init"), "{plain}");
        let encoded = initiated("d/a b&片.mp4", "U", true);
        assert!(
            encoded.contains("<Key>d/a%20b%26%E7%89%87.mp4</Key>")
                && encoded.contains("<EncodingType>url</EncodingType>"),
            "{encoded}"
        );
    }
}
