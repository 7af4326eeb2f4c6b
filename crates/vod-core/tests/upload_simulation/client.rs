//! A client of the simulation: the driver that the machine asks for, its disk, and the person before it.

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

/// One file on its way, over all its runs.
pub(crate) struct Client {
    /// The machine of the run at hand.
    pub(crate) upload: Option<Upload>,
    /// Which process it lives in: events of another are nobody's.
    pub(crate) run: u32,
    pub(crate) file: File,
    /// What the disk holds as the checkpoint.
    pub(crate) disk: Option<String>,
    /// What is being written.
    pub(crate) saving: Option<Option<String>>,
    /// A slot was asked for and there was none.
    pub(crate) wants_slot: bool,
    /// One is held for the next step that asks for one.
    pub(crate) holds_slot: bool,
    /// What is out: each is answered once.
    pub(crate) out: Vec<StepId>,
    /// Those of them that have a slot of the line.
    pub(crate) slots: Vec<StepId>,
    pub(crate) done: Option<Uploaded>,
    /// What the person does next: give it up for good.
    pub(crate) aborting: bool,
    pub(crate) restart: bool,
    /// It was given up for good, and then not.
    pub(crate) after_all: bool,
    /// It is over for good.
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

    /// The checkpoint on the disk, which can always be read.
    pub(crate) fn record(&self, accounts: &Accounts) -> Option<Checkpoint> {
        let record =
            Checkpoint::from_json(self.disk.as_ref()?.as_bytes()).expect("a checkpoint that can be read");
        assert!(record.is_of(accounts));
        Some(record)
    }

    /// The process is gone: what it was writing is there, or is not.
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

/// Nothing that is shown or kept holds a secret.
pub(crate) fn is_clean(what: &str, text: &str) {
    assert!(!text.contains(CANARY), "{what} shows a secret: {text}");
}

pub(crate) fn shows_nothing(what: &str, value: &impl Debug) {
    is_clean(what, &format!("{value:?}"));
}
