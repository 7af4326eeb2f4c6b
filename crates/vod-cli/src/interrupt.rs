//! Ctrl-C and SIGTERM, which mean the same.

use crate::exit::Exit;
use crate::output::Printer;
use crate::progress::Bars;
use std::io;
use vod_core::upload::CancelToken;

/// On the first Ctrl-C cancels the work and prints what becomes of it; on the second exits immediately. Must
/// be called within a runtime.
pub(crate) fn watch(bars: &Bars, printer: Printer, what: &'static str) -> CancelToken {
    let cancel = CancelToken::new();
    // If signals cannot be handled they end the process, as usual.
    if let Ok(mut signals) = Signals::listen() {
        let (wish, bars) = (cancel.clone(), bars.clone());
        tokio::spawn(async move {
            signals.asked().await;
            bars.apart(|| printer.notice(&format!("stopping: {what}; press Ctrl-C again to stop now")));
            wish.cancel();
            signals.asked().await;
            std::process::exit(Exit::Interrupted as i32);
        });
    }
    cancel
}

/// The signals that ask the process to stop.
#[cfg(unix)]
pub(crate) struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    /// Starts listening. Must be called within a runtime.
    pub(crate) fn listen() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    /// Waits for a signal.
    pub(crate) async fn asked(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

/// The signals that ask the process to stop.
#[cfg(windows)]
pub(crate) struct Signals {
    interrupt: tokio::signal::windows::CtrlC,
}

#[cfg(windows)]
impl Signals {
    /// Starts listening. Must be called within a runtime.
    pub(crate) fn listen() -> io::Result<Self> {
        Ok(Self { interrupt: tokio::signal::windows::ctrl_c()? })
    }

    /// Waits for a signal.
    pub(crate) async fn asked(&mut self) {
        self.interrupt.recv().await;
    }
}
