//! Marks the rows of imports that events are about.

use crate::commands::callback::log::{Durable, Reader};
use crate::failure::Failure;
use crate::output::Printer;
use std::thread;
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::{oneshot, watch};
use vod_driver::now;
use vod_import::{Journal, RowEvent};

/// How long the journal has at the end.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long after a failed write the journal is tried again.
const PAUSE: Duration = Duration::from_secs(1);

/// A thread that follows the log and writes to the journal. It begins at the log's first event, since an event
/// that is known changes nothing; so none is lost if it was stopped.
pub(super) struct MarkRows(oneshot::Receiver<()>);

impl MarkRows {
    /// Starts the thread. It ends when the log grows no more, or when the journal cannot be used.
    pub(super) fn start(
        mut log: Reader,
        mut durable: watch::Receiver<Durable>,
        mut journal: Box<dyn Journal>,
        printer: Printer,
    ) -> Self {
        let (ended, end) = oneshot::channel();
        let runtime = Handle::current();
        durable.mark_changed();
        thread::spawn(move || {
            loop {
                let more = runtime.block_on(durable.changed()).is_ok();
                let until = *durable.borrow_and_update();
                if let Err(failure) = mark(&mut log, until, &mut *journal) {
                    printer.failure(&failure);
                    printer.warning("rows of imports are not marked any more; `vod imports settle NAME --events LOG` takes what the log has");
                    break;
                }
                if !more {
                    break;
                }
            }
            // Nobody may be waiting for it.
            let _ = ended.send(());
        });
        Self(end)
    }

    /// Waits until every event is in the journal.
    pub(super) async fn end(self) {
        // Both results mean the end.
        let _ = tokio::time::timeout(PATIENCE, self.0).await;
    }
}

fn mark(log: &mut Reader, until: Durable, journal: &mut dyn Journal) -> Result<(), Failure> {
    while let Some((_, entry)) = log.next(until).map_err(|error| Failure::Unexpected(error.to_string()))? {
        let Some(event) = RowEvent::of(&entry.verified) else { continue };
        // An import that is running may have the journal locked for a moment.
        while let Err(error) = journal.event(&event, now()) {
            if !error.is_retryable() {
                return Err(error.into());
            }
            thread::sleep(PAUSE);
        }
    }
    Ok(())
}
