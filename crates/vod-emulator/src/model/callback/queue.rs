//! Callbacks in order, and their results.

use super::{Callbacks, Notice, Provider, Received};
use crate::fault::Fault;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use url::Url;

/// The most waiting callbacks: further ones are dropped, so that a receiver that is down for long cannot fill
/// the memory.
pub(crate) const MAX_OPEN: usize = 10_000;
/// How many finished callbacks are still shown.
pub(super) const KEPT: usize = 1000;

/// One callback.
#[derive(Debug)]
pub(super) struct Callback {
    pub(super) notice: Notice,
    pub(super) target: Url,
    /// When it happened, in emulated Unix milliseconds.
    pub(super) at: i64,
    /// When it was sent.
    pub(super) sent_at: Option<i64>,
    pub(super) fault: Option<Fault>,
    pub(super) stage: Stage,
}

/// The stage of a callback.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// Held by a fault, until another callback of the provider is sent.
    Held,
    /// In line, or about to be sent.
    Waiting,
    Sent,
    Answered(Received),
    /// There was no answer, for this reason.
    Failed(String),
    /// Lost by a fault.
    Lost,
    /// Dropped because too many were waiting.
    Dropped,
}

impl Stage {
    fn name(&self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Waiting => "waiting",
            Self::Sent => "sent",
            Self::Answered(_) => "answered",
            Self::Failed(_) => "failed",
            Self::Lost => "lost",
            Self::Dropped => "dropped",
        }
    }
}

/// All callbacks that are still remembered.
#[derive(Debug, Default)]
pub(crate) struct State {
    pub(super) targets: Callbacks,
    /// By number, which grows with time.
    callbacks: BTreeMap<u64, Callback>,
    /// The unfinished callbacks of each subject, oldest first.
    lines: BTreeMap<String, VecDeque<u64>>,
    /// Oldest first.
    held: Vec<u64>,
    /// The finished ones, in the order in which they finished.
    over: VecDeque<u64>,
}

impl State {
    pub(crate) fn new(targets: Callbacks) -> Self {
        Self { targets, ..Self::default() }
    }

    pub(super) fn target(&self, provider: Provider) -> Option<&Url> {
        match provider {
            Provider::Polyv => self.targets.polyv.as_ref(),
            Provider::QingCloud => self.targets.qingcloud.as_ref(),
        }
    }

    /// How many are not over.
    pub(crate) fn open(&self) -> usize {
        self.callbacks.len() - self.over.len()
    }

    /// How many will end by themselves.
    pub(super) fn moving(&self) -> usize {
        self.open() - self.held.len()
    }

    /// Adds a callback; returns those that are due now.
    pub(super) fn add(&mut self, id: u64, mut callback: Callback) -> Vec<u64> {
        let provider = callback.notice.provider();
        callback.stage = match callback.fault {
            Some(Fault::Lost {}) => Stage::Lost,
            _ if self.open() >= MAX_OPEN => Stage::Dropped,
            Some(Fault::OutOfOrder {}) => Stage::Held,
            _ => Stage::Waiting,
        };
        let is_over = matches!(callback.stage, Stage::Lost | Stage::Dropped);
        let is_held = callback.stage == Stage::Held;
        self.callbacks.insert(id, callback);
        if is_held {
            self.held.push(id);
            return Vec::new();
        }
        let mut due = Vec::new();
        if is_over {
            self.note_over(id);
        } else {
            due.extend(self.line_up(id));
        }
        let released =
            |id: &u64| self.callbacks.get(id).is_some_and(|callback| callback.notice.provider() == provider);
        let (released, still_held) = self.held.iter().copied().partition::<Vec<u64>, _>(released);
        self.held = still_held;
        for id in released {
            if let Some(callback) = self.callbacks.get_mut(&id) {
                callback.stage = Stage::Waiting;
            }
            due.extend(self.line_up(id));
        }
        due
    }

    /// Puts a callback at the end of its subjects' lines; returns it if it is first in all of them.
    fn line_up(&mut self, id: u64) -> Option<u64> {
        let callback = self.callbacks.get(&id)?;
        for subject in &callback.notice.subjects {
            self.lines.entry(subject.clone()).or_default().push_back(id);
        }
        self.is_due(id).then_some(id)
    }

    fn is_due(&self, id: u64) -> bool {
        let first = |subject: &String| self.lines.get(subject).and_then(VecDeque::front) == Some(&id);
        self.callbacks.get(&id).is_some_and(|callback| callback.notice.subjects.iter().all(first))
    }

    /// How long a fault delays a callback, in milliseconds.
    pub(super) fn delay(&self, id: u64) -> u64 {
        match self.callbacks.get(&id).and_then(|callback| callback.fault.as_ref()) {
            Some(Fault::Latency { millis }) => *millis,
            _ => 0,
        }
    }

    /// Records that a callback is sent now.
    pub(super) fn begin(&mut self, id: u64, now: i64) -> Option<&Callback> {
        let callback = self.callbacks.get_mut(&id)?;
        callback.sent_at = Some(now);
        callback.stage = Stage::Sent;
        Some(callback)
    }

    /// Records the result of a callback; returns those that are due now.
    pub(super) fn finish(&mut self, id: u64, outcome: Result<Received, String>) -> Vec<u64> {
        // One that was under way during a reset is ignored.
        let Some(callback) = self.callbacks.get_mut(&id) else {
            return Vec::new();
        };
        callback.stage = outcome.map_or_else(Stage::Failed, Stage::Answered);
        let mut next = BTreeSet::new();
        for subject in &callback.notice.subjects {
            let Some(line) = self.lines.get_mut(subject) else {
                continue;
            };
            line.pop_front();
            match line.front() {
                Some(first) => {
                    next.insert(*first);
                }
                None => {
                    self.lines.remove(subject);
                }
            }
        }
        self.note_over(id);
        next.into_iter().filter(|id| self.is_due(*id)).collect()
    }

    fn note_over(&mut self, id: u64) {
        self.over.push_back(id);
        if self.over.len() > KEPT
            && let Some(oldest) = self.over.pop_front()
        {
            self.callbacks.remove(&oldest);
        }
    }

    pub(crate) fn json(&self) -> Value {
        self.callbacks.values().map(shown).collect()
    }
}

fn shown(callback: &Callback) -> Value {
    let Callback { notice, target, at, sent_at, fault, stage } = callback;
    let (status, answer, error) = match stage {
        Stage::Answered(received) => (Some(received.status), Some(&received.text), None),
        Stage::Failed(reason) => (None, None, Some(reason)),
        _ => (None, None, None),
    };
    json!({
        "provider": notice.provider().name(), "event": notice.event, "subjects": notice.subjects, "target": target.as_str(),
        "at": at, "sent_at": sent_at, "outcome": stage.name(), "status": status, "answer": answer, "error": error,
        "fault": fault.as_ref().map(Fault::kind),
    })
}
