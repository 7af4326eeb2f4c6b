//! Reads a manifest's rows into the journal.

use crate::{ImportRecord, Journal, JournalError, Plan, PlanRow, Planned, template};
use std::collections::HashMap;
use vod_core::Timestamp;
use vod_core::import::{Batches, KeyBy, Row, RowError, RowKey};
use vod_core::polyv::upload::{UploadInfo, UploadUrls};

/// Rows that are written together.
const CHUNK: usize = 10_000;
/// Rows in an order: the most that the reference allows.
pub(crate) const PER_ORDER: u32 = 100;

/// What is done with rows that have a key which the manifest had before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Duplicates {
    /// Only the first is sent.
    #[default]
    Skip,
    /// All are sent: each is a row of its own, by how often its key came before.
    Send,
}

/// Plans the rows of one manifest.
pub struct Planner<'j> {
    journal: &'j mut dyn Journal,
    import: ImportRecord,
    reading: u64,
    key_by: KeyBy,
    duplicates: Duplicates,
    template: String,
    rows: Vec<PlanRow>,
    /// With [`Duplicates::Send`]: how often each key came.
    seen: HashMap<RowKey, u32>,
    planned: Planned,
}

impl std::fmt::Debug for Planner<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Planner")
            .field("import", &self.import)
            .field("planned", &self.planned)
            .finish_non_exhaustive()
    }
}

impl<'j> Planner<'j> {
    /// Begins to read a manifest. `options` is an order without videos: category, screen recording and
    /// watermark apply to rows that are new.
    ///
    /// # Errors
    /// [`PlanError::Invalid`] if the options break a limit; [`PlanError::Journal`].
    pub fn begin(
        journal: &'j mut dyn Journal,
        import: &ImportRecord,
        options: &UploadUrls,
        key_by: KeyBy,
        duplicates: Duplicates,
        now: Timestamp,
    ) -> Result<Self, PlanError> {
        Batches::new(options.clone()).map_err(PlanError::Invalid)?;
        let reading = journal.begin(import.id, now)?;
        Ok(Self {
            journal,
            import: import.clone(),
            reading,
            key_by,
            duplicates,
            template: template::write(options),
            rows: Vec::new(),
            seen: HashMap::new(),
            planned: Planned::default(),
        })
    }

    /// The number of this reading.
    #[must_use]
    pub const fn reading(&self) -> u64 {
        self.reading
    }

    /// Takes a row.
    ///
    /// # Errors
    /// [`JournalError`].
    pub fn push(&mut self, row: Result<Row, RowError>) -> Result<(), JournalError> {
        let row = match row {
            Ok(Row { line, info, .. }) => {
                let mut key = RowKey::new(self.key_by, &info);
                if self.duplicates == Duplicates::Send {
                    let times = self.seen.entry(key).or_default();
                    key = key.repeated(*times);
                    *times += 1;
                }
                PlanRow { line, info, key: Ok(key) }
            }
            Err(error) => {
                let reason: Vec<String> = error.violations.iter().map(ToString::to_string).collect();
                PlanRow { line: error.line, info: read_of(&error), key: Err(reason.join("; ")) }
            }
        };
        self.rows.push(row);
        if self.rows.len() >= CHUNK { self.write() } else { Ok(()) }
    }

    /// Takes the end of the manifest. Returns how many rows there were.
    ///
    /// # Errors
    /// [`JournalError`].
    pub fn finish(mut self) -> Result<Planned, JournalError> {
        self.write()?;
        self.journal.finish(self.import.id, self.reading)?;
        Ok(self.planned)
    }

    fn write(&mut self) -> Result<(), JournalError> {
        let plan = Plan { rows: &self.rows, template: &self.template, per_order: PER_ORDER };
        let planned = self.journal.plan(self.import.id, self.reading, &plan)?;
        self.planned.new += planned.new;
        self.planned.known += planned.known;
        self.planned.skipped += planned.skipped;
        self.planned.invalid += planned.invalid;
        self.rows.clear();
        Ok(())
    }
}

/// What could be read of a bad row.
fn read_of(error: &RowError) -> UploadInfo {
    let cell = |name: &str| error.cells.iter().find(|(of, _)| **of == *name).map(|(_, text)| text.as_str());
    let info = UploadInfo::new(cell("fileUrl").unwrap_or_default(), cell("title").unwrap_or_default());
    match cell("state") {
        Some(state) => info.with_state(state),
        None => info,
    }
}

/// Why a manifest cannot be planned.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PlanError {
    /// The options break a limit.
    #[error(transparent)]
    Invalid(vod_core::Error),
    /// The journal failed.
    #[error(transparent)]
    Journal(#[from] JournalError),
}
