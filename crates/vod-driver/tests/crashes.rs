//! Checkpoints among processes: some are killed, some have no space, some no permission.
#![cfg(unix)]

use std::fs;
use std::io::{BufRead, BufReader, ErrorKind, Read};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use vod_driver::{Checkpoints, Lease, LeaseError, LocalFile};

const JOB: &str = "VOD_FILE_TEST_JOB";
const DIRECTORY: &str = "VOD_FILE_TEST_DIRECTORY";

/// Checkpoint `i`: of another size each, so that a torn or mixed one shows.
fn record(i: u32) -> Vec<u8> {
    let size = 1 + (i as usize * 7919) % 100_000;
    [&i.to_be_bytes()[..], &vec![i as u8; size]].concat()
}

fn number(bytes: &[u8]) -> u32 {
    let i = u32::from_be_bytes(bytes[..4].try_into().unwrap());
    assert!(bytes == record(i), "record {i} is torn");
    i
}

/// What another process does. Not a test by itself: [`command`] runs it.
#[test]
fn in_another_process() {
    let (Ok(job), Some(directory)) = (std::env::var(JOB), std::env::var_os(DIRECTORY)) else { return };
    let directory = PathBuf::from(directory);
    let lease = || Checkpoints::open(directory.clone()).unwrap().lease("a1");
    let tell = |text: &str| println!("\n> {text}");
    match job.as_str() {
        "save" => {
            let lease = lease().unwrap();
            let first = lease.load().unwrap().map_or(0, |record| number(&record));
            for i in first + 1.. {
                lease.save(&record(i)).unwrap();
                tell(&i.to_string());
            }
        }
        "hold" => {
            let _lease: Lease = lease().unwrap();
            tell("held");
            std::io::stdin().read_to_end(&mut Vec::new()).unwrap();
        }
        "save much" => {
            let lease = lease().unwrap();
            tell(&lease.save(&vec![b'x'; 1 << 20]).unwrap_err().to_string());
            lease.save(b"a small one").unwrap();
        }
        "denied" => {
            tell(&LocalFile::open(&directory.join("lesson.mp4")).unwrap_err().to_string());
            tell(&lease().unwrap_err().to_string());
            tell(&Checkpoints::open(directory.join("inner")).unwrap_err().to_string());
            tell(&Checkpoints::open(directory.join("closed/inner")).unwrap_err().to_string());
            tell(&Checkpoints::open(directory.join("closed")).unwrap().list().unwrap_err().to_string());
            let listed = Checkpoints::open(directory).unwrap().list().unwrap();
            tell(&listed[0].1.as_ref().unwrap_err().to_string());
        }
        other => panic!("no such job: {other}"),
    }
}

/// This test binary as another process.
fn job(mut command: Command, job: &str, directory: &Path) -> Child {
    command.args(["--exact", "in_another_process", "--nocapture"]).env(JOB, job).env(DIRECTORY, directory);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap()
}

fn this_binary() -> PathBuf {
    std::env::current_exe().unwrap()
}

/// What it tells, line by line.
fn told(child: &mut Child) -> impl Iterator<Item = String> + use<> {
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    lines.filter_map(|line| line.unwrap().strip_prefix("> ").map(str::to_owned))
}

#[test]
fn killed_at_any_moment() {
    let directory = tempfile::tempdir().unwrap();
    let checkpoints = Checkpoints::open(directory.path().to_owned()).unwrap();
    let mut saved = 0;
    for round in 0..30 {
        let mut child = job(Command::new(this_binary()), "save", directory.path());
        let mut told = told(&mut child);
        let mut last: Vec<_> = told.by_ref().take(round % 7).collect();
        child.kill().unwrap();
        child.wait().unwrap();
        last.extend(told);
        // What it saved is there, or the next, of which it could not tell any more.
        let last = last.last().map_or(saved, |last| last.parse().unwrap());
        let lease = checkpoints.lease("a1").expect("the lock went with its holder");
        let there = lease.load().unwrap().map_or(0, |record| number(&record));
        assert!((last..=last + 1).contains(&there), "record {there}, and {last} was saved");
        saved = there;
    }
    assert!(saved > 30, "each round but the first goes on where the last one ended");
}

#[test]
fn another_process_has_it() {
    let directory = tempfile::tempdir().unwrap();
    let checkpoints = Checkpoints::open(directory.path().to_owned()).unwrap();
    for killed in [false, true] {
        let mut child = job(Command::new(this_binary()), "hold", directory.path());
        let mut told = told(&mut child);
        assert_eq!(told.next().unwrap(), "held");
        assert!(matches!(checkpoints.lease("a1"), Err(LeaseError::Busy { .. })));
        checkpoints.lease("a2").unwrap();
        if killed {
            child.kill().unwrap();
        } else {
            drop(child.stdin.take());
        }
        assert_eq!(child.wait().unwrap().success(), !killed);
        assert_eq!(directory.path().join("a1.lock").exists(), killed, "who is killed can't clean up");
        checkpoints.lease("a1").unwrap();
        assert!(!directory.path().join("a1.lock").exists());
    }
}

/// A limit on the size of files stands for a disk that is full: the write fails after some bytes.
#[test]
fn no_space() {
    let directory = tempfile::tempdir().unwrap();
    let checkpoints = Checkpoints::open(directory.path().to_owned()).unwrap();
    checkpoints.lease("a1").unwrap().save(b"the old one").unwrap();
    let mut limited = Command::new("sh");
    limited.args(["-c", "trap '' XFSZ; ulimit -f 8; exec \"$0\" \"$@\""]).arg(this_binary());
    let mut child = job(limited, "save much", directory.path());
    let told: Vec<_> = told(&mut child).collect();
    assert!(child.wait().unwrap().success());
    let [error] = &told[..] else { panic!("{told:?}") };
    assert!(
        error.starts_with(&format!("cannot write {}: ", directory.path().join("a1.new").display())),
        "{error}"
    );
    assert!(!directory.path().join("a1.new").exists(), "its space is given back");
    assert_eq!(
        checkpoints.lease("a1").unwrap().load().unwrap().unwrap(),
        b"a small one",
        "and the lease goes on"
    );
}

#[test]
fn no_permission() {
    let root = tempfile::tempdir().unwrap();
    let mode = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    let (directory, closed) = (root.path().join("uploads"), root.path().join("uploads/closed"));
    fs::create_dir_all(&closed).unwrap();
    let (video, record) = (directory.join("lesson.mp4"), directory.join("a2.json"));
    for file in [&video, &record] {
        fs::write(file, "secret").unwrap();
        mode(file, 0);
    }
    // Nothing is denied to root: the other process is nobody, who must be able to run this binary.
    let mut other = if fs::metadata(root.path()).unwrap().uid() == 0 {
        let binary = root.path().join("binary");
        // Copied by another process: while this one had it open for writing, a child that another test starts
        // at that moment would keep it busy.
        assert!(Command::new("cp").arg(this_binary()).arg(&binary).status().unwrap().success());
        let mut other = Command::new(binary);
        other.uid(65534).gid(65534).current_dir("/");
        other
    } else {
        Command::new(this_binary())
    };
    other.stderr(Stdio::inherit());
    mode(root.path(), 0o755);
    mode(&closed, 0);
    mode(&directory, 0o555);
    let mut child = job(other, "denied", &directory);
    let told: Vec<_> = told(&mut child).collect();
    mode(&directory, 0o700);
    mode(&closed, 0o700);
    assert!(child.wait().unwrap().success());

    let denied = std::io::Error::from(ErrorKind::PermissionDenied).to_string();
    let expected = [
        (video, "open"),
        (directory.join("a1.lock"), "create"),
        (directory.join("inner"), "create"),
        (closed.join("inner"), "create"),
        (closed, "list"),
        (record, "open"),
    ];
    assert_eq!(told.len(), expected.len(), "{told:?}");
    for (told, (path, verb)) in told.iter().zip(expected) {
        let begin = format!("cannot {verb} {}: ", path.display());
        assert!(told.to_lowercase().starts_with(&format!("{begin}{denied}").to_lowercase()), "{told}");
    }
}
