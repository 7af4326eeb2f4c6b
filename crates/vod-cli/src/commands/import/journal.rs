//! The journal of imports: where it is, and which import a name means.

use crate::failure::Failure;
use crate::settings::{JOURNAL, POLYV_ENDPOINT, POLYV_USER_ID, Settings, state_directory};
use clap::Args;
use std::ffi::{OsStr, OsString};
use std::path::PathBuf;
use vod_core::error::chain;
use vod_driver::now;
use vod_import::{ImportRecord, Journal, JournalError, PostgresJournal, SqliteJournal};

/// Where the journal is.
#[derive(Clone, Debug, Args)]
pub(crate) struct Place {
    /// The journal: a file, or `postgres://HOST/DATABASE` for several machines; default: imports.sqlite in
    /// $VOD_STATE_DIR, or in vod in the user's state directory. Put a URL with a password
    /// into $VOD_JOURNAL
    #[arg(long, global = true, value_name = "FILE|URL")]
    journal: Option<OsString>,
}

/// A journal that is named.
enum Named {
    File(PathBuf),
    Database(String),
}

impl Place {
    /// Opens the journal, and makes it if it is missing.
    pub(crate) fn open(&self) -> Result<Box<dyn Journal>, Failure> {
        Ok(match self.named()? {
            Named::File(path) => Box::new(SqliteJournal::open(path)?),
            Named::Database(url) => Box::new(PostgresJournal::connect(&url)?),
        })
    }

    /// The same, but `None` if there is no file yet.
    pub(crate) fn existing(&self) -> Result<Option<Box<dyn Journal>>, Failure> {
        match self.named()? {
            Named::File(path) if !path.exists() => Ok(None),
            _ => self.open().map(Some),
        }
    }

    fn named(&self) -> Result<Named, Failure> {
        if let Some(url) = self.journal.as_deref().and_then(url_of)
            && url::Url::parse(url).is_ok_and(|url| url.password().is_some())
        {
            return Err(Failure::Usage(format!(
                "--journal: a password in an argument can be seen by everybody on this machine; put the URL into {JOURNAL}"
            )));
        }
        let named =
            self.journal.clone().or_else(|| std::env::var_os(JOURNAL)).filter(|name| !name.is_empty());
        if let Some(name) = named {
            return Ok(match url_of(&name) {
                Some(url) => Named::Database(url.to_owned()),
                None => Named::File(name.into()),
            });
        }
        let usual = state_directory().map(|directory| Named::File(directory.join("imports.sqlite")));
        usual.ok_or_else(|| {
            Failure::Usage(
                "there is no home directory for the journal: name a file with --journal".to_owned(),
            )
        })
    }
}

/// The URL of a database, if the name of a journal is one.
fn url_of(name: &OsStr) -> Option<&str> {
    name.to_str().filter(|name| name.starts_with("postgres://") || name.starts_with("postgresql://"))
}

/// The journal of this name, or in its usual place.
pub(crate) fn open_journal(name: Option<OsString>) -> Result<Box<dyn Journal>, Failure> {
    Place { journal: name }.open()
}

/// The name of an import in the journal. Imports of different accounts, and of an emulator, are apart: the
/// same list may go to each of them.
pub(crate) fn full_name(settings: &Settings, name: &str) -> String {
    let account = settings.text(&POLYV_USER_ID).unwrap_or_default();
    match settings.text(&POLYV_ENDPOINT) {
        Some(endpoint) => {
            let host = endpoint.split_once("://").map_or(endpoint.as_str(), |(_, host)| host);
            format!("{account}@{}/{name}", host.trim_end_matches('/'))
        }
        None => format!("{account}/{name}"),
    }
}

/// The import that a user means: by its whole name, by its name in this account, or by the only one of that
/// name.
pub(crate) fn find(
    journal: &mut dyn Journal,
    settings: &Settings,
    name: &str,
) -> Result<ImportRecord, Failure> {
    if let Some(import) = journal.find(&full_name(settings, name))? {
        return Ok(import);
    }
    let all: Vec<ImportRecord> = journal.imports()?.into_iter().map(|(import, _)| import).collect();
    let is_meant = |import: &&ImportRecord| {
        import.name == name || import.name.split_once('/').is_some_and(|(_, short)| short == name)
    };
    let meant: Vec<&ImportRecord> = all.iter().filter(is_meant).collect();
    match meant.as_slice() {
        [one] => Ok((*one).clone()),
        [] => {
            let names: Vec<&str> = all.iter().map(|import| import.name.as_str()).collect();
            let known = if names.is_empty() { "there is none yet".to_owned() } else { names.join(", ") };
            Err(Failure::text("NAME", "an import of the journal", &format!("{name} (known: {known})")))
        }
        several => {
            let names: Vec<&str> = several.iter().map(|import| import.name.as_str()).collect();
            Err(Failure::text(
                "NAME",
                "the name of one import",
                &format!("{name} (which of {}?)", names.join(", ")),
            ))
        }
    }
}

/// The import of this name, made if there is none.
pub(crate) fn open_import(
    journal: &mut dyn Journal,
    settings: &Settings,
    name: &str,
) -> Result<ImportRecord, Failure> {
    Ok(journal.open(&full_name(settings, name), now())?)
}

impl From<JournalError> for Failure {
    fn from(error: JournalError) -> Self {
        let text = chain(&error);
        Self::Unexpected(match error {
            JournalError::Held { .. } => format!("{text}: `vod imports work`"),
            _ => text,
        })
    }
}
