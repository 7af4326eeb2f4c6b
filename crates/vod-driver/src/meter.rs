//! Counts the bytes of uploads: how many have been sent, and how many may be sent.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use vod_core::Timestamp;
use vod_core::rate::Throttle;
use vod_core::upload::{OnProgress, Progress, StepId};

/// Progress is reported after at least this many bytes.
const STRIDE: u64 = 256 << 10;
/// Large enough that neither system calls nor the hand-over between threads matter, small enough for the
/// processor's cache.
const PIECE: u64 = 256 << 10;
/// With a limit, a piece is what may be sent in this fraction of a second, so that the bytes flow evenly.
const SHARE: u64 = 8;

/// The progress of one upload: the bytes that are acknowledged and those that are on their way. The caller is
/// notified on the thread that sends the bytes.
///
/// Progress only falls where something has to be sent again.
pub struct Meter {
    state: Mutex<State>,
}

struct State {
    on_progress: OnProgress,
    total: u64,
    begun: bool,
    acknowledged: u64,
    /// Bytes that are on their way, by request.
    out: BTreeMap<StepId, u64>,
    reported: Option<u64>,
}

impl Meter {
    /// For a file of `total` bytes. Nothing is reported before [`begin`](Self::begin).
    #[must_use]
    pub const fn new(on_progress: OnProgress, total: u64) -> Self {
        Self {
            state: Mutex::new(State {
                on_progress,
                total,
                begun: false,
                acknowledged: 0,
                out: BTreeMap::new(),
                reported: None,
            }),
        }
    }

    /// Starts to report: bytes can be sent from now on, and this many are acknowledged already. Later calls
    /// do nothing.
    pub fn begin(&self, acknowledged: u64) {
        let mut state = self.state();
        if !state.begun {
            (state.begun, state.acknowledged) = (true, acknowledged);
            state.report();
        }
    }

    /// A request begins to send bytes of the file.
    pub fn begin_request(&self, id: StepId) {
        self.state().out.insert(id, 0);
    }

    /// This many more bytes of the request have been handed to the connection. Does nothing after
    /// [`end_request`](Self::end_request).
    pub fn sent(&self, id: StepId, bytes: usize) {
        let mut state = self.state();
        if let Some(sent) = state.out.get_mut(&id) {
            *sent += bytes as u64;
            state.report();
        }
    }

    /// A request is over, whether or not it has sent anything, and this many bytes are acknowledged now.
    pub fn end_request(&self, id: StepId, acknowledged: u64) {
        let mut state = self.state();
        state.out.remove(&id);
        state.acknowledged = acknowledged;
        state.report();
    }

    /// The whole file is acknowledged.
    pub fn end(&self) {
        let mut state = self.state();
        state.begun = true;
        state.out.clear();
        state.acknowledged = state.total;
        state.report();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn report(&mut self) {
        let sent = (self.acknowledged + self.out.values().sum::<u64>()).min(self.total);
        let is_news = self
            .reported
            .is_none_or(|last| sent < last || sent - last >= STRIDE || sent == self.total && last < sent);
        if self.begun && is_news {
            self.reported = Some(sent);
            (self.on_progress)(Progress::new(sent, self.total));
        }
    }
}

impl fmt::Debug for Meter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let State { on_progress: _, total, begun: _, acknowledged, out, reported: _ } = &*self.state();
        f.debug_struct("Meter")
            .field("total", total)
            .field("acknowledged", acknowledged)
            .field("out", out)
            .finish()
    }
}

/// A limit in bytes per second, or none. Clones share one limit.
#[derive(Clone, Debug, Default)]
pub struct Limit {
    throttle: Option<Arc<Mutex<Throttle>>>,
    piece: Option<usize>,
}

impl Limit {
    /// A limit of this many bytes per second; zero counts as 1.
    #[must_use]
    pub fn new(bytes_per_second: u64) -> Self {
        let piece = (bytes_per_second / SHARE).clamp(1, PIECE) as usize;
        Self { throttle: Some(Arc::new(Mutex::new(Throttle::new(bytes_per_second)))), piece: Some(piece) }
    }

    /// How many bytes to send in one piece.
    #[must_use]
    pub fn piece(&self) -> usize {
        self.piece.unwrap_or(PIECE as usize)
    }

    /// Counts this many bytes at `now` and returns how long to wait before they are sent.
    #[must_use]
    pub fn take(&self, bytes: usize, now: Timestamp) -> Duration {
        let Some(throttle) = &self.throttle else { return Duration::ZERO };
        throttle.lock().unwrap_or_else(PoisonError::into_inner).take(bytes as u64, now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn with_a_low_limit_pieces_are_small() {
        for (bytes_per_second, piece) in [(0, 1), (80, 10), (1 << 20, 128 << 10), (1 << 40, 256 << 10)] {
            assert_eq!(Limit::new(bytes_per_second).piece(), piece);
        }
        let (limit, now) = (Limit::new(1000), Timestamp::from_millis(1_700_000_000_000));
        let clone = limit.clone();
        assert_eq!(
            (limit.take(500, now), clone.take(500, now)),
            (Duration::ZERO, Duration::from_millis(500)),
            "clones share one limit"
        );
        assert_eq!(
            (Limit::default().piece(), Limit::default().take(usize::MAX, now)),
            (256 << 10, Duration::ZERO)
        );
    }
}
