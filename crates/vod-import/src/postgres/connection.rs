//! The connection: made when it is needed, made again when it was lost.

use super::{errors, schema};
use crate::JournalError;
use postgres::types::ToSql;
use postgres::{Client, Config, IsolationLevel, Row, Statement, Transaction};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio_postgres_rustls::MakeRustlsConnect;

/// A result within a transaction.
pub(super) type Sql<T> = Result<T, postgres::Error>;

/// How long a connection is waited for, unless the URL says otherwise.
const CONNECT_WITHIN: Duration = Duration::from_secs(10);

/// A lock of another client is waited for 5 seconds. A transaction is on the server's disk when it ends,
/// whatever the server's default is.
const SETTINGS: &str = "SET lock_timeout = '5s'; SET synchronous_commit = 'on'";

/// A connection to a journal.
pub(super) struct Connection {
    config: Config,
    /// The server and the database, without secrets.
    place: String,
    tls: MakeRustlsConnect,
    session: Option<Session>,
}

/// A connection that was made.
struct Session {
    client: Client,
    statements: HashMap<&'static str, Statement>,
}

impl Connection {
    pub(super) fn new(url: &str) -> Result<Self, JournalError> {
        let mut config: Config =
            url.parse().map_err(|error| errors::database("open", "PostgreSQL", error))?;
        let place = place(&config);
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(CONNECT_WITHIN);
        }
        if config.get_application_name().is_none() {
            config.application_name("vod");
        }
        let tls = tls().map_err(|source| JournalError::Database {
            doing: "open",
            place: place.clone(),
            source: source.into(),
        })?;
        Ok(Self { config, place, tls, session: None })
    }

    pub(super) fn place(&self) -> &str {
        &self.place
    }

    /// Connects if there is no connection. Returns whether it is a new one.
    pub(super) fn connect(&mut self) -> Result<bool, JournalError> {
        let is_new = self.session.as_ref().is_none_or(|session| session.client.is_closed());
        self.session().map(|_| is_new)
    }

    pub(super) fn close(&mut self) {
        self.session = None;
    }

    /// The connection, made if there is none.
    fn session(&mut self) -> Result<&mut Session, JournalError> {
        if let Some(session) = self.session.take_if(|session| !session.client.is_closed()) {
            return Ok(self.session.insert(session));
        }
        let failed = |error| errors::database("open", &self.place, error);
        let mut client = self.config.connect(self.tls.clone()).map_err(failed)?;
        client.batch_execute(SETTINGS).map_err(failed)?;
        schema::migrate(&mut client, &self.place)?;
        Ok(self.session.insert(Session { client, statements: HashMap::new() }))
    }

    /// One transaction.
    pub(super) fn transaction<T>(
        &mut self,
        doing: &'static str,
        run: impl FnOnce(&mut Work<'_>) -> Sql<T>,
    ) -> Result<T, JournalError> {
        let Session { client, statements } = self.session()?;
        let is_reading = doing == "read";
        let result = client
            .build_transaction()
            // What is read is of one moment; what is changed waits for the rows that others change.
            .isolation_level(if is_reading {
                IsolationLevel::RepeatableRead
            } else {
                IsolationLevel::ReadCommitted
            })
            .read_only(is_reading)
            .start()
            .and_then(|transaction| {
                let mut work = Work { transaction, statements };
                let result = run(&mut work)?;
                work.transaction.commit()?;
                Ok(result)
            });
        result.map_err(|error| {
            // The next call connects again.
            if error.is_closed() || self.session.as_ref().is_some_and(|session| session.client.is_closed()) {
                self.session = None;
            }
            errors::database(doing, &self.place, error)
        })
    }

    /// One statement without a transaction, on the connection that is there.
    pub(super) fn query(
        &mut self,
        sql: &'static str,
        values: &[&(dyn ToSql + Sync)],
    ) -> Result<Vec<Row>, JournalError> {
        self.session()?
            .client
            .query(sql, values)
            .map_err(|error| errors::database("read", &self.place, error))
    }
}

/// A transaction, with the statements that its connection has prepared.
pub(super) struct Work<'w> {
    transaction: Transaction<'w>,
    statements: &'w mut HashMap<&'static str, Statement>,
}

impl Work<'_> {
    fn statement(&mut self, sql: &'static str) -> Sql<Statement> {
        if let Some(statement) = self.statements.get(sql) {
            return Ok(statement.clone());
        }
        let statement = self.transaction.prepare(sql)?;
        self.statements.insert(sql, statement.clone());
        Ok(statement)
    }

    pub(super) fn execute(&mut self, sql: &'static str, values: &[&(dyn ToSql + Sync)]) -> Sql<u64> {
        let statement = self.statement(sql)?;
        self.transaction.execute(&statement, values)
    }

    pub(super) fn query(&mut self, sql: &'static str, values: &[&(dyn ToSql + Sync)]) -> Sql<Vec<Row>> {
        let statement = self.statement(sql)?;
        self.transaction.query(&statement, values)
    }

    pub(super) fn one(&mut self, sql: &'static str, values: &[&(dyn ToSql + Sync)]) -> Sql<Row> {
        let statement = self.statement(sql)?;
        self.transaction.query_one(&statement, values)
    }

    pub(super) fn optional(&mut self, sql: &'static str, values: &[&(dyn ToSql + Sync)]) -> Sql<Option<Row>> {
        let statement = self.statement(sql)?;
        self.transaction.query_opt(&statement, values)
    }
}

/// The server and the database of a URL, without its user and password.
fn place(config: &Config) -> String {
    use postgres::config::Host;
    let host = match config.get_hosts().first() {
        Some(Host::Tcp(host)) => host.clone(),
        #[cfg(unix)]
        Some(Host::Unix(path)) => path.display().to_string(),
        None => "localhost".to_owned(),
    };
    let port = config.get_ports().first().map_or(String::new(), |port| format!(":{port}"));
    format!("postgres://{host}{port}/{}", config.get_dbname().or(config.get_user()).unwrap_or_default())
}

/// TLS with the system's certificates, where the URL asks for it or the server offers it (`sslmode`).
fn tls() -> Result<MakeRustlsConnect, rustls::Error> {
    use rustls_platform_verifier::BuilderVerifierExt as _;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_platform_verifier()?
        .with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}
