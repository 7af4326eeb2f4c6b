//! How an upload begins: its file, its checkpoint by the file's path, and that of a file which was moved.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};
use tempfile::TempDir;
use vod_core::error::{FaultKind, chain};
use vod_core::operation::Provider;
use vod_core::qingcloud::{self, MediaType, upload::ApplyUpload};
use vod_core::upload::{
    Checkpoint, FileInfo, Order, Take, Upload, UploadOptions, UploadStep, checkpoint_key,
};
use vod_core::{Accounts, Error, Timestamp};
use vod_driver::{Checkpoints, LocalFile, Start};

struct Place {
    directory: TempDir,
    checkpoints: Checkpoints,
    accounts: Accounts,
}

impl Place {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let checkpoints = Checkpoints::open(directory.path().join("uploads")).unwrap();
        Self { directory, checkpoints, accounts: accounts("AN-ID") }
    }

    fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.directory.path().join(name);
        fs::write(&path, bytes).unwrap();
        path
    }

    fn open(&self, path: &Path) -> Result<Start, Error> {
        Start::open(path, Provider::QingCloud, &self.accounts, Some(&self.checkpoints))
    }

    fn key(&self, path: &Path) -> String {
        checkpoint_key(Provider::QingCloud, &self.accounts, path).unwrap()
    }

    fn keys(&self) -> Vec<String> {
        self.checkpoints.list().unwrap().into_iter().map(|(key, _)| key).collect()
    }
}

fn accounts(id: &str) -> Accounts {
    Accounts::from(qingcloud::Credentials::new(id, "a key"))
}

/// The first checkpoint that an upload of this file keeps.
fn record(path: &Path, accounts: &Accounts) -> Vec<u8> {
    let order = Order::from(ApplyUpload::new("t", "pek3b", MediaType::from("MP4")));
    let info = FileInfo::new(path, LocalFile::open(path).unwrap().own_fingerprint().unwrap());
    let mut upload =
        Upload::new(order, info, None, accounts, &UploadOptions::default(), 1, Timestamp::from_millis(1))
            .unwrap();
    let now = Timestamp::from_millis(1);
    // It applies only when it can send.
    assert!(matches!(upload.next(now), UploadStep::Slot) && matches!(upload.take(now), Take::Hold));
    let UploadStep::Save(Some(text)) = upload.next(now) else { panic!("nothing to keep") };
    text.into_bytes()
}

#[test]
fn goes_on_from_its_own_checkpoint() {
    let place = Place::new();
    let path = place.file("a.mp4", b"abc");
    let start = place.open(&path).unwrap();
    assert_eq!(
        (start.info.path.as_str(), start.info.fingerprint, start.record.is_none()),
        (path.to_str().unwrap(), start.file.fingerprint().unwrap(), true)
    );
    let lease = start.lease.unwrap();
    assert_eq!(
        lease.path(),
        place.directory.path().join("uploads").join(format!("{}.json", place.key(&path)))
    );
    lease.save(&record(&path, &place.accounts)).unwrap();

    let error = place.open(&path).unwrap_err();
    let Error::Transport(fault) = &error else { panic!("{error}") };
    assert_eq!((fault.fault.kind, fault.operation), (FaultKind::Source, "upload"));
    assert!(
        chain(&error).ends_with(&format!("{}: another process uploads this file", path.display())),
        "{error}"
    );
    drop(lease);
    assert!(place.open(&path).unwrap().record.is_some());
    // Another account's upload of the file is another upload.
    assert!(
        Start::open(&path, Provider::QingCloud, &accounts("OTHER"), Some(&place.checkpoints))
            .unwrap()
            .record
            .is_none()
    );
    // Who keeps none, or has no account, takes none.
    assert!(Start::open(&path, Provider::QingCloud, &place.accounts, None).unwrap().lease.is_none());
    assert!(
        Start::open(&path, Provider::Polyv, &place.accounts, Some(&place.checkpoints))
            .unwrap()
            .lease
            .is_none()
    );
}

#[test]
fn a_file_that_was_moved() {
    let place = Place::new();
    let path = place.file("a.mp4", b"abc");
    let text = record(&path, &place.accounts);
    place.checkpoints.lease(&place.key(&path)).unwrap().save(&text).unwrap();
    let other = place.file("other.mp4", b"xyz");
    place.checkpoints.lease("unreadable").unwrap().save(b"{").unwrap();
    assert!(place.open(&other).unwrap().record.is_none(), "as large, and another file");

    let copy = place.directory.path().join("copy.mp4");
    fs::copy(&path, &copy).unwrap();
    assert!(place.open(&copy).unwrap().record.is_none(), "the file itself is still there");

    let moved = place.directory.path().join("moved.mp4");
    fs::rename(&path, &moved).unwrap();
    // With another time of modification too, as on another machine.
    File::options()
        .write(true)
        .open(&moved)
        .unwrap()
        .set_modified(UNIX_EPOCH + Duration::from_secs(1))
        .unwrap();
    let stranger =
        Start::open(&moved, Provider::QingCloud, &accounts("OTHER"), Some(&place.checkpoints)).unwrap();
    assert!(stranger.record.is_none());
    let held = place.checkpoints.lease(&place.key(&path)).unwrap();
    assert!(place.open(&moved).unwrap().record.is_none(), "somebody is at it");
    drop(held);
    let start = place.open(&moved).unwrap();
    assert!(start.record.is_some());
    let mut expected = [place.key(&moved), "unreadable".to_owned()];
    expected.sort();
    assert_eq!(place.keys(), expected, "it has moved with its file");
    drop(start);
    assert!(place.open(&moved).unwrap().record.is_some(), "and is found there");
}

/// Two files whose names are no text, and look the same when they are shown, as those of an archive from
/// elsewhere: each has its own checkpoint.
#[cfg(target_os = "linux")]
#[test]
fn names_that_are_no_text() {
    use std::os::unix::ffi::OsStrExt;
    let place = Place::new();
    let file = |bytes: &[u8]| {
        let path = place.directory.path().join(std::ffi::OsStr::from_bytes(bytes));
        fs::write(&path, b"abc").unwrap();
        path
    };
    let (one, other) = (file(b"\xb5\xda.mp4"), file(b"\xb6\xfe.mp4"));
    let start = place.open(&one).unwrap();
    assert_eq!(start.info.place(), one);
    start.lease.unwrap().save(&record(&one, &place.accounts)).unwrap();
    assert!(place.open(&other).unwrap().record.is_none(), "one as large as it is still there");
    assert_eq!(place.open(&one).unwrap().record.unwrap().file.place(), one);
    // Only when it has gone is the other taken for it.
    fs::remove_file(&one).unwrap();
    assert!(place.open(&other).unwrap().record.is_some());
    assert_eq!(place.keys(), [place.key(&other)]);
}

#[test]
fn a_file_leads_to_the_uploads_of_its_likes() {
    let place = Place::new();
    let (three, four) = (place.file("a.mp4", b"abc"), place.file("b.mp4", b"abcd"));
    let save = |key: &str, path: &Path| {
        place.checkpoints.lease(key).unwrap().save(&record(path, &place.accounts)).unwrap();
    };
    save("c", &three);
    save("a", &three);
    save("d", &four);
    place.checkpoints.lease("e").unwrap().save(b"{").unwrap();
    let like = |path: &Path| {
        place.checkpoints.looking_like(&LocalFile::open(path).unwrap().own_fingerprint().unwrap()).unwrap()
    };
    let as_large = place.file("c.mp4", b"xyz");
    assert_eq!(
        (like(&three), like(&four), like(&as_large)),
        (vec!["a".to_owned(), "c".to_owned()], vec!["d".to_owned()], vec![])
    );
    // What comes and goes from here on is noted.
    save("b", &three);
    place.checkpoints.lease("a").unwrap().remove().unwrap();
    let (lease, other) =
        (place.checkpoints.lease("z").unwrap(), place.checkpoints.clone().lease("c").unwrap());
    lease.take_over(&other).unwrap();
    assert_eq!(like(&three), ["b", "z"]);
    assert_eq!(
        (lease.load().unwrap().unwrap(), other.load().unwrap()),
        (record(&three, &place.accounts), None)
    );
    assert!(lease.take_over(&other).unwrap_err().to_string().starts_with("cannot rename "));

    let records = place.checkpoints.records().unwrap();
    let read: Vec<_> = records
        .iter()
        .map(|(key, record)| {
            (key.as_str(), record.as_ref().map(Checkpoint::provider).map_err(String::as_str))
        })
        .collect();
    assert_eq!(read[0], ("b", Ok(Some(Provider::QingCloud))));
    assert!(matches!(read[2], ("e", Err(why)) if why.starts_with("not a checkpoint")), "{read:?}");
}

#[test]
fn what_keeps_an_upload_from_beginning() {
    let place = Place::new();
    let error = place.open(&place.directory.path().join("missing.mp4")).unwrap_err();
    assert!(chain(&error).contains("missing.mp4: "), "{error}");
    let path = place.file("a.mp4", b"abc");
    let key = place.key(&path);
    for (text, why) in [
        ("[]", "not a checkpoint"),
        (r#"{"version":2}"#, "version: expected 1, got 2"),
        (r#"{"version":1}"#, "not a whole checkpoint"),
    ] {
        place.checkpoints.lease(&key).unwrap().save(text.as_bytes()).unwrap();
        for error in
            [place.open(&path).unwrap_err(), Start::abandoned(&key, Some(&place.checkpoints)).unwrap_err()]
        {
            assert!(chain(&error).contains(&format!("{key}.json: {why}")), "{error}");
        }
    }
    place.checkpoints.lease(&key).unwrap().save(&record(&path, &place.accounts)).unwrap();
    let (_record, lease) = Start::abandoned(&key, Some(&place.checkpoints)).unwrap();
    let error = Start::abandoned(&key, Some(&place.checkpoints)).unwrap_err();
    assert!(chain(&error).contains("this upload is already in use"), "{error}");
    lease.remove().unwrap();
    drop(lease);
    for (key, why) in [(key.as_str(), key.as_str()), ("A", "1 characters that are none")] {
        let error = Start::abandoned(key, Some(&place.checkpoints)).unwrap_err();
        assert!(
            matches!(error, Error::Invalid(_))
                && error.to_string().starts_with("key: expected the key of a checkpoint, got ")
                && error.to_string().contains(why),
            "{error}"
        );
    }
    let error = Start::abandoned(&key, None).unwrap_err();
    assert_eq!(error.to_string(), "checkpoints: expected a directory of checkpoints, got none");
}

#[test]
fn a_copy_does_not_keep_a_file_from_its_own_upload() {
    let place = Place::new();
    let (path, copy) = (place.file("a.mp4", b"the same"), place.file("b.mp4", b"the same"));
    place.checkpoints.lease(&place.key(&path)).unwrap().save(&record(&path, &place.accounts)).unwrap();
    std::thread::scope(|scope| {
        let copies =
            scope.spawn(|| (0..2000).for_each(|_| assert!(place.open(&copy).unwrap().record.is_none())));
        while !copies.is_finished() {
            assert!(place.open(&path).unwrap().record.is_some());
        }
    });
}
