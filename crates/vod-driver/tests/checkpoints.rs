//! Checkpoints within one process: what is saved is what is loaded, one lease at a time, and every way in
//! which a directory can disappoint.

use proptest::prelude::*;
use std::collections::BTreeSet;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use vod_driver::{Checkpoints, LeaseError, MAX_KEY, MAX_RECORD};

fn names(directory: &Path) -> BTreeSet<String> {
    fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

fn io_error(error: LeaseError) -> std::io::Error {
    match error {
        LeaseError::Io(error) => error,
        other => panic!("{other:?}"),
    }
}

#[test]
fn from_the_first_record_to_none() {
    let directory = tempfile::tempdir().unwrap();
    let checkpoints = Checkpoints::open(directory.path().to_owned()).unwrap();
    let lease = checkpoints.lease("a1").unwrap();
    assert_eq!(lease.load().unwrap(), None);
    lease.remove().unwrap();
    for record in [&b"first"[..], b"a longer one", b"", b"short"] {
        lease.save(record).unwrap();
        assert_eq!(lease.load().unwrap().unwrap(), record);
        assert_eq!(names(directory.path()), ["a1.json", "a1.lock"].map(str::to_owned).into());
    }
    drop(lease);
    assert!(names(directory.path()).contains("a1.json"), "the upload is not over");
    let lease = checkpoints.lease("a1").unwrap();
    assert_eq!(lease.load().unwrap().unwrap(), b"short");
    lease.remove().unwrap();
    assert_eq!(lease.load().unwrap(), None);
    lease.remove().unwrap();
    drop(lease);
    #[cfg(unix)]
    assert_eq!(names(directory.path()), BTreeSet::new(), "nothing is left");
}

#[test]
fn directories_are_made() {
    let root = tempfile::tempdir().unwrap();
    let (outer, inner) = (root.path().join("outer"), root.path().join("outer/inner"));
    let lease = Checkpoints::open(inner.clone()).unwrap().lease("a1").unwrap();
    lease.save(b"record").unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(
            [mode(&outer), mode(&inner), mode(&inner.join("a1.json")), mode(&inner.join("a1.lock"))],
            [0o700, 0o700, 0o600, 0o600]
        );
        fs::set_permissions(&inner, fs::Permissions::from_mode(0o750)).unwrap();
        Checkpoints::open(inner.clone()).unwrap();
        assert_eq!(mode(&inner), 0o750, "the user's own choice stays");
    }
    drop(lease);
    assert_eq!(Checkpoints::open(inner).unwrap().list().unwrap().len(), 1);
    drop(outer);
}

#[test]
fn one_lease_at_a_time() {
    let directory = tempfile::tempdir().unwrap();
    let checkpoints = Checkpoints::open(directory.path().to_owned()).unwrap();
    let lease = checkpoints.lease("a1").unwrap();
    let busy = Checkpoints::open(directory.path().to_owned()).unwrap().lease("a1").unwrap_err();
    assert!(
        matches!(&busy, LeaseError::Busy { lock } if *lock == directory.path().join("a1.lock")),
        "{busy:?}"
    );
    assert_eq!(
        busy.to_string(),
        format!("{}: this upload is already in use", directory.path().join("a1.lock").display())
    );
    let other = checkpoints.lease("a2").unwrap();
    drop(lease);
    checkpoints.lease("a1").unwrap();
    drop(other);
}

/// Lock files come and go while others open and lock them: nobody may come to hold one that is gone.
#[test]
fn one_lease_at_a_time_among_many() {
    let directory = tempfile::tempdir().unwrap();
    let checkpoints = Checkpoints::open(directory.path().to_owned()).unwrap();
    let (held, taken) = (AtomicBool::new(false), AtomicU32::new(0));
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while taken.load(Ordering::Relaxed) < 1500 {
                    match checkpoints.lease("a1") {
                        Ok(lease) => {
                            assert!(!held.swap(true, Ordering::SeqCst), "two have it");
                            taken.fetch_add(1, Ordering::Relaxed);
                            std::thread::yield_now();
                            held.store(false, Ordering::SeqCst);
                            drop(lease);
                        }
                        Err(LeaseError::Busy { .. }) => {}
                        Err(error) => panic!("{error}"),
                    }
                }
            });
        }
    });
}

#[test]
fn keys() {
    let directory = tempfile::tempdir().unwrap();
    let checkpoints = Checkpoints::open(directory.path().join("uploads")).unwrap();
    let long = "a".repeat(MAX_KEY);
    for key in ["a", "-", "0123456789abcdefghijklmnopqrstuvwxyz-", &long] {
        checkpoints.lease(key).unwrap().save(key.as_bytes()).unwrap();
    }
    assert_eq!(checkpoints.list().unwrap().len(), 4);
    let before = (names(directory.path()), names(&directory.path().join("uploads")));
    let too_long = "a".repeat(MAX_KEY + 1);
    for (key, length) in [
        ("", 0),
        ("A", 1),
        ("a.b", 3),
        ("../a", 4),
        ("/a", 2),
        ("a\0", 2),
        ("第一课", 3),
        ("a b", 3),
        (too_long.as_str(), MAX_KEY + 1),
    ] {
        let error = checkpoints.lease(key).unwrap_err();
        assert!(matches!(error, LeaseError::Key { length: told } if told == length), "{key:?}: {error:?}");
        assert_eq!(
            error.to_string(),
            format!("key: expected 1 to 128 characters of a to z, 0 to 9 and -, got {length} characters")
        );
    }
    assert_eq!(
        (names(directory.path()), names(&directory.path().join("uploads"))),
        before,
        "nothing was made of them"
    );
}

#[test]
fn records_have_a_largest_size() {
    let directory = tempfile::tempdir().unwrap();
    let checkpoints = Checkpoints::open(directory.path().to_owned()).unwrap();
    let lease = checkpoints.lease("a1").unwrap();
    let path = directory.path().join("a1.json");
    let mut record = vec![b'x'; MAX_RECORD as usize];
    lease.save(&record).unwrap();
    assert!(lease.load().unwrap().unwrap() == record);

    record.push(b'y');
    let refused = lease.save(&record).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::InvalidInput);
    assert_eq!(
        refused.to_string(),
        format!("cannot save {}: expected at most 16777216 bytes, got 16777217", path.display())
    );
    assert_eq!(lease.load().unwrap().unwrap().len() as u64, MAX_RECORD, "the old one is still there");

    fs::write(&path, &record).unwrap();
    let mut listed = checkpoints.list().unwrap();
    for error in [lease.load().unwrap_err(), listed.remove(0).1.unwrap_err()] {
        assert_eq!(
            (error.kind(), error.to_string()),
            (
                ErrorKind::InvalidData,
                format!(
                    "{}: expected at most 16777216 bytes, got more; it is not a checkpoint",
                    path.display()
                )
            )
        );
    }
}

#[test]
fn a_list_of_what_is_not_over() {
    let directory = tempfile::tempdir().unwrap();
    let checkpoints = Checkpoints::open(directory.path().to_owned()).unwrap();
    assert!(checkpoints.list().unwrap().is_empty());
    let leases = ["b", "a-2", "a", "c"].map(|key| checkpoints.lease(key).unwrap());
    for (lease, record) in leases.iter().zip(["of b", "of a-2", "of a"]) {
        lease.save(record.as_bytes()).unwrap();
    }
    for other in ["README.json", "d.json.bak", "d.new", ".json", "notes", "第一课.json"] {
        fs::write(directory.path().join(other), "something else").unwrap();
    }
    fs::create_dir(directory.path().join("e.json")).unwrap();
    let listed: Vec<_> = checkpoints
        .list()
        .unwrap()
        .into_iter()
        .map(|(key, record)| {
            (
                key,
                record
                    .map(|record| String::from_utf8(record).unwrap())
                    .map_err(|error| (error.kind(), error.to_string())),
            )
        })
        .collect();
    let not_one = (
        ErrorKind::IsADirectory,
        format!("cannot open {}: not a regular file", directory.path().join("e.json").display()),
    );
    let expected = [("a", Ok("of a")), ("a-2", Ok("of a-2")), ("b", Ok("of b")), ("e", Err(not_one))];
    assert_eq!(listed, expected.map(|(key, record)| (key.to_owned(), record.map(str::to_owned))));
    assert!(directory.path().join("d.new").exists(), "left to the next lease of its key");

    drop(leases);
    directory.close().unwrap();
    let error = checkpoints.list().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(error.to_string().starts_with("cannot list "), "{error}");
}

#[test]
fn something_else_where_the_directory_should_be() {
    let root = tempfile::tempdir().unwrap();
    let file = root.path().join("uploads");
    fs::write(&file, "").unwrap();
    let error = Checkpoints::open(file.clone()).unwrap_err();
    assert_eq!(
        (error.kind(), error.to_string()),
        (ErrorKind::NotADirectory, format!("cannot open {}: not a directory", file.display()))
    );
    let under = file.join("deeper");
    let error = Checkpoints::open(under.clone()).unwrap_err();
    assert!(error.to_string().starts_with(&format!("cannot create {}: ", under.display())), "{error}");
}

#[test]
fn directories_where_files_should_be() {
    let directory = tempfile::tempdir().unwrap();
    let checkpoints = Checkpoints::open(directory.path().to_owned()).unwrap();
    for (name, verb) in [("a1.lock", "create"), ("a1.new", "remove")] {
        let path = directory.path().join(name);
        fs::create_dir(&path).unwrap();
        let error = io_error(checkpoints.lease("a1").unwrap_err());
        assert!(error.to_string().starts_with(&format!("cannot {verb} {}: ", path.display())), "{error}");
        fs::remove_dir(&path).unwrap();
    }
    let lease = checkpoints.lease("a1").unwrap();
    let (record, new) = (directory.path().join("a1.json"), directory.path().join("a1.new"));
    fs::create_dir(&record).unwrap();
    let errors = [lease.load().unwrap_err(), lease.save(b"record").unwrap_err(), lease.remove().unwrap_err()]
        .map(|error| error.to_string());
    assert_eq!(errors[0], format!("cannot open {}: not a regular file", record.display()));
    assert!(
        errors[1].starts_with(&format!("cannot replace {} with {}: ", record.display(), new.display())),
        "{}",
        errors[1]
    );
    assert!(errors[2].starts_with(&format!("cannot remove {}: ", record.display())), "{}", errors[2]);
    assert!(!new.exists(), "what was not needed is gone");

    fs::remove_dir(&record).unwrap();
    fs::create_dir(&new).unwrap();
    let error = lease.save(b"record").unwrap_err();
    assert!(error.to_string().starts_with(&format!("cannot create {}: ", new.display())), "{error}");
    fs::remove_dir(&new).unwrap();
    lease.save(b"record").unwrap();
}

#[test]
fn a_directory_that_is_gone() {
    let directory = tempfile::tempdir().unwrap();
    let checkpoints = Checkpoints::open(directory.path().join("uploads")).unwrap();
    let lease = checkpoints.lease("a1").unwrap();
    lease.save(b"record").unwrap();
    fs::remove_dir_all(directory.path().join("uploads")).unwrap();
    assert_eq!(lease.load().unwrap(), None);
    let errors = [lease.save(b"record").unwrap_err(), io_error(checkpoints.lease("a1").unwrap_err())];
    for (error, name) in errors.iter().zip(["a1.new", "a1.lock"]) {
        assert_eq!(error.kind(), ErrorKind::NotFound);
        let path = directory.path().join("uploads").join(name);
        assert!(error.to_string().starts_with(&format!("cannot create {}: ", path.display())), "{error}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever a crash made of the record that was being written, the old one is what counts, and the next
    /// is saved as ever.
    #[test]
    fn a_torn_record_is_never_taken_for_one(
        old in proptest::option::of(proptest::collection::vec(any::<u8>(), 0..3000)),
        new in proptest::collection::vec(any::<u8>(), 0..3000),
        torn in any::<prop::sample::Index>(),
        zeros in 0..100_usize,
    ) {
        let directory = tempfile::tempdir().unwrap();
        let checkpoints = Checkpoints::open(directory.path().to_owned()).unwrap();
        if let Some(old) = &old {
            checkpoints.lease("a1").unwrap().save(old).unwrap();
        }
        // What was written of the new one, and what the file system made of the rest.
        let left = [&new[..torn.index(new.len() + 1)], &vec![0; zeros]].concat();
        fs::write(directory.path().join("a1.new"), left).unwrap();
        let listed: Vec<_> = checkpoints.list().unwrap().into_iter().map(|(_, record)| record.unwrap()).collect();
        prop_assert_eq!(listed, old.clone().into_iter().collect::<Vec<_>>());

        let lease = checkpoints.lease("a1").unwrap();
        prop_assert!(!directory.path().join("a1.new").exists());
        prop_assert_eq!(lease.load().unwrap(), old);
        lease.save(&new).unwrap();
        prop_assert_eq!(lease.load().unwrap(), Some(new));
    }
}

/// Two threads save, two look: every look finds a record as it was saved.
#[test]
fn a_record_is_whole_whenever_it_is_looked_at() {
    let directory = tempfile::tempdir().unwrap();
    let checkpoints = Checkpoints::open(directory.path().to_owned()).unwrap();
    let lease = checkpoints.lease("a1").unwrap();
    let record = |i: u8| vec![i; 1 + usize::from(i) * 1000];
    lease.save(&record(1)).unwrap();
    std::thread::scope(|scope| {
        for first in [0, 100] {
            let lease = &lease;
            scope.spawn(move || (first..first + 100).for_each(|i| lease.save(&record(i)).unwrap()));
        }
        for _ in 0..2 {
            scope.spawn(|| {
                for _ in 0..200 {
                    let listed = checkpoints.list().unwrap().remove(0).1;
                    for found in [lease.load().unwrap().unwrap(), listed.unwrap()] {
                        assert!(found == record(found[0]), "record {} is torn", found[0]);
                    }
                }
            });
        }
    });
}
