//! Receiving callbacks without losing any: a log of events, a window for finding replays, and a queue of
//! events to forward.
//!
//! A receiver takes a [verified](crate::callback) callback, asks the [`Window`] whether it is a replay,
//! appends it to a log as a [`LogEntry`], makes the log durable, and only then responds. Then a [`Queue`]
//! says which event to forward next: those of one video in order, one at a time, each retried until it is
//! accepted. A [`Position`] in a small file records how far that got.
//!
//! Nothing here does I/O. Files, sockets and clocks belong to the caller, such as `vod callback listen`. If
//! the caller keeps this order, then wherever it crashes:
//!
//! - an acknowledged event is in the log exactly once;
//! - an event in the log is forwarded at least once: those under way when the process ended are forwarded
//!   again;
//! - a video's events are first forwarded in the order of the log.
//!
//! ```
//! use std::time::Duration;
//! use vod_core::Timestamp;
//! use vod_core::relay::{Next, Position, Queue};
//! use vod_core::retry::Policy;
//!
//! let now = Timestamp::from_millis(1_700_000_000_000);
//! let mut queue = Queue::new(Position::default(), Policy::default(), 8);
//! queue.push(1, ["video-a"]);
//! queue.push(2, ["video-a"]);
//! queue.push(3, ["video-b"]);
//! assert_eq!(queue.next(now), Next::Send { seq: 1, attempt: 1 });
//! // The second waits for the first; another video's does not.
//! assert_eq!(queue.next(now), Next::Send { seq: 3, attempt: 1 });
//! assert_eq!(queue.next(now), Next::Idle);
//! queue.done(3, true, now, 0);
//! queue.done(1, true, now, 0);
//! assert_eq!(queue.next(now), Next::Send { seq: 2, attempt: 1 });
//! assert_eq!(queue.position().through(), 1);
//! ```

mod entry;
mod position;
mod queue;
#[cfg(test)]
mod simulation;
mod window;

pub use entry::{Corrupt, DEEPEST, End, LogEntry, Scan, TooDeep};
pub use position::{BadPosition, Position};
pub use queue::{Next, Queue};
pub use window::Window;

use sha2::{Digest as _, Sha256};

/// The checksum of a line: 16 hex digits of SHA-256, which distinguish a torn or altered line from an intact
/// one. It is no signature: anybody who can write the file can compute it.
fn checksum(bytes: &[u8]) -> String {
    hex::encode(&Sha256::digest(bytes)[..8])
}

/// What separates a line's content from its checksum.
const SUM: &str = ",\"sum\":\"";

/// Completes a line: its JSON object so far has no closing brace.
fn close(mut line: String) -> String {
    let sum = checksum(line.as_bytes());
    line.push_str(SUM);
    line.push_str(&sum);
    line.push_str("\"}\n");
    line
}

/// The JSON object of an intact line, without its checksum; `None` if the line is not intact.
fn open(line: &[u8]) -> Option<Vec<u8>> {
    // `,"sum":"` + 16 digits + `"}` + the end of the line.
    let at = line.len().checked_sub(SUM.len() + 16 + 3)?;
    let (content, rest) = line.split_at(at);
    let sum = rest.strip_prefix(SUM.as_bytes())?.strip_suffix(b"\"}\n")?;
    if sum != checksum(content).as_bytes() {
        return None;
    }
    let mut object = content.to_vec();
    object.push(b'}');
    Some(object)
}
