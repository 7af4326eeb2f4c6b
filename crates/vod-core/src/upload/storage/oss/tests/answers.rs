//! Parsing of answers: samples, wrong answers, and random ones.

use super::super::values::MAX_PARTS;
use super::super::xml::PartList;
use super::super::xml::{complete, read};
use super::super::{Listed, UploadId, keys_are_dead, part_list, refusal, upload_id};
use crate::error::Reason;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, HeaderName, HeaderValue};
use proptest::prelude::*;

const ID: &str = "0004B999EF5A239BB9138C6227D69F95";

fn listed(number: u16, etag: &str, crc64: Option<u64>, size: u64) -> Listed {
    Listed { number, etag: etag.to_owned(), crc64, size }
}

fn part(number: impl std::fmt::Display) -> String {
    format!("<Part><PartNumber>{number}</PartNumber><ETag>\"A\"</ETag><Size>1</Size></Part>")
}

fn list(inside: &str) -> Result<PartList, String> {
    part_list(format!("<ListPartsResult>{inside}</ListPartsResult>").as_bytes())
}

#[test]
fn an_upload_begins() {
    let id = |text: &str| upload_id(text.as_bytes()).map(|id| id.as_str().to_owned());
    let whole = format!(
        "\u{feff}<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<InitiateMultipartUploadResult xmlns=\"http://doc.oss-cn-hangzhou.aliyuncs.com\">\n  <Bucket>b</Bucket>\n  \
         <Key>a&#x4;&amp;b</Key>\n  <UploadId>\n{ID}\n</UploadId>\n</InitiateMultipartUploadResult>\n"
    );
    assert_eq!(id(&whole).as_deref(), Ok(ID));
    for (text, expected) in [
        ("", "expected an element InitiateMultipartUploadResult, got 0 bytes without one"),
        ("not XML", "expected an element InitiateMultipartUploadResult, got 7 bytes without one"),
        (
            "<html><body>It works</body></html>",
            "expected InitiateMultipartUploadResult as the outermost element",
        ),
        ("<InitiateMultipartUploadResult/>", "UploadId: missing"),
        (
            "<InitiateMultipartUploadResult><a><UploadId>x</UploadId></a></InitiateMultipartUploadResult>",
            "UploadId: missing",
        ),
        (
            "<InitiateMultipartUploadResult><UploadId/></InitiateMultipartUploadResult>",
            "UploadId: expected 1 to 1,000 bytes, got 0 bytes",
        ),
        (
            "<InitiateMultipartUploadResult><UploadId>a&#10;b</UploadId></InitiateMultipartUploadResult>",
            "UploadId: expected no control characters, got 3 bytes",
        ),
        (
            "<InitiateMultipartUploadResult><UploadId>x</UploadId>",
            "broken XML at byte 53: an element is not closed",
        ),
        ("<InitiateMultipartUploadResult><UploadId>x</Upload", "broken XML at byte 42"),
        (
            "<InitiateMultipartUploadResult><UploadId>x</Key></InitiateMultipartUploadResult>",
            "broken XML at byte 42",
        ),
        (
            "<InitiateMultipartUploadResult><UploadId>&who;</UploadId></InitiateMultipartUploadResult>",
            "broken XML at byte 41: an unknown entity",
        ),
        (
            "<InitiateMultipartUploadResult><UploadId>&#xd800;</UploadId></InitiateMultipartUploadResult>",
            "broken XML at byte 41",
        ),
    ] {
        let error = id(text).expect_err(text);
        assert!(error.starts_with(expected), "{text}: {error}");
    }
}

/// They may quote a name of any length and any characters.
#[test]
fn errors_of_the_parser_are_one_short_line() {
    let long = "n".repeat(100_000);
    for name in ["a\n\u{1b}[31m", long.as_str()] {
        let text = format!("<InitiateMultipartUploadResult><UploadId>x</{name}>");
        let error = upload_id(text.as_bytes()).unwrap_err();
        assert!(error.starts_with("broken XML at byte 42: "), "{error}");
        assert!(error.len() < 1000 && !error.contains(char::is_control), "{error:?}");
    }
}

#[test]
fn parts_are_listed() {
    let whole = r#"<?xml version="1.0" encoding="UTF-8"?>
<oss:ListPartsResult xmlns:oss="http://doc.oss-cn-hangzhou.aliyuncs.com">
  <!-- unknown elements are ignored -->
  <EncodingType>url</EncodingType><Bucket>b</Bucket><Key>a%2Fb</Key><UploadId>0004</UploadId>
  <NextPartNumberMarker>5</NextPartNumberMarker><MaxParts>1000</MaxParts><IsTruncated>false</IsTruncated><New><Part>1</Part></New>
  <Part><PartNumber>5</PartNumber><LastModified>2012-02-23T07:02:03.000Z</LastModified><ETag>&quot;7265F4D2&quot;</ETag><HashCrc64ecma/><Size>0</Size></Part>
  <Part><Size>1024</Size><oss:ETag><![CDATA["3349DC70"]]></oss:ETag><HashCrc64ecma>18446744073709551615</HashCrc64ecma><PartNumber> 1 </PartNumber></Part>
</oss:ListPartsResult>"#;
    let parts = vec![listed(1, "3349DC70", Some(u64::MAX), 1024), listed(5, "7265F4D2", None, 0)];
    assert_eq!(part_list(whole.as_bytes()), Ok(PartList { parts, next: None }));

    assert_eq!(list(""), Ok(PartList { parts: Vec::new(), next: None }));
    let goes_on = |marker: &str| {
        list(&format!("<IsTruncated>true</IsTruncated>{marker}{}", part(7))).map(|list| list.next)
    };
    assert_eq!(goes_on("<NextPartNumberMarker>7</NextPartNumberMarker>"), Ok(Some(7)));
    assert_eq!(goes_on("<NextPartNumberMarker>10000</NextPartNumberMarker>"), Ok(Some(10_000)));
    for marker in [
        "",
        "<NextPartNumberMarker/>",
        "<NextPartNumberMarker>6</NextPartNumberMarker>",
        "<NextPartNumberMarker>10001</NextPartNumberMarker>",
    ] {
        assert!(goes_on(marker).unwrap_err().starts_with("NextPartNumberMarker: "), "{marker}");
    }
    assert!(
        list("<IsTruncated>true</IsTruncated><NextPartNumberMarker>7</NextPartNumberMarker>").is_err(),
        "paging without a part would never end"
    );

    let many: String = (1..=1000).rev().map(part).collect();
    assert_eq!(
        list(&many).map(|list| (list.parts.len(), list.parts[0].number, list.parts[999].number)),
        Ok((1000, 1, 1000))
    );
    for (inside, expected) in [
        (many + &part(1001), "Part: expected at most 1000, as asked for, got more"),
        (part(3) + &part(2) + &part(3), "Part.PartNumber: expected each number once, got 3 twice"),
        (part(0), "Part.PartNumber: expected 1 to 10000"),
        (part(10_001), "Part.PartNumber: expected 1 to 10000"),
        (part(65_537), "Part.PartNumber: expected 1 to 10000"),
        (part("one"), "Part.PartNumber: expected a whole number of 64 bits, got 3 bytes"),
        (part("-1"), "Part.PartNumber: expected a whole number of 64 bits, got 2 bytes"),
        ("<Part/>".to_owned(), "Part.PartNumber: missing"),
        ("<Part><PartNumber>1</PartNumber><Size>1</Size></Part>".to_owned(), "Part.ETag: missing"),
        // The fields of one part do not carry over to the next.
        (part(1) + "<Part><PartNumber>2</PartNumber></Part>", "Part.ETag: missing"),
        (part(1) + "<Part><PartNumber>2</PartNumber><ETag>A</ETag></Part>", "Part.Size: missing"),
        ("<Part><ETag>\"\"</ETag></Part>".to_owned(), "Part.ETag: expected visible ASCII, got 2 bytes"),
        ("<Part><ETag>a b</ETag></Part>".to_owned(), "Part.ETag: expected visible ASCII, got 3 bytes"),
        (
            "<Part><HashCrc64ecma>1.5</HashCrc64ecma></Part>".to_owned(),
            "Part.HashCrc64ecma: expected a whole number of 64 bits, got 3 bytes",
        ),
        (
            "<Part><Size>18446744073709551616</Size></Part>".to_owned(),
            "Part.Size: expected a whole number of 64 bits, got 20 bytes",
        ),
        ("<IsTruncated>yes</IsTruncated>".to_owned(), "IsTruncated: expected true or false, got 3 bytes"),
        ("<a>".repeat(16), "expected at most 16 levels of elements"),
        ("<a>".repeat(15), "broken XML"),
    ] {
        let error = list(&inside).expect_err(expected);
        assert!(error.starts_with(expected), "{error}");
    }
    assert!(part_list(b"<Error><Code>NoSuchUpload</Code></Error>").is_err());
}

#[test]
fn answers_are_bounded() {
    let error = list(&" ".repeat(4 << 20)).unwrap_err();
    assert_eq!(error, "expected at most 4194304 bytes, got 4194339");
    // The text of one element is kept up to a bound, which is longer than any value that is used.
    let long = format!("<Part><ETag>{}</ETag></Part>", "é".repeat(100_000));
    assert_eq!(list(&long).unwrap_err(), "Part.ETag: expected visible ASCII, got 4096 bytes");
    // Entities are not expanded.
    let bomb = "<!DOCTYPE a [<!ENTITY b \"bb\"><!ENTITY c \"&b;&b;\">]><ListPartsResult><Bucket>&c;</Bucket></ListPartsResult>";
    assert!(part_list(bomb.as_bytes()).unwrap_err().ends_with("an unknown entity"));
}

#[test]
fn refusals_are_read() {
    let headers = HeaderMap::from_iter([
        (HeaderName::from_static("x-oss-request-id"), HeaderValue::from_static("5C3D")),
        (HeaderName::from_static("x-oss-ec"), HeaderValue::from_static("0026-00000001")),
    ]);
    let oss = "<?xml version=\"1.0\" ?>\n<Error xmlns=\"http://doc.oss-cn-hangzhou.aliyuncs.com\">\n<Code>\nNoSuchUpload\n</Code>\n<Message>\nIt is \n gone &lt;now&gt;\n\
               </Message>\n<RequestId>\n1D84\n</RequestId>\n<HostId>oss</HostId><Detail><Code>Other</Code></Detail></Error>";
    let refusal_of = |status, body: &str| refusal(status, &headers, body.as_bytes());
    let whole = refusal_of(404, oss);
    assert_eq!(
        (whole.code.as_str(), whole.message.as_str(), whole.request_id.as_deref()),
        ("NoSuchUpload", "It is   gone <now>", Some("1D84"))
    );
    assert_eq!(whole.reason, Reason::NotFound);
    // A truncated body is used as far as it goes.
    let cut = refusal_of(404, &oss[..oss.find("<RequestId>").unwrap() + 12]);
    assert_eq!(
        (cut.code, cut.message, cut.request_id.as_deref()),
        (whole.code.clone(), whole.message.clone(), Some("5C3D"))
    );

    // The answer to HEAD has no body.
    let mut of_head = headers.clone();
    of_head.insert("x-oss-err", STANDARD.encode(oss).parse().unwrap());
    assert_eq!(refusal(404, &of_head, b""), whole);
    of_head.insert("x-oss-err", HeaderValue::from_static("?"));
    assert_eq!(refusal(404, &of_head, b"").code, "0026-00000001");

    for body in [
        "",
        "<html><Code>no</Code></html>",
        "gone",
        "{\"Code\":\"x\"}",
        "<Error><Code> </Code></Error>",
        "\u{0}\u{1}",
    ] {
        let plain = refusal(502, &HeaderMap::new(), body.as_bytes());
        assert_eq!(
            (plain.code.as_str(), plain.message.as_str(), plain.request_id),
            ("502", "the storage answered HTTP 502", None),
            "{body}"
        );
        assert_eq!(plain.reason, Reason::Internal);
    }
    let s3 = HeaderMap::from_iter([(
        HeaderName::from_static("x-amz-request-id"),
        HeaderValue::from_static("4442587F"),
    )]);
    assert_eq!(refusal(400, &s3, b"").request_id.as_deref(), Some("4442587F"));
    let long = format!("<Error><Message>{}</Message></Error>", "课".repeat(1000));
    assert_eq!(refusal_of(400, &long).message.chars().count(), 300);
}

#[test]
fn reasons_and_dead_keys() {
    for (status, code, reason, dead) in [
        (403, "RequestTimeTooSkewed", Reason::Clock, false),
        (403, "SignatureDoesNotMatch", Reason::Signature, false),
        (403, "InvalidAccessKeyId", Reason::Signature, true),
        (403, "SecurityTokenExpired", Reason::Permission, true),
        (400, "SecurityTokenExpired", Reason::Permission, true),
        (403, "InvalidSecurityToken", Reason::Permission, true),
        (403, "AccessKeyIdAndSecurityTokenNotMatch", Reason::Permission, true),
        (403, "AccessDenied", Reason::Permission, true),
        (403, "SomethingNew", Reason::Permission, true),
        (403, "", Reason::Permission, true),
        (401, "", Reason::Permission, false),
        (403, "UserDisable", Reason::Permission, false),
        (403, "BucketDisable", Reason::Permission, false),
        (403, "AbnormalBucketOwnerStatus", Reason::Permission, false),
        (403, "InDebt", Reason::Quota, false),
        (403, "InDebtOverdue", Reason::Quota, false),
        (403, "QuotaExceeded", Reason::Quota, false),
        (404, "NoSuchUpload", Reason::NotFound, false),
        (404, "NoSuchKey", Reason::NotFound, false),
        (404, "", Reason::NotFound, false),
        (400, "EntityTooLarge", Reason::Limit, false),
        (413, "", Reason::Limit, false),
        (400, "RequestTimeout", Reason::Busy, false),
        (503, "ServiceUnavailable", Reason::Busy, false),
        (503, "SlowDown", Reason::Busy, false),
        (503, "UploadTrafficRateLimitExceeded", Reason::Busy, false),
        (403, "QpsLimitExceeded", Reason::Busy, false),
        (429, "", Reason::Busy, false),
        (500, "InternalError", Reason::Internal, false),
        (502, "", Reason::Internal, false),
        (203, "CallbackFailed", Reason::Internal, false),
        (400, "InvalidPart", Reason::Other, false),
        (302, "", Reason::Other, false),
    ] {
        let refusal =
            refusal(status, &HeaderMap::new(), format!("<Error><Code>{code}</Code></Error>").as_bytes());
        assert_eq!(refusal.reason, reason, "{status} {code}");
        assert_eq!(keys_are_dead(&refusal, status), dead, "{status} {code}");
    }
}

/// Text as different writers escape it in XML.
fn written(text: &str, how: u8) -> String {
    match how % 3 {
        0 => quick_xml::escape::escape(text).into_owned(),
        1 => text.chars().map(|c| format!("&#{};", c as u32)).collect(),
        _ => format!("<![CDATA[{}]]>", text.replace("]]>", "]]]]><![CDATA[>")),
    }
}

proptest! {
    #[test]
    fn lists_are_read_as_they_were_written(
        parts in prop::collection::btree_map(1..=MAX_PARTS, ("[!#-~]{1,60}", any::<Option<u64>>(), any::<u64>()), 0..20),
        on in any::<bool>(),
        how in any::<u8>(),
    ) {
        let parts: Vec<_> = parts.into_iter().map(|(number, (etag, crc64, size))| listed(number, &etag, crc64, size)).collect();
        let last = parts.last().map_or(0, |part| part.number);
        let on = on && last > 0;
        let mut text = format!("<IsTruncated>{on}</IsTruncated><NextPartNumberMarker>{last}</NextPartNumberMarker>");
        for part in &parts {
            let crc = part.crc64.map_or(String::new(), |crc| format!("<HashCrc64ecma>{crc}</HashCrc64ecma>"));
            text += &format!("\n<Part a='b>'>{crc}<Size>{}</Size><ETag>{}</ETag><PartNumber>{}</PartNumber></Part>", part.size, written(&format!("\"{}\"", part.etag), how), part.number);
        }
        prop_assert_eq!(list(&text), Ok(PartList { parts, next: on.then_some(last) }));
    }

    #[test]
    fn ids_are_read_as_they_were_written(id in "[^\\p{Cc}\\s]{1,60}", how in any::<u8>()) {
        let text = format!("<InitiateMultipartUploadResult><UploadId>{}</UploadId></InitiateMultipartUploadResult>", written(&id, how));
        prop_assert_eq!(upload_id(text.as_bytes()), Ok(UploadId(id)));
    }

    /// Any XML reader finds the given parts in the body that completes an upload.
    #[test]
    fn completions_are_read_as_they_were_written(parts in prop::collection::vec((1..=MAX_PARTS, "[!#-~]{1,60}"), 0..20)) {
        let body = complete(parts.iter().map(|(number, etag)| (*number, etag.as_str())));
        let (mut numbers, mut etags) = (Vec::new(), Vec::new());
        read(body.as_bytes(), "CompleteMultipartUpload", |path, text| {
            match path {
                ["Part", "PartNumber"] => numbers.push(text.parse::<u16>().unwrap()),
                ["Part", "ETag"] => etags.push(text.to_owned()),
                _ => {}
            }
            Ok(())
        }).unwrap();
        let expected: (Vec<_>, Vec<_>) = parts.into_iter().map(|(number, etag)| (number, format!("\"{etag}\""))).unzip();
        prop_assert_eq!((numbers, etags), expected);
    }

    #[test]
    fn random_answers_never_panic(
        bytes in prop::collection::vec(any::<u8>(), 0..300),
        at in any::<prop::sample::Index>(),
        until in any::<prop::sample::Index>(),
        root in prop::sample::select(vec!["ListPartsResult", "InitiateMultipartUploadResult", "Error"]),
        status in 0_u16..1000,
    ) {
        // Noise alone, noise in the right element, and a good answer with noise in the middle.
        let framed = [format!("<{root}>").as_bytes(), &bytes, format!("</{root}>").as_bytes()].concat();
        let good = format!("<{root}><UploadId>{ID}</UploadId><Code>x</Code>{}</{root}>", part(1));
        let (a, b) = (at.index(good.len()), until.index(good.len()));
        let holed = [&good.as_bytes()[..a.min(b)], &bytes, &good.as_bytes()[a.max(b)..]].concat();
        for body in [&bytes, &framed, &holed] {
            let _ = upload_id(body);
            if let Ok(list) = part_list(body) {
                prop_assert!(list.parts.iter().all(|part| (1..=MAX_PARTS).contains(&part.number)));
            }
            let headers: HeaderMap = HeaderValue::from_bytes(&bytes).into_iter().map(|value| (HeaderName::from_static("x-oss-err"), value)).collect();
            for refusal in [refusal(status, &headers, body), refusal(status, &headers, b"")] {
                prop_assert!(!refusal.code.is_empty() && !refusal.message.is_empty());
                prop_assert!(refusal.message.chars().count() <= 300 && !refusal.message.contains(char::is_control));
                let _ = keys_are_dead(&refusal, status);
            }
        }
    }
}
