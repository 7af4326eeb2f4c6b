//! The suite of journals on PostgreSQL. Without `VOD_TEST_POSTGRES`, the URL of a server on which databases
//! may be made, nothing is tested; `cargo xtask check postgres` starts one.
#![cfg(feature = "postgres")]

mod journal_suite;

use journal_suite::{Desk, Open, at, rows};
use postgres::{Client, NoTls};
use std::io::Write as _;
use std::sync::atomic::{AtomicU32, Ordering};
use vod_core::import::Write;
use vod_import::{JournalError, PostgresJournal};

/// A database for one test, dropped afterwards.
struct Database {
    server: String,
    name: String,
}

impl Database {
    fn new(server: String) -> Self {
        static MADE: AtomicU32 = AtomicU32::new(0);
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        let database = Self { server, name: format!("vod_{}_{number}", std::process::id()) };
        database.admin(&format!("CREATE DATABASE {}", database.name));
        database
    }

    fn admin(&self, sql: &str) {
        Client::connect(&self.server, NoTls).unwrap().batch_execute(sql).unwrap();
    }

    fn url(&self) -> String {
        format!("{} dbname={}", self.server, self.name)
    }

    fn open(&self) -> PostgresJournal {
        PostgresJournal::connect(&self.url()).unwrap()
    }

    fn client(&self) -> Client {
        Client::connect(&self.url(), NoTls).unwrap()
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        self.admin(&format!("DROP DATABASE {} WITH (FORCE)", self.name));
    }
}

/// The test's database, if there is a server.
fn database() -> Option<Database> {
    match std::env::var("VOD_TEST_POSTGRES") {
        Ok(server) => Some(Database::new(server)),
        Err(_) => {
            // Past the capture of tests, so that it is seen.
            let _ =
                writeln!(std::io::stderr(), "skipped: no VOD_TEST_POSTGRES; try cargo xtask check postgres");
            None
        }
    }
}

fn fresh(test: impl Fn(Open<'_>)) {
    if let Some(database) = database() {
        test(&|| Box::new(database.open()));
    }
}

journal_suite!(crate::fresh);

fn claim(journal: &mut Desk) -> Result<usize, JournalError> {
    let mut write = Write::default();
    (write.claim, write.signed_at) = (1, at(10));
    journal.journal.write(journal.import, &write, at(10)).map(|orders| orders.len())
}

#[test]
fn a_lost_connection_is_made_again() {
    let Some(database) = database() else { return };
    let (mut one, mut other) =
        (Desk::new(&|| Box::new(database.open())), Desk::new(&|| Box::new(database.open())));
    one.read(&rows(1..=30), 10);
    one.journal.hold(one.import).unwrap();
    database
        .client()
        .batch_execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
             WHERE datname = current_database() AND pid <> pg_backend_pid()",
        )
        .unwrap();
    let error = claim(&mut one).unwrap_err();
    assert!(matches!(error, JournalError::Database { .. }) && error.is_retryable(), "{error:?}");
    assert_eq!(claim(&mut one).unwrap(), 1, "the next call connects again");
    assert_eq!(one.states().len(), 2);
    // And has what it held before.
    assert!(other.journal.hold(other.import).is_err(), "its connection was lost too");
    let error = other.journal.hold(other.import).unwrap_err();
    assert!(matches!(&error, JournalError::Held { by, .. } if by.contains("process")), "{error:?}");
}

#[test]
fn a_newer_schema_is_left_alone() {
    let Some(database) = database() else { return };
    drop(database.open());
    database.client().batch_execute("INSERT INTO schema_data (version) VALUES (7)").unwrap();
    let error = PostgresJournal::connect(&database.url()).unwrap_err();
    assert!(matches!(error, JournalError::Newer { found: 7, known: 1, .. }), "{error:?}");
}

#[test]
fn several_clients_may_be_the_first() {
    let Some(database) = database() else { return };
    std::thread::scope(|scope| {
        let clients: Vec<_> = (0..4).map(|_| scope.spawn(|| drop(database.open()))).collect();
        clients.into_iter().for_each(|client| client.join().unwrap());
    });
}

#[test]
fn a_lock_is_waited_for() {
    let Some(database) = database() else { return };
    let mut desk = Desk::new(&|| Box::new(database.open()));
    desk.read(&rows(1..=30), 10);
    let mut other = database.client();
    let mut transaction = other.transaction().unwrap();
    transaction.batch_execute("LOCK TABLE order_data IN ACCESS EXCLUSIVE MODE").unwrap();
    let error = claim(&mut desk).unwrap_err();
    assert!(matches!(error, JournalError::Locked { .. }) && error.is_retryable(), "{error:?}");
    transaction.rollback().unwrap();
    assert_eq!(claim(&mut desk).unwrap(), 1);
}

/// A role with the rights that the documentation names, and no others.
#[test]
fn few_rights_are_enough() {
    let Some(database) = database() else { return };
    drop(database.open());
    let role = format!("{}_worker", database.name);
    let mut client = database.client();
    client
        .batch_execute(&format!(
            "CREATE ROLE {role} LOGIN;
             GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role};
             GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {role};"
        ))
        .unwrap();
    let url = format!("{} user={role}", database.url());
    let mut desk = Desk::new(&|| Box::new(PostgresJournal::connect(&url).unwrap()));
    desk.accepted(&rows(1..=30), 10);
    desk.journal.forget(desk.import).unwrap();
    drop(desk);
    client.batch_execute(&format!("DROP OWNED BY {role}; DROP ROLE {role}")).unwrap();
}

#[test]
fn secrets_are_not_shown() {
    let url = "postgres://user:hunter2@127.0.0.1:1/lessons?connect_timeout=1";
    let error = PostgresJournal::connect(url).unwrap_err();
    let shown = format!("{error} {error:?}");
    assert!(shown.contains("postgres://127.0.0.1:1/lessons") && !shown.contains("hunter2"), "{shown}");
    let error = PostgresJournal::connect("postgres://user:hunter2@host/?what=1").unwrap_err();
    assert!(!format!("{error} {error:?}").contains("hunter2"), "{error:?}");
}
