//! What a driver of uploads counts: how far they are, and how fast they may be.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use vod_core::Timestamp;
use vod_core::rate::Throttle;
use vod_core::upload::{OnProgress, Progress, StepId};

/// Progress is told no more often than every so many bytes.
const STRIDE: u64 = 256 << 10;
/// Large enough that neither the system's calls nor the hand-over between threads count, small enough for the
/// processor's cache.
const PIECE: u64 = 256 << 10;
/// A piece of a throttled line is what it takes in this part of a second, so that it flows instead of coming
/// in gulps.
const SHARE: u64 = 8;

/// How far one upload is: what is acknowledged and what is on its way, told to the caller from whichever
/// thread moves bytes.
///
/// It grows, but where something that was on its way has to be sent anew.
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
    told: Option<u64>,
}

impl Meter {
    /// Of a file of so many bytes. Tells nothing before [`begin`](Self::begin).
    #[must_use]
    pub const fn new(on_progress: OnProgress, total: u64) -> Self {
        Self {
            state: Mutex::new(State {
                on_progress,
                total,
                begun: false,
                acknowledged: 0,
                out: BTreeMap::new(),
                told: None,
            }),
        }
    }

    /// Bytes could be sent now, and so many are there. Said again, it does nothing.
    pub fn begin(&self, acknowledged: u64) {
        let mut state = self.state();
        if !state.begun {
            (state.begun, state.acknowledged) = (true, acknowledged);
            state.tell();
        }
    }

    /// A request begins to send bytes of the file.
    pub fn out(&self, id: StepId) {
        self.state().out.insert(id, 0);
    }

    /// So many of them more have been handed to the connection. Does nothing once the request is
    /// [`back`](Self::back).
    pub fn sent(&self, id: StepId, bytes: usize) {
        let mut state = self.state();
        if let Some(sent) = state.out.get_mut(&id) {
            *sent += bytes as u64;
            state.tell();
        }
    }

    /// A request is over, whether or not it sent any, and now so many bytes are acknowledged.
    pub fn back(&self, id: StepId, acknowledged: u64) {
        let mut state = self.state();
        state.out.remove(&id);
        state.acknowledged = acknowledged;
        state.tell();
    }

    /// All of it is there.
    pub fn end(&self) {
        let mut state = self.state();
        state.begun = true;
        state.out.clear();
        state.acknowledged = state.total;
        state.tell();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn tell(&mut self) {
        let sent = (self.acknowledged + self.out.values().sum::<u64>()).min(self.total);
        let is_news = self
            .told
            .is_none_or(|told| sent < told || sent - told >= STRIDE || sent == self.total && told < sent);
        if self.begun && is_news {
            self.told = Some(sent);
            (self.on_progress)(Progress::new(sent, self.total));
        }
    }
}

impl fmt::Debug for Meter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let State { on_progress: _, total, begun: _, acknowledged, out, told: _ } = &*self.state();
        f.debug_struct("Meter")
            .field("total", total)
            .field("acknowledged", acknowledged)
            .field("out", out)
            .finish()
    }
}

/// A bound on bytes per second, or none. Clones are the same bound.
#[derive(Clone, Debug, Default)]
pub struct Limit {
    throttle: Option<Arc<Mutex<Throttle>>>,
    piece: Option<usize>,
}

impl Limit {
    /// So many bytes a second, at least 1.
    #[must_use]
    pub fn new(bytes_per_second: u64) -> Self {
        let piece = (bytes_per_second / SHARE).clamp(1, PIECE) as usize;
        Self { throttle: Some(Arc::new(Mutex::new(Throttle::new(bytes_per_second)))), piece: Some(piece) }
    }

    /// In pieces of how many bytes to send.
    #[must_use]
    pub fn piece(&self) -> usize {
        self.piece.unwrap_or(PIECE as usize)
    }

    /// Takes so many bytes at `now`, and says how long to wait before they are sent.
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
    fn a_slow_line_is_sent_in_small_pieces() {
        for (bytes_per_second, piece) in [(0, 1), (80, 10), (1 << 20, 128 << 10), (1 << 40, 256 << 10)] {
            assert_eq!(Limit::new(bytes_per_second).piece(), piece);
        }
        let (limit, now) = (Limit::new(1000), Timestamp::from_millis(1_700_000_000_000));
        let clone = limit.clone();
        assert_eq!(
            (limit.take(500, now), clone.take(500, now)),
            (Duration::ZERO, Duration::from_millis(500)),
            "clones share it"
        );
        assert_eq!(
            (Limit::default().piece(), Limit::default().take(usize::MAX, now)),
            (256 << 10, Duration::ZERO)
        );
    }
}
