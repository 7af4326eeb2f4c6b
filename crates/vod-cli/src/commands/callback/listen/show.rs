//! Prints new events to stdout.

use crate::commands::callback::log::{Durable, Reader};
use crate::failure::Failure;
use crate::output::Printer;
use std::thread;
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::{oneshot, watch};

/// How long a reader of stdout has at the end.
const PATIENCE: Duration = Duration::from_secs(5);

/// A thread that follows the log and prints. A blocked reader delays only this thread.
pub(super) struct Show(oneshot::Receiver<()>);

impl Show {
    /// Starts the thread. It ends when the log grows no more.
    pub(super) fn start(mut log: Reader, mut durable: watch::Receiver<Durable>, printer: Printer) -> Self {
        let (ended, end) = oneshot::channel();
        let runtime = Handle::current();
        thread::spawn(move || {
            loop {
                let more = runtime.block_on(durable.changed()).is_ok();
                let until = *durable.borrow_and_update();
                if let Err(failure) = show(&mut log, until, printer) {
                    printer.failure(&failure);
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

    /// Waits until everything is printed, or nobody reads any more.
    pub(super) async fn end(self) {
        // Both results mean the end.
        let _ = tokio::time::timeout(PATIENCE, self.0).await;
    }
}

fn show(log: &mut Reader, until: Durable, printer: Printer) -> Result<(), Failure> {
    while let Some((_, record)) = log.next(until).map_err(|error| Failure::Unexpected(error.to_string()))? {
        printer.line(&record.to_json())?;
    }
    Ok(())
}
