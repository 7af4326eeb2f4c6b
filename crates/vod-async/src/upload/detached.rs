//! Work on threads that goes on after its upload was dropped.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// Work whose upload was dropped, by the key of the checkpoint that it leases until it ends: a thread that
/// writes cannot be stopped.
///
/// A second call for the same upload waits for it; otherwise it would fail as in use by another process.
#[derive(Debug, Default)]
pub(crate) struct DetachedWork(Mutex<HashMap<String, Vec<JoinHandle<()>>>>);

impl DetachedWork {
    fn work(&self) -> MutexGuard<'_, HashMap<String, Vec<JoinHandle<()>>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs work that may block on a thread. If this future is dropped, the work is kept under `key`; without
    /// a key it leases nothing, and nobody has to wait for it.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        key: Option<&str>,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> T {
        let (tx, rx) = oneshot::channel();
        let task = tokio::task::spawn_blocking(move || _ = tx.send(work()));
        let mut task = Task { detached: self, key, task: Some(task) };
        if let Ok(done) = rx.await {
            task.task = None;
            return done;
        }
        match task.ended().await {
            Some(panic) => std::panic::resume_unwind(panic),
            // Only the end of the runtime cancels such a task, and it is this future's runtime too.
            None => std::future::pending().await,
        }
    }

    /// Waits for all work that is kept under `key`.
    pub(super) async fn wait_for(&self, key: &str) {
        loop {
            let Some(task) = self.work().get_mut(key).and_then(Vec::pop) else { break };
            Task { detached: self, key: Some(key), task: Some(task) }.ended().await;
        }
    }
}

/// Work on a thread, which is kept when this is dropped before the work has ended.
struct Task<'a> {
    detached: &'a DetachedWork,
    key: Option<&'a str>,
    task: Option<JoinHandle<()>>,
}

impl Task<'_> {
    /// Waits for its end, and returns its panic.
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
            let mut detached = self.detached.work();
            // Work of uploads that were never called again ends at some time, too.
            detached.retain(|_, tasks| tasks.iter().any(|task| !task.is_finished()));
            detached.entry(key.to_owned()).or_default().push(task);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt as _;
    use std::sync::mpsc;

    #[tokio::test]
    async fn a_second_call_waits() {
        let (detached, (end, ended)) = (DetachedWork::default(), mpsc::channel::<()>());
        // Polled once, so that it begins, and dropped.
        assert!(detached.run(Some("a"), move || ended.recv()).now_or_never().is_none());
        detached.wait_for("b").await;
        assert!(
            detached.wait_for("a").now_or_never().is_none()
                && detached.wait_for("a").now_or_never().is_none(),
            "a wait that is dropped does not forget it"
        );
        end.send(()).unwrap();
        detached.wait_for("a").await;
        assert_eq!(detached.run(Some("a"), || 7).await, 7);
        assert!(detached.work().values().all(Vec::is_empty));
    }
}
