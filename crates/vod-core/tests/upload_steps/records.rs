//! Checkpoints: which are written and read, and which are refused.

use crate::common::walk::{Reply, UNIT, Walk, file, says, to_polyv, to_qingcloud};
use crate::common::{AT, accounts};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::path::Path;
use vod_core::operation::Provider;
use vod_core::upload::{Checkpoint, FileInfo, Fingerprint, Stage, UploadOptions, checkpoint_key};
use vod_core::{Accounts, polyv};

fn record(provider: &str, size: u64, state: &Value) -> Value {
    let fingerprint = json!({ "size": size, "modified": 5, "sample": "01".repeat(32) });
    json!({ "version": 1, "provider": provider, "account": "00", "file": { "path": "/a.mp4", "fingerprint": fingerprint }, "begun": 1, "state": state })
}

fn target(part_size: u64, parts: &Value) -> Value {
    json!({ "polyv": { "vid": "v", "domain": "d", "bucket": "b", "object": "o", "part_size": part_size, "upload_id": "u", "parts": parts } })
}

fn read(value: &Value) -> Result<Checkpoint, String> {
    Checkpoint::from_json(value.to_string().as_bytes())
}

#[test]
fn a_broken_checkpoint_is_refused_with_the_reason() {
    let good = record(
        "polyv",
        2 * UNIT,
        &target(UNIT, &json!([[1, "e", "0000000000000001"], [2, "e", "00000000000000ff"]])),
    );
    assert_eq!(read(&good).unwrap().stage(), Stage::UnderWay(2 * UNIT));
    let with = |pointer: &str, value: Value| {
        let mut changed = good.clone();
        *changed.pointer_mut(pointer).unwrap() = value;
        read(&changed).unwrap_err()
    };
    for (pointer, value, says) in [
        ("/version", json!(2), "version: expected 1, got 2"),
        ("/version", json!("1"), "not a checkpoint: invalid type"),
        ("/provider", json!("\npolyv\u{1b}"), "provider: expected that of the state, got ` polyv `"),
        ("/provider", json!("qingcloud"), "provider: expected that of the state, got `qingcloud`"),
        (
            "/provider",
            json!("x".repeat(50)),
            "provider: expected that of the state, got `xxxxxxxxxxxxxxxxxxxx`",
        ),
        ("/file/fingerprint/sample", json!("0101"), "not a whole checkpoint: "),
        ("/file/fingerprint/size", json!(0), "size: expected at least 1 byte, got 0"),
        ("/file/fingerprint/size", json!(-1), "not a whole checkpoint: "),
        (
            "/file/fingerprint/size",
            json!(10_001 * UNIT),
            "part_size: expected at most 10000 parts, got 10001 of 102400 bytes",
        ),
        (
            "/state/polyv/part_size",
            json!(UNIT - 1),
            "part_size: expected 102400 to 5368709120 bytes, got 102399",
        ),
        ("/state/polyv/part_size", json!(0), "part_size: expected 102400 to 5368709120 bytes, got 0"),
        (
            "/state/polyv/part_size",
            json!((5_u64 << 30) + 1),
            "part_size: expected 102400 to 5368709120 bytes, got 5368709121",
        ),
        ("/state/polyv/upload_id", json!(""), "UploadId"),
        ("/state/polyv/upload_id", json!("a\nb"), "UploadId"),
        ("/state/polyv/vid", json!(""), "vid: expected 1 to 200 bytes, got 0"),
        ("/state/polyv/domain", json!("d/x"), "domain"),
        ("/state/polyv/bucket", json!("b/x"), "bucketName"),
        ("/state/polyv/object", json!("a/../b"), "object"),
        ("/state/polyv/parts/0/0", json!(0), "parts: expected numbers that rise up to 2, got 0 after 0"),
        ("/state/polyv/parts/0/0", json!(2), "parts: expected numbers that rise up to 2, got 2 after 2"),
        ("/state/polyv/parts/1/0", json!(3), "parts: expected numbers that rise up to 2, got 3 after 1"),
        ("/state/polyv/parts/0/1", json!(""), "parts: expected visible ASCII as the ETag of part 1"),
        ("/state/polyv/parts/0/1", json!("e\"<"), "parts: expected visible ASCII as the ETag of part 1"),
        ("/state/polyv/parts/0/2", json!("1"), "a checksum must be 16 hex digits"),
        ("/state/polyv/parts/0/2", json!("+000000000000001"), "a checksum must be 16 hex digits"),
        ("/state/polyv", json!(null), "not a whole checkpoint: "),
        ("/state", json!({}), "not a whole checkpoint: "),
        ("/state", json!({ "elsewhere".repeat(40): {} }), "elsewhere"),
    ] {
        let error = with(pointer, value.clone());
        assert!(
            error.contains(says) && error.len() < 300 && !error.contains('\n'),
            "{pointer} {value}: {error}"
        );
    }
    let with_finished = |finished: Value| {
        let mut changed = good.clone();
        changed["finished"] = finished;
        read(&changed)
    };
    let done =
        record("polyv", 5, &json!({ "done": { "id": "v", "whole": { "crc64": "0000000000000001" } } }));
    assert_eq!(with_finished(done.clone()).unwrap().id(), Some("v"));
    let mut nested = done.clone();
    nested["finished"] = done.clone();
    let mut anothers = done;
    anothers["account"] = json!("01");
    for finished in [good.clone(), nested, anothers] {
        assert_eq!(
            with_finished(finished).unwrap_err(),
            "finished: expected a finished upload of this account, got another"
        );
    }
    for text in ["", "{", "null", "[]", "{\"version\":1}", "{\"version\":4294967296}"] {
        assert!(Checkpoint::from_json(text.as_bytes()).is_err(), "{text}");
    }
}

#[test]
fn another_account_and_another_provider() {
    let mut walk = Walk::new(to_qingcloud(), &file(9, 5, 1), None, &UploadOptions::default()).unwrap();
    assert_eq!(walk.step(), "apply");
    let disk = walk.disk.clone().unwrap();
    let record = Checkpoint::from_json(disk.as_bytes()).unwrap();
    assert!(record.is_of(&accounts()));
    assert!(!record.is_of(&Accounts::new()));
    let other = Accounts::from(polyv::Credentials::new("another", "k"))
        .with_qingcloud(vod_core::qingcloud::Credentials::new("another", "k"));
    assert!(!record.is_of(&other));
    assert_eq!(
        (record.provider(), record.id(), record.begun(), record.stage()),
        (Some(Provider::QingCloud), None, AT, Stage::UnderWay(0))
    );
    let error = Walk::new(to_polyv(), &file(9, 5, 1), Some(&disk), &UploadOptions::default())
        .err()
        .unwrap()
        .to_string();
    assert_eq!(error, "checkpoint: expected one of this account, got one of another provider or account");
    // The names of checkpoints.
    let key = |accounts: &Accounts, path: &str| checkpoint_key(Provider::QingCloud, accounts, path);
    assert_eq!(key(&accounts(), "/a").unwrap().len(), 32);
    assert_ne!(key(&accounts(), "/a"), key(&accounts(), "/b"));
    assert_ne!(key(&accounts(), "/a"), key(&other, "/a"));
    assert_ne!(key(&accounts(), "/a"), checkpoint_key(Provider::Polyv, &accounts(), "/a"));
    assert_eq!(key(&Accounts::new(), "/a"), None);
}

#[test]
fn a_file_that_was_moved() {
    let mut walk = Walk::new(to_qingcloud(), &file(9, 5, 1), None, &UploadOptions::default()).unwrap();
    assert_eq!(walk.step(), "apply");
    let record = Checkpoint::from_json(walk.disk.as_deref().unwrap().as_bytes()).unwrap();
    let moved = FileInfo::new("/elsewhere/a.mp4", file(9, 6, 1).fingerprint);
    assert!(record.fits(&moved, |path| path != Path::new("/videos/lesson.mp4")));
    assert!(!record.fits(&moved, |_| true), "the file of the checkpoint exists");
    assert!(record.fits(&file(9, 7, 1), |_| true), "it is the file of the checkpoint");
    for other in [file(8, 5, 1), file(9, 5, 2)] {
        assert!(!record.fits(&other, |_| false));
    }
}

/// File names from foreign archives need not be valid text: two that are displayed alike are not the same
/// file.
#[cfg(unix)]
#[test]
fn paths_that_are_not_valid_text() {
    use std::os::unix::ffi::OsStrExt;
    let path = |bytes: &'static [u8]| Path::new(std::ffi::OsStr::from_bytes(bytes));
    let (one, other) = (path(b"/videos/\xb5\xda.mp4"), path(b"/videos/\xb6\xfe.mp4"));
    let key = |path: &Path| checkpoint_key(Provider::QingCloud, &accounts(), path).unwrap();
    assert_eq!(one.to_string_lossy(), other.to_string_lossy());
    assert_ne!(key(one), key(other));
    assert_eq!(key(path(b"/videos/%b5.mp4")), key(Path::new("/videos/%b5.mp4")));

    let info = |path: &Path| FileInfo::new(path, file(9, 5, 1).fingerprint);
    let mut walk = Walk::new(to_qingcloud(), &info(one), None, &UploadOptions::default()).unwrap();
    assert_eq!(walk.step(), "apply");
    let record = Checkpoint::from_json(walk.disk.as_deref().unwrap().as_bytes()).unwrap();
    assert_eq!((record.file.place(), record.file.path.as_str()), (one, one.to_string_lossy().as_ref()));
    assert_eq!(record.file, info(one));
    assert_ne!(record.file, info(other));
    assert!(record.fits(&info(one), |_| true), "it is the file of the checkpoint");
    assert!(!record.fits(&info(other), |path| path == one), "the file of the checkpoint exists");
    assert!(record.fits(&info(other), |path| path != one), "it was renamed");
    // On another system the path names nothing.
    let elsewhere = walk.disk.as_deref().unwrap().replace(r#""exact":{"Unix":"#, r#""exact":{"Windows":"#);
    assert_ne!(elsewhere, walk.disk.unwrap());
    assert_eq!(
        Checkpoint::from_json(elsewhere.as_bytes()).unwrap().file.place(),
        Path::new(one.to_string_lossy().as_ref())
    );
    // A path that is valid text is kept once.
    assert!(!serde_json::to_string(&file(9, 5, 1)).unwrap().contains("exact"));
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(Checkpoint::from_json(&bytes).is_err());
    }

    /// A checkpoint is written as it was read.
    #[test]
    fn round_trips(
        size in 1..2_000 * UNIT, path in "\\PC{0,40}", modified in any::<i64>(), sample in any::<[u8; 32]>(), begun in any::<i64>(),
        units in 1..50_u64, crcs in prop::collection::vec(prop::option::of(any::<u64>()), 0..40), completing in prop::option::of(any::<u64>()),
        asked in prop::option::of(("\\PC{0,20}", any::<i64>())), done in any::<bool>(), which in 0..3,
    ) {
        let part_size = units * UNIT;
        let count = size.div_ceil(part_size) as usize;
        let parts: Vec<_> = crcs.iter().take(count).enumerate().filter_map(|(at, crc)| crc.map(|crc| json!([at + 1, format!("E{at}"), format!("{crc:016x}")]))).collect();
        let (provider, state) = match which {
            0 => {
                let mut state = target(part_size, &json!(parts));
                if let Some(crc) = completing {
                    state["polyv"]["completing"] = json!(format!("{crc:016x}"));
                }
                ("polyv", state)
            }
            1 => {
                let mut media = json!({ "media_id": "7", "object": "https://s3.example.com/7", "unsettled": [["6", "failed"], ["5", "cancelled"]] });
                if let Some((title, at)) = asked {
                    media["asked"] = json!([title, at]);
                }
                ("qingcloud", json!({ "qing_cloud": media }))
            }
            _ => (if done { "polyv" } else { "qingcloud" }, json!({ "done": { "id": "v", "whole": { "crc64": "00000000000000ff" } } })),
        };
        let mut value = record(provider, size, &state);
        value["file"]["path"] = json!(path);
        value["file"]["fingerprint"]["modified"] = json!(modified);
        value["file"]["fingerprint"]["sample"] = json!(sample.iter().map(|byte| format!("{byte:02x}")).collect::<String>());
        value["begun"] = json!(begun);
        let record = read(&value).map_err(TestCaseError::fail)?;
        prop_assert_eq!(serde_json::to_value(&record).unwrap(), value);
        prop_assert_eq!(record.file.fingerprint, Fingerprint::new(size, modified, sample));
        // One of another account is refused.
        prop_assert!(vod_core::upload::Upload::abort(record, &accounts(), &UploadOptions::default(), 1).is_err());
    }

    /// A truncated checkpoint, or one with a changed byte, is refused, or the machine that resumes from it
    /// has a next step.
    #[test]
    fn damaged_checkpoints_never_panic(at in any::<prop::sample::Index>(), byte in any::<u8>(), cut in any::<bool>()) {
        let mut walk = Walk::new(to_polyv(), &file(UNIT + 9, 5, 1), None, &UploadOptions::default().with_part_size(UNIT)).unwrap();
        let ticket = json!({ "accessId": "i", "accessKey": "k", "token": "t", "domain": "d", "bucketName": "b", "vid": "v_v", "callback": "{}", "validityTime": 3600 });
        walk.then("init", Reply::Data(ticket)).then("initiate", says(200, "<InitiateMultipartUploadResult><UploadId>u</UploadId></InitiateMultipartUploadResult>"));
        assert_eq!(walk.step(), "part 0+102400");
        let mut text = walk.disk.unwrap().into_bytes();
        let at = at.index(text.len());
        if cut {
            text.truncate(at);
        } else {
            text[at] = byte;
        }
        if let Ok(record) = Checkpoint::from_json(&text)
            && let Ok(mut upload) = vod_core::upload::Upload::new(to_polyv(), file(UNIT + 9, 5, 1), Some(record), &accounts(), &UploadOptions::default(), 1, AT)
        {
            let _ = upload.next(AT);
        }
    }
}
