//! The schema of a journal in PostgreSQL, and its migrations.

use super::errors;
use crate::JournalError;
use postgres::Client;

/// Migrations in their order; the number of a schema is how many of them it has. One that was released is
/// never changed.
const MIGRATIONS: &[&str] = &[include_str!("schema.sql")];

/// The advisory lock of those that migrate: `vodj`.
const LOCK: i64 = 0x766f_646a;

const VERSIONS: &str = "CREATE TABLE IF NOT EXISTS schema_data (
    version BIGINT PRIMARY KEY, made_at TIMESTAMPTZ NOT NULL DEFAULT now());
    COMMENT ON TABLE schema_data IS 'The migrations that this journal has.'";

/// Brings the journal to this version's schema. A role that may only read and write tables is enough where
/// there is nothing to do.
pub(super) fn migrate(client: &mut Client, place: &str) -> Result<(), JournalError> {
    let known = MIGRATIONS.len() as u32;
    let failed = |error| errors::database("open", place, error);
    let has_versions =
        client.query_one("SELECT to_regclass('schema_data') IS NOT NULL", &[]).map_err(failed)?.get(0);
    let version = "SELECT coalesce(max(version), 0) FROM schema_data";
    let check = |found: i64| {
        let found = u32::try_from(found).unwrap_or(u32::MAX);
        let place = place.to_owned();
        if found > known { Err(JournalError::Newer { place, found, known }) } else { Ok(found) }
    };
    if has_versions {
        let found = check(client.query_one(version, &[]).map_err(failed)?.get(0))?;
        if found == known {
            return Ok(());
        }
    }
    // Another client may do the same: what counts is what is found with the lock.
    let mut transaction = client.transaction().map_err(failed)?;
    transaction.execute("SELECT pg_advisory_xact_lock($1)", &[&LOCK]).map_err(failed)?;
    transaction.batch_execute(VERSIONS).map_err(failed)?;
    let found = check(transaction.query_one(version, &[]).map_err(failed)?.get(0))?;
    for (number, migration) in (1i64..).zip(MIGRATIONS).skip(found as usize) {
        transaction.batch_execute(migration).map_err(failed)?;
        transaction.execute("INSERT INTO schema_data (version) VALUES ($1)", &[&number]).map_err(failed)?;
    }
    transaction.commit().map_err(failed)
}
