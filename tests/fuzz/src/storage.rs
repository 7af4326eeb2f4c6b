//! What Polyv's storage answers: to which request, with which head, and the body.

use crate::uploads::{UNIT, assert_saved, checkpoints, drive, file, good, options, to_polyv};
use crate::{AT, accounts, assert_shown};
use bytes::Bytes;
use std::sync::OnceLock;
use vod_core::upload::{Checkpoint, Digest, StorageAnswer, StorageOutcome, Upload};

const STATUSES: [u16; 8] = [200, 200, 200, 203, 400, 403, 404, 503];
const REQUESTS: [&str; 8] = ["initiate", "list", "list", "complete", "part", "head", "put", "abort"];

/// Whatever a storage answers, an upload comes to an end, and each of its checkpoints can be read.
pub fn run(data: &[u8]) {
    let [how, head, body @ ..] = data else { return };
    let to = REQUESTS[usize::from(how & 7)];
    let mut times_left = if how & 8 == 0 { 1 } else { usize::MAX };
    let size = if to == "put" { 9 } else { 2 * UNIT + 9 };
    let file = file(size);
    let checkpoint = (to == "list" || to == "head").then(|| {
        let begun = begun(to == "head");
        Checkpoint::from_json(begun.as_bytes()).expect("a checkpoint of its own")
    });
    let upload = Upload::new(to_polyv(), file.clone(), checkpoint, &accounts(), &options(), 7, AT);
    let ended = drive(upload.expect("an order that keeps to the limits"), &file, |request| {
        if request.name.rsplit('.').next() != Some(to) || times_left == 0 {
            return good(request);
        }
        times_left -= 1;
        let mut answer = http::Response::builder().status(STATUSES[usize::from(head & 7)]);
        for (bit, name, value) in [
            (8, "x-oss-request-id", "r"),
            (16, "etag", "\"0000000000000000\""),
            (32, "x-oss-hash-crc64ecma", "0"),
            (64, "x-oss-ec", "0002-00000901"),
            (128, "x-oss-err", "PEVycm9yPjxDb2RlPk5vU3VjaEtleTwvQ29kZT48L0Vycm9yPg=="),
        ] {
            if head & bit != 0 {
                answer = answer.header(name, value);
            }
        }
        let answer = answer.body(Bytes::copy_from_slice(body)).expect("a head");
        StorageOutcome::Answer(StorageAnswer::new(answer, Some(Digest::Crc64(0))))
    });
    if let Err(error) = ended.result {
        assert_shown(&error);
    }
    assert_saved(&ended.saved);
}

/// A checkpoint of an upload in parts that has begun, or is about to be complete.
fn begun(completing: bool) -> &'static str {
    static BEGUN: OnceLock<[String; 2]> = OnceLock::new();
    let of = |text: &str| {
        let text = text.to_owned();
        move |checkpoint: &String| checkpoint.contains(&text)
    };
    let [early, late] = BEGUN.get_or_init(|| {
        let all = checkpoints();
        let find =
            |text| all.iter().find(|checkpoint| of(text)(checkpoint)).expect("such a checkpoint").clone();
        [find("upload_id"), find("completing")]
    });
    if completing { late } else { early }
}

/// Answers of each kind.
pub fn seeds() -> Vec<Vec<u8>> {
    let begun = "<?xml version=\"1.0\"?><InitiateMultipartUploadResult xmlns=\"http://doc.example.com\"><Bucket>b</Bucket><Key>a&amp;b</Key><UploadId>0004B999</UploadId></InitiateMultipartUploadResult>";
    let part = |number: u16, size: u64| {
        format!(
            "<Part><PartNumber>{number}</PartNumber><ETag>\"0000000000000000\"</ETag><HashCrc64ecma>0</HashCrc64ecma><Size>{size}</Size></Part>"
        )
    };
    let list = |inside: &str| format!("<ListPartsResult>{inside}</ListPartsResult>");
    let whole = list(&(part(1, UNIT) + &part(2, UNIT) + &part(3, 9)));
    let more = list(&format!(
        "<IsTruncated>true</IsTruncated><NextPartNumberMarker>1</NextPartNumberMarker>{}",
        part(1, UNIT)
    ));
    let cdata =
        list("<Part><PartNumber>&#49;</PartNumber><ETag><![CDATA[\"a\"]]></ETag><Size> 9 </Size></Part>");
    let error = "<Error><Code>NoSuchUpload</Code><Message>The upload is gone.</Message><RequestId>r</RequestId></Error>";
    let mut seeds = vec![
        [&[0, 8], begun.as_bytes()].concat(),
        [&[1, 8], whole.as_bytes()].concat(),
        [&[1, 8], more.as_bytes()].concat(),
        [&[9, 8], more.as_bytes()].concat(),
        [&[1, 8], cdata.as_bytes()].concat(),
        [&[3, 0x28], &b"{}"[..]].concat(),
        [&[5, 0x38], &b""[..]].concat(),
        [&[6, 0x38], &b""[..]].concat(),
    ];
    seeds.extend(
        (0..16).flat_map(|how| [4, 5, 6, 7].map(|head| [&[how, head | 8], error.as_bytes()].concat())),
    );
    seeds
}
