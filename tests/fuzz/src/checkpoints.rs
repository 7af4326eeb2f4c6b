//! Checkpoints, which anybody may have edited.

use crate::uploads::{
    UNIT, assert_saved, checkpoints, digest_of, drive, good, options, to_polyv, to_qingcloud,
};
use crate::{AT, accounts, assert_shown};
use bytes::Bytes;
use vod_core::operation::Provider;
use vod_core::upload::{Changed, Checkpoint, DigestKind, StorageAnswer, StorageOutcome, Upload};

/// What is read is written the same. An upload that goes on from it comes to an end, and so does one that is
/// given up.
pub fn run(data: &[u8]) {
    let record = match Checkpoint::from_json(data) {
        Ok(record) => record,
        Err(why) => return assert!(!why.contains('\n') && why.len() < 2000, "{why:?}"),
    };
    let text = serde_json::to_string(&record).expect("a checkpoint can be written");
    let again = Checkpoint::from_json(text.as_bytes()).expect("what was written can be read");
    assert_eq!(format!("{again:?}"), format!("{record:?}"));
    let _ = (record.stage(), record.id(), record.begun(), record.is_of(&accounts()));

    let file = record.file.clone();
    // Many parts take many steps, which shows nothing new.
    if file.fingerprint.size > 10 * UNIT {
        return;
    }
    let order = if record.provider() == Some(Provider::Polyv) { to_polyv() } else { to_qingcloud() };
    for changed in [Changed::Refuse, Changed::Restart] {
        let options = options().with_changed(changed);
        end(
            Upload::new(order.clone(), file.clone(), Some(record.clone()), &accounts(), &options, 7, AT),
            &record,
        );
    }
    end(Upload::abort(record.clone(), &accounts(), &options(), 7), &record);
}

fn end(upload: Result<Upload, vod_core::Error>, record: &Checkpoint) {
    let upload = match upload {
        Ok(upload) => upload,
        Err(error) => return assert_shown(&error),
    };
    let ended = drive(upload, &record.file, |request| {
        if record.provider() == Some(Provider::Polyv) {
            return good(request);
        }
        let answer = http::Response::builder().header("etag", "\"07070707070707070707070707070707\"");
        let answer = answer.body(Bytes::new()).expect("a head");
        StorageOutcome::Answer(StorageAnswer::new(answer, Some(digest_of(DigestKind::Md5))))
    });
    if let Err(error) = &ended.result {
        assert_shown(error);
    }
    assert_saved(&ended.saved);
}

/// All that an upload to each provider writes.
pub fn seeds() -> Vec<Vec<u8>> {
    let mut seeds = checkpoints();
    let file = crate::uploads::file(9);
    let upload = Upload::new(to_qingcloud(), file.clone(), None, &accounts(), &options(), 7, AT);
    let ended = drive(upload.expect("an order that keeps to the limits"), &file, |_| {
        let answer = http::Response::builder().header("etag", "\"07070707070707070707070707070707\"");
        let answer = answer.body(Bytes::new()).expect("a head");
        StorageOutcome::Answer(StorageAnswer::new(answer, Some(digest_of(DigestKind::Md5))))
    });
    seeds.extend(ended.saved.into_iter().flatten());
    seeds.into_iter().map(String::into_bytes).collect()
}
