//! New events on stdout.

use crate::commands::callback::log::{Durable, Reader};
use crate::failure::Failure;
use crate::output::Printer;
use std::thread;
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::{oneshot, watch};

/// How long a reader of stdout is given at the end.
const PATIENCE: Duration = Duration::from_secs(5);

/// A thread that follows the log. A reader that stands still holds up nothing but itself.
pub(super) struct Show(oneshot::Receiver<()>);

impl Show {
    /// Starts it. It ends when there will be no more.
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
            // Nobody may be waiting.
            let _ = ended.send(());
        });
        Self(end)
    }

    /// Waits until all is shown, or nobody reads.
    pub(super) async fn end(self) {
        // Either is an end.
        let _ = tokio::time::timeout(PATIENCE, self.0).await;
    }
}

fn show(log: &mut Reader, until: Durable, printer: Printer) -> Result<(), Failure> {
    while let Some((_, record)) = log.next(until).map_err(|error| Failure::Unexpected(error.to_string()))? {
        printer.line(&record.to_json())?;
    }
    Ok(())
}
