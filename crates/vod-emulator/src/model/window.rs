//! Counts requests in a sliding window of time.

use std::collections::VecDeque;

/// At most a number of requests in a number of milliseconds.
#[derive(Debug, Default)]
pub(crate) struct Window(VecDeque<i64>);

impl Window {
    /// Counts a request at `now`; false if it exceeds the limit, and then it is not counted.
    pub(crate) fn admit(&mut self, now: i64, limit: usize, millis: i64) -> bool {
        while self.0.front().is_some_and(|&oldest| oldest <= now - millis) {
            self.0.pop_front();
        }
        let room = self.0.len() < limit;
        if room {
            self.0.push_back(now);
        }
        room
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_holds_in_every_window() {
        let mut window = Window::default();
        assert!((0..3).all(|at| window.admit(at, 3, 10)));
        assert!(!window.admit(9, 3, 10));
        assert!(window.admit(10, 3, 10), "the request at 0 has left the window");
        assert!(!window.admit(10, 3, 10));
    }
}
