//! The schema of a journal in SQLite, and its migrations.

use super::errors;
use crate::JournalError;
use rusqlite::{Connection, TransactionBehavior};
use std::path::Path;

/// What says that a database is a journal: `vodj`.
const APPLICATION: u32 = 0x766f_646a;

/// Migrations in their order; the number of a schema is how many of them it has. One that was released is
/// never changed.
const MIGRATIONS: &[&str] = &[include_str!("schema.sql")];

/// Brings the journal to this version's schema. Another program's database and that of a newer version are
/// left as they are.
pub(super) fn migrate(connection: &mut Connection, path: &Path) -> Result<(), JournalError> {
    let known = MIGRATIONS.len() as u32;
    let failed = |error| errors::database("open", path, error);
    if check(connection, path)? == known {
        return Ok(());
    }
    // Another process may do the same: what counts is what is found with the lock.
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(failed)?;
    let found = check(&transaction, path)?;
    for migration in &MIGRATIONS[found as usize..] {
        transaction.execute_batch(migration).map_err(failed)?;
    }
    transaction.pragma_update(None, "application_id", APPLICATION).map_err(failed)?;
    transaction.pragma_update(None, "user_version", known).map_err(failed)?;
    transaction.commit().map_err(failed)
}

/// The schema that was found, 0 for an empty database.
fn check(connection: &Connection, path: &Path) -> Result<u32, JournalError> {
    let failed = |error| errors::database("open", path, error);
    let number = |sql| connection.query_row(sql, [], |row| row.get::<_, u32>(0)).map_err(failed);
    let (application, found) = (number("PRAGMA application_id")?, number("PRAGMA user_version")?);
    let place = || path.display().to_string();
    let known = MIGRATIONS.len() as u32;
    if application == APPLICATION {
        return if found > known {
            Err(JournalError::Newer { place: place(), found, known })
        } else {
            Ok(found)
        };
    }
    if application != 0 || found != 0 || number("SELECT count(*) FROM sqlite_schema")? != 0 {
        return Err(errors::damaged(place(), "the database of another program"));
    }
    Ok(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::RowState;
    use vod_core::import::OrderState;

    /// The schema names the states that the code does.
    #[test]
    fn states_have_their_names() {
        let schema = MIGRATIONS[0];
        for state in OrderState::ALL {
            assert!(schema.contains(&format!("'{}'", state.name())), "{state:?}");
        }
        for state in RowState::ALL {
            assert!(schema.contains(&format!("'{}'", state.name())), "{state:?}");
        }
    }
}
