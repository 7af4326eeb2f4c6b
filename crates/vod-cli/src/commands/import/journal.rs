//! The journal of imports: where it is, and which import a name means.

use crate::failure::Failure;
use crate::settings::{JOURNAL, POLYV_ENDPOINT, POLYV_USER_ID, Settings, state_directory};
use clap::Args;
use std::path::PathBuf;
use vod_core::error::chain;
use vod_driver::now;
use vod_import::{ImportRecord, Journal, JournalError, SqliteJournal};

/// Where the journal is.
#[derive(Clone, Debug, Args)]
pub(crate) struct Place {
    /// The journal; default: imports.sqlite in $VOD_STATE_DIR, or in vod in the user's state directory
    #[arg(long, global = true, value_name = "FILE", env = JOURNAL, hide_env_values = true)]
    journal: Option<PathBuf>,
}

impl Place {
    /// Opens the journal, and makes it if it is missing.
    pub(crate) fn open(&self) -> Result<Box<dyn Journal>, Failure> {
        Ok(Box::new(SqliteJournal::open(self.path()?)?))
    }

    /// The same, but `None` if there is none yet.
    pub(crate) fn existing(&self) -> Result<Option<Box<dyn Journal>>, Failure> {
        if self.path()?.exists() { self.open().map(Some) } else { Ok(None) }
    }

    fn path(&self) -> Result<PathBuf, Failure> {
        let named = self.journal.clone().filter(|path| !path.as_os_str().is_empty());
        named.or_else(|| Some(state_directory()?.join("imports.sqlite"))).ok_or_else(|| {
            Failure::Usage(
                "there is no home directory for the journal: name a file with --journal".to_owned(),
            )
        })
    }
}

/// The journal in this file, or in its usual place.
pub(crate) fn open_journal(path: Option<PathBuf>) -> Result<Box<dyn Journal>, Failure> {
    let usual = || std::env::var_os(JOURNAL).map(PathBuf::from);
    Place { journal: path.or_else(usual) }.open()
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
