//! What can happen to a journal in a file.

use super::*;
use crate::{PlanRow, RowState};
use rusqlite::ffi;
use std::fs;
use std::io::{Seek as _, SeekFrom, Write as _};
use vod_core::import::{KeyBy, OrderOutcome, RowKey};
use vod_core::polyv::upload::UploadInfo;

const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);

struct Scratch(tempfile::TempDir);

impl Scratch {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("journal.db")
    }

    fn open(&self) -> Result<SqliteJournal, JournalError> {
        SqliteJournal::open_with(self.path(), Duration::from_millis(50))
    }
}

fn rows(lines: std::ops::Range<u64>) -> Vec<PlanRow> {
    let row = |line| {
        let info = UploadInfo::new(format!("https://cdn.example.com/{line}.mp4"), format!("lesson {line}"));
        PlanRow { line, key: Ok(RowKey::new(KeyBy::Row, &info)), info }
    };
    lines.map(row).collect()
}

/// Plans rows in an import, without ending the reading.
fn plan(journal: &mut SqliteJournal, lines: std::ops::Range<u64>) -> Result<ImportId, JournalError> {
    let import = Journal::open(journal, "lessons", NOW)?.id;
    let reading = journal.begin(import, NOW)?;
    journal.plan(import, reading, &Plan { rows: &rows(lines), template: "{}", per_order: 10 })?;
    Ok(import)
}

fn claim(journal: &mut SqliteJournal, import: ImportId) -> Result<Vec<ClaimedOrder>, JournalError> {
    let mut write = Write::default();
    (write.claim, write.signed_at) = (1, NOW);
    journal.write(import, &write, NOW)
}

#[test]
fn a_newer_schema_is_left_alone() {
    let scratch = Scratch::new();
    scratch.open().unwrap().connection.pragma_update(None, "user_version", 7).unwrap();
    let before = fs::read(scratch.path()).unwrap();
    let error = scratch.open().unwrap_err();
    assert!(matches!(error, JournalError::Newer { found: 7, known: 1, .. }), "{error:?}");
    assert!(!error.is_retryable());
    assert!(error.to_string().contains("expected a journal of schema 1 or older, got 7"), "{error}");
    assert_eq!(fs::read(scratch.path()).unwrap(), before);
}

#[test]
fn other_files_are_left_alone() {
    let scratch = Scratch::new();
    fs::write(scratch.path(), "fileUrl,title\n".repeat(100)).unwrap();
    let before = fs::read(scratch.path()).unwrap();
    let error = scratch.open().unwrap_err();
    assert!(error.to_string().ends_with("expected a journal, got a file that is no database"), "{error}");
    assert!(!error.is_retryable());
    assert_eq!(fs::read(scratch.path()).unwrap(), before);

    let scratch = Scratch::new();
    let other = Connection::open(scratch.path()).unwrap();
    other.execute_batch("CREATE TABLE songs (name TEXT)").unwrap();
    drop(other);
    let before = fs::read(scratch.path()).unwrap();
    let error = scratch.open().unwrap_err();
    assert!(
        error.to_string().ends_with("expected a journal, got the database of another program"),
        "{error}"
    );
    assert_eq!(fs::read(scratch.path()).unwrap(), before);

    let scratch = Scratch::new();
    fs::create_dir(scratch.path()).unwrap();
    assert!(matches!(scratch.open(), Err(JournalError::Database { doing: "open", .. })));
}

#[test]
fn torn_files_are_said_to_be_damaged() {
    let scratch = Scratch::new();
    plan(&mut scratch.open().unwrap(), 1..5_000).unwrap();
    let whole = fs::read(scratch.path()).unwrap();
    let used = |scratch: &Scratch| {
        let mut journal = scratch.open()?;
        let import = Journal::open(&mut journal, "lessons", NOW)?.id;
        claim(&mut journal, import)?;
        let query = RowQuery { reading: None, states: &[], after: (0, 0), limit: u32::MAX };
        journal.rows(import, &query)
    };
    assert_eq!(used(&scratch).unwrap().len(), 4_999);
    let damaged = |result: Result<Vec<RowRecord>, JournalError>, what: &str| {
        let error = result.expect_err(what);
        assert!(matches!(error, JournalError::Damaged { .. }), "{what}: {error:?}");
    };
    for length in [whole.len() / 2, 4096, 1000] {
        fs::write(scratch.path(), &whole[..length]).unwrap();
        damaged(used(&scratch), &format!("the first {length} bytes"));
    }
    // Bytes of another file in the middle: every page but the first.
    fs::write(scratch.path(), &whole).unwrap();
    let mut file = OpenOptions::new().write(true).open(scratch.path()).unwrap();
    file.seek(SeekFrom::Start(4096)).unwrap();
    file.write_all(&vec![0xa5; whole.len() - 4096]).unwrap();
    damaged(used(&scratch), "overwritten pages");
    fs::write(scratch.path(), &whole).unwrap();
    assert_eq!(used(&scratch).unwrap().len(), 4_999);
    // A state that no order has.
    let journal = scratch.open().unwrap();
    journal
        .connection
        .execute_batch("PRAGMA ignore_check_constraints = 1; UPDATE order_data SET state = 'lost'")
        .unwrap();
    drop(journal);
    damaged(used(&scratch), "an unknown state");
}

#[test]
fn a_full_disk_loses_nothing() {
    let scratch = Scratch::new();
    let mut journal = scratch.open().unwrap();
    let import = plan(&mut journal, 1..100).unwrap();
    let before = journal.counts(import, None).unwrap();
    journal.connection.pragma_update(None, "max_page_count", 40).unwrap();
    let error = plan(&mut journal, 1..10_000).unwrap_err();
    assert!(matches!(error, JournalError::Full { .. }) && error.is_retryable(), "{error:?}");
    assert_eq!(journal.counts(import, None).unwrap(), before, "nothing of the call was written");
    assert_eq!(claim(&mut journal, import).unwrap().len(), 1, "what needs no space goes on");
    journal.connection.pragma_update(None, "max_page_count", 1 << 20).unwrap();
    plan(&mut journal, 1..10_000).unwrap();
    assert_eq!(journal.counts(import, None).unwrap().rows(), 9_999);
}

#[test]
fn a_locked_journal_is_waited_for() {
    let scratch = Scratch::new();
    let mut journal = scratch.open().unwrap();
    let import = plan(&mut journal, 1..100).unwrap();
    let other = Connection::open(scratch.path()).unwrap();
    other.execute_batch("BEGIN EXCLUSIVE").unwrap();
    let error = claim(&mut journal, import).unwrap_err();
    assert!(matches!(error, JournalError::Locked { .. }) && error.is_retryable(), "{error:?}");
    assert_eq!(journal.counts(import, None).unwrap().rows(), 99, "it can be read");
    other.execute_batch("ROLLBACK").unwrap();
    assert_eq!(claim(&mut journal, import).unwrap().len(), 1);
    // One whose lock ends in time holds up nothing.
    other.execute_batch("BEGIN EXCLUSIVE").unwrap();
    let mut patient = SqliteJournal::open(scratch.path()).unwrap();
    std::thread::scope(|scope| {
        let claimed = scope.spawn(|| claim(&mut patient, import));
        other.execute_batch("COMMIT").unwrap();
        assert_eq!(claimed.join().unwrap().unwrap().len(), 1);
    });
}

#[test]
fn what_cannot_be_written_says_so() {
    let scratch = Scratch::new();
    let mut journal = scratch.open().unwrap();
    let import = plan(&mut journal, 1..100).unwrap();
    // As on a file system that became read-only.
    journal.connection.pragma_update(None, "query_only", true).unwrap();
    let error = claim(&mut journal, import).unwrap_err();
    assert!(matches!(error, JournalError::ReadOnly { .. }) && !error.is_retryable(), "{error:?}");
    for kind in [std::io::ErrorKind::PermissionDenied, std::io::ErrorKind::ReadOnlyFilesystem] {
        let error = errors::file("open", &scratch.path(), kind.into());
        assert!(matches!(error, JournalError::ReadOnly { .. }), "{kind}");
    }
}

/// The user of this process may be one that permissions do not hold for. So the test runs itself as another.
#[cfg(unix)]
#[test]
fn a_directory_without_permission() {
    use std::os::unix::fs::PermissionsExt as _;
    use std::os::unix::process::CommandExt as _;
    const PLACE: &str = "VOD_TEST_READ_ONLY";
    if let Some(place) = std::env::var_os(PLACE) {
        for name in ["locked/journal.db", "open/journal.db", "beside/journal.db"] {
            let error = SqliteJournal::open(Path::new(&place).join(name)).unwrap_err();
            assert!(matches!(error, JournalError::ReadOnly { .. }), "{name}: {error:?}");
        }
        return;
    }
    let scratch = Scratch::new();
    let place = scratch.0.path();
    let mode = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    mode(place, 0o755);
    // A directory in which nothing can be made; a file that can only be read; and one that can be written,
    // but not the log beside it.
    for (name, file, directory) in [("locked", 0, 0o555), ("open", 0o444, 0o777), ("beside", 0o666, 0o555)] {
        let path = place.join(name).join("journal.db");
        fs::create_dir(place.join(name)).unwrap();
        if file > 0 {
            drop(SqliteJournal::open(&path).unwrap());
            mode(&path, file);
        }
        mode(&place.join(name), directory);
    }
    let program = place.join("test");
    fs::copy(std::env::current_exe().unwrap(), &program).unwrap();
    let mut command = std::process::Command::new(&program);
    command.args(["--exact", "sqlite::tests::a_directory_without_permission"]).env(PLACE, place);
    if fs::write(place.join("locked/probe"), "").is_ok() {
        command.uid(65_534).gid(65_534);
    }
    let output = command.current_dir("/").output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    assert!(String::from_utf8_lossy(&output.stdout).contains("1 passed"), "the test ran");
}

#[cfg(unix)]
#[test]
fn only_this_user_can_read_it() {
    use std::os::unix::fs::PermissionsExt as _;
    let scratch = Scratch::new();
    let path = scratch.0.path().join("state/vod/journal.db");
    let mut journal = SqliteJournal::open(&path).unwrap();
    let import = plan(&mut journal, 1..10).unwrap();
    journal.hold(import).unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    for entry in fs::read_dir(path.parent().unwrap()).unwrap() {
        let entry = entry.unwrap().path();
        assert_eq!(mode(&entry), 0o600, "{}", entry.display());
    }
    assert_eq!(mode(path.parent().unwrap()), 0o700);
    assert_eq!(mode(&scratch.0.path().join("state")), 0o700);
}

/// The files as a process leaves them that is killed between two calls, and in the middle of one.
#[test]
fn a_killed_process_leaves_what_it_wrote() {
    let scratch = Scratch::new();
    let mut journal = scratch.open().unwrap();
    let import = plan(&mut journal, 1..21).unwrap();
    let order = claim(&mut journal, import).unwrap()[0].claimed.order;
    let transaction = journal.connection.transaction_with_behavior(TransactionBehavior::Immediate).unwrap();
    let mut write = Write::default();
    write.outcomes.push((order, OrderOutcome::Accepted));
    (write.claim, write.signed_at) = (1, NOW);
    assert_eq!(orders::write(&transaction, import, &write, NOW).unwrap().len(), 1);
    transaction.cache_flush().unwrap();
    // The log has pages of the transaction, and no end of it.
    let copy = Scratch::new();
    for name in ["journal.db", "journal.db-wal"] {
        fs::copy(scratch.0.path().join(name), copy.0.path().join(name)).unwrap();
    }
    drop(transaction);
    for scratch in [&scratch, &copy] {
        let mut journal = scratch.open().unwrap();
        let open = journal.open_orders(import).unwrap();
        assert_eq!(open.iter().map(|order| order.order).collect::<Vec<_>>(), [order]);
        let counts = journal.counts(import, None).unwrap();
        assert_eq!((counts.of(RowState::Sending), counts.of(RowState::Planned)), (10, 10));
        assert_eq!(claim(&mut journal, import).unwrap().len(), 1);
        let check: String =
            journal.connection.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
        assert_eq!(check, "ok");
    }
}

#[test]
fn the_holder_is_named() {
    let scratch = Scratch::new();
    let (mut one, mut other) = (scratch.open().unwrap(), scratch.open().unwrap());
    let import = plan(&mut one, 1..10).unwrap();
    one.hold(import).unwrap();
    let error = other.hold(import).unwrap_err();
    let expected = format!(
        "the import lessons is in use by process {}; wait until it ends, or join it as a worker",
        std::process::id()
    );
    assert_eq!(error.to_string(), expected);
    one.forget(import).unwrap();
    let left = fs::read_dir(scratch.0.path()).unwrap().filter(|entry| {
        entry.as_ref().unwrap().path().extension().is_some_and(|extension| extension == "lock")
    });
    assert_eq!(left.count(), 0);
}

/// What people see in `sqlite3`.
#[test]
fn views_say_the_same() {
    let scratch = Scratch::new();
    let mut journal = scratch.open().unwrap();
    let import = plan(&mut journal, 1..25).unwrap();
    let order = claim(&mut journal, import).unwrap();
    let row = |sql: &str| {
        let text = |row: &Row<'_>| {
            let columns = row.as_ref().column_count();
            (0..columns)
                .map(|at| Ok(format!("{:?}", row.get::<_, rusqlite::types::Value>(at)?)))
                .collect::<rusqlite::Result<Vec<_>>>()
        };
        scratch.open().unwrap().connection.query_row(sql, [], text).unwrap().join(" ")
    };
    assert_eq!(
        row("SELECT name, planned, sending, accepted, created_at FROM imports"),
        r#"Text("lessons") Integer(14) Integer(10) Integer(0) Text("2023-11-14T22:13:20Z")"#
    );
    assert_eq!(
        row("SELECT number, import, state, rows, sent_at FROM orders"),
        r#"Integer(1) Text("lessons") Text("sending") Integer(10) Text("2023-11-14T22:13:20Z")"#
    );
    let state = order[0].rows[0].state.as_deref().unwrap();
    assert_eq!(
        row("SELECT line, outcome, state FROM rows"),
        format!(r#"Integer(1) Text("sending") Text("{state}")"#)
    );
}

#[test]
fn errors_go_by_their_codes() {
    let error = |code| {
        let error = rusqlite::Error::SqliteFailure(ffi::Error::new(code), None);
        errors::database("write", Path::new("j"), error)
    };
    assert!(matches!(error(ffi::SQLITE_BUSY_SNAPSHOT), JournalError::Locked { .. }));
    assert!(matches!(error(ffi::SQLITE_READONLY_DIRECTORY), JournalError::ReadOnly { .. }));
    assert!(matches!(error(ffi::SQLITE_READONLY_DBMOVED), JournalError::Database { .. }));
    assert!(matches!(error(ffi::SQLITE_CORRUPT_VTAB), JournalError::Damaged { .. }));
    assert!(matches!(error(ffi::SQLITE_IOERR_WRITE), JournalError::Database { doing: "write", .. }));
}
