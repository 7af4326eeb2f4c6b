//! Downloads that are only pretended. They are not tasks of their own, so that a million of them are cheap.

use super::{Shared, wall};
use crate::model::Event;
use std::collections::BTreeMap;
use std::future;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, sleep_until};

/// How many end at once, under one lock.
const BATCH: usize = 100;
/// While this many callbacks wait no further download ends: each ends with up to eight callbacks, and one
/// beyond [`MAX_OPEN`](crate::model::callback::MAX_OPEN) would be dropped.
const MAX_CALLBACKS: usize = crate::model::callback::MAX_OPEN / 2;

/// The longest delay, so that the time of the end can be expressed.
const LONGEST: Duration = Duration::from_secs(365 * 86_400);

/// A download to pretend.
#[derive(Debug)]
pub(super) struct Pretence {
    pub(super) job: u64,
    /// How long it takes.
    pub(super) millis: u64,
    /// Why it fails, if it does.
    pub(super) failure: Option<String>,
}

/// Ends the downloads of the queue, each in its time, until stopped.
pub(super) async fn run(
    shared: Arc<Shared>,
    mut queue: mpsc::UnboundedReceiver<Pretence>,
    mut stop: oneshot::Receiver<()>,
) {
    // By the time of the end, then by number.
    let mut late: BTreeMap<(Instant, u64), Option<String>> = BTreeMap::new();
    let mut arrived = Vec::with_capacity(BATCH);
    let mut over = Vec::with_capacity(BATCH);
    let mut progress = shared.pending.subscribe();
    loop {
        let first = late.first_key_value().map(|((at, _), _)| *at);
        let due = async {
            match first {
                Some(at) => sleep_until(at).await,
                None => future::pending().await,
            }
        };
        tokio::select! {
            count = queue.recv_many(&mut arrived, BATCH) => {
                if count == 0 {
                    break;
                }
            }
            () = due => {}
            _ = &mut stop => break,
        }
        for Pretence { job, millis, failure } in arrived.drain(..) {
            match millis {
                0 => over.push((job, failure)),
                _ => {
                    let delay = Duration::from_millis(millis).min(LONGEST);
                    late.insert((Instant::now() + delay, job), failure);
                }
            }
        }
        let now = Instant::now();
        while over.len() < BATCH
            && let Some(entry) = late.first_entry().filter(|entry| entry.key().0 <= now)
        {
            let ((_, job), failure) = entry.remove_entry();
            over.push((job, failure));
        }
        while shared.model().open_callbacks() > MAX_CALLBACKS {
            // Each callback that ends is progress.
            tokio::select! {
                _ = progress.changed() => {}
                _ = &mut stop => return,
            }
        }
        let count = over.len();
        shared.act(|model| {
            for (job, failure) in over.drain(..) {
                model.event(wall(), Event::Pretended { job, failure });
            }
        });
        shared.pending.send_modify(|pending| *pending -= count);
    }
}
