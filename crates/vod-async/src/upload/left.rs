//! What uploads leave on threads when they are dropped.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// Work that goes on although its upload has been dropped, by the key of the checkpoint that it has until it
/// ends: a thread that writes cannot be stopped.
///
/// Whoever asks for that upload again waits for it. It would else be told that another process is at it.
#[derive(Debug, Default)]
pub(crate) struct Left(Mutex<HashMap<String, Vec<JoinHandle<()>>>>);

impl Left {
    fn work(&self) -> MutexGuard<'_, HashMap<String, Vec<JoinHandle<()>>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does what may block on a thread for that. Where this is dropped, the work is what is left for `key`;
    /// without one it holds nothing.
    pub(super) async fn blocking<T: Send + 'static>(
        &self,
        key: Option<&str>,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> T {
        let (tx, rx) = oneshot::channel();
        let task = tokio::task::spawn_blocking(move || _ = tx.send(work()));
        let mut task = Task { left: self, key, task: Some(task) };
        if let Ok(done) = rx.await {
            task.task = None;
            return done;
        }
        match task.ended().await {
            Some(panic) => std::panic::resume_unwind(panic),
            // Nothing cancels such a task but the end of its runtime, which is this future's too.
            None => std::future::pending().await,
        }
    }

    /// Waits until nothing is left for `key`.
    pub(super) async fn over(&self, key: &str) {
        loop {
            let Some(task) = self.work().get_mut(key).and_then(Vec::pop) else { break };
            Task { left: self, key: Some(key), task: Some(task) }.ended().await;
        }
    }
}

/// Work on a thread, which is left there when this is dropped.
struct Task<'a> {
    left: &'a Left,
    key: Option<&'a str>,
    task: Option<JoinHandle<()>>,
}

impl Task<'_> {
    /// Waits for its end, and gives its panic.
    async fn ended(&mut self) -> Option<Box<dyn std::any::Any + Send>> {
        let ended = match &mut self.task {
            Some(task) => task.await,
            None => Ok(()),
        };
        self.task = None;
        ended.err().and_then(|error| error.try_into_panic().ok())
    }
}

impl Drop for Task<'_> {
    fn drop(&mut self) {
        if let (Some(key), Some(task)) = (self.key, self.task.take()) {
            let mut left = self.left.work();
            // What nobody asked for again is over some time, too.
            left.retain(|_, tasks| tasks.iter().any(|task| !task.is_finished()));
            left.entry(key.to_owned()).or_default().push(task);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt as _;
    use std::sync::mpsc;

    #[tokio::test]
    async fn what_is_left_is_waited_for() {
        let (left, (end, ended)) = (Left::default(), mpsc::channel::<()>());
        // Asked once, so that it begins, and dropped.
        assert!(left.blocking(Some("a"), move || ended.recv()).now_or_never().is_none());
        left.over("b").await;
        assert!(
            left.over("a").now_or_never().is_none() && left.over("a").now_or_never().is_none(),
            "nor does a wait that is dropped forget it"
        );
        end.send(()).unwrap();
        left.over("a").await;
        assert_eq!(left.blocking(Some("a"), || 7).await, 7);
        assert!(left.work().values().all(Vec::is_empty));
    }
}
