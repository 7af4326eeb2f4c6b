//! A client of the simulation: the machine's driver, its disk, and its user.

use crate::file::File;
use crate::world::CANARY;
use std::fmt::Debug;
use vod_core::upload::{Checkpoint, FileInfo, StepId, Upload, Uploaded};
use vod_core::{Accounts, Error};

/// How one run of the machine ended.
#[derive(Debug)]
pub(crate) enum End {
    Done(Uploaded),
    Aborted,
    Failed(Error),
}

/// The upload of one file, over all its runs.
pub(crate) struct Client {
    /// The machine of the present run.
    pub(crate) upload: Option<Upload>,
    /// The number of the present run. Events of other runs are dropped.
    pub(crate) run: u32,
    pub(crate) file: File,
    /// The checkpoint on the disk.
    pub(crate) disk: Option<String>,
    /// The checkpoint that is being written.
    pub(crate) saving: Option<Option<String>>,
    /// The machine waits for a slot.
    pub(crate) wants_slot: bool,
    /// A slot is held for the next step that needs one.
    pub(crate) holds_slot: bool,
    /// The steps under way, each of which gets one result.
    pub(crate) out: Vec<StepId>,
    /// Those of them that have a transfer slot.
    pub(crate) slots: Vec<StepId>,
    pub(crate) done: Option<Uploaded>,
    /// The user wants to abort it.
    pub(crate) aborting: bool,
    pub(crate) restart: bool,
    /// The user wanted to abort it, and then not.
    pub(crate) after_all: bool,
    /// Finished, aborted or forgotten: there is no other run.
    pub(crate) over: bool,
}

impl Client {
    pub(crate) const fn new(file: File) -> Self {
        Self {
            upload: None,
            run: 0,
            file,
            disk: None,
            saving: None,
            wants_slot: false,
            holds_slot: false,
            out: Vec::new(),
            slots: Vec::new(),
            done: None,
            aborting: false,
            restart: false,
            after_all: false,
            over: false,
        }
    }

    pub(crate) fn info(&self) -> FileInfo {
        FileInfo::new("/videos/第一课.mp4", self.file.fingerprint())
    }

    /// The checkpoint on the disk, which must be readable.
    pub(crate) fn record(&self, accounts: &Accounts) -> Option<Checkpoint> {
        let record =
            Checkpoint::from_json(self.disk.as_ref()?.as_bytes()).expect("a checkpoint that can be read");
        assert!(record.is_of(accounts));
        Some(record)
    }

    /// The process dies. What it was writing is on the disk, or is not.
    pub(crate) fn die(&mut self, was_durable: bool) {
        if let Some(saving) = self.saving.take().filter(|_| was_durable) {
            self.disk = saving;
        }
        (self.upload, self.wants_slot, self.holds_slot) = (None, false, false);
        self.out.clear();
        self.slots.clear();
        self.run += 1;
    }
}

/// Checks that a text contains no secret.
pub(crate) fn is_clean(what: &str, text: &str) {
    assert!(!text.contains(CANARY), "{what} shows a secret: {text}");
}

pub(crate) fn debug_is_clean(what: &str, value: &impl Debug) {
    is_clean(what, &format!("{value:?}"));
}
