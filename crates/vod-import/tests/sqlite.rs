//! The suite of journals on SQLite.

mod journal_suite;

use journal_suite::Open;
use vod_import::SqliteJournal;

fn fresh(test: impl Fn(Open<'_>)) {
    let scratch = tempfile::tempdir().unwrap();
    test(&|| Box::new(SqliteJournal::open(scratch.path().join("journal.db")).unwrap()));
}

journal_suite!(crate::fresh);
