//! Ctrl-C, and a polite kill, which means the same.

use crate::exit::Exit;
use crate::output::Printer;
use crate::progress::Bars;
use std::io;
use vod_core::upload::CancelToken;

/// Turns the first Ctrl-C into a wish to stop, tells what becomes of the work then, and the second into an
/// end at once. Must be called within a runtime.
pub(crate) fn watch(bars: &Bars, printer: Printer, what: &'static str) -> CancelToken {
    let cancel = CancelToken::new();
    // Where signals cannot be listened to they end the process, as they always do.
    if let Ok(mut signals) = Signals::listen() {
        let (wish, bars) = (cancel.clone(), bars.clone());
        tokio::spawn(async move {
            signals.asked().await;
            bars.apart(|| printer.notice(&format!("stopping: {what}; once more stops at once")));
            wish.cancel();
            signals.asked().await;
            std::process::exit(Exit::Interrupted as i32);
        });
    }
    cancel
}

/// The signals by which somebody asks the process to stop.
#[cfg(unix)]
pub(crate) struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    /// Listens from now on. Must be called within a runtime.
    pub(crate) fn listen() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    /// Waits until somebody asks.
    pub(crate) async fn asked(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

/// The signals by which somebody asks the process to stop.
#[cfg(windows)]
pub(crate) struct Signals {
    interrupt: tokio::signal::windows::CtrlC,
}

#[cfg(windows)]
impl Signals {
    /// Listens from now on. Must be called within a runtime.
    pub(crate) fn listen() -> io::Result<Self> {
        Ok(Self { interrupt: tokio::signal::windows::ctrl_c()? })
    }

    /// Waits until somebody asks.
    pub(crate) async fn asked(&mut self) {
        self.interrupt.recv().await;
    }
}
