//! The shared rate among threads and processes: some are killed, some are stopped, some have no space, and
//! some find another file where theirs should be.
#![cfg(unix)]

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;
use std::thread;
use std::time::Duration;
use vod_core::call::{Call, Outcome};
use vod_core::operation::Provider;
use vod_core::rate::Rate;
use vod_core::{Endpoint, Error, Operation, polyv};
use vod_driver::{CallDriver, CallTask, ClientState, Settings, now};

const JOB: &str = "VOD_RATE_TEST_JOB";
const FILE: &str = "VOD_RATE_TEST_FILE";
/// What a worker of [`in_another_process`] does.
const THREADS: usize = 3;
const CALLS: usize = 20;

/// So few at once that the bucket is empty almost always.
const RATE: Rate = Rate::new(5, Duration::from_millis(3));
/// One call, and no other while a test runs.
const ONE: Rate = Rate::new(1, Duration::from_secs(3_600));

fn client_at(endpoint: &str, file: &Path, rate: Rate) -> ClientState {
    let account =
        polyv::Credentials::new("d41c0b6f2a", "a key").with_endpoint(Endpoint::parse(endpoint).unwrap());
    let mut settings = Settings::new(account.into());
    settings.shared = settings.shared.with_rate(Provider::Polyv, Some(rate));
    settings.shared_rate = Some(file.to_owned());
    settings.build(None).unwrap()
}

fn client(file: &Path, rate: Rate) -> ClientState {
    client_at("http://127.0.0.1:9", file, rate)
}

fn problem(client: &ClientState) -> Option<String> {
    client.shared_rate().unwrap().problem().map(str::to_owned)
}

fn call(client: &ClientState) -> CallDriver<'_, 'static> {
    static LIST: LazyLock<polyv::sync::ListTasks> = LazyLock::new(polyv::sync::ListTasks::new);
    client.drive(Call::new(polyv::sync::ListTasks::INFO, LIST.values(), now()).unwrap())
}

/// Waits as a transport does, until a call may be sent. Returns the time that it is dated with: that of the
/// decision.
fn granted(call: &mut CallDriver<'_, '_>) -> i64 {
    loop {
        match call.next_task() {
            CallTask::Send(attempt) => {
                let query = attempt.request.uri().query().unwrap();
                let time = query.split('&').find_map(|field| field.strip_prefix("ptime=")).unwrap();
                return time.parse().unwrap();
            }
            CallTask::Wait(wait) => thread::sleep(wait),
            CallTask::Done(result) => panic!("{result:?}"),
        }
    }
}

/// Whether a call may be sent at once, once nobody else is deciding.
fn is_free(client: &ClientState) -> bool {
    let mut call = call(client);
    loop {
        match call.next_task() {
            CallTask::Send(_) => return true,
            CallTask::Wait(wait) if wait <= Duration::from_millis(1) => thread::sleep(wait),
            CallTask::Wait(_) => return false,
            CallTask::Done(result) => panic!("{result:?}"),
        }
    }
}

/// What another process does. Not a test by itself: [`job`] runs it.
#[test]
fn in_another_process() {
    let (Ok(job), Some(file)) = (std::env::var(JOB), std::env::var_os(FILE)) else { return };
    let file = PathBuf::from(file);
    let tell = |text: &str| println!("\n> {text}");
    match job.as_str() {
        "call" => {
            let client = client(&file, RATE);
            let times: Vec<i64> = thread::scope(|scope| {
                let thread = || (0..CALLS).map(|_| granted(&mut call(&client))).collect::<Vec<_>>();
                let threads: Vec<_> = (0..THREADS).map(|_| scope.spawn(thread)).collect();
                threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
            });
            assert_eq!(problem(&client), None);
            times.iter().for_each(|time| tell(&time.to_string()));
        }
        "hold" => {
            let file = File::open(file).unwrap();
            file.lock().unwrap();
            tell("held");
            std::io::stdin().read_to_end(&mut Vec::new()).unwrap();
        }
        "alone" => {
            let client = client(&file, ONE);
            tell(&problem(&client).unwrap());
            assert!(is_free(&client) && !is_free(&client), "it keeps to the limit alone");
        }
        other => panic!("no such job: {other}"),
    }
}

/// This test binary as another process.
fn job(mut command: Command, job: &str, file: &Path) -> Child {
    command.args(["--exact", "in_another_process", "--nocapture"]).env(JOB, job).env(FILE, file);
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
fn processes_and_threads_keep_one_limit_together() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("vod").join("rate");
    let mut children: Vec<_> = (0..4).map(|_| job(Command::new(this_binary()), "call", &file)).collect();
    let mut times: Vec<i64> = children.iter_mut().flat_map(told).map(|time| time.parse().unwrap()).collect();
    assert!(children.iter_mut().all(|child| child.wait().unwrap().success()));
    assert_eq!(times.len(), 4 * THREADS * CALLS, "each call had its turn");
    times.sort_unstable();
    let interval = RATE.interval.as_millis() as i64;
    for (i, first) in times.iter().enumerate() {
        for (j, last) in times.iter().enumerate().skip(i) {
            let most = i64::from(RATE.burst) + (last - first) / interval;
            let granted = (j - i + 1) as i64;
            assert!(granted <= most, "{granted} calls in {} ms, at most {most}", last - first);
        }
    }
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&file), mode(file.parent().unwrap())), (0o600, 0o700));
}

#[test]
fn a_killed_holder_delays_nobody() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("rate");
    let client = client(&file, ONE);
    let mut child = job(Command::new(this_binary()), "hold", &file);
    assert_eq!(told(&mut child).next().unwrap(), "held");
    let mut call = call(&client);
    assert!(matches!(call.next_task(), CallTask::Wait(wait) if wait <= Duration::from_millis(1)));
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(matches!(call.next_task(), CallTask::Send(_)), "the lock went with its holder");
}

#[test]
fn a_stopped_holder_is_passed_over_and_the_limit_is_kept() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("rate");
    let (one, other) = (client(&file, ONE), client(&file, ONE));
    let holder = File::open(&file).unwrap();
    holder.lock().unwrap();
    granted(&mut call(&one));
    assert!(!is_free(&other), "it has read what the first one wrote");
    drop(holder);
    assert!(!is_free(&client(&file, ONE)));
    assert_eq!((problem(&one), problem(&other)), (None, None));
}

#[test]
fn a_block_is_shared_and_endpoints_are_not() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("rate");
    let (one, other) = (client(&file, RATE), client(&file, RATE));
    let elsewhere = client_at("http://127.0.0.1:10", &file, RATE);
    let mut refused = call(&one);
    granted(&mut refused);
    let answer = http::Response::builder().status(429).header("Retry-After", "300").body("".into()).unwrap();
    refused.done(Outcome::Answer(answer));
    // The total time of a call is shorter than the block.
    assert!(matches!(refused.next_task(), CallTask::Done(Err(_))));
    match call(&other).next_task() {
        CallTask::Done(Err(Error::Refused(refused))) => {
            assert!(refused.message.contains("nothing was sent"), "{refused:?}");
        }
        task => panic!("{task:?}"),
    }
    assert!(is_free(&elsewhere));
}

#[test]
fn a_file_that_is_damaged_removed_or_replaced() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("rate");
    let one = client(&file, ONE);
    assert!(is_free(&one));
    assert!(format!("{one:?}").contains(file.to_str().unwrap()), "{one:?}");
    let whole = fs::read(&file).unwrap();
    // Cut, cleared and overwritten. A client that knows the limit still keeps to it.
    for damaged in [&whole[..20], b"", &[0; 2056], &[&whole[..9], &[7; 2047]].concat()] {
        fs::write(&file, damaged).unwrap();
        assert!(!is_free(&one));
        assert!(is_free(&client(&file, ONE)));
        assert!(!is_free(&client(&file, ONE)));
        assert_eq!(fs::metadata(&file).unwrap().len(), 2056);
    }
    // One that has the old file open notices that it has no name any more.
    let old = client(&file, RATE);
    granted(&mut call(&old));
    fs::remove_file(&file).unwrap();
    granted(&mut call(&old));
    assert_eq!(fs::metadata(&file).unwrap().len(), 2056);
    assert_eq!(problem(&old), None);
}

#[test]
fn what_is_no_rate_file_is_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    let at = |name: &str| directory.path().join(name);
    fs::write(at("letter"), "Dear Sir or Madam").unwrap();
    fs::write(at("video"), vec![0; 5_000]).unwrap();
    fs::write(at("newer"), "vodrate2").unwrap();
    fs::write(at("target"), "").unwrap();
    std::os::unix::fs::symlink(at("target"), at("link")).unwrap();
    std::os::unix::fs::symlink(at("nowhere"), at("dangling")).unwrap();
    fs::create_dir(at("directory")).unwrap();
    for (name, got) in [
        ("letter", "got another one"),
        ("video", "got another one"),
        ("newer", "got another one"),
        ("link", "got a symbolic link"),
        ("dangling", "got a symbolic link"),
        ("directory", "got something else than a file"),
        ("letter/rate", "ot a directory"),
    ] {
        let client = client(&at(name), ONE);
        let problem = problem(&client).unwrap();
        assert!(problem.starts_with("cannot ") && problem.contains(got), "{problem}");
        assert!(problem.ends_with("; this process keeps to the rate limits alone"), "{problem}");
        assert!(is_free(&client) && !is_free(&client));
    }
    assert!(problem(&client(Path::new("/dev/full"), ONE)).unwrap().contains("something else than a file"));
    assert_eq!(fs::read(at("letter")).unwrap(), b"Dear Sir or Madam");
    assert_eq!(fs::read(at("newer")).unwrap(), b"vodrate2");
    assert_eq!(fs::metadata(at("target")).unwrap().len(), 0);
    assert!(!at("nowhere").exists());
}

/// A limit on the size of files stands for a disk that is full.
#[test]
fn no_space() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("rate");
    let mut limited = Command::new("sh");
    limited.args(["-c", "trap '' XFSZ; ulimit -f 1; exec \"$0\" \"$@\""]).arg(this_binary());
    let mut child = job(limited, "alone", &file);
    let told: Vec<_> = told(&mut child).collect();
    assert!(child.wait().unwrap().success());
    assert!(told[0].starts_with(&format!("cannot write {}: ", file.display())), "{told:?}");
}

#[test]
fn no_permission() {
    let root = tempfile::tempdir().unwrap();
    let mode = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    let directory = root.path().join("state");
    fs::create_dir(&directory).unwrap();
    // Nothing is denied to root: the other process is nobody, who must be able to run this binary.
    let binary = root.path().join("binary");
    assert!(Command::new("cp").arg(this_binary()).arg(&binary).status().unwrap().success());
    let as_nobody = || {
        let mut other = Command::new(&binary);
        if std::os::unix::fs::MetadataExt::uid(&fs::metadata(root.path()).unwrap()) == 0 {
            std::os::unix::process::CommandExt::uid(&mut other, 65534);
            std::os::unix::process::CommandExt::gid(&mut other, 65534);
        }
        other.current_dir("/");
        other
    };
    mode(root.path(), 0o755);
    fs::write(directory.join("rate"), "").unwrap();
    mode(&directory.join("rate"), 0o400);
    mode(&directory, 0o555);
    for (file, verb) in [("rate", "open"), ("none", "create"), ("inner/rate", "create")] {
        let file = directory.join(file);
        let mut child = job(as_nobody(), "alone", &file);
        let told: Vec<_> = told(&mut child).collect();
        assert!(child.wait().unwrap().success());
        assert!(told[0].starts_with(&format!("cannot {verb} {}", directory.display())), "{told:?}");
    }
    mode(&directory, 0o700);
}
